//! Webhooks: told in the transaction of the deed, signed, tried again for three days, and never to the house itself.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aftercare::clinic::api_token::Scope;
use aftercare::seal::webhook::signature;
use aftercare::web::Web;
use aftercare::worker::Worker;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use base64::Engine as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::support::app::TestApp;
use crate::support::program::Program;

const MORNING: &str = "2026-01-05T08:00:00Z";
const PASSWORD: &str = "lantern soup and gravel";

/// Another program that hears, and answers as it is told to.
#[derive(Clone)]
struct Ear {
    url: String,
    heard: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answers: Arc<Mutex<StatusCode>>,
}

impl Ear {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hear", listener.local_addr().expect("an address"));
        let ear = Self { url, heard: Arc::default(), answers: Arc::new(Mutex::new(StatusCode::NO_CONTENT)) };
        let app = Router::new().route("/hear", post(Self::hear)).with_state(ear.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        ear
    }

    async fn hear(State(ear): State<Self>, headers: HeaderMap, body: Bytes) -> Response {
        let text = String::from_utf8(body.to_vec()).expect("text");
        ear.heard.lock().expect("heard").push((headers, text));
        let status = *ear.answers.lock().expect("an answer");
        (status, [(header::LOCATION, ear.url.clone())]).into_response()
    }

    fn answer(&self, status: StatusCode) {
        *self.answers.lock().expect("an answer") = status;
    }

    fn heard(&self) -> Vec<(HeaderMap, String)> {
        self.heard.lock().expect("heard").clone()
    }

    fn told(&self) -> Vec<String> {
        let kind =
            |text: &String| serde_json::from_str::<Value>(text).expect("JSON")["type"].as_str().map(str::to_owned);
        self.heard().iter().filter_map(|(_, text)| kind(text)).collect()
    }
}

fn inside(app: &TestApp) -> Web {
    Web { webhooks_inside: true, ..app.web() }
}

async fn call(app: &TestApp) -> u64 {
    let worker = Worker { webhooks_inside: true, ..app.worker.clone() };
    let (_keep, never) = watch::channel(false);
    worker.call_webhooks(&never).await.expect("calls")
}

/// Adds a webhook by the API. Returns its secret.
async fn added(app: &TestApp, url: &str, events: &[&str]) -> String {
    let secret = app.program(&[Scope::WriteWebhooks]).await.secret;
    let program = Program::new(inside(app), secret);
    let made = program.post("/api/v1/webhooks", &json!({ "url": url, "events": events })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    made.json["secret"].as_str().expect("a secret").to_owned()
}

#[tokio::test]
async fn what_happens_is_told_signed_and_without_health() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let ear = Ear::open().await;
        let events = ["visit.completed", "check_in.received", "alert.opened", "message.sent"];
        let secret = added(&app, &ear.url, &events).await;
        let visit = crate::api::health::a_visit_with_everything(&app).await;
        assert!(ear.heard().is_empty(), "nobody is called in a request");
        assert_eq!(call(&app).await, 3);
        let told: BTreeSet<String> = ear.told().into_iter().collect();
        assert_eq!(told, ["alert.opened", "check_in.received", "visit.completed"].map(String::from).into());
        let key = base64::engine::general_purpose::STANDARD.decode(secret.trim_start_matches("whsec_")).expect("bytes");
        for (headers, text) in ear.heard() {
            let said = |name: &str| headers[name].to_str().expect("text").to_owned();
            let second = said("webhook-timestamp").parse().expect("a second");
            assert_eq!(said("webhook-signature"), signature(&key, &said("webhook-id"), second, &text));
            for health in ["pregnan", "severe", "worse", "Cleo", "example.org"] {
                assert!(!text.contains(health), "{text}");
            }
        }
        let texts: Vec<Value> = ear.heard().iter().map(|(_, text)| serde_json::from_str(text).expect("JSON")).collect();
        let done = texts.iter().find(|one| one["type"] == "visit.completed").expect("told");
        assert_eq!(done["data"], json!({ "kind": "visit", "id": visit }));
        assert_eq!(call(&app).await, 0, "each is told once");
        let kept = app.ask("select length(secret) || '' from webhook where url like '%hear'").await;
        assert!(kept.len() == 1 && !app.ask("select events from webhook").await[0].contains("whsec"));
    }
}

