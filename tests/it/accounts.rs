//! One's own account, the admin's list of staff, links that set a password, and several clinics.

use aftercare::clinic::account::Role;
use aftercare::clinic::ids::AccountId;
use aftercare::seal::token;
use aftercare::store::account::{self, Account};
use aftercare::store::{fresh_uuid, login, password_link};
use axum::http::StatusCode;
use jiff::SignedDuration;

use crate::support::app::TestApp;

const MORNING: &str = "2026-01-05T08:00:00Z";
const OLD: &str = "a long walk by the canal";
const NEW: &str = "lantern soup and gravel";

fn link_in(body: &str) -> String {
    let rest = body.split("/password/").nth(1).expect("a link");
    format!("/password/{}", rest.chars().take_while(char::is_ascii_hexdigit).collect::<String>())
}

#[tokio::test]
async fn a_link_sets_the_first_password_once() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        let made = ada.post(&format!("/people/{}/password-link", app.cast.rosa), &[]).await;
        assert_eq!(made.status, StatusCode::OK);
        let link = link_in(&made.body);
        let mut rosa = app.visitor();
        for _ in 0..3 {
            let page = rosa.get(&link).await;
            assert!(page.status == StatusCode::OK && page.body.contains("rosa@example.org"), "looking uses nothing up");
            assert_eq!(page.header("referrer-policy"), "no-referrer");
        }
        let short = rosa.post_as_is(&link, &[("password", "short"), ("password_again", "short")]).await;
        assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(short.body.contains("Use at least 12 characters"));
        let twice = rosa.post_as_is(&link, &[("password", NEW), ("password_again", OLD)]).await;
        assert!(twice.body.contains("The two are not the same") && !twice.body.contains(NEW));
        let passwords = [("password", NEW), ("password_again", NEW)];
        for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
            rosa.headers = vec![(name, value.into())];
            assert_eq!(rosa.post_as_is(&link, &passwords).await.status, StatusCode::FORBIDDEN, "{name}: {value}");
        }
        // A page that sends no referrer has no origin to tell either.
        rosa.headers = vec![("origin", "null".into())];
        let set = rosa.post_as_is(&link, &[("password", NEW), ("password_again", NEW)]).await;
        assert_eq!((set.status, set.leads_to()), (StatusCode::SEE_OTHER, "/day"));
        assert_eq!(rosa.get("/day").await.status, StatusCode::OK);
        let again = app.visitor().post_as_is(&link, &[("password", OLD), ("password_again", OLD)]).await;
        assert!(again.status == StatusCode::NOT_FOUND && again.body.contains("This link has done its work"));
        let typed = [("email", "rosa@example.org"), ("password", NEW)];
        assert_eq!(app.visitor().post_as_is("/sign-in", &typed).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn a_link_works_for_a_day_and_the_newest_alone() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        let path = format!("/people/{}/password-link", app.cast.rosa);
        let first = link_in(&ada.post(&path, &[]).await.body);
        let second = link_in(&ada.post(&path, &[]).await.body);
        let mut visitor = app.visitor();
        assert_eq!(visitor.get(&first).await.status, StatusCode::NOT_FOUND);
        assert_eq!(visitor.get(&second).await.status, StatusCode::OK);
        app.advance(SignedDuration::from_hours(24));
        assert_eq!(visitor.get(&second).await.status, StatusCode::NOT_FOUND);
        assert_eq!(visitor.get("/password/none").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_new_password_asks_for_the_old_one_and_ends_the_other_sessions() {
    for app in TestApp::at(MORNING).await {
        app.give_password("Theo", OLD).await;
        let mut desk = app.sign_in("Theo").await;
        let mut phone = app.sign_in("Theo").await;
        let before = desk.secret.clone();
        let form = |old: &'static str| [("old_password", old), ("password", NEW), ("password_again", NEW)];
        let wrong = desk.post("/account/password", &form("not the one before")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("This is not your password now"));
        let changed = desk.post("/account/password", &form(OLD)).await;
        assert_eq!((changed.status, changed.leads_to()), (StatusCode::SEE_OTHER, "/account"));
        assert_ne!(desk.secret, before, "a new id");
        assert_eq!(desk.get("/account").await.status, StatusCode::OK);
        assert_eq!(phone.get("/day").await.status, StatusCode::SEE_OTHER, "signed out");
        assert_eq!(app.ask("select action from audit where action = 'password.set'").await.len(), 1);
    }
}

#[tokio::test]
async fn sessions_end_elsewhere_and_by_the_admin() {
    for app in TestApp::at(MORNING).await {
        let (mut desk, mut phone) = (app.sign_in("Theo").await, app.sign_in("Theo").await);
        assert!(desk.get("/account").await.body.contains("Sign out everywhere else"));
        assert_eq!(desk.post("/account/sessions/end", &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(phone.get("/day").await.status, StatusCode::SEE_OTHER);
        assert_eq!(desk.get("/day").await.status, StatusCode::OK);
        let mut ada = app.sign_in("Ada").await;
        assert!(ada.get("/people").await.body.contains("Signed in, last used"));
        let ended = ada.post(&format!("/people/{}/sessions/end", app.cast.theo), &[]).await;
        assert_eq!(ended.leads_to(), format!("/people/{}", app.cast.theo));
        assert_eq!(desk.get("/day").await.status, StatusCode::SEE_OTHER);
        assert_eq!(ada.get("/day").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn one_person_may_work_at_two_clinics_and_sees_one_at_a_time() {
    for app in TestApp::at(MORNING).await {
        app.book("2026-01-05T09:00:00Z").await;
        let there = Account {
            id: AccountId::from_uuid(fresh_uuid(app.now())),
            name: "Theo L.".parse().expect("a name"),
            email: "THEO@example.org".parse().expect("an address"),
            role: Role::Reception,
        };
        app.write(async |db| account::insert(db, app.cast.other_clinic, &there, app.now()).await).await;
        let mut theo = app.sign_in("Theo").await;
        let day = theo.get("/day").await;
        assert!(day.body.contains("Cleo") && day.body.contains("Go to Otto’s Rooms"));
        let (before, mut stolen) = (theo.secret.clone(), theo.clone());
        let moved = theo.post("/account/clinic", &[("account", &there.id.to_string())]).await;
        assert_eq!(moved.leads_to(), "/day");
        assert_ne!(theo.secret, before, "a new id");
        assert_eq!(stolen.get("/day").await.status, StatusCode::SEE_OTHER);
        let day = theo.get("/day?on=2026-01-05").await;
        assert!(!day.body.contains("Cleo") && day.body.contains("Go to Lindenhof") && day.body.contains("Reception"));
        let strange = theo.post("/account/clinic", &[("account", &app.cast.ada.to_string())]).await;
        assert_eq!(strange.status, StatusCode::NOT_FOUND, "an account of somebody else");

        // The password opens both clinics, so one clinic's admin does not hand it out.
        let mut ada = app.sign_in("Ada").await;
        let link = ada.post(&format!("/people/{}/password-link", app.cast.theo), &[]).await;
        assert_eq!(link.status, StatusCode::CONFLICT);
        assert!(link.body.contains("works at another clinic too"));
    }
}

#[tokio::test]
async fn a_link_is_kept_as_a_digest_and_used_by_one() {
    for app in TestApp::at(MORNING).await {
        let secret = token::fresh();
        let (now, digest) = (app.now(), token::digest(&secret));
        app.write(async |db| {
            let login = login::of_account(db, app.cast.clinic, app.cast.rosa).await?.expect("an account");
            password_link::make(db, &digest, login, now, now + SignedDuration::from_hours(24)).await
        })
        .await;
        assert!(!app.ask("select id from password_link").await.contains(&secret));
        let first = app.write(async |db| password_link::use_up(db, &digest).await).await;
        let second = app.write(async |db| password_link::use_up(db, &digest).await).await;
        assert!(first && !second);
    }
}
