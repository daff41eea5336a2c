//! Plans reckoned anew, and what stays as it is.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::super::case::Case;
use super::super::super::protocol::Protocol;
use super::super::super::tailoring::tailor;
use super::super::change::{Changes, StepChange, changed};
use super::super::tests::{agreed, case_of, catalogue, london};
use super::super::{LetterId, for_visit};
use super::*;

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn case(visit: &Value, conditions: &[&str]) -> Case {
    let mut file = json!({ "starts_at": "2026-01-05T10:00:00Z", "regions": ["lower_back"] });
    for (key, value) in visit.as_object().into_iter().flatten() {
        file[key] = value.clone();
    }
    let mut intake = agreed();
    intake["conditions"] = json!(conditions.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>());
    case_of(&london(&json!({})), &file, &intake)
}

fn plan(case: &Case, from: Timestamp) -> Plan {
    for_visit(catalogue(), &Protocol::default(), case, &tailor(catalogue(), case), from)
}

/// The plan of Monday's visit as its rows, all in this state.
fn rows(case: &Case, state: State) -> Vec<Owed> {
    let row = |email: &PlannedEmail| Owed {
        step: email.step,
        state,
        due_at: email.due.timestamp(),
        not_after: email.not_after,
        letter: email.letter,
        reason: None,
    };
    plan(case, case.visit.ends_at).emails.iter().map(row).collect()
}

fn revised(rows: &[Owed], case: &Case, now: &str) -> Vec<Revision> {
    let now = instant(now);
    revise(rows, &plan(case, case.visit.ends_at), &plan(case, now), now)
}

/// "day_1 call off", in the order of the steps.
fn told(revisions: &[Revision]) -> Vec<String> {
    let one = |revision: &Revision| match revision {
        Revision::Change(email) => format!("{} change {} {}", email.step, email.letter.id(), email.due.timestamp()),
        Revision::Return(email) => format!("{} return {}", email.step, email.due.timestamp()),
        Revision::Owe(email) => format!("{} owe {}", email.step, email.due.timestamp()),
        Revision::CallOff(not_sent) => format!("{} call off", not_sent.step),
    };
    revisions.iter().map(one).collect()
}

const NOON: &str = "2026-01-05T12:00:00Z";

#[test]
fn nothing_new_changes_nothing() {
    let case = case(&json!({}), &[]);
    for state in State::ALL {
        assert_eq!(told(&revised(&rows(&case, state), &case, NOON)), [""; 0], "{state:?}");
    }
}

#[test]
fn a_contraindication_leaves_the_emergency_letter_and_calls_the_others_off() {
    let before = rows(&case(&json!({}), &[]), State::Scheduled);
    let after = case(&json!({}), &["dvt_current"]);
    let expected =
        ["same_day change emergency_only 2026-01-05T14:00:00Z", "day_1 call off", "day_3 call off", "day_7 call off"];
    assert_eq!(told(&revised(&before, &after, NOON)), expected);
    let mut sent = before;
    sent[0].state = State::Sent;
    assert_eq!(
        told(&revised(&sent, &after, "2026-01-05T15:00:00Z")),
        expected[1..],
        "what was sent is never sent again"
    );
}

#[test]
fn a_corrected_answer_brings_back_what_an_answer_took_but_nothing_whose_time_is_over() {
    let mut before = rows(&case(&json!({}), &[]), State::Cancelled);
    for row in &mut before {
        row.reason = Some(CALLED_OFF[0].into());
    }
    let after = case(&json!({}), &[]);
    // Tuesday 15:00: the same day is over, and day 1 (Tuesday 11:00) is late but still of use.
    assert_eq!(
        told(&revised(&before, &after, "2026-01-06T15:00:00Z")),
        ["day_1 return 2026-01-06T15:00:00Z", "day_3 return 2026-01-08T09:00:00Z", "day_7 return 2026-01-12T09:00:00Z"]
    );
    before[1].reason = Some("called off by the desk".into());
    before[2].reason = None;
    assert_eq!(told(&revised(&before, &after, "2026-01-06T15:00:00Z")), ["day_7 return 2026-01-12T09:00:00Z"]);
}

#[test]
fn a_next_visit_takes_what_would_come_after_it_and_gives_it_back_when_it_moves_away() {
    let before = rows(&case(&json!({}), &[]), State::Scheduled);
    let booked = case(&json!({ "next_visit_at": "2026-01-08T15:00:00Z" }), &[]);
    assert_eq!(told(&revised(&before, &booked, NOON)), ["day_3 call off", "day_7 call off"]);
    let only: Vec<Owed> = before[..2].to_vec();
    assert_eq!(
        told(&revised(&only, &case(&json!({}), &[]), NOON)),
        ["day_3 owe 2026-01-08T09:00:00Z", "day_7 owe 2026-01-12T09:00:00Z"]
    );
}

#[test]
fn a_later_end_moves_what_waits_and_a_held_one_is_moved_too() {
    let mut before = rows(&case(&json!({}), &[]), State::Scheduled);
    before[1].state = State::Held;
    let after = case(&json!({ "ends_at": "2026-01-05T12:30:00Z" }), &[]);
    assert_eq!(
        told(&revised(&before, &after, NOON)),
        ["same_day change same_day 2026-01-05T15:30:00Z", "day_1 change day_1 2026-01-06T12:30:00Z"]
    );
}

