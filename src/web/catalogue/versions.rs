//! `GET /catalogue/versions`: what was published, by whom, what differs, and who signed each; and the entries of an
//! older version as drafts.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::desk::Desk;
use crate::clinic::catalogue::{Catalogue, differences};
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::studio::versions::PartView;
use crate::web::{Web, see_other};

/// The page.
#[derive(Debug, Template)]
#[template(path = "catalogue/versions.html")]
struct VersionsPage {
    shell: Shell,
    is_yours: bool,
    rows: Vec<Row>,
    /// The number that was asked about, and what it changed.
    compared: Option<Compared>,
}

/// What one version changed.
#[derive(Debug)]
struct Compared {
    number: u32,
    /// Each entry by its name, and what differs in it.
    entries: Vec<(String, Vec<PartView>)>,
}

/// One version.
#[derive(Debug)]
struct Row {
    /// 0: what ships.
    number: u32,
    version: String,
    by: String,
    note: String,
    signed: Option<String>,
    is_gone_by: bool,
}

/// `?number=3`: what that version changed.
#[derive(Debug, Deserialize)]
pub struct Asked {
    number: Option<u32>,
}

/// `GET /catalogue/versions`.
///
/// # Errors
/// When there is no such version, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Query(asked): Query<Asked>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let mut rows = Vec::new();
    for edition in store::catalogue::editions(&mut db).await? {
        rows.push(Row {
            number: edition.number,
            by: desk.by_whom(&edition.by, edition.at),
            note: edition.note,
            signed: signed(&mut db, &edition.version).await?,
            is_gone_by: edition.number == desk.number,
            version: edition.version,
        });
    }
    let shipped = web.newest.shipped().version().to_owned();
    rows.push(Row {
        number: 0,
        by: "As it ships".into(),
        note: String::new(),
        signed: signed(&mut db, &shipped).await?,
        is_gone_by: desk.number == 0,
        version: shipped,
    });
    let compared = match asked.number {
        None | Some(0) => None,
        Some(number) => {
            let new = edition(&web, &mut db, number).await?.ok_or(Error::NotFound)?;
            let old = edition(&web, &mut db, number - 1).await?.ok_or(Error::NotFound)?;
            let parts = differences(&old, &new).into_iter().map(|one| {
                (format!("{}: {}", one.kind.word(), one.label), one.parts.iter().map(PartView::of).collect())
            });
            Some(Compared { number, entries: parts.collect() })
        }
    };
    Ok(page(&VersionsPage { shell: desk.here.shell(Room::Nowhere), is_yours: desk.is_yours, rows, compared }))
}

/// Who answers for this content.
async fn signed(db: &mut Db, version: &str) -> Result<Option<String>, Error> {
    Ok(store::setting::signed_off(db, version).await?.map(|signed| signed.signed_by))
}

/// An edition as a catalogue; 0 is what ships, or what shipped when the first one was published.
async fn edition(web: &Web, db: &mut Db, number: u32) -> Result<Option<Catalogue>, Error> {
    let whole = if number == 0 {
        let first = store::catalogue::editions(db).await?.pop();
        match first {
            Some(first) => store::catalogue::shipped(db, &first.over).await?,
            None => None,
        }
    } else {
        store::catalogue::find(db, number).await?
    };
    match whole {
        Some(whole) => Ok(Catalogue::of(whole).ok()),
        None if number == 0 => Ok(Some(Catalogue::clone(web.newest.shipped()))),
        None => Ok(None),
    }
}

/// `POST /catalogue/versions`: the entries of an older version as drafts, in place of drafts that are there. Nothing is
/// gone by them before they are published.
///
/// # Errors
/// When there is no such version, it is somebody else's to change, or the database does not answer.
pub async fn restore(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open_to_change(&web, &mut db, &who).await?;
    let number: u32 = fields.text("number").parse().map_err(|_| Error::BadAddress)?;
    let old = edition(&web, &mut db, number).await?.ok_or(Error::NotFound)?;
    let (name, now) = (who.name.to_string(), desk.here.now.timestamp());
    for changed in differences(&web.catalogue, &old) {
        let Some(entry) = old.entry(changed.kind, &changed.id) else { continue };
        let draft = desk.draft(changed.kind, &changed.id);
        let over = draft.map_or(0, |draft| draft.version);
        let before = draft.map(|draft| &draft.entry);
        if store::catalogue::save_draft(&mut db, (&entry, before), over, (&name, now)).await?.is_none() {
            let sentence = "Somebody else changed a draft since you opened the page. Open it again.";
            return Err(Error::Refused(sentence.into()));
        }
    }
    // A draft of an entry that is the same in both versions is no part of the older one.
    for draft in &desk.drafts {
        let (kind, id) = (draft.entry.kind, draft.entry.id());
        // One that neither has is new and stays: nobody asked for it to go.
        let is_same = old.entry(kind, id) == web.catalogue.entry(kind, id);
        if is_same && old.entry(kind, id).is_some() {
            store::catalogue::drop_draft(&mut db, (kind, id), draft.version).await?;
        }
    }
    store::audit::record(&mut db, &who.did(now, "catalogue.version_restored", "catalogue", number)).await?;
    db.commit().await?;
    Ok(see_other("/catalogue/publication"))
}
