//! Whatever a clinic's protocol is: what it plans for anybody keeps the promises of the house.

use std::collections::BTreeSet;

use jiff::civil::{Time, Weekday};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::super::brief::Aftercare;
use super::super::case::Case;
use super::super::catalogue::{Catalogue, Tier};
use super::super::intake::Consent;
use super::super::letter::When;
use super::super::letter::sample::one_of_each;
use super::super::outbox::Uncertainty;
use super::super::plan::{LetterId, Plan, for_visit, preparation};
use super::super::profile::{ClinicProfile, SendWindow, Zone};
use super::super::tailoring::tailor;
use super::*;

fn catalogue() -> &'static Catalogue {
    static SHIPPED: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
    SHIPPED.get_or_init(|| Catalogue::shipped().expect("the shipped catalogue"))
}

/// One client of everything the catalogue knows.
fn everybody() -> &'static [(String, Case)] {
    static ALL: std::sync::OnceLock<Vec<(String, Case)>> = std::sync::OnceLock::new();
    ALL.get_or_init(|| one_of_each(catalogue()))
}

fn time() -> impl Strategy<Value = Time> {
    (0i8..24, 0i8..60).prop_map(|(hour, minute)| Time::constant(hour, minute, 0, 0))
}

fn timing() -> impl Strategy<Value = Timing> {
    let cron = proptest::sample::select(vec![
        "0 9 * * MON",
        "30 17 * * 2,4",
        "0 8 * * *",
        "0 10 1 * *",
        "0 9 29 2 *",
        "nonsense",
    ]);
    prop_oneof![
        (1u32..72).prop_map(|after| Timing::Hours { after }),
        (1u32..28, proptest::option::of(time())).prop_map(|(after, at)| Timing::Days { after, at }),
        (1u32..7, time()).prop_map(|(days, at)| Timing::Before { days, at }),
        (cron, 1u8..8).prop_map(|(cron, times)| Timing::Repeats { cron: cron.into(), times }),
    ]
}

fn who() -> impl Strategy<Value = When> {
    let techniques = proptest::sample::subsequence(vec!["swedish", "sports", "chair"], 0..2);
    (techniques, proptest::option::of(any::<bool>())).prop_map(|(techniques, first_visit)| When {
        techniques: techniques.into_iter().map(Into::into).collect(),
        first_visit,
        ..When::default()
    })
}

fn rule(step: Step) -> impl Strategy<Value = StepRule> {
    let letter = proptest::sample::select(LetterId::ALL.to_vec());
    let hours = proptest::option::of((time(), time()).prop_map(|(from, to)| Hours { from, to }));
    (timing(), letter, 0u32..169, any::<bool>(), hours, who(), any::<bool>()).prop_map(
        move |(when, letter, useful_hours, check_in, hours, who, hold)| StepRule {
            step,
            letter,
            when,
            useful_hours,
            check_in,
            hours,
            who,
            on_uncertain: if hold { Uncertainty::Hold } else { Uncertainty::Resend },
        },
    )
}

/// A protocol of any steps that keeps what none may change: the gate's least.
fn protocol() -> impl Strategy<Value = Protocol> {
    let steps: Vec<Step> = Step::ALL.into_iter().skip(1).chain(Step::own().take(3)).collect();
    let rules = proptest::sample::subsequence(steps, 0..7)
        .prop_flat_map(|steps| steps.into_iter().map(|step| rule(step).boxed()).collect::<Vec<_>>());
    (rules, 1u32..24).prop_map(|(rules, after)| {
        let first = StepRule { when: Timing::Hours { after }, ..StepRule::shipped(Step::SameDay) };
        let mut steps = vec![first];
        steps.extend(rules.into_iter().map(|mut rule| {
            if rule.step == Step::Prepare {
                rule.letter = LetterId::Prepare;
                rule.when = Timing::Before { days: 2, at: Time::constant(7, 0, 0, 0) };
            } else {
                if matches!(rule.letter, LetterId::Prepare | LetterId::EmergencyOnly) {
                    rule.letter = LetterId::DayThree;
                }
                if rule.is_before() {
                    rule.when = Timing::Days { after: 4, at: None };
                }
            }
            rule
        }));
        Protocol { version: 2, steps }
    })
}

