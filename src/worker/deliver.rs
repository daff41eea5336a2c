//! One step of delivery. What [`super::take`] has written is committed as `sending`, sent, and its
//! outcome committed. One transaction carries the outcomes that have come in, the next beginnings
//! and the next claim, so that many emails share one commit, while never more than one email a
//! connection is `sending`. A commit waits for the disk, and everything here waits for it.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, interval_at, timeout_at};

use super::Worker;
use super::take::{Ask, BATCH, Ready, Taken, put_off, take_up};
use crate::clinic::outbox::{Before, Next, Outcome, after, before};
use crate::clinic::protocol::Stream;
use crate::mail::smtp::{Mailer, Message};
use crate::store::outbox::{Begin, Begun, ClaimRequest, Claimed, Finish, Finished, Owner};
use crate::store::setting::HEARTBEAT;
use crate::store::{self, Db, Writer};

/// A crash delays a claimed mail by this much.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// The lease is renewed this often while mail is on the wire.
const RENEW_EVERY: Duration = Duration::from_secs(20);

/// Nothing begins under a lease that ends sooner: while this process slept, another may be about to
/// take up what it holds.
const LEAST_LEASE: SignedDuration = SignedDuration::from_secs(20);

/// Once one email is back from the wire, the others get this long to share its commit.
const SHARE: Duration = Duration::from_millis(2);

/// So many written emails wait for a connection.
const AHEAD: usize = 256;

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

impl Worker {
    /// Delivers everything that is due now. Ends early, with nothing on the wire, when told to stop.
    ///
    /// # Errors
    /// When the database refuses. What was claimed comes back by its lease.
    pub async fn step(&self, stop: &watch::Receiver<bool>) -> store::Result<Delivered> {
        self.settle().await?;
        let Some(mailer) = &self.mailer else { return Ok(Delivered::default()) };
        let streams = self.streams().await?;
        if !self.is_due(&streams).await? {
            return Ok(Delivered::default());
        }
        self.patterns.prepare(self).await?;
        let (out, taken) = mpsc::channel(AHEAD);
        let (ask, asks) = mpsc::channel(1);
        let mut round = Round::new(self, mailer, self.store.writer().await?, streams, (taken, asks));
        let taking = tokio::spawn(take_up(self.clone(), stop.clone(), ask, out));
        round.run(stop).await?;
        match taking.await {
            Ok(taken) => taken?,
            Err(problem) => {
                tracing::error!(%problem, "taking up ended without a result");
                round.left_some = true;
            }
        }
        round.leave().await?;
        Ok(round.delivered)
    }

    /// Whether there is anything to claim. Looking needs no write lock, and mostly finds nothing.
    async fn is_due(&self, streams: &[Stream]) -> store::Result<bool> {
        let mut db = self.store.read().await?;
        let next = store::outbox::next_due(&mut db, streams).await?;
        Ok(next.is_some_and(|due| due <= self.clock.now()))
    }

    /// Takes up what a dead process left and tells that this one is alive.
    async fn settle(&self) -> store::Result<()> {
        // As its other questions: by index, whatever the database knows of its rows.
        let mut db = self.store.writer().await?.write().await?;
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

    pub(super) fn lease(&self) -> Timestamp {
        self.clock.system_now().saturating_add(LEASE).unwrap_or(Timestamp::MAX)
    }
}

/// An email that came back from the wire.
struct Tried {
    email: Claimed,
    outcome: Outcome,
}

/// Everything of one step that is in flight.
struct Round<'a> {
    worker: &'a Worker,
    mailer: &'a Mailer,
    /// Fresh for each round: what one that failed leaves behind is nobody's any more, once its
    /// lease has run out, also while this process goes on.
    owner: Owner,
    writer: Writer,
    streams: Vec<Stream>,
    taken: mpsc::Receiver<Taken>,
    asks: mpsc::Receiver<Ask>,
    /// Who waits for the next claim, which the next commit carries.
    asked: Option<Ask>,
    /// Written, waiting for a connection.
    ready: VecDeque<Ready>,
    /// Ended, waiting for the next commit.
    finishes: Vec<Finish>,
    /// Committed as sending.
    on_the_wire: JoinSet<Tried>,
    /// Until when what this process holds is its own.
    leased_until: Timestamp,
    /// Whether something it holds got out of its hands.
    left_some: bool,
    /// Goes on through all waits, so that one slow send keeps its lease beside many fast ones.
    renewal: Interval,
    delivered: Delivered,
}

