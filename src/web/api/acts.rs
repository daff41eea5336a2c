//! What a program does to a visit besides moving it: call it off, complete it, hand out its intake form. The same
//! acts as at the desk, without the question before: what they do to emails comes back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::door::Caller;
use super::problem::Problem;
use super::sent::{Id, Sent, changed_meanwhile};
use super::visits::{Visit, VisitDone, done, find};
use crate::clinic::ids::VisitId;
use crate::store;
use crate::web::Web;
use crate::web::completion::{complete_by, took_place};
use crate::web::desk::act;
use crate::web::desk::call_off::Off;
use crate::web::desk::client_form::open_visit;
use crate::web::invite::Invitation;

/// Nothing to say besides the address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Cancels a visit. Its emails are called off, and those of the client's other visits follow.
///
/// # Errors
/// When there is no such visit here, it cannot be cancelled, or the database does not answer.
#[utoipa::path(post, path = "/api/v1/visits/{id}/cancellation", operation_id = "cancel_visit", tag = "visits",
    params(("id" = Uuid, Path, description = "The visit")), request_body = Nothing,
    responses((status = 200, body = VisitDone)))]
pub async fn cancel(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id<VisitId>,
    sent: Sent<Nothing>,
) -> Result<Response, Problem> {
    call_off(&web, &caller, id, Off::Cancelled, &sent).await
}

/// Notes that the client did not come.
///
/// # Errors
/// When there is no such visit here, it has not begun or cannot be missed, or the database does not answer.
#[utoipa::path(post, path = "/api/v1/visits/{id}/no-show", operation_id = "miss_visit", tag = "visits",
    params(("id" = Uuid, Path, description = "The visit")), request_body = Nothing,
    responses((status = 200, body = VisitDone)))]
pub async fn miss(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id<VisitId>,
    sent: Sent<Nothing>,
) -> Result<Response, Problem> {
    call_off(&web, &caller, id, Off::Missed, &sent).await
}

async fn call_off(
    web: &Web,
    caller: &Caller,
    id: VisitId,
    off: Off,
    sent: &Sent<Nothing>,
) -> Result<Response, Problem> {
    let mut db = web.store.write().await?;
    if let Some(had) = sent.once.had(web, &mut db, caller).await? {
        return Ok(had);
    }
    let (profile, now) = web.place(&mut db, caller.clinic).await?;
    let had = find(&mut db, caller, id).await?;
    let changed = off.on(&had, &profile.zone, now.timestamp()).map_err(Problem::refused)?;
    let actor = caller.actor();
    let effects = act::change(web, &mut db, &actor, &changed, off.action(), now.timestamp()).await?;
    let effects = effects.ok_or_else(|| changed_meanwhile(StatusCode::CONFLICT))?;
    let done = done(&mut db, caller, id, &effects).await?;
    sent.once.answer(db, caller, StatusCode::OK, &done).await
}

/// A visit that is completed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Completed {
    /// The visit.
    pub visit: Visit,
    /// Whether this request started its aftercare; otherwise it was completed before.
    pub started: bool,
}

/// Completes a visit, which starts its aftercare. For clinics that keep their notes elsewhere. Twice is once.
///
/// # Errors
/// When there is no such visit here, it does not take place or has not begun, or the database does not answer.
#[utoipa::path(post, path = "/api/v1/visits/{id}/completion", operation_id = "complete_visit", tag = "visits",
    params(("id" = Uuid, Path, description = "The visit")), request_body = Nothing,
    responses((status = 200, body = Completed)))]
pub async fn complete(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id<VisitId>,
    sent: Sent<Nothing>,
) -> Result<Response, Problem> {
    let mut db = web.store.write().await?;
    if let Some(had) = sent.once.had(&web, &mut db, &caller).await? {
        return Ok(had);
    }
    let (_, now) = web.place(&mut db, caller.clinic).await?;
    took_place(&find(&mut db, &caller, id).await?.visit, &now)?;
    let entry = caller.actor().did(now.timestamp(), "visit.completed", "visit", id);
    let started = complete_by(&mut db, web.made(&web.sending.get()), &entry, id).await?;
    let visit = Visit::from(&find(&mut db, &caller, id).await?);
    sent.once.answer(db, &caller, StatusCode::OK, &Completed { visit, started }).await
}

/// How the link reaches the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Aftercare mails it to the client's address.
    Email,
    /// It comes back, for the program to show.
    #[default]
    Answer,
}

/// The intake form, into the client's hands.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormLink {
    /// How.
    #[serde(default)]
    by: By,
}

/// A link to the intake form of a visit.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkMade {
    /// The address, where it was asked for. It is the key to the client's form: show it to nobody else, keep it nowhere.
    pub url: Option<String>,
    /// Until when it opens.
    pub until: Timestamp,
}

/// Makes a new link to the intake form of a visit, or mails one. Repeated, it makes another link: no answer with a link
/// in it is kept, so an `Idempotency-Key` counts for nothing here.
///
/// # Errors
/// When there is no such visit here, it is over, its form was sent, there is no way to send, or the database does not
/// answer.
#[utoipa::path(post, path = "/api/v1/visits/{id}/intake-link", operation_id = "make_intake_link", tag = "visits",
    params(("id" = Uuid, Path, description = "The visit")), request_body = FormLink,
    responses((status = 201, body = LinkMade)))]
pub async fn intake_link(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id<VisitId>,
    sent: Sent<FormLink>,
) -> Result<Response, Problem> {
    let mut db = web.store.write().await?;
    let (profile, now) = web.place(&mut db, caller.clinic).await?;
    let (visit, client) = open_visit(&mut db, caller.clinic, id, now.timestamp()).await?;
    let clinic = caller.clinic;
    let form = Invitation { clinic, profile: &profile, client: &client, visit: &visit.visit, now: now.timestamp() };
    let (url, deed) = match sent.value.by {
        By::Answer => (Some(form.link(&web, &mut db).await?), "intake.link.shown"),
        By::Email if form.by_hand(&web, &mut db).await? => (None, "intake.link.emailed"),
        By::Email => {
            return Err(Problem::refused("This client has no email address, or links cannot work here yet."));
        }
    };
    store::audit::record(&mut db, &caller.actor().did(now.timestamp(), deed, "visit", id)).await?;
    db.commit().await?;
    let made = LinkMade { url, until: visit.visit.ends_at };
    Ok(super::sent::created(&made))
}
