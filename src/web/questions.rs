//! The clinic's own questions as fields of a page: the staff's form, the client's, and the editor's preview draw the
//! same parts, each in its own words.

use crate::clinic::body::{Region, Side};
use crate::clinic::intake::own::{Numbered, field};
use crate::clinic::intake::typed::{Typed, place_id};
use crate::clinic::questionnaire::{Kind, Question};
use crate::clinic::wording::{FormWords, filled};
use crate::web::intake::map;

/// A value, its word, and whether it is chosen.
pub type Offered = (String, String, bool);

/// The words around questions, in the language of the page.
#[derive(Clone, Debug)]
pub struct QuestionWords {
    yes: String,
    no: String,
    unsure: String,
    needed: String,
    other: String,
    lines: String,
    bounds: [String; 3],
    /// The word for no answer, where one can take an answer back.
    none: Option<String>,
    /// Every place of the body, with its name.
    places: Vec<(String, String)>,
}

impl QuestionWords {
    /// As staff read them.
    #[must_use]
    pub fn of_staff() -> Self {
        let texts = ["From {least} to {most}.", "{least} or more.", "{most} or less."];
        Self {
            yes: "Yes".into(),
            no: "No".into(),
            unsure: "Not sure".into(),
            needed: "Needed".into(),
            other: "Something else".into(),
            lines: "One a line, if there are several.".into(),
            bounds: texts.map(str::to_owned),
            none: Some("Not asked".into()),
            places: places()
                .map(|(region, side)| place_id(region, side))
                .map(|id| (id.clone(), map::name_of(&id)))
                .collect(),
        }
    }

    /// As clients read them; `name` says what a place is called.
    #[must_use]
    pub fn of_clients(words: &FormWords, name: impl Fn(Region, Option<Side>) -> String) -> Self {
        let own = &words.own;
        Self {
            yes: words.yes.clone(),
            no: words.no.clone(),
            unsure: own.unsure.clone(),
            needed: own.needed.clone(),
            other: own.other.clone(),
            lines: own.lines.clone(),
            bounds: [&own.between, &own.at_least, &own.at_most].map(Clone::clone),
            none: None,
            places: places().map(|(region, side)| (place_id(region, side), name(region, side))).collect(),
        }
    }

    /// An answer as one reads it.
    #[must_use]
    pub fn said(&self, question: &Question, value: &str) -> String {
        let own = match (question.kind, value) {
            (Kind::YesNo | Kind::Consent, "yes") => Some(self.yes.clone()),
            (Kind::YesNo | Kind::Consent, "no") => Some(self.no.clone()),
            (Kind::YesNo, "unsure") => Some(self.unsure.clone()),
            (Kind::BodyMap, place) => self.places.iter().find(|(id, _)| id == place).map(|(_, name)| name.clone()),
            _ => None,
        };
        own.unwrap_or_else(|| question.said(value))
    }
}

/// Every place one can tick: head and neck whole, everything else left and right.
fn places() -> impl Iterator<Item = (Region, Option<Side>)> {
    Region::ALL.into_iter().flat_map(|region| {
        let sides: &[Option<Side>] =
            if map::is_middle(region) { &[None] } else { &[Some(Side::Left), Some(Side::Right)] };
        sides.iter().map(move |side| (region, *side))
    })
}

/// One question with what was typed.
#[derive(Clone, Debug)]
pub struct QuestionView {
    /// Its field.
    pub name: String,
    /// How it is drawn.
    pub kind: &'static str,
    /// What is asked.
    pub text: String,
    /// The language it is written in.
    pub lang: String,
    /// How to answer it, with its bounds and unit; may be empty.
    pub hint: String,
    /// The word that says so, when the form is not taken without an answer.
    pub needed: Option<String>,
    /// What was typed, as one text.
    pub value: String,
    /// What can be chosen.
    pub options: Vec<Offered>,
    /// Whether several can be chosen.
    pub several: bool,
    /// The label of what is in one's own words, and what was written there.
    pub other: Option<(String, String)>,
    /// Bounds of a day.
    pub least: String,
    /// The same.
    pub most: String,
    /// When it is asked, for those who see it all the same; or empty.
    pub when: String,
}

