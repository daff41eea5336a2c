//! English that nobody who chose Spanish may meet: every run of three words or more of what clients read, from
//! the files themselves, so that a new text is looked for from its first day.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use toml::Value;

/// So few words may be a name, or the same in both languages.
const FEWEST: usize = 3;

static PHRASES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut english = BTreeSet::new();
    let mut spanish = BTreeSet::new();
    for folder in ["words", "letters"] {
        for file in files(&format!("config/{folder}/en")) {
            all_texts(&read(&file), &mut english);
        }
        for file in files(&format!("config/{folder}/es")) {
            all_texts(&read(&file), &mut spanish);
        }
    }
    for file in files("config/clinical").into_iter().chain(files("config/forms")) {
        of_two(&read(&file), &mut english);
    }
    let shared: Vec<&String> = english.intersection(&spanish).collect();
    assert!(shared.is_empty(), "in both languages: {shared:?}");
    assert!(english.len() > 500, "{} phrases", english.len());
    english.into_iter().collect()
});

/// What is English in a page or a letter.
pub fn left_in(text: &str) -> Vec<&'static str> {
    let plain = text.replace("&#39;", "'").replace("&#34;", "\"").replace("&quot;", "\"").replace("&amp;", "&");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    PHRASES.iter().filter(|phrase| plain.contains(phrase.as_str())).map(String::as_str).collect()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|problem| panic!("{}: {problem}", folder.display()));
    let all = entries.map(|entry| entry.expect("an entry").path());
    all.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect()
}

fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).expect("a file");
    toml::from_str(&text).unwrap_or_else(|problem| panic!("{}: {problem}", file.display()))
}

/// Every text of a file in one language.
fn all_texts(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => into.extend(runs(text)),
        Value::Array(all) => all.iter().for_each(|one| all_texts(one, into)),
        Value::Table(table) => table.values().for_each(|one| all_texts(one, into)),
        _ => {}
    }
}

/// The English half of a file that holds both: what has a Spanish neighbour.
fn of_two(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| of_two(one, into)),
        Value::Table(table) => {
            for (key, one) in table {
                if table.contains_key(&format!("{key}_es")) {
                    all_texts(one, into);
                } else {
                    of_two(one, into);
                }
            }
        }
        _ => {}
    }
}

/// What stands between the fields of a text, as far as it is long enough.
fn runs(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in text.chars() {
        match letter {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                parts.push(String::new());
            }
            '\n' if depth == 0 => parts.push(String::new()),
            letter if depth == 0 => parts.last_mut().expect("never empty").push(letter),
            _ => {}
        }
    }
    let words = |part: &String| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let trimmed = |part: String| part.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let long = |part: &String| part.split(' ').count() >= FEWEST && part.chars().any(char::is_alphabetic);
    parts.iter().map(words).map(trimmed).filter(long).collect()
}
