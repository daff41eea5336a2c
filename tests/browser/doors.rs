//! What the form does besides being filled in, on a phone of 390 px, in both languages, with scripts and
//! without: a warning sign stops it, wrong dates of birth close it, and for a child an adult has to answer.

use aftercare::clinic::wording::Words;

use crate::chrome::Chrome;
use crate::paths::{PHONE, fits, person};
use crate::staff::Staff;
use crate::{Demo, may_run};

/// A client before their form.
struct Client<'a> {
    staff: &'a Staff<'a>,
    name: &'a str,
    lang: &'static str,
    scripts: bool,
    address: String,
}

impl Client<'_> {
    fn words(&self) -> &'static Words {
        Words::of(self.lang).expect("a language")
    }

    async fn looked_at(&self, what: &str) {
        fits(self.staff.chrome, &format!("form-{what}-{}", self.lang), self.scripts).await;
    }

    async fn opens(&self) {
        let address = format!("{}?lang={}", self.address, self.lang);
        self.staff.chrome.client.goto(&address).await.expect("the form");
    }

    async fn says_their_birthday(&self, born: &str) {
        let mut parts = born.split('-').rev();
        for field in ["#day", "#month", "#year"] {
            self.staff.clears(field).await;
            self.staff.types(field, parts.next().expect("a part")).await;
        }
        self.goes_on().await;
    }

    async fn goes_on(&self) {
        self.staff.press(&self.words().form.next).await;
    }

    /// Past the door with the right date.
    async fn comes_in(&self) {
        self.opens().await;
        self.says_their_birthday(person(self.name)["born"].as_str().expect("a date")).await;
    }

    async fn has_a_warning_sign(&self) {
        let words = &self.words().form;
        self.comes_in().await;
        self.looked_at("warning").await;
        self.staff.ticks("now", "yes").await;
        self.goes_on().await;
        self.staff.reads(&words.emergency.title).await;
        assert!(self.staff.has("a[href^='tel:']").await, "whom to call");
        self.looked_at("emergency").await;
        // There is no way around it.
        self.staff.chrome.client.goto(&format!("{}/words?lang={}", self.address, self.lang)).await.expect("a page");
        self.staff.reads(&words.emergency.title).await;
    }

    async fn is_somebody_else(&self) {
        let words = &self.words().form;
        self.opens().await;
        self.looked_at("door").await;
        for (day, told) in [("1", &words.door.two_left), ("2", &words.door.one_left), ("3", &words.locked.title)] {
            self.says_their_birthday(&format!("1950-01-{day}")).await;
            self.staff.reads(told).await;
            self.staff.chrome.complaints().await;
            self.looked_at(&format!("wrong-{day}")).await;
        }
        // The right date comes too late.
        self.opens().await;
        self.staff.reads(&words.locked.title).await;
        assert!(self.staff.has("a[href^='tel:']").await && !self.staff.has("#day").await);
    }

    async fn is_a_child(&self) {
        let words = &self.words().form;
        self.comes_in().await;
        // What was answered on another phone is not asked again.
        if self.staff.has("input[name='now']").await {
            self.staff.ticks("now", "no").await;
            self.goes_on().await;
        }
        self.staff.chrome.client.goto(&format!("{}/about?lang={}", self.address, self.lang)).await.expect("a page");
        self.staff.reads(&words.about.child.replace("{name}", "Mina")).await;
        self.looked_at("child").await;
        self.staff.clears("#helper").await;
        self.goes_on().await;
        assert!(self.staff.has(".problem").await, "an adult has to answer");
        self.staff.chrome.complaints().await;
        self.looked_at("child-alone").await;
        self.staff.types("#helper", "Asha Gurung").await;
        self.staff.ticks("relation", "parent").await;
        self.goes_on().await;
        assert!(!self.staff.has("#helper").await, "the form goes on");
        self.looked_at("child-next").await;
    }
}

const COMBINED: [(&str, bool); 4] = [("en", true), ("es", true), ("en", false), ("es", false)];

#[tokio::test]
async fn a_warning_sign_stops_the_form_wrong_dates_close_it_and_a_child_needs_an_adult() {
    if !may_run() {
        return;
    }
    let (demo, chrome) = (Demo::start(), Chrome::start().await);
    let staff = Staff::new(&chrome, &demo);
    let warned = ["Grace Liu", "Pia Lund", "Cleo Okafor", "Ewan Reid"];
    let today = warned.into_iter().chain(["Tom Avery"; 4]).map(|name| (name, "2026-03-27"));
    let codes = codes(&staff, today.chain([("Mina Gurung", "2026-03-28"); 4])).await;
    chrome.dress(PHONE).await;
    for (number, (name, address)) in codes.into_iter().enumerate() {
        let (lang, scripts) = COMBINED[number % 4];
        chrome.client.delete_all_cookies().await.expect("another phone");
        chrome.scripts(scripts).await;
        let client = Client { staff: &staff, name, lang, scripts, address };
        match name {
            "Tom Avery" => client.is_somebody_else().await,
            "Mina Gurung" => client.is_a_child().await,
            _ => client.has_a_warning_sign().await,
        }
    }
    chrome.scripts(true).await;
    staff.comes_in("Rosa").await;
    staff.go("/alerts").await;
    for name in warned {
        staff.reads(name).await;
    }
    chrome.stop().await;
}

/// The desk shows a code for each of these visits: whose it is, and its address.
async fn codes<'a>(staff: &Staff<'_>, visits: impl Iterator<Item = (&'a str, &'static str)>) -> Vec<(&'a str, String)> {
    staff.comes_in("Rosa").await;
    let mut codes = Vec::new();
    for (name, day) in visits {
        let visit = staff.visit_of(name, day).await;
        staff.go(&format!("{visit}/form")).await;
        staff.press("Show a code to scan or print").await;
        codes.push((name, staff.find("code.link").await.text().await.expect("an address")));
    }
    codes
}
