//! A whole day in a browser: reception registers and books a walk-in and takes the intake; the
//! therapist reads the brief, treats, writes and signs the note and changes the plan; another visit
//! moves, one is called off and taken back. With scripts and without, on both databases.

mod therapist;

use crate::chrome::Chrome;
use crate::staff::Staff;
use crate::{Demo, may_run, server};

/// Whether pages run scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    On,
    Off,
}

#[tokio::test]
async fn the_day_on_sqlite_with_scripts() {
    if may_run() {
        the_day(Demo::start(), Scripts::On).await;
    }
}

#[tokio::test]
async fn the_day_on_sqlite_without_scripts() {
    if may_run() {
        the_day(Demo::start(), Scripts::Off).await;
    }
}

#[tokio::test]
async fn the_day_on_postgresql_with_scripts() {
    if may_run()
        && let Some(url) = server::database().await
    {
        the_day(Demo::on(&url), Scripts::On).await;
    }
}

#[tokio::test]
async fn the_day_on_postgresql_without_scripts() {
    if may_run()
        && let Some(url) = server::database().await
    {
        the_day(Demo::on(&url), Scripts::Off).await;
    }
}

async fn the_day(demo: Demo, scripts: Scripts) {
    let chrome = Chrome::start().await;
    if scripts == Scripts::Off {
        chrome.without_scripts().await;
    }
    let staff = Staff::new(&chrome, &demo);
    staff.comes_in("Rosa").await;
    let visit = a_walk_in_is_booked(&staff, scripts).await;
    takes_the_intake(&staff, &visit, scripts).await;
    therapist::treats(&staff, &visit, scripts).await;
    staff.comes_in("Rosa").await;
    another_visit_moves(&staff).await;
    one_is_called_off_and_taken_back(&staff).await;
    chrome.stop().await;
}

/// Registers somebody who looks like a client there is, and books them for now. Gives the visit's path.
async fn a_walk_in_is_booked(rosa: &Staff<'_>, scripts: Scripts) -> String {
    rosa.counts_from_here();
    rosa.follow("#new-visit").await;
    rosa.types("#whom", "okaf 1980").await;
    if scripts == Scripts::Off {
        rosa.press("Find").await;
    }
    rosa.reads("1 client found").await;
    rosa.follow(".find-who a[href='/clients/new']").await;
    for (field, words) in [
        ("#first_name", "Clea"),
        ("#last_name", "Okafor"),
        ("#born", "1 Feb 1980"),
        ("#phone", "020 7946 0201"),
        ("#email", "clea.okafor@example.org"),
    ] {
        rosa.types(field, words).await;
    }
    rosa.press("Register client").await;
    rosa.reads("Is it somebody you know already?").await;
    rosa.reads("Cleo Okafor").await;
    rosa.press("It is someone else: register Clea").await;
    rosa.reads("Clea Okafor").await;
    rosa.heard_the_status(409).await;
    rosa.follow(".head a[href^='/visits/new']").await;
    rosa.picks("#time", "09:40").await;
    rosa.chooses("#technique", "deep_tissue").await;
    rosa.chooses("#pressure", "firm").await;
    rosa.ticks("regions", "lower_back").await;
    rosa.chooses_word("#therapist", "Ines Calder").await;
    rosa.press("Book visit").await;
    rosa.reads("Book it all the same?").await;
    rosa.reads("This time has passed.").await;
    rosa.heard_the_status(409).await;
    rosa.press("Book it all the same").await;
    rosa.reads("Booked: Clea Okafor").await;
    // With the search for them, the question whether they are known, and the one about the hour.
    rosa.took_at_most("the same client, from the board to registered and booked", 22, 69);
    rosa.heard_no_complaint().await;
    let told = rosa.place().await;
    let id = told.split("told=").nth(1).expect("the visit that was booked");
    format!("/visits/{id}")
}

/// Two injuries, where it hurts, and what is agreed to.
async fn takes_the_intake(rosa: &Staff<'_>, visit: &str, scripts: Scripts) {
    rosa.counts_from_here();
    rosa.follow(&format!("a[href='{visit}/intake']")).await;
    for group in ["right_now", "heart", "pregnancy"] {
        if rosa.has(&format!("input[name=none][value='{group}']")).await {
            rosa.ticks("none", group).await;
        }
    }
    rosa.ticks("yes", "herniated_disc_history").await;
    rosa.ticks("yes", "muscle_strain_acute").await;
    match scripts {
        Scripts::On => rosa.click("[data-place='lower_back.left']").await,
        Scripts::Off => {
            rosa.ticks("mark", "lower_back.left").await;
            rosa.press("Add feeling and score").await;
        }
    }
    for (field, value) in [
        ("at.herniated_disc_history.0.region", "lower_back"),
        ("at.herniated_disc_history.0.side", "left"),
        ("at.herniated_disc_history.0.status", "past"),
        ("at.muscle_strain_acute.0.region", "calf"),
        ("at.muscle_strain_acute.0.side", "right"),
        ("at.muscle_strain_acute.0.status", "current"),
        ("mark.lower_back.left.sensation", "ache"),
        ("mark.lower_back.left.intensity", "6"),
    ] {
        rosa.chooses(&format!("[name='{field}']"), value).await;
    }
    rosa.types("[name='at.herniated_disc_history.0.since']", "January 2024").await;
    rosa.ticks("pain", "5").await;
    rosa.ticks("load", "desk_work").await;
    rosa.types("#goals", "Sit through a day without the ache.").await;
    for consent in ["treatment", "health_data", "aftercare_email", "check_in_email"] {
        rosa.ticks("consent", consent).await;
    }
    rosa.follow(".foot-acts button[value=save]").await;
    rosa.reads("Intake saved for Clea Okafor").await;
    // Two conditions with place, side, time and state each, a mark on the body with feeling and score, pain,
    // load, a sentence of what they hope for, and four consents. A list takes two presses.
    rosa.took_at_most("a new client with two injuries, from the board to saved", 33, 47);
    assert!(!rosa.says("disc").await, "reception is shown no answer once it is saved");
    rosa.heard_no_complaint().await;
    rosa.press_link("Back to the day").await;
    rosa.reads("Clea Okafor").await;
}

/// Zoë's visit has an email that prepares for it, and moves along with it.
async fn another_visit_moves(rosa: &Staff<'_>) {
    let visit = rosa.visit_of("Zoë O’Neil", "2026-04-02").await;
    rosa.go(&format!("{visit}/move")).await;
    rosa.picks("#date", "2026-04-08").await;
    rosa.picks("#time", "16:00").await;
    rosa.press("Show what changes").await;
    rosa.reads("Move it to").await;
    rosa.reads("Moves from Wed 1 Apr 09:00 to Tue 7 Apr 09:00.").await;
    rosa.press("Move visit").await;
    rosa.reads("Zoë O’Neil").await;
    let moved = rosa.visit_of("Zoë O’Neil", "2026-04-08").await;
    assert_eq!(moved, visit, "it is the same visit on another day");
    rosa.heard_no_complaint().await;
}

async fn one_is_called_off_and_taken_back(rosa: &Staff<'_>) {
    let visit = rosa.visit_of("Tom Avery", "2026-04-03").await;
    rosa.click(".board details.menu summary").await;
    rosa.follow(&format!(".board a[href='{visit}/cancel']")).await;
    rosa.reads("What happens to emails").await;
    rosa.reads("Called off").await;
    rosa.press("Cancel visit").await;
    rosa.reads("Cancelled: Tom Avery").await;
    rosa.press("Undo").await;
    rosa.reads("Booked: Tom Avery").await;
    rosa.heard_no_complaint().await;
}
