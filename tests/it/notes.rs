//! The note through the real router, on both engines: it opens filled in, keeps what is decided,
//! tells the second of two people, and locks when it is signed.

mod doors;
mod form;
mod treatment;

use aftercare::clinic::ids::VisitId;
use axum::http::StatusCode;

use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};
use form::Form;

const NINE: &str = "2026-01-05T09:00:00Z";

/// Cleo with a sensitive lower back, booked for nine; it is a quarter past.
async fn house() -> Vec<(TestApp, VisitId)> {
    let mut houses = Vec::new();
    for mut app in TestApp::at("2026-01-05T08:00:00Z").await {
        app.due_mail_may_stay = true;
        app.answer(&["low_back_sensitive"]).await;
        let visit = app.book(NINE).await;
        app.go_to("2026-01-05T09:15:00Z");
        houses.push((app, visit));
    }
    houses
}

async fn page(browser: &mut Browser, visit: VisitId) -> String {
    let answer = browser.get(&format!("/visits/{visit}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.body
}

async fn draft(browser: &mut Browser, visit: VisitId) -> Form {
    Form::on(&page(browser, visit).await, "data-note")
}

async fn send(browser: &mut Browser, visit: VisitId, act: &str, form: &Form) -> Answer {
    browser.post(&format!("/visits/{visit}/note{act}"), &form.pairs()).await
}

async fn notes(app: &TestApp) -> Vec<String> {
    app.ask("select state from note").await
}

/// Accepts everything and signs.
pub async fn signed(browser: &mut Browser, visit: VisitId) {
    let form = draft(browser, visit).await.set("act", "accept_all");
    assert_eq!(send(browser, visit, "", &form).await.status, StatusCode::SEE_OTHER);
    let form = draft(browser, visit).await;
    let answer = send(browser, visit, "/signature", &form).await;
    assert_eq!((answer.status, answer.leads_to()), (StatusCode::SEE_OTHER, &*format!("/visits/{visit}#note")));
}

#[tokio::test]
async fn a_note_opens_filled_in_and_looking_at_it_keeps_nothing() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        let html = page(&mut theo, visit).await;
        assert!(html.contains("Not begun") && html.contains("From intake, 5 January"), "{html}");
        assert!(html.contains("From the brief, <i>because</i> sore or sensitive lower back"));
        let form = Form::on(&html, "data-note");
        assert_eq!(form.get("version"), "0");
        assert!(form.get("seen.condition/low_back_sensitive").starts_with("Sore or sensitive lower back"));
        assert!(form.get("own.objective").contains("Posture and movement:"));
        assert!(!form.fields.iter().any(|(name, _)| name.starts_with("line.")), "nothing is decided for anyone");
        assert!(notes(&app).await.is_empty());
    }
}

#[tokio::test]
async fn decisions_and_words_come_back_as_they_were_made() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        let form = draft(&mut theo, visit).await;
        let old = form.get("seen.level").to_owned();
        let form = form
            .set("line.condition/low_back_sensitive", "accept")
            .set("line.level", "edit")
            .set("text.level", "Tight from sitting <b>long</b>")
            .set("line.home_care", "reject")
            .set("own.objective", "Posture: weight to the right\r\nNo leg pain <script>alert(1)</script>");
        assert_eq!(send(&mut theo, visit, "", &form).await.status, StatusCode::SEE_OTHER);

        let html = page(&mut theo, visit).await;
        assert!(html.contains("Draft") && html.contains("Saved 10:15 by Theo Lind"));
        assert!(html.contains("Tight from sitting &#60;b&#62;long&#60;/b&#62;"));
        assert!(html.contains(&format!("Was: “{old}”")), "the old words stay in view");
        assert!(html.contains("From the brief, rejected"));
        assert!(!html.contains("<script>alert"), "what is typed is text");
        let form = Form::on(&html, "data-note");
        assert_eq!(form.get("version"), "1");
        assert_eq!(form.get("line.condition/low_back_sensitive"), "accept");
        assert_eq!((form.get("line.level"), form.get("line.home_care")), ("edit", "reject"));
        assert_eq!(form.get("own.objective"), "Posture: weight to the right\nNo leg pain <script>alert(1)</script>");

        // The same form sent again writes nothing.
        assert_eq!(send(&mut theo, visit, "", &form).await.status, StatusCode::SEE_OTHER);
        assert_eq!(Form::on(&page(&mut theo, visit).await, "data-note").get("version"), "1");
        let note = app.ask("select id from note").await.remove(0);
        let deeds = app.ask(&format!("select action from audit where record_id = '{note}'")).await;
        assert_eq!(deeds, ["note.saved"]);
    }
}

