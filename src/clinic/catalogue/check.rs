//! What must hold between the entries of a catalogue: every id it names exists, the two lists that
//! mirror each other agree, every text stands in both languages, every row says what backs it.

use std::collections::BTreeSet;

use super::super::intake::topics::is_red_flag;
use super::entries::{Advice, Basis, Condition, Medicine, Stretch, Technique, WarningSign};
use super::load::{CatalogueError, Draft, Located};
use super::{ConditionId, SignId, StretchId, TechniqueId, Tier};

/// The ids of every kind, to look references up in.
struct Known<'a> {
    conditions: BTreeSet<&'a ConditionId>,
    stretches: BTreeSet<&'a StretchId>,
    signs: BTreeSet<&'a SignId>,
    techniques: BTreeSet<&'a TechniqueId>,
}

/// Refuses a catalogue in which anything is missing, unknown or contradictory.
pub(super) fn check(draft: &Draft) -> Result<(), CatalogueError> {
    let known = Known {
        conditions: unique(&draft.conditions, "condition", |entry| &entry.id)?,
        stretches: unique(&draft.stretches, "stretch", |entry| &entry.id)?,
        signs: unique(&draft.warning_signs, "warning_sign", |entry| &entry.id)?,
        techniques: unique(&draft.techniques, "technique", |entry| &entry.id)?,
    };
    unique(&draft.advice, "advice", |entry| &entry.id)?;
    each(&draft.conditions, |entry| format!("condition \"{}\"", entry.id), |entry| condition(entry, &known))?;
    each(&draft.stretches, |entry| format!("stretch \"{}\"", entry.id), |entry| stretch(entry, &known, draft))?;
    each(&draft.warning_signs, |entry| format!("warning_sign \"{}\"", entry.id), warning_sign)?;
    each(&draft.advice, |entry| format!("advice \"{}\"", entry.id), |entry| advice(entry, &known))?;
    each(&draft.techniques, |entry| format!("technique \"{}\"", entry.id), |entry| technique(entry, &known))?;
    each(&draft.medicines, |entry| format!("medicine \"{}\"", entry.points_to), |entry| medicine(entry, &known))?;
    in_use(draft)
}

/// Whatever is retired, there is something to book, a sign of an emergency that everybody is told, and a question that stops
/// the form.
fn in_use(draft: &Draft) -> Result<(), CatalogueError> {
    let refuse = |entry: &str, reason: &str| {
        Err(CatalogueError { file: "catalogue".into(), entry: entry.into(), reason: reason.into() })
    };
    if draft.techniques.iter().all(|row| row.entry.retired) {
        return refuse("[[technique]]", "every technique is retired; keep one that can be booked");
    }
    let mut red = draft.conditions.iter().filter(|row| is_red_flag(&row.entry)).peekable();
    if red.peek().is_some() && red.all(|row| row.entry.retired) {
        return refuse(
            "[[condition]]",
            "every red flag is retired, so no answer would stop the form; keep one that is asked",
        );
    }
    let tells = |row: &Located<WarningSign>| {
        row.entry.basis == Basis::Everyone && row.entry.tier == Tier::Emergency && !row.entry.retired
    };
    if !draft.warning_signs.iter().any(tells) {
        return refuse("[[warning_sign]]", "nobody would be told of an emergency; keep one such sign for everyone");
    }
    Ok(())
}

fn unique<'a, T, I: Ord + std::fmt::Display>(
    rows: &'a [Located<T>],
    kind: &str,
    id: impl Fn(&'a T) -> &'a I,
) -> Result<BTreeSet<&'a I>, CatalogueError> {
    let mut seen = BTreeSet::new();
    for row in rows {
        let id = id(&row.entry);
        if !seen.insert(id) {
            return Err(CatalogueError {
                file: row.file.clone(),
                entry: format!("{kind} \"{id}\""),
                reason: "stands twice; give each entry an id of its own".into(),
            });
        }
    }
    if seen.is_empty() {
        return Err(CatalogueError {
            file: "catalogue".into(),
            entry: format!("[[{kind}]]"),
            reason: format!("no file has a {kind}; a catalogue needs at least one"),
        });
    }
    Ok(seen)
}

fn each<T>(
    rows: &[Located<T>],
    name: impl Fn(&T) -> String,
    rule: impl Fn(&T) -> Result<(), String>,
) -> Result<(), CatalogueError> {
    rows.iter().try_for_each(|row| {
        rule(&row.entry).map_err(|reason| CatalogueError { file: row.file.clone(), entry: name(&row.entry), reason })
    })
}

fn condition(entry: &Condition, known: &Known<'_>) -> Result<(), String> {
    texts(&[
        ("label", &entry.label),
        ("label_es", &entry.label_es),
        ("category", &entry.category),
        ("asks", &entry.asks),
        ("asks_es", &entry.asks_es),
        ("heat_reason", &entry.heat_reason),
    ])?;
    lines("therapist", &entry.therapist)?;
    exist("avoid_stretches", &entry.avoid_stretches, &known.stretches, "stretch")?;
    exist("extra_warning_signs", &entry.extra_warning_signs, &known.signs, "warning sign")?;
    addresses("sources", &entry.sources)
}

