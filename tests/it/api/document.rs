//! The description of the API: complete, and true of real answers.

use std::collections::BTreeSet;

use aftercare::clinic::api_token::Scope;
use aftercare::web::api;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::program::{Program, Reply};

const MORNING: &str = "2026-01-05T08:00:00Z";

async fn document(app: &TestApp) -> Value {
    Program::new(app.web(), None).get("/api/v1/openapi.json").await.json
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else() {
    let app = TestApp::at(MORNING).await.remove(0);
    let document = document(&app).await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            described.insert(format!("{} {path}", method.to_uppercase()));
            assert!(names.insert(operation["operationId"].to_string()), "{operation}");
            assert!(operation["summary"].as_str().is_some_and(|words| words.len() > 10), "{path}: {operation}");
        }
    }
    let web = app.web();
    let routes = api(&web);
    let table: BTreeSet<String> =
        routes.table().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(described, table);
    for route in routes.table() {
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        let scopes: Vec<&str> = route.scope.iter().map(|scope| scope.id()).collect();
        assert_eq!(operation["security"], json!([{ "token": scopes }]), "{}", route.path);
        assert!(operation["responses"]["401"].is_object(), "{}", route.path);
    }
}

/// The schema, wherever it is written down.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).expect("a schema"),
        None => schema,
    }
}

/// What is wrong with a value by a schema of the kinds we write: types, fields, lists, and "or nothing".
fn wrong(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let schema = resolved(document, schema);
    if let Some(all) = schema["oneOf"].as_array() {
        let fits = all.iter().any(|one| wrong(document, one, value, at).is_empty());
        return if fits { Vec::new() } else { vec![format!("{at}: {value} fits none of {schema}")] };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        one => vec![one.clone()],
    };
    if !kinds.contains(&json!(kind)) {
        return vec![format!("{at}: {value} is no {kinds:?}")];
    }
    match value {
        Value::Array(rows) => rows.iter().flat_map(|row| wrong(document, &schema["items"], row, at)).collect(),
        // What is health inside is described elsewhere: an object, and no more is said.
        Value::Object(_) if schema["properties"].is_null() => Vec::new(),
        Value::Object(fields) => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let missing = required.iter().filter(|name| !fields.contains_key(name.as_str().unwrap_or_default()));
            let mut all: Vec<String> = missing.map(|name| format!("{at}: {name} is missing")).collect();
            for (name, value) in fields {
                match &schema["properties"][name] {
                    Value::Null => all.push(format!("{at}: nobody described {name}")),
                    described => all.extend(wrong(document, described, value, &format!("{at}.{name}"))),
                }
            }
            all
        }
        _ => Vec::new(),
    }
}

fn holds(document: &Value, answer: &Reply, path: &str, method: &str) {
    let described = &document["paths"][path][method]["responses"][answer.status.as_u16().to_string()];
    let kind = answer.header("content-type");
    let schema = &described["content"][kind]["schema"];
    assert!(!schema.is_null(), "{method} {path} answers {} as {kind}, which is not described", answer.status);
    let found = wrong(document, schema, &answer.json, path);
    assert!(found.is_empty(), "{found:#?}\n{}", answer.text);
}

#[tokio::test]
async fn answers_are_as_described() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let document = document(&app).await;
        let visit = app.book("2026-01-06T09:00:00Z").await;
        let program = app.program(&Scope::ALL).await;
        let (cleo, visit) = (app.cast.cleo.to_string(), visit.to_string());
        let over = crate::api::health::a_visit_with_everything(&app).await;
        let first = async |table: &str| app.ask(&format!("select id from {table} order by id")).await.remove(0);
        let (alert, intake, email) = (first("alert").await, first("intake").await, first("email").await);
        for route in api(&app.web()).table().iter().filter(|route| route.method == "GET") {
            let id = match route.path.split('/').nth(3).unwrap_or_default() {
                "clients" => &cleo,
                "alerts" => &alert,
                "intakes" => &intake,
                "messages" => &email,
                _ => &over,
            };
            let answer = program.get(&route.path.replace("{id}", id)).await;
            assert_eq!(answer.status, 200, "{}: {}", route.path, answer.text);
            holds(&document, &answer, route.path, "get");
        }
        let wrong = program.post("/api/v1/clients", &json!({ "first_name": "", "last_name": "" })).await;
        holds(&document, &wrong, "/api/v1/clients", "post");
        let booked = json!({ "client": cleo, "starts_at": "2026-01-07T09:00:00Z" });
        holds(&document, &program.post("/api/v1/visits", &booked).await, "/api/v1/visits", "post");
        let moved = program.patch(&format!("/api/v1/visits/{visit}"), &json!({ "minutes": 30 })).await;
        holds(&document, &moved, "/api/v1/visits/{id}", "patch");
        for act in ["intake-link", "completion", "cancellation", "no-show"] {
            let answer = program.post(&format!("/api/v1/visits/{visit}/{act}"), &json!({})).await;
            holds(&document, &answer, &format!("/api/v1/visits/{{id}}/{act}"), "post");
        }
        let stopped = json!({ "address": "no@example.org", "reason": "asked by telephone" });
        let path = "/api/v1/suppressions";
        holds(&document, &program.post(path, &stopped).await, path, "post");
        let again = program.post("/api/v1/suppressions/resumption", &json!({ "address": "no@example.org" })).await;
        holds(&document, &again, "/api/v1/suppressions/resumption", "post");
        app.run_notices().await;
    }
}