#[test]
fn an_email_that_is_due_keeps_its_time_while_it_waits() {
    let mut before = rows(&case(&json!({}), &[]), State::Held);
    before[0].due_at = instant("2026-01-05T14:00:00Z");
    let after = case(&json!({ "ends_at": "2026-01-05T10:50:00Z" }), &[]);
    let revisions = revised(&before, &after, "2026-01-05T16:00:00Z");
    assert!(revisions.iter().all(|one| one.step() != Step::SameDay), "{:?}", told(&revisions));
}

#[test]
fn what_was_skipped_or_moved_by_hand_stays_so() {
    let before = rows(&case(&json!({}), &[]), State::Scheduled);
    let case = case(&json!({ "ends_at": "2026-01-05T12:30:00Z" }), &[]);
    let changes = Changes::from([
        (Step::DayOne, StepChange { skipped_by: Some("Theo".into()), ..StepChange::default() }),
        (
            Step::DayThree,
            StepChange { moved_to: Some("2026-01-08T18:00:00".parse().expect("a time")), ..StepChange::default() },
        ),
    ]);
    let now = instant(NOON);
    let reckon = |from| changed(plan(&case, from), &changes, &case);
    assert_eq!(
        told(&revise(&before, &reckon(case.visit.ends_at), &reckon(now), now)),
        ["same_day change same_day 2026-01-05T15:30:00Z", "day_1 call off", "day_3 change day_3 2026-01-08T18:00:00Z"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    /// Whatever the answers, states and times: a step has one row at most, what left is left alone,
    /// a changed or owed email is one the new plan has, and nothing routine outlives an emergency.
    #[test]
    fn revising_follows_the_new_plan_and_leaves_alone_what_left(
        conditions in proptest::sample::subsequence(catalogue().conditions().iter().map(|one| one.id.to_string()).collect::<Vec<_>>(), 0..3),
        states in proptest::collection::vec(proptest::option::of(proptest::sample::select(State::ALL.to_vec())), 4),
        hours in 0i64..240, next in proptest::option::of(1i64..12), reason in proptest::option::of(proptest::sample::select(CALLED_OFF.to_vec())),
    ) {
        let old = case(&json!({}), &[]);
        let before: Vec<Owed> = rows(&old, State::Scheduled).into_iter().zip(&states).filter_map(|(row, state)| {
            let reason = reason.map(str::to_owned);
            state.map(|state| Owed { state, reason, ..row })
        }).collect();
        let ids: Vec<&str> = conditions.iter().map(String::as_str).collect();
        let mut visit = json!({});
        if let Some(days) = next {
            visit["next_visit_at"] = json!(format!("2026-01-{:02}T10:00:00Z", 5 + days));
        }
        let new = case(&visit, &ids);
        let now = old.visit.ends_at.saturating_add(jiff::SignedDuration::from_hours(hours)).expect("in range");
        let (wanted, late) = (plan(&new, new.visit.ends_at), plan(&new, now));
        let revisions = revise(&before, &wanted, &late, now);
        let mut steps: Vec<Step> = revisions.iter().map(Revision::step).collect();
        steps.dedup();
        prop_assert_eq!(steps.len(), revisions.len());
        let mut after = before.clone();
        for revision in &revisions {
            let row = before.iter().find(|row| row.step == revision.step());
            match revision {
                Revision::Owe(email) => {
                    prop_assert!(row.is_none() && email.due.timestamp() >= now);
                    after.push(Owed { step: email.step, state: State::Scheduled, due_at: email.due.timestamp(), not_after: email.not_after, letter: email.letter, reason: None });
                }
                Revision::Return(email) => {
                    prop_assert!(row.is_some_and(Owed::may_return) && email.due.timestamp() >= now);
                    for row in after.iter_mut().filter(|row| row.step == email.step) {
                        *row = Owed { state: State::Scheduled, due_at: email.due.timestamp(), not_after: email.not_after, letter: email.letter, ..row.clone() };
                    }
                }
                Revision::Change(email) => {
                    prop_assert!(row.is_some_and(Owed::waits));
                    prop_assert!(wanted.email(email.step).is_some() || late.email(email.step).is_some());
                    for row in after.iter_mut().filter(|row| row.step == email.step) {
                        *row = Owed { due_at: email.due.timestamp(), not_after: email.not_after, letter: email.letter, ..row.clone() };
                    }
                }
                Revision::CallOff(not_sent) => {
                    prop_assert!(row.is_some_and(Owed::waits));
                    for row in after.iter_mut().filter(|row| row.step == not_sent.step) {
                        *row = Owed { state: State::Cancelled, reason: Some(CALLED_OFF[0].into()), ..row.clone() };
                    }
                }
            }
        }
        for row in after.iter().filter(|row| row.waits()) {
            let letter = wanted.email(row.step).or(late.email(row.step)).map(|email| email.letter);
            prop_assert_eq!(letter, Some(row.letter), "{} waits as another letter than the plan's", row.step);
            prop_assert!(row.letter != LetterId::EmergencyOnly || row.step == Step::SameDay);
        }
        // Once more changes nothing.
        prop_assert_eq!(revise(&after, &wanted, &late, now).len(), 0);
    }
}
