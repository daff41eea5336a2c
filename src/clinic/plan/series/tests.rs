//! Days with more than one visit.

use std::collections::BTreeSet;

use jiff::ToSpan;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::super::case::{BookedPressure, LastReaction};
use super::super::super::catalogue::{AdviceId, StretchId};
use super::super::super::protocol::Step;
use super::super::super::tailoring::tailor;
use super::super::tests::{case_of, catalogue};
use super::super::{LetterId, Says, content};
use super::*;

fn visit(number: u128, starts: &str, technique: &str, regions: &[Region], completed: bool) -> DayVisit {
    let starts_at: Timestamp = starts.parse().expect("an instant");
    DayVisit {
        id: VisitId::from_uuid(Uuid::from_u128(number)),
        starts_at,
        ends_at: starts_at.saturating_add(60.minutes()).expect("in range"),
        completed,
        treatment: Treatment {
            technique: technique.into(),
            pressure: BookedPressure::Moderate,
            regions: regions.to_vec(),
            last_reaction: LastReaction::None,
        },
    }
}

fn berlin() -> Zone {
    Zone::named("Europe/Berlin").expect("a zone")
}

fn numbers(series: &Series) -> Vec<u128> {
    series.ids().map(|id| id.as_uuid().as_u128()).collect()
}

#[test]
fn visits_of_one_local_date_are_one_series_in_the_order_they_end() {
    let morning = visit(1, "2026-01-05T08:00:00Z", "swedish", &[], false);
    let noon = visit(2, "2026-01-05T11:00:00Z", "swedish", &[], false);
    // 23:30 in London, and half past midnight of the next day in Berlin.
    let night = visit(3, "2026-01-05T23:30:00Z", "swedish", &[], false);
    let series = Series::of(&berlin(), noon.clone(), vec![night.clone(), morning.clone(), noon.clone()], None);
    assert_eq!(numbers(&series), [1, 2]);
    assert_eq!((series.first().id, series.last().id), (morning.id, noon.id));
    assert!(series.is_joined() && !Series::of(&berlin(), night, vec![noon], None).is_joined());
}

#[test]
fn the_plan_hangs_on_the_last_visit_that_was_completed() {
    let page = |completed: [bool; 3]| {
        let all = ["08", "11", "14"].into_iter().zip(1..).zip(completed);
        let mut all: Vec<DayVisit> = all
            .map(|((hour, number), completed)| {
                visit(number, &format!("2026-01-05T{hour}:00:00Z"), "swedish", &[], completed)
            })
            .collect();
        let one = all.remove(0);
        let series = Series::of(&berlin(), one, all, None);
        (series.holder().map(|visit| visit.id.as_uuid().as_u128()), series.page().id.as_uuid().as_u128())
    };
    assert_eq!(page([false, false, false]), (None, 3));
    assert_eq!(page([true, false, false]), (Some(1), 1));
    assert_eq!(page([true, false, true]), (Some(3), 3));
    assert_eq!(page([true, true, false]), (Some(2), 2));
}

#[test]
fn a_joined_visit_has_everything_that_was_treated_and_the_most_demanding_of_the_rest() {
    let mut first = visit(1, "2026-01-05T08:00:00Z", "deep_tissue", &[Region::LowerBack], true);
    first.treatment.last_reaction = LastReaction::TooStrong;
    let mut second = visit(2, "2026-01-05T14:00:00Z", "swedish", &[Region::Calf, Region::Neck], false);
    second.treatment.pressure = BookedPressure::Firm;
    let next: Timestamp = "2026-01-09T08:00:00Z".parse().expect("an instant");
    let case = case_of(&json!({}), &json!({ "starts_at": "2026-01-05T08:00:00Z" }), &json!({}));
    let joined = Series::of(&berlin(), first.clone(), vec![second.clone()], Some(next)).join(catalogue(), &case).visit;
    assert_eq!((joined.starts_at, joined.ends_at, joined.next_visit_at), (first.starts_at, second.ends_at, Some(next)));
    assert_eq!(joined.treatment.regions, [Region::Neck, Region::LowerBack, Region::Calf]);
    assert_eq!(joined.treatment.technique.as_str(), "deep_tissue");
    assert_eq!(joined.treatment.pressure, BookedPressure::Firm);
    assert_eq!(joined.treatment.last_reaction, LastReaction::TooStrong);
}

