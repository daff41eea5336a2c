//! An alert on its way: passed on while nobody takes it, taken, closed, and told of once a week.

use aftercare::clinic::alert::Outcome;
use axum::http::StatusCode;

use super::{FINE, answered, close, count, over, the_alert, visited};
use crate::support::app::TestApp;
use crate::support::browser::Browser;

/// Three people are told, one after the other.
async fn with_three(app: &TestApp) {
    let mut ada = app.sign_in("Ada").await;
    let fields = [
        ("version", "0"),
        ("from_mon", "09:00"),
        ("to_mon", "17:00"),
        ("from_tue", "09:00"),
        ("to_tue", "17:00"),
        ("from_wed", "09:00"),
        ("to_wed", "17:00"),
        ("addresses", "desk@example.org\nada@example.org\nowner@example.org"),
        ("emergency_minutes", "15"),
        ("same_day_minutes", "120"),
    ];
    assert_eq!(ada.post("/care", &fields).await.status, StatusCode::SEE_OTHER);
}

async fn told(app: &TestApp) -> Vec<String> {
    app.ask("select kind || ' ' || recipient from notice order by id").await
}

#[tokio::test]
async fn nobody_takes_an_emergency_and_each_address_is_told_once_at_its_time() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        with_three(&app).await;
        let visit = visited(&app).await;
        app.go_to("2026-01-06T23:00:00Z");
        let mut rosa = app.sign_in("Rosa").await;
        answered(&mut rosa, visit, "day_1", &[("sign", "saddle_numbness")]).await;
        let steps = [
            ("2026-01-06T23:14:59Z", 1, 1),
            ("2026-01-06T23:15:00Z", 1, 2),
            ("2026-01-06T23:15:00Z", 0, 2),
            ("2026-01-06T23:29:59Z", 0, 2),
            ("2026-01-06T23:30:00Z", 1, 3),
            ("2026-01-07T12:00:00Z", 0, 3),
        ];
        for (moment, sent, all) in steps {
            app.go_to(moment);
            assert_eq!(app.run_notices().await, sent, "{moment}");
            assert_eq!(told(&app).await.len(), all, "{moment}");
        }
        assert_eq!(
            told(&app).await,
            ["alert desk@example.org", "escalation ada@example.org", "escalation owner@example.org"]
        );
        let page = app.sign_in("Rosa").await.get("/alerts").await.body;
        assert!(page.contains("Nobody has taken it. It was due by") && page.contains("Everyone on the list"), "{page}");
        assert_eq!(the_alert(&app).await.standing.id(), "open", "nothing closes it by silence");
    }
}

#[tokio::test]
async fn a_same_day_alert_waits_in_opening_hours_and_a_call_until_the_next_day_closes() {
    for (sign, first) in [("severe_constant_pain", "2026-01-07T10:00:00Z"), ("new_swelling", "2026-01-07T16:00:00Z")] {
        for app in TestApp::at("2026-01-05T08:00:00Z").await {
            with_three(&app).await;
            let visit = visited(&app).await;
            app.go_to("2026-01-06T16:00:00Z");
            let mut rosa = app.sign_in("Rosa").await;
            answered(&mut rosa, visit, "day_1", &[("sign", sign)]).await;
            assert_eq!(the_alert(&app).await.due_at.to_string(), first, "{sign}");
            app.run_notices().await;
            app.go_to(first);
            assert_eq!(app.run_notices().await, 1, "{sign}");
            assert_eq!(told(&app).await.len(), 2);
            over(&app).await;
        }
    }
}

#[tokio::test]
async fn who_takes_it_stops_the_telling_and_an_outcome_closes_it() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        with_three(&app).await;
        let visit = visited(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        answered(&mut rosa, visit, "day_1", &[("sign", "severe_constant_pain")]).await;
        let taken = act(&app, &mut rosa, "owner", &[]).await;
        assert_eq!(taken, StatusCode::SEE_OTHER);
        app.go_to("2026-01-06T18:00:00Z");
        app.run_notices().await;
        assert_eq!(told(&app).await.len(), 1, "somebody has it");

        let mut rosa = app.sign_in("Rosa").await;
        let theo = app.cast.theo.to_string();
        assert_eq!(act(&app, &mut rosa, "owner", &[("owner", &theo)]).await, StatusCode::SEE_OTHER);
        assert_eq!(the_alert(&app).await.owner, Some(app.cast.theo));
        let mut theo = app.sign_in("Theo").await;
        assert_eq!(act(&app, &mut theo, "calls", &[("reached", "no")]).await, StatusCode::SEE_OTHER);
        let early = close(&app, &mut theo, "not_reached", "cancelled").await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(early.body.contains("Try three times"), "{}", early.body);
        assert_eq!(act(&app, &mut theo, "calls", &[("reached", "yes")]).await, StatusCode::SEE_OTHER);
        assert_eq!(act(&app, &mut theo, "notes", &[("words", "Sees Dr Lin at 5.")]).await, StatusCode::SEE_OTHER);
        let undecided = close(&app, &mut theo, "sees_doctor", "").await;
        assert!(undecided.body.contains("Choose what happens to the held emails"), "{}", undecided.body);
        assert_eq!(close(&app, &mut theo, "sees_doctor", "cancelled").await.status, StatusCode::SEE_OTHER);
        let alert = the_alert(&app).await;
        assert_eq!((alert.standing.id(), alert.outcome.map(Outcome::id)), ("closed", Some("sees_doctor")));
        assert_eq!(app.ask("select count(*) || '' from email where state = 'held'").await, ["0"]);
        let again = close(&app, &mut theo, "better", "cancelled").await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "once");

        // Another answer of the same check-in is a new alarm, not silence.
        answered(&mut rosa, visit, "day_1", &[("sign", "severe_constant_pain"), ("words", "still")]).await;
        assert_eq!(count(&app, "alert").await, "2");
    }
}

