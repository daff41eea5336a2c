//! All letters of a clinic, by language, and which language a client gets.

use std::collections::BTreeMap;

use super::super::catalogue::SourceFile;
use super::super::plan::LetterId;
use super::check::{Finding, check_words};
use super::{Letter, Words, check};

/// The language everyone falls back to.
const LAST_RESORT: &str = "en";

/// The letters and fixed words of one language: complete, or it is no language of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    /// The fixed words.
    pub words: Words,
    /// The letters, in the order of [`LetterId::ALL`].
    letters: [Letter; 6],
}

impl Language {
    /// The letter of this id.
    #[must_use]
    pub const fn letter(&self, id: LetterId) -> &Letter {
        &self.letters[place(id)]
    }

    /// All letters.
    #[must_use]
    pub const fn letters(&self) -> &[Letter; 6] {
        &self.letters
    }
}

/// Where a letter stands in [`LetterId::ALL`].
const fn place(id: LetterId) -> usize {
    match id {
        LetterId::SameDay => 0,
        LetterId::DayOne => 1,
        LetterId::DayThree => 2,
        LetterId::DaySeven => 3,
        LetterId::Prepare => 4,
        LetterId::EmergencyOnly => 5,
    }
}

/// All letters of a clinic, checked. English is always among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letters {
    languages: BTreeMap<String, Language>,
}

impl Letters {
    /// Reads letters from files named `en/day_1.toml`, `en/words.toml` and so on.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn read(files: &[SourceFile]) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut locales: BTreeMap<String, Vec<&SourceFile>> = BTreeMap::new();
        for file in files {
            match file.name.split_once('/') {
                Some((locale, _)) => locales.entry(normalised(locale)).or_default().push(file),
                None => findings.push(Finding::new(&file.name, "lies outside a language folder such as \"en\"")),
            }
        }
        let mut languages = BTreeMap::new();
        for (locale, files) in locales {
            match read_language(&locale, &files) {
                Ok(language) => drop(languages.insert(locale, language)),
                Err(wrong) => findings.extend(wrong),
            }
        }
        if findings.is_empty() && !languages.contains_key(LAST_RESORT) {
            findings
                .push(Finding::new("letters", "there is no folder \"en\"; every client without texts gets English"));
        }
        if findings.is_empty() { Ok(Self { languages }) } else { Err(findings) }
    }

    /// The locale whose letters a client gets: their own, its base language, the clinic's, English.
    #[must_use]
    pub fn locale_for(&self, client: Option<&str>, clinic: &str) -> &str {
        locales(client, clinic)
            .iter()
            .find_map(|locale| self.languages.get_key_value(locale).map(|(known, _)| known.as_str()))
            .unwrap_or(LAST_RESORT)
    }

    /// The language of exactly this locale.
    #[must_use]
    pub fn language(&self, locale: &str) -> Option<&Language> {
        self.languages.get(locale)
    }

    /// All languages, by locale.
    pub fn languages(&self) -> impl Iterator<Item = (&str, &Language)> {
        self.languages.iter().map(|(locale, language)| (locale.as_str(), language))
    }
}

/// The locales to look for, best first: the client's own, its base language, the clinic's, its base
/// language, English.
#[must_use]
pub fn locales(client: Option<&str>, clinic: &str) -> Vec<String> {
    let mut chain = Vec::with_capacity(5);
    for wanted in client.into_iter().chain([clinic, LAST_RESORT]) {
        let wanted = normalised(wanted);
        let base = wanted.split('-').next().unwrap_or_default().to_owned();
        chain.extend([wanted, base]);
    }
    chain
}

/// One spelling of a locale: lower case, with hyphens.
fn normalised(locale: &str) -> String {
    locale.trim().replace('_', "-").to_lowercase()
}

/// Reads one language, which must be complete.
fn read_language(locale: &str, files: &[&SourceFile]) -> Result<Language, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut words = None;
    let mut letters: BTreeMap<usize, Letter> = BTreeMap::new();
    for file in files {
        let stem = file.name.rsplit('/').next().and_then(|name| name.strip_suffix(".toml")).unwrap_or_default();
        if stem == "words" {
            words = parsed::<Words>(file, &mut findings);
            findings.extend(words.iter().flat_map(check_words).map(|found| found.within(&file.name)));
        } else if let Some(id) = LetterId::of(stem) {
            let Some(letter) = parsed::<Letter>(file, &mut findings) else { continue };
            if letter.id != id {
                findings.push(Finding::new(&file.name, "\"id\" must be the name of the file"));
            }
            findings.extend(check(&letter).err().into_iter().flatten().map(|found| found.within(&file.name)));
            letters.insert(place(id), letter);
        } else {
            let names = LetterId::ALL.map(LetterId::id).join(", ");
            findings.push(Finding::new(&file.name, format!("is no letter of ours; the letters are {names} and words")));
        }
    }
    let missing = |id: LetterId| Finding::new(format!("{locale}/{}.toml", id.id()), "is missing");
    findings.extend(
        LetterId::ALL
            .into_iter()
            .filter(|id| !letters.contains_key(&place(*id)) && findings.is_empty())
            .map(missing)
            .collect::<Vec<_>>(),
    );
    match (words, <[Letter; 6]>::try_from(letters.into_values().collect::<Vec<_>>())) {
        (Some(words), Ok(letters)) if findings.is_empty() => Ok(Language { words, letters }),
        (None, _) if findings.is_empty() => Err(vec![Finding::new(format!("{locale}/words.toml"), "is missing")]),
        _ => Err(findings),
    }
}

/// The content of a file, or what is wrong with it.
fn parsed<T: serde::de::DeserializeOwned>(file: &SourceFile, findings: &mut Vec<Finding>) -> Option<T> {
    toml::from_str(&file.text).map_err(|wrong| findings.push(Finding::new(&file.name, wrong.to_string().trim()))).ok()
}