fn stretch(entry: &Stretch, known: &Known<'_>, draft: &Draft) -> Result<(), String> {
    texts(&[
        ("label", &entry.label),
        ("label_es", &entry.label_es),
        ("dose", &entry.dose),
        ("dose_es", &entry.dose_es),
    ])?;
    lines("steps", &entry.steps)?;
    lines("steps_es", &entry.steps_es)?;
    if entry.steps.len() != entry.steps_es.len() {
        return Err("steps and steps_es differ in number; translate each step".into());
    }
    exist("unsuitable_for", &entry.unsuitable_for, &known.conditions, "condition")?;
    let mirrored: BTreeSet<&ConditionId> = draft
        .conditions
        .iter()
        .filter(|row| row.entry.avoid_stretches.contains(&entry.id))
        .map(|row| &row.entry.id)
        .collect();
    let listed: BTreeSet<&ConditionId> = entry.unsuitable_for.iter().collect();
    if let Some(odd) = mirrored.symmetric_difference(&listed).next() {
        return Err(format!(
            "unsuitable_for and the avoid_stretches of condition \"{odd}\" disagree; name each in the other or in neither"
        ));
    }
    addresses("sources", &entry.sources)
}

fn warning_sign(entry: &WarningSign) -> Result<(), String> {
    texts(&[("text", &entry.text), ("text_es", &entry.text_es), ("window", &entry.window)])?;
    if entry.applies_to.is_empty() {
        return Err("applies_to is empty; name regions, or \"any\"".into());
    }
    addresses("sources", &entry.sources)
}

fn advice(entry: &Advice, known: &Known<'_>) -> Result<(), String> {
    texts(&[
        ("title", &entry.title),
        ("title_es", &entry.title_es),
        ("text", &entry.text),
        ("text_es", &entry.text_es),
    ])?;
    if entry.when.steps.as_ref().is_none_or(Vec::is_empty) {
        return Err("when.steps is missing; name the emails it may stand in".into());
    }
    exist("when.conditions", entry.when.conditions.as_deref().unwrap_or_default(), &known.conditions, "condition")?;
    exist("withheld_when.conditions", &entry.withheld_when.conditions, &known.conditions, "condition")?;
    exist("withheld_when.stretches", &entry.withheld_when.stretches, &known.stretches, "stretch")?;
    for link in &entry.links {
        texts(&[("links.label", &link.label)])?;
        addresses("links.url", std::slice::from_ref(&link.url))?;
    }
    addresses("sources", &entry.sources)
}

fn technique(entry: &Technique, known: &Known<'_>) -> Result<(), String> {
    texts(&[
        ("label", &entry.label),
        ("label_es", &entry.label_es),
        ("good_for", &entry.good_for),
        ("note", &entry.note),
    ])?;
    exist("called_for_by", &entry.called_for_by, &known.conditions, "condition")?;
    exist("unsuitable_when.conditions", &entry.unsuitable_when.conditions, &known.conditions, "condition")?;
    exist("alternatives", &entry.alternatives, &known.techniques, "technique")?;
    addresses("sources", &entry.sources)
}

fn medicine(entry: &Medicine, known: &Known<'_>) -> Result<(), String> {
    exist("points_to", std::slice::from_ref(&entry.points_to), &known.conditions, "condition")?;
    lines("names", &entry.names)?;
    match entry.names.iter().find(|name| name.to_lowercase() != **name) {
        Some(name) => Err(format!("names: \"{name}\" has a capital letter; write names in lower case")),
        None => addresses("sources", &entry.sources),
    }
}

fn texts(fields: &[(&str, &String)]) -> Result<(), String> {
    match fields.iter().find(|(_, text)| text.trim().is_empty()) {
        Some((key, _)) => Err(format!("{key} is empty; every text stands in each language")),
        None => Ok(()),
    }
}

fn lines(key: &str, lines: &[String]) -> Result<(), String> {
    if lines.is_empty() || lines.iter().any(|line| line.trim().is_empty()) {
        return Err(format!("{key} has no line or an empty one; write each line out"));
    }
    Ok(())
}

fn exist<I: Ord + std::fmt::Display>(key: &str, named: &[I], known: &BTreeSet<&I>, kind: &str) -> Result<(), String> {
    match named.iter().find(|id| !known.contains(id)) {
        Some(id) => Err(format!("{key} names \"{id}\", and no {kind} has that id; correct it or add the {kind}")),
        None => Ok(()),
    }
}

