//! `bench claim`: a claim must cost the same whether ten thousand emails wait or a million.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::super::{Stop, print, setup};
use super::Claim;
use super::load::{Says, email, load};
use super::machine::Machine;
use crate::app::{self, Rules};
use crate::clinic::ids::ClinicId;
use crate::clinic::person::EmailAddress;
use crate::clinic::protocol::Stream;
use crate::clock::Clock;
use crate::config::Secret;
use crate::store::outbox::{ClaimRequest, Finish, Finished, NewEmail, Owner};
use crate::store::{self, Store};

/// Few enough to be small, enough to be a clinic.
const FEW: u32 = 10_000;

/// How often each claim is measured.
const TIMES: usize = 31;

/// Emails taken in one claim.
const BATCH: u32 = 100;

/// So many emails share a transaction while loading.
const PORTION: u32 = 20_000;

pub(super) async fn claim(args: &Claim) -> Result<(), Stop> {
    let mut settings = setup::settings(&args.common)?;
    let rules = Rules::of(&settings).map_err(Stop::wrong)?;
    let folder = tempfile::tempdir().map_err(Stop::failed)?;
    settings.secrets.key_file = folder.path().join("bench.key");
    if !settings.database.url.expose().starts_with("postgres") {
        settings.database.url = Secret::new(format!("sqlite://{}", folder.path().join("bench.db").display()));
    }
    let store = app::store(&settings).await.map_err(Stop::failed)?;
    let now = Clock::system().now();
    let clinic = load(&store, &rules, (1, Says::Everything), now).await.map_err(Stop::wrong)?;
    let sample = sample(&store, &rules, clinic, now).await.map_err(Stop::failed)?;
    let mut few_costs = 0.0;
    let mut waiting = 0;
    for target in [FEW.min(args.count), args.count] {
        fill(&store, &sample, waiting, target, now).await.map_err(Stop::failed)?;
        waiting = target;
        let median = median_claim(&store, now).await.map_err(Stop::failed)?;
        if few_costs == 0.0 {
            few_costs = median;
        }
        let figures = json!({
            "work": "claim", "engine": store.engine_name(), "waiting": target, "batch": BATCH,
            "milliseconds_median": median, "times_the_first": median / few_costs, "machine": Machine::here(),
        });
        print(&format!("{figures}\n"))?;
    }
    store.close().await;
    Ok(())
}

/// The one loaded email, as the pattern for all others: they differ in id and recipient.
async fn sample(store: &Store, rules: &Rules, clinic: ClinicId, now: Timestamp) -> store::Result<NewEmail> {
    let mut db = store.read().await?;
    let visits = store::board::between(&mut db, clinic, Timestamp::MIN, Timestamp::MAX).await?;
    let line = visits.first().ok_or_else(|| store::Error::Unusable("nothing was loaded".into()))?;
    let nobody: EmailAddress = "nobody@example.test".parse().map_err(store::Error::Unusable)?;
    Ok(email(rules, (clinic, line.client, line.visit), nobody, now))
}

async fn fill(store: &Store, sample: &NewEmail, from: u32, to: u32, now: Timestamp) -> store::Result<()> {
    for first in (from..to).step_by(usize::try_from(PORTION).unwrap_or(1)) {
        let mut emails = Vec::new();
        for number in first..to.min(first.saturating_add(PORTION)) {
            let mut one = sample.clone();
            one.id = crate::clinic::ids::EmailId::from_uuid(store::fresh_uuid(now));
            one.message_id = crate::mail::message::message_id(&one.id, "example.test");
            one.recipient = format!("waiting-{number}@example.test").parse().map_err(store::Error::Unusable)?;
            emails.push(one);
        }
        let mut db = store.write().await?;
        store::outbox::insert(&mut db, &emails, now).await?;
        db.commit().await?;
    }
    Ok(())
}

/// The median cost of a claim in milliseconds, commit included; what was taken is given back.
async fn median_claim(store: &Store, now: Timestamp) -> store::Result<f64> {
    let owner = Owner::fresh();
    // As a worker asks: on a connection of its own.
    let writer = store.writer().await?;
    let mut costs = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let request = ClaimRequest {
            owner: &owner,
            now,
            lease_until: now.saturating_add(SignedDuration::from_mins(10)).unwrap_or(now),
            limit: BATCH,
            streams: &[Stream::Aftercare, Stream::Preparation, Stream::Service],
        };
        let mut db = writer.write().await?;
        let started = Instant::now();
        let claimed = store::outbox::claim(&mut db, &request).await?;
        db.commit().await?;
        costs.push(started.elapsed().as_secs_f64() * 1000.0);
        let back = claimed.iter().map(|one| Finish { id: one.id, fence: one.fence, outcome: Finished::GiveBack });
        let mut db = writer.write().await?;
        store::outbox::finish(&mut db, &owner, &back.collect::<Vec<_>>(), now).await?;
        db.commit().await?;
    }
    costs.sort_by(f64::total_cmp);
    Ok(costs[TIMES / 2])
}
