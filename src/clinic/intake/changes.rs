//! What changed between two intakes of one client, as values. Pages find the words.

use super::super::body::{Pain, Region, Side};
use super::super::catalogue::ConditionId;
use super::own::Own;
use super::{Clearance, Consent, DailyLoad, Intake, Mark, ReportedCondition};

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say before and after")]
pub enum Change {
    /// Said yes now, and did not before: the client was not asked, left it blank or said no.
    Added { id: ConditionId, places: Vec<ReportedCondition>, was_blank: bool },
    /// Said yes before, and not any more.
    Gone { id: ConditionId, places: Vec<ReportedCondition>, now_blank: bool },
    /// The same condition, at another place, side, time or status.
    Moved { id: ConditionId, before: Vec<ReportedCondition>, after: Vec<ReportedCondition> },
    /// Was left blank, and is a no now.
    AnsweredNo { id: ConditionId },
    /// Was a no, and is left blank now.
    LeftBlank { id: ConditionId },
    /// Was confirmed, and is an old yes now that nobody has confirmed.
    NotConfirmed { id: ConditionId },
    /// Pain at the time.
    Pain { before: Option<Pain>, after: Option<Pain> },
    /// A place on the body map: new, gone, or another feeling or score.
    Mark { region: Region, side: Option<Side>, before: Option<Mark>, after: Option<Mark> },
    /// A text in the client's own words.
    Text { which: Words, before: String, after: String },
    /// What the client does all day.
    Load { load: DailyLoad, now: bool },
    /// A doctor's word.
    Clearance { id: ConditionId, before: Option<Clearance>, after: Option<Clearance> },
    /// An answer to one of the clinic's own questions, in the words that were read.
    Own { asked: String, before: String, after: String },
    /// What the client agrees to.
    Consent { purpose: Consent, given: bool },
}

/// The texts of an intake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each text is its own name")]
pub enum Words {
    OtherConditions,
    Medicines,
    Allergies,
    Goals,
}

/// What changed, in the order of the form. Two equal intakes give nothing.
#[must_use]
pub fn changes(before: &Intake, after: &Intake) -> Vec<Change> {
    let mut changes = conditions(before, after);
    changes.extend(clearances(before, after));
    if before.pain_now != after.pain_now {
        changes.push(Change::Pain { before: before.pain_now, after: after.pain_now });
    }
    changes.extend(marks(before, after));
    changes.extend(texts(before, after));
    changes.extend(DailyLoad::ALL.into_iter().filter_map(|load| {
        let now = after.daily_load.contains(&load);
        (now != before.daily_load.contains(&load)).then_some(Change::Load { load, now })
    }));
    changes.extend(own(before, after));
    changes.extend(Consent::ALL.into_iter().filter_map(|purpose| {
        let given = after.consents_to(purpose);
        (given != before.consents_to(purpose)).then_some(Change::Consent { purpose, given })
    }));
    changes
}

/// The answers to forms that were asked both times. What is signed or agreed to is asked anew each time.
fn own(before: &Intake, after: &Intake) -> Vec<Change> {
    let said = |own: &Own, id: &str| {
        let one = own.answers.iter().find(|one| one.id == id);
        one.map_or_else(String::new, |one| one.said.join(", "))
    };
    let pairs = after.own.iter().filter_map(|now| Some((before.own.iter().find(|was| was.form == now.form)?, now)));
    pairs
        .flat_map(|(was, now)| {
            let gone = was.answers.iter().filter(|one| now.answers.iter().all(|other| other.id != one.id));
            let all = now.answers.iter().chain(gone).filter(|one| !one.once);
            all.map(|one| Change::Own {
                asked: one.asked.clone(),
                before: said(was, &one.id),
                after: said(now, &one.id),
            })
            .collect::<Vec<_>>()
        })
        .filter(|change| !matches!(change, Change::Own { before, after, .. } if before == after))
        .collect()
}

fn conditions(before: &Intake, after: &Intake) -> Vec<Change> {
    let mut ids: Vec<&ConditionId> = Vec::new();
    let named = |intake: &'_ Intake| -> Vec<ConditionId> {
        intake.conditions.iter().map(|one| one.id.clone()).chain(intake.unanswered.iter().cloned()).collect()
    };
    let (of_before, of_after) = (named(before), named(after));
    for id in of_after.iter().chain(&of_before) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.into_iter().filter_map(|id| condition(id, before, after)).collect()
}

