//! A disk that is full, and one that fails now and then. SQLite alone: PostgreSQL is a neighbour who
//! says so in his own words, which `database.rs` tries by stopping him.

use std::time::Duration;

use serde_json::json;
use tokio::process::{Child, Command};

use super::rig::{Rig, signal};
use super::size::{Chance, size};
use crate::support::engines::{self, Engine, ask};

/// Nothing moves any more.
const STILL: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_the_sending_and_heals_by_itself() {
    let rig = Rig::load(database().await, size().few).await;
    let file = rig.engine.file.clone().expect("a file");
    // The database and its journal may grow by this; then writing fails, as on a full disk.
    let length = |end: &str| std::fs::metadata(format!("{}{end}", file.display())).map_or(0, |file| file.len());
    let kib = length("").max(length("-wal")) / 1024 + 1024;
    let limited = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$@\"", kib * 2);
    let mut worker = rig.start_below("sh", &["-c", &limited, "sh"]);
    rig.journal.grows_by(1).await;
    rig.journal.rests_for(STILL).await;
    let before = rig.journal.ids().len();
    assert!(before < rig.emails, "the disk was full before everything was sent");
    assert!(worker.try_wait().expect("looks").is_none(), "it lives on");
    assert!(begun_before_sent(&rig).await, "nothing left without its row saying so before");
    sound(&rig.engine).await;

    raise(&worker).await;
    // What the rounds began that could not end waits for their leases.
    rig.let_leases_run_out().await;
    rig.journal.grows_by(1).await;
    rig.let_leases_run_out().await;
    rig.finish_with(worker).await;
    sound(&rig.engine).await;
    let resends = rig.number("select sum(resends) from email").await;
    let figures = json!({ "sent_before_it_was_full": before });
    rig.repeated_at_most(usize::try_from(resends).expect("small"), "disk full", figures).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_fail_by_chance_lose_nothing() {
    if !there("fiu-run").await {
        return;
    }
    let mut chance = Chance::from_environment();
    for (error, code) in [("EIO", 5), ("ENOSPC", 28)] {
        let rig = Rig::load(database().await, size().few).await;
        let rule = |call: &str| format!("enable_random name=posix/io/{call},probability=0.01,failinfo={code}");
        let (writes, wide, syncs) = (rule("rw/pwrite"), rule("rw/pwrite64"), rule("sync/*"));
        let mut unlucky = rig.start_below("fiu-run", &["-x", "-c", &writes, "-c", &wide, "-c", &syncs]);
        tokio::time::sleep(Duration::from_millis(1_000 + chance.below(1_000) as u64)).await;
        let before = rig.journal.ids().len();
        assert!(begun_before_sent(&rig).await, "nothing left without its row saying so before");
        if unlucky.try_wait().expect("looks").is_none() {
            signal(&unlucky, "-KILL").await;
        }
        unlucky.wait().await.expect("it is gone");
        sound(&rig.engine).await;
        rig.let_leases_run_out().await;
        rig.finish().await;
        sound(&rig.engine).await;
        let resends = rig.number("select sum(resends) from email").await;
        let figures = json!({ "seed": chance.seed, "error": error, "odds": 0.01, "sent_under_errors": before });
        rig.repeated_at_most(usize::try_from(resends).expect("small"), "I/O errors", figures).await;
    }
}

async fn database() -> Engine {
    let engine = engines::sqlite().await;
    engine.store.migrate().await.expect("migrates");
    engine
}

/// Whether every message that the mail server took is one whose row is on the disk as begun.
async fn begun_before_sent(rig: &Rig) -> bool {
    let taken = rig.journal.ids();
    let mut db = rig.engine.store.read().await.expect("reads");
    let begun = ask(&mut db, "select message_id from email where sending_at is not null").await;
    let begun: std::collections::BTreeSet<_> = begun.into_iter().collect();
    taken.iter().all(|id| begun.contains(id))
}

/// The file is whole.
async fn sound(engine: &Engine) {
    let mut db = engine.store.read().await.expect("reads");
    assert_eq!(ask(&mut db, "pragma integrity_check").await, ["ok"]);
}

/// There is room again.
async fn raise(worker: &Child) {
    let id = worker.id().expect("it runs").to_string();
    let done = Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited"]).status().await.expect("prlimit runs");
    assert!(done.success());
}

/// Whether a tool is here; with `CI=true` it has to be.
async fn there(tool: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().await.expect("a shell");
    assert!(
        found.status.success() || !std::env::var("CI").is_ok_and(|ci| ci == "true"),
        "{tool} is needed with CI=true"
    );
    if !found.status.success() {
        println!("skipped: {tool} is not here");
    }
    found.status.success()
}