impl<'a> Round<'a> {
    fn new(
        worker: &'a Worker,
        mailer: &'a Mailer,
        writer: Writer,
        streams: Vec<Stream>,
        (taken, asks): (mpsc::Receiver<Taken>, mpsc::Receiver<Ask>),
    ) -> Self {
        Self {
            worker,
            mailer,
            owner: Owner::fresh(),
            writer,
            streams,
            taken,
            asks,
            asked: None,
            ready: VecDeque::new(),
            finishes: Vec::new(),
            on_the_wire: JoinSet::new(),
            leased_until: Timestamp::MIN,
            left_some: false,
            renewal: interval_at(Instant::now() + RENEW_EVERY, RENEW_EVERY),
            delivered: Delivered::default(),
        }
    }

    async fn run(&mut self, stop: &watch::Receiver<bool>) -> store::Result<()> {
        loop {
            while self.ready.len() < self.mailer.connections()
                && let Ok(taken) = self.taken.try_recv()
            {
                self.accept(taken);
            }
            if self.asked.is_none() {
                self.asked = self.asks.try_recv().ok();
            }
            if *stop.borrow() {
                // Nobody asks any more, and who waits is told that nothing comes.
                self.asks.close();
                self.asked = None;
                while let Some(ready) = self.ready.pop_front() {
                    self.end(&ready.email, Finished::GiveBack);
                }
            }
            self.commit().await?;
            if !self.on_the_wire.is_empty() {
                self.wait().await?;
            } else if self.ready.is_empty() && self.finishes.is_empty() {
                tokio::select! {
                    taken = self.taken.recv() => match taken {
                        Some(taken) => self.accept(taken),
                        None => return Ok(()),
                    },
                    Some(ask) = self.asks.recv() => self.asked = Some(ask),
                }
            }
        }
    }

    fn accept(&mut self, taken: Taken) {
        match taken {
            Taken::Ready(ready) => self.ready.push_back(*ready),
            Taken::Ended(finish) => {
                self.delivered.other += 1;
                self.finishes.push(finish);
            }
        }
    }

    fn end(&mut self, email: &Claimed, outcome: Finished) {
        match outcome {
            Finished::Sent { .. } => self.delivered.sent += 1,
            _ => self.delivered.other += 1,
        }
        self.finishes.push(Finish { id: email.id, fence: email.fence, outcome });
    }

    /// Commits what ended, what begins next and what is claimed, and puts on the wire what begins.
    async fn commit(&mut self) -> store::Result<()> {
        let free = self.mailer.connections().saturating_sub(self.on_the_wire.len());
        let now = self.worker.clock.now();
        let mut beginning: Vec<Ready> = Vec::with_capacity(free);
        while beginning.len() < free
            && let Some(ready) = self.ready.pop_front()
        {
            // Asked again: the window may have closed while this one waited for its connection.
            match before(&ready.clinic, ready.email.due_at, ready.email.not_after, now) {
                Before::Go => beginning.push(ready),
                not_now => self.end(&ready.email, put_off(not_now)),
            }
        }
        if beginning.is_empty() && self.finishes.is_empty() && self.asked.is_none() {
            return Ok(());
        }
        let begins: Vec<Begin> = beginning
            .iter_mut()
            .map(|ready| Begin {
                id: ready.email.id,
                fence: ready.email.fence,
                content: ready.copy.take(),
                links: std::mem::take(&mut ready.links),
                at: now,
            })
            .collect();
        let mut db = self.writer.write().await?;
        let claimed = self.claim(&mut db).await?;
        let begun = store::outbox::commit_batch(&mut db, &self.owner, &begins, &self.finishes, now).await?;
        db.commit().await?;
        self.delivered.commits += 1;
        self.finishes.clear();
        if let Some((ask, claimed)) = claimed
            && let Err(unwanted) = ask.send(claimed)
        {
            unwanted.iter().for_each(|email| self.end(email, Finished::GiveBack));
        }
        for (ready, begun) in beginning.into_iter().zip(begun) {
            match begun {
                Begun::Go => self.send(ready),
                Begun::Lost | Begun::NoConsent | Begun::Suppressed | Begun::TooLate => self.delivered.other += 1,
            }
        }
        Ok(())
    }

