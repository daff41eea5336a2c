//! Chromium through its driver: what a page may not do is read from its console, and its size from
//! its layout, so that no script has to run in it.

use std::fmt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::http::Method;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// Where the parts are, or which one is missing.
pub fn missing() -> Option<&'static str> {
    let is_there = |name: &str| {
        let found = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    };
    if !is_there("chromedriver") {
        return Some("chromedriver is not installed");
    }
    (!["chromium", "chromium-browser", "google-chrome"].into_iter().any(is_there))
        .then_some("Chromium is not installed")
}

/// In which window and light one looks at a page.
#[derive(Clone, Copy)]
pub struct Look {
    pub width: u32,
    pub dark: bool,
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} px, {}", self.width, if self.dark { "dark" } else { "light" })
    }
}

/// A browser of our own, with a profile that is gone afterwards.
pub struct Chrome {
    pub client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Chrome {
    pub async fn start() -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut args = vec![format!("--user-data-dir={}", profile.path().display())];
        let flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
             --disable-component-update --disable-sync --hide-scrollbars --window-size=1280,900 \
             --blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4";
        args.extend(flags.split_whitespace().map(str::to_owned));
        let wanted = json!({ "goog:chromeOptions": { "args": args }, "goog:loggingPrefs": { "browser": "ALL" } });
        let wanted: Capabilities = wanted.as_object().expect("an object").clone();
        let address = format!("http://127.0.0.1:{port}");
        let mut tries = 0;
        let client = loop {
            match ClientBuilder::new(HttpConnector::new()).capabilities(wanted.clone()).connect(&address).await {
                Ok(client) => break client,
                Err(error) if tries > 100 => panic!("chromedriver does not answer: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
            tries += 1;
        };
        Self { client, driver, _profile: profile }
    }

    /// No page may need a script: from here on none runs.
    pub async fn without_scripts(&self) {
        self.scripts(false).await;
    }

    /// Whether pages' scripts run from here on.
    pub async fn scripts(&self, run: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !run })).await;
    }

    /// A window of this width, as on a phone when it is narrow.
    pub async fn width(&self, width: u32) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// A window of this width in this light.
    pub async fn dress(&self, look: Look) {
        let scheme = if look.dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }, { "name": "prefers-reduced-motion", "value": "reduce" }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        self.width(look.width).await;
    }

    /// Whether this becomes true: a click returns before the page it leads to is there.
    pub async fn soon(&self, is_so: impl AsyncFn(&Client) -> bool) -> bool {
        for _ in 0..200 {
            if is_so(&self.client).await {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// What this script of the driver answers; the pages' own policy does not hold for it.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.expect("a script of the driver")
    }

    /// Pictures of the whole page, on a phone and a desk, in light and dark, in the folder that
    /// `AFTERCARE_PICTURES` names, to look at.
    pub async fn keep_pictures(&self, name: &str) {
        let Ok(folder) = std::env::var("AFTERCARE_PICTURES") else { return };
        for (width, dark) in [(390, false), (390, true), (1280, false), (1280, true)] {
            let look = Look { width, dark };
            self.dress(look).await;
            self.keep_picture(Path::new(&folder), name, look).await;
        }
    }

    async fn keep_picture(&self, folder: &Path, name: &str, look: Look) {
        let metrics = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let height = metrics["cssContentSize"]["height"].as_f64().expect("a height").min(6000.0);
        let mobile = look.width < 500;
        let whole = json!({ "width": look.width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.devtools("Emulation.setDeviceMetricsOverride", whole).await;
        let light = if look.dark { "dark" } else { "light" };
        let name = name.replace(['{', '}'], "").replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let file = format!("{name}-{}-{light}.png", look.width);
        let picture = self.client.screenshot().await.expect("a picture");
        std::fs::write(folder.join(file), picture).expect("a file");
    }

    /// How wide the page is laid out: wider than the window means that it scrolls sideways.
    pub async fn content_width(&self) -> f64 {
        let metrics = self.devtools("Page.getLayoutMetrics", json!({})).await;
        metrics["cssContentSize"]["width"].as_f64().expect("a width")
    }

    /// What the console said since it was asked last: refused styles, broken addresses, errors.
    pub async fn complaints(&self) -> Vec<String> {
        let lines = self.client.issue_cmd(Post { path: "se/log", body: json!({ "type": "browser" }) }).await;
        let lines = lines.expect("the console");
        lines.as_array().expect("a list").iter().map(|line| line["message"].to_string()).collect()
    }

    async fn devtools(&self, cmd: &str, params: Value) -> Value {
        let body = json!({ "cmd": cmd, "params": params });
        self.client.issue_cmd(Post { path: "goog/cdp/execute", body }).await.expect("devtools answer")
    }

    pub async fn stop(self) {
        // Both may be gone already; the test has its answer.
        let _ = self.client.clone().close().await;
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// A command of chromedriver beyond the standard.
#[derive(Debug)]
struct Post {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Post {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
