//! The clinical catalogue as admins read, change, try and publish it, over the real router and both databases.

mod own;
mod running;

use aftercare::clinic::catalogue::Kind;
use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;

use crate::looks::keep;
use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};
use crate::support::fields::{form, of, send, set};

const MORNING: &str = "2026-01-05T08:00:00Z";
const HEAT: &str = "/catalogue/advice/heat/draft";
const PUBLICATION: &str = "/catalogue/publication";

/// Saves a draft of this entry with another value in one field.
async fn change(browser: &mut Browser, (kind, id): (Kind, &str), field: &str, value: &str) {
    let path = format!("/catalogue/{}/{id}/draft", kind.id());
    let mut fields = form(browser, &path, &path).await;
    set(&mut fields, field, value);
    let answer = send(browser, &path, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

/// Looks at past visits until all are looked at.
async fn rehearse(browser: &mut Browser) -> String {
    for _ in 0..20 {
        let page = browser.get(PUBLICATION).await.body;
        if page.contains("Look again") {
            return page;
        }
        let went_on = browser.post("/catalogue/rehearsal", &[]).await;
        assert_eq!(went_on.status, StatusCode::SEE_OTHER, "{}", went_on.body);
    }
    panic!("a look at past visits does not end")
}

/// Publishes the drafts, saying yes to everything they allow.
async fn publish(browser: &mut Browser) -> Answer {
    let page = rehearse(browser).await;
    let mut fields = of(&page, PUBLICATION);
    for part in page.split("name=\"agreed\" value=\"").skip(1) {
        let says = part
            .split('"')
            .next()
            .unwrap_or_default()
            .replace("&#38;", "&")
            .replace("&#39;", "'")
            .replace("&#34;", "\"");
        fields.push(("agreed".into(), says));
    }
    send(browser, PUBLICATION, &fields).await
}

/// The text part of the last mail that was taken.
fn text_of(app: &TestApp) -> String {
    let body = app.taken().pop().expect("a mail").body;
    let message = mail_parser::MessageParser::default().parse(&body).expect("a message");
    message.body_text(0).expect("a text part").into_owned()
}

async fn sign(browser: &mut Browser) {
    let path = "/settings/texts/sign-off";
    let mut fields = form(browser, "/settings/texts", path).await;
    set(&mut fields, "signed_by", "Dr Lin");
    set(&mut fields, "read", "yes");
    let signed = send(browser, path, &fields).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
}

#[tokio::test]
async fn entries_are_listed_found_and_read_with_what_backs_them() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        for kind in Kind::ALL {
            let page = ada.get(&format!("/catalogue?kind={}", kind.id())).await;
            assert_eq!(page.status, StatusCode::OK);
            for entry in app.catalogue().entries(kind) {
                let href = format!("href=\"/catalogue/{}/{}\"", kind.id(), entry.id());
                assert!(page.body.contains(&href), "{href}");
            }
        }
        let found = ada.get("/catalogue?kind=stretches&q=walk%20ground").await.body;
        assert!(found.contains("Gentle walk") && !found.contains("Pelvic tilt"), "{found}");
        let nothing = ada.get("/catalogue?kind=stretches&q=%3Csvg%20onload%3E").await.body;
        assert!(nothing.contains("Nothing of this kind says that") && !nothing.contains("<svg onload"), "{nothing}");
        assert_eq!(ada.get("/catalogue?kind=herbs").await.status, StatusCode::NOT_FOUND);
        assert_eq!(ada.get("/catalogue/stretches/splits").await.status, StatusCode::NOT_FOUND);
        keep("catalogue_stretches", &ada.get("/catalogue?kind=stretches").await.body);
        keep("catalogue_condition", &ada.get("/catalogue/conditions/sciatica").await.body);
        keep("catalogue_stretch", &ada.get("/catalogue/stretches/cat_cow").await.body);
        for name in ["Theo", "Rosa"] {
            assert_eq!(app.sign_in(name).await.get("/catalogue").await.status, StatusCode::FORBIDDEN);
        }
    }
}

