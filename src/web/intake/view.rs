//! The form in parts a template can draw: groups of questions, what is asked again, texts, consents.

use super::own;
use crate::clinic::catalogue::{Catalogue, Condition, ConditionId, Level};
use crate::clinic::fields::FieldErrors;
use crate::clinic::intake::again::Again;
use crate::clinic::intake::check::{Asked, open_in};
use crate::clinic::intake::find::{finds, found_by};
use crate::clinic::intake::form::Form;
use crate::clinic::intake::typed::{MOST_PLACES, Typed};
use crate::clinic::intake::{Consent, Intake};
use crate::web::because;
use crate::web::say;

/// The group that is asked first, every time.
pub const RIGHT_NOW: &str = "right_now";

/// The last answers in a few lines, to be read aloud.
#[derive(Clone, Debug)]
pub struct Last {
    /// "3 Jan 2026".
    pub given: String,
    /// A line each.
    pub lines: Vec<String>,
}

impl Last {
    /// The last intake, in short.
    #[must_use]
    pub fn of(intake: &Intake, given: String, catalogue: &Catalogue, again: &Again) -> Self {
        let label = |id: &ConditionId| catalogue.condition(id).map_or_else(|| id.to_string(), |one| one.label.clone());
        let conditions = intake.conditions.iter().filter(|one| !again.conditions.contains_key(&one.id));
        let mut lines: Vec<String> = conditions
            .map(|one| {
                let details = because::details(one);
                if details.is_empty() { label(&one.id) } else { format!("{}: {details}", label(&one.id)) }
            })
            .collect();
        if lines.is_empty() && intake.conditions.is_empty() {
            lines.push("None of the conditions on the form".into());
        }
        let blank: Vec<String> = intake.unanswered.iter().map(label).collect();
        if !blank.is_empty() && blank.len() <= 4 {
            lines.push(format!("Left blank: {}", say::list(&blank)));
        } else if !blank.is_empty() {
            lines.push(format!("Left blank: {}", say::count(blank.len(), "question")));
        }
        for (word, text) in [
            ("Anything else", &intake.other_conditions),
            ("Medicines", &intake.medicines),
            ("Allergies", &intake.allergies),
        ] {
            if !text.trim().is_empty() {
                lines.push(format!("{word}: {}", text.trim()));
            }
        }
        if let Some(pain) = intake.pain_now {
            lines.push(format!("Pain then: {} of 10", pain.score()));
        }
        Self { given, lines }
    }
}

/// One line of the list of sections.
#[derive(Debug)]
pub struct Section {
    /// Where it is on the page.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// How many questions are open.
    pub open: usize,
}

/// The sections of the page, with what is open in each.
#[must_use]
pub fn sections(typed: &Typed, asked: &Asked<'_>) -> Vec<Section> {
    let groups = asked.form.groups().iter().map(|group| Section {
        id: group.id.clone(),
        title: group.title.clone(),
        open: open_in(typed, asked, group),
    });
    let section = |id: &str, title: &str, open: bool| Section { id: id.into(), title: title.into(), open: open.into() };
    let pain = section("pain-section", "Where it hurts", !typed.has_field("pain") && !typed.has_field("mark"));
    let words = section("words", "In their own words", false);
    let consent = section("consents", "Agreements", !typed.has("consent", Consent::HealthData.id()));
    let own = own::sections(asked.own, typed).into_iter().map(|own| Section {
        id: own.id,
        title: own.heading,
        open: own.open,
    });
    groups.chain([pain, words]).chain(own).chain([consent]).collect()
}

/// Questions asked together.
#[derive(Debug)]
pub struct GroupView {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// A word to staff; may be empty.
    pub hint: String,
    /// Whether "none of these" is ticked.
    pub none: bool,
    /// How many questions are open.
    pub open: usize,
    /// When "none of these" was said last and is too old to count; or nothing.
    pub last_none: String,
    /// The questions.
    pub rows: Vec<Row>,
}

impl GroupView {
    /// Whether no question of the group was found.
    #[must_use]
    pub fn hidden(&self) -> bool {
        self.rows.iter().all(|row| row.hidden)
    }
}

