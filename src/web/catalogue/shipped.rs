//! `GET /catalogue/shipped`: the clinics' own catalogue beside the one that ships, entry by entry, and what ships as a
//! draft. A new release of the program never changes what the clinics go by.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::desk::Desk;
use crate::clinic::catalogue::{Apart, Catalogue, Kind, Whose, apart};
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::studio::versions::PartView;
use crate::web::{Web, see_other};

/// The setting that names the shipped catalogue up to which somebody compared.
const COMPARED: &str = "catalogue.compared";

/// The page.
#[derive(Debug, Template)]
#[template(path = "catalogue/shipped.html")]
struct ShippedPage {
    shell: Shell,
    is_yours: bool,
    /// Whether the clinics go by what ships.
    is_same: bool,
    shipped: String,
    groups: Vec<Group>,
    /// Whether there is something of theirs to decide about.
    is_open: bool,
}

/// Entries that the same side changed.
#[derive(Debug)]
struct Group {
    title: &'static str,
    hint: &'static str,
    may_take: bool,
    rows: Vec<Row>,
}

/// One entry.
#[derive(Debug)]
struct Row {
    kind: Kind,
    id: String,
    label: String,
    is_new: bool,
    has_draft: bool,
    can_be_taken: bool,
    parts: Vec<PartView>,
}

/// Everything that is not the same in what is gone by and what ships.
pub(super) async fn all_apart(web: &Web, db: &mut Db) -> Result<Vec<Apart>, Error> {
    let shipped = web.newest.shipped();
    if store::catalogue::number(db).await? == 0 {
        return Ok(Vec::new());
    }
    let base = match store::setting::find(db, COMPARED).await? {
        Some(version) => store::catalogue::shipped(db, &version).await?,
        None => None,
    };
    // What cannot be read any more counts as never compared: all that differs is theirs to decide about.
    let base = base.and_then(|whole| Catalogue::of(whole).ok());
    Ok(apart(base.as_ref().unwrap_or(&web.catalogue), &web.catalogue, shipped))
}

/// Notes up to which shipped catalogue somebody compared, which the first publication and "done" say.
pub(super) async fn compared(web: &Web, db: &mut Db) -> Result<(), Error> {
    let shipped = web.newest.shipped();
    store::catalogue::keep_shipped(db, shipped).await?;
    Ok(store::setting::save(db, COMPARED, shipped.version()).await?)
}

/// `GET /catalogue/shipped`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let all = all_apart(&web, &mut db).await?;
    let group = |whose: Whose, title, hint| Group {
        title,
        hint,
        may_take: desk.is_yours && whose != Whose::Ours,
        rows: all.iter().filter(|one| one.whose == whose).map(|one| Row::of(&desk, &web, one)).collect(),
    };
    let groups = vec![
        group(
            Whose::Theirs,
            "New in what ships",
            "You have not changed these entries: what ships can be taken over as it is.",
        ),
        group(
            Whose::Both,
            "Changed by you and in what ships",
            "Taking over gives up what you wrote. You can also put what you want of it into your own words.",
        ),
        group(Whose::Ours, "Changed by you alone", "What ships is as it was."),
    ];
    let is_open = groups.iter().take(2).any(|group| !group.rows.is_empty());
    Ok(page(&ShippedPage {
        shell: desk.here.shell(Room::Nowhere),
        is_yours: desk.is_yours,
        is_same: desk.number == 0,
        shipped: web.newest.shipped().version().to_owned(),
        groups: groups.into_iter().filter(|group| !group.rows.is_empty()).collect(),
        is_open,
    }))
}

impl Row {
    fn of(desk: &Desk, web: &Web, one: &Apart) -> Self {
        Self {
            kind: one.kind,
            id: one.id.clone(),
            label: one.label.clone(),
            is_new: web.catalogue.entry(one.kind, &one.id).is_none(),
            has_draft: desk.draft(one.kind, &one.id).is_some(),
            can_be_taken: one.theirs.is_some(),
            parts: one.parts.iter().map(PartView::of).collect(),
        }
    }
}

/// `POST /catalogue/shipped`: what ships as the draft of one entry, or "done" with all.
///
/// # Errors
/// When there is no such entry, it is somebody else's to change, or the database does not answer.
pub async fn take(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open_to_change(&web, &mut db, &who).await?;
    let now = desk.here.now.timestamp();
    if fields.text("act") == "done" {
        if fields.text("shipped") != web.newest.shipped().version() {
            return Err(Error::Refused("The program was updated since you opened the page. Open it again.".into()));
        }
        compared(&web, &mut db).await?;
        let entry = who.did(now, "catalogue.compared", "catalogue", web.newest.shipped().version());
        store::audit::record(&mut db, &entry).await?;
        db.commit().await?;
        return Ok(see_other("/catalogue/shipped"));
    }
    let kind = Kind::of(fields.text("kind")).ok_or(Error::NotFound)?;
    let entry = web.newest.shipped().entry(kind, fields.text("entry")).ok_or(Error::NotFound)?;
    desk.drafted(&web, Some(&entry)).map_err(|problem| {
        Error::Refused(format!("{problem}. Take over first what this entry names, then this one."))
    })?;
    let draft = desk.draft(kind, entry.id());
    let before = draft.map(|draft| draft.entry.clone()).or_else(|| web.catalogue.entry(kind, entry.id()));
    let (over, name) = (draft.map_or(0, |draft| draft.version), who.name.to_string());
    if store::catalogue::save_draft(&mut db, (&entry, before.as_ref()), over, (&name, now)).await?.is_none() {
        return Err(Error::Refused("Somebody else changed this entry meanwhile. Open the page again.".into()));
    }
    let record = format!("{}/{}", kind.id(), entry.id());
    store::audit::record(&mut db, &who.did(now, "catalogue.taken_over", "catalogue", record)).await?;
    db.commit().await?;
    Ok(see_other("/catalogue/shipped"))
}