    /// Claims what was asked for, or at least sees to the lease. It is handed over once it is committed.
    async fn claim(&mut self, db: &mut Db) -> store::Result<Option<(Ask, Vec<Claimed>)>> {
        let Some(ask) = self.asked.take() else {
            if self.leased_until.duration_since(self.worker.clock.system_now()) < LEAST_LEASE {
                self.leased_until = self.worker.lease();
                store::outbox::renew(db, &self.owner, self.leased_until).await?;
            }
            return Ok(None);
        };
        self.leased_until = self.worker.lease();
        let request = ClaimRequest {
            owner: &self.owner,
            now: self.worker.clock.now(),
            lease_until: self.leased_until,
            limit: BATCH,
            streams: &self.streams,
        };
        Ok(Some((ask, store::outbox::claim(db, &request).await?)))
    }

    fn send(&mut self, ready: Ready) {
        let mailer = self.mailer.clone();
        let from = self.worker.sender.bounce.of(self.worker.store.seal(), ready.email.id);
        self.on_the_wire.spawn(async move {
            let Ready { email, message, .. } = ready;
            let outcome = mailer
                .send(Message { from: &from, to: &email.recipient, bytes: &message, message_id: &email.message_id })
                .await;
            Tried { email, outcome }
        });
    }

    /// Waits until at least one email is back from the wire, and gives others the chance to share
    /// its commit. Newly written ones that find a free connection end the wait as well.
    async fn wait(&mut self) -> store::Result<()> {
        let idle = self.on_the_wire.len() < self.mailer.connections() && self.ready.is_empty();
        tokio::select! {
            // The lease first: it must not wait for a lull.
            biased;
            _ = self.renewal.tick() => return self.renew().await,
            Some(back) = self.on_the_wire.join_next() => self.returned(back),
            Some(taken) = self.taken.recv(), if idle => {
                self.accept(taken);
                return Ok(());
            }
            // Nothing is left to send beside what is slow on the wire.
            Some(ask) = self.asks.recv(), if idle && self.asked.is_none() => {
                self.asked = Some(ask);
                return Ok(());
            }
        }
        let until = Instant::now() + SHARE;
        while self.on_the_wire.len() * 2 > self.mailer.connections()
            && let Ok(Some(back)) = timeout_at(until, self.on_the_wire.join_next()).await
        {
            self.returned(back);
        }
        while let Some(back) = self.on_the_wire.try_join_next() {
            self.returned(back);
        }
        Ok(())
    }

    /// Ends the lease, since nothing is held any more.
    async fn leave(&self) -> store::Result<()> {
        if self.left_some {
            return Ok(());
        }
        let mut db = self.writer.write().await?;
        store::outbox::leave(&mut db, &self.owner).await?;
        db.commit().await
    }

    async fn renew(&mut self) -> store::Result<()> {
        self.leased_until = self.worker.lease();
        let mut db = self.writer.write().await?;
        store::outbox::renew(&mut db, &self.owner, self.leased_until).await?;
        db.commit().await
    }

    fn returned(&mut self, back: Result<Tried, tokio::task::JoinError>) {
        let Tried { email, outcome } = match back {
            Ok(tried) => tried,
            // The row stays "sending"; its lease runs out and it is settled as uncertain.
            Err(problem) => {
                self.left_some = true;
                return tracing::error!(%problem, "a send ended without an outcome");
            }
        };
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
