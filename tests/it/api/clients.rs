//! Clients by the API: by the rules of the register, and in the audit as the program's deeds.

use aftercare::clinic::api_token::Scope;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::app::TestApp;

const MORNING: &str = "2026-01-05T08:00:00Z";
const BOTH: [Scope; 2] = [Scope::ReadClients, Scope::WriteClients];

fn mia() -> Value {
    json!({ "first_name": "Mia", "last_name": "Sand", "born": "1990-03-02", "email": "mia@example.org" })
}

#[tokio::test]
async fn somebody_is_registered_read_and_corrected() {
    for app in TestApp::at(MORNING).await {
        let program = app.program(&BOTH).await;
        let made = program.post("/api/v1/clients", &mia()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let path = format!("/api/v1/clients/{}", made.json["id"].as_str().expect("an id"));
        let read = program.get(&path).await;
        assert_eq!((&read.json, read.header("etag")), (&made.json, "\"1\""));
        assert_eq!((&read.json["born"], &read.json["aftercare"]), (&json!("1990-03-02"), &json!("email")));
        let seen = program.with("if-match", "\"1\"");
        let changed = seen.patch(&path, &json!({ "phone": "020 7946 0999", "born": null })).await;
        assert_eq!((changed.status, changed.header("etag")), (StatusCode::OK, "\"2\""), "{}", changed.text);
        assert_eq!((&changed.json["phone"], &changed.json["born"]), (&json!("020 7946 0999"), &Value::Null));
        assert_eq!(changed.json["email"], "mia@example.org", "what was left out stays");
        let late = seen.patch(&path, &json!({ "phone": "1" })).await;
        assert_eq!((late.status, late.problem()), (StatusCode::PRECONDITION_FAILED, "changed-meanwhile"));
        let wrong = program.patch(&path, &json!({ "email": "mia@", "phone": "call me" })).await;
        assert_eq!((wrong.status.as_u16(), wrong.wrong_fields()), (422, vec!["phone", "email"]));

        let token = app.ask("select id from api_token").await.remove(0);
        let deeds = format!("select action from audit where who = '{token}' and role = 'program' order by id");
        let told = app.ask(&deeds).await;
        assert_eq!(told, ["client.registered", "client.viewed", "client.corrected:born,phone"]);
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get("/audit").await.body.contains(&format!("Booking {token}")), "the audit names the program");
    }
}

#[tokio::test]
async fn whoever_may_be_known_is_asked_about_first() {
    for app in TestApp::at(MORNING).await {
        let program = app.program(&BOTH).await;
        let cleo =
            json!({ "first_name": "Cleo", "last_name": "Okafor", "born": "1988-02-29", "email": "c@example.org" });
        let asked = program.post("/api/v1/clients", &cleo).await;
        assert_eq!((asked.status, asked.problem()), (StatusCode::CONFLICT, "may-be-known"), "{}", asked.text);
        assert_eq!(asked.json["alike"][0]["id"], app.cast.cleo.to_string());
        let mut other = cleo.clone();
        other["someone_else"] = json!([app.cast.cleo.to_string()]);
        assert_eq!(program.post("/api/v1/clients", &other).await.status, StatusCode::CREATED);
        let wrong = program.post("/api/v1/clients", &json!({ "first_name": "", "last_name": "Sand" })).await;
        assert_eq!(wrong.wrong_fields(), ["first_name", "email"]);
        let missing = program.post("/api/v1/clients", &json!({ "first_name": "Mia" })).await;
        assert_eq!(missing.wrong_fields(), ["last_name"]);
    }
}

