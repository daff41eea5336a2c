//! Workers that die, rows that cannot be read, and being told to stop.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::{Step, Stream};
use aftercare::mail::sink::{Sink, SinkOptions};
use aftercare::store::outbox::{self, ClaimRequest, Owner};
use tokio::sync::watch;

use crate::support::app::TestApp;
use crate::support::cast::minutes;
use crate::support::scripted::{Act, Script};
use crate::support::worker::header;

#[tokio::test]
async fn what_a_dead_worker_had_claimed_goes_back_when_its_lease_ran_out() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        let (owner, now) = (Owner::fresh(), app.now());
        let streams = [Stream::Aftercare];
        let request = ClaimRequest { owner: &owner, now, lease_until: now + minutes(1), limit: 10, streams: &streams };
        let claimed = app.write(async |db| outbox::claim(db, &request).await).await;
        assert_eq!(claimed.len(), 1);
        assert_eq!(app.run_worker().await.sent, 0, "it is another's");
        app.advance(minutes(1));
        assert_eq!(app.run_worker().await.sent, 0, "to the last moment");
        app.advance(jiff::SignedDuration::from_millis(1));
        assert_eq!(app.run_worker().await.sent, 1);
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!((email.state, email.attempts, email.resends), (State::Sent, 0, 0));
        assert_eq!(app.deeds(email.id).await, ["email.sent"], "nothing had left the house, so that is no news");
    }
}

#[tokio::test]
async fn what_a_dead_worker_had_on_the_wire_is_repeated_byte_for_byte() {
    for app in TestApp::with("2026-01-05T06:30:00Z", || Script::new().once(".", Act::Stall)).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        let dying = app.worker.clone();
        let death = tokio::spawn(async move { crate::support::worker::step(&dying).await });
        app.peer.wait(|seen| seen.taken.len() == 1).await;
        assert_eq!(app.email(visit, Step::SameDay).await.state, State::Sending, "on disk before the dot");
        death.abort();
        assert!(death.await.expect_err("it died").is_cancelled());

        assert_eq!(app.run_worker().await.sent, 0, "its lease still runs");
        app.advance(minutes(2));
        assert_eq!(app.run_worker().await.sent, 1);
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!((email.state, email.resends), (State::Sent, 1));
        assert_eq!(app.deeds(email.id).await, ["email.uncertain", "email.resent", "email.sent"]);
        let taken = app.taken();
        assert_eq!(taken.len(), 2);
        assert_eq!(taken[0].body, taken[1].body);
        assert_eq!(header(&taken[1].body, "Message-ID"), email.message_id);
        assert_eq!(app.frozen(email.id).await.expect("is kept").bytes, taken[1].body);
    }
}

/// The server says 250, and the database does not take it: what was heard is kept, and nothing goes twice.
#[tokio::test]
async fn what_was_heard_while_the_database_was_away_is_written_when_it_is_back() {
    let (open, opened) = watch::channel(false);
    let script = || Script::new().once(".", Act::Wait(opened.clone()));
    for mut app in TestApp::with("2026-01-05T06:30:00Z", script).await {
        open.send(false).expect("a server listens");
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        let worker = app.worker.clone();
        let (_keep, never) = watch::channel(false);
        let mut step = tokio::spawn(async move { worker.step(&never).await });
        app.peer.wait(|seen| seen.taken.len() == 1).await;
        let refuses = match app.engine.store.engine_name() {
            "SQLite" => {
                "create trigger away before update of sent_at on email when new.sent_at is not null
                 begin select raise(abort, 'away'); end"
            }
            _ => "alter table email add constraint away check (sent_at is null)",
        };
        app.sql(refuses).await;
        open.send(true).expect("a server listens");
        let ended = tokio::time::timeout(Duration::from_millis(700), &mut step).await;
        assert!(ended.is_err(), "it waits for the database: {ended:?}");
        app.sql(match app.engine.store.engine_name() {
            "SQLite" => "drop trigger away",
            _ => "alter table email drop constraint away",
        })
        .await;
        assert!(step.await.expect("ends").is_err(), "the round is over, and tells why");
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!((email.state, email.resends), (State::Sent, 0));
        assert_eq!(app.deeds(email.id).await, ["email.sent"]);
        app.advance(minutes(2));
        assert_eq!((app.run_worker().await.sent, app.taken().len()), (0, 1), "it goes once");
        app.due_mail_may_stay = true;
    }
}

