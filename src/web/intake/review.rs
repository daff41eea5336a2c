//! Reading what a client wrote in their own words: a therapist says what of it is on our list, or
//! that there is nothing to add. Until then heat and stretches wait.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::load::{name_of, read};
use crate::clinic::catalogue::ConditionId;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::{ClientId, IntakeId};
use crate::clinic::intake::ReportedCondition;
use crate::clinic::intake::find::{finds, found_by, naming_words};
use crate::store::intake::Given;
use crate::store::intake::review::{self, Read};
use crate::store::{self, fresh_uuid};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::replan::Cause;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, say, see_other};

/// `GET /intakes/{id}/review`.
#[derive(Debug, Template)]
#[template(path = "intake/review.html")]
pub struct ReviewPage {
    shell: Shell,
    name: String,
    client: ClientId,
    intake: IntakeId,
    given: String,
    texts: Vec<(&'static str, String)>,
    read: String,
    hints: Vec<(ConditionId, String, String)>,
    others: Vec<(String, Vec<(ConditionId, String)>)>,
    chosen: Vec<String>,
    errors: FieldErrors,
}

impl ReviewPage {
    fn is_chosen(&self, id: &str) -> bool {
        self.chosen.iter().any(|one| one == id)
    }
}

/// `GET /intakes/{id}/review`.
///
/// # Errors
/// When there is no such intake here, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let given = store::intake::find(&mut db, here.id, read(&id)?).await?.ok_or(Error::NotFound)?;
    let shown = shown(&web, &mut db, &here, &given).await?;
    drop(db);
    web.saw(&who, "intake", given.id).await?;
    Ok(page(&shown))
}

/// `POST /intakes/{id}/review`: `act=nothing`, or `act=add` with the conditions meant.
///
/// # Errors
/// When there is no such intake here, when it is not the latest or was read already, or when the
/// database does not answer.
pub async fn record(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let given = store::intake::find(&mut db, here.id, read(&id)?).await?.ok_or(Error::NotFound)?;
    let latest = store::intake::latest(&mut db, here.id, given.client).await?;
    if latest.is_some_and(|latest| latest.id != given.id) {
        return Err(Error::Refused("There are newer answers of this client. Read those.".into()));
    }
    let chosen: Vec<ConditionId> = fields.all("condition").into_iter().map(ConditionId::from).collect();
    let adds = fields.text("act") == "add";
    let unknown = chosen.iter().any(|id| web.catalogue.condition(id).is_none());
    if adds && (chosen.is_empty() || unknown) {
        let mut again = shown(&web, &mut db, &here, &given).await?;
        let sentence = if unknown {
            "Choose conditions from the list."
        } else {
            "Choose what these words mean, or say that there is nothing to add."
        };
        again.errors.add("condition", sentence);
        again.chosen = chosen.iter().map(ToString::to_string).collect();
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response());
    }
    let now = here.now.timestamp();
    let seen = Read { by: who.account, at: now };
    if !review::record(&mut db, here.id, given.id, seen).await? {
        return Err(Error::Refused("Someone has read this already, or there is nothing to read.".into()));
    }
    if adds {
        let corrected = corrected(&web, &given, &chosen, &who, now);
        store::intake::insert(&mut db, here.id, &corrected).await?;
        store::audit::record(&mut db, &who.did(now, "intake.corrected", "intake", corrected.id)).await?;
    }
    store::audit::record(&mut db, &who.did(now, "intake.text.read", "intake", given.id)).await?;
    web.replan(&mut db, here.id, given.client, Cause::Answers).await?;
    db.commit().await?;
    Ok(see_other(&format!("/clients/{}/intake/saved", given.client)))
}

/// The same answers with these conditions: a new intake, since none is ever changed.
fn corrected(web: &Web, given: &Given, chosen: &[ConditionId], who: &Who, now: jiff::Timestamp) -> Given {
    let mut answers = given.answers.clone();
    for id in chosen {
        answers.unanswered.retain(|open| open != id);
        if answers.conditions.iter().all(|one| &one.id != id) {
            let place = ReportedCondition { id: id.clone(), region: None, side: None, since: None, status: None };
            answers.conditions.push(place);
        }
    }
    Given {
        id: IntakeId::from_uuid(fresh_uuid(now)),
        client: given.client,
        given_at: now,
        form_version: web.form.version(),
        answers,
        entered_by: who.account.to_string(),
    }
}

async fn shown(web: &Web, db: &mut store::Db, here: &Here, given: &Given) -> Result<ReviewPage, Error> {
    let registered = store::client::find(db, here.id, given.client).await?.ok_or(Error::NotFound)?;
    let read = match review::of(db, here.id, given.id).await? {
        Some(read) => {
            let by = name_of(db, here, &read.by.to_string()).await?;
            let at = read.at.to_zoned(here.profile.zone.rules().clone());
            format!("Read {} by {by}", say::moment(&at, &here.now))
        }
        None => String::new(),
    };
    let answers = &given.answers;
    let texts = [
        ("Any other condition", &answers.other_conditions),
        ("Medicines", &answers.medicines),
        ("Allergies", &answers.allergies),
    ];
    let texts: Vec<(&'static str, String)> = texts
        .into_iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(label, text)| (label, text.trim().to_owned()))
        .collect();
    let last_name = registered.client.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let hints = hints(web, given);
    let others = web
        .form
        .groups()
        .iter()
        .map(|group| {
            let known = group.conditions.iter().filter(|id| answers.conditions.iter().all(|one| &one.id != *id));
            let known = known.filter(|id| hints.iter().all(|(hint, _, _)| hint != *id));
            let labels = known.filter_map(|id| web.catalogue.condition(id)).filter(|one| !one.retired);
            (group.title.clone(), labels.map(|one| (one.id.clone(), one.label.clone())).collect())
        })
        .collect();
    Ok(ReviewPage {
        shell: here.shell(Room::Clients),
        name: format!("{}{last_name}", registered.client.first_name),
        client: given.client,
        intake: given.id,
        given: say::birthday(given.given_at.to_zoned(here.profile.zone.rules().clone()).date()),
        texts,
        read,
        hints,
        others,
        chosen: Vec::new(),
        errors: FieldErrors::new(),
    })
}

/// Conditions that a listed medicine or the very words point to: proposed, never ticked.
fn hints(web: &Web, given: &Given) -> Vec<(ConditionId, String, String)> {
    let answers = &given.answers;
    let text = format!("{}\n{}\n{}", answers.other_conditions, answers.medicines, answers.allergies);
    let mut hints: Vec<(ConditionId, String, String)> = Vec::new();
    let mut add = |id: &ConditionId, why: String| {
        let known = answers.conditions.iter().any(|one| &one.id == id) || hints.iter().any(|(hint, _, _)| hint == id);
        if let Some(condition) = web.catalogue.condition(id).filter(|_| !known) {
            hints.push((id.clone(), condition.label.clone(), why));
        }
    };
    for (id, name) in web.catalogue.conditions_behind_medicines(&text) {
        add(&id, format!("“{name}” is written"));
    }
    for word in naming_words(&answers.other_conditions) {
        for condition in web.catalogue.conditions().iter().filter(|one| !one.retired) {
            if finds(word, &found_by(&web.form, &web.catalogue, condition)) {
                add(&condition.id, format!("“{word}” is written"));
            }
        }
    }
    hints.truncate(12);
    hints
}
