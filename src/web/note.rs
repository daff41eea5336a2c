//! The note beside the brief: its lines with their origin and three choices each, the therapist's
//! own words, what was done, and what was added after signing.

pub mod acts;
pub mod form;
pub mod list;
pub mod load;
pub mod print;
pub mod treatment;

use std::collections::BTreeMap;

use jiff::Zoned;
use jiff::civil::Date;

use super::badge::Badge;
use super::{because, say};
use crate::clinic::brief::Reason;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::fields::FieldErrors;
use crate::clinic::note::{Addendum, Last, Line, Note, Section, Signature, Source, State};

/// So many reasons stand in one line; the rest is one click away.
const IN_VIEW: usize = 3;

/// What is known of the note of one visit.
#[derive(Clone, Debug, Default)]
pub struct NoteFacts {
    /// The note, its lines made from today's answers.
    pub note: Note,
    /// The version it was saved under; 0 when it never was.
    pub version: u32,
    /// Who saved it last and when.
    pub saved: Option<(String, Zoned)>,
    /// What was added after signing.
    pub addenda: Vec<Addendum>,
    /// The last signed note of the client.
    pub last: Option<Last>,
}

/// What an act has to tell on the page that comes back instead of a redirect.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// What is wrong with which field of the note.
    pub errors: FieldErrors,
    /// Why the act was not done: a title and a sentence.
    pub refused: Option<(String, String)>,
    /// What someone else saved meanwhile, by section.
    pub theirs: BTreeMap<Section, Vec<String>>,
    /// What was typed and cannot be saved: the note is signed.
    pub unsaved: Vec<(&'static str, String)>,
    /// The words typed for an addendum.
    pub addendum: String,
    /// What was typed about the treatment, when something is wrong with it.
    pub treatment: Option<treatment::Typed>,
}

/// The note in words.
#[derive(Debug)]
pub struct NoteView {
    /// Draft, signed or not begun.
    pub badge: Badge,
    /// "Saved 14:52"; never empty.
    pub saved: String,
    /// The version a save is written over.
    pub version: u32,
    /// How many lines wait for a decision.
    pub waiting: usize,
    /// The four sections.
    pub sections: Vec<SectionView>,
    /// Who signed and when.
    pub signed: Option<String>,
    /// What was added, with who and when.
    pub addenda: Vec<(String, String)>,
    /// What an act has to tell.
    pub told: Told,
}

/// One section.
#[derive(Debug)]
pub struct SectionView {
    /// The first letter.
    pub letter: char,
    /// The id in the form.
    pub id: &'static str,
    /// The word.
    pub word: &'static str,
    /// Its generated lines.
    pub lines: Vec<LineView>,
    /// The therapist's own words.
    pub own: String,
    /// The name of their field.
    pub own_name: String,
    /// How many lines the field shows at first.
    pub rows: usize,
    /// "Bring over from 27 February: 2 lines".
    pub carry: Option<String>,
    /// What someone else saved meanwhile.
    pub theirs: Vec<String>,
    /// What it says in the end; of a signed note.
    pub says: Vec<(String, String)>,
}

/// One generated line.
#[derive(Debug)]
pub struct LineView {
    /// What it is about.
    pub key: String,
    /// The words a decision is about.
    pub words: String,
    /// What stands in the note.
    pub stands: String,
    /// The chosen mark: `accept`, `edit`, `reject` or nothing.
    pub choice: &'static str,
    /// What the edit field holds.
    pub edited: String,
    /// "From intake, 25 March".
    pub origin: String,
    /// The first reasons, after the word *because*; may be empty.
    pub because: String,
    /// All of them, when there are more.
    pub all: Vec<String>,
    /// What was decided about other words than these: "You had: …".
    pub earlier: Option<String>,
    /// Whether the answer behind it is gone.
    pub gone: bool,
}

impl NoteView {
    /// The note of this visit.
    #[must_use]
    pub fn of(facts: &NoteFacts, told: &Told, catalogue: &Catalogue, now: &Zoned) -> Self {
        let note = &facts.note;
        let moment = |signature: &Signature| signed_words(signature, now);
        let badge = match (&note.signature, facts.version) {
            (Some(_), _) => Badge::new("outline", "lock", "Signed"),
            (None, 0) => Badge::new("outline", "dashed", "Not begun"),
            (None, _) => Badge::new("outline", "pencil", "Draft"),
        };
        Self {
            badge,
            saved: saved_words(facts.saved.as_ref(), now),
            version: facts.version,
            waiting: note.waiting(),
            sections: Section::ALL.map(|section| SectionView::of(section, facts, told, catalogue)).into(),
            signed: note.signature.as_ref().map(moment),
            addenda: facts.addenda.iter().map(|added| (moment(&added.signature), added.text.clone())).collect(),
            told: told.clone(),
        }
    }
}

