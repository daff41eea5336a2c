//! What is asked again when an email is about to leave: consent, suppression, the window, its use.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aftercare::clinic::intake::Consent;
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use aftercare::mail::sink::{Sink, SinkOptions};
use aftercare::store::{consent, suppression};
use tokio::sync::watch;

use crate::support::app::TestApp;
use crate::support::cast::{at, change, minutes};
use crate::support::engines::ask;
use crate::support::worker::step;

#[tokio::test]
async fn a_consent_withdrawn_after_planning_stops_everything() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let withdrawn = change(Consent::AftercareEmail, false, app.now());
        app.write(async |db| consent::set(db, app.cast.clinic, app.cast.cleo, withdrawn).await).await;
        for due in ["2026-01-05T11:00:00Z", "2026-01-06T08:00:00Z", "2026-01-08T08:00:00Z", "2026-01-12T08:00:00Z"] {
            app.go_to(due);
            assert_eq!(app.run_worker().await.sent, 0);
        }
        let emails = app.emails(visit).await;
        assert_eq!(emails.len(), 4);
        for email in emails {
            assert_eq!((email.state, email.sending_at), (State::Cancelled, None));
            assert_eq!(email.reason.as_deref(), Some("the client does not agree to these emails"));
            assert_eq!(app.deeds(email.id).await, ["email.cancelled"]);
            assert_eq!(app.frozen(email.id).await, None);
        }
        assert_eq!(app.peer.seen().connections, 0, "not even a connection");
    }
}

#[tokio::test]
async fn a_suppressed_address_is_never_named_to_a_relay() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        // Written as nobody wrote it so far.
        let address = "cleo.okafor@EXAMPLE.org".parse().expect("an address");
        let now = app.now();
        app.write(async |db| suppression::insert(db, app.cast.clinic, &address, "bounced", now).await).await;
        app.advance(minutes(3 * 60));
        assert_eq!(app.run_worker().await.sent, 0);
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!((email.state, email.sending_at), (State::Suppressed, None));
        assert_eq!(app.deeds(email.id).await, ["email.suppressed"]);
        assert_eq!(app.peer.seen().connections, 0);

        // Lifted again, the rest of the plan goes on.
        app.write(async |db| suppression::remove(db, app.cast.clinic, &address).await).await;
        app.go_to("2026-01-06T08:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
    }
}

#[tokio::test]
async fn outside_the_window_an_email_waits_until_it_opens() {
    for app in TestApp::at("2026-01-05T14:30:00Z").await {
        // Over at 17:00 in Berlin; the first email is due at 20:00, when the window closes.
        let visit = app.visited("2026-01-05T15:00:00Z").await;
        let due = at("2026-01-05T19:00:00Z");
        assert_eq!(app.email(visit, Step::SameDay).await.due_at, due);
        // Half an hour of grace, and a moment more.
        app.go_to("2026-01-05T19:31:00Z");
        assert_eq!(app.run_worker().await.sent, 0);
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!((email.state, email.next_at), (State::Scheduled, at("2026-01-06T07:00:00Z")));
        assert_eq!((email.attempts, email.due_at), (0, due));
        assert_eq!(app.deeds(email.id).await, ["email.again"]);
        app.go_to("2026-01-06T06:59:59Z");
        app.run_worker().await;
        assert_eq!(app.deeds(email.id).await, ["email.again"], "nobody looks before it opens");
        app.go_to("2026-01-06T07:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        assert_eq!(app.deeds(email.id).await, ["email.again", "email.sent"]);
    }
}

#[tokio::test]
async fn within_the_grace_after_closing_what_was_due_still_leaves() {
    for app in TestApp::at("2026-01-05T14:30:00Z").await {
        app.visited("2026-01-05T15:00:00Z").await;
        app.go_to("2026-01-05T19:29:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
    }
}

#[tokio::test]
async fn what_comes_too_late_expires_unsent() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let email = app.email(visit, Step::SameDay).await;
        // Nobody worked for a day: past the end of its use, which ends after the second is due.
        app.clock.set(email.not_after + minutes(4 * 60));
        assert_eq!(app.run_worker().await.sent, 1, "the second email is on time");
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!((email.state, email.sending_at), (State::Expired, None));
        assert_eq!(app.deeds(email.id).await, ["email.expired"]);
        assert_eq!(app.subjects(), ["How are you feeling after your visit?"]);
    }
}

#[tokio::test]
async fn after_the_commit_of_a_withdrawal_nothing_more_begins_while_mail_flows() {
    const MANY: usize = 60;
    for mut app in TestApp::at("2026-01-05T00:00:00Z").await {
        app.owed(MANY, "2026-01-05T10:00:00Z").await;
        let (tell, mut taken) = watch::channel(0);
        let journal = move |_: &str| tell.send_modify(|count| *count += 1);
        let latency = Duration::from_millis(1);
        let options = SinkOptions { latency, journal: Some(Arc::new(journal)), ..SinkOptions::default() };
        let sink = Sink::start(options).await.expect("a sink");
        app.mail_to(&format!("smtp+plain://{}", sink.address()));
        app.go_to("2026-01-05T10:30:00Z");
        let worker = app.worker.clone();
        let sending = tokio::spawn(async move { step(&worker).await });
        taken.wait_for(|count| *count >= 10).await.expect("mail flows");
        let withdrawn = change(Consent::AftercareEmail, false, app.now());
        let begun = app
            .write(async |db| {
                consent::set(db, app.cast.clinic, app.cast.cleo, withdrawn).await?;
                Ok(ask(db, "select id from email where state in ('sending', 'sent')").await)
            })
            .await;
        sending.await.expect("ends");
        let begun: BTreeSet<String> = begun.into_iter().collect();
        let sent: BTreeSet<String> = app.ask("select id from email where state = 'sent'").await.into_iter().collect();
        assert_eq!(sent, begun, "what had begun ends, nothing else begins");
        assert!(sent.len() < MANY);
        let called_off = app.ask("select id from email where state = 'cancelled'").await;
        assert_eq!(called_off.len(), MANY - sent.len());
        assert_eq!(sink.messages(), u64::try_from(sent.len()).expect("small"));
    }
}
