//! The visits before, what is answered differently since, and pain over time.

use jiff::Timestamp;

use crate::clinic::catalogue::Catalogue;
use crate::clinic::ids::{ClientId, IntakeId, VisitId};
use crate::clinic::intake::changes::changes;
use crate::store::intake::Given;
use crate::store::note::NoteState;
use crate::store::visit::{Appointment, VisitState};
use crate::web::badge::Badge;
use crate::web::check_in::told::Told;
use crate::web::measures::Week;
use crate::web::pain::Pain;
use crate::web::{Here, say};

/// So many visits are listed.
const LISTED: usize = 8;

/// What came before this visit.
#[derive(Clone, Debug, Default)]
pub struct PastFacts {
    /// How many visits took place before.
    pub visits: usize,
    /// The last of them, newest first.
    pub list: Vec<PastVisit>,
    /// Pain as intakes and check-ins tell it, oldest first.
    pub pain: Vec<Pain>,
    /// What the client told a week after their visits, newest first.
    pub weeks: Vec<Week>,
    /// What was told after this visit, newest first.
    pub told: Vec<Told>,
    /// What the client answers differently since the visit before.
    pub changed: Option<ChangedSince>,
}

/// That answers changed since the visit before, and where that can be read.
#[derive(Clone, Debug)]
pub struct ChangedSince {
    /// Whose.
    pub client: ClientId,
    /// The answers that count for this visit.
    pub intake: IntakeId,
    /// Those that counted for the one before.
    pub then: IntakeId,
    /// "2 changes since last time".
    pub says: String,
}

/// One visit before.
#[derive(Clone, Debug)]
pub struct PastVisit {
    /// Which one.
    pub id: VisitId,
    /// Its day.
    pub day: String,
    /// What was booked.
    pub technique: String,
    /// How its note stands.
    pub note: Badge,
}

/// What came before this visit, from the client's visits (newest first).
pub(in crate::web) fn past(
    visits: &[Appointment],
    pain: Vec<Pain>,
    notes: &[(VisitId, NoteState)],
    this: &Appointment,
    catalogue: &Catalogue,
    here: &Here,
) -> PastFacts {
    let zone = here.now.time_zone();
    let before = visits.iter().filter(|visit| visit.starts_at < this.starts_at && visit.state == VisitState::Completed);
    let label = |visit: &Appointment| {
        let id = &visit.treatment.technique;
        catalogue.technique(id).map_or_else(|| id.to_string(), |technique| technique.label.clone())
    };
    let note = |visit: &Appointment| match notes.iter().find(|(id, _)| *id == visit.id).map(|(_, state)| state) {
        Some(NoteState::Signed) => Badge::new("outline", "lock", "Signed"),
        Some(NoteState::Draft) => Badge::new("amber", "pencil", "Draft"),
        None => Badge::new("amber", "dashed", "No note"),
    };
    let list = before.clone().take(LISTED).map(|visit| PastVisit {
        id: visit.id,
        day: say::full_day(visit.starts_at.to_zoned(zone.clone()).date()),
        technique: label(visit),
        note: note(visit),
    });
    PastFacts { visits: before.count(), list: list.collect(), pain, ..PastFacts::default() }
}

/// Compares the answers that count for this visit with those that counted for the last one before
/// it; visits and intakes come newest first.
pub(in crate::web) fn changed(visits: &[Appointment], this: &Appointment, intakes: &[Given]) -> Option<ChangedSince> {
    let last = visits.iter().find(|one| one.starts_at < this.starts_at && one.state == VisitState::Completed)?;
    let by = |at: Timestamp| intakes.iter().find(|given| given.given_at <= at);
    let (now, then) = (by(this.ends_at)?, by(last.starts_at)?);
    let number = changes(&then.answers, &now.answers).len();
    let says = format!("{} since last time", say::count(number, "change"));
    (number > 0).then_some(ChangedSince { client: this.client, intake: now.id, then: then.id, says })
}
