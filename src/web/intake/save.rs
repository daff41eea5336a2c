//! Takes the intake form: saves it, keeps it for later, or shows it again.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::agree::{Agreement, agree};
use super::load::{Opened, read};
use super::versions::Versions;
use super::{Outcome, Over, Taken};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::IntakeId;
use crate::clinic::intake::Intake;
use crate::clinic::intake::check::{check, still_open};
use crate::clinic::intake::typed::Typed;
use crate::store::intake::{Given, draft};
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::{Who, is_partial};
use crate::web::headers::page;
use crate::web::invite;
use crate::web::replan::Cause;
use crate::web::{Here, Web, say, see_other};

/// `POST /visits/{id}/intake`.
///
/// # Errors
/// When there is no such visit here, or the database does not answer.
pub async fn of_visit(
    State(web): State<Web>,
    who: Who,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    take(&web, &who, Taken::Visit(read(&id)?), &fields, is_partial(&headers)).await
}

/// `POST /clients/{id}/intake`.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn of_client(
    State(web): State<Web>,
    who: Who,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    take(&web, &who, Taken::Client(read(&id)?), &fields, is_partial(&headers)).await
}

/// What the pressed button asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// Save the intake.
    Save,
    /// Save it, with "none of these" said about right now.
    Confirm,
    /// Keep what is typed for later.
    Draft,
    /// Show the page again: found, or with room for details.
    Again,
}

impl Act {
    fn of(fields: &Fields) -> Self {
        match fields.text("act") {
            "save" => Self::Save,
            "confirm" => Self::Confirm,
            "draft" => Self::Draft,
            _ => Self::Again,
        }
    }
}

async fn take(web: &Web, who: &Who, taken: Taken, fields: &Fields, by_script: bool) -> Result<Response, Error> {
    let act = Act::of(fields);
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, who).await?;
    let opened = Opened::find(web, &mut db, &here, taken).await?;
    let mut typed = typed(fields);
    let id: IntakeId = fields.text("intake").parse().map_err(|_| Error::BadAddress)?;
    if opened.history.iter().any(|given| given.id == id) {
        // The same form, sent twice: what it asked for is done.
        return Ok(see_other(&format!("{}/saved", taken.path())));
    }
    let over = over(fields);
    if matches!(act, Act::Save | Act::Confirm | Act::Draft)
        && let Some(versions) = Versions::between(web, &mut db, &here, &opened, &over, &typed).await?
    {
        if by_script {
            return Ok((StatusCode::CONFLICT, versions.sentence).into_response());
        }
        let outcome = Outcome { versions: Some(versions), ..Outcome::default() };
        return Ok((StatusCode::CONFLICT, page(&opened.page(web, &here, &typed, outcome))).into_response());
    }
    super::versions::pick(web, &opened, fields, &mut typed);
    match act {
        Act::Again => {
            let find: String = fields.text("find").chars().take(100).collect();
            let mut shown = opened.page(web, &here, &typed, Outcome { find, ..Outcome::default() });
            shown.over = over;
            Ok(page(&shown))
        }
        Act::Draft => keep(web, who, db, &here, &opened, &over, &typed, by_script).await,
        Act::Save | Act::Confirm => save(web, who, db, &here, &opened, typed, id, act).await,
    }
}

fn typed(fields: &Fields) -> Typed {
    Typed::read(fields.iter())
}

fn over(fields: &Fields) -> Over {
    Over { draft: fields.text("over_draft").parse().unwrap_or(0), latest: fields.text("over_latest").parse().ok() }
}

