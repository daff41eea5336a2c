//! Worlds of chance: three workers, a relay, a client who changes her mind and staff who hold and
//! release, all in an order that a seed decides. The store is real, its clocks are the test's.

use std::collections::HashMap;

use aftercare::clinic::ids::{EmailId, VisitId};
use aftercare::clinic::intake::Consent;
use aftercare::clinic::outbox::State;
use aftercare::clinic::plan::LetterId;
use aftercare::clinic::protocol::{Step, Stream};
use aftercare::store::outbox::{self, Begin, Begun, ClaimRequest, Claimed, Finish, Finished, NewEmail, Owner};
use aftercare::store::visit::Appointment;
use aftercare::store::{Db, client, clinic, consent, email, fresh_uuid, suppression, visit};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::size::{Chance, size, tell};
use crate::support::cast::{Cast, at, change, minutes, profile};
use crate::support::engines::{Engine, ask, engines};

const WORKERS: usize = 3;
const VISITS: usize = 3;
const EVENTS: usize = 60;
const REASON: &str = "a test holds it";

#[tokio::test]
async fn whatever_the_order_nothing_is_lost_or_sent_against_a_clients_will() {
    let chance = Chance::from_environment();
    for engine in engines().await {
        let (mut sent, mut again) = (0, 0);
        for number in 0..size().schedules {
            let seed = chance.seed.wrapping_mul(1_000_003).wrapping_add(number);
            let mut world = World::new(&engine, seed).await;
            for _ in 0..EVENTS {
                world.happens().await;
            }
            world.comes_to_rest().await;
            world.adds_up().await;
            sent += world.delivered.len();
            again += world.delivered.values().filter(|times| **times > 1).count();
        }
        tell(&json!({
            "fault": "schedules of chance", "database": engine.store.engine_name(), "seed": chance.seed,
            "schedules": size().schedules, "events": EVENTS, "delivered": sent, "delivered_again": again, "lost": 0,
        }));
    }
}

/// One worker process, as the store sees it.
struct Hands {
    owner: Owner,
    held: Vec<Claimed>,
    /// Committed as sending: the relay may have it or not.
    wire: Vec<Claimed>,
}

impl Hands {
    fn new() -> Self {
        Self { owner: Owner::fresh(), held: Vec::new(), wire: Vec::new() }
    }
}

struct World<'a> {
    engine: &'a Engine,
    cast: Cast,
    visits: Vec<VisitId>,
    emails: Vec<EmailId>,
    now: Timestamp,
    system: Timestamp,
    workers: Vec<Hands>,
    consents: bool,
    suppressed: bool,
    /// How often the relay took each.
    delivered: HashMap<EmailId, u32>,
    chance: Chance,
}

impl<'a> World<'a> {
    async fn new(engine: &'a Engine, seed: u64) -> Self {
        let mut cast = Cast::fresh();
        let now = at("2026-01-05T09:00:00Z");
        let (mut visits, mut emails) = (Vec::new(), Vec::new());
        let mut db = engine.store.write().await.expect("a transaction");
        clinic::insert(&mut db, cast.clinic, &profile(), now).await.expect("a clinic");
        aftercare::store::account::insert(&mut db, cast.clinic, &cast.theo(), now).await.expect("an account");
        client::insert(&mut db, cast.clinic, &cast.cleo(), now).await.expect("a client");
        for _ in 0..VISITS {
            cast.visit = VisitId::from_uuid(fresh_uuid(now));
            visit::insert(&mut db, cast.clinic, &Appointment { ..cast.appointment() }, now).await.expect("a visit");
            for step in [Step::SameDay, Step::DayOne] {
                let owed = NewEmail {
                    letter: LetterId::of_step(step),
                    due: now.to_zoned(profile().zone.rules().clone()),
                    not_after: now + minutes(24 * 60),
                    ..cast.email(step)
                };
                emails.push(owed.id);
                outbox::insert(&mut db, &[owed], now).await.expect("is owed");
            }
            visits.push(cast.visit);
        }
        db.commit().await.expect("commits");
        let workers = (0..WORKERS).map(|_| Hands::new()).collect();
        let mut world = Self {
            engine,
            cast,
            visits,
            emails,
            now,
            system: now,
            workers,
            consents: false,
            suppressed: false,
            delivered: HashMap::new(),
            chance: Chance::of(seed),
        };
        world.consents(true).await;
        world
    }

