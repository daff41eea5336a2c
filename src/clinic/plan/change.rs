//! What staff change about one email of a plan: leave it away, move it, add a line, leave one more
//! item out. A change can be made before the plan starts and outlives every new reckoning of the
//! plan. It only ever takes away: nothing here can put an item back that a rule withholds.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::super::brief::Reason;
use super::super::case::Case;
use super::super::protocol::Step;
use super::super::schedule::at;
use super::line::PersonalLine;
use super::{Content, NotSent, Plan, PlannedEmail, Withheld};

/// What was changed by hand about one email.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepChange {
    /// Who left the whole email away.
    pub skipped_by: Option<String>,
    /// The local time somebody chose. Kept as it was meant, so that it stays right when the
    /// clinic's clocks change.
    pub moved_to: Option<DateTime>,
    /// A line of the therapist's own.
    pub line: Option<PersonalLine>,
    /// Items left out on top of what the rules leave out.
    pub withheld: Vec<LeftOut>,
}

/// An item somebody left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which advice item or stretch.
    pub id: String,
    /// Who did.
    pub by: String,
}

/// The changes of a visit's emails.
pub type Changes = BTreeMap<Step, StepChange>;

impl StepChange {
    /// Two visits of a day had changes of their own before they became one series. What either
    /// leaves out is left out; for the rest the newer one counts.
    #[must_use]
    pub fn joined_with(mut self, newer: Self) -> Self {
        let more: Vec<LeftOut> =
            newer.withheld.into_iter().filter(|one| !self.withheld.iter().any(|had| had.id == one.id)).collect();
        self.withheld.extend(more);
        Self {
            skipped_by: newer.skipped_by.or(self.skipped_by),
            moved_to: newer.moved_to.or(self.moved_to),
            line: newer.line.or(self.line),
            withheld: self.withheld,
        }
    }

    /// The content without what was left out by hand.
    #[must_use]
    pub fn applied_to(&self, mut content: Content) -> Content {
        for left_out in &self.withheld {
            let before = content.advice.len() + content.stretches.len();
            content.advice.retain(|id| id.as_str() != left_out.id);
            content.stretches.retain(|id| id.as_str() != left_out.id);
            let removed = content.advice.len() + content.stretches.len() < before;
            match content.withheld.iter_mut().find(|one| one.id == left_out.id) {
                Some(ruled_out) => ruled_out.because.push(left_out.reason()),
                None if removed => {
                    content.withheld.push(Withheld { id: left_out.id.clone(), because: vec![left_out.reason()] });
                }
                // It does not belong into this email anyway.
                None => {}
            }
        }
        content
    }

    /// Whether nothing is changed.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl LeftOut {
    fn reason(&self) -> Reason {
        Reason::rule(BY_HAND, format!("The therapist withheld it ({})", self.by), &[])
    }
}

/// The id of the reason of an item that somebody left out by hand.
pub const BY_HAND: &str = "withheld_by_hand";

/// The plan as staff changed it.
#[must_use]
pub fn changed(plan: Plan, changes: &Changes, case: &Case) -> Plan {
    let mut all = Plan { emails: Vec::new(), not_sent: plan.not_sent };
    for email in plan.emails {
        match one(email, changes, case) {
            Ok(email) => all.emails.push(email),
            Err(not_sent) => all.not_sent.push(not_sent),
        }
    }
    all.emails.sort_by_key(|email| email.due.timestamp());
    all.not_sent.sort_by_key(|not_sent| not_sent.step);
    all
}

/// One email as staff changed it.
///
/// # Errors
/// That it is left away, and by whom.
pub fn one(mut email: PlannedEmail, changes: &Changes, case: &Case) -> Result<PlannedEmail, NotSent> {
    let Some(change) = changes.get(&email.step) else { return Ok(email) };
    if let Some(who) = &change.skipped_by {
        return Err(NotSent { step: email.step, reason: format!("{who} skipped it") });
    }
    if let Some(moved) = change.moved_to.and_then(|moved| moved_due(&email, moved, case)) {
        email.due = moved;
    }
    email.content = change.applied_to(email.content);
    Ok(email)
}

