//! Reading a catalogue from the text of its files. Any table may stand in any file, so a folder
//! can hold one long file or one file a kind. A broken catalogue is refused whole: advice from
//! half a catalogue would be advice that nobody reviewed.

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::check::check;
use super::entries::{Advice, Condition, Medicine, Stretch, Technique, WarningSign};
use super::whole::Whole;
use super::{Catalogue, ConditionId};

/// A broken catalogue: which file, which entry, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {entry}: {reason}")]
pub struct CatalogueError {
    /// The file, as named to the loader.
    pub file: String,
    /// The entry, such as `condition "sciatica"`.
    pub entry: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// One file of a catalogue.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its name, for messages.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The catalogue that ships with the program, file by file.
const SHIPPED: [(&str, &str); 6] = [
    ("conditions.toml", include_str!("../../../config/clinical/conditions.toml")),
    ("stretches.toml", include_str!("../../../config/clinical/stretches.toml")),
    ("warning_signs.toml", include_str!("../../../config/clinical/warning_signs.toml")),
    ("advice.toml", include_str!("../../../config/clinical/advice.toml")),
    ("techniques.toml", include_str!("../../../config/clinical/techniques.toml")),
    (MEDICINES_FILE, include_str!("../../../config/clinical/medicines.toml")),
];

/// The one file a folder may leave out: the names of medicines are the product's own list.
const MEDICINES_FILE: &str = "medicines.toml";

/// An entry with the file it stands in, for messages.
pub(super) struct Located<T> {
    pub(super) file: String,
    pub(super) entry: T,
}

/// The entries of all files, not yet checked against each other.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) conditions: Vec<Located<Condition>>,
    pub(super) stretches: Vec<Located<Stretch>>,
    pub(super) warning_signs: Vec<Located<WarningSign>>,
    pub(super) advice: Vec<Located<Advice>>,
    pub(super) techniques: Vec<Located<Technique>>,
    pub(super) medicines: Vec<Located<Medicine>>,
    version: Option<String>,
}

impl Catalogue {
    /// The catalogue that ships with the program.
    ///
    /// # Errors
    /// When a shipped file is broken; a test keeps this from happening.
    pub fn shipped() -> Result<Self, CatalogueError> {
        Self::load(&shipped_files())
    }

    /// The catalogue of these files, cross-checked. Files without any medicine use the shipped names.
    ///
    /// # Errors
    /// The first file, entry and reason, when anything is missing, unknown or contradictory.
    pub fn load(files: &[SourceFile]) -> Result<Self, CatalogueError> {
        let mut draft = Draft::default();
        for file in files {
            draft.read(file)?;
        }
        if draft.medicines.is_empty() {
            let (name, text) = SHIPPED[SHIPPED.len() - 1];
            draft.read(&SourceFile { name: name.to_owned(), text: text.to_owned() })?;
        }
        check(&draft)?;
        Ok(draft.finish())
    }

    /// The condition a medicine name in this text points to, in catalogue order, each once.
    /// Names match as whole words whatever their case.
    #[must_use]
    pub fn conditions_behind_medicines(&self, text: &str) -> Vec<(ConditionId, String)> {
        let words = spaced_words(text);
        if words.len() < 2 {
            return Vec::new();
        }
        let mut found: Vec<(ConditionId, String)> = Vec::new();
        for condition in self.conditions() {
            let name = self
                .medicines()
                .iter()
                .filter(|medicine| medicine.points_to == condition.id)
                .flat_map(|medicine| &medicine.names)
                .find(|name| words.contains(&spaced_words(name)));
            if let Some(name) = name {
                found.push((condition.id.clone(), name.clone()));
            }
        }
        found
    }
}

/// The shipped files as a folder would give them.
pub(super) fn shipped_files() -> Vec<SourceFile> {
    SHIPPED.iter().map(|(name, text)| SourceFile { name: (*name).to_owned(), text: (*text).to_owned() }).collect()
}

/// The words of a text in lower case with one space around each, so that "whole word" is a plain
/// search. A number glued to a name ("warfarin3mg") is a word of its own, and an accent written as
/// a character of its own, as some keyboards do, is as good as none.
fn spaced_words(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + 2);
    spaced.push(' ');
    let mut before = ' ';
    for c in text.to_lowercase().chars().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')) {
        let glued = before.is_numeric() != c.is_numeric();
        if (glued || !c.is_alphanumeric()) && !spaced.ends_with(' ') {
            spaced.push(' ');
        }
        if c.is_alphanumeric() {
            spaced.push(c);
        }
        before = c;
    }
    if !spaced.ends_with(' ') {
        spaced.push(' ');
    }
    spaced
}

