//! A plan reckoned anew: answers, the treatment or the calendar changed while its emails wait. What
//! still waits follows the new plan; what has left, ended or was decided by hand stays as it is. No
//! step is ever owed twice.

use std::collections::BTreeSet;

use jiff::{Timestamp, Zoned};

use super::super::outbox::State;
use super::super::protocol::Step;
use super::{LetterId, NotSent, Plan, PlannedEmail};

/// Why emails were called off by an earlier reckoning. Only these may be owed again by a later one:
/// whatever else a person called off stays off. They are not sealed, so they tell nothing of health.
pub const CALLED_OFF: [&str; 4] = [
    "the plan was made anew, and this email is not part of it any more",
    "the answers changed since it was planned; the visit says what holds now",
    "skipped by staff",
    "the client stopped these emails",
];

/// An email of the plan as it stands in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Which step.
    pub step: Step,
    /// Where it is in its life.
    pub state: State,
    /// When it is due.
    pub due_at: Timestamp,
    /// Until when it is of use.
    pub not_after: Timestamp,
    /// Which letter it is.
    pub letter: LetterId,
    /// Why it is where it is.
    pub reason: Option<String>,
}

impl Owed {
    /// Whether it can still be changed: nothing of it is on the wire or has arrived.
    #[must_use]
    pub const fn waits(&self) -> bool {
        matches!(self.state, State::Scheduled | State::Claimed | State::Held)
    }

    /// Whether an earlier reckoning called it off, so that this one may owe it again.
    #[must_use]
    pub fn may_return(&self) -> bool {
        self.state == State::Cancelled && self.reason.as_deref().is_some_and(|reason| CALLED_OFF.contains(&reason))
    }
}

/// What becomes of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// It goes at this time, as this letter; a held one stays held.
    Change(PlannedEmail),
    /// It was called off by an earlier reckoning and is right again.
    Return(PlannedEmail),
    /// It was not owed so far.
    Owe(PlannedEmail),
    /// It does not go out any more.
    CallOff(NotSent),
}

impl Revision {
    /// Which step.
    #[must_use]
    pub const fn step(&self) -> Step {
        match self {
            Self::Change(email) | Self::Return(email) | Self::Owe(email) => email.step,
            Self::CallOff(not_sent) => not_sent.step,
        }
    }
}

/// What the new plan changes about the old rows; steps that stay as they are do not appear.
///
/// `plan` is reckoned from when the plan was started, `late` from now: a step whose time has passed
/// by the new plan goes by the rule for a late start, or not at all.
#[must_use]
pub fn revise(rows: &[Owed], plan: &Plan, late: &Plan, now: Timestamp) -> Vec<Revision> {
    let steps: BTreeSet<Step> =
        rows.iter().map(|row| row.step).chain(plan.emails.iter().map(|email| email.step)).collect();
    let steps = steps.into_iter();
    steps.filter_map(|step| one(step, rows.iter().find(|row| row.step == step), plan, late, now)).collect()
}

fn one(step: Step, row: Option<&Owed>, plan: &Plan, late: &Plan, now: Timestamp) -> Option<Revision> {
    let wanted = plan.email(step);
    // Owed are only steps of the plan, and only while their time is not over.
    let ahead = || wanted.and(late.email(step)).filter(|email| email.due.timestamp() >= now).cloned();
    let Some(row) = row else { return ahead().map(Revision::Owe) };
    if row.may_return() {
        return ahead().map(Revision::Return);
    }
    if !row.waits() {
        return None;
    }
    let Some(wanted) = wanted else { return Some(Revision::CallOff(plan.why_not(step))) };
    let email = if wanted.due.timestamp() > now {
        wanted.clone()
    } else if row.due_at <= now {
        // It is due and waits for a window, a retry or staff: its time is not changed any more.
        PlannedEmail { due: at(row.due_at, &wanted.due), not_after: row.not_after, ..wanted.clone() }
    } else {
        match late.email(step) {
            Some(email) => email.clone(),
            None => return Some(Revision::CallOff(late.why_not(step))),
        }
    };
    let same = (email.due.timestamp(), email.not_after, email.letter) == (row.due_at, row.not_after, row.letter);
    (!same).then_some(Revision::Change(email))
}

fn at(instant: Timestamp, like: &Zoned) -> Zoned {
    instant.to_zoned(like.time_zone().clone())
}

impl Plan {
    /// The email of a step, if it goes out.
    #[must_use]
    pub fn email(&self, step: Step) -> Option<&PlannedEmail> {
        self.emails.iter().find(|email| email.step == step)
    }

    /// Why a step does not go out.
    #[must_use]
    pub fn why_not(&self, step: Step) -> NotSent {
        let told = self.not_sent.iter().find(|not_sent| not_sent.step == step).cloned();
        told.unwrap_or_else(|| NotSent { step, reason: "this email is not part of the plan any more".into() })
    }
}

#[cfg(test)]
mod tests;
