//! Pages that no link leads to: each form with something wrong in it, what is asked before a thing is
//! done, what is shown once, letters, paper, and the doors. Looked at as the others are.

use aftercare::clock::Clock;
use aftercare::seal::second_factor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::chrome::Chrome;
use crate::every_page::looked_at;
use crate::first_run::EmptyHouse;
use crate::staff::Staff;
use crate::{Demo, may_run};

/// A form on a page, filled in and sent, and the status of the page that comes back.
struct Wrong<'a> {
    name: &'a str,
    page: &'a str,
    form: &'a str,
    fields: &'a [(&'a str, &'a str)],
    button: &'a str,
    status: u16,
}

/// Somebody who goes through pages and keeps what is wrong with them.
struct Eyes<'a> {
    staff: Staff<'a>,
    wrong: Vec<String>,
    seen: usize,
}

impl<'a> Eyes<'a> {
    fn new(chrome: &'a Chrome, demo: &'a Demo) -> Self {
        Self { staff: Staff::new(chrome, demo), wrong: Vec::new(), seen: 0 }
    }

    async fn look(&mut self, name: &str) {
        // The console tells of every answer that is a no.
        self.staff.chrome.complaints().await;
        let found = looked_at(self.staff.chrome, &format!("form-{name}")).await;
        self.wrong.extend(found.into_iter().map(|words| format!("{name}: {words}")));
        self.seen += 1;
    }

    async fn open(&mut self, name: &str, page: &str) {
        self.staff.go(page).await;
        assert_eq!(self.staff.status().await, 200, "{name}: {page}");
        self.look(name).await;
    }

    async fn send(&mut self, wrong: &Wrong<'_>) {
        self.staff.go(wrong.page).await;
        self.staff.sends(wrong.form, wrong.fields, wrong.button).await;
        let status = self.staff.status().await;
        assert_eq!(status, wrong.status, "{}: {}", wrong.name, self.staff.text().await);
        self.look(wrong.name).await;
    }

    fn done(self) {
        println!("{} pages after forms", self.seen);
        assert!(self.wrong.is_empty(), "{} things:\n{}", self.wrong.len(), self.wrong.join("\n\n"));
    }
}

const TODAY: &str = "2026-03-27";

/// What is wrong with an account, a client, and somebody who is known already.
const ACCOUNT: [(&str, &str); 3] = [("old_password", "x"), ("password", "short"), ("password_again", "y")];
const CLIENT: [(&str, &str); 3] = [("first_name", ""), ("born", "31 Feb 1980"), ("email", "no")];
const ALIKE: [(&str, &str); 5] = [
    ("first_name", "Clea"),
    ("last_name", "Okafor"),
    ("born", "1 Feb 1980"),
    ("phone", "020 7946 0201"),
    ("email", "c@example.org"),
];
const TWIN: [(&str, &str); 4] =
    [("first_name", "Ben"), ("last_name", "Okafor"), ("born", "1 Feb 1980"), ("email", "b@example.org")];

#[tokio::test]
async fn reception_can_use_every_page_that_comes_back() {
    if !may_run() {
        return;
    }
    let (demo, chrome) = (Demo::start(), Chrome::start().await);
    let mut rosa = Eyes::new(&chrome, &demo);
    rosa.staff.go("/sign-in").await;
    rosa.staff.sends("form[action='/sign-in']", &[("email", "rosa@harbour.example"), ("password", "no")], "").await;
    rosa.look("sign-in-wrong").await;
    rosa.staff.comes_in("Rosa").await;
    rosa.open("signed-in", "/signed-in").await;
    forms_of_the_desk(&mut rosa).await;
    let (cleo, bram) = (rosa.staff.client("Cleo Okafor").await, rosa.staff.client("Bram Visser").await);
    let grace = rosa.staff.visit_of("Grace Liu", TODAY).await;
    rosa.open("clearance", &format!("{bram}/clearance")).await;
    rosa.open("cancel", &format!("{grace}/cancel")).await;
    let begun = rosa.staff.visit_of("Bram Visser", TODAY).await;
    rosa.open("no-show", &format!("{begun}/no-show")).await;
    let tom = rosa.staff.visit_of("Tom Avery", TODAY).await;
    rosa.staff.go(&format!("{tom}/intake")).await;
    rosa.staff.press("Nothing has changed").await;
    rosa.look("intake-saved-reception").await;
    rosa.open("client-intake", &format!("{cleo}/intake")).await;
    rosa.done();
    chrome.stop().await;
}

