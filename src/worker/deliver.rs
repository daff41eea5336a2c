//! One step of delivery. A batch is claimed under a lease and written; then, slot by slot, each
//! email is committed as `sending`, sent, and its outcome committed. One transaction carries the
//! outcomes that have come in and the next beginnings, so that many emails share one commit, while
//! never more than one email a connection is `sending`.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Worker;
use super::prepare::{NotWritten, write};
use crate::clinic::case::Case;
use crate::clinic::outbox::{Before, Next, Outcome, after, before};
use crate::mail::frozen::Frozen;
use crate::mail::smtp::{Mailer, Message};
use crate::store;
use crate::store::outbox::{Begin, Begun, ClaimRequest, Claimed, Finish, Finished};
use crate::store::setting::HEARTBEAT;

/// A crash delays a claimed mail by this much.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Leases are renewed this often while mail is on the wire.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(20);

/// Emails taken in one claim: enough that the claim's commit is nothing beside the sends.
const BATCH: u32 = 200;

/// One step takes at most so many, then starts afresh: its memory does not grow with the backlog.
const STEP: usize = 10_000;

/// What one step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Accepted by a relay.
    pub sent: u64,
    /// Ended otherwise, or put back for later.
    pub other: u64,
    /// Transactions that were needed.
    pub commits: u64,
}

/// An email ready for the wire.
struct Ready {
    email: Claimed,
    case: Case,
    message: Vec<u8>,
    /// The copy to keep with the beginning; none when it is kept already.
    frozen: Option<Vec<u8>>,
}

/// An email that came back from the wire.
struct Tried {
    email: Claimed,
    outcome: Outcome,
}

impl Worker {
    /// Delivers everything that is due now. Ends early, with nothing on the wire, when told to stop.
    ///
    /// # Errors
    /// When the database refuses. What was claimed comes back by its lease.
    pub async fn step(&self, stop: &watch::Receiver<bool>) -> store::Result<Delivered> {
        let mut delivered = Delivered::default();
        self.settle().await?;
        let Some(mailer) = &self.mailer else { return Ok(delivered) };
        let streams = self.streams().await?;
        let mut round = Round::new(self, mailer);
        loop {
            if !*stop.borrow() && round.wants_more() {
                let mut db = self.store.write().await?;
                let request = ClaimRequest {
                    owner: &self.owner,
                    now: self.clock.now(),
                    lease_until: self.lease(),
                    limit: BATCH,
                    streams: &streams,
                };
                let claimed = store::outbox::claim(&mut db, &request).await?;
                db.commit().await?;
                delivered.commits += u64::from(!claimed.is_empty());
                round.exhausted = claimed.is_empty();
                round.take(claimed).await?;
            }
            if *stop.borrow() {
                round.give_back_all();
            }
            delivered.commits += round.commit().await?;
            if round.on_the_wire.is_empty() && round.finishes.is_empty() && round.ready.is_empty() {
                if round.exhausted || round.seen.len() >= STEP || *stop.borrow() {
                    break;
                }
                continue;
            }
            round.wait().await?;
        }
        delivered.sent = round.sent;
        delivered.other = round.other;
        Ok(delivered)
    }

    /// Takes up what a dead process left and tells that this one is alive.
    async fn settle(&self) -> store::Result<()> {
        let mut db = self.store.write().await?;
        let recovered = store::outbox::recover(&mut db, self.clock.system_now(), self.clock.now()).await?;
        store::setting::save(&mut db, HEARTBEAT, &self.clock.system_now().as_millisecond().to_string()).await?;
        db.commit().await?;
        if recovered.uncertain > 0 || recovered.given_back > 0 {
            tracing::warn!(
                uncertain = recovered.uncertain,
                given_back = recovered.given_back,
                "settled what an earlier process left"
            );
        }
        Ok(())
    }

    fn lease(&self) -> Timestamp {
        self.clock.system_now().saturating_add(LEASE).unwrap_or(Timestamp::MAX)
    }
}

/// Everything of one step that is in flight.
struct Round<'a> {
    worker: &'a Worker,
    mailer: &'a Mailer,
    /// Written, waiting for a slot.
    ready: VecDeque<Ready>,
    /// Ended, waiting for the next commit.
    finishes: Vec<Finish>,
    /// Committed as sending.
    on_the_wire: JoinSet<Tried>,
    /// Whether the last claim found nothing.
    exhausted: bool,
    /// Seen in this step: an email put back for "now" is not taken up twice in one step.
    seen: HashSet<crate::clinic::ids::EmailId>,
    sent: u64,
    other: u64,
}

