//! One step of a protocol: when it is due, for whom, and which letter it is.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::super::letter::When;
use super::super::outbox::Uncertainty;
use super::super::plan::LetterId;
use super::Step;

/// The last day after a visit on which a step can be due. Plans are looked at for about as long.
pub const LATEST_DAY: u32 = 28;

/// The longest an email can be of use after its time, in hours: a week.
pub const LONGEST_USE: u32 = 168;

/// The hour of the later emails that ship: early enough to act on that day.
const MORNING: Time = Time::constant(9, 0, 0, 0);

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRule {
    /// Which one. What hangs on an email (a change by staff, a link) goes by it.
    pub step: Step,
    /// Which letter, when aftercare is routine.
    pub letter: LetterId,
    /// When it is due.
    pub when: Timing,
    /// How long after its due time it is still of use, in hours. Before a visit: until that visit starts.
    pub useful_hours: u32,
    /// Whether the check-in button may stand in it.
    pub check_in: bool,
    /// Narrower hours than those of the clinic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// For whom.
    #[serde(default, skip_serializing_if = "When::is_always")]
    pub who: When,
    /// What to do when nobody knows whether it arrived.
    pub on_uncertain: Uncertainty,
}

/// When a step is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Timing {
    /// So many hours after the end of the visit, on a stopwatch.
    Hours {
        /// How many.
        after: u32,
    },
    /// On a day after the visit, on the clinic's calendar.
    Days {
        /// Which day.
        after: u32,
        /// The local time; none is the time the visit ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
    },
    /// On a day before a booked visit, or the last open day before that.
    Before {
        /// How many days before.
        days: u32,
        /// The local time.
        at: Time,
    },
    /// Again and again after a visit, from the next day on.
    Repeats {
        /// The expression; see [`super::Repeats`].
        cron: String,
        /// At most so often.
        times: u8,
    },
}

/// Hours of a day, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// From.
    pub from: Time,
    /// To; later than `from`.
    pub to: Time,
}

impl StepRule {
    /// The rule of a step as it ships; a clinic's own begins as a check-in on the fifth day.
    #[must_use]
    pub fn shipped(step: Step) -> Self {
        let day = |after, at| Timing::Days { after, at };
        let (when, useful_hours) = match step {
            Step::SameDay => (Timing::Hours { after: 3 }, 18),
            Step::DayOne => (day(1, None), 24),
            Step::DayThree => (day(3, Some(MORNING)), 48),
            Step::DaySeven => (day(7, Some(MORNING)), 72),
            Step::Prepare => (Timing::Before { days: 1, at: MORNING }, 0),
            Step::Own(_) => (day(5, Some(MORNING)), 48),
        };
        let letter = LetterId::of_step(step);
        Self {
            step,
            letter,
            when,
            useful_hours,
            check_in: letter.home().asks_for_check_in(),
            hours: None,
            who: When::default(),
            on_uncertain: Uncertainty::Resend,
        }
    }

    /// Whether it goes out before a visit.
    #[must_use]
    pub const fn is_before(&self) -> bool {
        matches!(self.when, Timing::Before { .. })
    }
}