#[tokio::test]
async fn a_deed_that_was_not_kept_is_not_told() {
    for app in TestApp::at(MORNING).await {
        let ear = Ear::open().await;
        added(&app, &ear.url, &["client.changed"]).await;
        let program = app.program(&[Scope::WriteClients]).await;
        let cleo =
            json!({ "first_name": "Cleo", "last_name": "Okafor", "born": "1988-02-29", "email": "c@example.org" });
        assert_eq!(program.post("/api/v1/clients", &cleo).await.problem(), "may-be-known");
        assert_eq!(call(&app).await, 0);
        let mia = json!({ "first_name": "Mia", "last_name": "Sand", "email": "mia@example.org" });
        assert_eq!(program.post("/api/v1/clients", &mia).await.status, StatusCode::CREATED);
        assert_eq!((call(&app).await, ear.told()), (1, vec!["client.changed".to_owned()]));
        // Another clinic's deeds are nobody's business here.
        let theirs = app.program_at(app.cast.other_clinic, &[Scope::WriteClients]).await;
        assert_eq!(theirs.post("/api/v1/clients", &mia).await.status, StatusCode::CREATED);
        assert_eq!(call(&app).await, 0);
    }
}

/// Its key was lost, or somebody wrote into the database.
#[tokio::test]
async fn a_call_that_cannot_be_read_keeps_no_other_from_being_made() {
    for app in TestApp::at(MORNING).await {
        let (broken, whole) = (Ear::open().await, Ear::open().await);
        added(&app, &broken.url, &["client.changed"]).await;
        added(&app, &whole.url, &["client.changed"]).await;
        let other = format!("select secret from webhook where url = '{}'", whole.url);
        app.sql(&format!("update webhook set secret = ({other}) where url = '{}'", broken.url)).await;
        let program = app.program(&[Scope::WriteClients]).await;
        let mia = json!({ "first_name": "Mia", "last_name": "Sand", "email": "mia@example.org" });
        assert_eq!(program.post("/api/v1/clients", &mia).await.status, StatusCode::CREATED);
        assert_eq!((call(&app).await, whole.told().len(), broken.told().len()), (1, 1, 0));
        let given_up = app.ask("select reply from webhook_call where next_at is null and arrived_at is null").await;
        assert_eq!(given_up, ["its secret cannot be opened; remove this webhook and add it again"]);
        assert_eq!(call(&app).await, 0);
    }
}

#[tokio::test]
async fn a_call_that_does_not_arrive_is_tried_for_three_days_and_then_switched_off() {
    for app in TestApp::at(MORNING).await {
        app.give_password("Ada", PASSWORD).await;
        let ear = Ear::open().await;
        added(&app, &ear.url, &["visit.completed"]).await;
        // A redirect is no arrival, and nobody follows it.
        ear.answer(StatusCode::FOUND);
        let visit = app.book("2026-01-05T06:00:00Z").await;
        assert!(app.complete(visit).await);
        for _ in 0..40 {
            call(&app).await;
            app.advance(SignedDuration::from_hours(2));
        }
        assert_eq!(ear.heard().len(), 13, "the first try and twelve more");
        let ids: Vec<String> =
            ear.heard().iter().map(|(headers, _)| headers["webhook-id"].to_str().expect("an id").to_owned()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "one call, whose id stays");
        let told = app.ask("select action from audit where kind = 'webhook' order by id").await;
        assert_eq!(told, ["webhook.added", "webhook.switched_off"]);
        let mut ada = app.sign_in("Ada").await;
        let page = ada.get("/people/webhooks").await.body;
        assert!(page.contains("Switched off") && page.contains("redirects are not followed"), "{page}");
        assert!(ada.get("/day").await.body.contains("hears nothing any more"));
        ear.answer(StatusCode::OK);
        let id = app.ask("select id from webhook").await.remove(0);
        assert_eq!(ada.post(&format!("/people/webhooks/{id}/trial"), &[]).await.leads_to(), "/people/webhooks");
        assert_eq!(call(&app).await, 1);
        assert_eq!(ear.told().last().map(String::as_str), Some("trial"));
        assert!(!ada.get("/day").await.body.contains("hears nothing any more"));
        app.sql("update email set state = 'cancelled', reason = 'the test is over' where state = 'scheduled'").await;
    }
}