impl Draft {
    fn read(&mut self, file: &SourceFile) -> Result<(), CatalogueError> {
        let refuse =
            |entry: &str, reason: String| CatalogueError { file: file.name.clone(), entry: entry.to_owned(), reason };
        let table: Table = file.text.parse().map_err(|error: toml::de::Error| {
            let line =
                error.span().map_or(0, |span| file.text[..span.start.min(file.text.len())].lines().count().max(1));
            refuse(&format!("line {line}"), error.message().to_owned())
        })?;
        for (key, value) in table {
            match key.as_str() {
                "schema_version" => {
                    if value.as_integer() != Some(1) {
                        return Err(refuse("schema_version", format!("{value} is not known; this program reads 1")));
                    }
                }
                "catalogue_version" => self.version = value.as_str().map(str::to_owned),
                "advice_version" | "techniques_version" | "medicines_version" | "reviewed_by" => {}
                "condition" => self.conditions.extend(entries(file, &key, value)?),
                "stretch" => self.stretches.extend(entries(file, &key, value)?),
                "warning_sign" => self.warning_signs.extend(entries(file, &key, value)?),
                "advice" => self.advice.extend(entries(file, &key, value)?),
                "technique" => self.techniques.extend(entries(file, &key, value)?),
                "medicine" => self.medicines.extend(entries(file, &key, value)?),
                _ => return Err(refuse(&key, "is not a key of a catalogue; expected condition, stretch, warning_sign, advice, technique or medicine".into())),
            }
        }
        Ok(())
    }

    /// Entries that came from no file.
    pub(super) fn of(whole: Whole) -> Self {
        fn located<T>(rows: Vec<T>) -> Vec<Located<T>> {
            rows.into_iter().map(|entry| Located { file: "catalogue".into(), entry }).collect()
        }
        Self {
            conditions: located(whole.conditions),
            stretches: located(whole.stretches),
            warning_signs: located(whole.warning_signs),
            advice: located(whole.advice),
            techniques: located(whole.techniques),
            medicines: located(whole.medicines),
            version: Some(whole.catalogue_version),
        }
    }

    pub(super) fn finish(self) -> Catalogue {
        let mut catalogue = Catalogue {
            version: String::new(),
            conditions: bare(self.conditions),
            stretches: bare(self.stretches),
            warning_signs: bare(self.warning_signs),
            advice: bare(self.advice),
            techniques: bare(self.techniques),
            medicines: bare(self.medicines),
        };
        let drafted = self.version.unwrap_or_else(|| "unversioned".into());
        catalogue.version = format!("{drafted}+{}", digest(&catalogue));
        catalogue
    }
}

fn bare<T>(located: Vec<Located<T>>) -> Vec<T> {
    located.into_iter().map(|one| one.entry).collect()
}

/// Twelve hex digits over every entry: the same content has the same name, however it is spread over files.
fn digest(catalogue: &Catalogue) -> String {
    let content = serde_json::to_vec(&(
        &catalogue.conditions,
        &catalogue.stretches,
        &catalogue.warning_signs,
        &catalogue.advice,
        &catalogue.techniques,
        &catalogue.medicines,
    ))
    .expect("entries hold only text, lists and numbers");
    Sha256::digest(&content).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn entries<T: DeserializeOwned>(
    file: &SourceFile,
    kind: &str,
    value: Value,
) -> Result<Vec<Located<T>>, CatalogueError> {
    let refuse = |entry: String, reason: String| CatalogueError { file: file.name.clone(), entry, reason };
    let Value::Array(rows) = value else {
        return Err(refuse(kind.to_owned(), format!("must be a list; start each entry with [[{kind}]]")));
    };
    rows.into_iter()
        .enumerate()
        .map(|(index, row)| {
            let id = ["id", "points_to"].iter().find_map(|key| row.get(*key)?.as_str());
            let entry = id.map_or_else(|| format!("{kind} number {}", index + 1), |id| format!("{kind} \"{id}\""));
            let parsed = row.try_into::<T>().map_err(|error| refuse(entry, error.message().to_owned()))?;
            Ok(Located { file: file.name.clone(), entry: parsed })
        })
        .collect()
}
