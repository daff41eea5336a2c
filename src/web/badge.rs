//! Badges: a shape and a word, never colour alone. Filled asks for an act, outline is a state,
//! plain text is fine.

use crate::clinic::brief::{Aftercare, Brief};
use crate::clinic::catalogue::Level;
use crate::clinic::outbox::State;

/// An icon and a word in one of the looks of the stylesheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// The class: `plain`, `outline`, `amber`, `amber-line`, `red-line`, `red`, `indigo`, `chip`.
    pub look: &'static str,
    /// The icon's name; may be empty.
    pub icon: &'static str,
    /// The word.
    pub word: String,
}

impl Badge {
    /// A badge.
    #[must_use]
    pub fn new(look: &'static str, icon: &'static str, word: impl Into<String>) -> Self {
        Self { look, icon, word: word.into() }
    }

    /// What the session may be, at a glance.
    #[must_use]
    pub fn of_level(level: Level) -> Self {
        match level {
            Level::None => Self::new("plain", "circle-tick", "No cautions"),
            Level::Caution => Self::new("amber", "triangle", "Caution"),
            Level::LocalContraindication => Self::new("amber-line", "hatched", "Avoid areas"),
            Level::MedicalClearance => Self::new("red-line", "clipboard", "Needs clearance"),
            Level::Contraindication => Self::new("red", "stop", "Do not treat"),
        }
    }

    /// The same, where a doctor's word has been recorded.
    #[must_use]
    pub fn of_brief(brief: &Brief) -> Self {
        if brief.level == Level::MedicalClearance && brief.aftercare == Aftercare::Routine {
            return Self::new("amber", "clipboard", "Cleared");
        }
        // Silence and free text are no reassurance.
        if brief.level == Level::None && !brief.tasks.is_empty() {
            return Self::new("outline", "question", "Ask first");
        }
        Self::of_level(brief.level)
    }

    /// Where an email is in its life; `None` is one whose plan has not started.
    #[must_use]
    pub fn of_state(state: Option<State>) -> Self {
        match state {
            None => Self::new("outline", "dashed", "Not started"),
            Some(State::Scheduled) => Self::new("plain", "clock", "Waiting"),
            Some(State::Claimed | State::Sending) => Self::new("plain", "arrow", "Going out now"),
            Some(State::Sent) => Self::new("plain", "tick", "Sent"),
            Some(State::Failed) => Self::new("red-line", "mail-x", "Failed"),
            Some(State::Uncertain) => Self::new("amber", "question", "Uncertain"),
            Some(State::Held) => Self::new("red-line", "pause", "Held"),
            Some(State::Cancelled) => Self::new("outline", "no", "Called off"),
            Some(State::Suppressed) => Self::new("amber", "no", "Address blocked"),
            Some(State::Expired) => Self::new("amber", "clock", "Too late"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_an_email_has_its_own_word() {
        let words: std::collections::BTreeSet<_> =
            State::ALL.into_iter().map(|state| Badge::of_state(Some(state)).word).collect();
        // Claimed and sending are one to staff: it is going out.
        assert_eq!(words.len(), State::ALL.len() - 1);
    }
}
