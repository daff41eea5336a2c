//! What a client is asked about: the signs their emails name, and what counts as a warning for them.

use super::super::brief::{Brief, Sign};
use super::super::catalogue::{Catalogue, ConditionId, SignId, Tier};
use super::super::intake::Intake;
use super::super::protocol::Step;

/// The sign that is normal, and a warning for those who bleed easily.
pub(super) const SMALL_BRUISE: &str = "expected_small_bruise";

/// Blood thinners and bleeding conditions. A test holds that the catalogue knows them.
pub(super) const BLEEDING: [&str; 2] = ["anticoagulants", "haemophilia"];

/// The questions of one check-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The warning signs, most urgent first.
    pub signs: Vec<Sign>,
    /// What is normal and needs no tick.
    pub expected: Vec<SignId>,
    /// Whether the pressure is asked about.
    pub pressure: bool,
    /// Whether activities and change are asked about.
    pub outcome: bool,
}

/// Whether this client bleeds easily, left the question blank, or names such a medicine in words;
/// both count as yes.
#[must_use]
pub fn bleeds(catalogue: &Catalogue, intake: &Intake) -> bool {
    let is = |id: &ConditionId| BLEEDING.contains(&id.as_str());
    let text = format!("{}\n{}", intake.medicines, intake.allergies);
    intake.conditions.iter().any(|one| is(&one.id))
        || intake.unanswered.iter().any(is)
        || catalogue.conditions_behind_medicines(&text).iter().any(|(id, _)| is(id))
}

/// What is asked at this step: every sign the client was told of. For those who bleed easily a small
/// bruise is a question too, since any bruise is a reason to call.
#[must_use]
pub fn asked(brief: &Brief, step: Step, bleeds: bool) -> Asked {
    let mut signs: Vec<Sign> = brief.warning_signs.iter().filter(|sign| sign.tier != Tier::Expected).cloned().collect();
    if bleeds {
        signs.push(Sign { id: SignId::from(SMALL_BRUISE), tier: Tier::CallClinic });
    }
    let expected = brief
        .warning_signs
        .iter()
        .filter(|sign| sign.tier == Tier::Expected && !(bleeds && sign.id.as_str() == SMALL_BRUISE))
        .map(|sign| sign.id.clone())
        .collect();
    Asked { signs, expected, pressure: step == Step::DayOne, outcome: step == Step::DaySeven }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_a_blank_and_a_name_in_words_all_count_as_bleeding_easily() {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        let told =
            |json: serde_json::Value| bleeds(&catalogue, &serde_json::from_value::<Intake>(json).expect("an intake"));
        assert!(told(serde_json::json!({ "conditions": [{ "id": "haemophilia" }] })));
        assert!(told(serde_json::json!({ "unanswered": ["anticoagulants"] })));
        assert!(told(serde_json::json!({ "medicines": "Warfarin, 3 mg" })));
        assert!(told(serde_json::json!({ "allergies": "none, but I take apixaban" })));
        assert!(!told(serde_json::json!({ "medicines": "vitamin D", "unanswered": ["diabetes"] })));
    }
}
