//! `GET` and `POST /catalogue/{kind}/{entry}/draft`: one entry in fields. Saving keeps a draft; no rule and no email
//! goes by it before it is published.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;

use super::desk::Desk;
use super::figures;
use super::typed::{Input, read};
use crate::clinic::catalogue::{CatalogueError, Entry, Kind, OWN, Part, between};
use crate::clinic::fields::FieldErrors;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::{Who, is_partial};
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::studio::versions::PartView;
use crate::web::{Web, assets, say, see_other};

/// What was typed within this time is undone together.
const ONE_GO: SignedDuration = SignedDuration::from_secs(30);

/// The page.
#[derive(Debug, Template)]
#[template(path = "catalogue/edit.html")]
pub(super) struct EditPage {
    pub(super) shell: Shell,
    pub(super) script: String,
    pub(super) kind: Kind,
    pub(super) id: String,
    /// Whether nobody has published it yet.
    pub(super) is_new: bool,
    /// Where the form is sent.
    pub(super) action: String,
    pub(super) label: String,
    pub(super) state: &'static str,
    pub(super) saved: String,
    /// The version of the draft the page was made from; 0 without one.
    pub(super) draft: u32,
    pub(super) may_undo: bool,
    pub(super) drawing: Option<&'static str>,
    pub(super) parts: Vec<(&'static str, bool, Vec<Input>)>,
    /// What differs from what is gone by.
    pub(super) changes: Vec<PartView>,
    pub(super) errors: FieldErrors,
    /// Who saved meanwhile, and how it differs from what was typed.
    pub(super) theirs: Option<(String, Vec<PartView>)>,
}

/// The fields of an entry by what they are about: the title, whether it is Spanish, and the fields.
pub(super) fn inputs(web: &Web, entry: &Entry) -> Vec<(&'static str, bool, Vec<Input>)> {
    let parts = Part::ALL.into_iter().map(|part| {
        let specs = entry.kind.specs().iter().filter(|spec| spec.part == part);
        let inputs: Vec<Input> = specs.map(|spec| Input::of(spec, entry, &web.catalogue)).collect();
        (part.title(), part == Part::Spanish, inputs)
    });
    parts.filter(|(_, _, inputs)| !inputs.is_empty()).collect()
}

/// One entry, opened.
struct Opened {
    desk: Desk,
    kind: Kind,
    id: String,
    /// What is gone by; of an entry that nobody has published yet, its draft.
    current: Entry,
    /// Whether nobody has published it yet.
    is_new: bool,
}

impl Opened {
    async fn of(web: &Web, db: &mut Db, who: &Who, (kind, id): (String, String)) -> Result<Self, Error> {
        let kind = Kind::of(&kind).ok_or(Error::NotFound)?;
        let published = web.catalogue.entry(kind, &id);
        let is_new = published.is_none();
        if is_new && !id.starts_with(OWN) {
            return Err(Error::NotFound);
        }
        let desk = Desk::open_to_change(web, db, who).await?;
        let drafted = || desk.draft(kind, &id).map(|draft| draft.entry.clone());
        let current = published.or_else(drafted).ok_or(Error::NotFound)?;
        Ok(Self { desk, kind, id, current, is_new })
    }

    fn draft(&self) -> Option<&store::catalogue::Draft> {
        self.desk.draft(self.kind, &self.id)
    }

    /// What is being written, or else what is gone by.
    fn text(&self) -> &Entry {
        self.draft().map_or(&self.current, |draft| &draft.entry)
    }

    fn path(&self) -> String {
        format!("/catalogue/{}/{}/draft", self.kind.id(), self.id)
    }

    /// How the audit names it.
    fn record(&self) -> String {
        format!("{}/{}", self.kind.id(), self.id)
    }

    fn page(&self, web: &Web, entry: &Entry, errors: FieldErrors) -> EditPage {
        let draft = self.draft();
        let catalogue = &*web.catalogue;
        let differ = between((catalogue, &self.current), (catalogue, entry));
        EditPage {
            shell: self.desk.here.shell(Room::Nowhere),
            script: assets::address("studio.js"),
            kind: self.kind,
            id: self.id.clone(),
            label: entry.label(),
            is_new: self.is_new,
            action: self.path(),
            state: match (self.is_new, draft) {
                (true, _) => "New, a draft",
                (false, Some(_)) => "Draft",
                (false, None) => "As published",
            },
            saved: draft
                .map(|draft| format!("Saved by {}", self.desk.by_whom(&draft.by, draft.at)))
                .unwrap_or_default(),
            draft: draft.map_or(0, |draft| draft.version),
            may_undo: draft.is_some_and(|draft| draft.before.is_some()),
            drawing: (self.kind == Kind::Stretch).then(|| figures::of(&self.id)).flatten(),
            parts: inputs(web, entry),
            changes: differ.iter().map(PartView::of).collect(),
            errors,
            theirs: None,
        }
    }
}

/// `GET /catalogue/{kind}/{entry}/draft`.
///
/// # Errors
/// When there is no such entry, it is somebody else's to change, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(at): Path<(String, String)>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let opened = Opened::of(&web, &mut db, &who, at).await?;
    Ok(page(&opened.page(&web, opened.text(), FieldErrors::new())))
}

