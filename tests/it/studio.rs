//! Letters as admins write them, over the real router and both databases: a draft, the gate, versions, and what
//! waits meanwhile.

mod elsewhere;
mod gate;
mod hostile;
mod race;

use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;

use crate::bad_input::forms;
use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};
use crate::support::fields::{form, send, set};
use crate::support::worker::header;

const DAY: &str = "/letters/day_1/en";

/// Puts this text into the first block of the letter and saves the draft.
async fn write(browser: &mut Browser, body: &str) {
    let mut fields = form(browser, DAY, DAY).await;
    set(&mut fields, "b0.body", body);
    let answer = send(browser, DAY, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

/// Publishes the draft with this note.
async fn publish(browser: &mut Browser, note: &str) -> Answer {
    let path = format!("{DAY}/publication");
    let draft = browser.get(&path).await.body;
    let mut fields: Vec<(String, String)> = forms(&draft)
        .into_iter()
        .find(|form| form.action == path)
        .map(|form| form.fields.into_iter().map(|(name, value, _)| (name, value)).collect())
        .unwrap_or_default();
    set(&mut fields, "note", note);
    send(browser, &path, &fields).await
}

/// Publishes this text.
async fn published(browser: &mut Browser, body: &str) {
    write(browser, body).await;
    let answer = publish(browser, "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

#[tokio::test]
async fn a_letter_is_written_checked_published_moved_to_and_taken_back() {
    for mut app in TestApp::at("2026-01-05T08:00:00Z").await {
        app.due_mail_may_stay = true;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        let list = ada.get("/letters").await;
        assert!(list.body.contains("Version 1, as it ships") && list.body.contains("Waits for a native reader"));

        // What must not be said is kept as a draft and refused by the gate, with its place.
        write(&mut ada, "Dear {{ nickname }}.\n\nWater flushes toxins out.").await;
        let page = ada.get(&format!("{DAY}/publication")).await.body;
        for says in ["2 to fix", "Block 1, line 1", "did you mean", "Block 1, line 3", "Drink when you are thirsty"] {
            assert!(page.contains(says), "{says}: {page}");
        }
        assert_eq!(publish(&mut ada, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let draft = app.ask("select cast(version as text) from letter_draft").await.remove(0);
        let path = format!("{DAY}/publication");
        assert_eq!(ada.post(&path, &[("draft", &draft)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(app.ask("select cast(version as text) from letter_version").await.is_empty());

        // Put right, it becomes version 2; what waits keeps version 1 and is said to.
        write(&mut ada, "Hello again, {{ first_name }}. It was good to see you.").await;
        let answer = publish(&mut ada, "Warmer words").await;
        assert_eq!(answer.leads_to(), format!("{DAY}/versions"), "{}", answer.body);
        assert!(app.ask("select cast(version as text) from letter_draft").await.is_empty());
        assert_eq!(app.email(visit, Step::DayOne).await.letter_version, 1);
        let versions = ada.get(&format!("{DAY}/versions")).await.body;
        for says in ["1 waiting email uses version 1", "Warmer words", "Ada", "As it ships"] {
            assert!(versions.contains(says), "{says}: {versions}");
        }
        let shown = ada.get(&format!("{DAY}/versions?from=1&to=2")).await.body;
        assert!(shown.contains("<ins>Hello</ins>") && shown.contains("Move 1 waiting email to version 2"), "{shown}");

        // Moved when asked, and sent so, with every warning sign.
        let moved = ada.post(&format!("{DAY}/waiting"), &[("from", "1"), ("to", "2")]).await;
        assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.body);
        let email = app.email(visit, Step::DayOne).await;
        assert_eq!(email.letter_version, 2);
        assert!(app.deeds(email.id).await.contains(&"email.letter_moved".to_owned()));
        app.clock.set(email.due_at);
        app.run_worker().await;
        let frozen = app.frozen(email.id).await.expect("it left");
        assert_eq!(frozen.made_of.letter_version, 2);
        assert!(!frozen.made_of.content.warning_signs.is_empty());
        let sent = app.taken().into_iter().map(|taken| String::from_utf8_lossy(&taken.body).into_owned());
        assert!(sent.into_iter().any(|body| body.contains("Hello again, Cleo.")), "the new words are on the wire");

        // The old version comes back as a draft, and as version 3.
        let mut ada = app.sign_in("Ada").await;
        let back = ada.post(&format!("{DAY}/versions"), &[("version", "1"), ("draft", "0")]).await;
        assert_eq!(back.leads_to(), DAY, "{}", back.body);
        assert_eq!(publish(&mut ada, "Back to the old words").await.status, StatusCode::SEE_OTHER);
        let same = ada.get(&format!("{DAY}/versions?from=1&to=3")).await.body;
        assert!(same.contains("There is no difference."), "{same}");
        let deeds = app.ask("select action from audit where action like 'letter.%' order by id").await;
        let told = ["draft_begun", "published", "version_restored", "published"].map(|deed| format!("letter.{deed}"));
        assert_eq!(deeds, told);
    }
}

#[tokio::test]
async fn what_waits_leaves_in_its_own_version_and_what_is_planned_later_in_the_newest() {
    for mut app in TestApp::at("2026-01-05T08:00:00Z").await {
        app.due_mail_may_stay = true;
        let before = app.visited("2026-01-05T09:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        published(&mut ada, "These are the second words.").await;
        // A plan that is reckoned anew keeps what it promised.
        app.answer(&["asthma"]).await;
        let web = app.web();
        let (clinic, cleo, made) = (app.cast.clinic, app.cast.cleo, app.made());
        let cause = aftercare::web::replan::Cause::Answers;
        app.write(async |db| {
            aftercare::web::replan::replan_client(db, made, clinic, cleo, web.clock.now(), cause).await
        })
        .await;
        assert_eq!(app.email(before, Step::DayOne).await.letter_version, 1);
        let page = ada.get(&format!("/visits/{before}/emails/day_1/html")).await.body;
        assert!(page.contains("We would like to know how you are now."), "{page}");
        app.clock.set(app.email(before, Step::DayOne).await.due_at);
        app.run_worker().await;
        let first = app.frozen(app.email(before, Step::DayOne).await.id).await.expect("it left");
        assert_eq!(first.made_of.letter_version, 1);

        let after = app.visited("2026-01-12T09:00:00Z").await;
        let email = app.email(after, Step::DayOne).await;
        assert_eq!(email.letter_version, 2);
        let mut ada = app.sign_in("Ada").await;
        let page = ada.get(&format!("/visits/{after}/emails/day_1/html")).await.body;
        assert!(page.contains("These are the second words."), "{page}");
        app.clock.set(email.due_at);
        app.run_worker().await;
        assert_eq!(app.frozen(email.id).await.expect("it left").made_of.letter_version, 2);
    }
}

#[tokio::test]
async fn of_two_admins_at_one_letter_neither_loses_a_word() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let (mut one, mut other) = (app.sign_in("Ada").await, app.sign_in("Ada").await);
        let mut first = form(&mut one, DAY, DAY).await;
        let mut second = form(&mut other, DAY, DAY).await;
        set(&mut first, "b0.body", "Words of the first.");
        set(&mut second, "b0.body", "Words of the second.");
        assert_eq!(send(&mut one, DAY, &first).await.status, StatusCode::SEE_OTHER);
        let clash = send(&mut other, DAY, &second).await;
        assert_eq!(clash.status, StatusCode::CONFLICT);
        assert!(clash.body.contains("<del>first.</del><ins>second.</ins>"), "{}", clash.body);
        assert!(clash.body.contains("Words of the second.</textarea>"), "what was typed is still there");
        // A script is told the same in a word and stops saving.
        other.headers = vec![("hx-request", "true".into())];
        assert_eq!(send(&mut other, DAY, &second).await.status, StatusCode::CONFLICT);
        other.headers.clear();
        let again = forms(&clash.body).into_iter().find(|form| form.action == DAY).expect("the form");
        let again: Vec<_> = again.fields.into_iter().map(|(name, value, _)| (name, value)).collect();
        assert_eq!(send(&mut other, DAY, &again).await.status, StatusCode::SEE_OTHER);
        assert!(other.get(DAY).await.body.contains("Words of the second."));
    }
}

#[tokio::test]
async fn blocks_are_moved_and_removed_and_undone() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let mut ada = app.sign_in("Ada").await;
        let titles = async |ada: &mut Browser| {
            let page = ada.get(DAY).await.body;
            let titles: Vec<String> = page
                .split("<h2 id=\"title-")
                .skip(1)
                .filter_map(|part| Some(part.split_once('>')?.1.split_once('<')?.0.to_owned()))
                .collect();
            titles
        };
        let shipped = titles(&mut ada).await;
        let press = async |ada: &mut Browser, act: &str| {
            let mut fields = form(ada, DAY, DAY).await;
            set(&mut fields, "act", act);
            let answer = send(ada, DAY, &fields).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{act}: {}", answer.body);
            answer.leads_to().to_owned()
        };
        assert_eq!(press(&mut ada, "down.0").await, format!("{DAY}#block-1"));
        assert_eq!(titles(&mut ada).await[..2], ["Check-in button", "Text"]);
        press(&mut ada, "undo").await;
        assert_eq!(titles(&mut ada).await, shipped);
        press(&mut ada, "remove.1").await;
        assert!(!titles(&mut ada).await.contains(&"Check-in button".to_owned()));
        press(&mut ada, "undo").await;
        assert_eq!(titles(&mut ada).await, shipped);
        press(&mut ada, "add.text").await;
        assert_eq!(titles(&mut ada).await.len(), shipped.len() + 1);
        let signs = shipped.iter().position(|title| title == "Warning signs").expect("signs");
        press(&mut ada, &format!("remove.{signs}")).await;
        assert!(titles(&mut ada).await.contains(&"Warning signs".to_owned()), "they cannot be removed");
        press(&mut ada, "drop").await;
        assert_eq!((titles(&mut ada).await, app.ask("select letter from letter_draft").await.len()), (shipped, 0));
    }
}

#[tokio::test]
async fn a_preview_keeps_nothing_and_a_look_at_a_real_client_is_written_down() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = app.book("2026-01-05T15:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        let mut fields = form(&mut ada, DAY, DAY).await;
        set(
            &mut fields,
            "b0.body",
            "Typed and not saved, {{ first_name }}. {{ nickname }} {% include \"/etc/passwd\" %}",
        );
        let path = format!("{DAY}/preview");
        let before = app.ask("select id from audit").await.len();
        for (look, says) in [
            ("light", "@media not all"),
            ("dark", "@media all"),
            ("text", "------"),
            ("headers", "Subject: How are you feeling after your visit?"),
        ] {
            set(&mut fields, "look", look);
            let shown = send(&mut ada, &path, &fields).await;
            assert_eq!(shown.status, StatusCode::OK);
            assert!(shown.body.contains(says), "{look}: {}", shown.body);
            assert!(look == "headers" || shown.body.contains("Typed and not saved"), "{look}: {}", shown.body);
            assert!(!shown.body.contains("root:"), "{look}");
            assert!(shown.header("content-security-policy").contains("sandbox"));
        }
        assert!(app.ask("select letter from letter_draft").await.is_empty());
        assert_eq!(app.ask("select id from audit").await.len(), before);
        set(&mut fields, "look", "light");
        set(&mut fields, "person", &format!("visit.{visit}"));
        let shown = send(&mut ada, &path, &fields).await;
        assert!(shown.body.contains("Typed and not saved, Cleo."), "{}", shown.body);
        assert!(app.deeds_of(visit).await.contains(&"visit.viewed".to_owned()));
        // Of another clinic there is nobody to look at.
        let mut otto = app.sign_in("Otto").await;
        assert_eq!(send(&mut otto, &path, &fields).await.status, StatusCode::NOT_FOUND);
        app.sql("update email set state = 'cancelled', reason = 'the test is over' where state = 'scheduled'").await;
    }
}

#[tokio::test]
async fn a_test_goes_to_oneself_and_never_holds_a_clients_answers() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let visit = app.book("2026-01-05T15:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        let mut fields = form(&mut ada, DAY, DAY).await;
        set(&mut fields, "b0.body", "Only a test, {{ first_name }}.");
        let path = format!("{DAY}/test");
        set(&mut fields, "person", &format!("visit.{visit}"));
        let refused = send(&mut ada, &path, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Only a test"), "what was typed stays");
        set(&mut fields, "person", "disc");
        let told = send(&mut ada, &path, &fields).await;
        assert!(told.status == StatusCode::OK && told.body.contains("A test is on its way to"), "{}", told.body);
        assert_eq!(app.run_notices().await, 1);
        let taken = app.taken().remove(0);
        assert_eq!(header(&taken.body, "Subject"), "Test: How are you feeling after your visit?");
        assert!(taken.rcpt.contains("ada"), "{}", taken.rcpt);
        assert!(String::from_utf8_lossy(&taken.body).contains("Only a test, Omar."));
        app.sql("update email set state = 'cancelled', reason = 'the test is over' where state = 'scheduled'").await;
    }
}

#[tokio::test]
async fn what_one_clinic_publishes_changes_nothing_at_another() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let (mut ada, mut otto) = (app.sign_in("Ada").await, app.sign_in("Otto").await);
        let claims = ada.post("/letters/claims", &[("claims", "Energy field\naura")]).await;
        assert_eq!(claims.status, StatusCode::SEE_OTHER);
        write(&mut ada, "We read your aura.").await;
        let refused = ada.get(&format!("{DAY}/publication")).await.body;
        assert!(refused.contains("“aura” is a claim") || refused.contains("aura&#34; is a claim"), "{refused}");
        published(&mut ada, "Words of Lindenhof alone.").await;
        let english = ada.get("/letters").await.body;
        assert!(english.contains("Version 2,") && english.contains("English is newer by 1 part"), "{english}");
        let side = ada.get("/letters/day_1").await.body;
        assert!(side.contains("English is newer") && side.contains("Changed</span>"), "{side}");
        for path in ["/letters", "/letters/day_1", DAY, &format!("{DAY}/versions"), &format!("{DAY}/html")] {
            let page = otto.get(path).await.body;
            assert!(!page.contains("Lindenhof alone") && !page.contains("aura"), "{path}");
        }
        assert!(otto.get(&format!("{DAY}/versions?from=1&to=2")).await.status == StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_preview_is_there_while_one_types() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let mut ada = app.sign_in("Ada").await;
        let mut fields = form(&mut ada, DAY, DAY).await;
        let mut took = Vec::new();
        for at in 0..60 {
            set(&mut fields, "b0.body", &format!("Typing goes on, {{{{ first_name }}}}: {at}."));
            let begun = std::time::Instant::now();
            let shown = send(&mut ada, &format!("{DAY}/preview"), &fields).await;
            took.push(begun.elapsed());
            assert!(shown.body.contains(&format!("Typing goes on, Nora: {at}.")));
        }
        took.sort_unstable();
        println!("a preview: median {:?}, p95 {:?}, of 60 in an unoptimised build", took[30], took[57]);
        // 150 ms is the aim of a release build; this one is several times slower.
        assert!(took[57] < std::time::Duration::from_millis(1500), "{:?}", took[57]);
    }
}
