//! An admin changes the protocol, an entry of the catalogue and the clinic's own questions: typed, saved by itself, refused,
//! put right, looked at, published, what waits is moved, and what was before comes back. With scripts; without them the same
//! is tried over the router. Letters have `letters.rs`.

use serde_json::json;

use crate::chrome::Chrome;
use crate::every_page::looked_at;
use crate::staff::Staff;
use crate::{Demo, may_run};

/// An admin before an editor, and what was wrong with the pages on the way.
struct Admin<'a> {
    staff: Staff<'a>,
    wrong: Vec<String>,
}

impl<'a> Admin<'a> {
    async fn comes_in(chrome: &'a Chrome, demo: &'a Demo) -> Self {
        let staff = Staff::new(chrome, demo);
        staff.comes_in("Ada").await;
        Self { staff, wrong: Vec::new() }
    }

    /// Opens an editor whose draft has not saved itself yet.
    async fn opens(&self, path: &str) {
        self.staff.go(path).await;
        self.forgets().await;
    }

    async fn forgets(&self) {
        self.staff.chrome.run("document.querySelector('[data-saved]').textContent = ''; return 1").await;
    }

    /// Types over what is in a field.
    async fn writes(&self, css: &str, words: &str) {
        self.staff.clears(css).await;
        self.staff.types(css, words).await;
    }

    /// Sets a field as a browser does that tells the page of it: the driver's choice from a list tells less.
    async fn fills(&self, css: &str, words: &str) {
        let set = "const field = document.querySelector(arguments[0]); field.value = arguments[1]; \
                   field.dispatchEvent(new Event('input', { bubbles: true }))";
        self.staff.chrome.client.execute(set, vec![json!(css), json!(words)]).await.expect("a value");
    }

    async fn is_told(&self, words: &str) {
        self.staff.says_in("[data-saved]", words).await;
    }

    /// Pictures of the page, and axe's opinion of it.
    async fn looks(&mut self, name: &str) {
        self.staff.chrome.complaints().await;
        let found = looked_at(self.staff.chrome, &format!("editor-{name}")).await;
        self.wrong.extend(found.into_iter().map(|words| format!("{name}: {words}")));
    }

