//! A visit's whole plan: what arrives, when by the clinic's clock, and what is kept of it.

use aftercare::clinic::intake::Consent;
use aftercare::clinic::outbox::State;
use aftercare::clinic::plan::LetterId;
use aftercare::clinic::protocol::Step;

use crate::support::app::TestApp;
use crate::support::cast::{at, minutes};
use crate::support::worker::header;

#[tokio::test]
async fn a_visit_brings_its_whole_plan_at_the_civil_times_across_the_clock_change() {
    for app in TestApp::at("2026-03-20T08:00:00Z").await {
        let visit = app.book("2026-03-27T09:00:00Z").await;
        // Berlin: UTC+1 until Sunday 29 March at 02:00, UTC+2 from then on.
        let prepare = ("2026-03-26T08:00:00Z", "2026-03-26T09:00:00", "Your visit on Friday 27 March");
        arrives(&app, prepare).await;
        app.go_to("2026-03-27T10:00:00Z");
        assert!(app.complete(visit).await);
        for expected in [
            ("2026-03-27T13:00:00Z", "2026-03-27T14:00:00", "Thank you for your visit"),
            ("2026-03-28T10:00:00Z", "2026-03-28T11:00:00", "How are you feeling after your visit?"),
            ("2026-03-30T07:00:00Z", "2026-03-30T09:00:00", "How have you been since your visit?"),
            ("2026-04-03T07:00:00Z", "2026-04-03T09:00:00", "A last question about your visit"),
        ] {
            arrives(&app, expected).await;
        }
        for email in app.emails(visit).await {
            assert_eq!((email.state, email.sent_at), (State::Sent, Some(email.due_at)));
            assert_eq!(email.reply.as_deref(), Some("250 2.0.0 taken"));
            assert_eq!(app.deeds(email.id).await, ["email.sent"]);
        }
        let mut ids: Vec<_> = app.taken().iter().map(|taken| header(&taken.body, "Message-ID")).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 5, "each email is a message of its own");
        assert_eq!(app.deeds_of(visit).await, ["visit.booked", "visit.completed"]);
    }
}

/// Nothing a millisecond before; at the moment itself one more email with this subject.
async fn arrives(app: &TestApp, (moment, local, subject): (&str, &str, &str)) {
    let before = app.taken().len();
    app.clock.set(at(moment) - jiff::SignedDuration::from_millis(1));
    app.run_worker().await;
    assert_eq!(app.taken().len(), before, "nothing yet before {moment}");
    app.go_to(moment);
    let delivered = app.run_worker().await;
    assert_eq!((delivered.sent, delivered.other), (1, 0), "at {moment}");
    assert_eq!(app.subjects().last().map(String::as_str), Some(subject));
    let civil = app.ask(&format!("select civil_at from email where due_at = {}", at(moment).as_millisecond())).await;
    assert_eq!(civil, [local]);
}

#[tokio::test]
async fn completing_twice_owes_nothing_twice() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let owed = app.emails(visit).await.len();
        assert!(!app.complete(visit).await);
        assert_eq!(app.emails(visit).await.len(), owed);
        assert_eq!(app.deeds_of(visit).await, ["visit.booked", "visit.completed"]);
    }
}

#[tokio::test]
async fn the_frozen_copy_is_what_the_peer_received_and_tells_what_it_was_made_of() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        app.answer(&["diabetes"]).await;
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.advance(minutes(3 * 60));
        app.run_worker().await;
        let email = app.email(visit, Step::SameDay).await;
        let frozen = app.frozen(email.id).await.expect("is kept");
        let taken = app.taken();
        assert_eq!(taken.len(), 1);
        assert_eq!(frozen.bytes, taken[0].body);
        assert_eq!(header(&taken[0].body, "Message-ID"), email.message_id);
        let made_of = frozen.made_of;
        assert_eq!((made_of.letter, made_of.letter_version), (LetterId::SameDay, email.letter_version));
        assert_eq!(made_of.catalogue_version, app.catalogue().version());
        assert_eq!(made_of.consents, [Consent::AftercareEmail, Consent::CheckInEmail]);
        assert_eq!(made_of.written_at, app.now());
        assert_eq!(made_of.subject, "Thank you for your visit");
        let withheld: Vec<_> = made_of.content.withheld.iter().map(|withheld| withheld.id.as_str()).collect();
        assert!(withheld.contains(&"heat"), "{withheld:?}");
        assert!(!made_of.content.advice.contains(&"heat".into()));
        let to = format!("RCPT TO:<{}>", email.recipient);
        assert!(taken[0].rcpt.starts_with(&to), "{}", taken[0].rcpt);
        assert!(taken[0].mail.starts_with("MAIL FROM:<bounce+"), "{}", taken[0].mail);
    }
}

#[tokio::test]
async fn without_a_signature_aftercare_waits_and_service_mail_goes() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        app.sql("delete from catalogue_sign_off").await;
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        // The first two; the second stands for any service mail, which nothing sends by itself so far.
        app.sql("update email set stream = 'service' where step = 'day_1'").await;
        app.go_to("2026-01-06T08:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        assert_eq!(app.subjects(), ["How are you feeling after your visit?"]);
        assert_eq!(app.email(visit, Step::SameDay).await.state, State::Scheduled);
        assert_eq!(app.deeds(app.email(visit, Step::SameDay).await.id).await, [""; 0]);

        let version = app.catalogue().version().to_owned();
        app.sql(&format!("insert into catalogue_sign_off values ('{version}', 'Dr Adisa', 0)")).await;
        // Its 18 hours are over, but the third is on time.
        assert_eq!(app.run_worker().await.sent, 0);
        assert_eq!(app.email(visit, Step::SameDay).await.state, State::Expired);
        app.go_to("2026-01-08T08:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
    }
}