    async fn write<T>(&self, work: impl AsyncFnOnce(&mut Db) -> aftercare::store::Result<T>) -> T {
        let mut db = self.engine.store.write().await.expect("a transaction");
        let done = work(&mut db).await.expect("the database takes it");
        db.commit().await.expect("commits");
        done
    }

    async fn happens(&mut self) {
        let worker = self.chance.below(WORKERS);
        match self.chance.below(24) {
            0..=4 => self.claims(worker).await,
            5..=9 => self.begins(worker).await,
            10..=14 => self.hears(worker).await,
            15 => self.dies(worker),
            16 => self.recovers().await,
            17 => self.consents(!self.consents).await,
            18 => self.suppresses(!self.suppressed).await,
            19 => self.holds().await,
            20 => self.releases().await,
            21 => {
                // A minute and more: whoever did not renew has lost its lease.
                self.system += SignedDuration::from_secs(20 + self.chance.below(80) as i64);
            }
            _ => {
                let seconds = SignedDuration::from_secs(self.chance.below(120) as i64);
                self.now += seconds;
                self.system += seconds;
            }
        }
    }

    async fn claims(&mut self, worker: usize) {
        let limit = u32::try_from(self.chance.up_to(3)).expect("few");
        let (now, lease_until) = (self.now, self.system + SignedDuration::from_secs(60));
        let owner = self.workers[worker].owner.clone();
        let streams = [Stream::Aftercare];
        let request = ClaimRequest { owner: &owner, now, lease_until, limit, streams: &streams };
        let claimed = self.write(async |db| outbox::claim(db, &request).await).await;
        // It knows what it has: an email that comes back to it is the one it has lost.
        self.workers[worker].held.retain(|held| claimed.iter().all(|email| email.id != held.id));
        self.workers[worker].held.extend(claimed);
    }

    /// Takes some of what it holds to the wire. It may have slept since it claimed them.
    async fn begins(&mut self, worker: usize) {
        let many = self.chance.up_to(2).min(self.workers[worker].held.len());
        let beginning: Vec<Claimed> = self.workers[worker].held.drain(..many).collect();
        let begins: Vec<Begin> = beginning
            .iter()
            .map(|email| Begin {
                id: email.id,
                fence: email.fence,
                content: Some(self.engine.store.keep(email.id, b"a letter", None)),
                links: None,
                at: self.now,
            })
            .collect();
        let owner = self.workers[worker].owner.clone();
        let now = self.now;
        let begun = self
            .write(async |db| {
                let begins = outbox::before_begins(db, &begins).await?;
                outbox::begin(db, &owner, begins, now).await
            })
            .await;
        for (email, begun) in beginning.into_iter().zip(begun) {
            if begun == Begun::Go {
                assert!(self.consents, "seed {}: begun without consent", self.chance.seed);
                assert!(!self.suppressed, "seed {}: begun to a suppressed address", self.chance.seed);
                assert!(self.now <= email.not_after, "seed {}: begun too late", self.chance.seed);
                self.workers[worker].wire.push(email);
            }
        }
    }

    /// A reply, or none.
    async fn hears(&mut self, worker: usize) {
        if self.workers[worker].wire.is_empty() {
            return;
        }
        let email = self.workers[worker].wire.remove(0);
        let (at, reply) = (self.now, "a relay's words".to_owned());
        let later = self.now + minutes(1);
        let outcome = match self.chance.below(10) {
            0..=4 => Finished::Sent { at, reply },
            5 => Finished::Again { next_at: later, count_attempt: true, reason: reply },
            6 => Finished::Again { next_at: later, count_attempt: false, reason: reply },
            7 => Finished::Failed { reason: reply },
            _ => Finished::Uncertain { reason: reply },
        };
        let took = match outcome {
            Finished::Sent { .. } => true,
            Finished::Uncertain { .. } => self.chance.coin(),
            _ => false,
        };
        if took {
            *self.delivered.entry(email.id).or_default() += 1;
        }
        let finish = Finish { id: email.id, fence: email.fence, outcome };
        let owner = self.workers[worker].owner.clone();
        self.write(async |db| outbox::finish(db, &owner, &[finish], at).await).await;
    }

