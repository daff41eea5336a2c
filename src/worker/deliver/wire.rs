//! On the wire and back: a send in a task of its own, and what its outcome means for the email.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::{Id, JoinError};
use tokio::time::Instant;

use super::super::take::Ready;
use super::Round;
use crate::clinic::bounce::is_no_mailbox;
use crate::clinic::outbox::{Next, Outcome, after};
use crate::mail::smtp::Message;
use crate::store;
use crate::store::audit::Entry;
use crate::store::outbox::{Claimed, Finish, Finished};

/// An email that came back from the wire.
pub(super) struct Tried {
    email: Claimed,
    outcome: Outcome,
    took: Duration,
}

impl Round<'_> {
    /// Puts one on the wire that is committed as sending.
    pub(super) fn send(&mut self, ready: Ready) {
        let Ready { email, message, .. } = ready;
        let provider = self.provider(&email);
        let (mailer, manners) = (self.mailer.clone(), self.worker.manners.clone());
        let from = self.worker.sender.bounce.of(self.worker.store.seal(), email.id);
        let (to, relay) = (Arc::clone(&provider), self.relays.get(&email.clinic).cloned());
        let task = self.on_the_wire.spawn(async move {
            let started = Instant::now();
            let message = Message {
                from: &from,
                to: &email.recipient,
                bytes: &message,
                message_id: &email.message_id,
                manner: manners.manner(&to, relay.as_deref()),
            };
            let outcome = mailer.send(message).await;
            Tried { email, outcome, took: started.elapsed() }
        });
        self.wire_to.insert(task.id(), provider);
    }

    /// Stops addresses that do not exist: nothing else goes there until staff say so. In a transaction of
    /// its own: it waits for begins under way, and must not hold one itself.
    pub(super) async fn stop_addresses(&mut self, now: Timestamp) -> store::Result<()> {
        if self.no_mailbox.is_empty() {
            return Ok(());
        }
        let mut db = self.writer.write().await?;
        for (clinic, client, address) in &self.no_mailbox {
            if store::suppression::find(&mut db, *clinic, address).await?.is_some() {
                continue;
            }
            let reason = "the mail server says that there is no such mailbox";
            store::suppression::insert(&mut db, *clinic, address, reason, now).await?;
            let entry = Entry::system(*clinic, now, "address.stopped", "client", client.to_string());
            store::audit::record(&mut db, &entry).await?;
        }
        db.commit().await?;
        self.no_mailbox.clear();
        Ok(())
    }

    /// What came back ends, or is tried again later.
    pub(super) fn returned(&mut self, back: Result<(Id, Tried), JoinError>) {
        let Tried { email, outcome, took } = match back {
            Ok((task, tried)) => {
                self.wire_to.remove(&task);
                tried
            }
            // The row stays "sending"; its lease runs out and it is settled as uncertain.
            Err(problem) => {
                self.wire_to.remove(&problem.id());
                self.left_some = true;
                return tracing::error!(%problem, "a send ended without an outcome");
            }
        };
        let now = self.worker.clock.now();
        let jitter = jitter(&email);
        let next = after(&outcome, email.attempts, now, email.not_after, jitter);
        let slower = self.heard(&email, &outcome, took, jitter);
        if let Outcome::Refused { reply } = &outcome
            && is_no_mailbox(reply)
        {
            self.no_mailbox.push((email.clinic, email.client, email.recipient.clone()));
        }
        let words = outcome.words();
        let outcome = match next {
            Next::Sent => Finished::Sent { at: now, reply: words },
            Next::Failed => Finished::Failed { reason: words },
            Next::Again { at, counts } => {
                let next_at = slower.map_or(at, |slower| at.max(slower));
                Finished::Again { next_at, count_attempt: counts, reason: words }
            }
            Next::Uncertain => Finished::Uncertain { reason: words },
            Next::TooLate => Finished::Expired { reason: format!("too late for another try: {words}") },
        };
        match outcome {
            Finished::Sent { .. } => self.delivered.sent += 1,
            _ => self.delivered.other += 1,
        }
        self.in_play.remove(&email.id);
        self.finishes.push(Finish { id: email.id, fence: email.fence, outcome });
    }
}

/// A number from 0 to 1 that differs between emails and between tries of one email. Ids end in
/// random bits, so nothing else needs to be drawn, and a test sees the same every time.
fn jitter(email: &Claimed) -> f64 {
    let bytes = email.id.as_uuid().as_bytes();
    let step = email.attempts.wrapping_mul(97).to_be_bytes()[3];
    f64::from(bytes[15].wrapping_add(step)) / 255.0
}
