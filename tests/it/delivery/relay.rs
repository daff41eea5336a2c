//! What a relay says and does, and what becomes of the email.

use std::net::Ipv4Addr;

use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use tokio::net::TcpListener;

use crate::support::app::TestApp;
use crate::support::cast::{at, minutes};
use crate::support::scripted::{Act, Script, Scripted, say};
use crate::support::worker::header;

#[tokio::test]
async fn a_451_is_tried_again_at_growing_waits_and_fails_in_the_end() {
    for app in TestApp::with("2026-01-05T06:30:00Z", || Script::new().at("RCPT", say("451 4.7.1 later"))).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        for (attempt, minutes) in (1..).zip([1.0, 4.0, 16.0, 64.0, 256.0]) {
            app.run_worker().await;
            let email = app.email(visit, Step::SameDay).await;
            assert_eq!((email.state, email.attempts), (State::Scheduled, attempt));
            let waits = email.next_at.duration_since(app.now()).as_secs_f64() / 60.0;
            assert!((0.899..=1.101).contains(&(waits / minutes)), "{waits} minutes instead of about {minutes}");
            // Too early is no try.
            app.clock.set(email.next_at - jiff::SignedDuration::from_millis(1));
            app.run_worker().await;
            assert_eq!(app.peer.seen().count("RCPT"), usize::try_from(attempt).expect("small"));
            app.clock.set(email.next_at);
        }
        app.run_worker().await;
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!(email.state, State::Failed);
        assert!(email.reason.expect("a reason").contains("451 4.7.1 later"));
        let again = "email.again";
        assert_eq!(app.deeds(email.id).await, [again, again, again, again, again, "email.failed"]);
        assert_eq!(app.taken(), []);
    }
}

#[tokio::test]
async fn a_550_fails_at_once_and_the_others_go_on() {
    let script = || Script::new().once("RCPT", say("550 5.7.1 not from you"));
    for app in TestApp::with("2026-01-05T06:30:00Z", script).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        app.run_worker().await;
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!(email.state, State::Failed);
        assert!(email.reason.expect("a reason").contains("550 5.7.1 not from you"));
        assert_eq!(app.deeds(email.id).await, ["email.failed"]);
        app.advance(minutes(600));
        app.run_worker().await;
        assert_eq!(app.peer.seen().count("RCPT"), 1, "never tried again");
        app.go_to("2026-01-06T08:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
    }
}

