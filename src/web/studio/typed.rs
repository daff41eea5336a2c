//! The form of a letter: what was typed as a letter, and what may not stand in a field at all. What a letter
//! should not say is the gate's to tell; a draft may hold it meanwhile.

use crate::clinic::body::Region;
use crate::clinic::catalogue::{AdviceKind, TechniqueId};
use crate::clinic::fields::{self, FieldErrors};
use crate::clinic::letter::{Age, Block, Letter, When};
use crate::web::error::Error;
use crate::web::form::Fields;

/// As much as stands in one line.
const LINE: usize = 200;

/// As much as stands in one text.
const TEXT: usize = 10_000;

/// More blocks than a letter can have.
const MOST_BLOCKS: usize = 60;

/// Every kind of advice: its value in a form, and its word.
pub(super) const KINDS: [(AdviceKind, &str, &str); 14] = [
    (AdviceKind::Explanation, "explanation", "Why it may feel like this"),
    (AdviceKind::Heat, "heat", "Warmth"),
    (AdviceKind::Cold, "cold", "Cold"),
    (AdviceKind::Hydration, "hydration", "Drinking"),
    (AdviceKind::Movement, "movement", "Movement"),
    (AdviceKind::Load, "load", "Lifting and effort"),
    (AdviceKind::Work, "work", "Work"),
    (AdviceKind::Class, "class", "Classes"),
    (AdviceKind::Sleep, "sleep", "Sleep"),
    (AdviceKind::Food, "food", "Food"),
    (AdviceKind::Prepare, "prepare", "Getting ready"),
    (AdviceKind::Expectation, "expectation", "What to expect"),
    (AdviceKind::Disclaimer, "disclaimer", "Where to turn when it does not fit"),
    (AdviceKind::FurtherReading, "further_reading", "Where to read more"),
];

/// The letter of a form. What may not stand in a field is noted and shown again as it was typed.
///
/// # Errors
/// When the form is none of ours.
pub(super) fn read(fields: &Fields, base: &Letter) -> Result<(Letter, FieldErrors), Error> {
    let count: usize = fields.text("blocks").parse().map_err(|_| Error::BadAddress)?;
    if count > MOST_BLOCKS {
        return Err(Error::BadAddress);
    }
    let mut reader = Reader { fields, errors: FieldErrors::new() };
    let letter = Letter {
        id: base.id,
        version: base.version,
        needs_review: base.needs_review && !fields.has("reviewed"),
        subject: reader.line("subject", "The subject"),
        preheader: reader.line("preheader", "The line after the subject"),
        masthead: reader.line("masthead", "The word at the right"),
        heading: reader.line("heading", "The first heading"),
        blocks: (0..count).map(|at| reader.block(at)).collect::<Option<Vec<_>>>().ok_or(Error::BadAddress)?,
    };
    Ok((letter, reader.errors))
}

struct Reader<'a> {
    fields: &'a Fields,
    errors: FieldErrors,
}

impl Reader<'_> {
    fn line(&mut self, name: &str, label: &str) -> String {
        match fields::line(self.fields.text(name), label, LINE) {
            Ok(line) => line.to_owned(),
            Err(sentence) => {
                self.errors.add(name, sentence);
                self.fields.text(name).to_owned()
            }
        }
    }

    fn text(&mut self, name: &str, label: &str) -> String {
        match fields::block(self.fields.text(name), label, TEXT) {
            Ok(text) => text.replace("\r\n", "\n"),
            Err(sentence) => {
                self.errors.add(name, sentence);
                self.fields.text(name).to_owned()
            }
        }
    }

    fn block(&mut self, at: usize) -> Option<Block> {
        let name = |field: &str| format!("b{at}.{field}");
        Some(match self.fields.text(&name("kind")) {
            "text" => Block::Text { body: self.text(&name("body"), "The text"), when: when(self.fields, at) },
            "advice" => {
                let heading = self.line(&name("heading"), "The heading");
                let ticked = self.fields.all(&name("kinds"));
                let kinds = KINDS.into_iter().filter(|(_, id, _)| ticked.contains(id)).map(|(kind, _, _)| kind);
                Block::Advice { heading: Some(heading).filter(|heading| !heading.is_empty()), kinds: kinds.collect() }
            }
            "what_is_normal" => Block::WhatIsNormal { heading: self.line(&name("heading"), "The heading") },
            "stretches" => Block::Stretches {
                heading: self.line(&name("heading"), "The heading"),
                intro: self.text(&name("intro"), "The text"),
            },
            "warning_signs" => Block::WarningSigns { intro: self.text(&name("intro"), "The text") },
            "check_in" => Block::CheckIn {
                button: self.line(&name("button"), "The button"),
                note: self.line(&name("note"), "The line below"),
            },
            "next_visit" => Block::NextVisit,
            "contact" => Block::Contact,
            _ => return None,
        })
    }
}

