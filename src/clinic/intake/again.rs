//! Which answers are too old to go by and have to be asked again. The times and their reasons
//! stand in `config/forms/intake.toml`.
//!
//! An answer that is too old is never dropped: until someone answers it, the old yes holds and is
//! told as not confirmed, and an old "none of these" becomes a blank.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::super::catalogue::ConditionId;
use super::form::{Form, Group};
use super::{Intake, Status};

/// What has to be asked again, each with the day it was last confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Conditions answered with yes.
    pub conditions: BTreeMap<ConditionId, Date>,
    /// Groups answered with "none of these", by id.
    pub groups: BTreeMap<String, Date>,
}

impl Again {
    /// What has to be asked again on this day, from a client's intakes, the newest first.
    #[must_use]
    pub fn of(form: &Form, history: &[(Date, Intake)], today: Date) -> Self {
        let mut again = Self::default();
        let Some((_, latest)) = history.first() else { return again };
        for one in &latest.conditions {
            let Some(confirmed) = confirmed(history, &one.id) else { continue };
            if days(confirmed, today) > form.yes_days(&one.id, status(latest, &one.id)) {
                again.conditions.insert(one.id.clone(), confirmed);
            }
        }
        for group in form.groups() {
            // A blank is open already.
            if group.conditions.iter().any(|id| latest.unanswered.contains(id)) {
                continue;
            }
            let given = history[0].0;
            if days(given, today) > form.no_days(group) {
                again.groups.insert(group.id.clone(), given);
            }
        }
        again
    }

    /// Whether "nothing has changed" can be said: no group but that of today is too old.
    #[must_use]
    pub fn may_confirm(&self, today: &str) -> bool {
        self.groups.keys().all(|group| group == today)
    }

    /// The conditions of a group that have to be asked again.
    pub fn in_group<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = &'a ConditionId> {
        group.conditions.iter().filter(|id| self.conditions.contains_key(id))
    }
}

/// When a yes was last confirmed: the newest intake that holds it without leaving it open.
fn confirmed(history: &[(Date, Intake)], id: &ConditionId) -> Option<Date> {
    let holds = |intake: &Intake| intake.conditions.iter().any(|one| &one.id == id);
    let known: Vec<_> = history.iter().take_while(|(_, intake)| holds(intake)).collect();
    let sure = known.iter().find(|(_, intake)| !intake.unanswered.contains(id));
    sure.or(known.last()).map(|(day, _)| *day)
}

/// The status that counts when a condition has several places: one that is still there.
fn status(intake: &Intake, id: &ConditionId) -> Option<Status> {
    let all: Vec<Option<Status>> = intake.conditions.iter().filter(|one| &one.id == id).map(|one| one.status).collect();
    if all.iter().all(|status| *status == Some(Status::Past)) { Some(Status::Past) } else { Some(Status::Current) }
}

fn days(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::super::catalogue::Catalogue;
    use super::super::ReportedCondition;
    use super::*;

    fn form() -> Form {
        Form::shipped(&Catalogue::shipped().expect("what ships")).expect("what ships")
    }

    fn intake(yes: &[(&str, Option<Status>)], blank: &[&str]) -> Intake {
        let one = |(id, status): &(&str, Option<Status>)| ReportedCondition {
            id: (*id).into(),
            region: None,
            side: None,
            since: None,
            status: *status,
        };
        Intake {
            conditions: yes.iter().map(one).collect(),
            unanswered: blank.iter().map(|id| (*id).into()).collect(),
            ..Intake::default()
        }
    }

    #[test]
    fn an_injury_that_is_there_is_asked_again_after_three_months_and_an_old_one_after_a_year() {
        let given = date(2026, 1, 5);
        let answers =
            intake(&[("sciatica", Some(Status::Current)), ("herniated_disc_history", Some(Status::Past))], &[]);
        let asked = |today| Again::of(&form(), &[(given, answers.clone())], today);
        assert!(asked(date(2026, 4, 6)).conditions.is_empty(), "on the 91st day it still holds");
        let later = asked(date(2026, 4, 7));
        assert_eq!(later.conditions.keys().map(ConditionId::as_str).collect::<Vec<_>>(), ["sciatica"]);
        assert_eq!(
            later.groups.keys().collect::<Vec<_>>(),
            ["right_now"],
            "what is asked about today is asked every day"
        );
        let after_a_year = asked(date(2027, 1, 6));
        assert_eq!(after_a_year.conditions.len(), 2);
        assert_eq!(after_a_year.groups.len(), form().groups().len(), "every \"none\" is a year old");
    }

    #[test]
    fn a_yes_that_nobody_confirmed_keeps_its_age() {
        let old = (date(2025, 6, 1), intake(&[("sciatica", Some(Status::Current))], &[]));
        let left_open = (date(2025, 10, 1), intake(&[("sciatica", Some(Status::Current))], &["sciatica"]));
        let again = Again::of(&form(), &[left_open.clone(), old.clone()], date(2025, 10, 2));
        assert_eq!(again.conditions.get(&"sciatica".into()), Some(&date(2025, 6, 1)));
        let confirmed = (date(2025, 10, 2), intake(&[("sciatica", Some(Status::Current))], &[]));
        assert!(Again::of(&form(), &[confirmed, left_open, old], date(2025, 10, 3)).conditions.is_empty());
    }

    #[test]
    fn what_was_true_right_now_is_asked_the_next_day() {
        let answers = intake(&[("fever_infection", None)], &[]);
        let again = |today| Again::of(&form(), &[(date(2026, 1, 5), answers.clone())], today);
        let same_day = again(date(2026, 1, 5));
        assert!(same_day.conditions.is_empty() && same_day.groups.is_empty());
        assert_eq!(again(date(2026, 1, 6)).conditions.len(), 1);
    }

    #[test]
    fn a_first_intake_asks_nothing_again() {
        assert_eq!(Again::of(&form(), &[], date(2026, 1, 5)), Again::default());
    }
}
