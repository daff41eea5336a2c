//! The answers of one intake, matched with the catalogue: what was reported, what is unknown.

use std::collections::BTreeSet;

use super::super::body::Region;
use super::super::brief::{Origin, Reason};
use super::super::case::Case;
use super::super::catalogue::{Catalogue, Condition, Level};
use super::super::intake::{Intake, ReportedCondition};

/// What the client reported and left open, each in catalogue order.
pub(in crate::clinic) struct Answers<'a> {
    pub(in crate::clinic) reported: Vec<Reported<'a>>,
    pub(in crate::clinic) unanswered: Vec<Blank<'a>>,
}

/// A condition answered with yes, once however often it was named.
pub(in crate::clinic) struct Reported<'a> {
    pub(in crate::clinic) condition: &'a Condition,
    /// Where, in body order.
    pub(in crate::clinic) places: BTreeSet<Region>,
    /// Whether at least one mention named no place.
    pub(in crate::clinic) places_missing: bool,
    says: String,
}

/// A condition whose question is open.
pub(in crate::clinic) struct Blank<'a> {
    pub(in crate::clinic) condition: &'a Condition,
    says: String,
}

impl<'a> Answers<'a> {
    pub(in crate::clinic) fn read(catalogue: &'a Catalogue, case: &Case) -> Self {
        let intake = &case.intake;
        let reported: Vec<Reported<'a>> =
            catalogue.conditions().iter().filter_map(|condition| Reported::of(condition, intake)).collect();
        let text = format!("{}\n{}", intake.medicines, intake.allergies);
        let hinted = catalogue.conditions_behind_medicines(&text);
        let unanswered = catalogue
            .conditions()
            .iter()
            .filter(|condition| !reported.iter().any(|yes| yes.condition.id == condition.id))
            .filter_map(|condition| {
                if intake.unanswered.contains(&condition.id) {
                    let says = format!("{}: left blank. Advice is filtered as if yes.", condition.label);
                    return Some(Blank { condition, says });
                }
                let (_, name) = hinted.iter().find(|(id, _)| id == &condition.id)?;
                let says = format!(
                    "{}: not reported, but \"{name}\" is listed. Advice is filtered as if yes.",
                    condition.label
                );
                Some(Blank { condition, says })
            })
            .collect();
        Self { reported, unanswered }
    }

    /// The strictest level, cleared or not.
    pub(in crate::clinic) fn level(&self) -> Level {
        self.reported.iter().map(|reported| reported.condition.massage).max().unwrap_or_default()
    }

    /// Every condition that filters advice, reported or unknown, with why it does.
    pub(in crate::clinic) fn filtering(&self) -> impl Iterator<Item = (&'a Condition, Reason)> + '_ {
        let reported = self.reported.iter().map(|yes| (yes.condition, yes.reason()));
        let unknown = self.unanswered.iter().map(|blank| (blank.condition, blank.reason()));
        reported.chain(unknown)
    }
}

impl<'a> Reported<'a> {
    fn of(condition: &'a Condition, intake: &Intake) -> Option<Self> {
        let mentions: Vec<&ReportedCondition> = intake.conditions.iter().filter(|one| one.id == condition.id).collect();
        if mentions.is_empty() {
            return None;
        }
        // Sorted, so that the order in which a client names two places changes nothing.
        let details: BTreeSet<String> = mentions.iter().filter_map(|mention| details(mention)).collect();
        let mut says = condition.label.clone();
        if !details.is_empty() {
            says = format!("{says} ({})", details.into_iter().collect::<Vec<_>>().join("; "));
        }
        if condition.sources.is_empty() {
            says.push_str(", expert opinion");
        }
        Some(Self {
            condition,
            places: mentions.iter().filter_map(|mention| mention.region).collect(),
            places_missing: mentions.iter().any(|mention| mention.region.is_none()),
            says,
        })
    }

    /// That the client reported it.
    pub(in crate::clinic) fn reason(&self) -> Reason {
        self.reason_with(self.says.clone())
    }

    /// That the client reported it, and what follows.
    pub(in crate::clinic) fn reason_saying(&self, follows: &str) -> Reason {
        self.reason_with(format!("{}: {follows}", self.says))
    }

    fn reason_with(&self, says: String) -> Reason {
        Reason {
            from: Origin::Condition,
            id: self.condition.id.to_string(),
            says,
            references: self.condition.sources.clone(),
        }
    }

    /// Whether a doctor's word for this condition counts on the day of the visit.
    pub(in crate::clinic) fn is_cleared(&self, case: &Case) -> bool {
        let day = case.visit_day();
        case.intake.clearance.iter().any(|word| word.condition == self.condition.id && word.counts_on(day))
    }
}

/// Where, on which side, since when: as the client said it.
fn details(mention: &ReportedCondition) -> Option<String> {
    let parts: Vec<String> = [
        mention.region.map(Region::word),
        mention.side.map(|side| side.word().to_owned()),
        mention.since.map(|since| format!("since {since}")),
        mention.status.map(|status| status.word().to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

impl Blank<'_> {
    /// That the answer is unknown.
    pub(in crate::clinic) fn reason(&self) -> Reason {
        Reason {
            from: Origin::Answer,
            id: self.condition.id.to_string(),
            says: self.says.clone(),
            references: self.condition.sources.clone(),
        }
    }
}

impl Reason {
    /// From another answer than a condition's.
    pub(in crate::clinic) fn answer(id: &str, says: &str) -> Self {
        Self { from: Origin::Answer, id: id.to_owned(), says: says.to_owned(), references: Vec::new() }
    }

    /// From the visit as booked.
    pub(in crate::clinic) fn visit(id: &str, says: &str) -> Self {
        Self { from: Origin::Visit, id: id.to_owned(), says: says.to_owned(), references: Vec::new() }
    }

    /// From a rule of the product or the catalogue, with what backs it.
    pub(in crate::clinic) fn rule(id: &str, says: String, references: &[String]) -> Self {
        Self { from: Origin::Rule, id: id.to_owned(), says, references: references.to_vec() }
    }
}

/// Free text in "another condition" can be anything, so it counts as the strictest answer until read.
pub(in crate::clinic) fn unread_condition(case: &Case) -> Option<Reason> {
    case.has_unread_condition().then(|| {
        Reason::answer(
            "other_conditions",
            "Another condition is written in words and nobody has read it yet: heat and stretches wait",
        )
    })
}

/// Minors get no stretches until a person has looked (clinical facts, section 8, row 11).
pub(in crate::clinic) fn minor() -> Reason {
    Reason::answer("born", "Under 18 on the day of the visit: a guardian agrees, and stretches wait")
}

/// What the client wrote in words and staff have to read.
pub(in crate::clinic) fn texts_to_read(case: &Case) -> Vec<Reason> {
    let unread = |text: &str| !case.free_text_read && !text.trim().is_empty();
    [
        ("other_conditions", case.has_unread_condition(), "Another condition is written in words"),
        ("medicines", unread(&case.intake.medicines), "Medicines are written in words"),
        ("allergies", unread(&case.intake.allergies), "Allergies are written in words"),
    ]
    .into_iter()
    .filter(|(_, there, _)| *there)
    .map(|(id, _, says)| Reason::answer(id, says))
    .collect()
}
