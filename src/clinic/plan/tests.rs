//! The default protocol on real calendars.

use jiff::civil::{Weekday, date, time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::case::Case;
use super::super::catalogue::Catalogue;
use super::super::protocol::Protocol;
use super::super::schedule::at;
use super::super::tailoring::tailor;
use super::super::visit_file;
use super::*;

pub(super) fn catalogue() -> &'static Catalogue {
    static SHIPPED: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
    SHIPPED.get_or_init(|| Catalogue::shipped().expect("the shipped catalogue"))
}

pub(super) fn case_of(clinic: &Value, visit: &Value, intake: &Value) -> Case {
    let file = json!({
        "clinic": clinic,
        "client": { "first_name": "Cleo", "email": "cleo@example.org" },
        "visit": visit,
        "intake": intake,
    });
    visit_file::read(catalogue(), &file.to_string()).expect("a good visit file")
}

pub(super) fn agreed() -> Value {
    json!({ "consents": ["aftercare_email", "check_in_email"] })
}

pub(super) fn london(window: &Value) -> Value {
    json!({ "time_zone": "Europe/London", "send_window": window })
}

fn plan_of(case: &Case) -> Plan {
    plan_started(case, case.visit.ends_at)
}

fn plan_started(case: &Case, started: Timestamp) -> Plan {
    let brief = tailor(catalogue(), case);
    let mut plan = for_visit(catalogue(), &Protocol::default(), case, &brief, started);
    if let Some(next) = case.visit.next_visit_at {
        match preparation(catalogue(), &Protocol::default(), case, &brief, (next, case.visit.ends_at)) {
            Ok(email) => plan.emails.push(email),
            Err(not_sent) => plan.not_sent.push(not_sent),
        }
    }
    plan
}

pub(super) fn times(plan: &Plan) -> Vec<(&'static str, String)> {
    plan.emails.iter().map(|email| (email.step.id(), email.due.to_string())).collect()
}

pub(super) fn left_out(plan: &Plan) -> Vec<&'static str> {
    plan.not_sent.iter().map(|not| not.step.id()).collect()
}

#[test]
fn the_default_protocol_across_the_spring_clock_change() {
    let window = json!({ "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat"] });
    let visit = json!({ "starts_at": "2026-03-27T15:00:00Z", "next_visit_at": "2026-04-07T09:00:00Z" });
    let plan = plan_of(&case_of(&london(&window), &visit, &agreed()));
    let expected = [
        ("same_day", "2026-03-27T19:00:00+00:00[Europe/London]"),
        ("day_1", "2026-03-28T16:00:00+00:00[Europe/London]"),
        ("day_3", "2026-03-30T09:00:00+01:00[Europe/London]"),
        ("day_7", "2026-04-03T09:00:00+01:00[Europe/London]"),
        ("prepare", "2026-04-06T09:00:00+01:00[Europe/London]"),
    ];
    assert_eq!(times(&plan), expected.map(|(step, due)| (step, due.to_owned())));
    let not_after: Vec<String> = plan.emails.iter().map(|email| email.not_after.to_string()).collect();
    assert_eq!(
        not_after,
        [
            "2026-03-28T13:00:00Z",
            "2026-03-29T16:00:00Z",
            "2026-04-01T08:00:00Z",
            "2026-04-06T08:00:00Z",
            "2026-04-07T09:00:00Z"
        ]
    );
    let check_ins: Vec<bool> = plan.emails.iter().map(|email| email.content.check_in).collect();
    assert_eq!(check_ins, [false, true, true, true, false]);
}

#[test]
fn an_evening_visit_is_told_the_same_evening_if_an_hour_is_left() {
    let first = |ends_at: &str| {
        let visit = json!({ "starts_at": "2026-01-05T12:00:00Z", "ends_at": ends_at });
        let plan = plan_of(&case_of(&london(&json!({})), &visit, &agreed()));
        times(&plan)[0].clone()
    };
    let evening = "2026-01-05T20:00:00+00:00[Europe/London]".to_owned();
    assert_eq!(first("2026-01-05T17:00:00Z"), ("same_day", evening.clone()), "the end of the window belongs to it");
    assert_eq!(first("2026-01-05T17:00:01Z"), ("same_day", evening.clone()));
    assert_eq!(first("2026-01-05T19:00:00Z"), ("same_day", evening));
    let morning = "2026-01-06T08:00:00+00:00[Europe/London]".to_owned();
    assert_eq!(first("2026-01-05T19:00:01Z"), ("same_day", morning));
}

