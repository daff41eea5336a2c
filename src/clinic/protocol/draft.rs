//! What an admin does to the steps of a draft, one act at a time.

use super::{MOST_STEPS, Protocol, Step, StepRule, Timing};

/// One act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Out of the protocol.
    Remove(Step),
    /// One more, on a day after the visit.
    AddAfter,
    /// One more, that comes again and again.
    AddRepeats,
    /// A step that ships, back as it ships.
    Add(Step),
}

impl Act {
    /// The act that a button names, such as `remove.day_3` or `add.repeats`.
    #[must_use]
    pub fn of(named: &str) -> Option<Self> {
        let (act, what) = named.split_once('.')?;
        match (act, what) {
            ("remove", step) => Step::of(step).map(Self::Remove),
            ("add", "after") => Some(Self::AddAfter),
            ("add", "repeats") => Some(Self::AddRepeats),
            ("add", step) => Step::of(step).filter(|step| Step::ALL.contains(step)).map(Self::Add),
            _ => None,
        }
    }

    /// Does it, and says which step it was about; nothing when there is nothing to do. The first email after a
    /// visit stays whatever is pressed.
    pub fn apply(self, protocol: &mut Protocol) -> Option<Step> {
        let steps = &mut protocol.steps;
        let new = match self {
            Self::Remove(step) => {
                let before = steps.len();
                steps.retain(|rule| rule.step != step || step == Step::SameDay);
                return (steps.len() < before).then_some(step);
            }
            Self::Add(step) => StepRule::shipped(step),
            Self::AddAfter | Self::AddRepeats => {
                let free = Step::own().find(|step| steps.iter().all(|rule| rule.step != *step))?;
                let new = StepRule::shipped(free);
                match self {
                    Self::AddRepeats => StepRule {
                        when: Timing::Repeats { cron: "0 9 * * MON".into(), times: 2 },
                        useful_hours: 24,
                        ..new
                    },
                    _ => new,
                }
            }
        };
        if steps.len() >= MOST_STEPS || steps.iter().any(|rule| rule.step == new.step) {
            return None;
        }
        let step = new.step;
        steps.push(new);
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_added_and_removed_and_the_first_stays() {
        let mut protocol = Protocol::default();
        for named in ["remove.same_day", "remove.own_1", "add.day_3", "add.own_1", "up.day_3", "remove", ""] {
            assert_eq!(Act::of(named).and_then(|act| act.apply(&mut protocol)), None, "{named}");
        }
        assert_eq!(protocol, Protocol::default());
        let mut press = |named: &str| Act::of(named).and_then(|act| act.apply(&mut protocol)).map(Step::id);
        assert_eq!(press("remove.day_3"), Some("day_3"));
        assert_eq!(press("add.after"), Some("own_1"));
        assert_eq!(press("add.repeats"), Some("own_2"));
        assert_eq!(press("remove.own_1"), Some("own_1"));
        assert_eq!(press("add.after"), Some("own_1"), "the free one");
        assert_eq!(press("add.day_3"), Some("day_3"));
        while press("add.after").is_some() {}
        assert_eq!(protocol.steps.len(), MOST_STEPS);
        assert!(protocol.is_safe());
    }
}
