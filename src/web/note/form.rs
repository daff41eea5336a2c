//! The note's form: one radio of three and a text a line, a text a section. Works the same with
//! and without scripts.

use crate::clinic::fields::{self, FieldErrors};
use crate::clinic::note::{Choice, LONGEST_LINE, LONGEST_TEXT, Note, Refusal, Section};
use crate::web::form::Fields;

/// Applies what was typed and chosen to a note. Whatever can be taken is taken, so that the page
/// shows everything again when something is wrong with one field.
///
/// # Errors
/// When the note is signed.
pub fn apply(fields: &Fields, mut note: Note) -> Result<(Note, FieldErrors), Refusal> {
    let mut errors = FieldErrors::new();
    for section in Section::ALL {
        let name = format!("own.{}", section.id());
        if !fields.has(&name) {
            continue;
        }
        let typed = fields.text(&name);
        if let Err(sentence) = fields::block(typed, section.word(), LONGEST_TEXT) {
            errors.add(name, sentence);
            // Shown again as typed; never saved, since there are errors.
            note.own.insert(section, typed.to_owned());
            continue;
        }
        note.write(section, typed)?;
    }
    let keys: Vec<String> = note.lines.iter().map(|line| line.key.clone()).collect();
    for key in keys {
        let typed = fields.text(&format!("text.{key}"));
        let choice = match fields.text(&format!("line.{key}")) {
            "accept" => Choice::Accept,
            "reject" => Choice::Reject,
            "edit" => match fields::line(typed.trim(), "The line", LONGEST_LINE) {
                Ok(text) => Choice::Edit(text.to_owned()),
                Err(sentence) => {
                    errors.add(format!("text.{key}"), sentence);
                    continue;
                }
            },
            _ => continue,
        };
        match note.decide(&key, fields.text(&format!("seen.{key}")), &choice) {
            Err(Refusal::NoWords(_)) => {
                errors.add(format!("text.{key}"), "The edited line is empty. Write it, or reject it.");
            }
            other => other?,
        }
    }
    Ok((note, errors))
}

/// The section whose lines are to be brought over, when that button was pressed.
#[must_use]
pub fn carried(fields: &Fields) -> Option<Section> {
    let wanted = fields.text("act").strip_prefix("carry.")?;
    Section::ALL.into_iter().find(|section| section.id() == wanted)
}

/// The therapist's words in a form that cannot be saved, to be shown and copied.
#[must_use]
pub fn unsaved(fields: &Fields, signed: &Note) -> Vec<(&'static str, String)> {
    let own = |section: Section| {
        let typed = fields.text(&format!("own.{}", section.id())).replace("\r\n", "\n");
        let typed = typed.trim();
        let known = typed.lines().all(|line| signed.says(section).contains(&line.trim()));
        (!typed.is_empty() && !known).then(|| (section.word(), typed.to_owned()))
    };
    Section::ALL.into_iter().filter_map(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::from(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn everything_typed_comes_back_and_wrong_fields_are_named() {
        let long = "x".repeat(LONGEST_TEXT + 1);
        let typed = fields(&[("own.plan", "To do\r\n<script>"), ("own.objective", &long), ("own.subjective", "a\0b")]);
        let (note, errors) = apply(&typed, Note::default()).expect("a draft");
        assert_eq!(note.own_of(Section::Plan), "To do\n<script>");
        assert_eq!(note.own_of(Section::Objective), long);
        assert_eq!(note.own_of(Section::Subjective), "a\0b");
        let named: Vec<&str> = errors.iter().map(|(field, _)| field).collect();
        assert_eq!(named, ["own.subjective", "own.objective"]);
    }

    #[test]
    fn a_section_that_was_not_sent_stays() {
        let mut note = Note::default();
        note.write(Section::Plan, "Rest").expect("writes");
        let (note, errors) = apply(&fields(&[]), note).expect("a draft");
        assert_eq!((note.own_of(Section::Plan), errors.is_empty()), ("Rest", true));
    }

    #[test]
    fn the_button_names_the_section_to_carry() {
        assert_eq!(carried(&fields(&[("act", "carry.plan")])), Some(Section::Plan));
        assert_eq!(carried(&fields(&[("act", "carry.nothing")])), None);
        assert_eq!(carried(&fields(&[("act", "save")])), None);
    }
}
