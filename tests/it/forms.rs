//! The clinic's own questions as admins write them, over the real router and both databases: a draft, the check, versions,
//! and the exchange with other programs.

use axum::http::StatusCode;

use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};
use crate::support::fields::{form, send, set};

const FORM: &str = "/forms/1";

/// Presses a button of the editor with these fields changed.
async fn press(browser: &mut Browser, changes: &[(&str, &str)], act: &str) -> Answer {
    let mut all = form(browser, FORM, FORM).await;
    for (name, value) in changes {
        set(&mut all, name, value);
    }
    set(&mut all, "act", act);
    send(browser, FORM, &all).await
}

async fn publish(browser: &mut Browser, note: &str) -> Answer {
    let path = format!("{FORM}/publication");
    let page = browser.get(&path).await.body;
    let draft = page.split("name=\"draft\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("0");
    let draft = draft.to_owned();
    browser.post(&path, &[("draft", &draft), ("note", note)]).await
}

async fn begun(ada: &mut Browser) {
    let answer = ada.post("/forms", &[("title", "Before your first visit"), ("lang", "en")]).await;
    assert_eq!(answer.leads_to(), FORM, "{}", answer.body);
}

#[tokio::test]
async fn a_form_is_written_checked_published_changed_and_taken_back() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = app.book("2026-01-05T15:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get("/forms").await.body.contains("There is none yet"));
        begun(&mut ada).await;

        // A question that cannot be asked is kept as a draft and refused by the check, with its place.
        let saved = press(
            &mut ada,
            &[("s0.heading", "Habits"), ("q0.text", "Do you smoke?"), ("q0.condition", "lycanthropy")],
            "save",
        )
        .await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let page = ada.get(&format!("{FORM}/publication")).await.body;
        assert!(page.contains("1 to fix") && page.contains("Question 1") && page.contains("lycanthropy"), "{page}");
        assert_eq!(publish(&mut ada, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(app.ask("select cast(version as text) from questionnaire_version").await.is_empty());

        // Put right, previewed and published, it is asked.
        let saved =
            press(&mut ada, &[("q0.condition", "varicose_veins"), ("q0.text", "Do you have varicose veins?")], "save")
                .await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let preview = ada.get(&format!("{FORM}/preview")).await.body;
        assert!(preview.contains("Do you have varicose veins?") && preview.contains("Not sure"), "{preview}");
        let form = format!("/visits/{visit}/intake");
        assert!(!ada.get(&form).await.body.contains("Do you have varicose veins?"), "a draft is asked of nobody");
        let answer = publish(&mut ada, "The first").await;
        assert_eq!(answer.leads_to(), format!("{FORM}/versions"), "{}", answer.body);
        assert!(ada.get(&form).await.body.contains("Do you have varicose veins?"));

        // Acts on questions can be undone; what one threw away is gone, and what is published stays.
        press(&mut ada, &[("new.0", "date")], "add.q.0").await;
        let page = ada.get(FORM).await.body;
        assert!(page.contains("Question 2") && page.contains("Draft of version 2"), "{page}");
        press(&mut ada, &[], "remove.q.0").await;
        press(&mut ada, &[], "undo").await;
        let page = ada.get(FORM).await.body;
        assert!(page.contains("Do you have varicose veins?") && page.contains("Question 2"), "{page}");
        let changed =
            [("q1.text", "Since when?"), ("q1.r0.question", "question_1"), ("q1.r0.is", "is"), ("q1.r0.value", "Yes")];
        press(&mut ada, &changed, "save").await;
        let answer = publish(&mut ada, "Asks since when").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let page = ada.get(&form).await.body;
        assert!(page.contains("Only when “Do you have varicose veins?” is “Yes”"), "{page}");
        let shown = ada.get(&format!("{FORM}/versions?from=1&to=2")).await.body;
        assert!(shown.contains("Since when?") && shown.contains("Asks since when") && shown.contains("Ada"), "{shown}");

        // The old version comes back as a draft, and as version 3.
        let back = ada.post(&format!("{FORM}/versions"), &[("version", "1"), ("draft", "0")]).await;
        assert_eq!(back.leads_to(), FORM, "{}", back.body);
        assert_eq!(publish(&mut ada, "Back").await.status, StatusCode::SEE_OTHER);
        assert!(ada.get(&format!("{FORM}/versions?from=1&to=3")).await.body.contains("There is no difference."));
        press(&mut ada, &[("retired", "1")], "save").await;
        assert_eq!(publish(&mut ada, "").await.status, StatusCode::SEE_OTHER);
        assert!(!ada.get(&form).await.body.contains("Do you have varicose veins?"));
        let deeds = app.ask("select action from audit where action like 'form.%' order by id").await;
        assert_eq!(deeds.iter().filter(|deed| *deed == "form.published").count(), 4, "{deeds:?}");
    }
}

#[tokio::test]
async fn two_admins_at_one_form_lose_nothing() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let mut ada = app.sign_in("Ada").await;
        begun(&mut ada).await;
        let mut mine = form(&mut ada, FORM, FORM).await;
        let mut theirs = mine.clone();
        set(&mut theirs, "q0.text", "Theirs?");
        assert_eq!(send(&mut ada, FORM, &theirs).await.status, StatusCode::SEE_OTHER);
        set(&mut mine, "q0.text", "Mine?");
        let both = send(&mut ada, FORM, &mine).await;
        assert_eq!(both.status, StatusCode::CONFLICT);
        assert!(both.body.contains("<del>Theirs?") && both.body.contains(">Mine?"), "{}", both.body);
        // What was looked at is published, and nothing saved since.
        let path = format!("{FORM}/publication");
        assert_eq!(ada.post(&path, &[("draft", "1")]).await.status, StatusCode::CONFLICT);
        // Somebody of another clinic finds nothing.
        let mut otto = app.sign_in("Otto").await;
        for path in [FORM, "/forms/1/preview", "/forms/1/versions", "/forms/1/publication"] {
            assert_ne!(otto.get(path).await.status, StatusCode::OK, "{path}");
        }
    }
}

#[tokio::test]
async fn a_form_of_another_program_is_brought_in_with_a_report_and_taken_out_again() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let mut ada = app.sign_in("Ada").await;
        for (text, says) in
            [("", "JSON"), ("{\"resourceType\":\"Patient\"}", "no FHIR Questionnaire"), ("[[[[", "JSON")]
        {
            let refused = ada.post("/forms/import", &[("text", text)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.body.contains(says), "{says}: {}", refused.body);
        }
        let file = include_str!("../fixtures/fhir/07-odd.json");
        let taken = ada.post("/forms/import", &[("text", file)]).await;
        assert_eq!(taken.leads_to(), format!("{FORM}#left-title"), "{}", taken.body);
        let page = ada.get(FORM).await.body;
        for says in ["Not taken from the file as it stands", "Questionnaire.item[5].type", "hologram", "asked after it"]
        {
            assert!(page.contains(says), "{says}: {page}");
        }
        assert_eq!(publish(&mut ada, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let out = ada.post(&format!("{FORM}/export"), &[]).await;
        assert_eq!(out.header("content-type"), "application/fhir+json; charset=utf-8");
        assert!(out.header("content-disposition").contains("odd_in_many_ways.json"));
        let again = ada.post("/forms/import", &[("text", &out.body)]).await;
        assert_eq!(again.leads_to(), "/forms/2#left-title");
        let bodies = app.ask("select body from questionnaire_draft order by number").await;
        assert_eq!(bodies[0], bodies[1]);
        assert!(app.ask("select left_out from questionnaire_draft where left_out is not null").await.len() == 1);
    }
}
