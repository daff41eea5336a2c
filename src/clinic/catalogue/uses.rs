//! Where an entry is used: which other entries name it. It is the question before a change, since theirs is what
//! changes with it.

use super::{Catalogue, Entry, Kind, Pick, Shape};

/// One place that names an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// As what: the name of the field that names it.
    pub field: &'static str,
    /// Of what sort the entry is that names it.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// What it is called.
    pub label: String,
}

impl Catalogue {
    /// Every entry that names this one, by kind and field.
    #[must_use]
    pub fn uses(&self, entry: &Entry) -> Vec<Use> {
        let mut found = Vec::new();
        for kind in Kind::ALL {
            let others = self.entries(kind);
            for spec in kind.specs() {
                let (Shape::Many(pick) | Shape::Ranked(pick) | Shape::Mirror(pick)) = spec.shape else { continue };
                if pick != Pick::Of(entry.kind) {
                    continue;
                }
                // A medicine is named by the condition it points to, and is no condition itself.
                let names =
                    |other: &&Entry| other.list(spec.path).contains(&entry.id()) || other.text(spec.path) == entry.id();
                found.extend(others.iter().filter(names).map(|other| Use {
                    field: spec.label,
                    kind,
                    id: other.id().to_owned(),
                    label: other.label(),
                }));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_used_where_it_is_ruled_out_and_where_advice_goes_with_it() {
        let catalogue = Catalogue::shipped().expect("what ships");
        let walk = catalogue.entry(Kind::Stretch, "gentle_walk").expect("a stretch");
        let uses = catalogue.uses(&walk);
        let ruled_out = uses.iter().filter(|one| one.kind == Kind::Condition).count();
        assert_eq!(ruled_out, walk.list("unsuitable_for").len());
        assert!(uses.iter().any(|one| one.kind == Kind::Advice && one.id == "gentle_movement"), "{uses:?}");
        let blood = catalogue.entry(Kind::Condition, "anticoagulants").expect("a condition");
        assert!(catalogue.uses(&blood).iter().any(|one| one.kind == Kind::Medicine));
        let sign = catalogue.entry(Kind::Sign, "saddle_numbness").expect("a sign");
        assert!(catalogue.uses(&sign).iter().all(|one| one.kind == Kind::Condition));
        assert!(!catalogue.uses(&sign).is_empty());
    }
}
