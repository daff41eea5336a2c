//! A form of the clinic's own that somebody of the demo has begun: nobody is asked it until it is published.

use crate::clinic::note;
use crate::clinic::questionnaire::draft::choices;
use crate::clinic::questionnaire::{Kind, Question, Questionnaire, Rule, Section, Test, When};

/// The form.
pub(super) fn own_form() -> Questionnaire {
    let question =
        |id: &str, kind: Kind, text: &str| Question { id: id.into(), kind, text: text.into(), ..Question::default() };
    let oils = Question {
        repeats: true,
        options: choices("Almond\nOlive\nWithout a scent", &[]),
        note: Some(note::Section::Plan),
        ..question("oils", Kind::OpenChoice, "Which oils do you like?")
    };
    let massage = question("massage_before", Kind::YesNo, "Have you had a massage before?");
    let before = Rule { question: massage.id.clone(), is: Test::Is, value: "yes".into() };
    let like = Question {
        shown_when: Some(When { all: true, rules: vec![before] }),
        note: Some(note::Section::Subjective),
        ..question("liked", Kind::Text, "What did you like about it, and what not?")
    };
    let first = Section { heading: "You and massage".into(), questions: vec![massage, like], ..Section::default() };
    let second = Section { heading: "Oils".into(), questions: vec![oils], ..Section::default() };
    Questionnaire {
        title: "Before your first visit".into(),
        lang: "en".into(),
        sections: vec![first, second],
        ..Questionnaire::default()
    }
}
