//! The clinical catalogue: conditions, stretches, warning signs, advice items, techniques and
//! medicine names, as values. How they are read from files and cross-checked is in `load`.
//!
//! Nothing here is medical advice of ours: every row carries its sources, and a row without one
//! is shown as expert opinion. The scales below follow the head of `config/clinical/conditions.toml`.

mod check;
mod differences;
mod entries;
mod entry;
mod fresh;
mod load;
mod looser;
mod pick;
mod shipped;
mod spec;
mod uses;
mod whole;

pub use differences::{Changed, between, differences};
pub use entries::{
    Advice, AdviceKind, AdviceWhen, AdviceWithheldWhen, Basis, Condition, Evidence, Link, Medicine, SignScope, Stretch,
    StretchScope, Technique, TechniqueLimits, UsualPosition, WarningSign,
};
pub use entry::{Entry, Kind};
pub use fresh::{OWN, own_id};
pub use load::{CatalogueError, SourceFile};
pub use looser::{Looser, looser};
pub use pick::Pick;
pub use shipped::{Apart, Whose, apart};
pub use spec::{Part, Shape, Spec, links};
pub use uses::Use;
pub use whole::Whole;

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! catalogue_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as a word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                Self(word.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

catalogue_ids! {
    /// A condition of the catalogue, such as `herniated_disc_history`.
    ConditionId,
    /// A stretch, such as `pelvic_tilt`.
    StretchId,
    /// A warning sign, such as `saddle_numbness`.
    SignId,
    /// An advice item, such as `heat_caution`.
    AdviceId,
    /// A technique, such as `deep_tissue`.
    TechniqueId,
}

/// What a condition means for the session, mildest first. The strictest of a client's conditions counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing to mind.
    #[default]
    None,
    /// Treat, with care.
    Caution,
    /// Leave the place alone.
    LocalContraindication,
    /// Only with a doctor's word.
    MedicalClearance,
    /// Do not treat.
    Contraindication,
}

/// The highest pressure allowed, lowest first. The lowest of a client's conditions counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each pressure is its own name")]
pub enum Pressure {
    None,
    Light,
    Moderate,
    #[default]
    Any,
}

impl Pressure {
    /// The word staff read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Light => "light",
            Self::Moderate => "moderate",
            Self::Any => "any",
        }
    }
}

/// What is decided about heat, most permissive first. The strictest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each decision is its own name")]
pub enum Heat {
    #[default]
    Ok,
    Caution,
    Avoid,
}

impl Heat {
    /// The word staff read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Caution => "caution",
            Self::Avoid => "avoid",
        }
    }
}

/// What is decided about drinking, most permissive first. The strictest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each decision is its own name")]
pub enum Hydration {
    #[default]
    Ok,
    DoNotPush,
}

/// How fast a warning sign needs help, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Call the emergency number now.
    Emergency,
    /// See a doctor the same day.
    SameDay,
    /// Call the clinic.
    CallClinic,
    /// Not a warning: normal after a massage.
    Expected,
}

impl Tier {
    /// Most urgent first.
    pub const ALL: [Self; 4] = [Self::Emergency, Self::SameDay, Self::CallClinic, Self::Expected];

    /// The id used in files and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::SameDay => "same_day",
            Self::CallClinic => "call_clinic",
            Self::Expected => "expected",
        }
    }

    /// The tier of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.id() == id)
    }
}

/// The catalogue that all advice of one clinic comes from, already cross-checked.
#[derive(Clone, Debug)]
pub struct Catalogue {
    version: String,
    conditions: Vec<Condition>,
    stretches: Vec<Stretch>,
    warning_signs: Vec<WarningSign>,
    advice: Vec<Advice>,
    techniques: Vec<Technique>,
    medicines: Vec<Medicine>,
}

impl Catalogue {
    /// Names this content and no other: the draft's version and a digest of every entry.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// All conditions in the order of the file.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// All stretches in the order of the file.
    #[must_use]
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// All warning signs in the order of the file.
    #[must_use]
    pub fn warning_signs(&self) -> &[WarningSign] {
        &self.warning_signs
    }

    /// All advice items in the order of the file.
    #[must_use]
    pub fn advice(&self) -> &[Advice] {
        &self.advice
    }

    /// All techniques in the order of the file.
    #[must_use]
    pub fn techniques(&self) -> &[Technique] {
        &self.techniques
    }

    /// Medicine names and the conditions they point to.
    #[must_use]
    pub fn medicines(&self) -> &[Medicine] {
        &self.medicines
    }

    /// The condition of this id.
    #[must_use]
    pub fn condition(&self, id: &ConditionId) -> Option<&Condition> {
        self.conditions.iter().find(|entry| &entry.id == id)
    }

    /// The stretch of this id.
    #[must_use]
    pub fn stretch(&self, id: &StretchId) -> Option<&Stretch> {
        self.stretches.iter().find(|entry| &entry.id == id)
    }

    /// The warning sign of this id.
    #[must_use]
    pub fn warning_sign(&self, id: &SignId) -> Option<&WarningSign> {
        self.warning_signs.iter().find(|entry| &entry.id == id)
    }

    /// The advice item of this id.
    #[must_use]
    pub fn advice_item(&self, id: &AdviceId) -> Option<&Advice> {
        self.advice.iter().find(|entry| &entry.id == id)
    }

    /// The technique of this id.
    #[must_use]
    pub fn technique(&self, id: &TechniqueId) -> Option<&Technique> {
        self.techniques.iter().find(|entry| &entry.id == id)
    }
}
