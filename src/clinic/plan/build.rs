//! When each email of a visit is due, and which are left out and why.

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::super::brief::{Aftercare, Brief};
use super::super::case::Case;
use super::super::catalogue::Catalogue;
use super::super::choice::Topic;
use super::super::intake::Consent;
use super::super::protocol::{Step, Stream};
use super::super::schedule::{at, days_after, hours_after};
use super::advice::content;
use super::{LetterId, NotSent, Plan, PlannedEmail};

/// The hour of the later emails: early enough to act on that day.
const MORNING: Time = Time::constant(9, 0, 0, 0);

/// Two aftercare emails closer than this would be one too many; the later one says more.
const LEAST_APART: SignedDuration = SignedDuration::from_hours(6);

/// The aftercare of one visit, from the moment it was started.
///
/// Pass the end of the visit as `started` to see the plan as it will be when nothing is late.
#[must_use]
pub fn for_visit(catalogue: &Catalogue, case: &Case, brief: &Brief, started: Timestamp) -> Plan {
    let mut emails: Vec<PlannedEmail> = Vec::new();
    let mut not_sent: Vec<NotSent> = Vec::new();
    let mut following: Option<Timestamp> = None;
    // Latest first: whether an email gives way depends on the one after it that really goes out.
    for step in Step::AFTER.into_iter().rev() {
        let timed = allowed(case, Topic::Aftercare)
            .and_then(|()| routine_or_first(brief, step))
            .and_then(|()| timed(case, step, started))
            .and_then(|(due, not_after)| before_next_visit(case, &due).map(|()| (due, not_after)))
            .and_then(|(due, not_after)| far_enough(&due, following).map(|()| (due, not_after)));
        match timed {
            Ok((due, not_after)) => {
                following = Some(due.timestamp());
                let letter = match brief.aftercare {
                    Aftercare::Routine => LetterId::of_step(step),
                    Aftercare::EmergencyOnly => LetterId::EmergencyOnly,
                };
                let content = content(catalogue, case, brief, step);
                emails.push(PlannedEmail { step, letter, stream: Stream::Aftercare, due, not_after, content });
            }
            Err(reason) => not_sent.push(NotSent { step, reason }),
        }
    }
    emails.reverse();
    not_sent.reverse();
    Plan { emails, not_sent }
}

/// The preparation email of a booked visit that starts at `visit_start`. It must leave after
/// `not_before`: the end of the visit before it, or the time of booking.
///
/// # Errors
/// The step and a sentence for staff, when it does not go out.
pub fn preparation(
    catalogue: &Catalogue,
    case: &Case,
    brief: &Brief,
    visit_start: Timestamp,
    not_before: Timestamp,
) -> Result<PlannedEmail, NotSent> {
    let step = Step::Prepare;
    allowed(case, Topic::Preparation)
        .and_then(|()| routine_or_first(brief, step))
        .and_then(|()| morning_before(case, visit_start))
        .and_then(|due| {
            if due.timestamp() > not_before {
                Ok(due)
            } else {
                Err("the last morning on which it could go out is before this visit is over".into())
            }
        })
        .map(|due| PlannedEmail {
            step,
            letter: LetterId::Prepare,
            stream: Stream::Preparation,
            due,
            not_after: visit_start,
            content: content(catalogue, case, brief, step),
        })
        .map_err(|reason| NotSent { step, reason })
}

/// Whether this client may be written to at all. `aftercare_email` covers preparation as well.
fn allowed(case: &Case, topic: Topic) -> Result<(), String> {
    if case.client.on_paper {
        return Err("the client wants aftercare on paper; hand over the printed sheet".into());
    }
    if case.client.email.is_none() {
        return Err("no email address is known; hand over the printed sheet".into());
    }
    if !case.intake.consents_to(Consent::AftercareEmail) {
        return Err("the client has not agreed to aftercare emails; hand over the printed sheet".into());
    }
    if !case.wants(topic) {
        return Err("the client stopped these emails; hand over the printed sheet".into());
    }
    Ok(())
}

