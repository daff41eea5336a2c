//! Before anything is compiled: every language says everything that English says, or the build fails. A
//! client must never meet half a page in another language.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The languages of pages, a folder each.
const WORDS: &str = "config/words";

/// The language all others are held to.
const FIRST: &str = "en";

/// Says that nobody who grew up with the language has read the file yet. English needs no such key.
const NEEDS_REVIEW: &str = "needs_review";

/// The fields that each text is filled with, by file and key.
type Texts = BTreeMap<String, BTreeSet<String>>;

fn main() {
    // The migrations are embedded by a macro that only sees the files it embedded last time.
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed={WORDS}");
    for problem in problems(Path::new(WORDS)).unwrap_or_else(|problem| vec![problem]) {
        println!("cargo::error={problem}");
    }
}

/// Everything in which a language differs from the first.
fn problems(words: &Path) -> Result<Vec<String>, String> {
    let first = texts(&words.join(FIRST))?;
    let mut found = Vec::new();
    for locale in names(words)?.into_iter().filter(|locale| locale != FIRST) {
        let other = texts(&words.join(&locale))?;
        for (key, fields) in &first {
            match other.get(key) {
                None => found.push(format!("{WORDS}/{locale}/{key} is missing")),
                Some(its) if its != fields => {
                    found.push(format!("{WORDS}/{locale}/{key} must hold the fields {fields:?}, and holds {its:?}"));
                }
                Some(_) => {}
            }
        }
        let more = other.keys().filter(|key| !first.contains_key(*key));
        found.extend(more.map(|key| format!("{WORDS}/{locale}/{key} is not there in {FIRST}")));
    }
    Ok(found)
}

/// What lies in a folder, by name.
fn names(folder: &Path) -> Result<BTreeSet<String>, String> {
    let wrong = |problem: std::io::Error| format!("{} cannot be read: {problem}", folder.display());
    let entries = fs::read_dir(folder).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    Ok(entries.into_iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

/// Every text of a language.
fn texts(folder: &Path) -> Result<Texts, String> {
    let mut all = Texts::new();
    for name in names(folder)? {
        let path = folder.join(&name);
        let wrong = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
        let text = fs::read_to_string(&path).map_err(|problem| wrong(&problem))?;
        let table: toml::Table = text.parse().map_err(|problem| wrong(&problem))?;
        for (key, value) in table.into_iter().filter(|(key, _)| key != NEEDS_REVIEW) {
            gather(&format!("{name}: {key}"), value, &mut all)?;
        }
    }
    Ok(all)
}

fn gather(key: &str, value: toml::Value, all: &mut Texts) -> Result<(), String> {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                gather(&format!("{key}.{name}"), value, all)?;
            }
        }
        toml::Value::Array(list) => {
            for (at, value) in list.into_iter().enumerate() {
                gather(&format!("{key}[{at}]"), value, all)?;
            }
        }
        toml::Value::String(text) if text.trim().is_empty() => return Err(format!("{WORDS}: {key} says nothing")),
        toml::Value::String(text) => drop(all.insert(key.to_owned(), fields(&text))),
        _ => return Err(format!("{WORDS}: {key} is no text")),
    }
    Ok(())
}

/// The fields of a text, such as `{phone}`.
fn fields(text: &str) -> BTreeSet<String> {
    let opened = text.split('{').skip(1);
    opened.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}
