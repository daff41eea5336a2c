//! Several workers at one database, and one that sleeps past its lease or is cut off from it.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::process::Child;

use super::cluster::Cluster;
use super::rig::{CONNECTIONS, DEADLINE, Rig, signal, stop};
use super::size::{Chance, size};
use crate::support::engines::{self, engines};

/// Long enough for a worker that woke to do what it should not.
const MISCHIEF: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_to_four_workers_share_the_mail_and_none_goes_twice() {
    for workers in 2..=4 {
        let Some(engine) = engines::postgres().await else { return };
        engine.store.migrate().await.expect("migrates");
        let rig = Rig::load(engine, size().few).await;
        let started = Instant::now();
        let mut others: Vec<Child> = (1..workers).map(|_| rig.start()).collect();
        rig.finish().await;
        for other in &mut others {
            assert!(stop(other).await.success());
        }
        let figures = json!({ "workers": workers, "seconds": started.elapsed().as_secs_f64() });
        rig.repeated_at_most(0, "several workers", figures).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_slept_past_its_lease_begins_nothing_on_waking() {
    let mut chance = Chance::from_environment();
    for engine in engines().await {
        let alone = engine.store.engine_name() == "SQLite";
        let rig = Rig::load(engine, size().few).await;
        let sleeper = rig.start();
        rig.journal.grows_by(chance.up_to(rig.emails / 4)).await;
        signal(&sleeper, "-STOP").await;
        // SQLite has one worker, which finds on waking that its lease is over. It may sleep with the
        // lock in its hand, so its leases are ended while it is awake.
        if alone {
            tokio::time::sleep(Duration::from_secs(1)).await;
            signal(&sleeper, "-CONT").await;
            rig.let_leases_run_out().await;
        } else {
            rig.let_leases_run_out().await;
            rig.finish().await;
            signal(&sleeper, "-CONT").await;
            tokio::time::sleep(MISCHIEF).await;
        }
        rig.finish_with(sleeper).await;
        let figures = json!({ "seed": chance.seed });
        rig.repeated_at_most(CONNECTIONS, "SIGSTOP of a lease holder", figures).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_cut_off_is_replaced_and_begins_nothing_when_it_is_back() {
    let Some(cluster) = Cluster::start().await else { return };
    let mut chance = Chance::from_environment();
    let mut rig = Rig::load(engines::at(cluster.database().await).await, size().few).await;
    let line = cluster.line().await;
    rig.url = Some(line.url());
    let mut lonely = rig.start();
    rig.url = None;
    rig.journal.grows_by(chance.up_to(rig.emails / 4)).await;
    line.cut();
    let cut = Instant::now();
    rig.journal.rests_for(MISCHIEF).await;
    rig.let_leases_run_out_beside_locks(&cluster).await;
    rig.finish().await;
    let replaced = cut.elapsed();
    line.mend();
    tokio::time::sleep(MISCHIEF).await;
    assert!(lonely.try_wait().expect("looks").is_none(), "it lives");
    assert!(tokio::time::timeout(DEADLINE, stop(&mut lonely)).await.expect("it hears").success());
    let figures = json!({ "seed": chance.seed, "seconds_until_all_was_sent": replaced.as_secs_f64() });
    rig.repeated_at_most(2 * CONNECTIONS, "network cut off from PostgreSQL", figures).await;
}

impl Rig {
    /// What a worker that is cut off had open still holds its rows; PostgreSQL ends such a
    /// transaction by itself after half a minute, and here at once.
    async fn let_leases_run_out_beside_locks(&self, cluster: &Cluster) {
        cluster
            .tell(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = 'faults' and state = 'idle in transaction'",
            )
            .await;
        self.let_leases_run_out().await;
    }
}
