//! Who may do what with a plan, and that another clinic sees nothing of it.

use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;

use super::{MORNING, act, refused, visited};
use crate::support::app::TestApp;

const ACTS: [&str; 8] = ["skip", "unskip", "hold", "resume", "now", "time", "line", "withhold"];

#[tokio::test]
async fn staff_of_another_clinic_see_and_change_nothing() {
    for app in TestApp::at(MORNING).await {
        let (visit, _) = visited(&app).await;
        let mut otto = app.sign_in("Otto").await;
        let page = otto.get(&format!("/visits/{visit}/plan")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(!page.body.contains("Cleo") && !page.body.contains("Okafor"));
        for what in ACTS {
            let answer = act(&mut otto, visit, Step::DayOne, what, &[]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}");
            assert!(!answer.body.contains("Cleo"));
        }
        let states = app.ask("select distinct state from email").await;
        assert_eq!(states, ["scheduled"]);
        assert!(app.ask("select step from plan_change").await.is_empty());
    }
}

#[tokio::test]
async fn reception_may_stop_an_email_and_reads_no_plan() {
    for app in TestApp::at(MORNING).await {
        let (visit, _) = visited(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        assert_eq!(rosa.get(&format!("/visits/{visit}/plan")).await.status, StatusCode::FORBIDDEN);
        for what in ["unskip", "resume", "now", "time", "line", "withhold"] {
            let answer = act(&mut rosa, visit, Step::DayOne, what, &[("item", "heat")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}");
        }
        let held = act(&mut rosa, visit, Step::DayOne, "hold", &[]).await;
        assert_eq!((held.status, held.leads_to()), (StatusCode::SEE_OTHER, "/day"));
        assert_eq!(app.email(visit, Step::DayOne).await.state, State::Held);
        refused(&act(&mut rosa, visit, Step::DayOne, "hold", &[]).await, "held already");
    }
}

#[tokio::test]
async fn nobody_acts_without_signing_in_or_from_elsewhere() {
    for app in TestApp::at(MORNING).await {
        let (visit, theo) = visited(&app).await;
        let path = format!("/visits/{visit}/plan/day_1/skip");
        assert_eq!(app.visitor().post_as_is(&path, &[]).await.status, StatusCode::UNAUTHORIZED);
        let mut elsewhere = theo.clone();
        assert_eq!(elsewhere.post_as_is(&path, &[]).await.status, StatusCode::FORBIDDEN, "without the token");
        elsewhere.headers = vec![("origin", "https://evil.example".into())];
        assert_eq!(elsewhere.post(&path, &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.email(visit, Step::DayOne).await.state, State::Scheduled);
        for nowhere in [format!("/visits/{visit}/plan/day_9/skip"), "/visits/none/plan/day_1/skip".to_owned()] {
            assert_eq!(theo.clone().post(&nowhere, &[]).await.status, StatusCode::NOT_FOUND);
        }
    }
}
