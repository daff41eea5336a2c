//! A clinic's own questions as admins write them: the list, one form in sections and questions, its preview, the check
//! before publication, its versions, and the exchange with other programs. A look changes nothing; what is typed becomes
//! a draft, and a draft is asked of nobody until it is published.

pub mod edit;
pub mod exchange;
pub mod list;
pub mod preview;
pub mod publish;
mod typed;
pub mod versions;
mod view;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::error::Error;
use super::guard::Who;
use super::{Here, Web, say};
use crate::clinic::ids::AccountId;
use crate::clinic::questionnaire::Questionnaire;
use crate::store::account::Account;
use crate::store::questionnaire::{Draft, Key, Version};
use crate::store::{self, Db};

/// More forms than any clinic has.
const MOST_FORMS: usize = 40;

/// All forms of a clinic.
struct Shelf {
    here: Here,
    versions: Vec<Version>,
    drafts: BTreeMap<u32, Draft>,
    staff: Vec<Account>,
}

impl Shelf {
    async fn open(web: &Web, db: &mut Db, who: &Who) -> Result<Self, Error> {
        let here = web.here(db, who).await?;
        Ok(Self {
            versions: store::questionnaire::versions(db, here.id).await?,
            drafts: store::questionnaire::drafts(db, here.id).await?,
            staff: store::account::all(db, here.id).await?,
            here,
        })
    }

    /// The numbers of every form, in order.
    fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> =
            self.versions.iter().map(|one| one.number).chain(self.drafts.keys().copied()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// What was published of a form, oldest first.
    fn own(&self, number: u32) -> impl DoubleEndedIterator<Item = &Version> {
        self.versions.iter().filter(move |one| one.number == number)
    }

    /// "Ada Osei, today 10:41".
    fn by_whom(&self, by: AccountId, at: Timestamp) -> String {
        let name = self.staff.iter().find(|account| account.id == by);
        let name = name.map_or_else(|| "Somebody".into(), |one| one.name.to_string());
        let at = at.to_zoned(self.here.now.time_zone().clone());
        format!("{name}, {}", say::moment(&at, &self.here.now))
    }
}

/// One form, opened.
struct Desk {
    shelf: Shelf,
    number: u32,
}

impl Desk {
    async fn open(web: &Web, db: &mut Db, who: &Who, number: &str) -> Result<Self, Error> {
        let number = number.parse().map_err(|_| Error::NotFound)?;
        let shelf = Shelf::open(web, db, who).await?;
        if !shelf.numbers().contains(&number) {
            return Err(Error::NotFound);
        }
        Ok(Self { shelf, number })
    }

    fn key(&self) -> Key {
        Key { clinic: self.shelf.here.id, number: self.number }
    }

    fn path(&self) -> String {
        format!("/forms/{}", self.number)
    }

    /// What is being written, if anything is.
    fn draft(&self) -> Option<&Draft> {
        self.shelf.drafts.get(&self.number)
    }

    /// What clients are asked now, if anything was published.
    fn current(&self) -> Option<&Questionnaire> {
        self.shelf.own(self.number).next_back().map(|version| &version.form)
    }

    /// What is being written, or else what clients are asked.
    fn text(&self) -> Result<&Questionnaire, Error> {
        self.draft().map(|draft| &draft.form).or_else(|| self.current()).ok_or(Error::NotFound)
    }

    /// This version.
    fn version(&self, number: u32) -> Option<&Questionnaire> {
        self.shelf.own(self.number).find(|version| version.form.version == number).map(|version| &version.form)
    }

    /// The form under the number it would be published with.
    fn next(&self, form: &Questionnaire) -> Questionnaire {
        let newest = self.current().map_or(0, |current| current.version);
        Questionnaire { version: newest + 1, ..form.clone() }
    }

    /// How the audit names it.
    fn record(&self) -> String {
        self.number.to_string()
    }
}
