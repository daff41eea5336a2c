//! Forms from and for other programs, as FHIR R4 Questionnaires. What is brought in becomes a draft, with a report of
//! everything that was not taken as it stands; nobody is asked it until it is published.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::{Desk, MOST_FORMS, Shelf};
use crate::clinic::fields::FieldErrors;
use crate::clinic::questionnaire::{Questionnaire, fhir, slug};
use crate::store;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Web, assets, see_other};

/// The page.
#[derive(Debug, Template)]
#[template(path = "forms/import.html")]
struct ImportPage {
    shell: Shell,
    script: String,
    text: String,
    errors: FieldErrors,
}

/// `GET /forms/import`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let shell = here.shell(Room::Nowhere);
    Ok(page(&ImportPage {
        shell,
        script: assets::address("import.js"),
        text: String::new(),
        errors: FieldErrors::new(),
    }))
}

/// `POST /forms/import`.
///
/// # Errors
/// When there are too many forms, or the database does not answer.
pub async fn bring_in(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let shelf = Shelf::open(&web, &mut db, &who).await?;
    let text = fields.text("text");
    let (form, left) = match fhir::read(text) {
        Ok(read) => read,
        Err(sentence) => {
            let mut errors = FieldErrors::new();
            errors.add("text", sentence);
            let shell = shelf.here.shell(Room::Nowhere);
            let shown = ImportPage { shell, script: assets::address("import.js"), text: text.to_owned(), errors };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
        }
    };
    if shelf.numbers().len() >= MOST_FORMS {
        return Err(Error::Refused(format!("There are {MOST_FORMS} forms already. Change one of them instead.")));
    }
    // Versions are counted here, from the first that is published here.
    let form = Questionnaire { version: 0, ..form };
    let (by, at) = (who.account, shelf.here.now.timestamp());
    let number = store::questionnaire::begin(&mut db, shelf.here.id, (&form, &left), (by, at)).await?;
    let number = number.ok_or_else(|| Error::Refused("Somebody began a form at the same moment. Try again.".into()))?;
    store::audit::record(&mut db, &who.did(at, "form.brought_in", "form", number)).await?;
    db.commit().await?;
    Ok(see_other(&format!("/forms/{number}#left-title")))
}

/// `POST /forms/{number}/export`: the form as a file for other programs, as it stands.
///
/// # Errors
/// When there is no such form, or the database does not answer.
pub async fn export(State(web): State<Web>, who: Who, Path(number): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who, &number).await?;
    let form = desk.text()?;
    let file = serde_json::to_string_pretty(&fhir::write(form)).map_err(|_| Error::Broken)?;
    let at = desk.shelf.here.now.timestamp();
    store::audit::record(&mut db, &who.did(at, "form.exported", "form", desk.record())).await?;
    let name = format!("attachment; filename=\"{}.json\"", slug(&form.title, "form"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(|_| Error::Broken)?),
    ];
    db.commit().await?;
    Ok((headers, file).into_response())
}
