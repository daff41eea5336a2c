//! The link on its way to the client: with a booking, by hand, and once more the day before.

use aftercare::clinic::ids::VisitId;
use axum::http::StatusCode;

use super::{MORNING, Phone};
use crate::support::app::TestApp;
use crate::support::browser::{Answer, Browser};

/// A house that people reach from outside, with Rosa at its desk.
pub(super) async fn rosa(app: &TestApp) -> Browser {
    let mut web = app.web();
    web.base_url = Some("https://lindenhof.example".parse().expect("an address"));
    Browser::signed_in(web, app.cast.clinic, app.cast.rosa).await
}

fn field(page: &Answer, name: &str) -> String {
    let found = page.body.split_once(&format!("name=\"{name}\" value=\"")).expect("a field").1;
    found.split_once('"').expect("an end").0.to_owned()
}

pub(super) async fn books(rosa: &mut Browser, app: &TestApp, date: &str) -> VisitId {
    let cleo = app.cast.cleo.to_string();
    let form = [
        ("client", cleo.as_str()),
        ("key", "0123456789abcdef0123456789abcdef"),
        ("date", date),
        ("time", "10:00"),
        ("minutes", "60"),
        ("therapist", ""),
        ("technique", "swedish"),
        ("pressure", "moderate"),
        ("regions", "lower_back"),
    ];
    let booked = rosa.post("/visits", &form).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.body);
    booked.leads_to().split_once("told=").expect("a visit").1.parse().expect("an id")
}

/// Kind, state and hour of every notice to Cleo.
async fn notices(app: &TestApp) -> Vec<String> {
    app.ask("select kind || ' ' || state || ' ' || cast(due_at as text) from notice order by due_at, id").await
}

fn ms(at: &str) -> i64 {
    at.parse::<jiff::Timestamp>().expect("an instant").as_millisecond()
}

#[tokio::test]
async fn a_booking_sends_the_link_and_the_link_opens_the_form() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.sql("delete from intake").await;
        let mut rosa = rosa(&app).await;
        let visit = books(&mut rosa, &app, "2026-01-08").await;
        let (now, nudge) = (ms(MORNING), ms("2026-01-07T08:00:00Z"));
        assert_eq!(
            notices(&app).await,
            [format!("intake_link scheduled {now}"), format!("intake_nudge scheduled {nudge}")]
        );
        app.run_notices().await;
        assert_eq!(app.subjects(), ["Your form before your visit on Thursday 8 January"]);
        let body = String::from_utf8_lossy(&app.taken()[0].body).replace("=\r\n", "");
        let token: String = body
            .split("lindenhof.example/f/")
            .nth(1)
            .expect("a link")
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            .collect();
        let mut phone = Phone::with_token(&app, &token);
        let page = phone.come_in().await;
        assert!(rosa.get("/day?on=2026-01-08").await.body.contains("Form sent"));
        let page = phone.until(page, "back").await;
        assert!(rosa.get("/day?on=2026-01-08").await.body.contains("Started, 3 of 18"));
        let page = phone.until(page, "review").await;
        phone.send(&page, &[], "send").await;
        assert!(
            notices(&app).await.contains(&format!("intake_nudge cancelled {nudge}")),
            "nobody is reminded of what is done"
        );
        assert_eq!(
            app.ask(&format!("select cast(count(*) as text) from form_sent where visit_id = '{visit}'")).await,
            ["1"]
        );
    }
}

#[tokio::test]
async fn nobody_is_asked_for_what_is_there_or_cannot_be_reached() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        // Her answers are of today.
        let mut with_links = rosa(&app).await;
        books(&mut with_links, &app, "2026-01-08").await;
        assert!(notices(&app).await.is_empty());
        app.sql("delete from intake").await;
        let mut without = app.sign_in("Rosa").await;
        let cleo = app.cast.cleo.to_string();
        let form = [
            ("client", cleo.as_str()),
            ("key", "1123456789abcdef0123456789abcdef"),
            ("date", "2026-01-09"),
            ("time", "10:00"),
            ("minutes", "60"),
            ("therapist", ""),
            ("technique", "swedish"),
            ("pressure", "moderate"),
        ];
        without.post("/visits", &form).await;
        assert!(notices(&app).await.is_empty(), "no address of its own, no links");
    }
}