impl QuestionView {
    /// A question of this form.
    #[must_use]
    pub fn of(one: &Numbered, question: &Question, typed: &Typed, words: &QuestionWords) -> Self {
        let name = field(one.number, &question.id);
        let values = typed.all(&name);
        let own = values.iter().find(|value| question.options.iter().all(|choice| choice.code != **value));
        Self {
            kind: question.kind.id(),
            text: question.text.clone(),
            lang: one.form.lang.clone(),
            hint: hint(question, words),
            needed: question.required.then(|| words.needed.clone()),
            value: values.join("\n"),
            options: options(question, values, words),
            several: question.repeats || question.kind == Kind::BodyMap,
            other: (question.kind == Kind::OpenChoice).then(|| (words.other.clone(), own.cloned().unwrap_or_default())),
            least: question.least.clone(),
            most: question.most.clone(),
            when: String::new(),
            name,
        }
    }

    /// The same, with the words that say when it is asked.
    #[must_use]
    pub fn when(self, when: String) -> Self {
        Self { when, ..self }
    }

    /// Whether it is drawn as several lines.
    #[must_use]
    pub fn is_area(&self) -> bool {
        self.kind == "text" || self.kind == "line" && self.several
    }

    /// Whether it is drawn as a row of things to press.
    #[must_use]
    pub fn is_row(&self) -> bool {
        matches!(self.kind, "yes_no" | "consent" | "body_map")
    }

    /// Whether it is a list, one below the other.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.kind, "choice" | "open_choice")
    }

    /// What a browser checks and offers of a single line.
    #[must_use]
    pub fn attributes(&self) -> &'static str {
        match self.kind {
            "whole" => "inputmode=\"numeric\"",
            "number" => "inputmode=\"decimal\"",
            "signature" => "autocomplete=\"name\"",
            _ => "",
        }
    }
}

fn hint(question: &Question, words: &QuestionWords) -> String {
    let [between, at_least, at_most] = &words.bounds;
    let unit =
        |bound: &str| if question.unit.is_empty() { bound.to_owned() } else { format!("{bound} {}", question.unit) };
    let bounds = match (question.least.as_str(), question.most.as_str()) {
        ("", "") if question.unit.is_empty() => String::new(),
        ("", "") => format!("{}.", question.unit),
        (least, "") => filled(at_least, &[("least", &unit(least))]),
        ("", most) => filled(at_most, &[("most", &unit(most))]),
        (least, most) => filled(between, &[("least", least), ("most", &unit(most))]),
    };
    let lines = if question.kind == Kind::Line && question.repeats { words.lines.as_str() } else { "" };
    [question.help.as_str(), &bounds, lines].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn options(question: &Question, values: &[String], words: &QuestionWords) -> Vec<Offered> {
    let offer = |value: &str, word: &str| (value.to_owned(), word.to_owned(), values.iter().any(|one| one == value));
    let none = words.none.as_ref().map(|word| (String::new(), word.clone(), values.is_empty()));
    let fixed: Vec<Offered> = match question.kind {
        Kind::YesNo => vec![offer("yes", &words.yes), offer("no", &words.no), offer("unsure", &words.unsure)],
        Kind::Consent => vec![offer("yes", &words.yes), offer("no", &words.no)],
        Kind::Choice | Kind::OpenChoice => {
            question.options.iter().map(|choice| offer(&choice.code, &choice.words)).collect()
        }
        Kind::BodyMap => words.places.iter().map(|(id, name)| offer(id, name)).collect(),
        _ => Vec::new(),
    };
    let may_be_taken_back = !question.repeats && !matches!(question.kind, Kind::BodyMap) && !fixed.is_empty();
    none.filter(|_| may_be_taken_back).into_iter().chain(fixed).collect()
}
