//! Test mails to oneself, for pages: one is asked for, the worker sends it, and the answer is told in plain
//! words.

use jiff::{SignedDuration, Timestamp};

use super::Web;
use super::error::Error;
use super::guard::Who;
use crate::clinic::mail_trial::explain;
use crate::store::mail_trial::Trial;
use crate::store::{self, Db};

/// An answer that has not come by then does not come.
const PATIENCE: SignedDuration = SignedDuration::from_mins(3);

/// How the test mail stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mail {
    Untried,
    Waiting,
    Arrived(String),
    Failed { reply: String, means: &'static str },
}

impl Mail {
    pub(super) fn of(trial: Option<Trial>, now: Timestamp) -> Self {
        let Some(trial) = trial else { return Self::Untried };
        match trial.state.as_str() {
            "sent" => Self::Arrived(trial.reply),
            "failed" => Self::Failed { means: explain(&trial.reply), reply: trial.reply },
            _ if now.duration_since(trial.asked_at) < PATIENCE => Self::Waiting,
            _ => Self::Failed {
                reply: "no answer".into(),
                means: "Nothing took the test up. Is a worker running, and is a mail server set? \"aftercare check\" tries both.",
            },
        }
    }
}

/// The newest test mail of a clinic.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn newest(web: &Web, db: &mut Db, who: &Who) -> Result<Mail, Error> {
    Ok(Mail::of(store::mail_trial::newest(db, who.clinic).await?, web.clock.system_now()))
}

/// Asks for a test mail to oneself; `false` while one is under way.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn ask(web: &Web, db: &mut Db, who: &Who) -> Result<bool, Error> {
    if newest(web, db, who).await? == Mail::Waiting {
        return Ok(false);
    }
    store::mail_trial::ask(db, who.clinic, who.account, web.clock.system_now()).await?;
    store::audit::record(db, &who.did(web.clock.now(), "mail.tried", "clinic", who.clinic)).await?;
    Ok(true)
}

/// What is said to whoever asks for a second one.
pub(super) fn under_way() -> Error {
    Error::Refused("A test mail is under way. Its answer shows up within a minute or two.".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_mail_without_an_answer_is_not_awaited_for_ever() {
        let asked_at: Timestamp = "2026-01-05T08:00:00Z".parse().expect("an instant");
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
