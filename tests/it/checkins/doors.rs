//! Who may, and what another clinic sees of it: nothing.

use axum::http::StatusCode;

use super::{answered, over, the_alert, visited};
use crate::support::app::TestApp;

#[tokio::test]
async fn otto_sees_no_alert_and_changes_none() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        answered(&mut rosa, visit, "day_1", &[("compared", "worse")]).await;
        let alert = the_alert(&app).await;
        let mut otto = app.sign_in("Otto").await;
        assert!(!otto.get("/alerts").await.body.contains("Cleo"));
        let (page, asks) = (format!("/alerts/{}", alert.id), format!("/visits/{visit}/check-in"));
        for path in [&page, &asks] {
            assert_eq!(otto.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for (act, fields) in [
            ("owner", ("owner", "")),
            ("calls", ("reached", "no")),
            ("notes", ("words", "x")),
            ("outcome", ("outcome", "better")),
        ] {
            let answer = otto.post(&format!("{page}/{act}"), &[("version", "1"), fields]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}");
        }
        assert_eq!(answered(&mut otto, visit, "day_1", &[("compared", "worse")]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(the_alert(&app).await, alert);
        over(&app).await;
    }
}

#[tokio::test]
async fn a_visit_that_is_not_over_is_not_asked_about() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = app.book("2026-01-05T09:00:00Z").await;
        let mut rosa = app.sign_in("Rosa").await;
        let early = rosa.get(&format!("/visits/{visit}/check-in")).await;
        assert_eq!(early.status, StatusCode::CONFLICT);
        assert!(early.body.contains("The visit ends today"), "{}", early.body);
        let wrong = rosa.get(&format!("/visits/{visit}/check-in?step=prepare")).await.status;
        assert!(wrong == StatusCode::CONFLICT || wrong == StatusCode::BAD_REQUEST);
        over(&app).await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_opening_hours_comes_back_as_typed() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get("/care").await.body.contains("ada@example.org"), "the admins until something is set");
        let wrong = [("version", "0"), ("from_mon", "18:00"), ("to_mon", "09:00"), ("addresses", "nobody")];
        let answer = ada.post("/care", &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            answer.body.contains("must open before it closes") && answer.body.contains("nobody"),
            "{}",
            answer.body
        );
        let mut theo = app.sign_in("Theo").await;
        assert_eq!(theo.get("/care").await.status, StatusCode::FORBIDDEN);
    }
}
