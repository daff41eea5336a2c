//! A clinic's own questions on the intake form: the fields they are typed into, the answers that are kept, and what a
//! yes adds to the medical part. It can only add: a yes is a tick in its group, "not sure" leaves the question there
//! open, and nothing said here takes anything away.
//!
//! Fields are called `q.FORM.QUESTION`. Answers are kept with the words that were read, so that they can be read
//! for ever, whatever becomes of the form.

use serde::{Deserialize, Serialize};

use super::super::catalogue::ConditionId;
use super::super::note;
use super::super::questionnaire::answers::{Answers, Fault};
use super::super::questionnaire::{Kind, Question, Questionnaire, Section};
use super::Intake;
use super::again::Again;
use super::typed::Typed;

/// The answers to one form of the clinic's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    /// Which form.
    pub form: u32,
    /// Which version of it.
    pub version: u32,
    /// What it was called.
    pub title: String,
    /// What was asked and answered, in order. What was left blank is not among them.
    pub answers: Vec<Answered>,
}

/// One question with its answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The question's id.
    pub id: String,
    /// What was asked.
    pub asked: String,
    /// The values, as forms write them.
    pub values: Vec<String>,
    /// The same as one reads it.
    pub said: Vec<String>,
    /// The condition that a yes stood for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionId>,
    /// The section of the note it becomes a line of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<note::Section>,
    /// Whether it is asked anew each time.
    #[serde(default)]
    pub once: bool,
}

/// An answer is personal and must not reach a log by accident.
impl std::fmt::Debug for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answered({})", self.id)
    }
}

/// A form of the clinic's own, by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Its number at this clinic.
    pub number: u32,
    /// What is asked.
    pub form: Questionnaire,
}

/// The forms that are asked together with the medical part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnForms(pub Vec<Numbered>);

/// None: a clinic that asks nothing of its own.
pub static NONE: OwnForms = OwnForms(Vec::new());

/// The field of a question.
#[must_use]
pub fn field(form: u32, question: &str) -> String {
    format!("q.{form}.{question}")
}

impl Numbered {
    /// The answers to it among what was typed.
    #[must_use]
    pub fn answers(&self, typed: &Typed) -> Answers {
        let values = |question: &Question| typed.all(&field(self.number, &question.id)).to_vec();
        let all = self.form.questions().map(|question| (question.id.clone(), values(question)));
        all.filter(|(_, values)| !values.is_empty()).collect()
    }

    /// The sections that are asked, by their place, with what is asked in each.
    #[must_use]
    pub fn asked(&self, typed: &Typed) -> Vec<(usize, &Section, Vec<&Question>)> {
        let answers = self.answers(typed);
        let visible = self.form.visible(&answers);
        let sections = self.form.sections.iter().enumerate().map(|(at, section)| {
            let shown = section.questions.iter().filter(|question| visible.contains(question.id.as_str()));
            (at, section, shown.collect::<Vec<_>>())
        });
        sections.filter(|(_, _, questions)| !questions.is_empty()).collect()
    }

    fn kept(&self, typed: &Typed) -> Option<Own> {
        let answers = self.answers(typed);
        let visible = self.form.visible(&answers);
        let given =
            self.form.questions().filter(|question| visible.contains(question.id.as_str()) && question.kind.asks());
        let given = given.filter_map(|question| {
            let values = answers.get(&question.id)?.clone();
            Some(Answered {
                id: question.id.clone(),
                asked: question.text.clone(),
                said: values.iter().map(|value| question.said(value)).collect(),
                values,
                condition: question.condition.clone(),
                note: question.note,
                once: !question.kind.carries(),
            })
        });
        let answers: Vec<Answered> = given.collect();
        let own = Own { form: self.number, version: self.form.version, title: self.form.title.clone(), answers };
        (!own.answers.is_empty()).then_some(own)
    }
}

impl OwnForms {
    /// The form of this number.
    #[must_use]
    pub fn find(&self, number: u32) -> Option<&Numbered> {
        self.0.iter().find(|one| one.number == number)
    }

    /// The question of this field, with the number of its form.
    #[must_use]
    pub fn question(&self, name: &str) -> Option<(u32, &Question)> {
        let (number, id) = name.strip_prefix("q.")?.split_once('.')?;
        let one = self.find(number.parse().ok()?)?;
        Some((one.number, one.form.question(id)?))
    }

    /// What is wrong with the answers, by field, in the order of the forms.
    #[must_use]
    pub fn faults(&self, typed: &Typed) -> Vec<(String, &Question, Fault)> {
        let mut faults = Vec::new();
        for one in &self.0 {
            for (question, fault) in one.form.faults(&one.answers(typed)) {
                faults.push((field(one.number, &question.id), question, fault));
            }
        }
        faults
    }

