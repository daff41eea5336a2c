//! After a restore: on hold, shown to everybody, and let go by an admin alone.

use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;

use crate::support::app::TestApp;
use crate::support::cast::minutes;

/// Puts the clinic on hold as a restore does.
async fn restored(app: &TestApp) {
    let at = app.now().as_millisecond();
    let (key, value) = ("sending.hold/", format!("{{\"restored_at\":{at},\"known_until\":{}}}", at - 3_600_000));
    app.sql(&format!("insert into setting (key, value) values ('{key}{}', '{value}')", app.cast.clinic)).await;
}

#[tokio::test]
async fn nothing_leaves_until_an_admin_has_looked_and_says_so() {
    for app in TestApp::at("2026-01-05T11:00:00Z").await {
        let visits = app.owed(2, "2026-01-05T10:00:00Z").await;
        restored(&app).await;
        for _ in 0..3 {
            assert_eq!((app.run_worker().await.sent, app.run_notices().await), (0, 0));
            app.advance(minutes(5));
        }
        assert_eq!(app.email(visits[0], Step::SameDay).await.state, State::Scheduled);
        for (name, path) in [("Theo", "/day"), ("Rosa", "/day"), ("Ada", "/delivery")] {
            let shown = app.sign_in(name).await.get(path).await.body;
            assert!(shown.contains("Sending is on hold"), "{name} {path}");
            assert_eq!(shown.contains("/delivery/hold"), name != "Theo", "{name}");
        }
        assert!(!app.sign_in("Otto").await.get("/day").await.body.contains("on hold"));
        assert!(app.sign_in("Otto").await.get("/delivery/hold").await.body.contains("Sending is not on hold"));

        let mut rosa = app.sign_in("Rosa").await;
        let looked = rosa.get("/delivery/hold").await;
        assert_eq!(looked.status, StatusCode::OK);
        assert_eq!(looked.body.matches("it may have gone out already").count(), 2, "{}", looked.body);
        assert!(looked.body.contains("An admin of Lindenhof decides this") && !looked.body.contains("Send all of it"));
        assert_eq!(rosa.post("/delivery/hold/release", &[]).await.status, StatusCode::FORBIDDEN);

        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get("/delivery/hold").await.body.contains("Send all of it, and go on"));
        let released = ada.post("/delivery/hold/release", &[]).await;
        assert_eq!((released.status, released.leads_to()), (StatusCode::SEE_OTHER, "/delivery"));
        assert_eq!(ada.post("/delivery/hold/call-off", &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.run_worker().await.sent, 2, "due at once");
        assert!(!app.sign_in("Theo").await.get("/day").await.body.contains("Sending is on hold"));
        assert_eq!(app.ask("select action from audit where action like 'sending.%'").await, ["sending.released"]);
    }
}

#[tokio::test]
async fn what_was_due_before_is_called_off_by_one_press() {
    for app in TestApp::at("2026-01-05T11:00:00Z").await {
        let visits = app.owed(1, "2026-01-05T10:00:00Z").await;
        restored(&app).await;
        app.advance(minutes(5));
        app.run_worker().await;
        app.sign_in("Ada").await.post("/delivery/hold/call-off", &[]).await;
        assert_eq!(app.run_worker().await.sent, 0);
        let email = app.email(visits[0], Step::SameDay).await;
        assert_eq!(email.state, State::Cancelled);
        assert_eq!(app.deeds(email.id).await, ["email.cancelled"]);
    }
}
