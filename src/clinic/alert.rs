//! An alert: a worrying answer that stays until a person has written down what happened. Nothing
//! closes one by silence, and nothing here ever makes one milder.

mod words;

pub use words::{digest, told};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::care::Care;
use super::catalogue::Tier;
use super::checkin::{Raised, Triage, Urgency};
use super::ids::{AccountId, AlertId, CheckInId, ClientId, VisitId};
use super::profile::Zone;

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Nobody has taken it.
    Open,
    /// Somebody looks after it.
    Taken,
    /// What happened is written down.
    Closed,
}

impl Standing {
    /// The id used in tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Closed => "closed",
        }
    }

    /// The standing of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        [Self::Open, Self::Taken, Self::Closed].into_iter().find(|one| one.id() == id)
    }
}

/// What happened in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Spoke; is on the way to emergency care.
    GoesToEmergency,
    /// Was in emergency or medical care already.
    InCare,
    /// Spoke; sees a doctor.
    SeesDoctor,
    /// Spoke; comes to the clinic.
    ComesIn,
    /// Spoke; it is better or as expected.
    Better,
    /// Spoke; it was ticked by mistake.
    Mistake,
    /// Nobody answered, three times.
    NotReached,
}

impl Outcome {
    /// Every outcome, in the order of the page.
    pub const ALL: [Self; 7] = [
        Self::GoesToEmergency,
        Self::InCare,
        Self::SeesDoctor,
        Self::ComesIn,
        Self::Better,
        Self::Mistake,
        Self::NotReached,
    ];

    /// The id in forms and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::GoesToEmergency => "goes_to_emergency",
            Self::InCare => "in_care",
            Self::SeesDoctor => "sees_doctor",
            Self::ComesIn => "comes_in",
            Self::Better => "better",
            Self::Mistake => "mistake",
            Self::NotReached => "not_reached",
        }
    }

    /// The outcome of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.id() == id)
    }

    /// What staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::GoesToEmergency => "Spoke, going to emergency care",
            Self::InCare => "Already in medical care",
            Self::SeesDoctor => "Spoke, sees a doctor",
            Self::ComesIn => "Spoke, comes to the clinic",
            Self::Better => "Spoke, better or as expected",
            Self::Mistake => "Spoke, ticked by mistake",
            Self::NotReached => "Could not reach after 3 tries",
        }
    }

    /// What is offered for an alert of this tier. Nobody is told "as expected" in an emergency.
    pub fn offered(tier: Tier) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |one| match one {
            Self::Better | Self::ComesIn => tier != Tier::Emergency,
            _ => true,
        })
    }
}

/// What became of the emails of the visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mail {
    /// They were not held.
    None,
    /// They wait, and so does what a later plan adds.
    Held,
    /// They go on.
    Released,
    /// They were called off.
    Cancelled,
}

impl Mail {
    /// The id used in forms and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Held => "held",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
        }
    }

    /// The choice of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        [Self::None, Self::Held, Self::Released, Self::Cancelled].into_iter().find(|one| one.id() == id)
    }
}

/// What an alert is about. Kept sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The signs that were raised.
    pub raised: Vec<Raised>,
    /// A word that a person must read.
    pub read: Option<String>,
    /// What was told, in words, when it does not come from a check-in.
    pub told: String,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Which one.
    pub id: AlertId,
    /// About whom.
    pub client: ClientId,
    /// About which visit.
    pub visit: Option<VisitId>,
    /// From which check-in; none is from an intake form.
    pub check_in: Option<CheckInId>,
    /// How fast it needs somebody.
    pub tier: Tier,
    /// How urgent it feels to the client: moves it up within its tier, never down.
    pub urgency: Urgency,
    /// Where it stands.
    pub standing: Standing,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when somebody has to take it.
    pub due_at: Timestamp,
    /// When the next address is told.
    pub next_at: Option<Timestamp>,
    /// How many addresses were told.
    pub told: u32,
    /// Who looks after it.
    pub owner: Option<AccountId>,
    /// Since when.
    pub taken_at: Option<Timestamp>,
    /// What happened.
    pub outcome: Option<Outcome>,
    /// When that was written down.
    pub closed_at: Option<Timestamp>,
    /// By whom.
    pub closed_by: Option<AccountId>,
    /// The emails of the visit.
    pub mail: Mail,
    /// Grows with every change.
    pub version: u32,
    /// What it is about.
    pub about: About,
}

/// The smallest number of tries before "could not reach".
pub const TRIES: usize = 3;

