//! A clinic's own questions, asked besides the medical part of the intake form. A clinic adds sections and
//! questions; it cannot touch the warning signs, the groups of conditions, the blanks or the consents, which are
//! [`super::intake`]'s. What an answer can do is what a tick there can do, or stand in the note.
//!
//! What may stand in one is in [`check`], which questions are asked and what an answer may be in [`answers`], what an
//! admin does to a draft in [`draft`], what differs between versions in [`changes`], and the exchange
//! with other programs in [`fhir`].

pub mod answers;
pub mod changes;
pub mod check;
pub mod draft;
pub mod fhir;

use serde::{Deserialize, Serialize};

use super::catalogue::{ConditionId, TechniqueId};
use super::note;

/// One version of a clinic's own questions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Questionnaire {
    /// What staff and clients call it.
    pub title: String,
    /// Which version; 0 while nothing was published.
    pub version: u32,
    /// The language it is written in: `en` or `es`.
    pub lang: String,
    /// Whether nobody is asked it any more.
    pub retired: bool,
    /// For which techniques it is asked; none: for all.
    pub techniques: Vec<TechniqueId>,
    /// In the order they are asked: a page each in the client's hands.
    pub sections: Vec<Section>,
}

/// Questions under one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// When it is shown; none: always.
    pub shown_when: Option<When>,
    /// In the order they are asked.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Question {
    /// Its name in answers and conditions: small letters, digits and `_`. Stays when the words change.
    pub id: String,
    /// What kind of answer it takes.
    pub kind: Kind,
    /// What is asked; of [`Kind::Words`] and [`Kind::Consent`], what is read.
    pub text: String,
    /// How to answer it; may be empty.
    pub help: String,
    /// Whether the form is not taken without an answer.
    pub required: bool,
    /// Whether several answers can be given: ticks, or lines of a text.
    pub repeats: bool,
    /// What can be chosen.
    pub options: Vec<Choice>,
    /// What stands there before anybody answers.
    pub initial: Vec<String>,
    /// The smallest number or the first day; empty: any.
    pub least: String,
    /// The largest number or the last day; empty: any.
    pub most: String,
    /// What a number counts, such as `kg`; may be empty.
    pub unit: String,
    /// When it is asked; none: always.
    pub shown_when: Option<When>,
    /// The condition that a yes stands for.
    pub condition: Option<ConditionId>,
    /// The section of the note in which the answer becomes a line.
    pub note: Option<note::Section>,
}

/// What can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    /// Its name in answers and conditions. Stays when the words change.
    pub code: String,
    /// Whose code it is, as other programs name code systems; empty: this clinic's.
    pub system: String,
    /// What one reads.
    pub words: String,
}

/// The kinds of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One line.
    #[default]
    Line,
    /// Several lines.
    Text,
    /// One or several of a list.
    Choice,
    /// The same, or something in one's own words.
    OpenChoice,
    /// Yes, no, or not sure.
    YesNo,
    /// A day.
    Date,
    /// A whole number.
    Whole,
    /// Any number.
    Number,
    /// Places on the body.
    BodyMap,
    /// A name written under something.
    Signature,
    /// A yes or a no to what is read.
    Consent,
    /// Something to read; nothing is asked.
    Words,
}

impl Kind {
    /// Every kind, in the order an editor offers them.
    pub const ALL: [Self; 12] = [
        Self::YesNo,
        Self::Line,
        Self::Text,
        Self::Choice,
        Self::OpenChoice,
        Self::Date,
        Self::Whole,
        Self::Number,
        Self::BodyMap,
        Self::Consent,
        Self::Signature,
        Self::Words,
    ];

    /// The id used in forms and files.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Text => "text",
            Self::Choice => "choice",
            Self::OpenChoice => "open_choice",
            Self::YesNo => "yes_no",
            Self::Date => "date",
            Self::Whole => "whole",
            Self::Number => "number",
            Self::BodyMap => "body_map",
            Self::Signature => "signature",
            Self::Consent => "consent",
            Self::Words => "words",
        }
    }

    /// The kind of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// What staff call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Line => "One line",
            Self::Text => "Several lines",
            Self::Choice => "List to choose from",
            Self::OpenChoice => "List, or own words",
            Self::YesNo => "Yes, no or not sure",
            Self::Date => "Date",
            Self::Whole => "Whole number",
            Self::Number => "Number",
            Self::BodyMap => "Places on the body",
            Self::Signature => "Signature",
            Self::Consent => "Something to agree to",
            Self::Words => "Words to read",
        }
    }

    /// Whether it has a list to choose from.
    #[must_use]
    pub const fn has_options(self) -> bool {
        matches!(self, Self::Choice | Self::OpenChoice)
    }

    /// Whether it is compared as more and less.
    #[must_use]
    pub const fn has_size(self) -> bool {
        matches!(self, Self::Date | Self::Whole | Self::Number)
    }

    /// Whether several answers make sense.
    #[must_use]
    pub const fn may_repeat(self) -> bool {
        matches!(self, Self::Line | Self::Choice | Self::OpenChoice)
    }

    /// Whether anything is asked.
    #[must_use]
    pub const fn asks(self) -> bool {
        !matches!(self, Self::Words)
    }

    /// Whether last time's answer may stand there next time. What somebody agreed to or signed is asked each time.
    #[must_use]
    pub const fn carries(self) -> bool {
        !matches!(self, Self::Signature | Self::Consent | Self::Words)
    }
}

