//! Every form that a page of the staff shows, sent with what nobody means: each is refused or printed
//! literally, nothing breaks, and nothing of it acts on a later page. On both databases.

use std::collections::BTreeSet;

use aftercare::web::staff;
use axum::http::{Method, StatusCode};

use crate::support::app::TestApp;
use crate::support::browser::Browser;

const MARKUP: &str = "\"><svg onload=alert(1)>{{7*7}}</textarea></script>";
const NUL: &str = "a\0b";
const BIDI: &str = "a\u{202e}b";

/// Acts that end or lock something come last, so that the other forms are still open when they are tried.
const LAST: [&str; 14] = [
    "access",
    "cancel",
    "no-show",
    "move",
    "signature",
    "completion",
    "outcome",
    "tablet",
    "end",
    "password",
    "password-link",
    "start",
    "sign-off",
    "erasure",
];

/// What ends the session that tries.
const LEFT_OUT: [&str; 2] = ["/sign-out", "/account/clinic"];

/// A form as a browser would send it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    pub action: String,
    pub fields: Vec<(String, String, bool)>,
}

impl Shown {
    /// Name and value of every field, with `words` in those that this picks.
    fn with<'a>(&'a self, words: &'a str, picks: impl Fn(&str, bool) -> bool) -> Vec<(&'a str, &'a str)> {
        let fields = self.fields.iter();
        fields.map(|(name, value, typed)| (name.as_str(), if picks(name, *typed) { words } else { value })).collect()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split_once(&format!(" {name}=\""))?.1;
    Some(plain(rest.split_once('"')?.0))
}

fn plain(text: &str) -> String {
    let signs = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&"), ("&amp;", "&")];
    signs.iter().fold(text.to_owned(), |text, (sign, is)| text.replace(sign, is))
}

/// The forms of a page that change something; a button with an address of its own is one more.
pub fn forms(page: &str) -> Vec<Shown> {
    let mut all = Vec::new();
    for part in page.split("<form").skip(1) {
        let (head, rest) = part.split_once('>').expect("a tag ends");
        let inside = rest.split_once("</form>").map_or(rest, |(inside, _)| inside);
        if attribute(head, "method").as_deref() != Some("post") {
            continue;
        }
        let (fields, others) = fields(inside);
        let action = attribute(head, "action").expect("an address");
        all.extend(std::iter::once(action).chain(others).map(|action| Shown { action, fields: fields.clone() }));
    }
    all
}

/// What a form holds, and the addresses of its buttons that have one.
fn fields(inside: &str) -> (Vec<(String, String, bool)>, Vec<String>) {
    let (mut fields, mut others, mut list, mut pressed) = (Vec::new(), Vec::new(), None::<String>, false);
    for piece in inside.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        let word = tag.split_whitespace().next().unwrap_or_default();
        let (name, value) = (attribute(tag, "name"), attribute(tag, "value").unwrap_or_default());
        match (word, name) {
            ("input", Some(name)) => match attribute(tag, "type").as_deref() {
                Some("checkbox" | "radio") if !tag.contains(" checked") => {}
                Some("checkbox" | "radio" | "hidden") => fields.push((name, value, false)),
                _ => fields.push((name, value, true)),
            },
            ("textarea", Some(name)) => fields.push((name, plain(text.trim_start_matches('\n')), true)),
            ("select", Some(name)) => {
                fields.push((name.clone(), String::new(), false));
                list = Some(name);
            }
            ("option", _) if list.is_some() && tag.contains(" selected") => {
                if let Some(field) = fields.last_mut() {
                    field.1 = value;
                }
            }
            ("/select", _) => list = None,
            ("button", name) => {
                others.extend(attribute(tag, "formaction"));
                if let (Some(name), false) = (name, pressed) {
                    fields.push((name, value, false));
                    pressed = true;
                }
            }
            _ => {}
        }
    }
    fields.retain(|(name, _, _)| name != "csrf");
    (fields, others)
}

