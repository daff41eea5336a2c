//! Tailoring: from the client's answers and the catalogue to the brief.
//!
//! The whole brief is a join over conditions: level, heat and drinks take the stricter, pressure
//! the lower, withheld stretches, signs and lines the union. So the order of answers never
//! matters and one more condition never loosens anything; both are property tests.
//! A blank answer is not a "no": it filters heat, drinks and stretches as if it were yes, asks its
//! question, and changes nothing else.

mod advice;
mod answers;
mod techniques;

use super::body::{Region, with_parents};
use super::brief::{Aftercare, AvoidRegion, Brief, Line, PressureCeiling, Reason, Sign, Task, TaskKind};
use super::case::{Case, LastReaction};
use super::catalogue::{Basis, Catalogue, Level, Pressure, StretchScope};

pub(in crate::clinic) use advice::belongs_to_visit;
pub(in crate::clinic) use answers::{Answers, unread_condition};

use answers::Reported;

/// Tailors one visit. Recomputable: the same case and catalogue give the same brief, byte for byte.
#[must_use]
pub fn tailor(catalogue: &Catalogue, case: &Case) -> Brief {
    let answers = Answers::read(catalogue, case);
    let pressure = pressure(&answers, case);
    let advice = advice::decide(catalogue, &answers, case);
    Brief {
        catalogue_version: catalogue.version().to_owned(),
        level: answers.level(),
        techniques: techniques::judge(catalogue, &answers, case, &pressure, &advice.heat),
        pressure,
        avoid_regions: avoid_regions(&answers, case),
        cautions: cautions(&answers),
        questions: questions(&answers),
        advice,
        warning_signs: warning_signs(catalogue, &answers, case),
        aftercare: aftercare(&answers, case),
        tasks: tasks(&answers, case),
    }
}

/// The lowest of the conditions' pressures, one step lower after a bad reaction (not below light).
fn pressure(answers: &Answers<'_>, case: &Case) -> PressureCeiling {
    let lowest = answers.reported.iter().map(|reported| reported.condition.pressure).min().unwrap_or_default();
    let mut because: Vec<Reason> = answers
        .reported
        .iter()
        .filter(|reported| reported.condition.pressure == lowest && lowest < Pressure::Any)
        .map(|reported| reported.reason_saying(&format!("pressure no higher than {}", lowest.word())))
        .collect();
    let mut ceiling = lowest;
    let reaction = match case.visit.treatment.last_reaction {
        LastReaction::TooStrong => Some("The pressure was too much last time: one step lighter than otherwise"),
        LastReaction::SoreLonger => Some("Sore for more than two days last time: one step lighter than otherwise"),
        LastReaction::None | LastReaction::SoreOneTwoDays => None,
    };
    if let Some(says) = reaction {
        ceiling = match lowest {
            Pressure::Any => Pressure::Moderate,
            Pressure::Moderate | Pressure::Light => Pressure::Light,
            Pressure::None => Pressure::None,
        };
        because.push(Reason::visit("last_reaction", says));
    }
    PressureCeiling { ceiling, because }
}

/// Where not to work: the reported places of every condition that forbids its place, or, where
/// the client named no place, everything that was to be treated.
fn avoid_regions(answers: &Answers<'_>, case: &Case) -> Vec<AvoidRegion> {
    let treated = &case.visit.treatment.regions;
    let avoided = |region: Region| -> Vec<Reason> {
        answers
            .reported
            .iter()
            .filter(|reported| reported.condition.massage == Level::LocalContraindication)
            .filter(|reported| {
                reported.places.contains(&region) || (reported.places_missing && treated.contains(&region))
            })
            .map(Reported::reason)
            .collect()
    };
    Region::ALL
        .into_iter()
        .map(|region| AvoidRegion { region, because: avoided(region) })
        .filter(|avoid| !avoid.because.is_empty())
        .collect()
}

/// The therapist's lines, strictest condition first; a line that several conditions share stands once.
fn cautions(answers: &Answers<'_>) -> Vec<Line> {
    let mut strictest_first: Vec<&Reported<'_>> = answers.reported.iter().collect();
    strictest_first.sort_by_key(|reported| std::cmp::Reverse(reported.condition.massage));
    let mut lines: Vec<Line> = Vec::new();
    for reported in strictest_first {
        for text in &reported.condition.therapist {
            match lines.iter_mut().find(|line| &line.text == text) {
                Some(line) => line.because.push(reported.reason()),
                None => lines.push(Line { text: text.clone(), because: vec![reported.reason()] }),
            }
        }
    }
    lines
}

/// The question of every blank answer.
fn questions(answers: &Answers<'_>) -> Vec<Line> {
    answers
        .unanswered
        .iter()
        .map(|blank| Line { text: blank.condition.asks.clone(), because: vec![blank.reason()] })
        .collect()
}

/// Signs for everyone, for the treated regions and what they belong to, and for the client's
/// conditions; most urgent first, then in catalogue order.
fn warning_signs(catalogue: &Catalogue, answers: &Answers<'_>, case: &Case) -> Vec<Sign> {
    let treated = with_parents(&case.visit.treatment.regions);
    let mut signs: Vec<Sign> = catalogue
        .warning_signs()
        .iter()
        .filter(|sign| !sign.retired)
        .filter(|sign| {
            let by_basis = match sign.basis {
                Basis::Everyone => true,
                Basis::Region => sign.applies_to.iter().any(|scope| match scope {
                    StretchScope::Any(_) => true,
                    StretchScope::Of(region) => treated.contains(region),
                }),
                Basis::Condition => false,
            };
            by_basis
                || answers.reported.iter().any(|reported| reported.condition.extra_warning_signs.contains(&sign.id))
        })
        .map(|sign| Sign { id: sign.id.clone(), tier: sign.tier })
        .collect();
    signs.sort_by_key(|sign| sign.tier);
    signs
}

/// Routine aftercare implies that treatment went ahead; it must not, without a doctor's word.
fn aftercare(answers: &Answers<'_>, case: &Case) -> Aftercare {
    let stopped = answers.reported.iter().any(|reported| match reported.condition.massage {
        Level::Contraindication => true,
        Level::MedicalClearance => !reported.is_cleared(case),
        Level::None | Level::Caution | Level::LocalContraindication => false,
    });
    if stopped { Aftercare::EmergencyOnly } else { Aftercare::Routine }
}

fn tasks(answers: &Answers<'_>, case: &Case) -> Vec<Task> {
    let of_level = |level: Level| answers.reported.iter().filter(move |reported| reported.condition.massage == level);
    let refused = of_level(Level::Contraindication).map(Reported::reason).collect();
    let uncleared = of_level(Level::MedicalClearance)
        .filter(|reported| !reported.is_cleared(case))
        .map(|reported| reported.reason_saying("needs a doctor's word not older than 12 months"))
        .collect();
    let guardian = if case.is_minor() { vec![answers::minor()] } else { Vec::new() };
    let free_text = answers::texts_to_read(case);
    let blank = answers.unanswered.iter().map(answers::Blank::reason).collect();
    [
        (TaskKind::DoNotTreat, refused),
        (TaskKind::RecordClearance, uncleared),
        (TaskKind::Guardian, guardian),
        (TaskKind::ReviewFreeText, free_text),
        (TaskKind::AskUnanswered, blank),
    ]
    .into_iter()
    .filter(|(_, because): &(TaskKind, Vec<Reason>)| !because.is_empty())
    .map(|(kind, because)| Task { kind, because })
    .collect()
}

#[cfg(test)]
mod tests;
