//! How a plan stands after it was reckoned anew.

use std::collections::BTreeSet;

use crate::clinic::outbox::State;
use crate::clinic::plan::revise::{Owed, Revision};
use crate::clinic::plan::{NotSent, Plan, PlannedEmail};
use crate::clinic::protocol::Step;

/// The plan as it stands after the revisions: what waits or left, at its time, and what does not.
pub(super) fn standing(rows: &[Owed], revised: &[Revision], plan: &Plan, late: &Plan) -> Plan {
    let mut all = Plan { emails: Vec::new(), not_sent: Vec::new() };
    let rows_of = rows.iter().map(|row| row.step);
    let planned = plan.emails.iter().map(|email| email.step);
    let not_sent = plan.not_sent.iter().chain(&late.not_sent).map(|not_sent| not_sent.step);
    let steps: BTreeSet<Step> = rows_of.chain(planned).chain(not_sent).filter(|step| *step != Step::Prepare).collect();
    for step in steps {
        let row = rows.iter().find(|row| row.step == step);
        match revised.iter().find(|one| one.step() == step) {
            Some(Revision::Change(email) | Revision::Return(email) | Revision::Owe(email)) => {
                all.emails.push(email.clone());
            }
            Some(Revision::CallOff(not_sent)) => all.not_sent.push(not_sent.clone()),
            None => match (row, plan.email(step)) {
                (Some(row), Some(email)) if row.waits() => {
                    let due = row.due_at.to_zoned(email.due.time_zone().clone());
                    all.emails.push(PlannedEmail { due, ..email.clone() });
                }
                (Some(row), _) if row.state == State::Cancelled && !row.may_return() => {
                    let reason = row.reason.clone().unwrap_or_default();
                    all.not_sent.push(NotSent { step, reason });
                }
                _ => all.not_sent.push(late.why_not(step)),
            },
        }
    }
    all
}