/// A day with everything on it: a visit that is over, its alert, words to read, and a visit to come.
async fn pages(app: &mut TestApp) -> Vec<String> {
    app.due_mail_may_stay = true;
    app.ada_is_admin_everywhere().await;
    let over = app.visited("2026-01-05T09:00:00Z").await;
    let ahead = app.book("2026-01-05T15:00:00Z").await;
    let mut ada = app.sign_in("Ada").await;
    let told = [("step", "day_1"), ("sign", "severe_constant_pain"), ("words", "worse since noon")];
    assert_eq!(ada.post(&format!("/visits/{over}/check-in"), &told).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ada.post("/forms", &[("title", "Ours"), ("lang", "en")]).await.status, StatusCode::SEE_OTHER);
    let alert = app.ask("select id from alert").await.remove(0);
    let intake = app.ask("select id from intake").await.remove(0);
    let mut pages = BTreeSet::new();
    for route in staff(&app.web()).table().iter().filter(|route| route.method == Method::GET) {
        let path = route.path.replace("{purpose}", "treatment").replace("{step}", "day_3").replace("{intake}", &intake);
        let path = path.replace("{letter}", "day_1").replace("{locale}", "en").replace("{number}", "1");
        let path = path.replace("{kind}", "advice").replace("{entry}", "heat");
        for visit in [over, ahead] {
            let id = match path.split('/').nth(1).unwrap_or_default() {
                "clients" => app.cast.cleo.to_string(),
                "alerts" => alert.clone(),
                "intakes" => intake.clone(),
                "people" => app.cast.theo.to_string(),
                _ => visit.to_string(),
            };
            pages.insert(path.replace("{id}", &id));
        }
    }
    pages.insert(format!("/visits/new?client={}", app.cast.cleo));
    pages.into_iter().collect()
}

async fn ada(app: &TestApp) -> Browser {
    app.sign_in("Ada").await
}

async fn every_form(app: &TestApp, pages: &[String]) -> Vec<Shown> {
    let mut seen = BTreeSet::new();
    let mut browser = ada(app).await;
    for path in pages {
        for form in forms(&browser.get(path).await.body) {
            let is_new = seen.iter().all(|one: &Shown| one.action != form.action);
            if is_new && !LEFT_OUT.contains(&form.action.as_str()) {
                seen.insert(form);
            }
        }
    }
    let mut all: Vec<Shown> = seen.into_iter().collect();
    all.sort_by_key(|form| LAST.contains(&form.action.rsplit('/').next().unwrap_or_default()));
    all
}

/// Sends a form, and says what is wrong with the answer.
async fn send(app: &TestApp, form: &Shown, fields: &[(&str, &str)], what: &str) -> StatusCode {
    let answer = ada(app).await.post(&form.action, fields).await;
    assert!(answer.status.as_u16() < 500, "{what}: {} answers {}", form.action, answer.status);
    for raw in ["<svg onload", ">49<", "{{7*7}}</textarea>"] {
        assert!(!answer.body.contains(raw), "{what}: {} prints {raw}:\n{}", form.action, answer.body);
    }
    answer.status
}

#[tokio::test]
async fn what_nobody_means_is_refused_or_printed_literally_by_every_form() {
    for mut app in TestApp::at("2026-01-05T08:00:00Z").await {
        let pages = pages(&mut app).await;
        let all = every_form(&app, &pages).await;
        let typed: usize = all.iter().map(|form| form.fields.iter().filter(|field| field.2).count()).sum();
        println!("{} forms with {typed} fields to type in, on {} pages", all.len(), pages.len());
        assert!(all.len() > 25 && typed > 60, "{all:#?}");
        let huge = format!("name={}", "x".repeat(10_000_000));
        for form in &all {
            let answer = ada(&app).await.send(Method::POST, &form.action, Some(huge.clone())).await;
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", form.action);
            for (name, _, _) in form.fields.iter().filter(|field| field.2) {
                for (what, words) in [("a NUL", NUL), ("a bidi mark", BIDI)] {
                    let what = format!("{what} in {name}");
                    let mut fields = form.with(words, |field, _| field == name);
                    // The words of a line of the note count when it is edited.
                    let line = name.replacen("text.", "line.", 1);
                    fields.extend(name.starts_with("text.").then_some((line.as_str(), "edit")));
                    let status = send(&app, form, &fields, &what).await;
                    // Shown again with 200 is a search, which keeps nothing.
                    assert!(!status.is_redirection(), "{what}: {} takes it", form.action);
                }
            }
        }
        let long = "x".repeat(100_000);
        for words in [MARKUP, long.as_str()] {
            let what = &words[..20];
            for form in &all {
                send(&app, form, &form.with(words, |_, typed| typed), what).await;
                send(&app, form, &form.with(words, |_, _| true), what).await;
            }
        }
        let mut browser = ada(&app).await;
        for path in &pages {
            let answer = browser.get(path).await;
            assert!(answer.status.as_u16() < 500, "{path} answers {} afterwards", answer.status);
            for raw in ["<svg onload", ">49<"] {
                assert!(!answer.body.contains(raw), "{path} prints {raw}:\n{}", answer.body);
            }
        }
    }
}
