//! The board and the list beside it.

use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;
use jiff::SignedDuration;

use super::MORNING;
use crate::support::app::TestApp;

#[tokio::test]
async fn reception_sees_the_word_of_the_level_and_no_answer() {
    for app in TestApp::at(MORNING).await {
        app.answer(&["herniated_disc_acute", "diabetes"]).await;
        app.book("2026-01-05T10:00:00Z").await;
        let board = app.sign_in("Rosa").await.get("/day").await;
        assert!(board.body.contains("Needs clearance") && board.body.contains("Record the OK"), "{}", board.body);
        // The icons before the page have names of their own.
        let lower = board.body.split_once("<main").expect("a page").1.to_lowercase();
        for word in ["herniated", "disc ", "diabetes", "lower back", "heat", "medicines"] {
            assert!(!lower.contains(word), "{word}");
        }
    }
}

#[tokio::test]
async fn the_board_is_by_day_by_therapist_and_for_one_of_them() {
    for app in TestApp::at(MORNING).await {
        app.book("2026-01-05T10:00:00Z").await;
        let mut theo = app.sign_in("Theo").await;
        let day = theo.get("/day").await;
        assert!(day.body.contains("By therapist") && day.body.contains("Confirm intake") || day.body.contains("Done"));
        let groups = theo.get("/day?on=2026-01-05&by=therapist").await;
        assert!(groups.body.contains("scope=\"rowgroup\" colspan=\"8\">Theo Lind</th>"), "{}", groups.body);
        let own = theo.get(&format!("/day?on=2026-01-05&therapist={}", app.cast.theo)).await;
        assert!(own.body.contains("Cleo Okafor") && own.body.contains("All therapists"));
        let ada = theo.get(&format!("/day?on=2026-01-05&therapist={}", app.cast.ada)).await;
        assert!(ada.body.contains("No visits on this day"));
        let other = theo.get("/day?on=2026-01-06").await;
        assert!(other.body.contains("Add a visit") && other.body.contains("/visits/new?on=2026-01-06"));
        for bad in ["/day?on=2026-02-31", "/day?therapist=nobody"] {
            assert_eq!(theo.get(bad).await.status, StatusCode::BAD_REQUEST, "{bad}");
        }
    }
}

#[tokio::test]
async fn a_visit_nobody_closed_is_told_an_hour_after_its_end() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T09:00:00Z").await;
        app.go_to("2026-01-05T10:59:59Z");
        assert!(!app.sign_in("Rosa").await.get("/day").await.body.contains("not closed"));
        app.go_to("2026-01-05T11:00:00Z");
        let board = app.sign_in("Rosa").await.get("/day").await;
        assert!(board.body.contains("Cleo Okafor, today 10:00: not closed"), "{}", board.body);
        assert!(board.body.contains(&format!("/visits/{visit}/no-show")));
        app.complete(visit).await;
        assert!(!app.sign_in("Rosa").await.get("/day").await.body.contains("not closed"));
        app.go_to("2026-01-06T08:00:00Z");
        app.run_worker().await;
        let late = app.sign_in("Theo").await.get("/day").await;
        assert!(
            late.body.contains("1 note not signed") && late.body.contains("Theo Lind. The oldest is of yesterday.")
        );
        assert!(!app.sign_in("Rosa").await.get("/day").await.body.contains("not signed"), "reception writes none");
    }
}

#[tokio::test]
async fn an_email_that_was_seen_to_leaves_the_list_until_it_goes_wrong_in_another_way() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let email = app.email(visit, Step::Prepare).await.id;
        app.sql("update email set state = 'failed', reason = 'no such mailbox'").await;
        let mut rosa = app.sign_in("Rosa").await;
        let board = rosa.get("/day").await;
        assert!(board.body.contains("Cleo Okafor, email failed") && board.body.contains("No such mailbox."));
        let path = format!("/emails/{email}/seen");
        let wrong = rosa.post(&path, &[("state", "expired")]).await;
        assert_eq!(wrong.status, StatusCode::CONFLICT, "not what it is");
        for _ in 0..2 {
            let seen = rosa.post(&path, &[("state", "failed")]).await;
            assert_eq!((seen.status, seen.leads_to()), (StatusCode::SEE_OTHER, "/day#attention-rest"));
        }
        let deeds = app.deeds(email).await;
        assert_eq!(deeds.iter().filter(|deed| *deed == "email.seen").count(), 1, "{deeds:?}");
        assert_eq!(app.ask("select account_id from email_seen").await, [app.cast.rosa.to_string()]);
        assert!(!rosa.get("/day").await.body.contains("email failed"));
        app.sql("update email set state = 'expired', reason = 'too late'").await;
        assert!(rosa.get("/day").await.body.contains("Cleo Okafor, email too late"));
        let held = rosa.post(&path, &[("state", "held")]).await;
        assert_eq!(held.status, StatusCode::CONFLICT);
    }
}

#[tokio::test]
async fn when_all_is_well_the_list_says_so() {
    for app in TestApp::at(MORNING).await {
        let board = app.sign_in("Rosa").await.get("/day").await;
        assert!(board.body.contains("Nothing needs attention") && board.body.contains("No visits on this day"));
    }
}

#[tokio::test]
async fn a_page_that_looks_for_news_does_not_keep_the_session_alive() {
    for app in TestApp::at(MORNING).await {
        let mut rosa = app.sign_in("Rosa").await;
        app.advance(SignedDuration::from_mins(20));
        rosa.headers = vec![("hx-polling", "true".into()), ("hx-request", "true".into())];
        assert_eq!(rosa.get("/day").await.status, StatusCode::OK);
        app.advance(SignedDuration::from_mins(11));
        assert_eq!(rosa.get("/day").await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_look_at_the_board_changes_nothing() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T10:00:00Z").await;
        let before = super::world(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        for path in ["/day".to_owned(), format!("/day?told={visit}"), format!("/visits/new?client={}", app.cast.cleo)] {
            assert_eq!(rosa.get(&path).await.status, StatusCode::OK, "{path}");
        }
        for path in ["move", "cancel"] {
            assert_eq!(rosa.get(&format!("/visits/{visit}/{path}")).await.status, StatusCode::OK, "{path}");
        }
        assert_eq!(super::world(&app).await, before);
        let looks = app.ask("select action from audit where action = 'visit.viewed'").await;
        assert_eq!(looks.len(), 2, "who looked at the visit is written down");
    }
}
