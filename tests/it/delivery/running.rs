//! The worker as the program runs it, and what the tests above stand on.

use std::time::Duration;

use tokio::sync::watch;

use crate::support::app::TestApp;

/// A wait that only a worker which hangs reaches.
const PATIENT: Duration = Duration::from_secs(30);
/// Longer than any test: what ends before it did not wait for the next look.
const HARDLY_EVER: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn it_sends_what_is_due_waits_and_says_goodbye_when_told_to_stop() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        let (stop, stopped) = watch::channel(false);
        let worker = app.worker.clone();
        let running = tokio::spawn(async move { worker.run(HARDLY_EVER, stopped).await });
        app.peer.wait(|seen| seen.taken.len() == 1).await;
        stop.send(true).expect("it listens");
        tokio::time::timeout(PATIENT, running).await.expect("ends in time").expect("ends well");
        assert_eq!(app.peer.seen().count("QUIT"), 1);
        let open = app.ask("select id from email where owner is not null").await;
        assert_eq!(open, [""; 0]);
    }
}

/// On PostgreSQL, where workers are elsewhere, they are told; so they need not look all the time.
#[tokio::test]
async fn what_becomes_due_wakes_a_worker_that_would_sleep_for_an_hour() {
    for app in TestApp::at("2026-01-05T11:00:00Z").await {
        if app.engine.file.is_some() {
            continue;
        }
        let (stop, stopped) = watch::channel(false);
        let worker = app.worker.clone();
        let running = tokio::spawn(async move { worker.run(HARDLY_EVER, stopped).await });
        // It has looked around and found nothing.
        while app.ask("select owner from worker_beat").await.is_empty() {
            tokio::task::yield_now().await;
        }
        app.owed(1, "2026-01-05T10:00:00Z").await;
        app.peer.wait(|seen| seen.taken.len() == 1).await;
        stop.send(true).expect("it listens");
        tokio::time::timeout(PATIENT, running).await.expect("ends in time").expect("ends well");
    }
}

#[tokio::test]
async fn it_ends_when_nobody_is_left_to_tell_it_to_stop() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let (stop, stopped) = watch::channel(false);
        drop(stop);
        tokio::time::timeout(PATIENT, app.worker.run(HARDLY_EVER, stopped)).await.expect("ends by itself");
    }
}

#[tokio::test]
#[should_panic(expected = "due mail was left behind: [\"same_day\"]")]
async fn a_test_that_leaves_due_mail_behind_fails() {
    let apps = TestApp::at("2026-01-05T06:30:00Z").await;
    for app in &apps {
        app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
    }
    drop(apps);
}

#[tokio::test]
async fn a_test_may_leave_due_mail_behind_when_it_says_so() {
    for mut app in TestApp::at("2026-01-05T06:30:00Z").await {
        app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        app.due_mail_may_stay = true;
    }
}
