//! The note on paper: what was signed, what was done, and what was added, without the screens
//! around it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::load::open;
use super::{NoteView, SectionView, Told, treatment};
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::visit::full_name;
use crate::web::visit::load::read;
use crate::web::{Web, say};

/// `GET /visits/{id}/note/print`.
#[derive(Debug, Template)]
#[template(path = "note/print.html")]
pub struct PrintPage {
    shell: Shell,
    visit: String,
    name: String,
    facts: Vec<String>,
    sections: Vec<SectionView>,
    done: Option<String>,
    signed: Option<String>,
    addenda: Vec<(String, String)>,
}

/// Shows a saved note for printing.
///
/// # Errors
/// When there is no such note here, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let visit = open(&web, &mut db, &here, read(&id)?).await?;
    drop(db);
    if visit.note.version == 0 {
        return Err(Error::NotFound);
    }
    web.saw(&who, "note", visit.id).await?;
    let view = NoteView::of(&visit.note, &Told::default(), &web.catalogue, &here.now);
    let starts = visit.appointment.starts_at.to_zoned(here.now.time_zone().clone());
    let born = visit.case.client.born.map(|born| format!("Born {}", say::birthday(born)));
    let when = format!("Visit of {}, {}", say::full_day(starts.date()), say::clock(&starts));
    // A signed note tells what was done as it was recorded by then.
    let done = match &visit.note.note.signature {
        Some(_) => visit.note.note.done.as_ref(),
        None => visit.done.as_ref(),
    };
    Ok(page(&PrintPage {
        shell: here.shell(Room::Day),
        visit: visit.id.to_string(),
        name: full_name(&visit.case),
        facts: born.into_iter().chain([when]).collect(),
        sections: view.sections,
        done: done.map(|done| treatment::in_words(done, &web.catalogue)),
        signed: view.signed,
        addenda: view.addenda,
    }))
}