fn condition(id: &ConditionId, before: &Intake, after: &Intake) -> Option<Change> {
    let places = |intake: &Intake| -> Vec<ReportedCondition> {
        intake.conditions.iter().filter(|one| &one.id == id).cloned().collect()
    };
    let blank = |intake: &Intake| intake.unanswered.contains(id);
    let (was, is) = (places(before), places(after));
    let id = id.clone();
    match (was.is_empty(), is.is_empty()) {
        (true, true) if blank(before) && !blank(after) => Some(Change::AnsweredNo { id }),
        (true, true) if !blank(before) && blank(after) => Some(Change::LeftBlank { id }),
        (true, true) => None,
        (true, false) => Some(Change::Added { places: is, was_blank: blank(before), id }),
        (false, true) => Some(Change::Gone { places: was, now_blank: blank(after), id }),
        (false, false) if !same(&was, &is) => Some(Change::Moved { id, before: was, after: is }),
        (false, false) => (blank(after) && !blank(before)).then_some(Change::NotConfirmed { id }),
    }
}

/// Whether two lists of places are the same, in whatever order.
fn same(left: &[ReportedCondition], right: &[ReportedCondition]) -> bool {
    left.len() == right.len()
        && left.iter().all(|one| right.contains(one))
        && right.iter().all(|one| left.contains(one))
}

fn clearances(before: &Intake, after: &Intake) -> Vec<Change> {
    let latest = |intake: &Intake, id: &ConditionId| -> Option<Clearance> {
        intake.clearance.iter().filter(|one| &one.condition == id).max_by_key(|one| one.on).cloned()
    };
    let mut ids: Vec<&ConditionId> =
        after.clearance.iter().chain(&before.clearance).map(|one| &one.condition).collect();
    let mut seen: Vec<&ConditionId> = Vec::new();
    ids.retain(|id| {
        let new = !seen.contains(id);
        seen.push(id);
        new
    });
    ids.into_iter()
        .filter_map(|id| {
            let (was, is) = (latest(before, id), latest(after, id));
            (was != is).then(|| Change::Clearance { id: id.clone(), before: was, after: is })
        })
        .collect()
}

fn marks(before: &Intake, after: &Intake) -> Vec<Change> {
    let (was, is) = (one_sided(before), one_sided(after));
    let find = |marks: &[Mark], place: (Region, Option<Side>)| -> Option<Mark> {
        marks.iter().find(|mark| (mark.region, mark.side) == place).cloned()
    };
    let mut places: Vec<(Region, Option<Side>)> = was.iter().chain(&is).map(|mark| (mark.region, mark.side)).collect();
    places.sort_unstable();
    places.dedup();
    places
        .into_iter()
        .filter_map(|(region, side)| {
            let (before, after) = (find(&was, (region, side)), find(&is, (region, side)));
            (before != after).then_some(Change::Mark { region, side, before, after })
        })
        .collect()
}

/// "Both sides" is a mark on each, as the form shows it.
fn one_sided(intake: &Intake) -> Vec<Mark> {
    let each = |mark: &Mark| -> Vec<Mark> {
        match mark.side {
            Some(Side::Both) => [Side::Left, Side::Right].map(|side| Mark { side: Some(side), ..mark.clone() }).into(),
            _ => vec![mark.clone()],
        }
    };
    intake.marks.iter().flat_map(each).collect()
}

