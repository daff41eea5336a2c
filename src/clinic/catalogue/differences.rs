//! What differs between two catalogues, entry by entry and word by word.

use super::super::letter::changes::{Difference, changed};
use super::{Catalogue, Entry, Kind};

/// An entry that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// What sort.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// What it is called in the newer catalogue, or was called.
    pub label: String,
    /// Its fields that differ, in the order of a page. All of them where it stands in one catalogue alone.
    pub parts: Vec<Difference>,
    /// Whether it stands in both.
    pub is_in_both: bool,
}

impl Changed {
    /// Whether clients read other words by it.
    #[must_use]
    pub fn is_read_by_clients(&self) -> bool {
        use super::Part;
        let of_clients = |label: &str| {
            let spec = self.kind.specs().iter().find(|spec| spec.label == label);
            spec.is_some_and(|spec| matches!(spec.part, Part::Clients | Part::Spanish))
        };
        self.parts.iter().any(|part| of_clients(part.place.trim_end_matches(SPANISH)))
    }
}

/// What is said after the name of a field in Spanish.
const SPANISH: &str = ", in Spanish";

/// Every entry that differs, by kind, in the order of the newer catalogue; what is gone comes last.
#[must_use]
pub fn differences(old: &Catalogue, new: &Catalogue) -> Vec<Changed> {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        let (before, after) = (old.entries(kind), new.entries(kind));
        for entry in &after {
            let had = before.iter().find(|had| had.id() == entry.id());
            if had != Some(entry) {
                found.push(Changed::of(entry, parts(had.map(|had| (old, had)), Some((new, entry))), had.is_some()));
            }
        }
        for gone in before.iter().filter(|had| after.iter().all(|entry| entry.id() != had.id())) {
            found.push(Changed::of(gone, parts(Some((old, gone)), None), false));
        }
    }
    found
}

impl Changed {
    fn of(entry: &Entry, parts: Vec<Difference>, is_in_both: bool) -> Self {
        Self { kind: entry.kind, id: entry.id().to_owned(), label: entry.label(), parts, is_in_both }
    }
}

/// The fields that differ between two states of one entry.
#[must_use]
pub fn between((old, had): (&Catalogue, &Entry), (new, entry): (&Catalogue, &Entry)) -> Vec<Difference> {
    parts(Some((old, had)), Some((new, entry)))
}

fn parts(had: Option<(&Catalogue, &Entry)>, has: Option<(&Catalogue, &Entry)>) -> Vec<Difference> {
    let kind = had.or(has).map(|(_, entry)| entry.kind);
    let specs = kind.map_or(&[][..], Kind::specs);
    let differ = |spec: &&super::Spec| {
        let value = |side: Option<(&Catalogue, &Entry)>| side.map(|(_, entry)| entry.get(spec.path).clone());
        value(had) != value(has)
    };
    let words = |spec: &super::Spec, side: Option<(&Catalogue, &Entry)>| match side {
        None => String::new(),
        Some((catalogue, entry)) => {
            let words = spec.words(catalogue, entry);
            if words.is_empty() { spec.nothing().to_owned() } else { words.join("\n") }
        }
    };
    let each = specs.iter().filter(differ).filter_map(|spec| {
        let place = if spec.is_spanish() { format!("{}{SPANISH}", spec.label) } else { spec.label.to_owned() };
        changed(&place, &words(spec, had), &words(spec, has))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clinic::letter::changes::Words;

    #[test]
    fn a_change_is_told_where_it_is_and_in_its_words() {
        let old = Catalogue::shipped().expect("what ships");
        assert_eq!(differences(&old, &old), []);
        let mut heat = old.entry(Kind::Advice, "heat").expect("an entry");
        heat.set("title", json!("A warm thing"));
        let mut sciatica = old.entry(Kind::Condition, "sciatica").expect("an entry");
        sciatica.set("heat", json!("avoid"));
        let new = old.with(&[heat, sciatica]).expect("it holds together");
        let found = differences(&old, &new);
        let told: Vec<_> = found.iter().map(|one| (one.id.as_str(), one.parts[0].place.as_str())).collect();
        assert_eq!(told, [("sciatica", "Heat"), ("heat", "Heading")]);
        assert!(found[0].parts[0].words.contains(&Words::New("Avoid".into())), "{:?}", found[0]);
        assert_eq!((found[0].is_read_by_clients(), found[1].is_read_by_clients()), (false, true));
    }
}
