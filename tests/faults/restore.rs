//! Backups of a system that delivers at full speed, put back over and over; and what was due when the
//! backup was made, which must not go out a second time by itself.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::process::Command;

use super::rig::{Rig, program, signal, stop};
use super::size::{Chance, size, tell};
use crate::support::engines::{self, Engine, ask, engines};
use crate::support::server;

/// Longer than a worker takes to look for what is due.
const QUIET: Duration = Duration::from_secs(3);

/// The program with the key of the rig, at this database.
async fn told(rig: &Rig, url: &str, args: &[&str]) -> std::process::Output {
    let mut command = Command::new(program());
    command
        .args(args)
        .current_dir(rig.folder())
        .env("AFTERCARE_DATABASE__URL", url)
        .env("AFTERCARE_SECRETS__KEY_FILE", rig.folder().join("aftercare.key"))
        .env("AFTERCARE_LOG", "off");
    let output = command.output().await.expect("runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Where the backup goes back to: a database that is not there yet.
async fn elsewhere(rig: &Rig, number: usize) -> String {
    match rig.engine.file {
        Some(_) => format!("sqlite:{}", rig.folder().join(format!("restored-{number}.db")).display()),
        None => server::database().await.expect("a server"),
    }
}

fn remove(rig: &Rig, number: usize) {
    if rig.engine.file.is_some() {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(rig.folder().join(format!("restored-{number}.db{end}")));
        }
    }
}

async fn opened(url: &str) -> Engine {
    engines::at(url.to_owned()).await
}

async fn number(engine: &Engine, sql: &str) -> i64 {
    let mut db = engine.store.read().await.expect("reads");
    ask(&mut db, &format!("select cast(({sql}) as text)")).await[0].parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backups_under_load_come_back_with_all_that_was_done_before_they_began() {
    let mut chance = Chance::from_environment();
    let size = size();
    for engine in engines().await {
        let started = Instant::now();
        let rig = Rig::load(engine, size.emails).await;
        let mut slowest = (Duration::ZERO, Duration::ZERO);
        let mut under_load = 0;
        for turn in 0..size.restores {
            // Slow enough that there is mail left for all of them.
            let mut worker = rig.start_with(&[("AFTERCARE_MAIL__RATE_PER_MINUTE", "3000")]);
            rig.journal.grows_by(chance.up_to(60)).await;
            let sent_before = rig.number("select count(*) from email where state = 'sent'").await;
            let told_before = rig.number("select count(*) from audit").await;
            let file = rig.folder().join(format!("{turn}.backup"));
            let began = Instant::now();
            told(&rig, &rig.engine.url, &["backup", &file.display().to_string()]).await;
            slowest.0 = slowest.0.max(began.elapsed());
            let after = rig.number("select count(*) from email where state = 'sent'").await;
            under_load += usize::from(after > sent_before);
            signal(&worker, "-KILL").await;
            worker.wait().await.expect("it is gone");
            rig.let_leases_run_out().await;

            let url = elsewhere(&rig, turn).await;
            let began = Instant::now();
            told(&rig, &url, &["restore", &file.display().to_string()]).await;
            slowest.1 = slowest.1.max(began.elapsed());
            let copy = opened(&url).await;
            assert_eq!(number(&copy, "select count(*) from email").await, rig.emails as i64, "every email is there");
            let sent = number(&copy, "select count(*) from email where state = 'sent'").await;
            assert!(sent >= sent_before && sent <= after, "{sent} sent, and {sent_before} to {after} at the backup");
            assert!(number(&copy, "select count(*) from audit").await >= told_before);
            let open = "select count(*) from email where state in ('claimed', 'sending', 'uncertain')";
            assert_eq!(number(&copy, open).await, 0, "nothing is under way in a restored house");
            copy.store.close().await;
            drop(copy);
            remove(&rig, turn);
            std::fs::remove_file(&file).expect("removed");
        }
        tell(&json!({
            "fault": "backup under load", "database": rig.engine.store.engine_name(), "emails": rig.emails,
            "seed": chance.seed, "restores": size.restores, "restored": size.restores, "made_while_mail_left": under_load,
            "slowest_backup_seconds": slowest.0.as_secs_f64(), "slowest_restore_seconds": slowest.1.as_secs_f64(),
            "seconds": started.elapsed().as_secs(),
        }));
        assert!(under_load > 0, "mail left while at least one of them was made");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_backup_sends_nothing_until_somebody_lets_it() {
    for engine in engines().await {
        let mut rig = Rig::load(engine, size().few).await;
        let file: PathBuf = rig.folder().join("old.backup");
        told(&rig, &rig.engine.url, &["backup", &file.display().to_string()]).await;
        rig.finish().await;
        assert_eq!(rig.journal.ids().len(), rig.emails, "the first house sent everything");

        let url = elsewhere(&rig, 0).await;
        told(&rig, &url, &["restore", path(&file)]).await;
        rig.url = Some(url.clone());
        let mut worker = rig.start();
        tokio::time::sleep(QUIET).await;
        assert_eq!(rig.journal.ids().len(), rig.emails, "nothing went out again");
        assert!(worker.try_wait().expect("looks").is_none(), "it waits");
        let listed = told(&rig, &url, &["sending", "list", "--json"]).await;
        let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("one document");
        assert_eq!(listed[0]["emails"].as_array().map(Vec::len), Some(rig.emails), "all of it is listed");

        // The house that sends them again when it is told to, with the Message-IDs they had.
        told(&rig, &url, &["sending", "release"]).await;
        rig.journal.grows_by(rig.emails).await;
        assert!(stop(&mut worker).await.success());
        let ids = rig.journal.ids();
        let (first, second) = ids.split_at(rig.emails);
        let sorted = |ids: &[String]| {
            let mut ids = ids.to_vec();
            ids.sort();
            ids
        };
        assert_eq!(sorted(first), sorted(second));
        tell(&json!({
            "fault": "restore of old backup", "database": rig.engine.store.engine_name(), "emails": rig.emails,
            "sent_before_release": 0, "sent_after_release": second.len(),
        }));

        // And the one that calls them off.
        let url = elsewhere(&rig, 1).await;
        told(&rig, &url, &["restore", path(&file)]).await;
        told(&rig, &url, &["sending", "release", "--call-off-due"]).await;
        rig.url = Some(url);
        let before = rig.journal.ids().len();
        let mut worker = rig.start();
        tokio::time::sleep(QUIET).await;
        assert_eq!(rig.journal.ids().len(), before);
        assert!(stop(&mut worker).await.success());
    }
}

fn path(file: &Path) -> &str {
    file.to_str().expect("a name in UTF-8")
}
