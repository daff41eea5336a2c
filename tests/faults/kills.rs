//! The real program, killed with SIGKILL while mail flows, told to stop with SIGTERM, and started over
//! and over.

use std::time::{Duration, Instant};

use serde_json::json;

use super::rig::{CONNECTIONS, Rig, stop};
use super::size::{Chance, size};
use crate::support::engines::engines;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_over_and_over_it_loses_nothing_and_repeats_little() {
    let mut chance = Chance::from_environment();
    let size = size();
    for engine in engines().await {
        let started = Instant::now();
        let rig = Rig::load(engine, size.emails).await;
        let mut ready = Duration::ZERO;
        for _ in 0..size.kills {
            let mut worker = rig.start();
            ready = ready.max(rig.journal.grows_by(1).await);
            rig.journal.grows_by(chance.up_to(size.between_kills)).await;
            worker.kill().await.expect("killed and gone");
            rig.let_leases_run_out().await;
        }
        let at_kills = rig.journal.ids().len();
        assert!(at_kills < rig.emails, "every kill hit a worker with mail to send: {at_kills} had left");
        rig.finish().await;
        let figures = json!({
            "seed": chance.seed, "kills": size.kills, "slowest_start_seconds": ready.as_secs_f64(),
            "seconds": started.elapsed().as_secs(),
        });
        rig.repeated_at_most(CONNECTIONS * size.kills, "kill -9", figures).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_it_repeats_nothing_and_gives_the_rest_back() {
    let mut chance = Chance::from_environment();
    let size = size();
    for engine in engines().await {
        let started = Instant::now();
        let rig = Rig::load(engine, size.emails).await;
        let mut slowest = Duration::ZERO;
        for _ in 0..size.stops {
            let mut worker = rig.start();
            rig.journal.grows_by(chance.up_to(size.between_stops)).await;
            let told = Instant::now();
            assert!(stop(&mut worker).await.success());
            slowest = slowest.max(told.elapsed());
            let open = rig.number("select count(*) from email where state not in ('scheduled', 'sent')").await;
            assert_eq!(open, 0, "what was on the wire ended and the rest went back");
            let sent = rig.number("select count(*) from email_ever where state = 'sent'").await;
            assert_eq!(usize::try_from(sent).expect("small"), rig.journal.ids().len());
        }
        assert!(rig.journal.ids().len() < rig.emails, "every stop came while mail was waiting");
        rig.finish().await;
        let figures = json!({
            "seed": chance.seed, "stops": size.stops, "slowest_stop_seconds": slowest.as_secs_f64(),
            "seconds": started.elapsed().as_secs(),
        });
        rig.repeated_at_most(0, "SIGTERM", figures).await;
    }
}

/// Killed at any moment, also before anything was sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_restarts_loses_nothing_and_does_not_slow_the_start() {
    let mut chance = Chance::from_environment();
    let size = size();
    for engine in engines().await {
        let rig = Rig::load(engine, size.few).await;
        let first = ready(&rig).await;
        for _ in 0..size.restarts {
            let mut worker = rig.start();
            tokio::time::sleep(Duration::from_millis(chance.below(600) as u64)).await;
            worker.kill().await.expect("killed and gone");
        }
        rig.let_leases_run_out().await;
        let figures = match rig.number("select count(*) from email where state <> 'sent'").await {
            // The storm let everything through.
            0 => json!({}),
            _ => {
                json!({ "first_start_seconds": first.as_secs_f64(), "last_start_seconds": ready(&rig).await.as_secs_f64() })
            }
        };
        rig.let_leases_run_out().await;
        rig.finish().await;
        let leases = rig.number("select count(*) from lease").await;
        assert_eq!(leases, 0, "nothing is left of those that died");
        let mut figures = figures;
        figures["restarts"] = size.restarts.into();
        figures["seed"] = chance.seed.into();
        rig.repeated_at_most(CONNECTIONS * (size.restarts + 2), "restart storm", figures).await;
    }
}

/// How long a start takes until the first email is through; the worker is killed then.
async fn ready(rig: &Rig) -> Duration {
    let mut worker = rig.start();
    let took = rig.journal.grows_by(1).await;
    worker.kill().await.expect("killed and gone");
    took
}
