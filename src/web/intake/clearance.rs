//! Writing down a doctor's word. Reception may, without being told what a client answered: the
//! list is that of all conditions that need one.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::load::read;
use crate::clinic::account::Action;
use crate::clinic::catalogue::{ConditionId, Level};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::{ClientId, IntakeId};
use crate::clinic::intake::check::word_of_a_doctor;
use crate::store::intake::Given;
use crate::store::{self, Db, fresh_uuid};
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::replan::Cause;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, see_other};

/// `GET /clients/{id}/clearance`.
#[derive(Debug, Template)]
#[template(path = "intake/clearance.html")]
pub struct ClearancePage {
    shell: Shell,
    name: String,
    client: ClientId,
    reported: Vec<String>,
    options: Vec<(String, String)>,
    condition: String,
    by: String,
    on: String,
    errors: FieldErrors,
    unknown: bool,
}

/// `GET /clients/{id}/clearance`.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let client = read(&id)?;
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let shown = shown(&web, &mut db, &here, client, &Fields::default(), FieldErrors::new()).await?;
    drop(db);
    web.saw(&who, "client", client).await?;
    Ok(page(&shown))
}

/// `POST /clients/{id}/clearance`: a new intake with the same answers and this word.
///
/// # Errors
/// When there is no such client or no intake yet, or the database does not answer.
pub async fn record(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let client: ClientId = read(&id)?;
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    store::client::find(&mut db, here.id, client).await?.ok_or(Error::NotFound)?;
    let latest = store::intake::latest(&mut db, here.id, client).await?;
    let Some(latest) = latest else {
        return Err(Error::Refused("There is no intake yet. Take it first, then record the doctor’s OK.".into()));
    };
    let condition = ConditionId::from(fields.text("condition"));
    let mut errors = FieldErrors::new();
    if web.catalogue.condition(&condition).is_none_or(|one| one.massage != Level::MedicalClearance) {
        errors.add("condition", "What is the OK for? Choose from the list.");
    }
    let (by, on) = (("by", fields.text("by")), ("on", fields.text("on")));
    let word = word_of_a_doctor(&condition, by, on, here.now.date(), &mut errors);
    if word.is_none() && errors.of("by").is_none() {
        errors.add("by", "Who gave the OK? Write the doctor’s name.");
    }
    let word = match errors.done(word) {
        Ok(word) => word,
        Err(errors) => {
            let again = shown(&web, &mut db, &here, client, &fields, errors).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response());
        }
    };
    let now = here.now.timestamp();
    let mut answers = latest.answers;
    if answers.clearance.contains(&word) {
        // Sent twice: it stands there already.
        return Ok(see_other(&format!("/clients/{client}/intake/saved")));
    }
    answers.clearance.retain(|one| one.condition != word.condition);
    answers.clearance.push(word);
    let id = IntakeId::from_uuid(fresh_uuid(now));
    let given = Given {
        id,
        client,
        given_at: now,
        form_version: latest.form_version,
        answers,
        entered_by: who.account.to_string(),
    };
    store::intake::insert(&mut db, here.id, &given).await?;
    store::audit::record(&mut db, &who.did(now, "clearance.recorded", "intake", id)).await?;
    web.replan(&mut db, here.id, client, Cause::Answers).await?;
    db.commit().await?;
    Ok(see_other(&format!("/clients/{client}/intake/saved")))
}

async fn shown(
    web: &Web,
    db: &mut Db,
    here: &Here,
    client: ClientId,
    fields: &Fields,
    errors: FieldErrors,
) -> Result<ClearancePage, Error> {
    let registered = store::client::find(db, here.id, client).await?.ok_or(Error::NotFound)?;
    let latest = store::intake::latest(db, here.id, client).await?;
    let may_see = here.who.may(Action::SeeHealth);
    let needs = web.catalogue.conditions().iter().filter(|one| one.massage == Level::MedicalClearance);
    let options = std::iter::once((String::new(), "Choose".to_owned()))
        .chain(needs.clone().map(|one| (one.id.to_string(), one.label.clone())))
        .collect();
    let reported: Vec<_> = match &latest {
        Some(latest) if may_see => {
            needs.filter(|one| latest.answers.conditions.iter().any(|answer| answer.id == one.id)).collect()
        }
        _ => Vec::new(),
    };
    let last_name = registered.client.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let condition = match (fields.text("condition"), reported.as_slice()) {
        ("", [only]) => only.id.to_string(),
        (typed, _) => typed.to_owned(),
    };
    Ok(ClearancePage {
        shell: here.shell(Room::Clients),
        name: format!("{}{last_name}", registered.client.first_name),
        client,
        reported: reported.iter().map(|one| one.label.clone()).collect(),
        options,
        condition,
        by: fields.text("by").to_owned(),
        on: fields.text("on").to_owned(),
        errors,
        unknown: latest.is_none(),
    })
}
