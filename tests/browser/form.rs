//! A client fills in the form on a phone: Omar, whom nobody has asked yet, from the code on the desk's
//! screen to the page that says thank you. With scripts and without, in English and in Spanish; each page
//! fits 390 px, and is asked by axe where scripts run.

use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};

use crate::chrome::{Chrome, Look};
use crate::staff::Staff;
use crate::{Demo, axe, may_run};

const PHONE: Look = Look { width: 390, dark: false };

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scripts {
    On,
    Off,
}

/// How the form comes into the client's hands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// A link on their own phone.
    Phone,
    /// The clinic's tablet, which leaves the staff pages for it.
    Tablet,
}

#[tokio::test]
async fn a_client_fills_in_the_form_on_a_phone_with_scripts() {
    if may_run() {
        walk(Scripts::On, "en", By::Phone).await;
    }
}

#[tokio::test]
async fn a_client_fills_in_the_form_on_a_phone_with_scripts_in_spanish() {
    if may_run() {
        walk(Scripts::On, "es", By::Phone).await;
    }
}

#[tokio::test]
async fn a_client_fills_in_the_form_on_a_phone_without_scripts() {
    if may_run() {
        walk(Scripts::Off, "en", By::Phone).await;
    }
}

#[tokio::test]
async fn a_client_fills_in_the_form_on_a_phone_without_scripts_in_spanish() {
    if may_run() {
        walk(Scripts::Off, "es", By::Phone).await;
    }
}

#[tokio::test]
async fn a_client_fills_in_the_form_on_the_tablet_with_scripts() {
    if may_run() {
        walk(Scripts::On, "en", By::Tablet).await;
    }
}

#[tokio::test]
async fn a_client_fills_in_the_form_on_the_tablet_with_scripts_in_spanish() {
    if may_run() {
        walk(Scripts::On, "es", By::Tablet).await;
    }
}

#[tokio::test]
async fn a_client_fills_in_the_form_on_the_tablet_without_scripts() {
    if may_run() {
        walk(Scripts::Off, "en", By::Tablet).await;
    }
}

#[tokio::test]
async fn a_client_fills_in_the_form_on_the_tablet_without_scripts_in_spanish() {
    if may_run() {
        walk(Scripts::Off, "es", By::Tablet).await;
    }
}

async fn walk(scripts: Scripts, lang: &str, by: By) {
    let (demo, chrome) = (Demo::start(), Chrome::start().await);
    chrome.scripts(scripts == Scripts::On).await;
    let staff = Staff::new(&chrome, &demo);
    staff.comes_in("Rosa").await;
    let visit = staff.visit_of("Omar Haddad", "2026-03-27").await;
    staff.go(&format!("{visit}/form")).await;
    let client = Walk { staff: &staff, scripts, lang };
    let address = if by == By::Tablet { client.takes_the_tablet(&visit).await } else { client.takes_the_link().await };
    chrome.dress(PHONE).await;
    chrome.client.goto(&format!("{address}?lang={lang}")).await.expect("the form");
    client.passes_the_door().await;
    for _ in 0..25 {
        if staff.has("[data-client-form]").await {
            client.answers().await;
        }
    }
    if by == By::Tablet {
        client.gives_the_tablet_back(&visit).await;
    } else {
        staff.reads(client.says("We have your form.", "Tenemos su formulario.")).await;
        client.looked_at().await;
    }
    // Whoever opens the link again, from whatever phone, reads the same.
    chrome.client.delete_all_cookies().await.expect("another browser");
    chrome.client.goto(&format!("{address}?lang={lang}")).await.expect("the form");
    staff.reads(client.says("We have your form.", "Tenemos su formulario.")).await;
    staff.comes_in("Rosa").await;
    staff.go(&format!("{visit}/form")).await;
    staff.reads("Sent by the client").await;
    chrome.stop().await;
}

struct Walk<'a> {
    staff: &'a Staff<'a>,
    scripts: Scripts,
    lang: &'a str,
}

