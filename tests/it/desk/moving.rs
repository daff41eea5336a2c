//! Another time for a visit.

use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;

use super::{MORNING, field, world};
use crate::support::app::TestApp;

fn to<'a>(date: &'a str, time: &'a str, version: &'a str, agreed: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("version", version),
        ("agreed", agreed),
        ("date", date),
        ("time", time),
        ("minutes", "60"),
        ("therapist", ""),
        ("technique", "swedish"),
    ]
}

#[tokio::test]
async fn the_preparation_email_moves_along_and_is_told_before_it_does() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let before = world(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        let path = format!("/visits/{visit}/move");
        let page = rosa.get(&path).await;
        assert!(page.body.contains("value=\"2026-01-08\"") && page.body.contains("value=\"10:00\""), "{}", page.body);
        let version = field(&page, "version");
        let asked = rosa.post(&path, &to("2026-01-15", "11:30", &version, "")).await;
        assert_eq!(asked.status, StatusCode::OK);
        assert!(asked.body.contains("Move it to Thu 15 Jan 11:30?") && asked.body.contains("1 email changes"));
        assert!(asked.body.contains("Moves from Wed 7 Jan 09:00 to Wed 14 Jan 09:00."), "{}", asked.body);
        assert_eq!(world(&app).await, before, "only asked");
        let agreed = field(&asked, "agreed");
        let moved = rosa.post(&path, &to("2026-01-15", "11:30", &version, &agreed)).await;
        assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.body);
        assert!(moved.leads_to().starts_with("/day?on=2026-01-15"));
        let email = app.email(visit, Step::Prepare).await;
        assert_eq!((email.state, email.due_at.to_string().as_str()), (State::Scheduled, "2026-01-14T08:00:00Z"));
        assert_eq!(app.deeds_of(visit).await.iter().filter(|deed| *deed == "visit.moved").count(), 1);
        assert_eq!(app.emails(visit).await.len(), 1, "the same email, not another");
    }
}

#[tokio::test]
async fn the_second_of_two_people_sees_what_the_first_did() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let path = format!("/visits/{visit}/move");
        let (mut rosa, mut ada) = (app.sign_in("Rosa").await, app.sign_in("Ada").await);
        let (page, other) = (rosa.get(&path).await, ada.get(&format!("/visits/{visit}/cancel")).await);
        let version = field(&page, "version");
        let asked = rosa.post(&path, &to("2026-01-15", "11:30", &version, "")).await;
        let agreed = field(&asked, "agreed");
        rosa.post(&path, &to("2026-01-15", "11:30", &version, &agreed)).await;
        let before = world(&app).await;
        let seen = [("version", field(&other, "version")), ("agreed", field(&other, "agreed"))];
        let seen: Vec<(&str, &str)> = seen.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let late = ada.post(&format!("/visits/{visit}/cancel"), &seen).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("Rosa Muster moved or changed it today 09:00."), "{}", late.body);
        assert_eq!(world(&app).await, before);
    }
}

#[tokio::test]
async fn a_time_changed_after_the_question_is_asked_about_again() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let mut rosa = app.sign_in("Rosa").await;
        let path = format!("/visits/{visit}/move");
        let asked = rosa.post(&path, &to("2026-01-15", "11:30", "1", "")).await;
        let agreed = field(&asked, "agreed");
        let before = world(&app).await;
        let again = rosa.post(&path, &to("2026-01-22", "11:30", "1", &agreed)).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        assert!(again.body.contains("Move it to Thu 22 Jan 11:30?"), "{}", again.body);
        assert_eq!(world(&app).await, before);
    }
}

#[tokio::test]
async fn a_completed_visit_does_not_move() {
    for app in TestApp::at(MORNING).await {
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let mut rosa = app.sign_in("Rosa").await;
        for path in ["move", "cancel", "no-show"] {
            let answer = rosa.get(&format!("/visits/{visit}/{path}")).await;
            assert_eq!(answer.status, StatusCode::CONFLICT, "{path}");
            assert!(answer.body.contains("its aftercare has begun"), "{path}");
        }
    }
}