/// `POST /catalogue/{kind}/{entry}/draft`.
///
/// # Errors
/// As [`show`].
pub async fn save(
    State(web): State<Web>,
    who: Who,
    Path(at): Path<(String, String)>,
    headers: HeaderMap,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let opened = Opened::of(&web, &mut db, &who, at).await?;
    let over: u32 = fields.text("draft").parse().map_err(|_| Error::BadAddress)?;
    match fields.text("act") {
        "drop" => return drop_it(db, &web, &who, &opened, over, &fields).await,
        "undo" => return undo(db, &web, &who, &opened, over, &fields).await,
        _ => {}
    }
    let (typed, mut errors) = read(&fields, opened.text(), &web.catalogue);
    if errors.is_empty()
        && let Err(problem) = whole(&web, &opened, &typed)
    {
        let (field, sentence) = beside(opened.kind, &problem);
        errors.add(field, sentence);
    }
    if !errors.is_empty() {
        let mut shown = opened.page(&web, &typed, errors);
        shown.draft = over;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
    }
    let typed = typed.checked().map_err(Error::Refused)?;
    let mut version = over;
    if typed != *opened.text() {
        match keep(&mut db, &who, &opened, &typed, over).await? {
            Some(saved) => version = saved,
            None => return Ok(clash(&web, &opened, &typed, &headers)),
        }
    }
    db.commit().await?;
    if is_partial(&headers) {
        let said = format!("Saved {}", say::clock(&opened.desk.here.now));
        let answer = serde_json::json!({ "version": version, "said": said, "report": "" });
        return Ok(([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response());
    }
    Ok(see_other(&match fields.text("act") {
        "publish" => "/catalogue/publication".to_owned(),
        _ => opened.path(),
    }))
}

/// Whether the catalogue still holds together with this entry and all other drafts.
fn whole(web: &Web, opened: &Opened, typed: &Entry) -> Result<(), CatalogueError> {
    opened.desk.drafted(web, Some(typed)).map(drop)
}

/// The field a refusal of the loader is about: it begins with its name.
pub(super) fn beside(kind: Kind, problem: &CatalogueError) -> (&'static str, String) {
    let word = problem.reason.split([' ', ':']).next().unwrap_or_default();
    match kind.specs().iter().find(|spec| spec.path == word) {
        Some(spec) => (spec.path, format!("{}.", problem.reason)),
        None => ("entry", format!("{problem}.")),
    }
}

async fn keep(db: &mut Db, who: &Who, opened: &Opened, typed: &Entry, over: u32) -> Result<Option<u32>, Error> {
    let now = opened.desk.here.now.timestamp();
    let before = match opened.draft() {
        _ if opened.is_new => None,
        None => Some(&opened.current),
        Some(draft) if now.duration_since(draft.at) > ONE_GO => Some(&draft.entry),
        Some(draft) => draft.before.as_ref(),
    };
    let name = who.name.to_string();
    let saved = store::catalogue::save_draft(db, (typed, before), over, (&name, now)).await?;
    // Of a draft that saves itself, the beginning is a deed and each pause in typing is not.
    if over == 0 && saved.is_some() {
        store::audit::record(db, &who.did(now, "catalogue.draft_begun", "catalogue", opened.record())).await?;
    }
    Ok(saved)
}

/// Throws the draft away.
async fn drop_it(
    mut db: Db,
    web: &Web,
    who: &Who,
    opened: &Opened,
    over: u32,
    fields: &Fields,
) -> Result<Response, Error> {
    let key = (opened.kind, opened.id.as_str());
    if over > 0 && !store::catalogue::drop_draft(&mut db, key, over).await? {
        let (typed, _) = read(fields, opened.text(), &web.catalogue);
        return Ok(clash(web, opened, &typed, &HeaderMap::new()));
    }
    let entry = who.did(opened.desk.here.now.timestamp(), "catalogue.draft_dropped", "catalogue", opened.record());
    store::audit::record(&mut db, &entry).await?;
    db.commit().await?;
    Ok(see_other(&match opened.is_new {
        true => format!("/catalogue?kind={}", opened.kind.id()),
        false => format!("/catalogue/{}/{}", opened.kind.id(), opened.id),
    }))
}

/// Back to before the last change, and forth again.
async fn undo(
    mut db: Db,
    web: &Web,
    who: &Who,
    opened: &Opened,
    over: u32,
    fields: &Fields,
) -> Result<Response, Error> {
    let Some((draft, before)) = opened.draft().and_then(|draft| Some((draft, draft.before.as_ref()?))) else {
        return Ok(see_other(&opened.path()));
    };
    let (name, now) = (who.name.to_string(), opened.desk.here.now.timestamp());
    if store::catalogue::save_draft(&mut db, (before, Some(&draft.entry)), over, (&name, now)).await?.is_none() {
        let (typed, _) = read(fields, opened.text(), &web.catalogue);
        return Ok(clash(web, opened, &typed, &HeaderMap::new()));
    }
    db.commit().await?;
    Ok(see_other(&opened.path()))
}

/// Somebody else saved the draft meanwhile: both are shown, and nothing is lost.
fn clash(web: &Web, opened: &Opened, typed: &Entry, headers: &HeaderMap) -> Response {
    if is_partial(headers) {
        return (StatusCode::CONFLICT, "Somebody else changed this entry meanwhile.").into_response();
    }
    let mut shown = opened.page(web, typed, FieldErrors::new());
    let catalogue = &*web.catalogue;
    let parts = between((catalogue, opened.text()), (catalogue, typed));
    let by = opened.draft().map_or_else(|| "Somebody".into(), |draft| opened.desk.by_whom(&draft.by, draft.at));
    shown.theirs = Some((by, parts.iter().map(PartView::of).collect()));
    (StatusCode::CONFLICT, page(&shown)).into_response()
}
