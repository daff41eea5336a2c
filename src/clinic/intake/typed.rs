//! What stands in the fields of the intake form, word for word: what is shown again when something
//! is wrong, what is kept as a draft, and what two people's versions are compared by.
//!
//! Names of fields: `yes` and `no` (condition ids), `none` (groups), `again.ID` (`same` or `gone`),
//! `at.ID.N.region|side|since|status`, `ok.ID.by|on`, `mark` (places), `mark.PLACE.sensation|intensity`,
//! `pain`, `load`, `consent`, the four texts, and `q.FORM.QUESTION` for a clinic's own. A field of another name is not kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::body::{Region, Side};
use super::super::catalogue::ConditionId;
use super::again::Again;
use super::form::Form;
use super::{Clearance, Intake, Mark, ReportedCondition, dates, own};

/// The texts people write in their own words.
pub const TEXTS: [&str; 4] = ["other_conditions", "medicines", "allergies", "goals"];

/// So many places one condition can have.
pub const MOST_PLACES: usize = 8;

/// More fields than any filled form has.
const MOST_FIELDS: usize = 1000;

/// The fields of one form. A blank field is one that is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Typed(BTreeMap<String, Vec<String>>);

impl Typed {
    /// The fields of the form among these pairs.
    pub fn read<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in pairs {
            if is_field(name) && !value.trim().is_empty() && typed.0.len() < MOST_FIELDS {
                // Browsers send line breaks as two characters; one form of a text keeps versions equal.
                typed.add(name, &value.replace("\r\n", "\n"));
            }
        }
        typed
    }

    /// An intake as the form shows it, with what has to be asked again left open.
    #[must_use]
    pub fn of(intake: &Intake, form: &Form, again: &Again) -> Self {
        let mut typed = Self::default();
        for one in &intake.conditions {
            typed.add_condition(one, again);
        }
        for group in form.groups().iter().filter(|group| !again.groups.contains_key(&group.id)) {
            let open = |id: &&ConditionId| intake.unanswered.contains(id);
            if !group.conditions.iter().any(|id| open(&id)) {
                typed.add("none", &group.id);
                continue;
            }
            let answered_no =
                group.conditions.iter().filter(|id| !open(id) && intake.conditions.iter().all(|one| one.id != **id));
            for id in answered_no {
                typed.add("no", id.as_str());
            }
        }
        for word in &intake.clearance {
            typed.add_clearance(word, intake);
        }
        for mark in &intake.marks {
            typed.add_mark(mark);
        }
        if let Some(pain) = intake.pain_now {
            typed.add("pain", &pain.score().to_string());
        }
        for load in &intake.daily_load {
            typed.add("load", load.id());
        }
        let texts = [&intake.other_conditions, &intake.medicines, &intake.allergies, &intake.goals];
        for (name, text) in TEXTS.into_iter().zip(texts).filter(|(_, text)| !text.trim().is_empty()) {
            typed.add(name, text);
        }
        for purpose in &intake.consents {
            typed.add("consent", purpose.id());
        }
        own::shown_again(intake, again, &mut typed);
        typed
    }

    fn add_condition(&mut self, one: &ReportedCondition, again: &Again) {
        if !again.conditions.contains_key(&one.id) && !self.has("yes", one.id.as_str()) {
            self.add("yes", one.id.as_str());
        }
        let place = format!("at.{}.{}", one.id, self.places(&one.id));
        let parts = [
            ("region", one.region.map(|region| region.id().to_owned())),
            ("side", one.side.map(|side| side.id().to_owned())),
            ("since", one.since.map(dates::typed)),
            ("status", one.status.map(|status| status.word().to_owned())),
        ];
        for (part, value) in parts {
            if let Some(value) = value {
                self.add(&format!("{place}.{part}"), &value);
            }
        }
    }

    /// Of several words for one condition the latest is shown: it is the one that can count.
    fn add_clearance(&mut self, word: &Clearance, intake: &Intake) {
        let latest = intake.clearance.iter().filter(|one| one.condition == word.condition).max_by_key(|one| one.on);
        if latest != Some(word) || self.has_field(&format!("ok.{}.by", word.condition)) {
            return;
        }
        if !word.by.trim().is_empty() {
            self.add(&format!("ok.{}.by", word.condition), &word.by);
        }
        if let Some(on) = word.on {
            self.add(&format!("ok.{}.on", word.condition), &dates::typed(super::Since::Day(on)));
        }
    }

    fn add_mark(&mut self, mark: &Mark) {
        let sides: &[Option<Side>] = match mark.side {
            Some(Side::Both) => &[Some(Side::Left), Some(Side::Right)],
            Some(Side::Left) => &[Some(Side::Left)],
            Some(Side::Right) => &[Some(Side::Right)],
            None => &[None],
        };
        for side in sides {
            let place = place_id(mark.region, *side);
            if self.has("mark", &place) {
                continue;
            }
            if let Some(sensation) = mark.sensation {
                self.add(&format!("mark.{place}.sensation"), sensation.word());
            }
            if let Some(pain) = mark.intensity {
                self.add(&format!("mark.{place}.intensity"), &pain.score().to_string());
            }
            self.add("mark", &place);
        }
    }

    /// Adds a value to a field.
    pub fn add(&mut self, name: &str, value: &str) {
        self.0.entry(name.to_owned()).or_default().push(value.to_owned());
    }

    /// Fills a field with this alone; nothing empties it.
    pub fn set(&mut self, name: &str, values: &[String]) {
        if values.is_empty() {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), values.to_vec());
        }
    }

    /// The first value of a field, or nothing.
    #[must_use]
    pub fn one(&self, name: &str) -> &str {
        self.all(name).first().map_or("", String::as_str)
    }

    /// All values of a field.
    #[must_use]
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a field holds this value.
    #[must_use]
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).iter().any(|one| one == value)
    }

    /// Whether a field holds anything.
    #[must_use]
    pub fn has_field(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether nothing at all was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes away every value of which this is true.
    pub fn remove(&mut self, is_gone: impl Fn(&str, &str) -> bool) {
        for (name, values) in &mut self.0 {
            values.retain(|value| !is_gone(name, value));
        }
        self.0.retain(|_, values| !values.is_empty());
    }

    /// Every value with the name of its field, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(name, values)| values.iter().map(move |value| (name.as_str(), value.as_str())))
    }

    /// The names of all filled fields, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// How many places of a condition are filled in: one more than the last.
    #[must_use]
    pub fn places(&self, id: &ConditionId) -> usize {
        let filled = |index: &usize| {
            ["region", "side", "since", "status"].iter().any(|part| self.has_field(&format!("at.{id}.{index}.{part}")))
        };
        (0..MOST_PLACES).rev().find(filled).map_or(0, |last| last + 1)
    }
}