    async fn leaves(self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

#[tokio::test]
async fn a_protocol_is_changed_refused_mended_tried_published_followed_and_taken_back() {
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let chrome = Chrome::start().await;
    let mut admin = Admin::comes_in(&chrome, &demo).await;

    // A check-in in a letter that has none: kept, and refused beside the steps as one types.
    admin.opens("/protocol").await;
    admin.fills("[name='b1.letter']", "same_day").await;
    admin.is_told("Saved ").await;
    admin.staff.says_in("[data-report]", "1 to fix").await;
    admin.staff.press("Check and publish").await;
    admin.staff.reads("Choose a check-in letter").await;
    assert!(!admin.staff.says("Publish version").await, "a refused protocol offers no publication");
    admin.looks("protocol-refused").await;

    // Put right, with another day; the timeline follows.
    admin.opens("/protocol").await;
    admin.fills("[name='b1.letter']", "day_1").await;
    admin.writes("[name='b2.after']", "2").await;
    admin.is_told("Saved ").await;
    admin.staff.says_in("[data-report]", "Nothing to fix").await;
    admin.staff.press("Try it on last month").await;
    admin.staff.reads("Nothing is sent or changed").await;
    admin.looks("protocol-tried").await;
    admin.staff.press_link("Back to the protocol").await;
    admin.staff.press("Check and publish").await;
    admin.staff.reads("Nothing to fix").await;

    // What waits follows, once it was seen what that does.
    admin.staff.ticks("running", "follow").await;
    admin.staff.types("#note", "Sooner").await;
    admin.staff.press("Publish version 2").await;
    admin.staff.reads("Publish it, and change what waits?").await;
    admin.looks("protocol-asks").await;
    admin.staff.press("Publish and change these emails").await;
    admin.staff.reads("Version 2, what is planned by now").await;
    assert!(!admin.staff.says("by version 1").await, "nothing waits by version 1 any more");

    // And back.
    admin.staff.press("Make version 1 the draft").await;
    assert_eq!(admin.staff.value("[name='b2.after']").await, "3");
    admin.staff.press("Check and publish").await;
    admin.staff.ticks("running", "stay").await;
    admin.staff.press("Publish version 3").await;
    admin.staff.reads("go by version 2").await;
    admin.staff.press("See what following version 3 would change").await;
    admin.staff.press("Change these emails").await;
    assert!(!admin.staff.says("go by version 2").await);
    admin.staff.press_link("Changes since version 2").await;
    assert!(admin.staff.has("del").await && admin.staff.has("ins").await);
    admin.looks("protocol-versions").await;
    admin.leaves().await;
    chrome.stop().await;
}

#[tokio::test]
async fn an_entry_of_the_catalogue_is_changed_refused_mended_tried_published_signed_and_taken_back() {
    const DRAFT: &str = "/catalogue/advice/gentle_movement/draft";
    const WORDS: &str = "Walk a little, and move as you like.";
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let chrome = Chrome::start().await;
    let mut admin = Admin::comes_in(&chrome, &demo).await;

    // A claim that is not true is not even kept as a draft, and stands there as it was typed.
    admin.opens(DRAFT).await;
    admin.writes("#text", "Moving helps to flush out toxins.").await;
    admin.is_told("Not saved").await;
    admin.staff.press("Save the draft").await;
    admin.staff.reads("is a claim that is not true").await;
    assert_eq!(admin.staff.value("#text").await, "Moving helps to flush out toxins.");
    admin.looks("catalogue-refused").await;

    admin.opens(DRAFT).await;
    admin.writes("#text", WORDS).await;
    admin.is_told("Saved ").await;
    admin.staff.press("See what it would change").await;
    admin.staff.reads("It can be published once past visits were looked at.").await;
    admin.staff.click("form[action='/catalogue/rehearsal'] button").await;
    admin.staff.reads("Look again").await;
    admin.staff.reads("Email that waits").await;
    admin.looks("catalogue-tried").await;
    let visit = admin.staff.find("#rehearsal a[href^='/visits/']").await;
    let visit = visit.attr("href").await.expect("an answer").expect("an address");
    admin.staff.types("#note", "Shorter").await;
    admin.staff.press("Publish this version").await;
    admin.staff.arrives("/settings/texts").await;

    // Nobody answers for it yet, and every page says so, until somebody does.
    admin.staff.go("/day").await;
    admin.staff.reads("no clinician has signed it off").await;
    admin.staff.go("/settings/texts").await;
    let sign = "form[action='/settings/texts/sign-off']";
    admin.staff.sends(sign, &[("signed_by", "Dr Lin"), ("read", "yes")], "").await;
    admin.staff.go("/day").await;
    assert!(!admin.staff.says("no clinician has signed it off").await);

    // What waits is written by it.
    let mut follows = false;
    for step in ["day_1", "day_3", "day_7", "prepare"] {
        admin.staff.go(&format!("{visit}/emails/{step}/html")).await;
        follows |= admin.staff.says(WORDS).await;
    }
    assert!(follows, "no email of {visit} has the new words");

    // And back: a signature goes with what was signed.
    admin.staff.go("/catalogue/versions").await;
    admin.staff.press("Make what ships the draft").await;
    admin.staff.click("form[action='/catalogue/rehearsal'] button").await;
    admin.staff.reads("Look again").await;
    admin.staff.press("Publish this version").await;
    admin.staff.go("/day").await;
    admin.staff.reads("no clinician has signed it off").await;
    admin.staff.go("/catalogue/versions?number=1").await;
    admin.staff.reads("Version 2, in use now").await;
    admin.looks("catalogue-versions").await;
    admin.leaves().await;
    chrome.stop().await;
}

#[tokio::test]
async fn own_questions_are_written_refused_mended_looked_at_asked_and_taken_back() {
    const ASKED: &str = "Do you have varicose veins?";
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let chrome = Chrome::start().await;
    let mut admin = Admin::comes_in(&chrome, &demo).await;
    let visit = admin.staff.visit_of("Bram Visser", "2026-03-27").await;
    let intake = format!("{visit}/intake");

    admin.staff.go("/forms").await;
    admin.staff.types("#title", "Before your first visit").await;
    admin.staff.press("Begin").await;
    let form = admin.staff.place().await;
    admin.forgets().await;
    admin.writes("[name='q0.text']", "Do you smoke?").await;
    admin.writes("[name='q0.condition']", "lycanthropy").await;
    admin.is_told("Saved ").await;
    admin.staff.says_in("[data-report]", "2 to fix").await;
    admin.staff.press("Check and publish").await;
    admin.staff.reads("lycanthropy").await;
    assert!(!admin.staff.says("Publish version").await, "a refused form offers no publication");
    admin.looks("questions-refused").await;

    admin.opens(&form).await;
    admin.writes("[name='q0.text']", ASKED).await;
    admin.writes("[name='q0.condition']", "varicose_veins").await;
    admin.fills("[name='s0.heading']", "Your legs").await;
    admin.is_told("Saved ").await;
    admin.staff.says_in("[data-report]", "Nothing to fix").await;
    admin.staff.press_link("Preview").await;
    admin.staff.reads(ASKED).await;
    admin.looks("questions-preview").await;
    admin.staff.go(&intake).await;
    assert!(!admin.staff.says(ASKED).await, "a draft is asked of nobody");
    admin.staff.go(&format!("{form}/publication")).await;
    admin.staff.types("#note", "The first").await;
    admin.staff.press("Publish version 1").await;
    admin.staff.reads("Version 1, what clients are asked now").await;
    admin.staff.go(&intake).await;
    admin.staff.reads(ASKED).await;

    // Another version, and back.
    admin.opens(&form).await;
    admin.writes("[name='q0.text']", "Are your veins swollen?").await;
    admin.is_told("Saved ").await;
    admin.staff.press("Check and publish").await;
    admin.staff.press("Publish version 2").await;
    admin.staff.press_link("Changes since version 1").await;
    assert!(admin.staff.has("del").await && admin.staff.has("ins").await);
    admin.looks("questions-versions").await;
    admin.staff.press("Make version 1 the draft").await;
    assert_eq!(admin.staff.value("[name='q0.text']").await, ASKED);
    admin.staff.press("Check and publish").await;
    admin.staff.press("Publish version 3").await;
    admin.staff.go(&intake).await;
    admin.staff.reads(ASKED).await;
    admin.leaves().await;
    chrome.stop().await;
}
