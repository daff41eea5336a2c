//! Another technique with one button of the brief.

use aftercare::clinic::ids::VisitId;
use axum::http::StatusCode;

use super::{MORNING, world};
use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};

async fn book(who: &mut Browser, visit: VisitId, seen: &str, technique: &str) -> Answer {
    who.post(&format!("/visits/{visit}/technique"), &[("seen", seen), ("technique", technique)]).await
}

#[tokio::test]
async fn the_brief_offers_what_suits_and_one_press_books_it() {
    for app in TestApp::at(MORNING).await {
        app.answer(&["low_back_sensitive"]).await;
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let mut theo = app.sign_in("Theo").await;
        assert_eq!(book(&mut theo, visit, "swedish", "deep_tissue").await.status, StatusCode::SEE_OTHER);
        let page = theo.get(&format!("/visits/{visit}")).await;
        assert!(
            page.body.contains("<s>Deep tissue massage</s>") && page.body.contains("Use Swedish massage"),
            "{}",
            page.body
        );
        let done = book(&mut theo, visit, "deep_tissue", "swedish").await;
        assert_eq!(done.leads_to(), format!("/visits/{visit}?instead_of=deep_tissue"));
        let page = theo.get(done.leads_to()).await;
        assert!(page.body.contains("Swedish massage is booked now, instead of Deep tissue massage."), "{}", page.body);
        assert!(page.body.contains("As booked. Nothing rules it out.") && page.body.contains(">Undo<"));
        let deeds = app.deeds_of(visit).await;
        assert_eq!(deeds.iter().filter(|deed| *deed == "visit.technique").count(), 2);
        // An old or made-up address says nothing that is not so.
        for was in ["swedish", "laser", "%3Cscript%3E"] {
            let page = theo.get(&format!("/visits/{visit}?instead_of={was}")).await;
            assert!(page.status == StatusCode::OK && !page.body.contains("is booked now"), "{was}");
        }
    }
}

#[tokio::test]
async fn the_second_press_of_two_people_and_an_unknown_technique_change_nothing() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let mut theo = app.sign_in("Theo").await;
        assert_eq!(book(&mut theo, visit, "swedish", "sports").await.status, StatusCode::SEE_OTHER);
        let before = world(&app).await;
        let late = book(&mut theo, visit, "swedish", "deep_tissue").await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("Theo Lind changed the technique today 09:00."), "{}", late.body);
        assert_eq!(book(&mut theo, visit, "sports", "laser").await.status, StatusCode::CONFLICT);
        let rosa = book(&mut app.sign_in("Rosa").await, visit, "sports", "swedish").await;
        assert_eq!(rosa.status, StatusCode::FORBIDDEN, "the brief is not hers");
        let otto = book(&mut app.sign_in("Otto").await, visit, "sports", "swedish").await;
        assert_eq!(otto.status, StatusCode::NOT_FOUND);
        assert_eq!(world(&app).await, before);
    }
}

#[tokio::test]
async fn the_technique_of_a_visit_that_is_over_stays() {
    for app in TestApp::at(MORNING).await {
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let answer = book(&mut app.sign_in("Theo").await, visit, "swedish", "sports").await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.body.contains("its aftercare has begun"), "{}", answer.body);
    }
}
