//! Which letters go out around a visit. The default protocol is the one of the specification;
//! its steps fit the soreness timeline in the clinical facts (most reactions start within 4 to
//! 12 hours, three in four are gone by 24, the exercise ache peaks near 48 and is gone in a week).
//!
//! A clinic can publish a protocol of its own, as versions. What none of them can change: the first email after
//! a visit goes to everyone who agreed to be written to, every email carries all warning signs, and what a client
//! has not agreed to is not sent.

pub mod changes;
mod check;
pub mod draft;
mod repeats;
mod rule;
mod step;
mod words;

pub use check::MOST_STEPS;
pub use repeats::Repeats;
pub use rule::{Hours, LATEST_DAY, LONGEST_USE, StepRule, Timing};
pub use step::{MOST_TIMES, OWN_STEPS, Own, Step, Stream};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::plan::{LetterId, Says};

/// Emails of visits that ended longer ago have all left or become too late, unless they still wait.
pub const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 21);

/// One version of a clinic's protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// Counts up with every publication; what ships is 1.
    pub version: u32,
    /// Its steps, each once.
    pub steps: Vec<StepRule>,
}

impl Default for Protocol {
    /// The protocol that ships.
    fn default() -> Self {
        Self { version: 1, steps: Step::ALL.into_iter().map(StepRule::shipped).collect() }
    }
}

impl Protocol {
    /// The rule of a step, whichever time of it this is.
    #[must_use]
    pub fn rule(&self, step: Step) -> Option<&StepRule> {
        self.steps.iter().find(|rule| rule.step == step.base())
    }

    /// The rules of what goes out after a visit.
    pub fn after(&self) -> impl Iterator<Item = &StepRule> {
        self.steps.iter().filter(|rule| !rule.is_before())
    }

    /// The rule of what goes out before a visit, if anything does.
    #[must_use]
    pub fn before(&self) -> Option<&StepRule> {
        self.rule(Step::Prepare).filter(|rule| rule.is_before())
    }

    /// What an email of this step and letter may say.
    #[must_use]
    pub fn says(&self, step: Step, letter: LetterId) -> Says {
        let says = Says::of(letter);
        // An email whose step is not part of the protocol any more is called off; until then it says what it did.
        Says { check_in: says.check_in && self.rule(step).is_none_or(|rule| rule.check_in), ..says }
    }

    /// Whether it keeps what no protocol may change: the first email after a visit, for everyone, as the letter
    /// that can stand in for all others.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        let first = |rule: &StepRule| matches!(rule.when, Timing::Hours { after: 1..=24 }) && rule.who.is_always();
        self.rule(Step::SameDay).is_some_and(|rule| first(rule) && rule.hours.is_none() && rule.useful_hours > 0)
            && self.steps.iter().all(|rule| rule.is_before() == (rule.letter == LetterId::Prepare))
            && self.steps.iter().all(|rule| rule.is_before() == (rule.step == Step::Prepare))
            && self.steps.iter().all(|rule| rule.letter != LetterId::EmergencyOnly)
    }
}

#[cfg(test)]
mod tests;
