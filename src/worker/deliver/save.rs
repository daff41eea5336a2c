//! What is left to do for a round whose database failed.

use std::time::Duration;

use tokio::sync::watch;

use super::Round;
use crate::store;
use crate::store::outbox::Finished;

/// A database that failed is tried again after this long.
const LATER: Duration = Duration::from_millis(250);

impl Round<'_> {
    /// After the database failed: what is on the wire goes on, and what becomes of it is written as soon as the database
    /// is back. Forgotten, those emails would go again. Ends when the lease does, since then another may have them, or
    /// when told to stop.
    ///
    /// # Errors
    /// When the database was not back in time.
    pub(super) async fn save(&mut self, stop: &watch::Receiver<bool>) -> store::Result<()> {
        self.asks.close();
        self.asked = None;
        self.taken.close();
        while let Ok(taken) = self.taken.try_recv() {
            self.accept(taken);
        }
        while let Some(ready) = self.ready.pop_front() {
            self.end(&ready.email, Finished::GiveBack);
        }
        while let Some(back) = self.on_the_wire.join_next_with_id().await {
            self.returned(back);
        }
        loop {
            match self.write_down().await {
                Ok(()) => return Ok(()),
                Err(problem) if *stop.borrow() || self.worker.clock.system_now() >= self.leased_until => {
                    return Err(problem);
                }
                Err(problem) => {
                    tracing::warn!(%problem, emails = self.finishes.len(), "what became of emails is written later");
                }
            }
            tokio::time::sleep(LATER).await;
        }
    }

    /// Writes what ended and nothing else, by a connection of its own.
    async fn write_down(&mut self) -> store::Result<()> {
        self.writer = self.worker.store.writer().await?;
        let now = self.worker.clock.now();
        self.stop_addresses(now).await?;
        let mut db = self.writer.write().await?;
        store::outbox::before_begins(&mut db, &[]).await?;
        store::outbox::finish(&mut db, &self.owner, &self.finishes, now).await?;
        db.commit().await?;
        self.finishes.clear();
        Ok(())
    }
}
