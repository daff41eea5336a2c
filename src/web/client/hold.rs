//! A legal hold: a client's record that stays whatever the clinic's rules say, until an admin ends it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::edit::find;
use super::full_name;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::ClientId;
use crate::clinic::retention::LONGEST_REASON;
use crate::store::client::Registered;
use crate::store::retention::Hold;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, say, see_other};

/// `GET /clients/{id}/hold`.
#[derive(Debug, Template)]
#[template(path = "client/hold.html")]
struct HoldPage {
    shell: Shell,
    id: ClientId,
    name: String,
    /// Since when, by whom, and why.
    held: Option<(String, String)>,
    reason: String,
    errors: FieldErrors,
}

/// `GET /clients/{id}/hold`: whether there is one, and why.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let client = find(&mut db, &here, &id).await?;
    let shown = load(&mut db, &here, &client).await?;
    drop(db);
    web.saw(&who, "client", client.id).await?;
    Ok(page(&shown))
}

async fn load(db: &mut Db, here: &Here, client: &Registered) -> Result<HoldPage, Error> {
    let held = match store::retention::hold(db, here.id, client.id).await? {
        Some(hold) => Some((since(db, here, &hold).await?, hold.reason)),
        None => None,
    };
    let (name, errors) = (full_name(client), FieldErrors::new());
    Ok(HoldPage { shell: here.shell(Room::Clients), id: client.id, name, held, reason: String::new(), errors })
}

/// "Since 3 May 2026, by Ada Brandt".
pub(super) async fn since(db: &mut Db, here: &Here, hold: &Hold) -> Result<String, Error> {
    let by =
        store::account::find(db, here.id, hold.by).await?.map_or_else(String::new, |by| format!(", by {}", by.name));
    Ok(format!("Since {}{by}", say::birthday(hold.at.to_zoned(here.now.time_zone().clone()).date())))
}

/// `POST /clients/{id}/hold`.
///
/// # Errors
/// When there is no such client here, there is a hold already, or the database does not answer.
pub async fn begin(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let client = find(&mut db, &here, &id).await?;
    let mut errors = FieldErrors::new();
    let reason = match fields.line("reason", "The reason", LONGEST_REASON) {
        Ok("") => Err("Write why it must stay, such as \"Insurance case since May\".".to_owned()),
        other => other,
    };
    let Some(reason) = errors.check("reason", reason) else {
        let shown =
            HoldPage { errors, reason: fields.text("reason").to_owned(), ..load(&mut db, &here, &client).await? };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
    };
    let now = here.now.timestamp();
    let hold = Hold { reason: reason.to_owned(), by: who.account, at: now };
    if !store::retention::begin_hold(&mut db, here.id, client.id, &hold).await? {
        return Err(Error::Refused("This record is on legal hold already.".into()));
    }
    store::audit::record(&mut db, &who.did(now, "client.hold_begun", "client", client.id)).await?;
    db.commit().await?;
    Ok(see_other(&format!("/clients/{}", client.id)))
}

/// `POST /clients/{id}/hold/end`: from now on the clinic's rules hold for it again.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn end(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let client = find(&mut db, &here, &id).await?;
    if store::retention::end_hold(&mut db, here.id, client.id).await? {
        let entry = who.did(here.now.timestamp(), "client.hold_ended", "client", client.id);
        store::audit::record(&mut db, &entry).await?;
        db.commit().await?;
    }
    Ok(see_other(&format!("/clients/{}", client.id)))
}
