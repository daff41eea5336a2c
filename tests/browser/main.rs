//! What only a browser can tell: the demo, walked by a newcomer in Chromium with scripts off.
//! Without Chromium and its driver it says so and passes; where `CI=true` it fails.

mod after_forms;
mod axe;
mod check_in;
mod chrome;
mod day;
mod doors;
mod editors;
mod every_page;
mod first_run;
mod form;
mod guests;
mod letters;
mod live;
mod paths;
mod scanner;
#[path = "../it/support/server.rs"]
mod server;
mod settings;
mod staff;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use chrome::Chrome;
use fantoccini::Locator;

/// The demo of the real binary, on a port and a database of its own.
struct Demo {
    process: Child,
    address: String,
    /// Name, email and password of those who work there.
    keys: Vec<[String; 3]>,
}

impl Demo {
    fn start() -> Self {
        Self::with(&[])
    }

    /// The same on this PostgreSQL.
    fn on(database: &str) -> Self {
        Self::with(&["--database", database])
    }

    fn with(more: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_aftercare"))
            .args(["demo", "--listen", "127.0.0.1:0", "--days-per-minute", "0", "--start", "2026-03-27T09:40:00Z"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the demo starts");
        let out = BufReader::new(process.stdout.take().expect("its words"));
        let told = out.lines().map_while(Result::ok).take_while(|line| !line.starts_with("Look first"));
        let told: Vec<String> = told.collect();
        let line = told.iter().find(|line| line.contains("http://")).expect("the demo says where it is");
        let address = line.split_once("http://").expect("an address").1.trim_end_matches("/demo");
        let key = |line: &String| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [first, .., email, password] = words.as_slice() else { return None };
            email.contains('@').then(|| [first, email, password].map(|word| (*word).to_owned()))
        };
        Self { process, address: format!("http://{address}"), keys: told.iter().filter_map(key).collect() }
    }

    /// Email and password of this member of the staff.
    fn key(&self, name: &str) -> (String, String) {
        let [_, email, password] = self.keys.iter().find(|key| key[0] == name).expect("they work there");
        (email.clone(), password.clone())
    }

    /// Presses the button of the sign-in page that lets this member of the staff in.
    async fn come_in(&self, chrome: &Chrome, name: &str) {
        let button = format!("//form[@action='/demo/sign-in']//button[contains(., '{name}')]");
        let found = chrome.client.find(Locator::XPath(&button)).await;
        found.unwrap_or_else(|error| panic!("no button for {name}: {error}")).click().await.expect("a click");
        let inside = chrome.soon(async |client| client.find(Locator::Css(".bar .who")).await.is_ok());
        assert!(inside.await, "{name} still stands before the door");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether there is a browser. Where `CI=true` there has to be one.
fn may_run() -> bool {
    let Some(reason) = chrome::missing() else { return true };
    assert!(std::env::var("CI").is_err(), "{reason}, and CI leaves nothing out");
    println!("skipped: {reason}");
    false
}

/// One step of the walk: the page is there, quiet, and fits a phone.
async fn look(chrome: &Chrome, title: &str) {
    let there = chrome.soon(async |client| client.title().await.is_ok_and(|shown| shown.contains(title))).await;
    let path = chrome.client.current_url().await.expect("an address");
    let shown = chrome.client.title().await.expect("a title");
    assert!(there, "{path}: the title is \"{shown}\", not \"{title}\"");
    assert!(!chrome.client.find_all(Locator::Css("h1")).await.expect("headings").is_empty(), "{path} has no heading");
    for width in [390_u32, 1280] {
        chrome.width(width).await;
        let laid_out = chrome.content_width().await;
        assert!(laid_out <= f64::from(width), "{path} is {laid_out} px wide in a window of {width}");
    }
    let complaints = chrome.complaints().await;
    assert!(complaints.is_empty(), "{path}: the console says {complaints:#?}");
}

/// Follows the first link of this kind, as a click would.
async fn follow(chrome: &Chrome, link: &str) {
    let found = chrome.client.find(Locator::Css(link)).await;
    found.unwrap_or_else(|error| panic!("no link {link}: {error}")).click().await.expect("a click");
}

#[tokio::test]
async fn a_newcomer_walks_the_demo_on_a_phone_and_a_desk_without_scripts() {
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let chrome = Chrome::start().await;
    chrome.without_scripts().await;
    let go = |path: &str| {
        let url = format!("{}{path}", demo.address);
        let client = chrome.client.clone();
        async move { client.goto(&url).await.expect("the page opens") }
    };
    // The console is heard at all: an address that is not there is an error in it.
    go("/nowhere").await;
    assert!(!chrome.complaints().await.is_empty(), "the console cannot be read");

    go("/demo").await;
    look(&chrome, "Start here").await;
    // A door without a key leads to the keys.
    follow(&chrome, ".steps a[href='/day']").await;
    look(&chrome, "Sign in").await;
    demo.come_in(&chrome, "Ada").await;
    look(&chrome, "Friday 27 March").await;
    go("/account").await;
    look(&chrome, "Your account").await;
    go("/people").await;
    look(&chrome, "People").await;
    go("/welcome").await;
    look(&chrome, "What to do next").await;
    go("/demo").await;
    follow(&chrome, ".steps a[href='/day']").await;
    look(&chrome, "Friday 27 March").await;
    follow(&chrome, ".board .who a").await;
    look(&chrome, "Bram Visser").await;
    follow(&chrome, ".timeline .acts a").await;
    look(&chrome, "Bram Visser").await;
    follow(&chrome, ".tabs a[href='/mailbox']").await;
    look(&chrome, "Mailbox").await;
    follow(&chrome, ".inbox a").await;
    look(&chrome, "Harbour Street Clinic").await;

    // Every visit of the day, and the letter itself as its frame shows it.
    go("/day").await;
    let links = chrome.client.find_all(Locator::Css(".board .who a")).await.expect("visits");
    let mut visits = Vec::new();
    for link in links {
        visits.push(link.attr("href").await.expect("an answer").expect("an address"));
    }
    assert!(visits.len() >= 5, "{visits:?}");
    for visit in visits {
        go(&visit).await;
        look(&chrome, "Harbour Street Clinic").await;
    }
    chrome.stop().await;
}
