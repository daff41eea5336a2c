//! Who works here: invited, given another role, and let go, with effect on the next request.

use aftercare::clinic::account::Role;
use aftercare::clinic::ids::AccountId;
use aftercare::store::account::{self, Account};
use aftercare::store::fresh_uuid;
use axum::http::StatusCode;

use crate::support::app::TestApp;

const MORNING: &str = "2026-01-05T08:00:00Z";
const PASSWORD: &str = "lantern soup and gravel";

#[tokio::test]
async fn an_invitation_hands_out_no_way_into_another_clinic() {
    for app in TestApp::at(MORNING).await {
        let invited = |name: &str| Account {
            id: AccountId::from_uuid(fresh_uuid(app.now())),
            name: name.parse().expect("a name"),
            email: "nora@example.org".parse().expect("an address"),
            role: Role::Admin,
        };
        // Invited at Otto's, and not in yet: whoever sets that password comes in there.
        let there = invited("Nora Elsewhere");
        app.write(async |db| account::insert(db, app.cast.other_clinic, &there, app.now()).await).await;
        let mut ada = app.sign_in("Ada").await;
        let new = [("name", "Nora"), ("email", "nora@example.org"), ("role", "reception")];
        let made = ada.post("/people", &new).await;
        assert!(
            made.body.contains("They work at another clinic too") && !made.body.contains("/password/"),
            "{}",
            made.body
        );
    }
}

#[tokio::test]
async fn somebody_new_is_invited_and_comes_in_by_the_link() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        let wrong = ada.post("/people", &[("name", ""), ("email", "nobody"), ("role", "owner")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("3 fields need another look") && wrong.body.contains("value=\"nobody\""));
        let twice = ada.post("/people", &[("name", "T"), ("email", "THEO@example.org"), ("role", "admin")]).await;
        assert!(twice.body.contains("is in the list already"), "{}", twice.body);
        let new = [("name", "Mia <b> Sand"), ("email", "mia@example.org"), ("role", "therapist"), ("clinic", "x")];
        let made = ada.post("/people", &new).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.body);
        assert!(made.body.contains("Mia &#60;b&#62; Sand is in the list"));
        let link = made.body.split("/password/").nth(1).expect("a link");
        let link: String = link.chars().take_while(char::is_ascii_hexdigit).collect();
        let mut mia = app.visitor();
        let set =
            mia.post_as_is(&format!("/password/{link}"), &[("password", PASSWORD), ("password_again", PASSWORD)]).await;
        assert_eq!(set.leads_to(), "/day");
        assert!(mia.get("/day").await.body.contains("Mia &#60;b&#62; Sand"));
        assert_eq!(mia.get("/people").await.status, StatusCode::FORBIDDEN);
        let told = app.ask("select action from audit where action like 'account.added%'").await;
        assert_eq!(told, ["account.added:therapist"]);
    }
}

#[tokio::test]
async fn another_role_ends_the_sessions_of_the_one_before() {
    for app in TestApp::at(MORNING).await {
        let (mut ada, mut rosa) = (app.sign_in("Ada").await, app.sign_in("Rosa").await);
        let path = format!("/people/{}/role", app.cast.rosa);
        assert_eq!(ada.post(&path, &[("role", "owner")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(ada.post(&path, &[("role", "reception")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(rosa.get("/day").await.status, StatusCode::OK, "the same role changes nothing");
        assert_eq!(ada.post(&path, &[("role", "therapist")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(rosa.get("/day").await.status, StatusCode::SEE_OTHER, "the session is dead");
        let mut rosa = app.sign_in("Rosa").await;
        assert_eq!(rosa.get("/notes").await.status, StatusCode::OK);
        let told = app.ask("select action from audit where action like 'account.role%'").await;
        assert_eq!(told, ["account.role_changed:therapist"]);
    }
}

#[tokio::test]
async fn whoever_leaves_is_out_with_the_next_request_and_stays_in_the_records() {
    for app in TestApp::at(MORNING).await {
        app.give_password("Theo", PASSWORD).await;
        let visit = app.book("2026-01-05T15:00:00Z").await;
        let (mut ada, mut theo) = (app.sign_in("Ada").await, app.sign_in("Theo").await);
        assert_eq!(theo.get("/day").await.status, StatusCode::OK);
        let path = format!("/people/{}/access", app.cast.theo);
        assert_eq!(ada.post(&path, &[]).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(ada.post(&path, &[("access", "end")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(theo.get("/day").await.status, StatusCode::SEE_OTHER);
        let typed = [("email", "theo@example.org"), ("password", PASSWORD)];
        assert_eq!(app.visitor().post_as_is("/sign-in", &typed).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(ada.get("/people").await.body.contains("Works here no more"));
        let booking = ada.get(&format!("/visits/new?client={}", app.cast.cleo)).await;
        assert!(!booking.body.contains("Theo Lind"), "nobody books him any more");
        assert!(ada.get(&format!("/visits/{visit}")).await.body.contains("Theo Lind"), "his visits stay");
        assert_eq!(
            ada.post(&format!("/people/{}/password-link", app.cast.theo), &[]).await.status,
            StatusCode::CONFLICT
        );
        assert_eq!(ada.post(&path, &[("access", "begin")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.visitor().post_as_is("/sign-in", &typed).await.status, StatusCode::SEE_OTHER);
        let told = app.ask("select action from audit where action like 'account.%abled' order by id").await;
        assert_eq!(told, ["account.disabled", "account.enabled"]);
    }
}

#[tokio::test]
async fn nobody_takes_their_own_role_away_so_an_admin_is_left() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        let own = format!("/people/{}", app.cast.ada);
        assert!(ada.get(&own).await.body.contains("This is you"));
        let role = ada.post(&format!("{own}/role"), &[("role", "reception")]).await;
        assert!(role.status == StatusCode::CONFLICT && role.body.contains("another admin"));
        assert_eq!(ada.post(&format!("{own}/access"), &[("access", "end")]).await.status, StatusCode::CONFLICT);
        // Two admins at once: the first to take the other's role is the last one.
        let rosa = format!("/people/{}", app.cast.rosa);
        ada.post(&format!("{rosa}/role"), &[("role", "admin")]).await;
        let mut other = app.sign_in("Rosa").await;
        assert_eq!(ada.post(&format!("{rosa}/role"), &[("role", "reception")]).await.status, StatusCode::SEE_OTHER);
        let late = other.post(&format!("{own}/role"), &[("role", "reception")]).await;
        assert_eq!(late.status, StatusCode::UNAUTHORIZED, "signed out by the change");
        assert_eq!(app.ask("select name from account where role = 'admin' and clinic_id <> (select clinic_id from account where email = 'otto@example.org')").await, ["Ada Muster"]);
    }
}
