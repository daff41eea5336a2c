//! `GET` and `POST /forms/{number}/publication`: what the check says, and publication when nothing in it refuses. What is
//! published is what was looked at: a draft that somebody saved since is not.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::Desk;
use crate::clinic::fields::FieldErrors;
use crate::clinic::letter::gate::Report;
use crate::clinic::questionnaire::check::examine;
use crate::store;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::studio::report::ReportView;
use crate::web::{Web, see_other};

/// As much as stands beside a version.
const LONGEST_NOTE: usize = 200;

/// The page.
#[derive(Debug, Template)]
#[template(path = "forms/publish.html")]
struct PublishPage {
    shell: Shell,
    path: String,
    title: String,
    /// The version it would become.
    next: u32,
    /// The draft it was made from; none when there is nothing to publish.
    draft: Option<u32>,
    retired: bool,
    report: ReportView,
    note: String,
    errors: FieldErrors,
    told: &'static str,
}

impl PublishPage {
    fn of(desk: &Desk, report: &Report) -> Result<Self, Error> {
        let form = desk.text()?;
        Ok(Self {
            shell: desk.shelf.here.shell(Room::Nowhere),
            path: desk.path(),
            title: form.title.clone(),
            next: desk.next(form).version,
            draft: desk.draft().map(|draft| draft.version),
            retired: form.retired,
            report: ReportView::of(report, &desk.path()),
            note: String::new(),
            errors: FieldErrors::new(),
            told: "",
        })
    }
}

/// `GET /forms/{number}/publication`.
///
/// # Errors
/// When there is no such form, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(number): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who, &number).await?;
    let report = examine(desk.text()?, &web.catalogue);
    Ok(page(&PublishPage::of(&desk, &report)?))
}

/// `POST /forms/{number}/publication`.
///
/// # Errors
/// When there is no such form, or the database does not answer.
pub async fn publish(
    State(web): State<Web>,
    who: Who,
    Path(number): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who, &number).await?;
    let report = examine(desk.text()?, &web.catalogue);
    let mut shown = PublishPage::of(&desk, &report)?;
    fields.text("note").clone_into(&mut shown.note);
    let looked_at = fields.text("draft").parse::<u32>().ok();
    let Some(draft) = desk.draft().filter(|draft| Some(draft.version) == looked_at) else {
        shown.told = "Somebody saved or published this form since you opened the page. This is how it stands now: look at it again.";
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    };
    let note = fields.line("note", "The note", LONGEST_NOTE);
    let note = shown.errors.check("note", note.map(str::to_owned));
    let Some(note) = note.filter(|_| report.may_be_published()) else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
    };
    let form = desk.next(&draft.form);
    let record = format!("{}/{}", desk.record(), form.version);
    let entry = who.did(desk.shelf.here.now.timestamp(), "form.published", "form", record);
    // Both must hold: the draft is still the one that was looked at, and nobody took its number.
    let published = store::questionnaire::drop_draft(&mut db, desk.key(), draft.version).await?
        && store::questionnaire::publish(&mut db, desk.key(), &form, &note, &entry, who.account).await?;
    if !published {
        shown.told = "Somebody was faster. Open the form again to see how it stands.";
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    }
    db.commit().await?;
    Ok(see_other(&format!("{}/versions", desk.path())))
}
