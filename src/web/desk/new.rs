//! A new visit: who, when, with whom, and what. What is unusual is told once and goes when somebody
//! says so; a form that is sent twice books once.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::{BookingView, EffectsView, act, sentences, therapists, typed, view};
use crate::clinic::account::Role;
use crate::clinic::case::{LastReaction, Treatment};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::{AccountId, ClientId, VisitId};
use crate::clinic::visit::VisitState;
use crate::clinic::visit::booking::{Booking, Doubt, Known, Typed, agreed, check, doubts};
use crate::clinic::visit::effects::{Effect, What, fingerprint};
use crate::clinic::visit::usual::AS_USUAL;
use crate::seal::token;
use crate::store::client::Registered;
use crate::store::visit::Appointment;
use crate::store::{self, Db, fresh_uuid};
use crate::web::client::full_name;
use crate::web::client::list::Found;
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, say, see_other};

/// `?client=…&on=2026-03-27&at=15:00&therapist=…`; all may be left out.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    client: Option<String>,
    /// Whom to look for, while it is not known whose visit it is.
    #[serde(default)]
    q: String,
    #[serde(default)]
    on: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    therapist: String,
}

/// `GET /visits/new`.
#[derive(Debug, Template)]
#[template(path = "desk/new.html")]
struct NewPage {
    shell: Shell,
    client: ClientId,
    name: String,
    facts: Vec<String>,
    key: String,
    booking: BookingView,
    errors: FieldErrors,
    doubts: Vec<String>,
    effects: EffectsView,
    agreed: String,
    notice: Option<String>,
}

/// Who a visit is for has to be known first.
#[derive(Debug, Template)]
#[template(path = "desk/who.html")]
struct WhoPage {
    shell: Shell,
    asked: String,
    on: String,
    found: Found,
}

/// Why a form is shown again.
#[derive(Default)]
struct Again {
    errors: FieldErrors,
    doubts: Vec<Doubt>,
    effects: Vec<Effect>,
    agreed: String,
    notice: Option<String>,
}

/// `GET /visits/new`.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Query(asked): Query<Asked>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let Some(client) = asked.client.as_deref() else {
        return Ok(page(&choice(&mut db, &here, &asked).await?));
    };
    let client = find_client(&mut db, &here, client).await?;
    let therapists = therapists(&mut db, here.id).await?;
    let typed = proposed(&mut db, &here, &asked, client.id, &therapists).await?;
    let usual = store::usual::of(&mut db, here.id).await?;
    let booking = view(&web, typed, &therapists, &usual);
    Ok(page(&shown(&mut db, &here, &client, booking, token::fresh(), Again::default()).await?))
}

/// Who it may be for: whoever is found, or was here lately.
async fn choice(db: &mut Db, here: &Here, asked: &Asked) -> Result<WhoPage, Error> {
    let found = Found::by(db, here, &asked.q).await?.to_book(&asked.on);
    Ok(WhoPage { shell: here.shell(Room::Day), asked: asked.q.clone(), on: asked.on.clone(), found })
}

/// `POST /visits`.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn create(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let client = find_client(&mut db, &here, fields.text("client")).await?;
    let therapists = therapists(&mut db, here.id).await?;
    let ids: Vec<AccountId> = therapists.iter().map(|(id, _)| *id).collect();
    let now = here.now.timestamp();
    let usual = store::usual::of(&mut db, here.id).await?;
    let known = Known {
        catalogue: &web.catalogue,
        therapists: &ids,
        zone: &here.profile.zone,
        usual: &usual,
        booked: None,
        now,
    };
    let typed = typed(&fields);
    let key = key(&fields);
    let again = match check(&typed, &known) {
        Err(errors) => Again { errors, ..Again::default() },
        Ok(booking) => {
            let visit = appointment(&booking, client.id, now);
            if let Some(made) = store::visit::desk::take_key(&mut db, here.id, &key, visit.id).await? {
                return taken(&web, db, &here, &client, (made, &visit), view(&web, typed, &therapists, &usual)).await;
            }
            let others = store::visit::desk::beside(&mut db, here.id, &super::move_visit::slot(&visit)).await?;
            let doubts = doubts(&typed, &booking, &others, &known);
            let effects = act::book(&web, &mut db, &who.actor(), &visit, now).await?;
            let yes = yes_to(&doubts, &effects);
            if yes == "/" || fields.text("agreed") == yes {
                db.commit().await?;
                return Ok(booked(&here, visit.id, visit.starts_at));
            }
            Again { doubts, effects, agreed: yes, ..Again::default() }
        }
    };
    // A field that is wrong, or a word that is asked for first, as everywhere at the desk.
    let status = if again.errors.is_empty() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    // Nothing is kept of the rehearsal, the key of the form included.
    drop(db);
    let mut db = web.store.read().await?;
    let booking = view(&web, typed, &therapists, &usual);
    let shown = shown(&mut db, &here, &client, booking, key, again).await?;
    Ok((status, page(&shown)).into_response())
}

/// What somebody has to say yes to: doubts, and emails that would not go as planned any more. A
/// preparation letter for the new visit is what one books for, and needs no question.
fn yes_to(doubts: &[Doubt], effects: &[Effect]) -> String {
    let lost: Vec<Effect> =
        effects.iter().filter(|effect| !matches!(effect.what, What::Owed | What::Stays)).cloned().collect();
    format!("{}/{}", agreed(doubts), fingerprint(&lost))
}