impl Alert {
    /// A new one, with its deadline. The first address is told at once by whoever opens it.
    #[must_use]
    pub fn open(
        id: AlertId,
        (client, visit, check_in): (ClientId, Option<VisitId>, Option<CheckInId>),
        (tier, urgency, about): (Tier, Urgency, About),
        (care, zone, now): (&Care, &Zone, Timestamp),
    ) -> Self {
        let due_at = care.due(zone, tier, now);
        Self {
            id,
            client,
            visit,
            check_in,
            tier,
            urgency,
            standing: Standing::Open,
            opened_at: now,
            due_at,
            next_at: Some(due_at),
            told: 0,
            owner: None,
            taken_at: None,
            outcome: None,
            closed_at: None,
            closed_by: None,
            mail: Mail::None,
            version: 1,
            about,
        }
    }

    /// Adds what later answers raise. Returns whether it became more urgent: then it has to be taken
    /// again, by a new deadline. It never becomes milder.
    pub fn raise(&mut self, tier: Tier, later: &Triage, (care, zone, now): (&Care, &Zone, Timestamp)) -> bool {
        for one in &later.raised {
            match self.about.raised.iter_mut().find(|there| there.sign == one.sign) {
                Some(there) if one.tier < there.tier => *there = one.clone(),
                Some(_) => {}
                None => self.about.raised.push(one.clone()),
            }
        }
        self.about.raised.sort_by_key(|one| one.tier);
        if self.about.read.is_none() {
            self.about.read.clone_from(&later.read);
        }
        self.urgency = self.urgency.max(later.urgency.unwrap_or(Urgency::Not));
        if tier >= self.tier {
            return false;
        }
        let due = care.due(zone, tier, now);
        self.tier = tier;
        // One that is overdue already stays overdue.
        self.due_at = if self.standing == Standing::Open { self.due_at.min(due) } else { due };
        self.standing = Standing::Open;
        self.next_at = Some(self.due_at);
        self.told = 0;
        self.taken_at = None;
        true
    }

    /// Somebody looks after it.
    ///
    /// # Errors
    /// One sentence that says why not.
    pub fn take(&mut self, by: AccountId, now: Timestamp) -> Result<(), &'static str> {
        if self.standing == Standing::Closed {
            return Err("This alert is closed. What happened is written down.");
        }
        self.owner = Some(by);
        // Handing it on is no second acknowledgement.
        self.taken_at = self.taken_at.or(Some(now));
        self.standing = Standing::Taken;
        self.next_at = None;
        Ok(())
    }

    /// Writes down what happened. `tries` is how often nobody answered.
    ///
    /// # Errors
    /// One sentence that says why not.
    pub fn close(
        &mut self,
        outcome: Outcome,
        mail: Option<Mail>,
        tries: usize,
        (by, now): (AccountId, Timestamp),
    ) -> Result<(), &'static str> {
        if self.standing == Standing::Closed {
            return Err("This alert is closed already.");
        }
        if !Outcome::offered(self.tier).any(|one| one == outcome) {
            return Err("This outcome does not fit an emergency sign.");
        }
        if outcome == Outcome::NotReached && tries < TRIES {
            return Err("Try three times before you close it as not reached. Press “No answer” after each try.");
        }
        match (self.mail, mail) {
            (Mail::Held, Some(chosen @ (Mail::Released | Mail::Cancelled))) => self.mail = chosen,
            (Mail::Held, _) => return Err("Choose what happens to the held emails: release or cancel."),
            _ => {}
        }
        self.take(by, now)?;
        self.standing = Standing::Closed;
        self.outcome = Some(outcome);
        self.closed_at = Some(now);
        self.closed_by = Some(by);
        Ok(())
    }

    /// Whether the time to take it is over.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.standing == Standing::Open && self.due_at <= now
    }

    /// How long it took until somebody took it.
    #[must_use]
    pub fn waited(&self) -> Option<SignedDuration> {
        self.taken_at.map(|taken| taken.duration_since(self.opened_at))
    }

    /// The place in the list: nobody's first, then by tier, by how urgent it feels, by deadline.
    #[must_use]
    pub const fn rank(&self) -> (Standing, Tier, std::cmp::Reverse<Urgency>, Timestamp) {
        (self.standing, self.tier, std::cmp::Reverse(self.urgency), self.due_at)
    }
}

/// The word of a tier, as staff read it.
#[must_use]
pub const fn word(tier: Tier) -> &'static str {
    match tier {
        Tier::Emergency => "Emergency sign",
        Tier::SameDay => "Same day",
        Tier::CallClinic | Tier::Expected => "Call the client",
    }
}

#[cfg(test)]
mod tests;
