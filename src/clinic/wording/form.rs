//! The intake form as a client walks through it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Notice;
use crate::clinic::body::{Region, Sensation};
use crate::clinic::intake::DailyLoad;
use crate::clinic::intake::guest::{Relation, Wrong};

/// Every word of the form that is not in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the keys are explained by their words, which stand in one file")]
pub struct FormWords {
    #[serde(default)]
    pub needs_review: bool,
    pub title: String,
    pub progress: String,
    pub next: String,
    pub blank: String,
    pub blank_hint: String,
    pub saved: String,
    pub yes: String,
    pub no: String,
    pub changed_meanwhile: String,
    pub topics: Topics,
    pub door: Door,
    pub locked: Notice,
    pub called_off: Notice,
    pub warning: Warning,
    pub emergency: Emergency,
    pub about: About,
    pub relations: BTreeMap<Relation, String>,
    pub last: Last,
    pub group: Group,
    pub sides: Sides,
    pub words: OwnWords,
    #[serde(rename = "where")]
    pub places: Where,
    pub feel: Feel,
    pub daily: Daily,
    pub own: Own,
    pub consents: Consents,
    pub signature: Signature,
    pub review: Review,
    pub sent: Sent,
    pub wrong: Sentences,
    pub regions: BTreeMap<Region, String>,
    pub sensations: BTreeMap<Sensation, String>,
    pub loads: BTreeMap<DailyLoad, String>,
    pub mail: Mail,
}

/// The topics as they stand beside the progress.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topics {
    pub warning: String,
    pub about: String,
    pub last: String,
    pub words: String,
    #[serde(rename = "where")]
    pub places: String,
    pub feel: String,
    pub daily: String,
    pub consents: String,
    pub signature: String,
    pub review: String,
}

/// The question at the door.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Door {
    pub heading: String,
    pub lead: String,
    pub no_date: String,
    pub day: String,
    pub month: String,
    pub year: String,
    pub unreadable: String,
    pub two_left: String,
    pub one_left: String,
    pub kept: String,
}

/// The clinic's own questions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    pub unsure: String,
    pub needed: String,
    pub other: String,
    pub lines: String,
    pub between: String,
    pub at_least: String,
    pub at_most: String,
    pub none: String,
}

/// Signs that need help now.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    pub heading: String,
    pub yes: String,
    pub no: String,
}

/// What to do when there is one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emergency {
    pub title: String,
    pub because: String,
    pub tier: String,
    pub lines: Vec<String>,
    pub told: String,
    pub visit: String,
    pub show: String,
    pub answered: String,
    pub mistake: String,
    pub change: String,
    pub both: String,
}

/// Who fills it in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    pub heading: String,
    pub whose: String,
    pub myself: String,
    pub other: String,
    pub helper: String,
    pub relation: String,
    pub child: String,
}

/// What was said last time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Last {
    pub heading: String,
    pub lead: String,
    pub nothing: String,
    pub again: String,
    pub still: String,
    pub gone: String,
    pub same: String,
    pub change: String,
}

/// A group of conditions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub none: String,
    pub or: String,
    pub rest: String,
    pub before: String,
    pub region: String,
    pub side: String,
    pub since: String,
    pub month: String,
    pub year: String,
    pub since_hint: String,
    pub status: String,
    pub current: String,
    pub past: String,
    pub doctor: String,
    pub doctor_hint: String,
    pub doctor_by: String,
    pub doctor_on: String,
    pub choose: String,
}

/// Sides of the body.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sides {
    pub left: String,
    pub right: String,
    pub both: String,
    pub unsure: String,
    pub middle: String,
}

/// Texts in one’s own words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnWords {
    pub heading: String,
    pub medicines: String,
    pub medicines_hint: String,
    pub allergies: String,
    pub allergies_hint: String,
    pub other_conditions: String,
    pub other_hint: String,
}

/// Where it hurts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Where {
    pub heading: String,
    pub lead: String,
    pub front: String,
    pub back: String,
    pub your_left: String,
    pub your_right: String,
    pub map: String,
    pub list: String,
    pub pain: String,
    pub low: String,
    pub high: String,
    pub nothing: String,
}

/// What a place feels like.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feel {
    pub heading: String,
    pub like: String,
    pub much: String,
}

/// The day, and what one hopes for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Daily {
    pub heading: String,
    pub goals: String,
    pub goals_hint: String,
}

/// What one agrees to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consents {
    pub heading: String,
    pub lead: String,
    pub needed: String,
    pub version: String,
}

/// The name under it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub heading: String,
    pub lead: String,
    pub for_other: String,
    pub draw: String,
    pub clear: String,
    pub typed: String,
    pub signed: String,
}

/// Everything once more.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    pub heading: String,
    pub lead: String,
    pub change: String,
    pub left_blank: String,
    pub nothing_hurts: String,
    pub pain: String,
    pub score: String,
    pub by: String,
    pub send: String,
    pub wrong: String,
}

/// After it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    pub title: String,
    pub text: String,
    pub once: String,
    pub tablet: String,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentences {
    pub choose: String,
    pub name: String,
    pub guardian: String,
    pub since: String,
    pub day: String,
    pub text: String,
    pub agree: String,
    pub keep: String,
    pub sign: String,
    pub other: String,
    pub group: String,
    pub needed: String,
    pub bounds: String,
    pub number: String,
}

/// The emails that lead to the form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub hello: String,
    pub subject: String,
    pub text: String,
    pub link: String,
    pub private: String,
    pub nudge_subject: String,
    pub nudge_text: String,
}

impl FormWords {
    /// The sentence beside a field.
    #[must_use]
    pub fn sentence(&self, wrong: Wrong) -> &str {
        let says = &self.wrong;
        match wrong {
            Wrong::Choose => &says.choose,
            Wrong::Name => &says.name,
            Wrong::Guardian => &says.guardian,
            Wrong::Since => &says.since,
            Wrong::Day => &says.day,
            Wrong::Text => &says.text,
            Wrong::Agree => &says.agree,
            Wrong::Keep => &says.keep,
            Wrong::Sign => &says.sign,
            Wrong::Group => &says.group,
            Wrong::Needed => &says.needed,
            Wrong::Bounds => &says.bounds,
            Wrong::Number => &says.number,
            Wrong::Other => &says.other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Words;
    use super::*;

    #[test]
    fn every_language_has_a_word_for_everything_that_can_be_chosen() {
        for words in Words::all() {
            let form = &words.form;
            assert!(Region::ALL.iter().all(|region| form.regions.contains_key(region)), "{}", words.lang);
            assert!(Sensation::ALL.iter().all(|one| form.sensations.contains_key(one)), "{}", words.lang);
            assert!(DailyLoad::ALL.iter().all(|load| form.loads.contains_key(load)), "{}", words.lang);
            assert!(Relation::ALL.iter().all(|one| form.relations.contains_key(one)), "{}", words.lang);
        }
    }
}
