//! What staff change, and between what it has to fit.

use proptest::prelude::*;
use serde_json::json;

use super::super::super::catalogue::StretchId;
use super::super::super::protocol::Protocol;
use super::super::super::tailoring::tailor;
use super::super::for_visit;
use super::super::tests::{agreed, case_of, catalogue, left_out, london, times};
use super::*;

/// Monday 5 January, 10:00 to 11:00 in London: emails at 14:00, then Tuesday 11:00, Thursday and
/// Monday 09:00.
fn monday(visit: &serde_json::Value) -> (Case, Plan) {
    let mut file = json!({ "starts_at": "2026-01-05T10:00:00Z", "regions": ["lower_back"] });
    for (key, value) in visit.as_object().into_iter().flatten() {
        file[key] = value.clone();
    }
    let window = json!({ "weekdays": ["mon", "tue", "wed", "thu", "fri"] });
    let case = case_of(&london(&window), &file, &agreed());
    let plan = for_visit(catalogue(), &Protocol::default(), &case, &tailor(catalogue(), &case), case.visit.ends_at);
    (case, plan)
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn civil(text: &str) -> DateTime {
    text.parse().expect("a local time")
}

fn change(step: Step, change: StepChange) -> Changes {
    Changes::from([(step, change)])
}

fn moved(to: &str) -> StepChange {
    StepChange { moved_to: Some(civil(to)), ..StepChange::default() }
}

fn without(id: &str) -> StepChange {
    StepChange { withheld: vec![LeftOut { id: id.into(), by: "Theo Lind".into() }], ..StepChange::default() }
}

#[test]
fn a_skipped_email_is_listed_with_who_skipped_it() {
    let (case, plan) = monday(&json!({}));
    let skipped = StepChange { skipped_by: Some("Theo Lind".into()), ..StepChange::default() };
    let plan = changed(plan, &change(Step::DayOne, skipped), &case);
    assert_eq!(left_out(&plan), ["day_1"]);
    assert_eq!(plan.not_sent[0].reason, "Theo Lind skipped it");
    assert_eq!(plan.emails.len(), 3);
}

#[test]
fn an_item_left_out_by_hand_is_withheld_with_who_did_it_and_nothing_takes_its_place() {
    let (case, plan) = monday(&json!({}));
    let before = plan.email(Step::DayOne).expect("planned").content.clone();
    let first = before.stretches[0].clone();
    let after = changed(plan, &change(Step::DayOne, without(first.as_str())), &case);
    let content = &after.email(Step::DayOne).expect("planned").content;
    let rest: Vec<StretchId> = before.stretches[1..].to_vec();
    assert_eq!(content.stretches, rest, "the next one in line does not move up");
    let withheld = content.withheld.iter().find(|one| one.id == first.as_str()).expect("listed");
    assert_eq!(
        (withheld.because[0].id.as_str(), withheld.because[0].says.as_str()),
        (BY_HAND, "The therapist withheld it (Theo Lind)")
    );
    assert_eq!(after.email(Step::DayThree).expect("planned").content.stretches, before.stretches, "one email alone");
}

#[test]
fn a_moved_email_keeps_its_local_time_and_falls_back_when_the_visit_leaves_it_behind() {
    let (case, plan) = monday(&json!({}));
    let tuesday = change(Step::DayOne, moved("2026-01-06T16:30:00"));
    let plan = changed(plan, &tuesday, &case);
    assert_eq!(times(&plan)[1], ("day_1", "2026-01-06T16:30:00+00:00[Europe/London]".into()));
    let (case, plan) = monday(&json!({ "starts_at": "2026-01-07T10:00:00Z" }));
    let plan = changed(plan, &tuesday, &case);
    assert_eq!(times(&plan)[1].1, "2026-01-08T11:00:00+00:00[Europe/London]", "before the visit it makes no sense");
}

#[test]
fn a_new_time_fits_between_everything_or_is_refused_with_a_sentence() {
    let (case, plan) = monday(&json!({}));
    let email = plan.email(Step::DayOne).expect("planned");
    let limits = Limits {
        step: Step::DayOne,
        not_after: email.not_after,
        case: &case,
        previous: Some((Step::SameDay, instant("2026-01-05T14:00:00Z"))),
        following: Some((Step::DayThree, instant("2026-01-08T09:00:00Z"))),
        now: instant("2026-01-05T12:00:00Z"),
    };
    let good = move_to(civil("2026-01-06T20:00:00"), &limits).expect("fits");
    assert_eq!(good.to_string(), "2026-01-06T20:00:00+00:00[Europe/London]");
    let no = |wanted: &str| move_to(civil(wanted), &limits).expect_err(wanted);
    assert!(no("2026-01-05T12:00:00").starts_with("That time has passed"));
    assert_eq!(no("2026-01-06T20:01:00"), "Emails leave from 08:00 to 20:00. Choose a time between.");
    assert_eq!(no("2026-01-10T10:00:00"), "No email leaves on a Saturday. Choose another day.");
    assert_eq!(no("2026-01-07T11:01:00"), "After Wed 7 January, 11:00 it is of no use. Choose a time before.");
    assert_eq!(no("2026-01-05T14:00:00"), "The Same day email goes Mon 5 January, 14:00. Choose a time after it.");
    let early = Limits { previous: None, now: instant("2026-01-05T08:00:00Z"), ..limits };
    assert_eq!(
        move_to(civil("2026-01-05T10:30:00"), &early).unwrap_err(),
        "The visit ends Mon 5 January, 11:00. Choose a time after it."
    );
    let late = Limits { following: Some((Step::DayThree, instant("2026-01-06T15:00:00Z"))), ..limits };
    assert!(move_to(civil("2026-01-06T15:00:00"), &late).unwrap_err().contains("Day 3"));
    let (case, _) = monday(&json!({ "next_visit_at": "2026-01-07T10:00:00Z" }));
    let before_next = Limits { case: &case, ..limits };
    assert!(move_to(civil("2026-01-07T09:00:00"), &before_next).unwrap_err().contains("next visit"));
}

#[test]
fn sending_now_means_at_once_or_when_the_window_opens() {
    let (case, plan) = monday(&json!({}));
    let email = plan.email(Step::DayOne).expect("planned");
    let now = |now: &str| Limits {
        step: Step::DayOne,
        not_after: email.not_after,
        case: &case,
        previous: None,
        following: None,
        now: instant(now),
    };
    let leaves = |at: &str| send_now(&now(at)).map(|due| due.to_string());
    assert_eq!(leaves("2026-01-05T15:00:00Z").as_deref(), Ok("2026-01-05T15:00:00+00:00[Europe/London]"));
    assert_eq!(leaves("2026-01-05T21:00:00Z").as_deref(), Ok("2026-01-06T08:00:00+00:00[Europe/London]"));
    assert!(leaves("2026-01-07T21:00:00Z").unwrap_err().contains("of no use"));
    let waits =
        Limits { previous: Some((Step::SameDay, instant("2026-01-05T16:00:00Z"))), ..now("2026-01-05T15:00:00Z") };
    assert!(send_now(&waits).unwrap_err().contains("Send or skip that one first"));
}

#[test]
fn changes_of_two_visits_leave_out_what_either_leaves_out() {
    let older =
        StepChange { skipped_by: Some("Theo".into()), moved_to: Some(civil("2026-01-06T10:00:00")), ..without("heat") };
    let line = PersonalLine { text: "Walk.".into(), who: "Ada".into() };
    let mut newer =
        StepChange { line: Some(line.clone()), moved_to: Some(civil("2026-01-06T12:00:00")), ..without("hydration") };
    newer.withheld.push(LeftOut { id: "heat".into(), by: "Ada".into() });
    let joined = older.joined_with(newer);
    let ids: Vec<&str> = joined.withheld.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["heat", "hydration"]);
    assert_eq!((joined.skipped_by.as_deref(), joined.line), (Some("Theo"), Some(line)));
    assert_eq!(joined.moved_to, Some(civil("2026-01-06T12:00:00")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever staff leave out, in whatever mix with the rules: nothing is offered that was not
    /// offered before, every sign stays, and what they left out is out.
    #[test]
    fn leaving_out_never_adds_and_never_touches_a_sign(
        conditions in proptest::sample::subsequence(catalogue().conditions().iter().map(|one| one.id.to_string()).collect::<Vec<_>>(), 0..4),
        ids in proptest::collection::vec(proptest::sample::select(
            catalogue().advice().iter().map(|item| item.id.to_string())
                .chain(catalogue().stretches().iter().map(|stretch| stretch.id.to_string()))
                .chain(std::iter::once("nothing_of_this_name".to_owned())).collect::<Vec<_>>()), 0..6),
    ) {
        let mut intake = agreed();
        intake["conditions"] = json!(conditions.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>());
        let case = case_of(&london(&json!({})), &json!({ "starts_at": "2026-01-05T10:00:00Z", "regions": ["lower_back", "neck"] }), &intake);
        let plan = for_visit(catalogue(), &Protocol::default(), &case, &tailor(catalogue(), &case), case.visit.ends_at);
        let left_out = StepChange {
            withheld: ids.iter().map(|id| LeftOut { id: id.clone(), by: "Theo".into() }).collect(),
            ..StepChange::default()
        };
        for email in &plan.emails {
            let (before, after) = (&email.content, left_out.applied_to(email.content.clone()));
            prop_assert!(after.advice.iter().all(|id| before.advice.contains(id) && !ids.contains(&id.to_string())));
            prop_assert!(after.stretches.iter().all(|id| before.stretches.contains(id) && !ids.contains(&id.to_string())));
            prop_assert_eq!(&after.warning_signs, &before.warning_signs);
            for one in &before.withheld {
                prop_assert!(after.withheld.iter().any(|still| still.id == one.id && still.because.starts_with(&one.because)));
            }
        }
    }
}
