//! From what was typed to an intake, or a sentence by every field that cannot be taken.
//!
//! What was neither ticked nor answered with "none of these" is unanswered, never a no.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::de::DeserializeOwned;

use super::super::body::{Pain, Region, Side};
use super::super::catalogue::{Catalogue, Condition, ConditionId, Level};
use super::super::fields::{self, FieldErrors};
use super::again::Again;
use super::form::Form;
use super::own::OwnForms;
use super::typed::{MOST_PLACES, TEXTS, Typed};
use super::{Clearance, Consent, Intake, Mark, ReportedCondition, dates};

/// Longest text of one's own words, in characters: about a page.
pub const LONGEST_TEXT: usize = 4000;

/// Longest name of a doctor, in characters.
pub const LONGEST_NAME: usize = 120;

/// What an intake form is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The form.
    pub form: &'a Form,
    /// The questions.
    pub catalogue: &'a Catalogue,
    /// What the last answers leave to be asked again.
    pub again: &'a Again,
    /// What the clinic asks besides.
    pub own: &'a OwnForms,
    /// The clinic's day: nothing is since tomorrow.
    pub today: Date,
}

impl<'a> Asked<'a> {
    /// Whether this is asked at all: what was retired only of who has it already.
    #[must_use]
    pub fn is_asked(&self, typed: &Typed, condition: &Condition) -> bool {
        let has_it = || typed.has("yes", condition.id.as_str()) || self.again.conditions.contains_key(&condition.id);
        !condition.retired || has_it()
    }

    /// The conditions of a group that are asked, in its order.
    pub fn of_group<'b>(
        &self,
        typed: &'b Typed,
        group: &'b super::form::Group,
    ) -> impl Iterator<Item = &'a Condition> + use<'a, 'b> {
        let asked = *self;
        let conditions = group.conditions.iter().filter_map(move |id| asked.catalogue.condition(id));
        conditions.filter(move |condition| asked.is_asked(typed, condition))
    }
}

/// The intake, with blanks kept as blanks.
///
/// # Errors
/// A sentence for every field that cannot be taken, in the order of the form.
pub fn check(typed: &Typed, asked: &Asked<'_>) -> Result<Intake, FieldErrors> {
    let mut errors = FieldErrors::new();
    unknown(typed, asked, &mut errors);
    // A condition that has left the catalogue since is not asked any more, and keeps nobody's form from being taken.
    let typed = &asked.own.ticked(typed);
    let mut intake = Intake::default();
    for group in asked.form.groups() {
        let none = typed.has("none", &group.id);
        for condition in asked.of_group(typed, group) {
            let answer = answer(typed, asked.again, condition, none);
            if matches!(answer, Answer::Yes | Answer::OldYes) {
                intake.conditions.extend(places(typed, asked, condition, &mut errors));
                intake.clearance.extend(clearance(typed, asked, condition, &mut errors));
            }
            if matches!(answer, Answer::Blank | Answer::OldYes) {
                intake.unanswered.push(condition.id.clone());
            }
        }
    }
    own(typed, asked, &mut intake, &mut errors);
    let [other, medicines, allergies, goals] = TEXTS.map(|name| text(typed, name, &mut errors));
    (intake.other_conditions, intake.medicines, intake.allergies, intake.goals) = (other, medicines, allergies, goals);
    intake.marks = marks(typed, &mut errors);
    intake.pain_now = score(typed, "pain", &mut errors);
    intake.daily_load = listed(typed, "load", "is not on the list of daily loads", &mut errors);
    intake.consents = listed::<Consent>(typed, "consent", "is nothing one can agree to here", &mut errors);
    if !intake.consents.contains(&Consent::HealthData) {
        errors.add(
            "consent",
            "Without a yes to keeping health answers nothing here may be kept. Ask, or close the form without saving.",
        );
    }
    errors.done(Some(intake))
}

/// The clinic's own questions. "Not sure" leaves the condition it is about open, whatever was ticked elsewhere.
fn own(typed: &Typed, asked: &Asked<'_>, intake: &mut Intake, errors: &mut FieldErrors) {
    for (field, question, fault) in asked.own.faults(typed) {
        errors.add(field, fault.sentence(question));
    }
    for id in asked.own.unsure(typed) {
        let is_said = intake.conditions.iter().any(|one| one.id == id) || intake.unanswered.contains(&id);
        if !is_said && asked.catalogue.condition(&id).is_some() {
            intake.unanswered.push(id);
        }
    }
    intake.own = asked.own.kept(typed);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    /// Yes at one time, and nobody has confirmed it: it holds, and its question stays open.
    OldYes,
    No,
    Blank,
}

