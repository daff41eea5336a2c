//! Registering a client. Whoever may be known already is asked about first.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::form::{Alike, FormPage, typed};
use crate::clinic::client::alike::likeness;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::ClientId;
use crate::store::client::Registered;
use crate::store::{self, fresh_uuid};
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
    // Two who register the same person at once are asked one after the other.
    store::client::one_registers(&mut db, here.id).await?;
    if store::client::find(&mut db, here.id, id).await?.is_none() {
        let known = store::client::resembling(&mut db, here.id, &new.client, &new.phone).await?;
        // Said of each by id: somebody alike who was registered meanwhile is asked about again.
        let others = fields.all("someone_else");
        if known.iter().any(|one| !others.contains(&one.id.to_string().as_str())) {
            let alike = known.iter().map(|one| {
                let why = likeness((&new.client, &new.phone), (&one.client, &one.phone));
                Alike::of(one, &why, &here.now)
            });
            let asking = form(FieldErrors::new()).asking(alike.collect());
            return Ok((StatusCode::CONFLICT, page(&asking)).into_response());
        }
        if !store::client::register(&mut db, here.id, &new, now).await? {
            // Taken by another clinic's client, or by the same form a moment ago.
            drop(db);
            let mut db = web.store.read().await?;
            store::client::find(&mut db, here.id, id).await?.ok_or(Error::NotFound)?;
            return Ok(see_other(&format!("/clients/{id}")));
        }
        store::audit::record(&mut db, &who.did(now, "client.registered", "client", id)).await?;
        db.commit().await?;
    }
    Ok(see_other(&format!("/clients/{id}")))
}
