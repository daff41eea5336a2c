//! Check-ins and alerts: what an answer sets going, in one transaction and on both databases, and what
//! happens until somebody writes down how it ended.

mod alerts;
mod by_link;
mod doors;
mod next_visit;

use aftercare::clinic::alert::Alert;
use aftercare::clinic::ids::VisitId;
use aftercare::clinic::protocol::Step;
use aftercare::store::{alert, check_in};
use axum::http::StatusCode;

use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};

/// A visit on Monday from 9 to 10, and its check-in the day after.
const VISIT: &str = "2026-01-05T09:00:00Z";
const NEXT_DAY: &str = "2026-01-06T10:00:00Z";

async fn visited(app: &TestApp) -> VisitId {
    app.go_to("2026-01-05T08:00:00Z");
    let visit = app.visited(VISIT).await;
    app.go_to(NEXT_DAY);
    visit
}

async fn answered(browser: &mut Browser, visit: VisitId, step: &str, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("step", step)];
    all.extend(fields);
    browser.post(&format!("/visits/{visit}/check-in"), &all).await
}

/// The one alert there is.
async fn the_alert(app: &TestApp) -> Alert {
    let mut all = app.write(async |db| alert::since(db, app.cast.clinic, jiff::Timestamp::UNIX_EPOCH).await).await;
    assert_eq!(all.len(), 1, "one alert");
    all.remove(0)
}

async fn count(app: &TestApp, table: &str) -> String {
    app.ask(&format!("select count(*) || '' from {table}")).await.remove(0)
}

/// So that no test ends with letters that are due.
async fn over(app: &TestApp) {
    app.sql("update email set state = 'cancelled', reason = 'the test is over' where state = 'scheduled'").await;
}

const FINE: [(&str, &str); 3] = [("pain", "2"), ("compared", "better"), ("none", "1")];

#[tokio::test]
async fn a_calm_answer_is_kept_and_holds_nothing() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        let asked = rosa.get(&format!("/visits/{visit}/check-in")).await.body;
        assert!(asked.contains("Was the pressure too much?") && asked.contains("Numbness"), "{asked}");
        let answer = answered(&mut rosa, visit, "day_1", &FINE).await;
        assert_eq!((answer.status, answer.leads_to()), (StatusCode::SEE_OTHER, format!("/visits/{visit}").as_str()));
        let kept = app.write(async |db| check_in::find(db, app.cast.clinic, visit, Step::DayOne).await).await;
        let kept = kept.expect("is kept");
        assert!(kept.record.joined.reassure && kept.record.joined.alert.is_none());
        assert_eq!((count(&app, "alert").await, count(&app, "notice").await), ("0".into(), "0".into()));
        assert_eq!(app.ask("select count(*) || '' from email where state = 'held'").await, ["0"]);
        let story = format!("/clients/{}?show=check-ins", app.cast.cleo);
        let at_the_desk = rosa.get(&story).await.body;
        assert!(at_the_desk.contains("Check-in: Day 1") && at_the_desk.contains("typed in by Rosa"), "{at_the_desk}");
        assert!(!at_the_desk.contains("Pain 2 of 10") && !at_the_desk.contains("Opened an alert"));
        assert!(app.sign_in("Theo").await.get(&story).await.body.contains("Pain 2 of 10"));
        let plain = app.ask("select count(*) || '' from check_in where cast(record as text) like '%better%'").await;
        assert_eq!(plain, ["0"], "answers are sealed");
        over(&app).await;
    }
}

#[tokio::test]
async fn what_is_missing_is_asked_for_unless_there_is_a_sign() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        let blank = answered(&mut rosa, visit, "day_1", &[("words", "so-so <b>")]).await;
        assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            blank.body.contains("Please choose a number") && blank.body.contains("so-so &#60;b&#62;"),
            "{}",
            blank.body
        );
        assert_eq!(count(&app, "check_in").await, "0");
        let sign = answered(&mut rosa, visit, "day_1", &[("sign", "saddle_numbness")]).await;
        assert_eq!(sign.status, StatusCode::SEE_OTHER);
        assert!(sign.leads_to().starts_with("/alerts/"), "{}", sign.leads_to());
        over(&app).await;
    }
}

