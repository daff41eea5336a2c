//! A whole catalogue as values: how a clinic's own edition is kept, and how it comes from another one with some of
//! its entries changed. What comes out has passed the same check as the files at the start.

use serde::{Deserialize, Serialize};

use super::check::check;
use super::entries::{Advice, Condition, Medicine, Stretch, Technique, WarningSign};
use super::load::{CatalogueError, Draft};
use super::{Catalogue, ConditionId, Entry, Kind};

/// All entries of a catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the files")]
pub struct Whole {
    pub catalogue_version: String,
    pub conditions: Vec<Condition>,
    pub stretches: Vec<Stretch>,
    pub warning_signs: Vec<WarningSign>,
    pub advice: Vec<Advice>,
    pub techniques: Vec<Technique>,
    pub medicines: Vec<Medicine>,
}

impl Catalogue {
    /// Everything in it.
    #[must_use]
    pub fn whole(&self) -> Whole {
        let drafted = self.version.rsplit_once('+').map_or(self.version.as_str(), |(drafted, _)| drafted);
        Whole {
            catalogue_version: drafted.to_owned(),
            conditions: self.conditions.clone(),
            stretches: self.stretches.clone(),
            warning_signs: self.warning_signs.clone(),
            advice: self.advice.clone(),
            techniques: self.techniques.clone(),
            medicines: self.medicines.clone(),
        }
    }

    /// The catalogue of these entries.
    ///
    /// # Errors
    /// The first entry and reason, when anything is missing, unknown or contradictory.
    pub fn of(whole: Whole) -> Result<Self, CatalogueError> {
        let draft = Draft::of(whole);
        check(&draft)?;
        Ok(draft.finish())
    }

    /// The same with these entries in place of those with their ids; an id that is new comes last. What mirrors
    /// another list follows it.
    ///
    /// # Errors
    /// As [`Catalogue::of`].
    pub fn with(&self, changed: &[Entry]) -> Result<Self, CatalogueError> {
        let mut whole = self.whole();
        for entry in changed {
            whole.put(entry).map_err(|reason| CatalogueError {
                file: "catalogue".into(),
                entry: format!("{} \"{}\"", entry.kind.word().to_lowercase(), entry.id()),
                reason,
            })?;
        }
        whole.mirror();
        Self::of(whole)
    }

    /// This catalogue in the place of an edition that cannot be read. Nobody can have signed this name, so that
    /// whoever goes by it keeps the emails back that need a signature.
    #[must_use]
    pub fn in_place_of(&self, edition: u32) -> Self {
        Self { version: format!("{} in place of edition {edition}", self.version), ..self.clone() }
    }
}

impl Whole {
    fn put(&mut self, entry: &Entry) -> Result<(), String> {
        match entry.kind {
            Kind::Condition => put(&mut self.conditions, entry.row()?, |row| &row.id),
            Kind::Stretch => put(&mut self.stretches, entry.row()?, |row| &row.id),
            Kind::Sign => put(&mut self.warning_signs, entry.row()?, |row| &row.id),
            Kind::Advice => put(&mut self.advice, entry.row()?, |row| &row.id),
            Kind::Technique => put(&mut self.techniques, entry.row()?, |row| &row.id),
            Kind::Medicine => put(&mut self.medicines, entry.row()?, |row| &row.points_to),
        }
        Ok(())
    }

    /// Who a stretch is not for is what the conditions say, in their order.
    fn mirror(&mut self) {
        for stretch in &mut self.stretches {
            let rules_out = |condition: &&Condition| condition.avoid_stretches.contains(&stretch.id);
            let ruling: Vec<ConditionId> =
                self.conditions.iter().filter(rules_out).map(|condition| condition.id.clone()).collect();
            let is_same = ruling.len() == stretch.unsuitable_for.len()
                && ruling.iter().all(|id| stretch.unsuitable_for.contains(id));
            if !is_same {
                stretch.unsuitable_for = ruling;
            }
        }
    }
}

fn put<T, I: PartialEq>(rows: &mut Vec<T>, new: T, id: impl Fn(&T) -> &I) {
    match rows.iter_mut().find(|row| id(row) == id(&new)) {
        Some(row) => *row = new,
        None => rows.push(new),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shipped() -> Catalogue {
        Catalogue::shipped().expect("what ships")
    }

    fn changed(catalogue: &Catalogue, kind: Kind, id: &str, path: &str, value: serde_json::Value) -> Entry {
        let mut entry = catalogue.entry(kind, id).expect("an entry");
        entry.set(path, value);
        entry
    }

    #[test]
    fn what_is_kept_is_what_it_was() {
        let catalogue = shipped();
        let kept = serde_json::to_string(&catalogue.whole()).expect("it can be written");
        let back = Catalogue::of(serde_json::from_str(&kept).expect("it can be read")).expect("it holds together");
        assert_eq!((back.version(), back.whole()), (catalogue.version(), catalogue.whole()));
        assert_eq!(catalogue.with(&[]).expect("nothing changed").version(), catalogue.version());
        assert_ne!(catalogue.in_place_of(2).version(), catalogue.version());
    }

    #[test]
    fn a_stretch_follows_the_conditions_that_rule_it_out() {
        let catalogue = shipped();
        let sciatica = changed(&catalogue, Kind::Condition, "sciatica", "avoid_stretches", json!(["gentle_walk"]));
        let new = catalogue.with(&[sciatica]).expect("it holds together");
        let walk = new.stretch(&"gentle_walk".into()).expect("a stretch");
        assert!(walk.unsuitable_for.contains(&"sciatica".into()));
        let cat = new.stretch(&"cat_cow".into()).expect("a stretch");
        assert!(!cat.unsuitable_for.contains(&"sciatica".into()));
        assert_ne!(new.version(), catalogue.version());
        // Put back, it is the same content and has the same name.
        let back = new.with(&[catalogue.entry(Kind::Condition, "sciatica").expect("an entry")]).expect("it holds");
        assert_eq!(back.version(), catalogue.version());
    }

    #[test]
    fn what_the_loader_would_refuse_is_refused() {
        let catalogue = shipped();
        for (kind, id, path, value, says) in [
            (Kind::Condition, "sciatica", "label_es", json!(" "), "label_es is empty"),
            (Kind::Condition, "sciatica", "avoid_stretches", json!(["splits"]), "no stretch has that id"),
            (Kind::Condition, "sciatica", "massage", json!("never"), "unknown variant `never`"),
            (Kind::Condition, "sciatica", "sources", json!(["a book"]), "is not a web address"),
            (Kind::Condition, "sciatica", "therapist", json!([]), "therapist has no line"),
            (Kind::Stretch, "cat_cow", "steps", json!(["Kneel."]), "differ in number"),
            (Kind::Sign, "chest_pain_breathless", "applies_to", json!([]), "applies_to is empty"),
            (Kind::Advice, "heat", "when.steps", json!([]), "when.steps is missing"),
            (Kind::Advice, "heat", "colour", json!("red"), "unknown field `colour`"),
            (Kind::Technique, "swedish", "alternatives", json!(["reiki"]), "no technique has that id"),
            (Kind::Medicine, "anticoagulants", "names", json!(["Warfarin"]), "has a capital letter"),
        ] {
            let error = catalogue.with(&[changed(&catalogue, kind, id, path, value)]).expect_err(path).to_string();
            assert!(error.contains(says), "{path}: {error}");
        }
    }
}