impl Walk<'_> {
    fn says<'a>(&self, english: &'a str, spanish: &'a str) -> &'a str {
        if self.lang == "es" { spanish } else { english }
    }

    /// The code on the desk's screen, opened on another phone.
    async fn takes_the_link(&self) -> String {
        self.staff.press("Show a code to scan or print").await;
        let address = self.staff.find("code.link").await.text().await.expect("an address");
        self.staff.chrome.client.delete_all_cookies().await.expect("another browser");
        address
    }

    /// The tablet leaves the staff pages, and no way leads back to them.
    async fn takes_the_tablet(&self, visit: &str) -> String {
        self.staff.press("Hand over this tablet").await;
        let address = self.staff.chrome.client.current_url().await.expect("an address");
        assert!(address.path().starts_with("/f/"), "{address}");
        self.finds_no_way_to_the_staff(visit).await;
        let (token, _) = address.path().trim_start_matches("/f/").split_once('/').unwrap_or((&address.path()[3..], ""));
        format!("{}/f/{token}", self.staff.demo.address)
    }

    /// Neither by the history nor by address.
    async fn finds_no_way_to_the_staff(&self, visit: &str) {
        self.staff.chrome.client.back().await.expect("back");
        for words in ["Form for the client", "Omar Haddad"] {
            assert!(!self.staff.says(words).await, "{words} is still to be seen: {}", self.staff.text().await);
        }
        for path in ["/day", visit, "/clients", "/alerts", "/mailbox"] {
            self.staff.go(path).await;
            assert!(self.staff.place().await.starts_with("/sign-in"), "{path} opens {}", self.staff.place().await);
        }
        self.staff.chrome.complaints().await;
    }

    async fn gives_the_tablet_back(&self, visit: &str) {
        self.staff.reads(self.says("give the tablet back", "devuelva ahora la tableta")).await;
        self.looked_at().await;
        let address = self.staff.chrome.client.current_url().await.expect("an address");
        self.staff.chrome.client.back().await.expect("back");
        assert!(!self.staff.says("Ibuprofen").await, "the answers are still to be seen");
        self.finds_no_way_to_the_staff(visit).await;
        self.staff.chrome.client.goto(address.as_str()).await.expect("the form");
        self.staff.reads(self.says("give the tablet back", "devuelva ahora la tableta")).await;
    }

    async fn looked_at(&self) {
        let chrome = self.staff.chrome;
        let place = self.staff.place().await;
        let wide = chrome.content_width().await;
        assert!(wide <= 390.0, "{place} is {wide} px wide on a phone");
        // Axe is a script itself, and cannot answer where none may run.
        if self.scripts == Scripts::On {
            let wrong = axe::violations(chrome).await;
            assert!(wrong.is_empty(), "{place}: {wrong:#?}");
        }
        let topic = place.split(['/', '?']).nth(3).unwrap_or("start").to_owned();
        chrome.keep_pictures(&format!("form-{}-{topic}", self.lang)).await;
        chrome.dress(PHONE).await;
        // What axe itself stumbles over is not the page's.
        chrome.complaints().await;
    }

    async fn passes_the_door(&self) {
        self.looked_at().await;
        for (field, part) in [("#day", "3"), ("#month", "7"), ("#year", "1985")] {
            self.staff.types(field, part).await;
        }
        self.goes_on().await;
    }

    async fn goes_on(&self) {
        self.staff.press(self.says("Continue", "Continuar")).await;
    }

    async fn answers(&self) {
        let staff = self.staff;
        self.looked_at().await;
        let place = staff.place().await;
        match place.split(['/', '?']).nth(3).unwrap_or_default() {
            "warning" => staff.ticks("now", "no").await,
            "about" => staff.ticks("who", "self").await,
            "back" => {
                staff.ticks("yes", "sciatica").await;
                staff.ticks("at.sciatica.0.side", "left").await;
                staff.types("[name='at.sciatica.0.year']", "2024").await;
            }
            "words" => staff.types("#medicines", "Ibuprofen").await,
            "where" => self.marks_the_shoulder().await,
            "feel" => {
                staff.ticks("mark.shoulder.left.sensation", "ache").await;
                staff.ticks("mark.shoulder.left.intensity", "4").await;
            }
            "daily" => staff.ticks("load", "desk_work").await,
            "consents" => {
                for purpose in ["health_data", "treatment", "aftercare_email", "check_in_email"] {
                    staff.ticks(&format!("agree.{purpose}"), "yes").await;
                }
                staff.ticks("agree.marketing", "no").await;
            }
            "signature" => self.signs().await,
            "review" => {
                staff.reads("Ibuprofen").await;
                staff.press(self.says("Send my form", "Enviar mi formulario")).await;
                return;
            }
            group => staff.ticks("none", group).await,
        }
        self.goes_on().await;
        staff.heard_no_complaint().await;
    }

    /// The picture where scripts run, the list where they do not.
    async fn marks_the_shoulder(&self) {
        if self.scripts == Scripts::On {
            self.staff.click("[data-side='1'] [data-place='shoulder.left'] polygon").await;
        } else {
            self.staff.ticks("mark", "shoulder.left").await;
        }
        self.staff.ticks("pain", "4").await;
    }

    async fn signs(&self) {
        if self.scripts == Scripts::Off {
            return self.staff.types("#signed_name", "Omar Haddad").await;
        }
        let ground = self.staff.find("[data-draw] canvas").await;
        let step = |x: f64, y: f64| PointerAction::MoveBy { duration: None, x, y };
        let mut pen = MouseActions::new("pen".into())
            .then(PointerAction::MoveToElement { element: ground, duration: None, x: -60.0, y: 0.0 })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
        for at in 0..12 {
            pen = pen.then(step(8.0, if at % 2 == 0 { 12.0 } else { -12.0 }));
        }
        let pen = pen.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.staff.chrome.client.perform_actions(pen).await.expect("a signature");
    }
}
