//! `/api/v1/suppressions`: addresses that get no mail. An address stands in a document and never in an address line,
//! which would end in logs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::door::Caller;
use super::problem::Problem;
use super::sent::Sent;
use crate::clinic::fields;
use crate::clinic::person::EmailAddress;
use crate::seal::token;
use crate::store::suppression::Suppression as Kept;
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::error::Error;

/// The longest reason.
const LONGEST: usize = 200;

/// An address that gets no mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suppression {
    /// Which one.
    pub address: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

impl From<Kept> for Suppression {
    fn from(kept: Kept) -> Self {
        Self { address: kept.address, reason: kept.reason, since: kept.at }
    }
}

/// Addresses that get no mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suppressions {
    /// The last stopped first.
    pub suppressions: Vec<Suppression>,
}

/// Lists the addresses that get no mail.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/api/v1/suppressions", operation_id = "list_suppressions", tag = "suppressions",
    responses((status = 200, body = Suppressions)))]
pub async fn list(State(web): State<Web>, caller: Caller) -> Result<Json<Suppressions>, Problem> {
    let mut db = web.store.read().await?;
    let all = store::suppression::all(&mut db, caller.clinic).await?;
    Ok(Json(Suppressions { suppressions: all.into_iter().map(Suppression::from).collect() }))
}

/// An address to stop mail to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSuppression {
    /// Which one.
    address: String,
    /// Why, in words for staff.
    reason: String,
}

fn address(text: &str) -> Result<EmailAddress, Problem> {
    text.parse().map_err(|wrong| Problem::wrong_field("address", format!("This cannot be taken: {wrong}.")))
}

/// Stops all mail to an address. One that is stopped already keeps its reason.
///
/// # Errors
/// When a field is wrong, or the database does not answer.
#[utoipa::path(post, path = "/api/v1/suppressions", operation_id = "stop_address", tag = "suppressions",
    request_body = NewSuppression, responses((status = 201, body = Suppression)))]
pub async fn stop(State(web): State<Web>, caller: Caller, sent: Sent<NewSuppression>) -> Result<Response, Problem> {
    let address = address(&sent.value.address)?;
    let reason = fields::line(&sent.value.reason, "The reason", LONGEST);
    let reason = reason.and_then(|text| if text.is_empty() { Err("Say why.".into()) } else { Ok(text) });
    let reason = reason.map_err(|sentence| Problem::wrong_field("reason", sentence))?;
    let mut db = web.store.write().await?;
    if let Some(had) = sent.once.had(&web, &mut db, &caller).await? {
        return Ok(had);
    }
    let now = web.clock.now();
    store::suppression::insert(&mut db, caller.clinic, &address, reason, now).await?;
    record(&web, &mut db, &caller, "address.suppressed", &address).await?;
    let kept = store::suppression::find(&mut db, caller.clinic, &address).await?.ok_or(Error::Broken)?;
    sent.once.answer(db, &caller, StatusCode::CREATED, &Suppression::from(kept)).await
}

/// An address to let mail go to again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resumption {
    /// Which one.
    address: String,
}

/// Whether mail was stopped.
#[derive(Debug, Serialize, ToSchema)]
pub struct Resumed {
    /// Whether it was until now.
    pub was_stopped: bool,
}

/// Lets mail go to an address again.
///
/// # Errors
/// When it is no address, or the database does not answer.
#[utoipa::path(post, path = "/api/v1/suppressions/resumption", operation_id = "resume_address", tag = "suppressions",
    request_body = Resumption, responses((status = 200, body = Resumed)))]
pub async fn resume(State(web): State<Web>, caller: Caller, sent: Sent<Resumption>) -> Result<Response, Problem> {
    let address = address(&sent.value.address)?;
    let mut db = web.store.write().await?;
    if let Some(had) = sent.once.had(&web, &mut db, &caller).await? {
        return Ok(had);
    }
    let was_stopped = store::suppression::remove(&mut db, caller.clinic, &address).await?;
    if was_stopped {
        record(&web, &mut db, &caller, "address.resumed", &address).await?;
    }
    sent.once.answer(db, &caller, StatusCode::OK, &Resumed { was_stopped }).await
}

/// The audit names an address by its digest.
async fn record(web: &Web, db: &mut Db, caller: &Caller, deed: &str, address: &EmailAddress) -> Result<(), Problem> {
    let named = token::digest(&address.normalised());
    Ok(store::audit::record(db, &caller.actor().did(web.clock.now(), deed, "address", named)).await?)
}
