//! What a program may read of health, each under its own scope, and what it must not tell under another.

use aftercare::clinic::api_token::Scope;
use serde_json::json;

use crate::support::app::TestApp;

const MORNING: &str = "2026-01-05T08:00:00Z";

/// A visit that is over, with answers, a signed note, a plan, a check-in and the alert it raised. Returns its id.
pub async fn a_visit_with_everything(app: &TestApp) -> String {
    app.answer(&["pregnancy_second_trimester"]).await;
    let visit = app.visited("2026-01-05T09:00:00Z").await;
    let mut theo = app.sign_in("Theo").await;
    let page = theo.get(&format!("/visits/{visit}")).await.body;
    let version = page.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let note = [("version", version.unwrap_or("0")), ("act", "accept_all"), ("own.subjective", "Slept well.")];
    theo.post(&format!("/visits/{visit}/note"), &note).await;
    let told = [("step", "day_1"), ("sign", "severe_constant_pain"), ("words", "worse since noon")];
    theo.post(&format!("/visits/{visit}/check-in"), &told).await;
    visit.to_string()
}

#[tokio::test]
async fn each_kind_of_health_is_read_under_its_own_scope_and_written_down() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = a_visit_with_everything(&app).await;
        let cleo = app.cast.cleo;
        let read = async |scope: Scope, path: &str| app.program(&[scope]).await.get(path).await;

        let intakes = read(Scope::ReadIntakes, &format!("/api/v1/clients/{cleo}/intakes")).await;
        assert_eq!(
            intakes.json["intakes"][0]["answers"]["conditions"][0]["id"], "pregnancy_second_trimester",
            "{}",
            intakes.text
        );
        let brief = read(Scope::ReadBriefs, &format!("/api/v1/visits/{visit}/brief")).await;
        assert_eq!(brief.json["catalogue_version"], app.catalogue().version(), "{}", brief.text);
        assert!(brief.json["cautions"].as_array().is_some_and(|lines| !lines.is_empty()), "{}", brief.text);
        let note = read(Scope::ReadNotes, &format!("/api/v1/visits/{visit}/note")).await;
        assert_eq!((&note.json["visit"], &note.json["signed"]), (&json!(visit), &json!(false)), "{}", note.text);
        let plan = read(Scope::ReadPlans, &format!("/api/v1/visits/{visit}/plan")).await;
        assert_eq!(plan.json["emails"][0]["step"], "same_day", "{}", plan.text);
        let told = read(Scope::ReadCheckIns, &format!("/api/v1/visits/{visit}/check-ins")).await;
        assert_eq!(told.json["check_ins"][0]["record"]["submissions"][0]["answers"]["words"], "worse since noon");
        let alerts = read(Scope::ReadAlerts, "/api/v1/alerts?open=true").await;
        assert_eq!(alerts.json["alerts"][0]["signs"], json!(["severe_constant_pain"]), "{}", alerts.text);

        let looks = "select distinct kind from audit where role = 'program' and action like '%.viewed' order by kind";
        assert_eq!(app.ask(looks).await, ["alerts", "brief", "check_in", "intakes", "note", "plan"]);
    }
}

#[tokio::test]
async fn messages_tell_how_emails_stand_and_nothing_of_health() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = a_visit_with_everything(&app).await;
        let program = app.program(&[Scope::ReadMessages, Scope::ReadVisits, Scope::ReadClients]).await;
        let all = program.get(&format!("/api/v1/messages?visit={visit}")).await;
        let messages = all.json["messages"].as_array().expect("messages");
        assert!(messages.iter().any(|one| one["step"] == "day_1" && one["state"] == "held"), "{}", all.text);
        for path in [
            format!("/api/v1/messages?visit={visit}"),
            format!("/api/v1/messages/{}", messages[0]["id"].as_str().expect("an id")),
            format!("/api/v1/visits/{visit}"),
            format!("/api/v1/clients/{}", app.cast.cleo),
            "/api/v1/visits?on=2026-01-05".into(),
        ] {
            let text = program.get(&path).await.text;
            for health in ["pregnan", "severe", "worse", "warning", "emergency", "Slept", "lower_back"] {
                assert!(!text.contains(health), "{path} tells of {health}: {text}");
            }
        }
        let (mut found, mut cursor) = (0, String::new());
        loop {
            let page = program.get(&format!("/api/v1/messages?limit=2{cursor}")).await.json;
            found += page["messages"].as_array().map_or(0, Vec::len);
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found.to_string(), app.ask("select count(*) || '' from email").await[0]);
    }
}

#[tokio::test]
async fn an_address_is_stopped_and_let_go_again() {
    for app in TestApp::at(MORNING).await {
        let program = app.program(&[Scope::ReadSuppressions, Scope::WriteSuppressions]).await;
        let asked = json!({ "address": "Mia@Example.org", "reason": "asked by telephone" });
        let stopped = program.post("/api/v1/suppressions", &asked).await;
        assert_eq!((stopped.status.as_u16(), &stopped.json["address"]), (201, &json!("mia@example.org")));
        let again = program.post("/api/v1/suppressions", &json!({ "address": "mia@example.org", "reason": "x" })).await;
        assert_eq!(again.json["reason"], "asked by telephone", "the first reason stays");
        let list = program.get("/api/v1/suppressions").await;
        assert_eq!(list.json["suppressions"].as_array().map(Vec::len), Some(1));
        let wrong = program.post("/api/v1/suppressions", &json!({ "address": "mia@", "reason": "x" })).await;
        assert_eq!(wrong.wrong_fields(), ["address"]);
        let path = "/api/v1/suppressions/resumption";
        for was in [true, false] {
            let resumed = program.post(path, &json!({ "address": "mia@example.org" })).await;
            assert_eq!(resumed.json["was_stopped"], was);
        }
        let told = app.ask("select action from audit where kind = 'address' order by id").await;
        assert_eq!(told, ["address.suppressed", "address.suppressed", "address.resumed"]);
        assert!(app.ask("select record_id from audit where record_id like '%example%'").await.is_empty());
    }
}
