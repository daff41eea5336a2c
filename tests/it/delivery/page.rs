//! The page about delivery: what is due and why it waits, what went wrong in plain words, and what staff
//! decide about it.

use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use aftercare::store::{beat, suppression};
use axum::http::StatusCode;

use crate::support::app::TestApp;
use crate::support::cast::minutes;
use crate::support::scripted::{Act, Script, say};

#[tokio::test]
async fn with_nothing_wrong_it_says_so() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        app.visited("2026-01-05T07:00:00Z").await;
        app.advance(minutes(3 * 60));
        assert_eq!(app.run_worker().await.sent, 1);
        app.run_worker().await;
        let shown = app.sign_in("Rosa").await.get("/delivery").await;
        assert_eq!(shown.status, StatusCode::OK);
        for words in ["All is well", "Mail leaves when it is due.", "Everything went out", "example.org", "Works"] {
            assert!(shown.body.contains(words), "{words}: {}", shown.body);
        }
        assert!(!shown.body.contains("Something needs a look") && !shown.body.contains("May have arrived"));
        assert_eq!(app.sign_in("Theo").await.get("/delivery").await.status, StatusCode::FORBIDDEN);
        let otto = app.sign_in("Otto").await.get("/delivery").await.body;
        assert!(!otto.contains("Cleo") && !otto.contains("example.org</th>"));
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_plain_words_with_what_to_do() {
    let script = || Script::new().once("RCPT", say("550 5.1.1 <Cleo.Okafor@example.org>: user unknown"));
    for app in TestApp::with("2026-01-05T06:30:00Z", script).await {
        app.visited("2026-01-05T07:00:00Z").await;
        app.advance(minutes(3 * 60));
        app.run_worker().await;
        let mut rosa = app.sign_in("Rosa").await;
        let shown = rosa.get("/delivery").await.body;
        for words in [
            "1 email could not be delivered this week.",
            "This address does not exist.",
            "Phone the client and ask for another address.",
            "href=\"tel:01234\"",
            "user unknown",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        // The address is stopped, with the reason, and one press lets mail go there again.
        let stopped = rosa.get("/delivery/addresses").await.body;
        assert!(stopped.contains("cleo.okafor@example.org") && stopped.contains("there is no such mailbox"));
        let back = rosa.post("/delivery/addresses/resumption", &[("address", "cleo.okafor@example.org")]).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER);
        let left = app.write(async |db| suppression::all(db, app.cast.clinic).await).await;
        assert!(left.is_empty());
        let told = app.ask("select action from audit where action = 'address.resumed'").await;
        assert_eq!(told.len(), 1);
    }
}

#[tokio::test]
async fn what_may_have_arrived_is_sent_again_or_left_by_a_persons_word() {
    for decision in ["again", "drop"] {
        let script = || Script::new().once(".", Act::Drop).once(".", Act::Drop);
        for app in TestApp::with("2026-01-05T06:30:00Z", script).await {
            let visit = app.visited("2026-01-05T07:00:00Z").await;
            app.advance(minutes(3 * 60));
            for _ in 0..3 {
                app.run_worker().await;
                app.advance(minutes(5));
            }
            let email = app.email(visit, Step::SameDay).await;
            assert_eq!((email.state, app.taken().len()), (State::Held, 2));
            let mut rosa = app.sign_in("Rosa").await;
            let shown = rosa.get("/delivery").await.body;
            let path = format!("/delivery/emails/{}", email.id);
            assert!(shown.contains("May have arrived") && shown.contains(&path), "{shown}");
            let asked = rosa.get(&path).await;
            assert!(asked.body.contains("Send it again?") && asked.body.contains("It is of use until"));
            // Nobody else's to see or to decide.
            let mut otto = app.sign_in("Otto").await;
            assert_eq!(otto.get(&path).await.status, StatusCode::NOT_FOUND);
            assert_eq!(otto.post(&format!("{path}/{decision}"), &[]).await.status, StatusCode::NOT_FOUND);

            let done = rosa.post(&format!("{path}/{decision}"), &[]).await;
            assert_eq!((done.status, done.leads_to()), (StatusCode::SEE_OTHER, "/delivery#unsure"));
            let twice = rosa.post(&format!("{path}/{decision}"), &[]).await;
            assert_eq!(twice.status, StatusCode::CONFLICT, "decided once");
            app.run_worker().await;
            let email = app.email(visit, Step::SameDay).await;
            let deeds = app.deeds(email.id).await;
            if decision == "again" {
                assert_eq!((email.state, app.taken().len()), (State::Sent, 3));
                assert_eq!(app.taken()[0].body, app.taken()[2].body, "the same message");
                assert!(deeds.contains(&"email.sent_again_by_hand".to_owned()), "{deeds:?}");
            } else {
                assert_eq!((email.state, app.taken().len()), (State::Cancelled, 2));
                assert!(deeds.contains(&"email.dropped_by_hand".to_owned()), "{deeds:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_warning_sign_holds_is_not_let_go_from_here() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let email = app.email(visit, Step::SameDay).await;
        app.sql(&format!("update email set state = 'held', reason = 'a check-in' where id = '{}'", email.id)).await;
        let mut rosa = app.sign_in("Rosa").await;
        let path = format!("/delivery/emails/{}", email.id);
        assert_eq!(rosa.get(&path).await.status, StatusCode::CONFLICT);
        assert_eq!(rosa.post(&format!("{path}/again"), &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(app.email(visit, Step::SameDay).await.state, State::Held);
    }
}

#[tokio::test]
async fn a_relay_that_does_not_answer_is_told_without_anybodys_address() {
    let script = || Script::new().at("MAIL", say("421 4.3.2 <bounce@lindenhof.example> not now"));
    for mut app in TestApp::with("2026-01-05T06:30:00Z", script).await {
        app.due_mail_may_stay = true;
        app.visited("2026-01-05T07:00:00Z").await;
        app.advance(minutes(3 * 60));
        app.run_worker().await;
        app.run_worker().await;
        let shown = app.sign_in("Ada").await.get("/delivery").await.body;
        assert!(shown.contains("No mail server takes mail at the moment."), "{shown}");
        assert!(shown.contains("Left alone for a moment") && shown.contains("421 4.3.2 ‹address› not now"));
        assert!(shown.contains("Tried before, and tried again"));
        assert!(!shown.contains("bounce@"));
        // A worker that is silent for three minutes counts as stopped.
        app.advance(minutes(4));
        let shown = app.sign_in("Ada").await.get("/delivery").await.body;
        assert!(shown.contains("Nothing is delivering mail"), "{shown}");
    }
}

#[tokio::test]
async fn the_admin_alone_chooses_the_relay_among_those_that_are_set() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let way = "mail.lindenhof.example:587";
        let mut ada = app.sign_in("Ada").await;
        assert_eq!(ada.post("/delivery/relay", &[("relay", "else.example:25")]).await.status, StatusCode::CONFLICT);
        assert_eq!(ada.post("/delivery/relay", &[("relay", way)]).await.status, StatusCode::SEE_OTHER);
        let kept = app.write(async |db| beat::relay_of(db, app.cast.clinic).await).await;
        assert_eq!(kept.as_deref(), Some(way));
        let rosa = app.sign_in("Rosa").await.post("/delivery/relay", &[("relay", "")]).await;
        assert_eq!(rosa.status, StatusCode::FORBIDDEN);
        ada.post("/delivery/relay", &[("relay", "")]).await;
        assert_eq!(app.write(async |db| beat::relay_of(db, app.cast.clinic).await).await, None);
    }
}