#[tokio::test]
async fn link_and_reminder_follow_the_visit() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.sql("delete from intake").await;
        let mut rosa = rosa(&app).await;
        let visit = books(&mut rosa, &app, "2026-01-08").await;
        let path = format!("/visits/{visit}/move");
        let version = field(&rosa.get(&path).await, "version");
        let mut to = vec![
            ("version", version.as_str()),
            ("agreed", ""),
            ("date", "2026-01-15"),
            ("time", "11:30"),
            ("minutes", "60"),
            ("therapist", ""),
            ("technique", "swedish"),
        ];
        let asked = rosa.post(&path, &to).await;
        let agreed = field(&asked, "agreed");
        to[1] = ("agreed", agreed.as_str());
        assert_eq!(rosa.post(&path, &to).await.status, StatusCode::SEE_OTHER);
        let (old, new) = (ms("2026-01-07T08:00:00Z"), ms("2026-01-14T08:00:00Z"));
        let all = notices(&app).await;
        assert!(
            all.contains(&format!("intake_nudge cancelled {old}"))
                && all.contains(&format!("intake_nudge scheduled {new}")),
            "{all:?}"
        );
        let ends = app.ask("select distinct cast(ends_at as text) from link where purpose = 'intake'").await;
        assert_eq!(ends, [ms("2026-01-15T11:30:00Z").to_string()], "every link lives as long as the visit");

        let path = format!("/visits/{visit}/cancel");
        let page = rosa.get(&path).await;
        let fields = [("version", field(&page, "version")), ("agreed", field(&page, "agreed"))];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(rosa.post(&path, &fields).await.status, StatusCode::SEE_OTHER);
        assert!(notices(&app).await.iter().all(|notice| notice.contains(" cancelled ")));
    }
}

#[tokio::test]
async fn the_desk_sends_the_link_again_and_an_intake_at_the_desk_calls_the_reminder_off() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.sql("delete from intake").await;
        let mut rosa = rosa(&app).await;
        let visit = books(&mut rosa, &app, "2026-01-08").await;
        let path = format!("/visits/{visit}/form");
        assert!(rosa.get(&path).await.body.contains("Email the link to Cleo.Okafor@example.org"));
        assert_eq!(rosa.post(&format!("{path}/email"), &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(notices(&app).await.len(), 3);
        let intake = format!("/visits/{visit}/intake");
        let mut form = crate::intake::filled::Filled::of(&rosa.get(&intake).await.body);
        form.tick("consent", "health_data");
        assert_eq!(rosa.post(&intake, &form.pairs_with("save")).await.status, StatusCode::SEE_OTHER);
        let nudges = app.ask("select state from notice where kind = 'intake_nudge'").await;
        assert_eq!(nudges, ["cancelled"]);
    }
}

#[tokio::test]
async fn a_visit_has_one_reminder_however_often_it_is_called_off_and_taken_back() {
    for mut app in TestApp::at(MORNING).await {
        app.due_mail_may_stay = true;
        app.sql("delete from intake").await;
        let mut rosa = rosa(&app).await;
        let visit = books(&mut rosa, &app, "2026-01-08").await;
        let nudges = async || app.ask("select state from notice where kind = 'intake_nudge' order by id").await;
        let call_off = async |rosa: &mut Browser| {
            let path = format!("/visits/{visit}/cancel");
            let page = rosa.get(&path).await;
            let fields = [("version", field(&page, "version")), ("agreed", field(&page, "agreed"))];
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(rosa.post(&path, &fields).await.status, StatusCode::SEE_OTHER);
        };
        let take_back = async |rosa: &mut Browser| {
            let version =
                app.ask(&format!("select cast(version as text) from visit where id = '{visit}'")).await.remove(0);
            let answer = rosa.post(&format!("/visits/{visit}/return"), &[("version", version.as_str())]).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        };
        call_off(&mut rosa).await;
        assert_eq!(nudges().await, ["cancelled"]);
        take_back(&mut rosa).await;
        assert_eq!(nudges().await, ["cancelled", "scheduled"], "the visit takes place, so the reminder is owed again");
        let links = app.ask("select state from notice where kind = 'intake_link' order by id").await;
        assert_eq!(links, ["cancelled", "scheduled"], "and the link, which had not left");
        app.go_to("2026-01-07T08:00:00Z");
        app.run_notices().await;
        assert_eq!(nudges().await, ["cancelled", "sent"]);
        let mut rosa = self::rosa(&app).await;
        call_off(&mut rosa).await;
        take_back(&mut rosa).await;
        assert_eq!(nudges().await, ["cancelled", "sent"], "reminded once");
    }
}