/// The chosen time, while it still fits: a visit that was moved can leave it behind.
fn moved_due(email: &PlannedEmail, moved: DateTime, case: &Case) -> Option<Zoned> {
    let due = at(&case.clinic.zone, moved.date(), moved.time());
    let after_visit = email.step == Step::Prepare || due.timestamp() >= case.visit.ends_at;
    (after_visit && due.timestamp() <= email.not_after && !on_next_visit(email.step, &due, case)).then_some(due)
}

/// Whether this is the day of the next visit or later, which speaks for itself.
fn on_next_visit(step: Step, due: &Zoned, case: &Case) -> bool {
    let next = case.visit.next_visit_at.filter(|_| step != Step::Prepare);
    next.is_some_and(|next| due.date() >= next.to_zoned(case.clinic.zone.rules().clone()).date())
}

/// What a new time has to fit between.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// Which email is to be moved.
    pub step: Step,
    /// Until when it is of use.
    pub not_after: Timestamp,
    /// The clinic, the client and the visits of the day.
    pub case: &'a Case,
    /// When the email before it goes or went, if there is one: its name for staff, and when.
    pub previous: Option<(Step, Timestamp)>,
    /// When the email after it goes.
    pub following: Option<(Step, Timestamp)>,
    /// Now.
    pub now: Timestamp,
}

/// The due time of an email that staff move to this local time.
///
/// # Errors
/// One sentence for the field.
pub fn move_to(wanted: DateTime, limits: &Limits<'_>) -> Result<Zoned, String> {
    let clinic = &limits.case.clinic;
    let (zone, window) = (&clinic.zone, &clinic.send_window);
    let due = at(zone, wanted.date(), wanted.time());
    let told = |at: Timestamp| told(&at.to_zoned(zone.rules().clone()));
    if due.timestamp() <= limits.now {
        return Err("That time has passed. Choose a later one, or send it now.".into());
    }
    if !window.is_open(zone, &due) {
        return Err(if window.opens_on(due.date()) {
            let hour = |time: jiff::civil::Time| time.strftime("%H:%M").to_string();
            format!("Emails leave from {} to {}. Choose a time between.", hour(window.from()), hour(window.to()))
        } else {
            // A weekday of every week, or one date such as a holiday.
            let date = if window.closed().contains(&due.date()) { "%-d %B" } else { "a %A" };
            format!("No email leaves on {}. Choose another day.", due.strftime(date))
        });
    }
    if due.timestamp() > limits.not_after {
        return Err(format!("After {} it is of no use. Choose a time before.", told(limits.not_after)));
    }
    if limits.step != Step::Prepare && due.timestamp() < limits.case.visit.ends_at {
        return Err(format!("The visit ends {}. Choose a time after it.", told(limits.case.visit.ends_at)));
    }
    if on_next_visit(limits.step, &due, limits.case) {
        return Err("The next visit is on that day or before it. Choose an earlier day, or skip this email.".into());
    }
    if let Some((step, before)) = limits.previous.filter(|(_, before)| due.timestamp() <= *before) {
        return Err(format!("The {} email goes {}. Choose a time after it.", step.name(), told(before)));
    }
    if let Some((step, after)) = limits.following.filter(|(_, after)| due.timestamp() >= *after) {
        return Err(format!("The {} email goes {}. Choose a time before it.", step.name(), told(after)));
    }
    Ok(due)
}

/// "Mon 30 March, 09:00": clock and date, as staff read them.
fn told(at: &Zoned) -> String {
    at.strftime("%a %-d %B, %H:%M").to_string()
}

/// When an email leaves that somebody sends now: at once inside the window, else when it opens.
///
/// # Errors
/// One sentence, when it would be too late by then.
pub fn send_now(limits: &Limits<'_>) -> Result<Zoned, String> {
    let clinic = &limits.case.clinic;
    let now = limits.now.to_zoned(clinic.zone.rules().clone());
    let leaves = clinic.send_window.next_opening(&clinic.zone, &now);
    if let Some((step, before)) = limits.previous.filter(|(_, before)| leaves.timestamp() <= *before) {
        let before = told(&before.to_zoned(clinic.zone.rules().clone()));
        return Err(format!("The {} email still waits until {before}. Send or skip that one first.", step.name()));
    }
    if leaves.timestamp() > limits.not_after {
        return Err(format!("Emails leave again {}, and by then it is of no use.", told(&leaves)));
    }
    Ok(leaves)
}

#[cfg(test)]
mod tests;
