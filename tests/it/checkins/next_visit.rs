//! What a check-in changes about the next visit, and what the clinic learns from all of them.

use aftercare::clinic::case::LastReaction;
use aftercare::store::case;

use super::{FINE, answered, over, visited};
use crate::support::app::TestApp;

#[tokio::test]
async fn too_much_pressure_tailors_the_next_brief_and_stands_on_its_page() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let next = app.book("2026-01-20T09:00:00Z").await;
        let reaction = async || {
            let filed = app.write(async |db| case::find(db, app.cast.clinic, next).await).await.expect("a case");
            (filed.booked.last_reaction, filed.case.visit.treatment.last_reaction)
        };
        assert_eq!(reaction().await, (LastReaction::None, LastReaction::None));
        let mut theo = app.sign_in("Theo").await;
        let strong: Vec<_> = FINE.into_iter().chain([("pressure", "yes")]).collect();
        answered(&mut theo, visit, "day_1", &strong).await;
        assert_eq!(reaction().await, (LastReaction::TooStrong, LastReaction::TooStrong));
        let page = theo.get(&format!("/visits/{next}")).await.body;
        assert!(page.contains("Pain as a table") && page.contains("Day 1, better"), "the curve has the check-in");
        over(&app).await;
    }
}

#[tokio::test]
async fn what_was_told_can_be_read_by_those_who_treat_whether_or_not_it_gave_alarm() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let (mut theo, mut rosa) = (app.sign_in("Theo").await, app.sign_in("Rosa").await);
        let more = [("words", "slept <well>"), ("activity_1", "Lifting"), ("score_1", "4"), ("change", "-2")];
        let said: Vec<_> = FINE.into_iter().chain(more).collect();
        answered(&mut rosa, visit, "day_1", &said).await;
        let page = theo.get(&format!("/visits/{visit}")).await.body;
        for told in
            ["Told after this visit", "“slept &#60;well&#62;”", "Lifting: goes 4 of 10", "A little worse (-2 of 5)"]
        {
            assert!(page.contains(told), "{told}: {page}");
        }
        assert!(!rosa.get(&format!("/visits/{visit}")).await.body.contains("slept"));
        over(&app).await;
    }
}

#[tokio::test]
async fn a_curve_is_for_those_who_treat_and_numbers_of_few_are_for_nobody() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let (mut theo, mut rosa) = (app.sign_in("Theo").await, app.sign_in("Rosa").await);
        answered(&mut theo, visit, "day_1", &FINE).await;
        let path = format!("/clients/{}", app.cast.cleo);
        assert!(theo.get(&path).await.body.contains("Pain over time"));
        assert!(!rosa.get(&path).await.body.contains("Pain over time"));
        let page = theo.get("/outcomes").await.body;
        assert!(page.contains("Too few to show") && !page.contains("<td>1</td>"), "{page}");
        assert!(theo.get("/outcomes?whose=mine").await.body.contains("Too few to show"));
        over(&app).await;
    }
}

#[tokio::test]
async fn what_was_hard_and_the_change_after_a_week_stand_beside_the_curve() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let next = app.book("2026-01-20T09:00:00Z").await;
        let week = |lifting: &'static str, change: &'static str| {
            let more = [("activity_1", "Lifting"), ("score_1", lifting), ("activity_2", "Sleep <b>"), ("score_2", "7")];
            FINE.into_iter().chain(more).chain([("change", change)]).collect::<Vec<_>>()
        };
        app.go_to("2026-01-12T10:00:00Z");
        let (mut theo, mut rosa) = (app.sign_in("Theo").await, app.sign_in("Rosa").await);
        answered(&mut theo, visit, "day_7", &week("4", "2")).await;
        for path in [format!("/clients/{}", app.cast.cleo), format!("/visits/{next}")] {
            let page = theo.get(&path).await.body;
            for told in [
                "One week after a visit",
                "A little better (+2 of 5)",
                "Lifting: 4 of 10",
                "Sleep &#60;b&#62;: 7 of 10",
                "Mean 5.5",
            ] {
                assert!(page.contains(told), "{path}: {told}: {page}");
            }
            assert!(!rosa.get(&path).await.body.contains("Lifting"), "{path}");
            assert!(!app.sign_in("Otto").await.get(&path).await.body.contains("Lifting"), "{path}");
        }
        over(&app).await;
    }
}