/// A form that was sent before: the visit it made, unless it says something else by now.
async fn taken(
    web: &Web,
    mut db: Db,
    here: &Here,
    client: &Registered,
    (made, wanted): (VisitId, &Appointment),
    booking: BookingView,
) -> Result<Response, Error> {
    let had = store::visit::find(&mut db, here.id, made).await?;
    let same = had.as_ref().is_some_and(|had| {
        (had.client, had.starts_at, had.ends_at, had.therapist, &had.treatment)
            == (wanted.client, wanted.starts_at, wanted.ends_at, wanted.therapist, &wanted.treatment)
    });
    if let (true, Some(had)) = (same, &had) {
        return Ok(booked(here, had.id, had.starts_at));
    }
    drop(db);
    let mut db = web.store.read().await?;
    let notice = "This form has booked a visit already. To book this one as well, send it once more.";
    let again = Again { notice: Some(notice.into()), ..Again::default() };
    let shown = shown(&mut db, here, client, booking, token::fresh(), again).await?;
    Ok((StatusCode::CONFLICT, page(&shown)).into_response())
}

fn booked(here: &Here, visit: VisitId, starts_at: Timestamp) -> Response {
    let day = starts_at.to_zoned(here.now.time_zone().clone()).date();
    see_other(&format!("/day?on={day}&told={visit}"))
}

/// The visit of a booking.
pub(in crate::web) fn appointment(booking: &Booking, client: ClientId, now: Timestamp) -> Appointment {
    Appointment {
        id: VisitId::from_uuid(fresh_uuid(now)),
        client,
        therapist: booking.therapist,
        starts_at: booking.starts_at,
        ends_at: booking.ends_at,
        state: VisitState::Booked,
        treatment: Treatment {
            technique: booking.technique.clone(),
            pressure: booking.pressure,
            regions: booking.regions.clone(),
            last_reaction: LastReaction::None,
        },
        completed_at: None,
    }
}

/// The form's own key; a form without one books as often as it is sent.
fn key(fields: &Fields) -> String {
    let key = fields.text("key");
    let fine = (16..=64).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fine { key.to_owned() } else { token::fresh() }
}

async fn find_client(db: &mut Db, here: &Here, id: &str) -> Result<Registered, Error> {
    let id: ClientId = id.parse().map_err(|_| Error::NotFound)?;
    store::client::find(db, here.id, id).await?.ok_or(Error::NotFound)
}

/// What is most likely: the day that was looked at, and what the client had last time. Where that
/// was done and how firmly is health, so it is proposed only to those who treat.
async fn proposed(
    db: &mut Db,
    here: &Here,
    asked: &Asked,
    client: ClientId,
    therapists: &[(AccountId, String)],
) -> Result<Typed, Error> {
    use crate::clinic::account::Action;
    let last = store::visit::of_client(db, here.id, client).await?.into_iter().next();
    let own = (here.who.role == Role::Therapist).then_some(here.who.account);
    let usual = own.or(last.as_ref().and_then(|last| last.therapist));
    let usual = usual.filter(|id| therapists.iter().any(|(one, _)| one == id));
    let seen = last.as_ref().filter(|_| here.who.may(Action::SeeHealth));
    let minutes = last.as_ref().map_or(60, |last| last.ends_at.duration_since(last.starts_at).as_mins());
    let on = asked.on.parse::<Date>().map_or_else(|_| here.now.date(), |day| day.max(here.now.date()));
    Ok(Typed {
        date: on.to_string(),
        time: asked.at.chars().take(5).collect(),
        minutes: minutes.to_string(),
        therapist: if asked.therapist.is_empty() {
            usual.map(|id| id.to_string()).unwrap_or_default()
        } else {
            asked.therapist.clone()
        },
        technique: last.as_ref().map_or_else(|| "swedish".into(), |last| last.treatment.technique.to_string()),
        pressure: seen.map_or(AS_USUAL, |last| last.treatment.pressure.word()).into(),
        regions: seen
            .map(|last| last.treatment.regions.iter().map(|region| region.id().to_owned()).collect())
            .unwrap_or_default(),
    })
}

async fn shown(
    db: &mut Db,
    here: &Here,
    client: &Registered,
    booking: BookingView,
    key: String,
    again: Again,
) -> Result<NewPage, Error> {
    let born = client.client.born.map(|born| format!("Born {}", say::birthday(born)));
    let phone = Some(client.phone.clone()).filter(|phone| !phone.is_empty());
    let visits = store::visit::of_client(db, here.id, client.id).await?;
    let coming: Vec<String> = visits
        .iter()
        .rev()
        .filter(|visit| visit.state == VisitState::Booked && visit.starts_at > here.now.timestamp())
        .map(|visit| say::moment(&visit.starts_at.to_zoned(here.now.time_zone().clone()), &here.now))
        .collect();
    let coming = (!coming.is_empty()).then(|| format!("Booked: {}", say::list(&coming)));
    Ok(NewPage {
        shell: here.shell(Room::Day),
        client: client.id,
        name: full_name(client),
        facts: [born, phone, coming].into_iter().flatten().collect(),
        key,
        booking,
        errors: again.errors,
        doubts: sentences(&again.doubts),
        effects: EffectsView::of(&again.effects, &here.now),
        agreed: again.agreed,
        notice: again.notice,
    })
}
