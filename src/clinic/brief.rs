//! What tailoring comes to: the brief a therapist reads and every email is filtered by.
//! Serialised, it is the document of `aftercare tailor --json`.

use serde::{Deserialize, Serialize};

use super::body::Region;
use super::catalogue::{Heat, Hydration, Level, Pressure, SignId, StretchId, TechniqueId, Tier};

/// The result of tailoring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    /// The catalogue it was made with.
    pub catalogue_version: String,
    /// The strictest level of the client's conditions, cleared or not.
    pub level: Level,
    /// The pressure ceiling.
    pub pressure: PressureCeiling,
    /// What suits and what does not.
    pub techniques: Techniques,
    /// Where not to work.
    pub avoid_regions: Vec<AvoidRegion>,
    /// Lines for the therapist, strictest condition first.
    pub cautions: Vec<Line>,
    /// What to ask before starting.
    pub questions: Vec<Line>,
    /// What is decided about advice.
    pub advice: AdviceDecisions,
    /// What the client is told to watch for, most urgent first; `expected` ones are no warnings.
    pub warning_signs: Vec<Sign>,
    /// Whether routine aftercare may go out at all.
    pub aftercare: Aftercare,
    /// What staff have to do.
    pub tasks: Vec<Task>,
}

/// Why a line is there: the answer and the rule it came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// What kind of thing it came from.
    pub from: Origin,
    /// Which one.
    pub id: String,
    /// In words.
    pub says: String,
    /// Addresses that back it; none means expert opinion or plain fact.
    pub references: Vec<String>,
}

/// What kind of thing a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A condition the client reported.
    Condition,
    /// Another answer of the intake, or a blank one.
    Answer,
    /// The visit as booked.
    Visit,
    /// A rule of the product or the catalogue.
    Rule,
}

/// The highest pressure allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PressureCeiling {
    /// The ceiling.
    pub ceiling: Pressure,
    /// What lowered it.
    pub because: Vec<Reason>,
}

/// What suits and what does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Techniques {
    /// The one that was booked.
    pub booked: BookedTechnique,
    /// What to use instead, best first; empty when the booked one suits.
    pub suggested: Vec<TechniqueLine>,
    /// All that are ruled out.
    pub unsuitable: Vec<TechniqueLine>,
}

/// The booked technique.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookedTechnique {
    /// Which one.
    pub id: TechniqueId,
    /// Whether nothing rules it out.
    pub suitable: bool,
}

/// A technique and why it stands where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TechniqueLine {
    /// Which one.
    pub id: TechniqueId,
    /// Why.
    pub because: Vec<Reason>,
}

/// A region to leave alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvoidRegion {
    /// Which one.
    pub region: Region,
    /// Why.
    pub because: Vec<Reason>,
}

/// A line of text and why it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The text.
    pub text: String,
    /// Why.
    pub because: Vec<Reason>,
}

/// What is decided about advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdviceDecisions {
    /// Warmth.
    pub heat: Decision<Heat>,
    /// Drinks.
    pub hydration: Decision<Hydration>,
    /// Stretches.
    pub stretches: Stretches,
}

/// A merged decision and what made it stricter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision<T> {
    /// What counts.
    pub decision: T,
    /// Why.
    pub because: Vec<Reason>,
}

/// Which stretches this client may be offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretches {
    /// Those for the treated regions that nothing rules out, treated regions first.
    pub offered: Vec<StretchId>,
    /// Every stretch that something rules out for this client, treated region or not.
    pub withheld: Vec<WithheldStretch>,
}

/// A stretch that is ruled out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithheldStretch {
    /// Which one.
    pub id: StretchId,
    /// Why.
    pub because: Vec<Reason>,
}

/// A warning sign this client is told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    /// Which one.
    pub id: SignId,
    /// How fast it needs help.
    pub tier: Tier,
}

/// Whether routine aftercare may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aftercare {
    /// The whole plan.
    Routine,
    /// One email with the urgent signs and the clinic's contact.
    EmergencyOnly,
}

/// Something staff have to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// What.
    pub kind: TaskKind,
    /// Why.
    pub because: Vec<Reason>,
}

/// What staff have to do, most pressing first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// A contraindication is reported: decide with the client what happens now.
    DoNotTreat,
    /// A doctor's word is missing or has run out.
    RecordClearance,
    /// A guardian has to agree.
    Guardian,
    /// Someone has to read what the client wrote.
    ReviewFreeText,
    /// A question was left blank, or a medicine tells of a condition.
    AskUnanswered,
}
