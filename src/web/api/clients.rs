//! `/api/v1/clients`: who comes, found, registered and corrected by the rules of the register.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::cursor::{Cursor, limit, page};
use super::door::Caller;
use super::problem::Problem;
use super::sent::{Asked, Id, Sent, still, tagged};
use crate::clinic::client::alike::likeness;
use crate::clinic::client::words::terms;
use crate::clinic::client::{Field, Typed};
use crate::clinic::ids::ClientId;
use crate::store::client::Registered;
use crate::store::{self, fresh_uuid};
use crate::web::Web;
use crate::web::client::edit::keep;
use crate::web::client::new::{Registering, register};
use crate::web::error::Error;
use crate::web::replan::Cause;

/// How the aftercare reaches a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// By email.
    #[default]
    Email,
    /// As a printed sheet.
    Paper,
}

/// A client as registered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Client {
    /// Their id.
    pub id: Uuid,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: Option<String>,
    /// Date of birth.
    pub born: Option<Date>,
    /// Telephone; may be empty.
    pub phone: String,
    /// Where their mail goes.
    pub email: Option<String>,
    /// How the aftercare reaches them.
    pub aftercare: Way,
    /// The language of their letters; none: the clinic's.
    pub locale: Option<String>,
    /// Grows with every correction.
    pub version: u32,
}

impl From<Registered> for Client {
    fn from(one: Registered) -> Self {
        let client = one.client;
        Self {
            id: *one.id.as_uuid(),
            first_name: client.first_name.to_string(),
            last_name: client.last_name.map(|name| name.to_string()),
            born: client.born,
            phone: one.phone,
            email: client.email.map(|email| email.to_string()),
            aftercare: if client.on_paper { Way::Paper } else { Way::Email },
            locale: client.locale,
            version: one.version,
        }
    }
}

/// Clients, a page at a time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Clients {
    /// In the order they were registered; what a search finds, the latest visit first.
    pub clients: Vec<Client>,
    /// Where the next page begins; none: this is the last.
    pub next: Option<String>,
}

/// Which clients.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Words of a name, a telephone, an address or a year of birth. The best fits come back, without further pages.
    q: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// At most so many, from 1 to 200; usually 50.
    limit: Option<u32>,
}

/// Lists or searches clients.
///
/// # Errors
/// When the question is not understood, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/clients", operation_id = "list_clients", tag = "clients", params(Which),
    responses((status = 200, body = Clients)))]
pub async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(which): Asked<Which>,
) -> Result<Json<Clients>, Problem> {
    let limit = limit(which.limit)?;
    let after = Cursor::some(which.cursor.as_deref())?.map(|last| ClientId::from_uuid(last.id));
    // Written down first: nothing is shown before that is on disk.
    web.seen_by(&caller.actor(), "clients", caller.clinic).await?;
    let mut db = web.store.read().await?;
    let asked = which.q.as_deref().unwrap_or_default().trim();
    if !asked.is_empty() {
        let found = store::client::search(&mut db, caller.clinic, &terms(asked), limit).await?;
        let clients = found.hits.into_iter().map(|hit| hit.client.into()).collect();
        return Ok(Json(Clients { clients, next: None }));
    }
    let rows = store::client::after(&mut db, caller.clinic, after, limit + 1).await?;
    let (rows, next) = page(rows, limit, |one| Cursor { at: Timestamp::UNIX_EPOCH, id: *one.id.as_uuid() });
    Ok(Json(Clients { clients: rows.into_iter().map(Client::from).collect(), next }))
}

/// Shows one client.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/clients/{id}", operation_id = "get_client", tag = "clients",
    params(("id" = Uuid, Path, description = "The client")), responses((status = 200, body = Client)))]
