//! What clinics have published themselves, as far as this process has read it. A published version never
//! changes, so that what was read once stays right; the rooms that hold a database bring what is new.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use super::{CompiledLetter, CompiledLetters, compile};
use crate::clinic::ids::ClinicId;
use crate::clinic::letter::{Letter, check};
use crate::clinic::plan::LetterId;

/// Which edition of a letter is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edition<'a> {
    /// The one that ships with the program or lies in the folder of the settings.
    #[default]
    Shipped,
    /// The newest of this clinic.
    Newest(ClinicId),
    /// The one an email was planned with, as long as client and answers still ask for that letter in that
    /// language; else the newest.
    Planned {
        /// Of which clinic.
        clinic: ClinicId,
        /// Which letter.
        letter: LetterId,
        /// In which language.
        locale: &'a str,
        /// Which version.
        version: u32,
    },
}

/// The versions of every clinic.
#[derive(Default)]
pub(super) struct Shelves(RwLock<HashMap<ClinicId, Shelf>>);

/// The versions of one letter in one language.
type Versions = BTreeMap<u32, Result<Arc<CompiledLetter>, String>>;

/// The versions of one clinic. One that cannot be put together stops its own emails alone.
#[derive(Default)]
struct Shelf {
    count: usize,
    editions: BTreeMap<(String, LetterId), Versions>,
}

impl CompiledLetters {
    /// How many versions of this clinic are known here.
    #[must_use]
    pub fn known(&self, clinic: ClinicId) -> usize {
        let shelves = self.shelves.0.read().unwrap_or_else(PoisonError::into_inner);
        shelves.get(&clinic).map_or(0, |shelf| shelf.count)
    }

    /// Takes in everything this clinic has published, each with its language.
    pub fn learn(&self, clinic: ClinicId, published: &[(String, Letter)]) {
        let mut shelf = Shelf { count: published.len(), ..Shelf::default() };
        for (locale, letter) in published {
            let edition = self.bound(locale, letter);
            if let Err(problem) = &edition {
                let (letter, version) = (letter.id.id(), letter.version);
                tracing::error!(%clinic, locale, letter, version, problem, "a published letter cannot be put together");
            }
            shelf.editions.entry((locale.clone(), letter.id)).or_default().insert(letter.version, edition);
        }
        self.shelves.0.write().unwrap_or_else(PoisonError::into_inner).insert(clinic, shelf);
    }

    /// The version a new email gets; 0 when we have no such language.
    #[must_use]
    pub fn version_of(&self, clinic: ClinicId, locale: &str, letter: LetterId) -> u32 {
        let shelves = self.shelves.0.read().unwrap_or_else(PoisonError::into_inner);
        let own = shelves.get(&clinic).and_then(|shelf| shelf.editions.get(&(locale.to_owned(), letter)));
        own.and_then(|versions| versions.keys().next_back().copied())
            .unwrap_or_else(|| self.shipped_version(locale, letter))
    }

    /// The version that ships; 0 when we have no such language.
    #[must_use]
    pub fn shipped_version(&self, locale: &str, letter: LetterId) -> u32 {
        self.letters.language(locale).map_or(0, |language| language.letter(letter).version)
    }

    /// The letter of this edition.
    pub(super) fn edition(
        &self,
        edition: Edition<'_>,
        locale: &str,
        letter: LetterId,
    ) -> Result<Arc<CompiledLetter>, String> {
        let key = (locale.to_owned(), letter);
        let shipped = || self.compiled.get(&key).cloned().ok_or_else(|| "there is no such letter".to_owned());
        let (clinic, planned) = match edition {
            Edition::Shipped => return shipped(),
            Edition::Newest(clinic) => (clinic, None),
            Edition::Planned { clinic, letter: of, locale: wanted, version } => {
                (clinic, (of == letter && wanted == locale).then_some(version))
            }
        };
        let shelves = self.shelves.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(versions) = shelves.get(&clinic).and_then(|shelf| shelf.editions.get(&key)) else { return shipped() };
        if let Some(version) = planned {
            if let Some(own) = versions.get(&version) {
                return own.clone();
            }
            if version == self.shipped_version(locale, letter) {
                return shipped();
            }
        }
        versions.values().next_back().map_or_else(shipped, Clone::clone)
    }

    /// A letter of a clinic's own, put together. What is in the database was checked when it was published; it is
    /// checked again, since nothing else stands between a changed row and a client.
    fn bound(&self, locale: &str, letter: &Letter) -> Result<Arc<CompiledLetter>, String> {
        check(letter).map_err(|findings| super::list(&findings))?;
        let language = self.letters.language(locale).ok_or("there is no such language")?;
        let compiled = compile::one(locale, letter, &language.words)?;
        Ok(Arc::new(CompiledLetter { is_own: true, ..compiled }))
    }
}
