//! The editor of a form: what was typed as questions, and what may not stand in a field at all. What a form should not
//! ask is the check's to tell; a draft may hold it meanwhile.

use crate::clinic::fields::{self, FieldErrors};
use crate::clinic::note;
use crate::clinic::questionnaire::check::{LONGEST_ID, LONGEST_QUESTION, LONGEST_TITLE, MOST_QUESTIONS, MOST_RULES};
use crate::clinic::questionnaire::draft::choices;
use crate::clinic::questionnaire::{Kind, Question, Questionnaire, Rule, Section, Test, When};
use crate::web::error::Error;
use crate::web::form::Fields;

/// More questions than the check lets through, so that a file that was brought in can be edited.
const MOST: usize = MOST_QUESTIONS * 5;

/// The form that was typed. What may not stand in a field is noted and shown again as it was typed.
///
/// # Errors
/// When the form is none of ours.
pub(super) fn read(fields: &Fields, base: &Questionnaire) -> Result<(Questionnaire, FieldErrors), Error> {
    let mut reader = Reader { fields, base, errors: FieldErrors::new(), at: 0 };
    let sections = reader.number("sections")?;
    let known = |id: &&str| id.len() <= LONGEST_ID && id.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let form = Questionnaire {
        title: reader.line("title", "The name", LONGEST_TITLE),
        version: base.version,
        lang: if fields.text("lang") == "es" { "es".into() } else { "en".into() },
        retired: fields.has("retired"),
        techniques: fields.all("technique").into_iter().filter(known).map(Into::into).collect(),
        sections: (0..sections).map(|at| reader.section(at)).collect::<Result<_, _>>()?,
    };
    // Answers are compared with the questions they belong to once all of them are known.
    Ok((settled(form), reader.errors))
}

struct Reader<'a> {
    fields: &'a Fields,
    base: &'a Questionnaire,
    errors: FieldErrors,
    /// The place of the next question.
    at: usize,
}

impl Reader<'_> {
    fn number(&self, name: &str) -> Result<usize, Error> {
        self.fields.text(name).parse().ok().filter(|number| *number <= MOST).ok_or(Error::BadAddress)
    }

    fn line(&mut self, name: &str, label: &str, most: usize) -> String {
        match fields::line(self.fields.text(name), label, most) {
            Ok(line) => line.to_owned(),
            Err(sentence) => {
                self.errors.add(name, sentence);
                self.fields.text(name).to_owned()
            }
        }
    }

    fn text(&mut self, name: &str, label: &str, most: usize) -> String {
        match fields::block(self.fields.text(name), label, most) {
            Ok(text) => text.replace("\r\n", "\n"),
            Err(sentence) => {
                self.errors.add(name, sentence);
                self.fields.text(name).to_owned()
            }
        }
    }

    fn section(&mut self, at: usize) -> Result<Section, Error> {
        let questions = self.number(&format!("s{at}.questions"))?;
        let heading = self.line(&format!("s{at}.heading"), "The heading", LONGEST_TITLE);
        let shown_when = self.when(&format!("s{at}"));
        let questions = (0..questions).map(|_| self.question()).collect::<Result<_, _>>()?;
        Ok(Section { heading, shown_when, questions })
    }

    fn question(&mut self) -> Result<Question, Error> {
        let at = self.at;
        self.at += 1;
        if at >= MOST {
            return Err(Error::BadAddress);
        }
        let start = format!("q{at}");
        let name = |field: &str| format!("{start}.{field}");
        let kind = Kind::of(self.fields.text(&name("kind"))).ok_or(Error::BadAddress)?;
        let id = self.line(&name("id"), "The short name", LONGEST_ID);
        let known = self.base.question(&id).map(|question| question.options.clone()).unwrap_or_default();
        let options = self.text(&name("options"), "The list", 10_000);
        let initial = self.text(&name("initial"), "What stands there from the start", LONGEST_QUESTION);
        let note = note::Section::ALL.into_iter().find(|section| section.id() == self.fields.text(&name("note")));
        let condition = self.line(&name("condition"), "The condition", 80);
        Ok(Question {
            text: self.text(&name("text"), "The question", LONGEST_QUESTION),
            help: self.text(&name("help"), "The help", LONGEST_QUESTION),
            required: self.fields.has(&name("required")),
            repeats: self.fields.has(&name("repeats")),
            options: choices(&options, &known),
            initial: initial.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect(),
            least: self.line(&name("least"), "The smallest", 40),
            most: self.line(&name("most"), "The largest", 40),
            unit: self.line(&name("unit"), "The unit", 40),
            shown_when: self.when(&start),
            condition: Some(condition.as_str()).filter(|id| !id.is_empty()).map(Into::into),
            note,
            kind,
            id,
        })
    }

    fn when(&mut self, start: &str) -> Option<When> {
        let mut rules = Vec::new();
        for number in 0..MOST_RULES {
            let name = |field: &str| format!("{start}.r{number}.{field}");
            let question = self.line(&name("question"), "The question it looks at", LONGEST_ID);
            let value = self.line(&name("value"), "The answer it waits for", LONGEST_TITLE);
            let is = Test::of(self.fields.text(&name("is"))).unwrap_or_default();
            if !question.is_empty() {
                rules.push(Rule { question, is, value: if is.compares() { value } else { String::new() } });
            }
        }
        let all = self.fields.text(&format!("{start}.all")) != "any";
        (!rules.is_empty()).then_some(When { all, rules })
    }
}

