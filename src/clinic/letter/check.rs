//! What a letter may say. A letter that fails here is not published.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::super::catalogue::AdviceKind;
use super::super::plan::LetterId;
use super::claims::{Claimed, Claims, health_word};
use super::{Block, Field, Letter, MergeError, Piece, Words, pieces};

/// How much weighs what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The letter is not published.
    Refuse,
    /// A person should look.
    Warn,
}

/// Something that was found in a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// Where, such as `block 3`.
    pub place: String,
    /// In which block, counted from 0.
    pub block: Option<usize>,
    /// In which line of a text, counted from 1.
    pub line: Option<usize>,
    /// What is wrong and what would be right.
    pub says: String,
    /// What could be written instead.
    pub instead: Option<String>,
}

impl Finding {
    /// What keeps a letter from being published, at this place.
    #[must_use]
    pub fn new(place: impl Into<String>, says: impl Into<String>) -> Self {
        let (place, says) = (place.into(), says.into());
        Self { severity: Severity::Refuse, place, block: None, line: None, says, instead: None }
    }

    /// What a person should look at.
    #[must_use]
    pub fn warning(place: impl Into<String>, says: impl Into<String>) -> Self {
        Self { severity: Severity::Warn, ..Self::new(place, says) }
    }

    /// The same, in this line.
    #[must_use]
    pub(super) fn on_line(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }

    /// The same, with the file it is in.
    #[must_use]
    pub(super) fn within(self, file: &str) -> Self {
        Self { place: format!("{file}, {}", self.place), ..self }
    }

    /// Where, in words.
    #[must_use]
    pub fn where_it_is(&self) -> String {
        match self.line {
            Some(line) => format!("{}, line {line}", self.place),
            None => self.place.clone(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.where_it_is(), self.says)
    }
}

/// Checks what a letter says.
///
/// # Errors
/// Everything that is wrong with it, in the order of the letter.
pub fn check(letter: &Letter) -> Result<(), Vec<Finding>> {
    let findings = check_against(letter, Claims::shipped());
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

/// Everything that is wrong with a letter, when these are the claims it must not make.
pub(super) fn check_against(letter: &Letter, claims: &Claims) -> Vec<Finding> {
    let mut checked = Checked { letter: letter.id, claims, findings: Vec::new() };
    for (place, line) in [("subject", &letter.subject), ("preheader", &letter.preheader)] {
        checked.line(place, line);
        if let Some(word) = health_word(line) {
            checked.say(place, format!("\"{word}\" tells of the treatment to anyone who sees the phone; leave it out"));
        }
    }
    for (place, line) in [("masthead", &letter.masthead), ("heading", &letter.heading)] {
        checked.line(place, line);
    }
    for (at, block) in letter.blocks.iter().enumerate() {
        let before = checked.findings.len();
        checked.block(&format!("block {}", at + 1), block);
        for finding in &mut checked.findings[before..] {
            finding.block = Some(at);
        }
    }
    check_order(letter, &mut checked.findings);
    checked.findings
}

/// Checks the fixed words of a language.
pub(super) fn check_words(words: &Words) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, text) in words.texts() {
        if text.trim().is_empty() {
            findings.push(Finding::new(place, "is empty"));
        }
        check_text(place, text, Claims::shipped(), &mut findings);
    }
    if !words.emergency_heading.contains("{{ emergency_number }}") {
        findings.push(Finding::new("emergency_heading", "must say whom to call: {{ emergency_number }}"));
    }
    for part in ["{weekday}", "{day}", "{month}"] {
        if !words.day.contains(part) {
            findings.push(Finding::new("day", format!("must hold {part}")));
        }
    }
    findings
}

/// One letter while it is looked through.
struct Checked<'a> {
    letter: LetterId,
    claims: &'a Claims,
    findings: Vec<Finding>,
}

