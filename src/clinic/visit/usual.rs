//! How firmly a technique is usually booked: as the clinic says, or else as the catalogue has it. It fills a form in
//! and decides nothing: what is too firm for a client is told by the brief, whoever chose it.

use std::collections::BTreeMap;

use super::super::case::BookedPressure;
use super::super::catalogue::{Catalogue, Technique, TechniqueId};

/// What a form says for "as usual".
pub const AS_USUAL: &str = "usual";

/// The pressures a clinic has named, by technique.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usual(BTreeMap<TechniqueId, BookedPressure>);

impl Usual {
    /// With these.
    #[must_use]
    pub const fn new(named: BTreeMap<TechniqueId, BookedPressure>) -> Self {
        Self(named)
    }

    /// How firmly this technique is booked unless somebody says otherwise.
    #[must_use]
    pub fn of(&self, technique: &Technique) -> BookedPressure {
        self.named(&technique.id).unwrap_or(technique.pressure)
    }

    /// What the clinic has named, if it has.
    #[must_use]
    pub fn named(&self, technique: &TechniqueId) -> Option<BookedPressure> {
        self.0.get(technique).copied()
    }

    /// Each one that was named.
    pub fn iter(&self) -> impl Iterator<Item = (&TechniqueId, BookedPressure)> {
        self.0.iter().map(|(technique, pressure)| (technique, *pressure))
    }

    /// Which techniques are usually done how firmly, in sentences: "Firm: Deep tissue, Sports."
    #[must_use]
    pub fn words(&self, catalogue: &Catalogue) -> Vec<String> {
        let line = |pressure: BookedPressure| {
            let in_use = catalogue.techniques().iter().filter(|technique| !technique.retired);
            let of_it = in_use.filter(|technique| self.of(technique) == pressure);
            let labels: Vec<&str> = of_it.map(|technique| technique.label.as_str()).collect();
            (!labels.is_empty()).then(|| format!("Usually {}: {}.", pressure.word(), labels.join(", ")))
        };
        BookedPressure::ALL.into_iter().filter_map(line).collect()
    }
}

/// A pressure for a technique, as a settings page has it; blank is the catalogue's.
///
/// # Errors
/// A sentence, when there is no such pressure or the technique cannot be done so lightly.
pub fn check(technique: &Technique, text: &str) -> Result<Option<BookedPressure>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let pressure =
        BookedPressure::of(text).ok_or("Choose light, moderate or firm, or leave it as the catalogue has it.")?;
    if pressure.needs() < technique.unsuitable_when.needs_pressure_at_least {
        return Err(format!(
            "{} is not done so lightly: the catalogue has it as {}.",
            technique.label,
            technique.pressure.word()
        ));
    }
    Ok(Some(pressure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clinic_comes_before_the_catalogue_and_nothing_is_lighter_than_it_can_be() {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        let technique = |id: &str| catalogue.technique(&id.into()).expect("a technique");
        let usual = Usual::new([("swedish".into(), BookedPressure::Firm)].into());
        assert_eq!(usual.of(technique("swedish")), BookedPressure::Firm);
        assert_eq!(usual.of(technique("deep_tissue")), technique("deep_tissue").pressure);
        let firm = usual.words(&catalogue).pop().expect("some are firm");
        assert!(firm.starts_with("Usually firm: ") && firm.contains("Swedish"), "{firm}");
        assert_eq!(check(technique("swedish"), ""), Ok(None));
        assert_eq!(check(technique("swedish"), "light"), Ok(Some(BookedPressure::Light)));
        assert!(check(technique("deep_tissue"), "light").is_err_and(|says| says.contains("not done so lightly")));
        assert!(check(technique("swedish"), "as firm as you can").is_err());
    }
}