fn planned(protocol: &Protocol, case: &Case, started: Timestamp) -> Plan {
    let brief = tailor(catalogue(), case);
    let mut plan = for_visit(catalogue(), protocol, case, &brief, started);
    if let Some(next) = case.visit.next_visit_at {
        match preparation(catalogue(), protocol, case, &brief, (next, case.visit.ends_at)) {
            Ok(email) => plan.emails.push(email),
            Err(not_sent) => plan.not_sent.push(not_sent),
        }
    }
    plan
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_protocol_leaves_out_a_sign_or_writes_to_who_has_not_agreed(
        protocol in protocol(), person in any::<proptest::sample::Index>(), day in 0i64..3000, minute in 0i64..1440, late in 0i64..300,
        zone in proptest::sample::select(vec!["Europe/London", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia"]),
        consents in proptest::sample::subsequence(vec![Consent::AftercareEmail, Consent::CheckInEmail], 0..=2),
        next in proptest::option::of(1i64..40), first in any::<bool>(),
    ) {
        prop_assert!(protocol.is_safe());
        let mut case = everybody()[person.index(everybody().len())].1.clone();
        let window = SendWindow::new(Time::constant(8, 0, 0, 0), Time::constant(20, 0, 0, 0), &[Weekday::Monday, Weekday::Thursday, Weekday::Saturday]);
        case.clinic = ClinicProfile {
            zone: Zone::named(zone).expect("a zone"),
            send_window: window.expect("a window"),
            ..ClinicProfile::default()
        };
        let hours = |hours| SignedDuration::from_hours(hours);
        case.visit.starts_at = Timestamp::from_second(1_767_225_600 + day * 86_400 + minute * 60).expect("in range");
        case.visit.ends_at = case.visit.starts_at + hours(1);
        case.visit.next_visit_at = next.map(|days| case.visit.ends_at + hours(24 * days));
        case.client.email = "somebody@example.org".parse().ok();
        case.intake.consents.clone_from(&consents);
        case.is_first_visit = first;
        let brief = tailor(catalogue(), &case);
        let plan = planned(&protocol, &case, case.visit.ends_at + hours((late - 150).max(0)));

        if !consents.contains(&Consent::AftercareEmail) {
            prop_assert!(plan.emails.is_empty());
        }
        let mut steps = BTreeSet::new();
        let mut last: Option<Timestamp> = None;
        for email in &plan.emails {
            prop_assert!(steps.insert(email.step), "{} twice", email.step);
            let urgent = |tier: Tier| matches!(tier, Tier::Emergency | Tier::SameDay);
            let routine = brief.aftercare == Aftercare::Routine;
            let whole = brief.warning_signs.iter().filter(|sign| routine || urgent(sign.tier));
            prop_assert!(email.content.warning_signs.iter().eq(whole), "{} lacks a sign", email.step);
            prop_assert_eq!(email.letter == LetterId::EmergencyOnly, !routine);
            prop_assert!(routine || (email.step == Step::SameDay && email.content.advice.is_empty()));
            prop_assert!(!email.content.check_in || (consents.contains(&Consent::CheckInEmail) && email.letter.home().asks_for_check_in()));
            prop_assert!(case.clinic.send_window.is_open(&case.clinic.zone, &email.due), "{} {}", email.step, email.due);
            prop_assert!(email.due.timestamp() <= email.not_after);
            if email.step == Step::Prepare {
                continue;
            }
            prop_assert!(email.due.timestamp() > case.visit.ends_at);
            if let Some(last) = last {
                prop_assert!(email.due.timestamp().duration_since(last) >= hours(6), "{}", email.step);
            }
            last = Some(email.due.timestamp());
        }
        // Each step is told of: it goes, or there is a reason.
        let told: BTreeSet<Step> = plan.not_sent.iter().map(|one| one.step).chain(steps).map(Step::base).collect();
        for rule in protocol.after() {
            prop_assert!(told.contains(&rule.step), "{}", rule.step);
        }
        prop_assert!(plan.not_sent.iter().all(|one| !one.reason.is_empty()));
    }

    /// What is kept is read again as it was.
    #[test]
    fn a_protocol_is_kept_as_it_is(protocol in protocol()) {
        let text = serde_json::to_string(&protocol).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Protocol>(&text).expect("a protocol"), protocol);
    }
}

#[test]
fn what_is_not_a_safe_protocol_is_told_from_one_that_is() {
    assert!(Protocol::default().is_safe());
    let with = |step: Step, change: &dyn Fn(&mut StepRule)| {
        let mut protocol = Protocol::default();
        protocol.steps.iter_mut().filter(|rule| rule.step == step).for_each(change);
        protocol.is_safe()
    };
    assert!(!with(Step::SameDay, &|rule| rule.who.first_visit = Some(true)));
    assert!(!with(Step::SameDay, &|rule| rule.when = Timing::Days { after: 1, at: None }));
    assert!(!with(Step::SameDay, &|rule| rule.useful_hours = 0));
    assert!(!with(Step::DayOne, &|rule| rule.letter = LetterId::EmergencyOnly));
    assert!(!with(Step::DayOne, &|rule| rule.letter = LetterId::Prepare));
    assert!(!with(Step::Prepare, &|rule| rule.when = Timing::Days { after: 1, at: None }));
    assert!(with(Step::DayOne, &|rule| rule.when = Timing::Days { after: 2, at: None }));
    let without = Protocol { version: 2, steps: Protocol::default().steps.into_iter().skip(1).collect() };
    assert!(!without.is_safe());
}
