//! A client's answers at one time, and what they agreed to. Answers are kept as given: what
//! follows from them is for [`super::tailoring`] to say, and nothing here decides anything.
//! The form they are given on is in [`form`], [`typed`] and [`check`]; how a client is led through it,
//! a topic a page, in [`topics`] and [`guest`]; what a clinic asks besides, in [`own`].

pub mod again;
pub mod changes;
pub mod check;
pub mod dates;
pub mod find;
pub mod form;
pub mod guest;
pub mod month;
pub mod own;
pub mod topics;
pub mod typed;

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

use super::body::{Pain, Region, Sensation, Side};
use super::catalogue::ConditionId;

/// All answers of one intake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Intake {
    /// Conditions answered with yes. One id can stand twice, for two places.
    pub conditions: Vec<ReportedCondition>,
    /// "Another condition", in the client's words.
    pub other_conditions: String,
    /// Conditions whose question was left blank. Blank is never taken as "no".
    pub unanswered: Vec<ConditionId>,
    /// Pain at the time of the intake.
    pub pain_now: Option<Pain>,
    /// Where it hurts.
    pub marks: Vec<Mark>,
    /// Medicines, in the client's words.
    pub medicines: String,
    /// Allergies, in the client's words.
    pub allergies: String,
    /// What the client does all day.
    pub daily_load: Vec<DailyLoad>,
    /// What the client hopes for.
    pub goals: String,
    /// Doctors' words that treatment is all right.
    pub clearance: Vec<Clearance>,
    /// What the client agreed to.
    pub consents: Vec<Consent>,
    /// Answers to the clinic's own questions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<own::Own>,
}

/// A condition the client said yes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedCondition {
    /// Which one.
    pub id: ConditionId,
    /// Where, if the client said so.
    #[serde(default)]
    pub region: Option<Region>,
    /// On which side. Shown and kept; the id alone decides the rule.
    #[serde(default)]
    pub side: Option<Side>,
    /// Since when: a year, a month or a day.
    #[serde(default)]
    pub since: Option<Since>,
    /// Still there or over. Shown and kept; the id alone decides the rule.
    #[serde(default)]
    pub status: Option<Status>,
}

/// Whether a condition is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each status is its own name")]
pub enum Status {
    Current,
    Past,
}

impl Status {
    /// The word staff read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Past => "past",
        }
    }
}

/// Since when, as exactly as the client remembers: `2024`, `2024-01` or `2024-01-15`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[expect(missing_docs, reason = "the variants say how exact the memory is")]
pub enum Since {
    Year(Date),
    Month(Date),
    Day(Date),
}

impl Since {
    /// The first day it can mean.
    #[must_use]
    pub const fn first_day(self) -> Date {
        match self {
            Self::Year(date) | Self::Month(date) | Self::Day(date) => date,
        }
    }
}

impl TryFrom<String> for Since {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = || {
            format!(
                "\"{text}\" is not a date on the calendar; write a year (2024), a month (2024-01) or a day (2024-01-15)"
            )
        };
        let parts: Vec<&str> = text.split('-').collect();
        let widths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let whole = match widths.as_slice() {
            [4] => format!("{text}-01-01"),
            [4, 2] => format!("{text}-01"),
            [4, 2, 2] => text.clone(),
            _ => return Err(wrong()),
        };
        let date: Date = whole.parse().map_err(|_| wrong())?;
        Ok(match parts.len() {
            1 => Self::Year(date),
            2 => Self::Month(date),
            _ => Self::Day(date),
        })
    }
}

impl From<Since> for String {
    fn from(since: Since) -> Self {
        match since {
            Since::Year(date) => date.strftime("%Y").to_string(),
            Since::Month(date) => date.strftime("%Y-%m").to_string(),
            Since::Day(date) => date.to_string(),
        }
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(date) => write!(f, "{}", date.strftime("%Y")),
            Self::Month(date) => write!(f, "{}", date.strftime("%B %Y")),
            Self::Day(date) => write!(f, "{}", date.strftime("%-d %B %Y")),
        }
    }
}

/// One mark on the body map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Where.
    pub region: Region,
    /// On which side.
    #[serde(default)]
    pub side: Option<Side>,
    /// What it feels like.
    #[serde(default)]
    pub sensation: Option<Sensation>,
    /// How much, 0 to 10.
    #[serde(default)]
    pub intensity: Option<Pain>,
}

/// What the client does all day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each load is its own name")]
pub enum DailyLoad {
    DeskWork,
    Standing,
    Lifting,
    Driving,
    Carer,
    Sport,
}

impl DailyLoad {
    /// Every load, in the order of the form.
    pub const ALL: [Self; 6] = [Self::DeskWork, Self::Standing, Self::Lifting, Self::Driving, Self::Carer, Self::Sport];

    /// The id used in files and forms.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::DeskWork => "desk_work",
            Self::Standing => "standing",
            Self::Lifting => "lifting",
            Self::Driving => "driving",
            Self::Carer => "carer",
            Self::Sport => "sport",
        }
    }

    /// The words staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::DeskWork => "desk work",
            Self::Standing => "standing",
            Self::Lifting => "lifting",
            Self::Driving => "driving",
            Self::Carer => "caring for someone",
            Self::Sport => "sport",
        }
    }
}

/// A doctor's word that a client with this condition may be treated.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clearance {
    /// For which condition.
    pub condition: ConditionId,
    /// Who gave it.
    #[serde(default)]
    pub by: String,
    /// On which day. A clearance without a day never counts.
    #[serde(default, deserialize_with = "optional_day")]
    pub on: Option<Date>,
}

/// A day as files write it.
///
/// # Errors
/// A sentence that names the text, when there is no such day.
pub fn day(text: &str) -> Result<Date, String> {
    let exact = text.len() == 10;
    let date = text.parse::<Date>().ok().filter(|_| exact);
    date.ok_or_else(|| format!("\"{text}\" is not a day on the calendar; check the day, and write it like 2026-03-27"))
}

fn optional_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| day(&text).map_err(serde::de::Error::custom)).transpose()
}

impl fmt::Debug for Clearance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clearance({}, {:?})", self.condition, self.on)
    }
}

impl Clearance {
    /// Whether it counts for a visit on this day: given by then, and at most 12 months before
    /// (product rule; `clinical/facts.md` names no guideline).
    #[must_use]
    pub fn counts_on(&self, visit_day: Date) -> bool {
        self.on.is_some_and(|on| on <= visit_day && visit_day <= on.saturating_add(jiff::Span::new().months(12)))
    }
}

/// What a client can agree to, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// To be treated.
    Treatment,
    /// That health answers are kept.
    HealthData,
    /// Aftercare and preparation emails.
    AftercareEmail,
    /// The check-in button in aftercare emails.
    CheckInEmail,
    /// Offers. Never mixed with aftercare.
    Marketing,
}

impl Consent {
    /// Every purpose.
    pub const ALL: [Self; 5] =
        [Self::Treatment, Self::HealthData, Self::AftercareEmail, Self::CheckInEmail, Self::Marketing];

    /// The id used in files and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::HealthData => "health_data",
            Self::AftercareEmail => "aftercare_email",
            Self::CheckInEmail => "check_in_email",
            Self::Marketing => "marketing",
        }
    }
}

impl Intake {
    /// Whether the client agreed to this purpose.
    #[must_use]
    pub fn consents_to(&self, purpose: Consent) -> bool {
        self.consents.contains(&purpose)
    }
}
