//! *Because*, beside it: how a reason of the rules is shown. Always in view, never in a tooltip.

use crate::clinic::brief::{Origin, Reason};
use crate::clinic::case::Case;
use crate::clinic::catalogue::{Catalogue, ConditionId};
use crate::clinic::intake::ReportedCondition;

use super::say;

/// One reason in the cell beside a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// What it came from: a condition's label, or the reason in words.
    pub title: String,
    /// Side, place, since when, status; or that it was left blank.
    pub facts: String,
    /// Where it is backed.
    pub sources: Vec<Source>,
    /// Said when nothing but experience backs it.
    pub opinion: bool,
}

/// An address that backs a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The address.
    pub url: String,
    /// The site, which is what people know.
    pub site: String,
}

impl Because {
    /// The reason with the answer behind it.
    #[must_use]
    pub fn of(reason: &Reason, case: &Case, catalogue: &Catalogue) -> Self {
        let condition = catalogue.condition(&ConditionId::from(reason.id.as_str()));
        let sources: Vec<Source> = reason.references.iter().filter_map(|url| Source::of(url)).collect();
        let opinion = sources.is_empty() && matches!(reason.from, Origin::Condition | Origin::Rule);
        match (reason.from, condition) {
            (Origin::Condition, Some(condition)) => {
                let facts = answered(case, &condition.id);
                Self { title: condition.label.clone(), facts, sources, opinion }
            }
            (Origin::Answer, Some(condition)) => {
                let facts = "Left blank. Advice is filtered as if yes.".into();
                Self { title: condition.label.clone(), facts, sources, opinion }
            }
            _ => Self { title: reason.says.clone(), facts: String::new(), sources, opinion },
        }
    }

    /// "4 sources", "1 source".
    #[must_use]
    pub fn sources_word(&self) -> String {
        say::count(self.sources.len(), "source")
    }
}

impl Source {
    /// Only web addresses become links: a catalogue file can hold anything.
    pub(super) fn of(url: &str) -> Option<Self> {
        let parsed = url::Url::parse(url).ok().filter(|parsed| matches!(parsed.scheme(), "https" | "http"))?;
        let site = parsed.host_str()?.trim_start_matches("www.").to_owned();
        Some(Self { url: parsed.into(), site })
    }
}

/// What the client said about this condition: "Left calf, since January 2024, past".
fn answered(case: &Case, id: &ConditionId) -> String {
    let said: Vec<String> =
        case.intake.conditions.iter().filter(|one| &one.id == id).map(|one| say::capital(&details(one))).collect();
    let said: Vec<String> = said.into_iter().filter(|words| !words.is_empty()).collect();
    if said.is_empty() { "Answered yes".into() } else { said.join(". ") }
}

/// Place, side, since when and status of one answer, as far as the client said.
#[must_use]
pub fn details(one: &ReportedCondition) -> String {
    let place = match (one.side, one.region) {
        (Some(side), Some(region)) => super::bodymap::Sides::of(Some(side)).name(region),
        (None, Some(region)) => region.word(),
        (Some(side), None) => side.word().into(),
        (None, None) => String::new(),
    };
    let since = one.since.map(|since| format!("since {since}")).unwrap_or_default();
    let status = one.status.map(|status| status.word().to_owned()).unwrap_or_default();
    [place, since, status].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Several reasons on one line, after the word *because*.
#[must_use]
pub fn line(reasons: &[Reason]) -> String {
    let mut said: Vec<&str> = Vec::new();
    for reason in reasons {
        if !said.contains(&reason.says.as_str()) {
            said.push(&reason.says);
        }
    }
    said.into_iter().map(say::small).collect::<Vec<_>>().join("; ")
}

/// Several reasons in as few words as will do: conditions by their label alone, because the ledger
/// below tells side and date, and all else as it is said.
#[must_use]
pub fn short_line(reasons: &[Reason], catalogue: &Catalogue) -> String {
    let mut said: Vec<String> = Vec::new();
    for reason in reasons {
        let condition = catalogue.condition(&ConditionId::from(reason.id.as_str()));
        let words = match (reason.from, condition) {
            (Origin::Condition, Some(condition)) => say::small(&condition.label),
            _ => say::small(&reason.says),
        };
        if !said.contains(&words) {
            said.push(words);
        }
    }
    said.join("; ")
}