/// What the desk's forms say when something is wrong, and when they ask first.
async fn forms_of_the_desk(rosa: &mut Eyes<'_>) {
    let (cleo, omar) = (rosa.staff.client("Cleo Okafor").await, rosa.staff.visit_of("Omar Haddad", TODAY).await);
    let (grace, bram) = (rosa.staff.visit_of("Grace Liu", TODAY).await, rosa.staff.client("Bram Visser").await);
    let id = cleo.rsplit('/').next().expect("an id").to_owned();
    let new_visit = format!("/visits/new?client={id}");
    let (edit, clearance) = (format!("{cleo}/edit"), format!("{bram}/clearance"));
    let (moving, intake) = (format!("{grace}/move"), format!("{omar}/intake"));
    let (password, client, booking) =
        ("form[action='/account/password']", "form.client-edit", "form.desk[method=post]");
    let yes = [("yes", "herniated_disc_acute"), ("mark", "lower_back.left")];
    for (name, page, form, fields, button, status) in [
        ("account-wrong", "/account", password, &ACCOUNT[..], "", 422),
        ("client-new-wrong", "/clients/new", client, &CLIENT, "", 422),
        ("client-alike", "/clients/new", client, &ALIKE, "", 409),
        ("client-twin", "/clients/new", client, &TWIN, "", 409),
        ("client-edit-wrong", &edit, client, &[("email", "no"), ("born", "tomorrow")], "", 422),
        ("visit-wrong", &new_visit, booking, &[("time", ""), ("minutes", "3")], "", 422),
        ("visit-asked", &new_visit, booking, &[("time", "09:00")], "", 409),
        ("move-wrong", &moving, booking, &[("time", ""), ("minutes", "3")], "", 422),
        ("move-asked", &moving, booking, &[("time", "18:15")], "", 200),
        ("intake-wrong", &intake, "form.intake", &yes, "[value=save]", 422),
        ("clearance-wrong", &clearance, "form.card", &[("by", ""), ("on", "31 Feb")], "", 422),
    ] {
        rosa.send(&Wrong { name, page, form, fields, button, status }).await;
    }
}

