//! A check-in: what a client says about how it went after a visit. What follows from the answers is
//! [`triage()`]; here is what can be answered, what is asked of whom, and what makes an answer whole.
//!
//! Answers are kept as they were given. A second answer to the same question is added to the first
//! and never takes its place: a sign that was ticked once is not made unsaid by a later tap.

mod asked;
mod reaction;
mod record;
mod triage;
mod wording;

pub use asked::{Asked, asked, bleeds};
pub use reaction::reaction;
pub use record::{By, MOST, Record, Submission};
pub use triage::{Cause, History, RULES, Raised, Rule, Triage, step_of_day, triage};
pub use wording::{alarms, danger_word};

use serde::{Deserialize, Serialize};

use super::body::Pain;
use super::catalogue::SignId;

/// What one client answered at one time. Everything may be blank; blank is never "no".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answers {
    /// Pain now, 0 to 10 (the numeric rating scale).
    pub pain: Option<Pain>,
    /// Compared with before the visit.
    pub compared: Option<Compared>,
    /// Whether the pressure was too much; asked the day after the visit.
    pub too_strong: Option<bool>,
    /// The signs that were ticked.
    pub signs: Vec<SignId>,
    /// Whether "none of these" was ticked.
    pub none_of_these: bool,
    /// How urgent it feels.
    pub urgency: Option<Urgency>,
    /// In the client's own words.
    pub words: String,
    /// The client's own activities, after a week (the patient-specific functional scale, after
    /// Stratford 1995, in our own wording).
    pub activities: Vec<Activity>,
    /// The change since before the visit, -5 to 5, after a week (global rating of change).
    pub change: Option<Change>,
}

/// Compared with before the visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each answer is its own name")]
pub enum Compared {
    Better,
    Same,
    Worse,
}

impl Compared {
    /// Every answer, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Better, Self::Same, Self::Worse];

    /// The id in forms.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Same => "same",
            Self::Worse => "worse",
        }
    }

    /// The answer of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.id() == id)
    }
}

/// How urgent it feels to the client. It moves an alert up, never down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// It can wait.
    Not,
    /// "I would like a call today".
    Today,
    /// It cannot wait.
    Very,
}

impl Urgency {
    /// Every answer, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Not, Self::Today, Self::Very];

    /// The id in forms and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Not => "not",
            Self::Today => "today",
            Self::Very => "very",
        }
    }

    /// The answer of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.id() == id)
    }
}

/// One activity that matters to the client and how well it goes: 0 not at all, 10 as before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// In the client's words.
    pub name: String,
    /// How well it goes; the scale runs the other way than pain.
    pub score: Pain,
}

/// The change since before the visit: -5 very much worse, 0 no change, 5 very much better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i8", into = "i8")]
pub struct Change(i8);

impl Change {
    /// The number, -5 to 5.
    #[must_use]
    pub const fn score(self) -> i8 {
        self.0
    }
}

impl TryFrom<i8> for Change {
    type Error = String;

    fn try_from(score: i8) -> Result<Self, Self::Error> {
        if (-5..=5).contains(&score) {
            Ok(Self(score))
        } else {
            Err(format!("{score} is no change; give a whole number from -5 to 5"))
        }
    }
}

impl From<Change> for i8 {
    fn from(change: Change) -> Self {
        change.0
    }
}

/// The question a blank answer belongs to. The page says it in the client's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each question is its own name")]
pub enum Missing {
    Pain,
    Compared,
    Signs,
}

impl Answers {
    /// What is missing before an answer can be taken as a whole. Whoever has a sign to tell, or says
    /// that it is worse or urgent, is never held up by a blank.
    #[must_use]
    pub fn missing(&self, triage: &Triage) -> Vec<Missing> {
        if triage.alert.is_some() {
            return Vec::new();
        }
        let mut missing = Vec::new();
        if self.pain.is_none() {
            missing.push(Missing::Pain);
        }
        if self.compared.is_none() {
            missing.push(Missing::Compared);
        }
        if self.signs.is_empty() && !self.none_of_these {
            missing.push(Missing::Signs);
        }
        missing
    }
}
