//! Which of a clinic's own questions are asked, given the answers so far, and what an answer may be.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::super::fields;
use super::super::intake::check::{LONGEST_NAME, LONGEST_TEXT};
use super::{Kind, Question, Questionnaire, Rule, Test, When};

/// As much as stands in one line.
pub const LONGEST_LINE: usize = 300;

/// The values given to each question, by its id. A question without an answer is not among them.
pub type Answers = BTreeMap<String, Vec<String>>;

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is none, and the form is not taken without one.
    Missing,
    /// It is longer than this many characters, or cannot be shown.
    Text(usize),
    /// It is no day of the calendar.
    Day,
    /// It is no number.
    Number,
    /// It is no whole number.
    Whole,
    /// It is outside these bounds; an empty one is none.
    Outside(String, String),
    /// It is nothing the question offers.
    NotOffered,
    /// There are several where one is asked for.
    Several,
}

impl Fault {
    /// What staff read beside the field.
    #[must_use]
    pub fn sentence(&self, question: &Question) -> String {
        let text = &question.text;
        match self {
            Self::Missing => format!("“{text}” needs an answer. Ask, and write it down."),
            Self::Text(most) => {
                format!("The answer to “{text}” is too long or cannot be shown. Use at most {most} characters.")
            }
            Self::Day => "That is not a day on the calendar. Write it like 2026-03-27.".into(),
            Self::Number => "That is not a number. Write it like 12 or 12.5.".into(),
            Self::Whole => "That is not a whole number. Write it like 12.".into(),
            Self::Outside(least, most) => match (least.is_empty(), most.is_empty()) {
                (false, false) => {
                    format!("That is outside what can be answered here. Give something from {least} to {most}.")
                }
                (false, true) => format!("That is too little. Give {least} or more."),
                _ => format!("That is too much. Give {most} or less."),
            },
            Self::NotOffered => "That is nothing one can choose here. Choose from the list.".into(),
            Self::Several => "Only one answer can be given here.".into(),
        }
    }
}

impl Questionnaire {
    /// The ids of what is asked with these answers. The answer to a question that is not asked counts as none.
    #[must_use]
    pub fn visible(&self, answers: &Answers) -> BTreeSet<&str> {
        let mut asked: BTreeMap<&str, &Question> = BTreeMap::new();
        for section in &self.sections {
            if !holds(section.shown_when.as_ref(), &asked, answers) {
                continue;
            }
            for question in &section.questions {
                if holds(question.shown_when.as_ref(), &asked, answers) {
                    asked.insert(&question.id, question);
                }
            }
        }
        asked.into_keys().collect()
    }

    /// What is wrong with the answers to what is asked, in the order of the form.
    #[must_use]
    pub fn faults(&self, answers: &Answers) -> Vec<(&Question, Fault)> {
        let visible = self.visible(answers);
        let asked = self.questions().filter(|question| visible.contains(question.id.as_str()));
        asked
            .filter_map(|question| {
                let values = answers.get(&question.id).map_or(&[][..], Vec::as_slice);
                fault(question, values).map(|fault| (question, fault))
            })
            .collect()
    }
}

/// Whether something is shown. `asked` is what was asked before it.
fn holds(when: Option<&When>, asked: &BTreeMap<&str, &Question>, answers: &Answers) -> bool {
    let Some(when) = when.filter(|when| !when.rules.is_empty()) else { return true };
    let mut rules = when.rules.iter().map(|rule| {
        let question = asked.get(rule.question.as_str());
        let values = question.and_then(|question| answers.get(&question.id)).map_or(&[][..], Vec::as_slice);
        is_so(rule, question.copied(), values)
    });
    if when.all { rules.all(|holds| holds) } else { rules.any(|holds| holds) }
}

/// Of several answers, one that fits is enough; "is not" wants none that does.
fn is_so(rule: &Rule, question: Option<&Question>, values: &[String]) -> bool {
    let kind = question.map_or(Kind::Line, |question| question.kind);
    let any = |fits: &dyn Fn(std::cmp::Ordering) -> bool| {
        values.iter().any(|value| compared(kind, value, &rule.value).is_some_and(fits))
    };
    match rule.is {
        Test::Answered => !values.is_empty(),
        Test::Blank => values.is_empty(),
        Test::Is => any(&std::cmp::Ordering::is_eq),
        Test::IsNot => !any(&std::cmp::Ordering::is_eq),
        Test::Above => any(&std::cmp::Ordering::is_gt),
        Test::AtLeast => any(&std::cmp::Ordering::is_ge),
        Test::Below => any(&std::cmp::Ordering::is_lt),
        Test::AtMost => any(&std::cmp::Ordering::is_le),
    }
}

