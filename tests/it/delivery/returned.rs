//! Mail that comes back: from the envelope sender the peer saw to what reception reads.

use aftercare::clinic::bounce::Meaning;
use aftercare::clinic::ids::VisitId;
use aftercare::clinic::notice::{Kind, Notice};
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use aftercare::store::{self, bounce, suppression};
use aftercare::worker::bounces::{TakenIn, take_in};
use axum::http::StatusCode;

use crate::support::app::TestApp;
use crate::support::cast::minutes;

/// The envelope sender of the mail that left last.
fn sender(app: &TestApp) -> String {
    let mail = app.taken().pop().expect("a mail left").mail;
    mail.trim_start_matches("MAIL FROM:<").split('>').next().expect("an address").to_owned()
}

fn notice(to: &str, action: &str, status: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: <{to}>\r\nSubject: Undelivered\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nIt came back. canary-evidence\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; somebody.else@example.org\r\nAction: {action}\r\nStatus: {status}\r\n\r\n--b--\r\n"
    )
}

async fn hand_in(app: &TestApp, raw: &str) -> TakenIn {
    take_in(&app.engine.store, app.now(), raw.as_bytes()).await.expect("takes it in")
}

async fn same_day_left(app: &TestApp) -> VisitId {
    let visit = app.visited("2026-01-05T07:00:00Z").await;
    app.advance(minutes(3 * 60));
    assert_eq!(app.run_worker().await.sent, 1);
    visit
}

#[tokio::test]
async fn a_mailbox_that_does_not_exist_stops_the_mail_and_reception_learns_to_phone() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = same_day_left(&app).await;
        let raw = notice(&sender(&app), "failed", "5.1.1");
        let kept = TakenIn::Kept { meaning: Meaning::NoMailbox, suppressed: true };
        assert_eq!(hand_in(&app, &raw).await, kept);
        assert_eq!(hand_in(&app, &raw).await, TakenIn::Known, "told twice, kept once");
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!(app.deeds(email.id).await.last().map(String::as_str), Some("email.returned"));

        app.go_to("2026-01-06T08:00:00Z");
        assert_eq!(app.run_worker().await.sent, 0);
        assert_eq!(app.email(visit, Step::DayOne).await.state, State::Suppressed);

        let mut rosa = app.sign_in("Rosa").await;
        let board = rosa.get("/day").await.body;
        assert!(board.contains("Cleo Okafor, address does not work"), "{board}");
        assert!(board.contains("there is no such mailbox. Phone the client and ask for another address."));
        assert!(!board.contains("canary-evidence"));
        let client = rosa.get(&format!("/clients/{}", app.cast.cleo)).await.body;
        assert!(client.contains("Mail came back: there is no such mailbox") && client.contains("Send there again"));

        let id = app.ask("select id from bounce").await.remove(0);
        let otto = app.sign_in("Otto").await.post(&format!("/bounces/{id}/seen"), &[]).await;
        assert_eq!(otto.status, StatusCode::NOT_FOUND);
        assert_eq!(rosa.post(&format!("/bounces/{id}/seen"), &[]).await.status, StatusCode::SEE_OTHER);
        assert!(!rosa.get("/day").await.body.contains("address does not work"));

        let evidence =
            app.write(async |db| bounce::evidence(db, app.cast.clinic, id.parse().expect("an id")).await).await;
        assert!(String::from_utf8(evidence.expect("kept")).expect("text").contains("canary-evidence"));
        let resumed = rosa.post(&format!("/clients/{}/address/resumption", app.cast.cleo), &[]).await;
        assert_eq!(resumed.status, StatusCode::SEE_OTHER);
        app.go_to("2026-01-08T08:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1, "the third step goes out again");
    }
}

