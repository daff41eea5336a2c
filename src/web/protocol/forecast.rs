//! The timeline of a protocol: what a sample client would get around a visit of today, and what not and why.

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::clinic::case::Case;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::letter::sample::People;
use crate::clinic::person::EmailAddress;
use crate::clinic::plan::{self, NotSent, Plan, PlannedEmail};
use crate::clinic::profile::ClinicProfile;
use crate::clinic::protocol::Protocol;
use crate::clinic::schedule::at;
use crate::clinic::tailoring::tailor;
use crate::web::say;

/// The visit of a sample starts in the middle of the afternoon.
const STARTS: Time = Time::constant(15, 0, 0, 0);

/// The next visit of a sample, in hours after this one: three weeks.
const NEXT: SignedDuration = SignedDuration::from_hours(24 * 21);

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub icon: &'static str,
    /// "Fri 27 March, 16:00".
    pub when: String,
    pub title: String,
    pub text: String,
}

/// The timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forecast {
    pub stops: Vec<Stop>,
    /// What is not sent, and why.
    pub not_sent: Vec<(&'static str, String)>,
}

/// The sample of this id at this clinic, with a visit today; nobody, when there is no such sample.
pub(super) fn sample(catalogue: &Catalogue, clinic: &ClinicProfile, person: &str, now: &Zoned) -> Option<Case> {
    let people = People::of(catalogue);
    let first = people.iter().next()?.id;
    let mut case = people.case(if person.is_empty() { first } else { person })?.clone();
    let starts = at(&clinic.zone, now.date(), STARTS).timestamp();
    let after = |at: Timestamp, by| at.saturating_add(by).unwrap_or(at);
    case.clinic = clinic.clone();
    case.visit.starts_at = starts;
    case.visit.ends_at = after(starts, SignedDuration::from_hours(1));
    case.visit.next_visit_at = Some(after(starts, NEXT));
    case.client.email = "somebody@example.org".parse::<EmailAddress>().ok();
    Some(case)
}

/// Everything that a protocol plans around a visit that is closed at its end, with what comes before the next.
pub(super) fn planned(catalogue: &Catalogue, protocol: &Protocol, case: &Case) -> Plan {
    let brief = tailor(catalogue, case);
    let ends = case.visit.ends_at;
    let mut plan = plan::for_visit(catalogue, protocol, case, &brief, ends);
    if let Some(next) = case.visit.next_visit_at {
        match plan::preparation(catalogue, protocol, case, &brief, (next, ends)) {
            Ok(email) => plan.emails.push(email),
            Err(not_sent) => plan.not_sent.push(not_sent),
        }
    }
    plan.emails.sort_by_key(|email| email.due.timestamp());
    plan
}

impl Forecast {
    /// What this client would get.
    pub fn of(catalogue: &Catalogue, protocol: &Protocol, case: &Case) -> Self {
        let plan = planned(catalogue, protocol, case);
        let zone = case.clinic.zone.rules();
        let told = |at: Timestamp| moment(&at.to_zoned(zone.clone()));
        let visit = |title: &str, at: Timestamp| Stop {
            icon: "calendar",
            when: told(at),
            title: title.into(),
            text: String::new(),
        };
        let mut stops = vec![(case.visit.ends_at, visit("The visit ends", case.visit.ends_at))];
        stops.extend(case.visit.next_visit_at.map(|at| (at, visit("The next visit", at))));
        stops.extend(plan.emails.iter().map(|email| (email.due.timestamp(), stop(email, &told))));
        stops.sort_by_key(|(at, _)| *at);
        let not_sent = |one: &NotSent| (one.step.name(), say::capital(&one.reason));
        Self {
            stops: stops.into_iter().map(|(_, stop)| stop).collect(),
            not_sent: plan.not_sent.iter().map(not_sent).collect(),
        }
    }
}

fn stop(email: &PlannedEmail, told: &impl Fn(Timestamp) -> String) -> Stop {
    let check_in = if email.content.check_in { ", with a check-in" } else { "" };
    let signs = say::count(email.content.warning_signs.len(), "sign");
    Stop {
        icon: "mail",
        when: moment(&email.due),
        title: format!("{}: {}", email.step.name(), email.letter.name()),
        text: format!("{signs}{check_in}. Too late after {}.", told(email.not_after)),
    }
}

/// "Fri 27 March, 16:00".
pub(super) fn moment(at: &Zoned) -> String {
    at.strftime("%a %-d %B, %H:%M").to_string()
}
