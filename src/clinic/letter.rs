//! A letter as admins write it: ordered blocks with a version, in one language. What a letter may
//! say is checked here; how it looks and how it is filled is the mail room's work.

pub mod changes;
mod check;
mod claims;
mod draft;
pub mod gate;
mod merge;
pub mod reading;
pub mod sample;
mod set;
mod when;
mod words;

pub use check::{Finding, Severity, check, wrong_target};
pub use claims::{Claimed, Claims};
pub use draft::Act;
pub use merge::{MergeError, Piece, pieces};
pub use set::{Language, Letters, locales};
pub use when::{Age, When};
pub use words::{Words, telephone_link};

pub(in crate::clinic) use claims::banned_claim;

use serde::{Deserialize, Serialize};

use super::catalogue::AdviceKind;
use super::plan::LetterId;

/// One version of one letter in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// Which letter.
    pub id: LetterId,
    /// Counts up with every publication.
    pub version: u32,
    /// Whether a native speaker must look before first use.
    #[serde(default)]
    pub needs_review: bool,
    /// The subject: merge fields allowed, nothing of the treatment.
    pub subject: String,
    /// The line that inboxes show after the subject: as the subject.
    pub preheader: String,
    /// The word at the right of the masthead, such as "Aftercare".
    pub masthead: String,
    /// The first heading.
    pub heading: String,
    /// The blocks, in order.
    #[serde(rename = "block")]
    pub blocks: Vec<Block>,
}

/// One block of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Block {
    /// Markdown with merge fields.
    Text {
        /// The Markdown.
        body: String,
        /// For whom it is shown.
        #[serde(default, skip_serializing_if = "When::is_always")]
        when: When,
    },
    /// The client's advice items of these kinds, in catalogue order. Left out when none is offered.
    Advice {
        /// The heading above them. Without one, each item's own title is the heading.
        #[serde(default)]
        heading: Option<String>,
        /// Which kinds.
        kinds: Vec<AdviceKind>,
    },
    /// What is to be expected: the advice items of kind `expectation`, then the signs that are no
    /// warning. Without this block those signs stand before the warning signs.
    WhatIsNormal {
        /// The heading above it.
        heading: String,
    },
    /// The client's stretches. Left out when none is offered.
    Stretches {
        /// The heading above them.
        heading: String,
        /// Markdown below the heading.
        intro: String,
    },
    /// The client's warning signs in their tiers, each tier whole. Every letter needs exactly one.
    WarningSigns {
        /// Markdown above the first tier; may be empty.
        #[serde(default)]
        intro: String,
    },
    /// The check-in button. Left out without consent, and replaced by the phone without public links.
    CheckIn {
        /// What the button says.
        button: String,
        /// The small line below.
        note: String,
    },
    /// When the next visit is. Left out when none is booked.
    NextVisit,
    /// How to reach the clinic.
    Contact,
}

impl Block {
    /// Text for everyone.
    #[must_use]
    pub fn text(body: &str) -> Self {
        Self::Text { body: body.into(), when: When::default() }
    }
}

/// A merge field: the closed list of what a letter can say about a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is its own name")]
pub enum Field {
    FirstName,
    ClinicName,
    ClinicPhone,
    ClinicAddress,
    EmergencyNumber,
    VisitDay,
    NextVisitDay,
    NextVisitTime,
}

impl Field {
    /// The field of this name.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.id() == id)
    }

    /// Whether some clients or clinics have nothing to put there. A paragraph with such a field is
    /// left out for them, so that no letter says "call us on .".
    #[must_use]
    pub const fn may_be_missing(self) -> bool {
        matches!(self, Self::ClinicPhone | Self::ClinicAddress | Self::NextVisitDay | Self::NextVisitTime)
    }

    /// Every merge field.
    pub const ALL: [Self; 8] = [
        Self::FirstName,
        Self::ClinicName,
        Self::ClinicPhone,
        Self::ClinicAddress,
        Self::EmergencyNumber,
        Self::VisitDay,
        Self::NextVisitDay,
        Self::NextVisitTime,
    ];

    /// What stands between the braces.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::FirstName => "first_name",
            Self::ClinicName => "clinic_name",
            Self::ClinicPhone => "clinic_phone",
            Self::ClinicAddress => "clinic_address",
            Self::EmergencyNumber => "emergency_number",
            Self::VisitDay => "visit_day",
            Self::NextVisitDay => "next_visit_day",
            Self::NextVisitTime => "next_visit_time",
        }
    }
}
