//! What a letter may say. A letter that fails here is not published.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::super::catalogue::AdviceKind;
use super::super::plan::LetterId;
use super::claims::{banned_claim, health_word};
use super::{Block, Field, Letter, Piece, Words, pieces};

/// Something that keeps a letter from being published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where, such as `block 3`.
    pub place: String,
    /// What is wrong and what would be right.
    pub says: String,
}

impl Finding {
    /// A finding at this place.
    #[must_use]
    pub fn new(place: impl Into<String>, says: impl Into<String>) -> Self {
        Self { place: place.into(), says: says.into() }
    }

    /// The same, with the file it is in.
    #[must_use]
    pub(super) fn within(self, file: &str) -> Self {
        Self { place: format!("{file}, {}", self.place), says: self.says }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.says)
    }
}

/// Checks what a letter says.
///
/// # Errors
/// Everything that is wrong with it, in the order of the letter.
pub fn check(letter: &Letter) -> Result<(), Vec<Finding>> {
    let mut findings = Vec::new();
    for (place, line) in [("subject", &letter.subject), ("preheader", &letter.preheader)] {
        check_line(place, line, letter.id, &mut findings);
        if let Some(word) = health_word(line) {
            let says = format!("\"{word}\" tells of the treatment to anyone who sees the phone; leave it out");
            findings.push(Finding::new(place, says));
        }
    }
    for (place, line) in [("masthead", &letter.masthead), ("heading", &letter.heading)] {
        check_line(place, line, letter.id, &mut findings);
    }
    for (at, block) in letter.blocks.iter().enumerate() {
        check_block(&format!("block {}", at + 1), block, letter.id, &mut findings);
    }
    check_order(letter, &mut findings);
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

/// Checks the fixed words of a language.
pub(super) fn check_words(words: &Words) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, text) in words.texts() {
        if text.trim().is_empty() {
            findings.push(Finding::new(place, "is empty"));
        }
        check_text(place, text, &mut findings);
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

/// A line of plain text that everyone gets.
fn check_line(place: &str, line: &str, letter: LetterId, findings: &mut Vec<Finding>) {
    if line.trim().is_empty() {
        findings.push(Finding::new(place, "is empty"));
    }
    if line.contains('\n') || line.contains('\r') {
        findings.push(Finding::new(place, "must be one line"));
    }
    if line.contains('<') {
        findings.push(Finding::new(place, "holds HTML; write plain text"));
    }
    for piece in check_text(place, line, findings) {
        let Piece::Field(field) = piece else { continue };
        let booked = matches!(field, Field::NextVisitDay | Field::NextVisitTime) && letter == LetterId::Prepare;
        if field.may_be_missing() && !booked {
            let says = format!("\"{}\" is missing for some clients; use it in a text block", field.id());
            findings.push(Finding::new(place, says));
        }
    }
}

/// Merge fields and claims, which hold for every text. Gives back the pieces.
fn check_text<'a>(place: &str, text: &'a str, findings: &mut Vec<Finding>) -> Vec<Piece<'a>> {
    if let Some(claim) = banned_claim(text) {
        findings.push(Finding::new(place, format!("\"{claim}\" is a claim that is not true; leave it out")));
    }
    pieces(text).unwrap_or_else(|wrong| {
        findings.push(Finding::new(place, wrong.to_string()));
        Vec::new()
    })
}

/// One block by itself.
fn check_block(place: &str, block: &Block, letter: LetterId, findings: &mut Vec<Finding>) {
    let line = |text: &str, findings: &mut Vec<Finding>| check_line(place, text, letter, findings);
    match block {
        Block::Text { body } => check_markdown(place, body, findings),
        Block::WarningSigns { intro } => {
            if !intro.is_empty() {
                check_markdown(place, intro, findings);
            }
        }
        Block::Advice { heading, kinds } => {
            if let Some(heading) = heading {
                line(heading, findings);
            }
            if kinds.is_empty() {
                findings.push(Finding::new(place, "names no kind of advice"));
            }
        }
        Block::Stretches { heading, intro } => {
            line(heading, findings);
            check_markdown(place, intro, findings);
        }
        Block::WhatIsNormal { heading } => line(heading, findings),
        Block::CheckIn { button, note } => {
            line(button, findings);
            line(note, findings);
        }
        Block::NextVisit | Block::Contact => {}
    }
}

/// Markdown: as text, and without HTML, pictures, headings out of order, or odd links.
fn check_markdown(place: &str, body: &str, findings: &mut Vec<Finding>) {
    check_text(place, body, findings);
    let mut say = |says: String| findings.push(Finding::new(place, says));
    if body.trim().is_empty() {
        say("is empty".into());
    }
    let (mut in_link, mut plain) = (false, String::new());
    for event in Parser::new_ext(body, Options::empty()) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => say(format!("\"{}\" is HTML; use Markdown", html.trim())),
            Event::Start(Tag::Image { .. }) => say("a picture would be fetched from elsewhere; use words".into()),
            Event::Start(Tag::CodeBlock(_)) => say("a line starts with four blanks, which makes it code".into()),
            Event::Start(Tag::Heading { level, .. }) if level != HeadingLevel::H2 => {
                say("headings inside a text start with \"## \"".into());
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                in_link = true;
                if let Some(wrong) = wrong_target(&dest_url) {
                    say(wrong);
                }
            }
            Event::End(TagEnd::Link) => in_link = false,
            Event::Text(text) | Event::Code(text) => {
                if in_link && text.contains("{{") {
                    say("a field cannot stand inside a link; phone numbers become links by themselves".into());
                }
                plain.push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph | TagEnd::Item) => plain.push('\n'),
            _ => {}
        }
    }
    // Entities and backslashes could hide template code from the first look.
    if let Err(wrong) = pieces(&plain)
        && pieces(body).is_ok()
    {
        say(wrong.to_string());
    }
}

/// What is wrong with the target of a link, if anything.
fn wrong_target(target: &str) -> Option<String> {
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
