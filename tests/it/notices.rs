//! Service mail: once for each cause, tried again, repeated once when its fate is uncertain, and shown
//! when it did not go out.

use aftercare::clinic::notice::{Kind, Notice};
use aftercare::clinic::outbox::State;
use aftercare::store::notice::{self, Told};
use aftercare::store::outbox::Owner;
use aftercare::store::pause::{self, Pause};
use aftercare::store::suppression;
use axum::http::StatusCode;
use tokio::sync::watch;

use crate::support::app::TestApp;
use crate::support::cast::minutes;
use crate::support::scripted::{Act, Script, say};
use crate::support::worker::header;

const MORNING: &str = "2026-01-05T08:00:00Z";

fn notice(app: &TestApp, kind: Kind, cause: &str) -> Notice {
    Notice {
        clinic: app.cast.clinic,
        client: None,
        kind,
        cause: cause.into(),
        to: "Desk@example.org".parse().expect("an address"),
        subject: "A matter of words".into(),
        text: "Something waits.\n\nhttps://lindenhof.example/alerts\n".into(),
        html: None,
        due_at: app.now(),
        not_after: app.now() + minutes(24 * 60),
    }
}

async fn owe(app: &TestApp, kind: Kind, cause: &str) -> bool {
    let new = notice(app, kind, cause);
    app.write(async |db| notice::put(db, &new).await).await
}

async fn told(app: &TestApp) -> Vec<Told> {
    app.write(async |db| notice::troubles(db, app.cast.clinic, 10).await).await
}

async fn states(app: &TestApp) -> Vec<String> {
    app.ask("select kind || ' ' || state from notice order by id").await
}

async fn deeds(app: &TestApp) -> Vec<String> {
    app.ask("select action from audit where kind = 'notice' order by id").await
}

#[tokio::test]
async fn one_cause_is_told_once_and_leaves_at_any_hour_when_it_is_urgent() {
    for app in TestApp::at("2026-01-05T01:00:00Z").await {
        assert!(owe(&app, Kind::IntakeLink, "a").await);
        assert!(owe(&app, Kind::Alert, "a").await, "another kind is another notice");
        assert!(!owe(&app, Kind::Alert, "a").await, "told before");
        assert_eq!(app.run_notices().await, 1, "the link waits for the morning");
        assert_eq!(app.subjects(), ["A matter of words"]);
        let body = String::from_utf8_lossy(&app.taken()[0].body).into_owned();
        assert!(body.contains("Auto-Submitted") && !body.contains("List-Unsubscribe"), "{body}");
        app.go_to("2026-01-05T12:00:00Z");
        assert_eq!(app.run_notices().await, 1);
        assert_eq!(app.run_notices().await, 0, "each once");
        assert_eq!(states(&app).await, ["intake_link sent", "alert sent"]);
        assert_eq!(deeds(&app).await, ["notice.owed", "notice.owed", "notice.sent", "notice.sent"]);
        let sealed = app.ask("select count(*) || '' from notice where cast(sealed as text) like '%matter%'").await;
        assert_eq!(sealed, ["0"], "words are sealed");
    }
}

#[tokio::test]
async fn while_mail_to_clients_is_stopped_alerts_to_staff_still_leave() {
    for app in TestApp::at("2026-01-05T10:00:00Z").await {
        let stop = Pause { reason: "a test".into(), by: app.cast.rosa, at: app.now() };
        app.write(async |db| pause::begin(db, app.cast.clinic, &stop).await).await;
        for kind in Kind::ALL {
            owe(&app, kind, "a").await;
        }
        assert_eq!(app.run_notices().await, 4);
        let left = app.ask("select kind from notice where state = 'sent' order by kind").await;
        assert_eq!(left, ["alert", "digest", "escalation", "letter_test"]);
        app.write(async |db| pause::end(db, app.cast.clinic, app.now()).await).await;
        app.advance(minutes(10));
        assert_eq!(app.run_notices().await, 3, "and the others afterwards");
    }
}

