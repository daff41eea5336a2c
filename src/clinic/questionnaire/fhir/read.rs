//! From FHIR to a clinic's own questions. What is not understood is reported with its path and left out, never guessed;
//! nothing in a file can do more than the editor can.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::item::{Answer, answer, choices_of};
use super::{CONTEXTS, Left, TECHNIQUES};
use crate::clinic::questionnaire::check::LONGEST_ID;
use crate::clinic::questionnaire::{Choice, Question, Questionnaire, Rule, Section, Test, When, slug, unused};

/// No file of questions is longer, in bytes.
pub const MOST_BYTES: usize = 1024 * 1024;

/// No file has more items; what a clinic may ask is far less.
const MOST_ITEMS: usize = 500;

/// As many lines as anybody reads; the rest is counted.
const MOST_LEFT: usize = 300;

/// The questions of a file, and what of it was not taken as it stands there.
///
/// # Errors
/// A sentence, when it is no Questionnaire of FHIR at all, or too large for one.
pub fn read(text: &str) -> Result<(Questionnaire, Vec<Left>), String> {
    if text.len() > MOST_BYTES {
        return Err("The file is larger than 1 MB. Take a form with fewer questions, or without pictures.".into());
    }
    let value: Value = serde_json::from_str(text).map_err(|problem| {
        format!(
            "This cannot be read as JSON: line {}, column {}. Choose the file as it was exported.",
            problem.line(),
            problem.column()
        )
    })?;
    let whole =
        value.as_object().filter(|whole| whole.get("resourceType").and_then(Value::as_str) == Some("Questionnaire"));
    let whole =
        whole.ok_or("This is no FHIR Questionnaire: “resourceType” is not “Questionnaire”. Choose another file.")?;
    let items = count(whole);
    if items > MOST_ITEMS {
        return Err(format!("The form has {items} items. At most {MOST_ITEMS} can be brought in; split it."));
    }
    let mut reader = Reader::default();
    reader.whole(whole);
    Ok(reader.done())
}

fn count(whole: &Map<String, Value>) -> usize {
    let items = whole.get("item").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    items.iter().map(|item| 1 + item.as_object().map_or(0, count)).sum()
}

/// Rules as a file has them, to be understood once every question is known.
#[derive(Clone)]
struct Clause<'v> {
    rules: &'v Value,
    behavior: Option<&'v str>,
    path: String,
}

/// Where questions go: the heading and rules of the groups they stand in.
#[derive(Clone, Default)]
struct Place<'v> {
    heading: String,
    clauses: Vec<Clause<'v>>,
    /// The section that was made for it, once there is one.
    section: Option<usize>,
}

/// What a rule hangs on: a section, or a question in one.
type Target = (usize, Option<usize>);

/// Reads a file, and remembers what of it was left.
#[derive(Default)]
pub(super) struct Reader<'v> {
    form: Questionnaire,
    left: Vec<Left>,
    more: usize,
    /// Questions with yes and no that get a third answer here: told once, and not beside each.
    pub may_be_unsure: usize,
    /// The question made of each item, by its linkId.
    ids: BTreeMap<String, String>,
    sets: BTreeMap<String, Vec<Choice>>,
    pending: Vec<(Target, Vec<Clause<'v>>)>,
}

impl<'v> Reader<'v> {
    /// Notes what is not taken as it stands.
    pub fn leave(&mut self, path: impl Into<String>, says: impl Into<String>) {
        if self.left.len() < MOST_LEFT {
            self.left.push(Left { path: path.into(), says: says.into() });
        } else {
            self.more += 1;
        }
    }

