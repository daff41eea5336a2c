//! A client answers a check-in, opened from an email in the demo's mailbox: on a phone, in both languages,
//! with and without scripts, and nothing that axe finds on the page that answers.

use fantoccini::Locator;

use crate::chrome::Chrome;
use crate::every_page::looked_at;
use crate::{Demo, may_run};

/// The path of the check-in in the first email that has one.
async fn check_in(chrome: &Chrome, demo: &Demo) -> String {
    chrome.client.goto(&format!("{}/sign-in?next=/mailbox", demo.address)).await.expect("the door");
    demo.come_in(chrome, "Theo").await;
    chrome.client.goto(&format!("{}/mailbox", demo.address)).await.expect("the mailbox");
    let emails = chrome.run("return [...document.querySelectorAll('.inbox a')].map(one => one.href)").await;
    for email in emails.as_array().expect("a list").iter().filter_map(|email| email.as_str()) {
        chrome.client.goto(email).await.expect("an email");
        let text = chrome.run("return document.querySelector('.plain-text').textContent").await;
        let start = format!("{}/c/", demo.address);
        if let Some((_, rest)) = text.as_str().unwrap_or_default().split_once(&start) {
            return format!("/c/{}", rest.split_whitespace().next().unwrap_or_default());
        }
    }
    panic!("no email asks how it went")
}

async fn press(chrome: &Chrome, what: &str) {
    let found = chrome.client.find(Locator::Css(what)).await;
    found.unwrap_or_else(|error| panic!("no {what}: {error}")).click().await.expect("a click");
}

/// Whether this stands on the page, now or soon.
async fn says(chrome: &Chrome, what: &str) -> bool {
    chrome.soon(async |client| client.source().await.is_ok_and(|page| page.contains(what))).await
}

#[tokio::test]
async fn a_client_answers_on_a_phone_with_scripts_and_without() {
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let chrome = Chrome::start().await;
    let link = check_in(&chrome, &demo).await;
    chrome.client.delete_all_cookies().await.expect("signed out");
    chrome.width(390).await;
    let go = async |lang: &str| {
        chrome.client.goto(&format!("{}{link}?lang={lang}", demo.address)).await.expect("the page opens");
    };
    let mut wrong = Vec::new();

    go("en").await;
    let presses = all_fine(&chrome).await;
    assert!(says(&chrome, "what we expect after a visit").await, "all is fine");
    assert!(presses <= 5, "{presses} presses for “all fine”");

    // A sign says what to do before anything is sent, and the answer is looked at in both languages.
    for (lang, answer) in [("en", "Please get medical help today"), ("es", "busque ayuda médica hoy")] {
        go(lang).await;
        press(&chrome, "input[value='severe_constant_pain']").await;
        let shown =
            chrome.soon(async |client| client.find(Locator::Css("#at-once [data-card='same_day']")).await.is_ok());
        assert!(shown.await, "what to do is shown at once");
        press(&chrome, "form.check-in button[type='submit']").await;
        assert!(says(&chrome, answer).await, "{answer}");
        wrong.extend(looked_at(&chrome, &format!("client-answer-{lang}")).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    chrome.without_scripts().await;
    chrome.width(390).await;
    for (lang, taken, answer) in [
        ("en", "We got your answers at", "Please get medical help today"),
        ("es", "Recibimos sus respuestas a las", "busque ayuda médica hoy"),
    ] {
        go(lang).await;
        assert!(says(&chrome, "data-card=\"emergency\"").await, "the guidance stands on the page");
        for choice in FINE {
            press(&chrome, choice).await;
        }
        assert!(says(&chrome, taken).await, "taken without scripts");
        // What was said before is not unsaid by “fine”.
        assert!(says(&chrome, answer).await);
    }
    chrome.stop().await;
}

/// What somebody presses who is fine: a number, better, none of the signs, send.
const FINE: [&str; 4] = [
    "input[name='pain'][value='1']",
    "input[name='compared'][value='better']",
    "input[name='none']",
    "form.check-in button[type='submit']",
];

/// Answers that all is fine, and tells how long that takes somebody: 1.1 s for each press on a phone, after the
/// keystroke-level model, and the words of the questions at 250 a minute, with all the signs or as far as
/// “none of these”, which stands before them. The numbers of the scale are pressed, not read.
async fn all_fine(chrome: &Chrome) -> usize {
    const WORDS: &str = "const words = text => text.trim().split(/\\s+/).filter(word => /\\p{L}/u.test(word)).length; \
        const form = document.querySelector('form.check-in'); \
        const signs = [...form.querySelectorAll('input[name=sign]')].map(one => one.closest('label').innerText); \
        return [words(form.innerText), words(signs.join(' '))]";
    let told = chrome.run(WORDS).await;
    let (all, signs) = (told[0].as_u64().unwrap_or_default(), told[1].as_u64().unwrap_or_default());
    for choice in FINE {
        press(chrome, choice).await;
    }
    let seconds = |words: u64| (FINE.len() as u64 * 1100 + words * 60_000 / 250) / 1000;
    println!(
        "all fine: {} presses, no keys; {} s with each of the {all} words read, {} s without the {signs} words of the signs",
        FINE.len(),
        seconds(all),
        seconds(all - signs)
    );
    FINE.len()
}
