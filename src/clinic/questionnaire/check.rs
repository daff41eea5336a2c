//! What a clinic's own questions may be: what keeps a draft from being published, and what somebody should look at.

use std::collections::BTreeMap;

use super::super::catalogue::Catalogue;
use super::super::fields;
use super::super::intake::topics::is_red_flag;
use super::super::letter::Finding;
use super::super::letter::gate::Report;
use super::answers::{compared, fault, whole};
use super::{Choice, Kind, Question, Questionnaire, Rule, When};

/// The longest id of a question or a choice, in bytes.
pub const LONGEST_ID: usize = 40;

/// More than any clinic asks.
pub const MOST_SECTIONS: usize = 20;
/// More than anybody answers.
pub const MOST_QUESTIONS: usize = 100;
/// More than fits a page.
pub const MOST_OPTIONS: usize = 60;
/// More than anybody can think through.
pub const MOST_RULES: usize = 10;

/// The longest title, heading and unit, in characters.
pub const LONGEST_TITLE: usize = 120;
/// The longest question or words to read, in characters.
pub const LONGEST_QUESTION: usize = 1000;

/// Looks a draft through. Places are counted over all sections, as the editor shows them.
#[must_use]
pub fn examine(form: &Questionnaire, catalogue: &Catalogue) -> Report {
    let mut look = Look { form, catalogue, findings: Vec::new(), seen: BTreeMap::new() };
    look.whole();
    let mut at = 0;
    for (number, section) in form.sections.iter().enumerate() {
        let place = format!("section {}", number + 1);
        look.words(&place, &section.heading, "The heading", LONGEST_TITLE, true);
        if section.questions.is_empty() {
            look.refuse(&place, "has no question. Add one, or remove the section.");
        }
        look.when(&place, section.shown_when.as_ref());
        for question in &section.questions {
            let before = look.findings.len();
            look.question(&format!("question {}", at + 1), question);
            for finding in &mut look.findings[before..] {
                finding.block = Some(at);
            }
            at += 1;
        }
    }
    let mut report = Report { findings: look.findings, passed: Vec::new() };
    for (words, passed) in [
        ("condition", "Every condition it points to is in the catalogue and may be asked here"),
        ("earlier question", "What is shown under a condition looks at earlier questions alone"),
        ("same name", "Every question has a name of its own"),
    ] {
        if !report.findings.iter().any(|finding| finding.says.contains(words)) {
            report.passed.push(passed.into());
        }
    }
    report
        .passed
        .push("Warning signs, groups of conditions, blanks and consents are untouched: they are not part of it".into());
    report.findings.sort_by_key(|finding| finding.severity);
    report
}

struct Look<'a> {
    form: &'a Questionnaire,
    catalogue: &'a Catalogue,
    findings: Vec<Finding>,
    /// The questions before this one, by id, with their place.
    seen: BTreeMap<&'a str, &'a Question>,
}

impl<'a> Look<'a> {
    fn refuse(&mut self, place: &str, says: impl Into<String>) {
        self.findings.push(Finding::new(place, says));
    }

    fn warn(&mut self, place: &str, says: impl Into<String>) {
        self.findings.push(Finding::warning(place, says));
    }

    fn whole(&mut self) {
        let form = self.form;
        self.words("title", &form.title, "The title", LONGEST_TITLE, true);
        if !matches!(form.lang.as_str(), "en" | "es") {
            self.refuse("language", "is neither English nor Spanish; pages for clients are in these two");
        }
        for technique in form.techniques.iter().filter(|id| self.catalogue.technique(id).is_none()).collect::<Vec<_>>()
        {
            self.refuse("techniques", format!("“{technique}” is not in the catalogue; choose from the list"));
        }
        if form.sections.is_empty() {
            self.refuse("sections", "There is none yet. Add a section with a question.");
        }
        if form.sections.len() > MOST_SECTIONS {
            self.refuse("sections", format!("There are {}; use at most {MOST_SECTIONS}", form.sections.len()));
        }
        let questions = form.questions().count();
        if questions > MOST_QUESTIONS {
            self.refuse("questions", format!("There are {questions}; use at most {MOST_QUESTIONS}"));
        } else if questions > 30 {
            self.warn("questions", format!("There are {questions}. Few people answer more than 30 on a phone"));
        }
    }

    fn words(&mut self, place: &str, text: &str, label: &str, most: usize, needed: bool) {
        if needed && text.trim().is_empty() {
            self.refuse(place, format!("{label} is empty. Write it in a few words."));
        }
        if let Err(sentence) = fields::block(text, label, most) {
            self.refuse(place, sentence);
        }
    }

    fn question(&mut self, place: &str, question: &'a Question) {
        let label = if question.kind.asks() { "The question" } else { "The text" };
        self.words(place, &question.text, label, LONGEST_QUESTION, true);
        self.words(place, &question.help, "The help", LONGEST_QUESTION, false);
        self.words(place, &question.unit, "The unit", 20, false);
        if !is_id(&question.id) {
            self.refuse(
                place,
                format!("The name “{}” does not fit. Use small letters, digits and _", shorter(&question.id)),
            );
        }
        self.when(place, question.shown_when.as_ref());
        if self.seen.insert(&question.id, question).is_some() {
            self.refuse(place, format!("has the same name as another question: “{}”", shorter(&question.id)));
        }
        if question.repeats && !question.kind.may_repeat() {
            self.refuse(place, format!("cannot take several answers: {}", question.kind.word().to_lowercase()));
        }
        if question.required && !question.kind.asks() {
            self.refuse(place, "asks nothing, so it cannot need an answer");
        }
        if !question.help.is_empty() && !question.kind.asks() {
            self.refuse(place, "is only read, so it needs no help beside it. Write it into the text");
        }
        self.options(place, question);
        self.bounds(place, question);
        self.maps(place, question);
        // What stands there from the start is one of the list, also where own words are taken.
        let kind = if question.kind == Kind::OpenChoice { Kind::Choice } else { question.kind };
        let blank = Question { required: false, kind, ..question.clone() };
        if !question.initial.is_empty() && (!question.kind.carries() || fault(&blank, &question.initial).is_some()) {
            self.refuse(
                place,
                "What stands there from the start is no answer one could give. Change it or leave it empty",
            );
        }
    }