pub async fn show(State(web): State<Web>, caller: Caller, Id(id): Id<ClientId>) -> Result<Response, Problem> {
    let mut db = web.store.read().await?;
    let found = store::client::find(&mut db, caller.clinic, id).await?.ok_or(Error::NotFound)?;
    drop(db);
    web.seen_by(&caller.actor(), "client", id).await?;
    Ok(tagged(found.version, &Client::from(found)))
}

/// Somebody to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClient {
    /// First name.
    first_name: String,
    /// Last name.
    last_name: String,
    /// Date of birth.
    #[serde(default)]
    born: Option<Date>,
    /// Telephone.
    #[serde(default)]
    phone: Option<String>,
    /// Where their mail goes; needed unless the aftercare is on paper.
    #[serde(default)]
    email: Option<String>,
    /// How the aftercare reaches them.
    #[serde(default)]
    aftercare: Way,
    /// The language of their letters, such as `en`; none: the clinic's.
    #[serde(default)]
    locale: Option<String>,
    /// Registered clients who look alike and are somebody else, as a problem of type `may-be-known` named them.
    #[serde(default)]
    someone_else: Vec<Uuid>,
}

impl NewClient {
    fn typed(&self) -> Typed {
        let some = |text: &Option<String>| text.clone().unwrap_or_default();
        Typed::read(|field| match field {
            Field::FirstName => self.first_name.clone(),
            Field::LastName => self.last_name.clone(),
            Field::Born => self.born.map(|born| born.to_string()).unwrap_or_default(),
            Field::Phone => some(&self.phone),
            Field::Email => some(&self.email),
            Field::Aftercare => word(self.aftercare).to_owned(),
            Field::Locale => some(&self.locale),
        })
    }
}

const fn word(way: Way) -> &'static str {
    match way {
        Way::Email => "email",
        Way::Paper => "paper",
    }
}

/// Registers a client. Whoever may be known already is asked about first: a problem of type `may-be-known` names
/// them by id, and the same request with these in `someone_else` registers.
///
/// # Errors
/// When a field is wrong, they may be known, or the database does not answer.
#[utoipa::path(post, path = "/api/v1/clients", operation_id = "register_client", tag = "clients",
    request_body = NewClient, responses((status = 201, body = Client)))]
pub async fn create(State(web): State<Web>, caller: Caller, sent: Sent<NewClient>) -> Result<Response, Problem> {
    let mut db = web.store.write().await?;
    if let Some(had) = sent.once.had(&web, &mut db, &caller).await? {
        return Ok(had);
    }
    let (_, now) = web.place(&mut db, caller.clinic).await?;
    let checked = sent.value.typed().check(&web.letters.languages(), now.date());
    let (client, phone) = checked.map_err(|errors| Problem::wrong(&errors))?;
    let id = ClientId::from_uuid(fresh_uuid(now.timestamp()));
    let new = Registered { id, client, phone, synthetic: false, version: 1 };
    let others: Vec<String> = sent.value.someone_else.iter().map(Uuid::to_string).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    match register(&mut db, &caller.actor(), &new, &others, now.timestamp()).await? {
        Registering::Done => sent.once.answer(db, &caller, StatusCode::CREATED, &Client::from(new)).await,
        // Of an id that was made this moment, this is as good as never.
        Registering::Taken => Err(Error::Busy.into()),
        Registering::Asking(known) => Err(may_be_known(&new, &known)),
    }
}

/// By id, and why: who may see clients can look them up.
fn may_be_known(new: &Registered, known: &[Registered]) -> Problem {
    let alike = known.iter().map(|one| {
        let why = likeness((&new.client, &new.phone), (&one.client, &one.phone));
        let why: Vec<&str> = why.iter().map(|one| one.words()).collect();
        json!({ "id": one.id.to_string(), "why": why })
    });
    let detail =
        "Somebody alike is registered. If it is somebody else, send this again with their ids in someone_else.";
    Problem::new(StatusCode::CONFLICT, "may-be-known", "May be known", detail).with("alike", alike.collect::<Vec<_>>())
}

