//! Registering a client. Whoever may be known already is asked about first.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::form::{Alike, FormPage, typed};
use crate::clinic::client::alike::likeness;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::ClientId;
use crate::store::client::Registered;
use crate::store::{self, Db, fresh_uuid};
use crate::web::actor::Actor;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::{Web, see_other};

/// `GET /clients/new`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let fresh = ClientId::from_uuid(fresh_uuid(here.now.timestamp()));
    Ok(page(&FormPage::new(here.shell(Room::Clients), fresh, &web.letters.languages())))
}

/// `POST /clients`.
///
/// # Errors
/// When the database does not answer.
pub async fn create(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let now = here.now.timestamp();
    let id: ClientId = fields.text("id").parse().map_err(|_| Error::BadAddress)?;
    let (typed, languages) = (typed(&fields), web.letters.languages());
    let form =
        |errors: FieldErrors| FormPage::new(here.shell(Room::Clients), id, &languages).with(typed.clone(), errors);
    let (client, phone) = match typed.check(&languages, here.now.date()) {
        Ok(checked) => checked,
        Err(errors) => return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&form(errors))).into_response()),
    };
    let new = Registered { id, client, phone, synthetic: false, version: 1 };
    match register(&mut db, &who.actor(), &new, &fields.all("someone_else"), now).await? {
        Registering::Done => db.commit().await?,
        Registering::Asking(known) => {
            let alike = known.iter().map(|one| {
                let why = likeness((&new.client, &new.phone), (&one.client, &one.phone));
                Alike::of(one, &why, &here.now)
            });
            let asking = form(FieldErrors::new()).asking(alike.collect());
            return Ok((StatusCode::CONFLICT, page(&asking)).into_response());
        }
        Registering::Taken => {
            // Taken by another clinic's client, or by the same form a moment ago.
            drop(db);
            let mut db = web.store.read().await?;
            store::client::find(&mut db, here.id, id).await?.ok_or(Error::NotFound)?;
        }
    }
    Ok(see_other(&format!("/clients/{id}")))
}

/// How registering somebody went.
pub(in crate::web) enum Registering {
    /// They are registered, once the transaction is kept.
    Done,
    /// The id is somebody's already.
    Taken,
    /// They may be one of these; nothing was done.
    Asking(Vec<Registered>),
}

/// Registers somebody who is none of `others`, by their ids.
///
/// # Errors
/// When the database does not answer.
pub(in crate::web) async fn register(
    db: &mut Db,
    actor: &Actor,
    new: &Registered,
    others: &[&str],
    now: Timestamp,
) -> Result<Registering, Error> {
    // Two who register the same person at once are asked one after the other.
    store::client::one_registers(db, actor.clinic).await?;
    if store::client::find(db, actor.clinic, new.id).await?.is_some() {
        return Ok(Registering::Taken);
    }
    let known = store::client::resembling(db, actor.clinic, &new.client, &new.phone).await?;
    // Said of each by id: somebody alike who was registered meanwhile is asked about again.
    if known.iter().any(|one| !others.contains(&one.id.to_string().as_str())) {
        return Ok(Registering::Asking(known));
    }
    if !store::client::register(db, actor.clinic, new, now).await? {
        return Ok(Registering::Taken);
    }
    store::audit::record(db, &actor.did(now, "client.registered", "client", new.id)).await?;
    Ok(Registering::Done)
}
