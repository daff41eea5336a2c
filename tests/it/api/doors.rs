//! Every route of the API: closed without a token, closed without its scope, and empty for another clinic.

use aftercare::clinic::api_token::Scope;
use aftercare::web::api;
use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::routes::dump;
use crate::support::app::TestApp;
use crate::support::program::{Program, Reply};

const MORNING: &str = "2026-01-05T08:00:00Z";

async fn filled(app: &TestApp, path: &str) -> String {
    let id = match path.split('/').nth(3).unwrap_or_default() {
        "clients" => app.cast.cleo.to_string(),
        "intakes" => app.ask("select id from intake").await.remove(0),
        _ => app.ask("select id from visit").await.remove(0),
    };
    path.replace("{id}", &id)
}

async fn send(program: &Program, method: &Method, path: &str) -> Reply {
    let body = (![Method::GET, Method::DELETE].contains(method)).then(|| json!({}).to_string());
    program.send(method.clone(), path, body).await
}

#[tokio::test]
async fn every_route_takes_its_own_scope_and_a_token_that_holds() {
    for app in TestApp::at(MORNING).await {
        app.book("2026-01-05T09:00:00Z").await;
        let table = api(&app.web()).table().to_vec();
        let nobody = Program::new(app.web(), None);
        for route in &table {
            let path = filled(&app, route.path).await;
            let name = format!("{} {path}", route.method);
            assert_eq!(send(&nobody, &route.method, &path).await.problem(), "unauthorized", "{name}");
            let others: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| Some(*scope) != route.scope).collect();
            let without = send(&app.program(&others).await, &route.method, &path).await;
            match route.scope {
                Some(scope) => {
                    assert_eq!((without.status, without.problem()), (StatusCode::FORBIDDEN, "missing-scope"), "{name}");
                    assert_eq!(without.json["scope"], scope.id(), "{name}");
                    let with = send(&app.program(&[scope]).await, &route.method, &path).await;
                    assert!(![401, 403].contains(&with.status.as_u16()), "{name}: {}", with.text);
                    assert!(with.status.as_u16() < 500, "{name}: {}", with.text);
                }
                None => assert_eq!(without.status, StatusCode::OK, "{name}"),
            }
        }
        app.sql("update email set state = 'cancelled', reason = 'the test is over' where state = 'scheduled'").await;
    }
}

#[tokio::test]
async fn a_token_of_another_clinic_finds_and_changes_nothing() {
    for app in TestApp::at(MORNING).await {
        app.book("2026-01-05T09:00:00Z").await;
        let theirs = app.program_at(app.cast.other_clinic, &Scope::ALL).await;
        // Its first use is noted once; what comes after leaves no trace but in their own audit.
        theirs.get("/api/v1/token").await;
        let before = dump(&app).await;
        for route in api(&app.web()).table() {
            let path = filled(&app, route.path).await;
            let answer = send(&theirs, &route.method, &path).await;
            for ours in ["Cleo", "Okafor", "Theo", &app.cast.cleo.to_string()] {
                assert!(!answer.text.contains(ours), "{} {path} tells of {ours}: {}", route.method, answer.text);
            }
            if route.path.contains('{') {
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{} {path}: {}", route.method, answer.text);
            }
        }
        assert_eq!(before, dump(&app).await);
    }
}

#[tokio::test]
async fn what_is_no_document_is_refused_by_every_route_that_takes_one() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-06T09:00:00Z").await;
        let program = app.program(&Scope::ALL).await;
        program.get("/api/v1/token").await;
        let before = dump(&app).await;
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let long = format!("{{\"first_name\":\"{}\"}}", "x".repeat(100_000));
        for route in
            api(&app.web()).table().iter().filter(|route| ![Method::GET, Method::DELETE].contains(&route.method))
        {
            let path = filled(&app, route.path).await;
            let sent = async |body: &str| program.send(route.method.clone(), &path, Some(body.to_owned())).await;
            assert_eq!(sent("{").await.problem(), "unreadable", "{path}");
            assert_eq!(sent(&deep).await.problem(), "unreadable", "{path}");
            assert_eq!(sent(&long).await.problem(), "too-large", "{path}");
            let unknown = sent("{\"colour\":\"red\"}").await;
            assert_eq!((unknown.problem(), unknown.wrong_fields()), ("wrong-fields", vec!["colour"]), "{path}");
            let form = program.with("content-type", "text/plain");
            let answer = form.send(route.method.clone(), &path, Some("{}".into())).await;
            assert_eq!(answer.problem(), "not-json", "{path}");
        }
        let keyed = program.with("idempotency-key", "a b");
        assert_eq!(keyed.post(&format!("/api/v1/visits/{visit}/cancellation"), &json!({})).await.problem(), "bad-key");
        for path in [
            "/api/v1/visits?colour=red",
            "/api/v1/visits?on=2026-02-31",
            "/api/v1/visits?limit=0",
            "/api/v1/clients?cursor=x",
        ] {
            assert_eq!(program.get(path).await.problem(), "bad-query", "{path}");
        }
        for path in ["/api/v1/visits/none", "/api/v1/clients/%FF", "/api/v1/clients/0"] {
            assert_eq!(program.get(path).await.problem(), "not-found", "{path}");
        }
        assert_eq!(before, dump(&app).await);
    }
}
