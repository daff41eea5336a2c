//! The therapist's half of the day: from the brief to what the client gets afterwards.

use super::Scripts;
use crate::staff::Staff;

/// Reads, treats, writes, signs, and changes what goes out.
pub async fn treats(theo: &Staff<'_>, visit: &str, scripts: Scripts) {
    theo.comes_in("Theo").await;
    reads_the_brief(theo, visit).await;
    books_what_suits(theo).await;
    decides_every_line(theo, visit, scripts).await;
    records_what_was_done(theo).await;
    signs(theo, visit).await;
    changes_the_plan(theo, visit).await;
}

async fn reads_the_brief(theo: &Staff<'_>, visit: &str) {
    theo.follow(&format!(".board a[href='{visit}']")).await;
    theo.reads("Avoid areas: right calf").await;
    theo.reads("Pressure ceiling: light").await;
    theo.reads("Ask before you start").await;
    theo.reads("Stop and refer").await;
    theo.reads("past disc problem").await;
}

/// One press, its way back, and the press again.
async fn books_what_suits(theo: &Staff<'_>) {
    theo.press("Use Swedish").await;
    theo.reads("Swedish massage is booked now, instead of Deep tissue massage.").await;
    theo.press("Undo").await;
    theo.reads("Deep tissue massage is booked now, instead of Swedish massage.").await;
    theo.press("Use Swedish").await;
    theo.reads("As booked. Nothing rules it out.").await;
    theo.heard_no_complaint().await;
}

/// One line accepted, one in other words, one rejected, the rest accepted; and words of their own.
async fn decides_every_line(theo: &Staff<'_>, visit: &str, scripts: Scripts) {
    let lines = theo.waiting().await;
    assert!(lines.len() > 3, "the note opens with lines: {lines:?}");
    let words = format!("[name='{}']", lines[1].replacen("line.", "text.", 1));
    theo.ticks(&lines[0], "accept").await;
    theo.ticks(&lines[1], "edit").await;
    theo.types(&words, " In the room: settled for a year.").await;
    theo.ticks(&lines[2], "reject").await;
    theo.types("[name='own.objective']", "Walks freely. Right calf firm, no swelling.").await;
    match scripts {
        Scripts::On => theo.is_saved_by("#note-status", "Theo Lindqvist").await,
        Scripts::Off => theo.press("Save draft").await,
    }
    theo.go(visit).await;
    theo.is_saved_by("#note-status", "Theo Lindqvist").await;
    theo.reads("In the room: settled for a year.").await;
    assert_eq!(theo.waiting().await, lines[3..], "three are decided");
    assert!(theo.has(&format!("input[name='{}'][value=reject]:checked", lines[2])).await, "a no stays a no");
    theo.press("Sign note").await;
    theo.reads("wait for you").await;
    theo.heard_the_status(409).await;
    theo.press("Accept all").await;
    theo.reads("Every line is decided").await;
    theo.heard_no_complaint().await;
}

async fn records_what_was_done(theo: &Staff<'_>) {
    theo.click("#treatment summary").await;
    theo.ticks("pressure", "light").await;
    theo.ticks("region", "hip").await;
    theo.press("Record what was done").await;
    theo.reads("Swedish massage, light").await;
    theo.heard_no_complaint().await;
}

async fn signs(theo: &Staff<'_>, visit: &str) {
    // What was done differently has lines of its own.
    if !theo.waiting().await.is_empty() {
        theo.press("Accept all").await;
    }
    theo.press("Sign note").await;
    theo.reads("Signed by Theo Lindqvist").await;
    assert!(!theo.has("form[data-note]").await, "a signed note has no form");
    theo.types("#addendum", "Called at noon: feels well.").await;
    theo.press("Add to the note").await;
    theo.reads("Added by Theo Lindqvist").await;
    theo.go("/notes").await;
    assert!(!theo.says("Clea Okafor").await, "nothing is left to sign of this visit");
    theo.go(visit).await;
    theo.heard_no_complaint().await;
}

/// Opens an act of one email and presses its button.
async fn acts(theo: &Staff<'_>, step: &str, act: &str, button: &str) {
    opens(theo, step, act).await;
    theo.press_in(step, button).await;
}

async fn opens(theo: &Staff<'_>, step: &str, act: &str) {
    theo.click_on(&format!("//li[@id='{step}']//summary[starts-with(normalize-space(.), '{act}')]")).await;
}

async fn changes_the_plan(theo: &Staff<'_>, visit: &str) {
    theo.follow(&format!("a[href='{visit}/plan']")).await;
    theo.reads("Aftercare for Clea Okafor").await;
    acts(theo, "day_7", "Skip", "Skip this email").await;
    theo.reads("Skipped by Theo Lindqvist").await;
    acts(theo, "day_7", "Put it back", "Put it back").await;
    acts(theo, "day_3", "Hold", "Hold this email").await;
    theo.reads("Held").await;
    acts(theo, "day_3", "Resume", "Resume this email").await;
    theo.heard_no_complaint().await;

    opens(theo, "day_3", "Change time").await;
    theo.picks("#day_3 input[name=time]", "03:00").await;
    theo.press_in("day_3", "Change the time").await;
    theo.reads("Choose a time between.").await;
    theo.heard_the_status(422).await;
    theo.picks("#day_3 input[name=time]", "11:15").await;
    theo.press_in("day_3", "Change the time").await;
    theo.reads("Time changed").await;

    opens(theo, "day_1", "Add a line").await;
    theo.types("#day_1 textarea[name=line]", "Water will flush out toxins.").await;
    theo.press_in("day_1", "Keep the line").await;
    theo.heard_the_status(422).await;
    theo.clears("#day_1 textarea[name=line]").await;
    theo.types("#day_1 textarea[name=line]", "A slow walk at lunch does you good.").await;
    theo.press_in("day_1", "Keep the line").await;
    theo.reads("A slow walk at lunch does you good.").await;

    theo.go(&format!("{visit}/plan?email=same_day")).await;
    theo.reads("Stays in every email").await;
    theo.click("#open details.do summary").await;
    theo.press("Leave it out").await;
    theo.reads("therapist withheld it (Theo Lindqvist)").await;
    theo.go(&format!("{visit}/plan?email=day_1&show=text")).await;
    theo.reads("A slow walk at lunch does you good.").await;
    theo.heard_no_complaint().await;
}
