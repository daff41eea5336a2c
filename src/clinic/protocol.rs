//! Which letters go out around a visit. The default protocol is the one of the specification;
//! its steps fit the soreness timeline in the clinical facts (most reactions start within 4 to
//! 12 hours, three in four are gone by 24, the exercise ache peaks near 48 and is gone in a week).

use std::fmt;

use serde::{Deserialize, Serialize};

/// One email of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A few hours after the visit: what is normal, and comfort tips.
    #[serde(rename = "same_day")]
    SameDay,
    /// The next day: check-in.
    #[serde(rename = "day_1")]
    DayOne,
    /// The third day: check-in and gentle movement.
    #[serde(rename = "day_3")]
    DayThree,
    /// The seventh day: check-in and outcome.
    #[serde(rename = "day_7")]
    DaySeven,
    /// The day before a booked visit.
    #[serde(rename = "prepare")]
    Prepare,
}

impl Step {
    /// The steps after a visit, in order.
    pub const AFTER: [Self; 4] = [Self::SameDay, Self::DayOne, Self::DayThree, Self::DaySeven];

    /// Every step.
    pub const ALL: [Self; 5] = [Self::SameDay, Self::DayOne, Self::DayThree, Self::DaySeven, Self::Prepare];

    /// The id used in files and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::SameDay => "same_day",
            Self::DayOne => "day_1",
            Self::DayThree => "day_3",
            Self::DaySeven => "day_7",
            Self::Prepare => "prepare",
        }
    }

    /// The step of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.id() == id)
    }

    /// The name staff read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameDay => "Same day",
            Self::DayOne => "Day 1",
            Self::DayThree => "Day 3",
            Self::DaySeven => "Day 7",
            Self::Prepare => "Preparation",
        }
    }

    /// Whether the letter of this step can carry the check-in button.
    #[must_use]
    pub const fn asks_for_check_in(self) -> bool {
        matches!(self, Self::DayOne | Self::DayThree | Self::DaySeven)
    }

    /// Whether the letter of this step has the stretch block.
    #[must_use]
    pub const fn shows_stretches(self) -> bool {
        matches!(self, Self::DayOne | Self::DayThree)
    }

    /// How long after its due time the email is still of use, in hours.
    /// [`Step::Prepare`] has no span: it is too late when the visit starts.
    #[must_use]
    pub const fn useful_hours(self) -> Option<i64> {
        match self {
            Self::SameDay => Some(18),
            Self::DayOne => Some(24),
            Self::DayThree => Some(48),
            Self::DaySeven => Some(72),
            Self::Prepare => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A kind of mail with its own stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Intake links, account mail, confirmations.
    Service,
    /// Advice after a visit.
    Aftercare,
    /// How to prepare for the next one.
    Preparation,
}

impl Stream {
    /// The id used in tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Aftercare => "aftercare",
            Self::Preparation => "preparation",
        }
    }

    /// The stream of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        [Self::Service, Self::Aftercare, Self::Preparation].into_iter().find(|stream| stream.id() == id)
    }
}
