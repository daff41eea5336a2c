//! The settings of a clinic: kept at once for everything that follows, told before they move an email, and
//! never over somebody else's.

mod keeping;
pub mod look;
mod mail;
mod pressures;
mod records;

use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use axum::http::StatusCode;

use crate::support::app::TestApp;
use crate::support::browser::Answer;

/// Monday, 09:00 by the clinic's clock (Berlin).
const MORNING: &str = "2026-01-05T08:00:00Z";

/// The value of the first field of this name that a page holds.
fn field(page: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let found = page.body.split_once(&start).unwrap_or_else(|| panic!("no {name} on the page:\n{}", page.body)).1;
    found.split_once('"').expect("an end").0.to_owned()
}

/// The form as it stands, with these fields changed.
fn typed<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("clinic_name", "Lindenhof"),
        ("zone", "Europe/Berlin"),
        ("phone", "030 1234"),
        ("emergency_number", "112"),
        ("address", "Lindenallee 1"),
        ("locale", "en"),
        ("opens", "08:00"),
        ("closes", "20:00"),
        ("closed", ""),
        ("sender_name", ""),
        ("reply_to", ""),
    ];
    all.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
    if more.iter().all(|(name, _)| *name != "day") {
        all.extend(["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|day| ("day", day)));
    }
    all.extend(more);
    all
}

#[tokio::test]
async fn a_new_name_and_sender_count_for_the_next_email_and_the_audit_names_the_fields() {
    for app in TestApp::at(MORNING).await {
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        let page = ada.get("/settings").await;
        assert!(
            page.body.contains("value=\"030 1234\"") && page.body.contains("In the European Union"),
            "{}",
            page.body
        );
        let version = field(&page, "version");
        let new = [
            ("version", version.as_str()),
            ("clinic_name", "Lindenhof <am Park>"),
            ("sender_name", "Theo from Lindenhof"),
            ("reply_to", "answers@lindenhof.example"),
        ];
        let saved = ada.post("/settings", &typed(&new)).await;
        assert_eq!((saved.status, saved.leads_to()), (StatusCode::SEE_OTHER, "/settings"), "{}", saved.body);
        let page = ada.get("/settings").await;
        assert!(page.body.contains("Lindenhof &#60;am Park&#62;") && page.body.contains("Changed last by Ada Muster"));
        let told = "select action from audit where kind = 'clinic' and action like 'clinic.%'";
        assert_eq!(app.ask(told).await, ["clinic.changed:clinic_name,sender_name,reply_to"]);
        let due = app.email(visit, Step::SameDay).await.due_at;
        app.clock.set(due);
        assert_eq!(app.run_worker().await.sent, 1);
        let head = String::from_utf8_lossy(&app.taken().remove(0).body).into_owned();
        let line = |name: &str| head.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        assert!(line("From: ").contains("Theo from Lindenhof"), "{head}");
        assert!(line("Reply-To: ").contains("answers@lindenhof.example"), "{head}");
    }
}

#[tokio::test]
async fn a_holiday_moves_what_waits_and_says_so_first() {
    for app in TestApp::at(MORNING).await {
        let visit = app.visited("2026-01-05T09:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        let version = field(&ada.get("/settings").await, "version");
        let new = [("version", version.as_str()), ("closed", "2026-01-06")];
        let before = app.email(visit, Step::DayOne).await.due_at;
        let asked = ada.post("/settings", &typed(&new)).await;
        assert_eq!(asked.status, StatusCode::OK);
        assert!(asked.body.contains("Save it so?") && asked.body.contains("Cleo Okafor: "), "{}", asked.body);
        assert!(asked.body.contains("Moves from tomorrow 11:00 to Wed 7 Jan 08:00."), "{}", asked.body);
        assert_eq!(app.email(visit, Step::DayOne).await.due_at, before, "only asked");
        assert_eq!(app.ask("select window_closed from clinic where name = 'Lindenhof'").await, [""]);
        let agreed = field(&asked, "agreed");
        let mut fields = typed(&new);
        fields.push(("agreed", agreed.as_str()));
        assert_eq!(ada.post("/settings", &fields).await.status, StatusCode::SEE_OTHER);
        let email = app.email(visit, Step::DayOne).await;
        assert_eq!((email.state, email.due_at.to_string().as_str()), (State::Scheduled, "2026-01-07T07:00:00Z"));
        // What is due before the holiday leaves before it, and nothing on it.
        app.go_to("2026-01-05T18:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        app.go_to("2026-01-06T12:00:00Z");
        assert_eq!(app.run_worker().await.sent, 0);
        app.go_to("2026-01-07T07:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
    }
}

#[tokio::test]
async fn what_was_agreed_to_is_asked_again_once_an_email_left_meanwhile() {
    for app in TestApp::at(MORNING).await {
        app.visited("2026-01-05T09:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        let version = field(&ada.get("/settings").await, "version");
        let new = [("version", version.as_str()), ("closed", "2026-01-05 2026-01-06")];
        let asked = ada.post("/settings", &typed(&new)).await;
        assert!(asked.body.contains("2 emails change") || asked.body.contains("3 emails change"), "{}", asked.body);
        app.go_to("2026-01-05T18:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        let agreed = field(&asked, "agreed");
        let mut fields = typed(&new);
        fields.push(("agreed", agreed.as_str()));
        let mut ada = app.sign_in("Ada").await;
        let again = ada.post("/settings", &fields).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.body);
        assert!(again.body.contains("This is how it stands now."));
    }
}

#[tokio::test]
async fn a_booked_visit_keeps_its_hour_in_a_new_zone() {
    for app in TestApp::at(MORNING).await {
        let visit = app.book("2026-01-08T09:00:00Z").await;
        let mut ada = app.sign_in("Ada").await;
        let version = field(&ada.get("/settings").await, "version");
        let new = [("version", version.as_str()), ("zone", "Europe/London"), ("emergency_number", "999")];
        let asked = ada.post("/settings", &typed(&new)).await;
        assert!(
            asked.body.contains("1 booked visit keeps the hour on the clock, now in Europe/London."),
            "{}",
            asked.body
        );
        let agreed = field(&asked, "agreed");
        let mut fields = typed(&new);
        fields.push(("agreed", agreed.as_str()));
        assert_eq!(ada.post("/settings", &fields).await.status, StatusCode::SEE_OTHER);
        let starts = app.ask(&format!("select cast(starts_at as text) from visit where id = '{visit}'")).await;
        let ten = "2026-01-08T10:00:00Z".parse::<jiff::Timestamp>().expect("an instant").as_millisecond();
        assert_eq!(starts, [ten.to_string()], "10:00 in Berlin is 10:00 in London");
        let email = app.email(visit, Step::Prepare).await;
        assert_eq!(email.due_at.to_string(), "2026-01-07T09:00:00Z", "the morning before, by the new clock");
        assert!(app.deeds_of(visit).await.contains(&"visit.zone_changed".to_owned()));
    }
}

#[tokio::test]
async fn the_second_of_two_admins_sees_what_the_first_saved_beside_their_own() {
    for app in TestApp::at(MORNING).await {
        let (mut first, mut second) = (app.sign_in("Ada").await, app.sign_in("Ada").await);
        let version = field(&first.get("/settings").await, "version");
        assert_eq!(field(&second.get("/settings").await, "version"), version);
        let one = [("version", version.as_str()), ("phone", "030 1111")];
        assert_eq!(first.post("/settings", &typed(&one)).await.status, StatusCode::SEE_OTHER);
        let two = [("version", version.as_str()), ("phone", "030 2222"), ("address", "Other street 2")];
        let clash = second.post("/settings", &typed(&two)).await;
        assert_eq!(clash.status, StatusCode::CONFLICT);
        assert!(
            clash.body.contains("Saved now: 030 1111") && clash.body.contains("value=\"030 2222\""),
            "{}",
            clash.body
        );
        assert!(clash.body.contains("value=\"Other street 2\""));
        assert_eq!(app.ask("select phone from clinic where name = 'Lindenhof'").await, ["030 1111"]);
        let version = field(&clash, "version");
        let two = [("version", version.as_str()), ("phone", "030 2222"), ("address", "Other street 2")];
        assert_eq!(second.post("/settings", &typed(&two)).await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.ask("select phone from clinic where name = 'Lindenhof'").await, ["030 2222"]);
    }
}

#[tokio::test]
async fn what_is_wrong_stands_by_its_field_and_nothing_is_kept() {
    for app in TestApp::at(MORNING).await {
        let mut ada = app.sign_in("Ada").await;
        let version = field(&ada.get("/settings").await, "version");
        let wrong = [
            ("version", version.as_str()),
            ("zone", "Europe/Londom"),
            ("closed", "Christmas <b>"),
            ("reply_to", "nobody"),
            ("opens", "21:00"),
        ];
        let answer = ada.post("/settings", &typed(&wrong)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("4 fields need another look"), "{}", answer.body);
        assert!(answer.body.contains("Christmas &#60;b&#62;") && answer.body.contains("value=\"Europe/Londom\""));
        assert_eq!(field(&ada.get("/settings").await, "version"), version);
        assert_eq!(app.ask("select time_zone from clinic where name = 'Lindenhof'").await, ["Europe/Berlin"]);
    }
}

#[tokio::test]
async fn settings_are_taken_over_from_another_clinic_of_the_same_admin() {
    for app in TestApp::at(MORNING).await {
        let there = aftercare::store::account::Account {
            id: aftercare::clinic::ids::AccountId::from_uuid(aftercare::store::fresh_uuid(app.now())),
            name: "Ada M.".parse().expect("a name"),
            email: "ada@example.org".parse().expect("an address"),
            role: aftercare::clinic::account::Role::Admin,
        };
        let other = app.cast.other_clinic;
        app.sql(&format!(
            "update clinic set time_zone = 'Europe/Rome', window_from = '09:30', phone = '1' where id = '{other}'"
        ))
        .await;
        let mut ada = app.sign_in("Ada").await;
        assert_eq!(ada.get(&format!("/settings?like={other}")).await.status, StatusCode::NOT_FOUND, "not hers");
        app.write(async |db| aftercare::store::account::insert(db, other, &there, app.now()).await).await;
        let page = ada.get("/settings").await;
        assert!(page.body.contains(&format!("href=\"/settings?like={other}\"")), "{}", page.body);
        let taken = ada.get(&format!("/settings?like={other}")).await;
        assert!(taken.body.contains("value=\"Europe/Rome\"") && taken.body.contains("value=\"09:30\""));
        assert!(taken.body.contains("value=\"Lindenhof\"") && taken.body.contains("value=\"030 1234\""));
        assert_eq!(
            app.ask("select time_zone from clinic where name = 'Lindenhof'").await,
            ["Europe/Berlin"],
            "only shown"
        );
    }
}
