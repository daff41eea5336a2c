//! A database that goes away and comes back, and one that somebody else holds.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;

use super::cluster::Cluster;
use super::rig::{CONNECTIONS, Rig};
use super::size::{Chance, size};
use crate::support::engines::{self, ask};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_restarts_and_loses_its_back_ends_and_the_worker_heals() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let mut chance = Chance::from_environment();
    let size = size();
    let rig = Rig::load(engines::at(cluster.database().await).await, size.few).await;
    let worker = rig.start();
    let mut slowest = Duration::ZERO;
    let most = 2 * rig.emails / size.breaks / 3;
    for turn in 0..size.breaks {
        rig.journal.grows_by(chance.up_to(most)).await;
        match turn % 3 {
            0 => cluster.restart("-INT").await,
            1 => cluster.restart("-QUIT").await,
            _ => cluster.kill_back_ends().await,
        }
        let back = Instant::now();
        // The worker lives, so the lease of the round that broke would run for a minute yet.
        rig.let_leases_run_out().await;
        rig.journal.grows_by(1).await;
        slowest = slowest.max(back.elapsed());
    }
    assert!(rig.journal.ids().len() < rig.emails, "every break came while mail was waiting");
    rig.let_leases_run_out().await;
    rig.finish_with(worker).await;
    let figures =
        json!({ "seed": chance.seed, "breaks": size.breaks, "slowest_healing_seconds": slowest.as_secs_f64() });
    rig.repeated_at_most(2 * CONNECTIONS * size.breaks, "PostgreSQL restarts and killed back ends", figures).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_somebody_else_holds_delays_and_loses_nothing() {
    let engine = engines::sqlite().await;
    engine.store.migrate().await.expect("migrates");
    let rig = Rig::load(engine, size().few).await;
    let worker = rig.start();
    rig.journal.grows_by(rig.emails / 10).await;
    let held = rig.engine.store.write().await.expect("the lock");
    tokio::time::sleep(Duration::from_secs(size().busy_seconds)).await;
    let while_held = rig.journal.ids().len();
    drop(held);
    assert!(while_held < rig.emails, "mail was waiting all the time");
    rig.journal.grows_by(1).await;
    // A round that waited in vain left what it held to its lease.
    rig.let_leases_run_out().await;
    rig.finish_with(worker).await;
    let figures = json!({ "held_seconds": size().busy_seconds });
    // Once when the lock is taken, and once for the lease that the test ends under a living worker.
    rig.repeated_at_most(2 * CONNECTIONS, "SQLite held by another writer", figures).await;
}

/// A full disk ends a server of PostgreSQL in the middle of whatever it does. It comes back when there is room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_on_a_full_disk_stops_the_sending_and_it_heals() {
    let Some(mut cluster) = Cluster::on_a_small_disk("160m").await else { return };
    let rig = Rig::load(engines::at(cluster.database().await).await, size().few.min(1_000)).await;
    let worker = rig.start();
    rig.journal.grows_by(rig.emails / 10).await;
    let ballast = cluster.fill_the_disk();
    rig.journal.rests_for(Duration::from_secs(2)).await;
    let while_full = rig.journal.ids().len();
    std::fs::remove_file(ballast).expect("there is room again");
    let back = Instant::now();
    let ended = cluster.revive().await;
    let mut db = rig.engine.store.read().await.expect("reads");
    let begun = ask(&mut db, "select message_id from email where sending_at is not null").await;
    drop(db);
    let begun: BTreeSet<String> = begun.into_iter().collect();
    assert!(rig.journal.ids().iter().take(while_full).all(|id| begun.contains(id)), "nothing left without its row");
    rig.let_leases_run_out().await;
    if while_full < rig.emails {
        rig.journal.grows_by(1).await;
    }
    let healed = back.elapsed();
    rig.let_leases_run_out().await;
    rig.finish_with(worker).await;
    let figures = json!({
        "sent_before_it_was_full": while_full, "server_ended": ended, "healing_seconds": healed.as_secs_f64(),
    });
    rig.repeated_at_most(3 * CONNECTIONS, "PostgreSQL disk full", figures).await;
}
