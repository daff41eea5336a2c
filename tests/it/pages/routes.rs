//! The route table over a real database: headers on every answer, GET only, the demo's walls.

use std::sync::Arc;

use aftercare::clinic::catalogue::Catalogue;
use aftercare::clinic::ids::VisitId;
use aftercare::clinic::intake::form::Form;
use aftercare::clock::Clock;
use aftercare::mail::letter::CompiledLetters;
use aftercare::store;
use aftercare::store::catalogue::newest::Newest;
use aftercare::web::Web;
use aftercare::web::letters::Letters;
use axum::http::{Method, StatusCode};

use crate::support::browser::{Answer, Browser};
use crate::support::cast::{self, Cast};
use crate::support::engines::{self, Engine};

async fn house(demo: bool) -> (Engine, Web, Cast) {
    let engine = engines::sqlite().await;
    engine.store.migrate().await.expect("migrates");
    let mut db = engine.store.write().await.expect("a transaction");
    let cast = Cast::enter(&mut db).await;
    cast.enter_staff(&mut db).await;
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
        form: Arc::new(Form::shipped(&catalogue).expect("the shipped form")),
        newest: Newest::over(Arc::clone(&catalogue)),
        catalogue,
        demo,
        https: true,
        origin: None,
        base_url: None,
        hashing: aftercare::web::passwords::places(),
        sending: aftercare::web::sending::Sending {
            ways: Vec::new(),
            from: "desk@lindenhof.example".parse().expect("an address"),
            reply_to: "desk@lindenhof.example".parse().expect("an address"),
            is_fixed: true,
            inside: false,
        }
        .into(),
        proxies: aftercare::web::proxy::Proxies::default(),
        sent_text: None,
        metrics: None,
        webhooks_inside: false,
    };
    (engine, web, cast)
}

/// Asks as Theo, who sees what a therapist sees.
async fn ask(web: &Web, cast: &Cast, method: Method, path: &str) -> Answer {
    let mut theo = Browser::signed_in(web.clone(), cast.clinic, cast.theo).await;
    theo.send(method, path, None).await
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
            let answer = ask(&web, &cast, method.clone(), &path).await;
            let policy = answer.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
            assert!(policy.contains("frame-ancestors") && policy.contains("base-uri 'none'"), "{path}: {policy}");
            if !path.ends_with("/html") {
                assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            }
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            let hsts = answer.header("strict-transport-security");
            assert_eq!(hsts, "max-age=31536000; includeSubDomains", "{path}");
            let referrer = answer.header("referrer-policy");
            assert!(["same-origin", "no-referrer"].contains(&referrer), "{path}: {referrer}");
            let content_type = answer.header("content-type");
            assert!(content_type.contains("charset=utf-8"), "{path}: {content_type}");
            if !path.starts_with("/static") && path != "/favicon.ico" {
                assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            }
            let status = answer.status;
            assert!(status.as_u16() < 500, "{method} {path}: {status}");
            assert!(method != Method::POST || !status.is_success(), "POST {path} must change nothing: {status}");
        }
    }
}

#[tokio::test]
async fn a_house_without_https_does_not_ask_for_it() {
    let (_engine, mut web, cast) = house(true).await;
    web.https = false;
    let answer = ask(&web, &cast, Method::GET, "/day").await;
    assert_eq!((answer.status, answer.header("strict-transport-security")), (StatusCode::OK, ""));
}

#[tokio::test]
async fn the_rooms_open_and_lead_to_each_other() {
    let (_engine, web, cast) = house(true).await;
    let day = ask(&web, &cast, Method::GET, "/day").await;
    assert_eq!(day.status, StatusCode::OK);
    assert!(day.body.contains("Cleo") && day.body.contains(&format!("/visits/{}", cast.visit)));
    assert!(day.body.contains("No intake"), "a client without an intake is said to have none");
    let visit = ask(&web, &cast, Method::GET, &format!("/visits/{}", cast.visit)).await;
    assert_eq!(visit.status, StatusCode::OK);
    assert!(visit.body.contains("No intake yet"));
    let mailbox = ask(&web, &cast, Method::GET, "/mailbox").await;
    assert_eq!(mailbox.status, StatusCode::OK);
    assert!(mailbox.body.contains("No emails yet") && mailbox.body.contains("hx-get=\"/mailbox?poll=1\""));
    assert!(!mailbox.body.contains("http-equiv=\"refresh\""), "a page never reloads itself under its reader");
    let ready = ask(&web, &cast, Method::GET, "/readyz").await;
    assert_eq!((ready.status, ready.body.as_str()), (StatusCode::OK, "database ok\nmigrated ok\nworker ok\n"));
}

#[tokio::test]
async fn a_page_that_is_not_there_is_kind_and_has_a_number() {
    let (_engine, web, cast) = house(true).await;
    for (path, status) in [("/nowhere", 404), ("/visits/none", 404), ("/day?on=2026-02-31", 400)] {
        let answer = ask(&web, &cast, Method::GET, path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.body.contains("Request ") && answer.body.contains("<h1>"), "{path}");
    }
}

#[tokio::test]
async fn the_mailbox_exists_only_in_the_demo() {
    let (_engine, web, cast) = house(false).await;
    for path in ["/mailbox", "/demo"] {
        let answer = ask(&web, &cast, Method::GET, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(ask(&web, &cast, Method::GET, "/day").await.status, StatusCode::OK);
}

#[tokio::test]
async fn not_ready_without_a_worker() {
    let (_engine, web, _) = house(true).await;
    web.clock.set(cast::start() + cast::minutes(6));
    let answer = Browser::new(web).get("/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}
