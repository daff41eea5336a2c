//! Everything to clients stopped at once, and going on again.

use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use aftercare::store::outbox::{self, Begin, Begun, ClaimRequest, Owner};
use aftercare::store::pause::{self, Pause};
use axum::http::StatusCode;

use crate::support::app::TestApp;
use crate::support::cast::minutes;

#[tokio::test]
async fn stopped_by_reception_nothing_leaves_until_somebody_lets_it_go_again() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        let mut rosa = app.sign_in("Rosa").await;
        let wrong = rosa.post("/delivery/pause", &[("reason", "  ")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("Say why, so that others know whether to go on."));
        let stopped = rosa.post("/delivery/pause", &[("reason", "The letter names another clinic")]).await;
        assert_eq!((stopped.status, stopped.leads_to()), (StatusCode::SEE_OTHER, "/delivery"));
        // Pressed twice by two people, it is one stop, and the first reason stands.
        let mut ada = app.sign_in("Ada").await;
        ada.post("/delivery/pause", &[("reason", "Another reason")]).await;

        app.go_to("2026-01-05T11:00:00Z");
        for _ in 0..4 {
            assert_eq!(app.run_worker().await.sent, 0);
            app.advance(minutes(5));
        }
        let email = app.email(visit, Step::SameDay).await;
        assert_eq!((email.state, email.attempts), (State::Scheduled, 0));
        assert_eq!(email.reason.as_deref(), Some("sending is paused"));
        assert!(app.deeds(email.id).await.is_empty());
        for (name, path) in [("Theo", "/day"), ("Rosa", "/day"), ("Ada", "/delivery")] {
            let shown = app.sign_in(name).await.get(path).await.body;
            assert!(shown.contains("Sending is stopped"), "{name} {path}");
            assert!(shown.contains("Rosa Muster stopped it") && shown.contains("The letter names another clinic"));
        }
        // Otto's own mail goes on, and he learns nothing.
        let otto = app.sign_in("Otto").await.get("/day").await.body;
        assert!(!otto.contains("stopped"));

        // Her session of the morning is over by now.
        let resumed = app.sign_in("Ada").await.post("/delivery/resumption", &[]).await;
        assert_eq!(resumed.status, StatusCode::SEE_OTHER);
        assert_eq!(app.run_worker().await.sent, 1, "due at once");
        assert!(!app.sign_in("Theo").await.get("/day").await.body.contains("Sending is stopped"));
        let told = app.ask("select action from audit where action like 'sending.%' order by id").await;
        assert_eq!(told, ["sending.stopped", "sending.resumed"]);
    }
}

#[tokio::test]
async fn what_becomes_too_late_while_everything_is_stopped_is_told_as_too_late() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        let visit = app.visited("2026-01-05T07:00:00Z").await;
        stop(&app).await;
        app.go_to("2026-01-05T11:00:00Z");
        app.run_worker().await;
        app.go_to("2026-01-06T08:00:00Z");
        app.run_worker().await;
        assert_eq!(app.email(visit, Step::SameDay).await.state, State::Expired);
        assert_eq!(app.email(visit, Step::DayOne).await.state, State::Scheduled);
        app.write(async |db| pause::end(db, app.cast.clinic, app.now()).await).await;
        assert_eq!(app.run_worker().await.sent, 1);
    }
}

/// A worker has taken the email, and the stop is committed before it begins.
#[tokio::test]
async fn what_a_worker_holds_does_not_begin_after_the_stop() {
    for app in TestApp::at("2026-01-05T11:00:00Z").await {
        let visits = app.owed(1, "2026-01-05T10:00:00Z").await;
        let owner = Owner::fresh();
        let claimed = app
            .write(async |db| {
                let streams = [aftercare::clinic::protocol::Stream::Aftercare];
                let lease_until = app.now() + minutes(1);
                let (owner, now) = (&owner, app.now());
                outbox::claim(db, &ClaimRequest { owner, now, lease_until, limit: 10, streams: &streams }).await
            })
            .await;
        stop(&app).await;
        let begin = Begin { id: claimed[0].id, fence: claimed[0].fence, content: None, links: None, at: app.now() };
        let begun = app
            .write(async |db| {
                let begins = outbox::before_begins(db, std::slice::from_ref(&begin)).await?;
                outbox::begin(db, &owner, begins, app.now()).await
            })
            .await;
        assert_eq!(begun, [Begun::Paused]);
        let email = app.email(visits[0], Step::SameDay).await;
        assert_eq!((email.state, email.next_at), (State::Scheduled, app.now() + minutes(10)));
        app.write(async |db| pause::end(db, app.cast.clinic, app.now()).await).await;
        assert_eq!(app.run_worker().await.sent, 1);
    }
}

async fn stop(app: &TestApp) {
    let pause = Pause { reason: "a test".into(), by: app.cast.rosa, at: app.now() };
    assert!(app.write(async |db| pause::begin(db, app.cast.clinic, &pause).await).await);
}
