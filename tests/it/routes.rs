//! Walks the route table: every route as nobody, Rosa, Theo, Ada and Otto. What the permission table
//! says is what happens, another clinic's ids are not here, and looking changes nothing.

use std::collections::BTreeMap;

use aftercare::clinic::account::{Role, may};
use aftercare::web::guard::Route;
use aftercare::web::{Web, staff};
use axum::http::{Method, StatusCode};

use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};
use crate::support::engines::ask;

const MORNING: &str = "2026-01-05T08:00:00Z";

/// What Otto must never read.
const OURS: [&str; 4] = ["Cleo", "Okafor", "Theo Lind", "Rosa Muster"];

/// The house with every room it can have.
fn whole(app: &TestApp) -> Web {
    Web { demo: true, ..app.web() }
}

/// The path with ids of this clinic in it: of the kind the first segment says.
fn filled(app: &TestApp, visit: &str, path: &str) -> String {
    let kind = path.split('/').nth(1).unwrap_or_default();
    let id = match kind {
        "people" => app.cast.theo.to_string(),
        "clients" => app.cast.cleo.to_string(),
        _ => visit.to_owned(),
    };
    let step = path.replace("{step}", "same_day");
    step.split('/').map(|part| if part.starts_with('{') { id.as_str() } else { part }).collect::<Vec<_>>().join("/")
}

async fn send(browser: &mut Browser, route: &Route, path: &str) -> Answer {
    if route.method == Method::POST { browser.post(path, &[]).await } else { browser.get(path).await }
}

#[tokio::test]
async fn every_route_does_what_the_permission_table_says() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T09:00:00Z").await.to_string();
        let web = whole(&app);
        let table = staff(&web).table().to_vec();
        assert!(table.len() > 10);
        for route in &table {
            let path = filled(&app, &visit, route.path);
            let name = format!("{} {path}", route.method);
            let nobody = send(&mut Browser::new(web.clone()), route, &path).await;
            let closed = if route.method == Method::POST { StatusCode::UNAUTHORIZED } else { StatusCode::SEE_OTHER };
            assert_eq!(nobody.status, closed, "{name} as nobody");
            assert!(closed != StatusCode::SEE_OTHER || nobody.leads_to().starts_with("/sign-in?next="), "{name}");
            for (who, role) in [("Rosa", Role::Reception), ("Theo", Role::Therapist), ("Ada", Role::Admin)] {
                let (clinic, account) = app.cast.staff(who);
                let mut browser = Browser::signed_in(web.clone(), clinic, account).await;
                let answer = send(&mut browser, route, &path).await;
                assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{name} as {who}");
                assert!(answer.status.as_u16() < 500, "{name} as {who}: {}", answer.status);
                let refused = answer.status == StatusCode::FORBIDDEN;
                assert_eq!(refused, !may(role, route.action), "{name} as {who}: {}", answer.status);
            }
        }
        app.sql("update email set state = 'cancelled', reason = 'the test is over' where state = 'scheduled'").await;
    }
}

#[tokio::test]
async fn otto_of_another_clinic_finds_nothing_on_any_route() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T09:00:00Z").await.to_string();
        let web = whole(&app);
        // What Otto does to himself: his tries at a password, a test mail to his own address; a look at the records of the
        // domain that all share.
        let his = |mut dump: BTreeMap<String, Vec<String>>| {
            dump.retain(|table, _| !["sign_in_failure", "mail_trial", "sender_records"].contains(&table.as_str()));
            dump
        };
        let before = his(dump(&app).await);
        for route in staff(&web).table() {
            let path = filled(&app, &visit, route.path);
            let mut otto = Browser::signed_in(web.clone(), app.cast.other_clinic, app.cast.otto).await;
            let answer = send(&mut otto, route, &path).await;
            for ours in OURS {
                assert!(!answer.body.contains(ours), "{} {path} tells Otto about {ours}", route.method);
            }
            if route.path.contains('{') {
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{} {path}", route.method);
            }
        }
        assert_eq!(before, his(dump(&app).await), "Otto changed something");
    }
}

#[tokio::test]
async fn looking_changes_nothing() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-05T09:00:00Z").await.to_string();
        let web = whole(&app);
        let before = dump(&app).await;
        assert!(before.len() > 10 && before.values().any(|rows| !rows.is_empty()), "{before:?}");
        let open = ["/", "/sign-in", "/demo", "/healthz", "/password/none", "/setup/none", "/f/none", "/f/none/where"]
            .map(String::from);
        let pages = staff(&web).table().iter().map(|route| filled(&app, &visit, route.path)).collect::<Vec<_>>();
        for who in ["Rosa", "Theo", "Ada", "Otto"] {
            let (clinic, account) = app.cast.staff(who);
            let mut browser = Browser::signed_in(web.clone(), clinic, account).await;
            for path in open.iter().chain(&pages) {
                for method in [Method::GET, Method::HEAD] {
                    let answer = browser.send(method.clone(), path, None).await;
                    assert!(answer.status.as_u16() < 500, "{method} {path} as {who}: {}", answer.status);
                    assert!(method != Method::HEAD || answer.body.is_empty(), "HEAD {path} has a body");
                }
            }
        }
        assert_eq!(before, dump(&app).await);
    }
}

/// Every row of every table but the audit, which notes who looked, and the sessions, which note when.
pub async fn dump(app: &TestApp) -> BTreeMap<String, Vec<String>> {
    let mut db = app.engine.store.read().await.expect("reads");
    let sqlite = app.engine.file.is_some();
    let tables = if sqlite {
        ask(&mut db, "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'").await
    } else {
        ask(&mut db, "select table_name::text from information_schema.tables where table_schema = 'public'").await
    };
    let mut dump = BTreeMap::new();
    for table in tables.into_iter().filter(|table| !["audit", "session", "_sqlx_migrations"].contains(&table.as_str()))
    {
        let rows = if sqlite {
            let columns = ask(&mut db, &format!("select name from pragma_table_info('{table}')")).await;
            let parts: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
            ask(&mut db, &format!("select {} from \"{table}\" order by 1", parts.join(" || '|' || "))).await
        } else {
            ask(&mut db, &format!("select t::text from \"{table}\" t order by 1")).await
        };
        dump.insert(table, rows);
    }
    dump
}

/// What may be asked without a session, and nothing else: a route beside the table would have no guard.
#[test]
fn only_these_addresses_are_open() {
    let source = include_str!("../../src/web/routes.rs");
    let open: Vec<&str> = source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(
        open,
        [
            "/healthz",
            "/readyz",
            "/favicon.ico",
            "/static/{edition}/{*name}",
            "/look/{file}",
            "/",
            "/sign-in",
            "/sign-in/code",
            "/setup/{token}",
            "/password/{token}",
            "/api/v1/openapi.json",
            "/c/{token}",
            "/demo",
            "/demo/sign-in",
            "/f/{token}",
            "/f/{token}/{topic}",
            "/a/{token}",
            "/a/{token}/html",
            "/p/{token}",
            "/p/{token}/stop",
            "/p/{token}/resume",
            "/p/{token}/language",
            "/p/{token}/address",
            "/p/{token}/address/undo",
            "/p/{token}/confirm",
            "/p/{token}/wish",
            "/p/{token}/letters/{email}",
            "/p/{token}/letters/{email}/html"
        ]
    );
}