    /// The same form with every yes that stands for a condition ticked in its group.
    #[must_use]
    pub fn ticked(&self, typed: &Typed) -> Typed {
        let mut ticked = typed.clone();
        for id in self.conditions(typed, "yes") {
            if !ticked.has("yes", id.as_str()) {
                ticked.add("yes", id.as_str());
            }
        }
        ticked
    }

    /// The conditions of which somebody was not sure.
    #[must_use]
    pub fn unsure(&self, typed: &Typed) -> Vec<ConditionId> {
        self.conditions(typed, "unsure")
    }

    fn conditions(&self, typed: &Typed, answer: &str) -> Vec<ConditionId> {
        let mut found = Vec::new();
        for one in &self.0 {
            let asked = one.asked(typed);
            let questions = asked.iter().flat_map(|(_, _, questions)| questions);
            let said = questions.filter(|question| typed.has(&field(one.number, &question.id), answer));
            found.extend(
                said.filter(|question| question.kind == Kind::YesNo).filter_map(|question| question.condition.clone()),
            );
        }
        found
    }

    /// The answers as they are kept.
    #[must_use]
    pub fn kept(&self, typed: &Typed) -> Vec<Own> {
        self.0.iter().filter_map(|one| one.kept(typed)).collect()
    }

    /// The sections as pages. Where nothing has changed, those in which something that is needed, or stands for a
    /// condition, has no answer.
    pub(super) fn pages(&self, typed: &Typed, same: bool) -> Vec<OwnPage> {
        let mut pages = Vec::new();
        for one in &self.0 {
            for (section, _, questions) in one.asked(typed) {
                let is_open = questions.iter().any(|question| {
                    let is_needed = question.required || question.condition.is_some();
                    is_needed && !typed.has_field(&field(one.number, &question.id))
                });
                if !same || is_open {
                    pages.push(OwnPage::new(one.number, section));
                }
            }
        }
        pages
    }

    /// Puts into the fields what stands there from the start, where nobody answered yet.
    pub fn begin(&self, typed: &mut Typed) {
        for one in &self.0 {
            for question in one.form.questions().filter(|question| !question.initial.is_empty()) {
                let name = field(one.number, &question.id);
                if !typed.has_field(&name) {
                    typed.set(&name, &question.initial);
                }
            }
        }
    }
}

/// A section of the clinic's own questions as a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPage {
    /// The number of the form.
    pub form: u32,
    /// The place of the section in it, from 0.
    pub section: usize,
    id: String,
}

impl OwnPage {
    /// The page of this section.
    #[must_use]
    pub fn new(form: u32, section: usize) -> Self {
        Self { form, section, id: format!("own-{form}-{section}") }
    }

    /// Its id in addresses.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn of(id: &str, own: &OwnForms) -> Option<Self> {
        let (form, section) = id.strip_prefix("own-")?.split_once('-')?;
        let page = Self::new(form.parse().ok()?, section.parse().ok()?);
        let is_there = own.find(page.form).is_some_and(|one| page.section < one.form.sections.len());
        (is_there && page.id == id).then_some(page)
    }

    pub(super) fn owns(&self, own: &OwnForms, name: &str) -> bool {
        let section = own.find(self.form).and_then(|one| one.form.sections.get(self.section));
        section.is_some_and(|section| section.questions.iter().any(|one| field(self.form, &one.id) == name))
    }
}

/// The fields of this page that are asked with these answers and were not with those before.
#[must_use]
pub fn newly_asked(page: &OwnPage, own: &OwnForms, before: &Typed, now: &Typed) -> Vec<String> {
    let Some(one) = own.find(page.form) else { return Vec::new() };
    let fields = |typed: &Typed| -> Vec<String> {
        let asked = one.asked(typed);
        let here = asked.into_iter().filter(|(at, _, _)| *at == page.section).flat_map(|(_, _, questions)| questions);
        here.map(|question| field(one.number, &question.id)).collect()
    };
    let known = fields(before);
    fields(now).into_iter().filter(|name| !known.contains(name) && !now.has_field(name)).collect()
}

/// The fields of these answers, for a form that shows them again. What was agreed to or signed is asked anew; so is a
/// yes or no to a condition that is too old to go by.
pub(super) fn shown_again(intake: &Intake, again: &Again, typed: &mut Typed) {
    for own in &intake.own {
        let old = |one: &&Answered| one.condition.as_ref().is_some_and(|id| again.conditions.contains_key(id));
        for one in own.answers.iter().filter(|one| !one.once && !old(one)) {
            typed.set(&field(own.form, &one.id), &one.values);
        }
    }
}

#[cfg(test)]
mod tests;