/// When something is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// Whether every rule must hold; else one is enough.
    pub all: bool,
    /// What must hold.
    pub rules: Vec<Rule>,
}

/// A rule about the answer of an earlier question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// The id of that question.
    pub question: String,
    /// How its answer is compared.
    pub is: Test,
    /// With what; empty where nothing is compared.
    pub value: String,
}

/// How an answer is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each test is its own name")]
pub enum Test {
    Answered,
    Blank,
    #[default]
    Is,
    IsNot,
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Test {
    /// Every test, in the order an editor offers them.
    pub const ALL: [Self; 8] =
        [Self::Is, Self::IsNot, Self::Answered, Self::Blank, Self::Above, Self::AtLeast, Self::Below, Self::AtMost];

    /// The id used in forms.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Blank => "blank",
            Self::Is => "is",
            Self::IsNot => "is_not",
            Self::Above => "above",
            Self::AtLeast => "at_least",
            Self::Below => "below",
            Self::AtMost => "at_most",
        }
    }

    /// The test of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|test| test.id() == id)
    }

    /// How staff read it, between the question and the value.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Answered => "is answered",
            Self::Blank => "is left blank",
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::Above => "is more than",
            Self::AtLeast => "is at least",
            Self::Below => "is less than",
            Self::AtMost => "is at most",
        }
    }

    /// Whether it compares with a value.
    #[must_use]
    pub const fn compares(self) -> bool {
        !matches!(self, Self::Answered | Self::Blank)
    }

    /// Whether it needs an answer that has a size.
    #[must_use]
    pub const fn needs_size(self) -> bool {
        matches!(self, Self::Above | Self::AtLeast | Self::Below | Self::AtMost)
    }
}

impl Questionnaire {
    /// Every question, in the order they are asked.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.sections.iter().flat_map(|section| &section.questions)
    }

    /// The question of this id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions().find(|question| question.id == id)
    }

    /// Whether it is asked before a visit with this technique. Without a visit, what is for some techniques alone is not asked.
    #[must_use]
    pub fn is_asked_for(&self, technique: Option<&TechniqueId>) -> bool {
        let fits = technique.is_some_and(|technique| self.techniques.contains(technique));
        !self.retired && (self.techniques.is_empty() || fits)
    }
}

impl Question {
    /// The words of an answer as somebody reads them.
    #[must_use]
    pub fn said(&self, value: &str) -> String {
        match self.kind {
            Kind::Choice | Kind::OpenChoice => {
                let choice = self.options.iter().find(|choice| choice.code == value);
                choice.map_or_else(|| value.to_owned(), |choice| choice.words.clone())
            }
            Kind::YesNo | Kind::Consent => match value {
                "yes" => "Yes".into(),
                "no" => "No".into(),
                "unsure" => "Not sure".into(),
                other => other.to_owned(),
            },
            Kind::BodyMap => place_words(value),
            Kind::Whole | Kind::Number if !self.unit.is_empty() => format!("{value} {}", self.unit),
            _ => value.to_owned(),
        }
    }
}

/// "lower back, left", for a place of the body map.
fn place_words(value: &str) -> String {
    let (region, side) = value.split_once('.').map_or((value, None), |(region, side)| (region, Some(side)));
    let region = super::body::Region::ALL.into_iter().find(|one| one.id() == region);
    let Some(region) = region else { return value.to_owned() };
    match side {
        Some(side) => format!("{}, {side}", region.word()),
        None => region.word(),
    }
}

/// A name made of words: what an id or a code is when nobody gave one.
#[must_use]
pub fn slug(words: &str, or: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let mut made = String::new();
    for c in words.nfd().filter(char::is_ascii).map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            made.push(c);
        } else if !made.is_empty() && !made.ends_with('_') {
            made.push('_');
        }
        if made.len() >= check::LONGEST_ID {
            break;
        }
    }
    let made = made.trim_end_matches('_');
    if made.is_empty() { or.to_owned() } else { made.to_owned() }
}

/// This name, or the same with a number that nobody has yet.
#[must_use]
pub fn unused(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(name) {
        return name.to_owned();
    }
    let stem = &name[..name.len().min(check::LONGEST_ID - 4)];
    let numbered = (2..).map(|number: u32| format!("{stem}_{number}"));
    numbered.take(10_000).find(|name| !is_taken(name)).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests;
