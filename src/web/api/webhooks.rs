//! `/api/v1/webhooks`: the addresses that hear what happens here, as on the page of webhooks.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::door::Caller;
use super::problem::Problem;
use super::sent::{Id, Sent, created};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::WebhookId;
use crate::clinic::webhook::{address, events};
use crate::store;
use crate::web::Web;
use crate::web::error::Error;
use crate::web::webhooks::{MOST, keep, take_away};

/// An address that is called.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhook {
    /// Its id.
    pub id: Uuid,
    /// The address.
    pub url: String,
    /// What it hears of, such as `visit.completed`.
    pub events: Vec<&'static str>,
    /// Since when.
    pub made_at: Timestamp,
    /// Since when it is switched off, because nothing arrived for three days.
    pub off_at: Option<Timestamp>,
}

/// The webhooks of a clinic.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhooks {
    /// The oldest first.
    pub webhooks: Vec<Webhook>,
}

/// Lists the webhooks.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/api/v1/webhooks", operation_id = "list_webhooks", tag = "webhooks",
    responses((status = 200, body = Webhooks)))]
pub async fn list(State(web): State<Web>, caller: Caller) -> Result<Json<Webhooks>, Problem> {
    let mut db = web.store.read().await?;
    let all = store::webhook::all(&mut db, caller.clinic).await?;
    let shown = all.into_iter().map(|one| Webhook {
        id: *one.id.as_uuid(),
        events: one.events.iter().map(|event| event.id()).collect(),
        url: one.url,
        made_at: one.made_at,
        off_at: one.off_at,
    });
    Ok(Json(Webhooks { webhooks: shown.collect() }))
}

/// A webhook to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// The address, with https.
    url: String,
    /// What it hears of.
    events: Vec<String>,
}

/// A webhook that was added.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookMade {
    /// Its id.
    pub id: Uuid,
    /// What signs its calls (Standard Webhooks). It is told only this once.
    pub secret: String,
}

/// Adds a webhook. Its secret is told once and kept in no answer, so an `Idempotency-Key` counts for nothing here.
///
/// # Errors
/// When a field is wrong, there are too many, or the database does not answer.
#[utoipa::path(post, path = "/api/v1/webhooks", operation_id = "add_webhook", tag = "webhooks",
    request_body = NewWebhook, responses((status = 201, body = WebhookMade)))]
pub async fn add(State(web): State<Web>, caller: Caller, sent: Sent<NewWebhook>) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    let url = errors.check("url", address(&sent.value.url, web.webhooks_inside));
    let hears = errors.check("events", events(sent.value.events.iter().map(String::as_str)));
    let (url, hears) = errors.done(url.zip(hears)).map_err(|errors| Problem::wrong(&errors))?;
    let mut db = web.store.write().await?;
    if store::webhook::all(&mut db, caller.clinic).await?.len() >= MOST {
        return Err(Problem::refused(format!("There are {MOST} addresses already. Remove one first.")));
    }
    let (id, secret) = keep(&web, &mut db, &caller.actor(), url.as_str(), hears).await?;
    db.commit().await?;
    Ok(created(&WebhookMade { id: *id.as_uuid(), secret }))
}

/// Removes a webhook; what waits for it is not told any more.
///
/// # Errors
/// When there is no such webhook here, or the database does not answer.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", operation_id = "remove_webhook", tag = "webhooks",
    params(("id" = Uuid, Path, description = "The webhook")), responses((status = 204)))]
pub async fn remove(State(web): State<Web>, caller: Caller, Id(id): Id<WebhookId>) -> Result<Response, Problem> {
    let mut db = web.store.write().await?;
    if !take_away(&web, &mut db, &caller.actor(), id).await? {
        return Err(Error::NotFound.into());
    }
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