async fn act(app: &TestApp, browser: &mut Browser, what: &str, fields: &[(&str, &str)]) -> StatusCode {
    let alert = the_alert(app).await;
    let version = alert.version.to_string();
    let mut all = vec![("version", version.as_str())];
    all.extend(fields);
    browser.post(&format!("/alerts/{}/{what}", alert.id), &all).await.status
}

#[tokio::test]
async fn mine_are_those_one_has_and_the_bar_still_counts_them_all() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let (mut rosa, mut theo) = (app.sign_in("Rosa").await, app.sign_in("Theo").await);
        answered(&mut rosa, visit, "day_1", &[("compared", "worse")]).await;
        let none = theo.get("/alerts?whose=mine").await.body;
        assert!(none.contains("You have no alerts") && !none.contains("Cleo Okafor"), "{none}");
        assert!(none.contains("1<span class=\"away\"> open"), "what nobody has stays in sight");
        assert_eq!(act(&app, &mut theo, "owner", &[]).await, StatusCode::SEE_OTHER);
        let one = theo.get("/alerts?whose=mine").await.body;
        let link = format!("/alerts/{}?whose=mine", the_alert(&app).await.id);
        assert!(one.contains("Cleo Okafor") && one.contains(&format!("{link}#alert")), "{one}");
        assert!(!theo.get(&link).await.body.contains("You have no alerts"));
        assert!(rosa.get("/alerts?whose=mine").await.body.contains("You have no alerts"));
        over(&app).await;
    }
}

#[tokio::test]
async fn of_two_who_act_on_one_version_the_second_is_told() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let (mut rosa, mut theo) = (app.sign_in("Rosa").await, app.sign_in("Theo").await);
        answered(&mut rosa, visit, "day_1", &[("compared", "worse")]).await;
        let alert = the_alert(&app).await;
        let version = [("version", "1")];
        let path = format!("/alerts/{}/owner", alert.id);
        assert_eq!(rosa.post(&path, &version).await.status, StatusCode::SEE_OTHER);
        let second = theo.post(&path, &version).await;
        assert_eq!(second.status, StatusCode::CONFLICT);
        assert!(second.body.contains("Somebody else was at this alert"), "{}", second.body);
        assert_eq!(the_alert(&app).await.owner, Some(app.cast.rosa));
        over(&app).await;
    }
}

#[tokio::test]
async fn reception_may_cancel_held_emails_and_not_release_them() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        answered(&mut rosa, visit, "day_1", &[("sign", "severe_constant_pain")]).await;
        let refused = close(&app, &mut rosa, "sees_doctor", "released").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(close(&app, &mut rosa, "sees_doctor", "cancelled").await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn the_weeks_digest_leaves_once_on_monday_and_only_with_news() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        assert_eq!(app.run_notices().await, 0, "no alert, no digest");
        let visit = visited(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        answered(&mut rosa, visit, "day_1", &FINE).await;
        answered(&mut rosa, visit, "day_1", &[("sign", "new_swelling")]).await;
        assert_eq!(app.run_notices().await, 1);
        act(&app, &mut rosa, "owner", &[]).await;
        app.go_to("2026-01-12T06:59:59Z");
        assert_eq!(app.run_notices().await, 0);
        app.go_to("2026-01-12T07:00:00Z");
        assert_eq!((app.run_notices().await, app.run_notices().await), (1, 0));
        let mail = String::from_utf8_lossy(&app.taken()[1].body).into_owned();
        assert!(mail.contains("1 alert opened last week") && !mail.contains("Cleo"), "{mail}");
        over(&app).await;
    }
}
