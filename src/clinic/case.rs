//! Everything the rules look at for one visit: the clinic, the client, the visit, the intake.
//! A visit file and a row of the database both become a [`Case`], so there is one way to tailor.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::body::Region;
use super::catalogue::{Pressure, TechniqueId};
use super::choice::Topic;
use super::intake::Intake;
use super::person::{EmailAddress, PersonName};
use super::profile::ClinicProfile;

/// One visit of one client with the answers that count for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Where.
    pub clinic: ClinicProfile,
    /// Who.
    pub client: Client,
    /// What was booked or done.
    pub visit: Visit,
    /// What the client told us.
    pub intake: Intake,
    /// Whether staff have read what the client wrote in words (another condition, medicines,
    /// allergies) and entered what follows from it.
    pub free_text_read: bool,
    /// Whether no visit of this client came before this one, as far as we know.
    pub is_first_visit: bool,
    /// What the client stopped, whatever they agreed to.
    pub stopped: Vec<Topic>,
}

/// A client as letters address them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// How we greet them.
    pub first_name: PersonName,
    /// Their family name, if known.
    pub last_name: Option<PersonName>,
    /// Where mail goes; without one nothing is sent.
    pub email: Option<EmailAddress>,
    /// The language they want, if they said so.
    pub locale: Option<String>,
    /// Date of birth.
    pub born: Option<Date>,
    /// Whether they want their aftercare on paper; then none is sent.
    pub on_paper: bool,
}

/// One appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Start.
    pub starts_at: Timestamp,
    /// End; after the start.
    pub ends_at: Timestamp,
    /// What was done or will be.
    pub treatment: Treatment,
    /// Start of the next visit, if one is booked.
    pub next_visit_at: Option<Timestamp>,
}

/// What a visit does to the body. Kept sealed in the database as one piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Treatment {
    /// The booked technique.
    pub technique: TechniqueId,
    /// The booked pressure.
    pub pressure: BookedPressure,
    /// The treated regions, in body order; none means general advice only.
    pub regions: Vec<Region>,
    /// How the client took the visit before this one.
    pub last_reaction: LastReaction,
}

/// The pressure a visit is booked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each pressure is its own name")]
pub enum BookedPressure {
    Light,
    #[default]
    Moderate,
    Firm,
}

impl BookedPressure {
    /// The lightest first.
    pub const ALL: [Self; 3] = [Self::Light, Self::Moderate, Self::Firm];

    /// The pressure of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pressure| pressure.word() == word)
    }

    /// The ceiling under which this pressure is still allowed.
    #[must_use]
    pub const fn needs(self) -> Pressure {
        match self {
            Self::Light => Pressure::Light,
            Self::Moderate => Pressure::Moderate,
            Self::Firm => Pressure::Any,
        }
    }

    /// The word staff read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Moderate => "moderate",
            Self::Firm => "firm",
        }
    }
}

/// How the client took the last visit, the mildest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastReaction {
    /// Nothing to speak of, or a first visit.
    #[default]
    None,
    /// Sore for a day or two, as some people are.
    #[serde(rename = "sore_1_2_days")]
    SoreOneTwoDays,
    /// Sore for longer than that.
    SoreLonger,
    /// The pressure was too much.
    TooStrong,
}

impl Case {
    /// The day of the visit by the clinic's calendar.
    #[must_use]
    pub fn visit_day(&self) -> Date {
        self.visit.starts_at.to_zoned(self.clinic.zone.rules().clone()).date()
    }

    /// The client's name as it stands in a To header.
    #[must_use]
    pub fn full_name(&self) -> String {
        match &self.client.last_name {
            Some(last) => format!("{} {last}", self.client.first_name),
            None => self.client.first_name.to_string(),
        }
    }

    /// Whether emails about this may go to the client by their own choice; consent is asked apart.
    #[must_use]
    pub fn wants(&self, topic: Topic) -> bool {
        !self.stopped.contains(&topic)
    }

    /// Text in "another condition" that staff have not read yet.
    #[must_use]
    pub fn has_unread_condition(&self) -> bool {
        !self.intake.other_conditions.trim().is_empty() && !self.free_text_read
    }

    /// Whether the client is under 18 on the day of the visit. Who was born on 29 February comes of
    /// age on 1 March, so the years are taken from the visit and not added to the birth.
    #[must_use]
    pub fn is_minor(&self) -> bool {
        let latest = self.visit_day().saturating_sub(jiff::Span::new().years(18));
        self.client.born.is_some_and(|born| born > latest)
    }
}
