//! A mail scanner that is a browser: it opens every link of every email in the mailbox three times, lets the
//! pages' scripts run, and presses nothing. Not one row changes.

use std::collections::BTreeSet;

use fantoccini::Locator;
use sqlx::{Connection as _, SqliteConnection};

use crate::chrome::{Chrome, Look};
use crate::staff::Staff;
use crate::{Demo, may_run};

/// What moves by itself: the worker says that it is alive, and the demo what time it is.
const RESTLESS_TABLE: &str = "worker_beat";
const RESTLESS_SETTINGS: [&str; 2] = ["'worker.beat'", "'demo'"];

/// All rows of all tables, as one text a table.
async fn dump(db: &mut SqliteConnection) -> Vec<(String, String)> {
    let sql = "select name from sqlite_schema where type = 'table' and name not like 'sqlite%' order by name";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut *db).await.expect("names of tables");
    let mut all = Vec::new();
    for table in tables.into_iter().filter(|name| name != RESTLESS_TABLE) {
        let sql = format!("select name from pragma_table_info('{table}')");
        let columns: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *db).await.expect("names of columns");
        let quoted: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
        let sql = format!("select {} as row from \"{table}\" order by 1", quoted.join(" || ',' || "));
        let mut rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *db).await.expect("rows");
        rows.retain(|row| !RESTLESS_SETTINGS.iter().any(|name| table == "setting" && row.starts_with(name)));
        all.push((table, rows.join("\n")));
    }
    all
}

/// The addresses of everything in the mailbox, letters and notices.
async fn mailbox(staff: &Staff<'_>) -> BTreeSet<String> {
    staff.go("/mailbox").await;
    let mails = staff.chrome.client.find_all(Locator::Css(".inbox a")).await.expect("mails");
    let mut paths = Vec::new();
    for mail in mails {
        paths.push(mail.attr("href").await.expect("an answer").expect("an address"));
    }
    assert!(paths.len() >= 20, "{paths:?}");
    let mut links = BTreeSet::new();
    for path in paths {
        staff.go(&path).await;
        let text = staff.chrome.run("return document.querySelector('.plain-text').textContent").await;
        let text = text.as_str().expect("the mail's text").to_owned();
        let ours = text.split(staff.demo.address.as_str()).skip(1);
        links.extend(ours.filter_map(|rest| rest.split_whitespace().next()).map(str::to_owned));
    }
    links
}

#[tokio::test]
async fn a_scanner_that_runs_scripts_changes_nothing() {
    if !may_run() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::with(&["--data", folder.path().to_str().expect("a path")]);
    let chrome = Chrome::start().await;
    let staff = Staff::new(&chrome, &demo);
    staff.comes_in("Rosa").await;
    let visit = staff.visit_of("Omar Haddad", "2026-03-27").await;
    staff.go(&format!("{visit}/form")).await;
    staff.press("Email the link to").await;
    chrome.client.delete_all_cookies().await.expect("signed out");
    staff.comes_in("Theo").await;
    let inbox = format!("{}/mailbox", demo.address);
    let there = chrome.soon(async |client| {
        let opened = client.goto(&inbox).await.is_ok();
        opened && client.find(Locator::XPath("//ol//a[contains(., 'omar.haddad')]")).await.is_ok()
    });
    assert!(there.await, "the link to the form has left");
    let links = mailbox(&staff).await;
    for door in ["/p/", "/a/", "/c/", "/f/"] {
        assert!(links.iter().any(|link| link.starts_with(door)), "{door} in {links:?}");
    }
    chrome.client.delete_all_cookies().await.expect("nobody's browser");
    chrome.dress(Look { width: 1280, dark: false }).await;
    let url = format!("sqlite://{}", folder.path().join("aftercare.db").display());
    let mut db = SqliteConnection::connect(&url).await.expect("the demo's database");
    let before = dump(&mut db).await;
    for link in &links {
        for _ in 0..3 {
            staff.go(link).await;
            let ready =
                chrome.run("return document.readyState === 'complete' && document.querySelectorAll('h1').length").await;
            assert!(ready.as_u64().is_some_and(|headings| headings > 0), "{link}: the page and its scripts are there");
            // As a page that is left: whatever a script keeps for that moment runs too.
            chrome.run("window.dispatchEvent(new Event('pagehide')); document.dispatchEvent(new Event('visibilitychange'))").await;
        }
    }
    let after = dump(&mut db).await;
    for ((table, before), (_, after)) in before.iter().zip(&after) {
        assert_eq!(before, after, "{table} changed");
    }
    chrome.stop().await;
}
