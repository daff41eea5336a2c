//! A letter as admins write it: ordered blocks with a version, in one language. What a letter may
//! say is checked here; how it looks and how it is filled is the mail room's work.

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
    },
    /// The client's advice items of these kinds, in catalogue order. Left out when none is offered.
    Advice {
        /// The heading above them.
        heading: String,
        /// Which kinds.
        kinds: Vec<AdviceKind>,
    },
    /// The client's stretches. Left out when none is offered.
    Stretches {
        /// The heading above them.
        heading: String,
        /// Markdown below the heading.
        intro: String,
    },
    /// The client's warning signs in their tiers. Every letter needs exactly one.
    WarningSigns,
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