/// For whom, as the ticks of this block say. What does not exist is left out: the form offers what does.
pub(in crate::web) fn when(fields: &Fields, at: usize) -> When {
    let ticked = |field: &str| fields.all(&format!("b{at}.{field}"));
    let known = |id: &&str| id.len() <= 60 && id.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let regions = ticked("region");
    When {
        techniques: ticked("technique").into_iter().filter(known).map(TechniqueId::from).collect(),
        regions: Region::ALL.into_iter().filter(|region| regions.contains(&region.id())).collect(),
        groups: ticked("group").into_iter().filter(known).map(str::to_owned).collect(),
        age: Age::of(fields.text(&format!("b{at}.age"))),
        first_visit: match fields.text(&format!("b{at}.first")) {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinic::plan::LetterId;

    fn base() -> Letter {
        Letter {
            id: LetterId::DayOne,
            version: 3,
            needs_review: true,
            subject: String::new(),
            preheader: String::new(),
            masthead: String::new(),
            heading: String::new(),
            blocks: Vec::new(),
        }
    }

    fn pairs(more: &[(&str, &str)]) -> Fields {
        more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>().into()
    }

    #[test]
    fn a_form_becomes_a_letter() {
        let form = pairs(&[
            ("subject", " How are you? "),
            ("reviewed", "1"),
            ("blocks", "3"),
            ("b0.kind", "text"),
            ("b0.body", "one\r\ntwo\n"),
            ("b0.technique", "swedish"),
            ("b0.technique", "<x>"),
            ("b0.region", "hip"),
            ("b0.region", "tail"),
            ("b0.age", "minor"),
            ("b0.first", "no"),
            ("b1.kind", "advice"),
            ("b1.heading", ""),
            ("b1.kinds", "sleep"),
            ("b1.kinds", "heat"),
            ("b2.kind", "contact"),
        ]);
        let (letter, errors) = read(&form, &base()).expect("a form of ours");
        assert!(errors.is_empty());
        assert_eq!((letter.subject.as_str(), letter.version, letter.needs_review), ("How are you?", 3, false));
        let when = When {
            techniques: vec!["swedish".into()],
            regions: vec![Region::Hip],
            age: Some(Age::Minor),
            first_visit: Some(false),
            ..When::default()
        };
        assert_eq!(letter.blocks[0], Block::Text { body: "one\ntwo".into(), when });
        let kinds = vec![AdviceKind::Heat, AdviceKind::Sleep];
        assert_eq!(letter.blocks[1..], [Block::Advice { heading: None, kinds }, Block::Contact]);
    }

    #[test]
    fn what_cannot_stand_in_a_field_is_noted_and_kept_to_show() {
        let long = "x".repeat(TEXT + 1);
        let form = pairs(&[("subject", "a\0b"), ("blocks", "1"), ("b0.kind", "text"), ("b0.body", &long)]);
        let (letter, errors) = read(&form, &base()).expect("a form of ours");
        assert!(errors.of("subject").is_some() && errors.of("b0.body").is_some_and(|says| says.contains("10000")));
        assert_eq!(letter.subject, "a\0b");
        for form in [&[("blocks", "x")][..], &[("blocks", "61")], &[("blocks", "1"), ("b0.kind", "script")]] {
            assert_eq!(read(&pairs(form), &base()).err(), Some(Error::BadAddress), "{form:?}");
        }
    }

    #[test]
    fn every_kind_of_advice_can_be_ticked() {
        for (kind, id, _) in KINDS {
            assert_eq!(serde_json::to_value(kind).expect("JSON"), serde_json::json!(id));
        }
    }
}
