//! Every path of a client's own pages on a phone of 390 px, in both languages, with scripts and without: what
//! they are sent, stopped, undone and stopped for good, the language, a new address as far as the old one
//! taking it back, letters read again, wishes, one click in a mail program, and links that have ended.
//! Each page fits, says nothing in the console, and is asked by axe where scripts run.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use aftercare::clinic::choice::Topic;
use aftercare::clinic::wording::Words;
use fantoccini::Locator;
use sqlx::{Connection as _, SqliteConnection};

use crate::chrome::{Chrome, Look};
use crate::staff::Staff;
use crate::{Demo, axe, may_run};

/// A phone.
pub const PHONE: Look = Look { width: 390, dark: false };

/// Who walks: each has emails of their own in the demo's mailbox. In which language, and whether scripts run.
const WALKS: [(&str, &str, bool); 4] =
    [("Cleo Okafor", "en", true), ("Sina Tavita", "es", true), ("Ewan Reid", "en", false), ("Tom Avery", "es", false)];

/// Fits the phone, says nothing in the console, and is asked by axe where it can be: axe is a script itself.
pub async fn fits(chrome: &Chrome, what: &str, scripts: bool) {
    let path = chrome.client.current_url().await.expect("an address").path().chars().take(2).collect::<String>();
    let wide = chrome.content_width().await;
    assert!(wide <= 390.0, "{what}: {path} is {wide} px wide on a phone");
    if scripts {
        let wrong = axe::violations(chrome).await;
        assert!(wrong.is_empty(), "{what}: {path}: {wrong:#?}");
        chrome.keep_pictures(&format!("paths-{what}")).await;
        chrome.dress(PHONE).await;
    }
    // What axe itself stumbles over is not the page's.
    chrome.complaints().await;
}

struct Client<'a> {
    staff: &'a Staff<'a>,
    name: &'a str,
    lang: &'static str,
    scripts: bool,
}

#[tokio::test]
async fn a_client_does_everything_there_is_to_do_on_their_own_pages() {
    if !may_run() {
        return;
    }
    let (demo, chrome) = (Demo::start(), Chrome::start().await);
    let staff = Staff::new(&chrome, &demo);
    staff.comes_in("Theo").await;
    chrome.dress(PHONE).await;
    for (name, lang, scripts) in WALKS {
        chrome.scripts(scripts).await;
        let client = Client { staff: &staff, name, lang, scripts };
        let links = client.links().await;
        client.stops_and_has_again(&links.preferences).await;
        client.chooses_a_language(&links.preferences).await;
        client.reads_again(&links).await;
        client.asks_for_what_is_theirs(&links.preferences).await;
        client.stops_one_kind(&links).await;
        client.moves_to_another_address(&links.preferences).await;
    }
    chrome.stop().await;
}

/// The links of one letter.
struct Links {
    preferences: String,
    stop: String,
    letter: String,
}

