//! How long texts and records are kept, and what stays whatever happens.

use aftercare::clinic::ids::VisitId;
use aftercare::store::person::{self, Erasure, Notes};
use axum::http::StatusCode;

use super::field;
use crate::support::app::TestApp;
use crate::support::browser::Browser;

const PATH: &str = "/settings/keeping";

/// A visit whose first email left on 5 January.
async fn with_a_sent_email() -> Vec<(TestApp, VisitId)> {
    let mut houses = Vec::new();
    for mut app in TestApp::at("2026-01-05T08:00:00Z").await {
        app.due_mail_may_stay = true;
        app.answer(&["low_back_sensitive"]).await;
        let visit = app.book("2026-01-05T09:00:00Z").await;
        app.go_to("2026-01-05T10:00:00Z");
        app.sign_in("Theo").await.post(&format!("/visits/{visit}/completion"), &[]).await;
        app.go_to("2026-01-05T14:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        houses.push((app, visit));
    }
    houses
}

async fn version(browser: &mut Browser) -> String {
    let page = browser.get(PATH).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    field(&page, "version")
}

async fn texts(app: &TestApp) -> Vec<String> {
    app.ask("select email_id from email_content").await
}

#[tokio::test]
async fn texts_go_when_their_time_is_over_but_not_on_legal_hold() {
    for (app, visit) in with_a_sent_email().await {
        let mut ada = app.sign_in("Ada").await;
        let version = version(&mut ada).await;
        let set = ada.post(PATH, &[("version", &version), ("sent_days", "90"), ("record_years", "")]).await;
        assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.body);
        assert_eq!(app.worker.tidy_texts().await.expect("a step"), 0, "it left today");
        let (page, hold) = (format!("/clients/{}", app.cast.cleo), format!("/clients/{}/hold", app.cast.cleo));
        assert_eq!(ada.post(&hold, &[("reason", "a letter from her insurance")]).await.status, StatusCode::SEE_OTHER);
        app.go_to("2026-04-05T14:00:01Z");
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get(&page).await.body.contains("On legal hold"));
        assert_eq!(app.worker.tidy_texts().await.expect("a step"), 0, "on hold");
        assert_eq!(texts(&app).await.len(), 1);
        let reasons = app.ask("select cast(count(*) as text) from legal_hold where reason is not null").await;
        assert_eq!(reasons, ["1"]);

        assert_eq!(ada.post(&format!("{hold}/end"), &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.worker.tidy_texts().await.expect("a step"), 1, "looked at again");
        assert_eq!(app.worker.tidy_texts().await.expect("a step"), 0);
        assert_eq!(texts(&app).await, [""; 0]);
        let told = "select action from audit where action in ('texts.removed', 'client.hold_begun', 'client.hold_ended') order by id";
        assert_eq!(app.ask(told).await, ["client.hold_begun", "client.hold_ended", "texts.removed"]);

        // That it left is still told; what it said is not made up from today's answers.
        let mut theo = app.sign_in("Theo").await;
        let plan = theo.get(&format!("/visits/{visit}/plan?email=same_day&show=text")).await;
        assert_eq!(plan.status, StatusCode::OK);
        assert!(plan.body.contains("kept no longer") && plan.body.contains("Handed over"), "{}", plan.body);
        let email = theo.get(&format!("/visits/{visit}/emails/same_day/html")).await;
        assert_eq!(email.body, "<p>The text of this email is kept no longer, as this clinic has set.</p>");
        assert!(ada.get(&page).await.body.contains("Same day"));
    }
}

#[tokio::test]
async fn nothing_goes_before_somebody_was_told_how_much() {
    for (app, _) in with_a_sent_email().await {
        app.go_to("2026-09-01T14:00:00Z");
        let mut ada = app.sign_in("Ada").await;
        let version = version(&mut ada).await;
        let typed = [("version", version.as_str()), ("sent_days", "90"), ("record_years", "10")];
        let asked = ada.post(PATH, &typed).await;
        assert_eq!(asked.status, StatusCode::OK);
        assert!(asked.body.contains("1 email loses its text for good"), "{}", asked.body);
        assert_eq!(app.worker.tidy_texts().await.expect("a step"), 0, "nobody agreed");
        let agreed = ada.post(PATH, &[&typed[..], &[("agreed", "yes")]].concat()).await;
        assert_eq!(agreed.status, StatusCode::SEE_OTHER);
        assert_eq!(app.worker.tidy_texts().await.expect("a step"), 1);
        let late = ada.post(PATH, &typed).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "the version was another");
        assert!(late.body.contains("Somebody else changed the settings"));
    }
}

#[tokio::test]
async fn without_a_time_of_its_own_the_installations_holds() {
    for (mut app, _) in with_a_sent_email().await {
        app.go_to("2028-01-01T14:00:00Z");
        assert_eq!(app.worker.tidy_texts().await.expect("a step"), 0, "kept for good");
        app.worker.sent_text = Some(jiff::SignedDuration::from_hours(24 * 365));
        assert_eq!(app.worker.tidy_texts().await.expect("a step"), 1);
    }
}

#[tokio::test]
async fn a_record_past_its_time_is_listed_and_one_on_hold_cannot_be_erased() {
    for (app, _) in with_a_sent_email().await {
        app.go_to("2028-02-01T14:00:00Z");
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get(PATH).await.body.contains("No time is set"));
        for wrong in [("sent_days", "89"), ("record_years", "0")] {
            let version = version(&mut ada).await;
            let refused = ada.post(PATH, &[("version", &version), wrong]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.body.contains(&format!("value=\"{}\"", wrong.1)), "what was typed is shown again");
        }
        let version = version(&mut ada).await;
        let years = [("version", version.as_str()), ("sent_days", ""), ("record_years", "2")];
        assert_eq!(ada.post(PATH, &years).await.status, StatusCode::SEE_OTHER);
        let (clinic, cleo) = (app.cast.clinic, app.cast.cleo);
        let erasure = format!("/clients/{cleo}/erasure");
        let listed = ada.get(PATH).await.body;
        assert!(listed.contains(&erasure) && listed.contains("Last here 5 Jan 2026"), "{listed}");

        let hold = format!("/clients/{cleo}/hold");
        let blank = ada.post(&hold, &[("reason", " ")]).await;
        assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(blank.body.contains("Write why it must stay"));
        assert_eq!(ada.post(&hold, &[("reason", "a letter from her insurance")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(ada.post(&hold, &[("reason", "once more")]).await.status, StatusCode::CONFLICT);
        let listed = ada.get(PATH).await.body;
        assert!(!listed.contains(&erasure) && listed.contains("a letter from her insurance"));
        assert_eq!(ada.get(&erasure).await.status, StatusCode::CONFLICT);
        let now = app.now();
        let erased = app
            .write(async |db| {
                let seen = person::toll(db, clinic, cleo).await?.mark();
                person::erase(db, clinic, cleo, (Notes::Go, &seen), now).await
            })
            .await;
        assert_eq!(erased, Erasure::Held);
        for name in ["Theo", "Rosa", "Otto"] {
            let mut other = app.sign_in(name).await;
            let expected = if name == "Otto" { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
            assert_eq!(other.get(&hold).await.status, expected, "{name}");
            assert!(!other.get(&format!("/clients/{cleo}")).await.body.contains("legal hold"));
        }
    }
}
