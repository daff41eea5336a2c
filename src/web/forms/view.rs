//! The page of one form: its sections and questions as fields, what the check says so far, and what was left of a file.

use askama::Template;

use super::Desk;
use crate::clinic::fields::FieldErrors;
use crate::clinic::note;
use crate::clinic::questionnaire::changes::between;
use crate::clinic::questionnaire::check::{MOST_RULES, examine};
use crate::clinic::questionnaire::fhir::Left;
use crate::clinic::questionnaire::{Kind, Question, Questionnaire, Section, Test, When};
use crate::web::shell::{Room, Shell};
use crate::web::studio::report::ReportView;
use crate::web::studio::versions::PartView;
use crate::web::{Web, assets};

/// `GET /forms/{number}`.
#[derive(Debug, Template)]
#[template(path = "forms/edit.html")]
pub(super) struct EditPage {
    pub shell: Shell,
    /// The script's address.
    pub script: String,
    pub path: String,
    pub title: String,
    pub lang: String,
    pub langs: [(&'static str, &'static str); 2],
    pub retired: bool,
    /// Value, word, ticked.
    pub techniques: Vec<(String, String, bool)>,
    /// "Draft of version 5", or "Version 4".
    pub state: String,
    /// "Saved by Ada Osei, today 10:41", or nothing.
    pub saved: String,
    /// The version of the draft this page was made from; 0 without one.
    pub draft: u32,
    pub may_undo: bool,
    pub sections: Vec<SectionView>,
    pub kinds: Vec<(&'static str, &'static str)>,
    pub tests: Vec<(&'static str, &'static str)>,
    pub notes: Vec<(&'static str, &'static str)>,
    /// Name and words of what a rule can look at.
    pub earlier: Vec<(String, String)>,
    /// Name and words of what a yes can stand for.
    pub conditions: Vec<(String, String)>,
    pub report: ReportView,
    pub left: Vec<Left>,
    pub errors: FieldErrors,
    pub theirs: Option<Theirs>,
}

/// Another draft that was saved meanwhile.
#[derive(Debug)]
pub(super) struct Theirs {
    pub by: String,
    pub parts: Vec<PartView>,
}

/// A section.
#[derive(Debug)]
pub(super) struct SectionView {
    pub at: usize,
    /// The field of its heading.
    pub name: String,
    pub heading: String,
    pub when: WhenView,
    pub questions: Vec<QuestionFields>,
    pub may_rise: bool,
    pub may_sink: bool,
}

