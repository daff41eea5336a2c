//! The pages of clients, opened from an email in the demo's mailbox: on a phone, in both languages, with and
//! without scripts, and nothing that axe finds.

use fantoccini::Locator;
use serde_json::json;

use crate::chrome::Chrome;
use crate::every_page::looked_at;
use crate::{Demo, may_run};

/// The paths of our own pages in the first email of the mailbox.
async fn links(chrome: &Chrome, demo: &Demo) -> Vec<String> {
    chrome.client.goto(&format!("{}/sign-in?next=/mailbox", demo.address)).await.expect("the door");
    demo.come_in(chrome, "Theo").await;
    chrome.client.goto(&format!("{}/mailbox", demo.address)).await.expect("the mailbox");
    let first = chrome.client.find(Locator::Css(".inbox a:not([href*='notices'])")).await.expect("an email");
    first.click().await.expect("a click");
    let text = chrome.run("return document.querySelector('.plain-text').textContent").await;
    let text = text.as_str().expect("the letter's text").to_owned();
    let starts = text.split(demo.address.as_str()).skip(1);
    starts.map(|rest| rest.split_whitespace().next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_client_stops_resumes_and_reads_again_on_a_phone() {
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let chrome = Chrome::start().await;
    let links = links(&chrome, &demo).await;
    let (pages, letters): (Vec<_>, Vec<_>) = links.into_iter().partition(|link| link.starts_with("/p/"));
    assert!(pages.len() == 2 && letters.iter().any(|link| link.starts_with("/a/")), "{pages:?} {letters:?}");
    chrome.client.delete_all_cookies().await.expect("signed out");
    let mut wrong = Vec::new();
    for lang in ["en", "es"] {
        for link in pages.iter().chain(&letters).map(String::as_str).chain(["/p/none"]) {
            chrome.client.goto(&format!("{}{link}?lang={lang}", demo.address)).await.expect("the page opens");
            let status = chrome.run("return performance.getEntriesByType('navigation')[0].responseStatus").await;
            if link == "/p/none" {
                assert_eq!(status, json!(404));
                chrome.complaints().await;
            } else {
                assert_eq!(status, json!(200), "{link}");
            }
            let name = format!("-{}-{lang}", link.get(1..2).unwrap_or_default());
            wrong.extend(
                looked_at(&chrome, &format!("client{name}")).await.into_iter().map(|what| format!("{link}: {what}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    chrome.without_scripts().await;
    chrome.width(390).await;
    for press in ["/stop", "/resume"] {
        chrome.client.goto(&format!("{}{}", demo.address, pages[0])).await.expect("the page opens");
        let button = format!("form[action$='{press}'] button");
        chrome.client.find(Locator::Css(&button)).await.expect("a button").click().await.expect("a click");
        let said = chrome.soon(async |client| client.find(Locator::Css("[role='status']")).await.is_ok());
        assert!(said.await, "{press} says what it did");
    }
    chrome.stop().await;
}
