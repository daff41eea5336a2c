//! What is asked again when an email is about to leave: consent, suppression, the window, its use.

use aftercare::clinic::intake::Consent;
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use aftercare::store::{consent, suppression};

use crate::support::app::TestApp;
use crate::support::cast::{at, change, minutes};

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
