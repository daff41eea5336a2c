//! The chain over the audit, made longer now and then.

use jiff::{SignedDuration, Timestamp};

use super::Worker;
use crate::store;

/// So often is looked, by the machine's own time.
const EVERY: SignedDuration = SignedDuration::from_mins(5);

/// So often is looked further back.
const SWEEP: SignedDuration = SignedDuration::from_hours(24);

/// No transaction writes for longer than this, but an import.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// How far back a sweep goes.
const FAR: SignedDuration = SignedDuration::from_hours(48);

/// Entries in one batch.
pub const BATCH: usize = 5_000;

/// Batches in one go; what is left waits for the next.
const MOST: usize = 40;

/// When the chain was made longer last. Not at the start: a process that is started again and again has other things to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chained {
    last: Timestamp,
    swept: Timestamp,
}

impl Chained {
    pub(super) const fn from(now: Timestamp) -> Self {
        Self { last: now, swept: now }
    }
}

impl Worker {
    /// Makes the chain longer when it is time for that.
    pub(super) async fn chain_now_and_then(&self, chained: &mut Chained) -> store::Result<()> {
        let now = self.clock.system_now();
        if now.duration_since(chained.last) < EVERY {
            return Ok(());
        }
        chained.last = now;
        let sweeps = now.duration_since(chained.swept) >= SWEEP;
        if sweeps {
            chained.swept = now;
        }
        self.chain_audit(if sweeps { FAR } else { LATE }, BATCH).await.map(drop)
    }

    /// Adds every entry of the audit to the chain that is in none, from so long before the newest one in it on, in batches of
    /// at most `most`. Says how many batches; the digest of each is logged, where nobody who holds the database alone can
    /// take it back.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn chain_audit(&self, back: SignedDuration, most: usize) -> store::Result<usize> {
        for made in 0..MOST {
            let mut db = self.store.read().await?;
            let next = store::audit_chain::next(&mut db, self.clock.now(), back, most).await?;
            drop(db);
            let Some(batch) = next else { return Ok(made) };
            let mut db = self.store.write().await?;
            let kept = store::audit_chain::keep(&mut db, &batch, self.clock.now()).await?;
            db.commit().await?;
            if !kept {
                // Another worker is at it.
                return Ok(made);
            }
            let (number, entries, digest) = (batch.number, batch.entries(), batch.digest());
            tracing::info!(number, entries, digest, "the audit's chain is longer by a batch");
        }
        Ok(MOST)
    }
}
