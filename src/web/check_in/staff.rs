//! A check-in by telephone: a member of staff asks what the client's page would ask, and types the
//! answers. Everyone may, since whoever answers the telephone hears it first.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::answers::{missing, read};
use super::questions::Questions;
use super::take::{Ready, step_now};
use crate::clinic::checkin::{Answers, By, triage};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::VisitId;
use crate::clinic::protocol::Step;
use crate::clinic::wording::Words;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::visit::full_name;
use crate::web::visit::load::read as visit_id;
use crate::web::{Here, Web, say, see_other};

/// `?step=day_3`: which check-in; the one of today when left out.
#[derive(Debug, Deserialize)]
pub struct Which {
    step: Option<String>,
}

/// `GET /visits/{id}/check-in`.
#[derive(Debug, Template)]
#[template(path = "check_in/staff.html")]
struct StaffPage {
    shell: Shell,
    id: VisitId,
    name: String,
    facts: Vec<String>,
    step: &'static str,
    steps: Vec<(&'static str, &'static str, bool)>,
    /// When it was answered before.
    before: Option<String>,
    ask: Questions,
}

/// `GET /visits/{id}/check-in`.
///
/// # Errors
/// When there is no such visit here, it did not take place, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let ready = ready(&web, &mut db, &here, visit_id(&id)?, which.step.as_deref()).await?;
    drop(db);
    web.saw(&who, "visit", ready.visit).await?;
    Ok(page(&shown(&web, &here, &ready, &Answers::default(), FieldErrors::new())))
}

/// `POST /visits/{id}/check-in`.
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
    let ready = ready(&web, &mut db, &here, visit_id(&id)?, Some(fields.text("step"))).await?;
    let answers = read(&fields, &web.catalogue);
    let errors = missing(&answers, &triage(&web.catalogue, &answers, &ready.history), &english().checkin);
    if !errors.is_empty() {
        let shown = shown(&web, &here, &ready, &answers, errors);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
    }
    let entry = who.did(here.now.timestamp(), "check_in.given", "visit", ready.visit);
    let took = web.asking().take(&mut db, &ready, answers, (By::Staff(who.account), &entry)).await?;
    db.commit().await?;
    Ok(see_other(&match took.alert {
        Some(alert) => format!("/alerts/{alert}"),
        None => format!("/visits/{}", ready.visit),
    }))
}

/// Staff pages are in English.
fn english() -> &'static Words {
    Words::for_locale(None, "en")
}

async fn ready(web: &Web, db: &mut Db, here: &Here, id: VisitId, step: Option<&str>) -> Result<Ready, Error> {
    let visit = store::visit::find(db, here.id, id).await?.ok_or(Error::NotFound)?;
    if !visit.state.takes_place() {
        return Err(Error::Refused("This visit did not take place, so there is nothing to ask about.".into()));
    }
    if visit.completed_at.is_none() && visit.ends_at > here.now.timestamp() {
        let ends = visit.ends_at.to_zoned(here.now.time_zone().clone());
        let sentence = format!("The visit ends {}. It can be asked about from then on.", say::moment(&ends, &here.now));
        return Err(Error::Refused(sentence));
    }
    let step = match step {
        Some(id) => Some(Step::of(id).filter(|step| step.asks_for_check_in()).ok_or(Error::BadAddress)?),
        None => None,
    };
    let first = web.asking().ready(db, here.id, id, step.unwrap_or(Step::DayOne)).await?.ok_or(Error::NotFound)?;
    let today = step_now(&first.case, here.now.timestamp());
    if step.is_some() || today == Step::DayOne {
        return Ok(first);
    }
    web.asking().ready(db, here.id, id, today).await?.ok_or(Error::NotFound)
}

fn shown(web: &Web, here: &Here, ready: &Ready, given: &Answers, errors: FieldErrors) -> StaffPage {
    let case = &ready.case;
    let ended = case.visit.ends_at.to_zoned(here.now.time_zone().clone());
    let technique = web.catalogue.technique(&case.visit.treatment.technique).map(|one| one.label.clone());
    let before = ready.kept.as_ref().map(|kept| {
        let at = kept.last_at.to_zoned(here.now.time_zone().clone());
        say::moment(&at, &here.now)
    });
    let steps = Step::ALL.into_iter().filter(|step| step.asks_for_check_in());
    StaffPage {
        shell: here.shell(Room::Day),
        id: ready.visit,
        name: full_name(case),
        facts: std::iter::once(say::capital(&say::moment(&ended, &here.now))).chain(technique).collect(),
        step: ready.step.id(),
        steps: steps.map(|step| (step.id(), step.name(), step == ready.step)).collect(),
        before,
        ask: Questions::of(&ready.asked, given, errors, english(), &web.catalogue),
    }
}
