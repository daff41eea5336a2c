//! The gate before publication: everything that can be known of a letter without filling it. What filling
//! it shows is added by the mail room (`mail/letter/trial.rs`).

use super::super::catalogue::{AdviceKind, Catalogue};
use super::check::check_against;
use super::claims::first_of;
use super::reading::{Reading, Verdict, longest_sentence};
use super::{Block, Claims, Finding, Letter, Severity};

/// From this size on some mail programs take long; in bytes of HTML.
pub const LARGE: usize = 80 * 1024;

/// Above this size some mail programs cut a letter off, and warning signs with it; in bytes of HTML.
pub const TOO_LARGE: usize = 100 * 1024;

/// Beginnings of words that give advice. A text gives it to everyone; the advice block filters it.
const ADVICE: [&str; 16] = [
    "warm pack",
    "heat",
    "hot bath",
    "hot water",
    "ice ",
    "cold pack",
    "stretch",
    "drink",
    "exercise",
    "painkiller",
    "ibuprofen",
    "paracetamol",
    "calor",
    "hielo",
    "estira",
    "beba",
];

/// What was found, and what is in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was found, worst first.
    pub findings: Vec<Finding>,
    /// What was looked at and is in order, a line each.
    pub passed: Vec<String>,
}

impl Report {
    /// Whether nothing keeps the letter from being published.
    #[must_use]
    pub fn may_be_published(&self) -> bool {
        self.refusals() == 0
    }

    /// How many findings keep it from being published.
    #[must_use]
    pub fn refusals(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Refuse).count()
    }

    /// Both reports as one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.findings.extend(other.findings);
        self.findings.sort_by_key(|finding| finding.severity);
        self.passed.extend(other.passed);
        self
    }
}

/// Looks a letter through.
#[must_use]
pub fn examine(letter: &Letter, locale: &str, catalogue: &Catalogue, claims: &Claims) -> Report {
    let mut report = Report { findings: check_against(letter, claims), passed: Vec::new() };
    let says = |words: &str, report: &Report| report.findings.iter().any(|finding| finding.says.contains(words));
    for (words, passed) in [
        ("warning signs", "The warning signs stand there once"),
        ("field", "Every field is known and closed"),
        ("claim that is not true", "No claim that is not true"),
        ("link", "Links lead to https, mail or a telephone, and hold nothing about a client"),
        ("picture", "No pictures, so none without words for it"),
        ("tells of the treatment", "No health word in the subject or the line after it"),
    ] {
        if !says(words, &report) {
            report.passed.push(passed.into());
        }
    }
    blocks(letter, catalogue, &mut report);
    names(letter, catalogue, &mut report);
    reading(letter, locale, &mut report);
    if letter.needs_review {
        report.findings.push(Finding::warning("letter", "waits for somebody who grew up with this language"));
    }
    report.and(Report::default())
}

/// What a block should not do, though a client could be sent it.
fn blocks(letter: &Letter, catalogue: &Catalogue, report: &mut Report) {
    let mut signs_stood = false;
    for (at, block) in letter.blocks.iter().enumerate() {
        let mut say = |finding: Finding| report.findings.push(Finding { block: Some(at), ..finding });
        let place = format!("block {}", at + 1);
        signs_stood |= matches!(block, Block::WarningSigns { .. });
        let late = [AdviceKind::Disclaimer, AdviceKind::FurtherReading];
        if let Block::Advice { kinds, .. } = block
            && !signs_stood
            && kinds.iter().any(|kind| late.contains(kind))
        {
            say(Finding::warning(&place, "stands before the warning signs; few people read on after it"));
        }
        let Block::Text { body, when } = block else { continue };
        if let Some(word) = first_of(ADVICE.into_iter(), body) {
            let says = format!("\"{}\" sounds like advice. A text is not filtered; use an advice block", word.trim());
            say(Finding::warning(&place, says));
        }
        for unknown in when.unknown(catalogue) {
            say(Finding::new(&place, format!("is shown by {unknown}, which the catalogue does not have")));
        }
    }
}

/// A condition's name stands in no email, wherever in the letter it was written and however it is set.
fn names(letter: &Letter, catalogue: &Catalogue, report: &mut Report) {
    let frame = [&letter.masthead, &letter.heading].map(|text| (None, text.as_str()));
    let in_blocks = letter.blocks.iter().enumerate().flat_map(|(at, block)| {
        let texts: Vec<&str> = match block {
            Block::Text { body, .. } => vec![body],
            Block::Advice { heading, .. } => heading.iter().map(String::as_str).collect(),
            Block::WhatIsNormal { heading } => vec![heading],
            Block::Stretches { heading, intro } => vec![heading, intro],
            Block::WarningSigns { intro } => vec![intro],
            Block::CheckIn { button, note } => vec![button, note],
            Block::NextVisit | Block::Contact => Vec::new(),
        };
        texts.into_iter().map(move |text| (Some(at), text))
    });
    for (block, text) in frame.into_iter().chain(in_blocks) {
        let plain = text.replace(['*', '_', '`'], "");
        let named = |label: &str| first_of(std::iter::once(label.to_lowercase().as_str()), &plain).is_some();
        for condition in catalogue.conditions() {
            if let Some(label) = [&condition.label, &condition.label_es].into_iter().find(|label| named(label)) {
                let place = block.map_or_else(|| "letter".to_owned(), |at| format!("block {}", at + 1));
                let says = format!("\"{label}\" names a condition; whoever reads along learns of it");
                report.findings.push(Finding { block, ..Finding::new(&place, says) });
            }
        }
    }
}