/// The name of a place on the body map: `neck`, `shoulder.left`, `lower_back` for the middle.
#[must_use]
pub fn place_id(region: Region, side: Option<Side>) -> String {
    match side {
        Some(side) => format!("{}.{}", region.id(), side.id()),
        None => region.id().to_owned(),
    }
}

/// The names of fields in which two versions differ, in order.
#[must_use]
pub fn differing(mine: &Typed, theirs: &Typed) -> Vec<String> {
    let mut names: Vec<&str> = mine.names().chain(theirs.names()).collect();
    names.sort_unstable();
    names.dedup();
    let sorted = |typed: &Typed, name: &str| {
        let mut values = typed.all(name).to_vec();
        values.sort_unstable();
        values
    };
    names.into_iter().filter(|name| sorted(mine, name) != sorted(theirs, name)).map(str::to_owned).collect()
}

fn is_field(name: &str) -> bool {
    if matches!(name, "yes" | "no" | "none" | "mark" | "load" | "consent" | "pain") || TEXTS.contains(&name) {
        return true;
    }
    let is_word = |word: &str| {
        (1..=80).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["again", id] => is_word(id),
        ["ok", id, "by" | "on"] => is_word(id),
        ["at", id, index, "region" | "side" | "since" | "status"] => {
            is_word(id)
                && index.parse::<usize>().is_ok_and(|number| number < MOST_PLACES && number.to_string() == *index)
        }
        ["q", form, question] => {
            is_word(question) && form.parse::<u32>().is_ok_and(|number| number.to_string() == *form)
        }
        ["mark", region, "sensation" | "intensity"] => is_word(region),
        ["mark", region, side, "sensation" | "intensity"] => is_word(region) && is_word(side),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_of_the_form_are_kept_and_blank_ones_are_none() {
        let typed = Typed::read([
            ("yes", "sciatica"),
            ("yes", "asthma"),
            ("at.sciatica.0.side", "left"),
            ("at.sciatica.2.since", "2019"),
            ("at.sciatica.8.side", "left"),
            ("at.sciatica.01.side", "left"),
            ("at.Sciatica.0.side", "left"),
            ("mark.hip.left.intensity", "4"),
            ("goals", "  \r\n "),
            ("medicines", "one\r\ntwo"),
            ("clinic_id", "x"),
            ("csrf", "x"),
            ("at.sciatica.0.colour", "x"),
            ("q.3.smokes", "yes"),
            ("q.03.smokes", "yes"),
            ("q.3.Smokes", "yes"),
        ]);
        let names: Vec<&str> = typed.names().collect();
        assert_eq!(
            names,
            ["at.sciatica.0.side", "at.sciatica.2.since", "mark.hip.left.intensity", "medicines", "q.3.smokes", "yes"]
        );
        assert_eq!(typed.all("yes"), ["sciatica", "asthma"]);
        assert_eq!(typed.one("medicines"), "one\ntwo");
        assert_eq!(typed.places(&"sciatica".into()), 3);
        assert_eq!(typed.places(&"asthma".into()), 0);
    }

    #[test]
    fn two_versions_differ_by_field_and_not_by_order() {
        let mine = Typed::read([("yes", "a"), ("yes", "b"), ("goals", "sleep"), ("pain", "3")]);
        let theirs = Typed::read([("yes", "b"), ("yes", "a"), ("goals", "walk"), ("medicines", "none")]);
        assert_eq!(differing(&mine, &theirs), ["goals", "medicines", "pain"]);
        assert!(differing(&mine, &mine).is_empty());
    }
}
