//! Visits by the API: by the rules of the desk, with what that does to emails.

use aftercare::clinic::api_token::Scope;
use aftercare::clinic::protocol::Step;
use aftercare::web::Web;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::program::Program;

const MORNING: &str = "2026-01-05T08:00:00Z";
const BOTH: [Scope; 2] = [Scope::ReadVisits, Scope::WriteVisits];

fn booking(app: &TestApp, starts_at: &str) -> Value {
    json!({ "client": app.cast.cleo.to_string(), "starts_at": starts_at, "minutes": 45,
        "therapist": app.cast.theo.to_string(), "technique": "deep_tissue", "pressure": "firm",
        "regions": ["lower_back"] })
}

#[tokio::test]
async fn a_visit_is_booked_moved_and_cancelled_with_its_emails() {
    for app in TestApp::at(MORNING).await {
        let program = app.program(&BOTH).await;
        let made = program.post("/api/v1/visits", &booking(&app, "2026-01-08T15:00:00Z")).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let visit = &made.json["visit"];
        assert_eq!((&visit["ends_at"], &visit["state"]), (&json!("2026-01-08T15:45:00Z"), &json!("booked")));
        assert!(!made.text.contains("lower_back") && !made.text.contains("firm"), "what is health stays inside");
        assert_eq!(made.json["emails"][0]["step"], "prepare", "{}", made.text);
        let path = format!("/api/v1/visits/{}", visit["id"].as_str().expect("an id"));
        assert_eq!(&program.get(&path).await.json, visit);

        let doubt = program.post("/api/v1/visits", &booking(&app, "2026-01-08T15:30:00Z")).await;
        assert_eq!((doubt.status, doubt.problem()), (StatusCode::CONFLICT, "in-doubt"), "{}", doubt.text);
        let keys: Vec<Value> =
            doubt.json["doubts"].as_array().expect("doubts").iter().map(|one| one["key"].clone()).collect();
        let mut meant = booking(&app, "2026-01-08T15:30:00Z");
        meant["despite"] = json!(keys);
        assert_eq!(program.post("/api/v1/visits", &meant).await.status, StatusCode::CREATED);

        let moved =
            program.with("if-match", "\"1\"").patch(&path, &json!({ "starts_at": "2026-01-09T10:00:00Z" })).await;
        assert_eq!(moved.status, StatusCode::OK, "{}", moved.text);
        assert_eq!(moved.json["visit"]["ends_at"], "2026-01-09T10:45:00Z", "its length stays");
        assert!(moved.json["emails"].as_array().is_some_and(|all| all.iter().any(|one| one["what"] == "moves")));
        let kept = app.ask("select count(*) || '' from visit where state = 'booked'").await;
        assert_eq!(kept, ["2"]);

        let off = program.post(&format!("{path}/cancellation"), &json!({})).await;
        assert_eq!((off.status, &off.json["visit"]["state"]), (StatusCode::OK, &json!("cancelled")));
        assert!(off.json["emails"].as_array().is_some_and(|all| all.iter().any(|one| one["what"] == "called_off")));
        let again = program.post(&format!("{path}/cancellation"), &json!({})).await;
        assert_eq!((again.problem(), &again.json["detail"]), ("refused", &json!("This visit is cancelled already.")));
        let told = app.ask("select action from audit where role = 'program' and kind = 'visit' order by id").await;
        assert_eq!(told, ["visit.booked", "visit.viewed", "visit.booked", "visit.moved", "visit.cancelled"]);
        let mut rosa = app.sign_in("Rosa").await;
        let day =
            rosa.post(&format!("/visits/{}/cancel", visit["id"].as_str().expect("an id")), &[("version", "9")]).await;
        assert!(day.body.contains("Booking ") && day.body.contains("cancelled it"), "{}", day.body);
    }
}

#[tokio::test]
async fn completing_starts_the_aftercare_once() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T09:00:00Z").await;
        let program = app.program(&BOTH).await;
        let path = format!("/api/v1/visits/{visit}/completion");
        let early = program.post(&path, &json!({})).await;
        assert_eq!((early.status, early.problem()), (StatusCode::CONFLICT, "refused"), "{}", early.text);
        app.go_to("2026-01-05T10:00:00Z");
        let keyed = program.with("idempotency-key", "done");
        let done = keyed.post(&path, &json!({})).await;
        assert_eq!((done.status, &done.json["started"]), (StatusCode::OK, &json!(true)), "{}", done.text);
        assert_eq!(keyed.post(&path, &json!({})).await.json, done.json, "the first answer");
        assert_eq!(program.post(&path, &json!({})).await.json["started"], false, "twice is once");
        assert_eq!(app.email(visit, Step::SameDay).await.due_at, "2026-01-05T13:00:00Z".parse().expect("an instant"));
        assert_eq!(app.deeds_of(visit).await, ["visit.booked", "visit.completed"]);
        let off = program.post(&format!("/api/v1/visits/{visit}/no-show"), &json!({})).await;
        assert!(off.text.contains("aftercare has begun"), "{}", off.text);
    }
}

