//! The rows of the catalogue as the files write them. Unknown keys are refused, so that a
//! misspelt rule can never be a rule that silently does not apply.

use serde::{Deserialize, Serialize};

use super::super::body::Region;
use super::super::case::BookedPressure;
use super::super::intake::DailyLoad;
use super::super::protocol::Step;
use super::{AdviceId, ConditionId, Heat, Hydration, Level, Pressure, SignId, StretchId, TechniqueId, Tier};

/// What is left out of what is written: shipped rows keep the content they had before there was such a field.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_not(yes: &bool) -> bool {
    !*yes
}

/// One condition an intake can report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Its id.
    pub id: ConditionId,
    /// What staff call it.
    pub label: String,
    /// The same in Spanish; a draft until reviewed.
    pub label_es: String,
    /// The group it stands in on the form.
    pub category: String,
    /// The question the form asks.
    pub asks: String,
    /// The same in Spanish; a draft until reviewed.
    pub asks_es: String,
    /// What it means for the session.
    pub massage: Level,
    /// Lines for the therapist.
    pub therapist: Vec<String>,
    /// The highest pressure it allows.
    pub pressure: Pressure,
    /// What it means for heat.
    pub heat: Heat,
    /// Why, for the therapist.
    pub heat_reason: String,
    /// Stretches it rules out.
    pub avoid_stretches: Vec<StretchId>,
    /// What it means for drinking.
    pub hydration: Hydration,
    /// Warning signs it adds.
    pub extra_warning_signs: Vec<SignId>,
    /// Other words the clinics want it to be found by, besides those that ship.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found_by: Vec<String>,
    /// ICD-10-CM category, for exports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icd10cm: Option<String>,
    /// For the clinician who reviews the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether a clinician must look before first use.
    pub needs_review: bool,
    /// Whether it is kept for the records that name it and used for nothing new.
    #[serde(default, skip_serializing_if = "is_not")]
    pub retired: bool,
    /// Addresses behind the row; none means expert opinion.
    pub sources: Vec<String>,
}

/// One stretch or gentle movement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stretch {
    /// Its id.
    pub id: StretchId,
    /// What it is called.
    pub label: String,
    /// The same in Spanish; a draft until reviewed.
    pub label_es: String,
    /// What it is for.
    pub region: StretchScope,
    /// How to do it.
    pub steps: Vec<String>,
    /// The same in Spanish; a draft until reviewed.
    pub steps_es: Vec<String>,
    /// How often and how long.
    pub dose: String,
    /// The same in Spanish; a draft until reviewed.
    pub dose_es: String,
    /// The mirror of the conditions' `avoid_stretches`.
    pub unsuitable_for: Vec<ConditionId>,
    /// Whether a clinician must look before first use.
    pub needs_review: bool,
    /// Whether it is kept for the records that name it and used for nothing new.
    #[serde(default, skip_serializing_if = "is_not")]
    pub retired: bool,
    /// Addresses behind the row; none means expert opinion.
    pub sources: Vec<String>,
}

/// What a stretch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StretchScope {
    /// Any visit.
    Any(AnyWord),
    /// Visits that treated this region or a part of it.
    Of(Region),
}

/// The word `any`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnyWord {
    /// No region in particular.
    Any,
}

/// Where a warning sign belongs.
pub type SignScope = StretchScope;

/// One thing a client should watch for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarningSign {
    /// Its id.
    pub id: SignId,
    /// What the client reads.
    pub text: String,
    /// The same in Spanish; a draft until reviewed.
    pub text_es: String,
    /// How fast it needs help.
    pub tier: Tier,
    /// Who is told.
    pub basis: Basis,
    /// For `basis = "region"`: the regions.
    pub applies_to: Vec<SignScope>,
    /// When it can show, for staff.
    pub window: String,
    /// Whether a clinician must look before first use.
    pub needs_review: bool,
    /// Whether it is kept for the records that name it and used for nothing new.
    #[serde(default, skip_serializing_if = "is_not")]
    pub retired: bool,
    /// Addresses behind the row; none means expert opinion.
    pub sources: Vec<String>,
}

/// Who is told of a warning sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Everyone, always.
    Everyone,
    /// Clients treated in one of its regions or a part of it.
    Region,
    /// Only clients with a condition that adds it.
    Condition,
}

