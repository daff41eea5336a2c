//! The route table over a real database: headers on every answer, GET only, the demo's walls.

use std::sync::Arc;

use aftercare::clinic::catalogue::Catalogue;
use aftercare::clinic::ids::VisitId;
use aftercare::clock::Clock;
use aftercare::mail::letter::CompiledLetters;
use aftercare::store;
use aftercare::web::letters::Letters;
use aftercare::web::{Web, router};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use tower::ServiceExt as _;

use crate::support::cast::{self, Cast};
use crate::support::engines::{self, Engine};

async fn house(demo: bool) -> (Engine, Web, Cast) {
    let engine = engines::sqlite().await;
    engine.store.migrate().await.expect("migrates");
    let mut db = engine.store.write().await.expect("a transaction");
    let cast = Cast::enter(&mut db).await;
    let beat = cast::start().as_millisecond().to_string();
    store::setting::save(&mut db, store::setting::HEARTBEAT, &beat).await.expect("a worker's beat");
    db.commit().await.expect("commits");
    let catalogue = Arc::new(Catalogue::shipped().expect("the shipped catalogue"));
    let web = Web {
        store: engine.store.clone(),
        clock: Clock::fixed(cast::start()),
        letters: Letters::new(
            Arc::new(CompiledLetters::embedded().expect("the shipped letters")),
            Arc::clone(&catalogue),
        ),
        catalogue,
        demo,
        https: true,
    };
    (engine, web, cast)
}

async fn ask(web: &Web, method: Method, path: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
    let answer = router(web.clone()).oneshot(request).await.expect("an answer");
    let (parts, body) = answer.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.expect("a body");
    (parts.status, parts.headers, String::from_utf8_lossy(&bytes).into_owned())
}

fn routes(visit: VisitId) -> Vec<String> {
    let plain =
        ["/", "/day", "/day?on=2026-01-06", "/mailbox", "/demo", "/healthz", "/readyz", "/favicon.ico", "/nowhere"];
    let bad = ["/day?on=2026-02-31", "/visits/none", "/mailbox/none", "/mailbox/none/html", "/static/x/none.css"];
    let own = [
        format!("/visits/{visit}"),
        format!("/visits/{visit}?email=day_1"),
        format!("/visits/{visit}/emails/same_day"),
        format!("/visits/{visit}/emails/same_day/html"),
        aftercare::web::assets::address("app.css"),
    ];
    plain.into_iter().chain(bad).map(str::to_owned).chain(own).collect()
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let (_engine, web, cast) = house(true).await;
    for path in routes(cast.visit) {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let (status, headers, _) = ask(&web, method.clone(), &path).await;
            let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let policy = header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
            assert!(policy.contains("frame-ancestors") && policy.contains("base-uri 'none'"), "{path}: {policy}");
            if !path.ends_with("/html") {
                assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            }
            assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(header("strict-transport-security"), "max-age=31536000; includeSubDomains", "{path}");
            assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
            let content_type = header("content-type");
            assert!(content_type.contains("charset=utf-8"), "{path}: {content_type}");
            if !path.starts_with("/static") && path != "/favicon.ico" {
                assert_eq!(header("cache-control"), "no-store", "{path}");
            }
            assert!(status.as_u16() < 500, "{method} {path}: {status}");
            assert!(method != Method::POST || !status.is_success(), "POST {path} must change nothing: {status}");
        }
    }
}

#[tokio::test]
async fn a_house_without_https_does_not_ask_for_it() {
    let (_engine, mut web, _) = house(true).await;
    web.https = false;
    let (_, headers, _) = ask(&web, Method::GET, "/day").await;
    assert!(headers.get("strict-transport-security").is_none());
}

#[tokio::test]
async fn the_rooms_open_and_lead_to_each_other() {
    let (_engine, web, cast) = house(true).await;
    let day = ask(&web, Method::GET, "/day").await;
    assert_eq!(day.0, StatusCode::OK);
    assert!(day.2.contains("Cleo") && day.2.contains(&format!("/visits/{}", cast.visit)));
    assert!(day.2.contains("No intake"), "a client without an intake is said to have none");
    let visit = ask(&web, Method::GET, &format!("/visits/{}", cast.visit)).await;
    assert_eq!(visit.0, StatusCode::OK);
    assert!(visit.2.contains("No intake yet"));
    let mailbox = ask(&web, Method::GET, "/mailbox").await;
    assert!(
        mailbox.0 == StatusCode::OK
            && mailbox.2.contains("No emails yet")
            && mailbox.2.contains("http-equiv=\"refresh\"")
    );
    let ready = ask(&web, Method::GET, "/readyz").await;
    assert_eq!((ready.0, ready.2.as_str()), (StatusCode::OK, "database ok\nmigrated ok\nworker ok\n"));
}

#[tokio::test]
async fn a_page_that_is_not_there_is_kind_and_has_a_number() {
    let (_engine, web, _) = house(true).await;
    for (path, status) in [("/nowhere", 404), ("/visits/none", 404), ("/day?on=2026-02-31", 400)] {
        let answer = ask(&web, Method::GET, path).await;
        assert_eq!(answer.0.as_u16(), status, "{path}");
        assert!(answer.2.contains("Request ") && answer.2.contains("<h1>"), "{path}");
    }
}

#[tokio::test]
async fn pages_about_people_exist_only_in_the_demo() {
    let (_engine, web, cast) = house(false).await;
    for path in ["/", "/day", "/mailbox", "/demo", &format!("/visits/{}", cast.visit)] {
        let answer = ask(&web, Method::GET, path).await;
        assert_eq!(answer.0, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.2.contains("Cleo"));
    }
    assert_eq!(ask(&web, Method::GET, "/healthz").await.0, StatusCode::OK);
}

#[tokio::test]
async fn not_ready_without_a_worker() {
    let (_engine, web, _) = house(true).await;
    web.clock.set(cast::start() + cast::minutes(6));
    assert_eq!(ask(&web, Method::GET, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
}
