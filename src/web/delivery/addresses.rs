//! Addresses that get no mail: why, since when, what that rests on, and the way back.

use axum::extract::State;
use axum::response::Response;

use super::{AddressesPage, Stopped};
use crate::clinic::account::Action;
use crate::clinic::person::EmailAddress;
use crate::seal::token;
use crate::store;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::{Here, Web, say, see_other};

/// So many are shown, the last stopped first.
const MOST: u32 = 500;

/// `GET /delivery/addresses`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let stopped = store::delivery::stopped(&mut db, here.id, MOST).await?;
    Ok(page(&AddressesPage {
        shell: here.shell(Room::Nowhere),
        more: stopped.len() >= usize::try_from(MOST).unwrap_or(usize::MAX),
        addresses: stopped.iter().map(|one| row(&here, one)).collect(),
        resumes: who.may(Action::EditClients),
    }))
}

fn row(here: &Here, stopped: &store::delivery::Stopped) -> Stopped {
    let at = |at: jiff::Timestamp| say::moment(&at.to_zoned(here.now.time_zone().clone()), &here.now);
    let evidence = stopped.evidence.as_ref().map_or_else(String::new, |(_, came_at, meaning, status)| {
        let code = status.as_ref().map(|status| format!(" (code {status})")).unwrap_or_default();
        format!("A notice came back {}: {}{code}.", at(*came_at), meaning.words())
    });
    Stopped {
        address: stopped.address.to_string(),
        reason: say::capital(&stopped.reason),
        since: at(stopped.at),
        evidence,
        client: stopped.evidence.as_ref().map(|(client, ..)| client.to_string()),
    }
}

/// `POST /delivery/addresses/resumption`: mail goes there again. The address is in the form and never in
/// an address line.
///
/// # Errors
/// When it is no address, or the database does not answer.
pub async fn resume(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let address: EmailAddress = fields.text("address").parse().map_err(|_| Error::NotFound)?;
    let now = web.clock.now();
    let mut db = web.store.write().await?;
    if store::suppression::remove(&mut db, who.clinic, &address).await? {
        let named = token::digest(&address.normalised());
        store::audit::record(&mut db, &who.did(now, "address.resumed", "address", named)).await?;
        db.commit().await?;
    }
    Ok(see_other("/delivery/addresses"))
}
