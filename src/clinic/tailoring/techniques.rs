//! Which techniques suit this client, and what to use instead of the booked one.

use super::super::brief::{BookedTechnique, Decision, PressureCeiling, Reason, TechniqueLine, Techniques};
use super::super::case::Case;
use super::super::catalogue::{Catalogue, Heat, Technique, TechniqueId};
use super::answers::{Answers, Reported};

/// Judges every technique of the catalogue against the ceiling, the heat decision and the conditions.
pub(super) fn judge(
    catalogue: &Catalogue,
    answers: &Answers<'_>,
    case: &Case,
    pressure: &PressureCeiling,
    heat: &Decision<Heat>,
) -> Techniques {
    let unsuitable: Vec<TechniqueLine> = catalogue
        .techniques()
        .iter()
        .map(|technique| TechniqueLine {
            id: technique.id.clone(),
            because: against(technique, answers, pressure, heat),
        })
        .filter(|line| !line.because.is_empty())
        .collect();
    let booked = &case.visit.treatment.technique;
    let suitable = !unsuitable.iter().any(|line| &line.id == booked);
    let suggested = if suitable { Vec::new() } else { instead_of(booked, catalogue, answers, &unsuitable) };
    Techniques { booked: BookedTechnique { id: booked.clone(), suitable }, suggested, unsuitable }
}

/// Everything that speaks against a technique. One reason is enough; all are shown.
fn against(
    technique: &Technique,
    answers: &Answers<'_>,
    pressure: &PressureCeiling,
    heat: &Decision<Heat>,
) -> Vec<Reason> {
    let limits = &technique.unsuitable_when;
    let mut because: Vec<Reason> = answers
        .reported
        .iter()
        .filter(|reported| limits.conditions.contains(&reported.condition.id))
        .map(|reported| reported.reason_saying(&format!("rules out {}", technique.label)))
        .collect();
    if limits.needs_pressure_at_least > pressure.ceiling {
        let says = format!(
            "{} needs a ceiling of {} or more; here it is {}",
            technique.label,
            limits.needs_pressure_at_least.word(),
            pressure.ceiling.word()
        );
        because.push(Reason::rule("pressure_ceiling", says, &technique.sources));
        because.extend(pressure.because.iter().cloned());
    }
    if limits.heat_must_be_ok && heat.decision > Heat::Ok {
        let says = format!("{} needs heat to be ok; here it is {}", technique.label, heat.decision.word());
        because.push(Reason::rule("heat_must_be_ok", says, &technique.sources));
        because.extend(heat.because.iter().cloned());
    }
    let mut once: Vec<Reason> = Vec::new();
    for reason in because {
        if !once.iter().any(|seen| (seen.from, &seen.id) == (reason.from, &reason.id)) {
            once.push(reason);
        }
    }
    once
}

/// The booked technique's alternatives in their order, then those a condition calls for; without
/// the unsuitable ones, and without those kept for conditions this client does not have.
fn instead_of(
    booked: &TechniqueId,
    catalogue: &Catalogue,
    answers: &Answers<'_>,
    unsuitable: &[TechniqueLine],
) -> Vec<TechniqueLine> {
    let calls = |technique: &Technique| -> Vec<Reason> {
        answers
            .reported
            .iter()
            .filter(|reported| technique.called_for_by.contains(&reported.condition.id))
            .map(Reported::reason)
            .collect()
    };
    let mut suggested: Vec<TechniqueLine> = Vec::new();
    let mut add = |technique: &Technique, because: Vec<Reason>| {
        let ruled_out = unsuitable.iter().any(|line| line.id == technique.id);
        let not_for_them = technique.only_when_called_for && calls(technique).is_empty();
        if !technique.retired && !ruled_out && !not_for_them && !suggested.iter().any(|line| line.id == technique.id) {
            suggested.push(TechniqueLine { id: technique.id.clone(), because });
        }
    };
    if let Some(booked) = catalogue.technique(booked) {
        for alternative in booked.alternatives.iter().filter_map(|id| catalogue.technique(id)) {
            let says = format!("{} is a close, gentler choice than {}", alternative.label, booked.label);
            let rule = Reason::rule("alternatives", says, &alternative.sources);
            add(alternative, std::iter::once(rule).chain(calls(alternative)).collect());
        }
    }
    for technique in catalogue.techniques() {
        let because = calls(technique);
        if !because.is_empty() {
            add(technique, because);
        }
    }
    suggested
}