/// What is different about a client. A field that is left out stays, one that is null is emptied.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientChange {
    /// First name.
    #[serde(default)]
    first_name: Option<String>,
    /// Last name.
    #[serde(default)]
    last_name: Option<String>,
    /// Date of birth.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Date>)]
    born: Option<Option<Date>>,
    /// Telephone.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// Where their mail goes. Waiting emails follow; without an address they are called off.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    /// How the aftercare reaches them.
    #[serde(default)]
    aftercare: Option<Way>,
    /// The language of their letters.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    locale: Option<Option<String>>,
}

/// What is there, null included, as opposed to left out.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

impl ClientChange {
    fn over(&self, saved: &Typed) -> Typed {
        let stays = |field: Field| saved.get(field).to_owned();
        let new = |field: Field, given: &Option<Option<String>>| match given {
            Some(text) => text.clone().unwrap_or_default(),
            None => stays(field),
        };
        Typed::read(|field| match field {
            Field::FirstName => self.first_name.clone().unwrap_or_else(|| stays(field)),
            Field::LastName => self.last_name.clone().unwrap_or_else(|| stays(field)),
            Field::Born => new(field, &self.born.map(|born| born.map(|born| born.to_string()))),
            Field::Phone => new(field, &self.phone),
            Field::Email => new(field, &self.email),
            Field::Aftercare => self.aftercare.map_or_else(|| stays(field), |way| word(way).to_owned()),
            Field::Locale => new(field, &self.locale),
        })
    }
}

/// Corrects a client. With `If-Match`, only while the client is still as the program saw it.
///
/// # Errors
/// When there is no such client here, a field is wrong, somebody was faster, or the database does not answer.
#[utoipa::path(patch, path = "/api/v1/clients/{id}", operation_id = "change_client", tag = "clients",
    params(("id" = Uuid, Path, description = "The client"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was seen")),
    request_body = ClientChange, responses((status = 200, body = Client)))]
pub async fn change(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id<ClientId>,
    headers: HeaderMap,
    sent: Sent<ClientChange>,
) -> Result<Response, Problem> {
    let mut db = web.store.write().await?;
    let (_, now) = web.place(&mut db, caller.clinic).await?;
    let saved = store::client::find(&mut db, caller.clinic, id).await?.ok_or(Error::NotFound)?;
    still(&headers, saved.version)?;
    let typed = sent.value.over(&Typed::of(&saved.client, &saved.phone));
    let checked = typed.check(&web.letters.languages(), now.date());
    let (client, phone) = checked.map_err(|errors| Problem::wrong(&errors))?;
    let changed = Registered { client, phone, ..saved.clone() };
    keep(&mut db, &caller.actor(), &saved, &changed, now.timestamp()).await?;
    web.replan(&mut db, caller.clinic, id, Cause::Answers).await?;
    let kept = store::client::find(&mut db, caller.clinic, id).await?.ok_or(Error::NotFound)?;
    db.commit().await?;
    Ok(tagged(kept.version, &Client::from(kept)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(text: &str) -> Typed {
        let saved = ["Cleo", "Okafor", "1 Feb 1980", "020 7946 0201", "cleo@example.org", "email", ""];
        let saved = Typed::read(|field| saved[field as usize].to_owned());
        serde_json::from_str::<ClientChange>(text).expect("a change").over(&saved)
    }

    #[test]
    fn what_is_left_out_stays_and_what_is_null_goes() {
        let same = change("{}");
        assert_eq!((same.get(Field::LastName), same.get(Field::Born)), ("Okafor", "1 Feb 1980"));
        let new = change(r#"{"phone":null,"born":"1981-03-02","aftercare":"paper","email":null,"locale":"es"}"#);
        let fields = [Field::Phone, Field::Born, Field::Aftercare, Field::Email, Field::Locale, Field::FirstName];
        assert_eq!(fields.map(|field| new.get(field)), ["", "1981-03-02", "paper", "", "es", "Cleo"]);
    }
}