impl Client<'_> {
    fn words(&self) -> &'static Words {
        Words::of(self.lang).expect("a language")
    }

    /// Opens a page of theirs in the language of this walk.
    async fn opens(&self, path: &str) {
        self.staff.go(&format!("{path}?lang={}", self.lang)).await;
    }

    async fn looked_at(&self, what: &str) {
        fits(self.staff.chrome, &format!("{what}-{}", self.lang), self.scripts).await;
    }

    /// Waits until a mail like this is in the mailbox, and opens the newest.
    async fn mail(&self, path: &str) -> String {
        let mailbox = format!("{}/mailbox", self.staff.demo.address);
        let there = self.staff.chrome.soon(async |client| {
            let opened = client.goto(&mailbox).await.is_ok();
            opened && client.find(Locator::XPath(path)).await.is_ok()
        });
        assert!(there.await, "{}: no mail {path}", self.name);
        let found = self.staff.chrome.client.find(Locator::XPath(path)).await.expect("it is there");
        let href = found.attr("href").await.expect("an answer").expect("an address");
        self.staff.go(&href).await;
        let text = self.staff.chrome.run("return document.querySelector('.plain-text').textContent").await;
        text.as_str().expect("the mail's text").to_owned()
    }

    /// The paths of our own pages in a text, in the order they stand in.
    fn paths(&self, text: &str) -> Vec<String> {
        let starts = text.split(self.staff.demo.address.as_str()).skip(1);
        starts.map(|rest| rest.split_whitespace().next().unwrap_or_default().to_owned()).collect()
    }

    async fn links(&self) -> Links {
        let letter = format!("//ol//a[contains(., \"{}\") and not(contains(@href, 'notices'))]", self.name);
        let text = self.mail(&letter).await;
        let of = |door: &str| self.paths(&text).into_iter().filter(|path| path.starts_with(door)).collect::<Vec<_>>();
        let mut preferences = None;
        let mut stop = None;
        for path in of("/p/") {
            self.opens(&path).await;
            *(if self.staff.has("#topics").await { &mut preferences } else { &mut stop }) = Some(path);
        }
        let letter = of("/a/").into_iter().next().expect("a link to read it again");
        Links { preferences: preferences.expect("what is sent"), stop: stop.expect("a link that stops"), letter }
    }

    async fn stops_and_has_again(&self, page: &str) {
        let said = &self.words().preferences.said;
        self.opens(page).await;
        self.looked_at("preferences").await;
        for topic in Topic::ALL {
            let row = |act: &str| format!("form[action*='/{act}']:has(input[value='{}']) button", topic.id());
            self.staff.follow(&format!("#topics ~ ul {}", row("stop"))).await;
            self.staff.reads(said.stopped(topic)).await;
            if topic == Topic::Aftercare {
                self.looked_at("stopped").await;
            }
            self.staff.follow(".guest-says form button").await;
            assert!(self.staff.has(&format!("#topics ~ ul {}", row("stop"))).await, "undone: {}", topic.id());
            self.staff.follow(&format!("#topics ~ ul {}", row("stop"))).await;
            self.staff.follow(&format!("#topics ~ ul {}", row("resume"))).await;
            assert!(self.staff.has("[role='status']").await, "it says what comes next");
        }
        self.looked_at("resumed").await;
    }

    async fn chooses_a_language(&self, page: &str) {
        let other = if self.lang == "en" { "es" } else { "en" };
        self.opens(page).await;
        self.staff.chooses("#locale", other).await;
        self.staff.follow("form:has(#locale) button").await;
        self.staff.reads(&Words::of(other).expect("a language").preferences.said.language).await;
        self.staff.chooses("#locale", self.lang).await;
        self.staff.follow("form:has(#locale) button").await;
        self.staff.reads(&self.words().preferences.said.language).await;
        self.looked_at("language").await;
    }

    async fn reads_again(&self, links: &Links) {
        self.opens(&links.preferences).await;
        self.staff.follow(".guest-link").await;
        self.staff.reads(&self.words().preferences.letters.in_words).await;
        self.looked_at("listed-letter").await;
        self.opens(&links.letter).await;
        self.staff.reads(&self.words().preferences.letters.in_words).await;
        self.staff.click("details summary").await;
        assert!(self.staff.find("details .plain-text").await.text().await.expect("words").len() > 200);
        self.looked_at("letter").await;
    }

    async fn asks_for_what_is_theirs(&self, page: &str) {
        let said = &self.words().preferences.said;
        self.opens(page).await;
        for (wish, told) in [("data", &said.wish_data), ("erasure", &said.wish_erasure)] {
            self.staff.follow(&format!("form:has(input[value='{wish}']) button")).await;
            self.staff.reads(told).await;
        }
        self.looked_at("wishes").await;
    }

    /// By the button of the page, and by the mail program's own.
    async fn stops_one_kind(&self, links: &Links) {
        let words = &self.words().preferences;
        self.opens(&links.stop).await;
        let named = self.staff.chrome.run("return document.querySelector('main input[name=topic]').value").await;
        let topic = named.as_str().and_then(Topic::of).expect("the kind of this letter");
        self.looked_at("stop").await;
        self.staff.follow("button.big").await;
        self.staff.reads(words.said.stopped(topic)).await;
        self.looked_at("stop-done").await;
        self.staff.follow("button.big").await;
        self.staff.reads(words.stop_page.of(topic).0).await;
        assert_eq!(one_click(&self.staff.demo.address, &links.stop), "HTTP/1.1 200 OK");
        self.opens(&links.preferences).await;
        let resume = format!("form[action*='/resume']:has(input[value='{}']) button", topic.id());
        assert!(self.staff.has(&resume).await, "one click stopped it");
        self.staff.follow(&resume).await;
    }

    /// Asked at the old address, confirmed at the new one, taken back from the old one.
    async fn moves_to_another_address(&self, page: &str) {
        let words = &self.words().preferences;
        let new = format!("{}.{}@new.example", self.lang, self.scripts);
        self.opens(page).await;
        self.staff.sends("form:has(#email)", &[("email", "nobody")], "").await;
        self.staff.reads(&words.address.wrong).await;
        self.looked_at("address-wrong").await;
        self.staff.clears("#email").await;
        self.staff.types("#email", &new).await;
        self.staff.follow("form:has(#email) button").await;
        self.staff.reads(&words.said.address_asked).await;
        self.looked_at("address-asked").await;
        let notice = |what: &str| format!("//ol//a[contains(@href, 'notices') and contains(., \"{what}\")]");
        let text = self.mail(&notice(&new)).await;
        let confirm = self.paths(&text).into_iter().next().expect("a link");
        let old = format!(
            "//ol//a[contains(@href, 'notices') and contains(., \"{}\") and contains(., \"{}\")]",
            email(self.name),
            words.confirm.old_subject
        );
        let text = self.mail(&old).await;
        let undo = self.paths(&text).into_iter().next().expect("a link");
        self.opens(&confirm).await;
        self.looked_at("confirm").await;
        self.staff.follow("button.big").await;
        self.staff.reads(&words.said.address_confirmed).await;
        self.looked_at("confirmed").await;
        self.opens(&undo).await;
        self.looked_at("changed").await;
        self.staff.follow("form[action*='/address/undo'] button").await;
        self.staff.reads(&words.said.address_undone).await;
        self.opens(&confirm).await;
        self.staff.reads(&words.confirm.stale).await;
        self.looked_at("stale").await;
    }
}