#[tokio::test]
async fn a_mailbox_that_does_not_exist_gets_nothing_more() {
    for stage in ["RCPT", "."] {
        let script = || Script::new().once(stage, say("550 5.1.1 nobody here"));
        for app in TestApp::with("2026-01-05T06:30:00Z", script).await {
            let visit = app.visited("2026-01-05T07:00:00Z").await;
            app.go_to("2026-01-05T11:00:00Z");
            app.run_worker().await;
            assert_eq!(app.email(visit, Step::SameDay).await.state, State::Failed);
            let asked = app.peer.seen().count("RCPT");
            app.go_to("2026-01-06T08:00:00Z");
            assert_eq!(app.run_worker().await.sent, 0);
            assert_eq!(app.email(visit, Step::DayOne).await.state, State::Suppressed);
            assert_eq!(app.peer.seen().count("RCPT"), asked, "{stage}: nothing is tried there again");
            let told = app.ask("select action from audit where action = 'address.stopped'").await;
            assert_eq!(told.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_relay_that_is_down_costs_no_attempt_and_gets_the_mail_when_it_is_back() {
    for mut app in TestApp::at("2026-01-05T06:30:00Z").await {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = port.local_addr().expect("an address");
        drop(port);
        app.mail_to(&format!("smtp+plain://{address}"));
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        for _ in 0..8 {
            assert_eq!(app.run_worker().await.sent, 0);
            let email = app.email(visit, Step::SameDay).await;
            assert_eq!((email.state, email.attempts), (State::Scheduled, 0));
            let waits = email.next_at.duration_since(app.now()).as_secs_f64();
            assert!((53.9..=66.1).contains(&waits), "{waits}");
            app.clock.set(email.next_at);
        }
        let back = Scripted::on(TcpListener::bind(address).await.expect("the port again"), Script::new());
        assert_eq!(app.run_worker().await.sent, 1);
        assert_eq!(back.seen().taken.len(), 1);
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!((email.state, email.attempts, email.resends), (State::Sent, 0, 0));
        let deeds = app.deeds(email.id).await;
        assert_eq!(deeds.iter().filter(|deed| *deed == "email.again").count(), 8);
        assert_eq!(deeds.len(), 9);
    }
}

#[tokio::test]
async fn a_421_is_about_the_relay_and_costs_no_attempt() {
    let script = || Script::new().once("MAIL", Act::SayAndDrop("421 4.3.2 going down\r\n".into()));
    for app in TestApp::with("2026-01-05T06:30:00Z", script).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        app.run_worker().await;
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!((email.state, email.attempts), (State::Scheduled, 0));
        app.clock.set(email.next_at);
        assert_eq!(app.run_worker().await.sent, 1);
    }
}

#[tokio::test]
async fn a_drop_after_the_dot_is_repeated_once_byte_for_byte_and_then_held() {
    for app in TestApp::with("2026-01-05T06:30:00Z", || Script::new().at(".", Act::Drop)).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        app.run_worker().await;
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!((email.state, email.resends), (State::Uncertain, 0));
        // A later moment must not show in the bytes.
        app.advance(minutes(5));
        app.run_worker().await;
        app.advance(minutes(5));
        app.run_worker().await;
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!((email.state, email.resends), (State::Held, 1));
        let taken = app.taken();
        assert_eq!(taken.len(), 2, "taken once and repeated once");
        assert_eq!(taken[0].body, taken[1].body);
        assert_eq!(header(&taken[1].body, "Message-ID"), email.message_id);
        let deeds = ["email.uncertain", "email.resent", "email.uncertain", "email.held"];
        assert_eq!(app.deeds(email.id).await, deeds);
        app.advance(minutes(60));
        app.run_worker().await;
        assert_eq!(app.taken().len(), 2, "staff decide from here on");
    }
}

#[tokio::test]
async fn a_retry_after_a_451_at_the_dot_is_the_same_message() {
    for app in TestApp::with("2026-01-05T06:30:00Z", || Script::new().once(".", say("451 4.3.0 try later"))).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        app.run_worker().await;
        app.clock.set(app.email(visit, Step::SameDay).await.next_at);
        assert_eq!(app.run_worker().await.sent, 1);
        let taken = app.taken();
        assert_eq!(taken.len(), 2);
        assert_eq!(taken[0].body, taken[1].body);
        assert!(app.now() > at("2026-01-05T11:00:00Z"));
    }
}

#[tokio::test]
async fn an_answer_given_before_a_retry_takes_its_advice_away() {
    for app in TestApp::with("2026-01-05T06:30:00Z", || Script::new().once(".", say("451 4.3.0 try later"))).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        app.run_worker().await;
        // The relay refused it, so nobody has read it: it may be written anew, and has to be.
        app.answer(&["diabetes"]).await;
        app.clock.set(app.email(visit, Step::SameDay).await.next_at);
        assert_eq!(app.run_worker().await.sent, 1);
        let email = app.email(visit, Step::SameDay).await;
        let frozen = app.frozen(email.id).await.expect("is kept");
        let offered: Vec<&str> =
            frozen.made_of.content.advice.iter().map(aftercare::clinic::catalogue::AdviceId::as_str).collect();
        assert!(!offered.contains(&"heat") && offered.contains(&"heat_caution"), "{offered:?}");
        let taken = app.taken();
        assert_ne!(taken[0].body, taken[1].body);
        assert_eq!(taken[1].body, frozen.bytes);
    }
}

#[tokio::test]
async fn a_folder_gets_the_same_bytes_as_a_relay_would() {
    for mut app in TestApp::at("2026-01-05T06:30:00Z").await {
        let folder = tempfile::tempdir().expect("a folder");
        app.mail_to(&format!("folder://{}", folder.path().display()));
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        app.go_to("2026-01-05T11:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        let files: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().collect();
        assert_eq!(files.len(), 1);
        let email = app.email(visit, Step::SameDay).await;
        let frozen = app.frozen(email.id).await.expect("is kept");
        assert_eq!(std::fs::read(files[0].path()).expect("read"), frozen.bytes);
    }
}
