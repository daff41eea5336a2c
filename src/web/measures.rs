//! What a client tells a week after a visit: what is hard for them and how well it goes (the patient-specific
//! functional scale, after Stratford 1995), and the change all in all (global rating of change). A table, a
//! line a visit, beside the curve of pain.

use super::{Here, say};
use crate::clinic::checkin::{Activity, Answers, Change};
use crate::clinic::wording::Words;
use crate::store::check_in::CheckIn;

/// One answer after a week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    /// The day it was given.
    pub day: String,
    /// "A little better (+2)", or that it was not said.
    pub change: String,
    /// "Lifting: 4 of 10", each with how it went the last time it was named.
    pub activities: Vec<String>,
    /// The mean of its activities, with one digit; empty without any.
    pub mean: String,
}

/// The answers after a week, newest first. Of each check-in the last answer that tells something counts.
#[must_use]
pub(in crate::web) fn weeks(check_ins: &[CheckIn], here: &Here) -> Vec<Week> {
    let mut told: Vec<(jiff::Timestamp, Option<Change>, Vec<Activity>)> = check_ins.iter().filter_map(of).collect();
    told.sort_by_key(|(at, ..)| *at);
    let line = |(number, (at, change, activities)): (usize, &(jiff::Timestamp, Option<Change>, Vec<Activity>))| {
        let before = |activity: &Activity| {
            let earlier = told.iter().take(number).rev().flat_map(|(_, _, activities)| activities);
            earlier.into_iter().find(|one| same(&one.name, &activity.name)).map(|one| one.score.score())
        };
        Week {
            day: say::full_day(at.to_zoned(here.now.time_zone().clone()).date()),
            change: change.map_or_else(|| "Not said".into(), in_words),
            activities: activities.iter().map(|activity| goes(activity, before(activity))).collect(),
            mean: mean(activities),
        }
    };
    told.iter().enumerate().map(line).rev().collect()
}

/// What one check-in tells, if it tells any of it.
fn of(check_in: &CheckIn) -> Option<(jiff::Timestamp, Option<Change>, Vec<Activity>)> {
    let tells = |answers: &Answers| answers.change.is_some() || !answers.activities.is_empty();
    let last = check_in.record.submissions.iter().rev().find(|one| tells(&one.answers))?;
    Some((last.at, last.answers.change, last.answers.activities.clone()))
}

/// The change in words, with its number.
#[must_use]
pub(in crate::web) fn in_words(change: Change) -> String {
    let place = usize::try_from(change.score() + 5).unwrap_or_default();
    let said = Words::for_locale(None, "en").checkin.changes.get(place).cloned().unwrap_or_default();
    format!("{said} ({:+} of 5)", change.score())
}

fn goes(activity: &Activity, before: Option<u8>) -> String {
    let before = before.map(|score| format!(", {score} before")).unwrap_or_default();
    format!("{}: {} of 10{before}", activity.name, activity.score.score())
}

/// Whether two names mean one thing, as far as a program can tell.
fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

fn mean(activities: &[Activity]) -> String {
    if activities.is_empty() {
        return String::new();
    }
    let sum: u32 = activities.iter().map(|activity| u32::from(activity.score.score())).sum();
    let count = u32::try_from(activities.len()).unwrap_or(u32::MAX);
    // Tenths, rounded half up.
    let tenths = (sum * 20 + count) / (count * 2);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinic::body::Pain;

    fn activity(score: i64) -> Activity {
        Activity { name: "Lifting".into(), score: Pain::try_from(score).expect("a score") }
    }

    #[test]
    fn a_mean_has_one_digit_and_of_nothing_there_is_none() {
        let of = |scores: &[i64]| mean(&scores.iter().map(|score| activity(*score)).collect::<Vec<_>>());
        assert_eq!((of(&[]), of(&[4]), of(&[4, 5])), (String::new(), "4.0".into(), "4.5".into()));
        assert_eq!((of(&[1, 1, 0]), of(&[10, 10, 10]), of(&[5, 5, 7])), ("0.7".into(), "10.0".into(), "5.7".into()));
    }

    #[test]
    fn a_change_is_told_in_words_and_what_went_before_stands_beside() {
        assert_eq!(in_words(Change::try_from(-5).expect("a change")), "Very much worse (-5 of 5)");
        assert_eq!(in_words(Change::try_from(0).expect("a change")), "No change (+0 of 5)");
        assert_eq!(goes(&activity(6), Some(4)), "Lifting: 6 of 10, 4 before");
        assert!(same("Lifting ", "lifting") && !same("Lifting", "Sleep"));
    }
}