#[test]
fn a_closed_day_moves_an_email_to_the_next_opening_and_a_close_pair_becomes_one() {
    // Saturday evening, closed on Sunday: the first email and the next day's both move to Monday 08:00.
    let window = json!({ "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat"] });
    let visit = json!({ "starts_at": "2026-01-10T18:00:00Z", "ends_at": "2026-01-10T19:30:00Z" });
    let plan = plan_of(&case_of(&london(&window), &visit, &agreed()));
    assert_eq!(
        times(&plan),
        [
            ("day_1", "2026-01-12T08:00:00+00:00[Europe/London]".to_owned()),
            ("day_3", "2026-01-13T09:00:00+00:00[Europe/London]".to_owned()),
            ("day_7", "2026-01-17T09:00:00+00:00[Europe/London]".to_owned()),
        ]
    );
    assert_eq!(left_out(&plan), ["same_day"]);
    assert!(plan.not_sent[0].reason.contains("6 hours"), "{}", plan.not_sent[0].reason);
}

#[test]
fn an_email_never_comes_on_or_after_the_day_of_the_next_visit() {
    let visit = json!({ "starts_at": "2026-01-05T10:00:00Z", "next_visit_at": "2026-01-08T17:00:00Z" });
    let plan = plan_of(&case_of(&london(&json!({})), &visit, &agreed()));
    assert_eq!(times(&plan).iter().map(|(step, _)| *step).collect::<Vec<_>>(), ["same_day", "day_1", "prepare"]);
    assert_eq!(left_out(&plan), ["day_3", "day_7"]);
    assert!(plan.not_sent[0].reason.contains("2026-01-08"));
}

#[test]
fn a_preparation_moves_back_to_an_open_morning_or_is_left_out() {
    let prepare = |window: Value, next: &str| {
        let visit = json!({ "starts_at": "2026-01-09T10:00:00Z", "next_visit_at": next });
        let plan = plan_of(&case_of(&london(&window), &visit, &agreed()));
        plan.emails.iter().find(|email| email.step == Step::Prepare).map(|email| email.due.to_string())
    };
    let monday = "2026-01-12T10:00:00Z";
    let weekdays = json!({ "weekdays": ["mon", "tue", "wed", "thu", "fri"] });
    assert_eq!(prepare(json!({}), monday).as_deref(), Some("2026-01-11T09:00:00+00:00[Europe/London]"));
    assert_eq!(prepare(weekdays.clone(), monday), None, "Friday 09:00 is before this visit");
    assert_eq!(prepare(weekdays, "2026-01-19T10:00:00Z").as_deref(), Some("2026-01-16T09:00:00+00:00[Europe/London]"));
    assert_eq!(
        prepare(json!({ "from": "10:00" }), monday).as_deref(),
        Some("2026-01-11T10:00:00+00:00[Europe/London]")
    );
    assert_eq!(prepare(json!({}), "2026-01-10T08:00:00Z"), None, "this morning has passed");
}

#[test]
fn a_late_start_sends_the_first_email_at_once_or_not_at_all() {
    let visit = json!({ "starts_at": "2026-01-05T10:00:00Z" });
    let case = case_of(&london(&json!({})), &visit, &agreed());
    let start = |at: &str| plan_started(&case, at.parse().expect("an instant"));
    assert_eq!(
        times(&start("2026-01-05T18:20:00Z"))[0],
        ("same_day", "2026-01-05T18:20:00+00:00[Europe/London]".into())
    );
    assert_eq!(left_out(&start("2026-01-05T20:00:01Z")), ["same_day"]);
    assert_eq!(left_out(&start("2026-01-06T08:30:00Z")), ["same_day"]);
    let much_later = start("2026-01-09T12:00:00Z");
    assert_eq!(left_out(&much_later), ["same_day", "day_1"]);
    assert_eq!(times(&much_later)[0], ("day_3", "2026-01-09T12:00:00+00:00[Europe/London]".into()));
    assert_eq!(left_out(&start("2026-02-09T12:00:00Z")), ["same_day", "day_1", "day_3", "day_7"]);
}

