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

/// The versions of one clinic. In the place of one that cannot be put together the letter that ships goes out:
/// a client without warning signs is worse off than one who reads the house's words.
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

    /// Takes in everything this clinic has published, so many rows: each with its language, its number and
    /// what it says, if that can be read.
    pub fn learn(
        &self,
        clinic: ClinicId,
        count: usize,
        published: impl IntoIterator<Item = ((String, LetterId, u32), Option<Letter>)>,
    ) {
        let mut shelf = Shelf { count, ..Shelf::default() };
        for ((locale, letter, version), says) in published {
            let edition =
                says.ok_or_else(|| "it cannot be read".to_owned()).and_then(|says| self.bound(&locale, &says));
            if let Err(problem) = &edition {
                let letter = letter.id();
                tracing::error!(
                    %clinic, locale, letter, version, problem,
                    "a published letter cannot be put together: the one that ships goes out in its place"
                );
            }
            shelf.editions.entry((locale, letter)).or_default().insert(version, edition);
        }
        let mut shelves = self.shelves.0.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever read before a publication and comes after it brings less than is known.
        if shelves.get(&clinic).is_none_or(|known| known.count <= shelf.count) {
            shelves.insert(clinic, shelf);
        }
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
                return own.clone().or_else(|_| shipped());
            }
            if version == self.shipped_version(locale, letter) {
                return shipped();
            }
        }
        versions.values().next_back().map_or_else(shipped, |newest| newest.clone().or_else(|_| shipped()))
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
