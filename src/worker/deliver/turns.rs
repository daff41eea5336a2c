//! Whose turn it is: how many are claimed, which of them go on and which wait in line, and which of the
//! written ones begin. What waits goes back into the database with its time, so that it holds nobody
//! else up and stands there for everybody to see.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::take::{Ask, BATCH, Ready, put_off};
use super::Round;
use crate::clinic::ids::EmailId;
use crate::clinic::outbox::{Before, Outcome, before};
use crate::clinic::pacing::{Rate, Turn};
use crate::store::outbox::{ClaimRequest, Claimed, Finish, Finished, TURN};
use crate::store::pause::PAUSED;
use crate::store::{self, Db};

/// Nothing begins under a lease that ends sooner: while this process slept, another may be about to
/// take up what it holds.
const LEAST_LEASE: SignedDuration = SignedDuration::from_secs(20);

/// The lane of the house's rate.
pub(in crate::worker) const HOUSE: &str = "all";

/// The lane of a provider's rate.
pub(in crate::worker) fn lane(provider: &str) -> String {
    format!("to {provider}")
}

impl Round<'_> {
    /// Claims what was asked for, or at least sees to the lease. It is handed over once it is committed.
    pub(super) async fn claim(&mut self, db: &mut Db) -> store::Result<Option<(Ask, Option<Vec<Claimed>>)>> {
        let Some(ask) = self.asked.take() else {
            if self.leased_until.duration_since(self.worker.clock.system_now()) < LEAST_LEASE {
                self.leased_until = self.worker.lease();
                store::outbox::renew(db, &self.owner, self.leased_until).await?;
            }
            return Ok(None);
        };
        self.leased_until = self.worker.lease();
        let limit = self.allowance(db).await?;
        if limit == 0 {
            return Ok(Some((ask, None)));
        }
        let request = ClaimRequest {
            owner: &self.owner,
            now: self.worker.clock.now(),
            lease_until: self.leased_until,
            limit,
            streams: &self.streams,
        };
        let claimed = store::outbox::claim(db, &request).await?;
        self.unused_house += limit.saturating_sub(u32::try_from(claimed.len()).unwrap_or(limit));
        let going = if claimed.is_empty() { None } else { Some(self.line_up(db, claimed).await?) };
        Ok(Some((ask, going)))
    }

    /// How many may be claimed by the house's rate.
    async fn allowance(&self, db: &mut Db) -> store::Result<u32> {
        let Some(rate) = self.worker.manners.house() else { return Ok(BATCH) };
        // The lease before anything else, as everywhere.
        store::outbox::renew(db, &self.owner, self.leased_until).await?;
        let now = self.worker.clock.system_now();
        let granted = store::pace::take(db, HOUSE, rate, BATCH, now).await?;
        self.worker.manners.house_waits((granted.count == 0).then_some(granted.next_at));
        Ok(granted.count)
    }

    /// Those of the claimed whose turn it is. The others go back into line.
    async fn line_up(&mut self, db: &mut Db, claimed: Vec<Claimed>) -> store::Result<Vec<Claimed>> {
        let (manners, now) = (&self.worker.manners, self.worker.clock.system_now());
        let mut going = Vec::with_capacity(claimed.len());
        let mut wanted: HashMap<Arc<str>, u32> = HashMap::new();
        let mut goes = Vec::with_capacity(claimed.len());
        let paused = store::pause::all(db).await?;
        for email in claimed {
            // Nothing to wait for: it is told as too late.
            if email.not_after <= self.worker.clock.now() {
                goes.push(email);
                continue;
            }
            if paused.contains(&email.clinic) {
                let again_at = store::pause::again_at(self.worker.clock.now()).min(email.not_after);
                self.put_back(&email, Finished::Wait { next_at: again_at, reason: PAUSED.into() });
                continue;
            }
            let provider = manners.provider(&email.recipient);
            match manners.enter(&provider, email.waited, || count(self.in_play.values(), &provider), now) {
                Turn::At(at) => self.stand(&email, &provider, at),
                Turn::Go => {
                    if manners.limits(&provider).rate.is_some() {
                        *wanted.entry(Arc::clone(&provider)).or_default() += 1;
                    }
                    self.in_play.insert(email.id, Arc::clone(&provider));
                    going.push((provider, email));
                }
            }
        }
        let mut granted = self.grant(db, wanted, now).await?;
        for (provider, email) in going {
            match granted.get_mut(&provider) {
                Some((0, next_at)) => {
                    let at = if email.waited { *next_at } else { manners.queue(&provider, *next_at, now) };
                    self.stand(&email, &provider, at);
                }
                Some((some, _)) => {
                    *some -= 1;
                    goes.push(email);
                }
                None => goes.push(email),
            }
        }
        Ok(goes)
    }

    /// How many may go to each of these providers by its rate, and when the next one may.
    async fn grant(
        &self,
        db: &mut Db,
        wanted: HashMap<Arc<str>, u32>,
        now: Timestamp,
    ) -> store::Result<HashMap<Arc<str>, (u32, Timestamp)>> {
        // In one order everywhere: two workers that lock each other's lanes would wait for each other.
        let mut wanted: Vec<_> = wanted.into_iter().collect();
        wanted.sort();
        let mut granted = HashMap::new();
        for (provider, many) in wanted {
            if let Some(rate) = self.worker.manners.limits(&provider).rate {
                let taken = store::pace::take(db, &lane(&provider), rate, many, now).await?;
                granted.insert(provider, (taken.count, taken.next_at));
            }
        }
        Ok(granted)
    }

    /// Puts one back into line that has taken nothing of its provider's rate.
    fn stand(&mut self, email: &Claimed, provider: &str, at: Timestamp) {
        self.put_back(email, self.in_line(email, provider, at));
    }

    fn put_back(&mut self, email: &Claimed, outcome: Finished) {
        self.in_play.remove(&email.id);
        self.unused_house += 1;
        self.delivered.other += 1;
        self.finishes.push(Finish { id: email.id, fence: email.fence, outcome });
    }

    /// In line until then, in system time.
    fn in_line(&self, email: &Claimed, provider: &str, at: Timestamp) -> Finished {
        // At the end of its use it is looked at once more, and told as too late.
        let next_at = self.worker.clinic_time(at).min(email.not_after);
        Finished::Wait { next_at, reason: format!("{TURN} at {provider}") }
    }

    /// What was taken of the rates for this email comes back with the next commit.
    pub(super) fn unused(&mut self, email: EmailId) {
        if let Some(provider) = self.in_play.remove(&email) {
            self.unused_house += 1;
            if self.worker.manners.limits(&provider).rate.is_some() {
                *self.unused.entry(provider).or_default() += 1;
            }
        }
    }

    /// Gives back what was taken of the rates and not used. In a transaction of its own: each of them takes the
    /// lanes in one order, and a claim in the same one would begin that order anew.
    pub(super) async fn give_back(&mut self) -> store::Result<()> {
        let manners = &self.worker.manners;
        let house = manners.house().zip(Some(std::mem::take(&mut self.unused_house))).filter(|(_, unused)| *unused > 0);
        let mut lanes: Vec<(String, Rate, u32)> =
            house.map(|(rate, unused)| (HOUSE.to_owned(), rate, unused)).into_iter().collect();
        let mut by_provider: Vec<_> = self.unused.drain().collect();
        by_provider.sort();
        lanes.extend(by_provider.into_iter().filter_map(|(provider, unused)| {
            manners.limits(&provider).rate.map(|rate| (lane(&provider), rate, unused))
        }));
        if lanes.is_empty() {
            return Ok(());
        }
        let mut db = self.writer.write().await?;
        for (lane, rate, unused) in lanes {
            store::pace::give_back(&mut db, &lane, rate, unused).await?;
        }
        db.commit().await
    }

    /// Those of the written ones that begin now. One whose provider has enough on the wire stands aside
    /// for the others.
    pub(super) fn choose(&mut self, now: Timestamp) -> Vec<Ready> {
        let free = self.mailer.room().saturating_sub(self.on_the_wire.len());
        let (manners, system_now) = (&self.worker.manners, self.worker.clock.system_now());
        let mut beginning: Vec<Ready> = Vec::with_capacity(free);
        let mut aside = VecDeque::new();
        while beginning.len() < free
            && let Some(ready) = self.ready.pop_front()
        {
            // Asked again: the window may have closed while this one waited for its connection.
            match before(&ready.clinic, ready.email.due_at, ready.email.not_after, now) {
                Before::Go => {}
                not_now => {
                    self.end(&ready.email, put_off(not_now));
                    continue;
                }
            }
            let provider = self.provider(&ready.email);
            let on_the_wire = || {
                let begins = beginning.iter().filter_map(|one| self.in_play.get(&one.email.id));
                count(self.wire_to.values().chain(begins), &provider)
            };
            match manners.begin(&provider, on_the_wire, system_now) {
                None => beginning.push(ready),
                Some(until) if until > system_now => {
                    let at = manners.queue(&provider, until, system_now);
                    self.end(&ready.email, self.in_line(&ready.email, &provider, at));
                }
                Some(_) => aside.push_back(ready),
            }
        }
        if free > 0 {
            self.behind = aside.len();
        }
        aside.append(&mut self.ready);
        self.ready = aside;
        beginning
    }

    /// The provider of an email that was taken up.
    pub(super) fn provider(&self, email: &Claimed) -> Arc<str> {
        let known = self.in_play.get(&email.id).cloned();
        known.unwrap_or_else(|| self.worker.manners.provider(&email.recipient))
    }

    /// Takes note of what a mail tells about its provider. When it has to go slower, the place in line of
    /// this mail, in clinic time.
    pub(super) fn heard(&self, email: &Claimed, outcome: &Outcome, took: Duration, jitter: f64) -> Option<Timestamp> {
        let provider = self.provider(email);
        let (manners, now) = (&self.worker.manners, self.worker.clock.system_now());
        manners.heard(&provider, outcome, took, jitter, now);
        matches!(outcome, Outcome::Throttled { .. }).then(|| {
            let until = manners.begin(&provider, || 0, now).unwrap_or(now);
            self.worker.clinic_time(manners.queue(&provider, until, now)).min(email.not_after)
        })
    }
}

fn count<'a>(all: impl Iterator<Item = &'a Arc<str>>, provider: &Arc<str>) -> u32 {
    u32::try_from(all.filter(|one| *one == provider).count()).unwrap_or(u32::MAX)
}