impl<'a> Round<'a> {
    fn new(worker: &'a Worker, mailer: &'a Mailer) -> Self {
        Self {
            worker,
            mailer,
            ready: VecDeque::new(),
            finishes: Vec::new(),
            on_the_wire: JoinSet::new(),
            exhausted: false,
            seen: HashSet::new(),
            sent: 0,
            other: 0,
        }
    }

    fn wants_more(&self) -> bool {
        !self.exhausted && self.seen.len() < STEP && self.ready.len() < self.mailer.connections()
    }

    /// Writes what was claimed, or says why not.
    async fn take(&mut self, claimed: Vec<Claimed>) -> store::Result<()> {
        if claimed.is_empty() {
            return Ok(());
        }
        let visits: Vec<_> = claimed.iter().map(|email| email.visit).collect();
        let mut db = self.worker.store.read().await?;
        let mut filed = store::case::of_visits(&mut db, &visits).await?;
        for email in claimed {
            if !self.seen.insert(email.id) {
                self.exhausted = true;
                self.end(&email, Finished::GiveBack);
                continue;
            }
            let kept = match email.has_content {
                true => store::outbox::content(&mut db, email.clinic, email.id).await?,
                false => None,
            };
            match filed.get_mut(&email.visit) {
                Some(Ok(filed)) => {
                    let case = filed.answered(&self.worker.catalogue);
                    self.prepare(email, case, kept);
                }
                Some(Err(problem)) => {
                    tracing::error!(email = %email.id, %problem, "the visit of an email cannot be read");
                    self.end(&email, Finished::Failed { reason: "the visit's record cannot be read".into() });
                }
                None => self.end(&email, Finished::Cancelled { reason: "the visit is gone".into() }),
            }
        }
        Ok(())
    }

    fn prepare(&mut self, email: Claimed, case: Case, kept: Option<Vec<u8>>) {
        let now = self.worker.clock.now();
        match before(&case.clinic, email.due_at, email.not_after, now) {
            Before::Go => {}
            Before::WaitUntil(next_at) => {
                let reason = "waits for the send window".into();
                return self.end(&email, Finished::Again { next_at, count_attempt: false, reason });
            }
            Before::TooLate => return self.end(&email, Finished::Expired { reason: "too late to be of use".into() }),
        }
        let written = match kept {
            Some(kept) => match Frozen::from_bytes(&kept) {
                Some(frozen) => Ok((frozen.bytes, None)),
                None => Err(NotWritten::Broken("the kept copy cannot be read".into())),
            },
            None => write(self.worker, &email, &case, now).and_then(|frozen| {
                let kept = frozen.to_bytes().map_err(|error| NotWritten::Broken(error.to_string()))?;
                Ok((frozen.bytes, Some(kept)))
            }),
        };
        match written {
            Ok((message, frozen)) => self.ready.push_back(Ready { email, case, message, frozen }),
            Err(NotWritten::CalledOff(reason)) => self.end(&email, Finished::Cancelled { reason }),
            Err(NotWritten::Broken(problem)) => {
                tracing::error!(email = %email.id, %problem, "an email cannot be written");
                self.end(&email, Finished::Failed { reason: format!("the email could not be written: {problem}") });
            }
        }
    }

    fn end(&mut self, email: &Claimed, outcome: Finished) {
        match outcome {
            Finished::Sent { .. } => self.sent += 1,
            _ => self.other += 1,
        }
        self.finishes.push(Finish { id: email.id, fence: email.fence, outcome });
    }

    fn give_back_all(&mut self) {
        while let Some(ready) = self.ready.pop_front() {
            self.end(&ready.email, Finished::GiveBack);
        }
    }