/// When something is shown.
#[derive(Debug)]
pub(super) struct WhenView {
    /// How the fields begin: `s0`, `q3`.
    pub start: String,
    pub all: bool,
    pub is_set: bool,
    /// Question, test and value of each rule, and one to fill in.
    pub rules: Vec<(String, &'static str, String)>,
}

/// One question.
#[derive(Debug)]
pub(super) struct QuestionFields {
    pub at: usize,
    pub names: Names,
    pub kind: Kind,
    pub id: String,
    pub text: String,
    pub help: String,
    pub required: bool,
    pub repeats: bool,
    pub options: String,
    pub initial: String,
    pub least: String,
    pub most: String,
    pub unit: String,
    pub condition: String,
    pub note: &'static str,
    pub when: WhenView,
    pub may_rise: bool,
    pub may_sink: bool,
}

/// The fields of a question.
#[derive(Debug)]
pub(super) struct Names {
    pub id: String,
    pub kind: String,
    pub text: String,
    pub help: String,
    pub options: String,
    pub initial: String,
    pub least: String,
    pub most: String,
    pub unit: String,
    pub condition: String,
    pub note: String,
}

impl Names {
    fn of(at: usize) -> Self {
        let name = |field: &str| format!("q{at}.{field}");
        Self {
            id: name("id"),
            kind: name("kind"),
            text: name("text"),
            help: name("help"),
            options: name("options"),
            initial: name("initial"),
            least: name("least"),
            most: name("most"),
            unit: name("unit"),
            condition: name("condition"),
            note: name("note"),
        }
    }
}

/// What a page shows besides the form.
#[derive(Default)]
pub(super) struct Shown {
    pub errors: FieldErrors,
    /// The version that the page was made from, when it is not the newest draft's.
    pub draft: Option<u32>,
    pub clash: bool,
}

impl EditPage {
    /// The page of this form, as typed or saved.
    pub fn of(web: &Web, desk: &Desk, form: &Questionnaire, shown: Shown) -> Self {
        let draft = desk.draft();
        let theirs = draft.filter(|_| shown.clash).map(|draft| Theirs {
            by: desk.shelf.by_whom(draft.by, draft.at),
            parts: between(&draft.form, form).iter().map(PartView::of).collect(),
        });
        let earlier = form.questions().filter(|one| one.kind.asks()).map(|one| (one.id.clone(), one.text.clone()));
        let conditions = web.catalogue.conditions().iter();
        let conditions = conditions.filter(|one| !crate::clinic::intake::topics::is_red_flag(one));
        let techniques = web.catalogue.techniques().iter();
        Self {
            shell: desk.shelf.here.shell(Room::Nowhere),
            script: assets::address("studio.js"),
            path: desk.path(),
            title: form.title.clone(),
            lang: form.lang.clone(),
            langs: [("en", "English"), ("es", "Español")],
            retired: form.retired,
            techniques: techniques
                .map(|one| (one.id.to_string(), one.label.clone(), form.techniques.contains(&one.id)))
                .collect(),
            state: match (draft, desk.current()) {
                (Some(_), _) => format!("Draft of version {}", desk.next(form).version),
                (None, Some(current)) => format!("Version {}", current.version),
                (None, None) => String::new(),
            },
            saved: draft
                .map(|draft| format!("Saved by {}", desk.shelf.by_whom(draft.by, draft.at)))
                .unwrap_or_default(),
            draft: shown.draft.unwrap_or_else(|| draft.map_or(0, |draft| draft.version)),
            may_undo: draft.is_some_and(|draft| draft.before.is_some()),
            sections: sections(form),
            kinds: Kind::ALL.map(|kind| (kind.id(), kind.word())).into(),
            tests: Test::ALL.map(|test| (test.id(), test.word())).into(),
            notes: std::iter::once(("", "Not in the note"))
                .chain(note::Section::ALL.map(|section| (section.id(), section.word())))
                .collect(),
            earlier: earlier.collect(),
            conditions: conditions.map(|one| (one.id.to_string(), one.label.clone())).collect(),
            report: ReportView::of(&examine(form, &web.catalogue), ""),
            left: draft.map(|draft| draft.left.clone()).unwrap_or_default(),
            errors: shown.errors,
            theirs,
        }
    }
}

fn sections(form: &Questionnaire) -> Vec<SectionView> {
    let (count, questions) = (form.sections.len(), form.questions().count());
    let mut at = 0;
    let mut view = |(number, section): (usize, &Section)| {
        let first = at;
        at += section.questions.len();
        SectionView {
            at: number,
            name: format!("s{number}.heading"),
            heading: section.heading.clone(),
            when: WhenView::of(format!("s{number}"), section.shown_when.as_ref()),
            questions: section
                .questions
                .iter()
                .enumerate()
                .map(|(place, question)| QuestionFields::of(first + place, question, questions, count))
                .collect(),
            may_rise: number > 0,
            may_sink: number + 1 < count,
        }
    };
    form.sections.iter().enumerate().map(&mut view).collect()
}

impl WhenView {
    fn of(start: String, when: Option<&When>) -> Self {
        let rules = when.map_or(&[][..], |when| &when.rules);
        let blank = (rules.len() < MOST_RULES).then(|| (String::new(), Test::Is.id(), String::new()));
        Self {
            start,
            all: when.is_none_or(|when| when.all),
            is_set: !rules.is_empty(),
            rules: rules
                .iter()
                .map(|rule| (rule.question.clone(), rule.is.id(), rule.value.clone()))
                .chain(blank)
                .collect(),
        }
    }
}

impl QuestionFields {
    fn of(at: usize, question: &Question, count: usize, sections: usize) -> Self {
        Self {
            at,
            names: Names::of(at),
            kind: question.kind,
            id: question.id.clone(),
            text: question.text.clone(),
            help: question.help.clone(),
            required: question.required,
            repeats: question.repeats,
            options: question.options.iter().map(|choice| choice.words.as_str()).collect::<Vec<_>>().join("\n"),
            initial: question.initial.iter().map(|value| question.said(value)).collect::<Vec<_>>().join("\n"),
            least: question.least.clone(),
            most: question.most.clone(),
            unit: question.unit.clone(),
            condition: question.condition.as_ref().map(ToString::to_string).unwrap_or_default(),
            note: question.note.map_or("", note::Section::id),
            when: WhenView::of(format!("q{at}"), question.shown_when.as_ref()),
            may_rise: at > 0 || sections > 1,
            may_sink: at + 1 < count || sections > 1,
        }
    }

    /// Which question, for those who hear the button alone.
    fn told(&self) -> String {
        format!("question {}", self.at + 1)
    }
}
