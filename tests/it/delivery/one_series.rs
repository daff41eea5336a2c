//! Several visits of one client on one day: one series of emails, whoever completes what when.

use aftercare::clinic::body::Region;
use aftercare::clinic::case::{BookedPressure, LastReaction, Treatment};
use aftercare::clinic::ids::VisitId;
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use aftercare::store::visit::{self, Appointment, VisitState};
use aftercare::store::{fresh_uuid, plan};
use aftercare::web::completion;
use aftercare::web::replan::{Cause, replan_client};

use crate::support::app::TestApp;
use crate::support::cast::{at, minutes};

/// Books Cleo for an hour, for these regions.
async fn book(app: &TestApp, starts_at: &str, regions: &[Region]) -> VisitId {
    let booked = Appointment {
        id: VisitId::from_uuid(fresh_uuid(app.now())),
        client: app.cast.cleo,
        therapist: Some(app.cast.theo),
        starts_at: at(starts_at),
        ends_at: at(starts_at) + minutes(60),
        state: VisitState::Booked,
        treatment: Treatment {
            technique: "swedish".into(),
            pressure: BookedPressure::Moderate,
            regions: regions.to_vec(),
            last_reaction: LastReaction::None,
        },
        completed_at: None,
    };
    app.write(async |db| completion::book(db, app.made(), app.cast.clinic, &booked, app.now()).await).await;
    booked.id
}

/// When each waiting email of a visit is due.
async fn waiting(app: &TestApp, visit: VisitId) -> Vec<(&'static str, String)> {
    let emails = app.emails(visit).await;
    let waits = emails.iter().filter(|email| email.state == State::Scheduled && email.step != Step::Prepare);
    waits.map(|email| (email.step.id(), email.due_at.to_string())).collect()
}

/// Every email of the day goes out in turn.
async fn a_week_passes(app: &TestApp) {
    for _ in 0..8 * 6 {
        app.advance(minutes(4 * 60));
        app.run_worker().await;
    }
}

const MORNING: &str = "2026-01-05T08:00:00Z";

// Berlin is an hour ahead of UTC.
const AFTER_THE_SECOND: [(&str, &str); 4] = [
    ("same_day", "2026-01-05T18:00:00Z"),
    ("day_1", "2026-01-06T15:00:00Z"),
    ("day_3", "2026-01-08T08:00:00Z"),
    ("day_7", "2026-01-12T08:00:00Z"),
];