    /// Notes every element of an object but these.
    pub fn leave_all_but(&mut self, object: &Map<String, Value>, path: &str, known: &[&str]) {
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
            self.leave(format!("{path}.{name}"), "is not kept");
        }
    }

    /// The list of choices of a value set that came with the file.
    pub fn set(&self, name: &str) -> Option<&[Choice]> {
        self.sets.get(name.strip_prefix('#')?).map(Vec::as_slice)
    }

    fn whole(&mut self, whole: &'v Map<String, Value>) {
        let path = "Questionnaire";
        let known = [
            "resourceType",
            "language",
            "version",
            "title",
            "status",
            "subjectType",
            "useContext",
            "contained",
            "item",
        ];
        self.leave_all_but(whole, path, &known);
        let text = |name: &str| whole.get(name).and_then(Value::as_str).unwrap_or_default();
        self.form.title =
            [text("title"), text("name")].into_iter().find(|text| !text.is_empty()).unwrap_or("Imported form").into();
        self.form.lang = match text("language").split('-').next().unwrap_or_default() {
            "es" => "es".into(),
            "en" | "" => "en".into(),
            other => {
                let other: String = other.chars().take(20).collect();
                self.leave(
                    "Questionnaire.language",
                    format!("“{other}”: pages for clients are in English and Spanish. Taken as English"),
                );
                "en".into()
            }
        };
        self.form.retired = text("status") == "retired";
        match text("version") {
            "" => {}
            number => match number.parse() {
                Ok(number) => self.form.version = number,
                Err(_) => self.leave("Questionnaire.version", "is no whole number; versions are counted here"),
            },
        }
        if whole.get("subjectType").is_some_and(|types| *types != serde_json::json!(["Patient"])) {
            self.leave("Questionnaire.subjectType", "is not kept: questions here are about a client");
        }
        self.contexts(whole);
        for (at, one) in list(whole, "contained").iter().enumerate() {
            let path = format!("Questionnaire.contained[{at}]");
            match choices_of(one) {
                Some((id, choices)) => drop(self.sets.insert(id, choices)),
                None => self.leave(path, "is no list of choices that can be read"),
            }
        }
        self.items(whole, path, &mut Place::default(), &[]);
    }

    fn contexts(&mut self, whole: &Map<String, Value>) {
        for (at, context) in list(whole, "useContext").iter().enumerate() {
            let coding = &context["valueCodeableConcept"]["coding"][0];
            let is_ours = context["code"]["system"] == CONTEXTS && coding["system"] == TECHNIQUES;
            match coding["code"].as_str().filter(|_| is_ours) {
                Some(technique) => self.form.techniques.push(technique.into()),
                None => self.leave(format!("Questionnaire.useContext[{at}]"), "is not kept"),
            }
        }
    }

    /// The items below something: questions go to the section of their place, groups become sections of their own.
    fn items(&mut self, above: &'v Map<String, Value>, path: &str, place: &mut Place<'v>, asked: &[Clause<'v>]) {
        for (at, item) in list(above, "item").iter().enumerate() {
            let path = format!("{path}.item[{at}]");
            let Some(item) = item.as_object() else {
                self.leave(path, "is no item");
                continue;
            };
            if item.get("type").and_then(Value::as_str) == Some("group") {
                self.group(item, &path, place, asked);
            } else {
                self.question(item, &path, place, asked);
            }
        }
    }

    fn group(&mut self, item: &'v Map<String, Value>, path: &str, above: &Place<'v>, asked: &[Clause<'v>]) {
        self.leave_all_but(item, path, &["linkId", "type", "text", "enableWhen", "enableBehavior", "item"]);
        let own = item.get("text").and_then(Value::as_str).unwrap_or_default();
        let heading = match (above.heading.as_str(), own) {
            ("", own) => own.to_owned(),
            (above, "") => above.to_owned(),
            (above, own) => format!("{above}: {own}"),
        };
        let clauses = above.clauses.iter().chain(asked).cloned().chain(clause(item, path)).collect();
        self.items(item, path, &mut Place { heading, clauses, section: None }, &[]);
    }

    fn question(&mut self, item: &'v Map<String, Value>, path: &str, place: &mut Place<'v>, asked: &[Clause<'v>]) {
        let clauses: Vec<Clause<'v>> = asked.iter().cloned().chain(clause(item, path)).collect();
        if let Some(mut question) = self.read_question(item, path) {
            let link = item.get("linkId").and_then(Value::as_str).unwrap_or_default();
            question.id = self.name(link, path);
            let section = self.section(place);
            let questions = &mut self.form.sections[section].questions;
            questions.push(question);
            let target = (section, Some(questions.len() - 1));
            self.pending.push((target, clauses.clone()));
        }
        // What stands below a question is asked after it, and never without it.
        let below = list(item, "item").iter().any(|one| !super::item::is_help(one));
        if below {
            self.leave(format!("{path}.item"), "stood below a question, and follows it here");
            self.below(item, path, place, &clauses);
        }
    }

    fn below(&mut self, item: &'v Map<String, Value>, path: &str, place: &mut Place<'v>, asked: &[Clause<'v>]) {
        for (at, one) in list(item, "item").iter().enumerate().filter(|(_, one)| !super::item::is_help(one)) {
            let path = format!("{path}.item[{at}]");
            match one.as_object() {
                Some(one) if one.get("type").and_then(Value::as_str) == Some("group") => {
                    self.group(one, &path, place, asked);
                }
                Some(one) => self.question(one, &path, place, asked),
                None => self.leave(path, "is no item"),
            }
        }
    }

    /// The section of a place. A group that was interrupted by another goes on in a section of the same heading.
    fn section(&mut self, place: &mut Place<'v>) -> usize {
        let last = self.form.sections.len().checked_sub(1);
        if let Some(section) = place.section.filter(|section| Some(*section) == last) {
            return section;
        }
        let section = self.form.sections.len();
        let heading = if place.heading.is_empty() { self.form.title.clone() } else { place.heading.clone() };
        self.form.sections.push(Section { heading, ..Section::default() });
        self.pending.push(((section, None), place.clauses.clone()));
        place.section = Some(section);
        section
    }

    /// The name a question gets here.
    fn name(&mut self, link: &str, path: &str) -> String {
        let number = self.form.questions().count() + 1;
        let name = slug(link, &format!("question_{number}"));
        let name = unused(&name[..name.len().min(LONGEST_ID)], |id| self.form.question(id).is_some());
        if link.is_empty() {
            self.leave(format!("{path}.linkId"), format!("is missing; the question is called “{name}” here"));
        } else if self.ids.contains_key(link) {
            self.leave(format!("{path}.linkId"), format!("stands there twice; this one is called “{name}” here"));
        } else {
            self.ids.insert(link.to_owned(), name.clone());
        }
        name
    }

    fn done(mut self) -> (Questionnaire, Vec<Left>) {
        for ((section, question), clauses) in std::mem::take(&mut self.pending) {
            let when = self.joined(&clauses);
            let section = &mut self.form.sections[section];
            match question {
                Some(at) => section.questions[at].shown_when = when,
                None => section.shown_when = when,
            }
        }
        match self.may_be_unsure {
            0 => {}
            1 => self.leave("Questionnaire", "the question with yes and no can also be answered with “not sure” here"),
            many => {
                self.leave(
                    "Questionnaire",
                    format!("the {many} questions with yes and no can also be answered with “not sure” here"),
                );
            }
        }
        if self.more > 0 {
            self.left.push(Left { path: "Questionnaire".into(), says: format!("{} more are not listed", self.more) });
        }
        (self.form, self.left)
    }

    /// Several groups of rules, all of which must hold, as one.
    fn joined(&mut self, clauses: &[Clause<'v>]) -> Option<When> {
        let read: Vec<(When, &str)> = clauses
            .iter()
            .map(|clause| (self.rules(clause), clause.path.as_str()))
            .filter(|(when, _)| !when.rules.is_empty())
            .collect();
        if let [(one, _)] = read.as_slice() {
            return Some(one.clone());
        }
        let (alike, mixed): (Vec<_>, Vec<_>) =
            read.into_iter().partition(|(when, _)| when.all || when.rules.len() == 1);
        let mut rules: Vec<Rule> = Vec::new();
        for rule in alike.into_iter().flat_map(|(when, _)| when.rules) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        if let (true, [(one, _)]) = (rules.is_empty(), mixed.as_slice()) {
            return Some(one.clone());
        }
        for (_, path) in &mixed {
            self.leave(
                format!("{path}.enableWhen"),
                "“any of these” cannot stand beside other rules here; it is asked without it",
            );
        }
        (!rules.is_empty()).then_some(When { all: true, rules })
    }

    fn rules(&mut self, clause: &Clause<'v>) -> When {
        let rules = clause.rules.as_array().map_or(&[][..], Vec::as_slice);
        let all = clause.behavior == Some("all") || rules.len() < 2 && clause.behavior != Some("any");
        if rules.len() > 1 && !matches!(clause.behavior, Some("all" | "any")) {
            self.leave(format!("{}.enableBehavior", clause.path), "is missing; one rule that holds is enough here");
        }
        let mut when = When { all, rules: Vec::new() };
        for (at, rule) in rules.iter().enumerate() {
            match self.rule(rule) {
                Ok(rule) => when.rules.push(rule),
                Err(says) => self.leave(format!("{}.enableWhen[{at}]", clause.path), says),
            }
        }
        // Of "any of these" nothing may be missing: the question would be asked too seldom.
        if !all && when.rules.len() < rules.len() {
            when.rules.clear();
        }
        when
    }

    fn rule(&self, rule: &Value) -> Result<Rule, String> {
        let link = rule["question"].as_str().unwrap_or_default();
        let id = self.ids.get(link).ok_or("looks at a question that was not taken; that rule is left out")?;
        let question = self.form.question(id).ok_or("looks at no question")?;
        let is = match rule["operator"].as_str().unwrap_or_default() {
            "exists" if rule["answerBoolean"] == false => Test::Blank,
            "exists" => Test::Answered,
            "=" => Test::Is,
            "!=" => Test::IsNot,
            ">" => Test::Above,
            ">=" => Test::AtLeast,
            "<" => Test::Below,
            "<=" => Test::AtMost,
            _ => return Err("compares in a way that is not known; that rule is left out".into()),
        };
        let value = if is.compares() {
            match answer(rule, "answer", question) {
                Answer::Value(value) => value,
                Answer::None | Answer::Strange => {
                    return Err("waits for an answer that cannot be read; that rule is left out".into());
                }
            }
        } else {
            String::new()
        };
        Ok(Rule { question: id.clone(), is, value })
    }
}

/// The rules of an item, if it has any.
fn clause<'v>(item: &'v Map<String, Value>, path: &str) -> Option<Clause<'v>> {
    let rules = item.get("enableWhen")?;
    Some(Clause { rules, behavior: item.get("enableBehavior").and_then(Value::as_str), path: path.to_owned() })
}

/// The list of this name, or none.
pub(super) fn list<'v>(object: &'v Map<String, Value>, name: &str) -> &'v [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What an item without words is called.
pub(super) fn words(item: &Map<String, Value>) -> String {
    item.get("text").or_else(|| item.get("linkId")).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Question {
    /// A choice by its code, or by what one reads.
    pub(super) fn code_of(&self, named: &str) -> Option<&str> {
        let by_code = self.options.iter().find(|choice| choice.code == named);
        by_code.or_else(|| self.options.iter().find(|choice| choice.words == named)).map(|choice| choice.code.as_str())
    }
}