#[test]
fn nothing_goes_without_an_address_or_consent() {
    let visit = json!({ "starts_at": "2026-01-05T10:00:00Z", "next_visit_at": "2026-02-05T10:00:00Z" });
    let reasons = |case: &Case| -> Vec<String> {
        let plan = plan_of(case);
        assert!(plan.emails.is_empty());
        assert_eq!(left_out(&plan), ["same_day", "day_1", "day_3", "day_7", "prepare"]);
        plan.not_sent.into_iter().map(|not| not.reason).collect()
    };
    let mut case = case_of(&london(&json!({})), &visit, &agreed());
    case.client.email = None;
    assert!(reasons(&case).iter().all(|reason| reason.contains("no email address")));
    let case = case_of(&london(&json!({})), &visit, &json!({ "consents": ["treatment", "check_in_email"] }));
    assert!(reasons(&case).iter().all(|reason| reason.contains("not agreed")));
    let case = case_of(&london(&json!({})), &visit, &json!({ "consents": ["aftercare_email"] }));
    assert!(plan_of(&case).emails.iter().all(|email| !email.content.check_in));
}

#[test]
fn without_a_doctors_word_one_email_goes_with_the_urgent_signs_alone() {
    let visit = json!({ "starts_at": "2026-01-05T10:00:00Z", "regions": ["lower_back"], "next_visit_at": "2026-02-05T10:00:00Z" });
    let mut intake = agreed();
    intake["conditions"] = json!([{ "id": "herniated_disc_acute" }]);
    let plan = plan_of(&case_of(&london(&json!({})), &visit, &intake));
    assert_eq!(plan.emails.len(), 1);
    let email = &plan.emails[0];
    assert_eq!((email.step, email.letter), (Step::SameDay, LetterId::EmergencyOnly));
    assert!(email.content.advice.is_empty() && email.content.stretches.is_empty() && !email.content.check_in);
    assert!(email.content.warning_signs.iter().all(|sign| matches!(
        sign.tier,
        super::super::catalogue::Tier::Emergency | super::super::catalogue::Tier::SameDay
    )));
    assert!(email.content.warning_signs.iter().any(|sign| sign.id.as_str() == "saddle_numbness"));
    assert_eq!(left_out(&plan), ["day_1", "day_3", "day_7", "prepare"]);
}