/// Without a doctor's word only one email goes: the urgent signs and whom to call.
fn routine_or_first(brief: &Brief, step: Step) -> Result<(), String> {
    if brief.aftercare == Aftercare::EmergencyOnly && step != Step::SameDay {
        return Err("only the urgent signs go out, in the first email, until a doctor's word is recorded".into());
    }
    Ok(())
}

/// When a step is due and until when it is of use.
fn timed(case: &Case, step: Step, started: Timestamp) -> Result<(Zoned, Timestamp), String> {
    let due = due(case, step);
    let hours = step.useful_hours().unwrap_or(0);
    let not_after = hours_after(&due, hours).timestamp();
    let due = if started <= due.timestamp() { due } else { late(case, step, &due, started)? };
    if due.timestamp() > not_after {
        return Err("the plan was started too late for it to be of use".into());
    }
    Ok((due, not_after))
}

/// When a step is due if nothing is late, inside the send window.
fn due(case: &Case, step: Step) -> Zoned {
    let zone = &case.clinic.zone;
    let window = &case.clinic.send_window;
    let ended = case.visit.ends_at.to_zoned(zone.rules().clone());
    let wanted = match step {
        Step::SameDay => hours_after(&ended, 3),
        Step::DayOne => at(zone, days_after(ended.date(), 1), ended.time()),
        Step::DayThree | Step::Prepare => at(zone, days_after(ended.date(), 3), MORNING),
        Step::DaySeven => at(zone, days_after(ended.date(), 7), MORNING),
    };
    if window.is_open(zone, &wanted) {
        return wanted;
    }
    // The evening of the visit is worth more than the next morning, if there is still an hour of it.
    let earlier = window.last_close(zone, &wanted).filter(|close| *close >= hours_after(&ended, 1));
    match (step, earlier) {
        (Step::SameDay, Some(close)) => close,
        _ => window.next_opening(zone, &wanted),
    }
}

/// When a step goes out whose time had passed before the plan was started.
fn late(case: &Case, step: Step, due: &Zoned, started: Timestamp) -> Result<Zoned, String> {
    let zone = &case.clinic.zone;
    let window = &case.clinic.send_window;
    let started = started.to_zoned(zone.rules().clone());
    if step != Step::SameDay {
        return Ok(window.next_opening(zone, &started));
    }
    if started.date() == due.date() && window.is_open(zone, &started) {
        return Ok(started);
    }
    Err("the visit was closed after the last hour for emails of that day".into())
}

/// 09:00 on the day before, or on the last open day before that.
fn morning_before(case: &Case, visit_start: Timestamp) -> Result<Zoned, String> {
    let zone = &case.clinic.zone;
    let window = &case.clinic.send_window;
    let visit_day = visit_start.to_zoned(zone.rules().clone()).date();
    // A window that opens later or closes earlier than 09:00 is kept to on the same day.
    let hour = MORNING.clamp(window.from(), window.to());
    (1..=7)
        .map(|days| at(zone, days_after(visit_day, -days), hour))
        .find(|morning| window.is_open(zone, morning))
        .ok_or_else(|| "no morning of the week before is open for emails".into())
}

/// On the day of the next visit and after it, the next visit speaks for itself.
fn before_next_visit(case: &Case, due: &Zoned) -> Result<(), String> {
    let Some(next) = case.visit.next_visit_at else { return Ok(()) };
    let next_day = next.to_zoned(case.clinic.zone.rules().clone()).date();
    if due.date() >= next_day {
        return Err(format!("the next visit is on {next_day}, and this email would not come before it"));
    }
    Ok(())
}

fn far_enough(due: &Zoned, following: Option<Timestamp>) -> Result<(), String> {
    match following {
        Some(following) if following.duration_since(due.timestamp()) < LEAST_APART => {
            Err("less than 6 hours before the following email, so that one goes instead".into())
        }
        _ => Ok(()),
    }
}