#[tokio::test]
async fn a_sign_opens_an_alert_holds_the_emails_and_tells_staff_all_at_once() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let waiting = app.ask("select count(*) || '' from email where state = 'scheduled'").await;
        let mut rosa = app.sign_in("Rosa").await;
        let told = [("sign", "saddle_numbness"), ("pain", "7"), ("words", "feels numb"), ("urgency", "very")];
        answered(&mut rosa, visit, "day_1", &told).await;
        let alert = the_alert(&app).await;
        assert_eq!((alert.tier.id(), alert.visit, alert.mail.id()), ("emergency", Some(visit), "held"));
        assert_eq!(alert.due_at.to_string(), "2026-01-06T10:15:00Z");
        let held = app.ask("select count(*) || '' from email where state = 'held'").await;
        assert_eq!(held, waiting, "everything that waited");
        assert_ne!(held, ["0"]);
        assert_eq!(app.ask("select recipient from notice").await, ["ada@example.org"]);
        assert_eq!(app.run_notices().await, 1);
        let mail = String::from_utf8_lossy(&app.taken()[0].body).into_owned();
        for fact in ["Cleo", "Okafor", "numb", "Numb", "pain", "back"] {
            assert!(!mail.contains(fact), "mail to staff tells of {fact}: {mail}");
        }
        let deeds = app.ask("select action from audit where kind in ('alert', 'check_in') order by id").await;
        assert_eq!(deeds, ["check_in.given", "alert.opened", "alert.held"]);

        // Reception sees that there is one, and no answer; who treats sees the answers.
        let page = rosa.get("/alerts").await.body;
        assert!(page.contains("Emergency sign: Cleo Okafor") && page.contains("01 234"), "{page}");
        assert!(!page.contains("feels numb") && !page.contains("genitals"), "{page}");
        let mut theo = app.sign_in("Theo").await;
        let page = theo.get(&format!("/alerts/{}", alert.id)).await.body;
        assert!(page.contains("feels numb") && page.contains("7 of 10") && page.contains("Yes, very"), "{page}");
        assert!(theo.get("/day").await.body.contains("<span class=\"count loud\">1"), "it is counted in the bar");
    }
}

#[tokio::test]
async fn a_plan_that_starts_after_a_sign_starts_held() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = app.book(VISIT).await;
        app.go_to("2026-01-05T10:30:00Z");
        let mut theo = app.sign_in("Theo").await;
        answered(&mut theo, visit, "day_1", &[("sign", "severe_constant_pain")]).await;
        assert!(app.complete(visit).await);
        let sql = format!("select distinct state from email where visit_id = '{visit}' and step <> 'prepare'");
        assert_eq!(app.ask(&sql).await, ["held"], "nothing of the plan waits to leave");
        let release = close(&app, &mut theo, "sees_doctor", "released").await;
        assert_eq!(release.status, StatusCode::SEE_OTHER, "{}", release.body);
        assert_eq!(app.ask("select count(*) || '' from email where state = 'held'").await, ["0"]);
        over(&app).await;
    }
}

async fn close(app: &TestApp, browser: &mut Browser, outcome: &str, mail: &str) -> Answer {
    let alert = the_alert(app).await;
    let version = alert.version.to_string();
    let fields = [("version", version.as_str()), ("outcome", outcome), ("mail", mail)];
    browser.post(&format!("/alerts/{}/outcome", alert.id), &fields).await
}

#[tokio::test]
async fn a_second_answer_joins_the_first_and_can_only_raise() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let mut rosa = app.sign_in("Rosa").await;
        answered(&mut rosa, visit, "day_1", &[("compared", "worse")]).await;
        assert_eq!(the_alert(&app).await.tier.id(), "call_clinic");
        answered(&mut rosa, visit, "day_1", &FINE).await;
        let alert = the_alert(&app).await;
        assert_eq!((alert.tier.id(), alert.mail.id()), ("call_clinic", "none"), "“fine” takes nothing back");
        answered(&mut rosa, visit, "day_1", &[("sign", "saddle_numbness")]).await;
        let alert = the_alert(&app).await;
        assert_eq!((alert.tier.id(), alert.mail.id(), alert.about.raised.len()), ("emergency", "held", 2));
        assert_eq!((count(&app, "check_in").await, count(&app, "notice").await), ("1".into(), "2".into()));
        over(&app).await;
    }
}

#[tokio::test]
async fn fifty_answers_at_once_make_one_record_and_one_alert() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = visited(&app).await;
        let rosa = app.sign_in("Rosa").await;
        let sends = (0..50).map(|number: i32| {
            let mut rosa = rosa.clone();
            tokio::spawn(async move {
                let words = format!("call {number}");
                answered(&mut rosa, visit, "day_1", &[("sign", "saddle_numbness"), ("words", &words)]).await.status
            })
        });
        let mut taken = 0;
        for sent in sends.collect::<Vec<_>>() {
            // They wait in line for one client; a slow machine may send somebody away, and says so.
            match sent.await.expect("it ran") {
                StatusCode::SEE_OTHER => taken += 1,
                other => assert!(other.is_server_error(), "{other}"),
            }
        }
        assert!(taken > 0, "somebody got through");
        for table in ["check_in", "alert", "notice"] {
            assert_eq!(count(&app, table).await, "1", "{table}");
        }
    }
}
