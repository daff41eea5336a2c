//! A section of the clinic's own questions as a page of the client's form.

use super::body;
use super::walk::Walked;
use crate::clinic::intake::own::{Numbered, OwnPage, field};
use crate::clinic::intake::topics::Topic;
use crate::clinic::questionnaire::Question;
use crate::web::questions::{QuestionView, QuestionWords};

/// What is asked on this page, with the form it belongs to.
fn asked<'a>(walked: &'a Walked, page: &OwnPage) -> Option<(&'a Numbered, Vec<&'a Question>)> {
    let one = walked.own.find(page.form)?;
    let section = one.asked(&walked.typed).into_iter().find(|(at, _, _)| *at == page.section);
    Some((one, section.map(|(_, _, questions)| questions).unwrap_or_default()))
}

fn words(walked: &Walked) -> QuestionWords {
    let words = walked.words();
    QuestionWords::of_clients(words, |region, side| body::name(words, (region, side)))
}

/// The heading of the section.
pub(super) fn heading(walked: &Walked, page: &OwnPage) -> String {
    let section = walked.own.find(page.form).and_then(|one| one.form.sections.get(page.section));
    section.map_or_else(String::new, |section| section.heading.clone())
}

/// Whether the page asks for something the form is not taken without.
pub(super) fn is_needed(walked: &Walked, topic: &Topic) -> bool {
    let Topic::Own(page) = topic else { return false };
    asked(walked, page).is_some_and(|(_, questions)| questions.iter().any(|question| question.required))
}

/// The questions of the page.
pub(super) fn questions(walked: &Walked, page: &OwnPage) -> Vec<QuestionView> {
    let Some((one, questions)) = asked(walked, page) else { return Vec::new() };
    let words = words(walked);
    questions.into_iter().map(|question| QuestionView::of(one, question, &walked.typed, &words)).collect()
}

/// What was answered, a line each.
pub(super) fn lines(walked: &Walked, page: &OwnPage) -> Vec<String> {
    let Some((one, questions)) = asked(walked, page) else { return Vec::new() };
    let words = words(walked);
    let line = |question: &Question| {
        let values = walked.typed.all(&field(one.number, &question.id));
        let said: Vec<String> = values.iter().map(|value| words.said(question, value).replace('\n', " / ")).collect();
        (!said.is_empty() && question.kind.asks()).then(|| format!("{} {}", question.text, said.join(", ")))
    };
    questions.into_iter().filter_map(line).collect()
}