fn answer(typed: &Typed, again: &Again, condition: &Condition, none: bool) -> Answer {
    let id = condition.id.as_str();
    if typed.has("yes", id) {
        return Answer::Yes;
    }
    if again.conditions.contains_key(&condition.id) {
        // "None of these" above a list does not unsay an injury that stands beside its own question.
        return match typed.one(&format!("again.{id}")) {
            "same" => Answer::Yes,
            "gone" => Answer::No,
            _ => Answer::OldYes,
        };
    }
    if none || typed.has("no", id) { Answer::No } else { Answer::Blank }
}

/// The conditions that have to be asked again and were not.
#[must_use]
pub fn still_open<'a>(typed: &Typed, again: &'a Again) -> Vec<&'a ConditionId> {
    let open = |id: &&ConditionId| {
        !typed.has("yes", id.as_str()) && !matches!(typed.one(&format!("again.{id}")), "same" | "gone")
    };
    again.conditions.keys().filter(open).collect()
}

/// Whether someone said yes to this condition, confirmed or not.
#[must_use]
pub fn is_yes(typed: &Typed, again: &Again, condition: &Condition) -> bool {
    matches!(answer(typed, again, condition, false), Answer::Yes | Answer::OldYes)
}

/// How many questions of a group are open.
#[must_use]
pub fn open_in(typed: &Typed, asked: &Asked<'_>, group: &super::form::Group) -> usize {
    let none = typed.has("none", &group.id);
    asked
        .of_group(typed, group)
        .filter(|condition| matches!(answer(typed, asked.again, condition, none), Answer::Blank | Answer::OldYes))
        .count()
}

/// Ids that no form of ours offers.
fn unknown(typed: &Typed, asked: &Asked<'_>, errors: &mut FieldErrors) {
    let is_known = |id: &str| asked.form.group_of(&ConditionId::from(id)).is_some();
    for id in typed.all("yes").iter().chain(typed.all("no")).filter(|id| !is_known(id)) {
        errors.add("yes", format!("{} is not a condition on this form. Choose one from the list.", quoted(id)));
    }
    for id in typed.all("none").iter().filter(|id| asked.form.groups().iter().all(|group| &group.id != *id)) {
        errors.add("none", format!("{} is not a group on this form.", quoted(id)));
    }
}

fn places(typed: &Typed, asked: &Asked<'_>, condition: &Condition, errors: &mut FieldErrors) -> Vec<ReportedCondition> {
    let id = &condition.id;
    let mut places: Vec<ReportedCondition> = Vec::new();
    for index in 0..typed.places(id).clamp(1, MOST_PLACES) {
        let name = |part: &str| format!("at.{id}.{index}.{part}");
        let since = typed.one(&name("since")).trim();
        let place = ReportedCondition {
            id: id.clone(),
            region: word(typed, &name("region"), "is not a place on the body map", errors),
            side: word(typed, &name("side"), "is not a side: left, right or both", errors),
            since: if since.is_empty() { None } else { errors.check(&name("since"), dates::since(since, asked.today)) },
            status: word(typed, &name("status"), "is neither current nor past", errors),
        };
        let is_empty =
            place.region.is_none() && place.side.is_none() && place.since.is_none() && place.status.is_none();
        if (places.is_empty() || !is_empty) && !places.contains(&place) {
            places.push(place);
        }
    }
    // A row that was left empty before a filled one is no place of its own.
    if places.len() > 1 {
        places.retain(|one| one.region.is_some() || one.side.is_some() || one.since.is_some() || one.status.is_some());
    }
    places
}

fn clearance(typed: &Typed, asked: &Asked<'_>, condition: &Condition, errors: &mut FieldErrors) -> Option<Clearance> {
    let (by_name, on_name) = (format!("ok.{}.by", condition.id), format!("ok.{}.on", condition.id));
    if condition.massage != Level::MedicalClearance && !typed.has_field(&by_name) && !typed.has_field(&on_name) {
        return None;
    }
    word_of_a_doctor(
        &condition.id,
        (&by_name, typed.one(&by_name)),
        (&on_name, typed.one(&on_name)),
        asked.today,
        errors,
    )
}

