//! A protocol applied to one visit: which emails go out, when, with what, and which do not and why.

mod advice;
mod build;
pub mod change;
mod handout;
pub mod line;
pub mod revise;
pub mod series;
pub mod since;

pub use advice::content;
pub use build::{for_visit, preparation};
pub use handout::handout;

use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::body::Region;
use super::brief::{Reason, Sign};
use super::catalogue::{AdviceId, StretchId};
use super::protocol::{Step, Stream};

/// All emails of one visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Those that go out, earliest first.
    pub emails: Vec<PlannedEmail>,
    /// Those that do not, and why.
    pub not_sent: Vec<NotSent>,
}

/// One email of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedEmail {
    /// Which step of the protocol.
    pub step: Step,
    /// Which letter.
    pub letter: LetterId,
    /// Which stream it belongs to.
    pub stream: Stream,
    /// When it leaves, by the clinic's clock.
    pub due: Zoned,
    /// After this instant it is of no use and is not sent.
    pub not_after: Timestamp,
    /// What it says.
    pub content: Content,
}

/// Which letter of the set of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "a letter is named after its step")]
pub enum LetterId {
    SameDay,
    #[serde(rename = "day_1")]
    DayOne,
    #[serde(rename = "day_3")]
    DayThree,
    #[serde(rename = "day_7")]
    DaySeven,
    Prepare,
    /// Instead of everything else, when routine aftercare must not go out.
    EmergencyOnly,
}

impl LetterId {
    /// Every letter.
    pub const ALL: [Self; 6] =
        [Self::SameDay, Self::DayOne, Self::DayThree, Self::DaySeven, Self::Prepare, Self::EmergencyOnly];

    /// The id used in files and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::SameDay => "same_day",
            Self::DayOne => "day_1",
            Self::DayThree => "day_3",
            Self::DaySeven => "day_7",
            Self::Prepare => "prepare",
            Self::EmergencyOnly => "emergency_only",
        }
    }

    /// The letter of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|letter| letter.id() == id)
    }

    /// The letter of a step as it ships, when aftercare is routine. A clinic's own step begins as a check-in.
    #[must_use]
    pub const fn of_step(step: Step) -> Self {
        match step {
            Step::SameDay => Self::SameDay,
            Step::DayOne => Self::DayOne,
            Step::DayThree | Step::Own(_) => Self::DayThree,
            Step::DaySeven => Self::DaySeven,
            Step::Prepare => Self::Prepare,
        }
    }

    /// The step it was written for: its advice, its stretches and its check-in are those of that step, whenever
    /// a clinic sends it. The letter that replaces all goes out on the same day.
    #[must_use]
    pub const fn home(self) -> Step {
        match self {
            Self::SameDay | Self::EmergencyOnly => Step::SameDay,
            Self::DayOne => Step::DayOne,
            Self::DayThree => Step::DayThree,
            Self::DaySeven => Step::DaySeven,
            Self::Prepare => Step::Prepare,
        }
    }

    /// What an admin calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameDay => "Same day",
            Self::DayOne => "Day 1 check-in",
            Self::DayThree => "Day 3 check-in",
            Self::DaySeven => "Day 7 check-in",
            Self::Prepare => "Before a visit",
            Self::EmergencyOnly => "Instead of aftercare",
        }
    }
}

/// What is asked of the rules for the content of an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Says {
    /// In which letter, when aftercare is routine.
    pub letter: LetterId,
    /// Whether it may ask for a check-in, if the client agreed to that.
    pub check_in: bool,
}

impl Says {
    /// What this letter says as it ships.
    #[must_use]
    pub const fn of(letter: LetterId) -> Self {
        Self { letter, check_in: letter.home().asks_for_check_in() }
    }
}

/// What an email says, by id: the words are filled in from the catalogue when it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Advice items, in the order of the catalogue.
    pub advice: Vec<AdviceId>,
    /// At most three stretches, treated regions first.
    pub stretches: Vec<StretchId>,
    /// What would have fitted but is ruled out for this client. Never told to the client.
    pub withheld: Vec<Withheld>,
    /// Warning signs and what is expected, most urgent first.
    pub warning_signs: Vec<Sign>,
    /// The treated (or, for a preparation letter, the booked) regions.
    pub regions: Vec<Region>,
    /// Whether the check-in button stands in it.
    pub check_in: bool,
}

/// An advice item or stretch that is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// Which one.
    pub id: String,
    /// Why.
    pub because: Vec<Reason>,
}

/// A step that does not go out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotSent {
    /// Which one.
    pub step: Step,
    /// Why, in a sentence for staff.
    pub reason: String,
}

#[cfg(test)]
mod tests;
