//! Carrying a section forward from the last signed note, with a mark on every line that came along.

use jiff::civil::Date;

use super::line::{Line, LineOrigin, Source, State};
use super::{Note, Refusal, Section, outline};
use crate::clinic::ids::VisitId;

/// The last signed note of the same client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// Of which visit.
    pub visit: VisitId,
    /// The day of that visit.
    pub on: Date,
    /// The note.
    pub note: Note,
}

impl Last {
    /// What of a section is worth carrying into this note: the therapist's own and edited words.
    /// Accepted lines are made again from today's answers, so they come along only where today
    /// makes no line of the kind.
    #[must_use]
    pub fn worth_carrying(&self, section: Section, into: &Note) -> Vec<String> {
        let is_made = |line: &Line| into.lines.iter().any(|other| other.key == line.key && other.offered.is_some());
        let lines = self
            .note
            .lines_of(section)
            .filter(|line| line.state() == State::Edited || !is_made(line))
            .filter_map(Line::settled);
        let own = self.note.own_of(section).lines().map(str::trim);
        let own = own.filter(|line| !line.is_empty() && !outline::is_heading(line));
        let stands = |text: &str| {
            into.lines.iter().any(|line| line.words() == text || line.settled() == Some(text))
                || into.own_of(section).lines().any(|line| line.trim() == text)
        };
        let mut found: Vec<String> = Vec::new();
        for text in lines.chain(own).filter(|text| !stands(text)) {
            if !found.iter().any(|other| other == text) {
                found.push(text.to_owned());
            }
        }
        found
    }
}

impl Note {
    /// Carries a section of the last note into this one. Each line waits like any other; one that
    /// stands here already, in whatever state, does not come twice.
    ///
    /// # Errors
    /// When this note is signed.
    pub fn carry(&mut self, section: Section, last: &Last) -> Result<(), Refusal> {
        self.still_open()?;
        let origin = LineOrigin { source: Source::LastNote, on: Some(last.on), because: Vec::new() };
        for text in last.worth_carrying(section, self) {
            let number = self.lines.iter().filter(|line| line.origin.source == Source::LastNote).count();
            self.lines.push(Line {
                key: format!("last/{}/{number}", last.visit),
                section,
                origin: origin.clone(),
                offered: Some(text),
                decision: None,
            });
        }
        Ok(())
    }
}
