//! Booking and moving visits by the API, by the rules of the desk. What is unusual is asked about with a refusal that
//! names it; the same request with a yes to it goes through.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::{Timestamp, Zoned};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::door::Caller;
use super::problem::Problem;
use super::sent::{Id, Sent, changed_meanwhile, still};
use super::visits::{VisitDone, done, find};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::{AccountId, ClientId, VisitId};
use crate::clinic::profile::{ClinicProfile, Zone};
use crate::clinic::visit::Act;
use crate::clinic::visit::booking::{Booking, Doubt, Known, Typed, check, doubts};
use crate::clinic::visit::usual::Usual;
use crate::store::visit::Appointment;
use crate::store::visit::desk::AtDesk;
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::desk::act;
use crate::web::desk::call_off::moment;
use crate::web::desk::move_visit::{as_booked, moved, slot};
use crate::web::desk::new::appointment;
use crate::web::desk::therapists;
use crate::web::error::Error;

/// A visit to book.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVisit {
    /// For whom.
    client: Uuid,
    /// Start, on a whole minute.
    starts_at: Timestamp,
    /// Length in minutes, from 5 to 480.
    #[serde(default = "an_hour")]
    minutes: u32,
    /// With whom, of `GET /api/v1/therapists`; none: nobody yet.
    #[serde(default)]
    therapist: Option<Uuid>,
    /// A technique of `GET /api/v1/techniques`.
    #[serde(default = "swedish")]
    technique: String,
    /// How firm: `light`, `moderate` or `firm`.
    #[serde(default = "moderate")]
    pressure: String,
    /// Where: ids of regions, such as `lower_back`.
    #[serde(default)]
    regions: Vec<String>,
    /// The keys of doubts that somebody said yes to, as a problem of type `in-doubt` named them.
    #[serde(default)]
    despite: Vec<String>,
}

const fn an_hour() -> u32 {
    60
}

fn swedish() -> String {
    "swedish".into()
}

fn moderate() -> String {
    "moderate".into()
}

impl NewVisit {
    fn typed(&self, zone: &Zone) -> Typed {
        Typed {
            minutes: self.minutes.to_string(),
            therapist: self.therapist.map(|id| id.to_string()).unwrap_or_default(),
            technique: self.technique.clone(),
            pressure: self.pressure.clone(),
            regions: self.regions.clone(),
            ..at(&self.starts_at.to_zoned(zone.rules().clone()))
        }
    }
}

/// A moment as the desk types it.
fn at(moment: &Zoned) -> Typed {
    let (date, time) = (moment.date().to_string(), moment.strftime("%H:%M").to_string());
    Typed { date, time, ..Typed::default() }
}

/// A booking by the desk's rules, at exactly this instant: of an hour that comes twice, a program says which.
fn checked(typed: &Typed, starts_at: Timestamp, known: &Known<'_>) -> Result<Booking, Problem> {
    if starts_at.as_millisecond() % 60_000 != 0 {
        return Err(Problem::wrong_field("starts_at", "Visits start on a whole minute."));
    }
    let booking = check(typed, known).map_err(|errors| Problem::wrong(&named(&errors)))?;
    let length = booking.ends_at.duration_since(booking.starts_at);
    let ends_at = starts_at.checked_add(length).map_err(|_| Error::Broken)?;
    Ok(Booking { starts_at, ends_at, ..booking })
}

/// What the desk types as day and time is one field here.
fn named(errors: &FieldErrors) -> FieldErrors {
    let mut named = FieldErrors::new();
    for (field, sentence) in errors.iter() {
        named.add(if matches!(field, "date" | "time") { "starts_at" } else { field }, sentence);
    }
    named
}

/// What nobody said yes to yet.
async fn in_doubt(
    db: &mut Db,
    caller: &Caller,
    (typed, booking, visit): (&Typed, &Booking, &Appointment),
    known: &Known<'_>,
    despite: &[String],
) -> Result<(), Problem> {
    let others = store::visit::desk::beside(db, caller.clinic, &slot(visit)).await?;
    let open = |doubt: &Doubt| doubt.key != "clock" && !despite.contains(&doubt.key);
    let doubts: Vec<_> = doubts(typed, booking, &others, known).into_iter().filter(open).collect();
    if doubts.is_empty() {
        return Ok(());
    }
    let told: Vec<_> = doubts.iter().map(|doubt| json!({ "key": doubt.key, "says": doubt.says })).collect();
    let detail = "Something is unusual. If it is meant so, send this again with the keys of the doubts in despite.";
    Err(Problem::new(StatusCode::CONFLICT, "in-doubt", "Is this meant so?", detail).with("doubts", told))
}

/// Books a visit. What is unusual (a time that has passed, somebody with two visits at once) is a problem of type
/// `in-doubt`, and the same request with its keys in `despite` books.
///
/// # Errors
/// When a field is wrong, something is in doubt, or the database does not answer.
#[utoipa::path(post, path = "/api/v1/visits", operation_id = "book_visit", tag = "visits",
    request_body = NewVisit, responses((status = 201, body = VisitDone)))]
