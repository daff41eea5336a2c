//! What changed since a plan was made: a few ids are kept of the plan as it was, and compared with
//! the plan as it is.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::brief::Reason;
use super::super::protocol::Step;
use super::{LetterId, Plan, PlannedEmail};

/// One email as it was planned, by ids alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Which step.
    pub step: Step,
    /// Which letter.
    pub letter: LetterId,
    /// When it was due.
    pub due_at: Timestamp,
    /// Advice items and stretches it offered.
    pub offered: Vec<String>,
    /// What it left out.
    pub withheld: Vec<String>,
    /// The signs it named.
    pub signs: Vec<String>,
}

impl Told {
    /// This email, by ids.
    #[must_use]
    pub fn of(email: &PlannedEmail) -> Self {
        let content = &email.content;
        Self {
            step: email.step,
            letter: email.letter,
            due_at: email.due.timestamp(),
            offered: offered(email),
            withheld: content.withheld.iter().map(|one| one.id.clone()).collect(),
            signs: content.warning_signs.iter().map(|sign| sign.id.to_string()).collect(),
        }
    }
}

fn offered(email: &PlannedEmail) -> Vec<String> {
    let advice = email.content.advice.iter().map(ToString::to_string);
    advice.chain(email.content.stretches.iter().map(ToString::to_string)).collect()
}

/// One difference of one email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which email.
    pub step: Step,
    /// What is different about it.
    pub what: What,
}

/// What is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It goes at another time.
    Moved {
        /// When it was due.
        from: Timestamp,
        /// When it is due now.
        to: Timestamp,
    },
    /// It does not go out any more.
    NotSent {
        /// Why, in a sentence for staff.
        reason: String,
    },
    /// It goes out, and did not before.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// It is another letter, such as the urgent signs alone.
    Letter(LetterId),
    /// It offers an item that it did not.
    Offered(String),
    /// It leaves out an item that it offered.
    Withheld {
        /// Which one.
        id: String,
        /// Why; empty when the item has no place in this email any more.
        because: Vec<Reason>,
    },
    /// It names a sign that it did not.
    Sign(String),
    /// A sign has no place in it any more.
    NoSign(String),
}

/// The differences between the plan as it was kept and as it is, step by step.
#[must_use]
pub fn since(made: &[Told], plan: &Plan) -> Vec<Change> {
    let mut changes = Vec::new();
    let steps: BTreeSet<Step> =
        made.iter().map(|told| told.step).chain(plan.emails.iter().map(|email| email.step)).collect();
    for step in steps {
        let before = made.iter().find(|told| told.step == step);
        let what = match (before, plan.email(step)) {
            (None, None) => Vec::new(),
            (None, Some(email)) => vec![What::Sent { at: email.due.timestamp() }],
            (Some(_), None) => vec![What::NotSent { reason: plan.why_not(step).reason }],
            (Some(before), Some(email)) => differences(before, email),
        };
        changes.extend(what.into_iter().map(|what| Change { step, what }));
    }
    changes
}

fn differences(before: &Told, email: &PlannedEmail) -> Vec<What> {
    let now = Told::of(email);
    let mut all = Vec::new();
    if before.due_at != now.due_at {
        all.push(What::Moved { from: before.due_at, to: now.due_at });
    }
    if before.letter != now.letter {
        all.push(What::Letter(now.letter));
        // Another letter says other things; the list of them would hide what matters.
        return all;
    }
    let new = |had: &[String], has: &[String]| -> Vec<String> {
        has.iter().filter(|id| !had.contains(id)).cloned().collect()
    };
    let because = |id: &String| -> Vec<Reason> {
        email.content.withheld.iter().find(|one| &one.id == id).map(|one| one.because.clone()).unwrap_or_default()
    };
    all.extend(new(&now.offered, &before.offered).into_iter().map(|id| What::Withheld { because: because(&id), id }));
    all.extend(new(&before.offered, &now.offered).into_iter().map(What::Offered));
    all.extend(new(&before.signs, &now.signs).into_iter().map(What::Sign));
    all.extend(new(&now.signs, &before.signs).into_iter().map(What::NoSign));
    all
}