#[tokio::test]
async fn new_answers_change_lines_and_never_what_was_decided() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        let form = draft(&mut theo, visit).await;
        let form = form.set("line.level", "edit").set("text.level", "Tight from sitting");
        assert_eq!(send(&mut theo, visit, "", &form).await.status, StatusCode::SEE_OTHER);
        app.answer(&["low_back_sensitive", "varicose_veins"]).await;

        let html = page(&mut theo, visit).await;
        assert!(html.contains("The answer has changed. You had: “Tight from sitting”"));
        let form = Form::on(&html, "data-note");
        assert_eq!(form.get("line.level"), "", "it asks again");
        assert!(form.get("seen.condition/varicose_veins").to_lowercase().contains("varicose veins"));
        // Accepting words that stood there before the answers changed decides nothing.
        let stale = form.clone().set("seen.level", "Care needed: something else.").set("line.level", "accept");
        assert_eq!(send(&mut theo, visit, "", &stale).await.status, StatusCode::SEE_OTHER);
        assert_eq!(draft(&mut theo, visit).await.get("line.level"), "");
    }
}

#[tokio::test]
async fn signing_asks_for_every_line_then_locks_the_note_and_starts_the_plan_once() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        let form = draft(&mut theo, visit).await.set("line.level", "accept").set("own.plan", "Rest tomorrow");
        let answer = send(&mut theo, visit, "/signature", &form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.body.contains("lines wait for you"), "{}", answer.body);
        assert_eq!(notes(&app).await, ["draft"], "what was decided is kept");
        assert!(app.ask("select id from plan").await.is_empty(), "nothing starts yet");
        assert_eq!(Form::on(&answer.body, "data-note").get("version"), "1");

        signed(&mut theo, visit).await;
        assert_eq!(notes(&app).await, ["signed"]);
        let emails = app.emails(visit).await.len();
        assert!(emails > 2, "the plan has started");
        assert_eq!(app.deeds_of(visit).await.iter().filter(|deed| *deed == "visit.completed").count(), 1);
        let completed = theo.post(&format!("/visits/{visit}/completion"), &[]).await;
        assert_eq!(completed.status, StatusCode::SEE_OTHER);
        assert_eq!(app.emails(visit).await.len(), emails, "and not a second time");
        assert_eq!(app.deeds_of(visit).await.iter().filter(|deed| *deed == "visit.completed").count(), 1);

        let html = page(&mut theo, visit).await;
        assert!(html.contains("Signed by Theo Lind, Mon 5 January 2026, 10:15") && html.contains("Rest tomorrow"));
        assert!(!html.contains("data-note") && !html.contains("Posture and movement:"));
        let late = send(&mut theo, visit, "", &form.clone().set("own.plan", "Something else")).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("Signed by Theo Lind") && late.body.contains("What you typed, not saved"));
        assert!(late.body.contains("Something else") && !page(&mut theo, visit).await.contains("Something else"));
    }
}

#[tokio::test]
async fn a_note_signed_in_the_evening_finds_the_plan_started() {
    for (app, visit) in house().await {
        app.go_to("2026-01-05T10:00:00Z");
        let mut rosa = app.sign_in("Rosa").await;
        assert_eq!(rosa.post(&format!("/visits/{visit}/completion"), &[]).await.status, StatusCode::SEE_OTHER);
        let before: Vec<_> = app.emails(visit).await.into_iter().map(|email| (email.id, email.due_at)).collect();
        assert!(before.len() > 2);
        app.go_to("2026-01-05T20:00:00Z");
        signed(&mut app.sign_in("Theo").await, visit).await;
        let after: Vec<_> = app.emails(visit).await.into_iter().map(|email| (email.id, email.due_at)).collect();
        assert_eq!(after, before);
    }
}

#[tokio::test]
async fn of_two_who_write_the_second_sees_both_texts_and_loses_none() {
    for (app, visit) in house().await {
        let (mut theo, mut ada) = (app.sign_in("Theo").await, app.sign_in("Ada").await);
        let theirs = draft(&mut theo, visit).await.set("own.plan", "Theo’s plan").set("line.level", "accept");
        let mine = draft(&mut ada, visit).await.set("own.plan", "Ada’s plan").set("line.home_care", "reject");
        assert_eq!(send(&mut theo, visit, "", &theirs).await.status, StatusCode::SEE_OTHER);
        let answer = send(&mut ada, visit, "", &mine).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.body.contains("Theo Lind saved this note"));
        assert!(answer.body.contains("Theo’s plan") && answer.body.contains("Ada’s plan"));
        let form = Form::on(&answer.body, "data-note");
        assert_eq!((form.get("own.plan"), form.get("version")), ("Ada’s plan", "1"));
        assert_eq!((form.get("line.level"), form.get("line.home_care")), ("accept", "reject"), "decisions of both");
        assert_eq!(draft(&mut theo, visit).await.get("own.plan"), "Theo’s plan", "nothing is written over unseen");
        assert_eq!(send(&mut ada, visit, "", &form).await.status, StatusCode::SEE_OTHER);
        assert_eq!(draft(&mut theo, visit).await.get("own.plan"), "Ada’s plan");
    }
}