#[tokio::test]
async fn a_not_now_waits_and_a_no_is_shown_until_somebody_has_seen_it() {
    let script = || Script::new().once("RCPT", say("451 later")).once("RCPT", say("550 no such desk"));
    for app in TestApp::with(MORNING, script).await {
        owe(&app, Kind::Alert, "a").await;
        assert_eq!(app.run_notices().await, 0);
        assert_eq!(app.run_notices().await, 0, "not before its wait is over");
        assert!(told(&app).await.is_empty());
        app.advance(minutes(2));
        assert_eq!(app.run_notices().await, 0);
        assert_eq!(states(&app).await, ["alert failed"]);
        assert_eq!(deeds(&app).await, ["notice.owed", "notice.again", "notice.failed"]);

        let mut rosa = app.sign_in("Rosa").await;
        let day = rosa.get("/day").await.body;
        assert!(day.contains("Alert to staff, email failed") && day.contains("550 no such desk"), "{day}");
        let path = format!("/notices/{}/seen", told(&app).await[0].id);
        let mut otto = app.sign_in("Otto").await;
        assert_eq!(otto.post(&path, &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(rosa.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
        assert!(!rosa.get("/day").await.body.contains("Alert to staff"));
        assert_eq!(rosa.post(&path, &[]).await.status, StatusCode::NOT_FOUND, "once");
    }
}

#[tokio::test]
async fn what_a_dead_worker_had_on_the_wire_is_repeated_once_byte_for_byte() {
    let script = || Script::new().once(".", Act::Stall).once(".", Act::Drop);
    for mut app in TestApp::with(MORNING, script).await {
        owe(&app, Kind::Alert, "a").await;
        let dying = app.worker.clone();
        let death = tokio::spawn(async move {
            let (_keep, never) = watch::channel(false);
            dying.notify(&never).await
        });
        app.peer.wait(|seen| seen.taken.len() == 1).await;
        assert_eq!(states(&app).await, ["alert sending"], "on disk before the dot");
        death.abort();
        assert!(death.await.expect_err("it died").is_cancelled());

        app.worker.owner = Owner::fresh();
        assert_eq!(app.run_notices().await, 0, "its lease still runs");
        app.advance(minutes(2));
        assert_eq!(app.run_notices().await, 0, "the relay hangs up behind the dot");
        assert_eq!(states(&app).await, ["alert uncertain"]);
        app.advance(minutes(2));
        assert_eq!(app.run_notices().await, 0, "repeated once, then it is for staff to see");
        let all = ["notice.owed", "notice.uncertain", "notice.resent", "notice.uncertain"];
        assert_eq!(deeds(&app).await, all);
        assert_eq!(told(&app).await[0].state, State::Uncertain);
        let taken = app.taken();
        assert_eq!(taken.len(), 2);
        assert_eq!(taken[0].body, taken[1].body);
        assert!(header(&taken[1].body, "Message-ID").ends_with("@lindenhof.example>"));
    }
}

#[tokio::test]
async fn a_suppressed_address_and_a_late_hour_stop_it() {
    for app in TestApp::at(MORNING).await {
        let desk = "desk@example.org".parse().expect("an address");
        app.write(async |db| suppression::insert(db, app.cast.clinic, &desk, "complaint", app.now()).await).await;
        owe(&app, Kind::Confirmation, "a").await;
        assert_eq!(app.run_notices().await, 0);
        app.write(async |db| suppression::remove(db, app.cast.clinic, &desk).await).await;
        owe(&app, Kind::Digest, "b").await;
        app.advance(minutes(24 * 60 + 1));
        assert_eq!(app.run_notices().await, 0);
        assert_eq!(states(&app).await, ["confirmation failed", "digest expired"]);
        assert!(app.taken().is_empty());
        owe(&app, Kind::IntakeNudge, "c").await;
        let off = app
            .write(async |db| {
                notice::call_off(db, app.cast.clinic, Kind::IntakeNudge, "c", ("it is finished", app.now())).await
            })
            .await;
        assert!(off);
        assert_eq!(app.run_notices().await, 0);
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_does_not_stop_the_others() {
    for app in TestApp::at(MORNING).await {
        owe(&app, Kind::Alert, "a").await;
        owe(&app, Kind::Alert, "b").await;
        app.sql("update notice set recipient = 'no address' where cause = 'a'").await;
        assert_eq!(app.run_notices().await, 1);
        assert_eq!(states(&app).await, ["alert failed", "alert sent"]);
    }
}
