//! Protocols as admins write them, over the real router and both databases: a draft, the gate, versions, what is
//! planned by them, and what waits meanwhile.

mod plans;

use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;

use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};
use crate::support::fields::{form, of, send, set};

const PATH: &str = "/protocol";
const PUBLICATION: &str = "/protocol/publication";
const NOW: &str = "2026-01-05T08:00:00Z";

/// The form of the protocol without its buttons.
async fn steps(browser: &mut Browser) -> Vec<(String, String)> {
    let mut fields = form(browser, PATH, PATH).await;
    fields.retain(|(name, _)| name != "act");
    fields
}

/// Presses a button of the protocol with these fields changed.
async fn press(browser: &mut Browser, act: &str, changes: &[(&str, &str)]) -> Answer {
    let mut fields = steps(browser).await;
    for (name, value) in changes {
        set(&mut fields, name, value);
    }
    set(&mut fields, "act", act);
    send(browser, PATH, &fields).await
}

/// Saves the draft with these fields changed.
async fn write(browser: &mut Browser, changes: &[(&str, &str)]) {
    let answer = press(browser, "save", changes).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

/// Publishes the draft; `running` says what becomes of what waits, and nothing is agreed to yet.
async fn publish(browser: &mut Browser, running: &str) -> Answer {
    let mut fields = form(browser, PUBLICATION, PUBLICATION).await;
    set(&mut fields, "running", running);
    set(&mut fields, "note", "Fewer emails");
    send(browser, PUBLICATION, &fields).await
}

#[tokio::test]
async fn a_protocol_is_written_checked_published_followed_and_taken_back() {
    for mut app in TestApp::at(NOW).await {
        app.due_mail_may_stay = true;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let due = app.email(visit, Step::DayThree).await.due_at;
        let mut ada = app.sign_in("Ada").await;
        let page = ada.get(PATH).await.body;
        for says in
            ["Version 1, as it ships", "3 days after the visit, at 09:00", "Nothing to fix", "What a client would get"]
        {
            assert!(page.contains(says), "{says}: {page}");
        }

        // What must not be is kept as a draft and refused by the gate, with its place.
        write(&mut ada, &[("b2.after", "99"), ("b1.letter", "same_day")]).await;
        let page = ada.get(PUBLICATION).await.body;
        for says in ["2 to fix", "Goes 99 days after the visit", "Asks for a check-in", "#block-2"] {
            assert!(page.contains(says), "{says}: {page}");
        }
        assert_eq!(publish(&mut ada, "stay").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(app.ask("select cast(version as text) from protocol_version").await.is_empty());

        // Mended, it is published once somebody says what becomes of what waits.
        write(&mut ada, &[("b2.after", "2"), ("b1.letter", "day_1")]).await;
        let page = ada.get(PUBLICATION).await.body;
        for says in ["<del>3</del><ins>2</ins>", "Day 3, when", "emails wait by the protocol as it is"] {
            assert!(page.contains(says), "{says}: {page}");
        }
        let unsaid = publish(&mut ada, "").await;
        assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(unsaid.body.contains("Choose what becomes of the emails that wait"), "{}", unsaid.body);
        assert_eq!(publish(&mut ada, "stay").await.status, StatusCode::SEE_OTHER);
        let email = app.email(visit, Step::DayThree).await;
        assert_eq!((email.due_at, email.protocol), (due, 1), "it stays as it was planned");

        // What waits is moved once somebody has seen what that does.
        let page = ada.get("/protocol/versions").await.body;
        assert!(page.contains("by version 1") && page.contains("Fewer emails"), "{page}");
        let fields = of(&page, "/protocol/waiting");
        let asked = send(&mut ada, "/protocol/waiting", &fields).await;
        assert_eq!(asked.status, StatusCode::OK);
        assert!(asked.body.contains("Day 3, for the visit") && asked.body.contains("Moves from"), "{}", asked.body);
        assert_eq!(app.email(visit, Step::DayThree).await.due_at, due, "only asked");
        let fields = of(&asked.body, "/protocol/waiting");
        assert_eq!(send(&mut ada, "/protocol/waiting", &fields).await.status, StatusCode::SEE_OTHER);
        let email = app.email(visit, Step::DayThree).await;
        assert_eq!((email.due_at.to_string().as_str(), email.protocol), ("2026-01-07T08:00:00Z", 2));

        // And back: an old version becomes the draft.
        let fields = of(&ada.get("/protocol/versions").await.body, "/protocol/versions");
        assert_eq!(send(&mut ada, "/protocol/versions", &fields).await.status, StatusCode::SEE_OTHER);
        let asked = publish(&mut ada, "follow").await;
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
        assert!(asked.body.contains("Publish it, and change what waits?"));
        assert_eq!(app.email(visit, Step::DayThree).await.protocol, 2, "only asked");
        let mut fields = of(&asked.body, PUBLICATION);
        set(&mut fields, "running", "follow");
        assert_eq!(send(&mut ada, PUBLICATION, &fields).await.status, StatusCode::SEE_OTHER);
        let email = app.email(visit, Step::DayThree).await;
        assert_eq!((email.due_at, email.protocol), (due, 3));

        // What is closed from now on goes by the newest.
        let next = app.visited("2026-02-02T09:00:00Z").await;
        assert_eq!(app.email(next, Step::DayThree).await.protocol, 3);
        let deeds = app.ask("select action from audit where action like 'protocol.%' order by action").await;
        for deed in
            ["protocol.draft_begun", "protocol.published", "protocol.version_restored", "protocol.waiting_moved"]
        {
            assert!(deeds.iter().any(|one| one == deed), "{deed}: {deeds:?}");
        }
    }
}

#[tokio::test]
async fn steps_are_added_removed_and_undone_and_the_first_stays() {
    for app in TestApp::at(NOW).await {
        let mut ada = app.sign_in("Ada").await;
        for act in ["remove.day_3", "add.repeats", "remove.same_day"] {
            assert_eq!(press(&mut ada, act, &[]).await.status, StatusCode::SEE_OTHER);
        }
        let page = ada.get(PATH).await.body;
        for says in [
            "Put “Day 3” back",
            "Extra 1",
            "Every Monday at 09:00",
            "Undo the last change",
            "Mon 12 January 2026, 09:00; ",
        ] {
            assert!(page.contains(says), "{says}: {page}");
        }
        assert!(page.contains("value=\"same_day\""), "the first email stays");
        assert_eq!(press(&mut ada, "undo", &[]).await.status, StatusCode::SEE_OTHER);
        assert!(!ada.get(PATH).await.body.contains("Every Monday at 09:00"));
        assert_eq!(press(&mut ada, "drop", &[]).await.status, StatusCode::SEE_OTHER);
        assert!(ada.get(PATH).await.body.contains("Version 1, as it ships"));
    }
}

#[tokio::test]
async fn of_two_admins_the_second_is_shown_both_and_bad_input_comes_back_as_typed() {
    for app in TestApp::at(NOW).await {
        let (mut ada, mut other) = (app.sign_in("Ada").await, app.sign_in("Ada").await);
        let mut hers = steps(&mut ada).await;
        let mut theirs = steps(&mut other).await;
        set(&mut hers, "b2.after", "4");
        set(&mut theirs, "b3.after", "8");
        assert_eq!(send(&mut ada, PATH, &hers).await.status, StatusCode::SEE_OTHER);
        let clash = send(&mut other, PATH, &theirs).await;
        assert_eq!(clash.status, StatusCode::CONFLICT);
        assert!(clash.body.contains("<del>4</del><ins>3</ins>") && clash.body.contains("<del>7</del><ins>8</ins>"));

        let again = press(&mut ada, "save", &[("b2.after", "three"), ("b3.at", "25:61")]).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        for says in ["Write a whole number", "value=\"three\"", "Write a time of day", "value=\"25:61\""] {
            assert!(again.body.contains(says), "{says}: {}", again.body);
        }
    }
}

#[tokio::test]
async fn a_draft_is_tried_on_last_months_visits_and_nothing_changes() {
    for mut app in TestApp::at(NOW).await {
        app.due_mail_may_stay = true;
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get("/protocol/trial").await.body.contains("There is no draft"));
        assert_eq!(press(&mut ada, "remove.day_7", &[]).await.status, StatusCode::SEE_OTHER);
        let tried = press(&mut ada, "trial", &[("b2.after", "4")]).await;
        assert_eq!(tried.leads_to(), "/protocol/trial");
        let page = ada.get("/protocol/trial").await.body;
        for says in [
            "1 visit of the last 30 days",
            "1 visit would have been sent something else",
            "Day 3 on Fri 9 January, 09:00, not on Thu 8 January, 09:00",
            "Would not get Day 7 of Mon 12 January, 09:00",
            "1 fewer",
        ] {
            assert!(page.contains(says), "{says}: {page}");
        }
        assert_eq!(app.email(visit, Step::DaySeven).await.protocol, 1);
    }
}
