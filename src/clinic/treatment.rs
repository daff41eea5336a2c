//! What was really done in a session. It may differ from what was booked, and what was done is
//! what advice and warning signs follow.

use serde::{Deserialize, Serialize};

use super::body::Region;
use super::case::{BookedPressure, Treatment};
use super::catalogue::{Catalogue, TechniqueId};

/// What was done to the body, as the therapist recorded it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The techniques used, the main one first; never empty.
    pub techniques: Vec<TechniqueId>,
    /// The strongest pressure used.
    pub pressure: BookedPressure,
    /// Where, in body order; never empty.
    pub regions: Vec<Region>,
}

/// A field that is wrong, and the sentence that says what would be right.
pub type WrongField = (&'static str, String);

impl Done {
    /// What was ticked, as a record.
    ///
    /// # Errors
    /// The fields that are wrong, each with its sentence.
    pub fn check(
        catalogue: &Catalogue,
        techniques: &[&str],
        pressure: &str,
        regions: &[&str],
    ) -> Result<Self, Vec<WrongField>> {
        let mut wrong = Vec::new();
        let used: Vec<TechniqueId> = catalogue
            .techniques()
            .iter()
            .map(|technique| technique.id.clone())
            .filter(|id| techniques.contains(&id.as_str()))
            .collect();
        if techniques.iter().any(|id| !used.iter().any(|known| known.as_str() == *id)) {
            wrong.push(("technique", "One of the techniques is not on the list. Choose from it.".to_owned()));
        } else if used.is_empty() {
            wrong.push(("technique", "Choose at least one technique.".into()));
        }
        let strength = [BookedPressure::Light, BookedPressure::Moderate, BookedPressure::Firm]
            .into_iter()
            .find(|strength| strength.word() == pressure);
        if strength.is_none() {
            wrong.push(("pressure", "Choose the strongest pressure you used.".into()));
        }
        let places: Vec<Region> = Region::ALL.into_iter().filter(|region| regions.contains(&region.id())).collect();
        if regions.iter().any(|id| !places.iter().any(|known| known.id() == *id)) {
            wrong.push(("region", "One of the places is not on the list. Choose from it.".into()));
        } else if places.is_empty() {
            wrong.push(("region", "Tick where you worked: the warning signs in the emails follow it.".into()));
        }
        match strength {
            Some(pressure) if wrong.is_empty() => Ok(Self { techniques: used, pressure, regions: places }),
            _ => Err(wrong),
        }
    }

    /// The visit as it was done. How the client took the visit before stays what it was.
    #[must_use]
    pub fn instead_of(&self, booked: &Treatment) -> Treatment {
        Treatment {
            technique: self.techniques.first().unwrap_or(&booked.technique).clone(),
            pressure: self.pressure,
            regions: self.regions.clone(),
            last_reaction: booked.last_reaction,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinic::case::LastReaction;

    fn catalogue() -> Catalogue {
        Catalogue::shipped().expect("the shipped catalogue")
    }

    #[test]
    fn what_was_ticked_becomes_a_record_in_the_order_of_the_lists() {
        let done = Done::check(&catalogue(), &["trigger_point", "swedish"], "light", &["calf", "lower_back"]);
        let done = done.expect("a record");
        assert_eq!(done.techniques, ["swedish".into(), "trigger_point".into()]);
        assert_eq!(
            (done.pressure, done.regions.as_slice()),
            (BookedPressure::Light, &[Region::LowerBack, Region::Calf][..])
        );
    }

    #[test]
    fn every_missing_or_unknown_field_has_its_own_sentence() {
        let fields = |techniques: &[&str], pressure: &str, regions: &[&str]| {
            let wrong = Done::check(&catalogue(), techniques, pressure, regions).expect_err("refused");
            wrong.into_iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(fields(&[], "", &[]), ["technique", "pressure", "region"]);
        assert_eq!(fields(&["swedish", "reiki"], "light", &["neck"]), ["technique"]);
        assert_eq!(fields(&["swedish"], "any", &["neck"]), ["pressure"]);
        assert_eq!(fields(&["swedish"], "firm", &["neck", "tail"]), ["region"]);
    }

    #[test]
    fn what_was_done_takes_the_place_of_what_was_booked() {
        let booked = Treatment {
            technique: "deep_tissue".into(),
            pressure: BookedPressure::Firm,
            regions: vec![Region::LowerBack],
            last_reaction: LastReaction::TooStrong,
        };
        let done = Done::check(&catalogue(), &["swedish"], "light", &["neck"]).expect("a record");
        let visit = done.instead_of(&booked);
        assert_eq!((visit.technique.as_str(), visit.pressure), ("swedish", BookedPressure::Light));
        assert_eq!((visit.regions, visit.last_reaction), (vec![Region::Neck], LastReaction::TooStrong));
    }
}
