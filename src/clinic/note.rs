//! The SOAP note of a visit. It opens with lines drawn from the intake and the brief; the
//! therapist accepts, edits or rejects each and adds words of their own. A line is known by what
//! it came from, so a changed answer changes its line and never what the therapist decided.
//! Signing locks the note for good; what is learned later is a dated addendum.

mod carry;
pub mod draft;
pub mod line;
pub mod outline;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::AccountId;
use super::person::PersonName;
use super::treatment::Done;

pub use carry::Last;
pub use draft::{Offer, Sources};
pub use line::{Choice, Decision, Line, LineOrigin, Source, State};

/// The longest line, in characters.
pub const LONGEST_LINE: usize = 1_000;

/// The longest text of one's own in a section, and the longest addendum, in characters.
pub const LONGEST_TEXT: usize = 10_000;

/// The four parts of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// What the client says.
    Subjective,
    /// What the therapist sees, feels and measures.
    Objective,
    /// What the therapist makes of it.
    Assessment,
    /// What is done, and what comes next.
    Plan,
}

impl Section {
    /// All four, in their order.
    pub const ALL: [Self; 4] = [Self::Subjective, Self::Objective, Self::Assessment, Self::Plan];

    /// The id used in forms.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Subjective => "subjective",
            Self::Objective => "objective",
            Self::Assessment => "assessment",
            Self::Plan => "plan",
        }
    }

    /// The word staff read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Subjective => "Subjective",
            Self::Objective => "Objective",
            Self::Assessment => "Assessment",
            Self::Plan => "Plan",
        }
    }
}

/// A note, draft or signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The generated lines, in the order they are shown.
    pub lines: Vec<Line>,
    /// The therapist's own words, a text a section.
    pub own: BTreeMap<Section, String>,
    /// What was done, as recorded by the time of signing.
    pub done: Option<Done>,
    /// Who signed, once someone has.
    pub signature: Option<Signature>,
}

/// Who signed and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The account.
    pub by: AccountId,
    /// The name, as it was on that day.
    pub name: PersonName,
    /// When.
    pub at: Timestamp,
}

/// What was added after signing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addendum {
    /// By whom, and when.
    pub signature: Signature,
    /// The words.
    pub text: String,
}

/// Why something cannot be done to a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is signed, and a signed note never changes.
    Signed(Signature),
    /// Lines still wait for a decision; how many.
    Waiting(usize),
    /// Nothing would stand in it.
    Empty,
    /// An edited line has no words.
    NoWords(String),
    /// A line or a text is too long; how many characters it may have.
    TooLong(usize),
    /// An addendum belongs to a signed note.
    NotSigned,
}

impl Note {
    /// A fresh draft: every line waits, and the section texts begin with the outline.
    #[must_use]
    pub fn draft(sources: &Sources<'_>) -> Self {
        let own = outline::of(&sources.case.visit.treatment.technique);
        Self { own, ..Self::default() }.made_again(&draft::offers(sources))
    }

    /// The draft after its lines were made again, from answers that may have changed. Decisions
    /// stay; a decided line whose words are others now waits again. A signed note stays as it is.
    #[must_use]
    pub fn made_again(mut self, offers: &[Offer]) -> Self {
        if self.signature.is_none() {
            self.lines = line::merge(self.lines, offers);
        }
        self
    }

    /// Decides about one line. `seen` are the words that stood there: a line whose words have
    /// changed meanwhile keeps waiting, so that nobody accepts what they have not read.
    ///
    /// # Errors
    /// When the note is signed, or the words are none or too many.
    pub fn decide(&mut self, key: &str, seen: &str, choice: &Choice) -> Result<(), Refusal> {
        self.still_open()?;
        match self.lines.iter_mut().find(|line| line.key == key) {
            Some(line) => line.decide(seen, choice),
            None => Ok(()),
        }
    }

    /// Accepts every line that waits.
    ///
    /// # Errors
    /// When the note is signed.
    pub fn accept_waiting(&mut self) -> Result<(), Refusal> {
        self.still_open()?;
        for line in self.lines.iter_mut().filter(|line| line.state() == State::Waiting) {
            line.accept();
        }
        Ok(())
    }

    /// Replaces the therapist's own words of a section.
    ///
    /// # Errors
    /// When the note is signed, or the words are too many.
    pub fn write(&mut self, section: Section, text: &str) -> Result<(), Refusal> {
        self.still_open()?;
        let text = text.replace("\r\n", "\n").trim_end().to_owned();
        if text.chars().count() > LONGEST_TEXT {
            return Err(Refusal::TooLong(LONGEST_TEXT));
        }
        self.own.insert(section, text);
        Ok(())
    }

    /// The lines that wait for a decision.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lines.iter().filter(|line| line.state() == State::Waiting).count()
    }

    /// The lines of a section that are shown.
    pub fn lines_of(&self, section: Section) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.section == section && line.is_shown())
    }

    /// The therapist's own words of a section.
    #[must_use]
    pub fn own_of(&self, section: Section) -> &str {
        self.own.get(&section).map_or("", String::as_str)
    }

    /// What a section says in the end: settled lines, then own words, without headings of the
    /// outline that nobody filled.
    #[must_use]
    pub fn says(&self, section: Section) -> Vec<&str> {
        let lines = self.lines_of(section).filter_map(Line::settled);
        let own = self.own_of(section).lines().map(str::trim).filter(|line| !line.is_empty());
        lines.chain(own.filter(|line| !outline::is_heading(line))).collect()
    }

    /// Signs the note with what was done. Whoever signs has looked at every line, so none may wait.
    ///
    /// # Errors
    /// When it is signed already, lines wait, or nothing would stand in it.
    pub fn sign(mut self, signature: Signature, done: Option<Done>) -> Result<Self, Refusal> {
        self.still_open()?;
        match self.waiting() {
            0 if Section::ALL.iter().all(|section| self.says(*section).is_empty()) => Err(Refusal::Empty),
            0 => {
                for text in self.own.values_mut() {
                    *text = outline::without_empty_headings(text);
                }
                self.done = done;
                self.signature = Some(signature);
                Ok(self)
            }
            waiting => Err(Refusal::Waiting(waiting)),
        }
    }

    /// A later fact for a signed note. The note itself stays.
    ///
    /// # Errors
    /// When the note is not signed, or the words are none or too many.
    pub fn add(&self, signature: Signature, text: &str) -> Result<Addendum, Refusal> {
        let text = text.trim();
        if self.signature.is_none() {
            return Err(Refusal::NotSigned);
        }
        if text.is_empty() {
            return Err(Refusal::Empty);
        }
        if text.chars().count() > LONGEST_TEXT {
            return Err(Refusal::TooLong(LONGEST_TEXT));
        }
        Ok(Addendum { signature, text: text.to_owned() })
    }

    fn still_open(&self) -> Result<(), Refusal> {
        self.signature.clone().map_or(Ok(()), |signature| Err(Refusal::Signed(signature)))
    }
}

#[cfg(test)]
mod tests;
