//! Several visits of a client on one day make one series of emails. Two letters a day about one
//! body would contradict each other, so the series waits for the end of the last visit, speaks of
//! everything that was treated, and offers only what every one of these visits allows.

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::body::Region;
use super::super::case::{Case, Treatment};
use super::super::catalogue::{Catalogue, Pressure, TechniqueId};
use super::super::ids::VisitId;
use super::super::profile::Zone;

/// One visit of a day that takes place or took place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayVisit {
    /// Which one.
    pub id: VisitId,
    /// Start.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Timestamp,
    /// Whether it has been completed.
    pub completed: bool,
    /// What was done or will be.
    pub treatment: Treatment,
}

/// The visits of one client on one local date, in the order they end; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    visits: Vec<DayVisit>,
    next_visit_at: Option<Timestamp>,
}

impl Series {
    /// The series of `visit`, with those of `others` that start on the same local date.
    /// `next_visit_at` is the first visit booked on a later date.
    #[must_use]
    pub fn of(zone: &Zone, visit: DayVisit, others: Vec<DayVisit>, next_visit_at: Option<Timestamp>) -> Self {
        let day = local_day(zone, visit.starts_at);
        let mut visits: Vec<DayVisit> = others
            .into_iter()
            .filter(|other| local_day(zone, other.starts_at) == day && other.id != visit.id)
            .collect();
        visits.push(visit);
        visits.sort_by_key(|visit| (visit.ends_at, visit.starts_at, visit.id));
        Self { visits, next_visit_at }
    }

    /// All of them, in the order they end.
    #[must_use]
    pub fn visits(&self) -> &[DayVisit] {
        &self.visits
    }

    /// The ids, in the same order.
    pub fn ids(&self) -> impl Iterator<Item = VisitId> + '_ {
        self.visits.iter().map(|visit| visit.id)
    }

    /// Whether there is more than one visit that day.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        self.visits.len() > 1
    }

    /// The visit that ends last: the times of the series are counted from its end.
    #[must_use]
    pub fn last(&self) -> &DayVisit {
        // `of` is the only way to make one, and it puts one in.
        &self.visits[self.visits.len() - 1]
    }

    /// The visit that starts first: the one a client prepares for.
    #[must_use]
    pub fn first(&self) -> &DayVisit {
        self.visits.iter().min_by_key(|visit| (visit.starts_at, visit.id)).unwrap_or_else(|| self.last())
    }

    /// The visit whose plan holds the emails: the last to end of those that are completed. None is
    /// completed: there are no emails yet.
    #[must_use]
    pub fn holder(&self) -> Option<&DayVisit> {
        self.visits.iter().rev().find(|visit| visit.completed)
    }

    /// The holder as it will be: before anything is completed, the visit that ends last.
    #[must_use]
    pub fn page(&self) -> &DayVisit {
        self.holder().unwrap_or_else(|| self.last())
    }

    /// The day's visits as one: everything that was treated, the firmest pressure, the most
    /// demanding technique, the worst reaction, from the first start to the last end.
    #[must_use]
    pub fn join(&self, catalogue: &Catalogue, case: &Case) -> Case {
        let mut joined = case.clone();
        joined.visit.starts_at = self.first().starts_at;
        joined.visit.ends_at = self.last().ends_at;
        joined.visit.next_visit_at = self.next_visit_at;
        let treatments = || self.visits.iter().map(|visit| &visit.treatment);
        let treated = |region: &Region| treatments().any(|treatment| treatment.regions.contains(region));
        let treatment = &mut joined.visit.treatment;
        treatment.regions = Region::ALL.into_iter().filter(treated).collect();
        treatment.pressure = treatments().map(|one| one.pressure).max_by_key(|one| one.needs()).unwrap_or_default();
        treatment.last_reaction = treatments().map(|one| one.last_reaction).max().unwrap_or_default();
        // The later one of two that demand the same.
        if let Some(technique) = treatments().map(|one| &one.technique).max_by_key(|id| demands(catalogue, id)) {
            treatment.technique = technique.clone();
        }
        joined
    }
}

/// How much a technique asks of a body: what it needs as a ceiling, then whether it needs heat to
/// be all right. One that the catalogue does not know may be anything.
fn demands(catalogue: &Catalogue, id: &TechniqueId) -> (Pressure, bool) {
    catalogue.technique(id).map_or((Pressure::Any, true), |technique| {
        (technique.unsuitable_when.needs_pressure_at_least, technique.unsuitable_when.heat_must_be_ok)
    })
}

/// The clinic's date at this moment.
fn local_day(zone: &Zone, at: Timestamp) -> Date {
    at.to_zoned(zone.rules().clone()).date()
}

#[cfg(test)]
mod tests;
