//! What happens while pages are open: forms that save themselves, two people at one form, a session
//! that ends, the board's keys, and how much has to be pressed and typed.

use std::path::Path;

use sqlx::{Connection as _, SqliteConnection};

use crate::chrome::Chrome;
use crate::staff::Staff;
use crate::{Demo, may_run};

/// Two people at two screens before one demo.
async fn two(demo: &Demo, work: impl AsyncFnOnce(&Staff<'_>, &Staff<'_>), names: [&str; 2]) {
    let (here, there) = (Chrome::start().await, Chrome::start().await);
    let (first, second) = (Staff::new(&here, demo), Staff::new(&there, demo));
    first.comes_in(names[0]).await;
    second.comes_in(names[1]).await;
    work(&first, &second).await;
    here.stop().await;
    there.stop().await;
}

const SAVED: &str = "[data-saved]";

#[tokio::test]
async fn an_intake_saves_itself_and_the_second_of_two_people_sees_both() {
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let edit = async |rosa: &Staff<'_>, ada: &Staff<'_>| {
        let form = format!("{}/intake", rosa.visit_of("Omar Haddad", "2026-03-27").await);
        rosa.go(&form).await;
        ada.go(&form).await;
        rosa.types("#goals", "Lift the arm again.").await;
        rosa.is_saved_by(SAVED, "Rosa Marin").await;
        rosa.go(&form).await;
        assert_eq!(rosa.value("#goals").await, "Lift the arm again.", "it was kept without a button");

        ada.types("#goals", "Sleep on the side.").await;
        ada.says_in(SAVED, "Press “Save for later” to see both versions.").await;
        assert_eq!(ada.value("#goals").await, "Sleep on the side.", "what was typed stays");
        ada.press("Save for later").await;
        ada.heard_the_status(409).await;
        ada.reads("Lift the arm again.").await;
        ada.reads("Take Rosa Marin’s").await;
        ada.ticks("theirs", "goals").await;
        ada.press("Keep these for later").await;
        assert_eq!(ada.value("#goals").await, "Lift the arm again.");
        ada.heard_no_complaint().await;
    };
    two(&demo, edit, ["Rosa", "Ada"]).await;
}

#[tokio::test]
async fn a_note_saves_itself_and_neither_of_two_people_loses_a_word() {
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let edit = async |theo: &Staff<'_>, ada: &Staff<'_>| {
        let visit = theo.visit_of("Bram Visser", "2026-03-27").await;
        let own = "[name='own.plan']";
        theo.go(&visit).await;
        ada.go(&visit).await;
        theo.types(own, "Rest today.").await;
        theo.is_saved_by("#note-status", "Theo Lindqvist").await;
        ada.types(own, "Walk a little.").await;
        ada.says_in("#note-status", "Not saved. Theo Lindqvist saved this note").await;
        ada.press("Save draft").await;
        ada.reads("Your text is below, and theirs stands beside it where it differs.").await;
        ada.reads("Rest today.").await;
        assert!(ada.value(own).await.contains("Walk a little."));
        ada.chrome.complaints().await;
        ada.press("Save draft").await;
        ada.is_saved_by("#note-status", "Ada Brandt").await;
        ada.heard_no_complaint().await;
    };
    two(&demo, edit, ["Theo", "Ada"]).await;
}

#[tokio::test]
async fn the_second_of_two_people_who_sign_one_note_sees_why_not() {
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let sign = async |theo: &Staff<'_>, ada: &Staff<'_>| {
        // With scripts her words would be saved before anybody signs.
        ada.chrome.without_scripts().await;
        let visit = theo.visit_of("Bram Visser", "2026-03-27").await;
        theo.go(&visit).await;
        theo.press("Accept all").await;
        ada.go(&visit).await;
        ada.types("[name='own.plan']", "Ring tomorrow.").await;
        theo.press("Sign note").await;
        theo.reads("Signed by Theo Lindqvist").await;
        ada.press("Sign note").await;
        ada.reads("A signed note does not change. What is new can be added below.").await;
        ada.reads("What you typed, not saved").await;
        ada.reads("Ring tomorrow.").await;
        ada.types("#addendum", "Ring tomorrow.").await;
        ada.press("Add to the note").await;
        ada.reads("Added by Ada Brandt").await;
    };
    two(&demo, sign, ["Theo", "Ada"]).await;
}

