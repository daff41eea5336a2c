//! What a new clinic has to do next: mail that arrives, medical texts somebody answers for, the first
//! client, the first visit, a colleague. Each is a link, a button or a command, and ticked when done.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::SignedDuration;

use super::error::Error;
use super::form::Form;
use super::guard::Who;
use super::headers::page;
use super::shell::{Room, Shell};
use super::{Sending, Web, see_other};
use crate::clinic::mail_trial::explain;
use crate::clinic::person::PersonName;
use crate::store::clinic::Begun;
use crate::store::mail_trial::Trial;
use crate::store::setting::SignOff;
use crate::store::{self, Db};

/// An answer that has not come by then does not come.
const PATIENCE: SignedDuration = SignedDuration::from_mins(3);

/// `GET /welcome`.
#[derive(Debug, Template)]
#[template(path = "welcome/page.html")]
pub struct WelcomePage {
    shell: Shell,
    sending: Sending,
    trial: Mail,
    signed_by: Option<String>,
    begun: Begun,
    left: usize,
    /// Whether links in letters lead anywhere.
    reachable: bool,
}

/// How the test mail stands.
#[derive(Debug, PartialEq, Eq)]
enum Mail {
    Untried,
    Waiting,
    Arrived(String),
    Failed { reply: String, means: &'static str },
}

impl Mail {
    fn of(trial: Option<Trial>, now: jiff::Timestamp) -> Self {
        let Some(trial) = trial else { return Self::Untried };
        match trial.state.as_str() {
            "sent" => Self::Arrived(trial.reply),
            "failed" => Self::Failed { means: explain(&trial.reply), reply: trial.reply },
            _ if now.duration_since(trial.asked_at) < PATIENCE => Self::Waiting,
            _ => Self::Failed {
                reply: "no answer".into(),
                means: "Nothing took the test up. Is a worker running, and is mail.url set? \"aftercare check\" tries both.",
            },
        }
    }
}

impl WelcomePage {
    fn of(shell: Shell, web: &Web, trial: Mail, signed: Option<SignOff>, begun: Begun) -> Self {
        let left = still(&trial, signed.is_some(), begun);
        let (sending, reachable) = (web.sending.clone(), web.base_url.is_some());
        Self { shell, sending, trial, signed_by: signed.map(|signed| signed.signed_by), begun, left, reachable }
    }
}

/// How many of the five are still to be done.
fn still(trial: &Mail, signed: bool, begun: Begun) -> usize {
    let arrived = matches!(trial, Mail::Arrived(_));
    [arrived, signed, begun.client, begun.visit, begun.colleague].iter().filter(|done| !**done).count()
}

/// How many things a clinic still has to do before it can work.
pub(super) async fn left(web: &Web, db: &mut Db, who: &Who, signed: bool) -> Result<usize, Error> {
    let trial = Mail::of(store::mail_trial::newest(db, who.clinic).await?, web.clock.system_now());
    Ok(still(&trial, signed, store::clinic::begun(db, who.clinic).await?))
}

/// `GET /welcome`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    Ok(page(&load(&web, &mut db, &who).await?))
}

async fn load(web: &Web, db: &mut Db, who: &Who) -> Result<WelcomePage, Error> {
    let here = web.here(db, who).await?;
    let trial = Mail::of(store::mail_trial::newest(db, who.clinic).await?, web.clock.system_now());
    let signed = store::setting::signed_off(db, web.catalogue.version()).await?;
    let begun = store::clinic::begun(db, who.clinic).await?;
    Ok(WelcomePage::of(here.shell(Room::Welcome), web, trial, signed, begun))
}

/// `POST /welcome/mail`: asks for a test mail to oneself.
///
/// # Errors
/// When one is under way, or the database does not answer.
pub async fn try_mail(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let now = web.clock.system_now();
    let mut db = web.store.write().await?;
    if Mail::of(store::mail_trial::newest(&mut db, who.clinic).await?, now) == Mail::Waiting {
        return Err(Error::Refused("A test mail is under way. Its answer shows up within a minute or two.".into()));
    }
    store::mail_trial::ask(&mut db, who.clinic, who.account, now).await?;
    store::audit::record(&mut db, &who.did(web.clock.now(), "mail.tried", "clinic", who.clinic)).await?;
    db.commit().await?;
    Ok(see_other("/welcome"))
}

/// `POST /welcome/sign-off`: a named clinician answers for the medical texts.
///
/// # Errors
/// When no name is given, or the database does not answer.
pub async fn sign_off(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let name: PersonName = fields
        .text("signed_by")
        .parse()
        .map_err(|_| Error::Refused("Write the name of the clinician who has read the texts, on one line.".into()))?;
    let now = web.clock.now();
    let version = web.catalogue.version().to_owned();
    let mut db = web.store.write().await?;
    let signature = SignOff { version: version.clone(), signed_by: name.into(), signed_at: now };
    if !store::setting::sign_off(&mut db, &signature).await? {
        return Err(Error::Refused("Somebody has signed these texts off already. The first name stays.".into()));
    }
    store::audit::record(&mut db, &who.did(now, "catalogue.signed_off", "catalogue", version)).await?;
    db.commit().await?;
    Ok(see_other("/welcome"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_mail_without_an_answer_is_not_awaited_for_ever() {
        let asked_at: jiff::Timestamp = "2026-01-05T08:00:00Z".parse().expect("an instant");
        let trial = |state: &str| Some(Trial { state: state.into(), reply: "535 no".into(), asked_at });
        let later = |seconds: i64| asked_at + SignedDuration::from_secs(seconds);
        assert_eq!(Mail::of(trial("trying"), later(179)), Mail::Waiting);
        assert!(matches!(Mail::of(trial("asked"), later(180)), Mail::Failed { .. }));
        assert!(
            matches!(Mail::of(trial("failed"), later(1)), Mail::Failed { means, .. } if means.contains("password"))
        );
        assert_eq!(Mail::of(None, later(0)), Mail::Untried);
    }
}