/// A client's address, as the demo registers it.
fn email(name: &str) -> String {
    person(name)["email"].as_str().expect("an address").to_owned()
}

/// A client, as the demo registers them.
pub fn person(name: &str) -> serde_json::Value {
    let cast: serde_json::Value =
        serde_json::from_str(include_str!("../../config/demo/clinic.json")).expect("the demo's cast");
    let people = cast["clients"].as_array().expect("clients");
    let is = |one: &&serde_json::Value| name == format!("{} {}", one["first_name"], one["last_name"]).replace('"', "");
    people.iter().find(is).expect("they are registered").clone()
}

/// What a mail program sends when its own button is pressed, and the first line of the answer.
fn one_click(address: &str, path: &str) -> String {
    let host = address.trim_start_matches("http://");
    let body = "List-Unsubscribe=One-Click";
    let mut line = TcpStream::connect(host).expect("the house answers");
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    line.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    line.read_to_string(&mut answer).expect("an answer");
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_link_that_has_ended_says_so_kindly_and_whom_to_call() {
    if !may_run() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::with(&["--data", folder.path().to_str().expect("a path")]);
    let chrome = Chrome::start().await;
    let staff = Staff::new(&chrome, &demo);
    staff.comes_in("Theo").await;
    chrome.dress(PHONE).await;
    let client = Client { staff: &staff, name: "Sina Tavita", lang: "en", scripts: true };
    let links = client.links().await;
    let url = format!("sqlite://{}", folder.path().join("aftercare.db").display());
    let mut db = SqliteConnection::connect(&url).await.expect("the demo's database");
    let nobody = "update email_link set client_id = null, visit_id = null";
    // The links of an email share a row, so one thing happens to it after the other: two years pass, it is switched off,
    // the client is erased.
    for (sql, path, notice) in [
        ("update email_link set made_at = made_at - 730 * 86400000", links.preferences.as_str(), "ended"),
        ("update email_link set revoked_at = made_at", &links.stop, "revoked"),
        (nobody, &links.letter, "revoked"),
        (nobody, "/c/none", "unknown"),
    ] {
        assert!(sqlx::query(sql).execute(&mut db).await.expect("an update").rows_affected() > 0);
        for (lang, scripts) in [("en", true), ("es", true), ("en", false), ("es", false)] {
            chrome.scripts(scripts).await;
            let common = &Words::of(lang).expect("a language").common;
            let notice = match notice {
                "ended" => &common.ended,
                "revoked" => &common.revoked,
                _ => &common.unknown,
            };
            staff.go(&format!("{path}?lang={lang}")).await;
            staff.reads(&notice.title).await;
            staff.reads(&notice.text).await;
            assert!(staff.has("a[href^='tel:']").await, "{path}: whom to call");
            fits(&chrome, &format!("dead-{lang}"), scripts).await;
        }
    }
    chrome.stop().await;
}