/// "Saved 14:52", with who when it was someone else's turn, or that nothing is saved yet.
#[must_use]
pub fn saved_words(saved: Option<&(String, Zoned)>, now: &Zoned) -> String {
    match saved {
        Some((who, at)) if at.date() == now.date() => format!("Saved {} by {who}", say::clock(at)),
        Some((who, at)) => format!("Saved {} by {who}", say::moment(at, now)),
        None => "Nothing saved yet".into(),
    }
}

/// "Signed by Theo Lind, Fri 27 March 2026, 16:20".
#[must_use]
pub fn signed_words(signature: &Signature, now: &Zoned) -> String {
    let at = signature.at.to_zoned(now.time_zone().clone());
    format!("{}, {}, {}", signature.name, say::full_day(at.date()), say::clock(&at))
}

impl SectionView {
    fn of(section: Section, facts: &NoteFacts, told: &Told, catalogue: &Catalogue) -> Self {
        let note = &facts.note;
        let carry = facts.last.as_ref().filter(|_| note.signature.is_none()).and_then(|last| {
            let number = last.worth_carrying(section, note).len();
            (number > 0).then(|| format!("Bring over from {}: {}", day(last.on), say::count(number, "line")))
        });
        let own = note.own_of(section).to_owned();
        let lines: Vec<LineView> = note.lines_of(section).map(|line| LineView::of(line, catalogue)).collect();
        let settled = note.lines_of(section).filter_map(|line| {
            let edited = if line.state() == State::Edited { ", edited" } else { "" };
            Some((line.settled()?.to_owned(), format!("{}{edited}", origin(line))))
        });
        let own_lines = own.lines().map(str::trim).filter(|line| !line.is_empty());
        Self {
            letter: section.word().chars().next().unwrap_or_default(),
            id: section.id(),
            word: section.word(),
            says: settled.chain(own_lines.map(|line| (line.to_owned(), String::new()))).collect(),
            lines,
            rows: own.lines().count().max(1) + 1,
            own,
            own_name: format!("own.{}", section.id()),
            carry,
            theirs: told.theirs.get(&section).cloned().unwrap_or_default(),
        }
    }
}

impl LineView {
    fn of(line: &Line, catalogue: &Catalogue) -> Self {
        let words = line.words().to_owned();
        let (choice, stands) = match line.state() {
            State::Waiting => ("", words.clone()),
            State::Accepted => ("accept", words.clone()),
            State::Edited => ("edit", line.settled().unwrap_or_default().to_owned()),
            State::Rejected => ("reject", words.clone()),
        };
        let all = reasons(line, catalogue);
        let earlier = line.earlier().map(|decision| match &decision.words {
            Some(had) => format!("You had: “{had}”"),
            None => "You had rejected it with other words.".into(),
        });
        Self {
            key: line.key.clone(),
            edited: if choice == "edit" { stands.clone() } else { words.clone() },
            origin: origin(line),
            because: because_words(&all),
            all: if all.len() > IN_VIEW { all } else { Vec::new() },
            gone: line.offered.is_none(),
            earlier,
            choice,
            stands,
            words,
        }
    }
}

fn day(date: Date) -> String {
    date.strftime("%-d %B").to_string()
}

/// Where a line came from: "From intake, 25 March".
#[must_use]
pub fn origin(line: &Line) -> String {
    let on = line.origin.on.map(day);
    match (line.origin.source, on) {
        (Source::Intake, Some(on)) => format!("From intake, {on}"),
        (Source::Intake, None) => "From intake".into(),
        (Source::Brief, _) => "From the brief".into(),
        (Source::Visit, _) => "From the visit".into(),
        (Source::LastNote, Some(on)) => format!("Carried from {on}"),
        (Source::LastNote, None) => "Carried from the last note".into(),
    }
}

/// The rules behind a line. An answer needs no reason but that it was given.
fn reasons(line: &Line, catalogue: &Catalogue) -> Vec<String> {
    if matches!(line.origin.source, Source::Intake | Source::LastNote) {
        return Vec::new();
    }
    let mut said: Vec<String> = Vec::new();
    for reason in &line.origin.because {
        let words = because::short_line(std::slice::from_ref::<Reason>(reason), catalogue);
        if !words.is_empty() && !said.contains(&words) {
            said.push(words);
        }
    }
    said
}

fn because_words(all: &[String]) -> String {
    let shown = all.iter().take(IN_VIEW).cloned().collect::<Vec<_>>().join("; ");
    match all.len().saturating_sub(IN_VIEW) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
