//! Visits that do not take place, and those that do after all.

use aftercare::clinic::ids::VisitId;
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;
use jiff::SignedDuration;

use super::{MORNING, field, world};
use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};

/// Sends what a page asks about, as it asks.
async fn agree(browser: &mut Browser, visit: VisitId, what: &str, page: &Answer) -> Answer {
    let (version, agreed) = (field(page, "version"), field(page, "agreed"));
    browser.post(&format!("/visits/{visit}/{what}"), &[("version", &version), ("agreed", &agreed)]).await
}

#[tokio::test]
async fn a_cancellation_is_told_done_and_taken_back() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let mut rosa = app.sign_in("Rosa").await;
        let before = world(&app).await;
        let page = rosa.get(&format!("/visits/{visit}/cancel")).await;
        assert!(page.body.contains("Called off. It was due Wed 7 Jan 09:00."), "{}", page.body);
        assert!(page.body.find("Keep the visit") < page.body.find("type=\"submit\">Cancel visit"), "safe choice first");
        assert_eq!(world(&app).await, before, "only asked");
        let done = agree(&mut rosa, visit, "cancel", &page).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
        assert_eq!(app.email(visit, Step::Prepare).await.state, State::Cancelled);

        let board = rosa.get(done.leads_to()).await;
        assert!(
            board.body.contains("Cancelled: Cleo Okafor, Thu 8 Jan 10:00 to 11:00.")
                && board.body.contains(">Undo</button>")
        );
        let version = field(&board, "version");
        let back = rosa.post(&format!("/visits/{visit}/return"), &[("version", &version)]).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
        let email = app.email(visit, Step::Prepare).await;
        assert_eq!((email.state, email.due_at.to_string().as_str()), (State::Scheduled, "2026-01-07T08:00:00Z"));
        let again = rosa.post(&format!("/visits/{visit}/return"), &[("version", &version)]).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "pressed twice");
    }
}

#[tokio::test]
async fn taking_back_ends_with_the_day_and_with_somebody_in_the_place() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let mut rosa = app.sign_in("Rosa").await;
        let page = rosa.get(&format!("/visits/{visit}/cancel")).await;
        agree(&mut rosa, visit, "cancel", &page).await;
        app.book("2026-01-08T09:30:00Z").await;
        let taken = rosa.post(&format!("/visits/{visit}/return"), &[("version", "2")]).await;
        assert_eq!(taken.status, StatusCode::CONFLICT);
        assert!(taken.body.contains("Somebody else has that time by now."), "{}", taken.body);
        app.advance(SignedDuration::from_hours(15));
        let mut rosa = app.sign_in("Rosa").await;
        let late = rosa.post(&format!("/visits/{visit}/return"), &[("version", "2")]).await;
        assert!(late.body.contains("on the same day only"), "{}", late.body);
    }
}

#[tokio::test]
async fn an_email_that_leaves_while_the_page_is_open_is_told_before_anything_is_done() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let mut rosa = app.sign_in("Rosa").await;
        let page = rosa.get(&format!("/visits/{visit}/cancel")).await;
        app.go_to("2026-01-07T08:00:00Z");
        app.run_worker().await;
        assert_eq!(app.email(visit, Step::Prepare).await.state, State::Sent);
        let mut rosa = app.sign_in("Rosa").await;
        let stale = agree(&mut rosa, visit, "cancel", &page).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        assert!(stale.body.contains("Not done yet") && stale.body.contains("No email waits for this client"));
        assert_eq!(app.ask("select state from visit").await, ["booked"]);
        assert_eq!(agree(&mut rosa, visit, "cancel", &stale).await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.email(visit, Step::Prepare).await.state, State::Sent, "what has left has left");
    }
}

#[tokio::test]
async fn what_a_worker_holds_does_not_go_out_any_more() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let mut rosa = app.sign_in("Rosa").await;
        app.sql("update email set state = 'claimed', owner = 'somebody', lease_until = 99999999999999, fence = 1")
            .await;
        let page = rosa.get(&format!("/visits/{visit}/cancel")).await;
        agree(&mut rosa, visit, "cancel", &page).await;
        assert_eq!(app.ask("select state from email where owner is null").await, ["cancelled"]);
    }
}

#[tokio::test]
async fn a_no_show_is_noted_after_the_visit_was_to_begin() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T09:00:00Z").await;
        let mut rosa = app.sign_in("Rosa").await;
        let early = rosa.get(&format!("/visits/{visit}/no-show")).await;
        assert!(early.status == StatusCode::CONFLICT && early.body.contains("has not begun"));
        app.advance(SignedDuration::from_mins(75));
        let mut rosa = app.sign_in("Rosa").await;
        let page = rosa.get(&format!("/visits/{visit}/no-show")).await;
        assert_eq!(agree(&mut rosa, visit, "no-show", &page).await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.ask("select state from visit").await, ["no_show"]);
        assert!(app.deeds_of(visit).await.contains(&"visit.missed".to_owned()));
    }
}

#[tokio::test]
async fn one_button_says_who_is_in_the_room_and_one_takes_it_back() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T08:20:00Z").await;
        let mut rosa = app.sign_in("Rosa").await;
        let board = rosa.get("/day").await;
        assert!(board.body.contains("In the room<span class=\"away\">: Cleo Okafor"), "{}", board.body);
        let begun = rosa.post(&format!("/visits/{visit}/start"), &[("version", "1")]).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
        assert_eq!(app.ask("select state from visit").await, ["in_progress"]);
        let twice = rosa.post(&format!("/visits/{visit}/start"), &[("version", "1")]).await;
        assert!(twice.status == StatusCode::CONFLICT && twice.body.contains("Rosa Muster noted that it began"));
        let back = rosa.post(&format!("/visits/{visit}/start/undo"), &[("version", "2")]).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER);
        assert_eq!(app.ask("select state from visit").await, ["booked"]);
    }
}

#[tokio::test]
async fn staff_of_another_clinic_find_nothing_and_change_nothing() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let email = app.email(visit, Step::Prepare).await.id;
        let cleo = app.cast.cleo.to_string();
        let before = world(&app).await;
        let mut otto = app.sign_in("Otto").await;
        let mut answers = vec![otto.get(&format!("/visits/new?client={cleo}")).await];
        for path in ["move", "cancel", "no-show"] {
            answers.push(otto.get(&format!("/visits/{visit}/{path}")).await);
            answers.push(otto.post(&format!("/visits/{visit}/{path}"), &[("version", "1"), ("agreed", "")]).await);
        }
        for path in ["return", "start", "start/undo"] {
            answers.push(otto.post(&format!("/visits/{visit}/{path}"), &[("version", "1")]).await);
        }
        answers.push(otto.post("/visits", &super::form(&cleo, "2026-01-08", "10:00", "")).await);
        answers.push(otto.post(&format!("/emails/{email}/seen"), &[("state", "scheduled")]).await);
        for answer in &answers {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            assert!(!answer.body.contains("Cleo") && !answer.body.contains("Okafor"));
        }
        let board = otto.get(&format!("/day?on=2026-01-08&told={visit}")).await;
        assert!(board.status == StatusCode::OK && !board.body.contains("Cleo"));
        assert_eq!(world(&app).await, before);
    }
}
