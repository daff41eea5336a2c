//! Sends the form: intake, consents, signature and audit together, or nothing. Whoever is second, on
//! another phone or with a second press, finds that it was sent.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::sent;
use super::view::{self, Again};
use super::walk::{Walked, no_pass};
use crate::clinic::ids::IntakeId;
use crate::clinic::intake::check::check;
use crate::clinic::intake::guest::{Wrongs, wrong_of};
use crate::clinic::intake::topics::{Topic, warned};
use crate::clinic::intake::{Consent, Intake};
use crate::store::intake::{Given, draft};
use crate::store::{self, Db, fresh_uuid};
use crate::web::error::Error;
use crate::web::intake::agree::{Agreement, agree};
use crate::web::invite;
use crate::web::replan::Cause;
use crate::web::{Web, see_other};

/// Sends it, or shows what is still missing.
pub(super) async fn send(web: &Web, mut db: Db, walked: &Walked) -> Result<Response, Error> {
    if walked.walk(web).resume() != Topic::Review || warned(&walked.asked(web), &walked.typed) == Some(true) {
        return Ok(see_other(&walked.next(web)));
    }
    let answers = match checked(web, walked) {
        Ok(answers) => answers,
        Err(wrongs) => {
            let again = Again { errors: super::take::sentences(walked, &wrongs), ..Again::default() };
            let shown = view::shown(web, walked, &Topic::Review, &again);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
        }
    };
    let (clinic, client, visit) = (walked.opened.link.clinic, walked.opened.client.id, walked.visit.id);
    let now = walked.opened.now.timestamp();
    let id = IntakeId::from_uuid(fresh_uuid(now));
    if !store::form::send(&mut db, clinic, (visit, client), id, now).await? {
        let at = store::form::sent_at(&mut db, clinic, visit).await?.unwrap_or(now);
        return Ok(sent::shown(web, walked, at));
    }
    let consents = answers.consents.clone();
    let (form_version, entered_by) = (web.form.version(), "client".to_owned());
    let given = Given { id, client, given_at: now, form_version, answers, entered_by };
    store::intake::insert(&mut db, clinic, &given).await?;
    sign(web, &mut db, walked, id).await?;
    let lang = walked.opened.guest.lang();
    let agreement = Agreement { clinic, client, had: &walked.past.consents, given: &consents, lang, now };
    agree(web, &mut db, &agreement, &|deed| walked.opened.did(deed, "client", client.to_string())).await?;
    register_birth(&mut db, walked).await?;
    draft::remove(&mut db, clinic, walked.of()).await?;
    invite::answered(&mut db, clinic, &walked.visit, now).await?;
    store::form::let_out(&mut db, clinic, visit).await?;
    store::audit::record(&mut db, &walked.opened.did("intake.sent", "intake", id.to_string())).await?;
    web.replan(&mut db, clinic, client, Cause::Answers).await?;
    db.commit().await?;
    Ok(gone_from_here(web, walked))
}

/// On to the page that says thank you. A browser that keeps pages to step back to would show the answers to
/// whoever holds the tablet next: it lets go of them when the cookie they came with goes, or when it is told to.
fn gone_from_here(web: &Web, walked: &Walked) -> Response {
    let mut answer = see_other(&walked.opened.path(""));
    let headers = answer.headers_mut();
    headers.append(header::SET_COOKIE, no_pass(web, &walked.opened.token));
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    answer
}

fn checked(web: &Web, walked: &Walked) -> Result<Intake, Wrongs> {
    let asked = walked.asked(web);
    let mut wrongs = walked.said.wrongs(&asked, walked.is_minor());
    match check(&walked.typed, &asked) {
        Ok(answers) if wrongs.is_empty() => Ok(answers),
        Ok(_) => Err(wrongs),
        Err(errors) => {
            let own = errors.iter().filter(|(field, _)| *field != "consent");
            wrongs.extend(own.map(|(field, _)| (field.to_owned(), wrong_of(field, &asked, &walked.typed))));
            if wrongs.is_empty() {
                wrongs
                    .push((format!("agree.{}", Consent::HealthData.id()), wrong_of("consent", &asked, &walked.typed)));
            }
            Err(wrongs)
        }
    }
}

/// The name under it, and the words that were read.
async fn sign(web: &Web, db: &mut Db, walked: &Walked, intake: IntakeId) -> Result<(), Error> {
    let signed = walked.said.signed(&web.form, walked.opened.guest.lang()).ok_or(Error::Broken)?;
    let at = walked.opened.now.timestamp();
    Ok(store::form::sign(db, walked.opened.link.clinic, intake, &signed, at).await?)
}

/// A date of birth that nobody knew goes to the register, unless somebody corrected the client meanwhile.
async fn register_birth(db: &mut Db, walked: &Walked) -> Result<(), Error> {
    let mut client = walked.opened.client.clone();
    if client.client.born.is_some() || walked.said.born.is_none() {
        return Ok(());
    }
    client.client.born = walked.said.born;
    if store::client::save(db, walked.opened.link.clinic, &client).await? {
        let entry = walked.opened.did("client.born_told", "client", client.id.to_string());
        store::audit::record(db, &entry).await?;
    }
    Ok(())
}
