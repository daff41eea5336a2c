//! The first run in the browser, from the printed link to a clinic that can work.

use aftercare::seal::token;
use aftercare::store::{self, mail_trial};
use aftercare::web::setup;
use axum::http::StatusCode;
use jiff::SignedDuration;

use crate::support::app::TestApp;
use crate::support::browser::Browser;

const MORNING: &str = "2026-01-05T08:00:00Z";
const PASSWORD: &str = "lantern soup and gravel";

fn typed<'a>(clinic: &'a str, zone: &'a str, password: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("clinic_name", clinic),
        ("zone", zone),
        ("phone", "020 7946 0000"),
        ("emergency_number", "999"),
        ("address", "1 River St, London"),
        ("locale", "en"),
        ("opens", "09:00"),
        ("closes", "18:30"),
        ("day", "mon"),
        ("day", "fri"),
        ("name", "Ada Brandt"),
        ("email", "ada@river.example"),
        ("password", password),
        ("password_again", password),
        ("signed_by", ""),
    ]
}

/// A house where nobody works yet, and its link.
async fn empty(app: &TestApp) -> (Browser, String) {
    for table in ["session", "mail_trial", "email", "visit", "intake", "consent", "consent_event", "client"] {
        app.sql(&format!("delete from {table}")).await;
    }
    app.sql("delete from account").await;
    app.sql("delete from login").await;
    app.sql("delete from audit").await;
    app.sql("delete from clinic").await;
    app.sql("delete from catalogue_sign_off").await;
    let secret = setup::new_link(&app.engine.store, app.now()).await.expect("a link").expect("nobody is here");
    (app.visitor(), format!("/setup/{secret}"))
}

#[tokio::test]
async fn a_clinic_opens_from_the_printed_link_in_one_form() {
    for app in TestApp::at(MORNING).await {
        let (mut ada, link) = empty(&app).await;
        let page = ada.get(&link).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("Europe/London") && page.body.contains("mail.lindenhof.example:587"));

        let wrong = ada.post_as_is(&link, &typed("River <b>", "Europe/Londom", "short")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("2 fields need another look") && wrong.body.contains("Pick a time zone"));
        assert!(wrong.body.contains("value=\"River &#60;b&#62;\"") && wrong.body.contains("value=\"18:30\""));
        assert!(!wrong.body.contains("short\""), "a password is typed again");

        let opened = ada.post_as_is(&link, &typed("River Rooms", "Europe/London", PASSWORD)).await;
        assert_eq!((opened.status, opened.leads_to()), (StatusCode::SEE_OTHER, "/welcome"));
        let next = ada.get("/welcome").await;
        assert!(next.body.contains("5 of 5 to go") && next.body.contains("/clients/new"), "{}", next.body);
        let day = ada.get("/day").await;
        assert!(day.body.contains("River Rooms") && day.body.contains("<a href=\"/welcome\">What to do next</a>"));
        let kept = app.ask("select time_zone || window_from || window_to || window_days from clinic").await;
        assert_eq!(kept, ["Europe/London09:0018:30mon,fri"]);

        let dead = app.visitor().get(&link).await;
        assert!(dead.status == StatusCode::NOT_FOUND && dead.body.contains("This clinic is set up"));
        let again = app.visitor().post_as_is(&link, &typed("Second", "Europe/London", PASSWORD)).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
        assert_eq!(setup::new_link(&app.engine.store, app.now()).await.expect("asks"), None);
    }
}

#[tokio::test]
async fn each_start_has_a_link_of_its_own_for_a_day() {
    for app in TestApp::at(MORNING).await {
        let (mut visitor, first) = empty(&app).await;
        let secret = setup::new_link(&app.engine.store, app.now()).await.expect("a link").expect("nobody is here");
        let second = format!("/setup/{secret}");
        assert_eq!(visitor.get(&first).await.status, StatusCode::NOT_FOUND, "the one before is dead");
        assert_eq!(visitor.get(&second).await.status, StatusCode::OK);
        assert!(!app.ask("select value from setting").await.iter().any(|value| value.contains(&secret)));
        assert_eq!(visitor.get(&format!("/setup/{}", token::fresh())).await.status, StatusCode::NOT_FOUND);
        app.advance(SignedDuration::from_hours(24));
        assert_eq!(visitor.get(&second).await.status, StatusCode::NOT_FOUND, "a day later");
    }
}

