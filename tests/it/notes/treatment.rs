//! What was done: recorded, corrected, and followed by the emails.

use axum::http::StatusCode;

use super::form::Form;
use super::{house, page, signed};

const CALF: &str = "One calf or leg that is newly swollen";

#[tokio::test]
async fn what_was_done_begins_with_what_the_brief_suggests_and_then_stands() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        let form = Form::on(&page(&mut theo, visit).await, "class=\"treated\"");
        assert_eq!((form.get("technique"), form.get("pressure")), ("swedish", "light"), "the ceiling is light");
        assert_eq!(form.get("region"), "lower_back");
        let path = format!("/visits/{visit}/treatment");
        let sent =
            [("technique", "trigger_point"), ("technique", "swedish"), ("pressure", "light"), ("region", "calf")];
        assert_eq!(theo.post(&path, &sent).await.leads_to(), format!("/visits/{visit}#treatment"));
        let html = page(&mut theo, visit).await;
        assert!(html.contains("<b>Swedish massage and Trigger point work, light pressure: calf"), "{html}");
        assert!(html.contains("Done: Swedish massage"), "the note says so too");
        assert_eq!(app.deeds_of(visit).await.iter().filter(|deed| *deed == "treatment.recorded").count(), 1);
        signed(&mut theo, visit).await;
        let late = theo.post(&path, &sent).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("is signed (Theo Lind, Mon 5 January 2026, 10:15)"), "{}", late.body);
    }
}

#[tokio::test]
async fn what_is_missing_or_unknown_is_said_by_its_field_and_the_rest_stays_ticked() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        let path = format!("/visits/{visit}/treatment");
        let answer = theo.post(&path, &[("technique", "reiki"), ("region", "knee")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("One of the techniques is not on the list."));
        assert!(answer.body.contains("Choose the strongest pressure you used."));
        let form = Form::on(&answer.body, "class=\"treated\"");
        assert_eq!((form.get("region"), form.get("pressure")), ("knee", ""));
        assert!(app.ask("select visit_id from treatment_done").await.is_empty());
    }
}

#[tokio::test]
async fn emails_follow_what_was_done_and_not_what_was_booked() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        let plan = |html: &str| html.split_once("id=\"plan\"").expect("a plan").1.to_owned();
        assert!(!plan(&page(&mut theo, visit).await).contains(CALF));
        let sent = [("technique", "swedish"), ("pressure", "light"), ("region", "calf")];
        theo.post(&format!("/visits/{visit}/treatment"), &sent).await;
        assert!(plan(&page(&mut theo, visit).await).contains(CALF), "the forecast");
        app.go_to("2026-01-05T10:00:00Z");
        let mut theo = app.sign_in("Theo").await;
        theo.post(&format!("/visits/{visit}/completion"), &[]).await;
        app.go_to("2026-01-05T13:00:00Z");
        app.run_worker().await;
        let sent = app.taken();
        assert_eq!(sent.len(), 1);
        let message = mail_parser::MessageParser::default().parse(&sent[0].body).expect("a message");
        assert!(message.body_text(0).expect("text").contains(CALF), "and what left");
    }
}
