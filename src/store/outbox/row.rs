//! Between the rows of the outbox and its words.

use jiff::Timestamp;

use super::{Begun, Claimed, Finish, Finished, TURN};
use crate::clinic::outbox::{State, Uncertainty};
use crate::clinic::plan::LetterId;
use crate::clinic::protocol::{Step, Stream};
use crate::store::audit::Entry;
use crate::store::convert::{bad, instant, parse, small};
use crate::store::{Error, Result};

/// A finish as the row takes it.
pub(super) struct Change {
    pub(super) id: String,
    pub(super) fence: i64,
    pub(super) state: &'static str,
    /// Whether it may end before it began.
    pub(super) from_claimed: bool,
    pub(super) next_at: Option<i64>,
    pub(super) tried: i64,
    pub(super) sent_at: Option<i64>,
    pub(super) reply: Option<String>,
    pub(super) reason: Option<String>,
    /// The word of the audit row; giving back is no news.
    pub(super) action: Option<&'static str>,
}

impl From<&Finish> for Change {
    fn from(finish: &Finish) -> Self {
        let to = |state: State, action: &'static str, reason: Option<&String>| Self {
            id: finish.id.to_string(),
            fence: finish.fence,
            state: state.id(),
            from_claimed: true,
            next_at: None,
            tried: 0,
            sent_at: None,
            reply: None,
            reason: reason.cloned(),
            action: Some(action),
        };
        match &finish.outcome {
            Finished::Sent { at, reply } => Self {
                from_claimed: false,
                sent_at: Some(at.as_millisecond()),
                reply: Some(reply.clone()),
                ..to(State::Sent, "email.sent", None)
            },
            Finished::Failed { reason } => to(State::Failed, "email.failed", Some(reason)),
            Finished::Again { next_at, count_attempt, reason } => Self {
                next_at: Some(next_at.as_millisecond()),
                tried: i64::from(*count_attempt),
                ..to(State::Scheduled, "email.again", Some(reason))
            },
            Finished::Uncertain { reason } => {
                Self { from_claimed: false, ..to(State::Uncertain, "email.uncertain", Some(reason)) }
            }
            Finished::Held { reason } => to(State::Held, "email.held", Some(reason)),
            Finished::Cancelled { reason } => to(State::Cancelled, "email.cancelled", Some(reason)),
            Finished::Suppressed { reason } => to(State::Suppressed, "email.suppressed", Some(reason)),
            Finished::Expired { reason } => to(State::Expired, "email.expired", Some(reason)),
            Finished::Wait { next_at, reason } => {
                Self { next_at: Some(next_at.as_millisecond()), action: None, ..to(State::Scheduled, "", Some(reason)) }
            }
            Finished::GiveBack => Self { action: None, ..to(State::Scheduled, "", None) },
        }
    }
}

/// A row that changed, with what its audit entry needs.
#[derive(sqlx::FromRow)]
pub(super) struct Changed {
    pub(super) id: String,
    pub(super) clinic_id: String,
    pub(super) state: String,
}

impl Changed {
    pub(super) fn entry(&self, action: &'static str, at: Timestamp) -> Result<Entry> {
        Ok(Entry::system(parse("email", "clinic_id", &self.clinic_id)?, at, action, "email", self.id.clone()))
    }

    pub(super) fn verdict(&self) -> Result<(Begun, Option<&'static str>)> {
        Ok(match State::of(&self.state) {
            Some(State::Sending) => (Begun::Go, None),
            Some(State::Cancelled) => (Begun::NoConsent, Some("email.cancelled")),
            Some(State::Suppressed) => (Begun::Suppressed, Some("email.suppressed")),
            Some(State::Expired) => (Begun::TooLate, Some("email.expired")),
            Some(State::Scheduled) => (Begun::Paused, None),
            _ => return Err(bad("email", "state")),
        })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct ClaimedRow {
    pub(super) id: String,
    pub(super) clinic_id: String,
    pub(super) client_id: String,
    pub(super) visit_id: String,
    pub(super) step: String,
    pub(super) stream: String,
    pub(super) letter: String,
    pub(super) letter_version: i64,
    pub(super) recipient: String,
    pub(super) locale: String,
    pub(super) due_at: i64,
    pub(super) not_after: i64,
    pub(super) next_at: i64,
    pub(super) attempts: i64,
    pub(super) resends: i64,
    pub(super) fence: i64,
    pub(super) message_id: String,
    pub(super) on_uncertain: String,
    pub(super) has_content: bool,
    pub(super) reason: Option<String>,
    pub(super) protocol: i64,
}

impl TryFrom<ClaimedRow> for Claimed {
    type Error = Error;

    fn try_from(row: ClaimedRow) -> Result<Self> {
        Ok(Self {
            id: parse("email", "id", &row.id)?,
            clinic: parse("email", "clinic_id", &row.clinic_id)?,
            client: parse("email", "client_id", &row.client_id)?,
            visit: parse("email", "visit_id", &row.visit_id)?,
            step: Step::of(&row.step).ok_or_else(|| bad("email", "step"))?,
            stream: Stream::of(&row.stream).ok_or_else(|| bad("email", "stream"))?,
            letter: LetterId::of(&row.letter).ok_or_else(|| bad("email", "letter"))?,
            letter_version: small("email", "letter_version", row.letter_version)?,
            recipient: parse("email", "recipient", &row.recipient)?,
            locale: row.locale,
            due_at: instant("email", "due_at", row.due_at)?,
            not_after: instant("email", "not_after", row.not_after)?,
            attempts: small("email", "attempts", row.attempts)?,
            resends: small("email", "resends", row.resends)?,
            fence: row.fence,
            message_id: row.message_id,
            on_uncertain: match row.on_uncertain.as_str() {
                "resend" => Uncertainty::Resend,
                _ => Uncertainty::Hold,
            },
            protocol: small("email", "protocol", row.protocol)?,
            has_content: row.has_content,
            waited: row.reason.is_some_and(|reason| reason.starts_with(TURN)),
        })
    }
}
