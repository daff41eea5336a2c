//! Where settings come from, and how to say what is wrong with one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use figment::error::Kind;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::{KEYS, sections};

pub(super) const PREFIX: &str = "AFTERCARE_";

/// Settings that cannot be used. Never carries a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or not ours to read.
    #[error("{file}: the settings file cannot be read ({reason}); name one that exists with --config or leave it out")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{file}: line {line} is not valid TOML ({reason}); write settings as key = value under a [section]")]
    NotToml {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// A key nobody knows.
    #[error("{place}: there is no setting {key}; {right}")]
    Unknown {
        /// The file or variable.
        place: String,
        /// The key.
        key: String,
        /// What would be right.
        right: String,
    },
    /// A value that does not fit its key.
    #[error("{place}: {key} = {value} does not fit; give {right}")]
    Wrong {
        /// The file or variable.
        place: String,
        /// The key.
        key: String,
        /// The value, unless it may be secret.
        value: String,
        /// What would be right.
        right: String,
    },
    /// A secret given twice.
    #[error("{place}: {key} and {key}_file are both given; keep one of them")]
    Twice {
        /// Where the second one stands.
        place: String,
        /// The key.
        key: String,
    },
    /// The file of a secret cannot be used.
    #[error("{place}: {key} = {file:?} cannot be read ({reason}); give {right}")]
    NoSecret {
        /// The file or variable that names it.
        place: String,
        /// The key.
        key: String,
        /// The file it names.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What would be right.
        right: String,
    },
}

/// Reads a settings file and makes sure that it is TOML. The parser's own message would quote the
/// line, and the line may hold a password, so only its number and the plain reason are kept.
pub(super) fn read_toml(file: &Path) -> Result<String, ConfigError> {
    let text =
        std::fs::read_to_string(file).map_err(|reason| ConfigError::Unreadable { file: file.to_owned(), reason })?;
    if let Err(error) = text.parse::<toml::Table>() {
        let at = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        let reason = error.message().lines().next().unwrap_or("unreadable").to_owned();
        return Err(ConfigError::NotToml { file: file.to_owned(), line, reason });
    }
    Ok(text)
}

/// The variables that are settings, by key.
pub(super) struct Environment(BTreeMap<String, String>);

impl Environment {
    pub(super) fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut found = BTreeMap::new();
        for (name, value) in pairs {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            let lower = rest.to_lowercase();
            if let Some((section, key)) = lower.split_once("__") {
                found.insert(format!("{section}.{key}"), value);
            } else if let Some((section, key)) = lower.split_once('_')
                && sections().contains(section)
            {
                // One underscore is the likeliest slip, and would otherwise change nothing, silently.
                let right = format!("write {}", variable(&format!("{section}.{key}")));
                return Err(ConfigError::Unknown { place: "environment".into(), key: name, right });
            }
        }
        Ok(Self(found))
    }
}

impl Provider for &Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> figment::error::Result<Map<Profile, Dict>> {
        let mut all = Dict::new();
        for (key, text) in &self.0 {
            let Ok(value) = text.parse::<Value>();
            let nested = figment::util::nest(key, value);
            if let Some(dict) = nested.into_dict() {
                for (section, inner) in dict {
                    match (all.remove(&section).and_then(Value::into_dict), inner.into_dict()) {
                        (Some(mut old), Some(new)) => {
                            old.extend(new);
                            all.insert(section, old.into());
                        }
                        (None, Some(new)) => drop(all.insert(section, new.into())),
                        (_, None) => {}
                    }
                }
            }
        }
        Ok(Profile::Default.collect(all))
    }
}

/// Where a key was set, for messages.
pub(super) struct Places<'a> {
    pub(super) file: Option<&'a Path>,
    pub(super) environment: &'a Environment,
}

impl Places<'_> {
    fn of(&self, key: &str) -> String {
        if self.environment.0.contains_key(key) {
            return variable(key);
        }
        // A whole section nobody knows: name the variable that brought it in.
        let inside = self.environment.0.keys().find(|set| set.starts_with(&format!("{key}.")));
        match (inside, self.file) {
            (Some(set), None) => variable(set),
            (_, Some(file)) => file.display().to_string(),
            (None, None) => "settings".to_owned(),
        }
    }

    /// Turns the reader's error into one sentence about the key.
    pub(super) fn explain(&self, figment: &Figment, error: &figment::Error) -> ConfigError {
        let mut path = error.path.clone();
        if let Kind::UnknownField(name, _) = &error.kind {
            if path.last() != Some(name) {
                path.push(name.clone());
            }
            let key = path.join(".");
            return ConfigError::Unknown { place: self.of(&key), right: neighbours(&path), key };
        }
        while path.last().is_some_and(|part| part.parse::<usize>().is_ok()) {
            path.pop();
        }
        let key = path.join(".");
        let right = right_for(&key);
        let value = if may_be_secret(&key) {
            "(not shown, it may be secret)".to_owned()
        } else {
            figment.find_value(&key).ok().and_then(|value| serde_json::to_string(&value).ok()).unwrap_or_default()
        };
        ConfigError::Wrong { place: self.of(&key), key, value, right }
    }

    pub(super) fn only_one_of(&self, figment: &Figment, key: &str) -> Result<(), ConfigError> {
        if figment.contains(key) {
            return Err(ConfigError::Twice { place: self.of(key), key: key.to_owned() });
        }
        Ok(())
    }

    pub(super) fn secret_from(&self, key: &str, file: &Path) -> Result<String, ConfigError> {
        let unusable = |reason: String| ConfigError::NoSecret {
            place: self.of(key),
            key: key.to_owned(),
            file: file.to_owned(),
            reason,
            right: right_for(key),
        };
        let text = std::fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
        if text.trim().is_empty() { Err(unusable("it is empty".to_owned())) } else { Ok(text) }
    }
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replacen('.', "__", 1).to_uppercase())
}

fn right_for(key: &str) -> String {
    // The limits of a provider are whole numbers like those of all mail.
    let limit = key.strip_prefix("mail.providers.").and_then(|rest| rest.rsplit_once('.')).map(|(_, limit)| limit);
    let known = match limit {
        Some(_) => KEYS.iter().find(|(known, _)| *known == "mail.rate_per_minute"),
        None => KEYS.iter().find(|(known, _)| *known == key),
    };
    known.map_or_else(|| neighbours(&[key.to_owned(), String::new()]), |(_, right)| (*right).to_owned())
}

fn may_be_secret(key: &str) -> bool {
    // A section given as one text may hold anything, so only known plain keys are shown.
    key.ends_with(".url") || !KEYS.iter().any(|(known, _)| *known == key)
}

/// The keys of the same section, or the sections.
fn neighbours(path: &[String]) -> String {
    if path.len() > 2 && path[1] == "providers" {
        return "a provider has connections, messages_per_connection, rate_per_minute".to_owned();
    }
    let section = path.first().map_or("", String::as_str);
    let keys: Vec<_> = KEYS.iter().filter_map(|(key, _)| key.split_once('.')).filter(|(s, _)| *s == section).collect();
    if keys.is_empty() || path.len() < 2 {
        let all: Vec<_> = sections().into_iter().collect();
        return format!("the sections are {}", all.join(", "));
    }
    let names: Vec<_> = keys.iter().map(|(_, key)| *key).collect();
    format!("[{section}] has {}", names.join(", "))
}
