//! Tokens: made and ended in the browser, what opens the door and what does not.

use aftercare::clinic::api_token::{PREFIX, Scope};
use axum::http::{Method, StatusCode};

use crate::support::app::TestApp;
use crate::support::program::Program;

const MORNING: &str = "2026-01-05T08:00:00Z";
const PASSWORD: &str = "lantern soup and gravel";

/// The token that a page shows.
fn shown(page: &str) -> Option<String> {
    let digits = page.split(PREFIX).nth(1)?.chars().take_while(char::is_ascii_hexdigit).collect::<String>();
    Some(format!("{PREFIX}{digits}"))
}

#[tokio::test]
async fn an_admin_makes_a_token_that_is_shown_once_and_ends_it() {
    for app in TestApp::at(MORNING).await {
        app.give_password("Ada", PASSWORD).await;
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get("/people/tokens").await.body.contains("No other program sees or changes anything here"));
        let form =
            [("name", "Book <b>"), ("scope", "read:visits"), ("scope", "write:visits"), ("own_password", PASSWORD)];
        let made = ada.post("/people/tokens", &form).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.body);
        let secret = shown(&made.body).expect("a token");
        assert!(made.body.contains("The token of Book &#60;b&#62;"));
        let page = ada.get("/people/tokens").await.body;
        assert!(page.contains("Book &#60;b&#62;") && page.contains("Not used yet") && shown(&page).is_none());
        assert!(app.ask("select digest from api_token").await.iter().all(|kept| !secret.contains(kept)));

        let program = Program::new(app.web(), Some(secret));
        let answer = program.get("/api/v1/token").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.json["name"], "Book <b>");
        assert_eq!(answer.json["scopes"], serde_json::json!(["read:visits", "write:visits"]));
        assert_eq!(answer.json["clinic"]["time_zone"], "Europe/Berlin");
        assert!(ada.get("/people/tokens").await.body.contains("Last used"));

        let id = app.ask("select id from api_token").await.remove(0);
        assert_eq!(ada.post(&format!("/people/tokens/{id}/revocation"), &[]).await.leads_to(), "/people/tokens");
        assert_eq!(program.get("/api/v1/token").await.status, StatusCode::UNAUTHORIZED);
        let again = ada.post(&format!("/people/tokens/{id}/revocation"), &[]).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
        let told = app.ask("select action from audit where kind = 'token' order by id").await;
        assert_eq!(told, ["token.added", "token.revoked"]);
        // The name is free again, and both stay apart in the audit.
        assert_eq!(ada.post("/people/tokens", &form).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_made_is_told_by_its_fields() {
    for app in TestApp::at(MORNING).await {
        app.give_password("Ada", PASSWORD).await;
        let mut ada = app.sign_in("Ada").await;
        let wrong = ada.post("/people/tokens", &[("name", ""), ("scope", "admin"), ("own_password", "no")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("3 fields need another look"), "{}", wrong.body);
        let form = [("name", "Booking"), ("scope", "read:visits"), ("own_password", PASSWORD)];
        assert_eq!(ada.post("/people/tokens", &form).await.status, StatusCode::OK);
        let twice = ada.post("/people/tokens", &form).await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(twice.body.contains("comes in already") && shown(&twice.body).is_none(), "{}", twice.body);
        assert_eq!(app.ask("select name from api_token").await, ["Booking"]);
    }
}

#[tokio::test]
async fn only_a_token_in_the_header_opens_the_door() {
    for app in TestApp::at(MORNING).await {
        let program = app.program(&[Scope::ReadVisits]).await;
        let secret = program.secret.clone().expect("a token");
        assert_eq!(program.get("/api/v1/token").await.status, StatusCode::OK);
        let none = Program::new(app.web(), None);
        for path in ["/api/v1/token", &format!("/api/v1/token?access_token={secret}&token={secret}")] {
            let answer = none.get(path).await;
            assert_eq!((answer.status, answer.problem()), (StatusCode::UNAUTHORIZED, "unauthorized"), "{path}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"aftercare\"");
        }
        // A session opens no door of programs, and a token no page.
        let ada = app.sign_in("Ada").await;
        let with_cookie = none.with("cookie", &ada.cookie().expect("a session"));
        assert_eq!(with_cookie.get("/api/v1/token").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(program.get("/day").await.status, StatusCode::SEE_OTHER);
        // Addresses and methods that are none are told as problems.
        assert_eq!(program.get("/api/v1/none").await.problem(), "not-found");
        assert_eq!(program.send(Method::DELETE, "/api/v1/token", None).await.problem(), "no-such-method");
    }
}

#[tokio::test]
async fn whoever_guesses_tokens_is_slowed_down_and_a_real_one_comes_in_all_the_same() {
    for app in TestApp::at(MORNING).await {
        let mut program = app.program(&[Scope::ReadVisits]).await;
        program.peer = Some("192.0.2.7:4000".parse().expect("an address"));
        let mut guesser = program.clone();
        let mut last = None;
        for guess in 0..80 {
            guesser.secret = Some(format!("{PREFIX}{guess:064x}"));
            let answer = guesser.get("/api/v1/token").await;
            last = Some(answer.status);
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                assert_eq!(answer.problem(), "too-many-tries");
                assert!(answer.header("retry-after").parse::<u64>().expect("seconds") > 0);
                break;
            }
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(last, Some(StatusCode::TOO_MANY_REQUESTS));
        assert_eq!(program.get("/api/v1/token").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn another_clinics_admin_ends_no_token_of_ours() {
    for app in TestApp::at(MORNING).await {
        let program = app.program(&[Scope::ReadVisits]).await;
        let id = app.ask("select id from api_token").await.remove(0);
        let mut otto = app.sign_in("Otto").await;
        assert!(!otto.get("/people/tokens").await.body.contains("Booking"));
        let answer = otto.post(&format!("/people/tokens/{id}/revocation"), &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(program.get("/api/v1/token").await.status, StatusCode::OK);
    }
}
