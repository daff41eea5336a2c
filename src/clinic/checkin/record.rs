//! What one check-in says altogether: every answer as it was given, and what follows from all of
//! them together. A later answer is added to the first and never takes its place.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::body::Pain;
use super::super::ids::AccountId;
use super::{Answers, Triage};

/// So many answers are kept word for word. One more takes the last place; what follows from each
/// stays in [`Record::joined`] whatever becomes of its words.
pub const MOST: usize = 20;

/// The same answers so soon again are one answer: a button pressed twice.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// Who gave an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The client, by the link.
    Client,
    /// The client on the telephone, typed by this member of staff.
    Staff(AccountId),
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: By,
    /// What was answered.
    pub answers: Answers,
    /// What follows from this answer alone.
    pub triage: Triage,
}

/// All answers of one check-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The answers, oldest first.
    pub submissions: Vec<Submission>,
    /// What follows from all of them together.
    pub joined: Triage,
}

impl Record {
    /// The record of a first answer.
    #[must_use]
    pub fn of(first: Submission) -> Self {
        Self { joined: first.triage.clone(), submissions: vec![first] }
    }

    /// Adds an answer. `false`: it is the last one once more, and nothing was added.
    pub fn add(&mut self, new: Submission) -> bool {
        let again = |last: &Submission| {
            last.answers == new.answers && last.by == new.by && new.at.duration_since(last.at) < AGAIN
        };
        if self.submissions.last().is_some_and(again) {
            return false;
        }
        self.joined = self.joined.clone().and(&new.triage);
        if self.submissions.len() >= MOST {
            self.submissions.pop();
        }
        self.submissions.push(new);
        true
    }

    /// The answers that count on a curve: the last one that tells the pain.
    #[must_use]
    pub fn pain(&self) -> Option<(Timestamp, Pain)> {
        self.submissions.iter().rev().find_map(|one| one.answers.pain.map(|pain| (one.at, pain)))
    }

    /// The lowest pain of all its answers.
    #[must_use]
    pub fn lowest(&self) -> Option<Pain> {
        self.submissions.iter().filter_map(|one| one.answers.pain).min_by_key(|pain| pain.score())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::catalogue::Tier;
    use super::*;

    fn given(minute: i64, pain: i64, tier: Tier) -> Submission {
        let alert = (tier < Tier::Expected).then_some(tier);
        Submission {
            at: Timestamp::from_second(minute * 60).expect("in range"),
            by: By::Client,
            answers: Answers { pain: Pain::try_from(pain).ok(), ..Answers::default() },
            triage: Triage { tier, raised: Vec::new(), read: None, reassure: false, hold: false, alert, urgency: None },
        }
    }

    #[test]
    fn a_button_pressed_twice_is_one_answer_and_a_day_later_it_is_two() {
        let mut record = Record::of(given(0, 3, Tier::Expected));
        assert!(!record.add(given(5, 3, Tier::Expected)));
        assert!(record.add(given(6, 4, Tier::Expected)));
        assert!(record.add(given(2000, 4, Tier::Expected)));
        assert_eq!(record.submissions.len(), 3);
        assert_eq!(record.lowest().map(Pain::score), Some(3));
        assert_eq!(record.pain().map(|(_, pain)| pain.score()), Some(4));
    }

    #[test]
    fn what_was_said_once_counts_however_many_answers_follow() {
        let mut record = Record::of(given(0, 3, Tier::Emergency));
        for minute in 1..100 {
            assert!(record.add(given(minute, minute % 10, Tier::Expected)));
        }
        assert_eq!(record.submissions.len(), MOST);
        assert_eq!(record.joined.alert, Some(Tier::Emergency));
        assert_eq!(record.pain().map(|(_, pain)| pain.score()), Some(9), "the newest is kept");
    }
}
