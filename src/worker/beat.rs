//! The heartbeat: that a worker is at work, and how its ways out stand, for the pages and for the machines
//! that watch this one. Workers run beside each other and elsewhere, so it is told in the database.

use super::Worker;
use crate::clinic::delivery::{Beat, Health, Relay, Standing, without_addresses};
use crate::mail::breaker::Use;
use crate::mail::smtp::Mailer;
use crate::store::setting::HEARTBEAT;
use crate::store::{self, Db};

impl Worker {
    /// Tells that this worker is at work.
    pub(super) async fn beat(&self, db: &mut Db) -> store::Result<()> {
        let now = self.clock.system_now();
        store::setting::save(db, HEARTBEAT, &now.as_millisecond().to_string()).await?;
        let beat = Beat {
            owner: self.owner.as_str().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: now,
            beat_at: now,
            health: Health {
                relays: self.mailer.as_ref().map(relays).unwrap_or_default(),
                resting: self.manners.resting(now),
            },
        };
        store::beat::save(db, &beat).await
    }
}

fn relays(mailer: &Mailer) -> Vec<Relay> {
    let relay = |way: crate::mail::smtp::Standing| {
        let (trouble_at, trouble) = way.trouble.unzip();
        Relay {
            name: way.name,
            standing: match way.may {
                Use::Freely => Standing::Works,
                Use::ToTry => Standing::Tried,
                Use::NotBefore(_) => Standing::LeftAlone,
            },
            worked_at: way.worked_at,
            trouble_at,
            trouble: trouble.map(|words| without_addresses(&words)),
        }
    };
    mailer.standing().into_iter().map(relay).collect()
}
