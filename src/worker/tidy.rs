//! What nobody comes back for is not kept: forms of intake that were begun and left, links that ended long ago,
//! texts of emails that a clinic keeps no longer. And emails that were sent a while ago make room for those that wait.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Worker, webhooks};
use crate::store;
use crate::store::audit::Entry;
use crate::store::intake::draft;

/// Answers about somebody's health that never became an intake are kept this long after the last
/// change. Whoever comes later than that is asked anew.
pub const ABANDONED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A worker that has not been heard of for this long is not told of any more.
const SILENT: SignedDuration = SignedDuration::from_hours(24 * 7);

/// A program that repeats a request later than this is not given the first answer any more.
const ANSWERS: SignedDuration = SignedDuration::from_hours(24);

/// A link that ended is kept so long, so that whoever finds an old email reads why it does not work any more.
pub const LINKS: SignedDuration = SignedDuration::from_hours(24 * 730);

/// An email that was sent stands among those that wait for so long: longer than the day that the page of delivery
/// looks back there.
pub const PAST: SignedDuration = SignedDuration::from_hours(24 * 3);

/// So often is looked, by the machine's own time.
const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// So many are removed in one transaction.
const PORTION: u32 = 200;

/// So many are moved in one transaction, during which SQLite's other writers wait.
const MOVED: u32 = 500;

/// And so often in one go: a worker that is told to stop should not be long about it.
const GO: u32 = 40;

impl Worker {
    /// Tidies up when the last time was an hour ago; remembers when that was.
    pub(super) async fn tidy_now_and_then(&self, last: &mut Option<Timestamp>) -> store::Result<()> {
        let now = self.clock.system_now();
        if last.is_some_and(|last| now.duration_since(last) < EVERY) {
            return Ok(());
        }
        *last = Some(now);
        let mut db = self.store.write().await?;
        store::beat::forget(&mut db, now.saturating_sub(SILENT).unwrap_or(Timestamp::MIN)).await?;
        store::webhook::forget(&mut db, now.saturating_sub(webhooks::KEPT).unwrap_or(Timestamp::MIN)).await?;
        store::api_answer::forget(&mut db, now.saturating_sub(ANSWERS).unwrap_or(Timestamp::MIN)).await?;
        db.commit().await?;
        self.tidy().await?;
        self.tidy_links().await?;
        self.tidy_texts().await.map(drop)
    }

    /// Moves sent emails out of the way when the last time was an hour ago, or left some. Remembers when there was
    /// nothing to move.
    pub(super) async fn set_aside_now_and_then(&self, last: &mut Option<Timestamp>) -> store::Result<()> {
        let now = self.clock.system_now();
        if last.is_none_or(|last| now.duration_since(last) >= EVERY) && self.set_aside().await? {
            *last = Some(now);
        }
        Ok(())
    }

    /// Moves emails that were sent a while ago out of the way of those that wait, as many as can be in one go.
    /// Says whether that was all.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_aside(&self) -> store::Result<bool> {
        let before = self.clock.now().saturating_sub(PAST).unwrap_or(Timestamp::MIN);
        let mut db = self.store.read().await?;
        let clinics = store::clinic::all(&mut db).await?;
        drop(db);
        let mut left = GO;
        for (clinic, _) in clinics {
            // Looked for without the write lock: mostly there is nothing.
            while store::outbox::has_past(&mut self.store.read().await?, clinic, before).await? {
                if left == 0 {
                    return Ok(false);
                }
                let mut db = self.store.write().await?;
                let moved = store::outbox::set_aside(&mut db, clinic, before, MOVED).await?;
                db.commit().await?;
                if moved < u64::from(MOVED) {
                    break;
                }
                left -= 1;
            }
        }
        Ok(true)
    }

    /// Removes links that ended two years ago, with a line in the audit for each clinic and portion. Says how
    /// many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tidy_links(&self) -> store::Result<usize> {
        let now = self.clock.now();
        let before = now.saturating_sub(LINKS).unwrap_or(Timestamp::MIN);
        let mut removed = 0;
        loop {
            // Looked for without the write lock: there are many links, and nearly always none this old.
            let mut db = self.store.read().await?;
            let ended = store::link::ended_before(&mut db, before, PORTION).await?;
            drop(db);
            if ended.is_empty() {
                return Ok(removed);
            }
            let mut db = self.store.write().await?;
            for (name, clinic) in &ended {
                removed += usize::from(store::link::remove(&mut db, *clinic, name).await?);
            }
            for clinic in ended.iter().map(|(_, clinic)| *clinic).collect::<BTreeSet<_>>() {
                let entry = Entry::system(clinic, now, "links.removed", "clinic", clinic.to_string());
                store::audit::record(&mut db, &entry).await?;
            }
            db.commit().await?;
        }
    }

    /// Removes the texts of emails that left longer ago than their clinic keeps them, with a line in the audit for
    /// each portion. That they left, when, to whom and which version stays. Says how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tidy_texts(&self) -> store::Result<usize> {
        let now = self.clock.now();
        let mut db = self.store.read().await?;
        let clinics = store::retention::all(&mut db).await?;
        drop(db);
        let mut removed = 0;
        for (clinic, keeping, gone) in clinics {
            let Some(before) = keeping.texts_before(self.sent_text, now).filter(|before| *before > gone) else {
                continue;
            };
            loop {
                let mut db = self.store.write().await?;
                let texts = store::retention::texts(&mut db, clinic, (gone, before), PORTION).await?;
                if texts.is_empty() {
                    store::retention::gone_until(&mut db, clinic, before).await?;
                    db.commit().await?;
                    break;
                }
                for email in texts {
                    removed += usize::from(store::retention::remove_text(&mut db, clinic, email).await?);
                }
                let entry = Entry::system(clinic, now, "texts.removed", "clinic", clinic.to_string());
                store::audit::record(&mut db, &entry).await?;
                db.commit().await?;
            }
        }
        Ok(removed)
    }

    /// Removes forms that were left behind, each with its line in the audit. Says how many. Two
    /// workers that tidy at once remove each form once.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tidy(&self) -> store::Result<usize> {
        let now = self.clock.now();
        let before = now.saturating_sub(ABANDONED).unwrap_or(Timestamp::MIN);
        let mut removed = 0;
        loop {
            let mut db = self.store.write().await?;
            let left = draft::remove_older(&mut db, before, PORTION).await?;
            for (clinic, client) in &left {
                let entry = Entry::system(*clinic, now, "intake.draft.removed", "client", client.to_string());
                store::audit::record(&mut db, &entry).await?;
            }
            db.commit().await?;
            removed += left.len();
            if left.is_empty() {
                return Ok(removed);
            }
        }
    }
}
