//! `GET` and `POST /letters/{letter}/{locale}/publication`: the whole report, and publication when nothing in it
//! refuses. What is published is what was looked at: a draft that somebody saved since is not.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::report::{ReportView, whole};
use super::{Desk, language};
use crate::clinic::fields::FieldErrors;
use crate::clinic::letter::gate::Report;
use crate::store;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Web, see_other};

/// As much as stands beside a version.
const LONGEST_NOTE: usize = 200;

/// The page.
#[derive(Debug, Template)]
#[template(path = "studio/publish.html")]
struct PublishPage {
    shell: Shell,
    path: String,
    name: &'static str,
    language: String,
    /// The version it would become.
    next: u32,
    /// The draft it was made from; none when there is nothing to publish.
    draft: Option<u32>,
    report: ReportView,
    note: String,
    errors: FieldErrors,
    told: &'static str,
}

impl PublishPage {
    fn of(web: &Web, desk: &Desk, report: &Report) -> Self {
        Self {
            shell: desk.shelf.here.shell(Room::Letters),
            path: desk.path(),
            name: desk.letter.name(),
            language: language(&desk.locale).to_owned(),
            next: desk.next(web, desk.text()).version,
            draft: desk.draft().map(|draft| draft.version),
            report: ReportView::of(report, &desk.path()),
            note: String::new(),
            errors: FieldErrors::new(),
            told: "",
        }
    }
}

/// `GET /letters/{letter}/{locale}/publication`.
///
/// # Errors
/// When there is no such letter, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Path((letter, locale)): Path<(String, String)>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who, (&letter, &locale)).await?;
    drop(db);
    let report = whole(&web, &desk, desk.text()).await;
    Ok(page(&PublishPage::of(&web, &desk, &report)))
}

/// `POST /letters/{letter}/{locale}/publication`.
///
/// # Errors
/// When there is no such letter, or the database does not answer.
pub async fn publish(
    State(web): State<Web>,
    who: Who,
    Path((letter, locale)): Path<(String, String)>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who, (&letter, &locale)).await?;
    // Looking takes a moment, and nobody has to wait for it to write.
    drop(db);
    let report = whole(&web, &desk, desk.text()).await;
    let mut shown = PublishPage::of(&web, &desk, &report);
    fields.text("note").clone_into(&mut shown.note);
    let looked_at = fields.text("draft").parse::<u32>().ok();
    let Some(draft) = desk.draft().filter(|draft| Some(draft.version) == looked_at) else {
        shown.told = "Somebody saved or published this letter since you opened the page. This is how it stands now: look at it again.";
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    };
    let note = fields.line("note", "The note", LONGEST_NOTE);
    let note = shown.errors.check("note", note.map(str::to_owned));
    let Some(note) = note.filter(|_| report.may_be_published()) else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
    };
    let letter = desk.next(&web, &draft.letter);
    let number = letter.version;
    let mut db = web.store.write().await?;
    let now = web.clock.now();
    let entry = who.did(now, "letter.published", "letter", format!("{}/{number}", desk.record()));
    // Both must hold: the draft is still the one that was looked at, and nobody took its number.
    let published = store::letter::drop_draft(&mut db, desk.key(), draft.version).await?
        && store::letter::publish(&mut db, desk.key(), &letter, &note, &entry, who.account).await?;
    if !published {
        shown.told = "Somebody was faster. Open the letter again to see how it stands.";
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    }
    db.commit().await?;
    Ok(see_other(&format!("{}/versions", desk.path())))
}
