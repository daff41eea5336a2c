//! The audit as the admin reads it: filtered, a page at a time, and as a file that no spreadsheet runs.

use aftercare::store::audit::{self, Entry};
use axum::http::StatusCode;
use jiff::SignedDuration;

use crate::support::app::TestApp;

const MORNING: &str = "2026-01-05T08:00:00Z";

#[tokio::test]
async fn it_is_filtered_by_person_kind_record_and_day() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let mut rosa = app.sign_in("Rosa").await;
        rosa.get(&format!("/visits/{visit}/move")).await;
        app.advance(SignedDuration::from_hours(24));
        let mut ada = app.sign_in("Ada").await;
        ada.get(&format!("/clients/{}", app.cast.cleo)).await;
        let all = ada.get("/audit").await;
        assert_eq!(all.status, StatusCode::OK);
        assert!(all.body.contains("visit.viewed") && all.body.contains("client.viewed"), "{}", all.body);
        assert!(all.body.contains("Rosa Muster<span") && all.body.contains(&format!("href=\"/visits/{visit}\"")));
        let by_rosa = ada.get(&format!("/audit?who={}", app.cast.rosa)).await;
        assert!(by_rosa.body.contains("visit.viewed") && !by_rosa.body.contains("<td>client.viewed"));
        let clients = ada.get("/audit?kind=client").await;
        assert!(clients.body.contains("<td>client.viewed") && !clients.body.contains("<td>visit.viewed"));
        let record = ada.get(&format!("/audit?record={visit}")).await;
        assert!(record.body.contains("<td>visit.booked") && !record.body.contains("<td>client.viewed"));
        let today = ada.get("/audit?from=2026-01-06&to=2026-01-06").await;
        assert!(today.body.contains("<td>client.viewed") && !today.body.contains("<td>visit.viewed"));
        let before = ada.get("/audit?to=2026-01-05").await;
        assert!(!before.body.contains("<td>client.viewed") && before.body.contains("<td>visit.viewed"));
        let wrong = ada.get("/audit?from=monday&record=%3Cb%3E").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("Write the day like 2026-01-05.") && wrong.body.contains("value=\"&#60;b&#62;\""));
        assert_eq!(ada.get("/audit?before=x").await.status, StatusCode::BAD_REQUEST);
        // Each look was written down.
        assert_eq!(app.ask("select id from audit where action = 'audit.viewed'").await.len(), 8);
        let mut rosa = app.sign_in("Rosa").await;
        assert_eq!(rosa.get("/audit").await.status, StatusCode::FORBIDDEN);
        let mut otto = app.sign_in("Otto").await;
        assert!(!otto.get("/audit").await.body.contains(&visit.to_string()));
    }
}

#[tokio::test]
async fn its_pages_follow_each_other_without_a_gap_or_a_double() {
    for app in TestApp::at(MORNING).await {
        let entry = |number: usize| Entry {
            who: app.cast.ada.to_string(),
            ..Entry::system(app.cast.clinic, app.now(), &format!("count.{number:03}"), "link", "x".into())
        };
        let entries: Vec<Entry> = (0..120).map(entry).collect();
        app.write(async |db| audit::record_all(db, &entries).await).await;
        let mut ada = app.sign_in("Ada").await;
        let (mut path, mut seen, mut pages) = ("/audit?kind=link".to_owned(), Vec::new(), 0);
        loop {
            let page = ada.get(&path).await;
            pages += 1;
            seen.extend(page.body.split("<td>count.").skip(1).map(|part| part[..3].to_owned()));
            let Some((_, rest)) = page.body.split_once("href=\"/audit?kind=link&#38;before=") else { break };
            path = format!("/audit?kind=link&before={}", rest.split_once('"').expect("an end").0);
        }
        let expected: Vec<String> = (0..120).rev().map(|number| format!("{number:03}")).collect();
        assert_eq!((pages, seen), (3, expected));
    }
}

#[tokio::test]
async fn a_file_holds_the_same_rows_and_no_formula() {
    for app in TestApp::at(MORNING).await {
        let bad = ["=1+1", "@SUM(A1)", "+1", "-1", "\t=1", "a \"b\", c\nd"];
        let entries: Vec<Entry> =
            bad.map(|record| Entry::system(app.cast.clinic, app.now(), "count.one", "link", record.into())).into();
        app.write(async |db| audit::record_all(db, &entries).await).await;
        let mut ada = app.sign_in("Ada").await;
        let file = ada.post("/audit/export", &[("kind", "link")]).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
        assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit-2026-01-05.csv\"");
        let mut rows = csv::Reader::from_reader(file.body.as_bytes());
        let records: Vec<String> = rows.records().map(|row| row.expect("a row")[6].to_owned()).collect();
        assert_eq!(records.len(), bad.len());
        for record in &records {
            assert!(!record.starts_with(['=', '+', '-', '@', '\t', '\r']), "{record:?}");
        }
        assert!(records.contains(&"a \"b\", c\nd".to_owned()));
        assert_eq!(app.ask("select action from audit where action = 'audit.exported'").await.len(), 1);
        let wrong = ada.post("/audit/export", &[("from", "monday")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let mut rosa = app.sign_in("Rosa").await;
        assert_eq!(rosa.post("/audit/export", &[]).await.status, StatusCode::FORBIDDEN);
    }
}
