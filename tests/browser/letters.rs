//! An admin changes a letter: typed, seen in the preview, refused, put right, published, what waits is moved, and
//! the old words come back. With scripts; without them the same is tried over the router (`tests/it/studio.rs`).

use fantoccini::Locator;

use crate::chrome::Chrome;
use crate::every_page::looked_at;
use crate::{Demo, may_run};

const DAY: &str = "/letters/day_1/en";

async fn press(chrome: &Chrome, what: &str) {
    let found = chrome.client.find(Locator::XPath(what)).await;
    found.unwrap_or_else(|error| panic!("no {what}: {error}")).click().await.expect("a click");
}

/// Whether this stands on the page, now or soon.
async fn says(chrome: &Chrome, what: &str) -> bool {
    chrome.soon(async |client| client.source().await.is_ok_and(|page| page.contains(what))).await
}

/// Types over the first text of the letter, and waits until it has saved itself.
async fn write(chrome: &Chrome, demo: &Demo, words: &str) {
    chrome.client.goto(&format!("{}{DAY}", demo.address)).await.expect("the letter opens");
    chrome.run("document.querySelector('[data-saved]').textContent = ''; return 1").await;
    let area = chrome.client.find(Locator::Css("textarea[name='b0.body']")).await.expect("a text");
    area.clear().await.expect("empty");
    area.send_keys(words).await.expect("typed");
    let saved = async |client: &fantoccini::Client| {
        let status = client.find(Locator::Css("[data-saved]")).await.expect("a status");
        status.text().await.is_ok_and(|text| text.starts_with("Saved "))
    };
    assert!(chrome.soon(saved).await, "it saves itself");
}

/// From the letter to its check, and publishes it with this note.
async fn publish(chrome: &Chrome, note: &str) {
    press(chrome, "//button[contains(., 'Check and publish')]").await;
    assert!(says(chrome, "Nothing to fix").await, "the check lets it pass");
    let field = chrome.client.find(Locator::Css("#note")).await.expect("a note");
    field.send_keys(note).await.expect("typed");
    press(chrome, "//button[contains(., 'Publish version')]").await;
    assert!(says(chrome, note).await, "it is among the versions");
}

#[tokio::test]
async fn a_letter_is_changed_seen_refused_mended_published_moved_and_taken_back() {
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let chrome = Chrome::start().await;
    chrome.client.goto(&format!("{}/sign-in?next=/letters", demo.address)).await.expect("the door");
    demo.come_in(&chrome, "Ada").await;

    write(&chrome, &demo, "Dear {{ nickname }}, water flushes toxins out.").await;
    // The preview followed: the first frame gave way to one that was filled by the form.
    let followed = chrome.soon(async |client| {
        let asked = "const one = document.querySelector('iframe[data-preview]'); \
                     return Boolean(one) && !one.hidden && !one.hasAttribute('src')";
        client.execute(asked, Vec::new()).await.is_ok_and(|answer| answer == serde_json::json!(true))
    });
    assert!(followed.await, "the preview follows");
    assert!(says(&chrome, "2 to fix").await, "the check beside the letter follows");
    let mut wrong = looked_at(&chrome, "letters-refused").await;
    press(&chrome, "//button[contains(., 'Check and publish')]").await;
    assert!(says(&chrome, "did you mean").await, "the gate says what would be right");
    assert!(!says(&chrome, "Publish version").await, "and offers no publication");

    write(&chrome, &demo, "Hello again. It was good to see you on {{ visit_day }}.").await;
    publish(&chrome, "Warmer words").await;
    assert!(says(&chrome, "version 1</h2>").await, "what waits is told of");
    press(&chrome, "//a[contains(., 'See what is different in version 2')]").await;
    assert!(says(&chrome, "<ins>").await);
    wrong.extend(looked_at(&chrome, "letters-different").await);
    press(&chrome, "//button[contains(., 'to version 2')]").await;
    let moved = chrome.soon(async |client| client.source().await.is_ok_and(|page| !page.contains("version 1</h2>")));
    assert!(moved.await, "nothing waits with version 1 any more");

    press(&chrome, "//button[contains(., 'Make version 1 the draft')]").await;
    assert!(says(&chrome, "Draft of version 3").await);
    publish(&chrome, "Back to the old words").await;
    press(&chrome, "//a[contains(., 'Changes since version 2')]").await;
    assert!(says(&chrome, "<del>").await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    chrome.stop().await;
}