    /// What was on the wire has arrived or has not; nobody will say.
    fn dies(&mut self, worker: usize) {
        let dead = std::mem::replace(&mut self.workers[worker], Hands::new());
        for email in dead.wire {
            if self.chance.coin() {
                *self.delivered.entry(email.id).or_default() += 1;
            }
        }
    }

    async fn recovers(&self) {
        self.write(async |db| outbox::recover(db, self.system, self.now).await).await;
    }

    async fn consents(&mut self, given: bool) {
        let change = change(Consent::AftercareEmail, given, self.now);
        self.write(async |db| consent::set(db, self.cast.clinic, self.cast.cleo, change).await).await;
        self.consents = given;
    }

    async fn suppresses(&mut self, on: bool) {
        let address = "cleo.okafor@example.ORG".parse().expect("an address");
        self.write(async |db| match on {
            true => suppression::insert(db, self.cast.clinic, &address, "bounced", self.now).await,
            false => suppression::remove(db, self.cast.clinic, &address).await.map(|_| ()),
        })
        .await;
        self.suppressed = on;
    }

    async fn holds(&mut self) {
        let visit = self.visits[self.chance.below(VISITS)];
        self.write(async |db| outbox::hold_waiting(db, self.cast.clinic, visit, REASON, self.now).await).await;
    }

    async fn releases(&mut self) {
        let visit = self.visits[self.chance.below(VISITS)];
        self.write(async |db| outbox::release(db, self.cast.clinic, visit, self.now).await).await;
    }

    /// Everybody dies, everything is allowed again, and one worker sees to the rest.
    async fn comes_to_rest(&mut self) {
        (0..WORKERS).for_each(|worker| self.dies(worker));
        self.consents(true).await;
        self.suppresses(false).await;
        for visit in self.visits.clone() {
            self.write(async |db| outbox::release(db, self.cast.clinic, visit, self.now).await).await;
        }
        for _ in 0..40 {
            self.system += minutes(2);
            self.now += minutes(2);
            self.recovers().await;
            // What it held has just gone back.
            self.workers[0].held.clear();
            self.claims(0).await;
            self.begins(0).await;
            while let Some(email) = self.workers[0].wire.pop() {
                *self.delivered.entry(email.id).or_default() += 1;
                let outcome = Finished::Sent { at: self.now, reply: "250".into() };
                let finish = Finish { id: email.id, fence: email.fence, outcome };
                let owner = self.workers[0].owner.clone();
                self.write(async |db| outbox::finish(db, &owner, &[finish], self.now).await).await;
            }
        }
        let (owner, system) = (self.workers[0].owner.clone(), self.system);
        self.write(async |db| outbox::renew(db, &owner, system - minutes(5)).await).await;
        self.recovers().await;
    }

    /// Every email has ended in a way that its history explains.
    async fn adds_up(&self) {
        let seed = self.chance.seed;
        let mut db = self.engine.store.read().await.expect("reads");
        let mut all = Vec::new();
        for visit in &self.visits {
            all.extend(email::of_visit(&mut db, self.cast.clinic, *visit).await.expect("reads"));
        }
        assert_eq!(all.len(), self.emails.len(), "seed {seed}: every email is there");
        for email in all {
            let times = self.delivered.get(&email.id).copied().unwrap_or(0);
            let deeds = format!("select action from audit where record_id = '{}' order by id", email.id);
            let deeds = ask(&mut db, &deeds).await;
            let told = |what: &str| deeds.iter().filter(|deed| *deed == what).count();
            let story = format!("seed {seed}: {:?} after {deeds:?}, taken {times} times", email.state);
            assert!(
                !matches!(email.state, State::Scheduled | State::Claimed | State::Sending | State::Uncertain),
                "{story}: nothing waits for ever"
            );
            let sent = usize::from(email.state == State::Sent);
            assert_eq!(told("email.sent"), sent, "{story}: sent is told once");
            assert!(sent == 0 || times > 0, "{story}: sent is what the relay took");
            assert!(times <= email.resends + 1, "{story}: repeated {} times", email.resends);
            assert_eq!(
                told("email.resent"),
                usize::try_from(email.resends).expect("few"),
                "{story}: each repeat is told"
            );
        }
    }
}