#[expect(clippy::too_many_arguments, reason = "what one form is kept with")]
async fn keep(
    web: &Web,
    who: &Who,
    mut db: Db,
    here: &Here,
    opened: &Opened,
    over: &Over,
    typed: &Typed,
    by_script: bool,
) -> Result<Response, Error> {
    let now = here.now.timestamp();
    // The draft that is there is the one the form was filled in over, or there is none any more.
    let version = if opened.draft.is_some() { over.draft } else { 0 };
    let kept = draft::save(&mut db, here.id, opened.of(), version, typed, (draft::By::Staff(who.account), now)).await?;
    let Some(kept) = kept else {
        return Err(Error::Refused("Someone saved this form at the same moment. Open it again to see both.".into()));
    };
    store::audit::record(&mut db, &who.did(now, "intake.draft.saved", "client", opened.client.id)).await?;
    db.commit().await?;
    if by_script {
        let said = format!("Saved for later {} by {}", say::clock(&here.now), who.name);
        let answer = serde_json::json!({ "version": kept, "said": said });
        return Ok(([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response());
    }
    let _ = web;
    Ok(see_other(&opened.taken.path()))
}

#[expect(clippy::too_many_arguments, reason = "what one intake is saved with")]
async fn save(
    web: &Web,
    who: &Who,
    mut db: Db,
    here: &Here,
    opened: &Opened,
    mut typed: Typed,
    id: IntakeId,
    act: Act,
) -> Result<Response, Error> {
    if act == Act::Confirm && !typed.has("none", super::view::RIGHT_NOW) {
        // The button says so in words: none of the signs of today.
        typed.add("none", super::view::RIGHT_NOW);
    }
    let answers = match checked(web, opened, &typed, act) {
        Ok(answers) => answers,
        Err(errors) => {
            let shown = opened.page(web, here, &typed, Outcome { errors, ..Outcome::default() });
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
        }
    };
    let now = here.now.timestamp();
    let consents = answers.consents.clone();
    let given = Given {
        id,
        client: opened.client.id,
        given_at: now,
        form_version: web.form.version(),
        answers,
        entered_by: who.account.to_string(),
    };
    if !store::intake::insert(&mut db, here.id, &given).await? {
        // The id is in use: by the same form a moment ago, or made up.
        let ours = store::intake::find(&mut db, here.id, id).await?.is_some_and(|one| one.client == given.client);
        return if ours { Ok(see_other(&format!("{}/saved", opened.taken.path()))) } else { Err(Error::NotFound) };
    }
    let client = opened.client.id;
    let lang = opened.lang(here);
    let agreement = Agreement { clinic: here.id, client, had: &opened.consents, given: &consents, lang, now };
    agree(web, &mut db, &agreement, &|deed| who.did(now, deed, "client", client)).await?;
    draft::remove(&mut db, here.id, opened.of()).await?;
    if let Some(visit) = &opened.visit {
        invite::answered(&mut db, here.id, visit, now).await?;
    }
    let deed = if act == Act::Confirm { "intake.confirmed" } else { "intake.saved" };
    store::audit::record(&mut db, &who.did(now, deed, "intake", id)).await?;
    web.replan(&mut db, here.id, opened.client.id, Cause::Answers).await?;
    db.commit().await?;
    Ok(see_other(&format!("{}/saved", opened.taken.path())))
}

/// The intake. "Nothing has changed" is taken only when every old injury has its own answer.
fn checked(web: &Web, opened: &Opened, typed: &Typed, act: Act) -> Result<Intake, FieldErrors> {
    let mut errors = FieldErrors::new();
    if act == Act::Confirm {
        for open in still_open(typed, &opened.again) {
            let label = web.catalogue.condition(open).map_or_else(|| open.to_string(), |one| one.label.clone());
            errors.add(format!("again.{open}"), format!("{label}: is it still there? Ask, and answer it first."));
        }
        for group in web.form.groups().iter().filter(|group| opened.again.groups.contains_key(&group.id)) {
            if !typed.has("none", &group.id) {
                errors.add(group.id.clone(), format!("{}: last asked more than a year ago. Ask again.", group.title));
            }
        }
    }
    let answers = check(typed, &opened.asked(web));
    match answers {
        Ok(answers) => errors.done(Some(answers)),
        Err(more) => {
            for (field, sentence) in more.iter() {
                errors.add(field, sentence);
            }
            Err(errors)
        }
    }
}