#[tokio::test]
async fn an_entry_is_changed_refused_mended_tried_published_and_signed() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.ada_is_admin_everywhere().await;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        let sent_with = app.catalogue().version().to_owned();

        // What the loader would refuse is refused beside its field, with what was typed.
        let mut fields = form(&mut ada, HEAT, HEAT).await;
        set(&mut fields, "title", "A warm thing");
        set(&mut fields, "sources", "a book on a shelf");
        let refused = send(&mut ada, HEAT, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for says in ["is not a web address", "A warm thing", "a book on a shelf"] {
            assert!(refused.body.contains(says), "{says}: {}", refused.body);
        }
        set(&mut fields, "text", "It will flush out toxins.");
        let refused = send(&mut ada, HEAT, &fields).await;
        assert!(refused.body.contains("is a claim that is not true"), "{}", refused.body);
        set(&mut fields, "text", "A warm pack can ease a sore place.");
        set(&mut fields, "sources", "https://example.org/warm");
        assert_eq!(send(&mut ada, HEAT, &fields).await.leads_to(), HEAT);

        // A condition that loosens: told by name, and the past visit told of.
        change(&mut ada, (Kind::Condition, "low_back_sensitive"), "pressure", "any").await;
        let page = ada.get(PUBLICATION).await.body;
        assert!(page.contains("This allows more than before") && page.contains("the highest pressure was"), "{page}");
        let unseen = send(&mut ada, PUBLICATION, &of(&page, PUBLICATION)).await;
        assert_eq!(unseen.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(unseen.body.contains("Look first at what it would change"), "{}", unseen.body);
        let page = rehearse(&mut ada).await;
        assert!(page.contains("1 visit looked at: 1 visit and 3 waiting emails change"), "{page}");
        assert!(page.contains("Other words: A warm thing"), "{page}");
        let silent = send(&mut ada, PUBLICATION, &of(&page, PUBLICATION)).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(silent.body.contains("Say yes to each of these"), "{}", silent.body);
        assert!(app.ask("select cast(number as text) from catalogue_edition").await.is_empty());

        assert_eq!(publish(&mut ada).await.leads_to(), "/settings/texts");
        assert!(app.ask("select entry from catalogue_draft").await.is_empty());
        let deeds = app.ask("select action from audit where action like 'catalogue.%' order by id").await;
        for deed in ["draft_begun", "rehearsed", "published", "loosened"] {
            assert!(deeds.contains(&format!("catalogue.{deed}")), "{deed}: {deeds:?}");
        }

        // Nobody answers for it yet: every page says so, and no aftercare letter leaves.
        assert!(ada.get("/day").await.body.contains("no clinician has signed it off"));
        let email = app.email(visit, Step::SameDay).await;
        app.clock.set(email.due_at);
        assert_eq!(app.run_worker().await.sent, 0);
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get("/settings/texts").await.body.contains(" for it."));
        sign(&mut ada).await;
        assert_eq!(app.run_worker().await.sent, 1);
        let frozen = app.frozen(email.id).await.expect("it left");
        assert_ne!(frozen.made_of.catalogue_version, sent_with);
        assert!(text_of(&app).contains("A warm pack can ease a sore place."));

        // The old version comes back as drafts, and its signature with its content.
        let back = ada.post("/catalogue/versions", &[("number", "0")]).await;
        assert_eq!(back.leads_to(), PUBLICATION, "{}", back.body);
        assert_eq!(publish(&mut ada).await.status, StatusCode::SEE_OTHER);
        assert!(ada.get("/settings/texts").await.body.contains("Dr Adisa"), "the old content is signed already");
        let versions = ada.get("/catalogue/versions?number=1").await.body;
        for says in ["Version 2, in use now", "What version 1 changed", "Dr Lin answers for it", "Highest pressure"] {
            assert!(versions.contains(says), "{says}: {versions}");
        }
    }
}

