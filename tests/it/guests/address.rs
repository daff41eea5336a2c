//! A new email address: nothing changes until the new one confirms, and the old one can take it back.

use aftercare::clinic::link::Purpose;
use aftercare::clinic::protocol::Step;
use aftercare::store::client;
use axum::http::StatusCode;

use super::{MORNING, link_for, paths, reachable};
use crate::support::app::TestApp;
use crate::support::browser::Answer;
use crate::support::cast::minutes;
use crate::support::worker::header;

async fn email(app: &TestApp) -> String {
    let cleo = app.write(async |db| client::find(db, app.cast.clinic, app.cast.cleo).await).await.expect("Cleo");
    cleo.client.email.expect("an address").to_string()
}

async fn ask(app: &TestApp, token: &str, address: &str) -> Answer {
    app.visitor().post_as_is(&format!("/p/{token}/address"), &[("email", address)]).await
}

/// The links in the last mail to this address.
fn link_to(app: &TestApp, address: &str) -> String {
    let taken = app.taken();
    let mail = taken.iter().rev().find(|mail| mail.rcpt.contains(address)).expect("a mail");
    let text = mail_parser::MessageParser::default().parse(&mail.body).expect("a message");
    paths(&text.body_text(0).expect("text")).into_iter().next().expect("a link")
}

#[tokio::test]
async fn a_new_address_confirms_before_anything_changes_and_the_old_one_is_told() {
    for app in reachable(MORNING).await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let token = link_for(&app, Purpose::Preferences, None).await;
        let asked = ask(&app, &token, "cleo@new.example").await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER);
        assert!(app.visitor().get(asked.leads_to()).await.body.contains("c…@new.example"));
        assert_eq!(email(&app).await, "Cleo.Okafor@example.org", "nothing changed yet");
        app.run_notices().await;
        let subjects = app.subjects();
        assert_eq!(subjects.len(), 2, "{subjects:?}");
        assert!(app.taken().iter().all(|mail| !header(&mail.body, "Subject").contains("example")));
        let (new, old) = (link_to(&app, "cleo@new.example"), link_to(&app, "Cleo.Okafor@example.org"));

        let mut guest = app.visitor();
        let page = guest.get(&new).await.body;
        assert!(
            page.contains("cleo@new.example") && !page.contains("Cleo.Okafor") && !page.contains("What we send you")
        );
        assert_eq!(email(&app).await, "Cleo.Okafor@example.org", "a look confirms nothing");
        let stopped = guest.post_as_is(&format!("{new}/stop"), &[("topic", "aftercare")]).await;
        assert_eq!(stopped.status, StatusCode::UNPROCESSABLE_ENTITY, "this link confirms and nothing else");
        guest.post_as_is(&format!("{new}/confirm"), &[]).await;
        assert_eq!(email(&app).await, "cleo@new.example");
        assert_eq!(
            app.email(visit, Step::SameDay).await.recipient.as_str(),
            "cleo@new.example",
            "what waits goes along"
        );
        assert!(guest.get(&new).await.body.contains("from now on"));

        let page = guest.get(&old).await.body;
        assert!(page.contains("It was C…@example.org before") && !page.contains("cleo@new.example"), "{page}");
        guest.post_as_is(&format!("{old}/address/undo"), &[]).await;
        assert_eq!(email(&app).await, "Cleo.Okafor@example.org");
        assert_eq!(app.email(visit, Step::SameDay).await.recipient.as_str(), "Cleo.Okafor@example.org");
        // The link that confirmed once does nothing any more.
        guest.post_as_is(&format!("{new}/confirm"), &[]).await;
        assert_eq!(email(&app).await, "Cleo.Okafor@example.org");
        assert!(guest.get(&new).await.body.contains("does not wait any more"));
    }
}

#[tokio::test]
async fn only_the_newest_change_waits_and_not_for_ever() {
    for mut app in reachable(MORNING).await {
        let token = link_for(&app, Purpose::Preferences, None).await;
        ask(&app, &token, "one@new.example").await;
        app.run_notices().await;
        let one = link_to(&app, "one@new.example");
        ask(&app, &token, "two@new.example").await;
        app.run_notices().await;
        let two = link_to(&app, "two@new.example");
        let mut guest = app.visitor();
        guest.post_as_is(&format!("{one}/confirm"), &[]).await;
        assert_eq!(email(&app).await, "Cleo.Okafor@example.org", "another was asked for since");
        app.advance(minutes(24 * 60));
        assert_eq!(guest.post_as_is(&format!("{two}/confirm"), &[]).await.status, StatusCode::GONE);
        assert_eq!(email(&app).await, "Cleo.Okafor@example.org");
        app.due_mail_may_stay = true;
    }
}

#[tokio::test]
async fn what_is_no_address_is_shown_again_and_asking_has_a_limit() {
    for mut app in reachable(MORNING).await {
        let token = link_for(&app, Purpose::Preferences, None).await;
        for wrong in ["", "cleo", "a@b c", "\"><script>@x.example"] {
            let page = ask(&app, &token, wrong).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
            assert!(page.body.contains("Write an address like") && !page.body.contains("<script>"), "{wrong}");
        }
        let same = ask(&app, &token, "cleo.okafor@EXAMPLE.org").await;
        assert_eq!(same.status, StatusCode::SEE_OTHER);
        for number in 1..=3 {
            assert_eq!(ask(&app, &token, &format!("a{number}@new.example")).await.status, StatusCode::SEE_OTHER);
        }
        let enough = ask(&app, &token, "a4@new.example").await;
        assert!(enough.status == StatusCode::UNPROCESSABLE_ENTITY && enough.body.contains("value=\"a4@new.example\""));
        assert!(enough.body.contains("several times today"));
        app.run_notices().await;
        assert_eq!(app.subjects().len(), 6);
        app.due_mail_may_stay = true;
    }
}
