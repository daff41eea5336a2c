//! When each email of a visit is due, and which are left out and why.

use jiff::civil::{DateTime, Time};
use jiff::{SignedDuration, Timestamp, Zoned};

use super::super::brief::{Aftercare, Brief};
use super::super::case::Case;
use super::super::catalogue::Catalogue;
use super::super::choice::Topic;
use super::super::intake::Consent;
use super::super::letter::changes::shown_for;
use super::super::profile::SendWindow;
use super::super::protocol::{LATEST_DAY, Protocol, Repeats, Step, StepRule, Stream, Timing};
use super::super::schedule::{at, days_after, hours_after};
use super::advice::content;
use super::{LetterId, NotSent, Plan, PlannedEmail};

/// Two aftercare emails closer than this would be one too many; the later one says more.
const LEAST_APART: SignedDuration = SignedDuration::from_hours(6);

/// As far back as an open morning is looked for before a visit, in days.
const MORNINGS: i64 = 7;

/// One email that the protocol means for a visit.
struct Meant<'a> {
    step: Step,
    rule: &'a StepRule,
    /// When, before the send window is asked; none when it has no day near this visit.
    wanted: Option<Zoned>,
}

/// The aftercare of one visit by this protocol, from the moment it was started.
///
/// Pass the end of the visit as `started` to see the plan as it will be when nothing is late.
#[must_use]
pub fn for_visit(catalogue: &Catalogue, protocol: &Protocol, case: &Case, brief: &Brief, started: Timestamp) -> Plan {
    let mut emails: Vec<PlannedEmail> = Vec::new();
    let mut not_sent: Vec<NotSent> = Vec::new();
    let mut following: Option<Timestamp> = None;
    // Latest first: whether an email gives way depends on the one after it that really goes out.
    for Meant { step, rule, wanted } in meant(protocol, case).into_iter().rev() {
        let timed = allowed(case, Topic::Aftercare)
            .and_then(|()| routine_or_first(brief, step))
            .and_then(|()| is_for(catalogue, case, rule))
            .and_then(|()| wanted.ok_or_else(|| "none of its days is near this visit".into()))
            .and_then(|wanted| timed(case, rule, &wanted, started))
            .and_then(|(due, not_after)| before_next_visit(case, &due).map(|()| (due, not_after)))
            .and_then(|(due, not_after)| far_enough(&due, following).map(|()| (due, not_after)));
        match timed {
            Ok((due, not_after)) => {
                following = Some(due.timestamp());
                let letter = match brief.aftercare {
                    Aftercare::Routine => rule.letter,
                    Aftercare::EmergencyOnly => LetterId::EmergencyOnly,
                };
                let content = content(catalogue, case, brief, protocol.says(step, rule.letter));
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
    protocol: &Protocol,
    case: &Case,
    brief: &Brief,
    (visit_start, not_before): (Timestamp, Timestamp),
) -> Result<PlannedEmail, NotSent> {
    let step = Step::Prepare;
    let due = || -> Result<Zoned, String> {
        let rule = protocol.before().ok_or("the protocol has no email before a visit")?;
        allowed(case, Topic::Preparation)?;
        routine_or_first(brief, step)?;
        is_for(catalogue, case, rule)?;
        let due = morning_before(case, rule, visit_start)?;
        if due.timestamp() <= not_before {
            return Err("the last morning on which it could go out is before this visit is over".into());
        }
        Ok(due)
    };
    let due = due().map_err(|reason| NotSent { step, reason })?;
    let says = protocol.says(step, LetterId::Prepare);
    Ok(PlannedEmail {
        step,
        letter: LetterId::Prepare,
        stream: Stream::Preparation,
        due,
        not_after: visit_start,
        content: content(catalogue, case, brief, says),
    })
}

/// What the protocol means to send after this visit, in the order of the wanted times. Steps of equal times
/// keep the order of the protocol; what has no time comes first.
fn meant<'a>(protocol: &'a Protocol, case: &Case) -> Vec<Meant<'a>> {
    let mut all: Vec<Meant<'a>> = Vec::new();
    for rule in protocol.after() {
        let wanted = wanted(case, rule);
        if wanted.is_empty() {
            all.push(Meant { step: rule.step, rule, wanted: None });
        }
        let times = rule.step.times().zip(wanted);
        all.extend(times.map(|(step, wanted)| Meant { step, rule, wanted: Some(wanted) }));
    }
    all.sort_by_key(|one| one.wanted.as_ref().map(Zoned::timestamp));
    all
}

/// When a step is wanted after this visit, whether or not emails may leave then.
fn wanted(case: &Case, rule: &StepRule) -> Vec<Zoned> {
    let zone = &case.clinic.zone;
    let ended = case.visit.ends_at.to_zoned(zone.rules().clone());
    match &rule.when {
        Timing::Hours { after } => vec![hours_after(&ended, i64::from(*after))],
        Timing::Days { after, at: hour } => {
            vec![at(zone, days_after(ended.date(), i64::from(*after)), hour.unwrap_or_else(|| ended.time()))]
        }
        Timing::Repeats { cron, times } => {
            let last = days_after(ended.date(), i64::from(LATEST_DAY) + 1);
            let repeats = Repeats::read(cron).ok();
            let days: Vec<DateTime> = repeats
                .map(|all| all.after(ended.date(), last).take(usize::from(*times)).collect())
                .unwrap_or_default();
            days.into_iter().map(|day| at(zone, day.date(), day.time())).collect()
        }
        Timing::Before { .. } => Vec::new(),
    }
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

/// Whether the protocol means this email for this client. The first one is for everyone.
fn is_for(catalogue: &Catalogue, case: &Case, rule: &StepRule) -> Result<(), String> {
    if rule.step == Step::SameDay || rule.who.holds(case, catalogue) {
        return Ok(());
    }
    Err(format!("by the protocol it goes only to: {}", shown_for(&rule.who)))
}

/// When a step is due and until when it is of use.
fn timed(case: &Case, rule: &StepRule, wanted: &Zoned, started: Timestamp) -> Result<(Zoned, Timestamp), String> {
    let due = due(case, rule, wanted);
    let not_after = hours_after(&due, i64::from(rule.useful_hours)).timestamp();
    let due = if started <= due.timestamp() { due } else { late(case, rule, &due, started)? };
    if due.timestamp() > not_after {
        return Err("the plan was started too late for it to be of use".into());
    }
    Ok((due, not_after))
}

/// When a step is due if nothing is late, inside the send window.
fn due(case: &Case, rule: &StepRule, wanted: &Zoned) -> Zoned {
    let zone = &case.clinic.zone;
    let window = hours_of(case, rule);
    if window.is_open(zone, wanted) {
        return wanted.clone();
    }
    // The evening of the visit is worth more than the next morning, if there is still an hour of it.
    let ended = case.visit.ends_at.to_zoned(zone.rules().clone());
    let earlier = window.last_close(zone, wanted).filter(|close| *close >= hours_after(&ended, 1));
    match (rule.step, earlier) {
        (Step::SameDay, Some(close)) => close,
        _ => window.next_opening(zone, wanted),
    }
}

/// When a step may be planned: in the clinic's hours, or those of them that its rule narrows it to. Hours that
/// share nothing with the clinic's (which may have changed since) narrow nothing.
fn hours_of(case: &Case, rule: &StepRule) -> SendWindow {
    let window = &case.clinic.send_window;
    rule.hours.and_then(|hours| window.narrowed(hours.from, hours.to)).unwrap_or_else(|| window.clone())
}

/// When a step goes out whose time had passed before the plan was started.
fn late(case: &Case, rule: &StepRule, due: &Zoned, started: Timestamp) -> Result<Zoned, String> {
    let zone = &case.clinic.zone;
    let window = hours_of(case, rule);
    let started = started.to_zoned(zone.rules().clone());
    if rule.step != Step::SameDay {
        return Ok(window.next_opening(zone, &started));
    }
    if started.date() == due.date() && window.is_open(zone, &started) {
        return Ok(started);
    }
    Err("the visit was closed after the last hour for emails of that day".into())
}

/// The wanted time so many days before, or on the last open day before that.
fn morning_before(case: &Case, rule: &StepRule, visit_start: Timestamp) -> Result<Zoned, String> {
    let Timing::Before { days, at: hour } = rule.when else { return Err("it goes after a visit".into()) };
    let zone = &case.clinic.zone;
    let window = hours_of(case, rule);
    let visit_day = visit_start.to_zoned(zone.rules().clone()).date();
    // A window that opens later or closes earlier than that is kept to on the same day.
    let hour: Time = hour.clamp(window.from(), window.to());
    let days = i64::from(days);
    (days..days + MORNINGS)
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