/// The same with each answer in a rule, and each that stands there from the start, as the question writes it: people
/// type "Yes" and the words of a choice.
fn settled(form: Questionnaire) -> Questionnaire {
    let known = form.clone();
    let mut form = form;
    let settle = |when: &mut Option<When>| {
        for rule in when.iter_mut().flat_map(|when| &mut when.rules) {
            if let Some(question) = known.question(&rule.question) {
                rule.value = value_of(question, &rule.value);
            }
        }
    };
    for section in &mut form.sections {
        settle(&mut section.shown_when);
        for question in &mut section.questions {
            settle(&mut question.shown_when);
            question.initial = question.initial.iter().map(|value| value_of(question, value)).collect();
        }
    }
    form
}

/// An answer as the question writes it.
fn value_of(question: &Question, typed: &str) -> String {
    let small = typed.trim().to_lowercase();
    match question.kind {
        Kind::YesNo | Kind::Consent => match small.as_str() {
            "not sure" => "unsure".into(),
            _ => small,
        },
        Kind::Choice | Kind::OpenChoice => {
            let choice =
                question.options.iter().find(|choice| choice.code == typed || choice.words.to_lowercase() == small);
            choice.map_or_else(|| typed.to_owned(), |choice| choice.code.clone())
        }
        _ => typed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(more: &[(&str, &str)]) -> Fields {
        more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>().into()
    }

    #[test]
    fn what_was_typed_becomes_sections_questions_and_rules() {
        let form = pairs(&[
            ("title", " Habits "),
            ("sections", "2"),
            ("s0.heading", "One"),
            ("s0.questions", "1"),
            ("q0.kind", "choice"),
            ("q0.id", "oil"),
            ("q0.text", "Which oil?"),
            ("q0.options", "Olive oil\r\nAlmond oil"),
            ("q0.initial", "almond OIL"),
            ("s1.questions", "1"),
            ("s1.all", "any"),
            ("s1.r0.question", "oil"),
            ("s1.r0.is", "is"),
            ("s1.r0.value", "Olive oil"),
            ("q1.kind", "yes_no"),
            ("q1.id", "likes"),
            ("q1.required", "1"),
            ("q1.note", "plan"),
            ("q1.condition", "asthma"),
        ]);
        let (form, errors) = read(&form, &Questionnaire::default()).expect("a form of ours");
        assert!(errors.is_empty());
        assert_eq!(form.title, "Habits");
        assert_eq!(form.sections[0].questions[0].initial, ["almond_oil"]);
        let when = form.sections[1].shown_when.clone().expect("rules");
        assert_eq!((when.all, when.rules[0].value.as_str()), (false, "olive_oil"));
        let likes = &form.sections[1].questions[0];
        assert!(likes.required && likes.note == Some(note::Section::Plan) && likes.condition == Some("asthma".into()));
    }

    #[test]
    fn what_cannot_stand_in_a_field_is_noted_and_what_is_no_form_refused() {
        let form = pairs(&[
            ("title", "a\0b"),
            ("sections", "1"),
            ("s0.questions", "1"),
            ("q0.kind", "line"),
            ("q0.options", "x\u{202e}"),
        ]);
        let (form, errors) = read(&form, &Questionnaire::default()).expect("a form of ours");
        assert!(errors.of("title").is_some() && errors.of("q0.options").is_some());
        assert_eq!(form.title, "a\0b");
        for form in [
            &[("sections", "x")][..],
            &[("sections", "9999")],
            &[("sections", "1"), ("s0.questions", "1"), ("q0.kind", "script")],
        ] {
            assert_eq!(read(&pairs(form), &Questionnaire::default()).err(), Some(Error::BadAddress), "{form:?}");
        }
    }
}