/// How hard the letter's own words are to read. Advice and signs are the catalogue's.
fn reading(letter: &Letter, locale: &str, report: &mut Report) {
    let own: Vec<(usize, &str)> =
        letter.blocks.iter().enumerate().filter_map(|(at, block)| Some((at, own(block)?))).collect();
    let text = own.iter().map(|(_, text)| *text).collect::<Vec<_>>().join("\n\n");
    let reading = Reading::of(locale, &text);
    let longest = own.iter().max_by_key(|(at, text)| (longest_sentence(text), std::cmp::Reverse(*at)));
    let finding = |severity| Finding {
        severity,
        block: longest.map(|(at, _)| *at),
        ..Finding::new(
            "letter",
            match longest {
                Some((at, text)) => format!(
                    "{}; aim for short words. The longest sentence has {} words, in block {}",
                    reading.words().to_lowercase(),
                    longest_sentence(text),
                    at + 1
                ),
                None => reading.words(),
            },
        )
    };
    match reading.verdict() {
        Verdict::TooHard => report.findings.push(finding(Severity::Refuse)),
        Verdict::Hard => report.findings.push(finding(Severity::Warn)),
        Verdict::Fine => report.passed.push(reading.words()),
    }
}

/// The words of a block that are the letter's own.
fn own(block: &Block) -> Option<&str> {
    let text: &str = match block {
        Block::Text { body, .. } => body,
        Block::Stretches { intro, .. } | Block::WarningSigns { intro } => intro,
        Block::CheckIn { note, .. } => note,
        Block::Advice { .. } | Block::WhatIsNormal { .. } | Block::NextVisit | Block::Contact => "",
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::When;
    use super::super::sample::shipped_letter;
    use super::*;
    use crate::clinic::plan::LetterId;

    fn examined(locale: &str, letter: &Letter) -> Report {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        examine(letter, locale, &catalogue, &Claims::with(&["vibration".into()]))
    }

    /// What is found in a letter that is changed like this: the severity and the sentence.
    fn found(change: impl FnOnce(&mut Letter)) -> Vec<(Severity, String)> {
        let mut letter = shipped_letter("en", LetterId::DayOne);
        change(&mut letter);
        examined("en", &letter).findings.into_iter().map(|one| (one.severity, one.to_string())).collect()
    }

    #[test]
    fn what_ships_passes_and_warns_of_nothing_but_the_reader_it_waits_for() {
        for locale in ["en", "es"] {
            for id in LetterId::ALL {
                let report = examined(locale, &shipped_letter(locale, id));
                let said: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
                let waits = "letter: waits for somebody who grew up with this language";
                let expected: &[&str] = if locale == "es" { &[waits] } else { &[] };
                assert_eq!(said, expected, "{locale}/{}", id.id());
                assert!(report.may_be_published() && report.passed.len() == 7, "{:?}", report.passed);
            }
        }
    }

    #[test]
    fn what_keeps_a_letter_from_being_published_is_named_with_its_place() {
        let text = |body: &'static str| found(move |letter| letter.blocks[0] = Block::text(body));
        for (body, says) in [
            ("Dear {{ nickname }}", "block 1, line 1: there is no field \"nickname\""),
            ("Good.\n\nWater helps flush it out.", "block 1, line 3: \"flush\" is a claim"),
            ("A healing vibration.", "block 1, line 1: \"vibration\" is a claim"),
            ("[x](http://example.org)", "must start with https://"),
            ("![a cat](https://example.org/a.png)", "picture"),
            ("We saw your kidney stones.", "\"Kidney stones\" names a condition"),
        ] {
            let all = text(body);
            assert!(
                all.iter().any(|(weight, one)| *weight == Severity::Refuse && one.contains(says)),
                "{body}: {all:?}"
            );
        }
        let group = When { groups: vec!["aura".into()], ..When::default() };
        let all = found(move |letter| letter.blocks[0] = Block::Text { body: "Hello.".into(), when: group });
        assert!(all.iter().any(|(_, one)| one.contains("which the catalogue does not have")), "{all:?}");
        let none = found(|letter| letter.blocks.retain(|block| !matches!(block, Block::WarningSigns { .. })));
        assert!(none[0].1.contains("no warning signs"), "{none:?}");
    }

    #[test]
    fn what_a_person_should_look_at_does_not_stop_a_letter() {
        let advice = found(|letter| letter.blocks[0] = Block::text("Put a warm pack on it."));
        assert!(
            matches!(advice.as_slice(), [(Severity::Warn, says)] if says.contains("sounds like advice")),
            "{advice:?}"
        );
        let late = found(|letter| letter.blocks.swap(6, 9));
        assert!(late.iter().all(|(weight, _)| *weight == Severity::Warn), "{late:?}");
        assert!(late.iter().any(|(_, says)| says.contains("before the warning signs")), "{late:?}");
    }

    #[test]
    fn hard_words_warn_and_very_hard_ones_refuse() {
        let hard = "Your continued participation in scheduled appointments generally supports a gradual improvement. We recommend that you contact reception whenever something remains uncertain.";
        let found = found(|letter| letter.blocks[0] = Block::text(&[hard; 4].join(" ")));
        assert!(matches!(found.as_slice(), [(Severity::Refuse, says)] if says.contains("reads at grade")), "{found:?}");
    }
}