#[tokio::test]
async fn a_test_mail_leaves_by_the_worker_and_its_answer_comes_back() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get("/welcome").await.body.contains("Send yourself a test mail"));
        assert_eq!(ada.post("/welcome/mail", &[]).await.leads_to(), "/welcome");
        let waiting = ada.get("/welcome").await;
        assert!(waiting.body.contains("on its way") && waiting.body.contains("url=/welcome?poll=1"));
        assert_eq!(ada.post("/welcome/mail", &[]).await.status, StatusCode::CONFLICT, "one at a time");
        app.worker.try_mail().await.expect("the worker tries");
        assert_eq!(app.subjects(), ["Test mail from Aftercare"]);
        assert!(ada.get("/welcome").await.body.contains("Mail leaves"));
        app.worker.try_mail().await.expect("nothing waits");
        assert_eq!(app.subjects().len(), 1);
    }
}

#[tokio::test]
async fn a_test_mail_that_cannot_leave_says_what_to_look_at() {
    for mut app in TestApp::at(MORNING).await {
        // A port where nobody listens.
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        app.mail_to(&format!("smtp+plain://{port}"));
        let mut ada = app.sign_in("Ada").await;
        ada.post("/welcome/mail", &[]).await;
        app.worker.try_mail().await.expect("the worker tries");
        let page = ada.get("/welcome").await;
        assert!(page.body.contains("did not leave") && page.body.contains("does not answer"), "{}", page.body);
        let mut db = app.engine.store.read().await.expect("reads");
        let trial = mail_trial::newest(&mut db, app.cast.clinic).await.expect("reads").expect("a trial");
        assert_eq!(trial.state, "failed");
    }
}

#[tokio::test]
async fn a_clinician_signs_off_in_the_browser_once() {
    for app in TestApp::at(MORNING).await {
        app.sql("delete from catalogue_sign_off").await;
        app.ada_is_admin_everywhere().await;
        let mut ada = app.sign_in("Ada").await;
        let page = ada.get("/settings/texts").await;
        assert!(
            page.body.contains("Nobody answers for these texts yet") && page.body.contains("/settings/texts/sign-off")
        );
        let shipped = app.catalogue().version().to_owned();
        let sign =
            |name: &'static str, read: &'static str| [("signed_by", name), ("read", read), ("version", &*shipped)];
        let blank = ada.post("/settings/texts/sign-off", &sign(" ", "")).await;
        assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(blank.body.contains("2 fields need another look"), "{}", blank.body);
        let old = [("signed_by", "Dr Lin"), ("read", "yes"), ("version", "0")];
        assert_eq!(ada.post("/settings/texts/sign-off", &old).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let signed = ada.post("/settings/texts/sign-off", &sign("Dr Lin", "yes")).await;
        assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
        assert!(ada.get("/settings/texts").await.body.contains("Dr Lin, "));
        assert!(ada.get("/welcome").await.body.contains("Dr Lin answers for the medical texts"));
        let second = ada.post("/settings/texts/sign-off", &sign("Dr Who", "yes")).await;
        assert_eq!(second.status, StatusCode::CONFLICT);
        let version = app.catalogue().version().to_owned();
        let signed = app.write(async |db| store::setting::signed_off(db, &version).await).await.expect("signed");
        assert_eq!(signed.signed_by, "Dr Lin");
        assert_eq!(app.ask("select action from audit where kind = 'catalogue'").await, ["catalogue.signed_off"]);
    }
}