/// A doctor's word from its two fields, or nothing when both are blank.
pub fn word_of_a_doctor(
    condition: &ConditionId,
    (by_name, by): (&str, &str),
    (on_name, on): (&str, &str),
    today: Date,
    errors: &mut FieldErrors,
) -> Option<Clearance> {
    let on = on.trim();
    match (by.trim().is_empty(), on.is_empty()) {
        (true, true) => return None,
        (true, false) => errors.add(by_name, "Who gave the OK? Write the doctor’s name."),
        (false, true) => errors.add(on_name, "On which day? Without a day the OK does not count."),
        (false, false) => {}
    }
    let by = errors.check(by_name, fields::line(by, "The doctor’s name", LONGEST_NAME)).unwrap_or_default();
    let on = if on.is_empty() { None } else { errors.check(on_name, dates::past_day(on, today)) };
    Some(Clearance { condition: condition.clone(), by: by.to_owned(), on })
}

fn text(typed: &Typed, name: &str, errors: &mut FieldErrors) -> String {
    let label = match name {
        "other_conditions" => "Anything else",
        "medicines" => "Medicines",
        "allergies" => "Allergies",
        _ => "Goals",
    };
    let joined = typed.all(name).join("\n");
    let text = errors.check(name, fields::block(&joined, label, LONGEST_TEXT)).unwrap_or_default();
    text.trim().to_owned()
}

fn marks(typed: &Typed, errors: &mut FieldErrors) -> Vec<Mark> {
    let mut seen = BTreeSet::new();
    let mut marks: Vec<Mark> = Vec::new();
    for place in typed.all("mark") {
        let (region, side) =
            place.split_once('.').map_or((place.as_str(), None), |(region, side)| (region, Some(side)));
        let known = read::<Region>(region).zip(match side {
            None => Some(None),
            Some(side) => read::<Side>(side).filter(|side| *side != Side::Both).map(Some),
        });
        let Some((region, side)) = known else {
            errors.add("mark", format!("{} is not a place on the body map. Choose one from the list.", quoted(place)));
            continue;
        };
        if !seen.insert((region, side)) {
            continue;
        }
        let name = |part: &str| format!("mark.{place}.{part}");
        marks.push(Mark {
            region,
            side,
            sensation: word(typed, &name("sensation"), "is not on the list of sensations", errors),
            intensity: score(typed, &name("intensity"), errors),
        });
    }
    marks.sort_by_key(|mark| (mark.region, mark.side));
    marks
}

fn score(typed: &Typed, name: &str, errors: &mut FieldErrors) -> Option<Pain> {
    let text = typed.one(name).trim();
    if text.is_empty() {
        return None;
    }
    let score = text.parse::<i64>().ok().and_then(|number| Pain::try_from(number).ok());
    errors
        .check(name, score.ok_or_else(|| format!("{} is not a score. Give a whole number from 0 to 10.", quoted(text))))
}

/// The value of one word, or nothing when it is blank.
fn word<T: DeserializeOwned>(typed: &Typed, name: &str, problem: &str, errors: &mut FieldErrors) -> Option<T> {
    let text = typed.one(name).trim();
    if text.is_empty() {
        return None;
    }
    errors.check(name, read(text).ok_or_else(|| format!("{} {problem}.", quoted(text))))
}

/// The values of a list, each once, in the order of their kind.
fn listed<T: DeserializeOwned + Ord>(typed: &Typed, name: &str, problem: &str, errors: &mut FieldErrors) -> Vec<T> {
    let mut values = BTreeSet::new();
    for text in typed.all(name) {
        if let Some(value) = errors.check(name, read(text).ok_or_else(|| format!("{} {problem}.", quoted(text)))) {
            values.insert(value);
        }
    }
    values.into_iter().collect()
}

/// Ids are read as files read them, so that a form can never mean another thing than a file.
fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

/// What was typed, in quotes and no longer than a line: a sentence must not repeat ten megabytes.
fn quoted(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !super::super::person::is_unprintable(*c)).take(40).collect();
    if shown.chars().count() < text.chars().count() { format!("“{shown}…”") } else { format!("“{shown}”") }
}

#[cfg(test)]
mod tests;
