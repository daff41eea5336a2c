//! Sent once, from however many phones; and staff who have the same form open.

use aftercare::store::intake::draft::{self, By, Of};

use super::{MORNING, Phone, first_visit, intakes};
use crate::support::app::TestApp;

#[tokio::test]
async fn fifty_presses_at_once_make_one_intake() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let page = phone.come_in().await;
        phone.until(page, "review").await;
        let presses = (0..50).map(|_| {
            let mut browser = phone.browser.clone();
            let path = format!("/f/{}/review", phone.token);
            async move { browser.post_as_is(&path, &[("act", "send")]).await }
        });
        let answers = futures_util::future::join_all(presses).await;
        for answer in &answers {
            let fine = answer.status.as_u16() == 303 || answer.body.contains("We have your form");
            assert!(fine, "{} {}", answer.status, answer.body);
        }
        assert_eq!(intakes(&app).await.len(), 1);
        assert_eq!(app.ask("select cast(count(*) as text) from intake_signature").await, ["1"]);
        assert!(phone.start().await.body.contains("We have your form"));
        let path = format!("/f/{}/words", phone.token);
        let late = phone.browser.post_as_is(&path, &[("medicines", "x"), ("act", "next")]).await;
        assert!(late.body.contains("It is sent once."));
    }
}

#[tokio::test]
async fn two_phones_with_two_links_make_one_intake() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut first = Phone::with_link(&app, visit).await;
        let mut second = Phone::with_link(&app, visit).await;
        let page = first.come_in().await;
        first.until(page, "review").await;
        let page = second.come_in().await;
        assert_eq!(second.topic(), "review", "one form");
        second.send(&page, &[], "send").await;
        assert!(first.start().await.body.contains("We have your form"));
        assert_eq!(intakes(&app).await.len(), 1);
    }
}

#[tokio::test]
async fn staff_and_client_are_told_of_each_other() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let page = phone.come_in().await;
        let page = phone.until(page, "words").await;
        let of = Of { client: app.cast.cleo, visit: Some(visit) };
        let had = app.write(async |db| draft::find(db, app.cast.clinic, of).await).await.expect("a draft");
        let mut typed = had.typed.clone();
        typed.set("medicines", &["aspirin".to_owned()]);
        let by = By::Staff(app.cast.rosa);
        app.write(async |db| draft::save(db, app.cast.clinic, of, had.version, &typed, (by, app.now())).await).await;

        let told = phone.press(&page, &[("medicines", "ibuprofen")], "next").await;
        assert_eq!(told.status.as_u16(), 409);
        assert!(told.body.contains("Somebody else changed this page") && told.body.contains("ibuprofen"));
        let page = phone.send(&told, &[("medicines", "aspirin and ibuprofen")], "next").await;
        assert_eq!((page.status.as_u16(), phone.topic()), (200, "where"));
        let kept = app.write(async |db| draft::find(db, app.cast.clinic, of).await).await.expect("a draft");
        assert_eq!(kept.typed.one("medicines"), "aspirin and ibuprofen");
        assert!(
            kept.guest.is_some_and(|guest| guest.seen.contains("about")),
            "what staff save keeps the client’s place"
        );

        // And the other way round: the desk's older page is told.
        let mut rosa = app.sign_in("Rosa").await;
        let form = crate::intake::filled::Filled::of(&rosa.get(&format!("/visits/{visit}/intake")).await.body);
        phone.send(&page, &[("pain", "3")], "next").await;
        let told = rosa.post(&format!("/visits/{visit}/intake"), &form.pairs_with("draft")).await;
        assert_eq!(told.status.as_u16(), 409);
        assert!(told.body.contains("The client saved this form"), "{}", told.body);
    }
}
