//! The gate before publication: what no protocol may do is refused, what looks like a slip is told.

use std::collections::BTreeSet;

use jiff::civil::{DateTime, Time, Weekday, date};

use super::super::catalogue::Catalogue;
use super::super::letter::gate::Report;
use super::super::letter::sample::People;
use super::super::letter::{Finding, Severity, When};
use super::super::person::EmailAddress;
use super::super::plan::{LetterId, for_visit};
use super::super::profile::{ClinicProfile, SendWindow};
use super::super::tailoring::tailor;
use super::words::{clock, count};
use super::{LATEST_DAY, LONGEST_USE, MOST_TIMES, Protocol, Repeats, Step, StepRule, Timing};

/// As many steps as a protocol can have: those that ship, and a clinic's own.
pub const MOST_STEPS: usize = Step::ALL.len() + super::OWN_STEPS;

/// More emails after one visit than most people read.
const MANY: usize = 8;

/// The longest time after a visit that is told in hours.
const MOST_HOURS: u32 = 72;

impl Protocol {
    /// Looks a protocol through before it is published.
    #[must_use]
    pub fn check(&self, catalogue: &Catalogue, clinic: &ClinicProfile) -> Report {
        let mut gate = Gate { catalogue, clinic, findings: Vec::new() };
        gate.first(self.rule(Step::SameDay));
        let first = self.steps.iter().position(|rule| rule.step == Step::SameDay);
        gate.findings.iter_mut().for_each(|finding| finding.block = first);
        for (at, rule) in self.steps.iter().enumerate() {
            let before = gate.findings.len();
            gate.step(rule);
            if self.steps.iter().filter(|other| other.step == rule.step).count() > 1 {
                gate.refuse(rule, "stands there twice. Remove one");
            }
            for finding in &mut gate.findings[before..] {
                finding.block = Some(at);
            }
        }
        if self.steps.len() > MOST_STEPS {
            gate.findings.push(Finding::new("protocol", format!("has more than {MOST_STEPS} steps. Remove some")));
        }
        if gate.findings.iter().all(|finding| finding.severity != Severity::Refuse) {
            gate.together(self);
        }
        let refuses = |finding: &Finding| finding.severity == Severity::Refuse;
        if !gate.findings.iter().any(refuses) && !self.is_safe() {
            let says = "does not tell everyone the warning signs on the day of the visit. Start from an older version";
            gate.findings.push(Finding::new("protocol", says));
        }
        let mut passed = vec!["Every email carries all warning signs of its client".to_owned()];
        if !gate.findings.iter().any(|finding| refuses(finding) && finding.place == Step::SameDay.name()) {
            passed.push(
                "Everyone gets the first email, and the urgent signs alone where a doctor's word is missing".into(),
            );
        }
        passed.push("Nothing goes to a client who has not agreed to it, or stopped it".into());
        Report { findings: gate.findings, passed }.and(Report::default())
    }
}

struct Gate<'a> {
    catalogue: &'a Catalogue,
    clinic: &'a ClinicProfile,
    findings: Vec<Finding>,
}

