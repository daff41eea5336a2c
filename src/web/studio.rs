//! Letters as admins write them: the list, one letter in blocks with its preview, the check before
//! publication, and the versions. A look never changes a letter; what is typed becomes a draft, and a draft
//! becomes a version only through the gate.

pub mod edit;
pub mod list;
pub mod preview;
pub mod publish;
pub(in crate::web) mod report;
pub mod side;
pub(in crate::web) mod typed;
pub mod versions;
pub(in crate::web) mod view;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::client::form::language;
use super::error::Error;
use super::guard::Who;
use super::{Here, Web, say};
use crate::clinic::ids::AccountId;
use crate::clinic::letter::changes::{Difference, between};
use crate::clinic::letter::{Claims, Letter};
use crate::clinic::plan::LetterId;
use crate::clinic::protocol::Protocol;
use crate::store::account::Account;
use crate::store::letter::{Draft, Key, Version};
use crate::store::{self, Db};

/// All letters of a clinic.
struct Shelf {
    here: Here,
    versions: Vec<Version>,
    drafts: BTreeMap<(String, LetterId), Draft>,
    staff: Vec<Account>,
    own_claims: Vec<String>,
    /// What says when each is sent.
    protocol: Protocol,
}

impl Shelf {
    async fn open(web: &Web, db: &mut Db, who: &Who) -> Result<Self, Error> {
        let here = web.here(db, who).await?;
        Ok(Self {
            versions: store::letter::versions(db, here.id).await?,
            drafts: store::letter::drafts(db, here.id).await?,
            staff: store::account::all(db, here.id).await?,
            own_claims: store::letter::claims(db, here.id).await?,
            protocol: store::protocol::newest(db, here.id).await?,
            here,
        })
    }

    /// What this clinic has published of a letter, oldest first.
    fn own<'a>(&'a self, locale: &'a str, letter: LetterId) -> impl DoubleEndedIterator<Item = &'a Version> {
        self.versions.iter().filter(move |one| one.locale == locale && one.letter.id == letter)
    }

    /// What clients get now: the newest version, or what ships.
    fn current(&self, web: &Web, locale: &str, letter: LetterId) -> Option<Letter> {
        let own = self.own(locale, letter).next_back().map(|version| version.letter.clone());
        own.or_else(|| shipped(web, locale, letter))
    }

    /// When a letter is sent, by the clinic's protocol.
    fn used(&self, letter: LetterId) -> String {
        if letter == LetterId::EmergencyOnly {
            return "In place of all others, when a client needs a doctor's word first".into();
        }
        let steps = self.protocol.steps.iter().filter(|rule| rule.letter == letter);
        let when: Vec<String> = steps.map(|rule| rule.when.words()).collect();
        if when.is_empty() { "Not sent: no step of the protocol uses it".into() } else { when.join("; ") }
    }

    /// Which other language is ahead of this one, and what changed in it since this one was published.
    fn behind(&self, web: &Web, locale: &str, letter: LetterId) -> Option<(String, Vec<Difference>)> {
        let published = self.own(locale, letter).next_back().map_or(Timestamp::MIN, |version| version.at);
        let languages = web.letters.languages().into_iter().filter(|other| *other != locale);
        let changed = languages.filter_map(|other| {
            let newest = self.own(other, letter).next_back().filter(|version| version.at > published)?;
            let then = self.own(other, letter).rfind(|version| version.at <= published);
            let then = then.map(|version| version.letter.clone()).or_else(|| shipped(web, other, letter))?;
            Some((other.to_owned(), between(&then, &newest.letter)))
        });
        changed.filter(|(_, parts)| !parts.is_empty()).max_by_key(|(_, parts)| parts.len())
    }

    /// The name of a member of staff.
    fn name(&self, id: AccountId) -> String {
        self.staff.iter().find(|account| account.id == id).map_or_else(|| "Somebody".into(), |one| one.name.to_string())
    }

    /// "Ada Osei, today 10:41".
    fn by_whom(&self, by: AccountId, at: Timestamp) -> String {
        let at = at.to_zoned(self.here.now.time_zone().clone());
        format!("{}, {}", self.name(by), say::moment(&at, &self.here.now))
    }

    /// What no letter of this clinic may claim.
    fn claims(&self) -> Claims {
        Claims::with(&self.own_claims)
    }
}

fn shipped(web: &Web, locale: &str, letter: LetterId) -> Option<Letter> {
    web.letters.compiled().letters().language(locale).map(|language| language.letter(letter).clone())
}

/// One letter in one language, opened.
struct Desk {
    shelf: Shelf,
    letter: LetterId,
    locale: String,
    /// What clients get now.
    current: Letter,
}

impl Desk {
    async fn open(web: &Web, db: &mut Db, who: &Who, (letter, locale): (&str, &str)) -> Result<Self, Error> {
        let letter = LetterId::of(letter).ok_or(Error::NotFound)?;
        let shelf = Shelf::open(web, db, who).await?;
        let current = shelf.current(web, locale, letter).ok_or(Error::NotFound)?;
        Ok(Self { shelf, letter, locale: locale.to_owned(), current })
    }

    fn key(&self) -> Key<'_> {
        Key { clinic: self.shelf.here.id, locale: &self.locale, letter: self.letter }
    }

    fn path(&self) -> String {
        format!("/letters/{}/{}", self.letter.id(), self.locale)
    }

    /// What is being written, if anything is.
    fn draft(&self) -> Option<&Draft> {
        self.shelf.drafts.get(&(self.locale.clone(), self.letter))
    }

    /// What is being written, or else what clients get.
    fn text(&self) -> &Letter {
        self.draft().map_or(&self.current, |draft| &draft.letter)
    }

    /// This version.
    fn version(&self, web: &Web, number: u32) -> Option<Letter> {
        let own = self.shelf.own(&self.locale, self.letter).find(|version| version.letter.version == number);
        own.map(|version| version.letter.clone())
            .or_else(|| shipped(web, &self.locale, self.letter).filter(|letter| letter.version == number))
    }

    /// The letter under the number it would be published with.
    fn next(&self, web: &Web, letter: &Letter) -> Letter {
        let newest = self.current.version.max(web.letters.compiled().shipped_version(&self.locale, self.letter));
        Letter { version: newest + 1, ..letter.clone() }
    }

    /// How the audit names it.
    fn record(&self) -> String {
        format!("{}/{}", self.letter.id(), self.locale)
    }
}