#[tokio::test]
async fn a_made_up_token_a_delay_and_a_refusal_of_us_stop_nothing() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        same_day_left(&app).await;
        let sender = sender(&app);
        let (local, domain) = sender.split_once('@').expect("an address");
        let mut forged = local.to_owned();
        let last = if forged.pop() == Some('a') { 'e' } else { 'a' };
        forged.push(last);
        assert_eq!(hand_in(&app, &notice(&format!("{forged}@{domain}"), "failed", "5.1.1")).await, TakenIn::NotOurs);
        assert_eq!(hand_in(&app, &notice("bounce@lindenhof.example", "failed", "5.1.1")).await, TakenIn::NotOurs);
        let person =
            format!("From: cleo.okafor@example.org\r\nTo: {sender}\r\nSubject: Re\r\n\r\nuser unknown, haha\r\n");
        assert_eq!(hand_in(&app, &person).await, TakenIn::NoNotice);
        for (action, status, meaning) in [
            ("delayed", "5.1.1", Meaning::Delayed),
            ("failed", "5.7.1", Meaning::OurFault),
            ("failed", "5.2.2", Meaning::NotNow),
        ] {
            let kept = TakenIn::Kept { meaning, suppressed: false };
            assert_eq!(hand_in(&app, &notice(&sender, action, status)).await, kept);
        }
        let stopped = app.write(async |db| suppression::all(db, app.cast.clinic).await).await;
        assert_eq!(stopped, []);
    }
}

#[tokio::test]
async fn the_third_email_in_a_month_that_finds_the_mailbox_full_is_the_last() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        same_day_left(&app).await;
        for (due, last) in [("", false), ("2026-01-06T08:00:00Z", false), ("2026-01-08T08:00:00Z", true)] {
            if !due.is_empty() {
                app.go_to(due);
                assert_eq!(app.run_worker().await.sent, 1);
            }
            let kept = TakenIn::Kept { meaning: Meaning::NotNow, suppressed: last };
            assert_eq!(hand_in(&app, &notice(&sender(&app), "failed", "4.2.2")).await, kept);
        }
        app.go_to("2026-01-12T08:00:00Z");
        assert_eq!(app.run_worker().await.sent, 0);
    }
}

#[tokio::test]
async fn service_mail_that_comes_back_stands_on_the_list_too() {
    for mut app in TestApp::at("2026-01-05T08:00:00Z").await {
        let owe = async |client, kind, to: &str| {
            let notice = Notice {
                clinic: app.cast.clinic,
                client,
                kind,
                cause: to.into(),
                to: to.parse().expect("an address"),
                subject: "Your form".into(),
                text: "Open this page.".into(),
                html: None,
                due_at: app.now(),
                not_after: app.now() + minutes(60),
            };
            app.write(async |db| store::notice::put(db, &notice).await).await;
            app.run_notices().await;
            sender(&app)
        };
        let link = owe(Some(app.cast.cleo), Kind::IntakeLink, "cleo@gone.example").await;
        let alert = owe(None, Kind::Alert, "desk@gone.example").await;
        assert_ne!(link, alert, "each mail has an envelope of its own");
        let kept = |suppressed| TakenIn::Kept { meaning: Meaning::NoMailbox, suppressed };
        assert_eq!(hand_in(&app, &notice(&link, "failed", "5.1.1")).await, kept(true));
        assert_eq!(hand_in(&app, &notice(&alert, "failed", "5.1.1")).await, kept(false), "staff are never cut off");
        let mut rosa = app.sign_in("Rosa").await;
        let board = rosa.get("/day").await.body;
        assert!(board.contains("Cleo Okafor, address does not work"), "{board}");
        assert!(board.contains("Mail to staff came back") && board.contains("To desk@gone.example"), "{board}");
        assert!(!app.sign_in("Otto").await.get("/day").await.body.contains("gone.example"));
        for id in app.ask("select id from bounce").await {
            assert_eq!(rosa.post(&format!("/bounces/{id}/seen"), &[]).await.status, StatusCode::SEE_OTHER);
        }
        assert!(!rosa.get("/day").await.body.contains("came back"));
        app.due_mail_may_stay = true;
    }
}