impl Gate<'_> {
    fn refuse(&mut self, rule: &StepRule, says: impl Into<String>) {
        self.findings.push(Finding::new(rule.step.name(), says));
    }

    fn warn(&mut self, rule: &StepRule, says: impl Into<String>) {
        self.findings.push(Finding::warning(rule.step.name(), says));
    }

    /// The email that tells everyone the warning signs, and stands in for all others.
    fn first(&mut self, rule: Option<&StepRule>) {
        let place = Step::SameDay.name();
        let Some(rule) = rule else {
            let says =
                "is missing: without it nobody would be told the warning signs on the day of the visit. Put it back";
            self.findings.push(Finding::new(place, says));
            return;
        };
        if !matches!(rule.when, Timing::Hours { after: 1..=24 }) {
            self.refuse(
                rule,
                "tells of warning signs, so it goes 1 to 24 hours after the visit. Give a number of hours",
            );
        }
        if !rule.who.is_always() {
            self.refuse(rule, "tells of warning signs, so it goes to everyone. Take its conditions out");
        }
        if rule.hours.is_some() {
            self.refuse(rule, "goes as soon as the clinic's hours allow. Take its own hours out");
        }
    }

    fn step(&mut self, rule: &StepRule) {
        self.letter(rule);
        self.time(rule);
        if !rule.is_before() && !(1..=LONGEST_USE).contains(&rule.useful_hours) {
            let says = format!(
                "would be too late {} after its time. Give 1 to {LONGEST_USE} hours",
                count(rule.useful_hours, "hour")
            );
            self.refuse(rule, says);
        }
        for unknown in rule.who.unknown(self.catalogue) {
            self.refuse(rule, format!("is for {unknown}, which the catalogue does not have. Untick it"));
        }
        if let Some(hours) = rule.hours {
            let window = &self.clinic.send_window;
            if hours.from >= hours.to {
                self.refuse(rule, "has hours that end before they begin. Give “from” earlier than “to”");
            } else if hours.from.max(window.from()) >= hours.to.min(window.to()) {
                let (from, to) = (clock(window.from()), clock(window.to()));
                self.refuse(rule, format!("has hours in which no email leaves. Choose some between {from} and {to}"));
            }
        }
    }

    fn letter(&mut self, rule: &StepRule) {
        if rule.letter == LetterId::EmergencyOnly {
            self.refuse(rule, "cannot use the letter that stands in for all others. Choose another letter");
        } else if (rule.letter == LetterId::Prepare) != rule.is_before() {
            self.refuse(
                rule,
                if rule.is_before() {
                    "goes before a visit, and its letter speaks of one that is over. Choose “Before a visit”"
                } else {
                    "goes after a visit, and its letter speaks of one to come. Choose another letter"
                },
            );
        }
        if rule.check_in && !rule.letter.home().asks_for_check_in() {
            let says = format!("asks for a check-in, and “{}” has none. Choose a check-in letter", rule.letter.name());
            self.refuse(rule, says);
        }
    }

    fn time(&mut self, rule: &StepRule) {
        if (rule.step == Step::Prepare) != rule.is_before() {
            self.refuse(rule, "is the only step that can go before a visit, and goes no other time");
        }
        match &rule.when {
            Timing::Hours { after } if !(1..=MOST_HOURS).contains(after) => {
                self.refuse(
                    rule,
                    format!("goes {} after the visit. Give 1 to {MOST_HOURS} hours", count(*after, "hour")),
                );
            }
            Timing::Days { after, .. } if !(1..=LATEST_DAY).contains(after) => {
                self.refuse(
                    rule,
                    format!("goes {} after the visit. Give 1 to {LATEST_DAY} days", count(*after, "day")),
                );
            }
            Timing::Before { days, .. } if !(1..=7).contains(days) => {
                self.refuse(rule, format!("goes {} before the visit. Give 1 to 7 days", count(*days, "day")));
            }
            Timing::Repeats { cron, times } => match Repeats::read(cron) {
                Err(says) => self.refuse(rule, format!("has no time that can be read. {}", says.trim_end_matches('.'))),
                Ok(_) if !(1..=MOST_TIMES).contains(&usize::from(*times)) => {
                    self.refuse(rule, format!("comes {times} times. Give 1 to {MOST_TIMES}"));
                }
                Ok(repeats) => self.gaps(rule, &repeats),
            },
            _ => {}
        }
        let at = match &rule.when {
            Timing::Days { at, .. } => *at,
            Timing::Before { at, .. } => Some(*at),
            Timing::Repeats { cron, .. } => Repeats::read(cron).ok().map(|repeats| repeats.at()),
            Timing::Hours { .. } => None,
        };
        let window = &self.clinic.send_window;
        if let Some(at) = at.filter(|at| !(window.from()..=window.to()).contains(at)) {
            let (from, to) = (clock(window.from()), clock(window.to()));
            let says =
                format!("is set to {}, and emails leave from {from} to {to}: it moves into these hours", clock(at));
            self.warn(rule, says);
        }
    }

    /// Whether it comes after every visit, or only after some.
    fn gaps(&mut self, rule: &StepRule, repeats: &Repeats) {
        let year = repeats.after(date(2026, 1, 1), date(2027, 3, 1)).map(DateTime::date);
        let days: Vec<_> = [date(2026, 1, 1)].into_iter().chain(year).chain([date(2027, 3, 1)]).collect();
        let latest = i32::try_from(LATEST_DAY).unwrap_or(i32::MAX);
        if days.windows(2).any(|two| two[0].until(two[1]).is_ok_and(|gap| gap.get_days() > latest)) {
            let says = format!(
                "comes after some visits alone: at times of the year it falls on none of the {LATEST_DAY} days after"
            );
            self.warn(rule, says);
        }
    }

    /// What only shows when the steps stand together: for a client for whom nothing is in the way.
    fn together(&mut self, protocol: &Protocol) {
        if !protocol.steps.iter().any(|rule| rule.check_in) {
            self.findings.push(Finding::warning("protocol", "asks nobody how it went: no step has a check-in"));
        }
        let people = People::of(self.catalogue);
        let Some(mut case) = people.iter().next().and_then(|person| people.case(person.id)).cloned() else { return };
        case.client.email = "somebody@example.org".parse::<EmailAddress>().ok();
        case.visit.next_visit_at = None;
        let midnight = Time::midnight();
        let week = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
            Weekday::Sunday,
        ];
        let Ok(open) = SendWindow::new(midnight, Time::constant(23, 59, 59, 0), &week) else { return };
        case.clinic.send_window = open;
        let mut for_all = protocol.clone();
        for rule in &mut for_all.steps {
            rule.who = When::default();
        }
        let brief = tailor(self.catalogue, &case);
        let plan = for_visit(self.catalogue, &for_all, &case, &brief, case.visit.ends_at);
        let mut told = BTreeSet::new();
        for one in plan.not_sent.iter().filter(|one| one.reason.contains("6 hours") && told.insert(one.step.base())) {
            let at = protocol.steps.iter().position(|rule| rule.step == one.step.base());
            let says = "comes less than 6 hours before the following email, so that one goes instead";
            self.findings.push(Finding { block: at, ..Finding::warning(one.step.base().name(), says) });
        }
        if plan.emails.len() > MANY {
            let says = format!("sends up to {} emails after one visit: few people read that many", plan.emails.len());
            self.findings.push(Finding::warning("protocol", says));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinic::catalogue::Catalogue;
    use crate::clinic::protocol::Hours;

    fn shipped() -> Protocol {
        Protocol::default()
    }

    fn told(protocol: &Protocol) -> Vec<String> {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        let report = protocol.check(&catalogue, &ClinicProfile::default());
        assert_eq!(report.may_be_published(), report.refusals() == 0);
        assert!(!report.may_be_published() || protocol.is_safe(), "what may be published is safe");
        let one = |finding: &Finding| format!("{:?} {}: {}", finding.severity, finding.place, finding.says);
        report.findings.iter().map(one).collect()
    }

    /// What the gate says of the default with this step changed; the one thing it says.
    fn changed(step: Step, change: impl Fn(&mut StepRule)) -> String {
        let mut protocol = shipped();
        if protocol.rule(step).is_none() {
            protocol.steps.push(StepRule::shipped(step));
        }
        protocol.steps.iter_mut().filter(|rule| rule.step == step).for_each(change);
        let told = told(&protocol);
        assert_eq!(told.len(), 1, "{told:?}");
        told.concat()
    }

    #[test]
    fn what_ships_has_nothing_to_tell() {
        assert_eq!(told(&shipped()), Vec::<String>::new());
        assert!(shipped().is_safe());
    }

    #[test]
    fn nobody_can_do_away_with_the_warning_signs_of_the_first_day() {
        let mut without = shipped();
        without.steps.remove(0);
        assert!(told(&without).concat().contains("Refuse Same day: is missing") && !without.is_safe());
        let first_only = When { first_visit: Some(true), ..When::default() };
        for (change, says) in [
            (
                &(|rule: &mut StepRule| rule.when = Timing::Days { after: 1, at: None }) as &dyn Fn(&mut StepRule),
                "1 to 24 hours",
            ),
            (&|rule| rule.when = Timing::Hours { after: 25 }, "1 to 24 hours"),
            (&|rule| rule.who = first_only.clone(), "goes to everyone"),
            (&|rule| rule.useful_hours = 0, "too late 0 hours after its time"),
            (
                &|rule| rule.hours = Some(Hours { from: Time::constant(9, 0, 0, 0), to: Time::constant(12, 0, 0, 0) }),
                "its own hours",
            ),
            (&|rule| rule.letter = LetterId::EmergencyOnly, "stands in for all others"),
        ] {
            let sentence = changed(Step::SameDay, change);
            assert!(sentence.starts_with("Refuse Same day:") && sentence.contains(says), "{sentence}");
        }
    }

    #[test]
    fn what_could_not_work_is_refused_in_a_sentence_and_a_slip_is_told() {
        let own = Step::own().next().expect("one");
        let at = |hour| Some(Time::constant(hour, 0, 0, 0));
        let cron = |cron: &str, times| Timing::Repeats { cron: cron.into(), times };
        for (step, change, says) in [
            (
                Step::DayOne,
                &(|rule: &mut StepRule| rule.letter = LetterId::SameDay) as &dyn Fn(&mut StepRule),
                "Refuse Day 1: asks for a check-in",
            ),
            (
                Step::DayThree,
                &|rule| (rule.letter, rule.check_in) = (LetterId::Prepare, false),
                "Refuse Day 3: goes after a visit, and its letter speaks of one to come",
            ),
            (Step::Prepare, &|rule| rule.letter = LetterId::SameDay, "Refuse Preparation: goes before a visit"),
            (
                Step::Prepare,
                &|rule| rule.when = Timing::Before { days: 8, at: Time::constant(9, 0, 0, 0) },
                "Refuse Preparation: goes 8 days before",
            ),
            (
                Step::DayThree,
                &|rule| rule.when = Timing::Days { after: 0, at: None },
                "Refuse Day 3: goes 0 days after",
            ),
            (Step::DayThree, &|rule| rule.when = Timing::Days { after: 29, at: None }, "Give 1 to 28 days"),
            (Step::DayThree, &|rule| rule.useful_hours = 169, "Give 1 to 168 hours"),
            (
                Step::DayThree,
                &|rule| rule.who.techniques = vec!["reiki".into()],
                "Refuse Day 3: is for the technique \"reiki\"",
            ),
            (
                Step::DayThree,
                &|rule| rule.hours = Some(Hours { from: Time::constant(21, 0, 0, 0), to: Time::constant(22, 0, 0, 0) }),
                "in which no email leaves. Choose some between 08:00 and 20:00",
            ),
            (
                Step::DayThree,
                &|rule| rule.when = Timing::Days { after: 3, at: at(22) },
                "Warn Day 3: is set to 22:00, and emails leave from 08:00 to 20:00",
            ),
            (
                own,
                &|rule| rule.when = cron("0 * * * *", 2),
                "Refuse Extra 1: has no time that can be read. It would come more than once a day",
            ),
            (own, &|rule| rule.when = cron("0 9 * * MON", 9), "Refuse Extra 1: comes 9 times. Give 1 to 8"),
            (own, &|rule| rule.when = cron("0 9 1 1 *", 1), "Warn Extra 1: comes after some visits alone"),
            (
                own,
                &|rule| rule.when = Timing::Days { after: 7, at: at(8) },
                "Warn Extra 1: comes less than 6 hours before",
            ),
            (own, &|rule| rule.when = cron("0 7 * * WED", 1), "Warn Extra 1: is set to 07:00"),
        ] {
            let sentence = changed(step, change);
            assert!(sentence.contains(says), "{sentence}");
        }
    }

    #[test]
    fn what_only_shows_when_steps_stand_together_is_told() {
        let own = Step::own().next().expect("one");
        let mut many = shipped();
        many.steps.push(StepRule {
            step: own,
            when: Timing::Repeats { cron: "0 20 * * *".into(), times: 8 },
            ..StepRule::shipped(own)
        });
        let all = told(&many);
        assert_eq!(all[0], "Warn Day 1: comes less than 6 hours before the following email, so that one goes instead");
        assert_eq!(all[1..], ["Warn protocol: sends up to 11 emails after one visit: few people read that many"]);
        let mut mute = shipped();
        mute.steps.iter_mut().for_each(|rule| rule.check_in = false);
        assert_eq!(told(&mute), ["Warn protocol: asks nobody how it went: no step has a check-in"]);
        let mut twice = shipped();
        twice.steps.push(StepRule::shipped(Step::DayOne));
        assert!(told(&twice).concat().contains("Refuse Day 1: stands there twice"));
    }
}
