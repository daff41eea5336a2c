//! What holds for every page holds for the desk's: one title, headings in order, nothing inline, a
//! label for each field, and a weight that a phone can carry.

use axum::http::StatusCode;

use super::{MORNING, form};
use crate::support::app::TestApp;

#[tokio::test]
async fn the_pages_of_the_desk_keep_the_rules_of_pages() {
    let app = TestApp::at(MORNING).await.into_iter().next().expect("an engine");
    let visit = app.book("2026-01-05T08:20:00Z").await;
    app.book("2026-01-08T09:00:00Z").await;
    let mut rosa = app.sign_in("Rosa").await;
    let cleo = app.cast.cleo.to_string();
    let wrong = form(&cleo, "2026-02-31", "25:00", "");
    let asked = form(&cleo, "2026-01-08", "10:00", "");
    let moving =
        [("version", "1"), ("date", "2026-01-09"), ("time", "10:00"), ("minutes", "60"), ("technique", "swedish")];
    let pages = [
        rosa.get("/day").await,
        rosa.get(&format!("/day?by=therapist&told={visit}")).await,
        rosa.get("/visits/new").await,
        rosa.get("/visits/new?q=oka&on=2026-01-08").await,
        rosa.get(&format!("/visits/new?client={cleo}")).await,
        rosa.post("/visits", &wrong).await,
        rosa.post("/visits", &asked).await,
        rosa.get(&format!("/visits/{visit}/move")).await,
        rosa.post(&format!("/visits/{visit}/move"), &moving).await,
        rosa.get(&format!("/visits/{visit}/cancel")).await,
    ];
    for (number, page) in pages.iter().enumerate() {
        let shown = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY];
        assert!(shown.contains(&page.status), "{number}");
        let html = &page.body;
        let levels: Vec<u32> = html
            .match_indices("<h")
            .filter_map(|(at, _)| html[at + 2..].chars().next().and_then(|digit| digit.to_digit(10)))
            .collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "page {number}: {levels:?}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "page {number} skips a level: {levels:?}");
        for forbidden in ["<script>", "<style", " style=", " onclick=", "javascript:"] {
            assert!(!html.contains(forbidden), "page {number} holds {forbidden}");
        }
        assert!(html.len() < 150_000, "page {number} has {} bytes", html.len());
        for id in ids(html) {
            assert_eq!(html.matches(&format!(" id=\"{id}\"")).count(), 1, "page {number} has {id} twice");
        }
        for (tag, end) in [("<input ", ">"), ("<select ", ">")] {
            for (at, _) in html.match_indices(tag) {
                let field = html[at..].split(end).next().expect("an end");
                let id = field.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
                let named = id.is_some_and(|id| html.contains(&format!("<label for=\"{id}\"")))
                    || id.is_some_and(|id| html.contains(&format!("for=\"{id}\"")));
                let boxed = field.contains("checkbox") || field.contains("hidden");
                assert!(named || boxed, "page {number}: {field} has no label");
            }
        }
    }
}

fn ids(html: &str) -> Vec<&str> {
    html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}