/// One sentence or two that emails are made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// Its id.
    pub id: AdviceId,
    /// What sort of advice.
    pub kind: AdviceKind,
    /// Its heading.
    pub title: String,
    /// The same in Spanish; a draft until reviewed.
    pub title_es: String,
    /// What the client reads.
    pub text: String,
    /// The same in Spanish; a draft until reviewed.
    pub text_es: String,
    /// Whether the Spanish must be looked at before first use.
    pub needs_review_es: bool,
    /// How good the evidence is.
    pub evidence: Evidence,
    /// For the clinician who reviews the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether a clinician must look before first use.
    pub needs_review: bool,
    /// Whether it is kept for the records that name it and used for nothing new.
    #[serde(default, skip_serializing_if = "is_not")]
    pub retired: bool,
    /// Addresses behind the row; none means expert opinion.
    pub sources: Vec<String>,
    /// Pages to read on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// When it fits.
    #[serde(default)]
    pub when: AdviceWhen,
    /// When it must not be given, fit or not.
    #[serde(default)]
    pub withheld_when: AdviceWithheldWhen,
}

/// A page to read on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What the link says.
    pub label: String,
    /// Where it leads.
    pub url: String,
}

/// What sort of advice an item is. Letters choose their blocks by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each kind is its own name")]
pub enum AdviceKind {
    Expectation,
    Explanation,
    Heat,
    Cold,
    Hydration,
    Movement,
    Load,
    Work,
    Class,
    Sleep,
    Prepare,
    Food,
    Disclaimer,
    FurtherReading,
}

impl AdviceKind {
    /// Whether staff may leave an item of this kind out of an email. Where to turn when the advice
    /// does not fit stays, as warning signs do.
    #[must_use]
    pub const fn may_be_left_out(self) -> bool {
        !matches!(self, Self::Disclaimer)
    }
}

/// How good the evidence behind an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A guideline or an agreed rule.
    Strong,
    /// Trials or cohorts, small or indirect.
    Moderate,
    /// Few or poor studies, or a likeness.
    Weak,
    /// Common practice or a house rule: expert opinion.
    Custom,
}

/// When an advice item fits. An absent list fits always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdviceWhen {
    /// The email is one of these steps.
    pub steps: Option<Vec<Step>>,
    /// The visit treated one of these.
    pub regions: Option<Vec<Region>>,
    /// The client does one of these.
    pub daily_load: Option<Vec<DailyLoad>>,
    /// The merged decision on heat is one of these.
    pub heat: Option<Vec<Heat>>,
    /// The merged decision on drinking is one of these.
    pub hydration: Option<Vec<Hydration>>,
    /// The client said yes to one of these. A blank answer never brings an item in.
    pub conditions: Option<Vec<ConditionId>>,
}

/// When an advice item must not be given. An absent list never applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdviceWithheldWhen {
    /// The merged decision on heat is one of these.
    pub heat: Vec<Heat>,
    /// The merged decision on drinking is one of these.
    pub hydration: Vec<Hydration>,
    /// One of these stretches is withheld, whatever the reason.
    pub stretches: Vec<StretchId>,
    /// The client has one of these, or left its question blank.
    pub conditions: Vec<ConditionId>,
    /// "Another condition" text that staff have not read yet.
    pub free_text: bool,
}

/// One way of treating.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Technique {
    /// Its id.
    pub id: TechniqueId,
    /// What it is called.
    pub label: String,
    /// The same in Spanish; a draft until reviewed.
    pub label_es: String,
    /// The pressure it usually uses.
    pub pressure: BookedPressure,
    /// Whether it warms the skin.
    pub uses_heat: bool,
    /// How the client lies or sits.
    pub usual_position: UsualPosition,
    /// What it is good for; may be shown to a client.
    pub good_for: String,
    /// Conditions for which it is suggested.
    pub called_for_by: Vec<ConditionId>,
    /// Never suggested to anyone else.
    pub only_when_called_for: bool,
    /// Closest first: what to suggest instead.
    pub alternatives: Vec<TechniqueId>,
    /// For the therapist only.
    pub note: String,
    /// Whether a clinician must look before first use.
    pub needs_review: bool,
    /// Whether it is kept for the records that name it and used for nothing new.
    #[serde(default, skip_serializing_if = "is_not")]
    pub retired: bool,
    /// Addresses behind the row; none means expert opinion.
    pub sources: Vec<String>,
    /// What rules it out.
    pub unsuitable_when: TechniqueLimits,
}

/// How a client usually lies or sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each position is its own name")]
pub enum UsualPosition {
    FaceDownThenFaceUp,
    FaceUp,
    SideLying,
    Seated,
    Varies,
}

/// What rules a technique out. One reason is enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TechniqueLimits {
    /// Its lowest usable pressure; unsuitable when the ceiling is below it.
    pub needs_pressure_at_least: Pressure,
    /// Unsuitable when the heat decision is not "ok".
    pub heat_must_be_ok: bool,
    /// Unsuitable with one of these.
    pub conditions: Vec<ConditionId>,
}

/// Names of a medicine that tells of a condition the client may have left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Medicine {
    /// The condition to ask about.
    pub points_to: ConditionId,
    /// Generic and brand names, in lower case.
    pub names: Vec<String>,
    /// Addresses behind the row; none means expert opinion.
    pub sources: Vec<String>,
}
