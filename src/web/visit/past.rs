//! The visits before, and pain over time.

use crate::clinic::catalogue::Catalogue;
use crate::clinic::ids::VisitId;
use crate::store::note::NoteState;
use crate::store::visit::{Appointment, VisitState};
use crate::web::badge::Badge;
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
    PastFacts { visits: before.count(), list: list.collect(), pain }
}