#[tokio::test]
async fn therapists_can_use_every_page_that_comes_back() {
    if !may_run() {
        return;
    }
    let (demo, chrome) = (Demo::start(), Chrome::start().await);
    let mut theo = Eyes::new(&chrome, &demo);
    theo.staff.comes_in("Theo").await;
    let (bram, tom) = (theo.staff.visit_of("Bram Visser", TODAY).await, theo.staff.visit_of("Tom Avery", TODAY).await);
    let sina = theo.staff.client("Sina Tavita").await;
    let sina_before = theo.staff.visit_of("Sina Tavita", "2026-03-26").await;
    theo.staff.go(&format!("{tom}/intake")).await;
    theo.staff.press("Nothing has changed").await;
    theo.look("intake-saved").await;
    theo.staff.press_link("Read the answers").await;
    theo.look("intake-read").await;

    theo.staff.go(&format!("{sina}?show=intakes")).await;
    theo.staff.press_link("Read the answers").await;
    theo.look("intake-read-words").await;
    theo.staff.press_link("Read it now").await;
    theo.look("review").await;
    let review = theo.staff.place().await;
    let form = "form[action$='/review']";
    let button = "[value=add]";
    theo.send(&Wrong { name: "review-wrong", page: &review, form, fields: &[], button, status: 422 }).await;

    theo.staff.go(&bram).await;
    let line = theo.staff.waiting().await.remove(0);
    let text = line.replacen("line.", "text.", 1);
    let (note, treated) = ("form[data-note]", "form.treated");
    let nothing = [("technique", ""), ("region", ""), ("pressure", "")];
    for (name, form, fields, button, status) in [
        ("note-wrong", note, &[(line.as_str(), "edit"), (text.as_str(), " ")][..], "[value=save]:not(.away)", 422),
        ("note-undecided", note, &[][..], "[formaction]", 409),
        ("treatment-wrong", treated, &nothing[..], "", 422),
    ] {
        theo.send(&Wrong { name, page: &bram, form, fields, button, status }).await;
    }
    theo.open("note-print-draft", &format!("{bram}/note/print")).await;
    theo.staff.go(&bram).await;
    theo.staff.press("Accept all").await;
    theo.staff.press("Sign note").await;
    theo.look("note-signed").await;
    let (form, fields) = ("form.add", &[("addendum", "\u{202e}")][..]);
    theo.send(&Wrong { name: "addendum-wrong", page: &bram, form, fields, button: "", status: 422 }).await;
    theo.open("note-print", &format!("{bram}/note/print")).await;
    theo.open("handout", &format!("{sina_before}/handout")).await;

    let plan = format!("{sina_before}/plan");
    theo.staff.go(&plan).await;
    let (form, fields) = ("form[action$='/time']", &[("time", "03:00")][..]);
    theo.send(&Wrong { name: "plan-time-wrong", page: &plan, form, fields, button: "", status: 422 }).await;
    let (form, fields) = ("form[action$='/line']", &[("line", "It will flush out toxins.")][..]);
    theo.send(&Wrong { name: "plan-line-wrong", page: &plan, form, fields, button: "", status: 422 }).await;
    letters(&mut theo, &sina_before).await;
    theo.done();
    chrome.stop().await;
}

/// Letters as a mail program shows them: a document of their own, since their frame runs no script.
async fn letters(theo: &mut Eyes<'_>, visit: &str) {
    for step in ["same_day", "day_1", "day_3", "day_7"] {
        theo.staff.go(&format!("{visit}/emails/{step}")).await;
        if theo.staff.status().await != 200 {
            continue;
        }
        let fetch =
            "const done = arguments[1]; fetch(arguments[0]).then(answer => answer.text()).then(done, () => done(''))";
        let frame = json!(format!("{visit}/emails/{step}/html"));
        let html = theo.staff.chrome.client.execute_async(fetch, vec![frame]).await.expect("a letter");
        let html = html.as_str().unwrap_or_default();
        assert!(html.contains("<html"), "{step}: {html}");
        let page = format!("data:text/html;charset=utf-8,{}", utf8_percent_encode(html, NON_ALPHANUMERIC));
        theo.staff.chrome.client.goto(&page).await.expect("the letter opens");
        theo.look(&format!("letter-{step}")).await;
    }
}

