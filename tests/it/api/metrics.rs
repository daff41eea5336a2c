//! `/metrics`: off unless it is switched on, closed without its scope, and numbers alone.

use aftercare::clinic::api_token::Scope;
use aftercare::web::Web;
use aftercare::web::metrics::Requests;
use axum::http::StatusCode;

use crate::api::health::a_visit_with_everything;
use crate::support::app::TestApp;
use crate::support::program::Program;

const MORNING: &str = "2026-01-05T08:00:00Z";

fn watched(app: &TestApp) -> Web {
    Web { metrics: Some(Requests::new()), ..app.web() }
}

/// The value of one line.
fn value<'a>(text: &'a str, line: &str) -> &'a str {
    let found = text.lines().find_map(|one| one.strip_prefix(line)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {line} in\n{text}"))
}

#[tokio::test]
async fn metrics_are_off_and_then_for_a_token_with_their_scope() {
    for app in TestApp::at(MORNING).await {
        let program = app.program(&[Scope::Metrics]).await;
        assert_eq!(program.get("/metrics").await.status, StatusCode::NOT_FOUND);
        let web = watched(&app);
        let secret = program.secret.clone();
        assert_eq!(Program::new(web.clone(), secret).get("/metrics").await.status, StatusCode::OK);
        assert_eq!(Program::new(web.clone(), None).get("/metrics").await.status, StatusCode::UNAUTHORIZED);
        let other = app.program(&[Scope::ReadVisits]).await.secret;
        assert_eq!(Program::new(web, other).get("/metrics").await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn what_stands_still_is_counted_and_nobody_is_named() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        let web = watched(&app);
        let visit = a_visit_with_everything(&app).await;
        app.sql(&format!(
            "update email set state = 'scheduled', due_at = {0}, next_at = {0}
             where visit_id = '{visit}' and step = 'same_day'",
            app.now().as_millisecond() - 60_000
        ))
        .await;
        let program = Program::new(web.clone(), app.program(&[Scope::Metrics]).await.secret);
        program.get("/api/v1/token").await;
        program.get(&format!("/api/v1/visits/{visit}")).await;
        program.get("/f/a-secret-of-a-client").await;
        let answer = program.get("/metrics").await;
        assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
        let text = &answer.text;
        assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1, "{text}");
        assert_eq!(value(text, "aftercare_emails_due"), "1");
        assert_eq!(value(text, "aftercare_emails_oldest_due_seconds"), "60");
        assert_eq!(value(text, "aftercare_alerts{state=\"open\"}"), "1");
        assert_ne!(value(text, "aftercare_emails_wrong{state=\"held\"}"), "0");
        assert_eq!(value(text, "aftercare_mail_stopped{state=\"paused\"}"), "0");
        let line = "aftercare_http_answers_total{method=\"GET\",route=\"/api/v1/visits/{id}\",status=\"403\"}";
        assert_eq!(value(text, line), "1");
        for told in ["Cleo", "example.org", &visit, "a-secret", "severe", "pregnan"] {
            assert!(!text.contains(told), "the metrics tell of {told}:\n{text}");
        }
        let theirs = app.program_at(app.cast.other_clinic, &[Scope::Metrics]).await.secret;
        let theirs = Program::new(web, theirs).get("/metrics").await.text;
        assert_eq!(value(&theirs, "aftercare_alerts{state=\"open\"}"), "0", "another clinic's own numbers");
        assert_eq!(value(&theirs, "aftercare_emails_due"), "0");
    }
}