#[tokio::test]
async fn a_booking_that_cannot_be_is_told_by_its_fields() {
    for app in TestApp::at(MORNING).await {
        let program = app.program(&BOTH).await;
        let wrong = json!({ "client": app.cast.cleo.to_string(), "starts_at": "2036-01-08T15:00:00Z", "minutes": 3,
            "therapist": app.cast.rosa.to_string(), "technique": "magic", "pressure": "hard", "regions": ["tail"] });
        let answer = program.post("/api/v1/visits", &wrong).await;
        assert_eq!(
            answer.wrong_fields(),
            ["starts_at", "minutes", "therapist", "technique", "pressure", "regions"],
            "{}",
            answer.text
        );
        let mut odd = booking(&app, "2026-01-08T15:00:30Z");
        assert_eq!(program.post("/api/v1/visits", &odd).await.wrong_fields(), ["starts_at"]);
        odd["client"] = json!(app.cast.theo.to_string());
        assert_eq!(program.post("/api/v1/visits", &odd).await.wrong_fields(), ["client"]);
        let past = program.post("/api/v1/visits", &booking(&app, "2026-01-05T07:00:00Z")).await;
        assert_eq!(past.json["doubts"][0]["key"], "past", "{}", past.text);
        assert!(app.ask("select id from visit").await.is_empty());
    }
}

#[tokio::test]
async fn the_second_of_an_hour_that_comes_twice_can_be_booked() {
    for app in TestApp::at("2026-10-20T08:00:00Z").await {
        let program = app.program(&BOTH).await;
        // 02:30 in Berlin, for the second time.
        let made = program.post("/api/v1/visits", &booking(&app, "2026-10-25T01:30:00Z")).await;
        assert_eq!(made.json["visit"]["starts_at"], "2026-10-25T01:30:00Z", "{}", made.text);
    }
}

#[tokio::test]
async fn visits_are_listed_by_day_client_and_page() {
    for app in TestApp::at(MORNING).await {
        for at in ["2026-01-05T09:00:00Z", "2026-01-05T11:00:00Z", "2026-01-05T22:30:00Z", "2026-01-05T23:00:00Z"] {
            app.book(at).await;
        }
        let program = app.program(&BOTH).await;
        let starts = async |path: &str| -> Vec<String> {
            let answer = program.get(path).await;
            let visits = answer.json["visits"].as_array().cloned().expect("visits");
            visits.iter().map(|one| one["starts_at"].as_str().expect("a start")[8..16].to_owned()).collect()
        };
        assert_eq!(starts("/api/v1/visits?on=2026-01-05").await, ["05T09:00", "05T11:00", "05T22:30"]);
        assert_eq!(starts("/api/v1/visits?from=2026-01-06").await, ["05T23:00"]);
        let cleo = format!("/api/v1/visits?client={}&limit=3", app.cast.cleo);
        let first = program.get(&cleo).await.json;
        assert_eq!(first["visits"].as_array().map(Vec::len), Some(3));
        let next = first["next"].as_str().expect("more");
        assert_eq!(starts(&format!("{cleo}&cursor={next}")).await, ["05T23:00"]);
        assert_eq!(starts(&format!("/api/v1/visits?client={}", app.cast.theo)).await, [""; 0]);
        assert_eq!(program.get("/api/v1/visits?on=2026-01-05&to=2026-01-06").await.problem(), "bad-query");
    }
}

#[tokio::test]
async fn the_link_to_the_form_is_made_or_mailed() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-06T09:00:00Z").await;
        let secret = app.program(&[Scope::WriteIntakes]).await.secret;
        let house = Some("https://lindenhof.example/".parse().expect("an address"));
        let program = Program::new(Web { base_url: house, ..app.web() }, secret);
        let path = format!("/api/v1/visits/{visit}/intake-link");
        let made = program.post(&path, &json!({})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let url = made.json["url"].as_str().expect("a link");
        let place = url.split("/f/").nth(1).expect("the form's address");
        let form = app.visitor().get(&format!("/f/{place}")).await;
        assert!(form.status.is_success() || form.status.is_redirection(), "{}", form.status);
        let mailed = program.post(&path, &json!({ "by": "email" })).await;
        assert_eq!((mailed.status, &mailed.json["url"]), (StatusCode::CREATED, &Value::Null), "{}", mailed.text);
        let told =
            app.ask("select action from audit where role = 'program' and action like 'intake.%' order by id").await;
        assert_eq!(told, ["intake.link.shown", "intake.link.emailed"]);
        app.run_notices().await;
    }
}

#[tokio::test]
async fn what_a_booking_is_made_of_is_listed() {
    for app in TestApp::at(MORNING).await {
        let program = app.program(&[Scope::ReadVisits]).await;
        let people = program.get("/api/v1/therapists").await.json;
        assert_eq!(people["therapists"][0], json!({ "id": app.cast.theo.to_string(), "name": "Theo Lind" }));
        assert!(!people.to_string().contains("Rosa"), "reception treats nobody");
        let techniques = program.get("/api/v1/techniques").await.json;
        let all = techniques["techniques"].as_array().expect("techniques");
        assert!(all.iter().any(|one| one["id"] == "deep_tissue") && all.len() == 10, "{techniques}");
    }
}