#[tokio::test]
async fn the_doors_can_be_used_by_everybody() {
    if !may_run() {
        return;
    }
    let (demo, chrome) = (Demo::start(), Chrome::start().await);
    let mut ada = Eyes::new(&chrome, &demo);
    ada.staff.comes_in("Ada").await;
    ada.staff.go("/people").await;
    ada.staff.follow_beside("Theo Lindqvist", "Open").await;
    ada.look("person").await;
    ada.staff.press("Link for a new password").await;
    ada.look("people-link").await;
    let link = ada.staff.find("code.link").await.text().await.expect("a link");
    let link = link[link.find("/password/").expect("a path")..].trim().to_owned();
    chrome.client.delete_all_cookies().await.expect("signed out");
    ada.open("password", &link).await;
    let fields = [("password", "short"), ("password_again", "other")];
    let form = "form[action^='/password/']";
    ada.send(&Wrong { name: "password-wrong", page: &link, form, fields: &fields, button: "", status: 422 }).await;
    ada.staff.go("/password/none").await;
    ada.look("password-dead").await;
    ada.done();

    let empty = EmptyHouse::open();
    let mut newcomer = Eyes::new(&chrome, &empty.house);
    newcomer.staff.go(&empty.link).await;
    newcomer.look("setup").await;
    let fields = [("clinic_name", ""), ("zone", "Mars/Olympus"), ("email", "no"), ("password", "short")];
    newcomer.staff.sends("form[action^='/setup/']", &fields, "").await;
    assert_eq!(newcomer.staff.status().await, 422);
    newcomer.look("setup-wrong").await;
    newcomer.done();
    chrome.stop().await;
}

#[tokio::test]
async fn the_rooms_of_the_admin_can_be_used_by_everybody() {
    if !may_run() {
        return;
    }
    let (demo, chrome) = (Demo::start(), Chrome::start().await);
    let mut ada = Eyes::new(&chrome, &demo);
    ada.staff.comes_in("Ada").await;
    let form = "form[action='/settings']";
    let fields = [("zone", "Mars/Olympus"), ("closed", "Christmas"), ("reply_to", "no")];
    ada.send(&Wrong { name: "settings-wrong", page: "/settings", form, fields: &fields, button: "", status: 422 })
        .await;
    ada.staff.go("/settings").await;
    ada.staff.sends(form, &[("closed", "2026-03-28 2026-03-30")], "").await;
    ada.staff.reads("Save it so?").await;
    ada.look("settings-asked").await;
    ada.staff.press("Save and change these emails").await;
    ada.staff.reads("Changed last by Ada").await;
    let form = "form[action='/people']";
    let fields = [("name", ""), ("email", "no")];
    ada.send(&Wrong { name: "people-wrong", page: "/people", form, fields: &fields, button: "", status: 422 }).await;
    ada.staff.sends(form, &[("name", "Mia Sand"), ("email", "mia@harbour.example")], "").await;
    ada.staff.reads("Mia Sand is in the list").await;
    ada.look("people-invited").await;

    let (email, password) = demo.key("Ada");
    ada.staff.go("/account/two-factor").await;
    ada.staff.sends("form[action='/account/two-factor']", &[("own_password", &password)], "").await;
    ada.look("two-factor-begun").await;
    let shown = ada.staff.text().await;
    let secret = shown.split("into the app:").nth(1).expect("letters");
    let secret: String = secret.chars().filter(|c| !c.is_whitespace()).take(32).collect();
    let digits = || second_factor::digits(&secret, Clock::system().now()).expect("digits");
    let confirmation = "form[action='/account/two-factor/confirmation']";
    ada.staff.sends(confirmation, &[("code", "12345")], "").await;
    ada.look("two-factor-wrong").await;
    ada.staff.sends(confirmation, &[("code", &digits())], "").await;
    ada.staff.reads("It is on").await;
    ada.look("two-factor-on").await;
    let paper = ada.staff.find(".codes code").await.text().await.expect("a code");
    chrome.client.delete_all_cookies().await.expect("signed out");
    ada.staff.go("/sign-in").await;
    ada.staff.sends("form[action='/sign-in']", &[("email", &email), ("password", &password)], "").await;
    ada.staff.reads("One more step").await;
    ada.look("second-step").await;
    ada.staff.sends("form[action='/sign-in/code']", &[("code", "000000")], "").await;
    ada.look("second-step-wrong").await;
    ada.staff.sends("form[action='/sign-in/code']", &[("code", &paper)], "").await;
    ada.staff.arrives("/day").await;
    ada.done();
    chrome.stop().await;
}