fn addresses(key: &str, addresses: &[String]) -> Result<(), String> {
    match addresses.iter().find(|address| !address.starts_with("https://") && !address.starts_with("http://")) {
        Some(address) => Err(format!(
            "{key}: \"{address}\" is not a web address; start it with https://, or leave the list empty for expert opinion"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::super::load::shipped_files;

    fn shipped_with(from: &str, to: &str) -> String {
        let mut files = shipped_files();
        let touched = files
            .iter_mut()
            .find(|file| file.text.contains(from))
            .map(|file| file.text = file.text.replacen(from, to, 1))
            .is_some();
        assert!(touched, "{from:?} stands nowhere");
        Catalogue::load(&files).map(|_| String::new()).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn the_shipped_catalogue_holds_together() {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        assert_eq!(catalogue.conditions().len(), 64);
        assert_eq!(catalogue.stretches().len(), 16);
        assert_eq!(catalogue.warning_signs().len(), 55);
        assert_eq!(catalogue.techniques().len(), 10);
        assert!(catalogue.version().starts_with("0.2.0-draft+"));
    }

    #[test]
    fn a_broken_catalogue_is_refused_with_file_entry_and_reason() {
        let cases = [
            ("id = \"red_flags_now\"", "id = \"sciatica\"", "conditions.toml: condition \"sciatica\": stands twice"),
            (
                "label_es = \"Ciática",
                "label_xx = \"Ciática",
                "conditions.toml: condition \"sciatica\": unknown field `label_xx`",
            ),
            (
                "massage = \"contraindication\"",
                "massage = \"never\"",
                "conditions.toml: condition \"red_flags_now\": unknown variant `never`",
            ),
            (
                "avoid_stretches = [\"gentle_walk\"",
                "avoid_stretches = [\"splits\"",
                "conditions.toml: condition \"red_flags_now\": avoid_stretches names \"splits\"",
            ),
            (
                "extra_warning_signs = [\"saddle_numbness\"",
                "extra_warning_signs = [\"doom\"",
                "conditions.toml: condition \"red_flags_now\": extra_warning_signs names \"doom\"",
            ),
            (
                "avoid_stretches = [\"gentle_walk\", ",
                "avoid_stretches = [",
                "stretches.toml: stretch \"gentle_walk\": unsuitable_for and the avoid_stretches of condition \"red_flags_now\" disagree",
            ),
            (
                "text = \"A warm pack can ease",
                "text = \"\" # A warm pack can ease",
                "advice.toml: advice \"heat\": text is empty",
            ),
            (
                "alternatives = [\"relaxation\", \"prenatal\"",
                "alternatives = [\"reiki\", \"prenatal\"",
                "techniques.toml: technique \"swedish\": alternatives names \"reiki\"",
            ),
            (
                "points_to = \"anticoagulants\"",
                "points_to = \"hangover\"",
                "medicines.toml: medicine \"hangover\": points_to names \"hangover\"",
            ),
            (
                "\"warfarin\"",
                "\"Warfarin\"",
                "medicines.toml: medicine \"anticoagulants\": names: \"Warfarin\" has a capital",
            ),
            ("schema_version = 1", "schema_version = 2", "conditions.toml: schema_version: 2 is not known"),
            ("schema_version = 1", "colour = 1", "conditions.toml: colour: is not a key"),
            ("[[condition]]", "[[condition", "conditions.toml: line"),
        ];
        for (from, to, expected) in cases {
            let error = shipped_with(from, to);
            assert!(error.starts_with(expected), "{from:?} gave {error:?}");
        }
        assert!(Catalogue::load(&[]).is_err_and(|error| error.reason.contains("no file has a condition")));
    }

    #[test]
    fn every_entry_has_a_source_or_counts_as_expert_opinion() {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        let unsourced = catalogue.conditions().iter().filter(|entry| entry.sources.is_empty()).count();
        assert!(unsourced < catalogue.conditions().len() / 4, "most rows are sourced; {unsourced} are not");
    }

    #[test]
    fn content_alone_makes_the_version() {
        let shipped = Catalogue::shipped().expect("the shipped catalogue");
        let mut one_file = shipped_files();
        one_file.reverse();
        one_file.iter_mut().for_each(|file| file.name = "elsewhere.toml".into());
        let spread = Catalogue::load(&one_file).expect("the same entries");
        assert_eq!(shipped.version(), spread.version());
    }

    #[test]
    fn a_medicine_is_found_as_a_whole_word_in_any_case() {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        let found = |text: &str| -> Vec<String> {
            catalogue.conditions_behind_medicines(text).into_iter().map(|(id, _)| id.to_string()).collect()
        };
        assert_eq!(found("Warfarin 3mg, PREDNISOLONE."), ["anticoagulants", "corticosteroids"]);
        assert_eq!(found("gtn spray when needed"), ["heart_disease_stable"]);
        assert_eq!(found("warfarin3mg"), ["anticoagulants"]);
        assert_eq!(found("edoxaba\u{301}n"), ["anticoagulants"]);
        assert_eq!(found("5mg prednisolone"), ["corticosteroids"]);
        assert!(found("antiwarfarinite").is_empty());
        assert!(found("").is_empty());
    }
}
