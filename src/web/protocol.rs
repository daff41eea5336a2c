//! A clinic's protocol as an admin sees and changes it: which emails go out around a visit, looked at as any sample
//! client, tried on last month's visits, checked, published as a version. A look changes nothing; what is typed
//! becomes a draft, and a draft becomes a version only through the gate.

pub mod edit;
mod forecast;
pub mod publish;
pub mod trial;
mod typed;
pub mod versions;
mod view;

use jiff::Timestamp;

use super::error::Error;
use super::guard::Who;
use super::{Here, Web, say};
use crate::clinic::ids::AccountId;
use crate::clinic::letter::gate::Report;
use crate::clinic::protocol::Protocol;
use crate::store::account::Account;
use crate::store::protocol::{Draft, Version};
use crate::store::{self, Db};

/// Where the pages are.
const PATH: &str = "/protocol";

/// How the audit names it.
const RECORD: &str = "protocol";

/// The clinic's protocol, opened.
struct Desk {
    here: Here,
    /// What was published, oldest first.
    versions: Vec<Version>,
    draft: Option<Draft>,
    staff: Vec<Account>,
    /// What is planned by now.
    current: Protocol,
}

impl Desk {
    async fn open(web: &Web, db: &mut Db, who: &Who) -> Result<Self, Error> {
        let here = web.here(db, who).await?;
        let versions = store::protocol::versions(db, here.id).await?;
        Ok(Self {
            current: versions.last().map(|version| version.protocol.clone()).unwrap_or_default(),
            versions,
            draft: store::protocol::draft(db, here.id).await?,
            staff: store::account::all(db, here.id).await?,
            here,
        })
    }

    /// What is being written, or else what is planned by.
    fn protocol(&self) -> &Protocol {
        self.draft.as_ref().map_or(&self.current, |draft| &draft.protocol)
    }

    /// This version.
    fn version(&self, number: u32) -> Option<Protocol> {
        let shipped = Protocol::default();
        if number == shipped.version {
            return Some(shipped);
        }
        self.versions.iter().find(|one| one.protocol.version == number).map(|one| one.protocol.clone())
    }

    /// The number it would be published with.
    const fn next(&self) -> u32 {
        self.current.version + 1
    }

    /// What the gate says of a protocol of this clinic.
    fn check(&self, web: &Web, protocol: &Protocol) -> Report {
        protocol.check(&web.catalogue, &self.here.profile)
    }

    /// "Ada Osei, today 10:41".
    fn by_whom(&self, by: AccountId, at: Timestamp) -> String {
        let name = self.staff.iter().find(|account| account.id == by);
        let name = name.map_or_else(|| "Somebody".into(), |account| account.name.to_string());
        format!("{name}, {}", say::moment(&at.to_zoned(self.here.now.time_zone().clone()), &self.here.now))
    }
}
