//! The clinic's own questions on the form that staff take, and in the editor's preview: a section each.

use crate::clinic::intake::own::{OwnForms, OwnPage, field};
use crate::clinic::intake::typed::Typed;
use crate::clinic::questionnaire::answers::Fault;
use crate::clinic::questionnaire::{Question, When};
use crate::web::questions::{QuestionView, QuestionWords};

/// A section of the clinic's own questions.
#[derive(Debug)]
pub struct OwnSection {
    /// Where it is on the page.
    pub id: String,
    /// Its heading.
    pub heading: String,
    /// The language of the heading.
    pub lang: String,
    /// The form it belongs to, and when it is asked.
    pub meta: String,
    /// How many questions that need an answer have none.
    pub open: usize,
    /// The questions. All of them: without scripts nothing can come up while one types.
    pub questions: Vec<QuestionView>,
}

/// Every section of these forms.
#[must_use]
pub fn sections(own: &OwnForms, typed: &Typed) -> Vec<OwnSection> {
    let words = QuestionWords::of_staff();
    let faults = own.faults(typed);
    let mut sections = Vec::new();
    for one in &own.0 {
        for (at, section) in one.form.sections.iter().enumerate() {
            let name = |question: &Question| field(one.number, &question.id);
            let is_open = |question: &&Question| {
                faults.iter().any(|(found, _, fault)| *fault == Fault::Missing && *found == name(question))
            };
            let when = |when: &Option<When>| when.as_ref().map(|when| when.words(&one.form)).unwrap_or_default();
            let only = when(&section.shown_when);
            let only = if only.is_empty() { String::new() } else { format!("Only when {only}") };
            sections.push(OwnSection {
                id: OwnPage::new(one.number, at).id().to_owned(),
                heading: section.heading.clone(),
                lang: one.form.lang.clone(),
                meta: if only.is_empty() { one.form.title.clone() } else { only },
                open: section.questions.iter().filter(is_open).count(),
                questions: section
                    .questions
                    .iter()
                    .map(|question| QuestionView::of(one, question, typed, &words).when(when(&question.shown_when)))
                    .collect(),
            });
        }
    }
    sections
}
