//! The catalogue as somebody changes it: what is gone by, what is being changed, and whether it is theirs to change.

use jiff::Timestamp;

use crate::clinic::catalogue::{Catalogue, CatalogueError, Entry, Kind};
use crate::store::catalogue::Draft;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::settings::is_admin_everywhere;
use crate::web::{Here, Web, say};

/// Who changes what all clinics share.
pub(super) const SHARED: &str =
    "All clinics of this system share this catalogue. Somebody who is an admin of every one of them changes it.";

/// What is there when a page opens.
pub(super) struct Desk {
    pub here: Here,
    pub drafts: Vec<Draft>,
    /// The number of the newest edition; 0 while what ships is gone by.
    pub number: u32,
    /// Whether it is this person's to change.
    pub is_yours: bool,
}

impl Desk {
    pub async fn open(web: &Web, db: &mut Db, who: &Who) -> Result<Self, Error> {
        let here = web.here(db, who).await?;
        let is_yours = is_admin_everywhere(db, who).await?;
        let number = store::catalogue::number(db).await?;
        let drafts = if is_yours { store::catalogue::drafts(db).await? } else { Vec::new() };
        Ok(Self { here, drafts, number, is_yours })
    }

    /// The same for an act: refused to others, and while the page goes by a catalogue that was just replaced.
    pub async fn open_to_change(web: &Web, db: &mut Db, who: &Who) -> Result<Self, Error> {
        let desk = Self::open(web, db, who).await?;
        if !desk.is_yours {
            return Err(Error::Refused(SHARED.into()));
        }
        if web.newest.look(db).await?.version() != web.catalogue.version() {
            let sentence = "Somebody published the catalogue at this moment. Open the page again to see how it stands.";
            return Err(Error::Refused(sentence.into()));
        }
        Ok(desk)
    }

    pub fn draft(&self, kind: Kind, id: &str) -> Option<&Draft> {
        self.drafts.iter().find(|draft| draft.entry.kind == kind && draft.entry.id() == id)
    }

    /// The catalogue as it would be published, with one more entry in place of its draft.
    pub fn drafted(&self, web: &Web, more: Option<&Entry>) -> Result<Catalogue, CatalogueError> {
        let others = self
            .drafts
            .iter()
            .map(|draft| &draft.entry)
            .filter(|entry| more.is_none_or(|more| (more.kind, more.id()) != (entry.kind, entry.id())));
        let all: Vec<Entry> = others.chain(more).cloned().collect();
        web.catalogue.with(&all)
    }

    /// "Ada Osei, today 10:41".
    pub fn by_whom(&self, by: &str, at: Timestamp) -> String {
        format!("{by}, {}", say::moment(&at.to_zoned(self.here.now.time_zone().clone()), &self.here.now))
    }
}