fn as_told(expected: [(&'static str, &str); 4]) -> Vec<(&'static str, String)> {
    expected.map(|(step, due)| (step, due.to_owned())).to_vec()
}

#[tokio::test]
async fn two_visits_on_a_day_make_one_series_counted_from_the_last_end() {
    for app in TestApp::at("2026-01-04T06:30:00Z").await {
        let first = book(&app, "2026-01-05T09:00:00Z", &[Region::LowerBack]).await;
        let second = book(&app, "2026-01-05T14:00:00Z", &[Region::Neck]).await;
        app.go_to("2026-01-05T10:00:00Z");
        app.sql("update email set state = 'cancelled', reason = 'not of this test' where step = 'prepare'").await;
        assert!(app.complete(first).await);
        assert_eq!(waiting(&app, first).await, as_told(AFTER_THE_SECOND), "they wait for the second visit");
        app.go_to("2026-01-05T15:00:00Z");
        assert_eq!(app.run_worker().await.sent, 0);
        assert!(app.complete(second).await);
        assert_eq!(waiting(&app, first).await, []);
        assert_eq!(waiting(&app, second).await, as_told(AFTER_THE_SECOND));
        let told = app.write(async |db| plan::of_visit(db, app.cast.clinic, first).await).await.expect("a plan");
        let reasons: Vec<&str> = told.not_sent.iter().map(|one| one.reason.as_str()).collect();
        assert_eq!(reasons, ["goes with the 15:00 visit of that day"; 4]);
        a_week_passes(&app).await;
        let mut subjects = app.subjects();
        assert_eq!(subjects.len(), 4, "{subjects:?}");
        subjects.sort();
        subjects.dedup();
        assert_eq!(subjects.len(), 4, "each step once");
        let same_day = app.email(second, Step::SameDay).await;
        let content = app.frozen(same_day.id).await.expect("is kept").made_of.content;
        assert_eq!(content.regions, [Region::Neck, Region::LowerBack]);
        let signs: Vec<&str> = content.warning_signs.iter().map(|sign| sign.id.as_str()).collect();
        assert!(signs.contains(&"saddle_numbness"), "of the lower back: {signs:?}");
        assert!(of_the_neck(&app, &signs), "of the neck: {signs:?}");
    }
}

/// Whether a sign is there that only a treated neck calls for.
fn of_the_neck(app: &TestApp, signs: &[&str]) -> bool {
    use aftercare::clinic::catalogue::StretchScope::Of;
    let of = |region: Region| {
        let all = app.catalogue().warning_signs().iter();
        all.filter(move |sign| sign.applies_to.contains(&Of(region))).map(|sign| sign.id.as_str())
    };
    let back: Vec<&str> = of(Region::LowerBack).collect();
    let mut neck = of(Region::Neck).filter(|id| !back.contains(id)).peekable();
    neck.peek().is_some() && neck.any(|id| signs.contains(&id))
}

#[tokio::test]
async fn visits_completed_out_of_order_still_make_one_series() {
    for app in TestApp::at("2026-01-05T08:00:00Z").await {
        let first = book(&app, "2026-01-05T09:00:00Z", &[Region::LowerBack]).await;
        let second = book(&app, "2026-01-05T14:00:00Z", &[Region::LowerBack]).await;
        app.go_to("2026-01-05T15:00:00Z");
        assert!(app.complete(second).await);
        assert!(app.complete(first).await);
        assert_eq!(waiting(&app, first).await, []);
        assert_eq!(waiting(&app, second).await, as_told(AFTER_THE_SECOND));
        a_week_passes(&app).await;
        assert_eq!(app.taken().len(), 4);
    }
}

#[tokio::test]
async fn a_second_visit_takes_what_still_waits_and_repeats_nothing_that_was_said() {
    for app in TestApp::at(MORNING).await {
        let first = app.visited("2026-01-05T09:00:00Z").await;
        app.go_to("2026-01-05T13:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1, "the first email of the first visit");
        let second = book(&app, "2026-01-05T14:00:00Z", &[Region::LowerBack]).await;
        app.go_to("2026-01-05T15:00:00Z");
        assert!(app.complete(second).await);
        assert_eq!(waiting(&app, first).await, []);
        assert_eq!(waiting(&app, second).await, as_told(AFTER_THE_SECOND)[1..]);
        a_week_passes(&app).await;
        assert_eq!(app.taken().len(), 4, "the same day is not told twice");
    }
}

#[tokio::test]
async fn a_sign_that_was_not_told_yet_is_told_the_same_day() {
    for app in TestApp::at(MORNING).await {
        let first = app.visited("2026-01-05T09:00:00Z").await;
        app.go_to("2026-01-05T13:00:00Z");
        app.run_worker().await;
        let second = book(&app, "2026-01-05T14:00:00Z", &[Region::Neck]).await;
        app.go_to("2026-01-05T15:00:00Z");
        assert!(app.complete(second).await);
        assert_eq!(waiting(&app, second).await, as_told(AFTER_THE_SECOND));
        assert_eq!(app.email(first, Step::SameDay).await.state, State::Sent);
        a_week_passes(&app).await;
        assert_eq!(app.taken().len(), 5);
    }
}

#[tokio::test]
async fn a_second_visit_that_is_called_off_gives_the_first_its_own_times_back() {
    for app in TestApp::at(MORNING).await {
        let first = book(&app, "2026-01-05T09:00:00Z", &[Region::LowerBack]).await;
        let second = book(&app, "2026-01-05T14:00:00Z", &[Region::Neck]).await;
        app.go_to("2026-01-05T10:00:00Z");
        assert!(app.complete(first).await);
        assert_eq!(waiting(&app, first).await, as_told(AFTER_THE_SECOND));
        app.write(async |db| {
            let mut off = visit::find(db, app.cast.clinic, second).await?.expect("booked");
            off.state = VisitState::Cancelled;
            visit::save(db, app.cast.clinic, &off).await?;
            let (clinic, client) = (app.cast.clinic, app.cast.cleo);
            replan_client(db, app.made(), clinic, client, app.now(), Cause::Calendar).await
        })
        .await;
        let own = [
            ("same_day", "2026-01-05T13:00:00Z"),
            ("day_1", "2026-01-06T10:00:00Z"),
            ("day_3", "2026-01-08T08:00:00Z"),
            ("day_7", "2026-01-12T08:00:00Z"),
        ];
        assert_eq!(waiting(&app, first).await, as_told(own));
        assert_eq!(app.deeds_of(first).await, ["visit.booked", "visit.completed", "plan.revised"]);
    }
}

#[tokio::test]
async fn one_preparation_for_a_day_with_two_visits() {
    for app in TestApp::at("2026-01-03T08:00:00Z").await {
        let later = book(&app, "2026-01-06T14:00:00Z", &[Region::Neck]).await;
        assert_eq!(app.emails(later).await.len(), 1);
        let first = book(&app, "2026-01-06T09:00:00Z", &[Region::LowerBack]).await;
        assert!(app.emails(later).await.is_empty(), "it goes with the first visit of the day");
        assert_eq!(app.emails(first).await.len(), 1);
        app.go_to("2026-01-05T08:00:00Z");
        assert_eq!(app.run_worker().await.sent, 1);
        let third = book(&app, "2026-01-06T07:00:00Z", &[Region::Calf]).await;
        assert!(app.emails(third).await.is_empty(), "the client was told of that day");
    }
}