#[tokio::test]
async fn of_two_admins_at_one_entry_neither_loses_a_word() {
    for app in TestApp::at(MORNING).await {
        app.ada_is_admin_everywhere().await;
        let (mut one, mut other) = (app.sign_in("Ada").await, app.sign_in("Ada").await);
        let mut first = form(&mut one, HEAT, HEAT).await;
        let mut second = form(&mut other, HEAT, HEAT).await;
        set(&mut first, "title", "Warmth of the first");
        set(&mut second, "title", "Warmth of the second");
        assert_eq!(send(&mut one, HEAT, &first).await.status, StatusCode::SEE_OTHER);
        let clash = send(&mut other, HEAT, &second).await;
        assert_eq!(clash.status, StatusCode::CONFLICT);
        assert!(clash.body.contains("<del>first</del><ins>second</ins>"), "{}", clash.body);
        assert!(clash.body.contains("value=\"Warmth of the second\""), "what was typed is still there");
        other.headers = vec![("hx-request", "true".into())];
        assert_eq!(send(&mut other, HEAT, &second).await.status, StatusCode::CONFLICT);
        other.headers.clear();
        assert_eq!(send(&mut other, HEAT, &of(&clash.body, HEAT)).await.status, StatusCode::SEE_OTHER);
        assert!(one.get(HEAT).await.body.contains("Warmth of the second"));
        // Undone, and undone again; then thrown away.
        for title in ["A warm pack", "Warmth of the second"] {
            let mut fields = form(&mut one, HEAT, HEAT).await;
            set(&mut fields, "act", "undo");
            assert_eq!(send(&mut one, HEAT, &fields).await.status, StatusCode::SEE_OTHER);
            let shown = of(&one.get(HEAT).await.body, HEAT);
            let shipped = app.catalogue().label(Kind::Advice, "heat");
            let expected = if title == "A warm pack" { shipped } else { title.to_owned() };
            assert!(shown.contains(&("title".into(), expected.clone())), "{expected}: {shown:?}");
        }
        let mut fields = form(&mut one, HEAT, HEAT).await;
        set(&mut fields, "act", "drop");
        assert_eq!(send(&mut one, HEAT, &fields).await.leads_to(), "/catalogue/advice/heat");
        assert!(app.ask("select entry from catalogue_draft").await.is_empty());
    }
}

#[tokio::test]
async fn a_form_that_is_sent_as_it_was_changes_nothing() {
    let mut apps = TestApp::at(MORNING).await;
    let app = apps.remove(0);
    app.ada_is_admin_everywhere().await;
    let mut ada = app.sign_in("Ada").await;
    for kind in Kind::ALL {
        for entry in app.catalogue().entries(kind) {
            let path = format!("/catalogue/{}/{}/draft", kind.id(), entry.id());
            let fields = form(&mut ada, &path, &path).await;
            let answer = send(&mut ada, &path, &fields).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.body);
        }
    }
    assert!(app.ask("select kind || '/' || entry from catalogue_draft").await.is_empty());
}

#[tokio::test]
async fn only_an_admin_of_every_clinic_changes_what_all_share() {
    for app in TestApp::at(MORNING).await {
        let (mut ada, mut otto) = (app.sign_in("Ada").await, app.sign_in("Otto").await);
        for browser in [&mut ada, &mut otto] {
            let page = browser.get("/catalogue/advice/heat").await.body;
            assert!(page.contains("Changed by an admin of every clinic") && !page.contains("/draft"), "{page}");
            assert_eq!(browser.get(HEAT).await.status, StatusCode::CONFLICT);
            for (path, fields) in [
                (HEAT, vec![("draft", "0"), ("title", "Mine")]),
                ("/catalogue/rehearsal", vec![]),
                (PUBLICATION, vec![("next", "")]),
                ("/catalogue/versions", vec![("number", "0")]),
                ("/catalogue/shipped", vec![("kind", "advice"), ("entry", "heat")]),
            ] {
                assert_eq!(browser.post(path, &fields).await.status, StatusCode::CONFLICT, "{path}");
            }
        }
        app.ada_is_admin_everywhere().await;
        let mut ada = app.sign_in("Ada").await;
        change(&mut ada, (Kind::Advice, "heat"), "title", "Nobody else’s business").await;
        for path in ["/catalogue?kind=advice", "/catalogue/advice/heat", PUBLICATION, "/catalogue/versions"] {
            let page = otto.get(path).await;
            assert!(page.status == StatusCode::OK && !page.body.contains("else’s business"), "{path}");
        }
    }
}