#[tokio::test]
async fn a_list_comes_in_pages_that_repeat_nobody_and_leave_nobody_out() {
    for app in TestApp::at(MORNING).await {
        let program = app.program(&BOTH).await;
        for number in 0..6 {
            let one = json!({ "first_name": "Mia", "last_name": format!("Sand{number}"), "email": format!("m{number}@example.org") });
            assert_eq!(program.post("/api/v1/clients", &one).await.status, StatusCode::CREATED);
        }
        let (mut found, mut next) = (Vec::new(), String::new());
        loop {
            let cursor = if next.is_empty() { String::new() } else { format!("&cursor={next}") };
            let page = program.get(&format!("/api/v1/clients?limit=3{cursor}")).await.json;
            found.extend(page["clients"].as_array().expect("clients").iter().map(|one| one["last_name"].clone()));
            match page["next"].as_str() {
                Some(word) => next = word.to_owned(),
                None => break,
            }
        }
        assert_eq!(found, ["Okafor", "Sand0", "Sand1", "Sand2", "Sand3", "Sand4", "Sand5"]);
        let hits = program.get("/api/v1/clients?q=sand4+mia").await.json;
        assert_eq!((hits["clients"].as_array().map(Vec::len), &hits["next"]), (Some(1), &Value::Null));
        let looked = app.ask("select count(*) || '' from audit where action = 'clients.viewed'").await;
        assert_eq!(looked, ["4"], "each look at the list is in the audit");
    }
}

#[tokio::test]
async fn a_request_that_is_repeated_gets_the_first_answer() {
    for app in TestApp::at(MORNING).await {
        let program = app.program(&BOTH).await.with("idempotency-key", "7f0c");
        let first = program.post("/api/v1/clients", &mia()).await;
        let again = program.post("/api/v1/clients", &mia()).await;
        assert_eq!((again.status, &again.json), (StatusCode::CREATED, &first.json));
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
        let mut other = mia();
        other["first_name"] = json!("Mio");
        let used = program.post("/api/v1/clients", &other).await;
        assert_eq!((used.status.as_u16(), used.problem()), (422, "key-used"));
        assert_eq!(app.ask("select first_name from client where last_name = 'Sand'").await, ["Mia"]);
        let kept = app.ask("select length(body) || '' from api_answer").await;
        assert!(kept.len() == 1 && kept[0] != "0");
        // Of another program the same key is another key.
        let stranger = app.program(&BOTH).await.with("idempotency-key", "7f0c");
        assert_eq!(stranger.post("/api/v1/clients", &mia()).await.problem(), "may-be-known");
        let two = program.with("idempotency-key", "8a1d");
        assert_eq!(two.post("/api/v1/clients", &mia()).await.problem(), "bad-key", "two keys are none");
        // A refusal keeps no key: put right, the same key does the work.
        let new = app.program(&BOTH).await.with("idempotency-key", "9b2e");
        let mut wrong = mia();
        wrong["email"] = json!("nobody");
        assert_eq!(new.post("/api/v1/clients", &wrong).await.problem(), "wrong-fields");
        wrong["email"] = json!("somebody@example.org");
        wrong["last_name"] = json!("Reed");
        wrong["born"] = json!("1971-01-02");
        assert_eq!(new.post("/api/v1/clients", &wrong).await.status, StatusCode::CREATED);
        // A day later the key is free; by then who was registered is asked about.
        app.advance(jiff::SignedDuration::from_hours(25));
        assert_eq!(program.post("/api/v1/clients", &mia()).await.problem(), "may-be-known");
    }
}

#[tokio::test]
async fn of_two_at_once_under_one_key_one_acts() {
    for app in TestApp::at(MORNING).await {
        let keyed = app.program(&BOTH).await.with("idempotency-key", "at-once");
        let sent = (0..8).map(|_| {
            let keyed = keyed.clone();
            tokio::spawn(async move { keyed.post("/api/v1/clients", &mia()).await })
        });
        let mut ids = Vec::new();
        for answer in sent.collect::<Vec<_>>() {
            let answer = answer.await.expect("an answer");
            assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
            ids.push(answer.json["id"].clone());
        }
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(app.ask("select first_name from client where last_name = 'Sand'").await, ["Mia"]);
    }
}