    /// Commits what ended and what begins next, and puts the latter on the wire.
    async fn commit(&mut self) -> store::Result<u64> {
        let free = self.mailer.connections().saturating_sub(self.on_the_wire.len());
        let now = self.worker.clock.now();
        let mut beginning: Vec<Ready> = Vec::with_capacity(free);
        while beginning.len() < free
            && let Some(ready) = self.ready.pop_front()
        {
            // Asked again: the window may have closed while this one waited for its slot.
            match before(&ready.case.clinic, ready.email.due_at, ready.email.not_after, now) {
                Before::Go => beginning.push(ready),
                Before::WaitUntil(next_at) => {
                    let reason = "waits for the send window".into();
                    self.end(&ready.email, Finished::Again { next_at, count_attempt: false, reason });
                }
                Before::TooLate => self.end(&ready.email, Finished::Expired { reason: "too late to be of use".into() }),
            }
        }
        if beginning.is_empty() && self.finishes.is_empty() {
            return Ok(0);
        }
        let lease_until = self.worker.lease();
        let begins: Vec<Begin> = beginning
            .iter_mut()
            .map(|ready| Begin {
                id: ready.email.id,
                fence: ready.email.fence,
                content: ready.frozen.take(),
                at: now,
                lease_until,
            })
            .collect();
        let mut db = self.worker.store.write().await?;
        let begun = store::outbox::commit_batch(&mut db, &self.worker.owner, &begins, &self.finishes, now).await?;
        db.commit().await?;
        self.finishes.clear();
        for (ready, begun) in beginning.into_iter().zip(begun) {
            match begun {
                Begun::Go => self.send(ready),
                Begun::Lost | Begun::NoConsent | Begun::Suppressed | Begun::TooLate => self.other += 1,
            }
        }
        Ok(1)
    }

    fn send(&mut self, ready: Ready) {
        let mailer = self.mailer.clone();
        let from = self.worker.sender.bounce.clone();
        self.on_the_wire.spawn(async move {
            let Ready { email, message, .. } = ready;
            let outcome = mailer
                .send(Message { from: &from, to: &email.recipient, bytes: &message, message_id: &email.message_id })
                .await;
            Tried { email, outcome }
        });
    }

    /// Waits until at least one email is back from the wire, and takes all that are.
    async fn wait(&mut self) -> store::Result<()> {
        while !self.on_the_wire.is_empty() {
            match tokio::time::timeout(HEARTBEAT_EVERY, self.on_the_wire.join_next()).await {
                Err(_) => self.renew().await?,
                Ok(None) => break,
                Ok(Some(Err(problem))) => {
                    // The row stays "sending"; its lease runs out and it is settled as uncertain.
                    tracing::error!(%problem, "a send ended without an outcome");
                    break;
                }
                Ok(Some(Ok(tried))) => {
                    self.settle(tried);
                    break;
                }
            }
        }
        while let Some(back) = self.on_the_wire.try_join_next() {
            if let Ok(tried) = back {
                self.settle(tried);
            }
        }
        Ok(())
    }

    async fn renew(&self) -> store::Result<()> {
        let mut db = self.worker.store.write().await?;
        store::outbox::renew(&mut db, &self.worker.owner, self.worker.lease()).await?;
        db.commit().await
    }

    fn settle(&mut self, tried: Tried) {
        let Tried { email, outcome } = tried;
        let now = self.worker.clock.now();
        let next = after(&outcome, email.attempts, now, email.not_after, jitter(&email));
        let words = match outcome {
            Outcome::Accepted { reply } | Outcome::Deferred { reply } | Outcome::Refused { reply } => reply,
            Outcome::Unreachable { reason } | Outcome::Uncertain { reason } => reason,
        };
        let finished = match next {
            Next::Sent => Finished::Sent { at: now, reply: words },
            Next::Failed => Finished::Failed { reason: words },
            Next::Again { at, counts } => Finished::Again { next_at: at, count_attempt: counts, reason: words },
            Next::Uncertain => Finished::Uncertain { reason: words },
            Next::TooLate => Finished::Expired { reason: format!("too late for another try: {words}") },
        };
        self.end(&email, finished);
    }
}

/// A number from 0 to 1 that differs between emails and between tries of one email. Ids end in
/// random bits, so nothing else needs to be drawn, and a test sees the same every time.
fn jitter(email: &Claimed) -> f64 {
    let bytes = email.id.as_uuid().as_bytes();
    let step = email.attempts.wrapping_mul(97).to_be_bytes()[3];
    f64::from(bytes[15].wrapping_add(step)) / 255.0
}
