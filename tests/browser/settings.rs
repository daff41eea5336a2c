//! What an admin sets in the browser besides words: the clinic's face, usual pressures, what the records of the domain say,
//! programs with their tokens and addresses, an entry of the catalogue that is new. With scripts; without them the same
//! is tried over the router.

use std::io::Write as _;

use crate::chrome::Chrome;
use crate::every_page::looked_at;
use crate::staff::Staff;
use crate::{Demo, may_run};

/// A picture of one colour: 64 pixels a side, as any program would write it.
fn picture() -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".png").tempfile().expect("a file");
    let mut png = Vec::new();
    let pixels = image::RgbImage::from_pixel(64, 64, image::Rgb([20, 90, 99]));
    pixels.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).expect("a picture");
    file.write_all(&png).expect("written");
    file
}

struct Admin<'a> {
    staff: Staff<'a>,
    wrong: Vec<String>,
}

impl Admin<'_> {
    async fn looks(&mut self, name: &str) {
        self.staff.chrome.complaints().await;
        let found = looked_at(self.staff.chrome, &format!("settings-{name}")).await;
        self.wrong.extend(found.into_iter().map(|words| format!("{name}: {words}")));
    }
}

#[tokio::test]
async fn a_clinic_gets_a_face_and_clients_see_it() {
    if !may_run() {
        return;
    }
    let (demo, chrome) = (Demo::start(), Chrome::start().await);
    let mut admin = Admin { staff: Staff::new(&chrome, &demo), wrong: Vec::new() };
    admin.staff.comes_in("Ada").await;

    // A colour on which white cannot be read is refused with one that would do.
    admin.staff.go("/settings/look").await;
    admin.staff.types("#colour", "#ffd400").await;
    admin.staff.press("Look at it").await;
    assert_eq!(admin.staff.status().await, 422, "{}", admin.staff.text().await);
    assert_eq!(admin.staff.value("#colour").await, "#ffd400");
    admin.looks("look-refused").await;
    admin.staff.press("Look at #").await;
    admin.staff.reads("This is how it would look").await;
    admin.staff.press("Use this look").await;
    admin.staff.reads("How it looks now").await;

    // A drawing in letters is no picture; a picture is seen in place first.
    let drawing = tempfile::Builder::new().suffix(".png").tempfile().expect("a file");
    std::fs::write(drawing.path(), "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").expect("written");
    admin.staff.types("#picture", &drawing.path().to_string_lossy()).await;
    admin.staff.press("See it in place").await;
    assert_eq!(admin.staff.status().await, 422, "{}", admin.staff.text().await);
    let good = picture();
    admin.staff.types("#picture", &good.path().to_string_lossy()).await;
    admin.staff.press("See it in place").await;
    admin.staff.reads("This is how it would look").await;
    admin.looks("look-tried").await;
    admin.staff.press("Use this look").await;
    admin.staff.reads("This look counts from now on").await;
    admin.looks("look-kept").await;

    // The sheet for clients has it, and one press takes it back.
    let visit = admin.staff.visit_of("Bram Visser", "2026-03-27").await;
    admin.staff.go(&format!("{visit}/handout")).await;
    assert!(admin.staff.has("img[src^='/look/']").await, "{}", admin.staff.text().await);
    admin.looks("look-on-paper").await;
    admin.staff.go("/settings/look").await;
    admin.staff.press("Take the logo away").await;
    admin.staff.press("Undo").await;
    assert!(admin.staff.has(".look-pair img[src^='/look/']").await);
    assert!(admin.wrong.is_empty(), "{}", admin.wrong.join("\n"));
    chrome.stop().await;
}

#[tokio::test]
async fn programs_come_in_and_hear_and_the_rest_of_the_settings_is_set() {
    if !may_run() {
        return;
    }
    let (demo, chrome) = (Demo::start(), Chrome::start().await);
    let mut admin = Admin { staff: Staff::new(&chrome, &demo), wrong: Vec::new() };
    admin.staff.comes_in("Ada").await;
    let (_, password) = demo.key("Ada");

    admin.staff.go("/people/tokens").await;
    admin.staff.types("#name", "Online booking").await;
    admin.staff.ticks("scope", "write:visits").await;
    admin.staff.types("#own_password", "not this").await;
    admin.staff.press("Make the token").await;
    assert_eq!(admin.staff.status().await, 422);
    admin.looks("token-refused").await;
    admin.staff.types("#own_password", &password).await;
    admin.staff.press("Make the token").await;
    admin.staff.reads("aftercare_api_").await;
    admin.looks("token-made").await;
    admin.staff.go("/people/tokens").await;
    assert!(!admin.staff.says("aftercare_api_").await, "it is shown once");
    admin.staff.click("form[action$='/revocation'] summary").await;
    admin.staff.press("End it now").await;
    admin.staff.reads("No other program").await;

    admin.staff.go("/people/webhooks").await;
    admin.staff.types("#url", "booking.example.org/hear").await;
    admin.staff.ticks("event", "visit.completed").await;
    admin.staff.types("#own_password", &password).await;
    admin.staff.press("Add it").await;
    assert_eq!(admin.staff.status().await, 422);
    admin.looks("webhook-refused").await;
    admin.staff.clears("#url").await;
    admin.staff.types("#url", "https://booking.example.org/hear").await;
    admin.staff.types("#own_password", &password).await;
    admin.staff.press("Add it").await;
    admin.staff.reads("whsec_").await;
    admin.looks("webhook-made").await;
    admin.staff.go("/people/webhooks").await;
    admin.staff.click("form[action$='/removal'] summary").await;
    admin.staff.press("Remove it now").await;
    admin.staff.reads("No address yet").await;

    admin.staff.go("/settings/pressures").await;
    admin.staff.chooses_word("select", "Firm").await;
    admin.staff.press("Save").await;
    assert_eq!(admin.staff.status().await, 200);
    admin.looks("pressures").await;

    // A name for examples stands in no public record, and the page says so.
    admin.staff.go("/settings/records").await;
    admin.staff.press("Look now").await;
    admin.staff.reads("Looked up").await;
    admin.looks("records").await;

    // A new entry is a draft like another, and is refused until it says everything.
    admin.staff.go("/catalogue/stretches/new").await;
    admin.staff.types("#label", "Slow shoulder roll").await;
    admin.staff.press("Save the draft").await;
    assert_eq!(admin.staff.status().await, 422);
    admin.looks("entry-refused").await;
    assert!(admin.wrong.is_empty(), "{}", admin.wrong.join("\n"));
    chrome.stop().await;
}