#[test]
fn an_email_shows_three_stretches_and_lists_what_it_withholds() {
    let visit = json!({ "starts_at": "2026-01-05T10:00:00Z", "regions": ["lower_back"] });
    let mut intake = agreed();
    intake["conditions"] = json!([{ "id": "herniated_disc_history" }]);
    intake["unanswered"] = json!(["diabetes"]);
    intake["daily_load"] = json!(["desk_work"]);
    let plan = plan_of(&case_of(&london(&json!({})), &visit, &intake));
    let [same_day, day_1, day_3, day_7] = plan.emails.as_slice() else { panic!("four emails") };
    assert!(same_day.content.stretches.is_empty() && day_7.content.stretches.is_empty());
    for email in [day_1, day_3] {
        let stretches: Vec<&str> = email.content.stretches.iter().map(StretchId::as_str).collect();
        assert_eq!(stretches, ["pelvic_tilt", "knee_rolls", "knee_to_chest_single"]);
        let withheld: Vec<&str> = email.content.withheld.iter().map(|one| one.id.as_str()).collect();
        assert!(withheld.ends_with(&["knees_to_chest_double", "standing_forward_bend"]), "{withheld:?}");
    }
    let offered: Vec<&str> = same_day.content.advice.iter().map(AdviceId::as_str).collect();
    assert_eq!(
        offered,
        [
            "what_is_normal",
            "why_sore",
            "heat_caution",
            "hydration",
            "gentle_movement",
            "rest_and_load",
            "sleep_position",
            "see_a_provider"
        ]
    );
    let withheld: Vec<&str> = same_day.content.withheld.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(withheld, ["heat", "cold_option"]);
    let because: Vec<&str> = same_day.content.withheld[0].because.iter().map(|reason| reason.id.as_str()).collect();
    assert_eq!(because, ["heat.withheld_when.heat", "diabetes"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Every day of 20 years, clock changes included, in zones that are odd in different ways.
    #[test]
    fn every_email_leaves_inside_the_window_in_order_and_in_time(
        name in proptest::sample::select(vec!["America/New_York", "Europe/London", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]),
        day in 0i64..7305, minute in 0i64..1440, length in 15i64..180,
        next in proptest::option::of(1i64..30), open in proptest::sample::subsequence(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 1..=7),
        from in 0i8..12, until in 13i8..24, late in 0i64..200,
    ) {
        let starts: Timestamp = Timestamp::from_second(1_767_225_600 + day * 86_400 + minute * 60).expect("in range");
        let ends = starts.saturating_add(length.minutes()).expect("in range");
        let window = json!({ "from": format!("{from:02}:00"), "to": format!("{:02}:30", until.min(23)), "weekdays": open });
        let mut visit = json!({ "starts_at": starts.to_string(), "ends_at": ends.to_string() });
        if let Some(days) = next {
            visit["next_visit_at"] = json!(ends.saturating_add((days * 24).hours()).expect("in range").to_string());
        }
        let case = case_of(&json!({ "time_zone": name, "send_window": window }), &visit, &agreed());
        let plan = plan_started(&case, ends.saturating_add(late.max(40).saturating_sub(40).hours()).expect("in range"));
        prop_assert_eq!(plan.emails.len() + plan.not_sent.len(), 4 + usize::from(next.is_some()));
        let zone = &case.clinic.zone;
        let mut last: Option<Timestamp> = None;
        for email in &plan.emails {
            prop_assert!(case.clinic.send_window.is_open(zone, &email.due), "{} {}", email.step, email.due);
            prop_assert!(email.due.timestamp() > ends && email.due.timestamp() <= email.not_after);
            if email.step == Step::Prepare {
                let visit_day = case.visit.next_visit_at.expect("booked").to_zoned(zone.rules().clone()).date();
                prop_assert!(email.due.date() < visit_day);
                continue;
            }
            if let Some(next) = case.visit.next_visit_at {
                prop_assert!(email.due.date() < next.to_zoned(zone.rules().clone()).date());
            }
            if let Some(last) = last {
                prop_assert!(email.due.timestamp().duration_since(last) >= SignedDuration::from_hours(6));
            }
            last = Some(email.due.timestamp());
        }
    }

    /// With the window always open and nothing late, each email keeps its civil hour through every clock change.
    #[test]
    fn civil_hours_survive_clock_changes(
        name in proptest::sample::select(vec!["America/New_York", "Europe/London", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]),
        day in 0i64..7305, hour in 3i8..20,
    ) {
        let zone = super::super::profile::Zone::named(name).expect("a zone");
        let date = date(2026, 1, 1).saturating_add(day.days());
        let ended = at(&zone, date, time(hour, 0, 0, 0));
        let visit = json!({ "starts_at": ended.saturating_sub(1.hour()).timestamp().to_string(), "ends_at": ended.timestamp().to_string() });
        let window = json!({ "from": "00:00", "to": "23:59" });
        let plan = plan_of(&case_of(&json!({ "time_zone": name, "send_window": window }), &visit, &agreed()));
        prop_assert_eq!(plan.emails.len(), 4);
        prop_assert_eq!(plan.emails[0].due.timestamp().duration_since(ended.timestamp()), SignedDuration::from_hours(3));
        for (email, (days, hour)) in plan.emails[1..].iter().zip([(1, hour), (3, 9), (7, 9)]) {
            prop_assert_eq!(email.due.date(), date.saturating_add(i64::from(days).days()));
            prop_assert_eq!((email.due.hour(), email.due.minute()), (hour, 0), "{}", email.due);
        }
    }
}

#[test]
fn a_day_of_the_week_is_read_on_the_clinics_calendar() {
    // Friday 23:30 in New York is Saturday in London: the clinic's Saturday counts.
    let clinic = json!({ "time_zone": "America/New_York", "send_window": { "from": "00:00", "to": "23:59", "weekdays": ["fri"] } });
    let visit = json!({ "starts_at": "2026-01-10T01:00:00Z", "ends_at": "2026-01-10T01:30:00Z" });
    let plan = plan_of(&case_of(&clinic, &visit, &agreed()));
    assert_eq!(plan.emails[0].due.weekday(), Weekday::Friday);
    assert_eq!(plan.emails[0].due.to_string(), "2026-01-09T23:30:00-05:00[America/New_York]");
}
