//! What a field of an entry can be picked from: the id that is kept and the words people read.

use super::super::body::Region;
use super::super::intake::DailyLoad;
use super::super::protocol::Step;
use super::{Catalogue, Kind};

/// A list to pick from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each list is its own name")]
pub enum Pick {
    Level,
    Pressure,
    Heat,
    Hydration,
    Tier,
    Basis,
    /// A region, or "any".
    Scope,
    Region,
    AdviceKind,
    Evidence,
    Booked,
    Position,
    Step,
    Load,
    /// The groups of conditions that the catalogue has.
    Category,
    /// Entries of the catalogue.
    Of(Kind),
}

/// Id and word.
type Words = &'static [(&'static str, &'static str)];

const LEVELS: Words = &[
    ("none", "Nothing to mind"),
    ("caution", "Caution"),
    ("local_contraindication", "Leave the place alone"),
    ("medical_clearance", "Only with a doctor’s word"),
    ("contraindication", "Do not treat"),
];
const PRESSURES: Words = &[("none", "None"), ("light", "Light"), ("moderate", "Moderate"), ("any", "Any")];
const HEATS: Words = &[("ok", "Fine"), ("caution", "With caution"), ("avoid", "Avoid")];
const DRINKS: Words = &[("ok", "As usual"), ("do_not_push", "Do not ask to drink more")];
const TIERS: Words = &[
    ("emergency", "Emergency: call the emergency number now"),
    ("same_day", "Today: see a doctor the same day"),
    ("call_clinic", "Call the clinic"),
    ("expected", "Expected: no warning, normal after a massage"),
];
const BASES: Words = &[
    ("everyone", "Everyone, always"),
    ("region", "Clients treated in one of these places"),
    ("condition", "Only clients with a condition that adds it"),
];
const ADVICE: Words = &[
    ("expectation", "What to expect"),
    ("explanation", "Why it may feel like this"),
    ("heat", "Warmth"),
    ("cold", "Cold"),
    ("hydration", "Drinking"),
    ("movement", "Movement"),
    ("load", "Lifting and effort"),
    ("work", "Work"),
    ("class", "Classes"),
    ("sleep", "Sleep"),
    ("prepare", "Getting ready"),
    ("food", "Food"),
    ("disclaimer", "Where to turn when it does not fit"),
    ("further_reading", "Where to read more"),
];
const EVIDENCE: Words = &[
    ("strong", "Strong: a guideline or an agreed rule"),
    ("moderate", "Moderate: trials or cohorts, small or indirect"),
    ("weak", "Weak: few or poor studies, or a likeness"),
    ("custom", "Custom: common practice, expert opinion"),
];
const BOOKED: Words = &[("light", "Light"), ("moderate", "Moderate"), ("firm", "Firm")];
const POSITIONS: Words = &[
    ("face_down_then_face_up", "Face down, then face up"),
    ("face_up", "Face up"),
    ("side_lying", "Lying on the side"),
    ("seated", "Seated"),
    ("varies", "As it suits the work"),
];

impl Pick {
    /// Id and word of everything that can be picked, in order.
    #[must_use]
    pub fn options(self, catalogue: &Catalogue) -> Vec<(String, String)> {
        let fixed = |words: Words| words.iter().map(|(id, word)| ((*id).to_owned(), (*word).to_owned())).collect();
        let region = |region: Region| (region.id().to_owned(), capital(&region.word()));
        match self {
            Self::Level => fixed(LEVELS),
            Self::Pressure => fixed(PRESSURES),
            Self::Heat => fixed(HEATS),
            Self::Hydration => fixed(DRINKS),
            Self::Tier => fixed(TIERS),
            Self::Basis => fixed(BASES),
            Self::AdviceKind => fixed(ADVICE),
            Self::Evidence => fixed(EVIDENCE),
            Self::Booked => fixed(BOOKED),
            Self::Position => fixed(POSITIONS),
            Self::Region => Region::ALL.into_iter().map(region).collect(),
            Self::Scope => {
                std::iter::once(("any".into(), "Any place".into())).chain(Region::ALL.into_iter().map(region)).collect()
            }
            Self::Step => Step::ALL.into_iter().map(|step| (step.id().into(), step.name().into())).collect(),
            Self::Load => DailyLoad::ALL.into_iter().map(|load| (load.id().into(), capital(load.words()))).collect(),
            Self::Category => {
                let mut all: Vec<&str> = catalogue.conditions().iter().map(|one| one.category.as_str()).collect();
                all.sort_unstable();
                all.dedup();
                all.into_iter().map(|id| (id.to_owned(), capital(&id.replace('_', " ")))).collect()
            }
            Self::Of(kind) => {
                catalogue.entries(kind).iter().map(|entry| (entry.id().to_owned(), entry.label())).collect()
            }
        }
    }

    /// The word of an id; the id itself where there is none.
    #[must_use]
    pub fn word(self, catalogue: &Catalogue, id: &str) -> String {
        if let Self::Of(kind) = self {
            return catalogue.label(kind, id);
        }
        self.options(catalogue)
            .into_iter()
            .find(|(known, _)| known == id)
            .map_or_else(|| id.to_owned(), |(_, word)| word)
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