pub async fn book(State(web): State<Web>, caller: Caller, sent: Sent<NewVisit>) -> Result<Response, Problem> {
    let mut db = web.store.write().await?;
    if let Some(had) = sent.once.had(&web, &mut db, &caller).await? {
        return Ok(had);
    }
    let (profile, now) = web.place(&mut db, caller.clinic).await?;
    let client = ClientId::from_uuid(sent.value.client);
    if store::client::find(&mut db, caller.clinic, client).await?.is_none() {
        return Err(Problem::wrong_field("client", "There is no such client here. Register them first."));
    }
    let ids = who_treats(&mut db, &caller).await?;
    let usual = store::usual::of(&mut db, caller.clinic).await?;
    let known = known(&web, &ids, &profile, (&usual, &now));
    let typed = sent.value.typed(&profile.zone);
    let booking = checked(&typed, sent.value.starts_at, &known)?;
    let visit = appointment(&booking, client, now.timestamp());
    in_doubt(&mut db, &caller, (&typed, &booking, &visit), &known, &sent.value.despite).await?;
    let effects = act::book(&web, &mut db, &caller.actor(), &visit, now.timestamp()).await?;
    let done = done(&mut db, &caller, visit.id, &effects).await?;
    sent.once.answer(db, &caller, StatusCode::CREATED, &done).await
}

fn known<'a>(
    web: &'a Web,
    therapists: &'a [AccountId],
    profile: &'a ClinicProfile,
    (usual, now): (&'a Usual, &Zoned),
) -> Known<'a> {
    Known { catalogue: &web.catalogue, therapists, zone: &profile.zone, usual, booked: None, now: now.timestamp() }
}

async fn who_treats(db: &mut Db, caller: &Caller) -> Result<Vec<AccountId>, Problem> {
    Ok(therapists(db, caller.clinic).await?.into_iter().map(|(id, _)| id).collect())
}

/// Another time, therapist or technique. What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitChange {
    /// Start, on a whole minute.
    #[serde(default)]
    starts_at: Option<Timestamp>,
    /// Length in minutes, from 5 to 480.
    #[serde(default)]
    minutes: Option<u32>,
    /// With whom.
    #[serde(default)]
    therapist: Option<Uuid>,
    /// Which technique.
    #[serde(default)]
    technique: Option<String>,
    /// The keys of doubts that somebody said yes to.
    #[serde(default)]
    despite: Vec<String>,
}

impl VisitChange {
    fn over(&self, visit: &Appointment, zone: &Zone) -> (Typed, Timestamp) {
        let starts_at = self.starts_at.unwrap_or(visit.starts_at);
        let local = |at: Timestamp| at.to_zoned(zone.rules().clone());
        // How firmly and where is not asked here: who only books does not see it.
        let booked = as_booked(&local(visit.starts_at), visit);
        let new = at(&local(starts_at));
        let typed = Typed {
            date: new.date,
            time: new.time,
            minutes: self.minutes.map_or(booked.minutes, |minutes| minutes.to_string()),
            therapist: self.therapist.map_or(booked.therapist, |id| id.to_string()),
            technique: self.technique.clone().unwrap_or(booked.technique),
            ..booked
        };
        (typed, starts_at)
    }
}

/// Moves a visit. Its client's emails follow; which of them and how comes back.
///
/// # Errors
/// When there is no such visit here, it cannot be moved, a field is wrong, something is in doubt, somebody was
/// faster, or the database does not answer.
#[utoipa::path(patch, path = "/api/v1/visits/{id}", operation_id = "move_visit", tag = "visits",
    params(("id" = Uuid, Path, description = "The visit"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was seen")),
    request_body = VisitChange, responses((status = 200, body = VisitDone)))]
pub async fn change(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id<VisitId>,
    headers: HeaderMap,
    sent: Sent<VisitChange>,
) -> Result<Json<VisitDone>, Problem> {
    let mut db = web.store.write().await?;
    let (profile, now) = web.place(&mut db, caller.clinic).await?;
    let had = find(&mut db, &caller, id).await?;
    still(&headers, had.version)?;
    Act::Move.on(had.visit.state, &moment(&profile.zone, now.timestamp(), &had)).map_err(Problem::refused)?;
    let ids = who_treats(&mut db, &caller).await?;
    let usual = store::usual::of(&mut db, caller.clinic).await?;
    let booked = had.visit.treatment.technique.clone();
    let known = Known { booked: Some(&booked), ..known(&web, &ids, &profile, (&usual, &now)) };
    let (typed, starts_at) = sent.value.over(&had.visit, &profile.zone);
    let booking = checked(&typed, starts_at, &known)?;
    let changed = AtDesk { visit: moved(&had.visit, &booking), ..had };
    in_doubt(&mut db, &caller, (&typed, &booking, &changed.visit), &known, &sent.value.despite).await?;
    let actor = caller.actor();
    let effects = act::change(&web, &mut db, &actor, &changed, "visit.moved", now.timestamp()).await?;
    let effects = effects.ok_or_else(|| changed_meanwhile(StatusCode::CONFLICT))?;
    let done = done(&mut db, &caller, id, &effects).await?;
    db.commit().await?;
    Ok(Json(done))
}
