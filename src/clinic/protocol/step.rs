//! The names of emails around a visit: the five that ship, and those a clinic adds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// As many steps as a clinic can add to those that ship.
pub const OWN_STEPS: usize = 8;

/// As often as one of them can come after one visit.
pub const MOST_TIMES: usize = 8;

/// Id and name of each time of each step.
macro_rules! own {
    ($($step:literal)+) => { [$([
        (concat!("own_", $step), concat!("Extra ", $step)),
        (concat!("own_", $step, "_2"), concat!("Extra ", $step, ", time 2")),
        (concat!("own_", $step, "_3"), concat!("Extra ", $step, ", time 3")),
        (concat!("own_", $step, "_4"), concat!("Extra ", $step, ", time 4")),
        (concat!("own_", $step, "_5"), concat!("Extra ", $step, ", time 5")),
        (concat!("own_", $step, "_6"), concat!("Extra ", $step, ", time 6")),
        (concat!("own_", $step, "_7"), concat!("Extra ", $step, ", time 7")),
        (concat!("own_", $step, "_8"), concat!("Extra ", $step, ", time 8")),
    ]),+] };
}

/// Every id and name that a clinic's own emails can have, written out: they are as fixed as those that ship.
const OWN: [[(&str, &str); MOST_TIMES]; OWN_STEPS] = own!(1 2 3 4 5 6 7 8);

/// One email of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Step {
    /// A few hours after the visit: what is normal, and comfort tips.
    SameDay,
    /// The next day: check-in.
    DayOne,
    /// The third day: check-in and gentle movement.
    DayThree,
    /// The seventh day: check-in and outcome.
    DaySeven,
    /// The day before a booked visit.
    Prepare,
    /// One that a clinic added, after a visit.
    Own(Own),
}

/// A step that a clinic added, and which time it comes after a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Own {
    /// Counted from 0, below [`OWN_STEPS`].
    step: u8,
    /// Counted from 0, below [`MOST_TIMES`].
    time: u8,
}

impl Own {
    const fn words(self) -> (&'static str, &'static str) {
        OWN[self.step as usize][self.time as usize]
    }
}

impl Step {
    /// The steps after a visit that ship, in order.
    pub const AFTER: [Self; 4] = [Self::SameDay, Self::DayOne, Self::DayThree, Self::DaySeven];

    /// Every step that ships.
    pub const ALL: [Self; 5] = [Self::SameDay, Self::DayOne, Self::DayThree, Self::DaySeven, Self::Prepare];

    /// The steps that a clinic can add, each at its first time.
    pub fn own() -> impl Iterator<Item = Self> {
        (0..8).map(|step| Self::Own(Own { step, time: 0 }))
    }

    /// The id used in files and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::SameDay => "same_day",
            Self::DayOne => "day_1",
            Self::DayThree => "day_3",
            Self::DaySeven => "day_7",
            Self::Prepare => "prepare",
            Self::Own(own) => own.words().0,
        }
    }

    /// The step of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        let own = || Self::own().flat_map(Self::times).find(|step| step.id() == id);
        Self::ALL.into_iter().find(|step| step.id() == id).or_else(own)
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
            Self::Own(own) => own.words().1,
        }
    }

    /// The step of a protocol that this is a time of.
    #[must_use]
    pub const fn base(self) -> Self {
        match self {
            Self::Own(own) => Self::Own(Own { time: 0, ..own }),
            shipped => shipped,
        }
    }

    /// This step each time it can come after one visit, the first first. What ships comes once.
    pub fn times(self) -> impl Iterator<Item = Self> {
        let often = if matches!(self, Self::Own(_)) { 8 } else { 1 };
        (0..often).map(move |time| match self {
            Self::Own(own) => Self::Own(Own { time, ..own }),
            shipped => shipped,
        })
    }

    /// Whether what this step is about can be asked in a check-in: of the steps that ship, each that has one is
    /// a check-in of its own.
    #[must_use]
    pub const fn asks_for_check_in(self) -> bool {
        matches!(self, Self::DayOne | Self::DayThree | Self::DaySeven)
    }

    /// Whether the letter of this step has the stretch block.
    #[must_use]
    pub const fn shows_stretches(self) -> bool {
        matches!(self, Self::DayOne | Self::DayThree)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl From<Step> for &'static str {
    fn from(step: Step) -> Self {
        step.id()
    }
}

impl TryFrom<String> for Step {
    type Error = String;

    fn try_from(id: String) -> Result<Self, String> {
        let known = || Self::ALL.map(|step| format!("`{step}`")).join(", ");
        Self::of(&id).ok_or_else(|| format!("unknown variant `{id}`, expected one of {}", known()))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_step_has_an_id_and_a_name_of_its_own_and_is_found_by_the_id() {
        let all: Vec<Step> = Step::ALL.into_iter().chain(Step::own()).flat_map(Step::times).collect();
        assert_eq!(all.len(), 5 + OWN_STEPS * MOST_TIMES);
        let (ids, names): (BTreeSet<_>, BTreeSet<_>) = all.iter().map(|step| (step.id(), step.name())).unzip();
        assert_eq!((ids.len(), names.len()), (all.len(), all.len()));
        for step in all {
            assert_eq!(Step::of(step.id()), Some(step));
            assert_eq!(serde_json::to_value(step).expect("JSON"), serde_json::json!(step.id()));
            assert_eq!(serde_json::from_value::<Step>(serde_json::json!(step.id())).expect("a step"), step);
            assert!(step.base().times().any(|one| one == step));
        }
        for id in ["", "own_0", "own_9", "own_1_1", "own_1_9", "same_day_2"] {
            assert_eq!(Step::of(id), None, "{id}");
        }
        let says = serde_json::from_str::<Step>("\"day_2\"").expect_err("no such step").to_string();
        assert!(says.starts_with("unknown variant `day_2`, expected one of `same_day`, `day_1`"), "{says}");
    }
}
