//! The question at the door, and links that open nothing.

use aftercare::store::visit::VisitState;
use aftercare::store::{client, visit};
use jiff::SignedDuration;

use super::{BORN, MORNING, Phone, first_visit, intakes};
use crate::support::app::TestApp;

#[tokio::test]
async fn three_wrong_dates_close_a_link_and_no_other() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let wrong = [("day", "1"), ("month", "1"), ("year", "1990")];
        let unreadable = phone.born(&[("day", "31"), ("month", "2"), ("year", "1990")]).await;
        assert!(unreadable.body.contains("Write day, month and year in numbers"), "a slip costs no try");
        let first = phone.born(&wrong).await;
        assert_eq!((first.status.as_u16(), first.body.contains("two more times")), (422, true));
        assert!(first.body.contains("value=\"1990\"") && !first.body.contains("Cleo"));
        assert!(phone.born(&wrong).await.body.contains("one more time"));
        let locked = phone.born(&wrong).await;
        assert_eq!(locked.status.as_u16(), 423);
        assert!(locked.body.contains("Call us") && locked.body.contains("030 1234") && !locked.body.contains("Cleo"));
        assert_eq!(phone.born(&BORN).await.status.as_u16(), 423, "the right one comes too late");
        assert_eq!(phone.start().await.status.as_u16(), 423);

        let mut other = Phone::with_link(&app, visit).await;
        other.come_in().await;
        assert_eq!(other.topic(), "warning", "a new link of the clinic opens");
    }
}

#[tokio::test]
async fn many_guesses_at_once_are_three() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let phone = Phone::with_link(&app, visit).await;
        let guesses = (1..=20).map(|day| {
            let mut browser = app.visitor();
            let path = format!("/f/{}", phone.token);
            async move {
                let day = day.to_string();
                let fields = [("day", day.as_str()), ("month", "3"), ("year", "1988")];
                browser.post_as_is(&path, &fields).await.status.as_u16()
            }
        });
        let answers = futures_util::future::join_all(guesses).await;
        assert_eq!(answers.iter().filter(|status| **status == 422).count(), 2, "{answers:?}");
        assert_eq!(answers.iter().filter(|status| **status == 423).count(), 18, "{answers:?}");
    }
}

#[tokio::test]
async fn nobody_goes_around_the_door_or_past_the_first_question() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut phone = Phone::with_link(&app, visit).await;
        for topic in ["warning", "back", "review", "help", "nothing"] {
            let page = phone.open(&format!("/f/{}/{topic}", phone.token)).await;
            assert!(page.body.contains("is this form yours?"), "{topic}");
        }
        let path = format!("/f/{}/words", phone.token);
        let posted = phone.browser.post_as_is(&path, &[("medicines", "x"), ("act", "next")]).await;
        assert!(posted.body.contains("is this form yours?"));
        assert_eq!(app.ask("select cast(count(*) as text) from intake_draft").await, ["0"]);

        phone.come_in().await;
        for topic in ["back", "review", "help", "nothing"] {
            phone.open(&format!("/f/{}/{topic}", phone.token)).await;
            assert_eq!(phone.topic(), "warning", "{topic}");
        }
        // Another link of the same client is another door.
        let mut other = Phone::with_link(&app, visit).await;
        other.cookies.clone_from(&phone.cookies);
        other.browser.headers.clone_from(&phone.browser.headers);
        assert!(other.start().await.body.contains("is this form yours?"));
    }
}

#[tokio::test]
async fn a_link_ends_with_its_visit_and_says_so_kindly() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut phone = Phone::with_link(&app, visit).await;
        phone.come_in().await;
        let mut called_off = app.write(async |db| visit::find(db, app.cast.clinic, visit).await).await.expect("there");
        called_off.state = VisitState::Cancelled;
        app.write(async |db| visit::save(db, app.cast.clinic, &called_off).await).await;
        let page = phone.start().await;
        assert_eq!(page.status.as_u16(), 410);
        assert!(page.body.contains("This visit was called off") && page.body.contains("030 1234"));
        called_off.state = VisitState::Booked;
        app.write(async |db| visit::save(db, app.cast.clinic, &called_off).await).await;
        assert_eq!(phone.start().await.status.as_u16(), 200);
        app.advance(SignedDuration::from_hours(24 * 3));
        let ended = phone.start().await;
        assert_eq!((ended.status.as_u16(), ended.body.contains("030 1234")), (410, true));
        let late = phone.browser.post_as_is(&format!("/f/{}/review", phone.token), &[("act", "send")]).await;
        assert_eq!(late.status.as_u16(), 410);
        let unknown = phone.open("/f/nothing-of-ours").await;
        assert_eq!(unknown.status.as_u16(), 404);
    }
}

#[tokio::test]
async fn looking_changes_nothing_and_no_other_site_sends() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut phone = Phone::with_link(&app, visit).await;
        let page = phone.come_in().await;
        phone.until(page, "where").await;
        let everything = "select (select count(*) from audit) || '/' || (select max(version) from intake_draft)
            || '/' || (select count(*) from form_pass) || '/' || (select count(*) from intake)";
        let before = app.ask(everything).await;
        for topic in ["", "/warning", "/back", "/where", "/consents", "/review", "/help"] {
            let path = format!("/f/{}{topic}", phone.token);
            phone.browser.get(&path).await;
            phone.browser.send(axum::http::Method::HEAD, &path, None).await;
        }
        assert_eq!(app.ask(everything).await, before);
        phone.browser.headers.push(("sec-fetch-site", "cross-site".into()));
        let path = format!("/f/{}/where", phone.token);
        let refused = phone.browser.post_as_is(&path, &[("pain", "3"), ("act", "next")]).await;
        assert_eq!(refused.status.as_u16(), 403);
        assert_eq!(app.ask(everything).await, before);
        assert!(intakes(&app).await.is_empty());
    }
}

#[tokio::test]
async fn a_date_of_birth_that_nobody_knew_goes_to_the_register_with_the_form() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let visit = first_visit(&app).await;
        let mut cleo = app.cast.cleo();
        cleo.client.born = None;
        app.write(async |db| client::save(db, app.cast.clinic, &cleo).await).await;
        let born = async || {
            app.write(async |db| client::find(db, app.cast.clinic, app.cast.cleo).await).await.expect("her").client.born
        };
        let mut phone = Phone::with_link(&app, visit).await;
        assert!(phone.start().await.body.contains("We do not have your date of birth yet."));
        let page = phone.come_in().await;
        assert_eq!(born().await, None);
        let page = phone.until(page, "review").await;
        phone.send(&page, &[], "send").await;
        assert_eq!(born().await, Some(jiff::civil::date(1988, 2, 29)));
    }
}
