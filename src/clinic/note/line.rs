//! One generated line: where it came from, what it says now, and what the therapist decided about
//! which words. The state follows from these, so it cannot contradict them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::draft::Offer;
use super::{LONGEST_LINE, Refusal, Section};
use crate::clinic::brief::Reason;

/// A generated line of a note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it is about, such as `condition/varicose_veins`: the same line when it is made again.
    pub key: String,
    /// Where it stands.
    pub section: Section,
    /// What it came from.
    pub origin: LineOrigin,
    /// The words it is made of now; none when what it came from is no longer there.
    pub offered: Option<String>,
    /// What the therapist decided, if they did.
    pub decision: Option<Decision>,
}

/// What was decided, about which words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What stands in the note; none was rejected.
    pub words: Option<String>,
    /// The generated words that were looked at; none when there were none any more.
    pub about: Option<String>,
}

/// What a line came from: always shown under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineOrigin {
    /// The kind of source.
    pub source: Source,
    /// The day of the intake or of the note it was carried from.
    pub on: Option<Date>,
    /// The answers and rules behind it.
    pub because: Vec<Reason>,
}

/// The kinds of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An answer of the client.
    Intake,
    /// The brief: a rule over the answers.
    Brief,
    /// The visit, as booked or as done.
    Visit,
    /// The last signed note.
    LastNote,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each state is its own name")]
pub enum State {
    Waiting,
    Accepted,
    Edited,
    Rejected,
}

/// What can be decided about a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// As it stands.
    Accept,
    /// In these words.
    Edit(String),
    /// Not in the note.
    Reject,
}

impl Line {
    /// Where it stands. A decision counts for the words it was made about: when those have
    /// changed, the line waits again, and the decision is shown beside it.
    #[must_use]
    pub fn state(&self) -> State {
        let Some(decision) = &self.decision else { return State::Waiting };
        let gone_and_unwanted = decision.words.is_none() && self.offered.is_none();
        if decision.about != self.offered && !gone_and_unwanted {
            return State::Waiting;
        }
        match &decision.words {
            None => State::Rejected,
            words if *words == self.offered => State::Accepted,
            Some(_) => State::Edited,
        }
    }

    /// What it says in the note, once that is settled.
    #[must_use]
    pub fn settled(&self) -> Option<&str> {
        let decision = self.decision.as_ref().filter(|_| self.state() != State::Waiting)?;
        decision.words.as_deref()
    }

    /// The words a decision would be about: those of now, else those that were kept from before.
    #[must_use]
    pub fn words(&self) -> &str {
        let kept = self.decision.as_ref().and_then(|decision| decision.words.as_deref());
        self.offered.as_deref().or(kept).unwrap_or_default()
    }

    /// What was decided about other words than those of now.
    #[must_use]
    pub fn earlier(&self) -> Option<&Decision> {
        self.decision.as_ref().filter(|_| self.state() == State::Waiting)
    }

    /// Whether it is shown: a rejected line whose source is gone too is only remembered.
    #[must_use]
    pub const fn is_shown(&self) -> bool {
        match &self.decision {
            Some(decision) => self.offered.is_some() || decision.words.is_some(),
            None => true,
        }
    }

    pub(super) fn accept(&mut self) {
        let words = Some(self.words().to_owned());
        self.decision = Some(Decision { words, about: self.offered.clone() });
    }

    pub(super) fn decide(&mut self, seen: &str, choice: &Choice) -> Result<(), Refusal> {
        let words = match choice {
            Choice::Edit(text) => Some(one_line(text)),
            Choice::Accept | Choice::Reject => None,
        };
        match &words {
            Some(text) if text.is_empty() => return Err(Refusal::NoWords(self.key.clone())),
            Some(text) if text.chars().count() > LONGEST_LINE => return Err(Refusal::TooLong(LONGEST_LINE)),
            _ => {}
        }
        if one_line(seen) != self.words() {
            return Ok(());
        }
        match choice {
            // Sent again with the form: an accepted edit stays the edit it is.
            Choice::Accept if self.state() == State::Accepted => {}
            Choice::Accept => self.accept(),
            Choice::Edit(_) | Choice::Reject => {
                self.decision = Some(Decision { words, about: self.offered.clone() });
            }
        }
        Ok(())
    }
}

/// Lines are lines: what a client wrote in several becomes one.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines made again. What a line is about decides which it is; a line that nobody looked at
/// and that is no longer offered goes, one that was decided stays and says so.
pub(super) fn merge(lines: Vec<Line>, offers: &[Offer]) -> Vec<Line> {
    let mut old = lines;
    let mut made: Vec<Line> = Vec::with_capacity(offers.len() + old.len());
    for offer in offers {
        let known = old.iter().position(|line| line.key == offer.key);
        let decision = known.and_then(|at| old.remove(at).decision);
        made.push(Line {
            key: offer.key.clone(),
            section: offer.section,
            origin: offer.origin.clone(),
            offered: Some(offer.words.clone()),
            decision,
        });
    }
    for mut line in old {
        // Signed notes do not change, so what was carried from one stays offered.
        if line.origin.source != Source::LastNote {
            line.offered = None;
        }
        if line.offered.is_some() || line.decision.is_some() {
            made.push(line);
        }
    }
    made
}
