//! One step of delivery. What [`super::take`] has written is committed as `sending`, sent, and its
//! outcome committed. One transaction carries the outcomes that have come in, the next beginnings
//! and the next claim, so that many emails share one commit, while never more than one email a
//! connection is `sending`. A commit waits for the disk, and everything here waits for it.

mod save;
mod turns;
mod wire;

pub(super) use turns::{HOUSE, lane};

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, Interval, interval_at, timeout_at};

use self::wire::Tried;
use super::Worker;
use super::take::{Ask, Ready, Taken, look_up, write_up};
use crate::clinic::ids::{ClientId, ClinicId, EmailId};
use crate::clinic::person::EmailAddress;
use crate::clinic::protocol::Stream;
use crate::mail::smtp::Mailer;
use crate::store::outbox::{Begin, Begun, Claimed, Finish, Finished, Owner};
use crate::store::{self, Writer};

/// A crash delays a claimed mail by this much.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// The lease is renewed this often while mail is on the wire.
const RENEW_EVERY: Duration = Duration::from_secs(20);

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
        let catalogue = self.newest.look(&mut self.store.read().await?).await?;
        Self { catalogue, ..self.clone() }.deliver_due(stop).await
    }

    /// The same, by the catalogue of this step.
    async fn deliver_due(&self, stop: &watch::Receiver<bool>) -> store::Result<Delivered> {
        let Some(mailer) = &self.mailer else { return Ok(Delivered::default()) };
        let streams = self.streams().await?;
        // While no relay takes mail and while the house's rate is used up, what is due stays as it is.
        if self.held_until().is_some() || !self.is_due(&streams).await? {
            return Ok(Delivered::default());
        }
        self.patterns.prepare(self).await?;
        let (out, taken) = mpsc::channel(AHEAD);
        let (ask, asks) = mpsc::channel(1);
        let (batch, batches) = mpsc::channel(1);
        let mut round = Round::new(self, mailer, self.store.writer().await?, streams, (taken, asks));
        round.relays = self.relays().await?;
        let looking = tokio::spawn(look_up(self.clone(), ask, batch, out.clone()));
        let writing = tokio::spawn(write_up(self.clone(), stop.clone(), batches, out));
        if let Err(problem) = round.run(stop).await {
            round.save(stop).await?;
            return Err(problem);
        }
        for ended in [looking.await, writing.await.map(Ok)] {
            match ended {
                Ok(taken) => taken?,
                Err(problem) => {
                    tracing::error!(%problem, "taking up ended without a result");
                    round.left_some = true;
                }
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

    /// Until when nothing can leave, whatever is due: every relay rests, or the house's rate is used up.
    /// In system time.
    pub(super) fn held_until(&self) -> Option<Timestamp> {
        let relays = self.mailer.as_ref().and_then(Mailer::rests_until);
        let rate = self.manners.house_until(self.clock.system_now());
        relays.into_iter().chain(rate).max()
    }

    /// The relay each clinic prefers.
    async fn relays(&self) -> store::Result<HashMap<ClinicId, String>> {
        let mut db = self.store.read().await?;
        store::beat::relays(&mut db).await
    }

    /// This moment of system time, as clinic time.
    fn clinic_time(&self, system: Timestamp) -> Timestamp {
        let ahead = system.duration_since(self.clock.system_now()).mul_f64(self.clock.rate());
        self.clock.now().saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// Takes up what a dead process left and tells that this one is alive.
    async fn settle(&self) -> store::Result<()> {
        // As its other questions: by index, whatever the database knows of its rows.
        let mut db = self.store.writer().await?.write().await?;
        let recovered = store::outbox::recover(&mut db, self.clock.system_now(), self.clock.now()).await?;
        self.beat(&mut db).await?;
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

/// Everything of one step that is in flight.
struct Round<'a> {
    worker: &'a Worker,
    mailer: &'a Mailer,
    /// Fresh for each round: what one that failed leaves behind is nobody's any more, once its
    /// lease has run out, also while this process goes on.
    owner: Owner,
    writer: Writer,
    streams: Vec<Stream>,
    /// The relay each clinic prefers.
    relays: HashMap<ClinicId, String>,
    taken: mpsc::Receiver<Taken>,
    asks: mpsc::Receiver<Ask>,
    /// Who waits for the next claim, which the next commit carries.
    asked: Option<Ask>,
    /// Written, waiting for a connection.
    ready: VecDeque<Ready>,
    /// How many of these, the first ones, wait for others to their provider to be back.
    behind: usize,
    /// Whose provider each email is at that was taken up and has not ended.
    in_play: HashMap<EmailId, Arc<str>>,
    /// What was taken of a provider's rate and not used, to be given back.
    unused: HashMap<Arc<str>, u32>,
    /// The same of the house's rate.
    unused_house: u32,
    /// Ended, waiting for the next commit.
    finishes: Vec<Finish>,
    /// Whose address does not exist, as a relay just said.
    no_mailbox: Vec<(ClinicId, ClientId, EmailAddress)>,
    /// Committed as sending.
    on_the_wire: JoinSet<Tried>,
    /// And to which provider each of these goes.
    wire_to: HashMap<Id, Arc<str>>,
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
            relays: HashMap::new(),
            taken,
            asks,
            asked: None,
            ready: VecDeque::new(),
            behind: 0,
            in_play: HashMap::new(),
            unused: HashMap::new(),
            unused_house: 0,
            finishes: Vec::new(),
            no_mailbox: Vec::new(),
            on_the_wire: JoinSet::new(),
            wire_to: HashMap::new(),
            leased_until: Timestamp::MIN,
            left_some: false,
            renewal: interval_at(Instant::now() + RENEW_EVERY, RENEW_EVERY),
            delivered: Delivered::default(),
        }
    }

    async fn run(&mut self, stop: &watch::Receiver<bool>) -> store::Result<()> {
        loop {
            while self.able() < self.mailer.connections()
                && let Ok(taken) = self.taken.try_recv()
            {
                self.accept(taken);
            }
            if self.asked.is_none() {
                self.asked = self.asks.try_recv().ok();
            }
            if *stop.borrow() || self.mailer.room() == 0 {
                // Nobody asks any more, and who waits is told that nothing comes.
                self.asks.close();
                self.asked = None;
                self.behind = 0;
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
                self.unused(finish.id);
                self.delivered.other += 1;
                self.finishes.push(finish);
            }
        }
    }

    /// Ends one that did not begin.
    fn end(&mut self, email: &Claimed, outcome: Finished) {
        self.unused(email.id);
        self.delivered.other += 1;
        self.finishes.push(Finish { id: email.id, fence: email.fence, outcome });
    }

    /// How many written emails could begin if there were connections.
    fn able(&self) -> usize {
        self.ready.len() - self.behind
    }

    /// Commits what ended, what begins next and what is claimed, and puts on the wire what begins.
    async fn commit(&mut self) -> store::Result<()> {
        let now = self.worker.clock.now();
        let mut beginning = self.choose(now);
        if beginning.is_empty() && self.finishes.is_empty() && self.asked.is_none() {
            return Ok(());
        }
        let begins: Vec<Begin> = beginning
            .iter_mut()
            .map(|ready| Begin {
                id: ready.email.id,
                fence: ready.email.fence,
                content: ready.copy.take(),
                links: ready.links.take(),
                at: now,
            })
            .collect();
        let begun = match self.write(&begins, now).await {
            Ok(begun) => begun,
            Err(problem) => {
                // Whether it was written or not: nobody has sent them.
                beginning.iter().for_each(|ready| self.end(&ready.email, Finished::GiveBack));
                return Err(problem);
            }
        };
        for (ready, begun) in beginning.into_iter().zip(begun) {
            match begun {
                Begun::Go => self.send(ready),
                Begun::Lost | Begun::NoConsent | Begun::Suppressed | Begun::TooLate | Begun::Paused => {
                    self.unused(ready.email.id);
                    self.delivered.other += 1;
                }
            }
        }
        Ok(())
    }

    /// The transaction of [`Round::commit`], and the answer to who waits for a claim.
    async fn write(&mut self, begins: &[Begin], now: Timestamp) -> store::Result<Vec<Begun>> {
        self.stop_addresses(now).await?;
        self.give_back().await?;
        let mut db = self.writer.write().await?;
        let begins = store::outbox::before_begins(&mut db, begins).await?;
        let claimed = self.claim(&mut db).await?;
        store::outbox::finish(&mut db, &self.owner, &self.finishes, now).await?;
        let begun = store::outbox::begin(&mut db, &self.owner, begins, now).await?;
        db.commit().await?;
        self.delivered.commits += 1;
        self.finishes.clear();
        if let Some((ask, claimed)) = claimed
            && let Err(unwanted) = ask.send(claimed)
        {
            unwanted.iter().flatten().for_each(|email| self.end(email, Finished::GiveBack));
        }
        Ok(begun)
    }

    /// Waits until at least one email is back from the wire, and gives others the chance to share
    /// its commit. Newly written ones that find a free connection end the wait as well.
    async fn wait(&mut self) -> store::Result<()> {
        let idle = self.on_the_wire.len() < self.mailer.room() && self.able() == 0;
        tokio::select! {
            // The lease first: it must not wait for a lull.
            biased;
            _ = self.renewal.tick() => return self.renew().await,
            Some(back) = self.on_the_wire.join_next_with_id() => self.returned(back),
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
            && let Ok(Some(back)) = timeout_at(until, self.on_the_wire.join_next_with_id()).await
        {
            self.returned(back);
        }
        while let Some(back) = self.on_the_wire.try_join_next_with_id() {
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
        // A step may take minutes, and those who watch should not take it for silence.
        self.worker.beat(&mut db).await?;
        db.commit().await
    }
}
