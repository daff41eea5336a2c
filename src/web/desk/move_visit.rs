//! Another time, therapist or technique for a visit. First the new time is chosen, then the page
//! says which emails follow it and which stay, and only then it happens.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Zoned;

use super::call_off::{changed_meanwhile, find, moment, refused};
use super::{BookingView, EffectsView, act, headline, sentences, therapists, typed, view};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::{AccountId, VisitId};
use crate::clinic::visit::Act;
use crate::clinic::visit::booking::{Booking, Doubt, Known, Typed, agreed, check, doubts};
use crate::clinic::visit::effects::{Effect, fingerprint};
use crate::store::visit::Appointment;
use crate::store::visit::desk::{AtDesk, Slot};
use crate::store::{self, Db};
use crate::web::client::full_name;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, see_other};

/// `GET /visits/{id}/move`.
#[derive(Debug, Template)]
#[template(path = "desk/move.html")]
struct MovePage {
    shell: Shell,
    id: VisitId,
    visit: String,
    day: String,
    version: u32,
    booking: BookingView,
    errors: FieldErrors,
    /// What the move would do, once a time is chosen.
    asked: Option<Asked>,
    is_stale: bool,
}

/// "Move the visit there?"
#[derive(Debug)]
struct Asked {
    new: String,
    doubts: Vec<String>,
    effects: EffectsView,
    agreed: String,
}

/// `GET /visits/{id}/move`.
///
/// # Errors
/// When there is no such visit here, it cannot be moved, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let had = find(&mut db, &here, &id).await?;
    if let Err(sentence) = Act::Move.on(had.visit.state, &moment(&here.profile.zone, here.now.timestamp(), &had)) {
        return Err(refused(&mut db, &here, had.visit.id, sentence).await?);
    }
    let therapists = therapists(&mut db, here.id).await?;
    let usual = store::usual::of(&mut db, here.id).await?;
    let starts = had.visit.starts_at.to_zoned(here.now.time_zone().clone());
    let booking = view(&web, as_booked(&starts, &had.visit), &therapists, &usual);
    let shown = shown(&mut db, &here, &had, booking).await?;
    drop(db);
    web.saw(&who, "visit", had.visit.id).await?;
    Ok(page(&shown))
}

/// `POST /visits/{id}/move`: what it would do; or, when that was agreed to, the move.
///
/// # Errors
/// As [`show`].
pub async fn save(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let had = find(&mut db, &here, &id).await?;
    if let Err(sentence) = Act::Move.on(had.visit.state, &moment(&here.profile.zone, here.now.timestamp(), &had)) {
        return Err(refused(&mut db, &here, had.visit.id, sentence).await?);
    }
    if fields.text("version") != had.version.to_string() {
        return Err(changed_meanwhile(&mut db, &here, had.visit.id).await?);
    }
    let therapists = therapists(&mut db, here.id).await?;
    let ids: Vec<AccountId> = therapists.iter().map(|(id, _)| *id).collect();
    let now = here.now.timestamp();
    let usual = store::usual::of(&mut db, here.id).await?;
    let known = Known {
        catalogue: &web.catalogue,
        therapists: &ids,
        zone: &here.profile.zone,
        usual: &usual,
        booked: Some(&had.visit.treatment.technique),
        now,
    };
    // How firmly and where is not asked here: the desk does not see it.
    let booked = as_booked(&had.visit.starts_at.to_zoned(here.now.time_zone().clone()), &had.visit);
    let typed = Typed { pressure: booked.pressure, regions: booked.regions, ..typed(&fields) };
    let tried = match check(&typed, &known) {
        Err(errors) => Err(errors),
        Ok(booking) => {
            let changed = AtDesk { visit: moved(&had.visit, &booking), ..had.clone() };
            let others = store::visit::desk::beside(&mut db, here.id, &slot(&changed.visit)).await?;
            let doubts = doubts(&typed, &booking, &others, &known);
            let Some(effects) = act::change(&web, &mut db, &who.actor(), &changed, "visit.moved", now).await? else {
                return Err(changed_meanwhile(&mut db, &here, had.visit.id).await?);
            };
            let yes = format!("{}/{}", agreed(&doubts), fingerprint(&effects));
            if fields.text("agreed") == yes {
                db.commit().await?;
                let day = changed.visit.starts_at.to_zoned(here.now.time_zone().clone()).date();
                return Ok(see_other(&format!("/day?on={day}&told={}", had.visit.id)));
            }
            Ok((changed, doubts, effects, yes))
        }
    };
    drop(db);
    let mut db = web.store.read().await?;
    let mut shown = shown(&mut db, &here, &had, view(&web, typed, &therapists, &usual)).await?;
    let status = match tried {
        Err(errors) => {
            shown.errors = errors;
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Ok((changed, doubts, effects, yes)) => {
            shown.is_stale = !fields.text("agreed").is_empty();
            shown.asked = Some(asked(&here, &changed.visit, &doubts, &effects, yes));
            if shown.is_stale { StatusCode::CONFLICT } else { StatusCode::OK }
        }
    };
    Ok((status, page(&shown)).into_response())
}

fn asked(here: &Here, new: &Appointment, doubts: &[Doubt], effects: &[Effect], agreed: String) -> Asked {
    let new = crate::web::say::moment(&new.starts_at.to_zoned(here.now.time_zone().clone()), &here.now);
    Asked { new, doubts: sentences(doubts), effects: EffectsView::of(effects, &here.now), agreed }
}

async fn shown(db: &mut Db, here: &Here, had: &AtDesk, booking: BookingView) -> Result<MovePage, Error> {
    let client = store::client::find(db, here.id, had.visit.client).await?.ok_or(Error::NotFound)?;
    Ok(MovePage {
        shell: here.shell(Room::Day),
        id: had.visit.id,
        visit: headline(&full_name(&client), &had.visit, &here.now),
        day: had.visit.starts_at.to_zoned(here.now.time_zone().clone()).date().to_string(),
        version: had.version,
        booking,
        errors: FieldErrors::new(),
        asked: None,
        is_stale: false,
    })
}

/// The visit as a form would have it, which starts at this moment of the clinic's clock.
pub(in crate::web) fn as_booked(starts: &Zoned, visit: &Appointment) -> Typed {
    Typed {
        date: starts.date().to_string(),
        time: starts.strftime("%H:%M").to_string(),
        minutes: visit.ends_at.duration_since(visit.starts_at).as_mins().to_string(),
        therapist: visit.therapist.map(|id| id.to_string()).unwrap_or_default(),
        technique: visit.treatment.technique.to_string(),
        pressure: visit.treatment.pressure.word().into(),
        regions: visit.treatment.regions.iter().map(|region| region.id().to_owned()).collect(),
    }
}

/// The visit, where this booking has it.
pub(in crate::web) fn moved(visit: &Appointment, booking: &Booking) -> Appointment {
    let mut moved = visit.clone();
    moved.starts_at = booking.starts_at;
    moved.ends_at = booking.ends_at;
    moved.therapist = booking.therapist;
    moved.treatment.technique = booking.technique.clone();
    moved
}

/// When and with whom, to look for what stands beside it.
pub(in crate::web) const fn slot(visit: &Appointment) -> Slot {
    Slot {
        client: visit.client,
        therapist: visit.therapist,
        starts_at: visit.starts_at,
        ends_at: visit.ends_at,
        except: Some(visit.id),
    }
}