impl Checked<'_> {
    fn say(&mut self, place: &str, says: impl Into<String>) {
        self.findings.push(Finding::new(place, says));
    }

    /// A line of plain text that everyone gets.
    fn line(&mut self, place: &str, line: &str) {
        if line.trim().is_empty() {
            self.say(place, "is empty");
        }
        if line.contains('\n') || line.contains('\r') {
            self.say(place, "must be one line");
        }
        if line.contains('<') {
            self.say(place, "holds HTML; write plain text");
        }
        check_text(place, line, self.claims, &mut self.findings);
        for piece in pieces(line).unwrap_or_default() {
            let Piece::Field(field) = piece else { continue };
            let booked =
                matches!(field, Field::NextVisitDay | Field::NextVisitTime) && self.letter == LetterId::Prepare;
            if field.may_be_missing() && !booked {
                self.say(place, format!("\"{}\" is missing for some clients; use it in a text block", field.id()));
            }
        }
    }

    /// One block by itself.
    fn block(&mut self, place: &str, block: &Block) {
        match block {
            Block::Text { body, .. } => self.markdown(place, body),
            Block::WarningSigns { intro } => {
                if !intro.is_empty() {
                    self.markdown(place, intro);
                }
            }
            Block::Advice { heading, kinds } => {
                if let Some(heading) = heading {
                    self.line(place, heading);
                }
                if kinds.is_empty() {
                    self.say(place, "names no kind of advice");
                }
            }
            Block::Stretches { heading, intro } => {
                self.line(place, heading);
                self.markdown(place, intro);
            }
            Block::WhatIsNormal { heading } => self.line(place, heading),
            Block::CheckIn { button, note } => {
                self.line(place, button);
                self.line(place, note);
            }
            Block::NextVisit | Block::Contact => {}
        }
    }

    /// Markdown: as text, and without HTML, pictures, headings out of order, or odd links.
    fn markdown(&mut self, place: &str, body: &str) {
        check_text(place, body, self.claims, &mut self.findings);
        if body.trim().is_empty() {
            self.say(place, "is empty");
        }
        let (mut in_link, mut plain) = (false, String::new());
        for (event, range) in Parser::new_ext(body, Options::empty()).into_offset_iter() {
            let says = match event {
                Event::Html(html) | Event::InlineHtml(html) => {
                    Some(format!("\"{}\" is HTML; use Markdown", html.trim()))
                }
                Event::Start(Tag::Image { .. }) => Some("a picture would be fetched from elsewhere; use words".into()),
                Event::Start(Tag::CodeBlock(_)) => Some("a line starts with four blanks, which makes it code".into()),
                Event::Start(Tag::Heading { level, .. }) if level != HeadingLevel::H2 => {
                    Some("headings inside a text start with \"## \"".into())
                }
                Event::Start(Tag::Link { dest_url, .. }) => {
                    in_link = true;
                    wrong_target(&dest_url)
                }
                Event::End(TagEnd::Link) => {
                    in_link = false;
                    None
                }
                Event::Text(text) | Event::Code(text) => {
                    plain.push_str(&text);
                    (in_link && text.contains("{{"))
                        .then(|| "a field cannot stand inside a link; phone numbers become links by themselves".into())
                }
                Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph | TagEnd::Item) => {
                    plain.push('\n');
                    None
                }
                _ => None,
            };
            let line = body.get(..range.start).unwrap_or_default().matches('\n').count() + 1;
            self.findings.extend(says.map(|says: String| Finding::new(place, says).on_line(line)));
        }
        // Entities, backslashes and emphasis could hide template code or a claim from the first look.
        if let Err(wrong) = pieces(&plain)
            && pieces(body).is_ok()
        {
            self.say(place, wrong.to_string());
        }
        if self.claims.first_in(body).is_none()
            && let Some(claim) = self.claims.first_in(&plain)
        {
            self.findings.push(claimed(place, claim));
        }
    }
}

/// Merge fields and claims, which hold for every text, line by line.
fn check_text(place: &str, text: &str, claims: &Claims, findings: &mut Vec<Finding>) {
    let mut is_claimed = false;
    for (at, line) in text.lines().enumerate() {
        if let Some(claim) = claims.first_in(line) {
            is_claimed = true;
            findings.push(claimed(place, claim).on_line(at + 1));
        }
        if let Err(wrong) = pieces(line) {
            let instead = match &wrong {
                MergeError::Unknown { suggestion, .. } => Some(format!("{{{{ {suggestion} }}}}")),
                _ => None,
            };
            findings.push(Finding { instead, ..Finding::new(place, wrong.to_string()) }.on_line(at + 1));
        }
    }
    // Words of a claim may stand on two lines.
    if let Some(claim) = claims.first_in(text).filter(|_| !is_claimed) {
        findings.push(claimed(place, claim));
    }
}

/// A claim that must not stand there.
fn claimed(place: &str, claim: Claimed<'_>) -> Finding {
    let says = format!("\"{}\" is a claim that is not true; leave it out", claim.words);
    Finding { instead: claim.instead.map(str::to_owned), ..Finding::new(place, says) }
}

/// What is wrong with the target of a link, if anything.
#[must_use]
pub fn wrong_target(target: &str) -> Option<String> {
    if target.contains("{{") || target.contains("%7B") || target.contains('{') {
        return Some("a field cannot stand inside a link".into());
    }
    let allowed = ["https://", "tel:", "mailto:"].iter().any(|start| target.starts_with(start));
    (!allowed).then(|| format!("the link to \"{target}\" must start with https://, tel: or mailto:"))
}

/// What holds for the blocks together.
fn check_order(letter: &Letter, findings: &mut Vec<Finding>) {
    let mut say = |says: String| findings.push(Finding::new("blocks", says));
    let count = |wanted: fn(&Block) -> bool| letter.blocks.iter().filter(|block| wanted(block)).count();
    match count(|block| matches!(block, Block::WarningSigns { .. })) {
        1 => {}
        0 => say("there are no warning signs; every letter needs the block \"warning_signs\" once".into()),
        _ => say("the warning signs stand there more than once; keep one".into()),
    }
    for (name, number) in [
        ("stretches", count(|block| matches!(block, Block::Stretches { .. }))),
        ("what_is_normal", count(|block| matches!(block, Block::WhatIsNormal { .. }))),
        ("check_in", count(|block| matches!(block, Block::CheckIn { .. }))),
        ("next_visit", count(|block| matches!(block, Block::NextVisit))),
        ("contact", count(|block| matches!(block, Block::Contact))),
    ] {
        if number > 1 {
            say(format!("\"{name}\" stands there more than once; keep one"));
        }
    }
    if count(|block| matches!(block, Block::Contact)) == 0 {
        say("there is no way to reach the clinic; add the block \"contact\"".into());
    }
    let mut seen: BTreeSet<AdviceKind> = BTreeSet::new();
    for block in &letter.blocks {
        let kinds: &[AdviceKind] = match block {
            Block::Advice { kinds, .. } => kinds,
            Block::WhatIsNormal { .. } => &[AdviceKind::Expectation],
            _ => &[],
        };
        for kind in kinds {
            if !seen.insert(*kind) {
                say(format!("advice of kind {kind:?} would stand there twice"));
            }
        }
    }
    let comfort =
        |block: &Block| matches!(block, Block::Advice { .. } | Block::Stretches { .. } | Block::CheckIn { .. });
    if letter.id == LetterId::EmergencyOnly && letter.blocks.iter().any(comfort) {
        say("this letter goes out when routine aftercare must not; it has neither advice nor a check-in".into());
    }
}
