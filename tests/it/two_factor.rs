//! The second factor: set up with the password, asked for on every way in, each code once, and taken away by
//! those who may.

use aftercare::seal::{second_factor, token};
use aftercare::store::{self, login};
use axum::http::StatusCode;
use jiff::SignedDuration;

use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};

const MORNING: &str = "2026-01-05T08:00:00Z";
const PASSWORD: &str = "a long walk by the canal";
const NEXT: &str = "lantern soup and gravel";

/// The value of the first field of this name that a page holds.
fn field(page: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let found = page.body.split_once(&start).unwrap_or_else(|| panic!("no {name} on the page:\n{}", page.body)).1;
    found.split_once('"').expect("an end").0.to_owned()
}

async fn secret(app: &TestApp, name: &str) -> String {
    let (clinic, account) = app.cast.staff(name);
    app.write(async |db| {
        let login = login::of_account(db, clinic, account).await?.expect("an account");
        Ok(store::second_factor::find(db, login).await?.expect("a factor").secret)
    })
    .await
}

async fn digits(app: &TestApp, name: &str) -> String {
    second_factor::digits(&secret(app, name).await, app.now()).expect("digits")
}

/// Sets it up as a person would, and gives the codes on paper.
async fn set_up(app: &TestApp, browser: &mut Browser, name: &str) -> Vec<String> {
    app.give_password(name, PASSWORD).await;
    let begun = browser.post("/account/two-factor", &[("own_password", PASSWORD)]).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
    assert!(begun.body.contains("class=\"code\"") && begun.body.contains(&secret(app, name).await[..4]));
    let code = digits(app, name).await;
    let done = browser.post("/account/two-factor/confirmation", &[("code", &code)]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let codes =
        done.body.split("<li><code>").skip(1).filter_map(|part| part.split_once('<')).map(|(code, _)| code.to_owned());
    codes.collect()
}

async fn first_step(app: &TestApp, email: &str, password: &str) -> (Browser, Answer) {
    let mut visitor = app.visitor();
    let answer =
        visitor.post_as_is("/sign-in", &[("email", email), ("password", password), ("next", "/clients")]).await;
    (visitor, answer)
}

async fn second_step(visitor: &mut Browser, page: &Answer, code: &str) -> Answer {
    let (step, next) = (field(page, "step"), field(page, "next"));
    visitor.post_as_is("/sign-in/code", &[("step", &step), ("next", &next), ("code", code)]).await
}

#[tokio::test]
async fn it_is_set_up_with_the_password_and_asked_for_from_then_on() {
    for app in TestApp::at(MORNING).await {
        let mut theo = app.sign_in("Theo").await;
        let mut phone = app.sign_in("Theo").await;
        app.give_password("Theo", PASSWORD).await;
        let wrong = theo.post("/account/two-factor", &[("own_password", "not this one")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(app.ask("select login_id from login_factor").await, [""; 0]);
        let codes = set_up(&app, &mut theo, "Theo").await;
        assert_eq!(codes.len(), second_factor::CODES);
        assert_eq!(phone.get("/day").await.status, StatusCode::SEE_OTHER, "whoever came in without it is out");
        assert!(theo.get("/account").await.body.contains("It is on"));
        assert!(theo.get("/account/two-factor").await.body.contains("10 codes on paper are left"));
        app.advance(SignedDuration::from_secs(60));

        let (mut visitor, asked) = first_step(&app, "theo@example.org", PASSWORD).await;
        assert_eq!(asked.status, StatusCode::OK);
        assert!(asked.body.contains("One more step") && visitor.secret.is_none(), "no session yet");
        assert_eq!(visitor.get("/day").await.status, StatusCode::SEE_OTHER, "nothing opens");
        let wrong = second_step(&mut visitor, &asked, "000000").await;
        assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("does not fit"));
        let entered = second_step(&mut visitor, &wrong, &digits(&app, "Theo").await).await;
        assert_eq!((entered.status, entered.leads_to()), (StatusCode::SEE_OTHER, "/clients"));
        assert_eq!(visitor.get("/day").await.status, StatusCode::OK);
        let told = "select action from audit where action like 'two_factor%' order by id";
        assert_eq!(app.ask(told).await, ["two_factor.begun", "two_factor.set", "two_factor.refused"]);
    }
}

#[tokio::test]
async fn one_that_was_left_half_done_lapses() {
    for app in TestApp::at(MORNING).await {
        let mut theo = app.sign_in("Theo").await;
        app.give_password("Theo", PASSWORD).await;
        assert_eq!(theo.post("/account/two-factor", &[("own_password", PASSWORD)]).await.status, StatusCode::OK);
        let first = secret(&app, "Theo").await;
        app.advance(SignedDuration::from_mins(10));
        let right = digits(&app, "Theo").await;
        for code in [right.as_str(), "000000"] {
            let late = theo.post("/account/two-factor/confirmation", &[("code", code)]).await;
            assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
            assert!(late.body.contains("more than 10 minutes ago") && !late.body.contains(&first[..4]));
        }
        set_up(&app, &mut theo, "Theo").await;
        assert_ne!(secret(&app, "Theo").await, first);
    }
}

#[tokio::test]
async fn a_code_opens_the_door_once_whoever_comes_second() {
    for app in TestApp::at(MORNING).await {
        let mut theo = app.sign_in("Theo").await;
        let codes = set_up(&app, &mut theo, "Theo").await;
        // The code that turned it on is used up as well.
        let spent = digits(&app, "Theo").await;
        let (mut visitor, asked) = first_step(&app, "theo@example.org", PASSWORD).await;
        assert_eq!(second_step(&mut visitor, &asked, &spent).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        app.advance(SignedDuration::from_secs(60));
        let code = digits(&app, "Theo").await;
        let (mut one, page) = first_step(&app, "theo@example.org", PASSWORD).await;
        let (mut other, page_of_other) = first_step(&app, "theo@example.org", PASSWORD).await;
        assert_eq!(second_step(&mut one, &page, &code).await.status, StatusCode::SEE_OTHER);
        assert_eq!(second_step(&mut other, &page_of_other, &code).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        // The one of the half minute before, which would still be in time.
        let before = second_factor::digits(&secret(&app, "Theo").await, app.now() - SignedDuration::from_secs(30));
        let early = second_step(&mut other, &page_of_other, &before.expect("digits")).await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);

        let paper = codes[3].to_uppercase();
        assert_eq!(second_step(&mut other, &page_of_other, &paper).await.status, StatusCode::SEE_OTHER);
        let (mut again, page) = first_step(&app, "theo@example.org", PASSWORD).await;
        assert_eq!(second_step(&mut again, &page, &paper).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(theo.get("/account/two-factor").await.body.contains("9 codes on paper are left"));
        assert!(!app.ask("select digest from recovery_code").await.iter().any(|kept| codes.contains(kept)));
        assert_eq!(app.ask("select action from audit where action = 'two_factor.code_used'").await.len(), 1);
    }
}

#[tokio::test]
async fn the_word_of_a_right_password_is_good_for_five_minutes_and_for_that_password() {
    for app in TestApp::at(MORNING).await {
        let mut theo = app.sign_in("Theo").await;
        set_up(&app, &mut theo, "Theo").await;
        let (mut visitor, asked) = first_step(&app, "theo@example.org", PASSWORD).await;
        app.advance(SignedDuration::from_mins(5));
        let late = second_step(&mut visitor, &asked, &digits(&app, "Theo").await).await;
        assert!(late.status == StatusCode::UNPROCESSABLE_ENTITY && late.body.contains("more than 5 minutes"));
        let (mut visitor, asked) = first_step(&app, "theo@example.org", PASSWORD).await;
        app.give_password("Theo", NEXT).await;
        let other = second_step(&mut visitor, &asked, &digits(&app, "Theo").await).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "another password since then");
        for made_up in ["", "00", &token::fresh()] {
            let answer = visitor.post_as_is("/sign-in/code", &[("step", made_up), ("code", "123456")]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(visitor.secret.is_none());
        }
    }
}

#[tokio::test]
async fn a_link_for_a_new_password_still_asks_for_the_code() {
    for app in TestApp::at(MORNING).await {
        let mut theo = app.sign_in("Theo").await;
        set_up(&app, &mut theo, "Theo").await;
        app.advance(SignedDuration::from_secs(60));
        let mut ada = app.sign_in("Ada").await;
        let made = ada.post(&format!("/people/{}/password-link", app.cast.theo), &[]).await;
        let link = made.body.split("/password/").nth(1).expect("a link");
        let link: String = link.chars().take_while(char::is_ascii_hexdigit).collect();
        let mut visitor = app.visitor();
        let set =
            visitor.post_as_is(&format!("/password/{link}"), &[("password", NEXT), ("password_again", NEXT)]).await;
        assert!(set.status == StatusCode::OK && set.body.contains("One more step"), "{}", set.body);
        assert!(visitor.secret.is_none());
        let entered = second_step(&mut visitor, &set, &digits(&app, "Theo").await).await;
        assert_eq!((entered.status, entered.leads_to()), (StatusCode::SEE_OTHER, "/day"));
    }
}

#[tokio::test]
async fn guesses_at_a_code_are_counted_with_those_at_the_password() {
    for app in TestApp::at(MORNING).await {
        let mut theo = app.sign_in("Theo").await;
        set_up(&app, &mut theo, "Theo").await;
        let (mut visitor, asked) = first_step(&app, "theo@example.org", PASSWORD).await;
        let mut answers = Vec::new();
        for _ in 0..10 {
            answers.push(second_step(&mut visitor, &asked, "000000").await.status);
        }
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY).count(), 9);
        let closed = second_step(&mut visitor, &asked, &digits(&app, "Theo").await).await;
        assert_eq!(closed.status, StatusCode::TOO_MANY_REQUESTS, "the right one as well");
        assert!(!closed.header("retry-after").is_empty());
    }
}

#[tokio::test]
async fn it_is_taken_away_with_a_password_by_oneself_or_an_admin() {
    for app in TestApp::at(MORNING).await {
        let mut theo = app.sign_in("Theo").await;
        set_up(&app, &mut theo, "Theo").await;
        app.give_password("Ada", NEXT).await;
        let mut ada = app.sign_in("Ada").await;
        let path = format!("/people/{}/two-factor/removal", app.cast.theo);
        assert!(ada.get(&format!("/people/{}", app.cast.theo)).await.body.contains("Take the second factor away"));
        let wrong = ada.post(&path, &[("own_password", PASSWORD)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "her own password, not his");
        assert_eq!(ada.post(&path, &[("own_password", NEXT)]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(theo.get("/day").await.status, StatusCode::SEE_OTHER, "signed out");
        let (_, entered) = first_step(&app, "theo@example.org", PASSWORD).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER, "the password alone");

        let mut theo = app.sign_in("Theo").await;
        set_up(&app, &mut theo, "Theo").await;
        let renewed = theo.post("/account/two-factor/codes", &[("own_password", PASSWORD)]).await;
        assert!(renewed.body.contains("shown only now"), "{}", renewed.body);
        let refused = theo.post("/account/two-factor/removal", &[("own_password", "a guess")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let off = theo.post("/account/two-factor/removal", &[("own_password", PASSWORD)]).await;
        assert_eq!(off.leads_to(), "/account/two-factor");
        assert!(theo.get("/account/two-factor").await.body.contains("It is off"));
        assert_eq!(app.ask("select digest from recovery_code").await, [""; 0]);
    }
}