fn texts(before: &Intake, after: &Intake) -> Vec<Change> {
    [
        (Words::OtherConditions, &before.other_conditions, &after.other_conditions),
        (Words::Medicines, &before.medicines, &after.medicines),
        (Words::Allergies, &before.allergies, &after.allergies),
        (Words::Goals, &before.goals, &after.goals),
    ]
    .into_iter()
    .filter(|(_, before, after)| before.trim() != after.trim())
    .map(|(which, before, after)| Change::Text { which, before: before.clone(), after: after.clone() })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::body::Sensation;
    use super::super::Status;
    use super::*;

    fn yes(id: &str, side: Option<Side>) -> ReportedCondition {
        ReportedCondition {
            id: id.into(),
            region: Some(Region::Calf),
            side,
            since: None,
            status: Some(Status::Current),
        }
    }

    fn mark(side: Option<Side>, score: i64) -> Mark {
        let intensity = Some(Pain::try_from(score).expect("a score"));
        Mark { region: Region::Hip, side, sensation: Some(Sensation::Ache), intensity }
    }

    fn of(conditions: Vec<ReportedCondition>, blank: &[&str]) -> Intake {
        Intake { conditions, unanswered: blank.iter().map(|id| (*id).into()).collect(), ..Intake::default() }
    }

    #[test]
    fn conditions_come_go_move_and_are_answered() {
        let left = || yes("varicose_veins", Some(Side::Left));
        let before = of(vec![left(), yes("sciatica", None)], &["diabetes", "asthma"]);
        let after = of(
            vec![yes("varicose_veins", Some(Side::Right)), yes("diabetes", None), yes("osteoarthritis", None)],
            &["epilepsy"],
        );
        assert_eq!(
            changes(&before, &after),
            [
                Change::Moved {
                    id: "varicose_veins".into(),
                    before: vec![left()],
                    after: vec![yes("varicose_veins", Some(Side::Right))]
                },
                Change::Added { id: "diabetes".into(), places: vec![yes("diabetes", None)], was_blank: true },
                Change::Added {
                    id: "osteoarthritis".into(),
                    places: vec![yes("osteoarthritis", None)],
                    was_blank: false
                },
                Change::LeftBlank { id: "epilepsy".into() },
                Change::Gone { id: "sciatica".into(), places: vec![yes("sciatica", None)], now_blank: false },
                Change::AnsweredNo { id: "asthma".into() },
            ]
        );
    }

    #[test]
    fn an_old_yes_that_nobody_confirmed_is_told() {
        let before = of(vec![yes("sciatica", None)], &[]);
        let after = of(vec![yes("sciatica", None)], &["sciatica"]);
        assert_eq!(changes(&before, &after), [Change::NotConfirmed { id: "sciatica".into() }]);
        assert!(changes(&after, &before).is_empty(), "confirming again is no change in what is known");
    }

    #[test]
    fn order_and_both_sides_are_no_change() {
        let before = Intake {
            conditions: vec![yes("sciatica", Some(Side::Left)), yes("sciatica", Some(Side::Right))],
            marks: vec![mark(Some(Side::Both), 4)],
            goals: "sleep".into(),
            ..Intake::default()
        };
        let after = Intake {
            conditions: before.conditions.iter().rev().cloned().collect(),
            marks: vec![mark(Some(Side::Right), 4), mark(Some(Side::Left), 4)],
            goals: " sleep\n".into(),
            ..Intake::default()
        };
        assert!(changes(&before, &after).is_empty());
        assert!(changes(&before, &before).is_empty());
    }

    #[test]
    fn pain_marks_texts_loads_words_of_doctors_and_consents_are_compared() {
        let before = Intake {
            pain_now: Pain::try_from(4).ok(),
            marks: vec![mark(Some(Side::Left), 4), mark(None, 1)],
            medicines: "ibuprofen".into(),
            daily_load: vec![DailyLoad::DeskWork],
            consents: vec![Consent::HealthData, Consent::Marketing],
            ..Intake::default()
        };
        let word = |by: &str, on| Clearance { condition: "heart_failure".into(), by: by.into(), on: Some(on) };
        let after = Intake {
            pain_now: None,
            marks: vec![mark(Some(Side::Left), 6), mark(Some(Side::Right), 2)],
            daily_load: vec![DailyLoad::Sport],
            clearance: vec![
                word("Dr Shah", jiff::civil::date(2025, 1, 1)),
                word("Dr Adisa", jiff::civil::date(2026, 1, 1)),
            ],
            consents: vec![Consent::HealthData, Consent::AftercareEmail],
            ..Intake::default()
        };
        let side = |side, before, after| Change::Mark { region: Region::Hip, side, before, after };
        assert_eq!(
            changes(&before, &after),
            [
                Change::Clearance {
                    id: "heart_failure".into(),
                    before: None,
                    after: Some(word("Dr Adisa", jiff::civil::date(2026, 1, 1)))
                },
                Change::Pain { before: before.pain_now, after: None },
                side(None, Some(mark(None, 1)), None),
                side(Some(Side::Left), Some(mark(Some(Side::Left), 4)), Some(mark(Some(Side::Left), 6))),
                side(Some(Side::Right), None, Some(mark(Some(Side::Right), 2))),
                Change::Text { which: Words::Medicines, before: "ibuprofen".into(), after: String::new() },
                Change::Load { load: DailyLoad::DeskWork, now: false },
                Change::Load { load: DailyLoad::Sport, now: true },
                Change::Consent { purpose: Consent::AftercareEmail, given: true },
                Change::Consent { purpose: Consent::Marketing, given: false },
            ]
        );
    }
}
