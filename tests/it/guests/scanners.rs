//! Mail programs open links before people do. Every link of every email is asked for, three times and with
//! both methods, with all that the pages name; no row changes.

use std::collections::BTreeSet;

use aftercare::clinic::protocol::Step;
use aftercare::web::letters::Letters;
use axum::http::Method;

use super::{MORNING, paths, reachable};
use crate::routes::dump;
use crate::support::browser::Browser;

/// What a page loads and leads to, of this house.
fn named(html: &str) -> Vec<String> {
    let quoted = ["href=\"", "src=\"", "action=\""].into_iter().flat_map(|what| html.split(what).skip(1));
    let ours = quoted.filter_map(|rest| rest.split('"').next()).filter(|path| path.starts_with('/'));
    ours.map(|path| path.replace("&amp;", "&")).collect()
}

async fn scan(guest: &mut Browser, path: &str) -> String {
    let mut page = String::new();
    for method in [Method::HEAD, Method::GET, Method::GET, Method::HEAD, Method::GET, Method::HEAD] {
        let answer = guest.send(method.clone(), path, None).await;
        assert!(answer.status.as_u16() < 500, "{method} {path}: {}", answer.status);
        if method == Method::GET {
            page = answer.body;
        }
    }
    page
}

#[tokio::test]
async fn a_scanner_that_opens_everything_changes_nothing() {
    for app in reachable(MORNING).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let next = app.book("2026-01-20T09:00:00Z").await;
        let dues = ["05T11:00", "06T08:00", "08T08:00", "12T08:00", "19T08:00"];
        for due in dues {
            app.go_to(&format!("2026-01-{due}:00Z"));
            assert_eq!(app.run_worker().await.sent, 1, "{due}");
        }
        let mut links = BTreeSet::new();
        for (visit, step) in Step::AFTER.map(|step| (visit, step)).into_iter().chain([(next, Step::Prepare)]) {
            let frozen = app.frozen(app.email(visit, step).await.id).await.expect("a copy");
            let raw = String::from_utf8_lossy(&frozen.bytes).into_owned();
            let written = Letters::opened(&frozen.to_bytes().expect("bytes")).expect("a letter");
            links.extend(paths(&written.text).into_iter().chain(paths(&written.html)));
            let header = raw.lines().find(|line| line.starts_with("List-Unsubscribe:")).expect("a header");
            links.extend(paths(header));
        }
        assert!(links.len() >= 15, "{links:?}");
        let before = dump(&app).await;
        let mut guest = app.visitor();
        let mut pages = BTreeSet::new();
        for link in &links {
            pages.extend(named(&scan(&mut guest, link).await));
        }
        for path in &pages {
            scan(&mut guest, path).await;
        }
        assert!(pages.iter().any(|path| path.ends_with("/stop")), "the forms' own addresses are asked for too");
        assert_eq!(before, dump(&app).await);
    }
}