#[tokio::test]
async fn a_session_that_ends_over_a_form_takes_nothing_with_it() {
    if !may_run() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::with(&["--data", folder.path().to_str().expect("a path")]);
    let chrome = Chrome::start().await;
    let rosa = Staff::new(&chrome, &demo);
    rosa.comes_in("Rosa").await;
    let form = format!("{}/intake", rosa.visit_of("Omar Haddad", "2026-03-27").await);
    rosa.go(&form).await;
    an_hour_passes(folder.path()).await;
    rosa.types("#goals", "Lift the arm again.").await;
    rosa.says_in(SAVED, "You are signed out. What you typed is still here").await;
    rosa.press("Save for later").await;
    let key = demo.key("Rosa");
    rosa.types("#email", &key.0).await;
    rosa.types("#password", &key.1).await;
    rosa.press("Sign in").await;
    rosa.reads("Signed in again, Rosa Marin").await;
    rosa.press("Send it now").await;
    rosa.reads("Intake for Omar Haddad").await;
    assert_eq!(rosa.value("#goals").await, "Lift the arm again.");
    chrome.stop().await;
}

/// Nobody has used a session for an hour, says the demo's database.
async fn an_hour_passes(folder: &Path) {
    let url = format!("sqlite://{}", folder.join("aftercare.db").display());
    let mut db = SqliteConnection::connect(&url).await.expect("the demo's database");
    let sql = "update session set seen_at = seen_at - 3600000";
    let done = sqlx::query(sql).execute(&mut db).await.expect("an update");
    assert_eq!(done.rows_affected(), 1);
}

#[tokio::test]
async fn the_board_is_walked_with_keys_that_it_names_and_that_can_be_turned_off() {
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let chrome = Chrome::start().await;
    let rosa = Staff::new(&chrome, &demo);
    rosa.comes_in("Rosa").await;
    for words in ["n new visit", "j k next and last visit", "t today"] {
        rosa.says_in("[data-keys]", words).await;
    }
    rosa.hits("j").await;
    assert_eq!(rosa.at("textContent").await, "Bram Visser");
    rosa.hits("j").await;
    assert_eq!(rosa.at("textContent").await, "Tom Avery");
    rosa.hits("k").await;
    assert_eq!(rosa.at("textContent").await, "Bram Visser");
    rosa.hits("\u{e015}").await;
    assert_eq!(rosa.at("textContent").await, "Tom Avery", "arrows walk on");
    rosa.hits("/").await;
    assert_eq!(rosa.at("id").await, "q");
    rosa.hits("oka 1980").await;
    rosa.says_in("#found", "Cleo Okafor").await;
    rosa.hits("\u{e015}").await;
    assert!(rosa.at("textContent").await.contains("Cleo Okafor"));
    rosa.hits("\u{e00c}").await;
    assert_eq!(rosa.at("id").await, "q", "Escape leads back");
    rosa.go("/day?on=2026-03-30").await;
    rosa.hits("t").await;
    rosa.arrives("/day").await;
    rosa.hits("n").await;
    rosa.arrives("/visits/new?on=2026-03-27").await;
    rosa.go("/day").await;
    rosa.click("[data-keys-switch]").await;
    rosa.says_in("[data-keys]", "Turn keys on").await;
    rosa.go("/day").await;
    rosa.hits("j").await;
    assert_eq!(rosa.at("tagName").await, "BODY", "and stays off");
    rosa.heard_no_complaint().await;
    chrome.stop().await;
}

#[tokio::test]
async fn a_returning_client_without_a_change_takes_three_presses_at_most() {
    if !may_run() {
        return;
    }
    let demo = Demo::start();
    let chrome = Chrome::start().await;
    let rosa = Staff::new(&chrome, &demo);
    rosa.comes_in("Rosa").await;
    let visit = rosa.visit_of("Tom Avery", "2026-03-27").await;
    rosa.counts_from_here();
    rosa.follow(&format!("a[href='{visit}/intake']")).await;
    rosa.press("Nothing has changed").await;
    rosa.reads("Intake saved for Tom Avery").await;
    rosa.took_at_most("a returning client without a change, from the board to saved", 3, 0);
    rosa.heard_no_complaint().await;
    chrome.stop().await;
}