fn regions() -> impl Strategy<Value = Vec<Region>> {
    proptest::sample::subsequence(Region::ALL.to_vec(), 0..4)
}

fn technique() -> impl Strategy<Value = String> {
    let ids: Vec<String> = catalogue().techniques().iter().map(|technique| technique.id.to_string()).collect();
    proptest::sample::select(ids)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Over the whole catalogue: whatever one of two visits rules out stays out, and whatever one
    /// of them warns of is in.
    #[test]
    fn a_joined_series_never_offers_what_either_withholds_and_has_every_sign_of_both(
        conditions in proptest::sample::subsequence(catalogue().conditions().iter().map(|one| one.id.to_string()).collect::<Vec<_>>(), 0..5),
        blank in proptest::sample::subsequence(catalogue().conditions().iter().map(|one| one.id.to_string()).collect::<Vec<_>>(), 0..3),
        text in any::<bool>(), desk in any::<bool>(), born in proptest::option::of(1990i32..2012),
        one in regions(), other in regions(), first in technique(), second in technique(),
    ) {
        let blank: Vec<&String> = blank.iter().filter(|id| !conditions.contains(id)).collect();
        let intake = json!({
            "conditions": conditions.iter().map(|id| json!({ "id": id })).collect::<Vec<Value>>(),
            "unanswered": blank,
            "other_conditions": if text { "Something else" } else { "" },
            "daily_load": if desk { vec!["desk_work"] } else { vec![] },
            "consents": ["aftercare_email"],
        });
        let mut alone = case_of(&json!({}), &json!({ "starts_at": "2026-01-05T08:00:00Z" }), &intake);
        alone.client.born = born.map(|year| jiff::civil::date(i16::try_from(year).expect("small"), 1, 5));
        let day = [
            visit(1, "2026-01-05T08:00:00Z", &first, &one, true),
            visit(2, "2026-01-05T14:00:00Z", &second, &other, true),
        ];
        let series = Series::of(&Zone::utc(), day[0].clone(), vec![day[1].clone()], None);
        let joined = series.join(catalogue(), &alone);
        let brief = tailor(catalogue(), &joined);
        for visit in &day {
            let mut case = alone.clone();
            (case.visit.starts_at, case.visit.ends_at) = (visit.starts_at, visit.ends_at);
            case.visit.treatment = visit.treatment.clone();
            let own = tailor(catalogue(), &case);
            prop_assert!(brief.level >= own.level && brief.aftercare == own.aftercare);
            for sign in &own.warning_signs {
                prop_assert!(brief.warning_signs.contains(sign), "{:?}", sign.id);
            }
            for step in Step::AFTER {
                let says = Says::of(LetterId::of_step(step));
                let (together, apart) = (content(catalogue(), &joined, &brief, says), content(catalogue(), &case, &own, says));
                let offered: BTreeSet<&str> =
                    together.advice.iter().map(AdviceId::as_str).chain(together.stretches.iter().map(StretchId::as_str)).collect();
                for withheld in &apart.withheld {
                    prop_assert!(!offered.contains(withheld.id.as_str()), "{step} offers {}", withheld.id);
                }
                for withheld in &own.advice.stretches.withheld {
                    prop_assert!(!offered.contains(withheld.id.as_str()), "{step} offers {}", withheld.id);
                }
                for sign in &apart.warning_signs {
                    prop_assert!(together.warning_signs.contains(sign), "{step} lacks {:?}", sign.id);
                }
            }
        }
    }
}
