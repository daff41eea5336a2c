//! What is decided about heat, drinks and stretches, before any email is made of it.

use std::collections::BTreeSet;

use super::super::body::{Region, with_parents};
use super::super::brief::{AdviceDecisions, Decision, Reason, Stretches, WithheldStretch};
use super::super::case::Case;
use super::super::catalogue::{Catalogue, Condition, Heat, Stretch, StretchScope};
use super::answers::{Answers, minor, unread_condition};

/// Merges the decisions of all conditions that filter advice, reported or unknown.
pub(super) fn decide(catalogue: &Catalogue, answers: &Answers<'_>, case: &Case) -> AdviceDecisions {
    let mut heat = strictest(answers, |condition| condition.heat);
    if let Some(unread) = unread_condition(case) {
        if heat.decision < Heat::Avoid {
            heat = Decision { decision: Heat::Avoid, because: Vec::new() };
        }
        heat.because.push(unread);
    }
    AdviceDecisions {
        heat,
        hydration: strictest(answers, |condition| condition.hydration),
        stretches: stretches(catalogue, answers, case),
    }
}

/// The strictest decision, because of every condition that asks for just that.
fn strictest<T: Copy + Ord + Default>(answers: &Answers<'_>, of: impl Fn(&Condition) -> T) -> Decision<T> {
    let decision = answers.filtering().map(|(condition, _)| of(condition)).max().unwrap_or_default();
    let because = answers
        .filtering()
        .filter(|(condition, _)| decision > T::default() && of(condition) == decision)
        .map(|(_, reason)| reason)
        .collect();
    Decision { decision, because }
}

/// Offered: those of the treated regions and what they belong to, that nothing rules out.
/// Withheld: everything that something rules out, wherever it belongs, so that a stretch a
/// therapist adds by hand is checked as well.
fn stretches(catalogue: &Catalogue, answers: &Answers<'_>, case: &Case) -> Stretches {
    let everything: Vec<Reason> = unread_condition(case).into_iter().chain(case.is_minor().then(minor)).collect();
    let ruled_out = |stretch: &Stretch| -> Vec<Reason> {
        answers
            .filtering()
            .filter(|(condition, _)| condition.avoid_stretches.contains(&stretch.id))
            .map(|(_, reason)| reason)
            .chain(everything.iter().cloned())
            .collect()
    };
    let mut offered: Vec<(u8, &Stretch)> = Vec::new();
    let mut withheld: Vec<WithheldStretch> = Vec::new();
    let treated = &case.visit.treatment.regions;
    let near = with_parents(treated);
    for stretch in catalogue.stretches() {
        let because = ruled_out(stretch);
        if !because.is_empty() {
            // A retired one as well: advice that goes with it is still left out with it.
            withheld.push(WithheldStretch { id: stretch.id.clone(), because });
        } else if let Some(rank) = closeness(stretch, treated, &near).filter(|_| !stretch.retired) {
            offered.push((rank, stretch));
        }
    }
    offered.sort_by_key(|(rank, _)| *rank);
    Stretches { offered: offered.into_iter().map(|(_, stretch)| stretch.id.clone()).collect(), withheld }
}

/// 0 for a treated region, 1 for one a treated region belongs to, 2 for any visit; else not for this visit.
fn closeness(stretch: &Stretch, treated: &[Region], near: &BTreeSet<Region>) -> Option<u8> {
    match stretch.region {
        StretchScope::Of(region) if treated.contains(&region) => Some(0),
        StretchScope::Of(region) if near.contains(&region) => Some(1),
        StretchScope::Of(_) => None,
        StretchScope::Any(_) => Some(2),
    }
}

/// Whether a stretch belongs to a visit that treated these regions.
pub(in crate::clinic) fn belongs_to_visit(stretch: &Stretch, treated: &[Region]) -> bool {
    closeness(stretch, treated, &with_parents(treated)).is_some()
}
