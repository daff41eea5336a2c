//! Loads the pages of delivery. Every question reads a bounded number of rows by an index.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};

use super::view::Facts;
use super::{DeliveryPage, OnePage, Paused, Place};
use crate::clinic::account::Action;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::{ClinicId, EmailId};
use crate::clinic::outbox::State as MailState;
use crate::clinic::provider::Providers;
use crate::store::delivery::Wrong;
use crate::store::outbox::is_unsure;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::{Here, Web, say};

/// So much of the house's line is looked at, so much of what left, and so much of what went wrong.
const MOST_IN_LINE: u32 = 1_000;
const MOST_LEFT: u32 = 2_000;
const MOST_WRONG: u32 = 100;

/// What ended is news for a week.
const NEWS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// `GET /delivery`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    Ok(page(&shown(&web, &mut db, &here, "", FieldErrors::new()).await?))
}

/// The page once more, with what was typed and what is wrong with it.
pub(super) async fn again(web: &Web, who: &Who, typed: &str, errors: FieldErrors) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, who).await?;
    let shown = shown(web, &mut db, &here, typed, errors).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response())
}

async fn shown(web: &Web, db: &mut Db, here: &Here, typed: &str, errors: FieldErrors) -> Result<DeliveryPage, Error> {
    let now = here.now.timestamp();
    let ago = |span: SignedDuration| now.saturating_sub(span).unwrap_or(Timestamp::MIN);
    let line = store::delivery::in_line(db, here.id, MOST_IN_LINE).await?;
    let left = store::delivery::left(db, here.id, ago(SignedDuration::from_hours(24)), MOST_LEFT).await?;
    let open = store::delivery::open(db, here.id, MOST_WRONG).await?;
    let ended = store::delivery::ended(db, here.id, ago(NEWS), MOST_WRONG).await?;
    let system_now = web.clock.system_now();
    let beats = store::beat::lately(db, system_now).await?;
    let (paused, sending) = (paused(db, here).await?, web.sending.get());
    let providers = Providers::shipped().map_err(|problem| {
        tracing::error!(%problem, "the list of providers cannot be read");
        Error::Broken
    })?;
    let facts = Facts {
        now: &here.now,
        system_now,
        line: &line,
        left: &left,
        open: &open,
        ended: &ended,
        beats: &beats,
        paused: paused.as_ref(),
        providers: &providers,
        has_relay: !sending.ways.is_empty() || beats.iter().any(|beat| !beat.health.relays.is_empty()),
    };
    let items = |all: &[Wrong], fits: fn(&Wrong) -> bool| {
        all.iter().filter(|email| fits(email)).map(|email| facts.item(email)).collect::<Vec<_>>()
    };
    let manages = here.who.may(Action::ManageClinic) && sending.ways.len() > 1;
    let relay_options = if manages {
        let first = ("".to_owned(), "The first one that works".to_owned());
        std::iter::once(first).chain(sending.ways.iter().map(|way| (way.clone(), way.clone()))).collect()
    } else {
        Vec::new()
    };
    Ok(DeliveryPage {
        shell: here.shell(Room::Nowhere),
        verdict: facts.verdict(),
        facts: facts.facts(left_most()),
        waiting: facts.waiting(),
        states: facts.states(),
        providers: facts.providers(),
        unsure: items(&open, |email| is_unsure(email.state, &email.reason)),
        ended: items(&ended, |_| true),
        more_ended: ended.len() >= usize::try_from(MOST_WRONG).unwrap_or(usize::MAX),
        relays: facts.relays(),
        workers: facts.workers(),
        places: places(db, here, ago(NEWS)).await?,
        chosen: store::beat::relay_of(db, here.id).await?.unwrap_or_default(),
        relay_options,
        paused,
        typed: typed.to_owned(),
        errors,
    })
}

fn left_most() -> usize {
    usize::try_from(MOST_LEFT).unwrap_or(usize::MAX)
}

/// That mail of this clinic is stopped, if it is: a hold comes before a stop, since it stops more.
pub(in crate::web) async fn paused(db: &mut Db, here: &Here) -> Result<Option<Paused>, Error> {
    let say = |at: Timestamp| say::moment(&at.to_zoned(here.now.time_zone().clone()), &here.now);
    if let Some(hold) = store::hold::of(db, here.id).await? {
        let since = say(hold.restored_at);
        return Ok(Some(Paused { restored: true, who: String::new(), since, reason: String::new() }));
    }
    let Some(pause) = store::pause::of(db, here.id).await? else { return Ok(None) };
    let who = store::account::find(db, here.id, pause.by).await?;
    Ok(Some(Paused {
        restored: false,
        who: who.map_or_else(|| "somebody".into(), |account| account.name.to_string()),
        since: say(pause.at),
        reason: pause.reason,
    }))
}

/// How it stands at the other clinics where this person may look after mail.
async fn places(db: &mut Db, here: &Here, since: Timestamp) -> Result<Vec<Place>, Error> {
    let mut all = Vec::new();
    for place in here.other_places(Action::SeeDelivery) {
        let (name, clinic): (String, ClinicId) = place;
        let now = here.now.timestamp();
        let waiting = store::delivery::in_line(db, clinic, MOST_IN_LINE).await?;
        all.push(Place {
            name,
            waiting: waiting.iter().filter(|email| email.due_at <= now).count(),
            open: store::delivery::open(db, clinic, MOST_WRONG).await?.len(),
            ended: store::delivery::ended(db, clinic, since, MOST_WRONG).await?.len(),
            paused: store::pause::of(db, clinic).await?.is_some() || store::hold::of(db, clinic).await?.is_some(),
        });
    }
    Ok(all)
}

/// `GET /delivery/emails/{id}`: what to do with an email that may have arrived.
///
/// # Errors
/// When there is no such email here, nothing is to be decided about it, or the database does not answer.
pub async fn one(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let id: EmailId = id.parse().map_err(|_| Error::NotFound)?;
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let email = store::delivery::one(&mut db, here.id, id).await?.ok_or(Error::NotFound)?;
    if !is_unsure(email.state, &email.reason) {
        return Err(Error::Refused(settled(email.state).into()));
    }
    let providers = Providers::default();
    let system_now = web.clock.system_now();
    let facts = Facts {
        now: &here.now,
        system_now,
        line: &[],
        left: &[],
        open: &[],
        ended: &[],
        beats: &[],
        paused: None,
        providers: &providers,
        has_relay: true,
    };
    let of_use = (email.not_after > here.now.timestamp())
        .then(|| say::moment(&email.not_after.to_zoned(here.now.time_zone().clone()), &here.now));
    Ok(page(&OnePage { shell: here.shell(Room::Nowhere), email: facts.item(&email), of_use }))
}

/// Why nothing is to be decided about an email any more.
pub(super) const fn settled(state: MailState) -> &'static str {
    match state {
        MailState::Sent => "This email has been sent by now. There is nothing left to decide.",
        MailState::Scheduled | MailState::Claimed | MailState::Sending => {
            "This email is about to go out again. Somebody else, or the program, has decided."
        }
        MailState::Cancelled => "This email was called off by now. There is nothing left to decide.",
        _ => "This email does not wait for this decision any more. Look at the list again.",
    }
}
