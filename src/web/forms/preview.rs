//! `GET /forms/{number}/preview`: the saved form as it would be asked, with what is asked under a condition marked so.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::Desk;
use crate::clinic::fields::FieldErrors;
use crate::clinic::intake::own::{Numbered, OwnForms};
use crate::clinic::intake::typed::Typed;
use crate::web::Web;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::intake::own::{OwnSection, sections};
use crate::web::shell::{Room, Shell};

/// The page.
#[derive(Debug, Template)]
#[template(path = "forms/preview.html")]
struct PreviewPage {
    shell: Shell,
    path: String,
    title: String,
    sections: Vec<OwnSection>,
    nothing: FieldErrors,
}

/// `GET /forms/{number}/preview`.
///
/// # Errors
/// When there is no such form, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(number): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who, &number).await?;
    let form = desk.text()?.clone();
    let title = form.title.clone();
    let own = OwnForms(vec![Numbered { number: desk.number, form }]);
    let mut typed = Typed::default();
    own.begin(&mut typed);
    Ok(page(&PreviewPage {
        shell: desk.shelf.here.shell(Room::Nowhere),
        path: desk.path(),
        title,
        sections: sections(&own, &typed),
        nothing: FieldErrors::new(),
    }))
}
