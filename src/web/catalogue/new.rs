//! `GET` and `POST /catalogue/{kind}/new`: an entry of the clinics' own. It begins with every rule at its strict end,
//! becomes a draft once each field is written, and is published like any change.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::desk::Desk;
use super::edit::{EditPage, beside, inputs};
use super::typed::read;
use crate::clinic::catalogue::{Entry, Kind, OWN, own_id};
use crate::clinic::fields::FieldErrors;
use crate::store;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::{Web, assets, see_other};

fn kind_of(id: &str) -> Result<Kind, Error> {
    Kind::of(id).filter(|kind| kind.can_be_added()).ok_or(Error::NotFound)
}

fn shown(web: &Web, desk: &Desk, entry: &Entry, errors: FieldErrors) -> EditPage {
    let kind = entry.kind;
    EditPage {
        shell: desk.here.shell(Room::Nowhere),
        script: assets::address("studio.js"),
        kind,
        id: "new".into(),
        is_new: true,
        action: format!("/catalogue/{}/new", kind.id()),
        label: format!("New: {}", kind.word().to_lowercase()),
        state: "Not saved yet",
        saved: String::new(),
        draft: 0,
        may_undo: false,
        drawing: None,
        parts: inputs(web, entry),
        changes: Vec::new(),
        errors,
        theirs: None,
    }
}

/// `GET /catalogue/{kind}/new`.
///
/// # Errors
/// When there is no such kind, it is somebody else's to change, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(kind): Path<String>) -> Result<Response, Error> {
    let kind = kind_of(&kind)?;
    let mut db = web.store.read().await?;
    let desk = Desk::open_to_change(&web, &mut db, &who).await?;
    Ok(page(&shown(&web, &desk, &Entry::fresh(kind, OWN, &web.catalogue), FieldErrors::new())))
}

/// `POST /catalogue/{kind}/new`: the entry becomes a draft.
///
/// # Errors
/// As [`show`].
pub async fn create(
    State(web): State<Web>,
    who: Who,
    Path(kind): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let kind = kind_of(&kind)?;
    let mut db = web.store.write().await?;
    let desk = Desk::open_to_change(&web, &mut db, &who).await?;
    let blank = Entry::fresh(kind, OWN, &web.catalogue);
    let (typed, mut errors) = read(&fields, &blank, &web.catalogue);
    let is_taken = |id: &str| web.catalogue.entry(kind, id).is_some() || desk.draft(kind, id).is_some();
    let id = own_id(&typed.label(), is_taken);
    let typed = typed.called(&id);
    if errors.is_empty()
        && let Err(problem) = desk.drafted(&web, Some(&typed))
    {
        let (field, sentence) = beside(kind, &problem);
        errors.add(field, sentence);
    }
    if !errors.is_empty() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown(&web, &desk, &typed, errors))).into_response());
    }
    let typed = typed.checked().map_err(Error::Refused)?;
    let (name, now) = (who.name.to_string(), desk.here.now.timestamp());
    if store::catalogue::save_draft(&mut db, (&typed, None), 0, (&name, now)).await?.is_none() {
        return Err(Error::Refused("Somebody else added an entry of this name. Open the list to see it.".into()));
    }
    let record = format!("{}/{id}", kind.id());
    store::audit::record(&mut db, &who.did(now, "catalogue.draft_begun", "catalogue", record)).await?;
    db.commit().await?;
    Ok(see_other(&match fields.text("act") {
        "publish" => "/catalogue/publication".to_owned(),
        _ => format!("/catalogue/{}/{id}/draft", kind.id()),
    }))
}
