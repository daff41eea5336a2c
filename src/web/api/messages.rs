//! `/api/v1/messages`: emails and how they stand, without what they say. The relay's words, reasons and which letter it
//! is stay inside: each can tell of health.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::cursor::{Cursor, limit, page};
use super::door::Caller;
use super::problem::Problem;
use super::sent::{Asked, Id};
use crate::clinic::ids::{ClientId, EmailId, VisitId};
use crate::store;
use crate::store::email::Email;
use crate::web::Web;
use crate::web::error::Error;

/// An email and where it is in its life.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// Its id.
    pub id: Uuid,
    /// For which client.
    pub client: Uuid,
    /// Of which visit.
    pub visit: Uuid,
    /// Which step of it, such as `day_1`.
    pub step: String,
    /// `service`, `aftercare` or `preparation`.
    pub stream: &'static str,
    /// Which version of its letter.
    pub letter_version: u32,
    /// In which language.
    pub locale: String,
    /// `scheduled`, `held`, `claimed`, `sending`, `sent`, `failed`, `uncertain`, `cancelled`, `suppressed` or `expired`.
    pub state: &'static str,
    /// When it is due.
    pub due_at: Timestamp,
    /// After this it is of no use and is not sent.
    pub not_after: Timestamp,
    /// When the server took it.
    pub sent_at: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: u32,
}

impl From<&Email> for Message {
    fn from(email: &Email) -> Self {
        Self {
            id: *email.id.as_uuid(),
            client: *email.client.as_uuid(),
            visit: *email.visit.as_uuid(),
            step: email.step.to_string(),
            stream: email.stream.id(),
            letter_version: email.letter_version,
            locale: email.locale.clone(),
            state: email.state.id(),
            due_at: email.due_at,
            not_after: email.not_after,
            sent_at: email.sent_at,
            attempts: email.attempts,
        }
    }
}

/// Emails, a page at a time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Messages {
    /// In the order they were planned.
    pub messages: Vec<Message>,
    /// Where the next page begins; none: this is the last.
    pub next: Option<String>,
}

/// Which emails.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Of this visit.
    visit: Option<Uuid>,
    /// For this client.
    client: Option<Uuid>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// At most so many, from 1 to 200; usually 50.
    limit: Option<u32>,
}

/// Lists emails and how they stand.
///
/// # Errors
/// When the question is not understood, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/messages", operation_id = "list_messages", tag = "messages", params(Which),
    responses((status = 200, body = Messages)))]
pub async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(which): Asked<Which>,
) -> Result<Json<Messages>, Problem> {
    let limit = limit(which.limit)?;
    let last = Cursor::some(which.cursor.as_deref())?.map(|last| EmailId::from_uuid(last.id));
    let of = (which.visit.map(VisitId::from_uuid), which.client.map(ClientId::from_uuid));
    let mut db = web.store.read().await?;
    let rows = store::email::after(&mut db, caller.clinic, of, last, limit + 1).await?;
    let (rows, next) = page(rows, limit, |one| Cursor { at: Timestamp::UNIX_EPOCH, id: *one.id.as_uuid() });
    Ok(Json(Messages { messages: rows.iter().map(Message::from).collect(), next }))
}

/// Shows one email and how it stands.
///
/// # Errors
/// When there is no such email here, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/messages/{id}", operation_id = "get_message", tag = "messages",
    params(("id" = Uuid, Path, description = "The email")), responses((status = 200, body = Message)))]
pub async fn show(State(web): State<Web>, caller: Caller, Id(id): Id<EmailId>) -> Result<Json<Message>, Problem> {
    let mut db = web.store.read().await?;
    let email = store::email::find(&mut db, caller.clinic, id).await?.ok_or(Error::NotFound)?;
    Ok(Json(Message::from(&email)))
}