    fn options(&mut self, place: &str, question: &Question) {
        if !question.kind.has_options() {
            if !question.options.is_empty() {
                self.refuse(place, "has a list, and its kind shows none. Make it a list to choose from");
            }
            return;
        }
        if question.options.is_empty() {
            self.refuse(place, "has nothing to choose from. Write one choice a line");
        }
        if question.options.len() > MOST_OPTIONS {
            self.refuse(place, format!("has {} choices; use at most {MOST_OPTIONS}", question.options.len()));
        }
        for (at, choice) in question.options.iter().enumerate() {
            self.words(place, &choice.words, &format!("Choice {}", at + 1), LONGEST_TITLE, true);
            let twice = |one: &&Choice| one.code == choice.code || one.words == choice.words;
            if question.options.iter().filter(twice).count() > 1 {
                self.refuse(place, format!("offers “{}” twice", shorter(&choice.words)));
                break;
            }
            let fits = !choice.code.is_empty() && fields::line(&choice.code, "", LONGEST_TITLE).is_ok();
            if !fits || choice.system.len() > 200 {
                self.refuse(place, format!("The code of choice {} cannot be used", at + 1));
            }
        }
    }

    fn bounds(&mut self, place: &str, question: &Question) {
        let (least, most) = (&question.least, &question.most);
        if least.is_empty() && most.is_empty() {
            return;
        }
        if !question.kind.has_size() {
            self.refuse(place, "has bounds, and its answers have no size. Leave them empty");
            return;
        }
        let is_value = |text: &String| text.is_empty() || compared(question.kind, text, text).is_some();
        if !is_value(least) || !is_value(most) {
            let like = if question.kind == Kind::Date { "a day such as 2026-03-27" } else { "a number" };
            self.refuse(place, format!("A bound cannot be read: write {like}, or leave it empty"));
        } else if compared(question.kind, least, most).is_some_and(std::cmp::Ordering::is_gt) {
            self.refuse(place, format!("Nothing lies between {least} and {most}. Swap the bounds"));
        }
        if question.kind == Kind::Whole && [least, most].iter().any(|text| !text.is_empty() && whole(text).is_none()) {
            self.refuse(place, "A bound of a whole number is whole too");
        }
    }

    fn maps(&mut self, place: &str, question: &Question) {
        if question.note.is_some() && !question.kind.asks() {
            self.refuse(place, "asks nothing, so nothing of it can stand in the note");
        }
        let Some(id) = &question.condition else { return };
        if question.kind != Kind::YesNo {
            self.refuse(place, "Only a question with yes and no can stand for a condition");
        }
        match self.catalogue.condition(id) {
            None => self.refuse(
                place,
                format!("“{}” is no condition of the catalogue; choose from the list", shorter(id.as_str())),
            ),
            Some(condition) if is_red_flag(condition) => self.refuse(
                place,
                "A warning sign is no condition to be asked here: every form asks for it first, and stops",
            ),
            Some(_) if !question.initial.is_empty() => {
                self.refuse(place, "stands for a condition, so its answer must be the client’s: nothing may stand there from the start");
            }
            Some(_) => {}
        }
    }

    fn when(&mut self, place: &str, when: Option<&When>) {
        let Some(when) = when else { return };
        if when.rules.len() > MOST_RULES {
            self.refuse(place, format!("is shown under {} rules; use at most {MOST_RULES}", when.rules.len()));
        }
        for rule in &when.rules {
            self.rule(place, rule);
        }
    }

    fn rule(&mut self, place: &str, rule: &Rule) {
        let Some(question) = self.seen.get(rule.question.as_str()).copied() else {
            let name = shorter(&rule.question);
            let says = if self.form.question(&rule.question).is_some() {
                format!("looks at “{name}”, which is asked after it. Move it below, or look at an earlier question")
            } else {
                format!("looks at “{name}”, which is no earlier question. Choose one from the list")
            };
            return self.refuse(place, says);
        };
        if !question.kind.asks() {
            self.refuse(
                place,
                format!("looks at “{}”, which asks nothing. Choose an earlier question", shorter(&rule.question)),
            );
        } else if rule.is.needs_size() && !question.kind.has_size() {
            self.refuse(place, format!("compares “{}”, whose answers have no size", shorter(&rule.question)));
        } else if rule.is.compares() && !could_be(question, &rule.value) {
            self.refuse(
                place,
                format!(
                    "waits for “{}”, which “{}” cannot be answered with",
                    shorter(&rule.value),
                    shorter(&rule.question)
                ),
            );
        }
    }
}

/// Whether a question can be answered with this.
fn could_be(question: &Question, value: &str) -> bool {
    let open = Question { required: true, least: String::new(), most: String::new(), ..question.clone() };
    fault(&open, &[value.to_owned()]).is_none()
}

/// Whether this can name a question.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(fits)
}

/// No longer than a line: a sentence must not repeat ten megabytes.
fn shorter(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    if shown.chars().count() < text.chars().count() { format!("{shown}…") } else { shown }
}