/// How an answer stands to a value. Words are equal or not; days and numbers have a size.
pub(super) fn compared(kind: Kind, left: &str, right: &str) -> Option<std::cmp::Ordering> {
    match kind {
        Kind::Date => Some(day(left)?.cmp(&day(right)?)),
        Kind::Whole | Kind::Number => number(left)?.partial_cmp(&number(right)?),
        _ => (left.trim() == right.trim()).then_some(std::cmp::Ordering::Equal),
    }
}

/// A day as forms write it.
pub(super) fn day(text: &str) -> Option<Date> {
    super::super::intake::day(text.trim()).ok()
}

/// A number as people write it; not "inf", and nothing that a page could not print.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain =
        text.len() <= 24 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'+'));
    text.parse::<f64>().ok().filter(|number| plain && number.is_finite())
}

pub(super) fn whole(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// What is wrong with the values given to a question.
pub(super) fn fault(question: &Question, values: &[String]) -> Option<Fault> {
    if !question.kind.asks() {
        return None;
    }
    if values.iter().all(|value| value.trim().is_empty()) {
        return question.required.then_some(Fault::Missing);
    }
    let may_be_several = question.repeats || question.kind == Kind::BodyMap;
    // Beside a list stands a field for own words, and a choice cannot be taken back there.
    let may_be_several = may_be_several || matches!(question.kind, Kind::Text | Kind::OpenChoice);
    if values.len() > 1 && !may_be_several {
        return Some(Fault::Several);
    }
    values.iter().find_map(|value| value_fault(question, value))
}

fn value_fault(question: &Question, value: &str) -> Option<Fault> {
    let is_offered = |value: &str| question.options.iter().any(|choice| choice.code == value);
    let text = |most: usize, several: bool| {
        let fits = if several { fields::block(value, "", most) } else { fields::line(value, "", most) };
        fits.is_err().then_some(Fault::Text(most))
    };
    match question.kind {
        Kind::Line => text(if question.repeats { LONGEST_TEXT } else { LONGEST_LINE }, question.repeats),
        Kind::Text => text(LONGEST_TEXT, true),
        Kind::Signature => text(LONGEST_NAME, false),
        Kind::Choice => (!is_offered(value)).then_some(Fault::NotOffered),
        Kind::OpenChoice if is_offered(value) => None,
        Kind::OpenChoice => text(LONGEST_LINE, false),
        Kind::YesNo => (!matches!(value, "yes" | "no" | "unsure")).then_some(Fault::NotOffered),
        Kind::Consent => (!matches!(value, "yes" | "no")).then_some(Fault::NotOffered),
        Kind::BodyMap => (!is_place(value)).then_some(Fault::NotOffered),
        Kind::Date if day(value).is_none() => Some(Fault::Day),
        Kind::Number if number(value).is_none() => Some(Fault::Number),
        Kind::Whole if whole(value).is_none() => Some(Fault::Whole),
        Kind::Date | Kind::Number | Kind::Whole => {
            let below = compared(question.kind, value, &question.least).is_some_and(std::cmp::Ordering::is_lt);
            let above = compared(question.kind, value, &question.most).is_some_and(std::cmp::Ordering::is_gt);
            (below || above).then(|| Fault::Outside(question.least.clone(), question.most.clone()))
        }
        Kind::Words => None,
    }
}

/// Whether this is a place of the body map.
pub(super) fn is_place(value: &str) -> bool {
    use super::super::body::{Region, Side};
    let (region, side) = value.split_once('.').map_or((value, None), |(region, side)| (region, Some(side)));
    let side_fits = side.is_none_or(|side| [Side::Left, Side::Right].iter().any(|one| one.id() == side));
    side_fits && Region::ALL.iter().any(|one| one.id() == region)
}