#[tokio::test]
async fn what_may_have_arrived_is_left_to_staff_when_the_answers_changed() {
    for app in TestApp::with("2026-01-05T06:30:00Z", || Script::new().once(".", Act::Stall)).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        let dying = app.worker.clone();
        let death = tokio::spawn(async move { crate::support::worker::step(&dying).await });
        app.peer.wait(|seen| seen.taken.len() == 1).await;
        assert_eq!(app.email(visit, Step::SameDay).await.state, State::Sending, "on disk before the dot");
        death.abort();
        assert!(death.await.expect_err("it died").is_cancelled());

        assert_eq!(app.run_worker().await.sent, 0, "its lease still runs");
        app.answer(&["diabetes"]).await;
        app.advance(minutes(2));
        assert_eq!(app.run_worker().await.sent, 0);
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!(email.state, State::Held);
        assert_eq!(app.taken().len(), 1);
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_fails_alone() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visits = app.owed(3, "2026-01-05T13:00:00Z").await;
        let [good, bad, worse] = visits.try_into().expect("three");
        // Sealed bytes are bound to their row, so those of another visit do not open here.
        app.sql(&format!(
            "update visit set treatment = (select treatment from visit where id = '{good}') where id = '{bad}'"
        ))
        .await;
        app.sql(&format!("update email set recipient = 'no address' where visit_id = '{worse}' and step = 'same_day'"))
            .await;
        app.go_to("2026-01-05T13:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        assert_eq!(app.email(good, Step::SameDay).await.state, State::Sent);
        let email = app.email(bad, Step::SameDay).await;
        assert_eq!(email.state, State::Failed);
        assert_eq!(email.reason.as_deref(), Some("the visit's record cannot be read"));
        assert_eq!(app.deeds(email.id).await, ["email.failed"]);
        let states =
            app.ask(&format!("select state from email where visit_id = '{worse}' and step = 'same_day'")).await;
        assert_eq!(states, ["failed"]);
        assert_eq!(app.taken().len(), 1);
    }
}

#[tokio::test]
async fn a_stop_in_the_middle_finishes_the_wire_and_gives_the_rest_back() {
    const MANY: usize = 60;
    for mut app in TestApp::at("2026-01-05T00:00:00Z").await {
        let visits = app.owed(MANY, "2026-01-05T10:00:00Z").await;
        let (stop, stopped) = watch::channel(false);
        let seen = Arc::new(AtomicUsize::new(0));
        let ids = Arc::new(Mutex::new(Vec::new()));
        let journal = {
            let (seen, ids) = (Arc::clone(&seen), Arc::clone(&ids));
            move |id: &str| {
                ids.lock().expect("the journal").push(id.to_owned());
                if seen.fetch_add(1, Ordering::SeqCst) == 10 {
                    stop.send_replace(true);
                }
            }
        };
        let options = SinkOptions {
            latency: Duration::from_millis(2),
            journal: Some(Arc::new(journal)),
            ..SinkOptions::default()
        };
        let sink = Sink::start(options).await.expect("a sink");
        app.mail_to(&format!("smtp+plain://{}", sink.address()));
        app.go_to("2026-01-05T10:30:00Z");
        let delivered = app.worker.step(&stopped).await.expect("a step");
        let mut count = std::collections::BTreeMap::new();
        for visit in &visits {
            *count.entry(app.email(*visit, Step::SameDay).await.state.id()).or_insert(0) += 1;
        }
        let sent = count.get("sent").copied().unwrap_or(0);
        assert_eq!(count.get("scheduled").copied().unwrap_or(0) + sent, MANY, "{count:?}");
        assert_eq!(u64::try_from(sent).expect("small"), delivered.sent);
        assert!((11..=11 + 8).contains(&sent), "what was on the wire ends, nothing else begins: {sent}");
        assert_eq!(ids.lock().expect("the journal").len(), sent);

        let rest = app.run_worker().await;
        assert_eq!(usize::try_from(rest.sent).expect("small"), MANY - sent);
        let mut ids = ids.lock().expect("the journal").clone();
        assert_eq!(ids.len(), MANY);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), MANY, "each email once");
    }
}