#[tokio::test]
async fn of_two_who_sign_the_second_sees_who_signed_and_when() {
    for (app, visit) in house().await {
        let (mut theo, mut ada) = (app.sign_in("Theo").await, app.sign_in("Ada").await);
        let form = draft(&mut theo, visit).await.set("act", "accept_all");
        assert_eq!(send(&mut theo, visit, "", &form).await.status, StatusCode::SEE_OTHER);
        let same = draft(&mut ada, visit).await;
        signed(&mut theo, visit).await;
        let answer = send(&mut ada, visit, "/signature", &same).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.body.contains("Signed by Theo Lind, Mon 5 January 2026, 10:15"));
        assert_eq!(app.ask("select signed_by from note").await, [app.cast.theo.to_string()]);
    }
}

#[tokio::test]
async fn a_later_fact_is_added_with_who_and_when_and_everything_prints() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        assert_eq!(theo.get(&format!("/visits/{visit}/note/print")).await.status, StatusCode::NOT_FOUND);
        let early = send(&mut theo, visit, "/addenda", &Form { fields: vec![("addendum".into(), "x".into())] }).await;
        assert_eq!(early.status, StatusCode::NOT_FOUND, "there is no note yet");
        signed(&mut theo, visit).await;
        app.go_to("2026-01-06T08:00:00Z");
        let mut theo = app.sign_in("Theo").await;
        let empty = send(&mut theo, visit, "/addenda", &Form { fields: vec![("addendum".into(), " ".into())] }).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        // The note stands far down on a phone: the page says at its top where to look.
        assert!(empty.body.contains("One field needs another look") && empty.body.contains("href=\"#addendum\""));
        assert!(empty.body.contains("Write what is to be added."));
        let text = Form { fields: vec![("addendum".into(), "Called: <i>better</i>.".into())] };
        assert_eq!(send(&mut app.sign_in("Ada").await, visit, "/addenda", &text).await.status, StatusCode::SEE_OTHER);
        let print = theo.get(&format!("/visits/{visit}/note/print")).await.body;
        for html in [&page(&mut theo, visit).await, &print] {
            assert!(html.contains("Added by Ada Muster, Tue 6 January 2026, 09:00"), "{html}");
            assert!(html.contains("Called: &#60;i&#62;better&#60;/i&#62;."));
            assert!(html.contains("Signed by Theo Lind"));
        }
    }
}

#[tokio::test]
async fn a_section_comes_along_from_the_last_signed_note_with_its_mark() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        let form = draft(&mut theo, visit).await.set("own.plan", "Sleep on the side");
        assert_eq!(send(&mut theo, visit, "", &form).await.status, StatusCode::SEE_OTHER);
        signed(&mut theo, visit).await;
        let next = app.book("2026-01-12T09:00:00Z").await;
        app.go_to("2026-01-12T09:10:00Z");
        let mut theo = app.sign_in("Theo").await;
        let html = page(&mut theo, next).await;
        assert!(html.contains("Bring over from 5 January: 1 line"), "{html}");
        let form = Form::on(&html, "data-note").set("act", "carry.plan");
        assert_eq!(send(&mut theo, next, "", &form).await.status, StatusCode::SEE_OTHER);
        let html = page(&mut theo, next).await;
        assert!(html.contains("Sleep on the side") && html.contains("Carried from 5 January"));
        assert!(!html.contains("Bring over from"), "once is enough");
    }
}

#[tokio::test]
async fn a_save_by_script_says_when_and_hands_over_the_next_version() {
    for (app, visit) in house().await {
        let mut theo = app.sign_in("Theo").await;
        let form = draft(&mut theo, visit).await.set("own.plan", "Rest");
        theo.headers.push(("hx-request", "true".into()));
        let saved = send(&mut theo, visit, "", &form).await;
        assert_eq!(saved.status, StatusCode::OK);
        assert!(saved.body.contains("Saved 10:15 by Theo Lind"), "{}", saved.body);
        assert!(saved.body.contains(r#"id="note-version" value="1""#) && !saved.body.contains("<html"));
        let overtaken = send(&mut theo, visit, "", &form.set("own.plan", "Late")).await;
        assert_eq!(overtaken.status, StatusCode::CONFLICT);
        assert!(overtaken.body.contains("Not saved. Theo Lind saved this note"));
        assert!(overtaken.body.contains(r#"id="note-version" value="0""#), "the button brings both texts");
    }
}