/// One question.
#[derive(Debug)]
pub struct Row {
    /// Its condition.
    pub id: ConditionId,
    /// What staff call it.
    pub label: String,
    /// What is asked.
    pub asks: String,
    /// Whether it is ticked.
    pub yes: bool,
    /// Whether it was answered with no by itself.
    pub no: bool,
    /// Whether it stands above, among what is asked again.
    pub again: bool,
    /// Whether the search does not find it.
    pub hidden: bool,
    /// What it is found by.
    pub found_by: String,
    /// What to do at once when the answer is yes; mostly nothing.
    pub stop: Option<Stop>,
    /// Whether a doctor's word is asked for.
    pub clearance: bool,
    /// Its places, when it is ticked.
    pub places: Vec<Place>,
    /// Whether there is room for another.
    pub more: bool,
    /// The doctor's word.
    pub ok: (String, String),
}

/// What staff do at once.
#[derive(Debug)]
pub struct Stop {
    /// "Do not treat today." or the call.
    pub title: String,
    /// The therapist's lines.
    pub lines: Vec<String>,
}

/// One place of a condition.
#[derive(Debug)]
pub struct Place {
    /// Which one, from 0.
    pub number: usize,
    /// A region's id.
    pub region: String,
    /// A side's id.
    pub side: String,
    /// As typed.
    pub since: String,
    /// A status's id.
    pub status: String,
}

/// Every group of the form.
#[must_use]
pub fn groups(typed: &Typed, asked: &Asked<'_>, emergency: &str, find: &str) -> Vec<GroupView> {
    let view = |group: &crate::clinic::intake::form::Group| GroupView {
        id: group.id.clone(),
        title: group.title.clone(),
        hint: group.hint.clone(),
        none: typed.has("none", &group.id),
        open: open_in(typed, asked, group),
        last_none: asked.again.groups.get(&group.id).map_or_else(String::new, |day| say::birthday(*day)),
        rows: asked.of_group(typed, group).map(|condition| row(typed, asked, condition, emergency, find)).collect(),
    };
    asked.form.groups().iter().map(view).collect()
}

fn row(typed: &Typed, asked: &Asked<'_>, condition: &Condition, emergency: &str, find: &str) -> Row {
    let id = &condition.id;
    let found_by = found_by(asked.form, asked.catalogue, condition);
    let yes = typed.has("yes", id.as_str());
    Row {
        label: condition.label.clone(),
        asks: condition.asks.clone(),
        yes,
        no: typed.has("no", id.as_str()),
        again: !yes && asked.again.conditions.contains_key(id),
        hidden: !finds(find, &found_by),
        found_by,
        stop: (condition.massage == Level::Contraindication).then(|| stop(condition, emergency)),
        clearance: condition.massage == Level::MedicalClearance,
        places: if yes { places(typed, id) } else { Vec::new() },
        more: typed.places(id) < MOST_PLACES,
        ok: (typed.one(&format!("ok.{id}.by")).into(), typed.one(&format!("ok.{id}.on")).into()),
        id: id.clone(),
    }
}

/// A warning sign needs the emergency number; anything else that stops the session does not.
fn stop(condition: &Condition, emergency: &str) -> Stop {
    let title = if condition.category == "red_flag" {
        format!("Do not treat. Call {emergency} now")
    } else {
        "Do not treat today".into()
    };
    Stop { title, lines: condition.therapist.clone() }
}

/// The places that are filled in, and one to fill in when there is none.
fn places(typed: &Typed, id: &ConditionId) -> Vec<Place> {
    let one = |number: usize| {
        let part = |name: &str| typed.one(&format!("at.{id}.{number}.{name}")).to_owned();
        Place { number, region: part("region"), side: part("side"), since: part("since"), status: part("status") }
    };
    (0..typed.places(id).max(1)).map(one).collect()
}

