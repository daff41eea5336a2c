//! The clinics' own catalogue beside a newer one that ships with the program: entry by entry, who changed it since the
//! two were the same.

use super::super::letter::changes::Difference;
use super::differences::between;
use super::{Catalogue, Entry, Kind, Shape};

/// Who changed an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// The program alone: it can be taken over as it is.
    Theirs,
    /// Both: taking it over gives up what the clinics wrote.
    Both,
    /// The clinics alone: there is nothing to take over.
    Ours,
}

/// An entry that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// Who changed it.
    pub whose: Whose,
    /// What ships; nothing where the clinics alone have such an entry.
    pub theirs: Option<Entry>,
    /// What sort.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// From the clinics' own to what ships.
    pub parts: Vec<Difference>,
}

/// Every entry that is not the same in both, what can be taken over first. `base` is what shipped when they were the
/// same.
#[must_use]
pub fn apart(base: &Catalogue, ours: &Catalogue, theirs: &Catalogue) -> Vec<Apart> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let own = ours.entries(kind);
        let news = theirs.entries(kind).into_iter().filter(|entry| own.iter().all(|one| one.id() != entry.id()));
        for entry in own.iter().cloned().chain(news.collect::<Vec<_>>()) {
            let id = entry.id().to_owned();
            let in_each = [base, ours, theirs].map(|catalogue| catalogue.entry(kind, &id).map(decided));
            let [was, mine, new] = &in_each;
            if mine == new {
                continue;
            }
            let whose = if was == new {
                Whose::Ours
            } else if was == mine {
                Whose::Theirs
            } else {
                Whose::Both
            };
            let theirs_entry = theirs.entry(kind, &id);
            let parts = match (ours.entry(kind, &id), &theirs_entry) {
                (Some(mine), Some(new)) => between((ours, &mine), (theirs, new)),
                _ => Vec::new(),
            };
            all.push(Apart { whose, theirs: theirs_entry, kind, id, label: entry.label(), parts });
        }
    }
    all.sort_by_key(|one| one.whose);
    all
}

/// An entry without what only follows from others.
fn decided(mut entry: Entry) -> Entry {
    for spec in entry.kind.specs() {
        if matches!(spec.shape, Shape::Mirror(_)) && entry.kind != Kind::Medicine {
            entry.set(spec.path, serde_json::Value::Null);
        }
    }
    entry
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(base: &Catalogue, changes: &[(Kind, &str, &str, serde_json::Value)]) -> Catalogue {
        let entries: Vec<Entry> = changes
            .iter()
            .map(|(kind, id, path, value)| {
                let mut entry = base.entry(*kind, id).expect("an entry");
                entry.set(path, value.clone());
                entry
            })
            .collect();
        base.with(&entries).expect("it holds together")
    }

    #[test]
    fn who_changed_an_entry_is_known() {
        let base = Catalogue::shipped().expect("what ships");
        let ours = with(
            &base,
            &[
                (Kind::Advice, "heat", "title", json!("Ours")),
                (Kind::Advice, "hydration", "title", json!("Ours")),
                (Kind::Advice, "cold_option", "title", json!("The same")),
            ],
        );
        let theirs = with(
            &base,
            &[
                (Kind::Advice, "hydration", "title", json!("Theirs")),
                (Kind::Advice, "cold_option", "title", json!("The same")),
                (Kind::Condition, "sciatica", "avoid_stretches", json!(["gentle_walk"])),
            ],
        );
        let found = apart(&base, &ours, &theirs);
        let told: Vec<_> = found.iter().map(|one| (one.id.as_str(), one.whose)).collect();
        assert_eq!(told, [("sciatica", Whose::Theirs), ("hydration", Whose::Both), ("heat", Whose::Ours)]);
        assert!(found[0].parts.iter().any(|part| part.place == "Stretches it rules out"));
        assert_eq!(apart(&base, &base, &base), []);
    }
}
