//! `GET /forms/{number}/versions`: what was published, what differs, and an old version as a new draft.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::Desk;
use crate::clinic::questionnaire::changes::between;
use crate::store;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::studio::versions::PartView;
use crate::web::{Web, see_other};

/// The page.
#[derive(Debug, Template)]
#[template(path = "forms/versions.html")]
struct VersionsPage {
    shell: Shell,
    path: String,
    title: String,
    /// The newest first.
    versions: Vec<Row>,
    newest: u32,
    draft: u32,
    compared: Option<Compared>,
}

/// A published version.
#[derive(Debug)]
struct Row {
    number: u32,
    /// "Ada Osei, today 10:41".
    by: String,
    note: String,
    /// The version before it, if there is one.
    before: Option<u32>,
}

/// Two versions beside each other.
#[derive(Debug)]
struct Compared {
    from: u32,
    to: u32,
    parts: Vec<PartView>,
}

/// `?from=3&to=4`.
#[derive(Debug, Deserialize)]
pub struct Asked {
    from: Option<u32>,
    to: Option<u32>,
}

/// `GET /forms/{number}/versions`.
///
/// # Errors
/// When there is no such form or version, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who, &number).await?;
    let compared = match (asked.from, asked.to) {
        (Some(from), Some(to)) => {
            let (old, new) = desk.version(from).zip(desk.version(to)).ok_or(Error::NotFound)?;
            Some(Compared { from, to, parts: between(old, new).iter().map(PartView::of).collect() })
        }
        _ => None,
    };
    let mut versions: Vec<Row> = Vec::new();
    for version in desk.shelf.own(desk.number) {
        versions.push(Row {
            number: version.form.version,
            by: desk.shelf.by_whom(version.by, version.at),
            note: version.note.clone(),
            before: versions.last().map(|row| row.number),
        });
    }
    versions.reverse();
    Ok(page(&VersionsPage {
        shell: desk.shelf.here.shell(Room::Nowhere),
        path: desk.path(),
        title: desk.text()?.title.clone(),
        newest: desk.current().map_or(0, |current| current.version),
        draft: desk.draft().map_or(0, |draft| draft.version),
        versions,
        compared,
    }))
}

/// `POST /forms/{number}/versions`: an old version as a new draft. A draft that is there can be had back with "Undo".
///
/// # Errors
/// When there is no such version, somebody else saved the draft meanwhile, or the database does not answer.
pub async fn restore(
    State(web): State<Web>,
    who: Who,
    Path(number): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who, &number).await?;
    let number: u32 = fields.text("version").parse().map_err(|_| Error::BadAddress)?;
    let over: u32 = fields.text("draft").parse().map_err(|_| Error::BadAddress)?;
    let old = desk.version(number).ok_or(Error::NotFound)?;
    let now = desk.shelf.here.now.timestamp();
    let before = desk.draft().map(|draft| &draft.form);
    if store::questionnaire::save_draft(&mut db, desk.key(), (old, before), over, (who.account, now)).await?.is_none() {
        let sentence = "Somebody else changed the draft of this form since you opened the page. Open it again.";
        return Err(Error::Refused(sentence.into()));
    }
    let entry = who.did(now, "form.version_restored", "form", format!("{}/{number}", desk.record()));
    store::audit::record(&mut db, &entry).await?;
    db.commit().await?;
    Ok(see_other(&desk.path()))
}