/// An answer that is too old to go by.
#[derive(Debug)]
pub struct AgainRow {
    /// Its condition.
    pub id: ConditionId,
    /// What staff call it.
    pub label: String,
    /// What was said, and when last confirmed.
    pub said: String,
    /// `same`, `gone`, or nothing.
    pub answer: String,
    /// What is wrong with it.
    pub problem: String,
    /// Its places.
    pub places: Vec<Place>,
    /// Whether a doctor's word is asked for.
    pub clearance: bool,
    /// The doctor's word.
    pub ok: (String, String),
}

/// What is asked again, in the order of the form.
#[must_use]
pub fn again(typed: &Typed, asked: &Asked<'_>, errors: &FieldErrors) -> Vec<AgainRow> {
    let groups = asked.form.groups().iter();
    let old = groups.flat_map(|group| asked.again.in_group(group)).filter(|id| !typed.has("yes", id.as_str()));
    old.filter_map(|id| asked.catalogue.condition(id))
        .map(|condition| {
            let id = &condition.id;
            let places = places(typed, id);
            let said = places.iter().map(said).filter(|words| !words.is_empty()).collect::<Vec<_>>().join("; ");
            let confirmed = asked.again.conditions.get(id).map_or_else(String::new, |day| say::birthday(*day));
            AgainRow {
                label: condition.label.clone(),
                said: if said.is_empty() {
                    format!("Last confirmed {confirmed}")
                } else {
                    format!("{}. Last confirmed {confirmed}", say::capital(&said))
                },
                answer: typed.one(&format!("again.{id}")).to_owned(),
                problem: errors.of(&format!("again.{id}")).unwrap_or_default().to_owned(),
                places,
                clearance: condition.massage == Level::MedicalClearance,
                ok: (typed.one(&format!("ok.{id}.by")).into(), typed.one(&format!("ok.{id}.on")).into()),
                id: id.clone(),
            }
        })
        .collect()
}

/// "left calf, since March 2019, current".
fn said(place: &Place) -> String {
    let side = if place.side == "both" { "both sides" } else { &place.side };
    let where_it_is = [side, &place.region.replace('_', " ")].join(" ");
    let since = if place.since.is_empty() { String::new() } else { format!("since {}", place.since) };
    let parts = [where_it_is.trim().to_owned(), since, place.status.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A text in the client's own words.
#[derive(Debug)]
pub struct TextRow {
    /// Its field.
    pub name: &'static str,
    /// What is asked.
    pub label: &'static str,
    /// How to write it.
    pub hint: &'static str,
    /// As typed.
    pub value: String,
}

/// The four texts.
#[must_use]
pub fn texts(typed: &Typed) -> Vec<TextRow> {
    let row = |name, label, hint| TextRow { name, label, hint, value: typed.all(name).join("\n") };
    vec![
        row("medicines", "Medicines", "Names as on the packet. Leave blank when there are none."),
        row("allergies", "Allergies", "To oils, creams, plasters, anything on the skin."),
        row(
            "other_conditions",
            "Any other condition",
            "What the lists above do not have. Heat and stretches wait until a therapist has read it.",
        ),
        row("goals", "What they hope for", ""),
    ]
}

/// One thing to agree to.
#[derive(Debug)]
pub struct ConsentRow {
    /// Its id.
    pub id: &'static str,
    /// In short.
    pub title: String,
    /// Word for word, in the client's language.
    pub words: String,
    /// The locale of the words.
    pub lang: &'static str,
    /// The version of the words.
    pub version: u32,
    /// Whether it is given.
    pub given: bool,
    /// Whether nothing can be kept without it.
    pub needed: bool,
}

/// Everything one can agree to, in the order of the form.
#[must_use]
pub fn consents(typed: &Typed, form: &Form, lang: &str) -> Vec<ConsentRow> {
    let row = |wording: &crate::clinic::intake::form::Wording| ConsentRow {
        id: wording.purpose.id(),
        title: wording.title.clone(),
        words: wording.in_language(lang).words.to_owned(),
        lang: wording.in_language(lang).lang,
        version: wording.version,
        given: typed.has("consent", wording.purpose.id()),
        needed: wording.purpose == Consent::HealthData,
    };
    form.wordings().into_iter().map(row).collect()
}
