//! The form and its mails for whoever chose Spanish: no English on any page.

use aftercare::store::client;

use super::invited::{books, rosa};
use super::{MORNING, Phone};
use crate::support::app::TestApp;
use crate::support::browser::Answer;
use crate::support::english::left_in;

fn clean(what: &str, page: &Answer) {
    let left = left_in(&page.body);
    assert!(left.is_empty(), "{what}: {left:?}\n{}", page.body);
    assert!(page.body.contains("<html lang=\"es\">"), "{what}: {}", page.body);
}

#[tokio::test]
async fn every_page_of_the_form_and_its_mails_are_in_spanish() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.sql("delete from intake").await;
        app.write(async |db| {
            let mut cleo = client::find(db, app.cast.clinic, app.cast.cleo).await?.expect("Cleo");
            cleo.client.locale = Some("es".into());
            client::save(db, app.cast.clinic, &cleo).await
        })
        .await;
        let mut rosa = rosa(&app).await;
        let visit = books(&mut rosa, &app, "2026-01-08").await;
        app.run_notices().await;
        app.go_to("2026-01-07T08:00:00Z");
        app.run_notices().await;
        let mails = app.taken();
        assert_eq!(mails.len(), 2, "the link and the reminder");
        for mail in mails {
            let message = mail_parser::MessageParser::default().parse(&mail.body).expect("a message");
            let (text, subject) = (message.body_text(0).expect("text"), message.subject().expect("a subject"));
            assert!(left_in(&text).is_empty() && left_in(subject).is_empty(), "{subject}\n{text}");
            assert!(text.contains("jueves 8 de enero") || text.contains("8 de enero"), "{text}");
        }
        let mut wrong = Phone::with_link(&app, visit).await;
        clean("the door", &wrong.start().await);
        for day in ["1", "2", "3"] {
            clean("a wrong date", &wrong.born(&[("day", day), ("month", "1"), ("year", "1950")]).await);
        }
        let mut warned = Phone::with_link(&app, visit).await;
        let page = warned.come_in().await;
        let page = warned.send(&page, &[("now", "yes")], "next").await;
        assert_eq!(warned.topic(), "help");
        clean("help", &page);
        let mut page = warned.open(&format!("/f/{}/warning", warned.token.clone())).await;
        for _ in 0..40 {
            let topic = warned.topic().to_owned();
            clean(&topic, &page);
            if topic == "review" {
                break;
            }
            // What comes back with a sentence by the field, before what is right.
            let blank = warned.press(&page, &[], "next").await;
            if blank.status.as_u16() == 422 {
                clean(&format!("{topic}, blank"), &blank);
                page = warned.open(&warned.at.clone()).await;
                page = warned.on(page).await;
            } else if topic == "warning" {
                page = warned.open(&format!("/f/{}/warning", warned.token.clone())).await;
                page = warned.on(page).await;
            } else {
                page = warned.open(blank.leads_to()).await;
            }
        }
        clean("sent", &warned.send(&page, &[], "send").await);
        app.sql("update visit set state = 'cancelled', version = version + 1").await;
        app.sql("delete from form_sent").await;
        clean("called off", &warned.start().await);
    }
}
