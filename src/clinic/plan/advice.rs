//! Which advice an email of a step carries for this client, and what it leaves out and why.

use super::super::body::Region;
use super::super::brief::{Aftercare, Brief, Reason};
use super::super::case::Case;
use super::super::catalogue::{Advice, Catalogue, StretchId, Tier};
use super::super::choice::Topic;
use super::super::intake::Consent;
use super::super::protocol::Step;
use super::super::tailoring::{Answers, belongs_to_visit, unread_condition};
use super::{Content, Says, Withheld};

/// At most this many stretches stand in one email: three key points are what people keep
/// (clinical facts, section 7).
const STRETCHES_SHOWN: usize = 3;

/// What an email says to this client: a routine email, or the one that goes instead of all.
#[must_use]
pub fn content(catalogue: &Catalogue, case: &Case, brief: &Brief, says: Says) -> Content {
    let step = says.letter.home();
    let regions = case.visit.treatment.regions.clone();
    if brief.aftercare == Aftercare::EmergencyOnly {
        let urgent = brief.warning_signs.iter().filter(|sign| matches!(sign.tier, Tier::Emergency | Tier::SameDay));
        return Content {
            advice: Vec::new(),
            stretches: Vec::new(),
            withheld: Vec::new(),
            warning_signs: urgent.cloned().collect(),
            regions,
            check_in: false,
        };
    }
    let mut content = Content {
        advice: Vec::new(),
        stretches: Vec::new(),
        withheld: Vec::new(),
        warning_signs: brief.warning_signs.clone(),
        regions,
        check_in: says.check_in && case.intake.consents_to(Consent::CheckInEmail) && case.wants(Topic::CheckIns),
    };
    let answers = Answers::read(catalogue, case);
    for item in catalogue.advice().iter().filter(|item| fits(item, case, brief, step)) {
        let because = against(item, &answers, case, brief);
        if because.is_empty() {
            content.advice.push(item.id.clone());
        } else {
            content.withheld.push(Withheld { id: item.id.to_string(), because });
        }
    }
    if step.shows_stretches() {
        let stretches = &brief.advice.stretches;
        content.stretches = stretches.offered.iter().take(STRETCHES_SHOWN).cloned().collect();
        let near = |id: &StretchId| {
            let stretch = catalogue.stretch(id).filter(|stretch| !stretch.retired);
            stretch.is_some_and(|stretch| belongs_to_visit(stretch, &case.visit.treatment.regions))
        };
        content.withheld.extend(
            stretches
                .withheld
                .iter()
                .filter(|withheld| near(&withheld.id))
                .map(|withheld| Withheld { id: withheld.id.to_string(), because: withheld.because.clone() }),
        );
    }
    content
}

/// Whether an item belongs in this email at all. An item that only misses its `when` because of a
/// decision which `withheld_when` names as well counts as belonging, so that it is listed as
/// withheld with its reason rather than silently absent.
fn fits(item: &Advice, case: &Case, brief: &Brief, step: Step) -> bool {
    let when = &item.when;
    let not = &item.withheld_when;
    let advice = &brief.advice;
    !item.retired
        && holds(when.steps.as_deref(), |wanted| *wanted == step)
        && holds(when.regions.as_deref(), |wanted: &Region| case.visit.treatment.regions.contains(wanted))
        && holds(when.daily_load.as_deref(), |wanted| case.intake.daily_load.contains(wanted))
        && holds(when.conditions.as_deref(), |wanted| case.intake.conditions.iter().any(|yes| &yes.id == wanted))
        && (holds(when.heat.as_deref(), |wanted| *wanted == advice.heat.decision)
            || not.heat.contains(&advice.heat.decision))
        && (holds(when.hydration.as_deref(), |wanted| *wanted == advice.hydration.decision)
            || not.hydration.contains(&advice.hydration.decision))
}

fn holds<T>(wanted: Option<&[T]>, fits: impl Fn(&T) -> bool) -> bool {
    wanted.is_none_or(|wanted| wanted.iter().any(fits))
}

/// Everything that rules an item out for this client: the rule that hit, then the answers behind it.
fn against(item: &Advice, answers: &Answers<'_>, case: &Case, brief: &Brief) -> Vec<Reason> {
    let not = &item.withheld_when;
    let advice = &brief.advice;
    let mut because: Vec<Reason> = Vec::new();
    let mut hit = |rule: &str, says: String, answers: Vec<Reason>| {
        because.push(Reason::rule(&format!("{}.withheld_when.{rule}", item.id), says, &item.sources));
        because.extend(answers);
    };
    if not.heat.contains(&advice.heat.decision) {
        let says = format!("Left out when heat is \"{}\"", advice.heat.decision.word());
        hit("heat", says, advice.heat.because.clone());
    }
    if not.hydration.contains(&advice.hydration.decision) {
        hit("hydration", "Left out when drinks are not to be pushed".into(), advice.hydration.because.clone());
    }
    if let Some(unread) = unread_condition(case).filter(|_| not.free_text) {
        hit("free_text", "Left out until someone has read what the client wrote".into(), vec![unread]);
    }
    let ruling: Vec<Reason> = answers
        .filtering()
        .filter(|(condition, _)| not.conditions.contains(&condition.id))
        .map(|(_, reason)| reason)
        .collect();
    if !ruling.is_empty() {
        hit("conditions", "Left out with this condition, or while its question is open".into(), ruling);
    }
    for withheld in advice.stretches.withheld.iter().filter(|withheld| not.stretches.contains(&withheld.id)) {
        hit("stretches", format!("Left out where the stretch {} is withheld", withheld.id), withheld.because.clone());
    }
    let mut once: Vec<Reason> = Vec::new();
    for reason in because {
        if !once.contains(&reason) {
            once.push(reason);
        }
    }
    once
}
