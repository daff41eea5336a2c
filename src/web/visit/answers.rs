//! What the client told us, as given. A blank is said aloud: it never means "no".

use crate::clinic::case::Case;
use crate::clinic::catalogue::{Catalogue, ConditionId};
use crate::clinic::intake::{Consent, Intake};
use crate::web::{because, bodymap::Sides, say};

/// One question with its answers.
#[derive(Debug)]
pub struct Answer {
    /// What was asked, in a word or two.
    pub asked: String,
    /// What was said, a line each.
    pub said: Vec<String>,
    /// Whether staff should ask again.
    pub blank: bool,
}

/// All answers, in the order of the form.
#[must_use]
pub fn of(case: &Case, catalogue: &Catalogue) -> Vec<Answer> {
    of_intake(&case.intake, case.has_unread_condition(), catalogue)
}

/// All answers of one intake; `unread`: nobody has read what is written in words.
#[must_use]
pub fn of_intake(intake: &Intake, unread: bool, catalogue: &Catalogue) -> Vec<Answer> {
    let answers = [
        Some(conditions(intake, catalogue)),
        unanswered(intake, catalogue),
        Some(other_conditions(intake, unread)),
        Some(pain(intake)),
        Some(words("Medicines", &intake.medicines)),
        Some(words("Allergies", &intake.allergies)),
        Some(listed("All day", intake.daily_load.iter().map(|load| say::capital(load.words())).collect())),
        Some(words("Hopes for", &intake.goals)),
        clearances(intake, catalogue),
        Some(consents(intake)),
    ];
    answers.into_iter().flatten().chain(own(intake)).collect()
}

/// The clinic's own questions, in the words that were read.
fn own(intake: &Intake) -> Vec<Answer> {
    let answers = intake.own.iter().flat_map(|form| &form.answers);
    answers.map(|one| Answer { asked: one.asked.clone(), said: one.said.clone(), blank: false }).collect()
}

fn label(catalogue: &Catalogue, id: &ConditionId) -> String {
    catalogue.condition(id).map_or_else(|| id.to_string(), |condition| condition.label.clone())
}

fn listed(asked: &str, said: Vec<String>) -> Answer {
    let said = if said.is_empty() { vec!["Nothing said".into()] } else { said };
    Answer { asked: asked.into(), said, blank: false }
}

fn words(asked: &str, text: &str) -> Answer {
    listed(asked, text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("“{line}”")).collect())
}

fn conditions(intake: &Intake, catalogue: &Catalogue) -> Answer {
    let said = intake.conditions.iter().map(|one| {
        let details = because::details(one);
        if details.is_empty() { label(catalogue, &one.id) } else { format!("{}: {details}", label(catalogue, &one.id)) }
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() {
        return Answer { asked: "Conditions".into(), said: vec!["None of those on the form".into()], blank: false };
    }
    listed("Conditions", said)
}

fn unanswered(intake: &Intake, catalogue: &Catalogue) -> Option<Answer> {
    let said = intake
        .unanswered
        .iter()
        .map(|id| format!("{}: left blank. Advice is filtered as if yes.", label(catalogue, id)));
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then_some(Answer { asked: "Left blank".into(), said, blank: true })
}

fn other_conditions(intake: &Intake, unread: bool) -> Answer {
    let mut answer = words("Anything else", &intake.other_conditions);
    if unread && !intake.other_conditions.trim().is_empty() {
        answer.said.push("Nobody has read this yet. No heat or stretches until someone has.".into());
        answer.blank = true;
    }
    answer
}

fn pain(intake: &Intake) -> Answer {
    let now = intake.pain_now.map(|pain| format!("Now {} of 10", pain.score()));
    let marks = intake.marks.iter().map(|mark| {
        let place = say::capital(&Sides::of(mark.side).name(mark.region));
        let feel = mark.sensation.map(|sensation| format!(", {}", sensation.word())).unwrap_or_default();
        let much = mark.intensity.map(|pain| format!(", {} of 10", pain.score())).unwrap_or_default();
        format!("{place}{feel}{much}")
    });
    let said: Vec<String> = now.into_iter().chain(marks).collect();
    if said.is_empty() {
        Answer { asked: "Pain".into(), said: vec!["Left blank".into()], blank: true }
    } else {
        listed("Pain", said)
    }
}

fn clearances(intake: &Intake, catalogue: &Catalogue) -> Option<Answer> {
    let said = intake.clearance.iter().map(|clearance| {
        let by = if clearance.by.is_empty() { String::new() } else { format!(", by {}", clearance.by) };
        let on = clearance
            .on
            .map_or_else(|| ", without a date, so it does not count".into(), |on| format!(", {}", say::birthday(on)));
        format!("{}{by}{on}", label(catalogue, &clearance.condition))
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then_some(Answer { asked: "Doctor’s OK".into(), said, blank: false })
}

fn consents(intake: &Intake) -> Answer {
    let said = Consent::ALL.into_iter().map(|purpose| {
        let word = match purpose {
            Consent::Treatment => "Treatment",
            Consent::HealthData => "Keeping health answers",
            Consent::AftercareEmail => "Aftercare emails",
            Consent::CheckInEmail => "Check-in emails",
            Consent::Marketing => "Offers",
        };
        format!("{word}: {}", if intake.consents_to(purpose) { "yes" } else { "no" })
    });
    Answer { asked: "Agreed to".into(), said: said.collect(), blank: false }
}