/// A program that takes its time keeps nobody else's calls waiting, and has one call at a time.
#[tokio::test]
async fn one_that_does_not_answer_keeps_no_other_waiting() {
    for app in TestApp::at(MORNING).await {
        let (slow, quick) = (Ear::open().await, Ear::open().await);
        let (open, opened) = watch::channel(false);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hear", listener.local_addr().expect("an address"));
        let under_way = Arc::new(Mutex::new((0, 0)));
        let answer = {
            let (slow, under_way) = (slow.clone(), Arc::clone(&under_way));
            move |headers: HeaderMap, body: Bytes| async move {
                {
                    let mut counted = under_way.lock().expect("counted");
                    counted.0 += 1;
                    counted.1 = counted.0.max(counted.1);
                }
                opened.clone().wait_for(|open| *open).await.expect("opens");
                under_way.lock().expect("counted").0 -= 1;
                Ear::hear(State(slow), headers, body).await
            }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/hear", post(answer))).await });
        added(&app, &url, &["client.changed"]).await;
        added(&app, &quick.url, &["client.changed"]).await;
        let program = app.program(&[Scope::WriteClients]).await;
        for name in ["Mia", "Noa", "Ida"] {
            let new = json!({ "first_name": name, "last_name": "Sand", "email": format!("{name}@example.org") });
            assert_eq!(program.post("/api/v1/clients", &new).await.status, StatusCode::CREATED);
        }
        // The slow one answers only once the quick one has heard everything.
        let until_all = async {
            while quick.told().len() < 3 {
                tokio::task::yield_now().await;
            }
            open.send(true).expect("somebody waits");
        };
        let (arrived, ()) = tokio::join!(call(&app), until_all);
        assert_eq!((arrived, slow.told().len(), quick.told().len()), (6, 3, 3));
        assert_eq!(under_way.lock().expect("counted").1, 1, "one call at a time");
    }
}

#[tokio::test]
async fn the_house_itself_is_never_called_unless_that_is_allowed() {
    for app in TestApp::at(MORNING).await {
        let ear = Ear::open().await;
        let program = app.program(&[Scope::WriteWebhooks]).await;
        for url in
            [ear.url.as_str(), "https://127.0.0.1/", "https://10.0.0.8/", "http://example.org/", "ftp://x.example/"]
        {
            let answer = program.post("/api/v1/webhooks", &json!({ "url": url, "events": ["alert.opened"] })).await;
            assert_eq!(answer.wrong_fields(), ["url"], "{url}: {}", answer.text);
        }
        let wrong = program.post("/api/v1/webhooks", &json!({ "url": "https://x.example/", "events": ["all"] })).await;
        assert_eq!(wrong.wrong_fields(), ["events"]);
        // One that was added while it was allowed is not called once it is not.
        added(&app, &ear.url, &["visit.completed"]).await;
        let visit = app.book("2026-01-05T06:00:00Z").await;
        assert!(app.complete(visit).await);
        let (_keep, never) = watch::channel(false);
        assert_eq!(app.worker.call_webhooks(&never).await.expect("calls"), 0);
        assert!(ear.heard().is_empty());
        let reply = app.ask("select reply from webhook_call").await;
        assert!(reply[0].contains("inside the network"), "{reply:?}");
        app.sql("update email set state = 'cancelled', reason = 'the test is over' where state = 'scheduled'").await;
    }
}

#[tokio::test]
async fn a_webhook_is_added_tried_and_removed_in_the_browser() {
    for app in TestApp::at(MORNING).await {
        app.give_password("Ada", PASSWORD).await;
        let ear = Ear::open().await;
        let (clinic, account) = app.cast.staff("Ada");
        let mut ada = crate::support::browser::Browser::signed_in(inside(&app), clinic, account).await;
        let wrong = ada.post("/people/webhooks", &[("url", "here"), ("own_password", "no")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("3 fields need another look"), "{}", wrong.body);
        let form = [("url", ear.url.as_str()), ("event", "alert.opened"), ("own_password", PASSWORD)];
        let made = ada.post("/people/webhooks", &form).await;
        assert!(made.body.contains("whsec_"), "{}", made.body);
        let page = ada.get("/people/webhooks").await.body;
        assert!(page.contains(&ear.url) && !page.contains("whsec_"));
        let id = app.ask("select id from webhook").await.remove(0);
        let mut otto = app.sign_in("Otto").await;
        for act in ["trial", "removal"] {
            let answer = otto.post(&format!("/people/webhooks/{id}/{act}"), &[]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}");
        }
        ada.post(&format!("/people/webhooks/{id}/trial"), &[]).await;
        assert_eq!((call(&app).await, ear.told()), (1, vec!["trial".to_owned()]));
        assert!(ada.get("/people/webhooks").await.body.contains("arrived"));
        ada.post(&format!("/people/webhooks/{id}/removal"), &[]).await;
        assert!(app.ask("select id from webhook_call").await.is_empty());
        let told = app.ask("select action from audit where kind = 'webhook' order by id").await;
        assert_eq!(told, ["webhook.added", "webhook.tried", "webhook.removed"]);
    }
}
