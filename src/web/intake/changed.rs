//! What changed since last time, in words.

use crate::clinic::body::Pain;
use crate::clinic::catalogue::{Catalogue, ConditionId};
use crate::clinic::intake::changes::{Change, Words};
use crate::clinic::intake::form::Form;
use crate::clinic::intake::{Clearance, Mark, ReportedCondition};
use crate::web::because;
use crate::web::bodymap::Sides;
use crate::web::say;

/// One change: a word for what happened, and what it happened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// "New", "Gone", "Changed", "Answered", "Blank", "Open".
    pub word: &'static str,
    /// What changed.
    pub text: String,
}

/// Each change as a line.
#[must_use]
pub fn lines(changes: &[Change], catalogue: &Catalogue, form: &Form) -> Vec<Line> {
    changes.iter().map(|change| line(change, catalogue, form)).collect()
}

fn line(change: &Change, catalogue: &Catalogue, form: &Form) -> Line {
    let label = |id: &ConditionId| catalogue.condition(id).map_or_else(|| id.to_string(), |one| one.label.clone());
    let with = |id: &ConditionId, list: &[ReportedCondition]| {
        let details = places(list);
        if details.is_empty() { label(id) } else { format!("{}: {details}", label(id)) }
    };
    match change {
        Change::Added { id, places, was_blank: false } => Line { word: "New", text: with(id, places) },
        Change::Added { id, places, was_blank: true } => {
            Line { word: "Answered", text: format!("{}. Was left blank, is a yes", with(id, places)) }
        }
        Change::Gone { id, now_blank: false, .. } => Line { word: "Gone", text: label(id) },
        Change::Gone { id, now_blank: true, .. } => {
            Line { word: "Blank", text: format!("{}. Was a yes, is left blank", label(id)) }
        }
        Change::Moved { id, before, after } => {
            Line { word: "Changed", text: format!("{}. Was {}", with(id, after), or_nothing(places(before))) }
        }
        Change::AnsweredNo { id } => Line { word: "Answered", text: format!("{}. Was left blank, is a no", label(id)) },
        Change::LeftBlank { id } => Line { word: "Blank", text: format!("{}. Was a no, is left blank", label(id)) },
        Change::NotConfirmed { id } => {
            Line { word: "Open", text: format!("{}. The old yes counts until someone asks", label(id)) }
        }
        Change::Pain { before, after } => {
            Line { word: "Changed", text: format!("Pain now {}. Was {}", score(*after), score(*before)) }
        }
        Change::Mark { region, side, before, after } => {
            let place = say::capital(&Sides::of(*side).name(*region));
            mark(&place, before.as_ref(), after.as_ref())
        }
        Change::Text { which, before, after } => text(words(*which), before, after),
        Change::Load { load, now } => {
            Line { word: if *now { "New" } else { "Gone" }, text: format!("All day: {}", load.words()) }
        }
        Change::Clearance { id, before, after } => clearance(&label(id), before.as_ref(), after.as_ref()),
        Change::Own { asked, before, after } => text(asked, before, after),
        Change::Consent { purpose, given } => {
            let title = form.wording(*purpose).map_or_else(|| purpose.id().to_owned(), |one| one.title.clone());
            Line { word: if *given { "Agreed" } else { "Withdrawn" }, text: title }
        }
    }
}

fn places(list: &[ReportedCondition]) -> String {
    list.iter().map(because::details).filter(|words| !words.is_empty()).collect::<Vec<_>>().join("; ")
}

fn or_nothing(words: String) -> String {
    if words.is_empty() { "without a place or date".into() } else { words }
}

fn score(pain: Option<Pain>) -> String {
    pain.map_or_else(|| "not said".into(), |pain| format!("{} of 10", pain.score()))
}

fn mark(place: &str, before: Option<&Mark>, after: Option<&Mark>) -> Line {
    let feels = |mark: &Mark| {
        let feel = mark.sensation.map_or("pain", crate::clinic::body::Sensation::word);
        mark.intensity.map_or_else(|| feel.to_owned(), |pain| format!("{feel}, {} of 10", pain.score()))
    };
    match (before, after) {
        (None, Some(now)) => Line { word: "New", text: format!("{place}: {}", feels(now)) },
        (Some(was), Some(now)) => {
            Line { word: "Changed", text: format!("{place}: {}. Was {}", feels(now), feels(was)) }
        }
        (Some(_), None) => Line { word: "Gone", text: format!("{place} does not hurt any more") },
        (None, None) => Line { word: "Changed", text: place.to_owned() },
    }
}

const fn words(which: Words) -> &'static str {
    match which {
        Words::OtherConditions => "Any other condition",
        Words::Medicines => "Medicines",
        Words::Allergies => "Allergies",
        Words::Goals => "What they hope for",
    }
}

fn text(label: &str, before: &str, after: &str) -> Line {
    let quoted = |text: &str| format!("“{}”", text.trim().replace('\n', " / "));
    match (before.trim().is_empty(), after.trim().is_empty()) {
        (true, _) => Line { word: "New", text: format!("{label}: {}", quoted(after)) },
        (false, true) => Line { word: "Gone", text: format!("{label}. Was {}", quoted(before)) },
        (false, false) => Line { word: "Changed", text: format!("{label}: {}. Was {}", quoted(after), quoted(before)) },
    }
}

fn clearance(label: &str, before: Option<&Clearance>, after: Option<&Clearance>) -> Line {
    let given = |word: &Clearance| {
        let on = word.on.map_or_else(|| "without a day".into(), say::birthday);
        format!("by {}, {on}", word.by)
    };
    match (before, after) {
        (_, None) => Line { word: "Gone", text: format!("Doctor’s OK for {}", say::small(label)) },
        (None, Some(now)) => {
            Line { word: "New", text: format!("Doctor’s OK for {} {}", say::small(label), given(now)) }
        }
        (Some(_), Some(now)) => {
            Line { word: "Changed", text: format!("Doctor’s OK for {} {}", say::small(label), given(now)) }
        }
    }
}
