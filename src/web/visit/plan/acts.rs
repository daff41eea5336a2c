//! What can be done with one email, as small forms: each says what will happen before it does.

use jiff::Zoned;

use super::{EmailFacts, PlanFacts};
use crate::clinic::case::Case;
use crate::clinic::outbox::{Act, State, may};
use crate::clinic::plan::change::{Limits, send_now};
use crate::clinic::protocol::Step;
use crate::web::say;

/// One act on one email.
#[derive(Debug)]
pub struct ActForm {
    /// The last part of the address it is sent to.
    pub id: &'static str,
    /// What it is called.
    pub word: &'static str,
    /// What will happen.
    pub says: String,
    /// What the button says; empty when it cannot be done now, and the sentence says why.
    pub button: String,
    /// What has to be filled in.
    pub field: Field,
    /// What is wrong with what was filled in.
    pub problem: Option<String>,
}

/// What an act asks for.
#[derive(Debug)]
pub enum Field {
    /// Nothing.
    None,
    /// A day and a time: "2026-03-28", "16:00".
    Time(String, String),
    /// A line of one's own.
    Line(String),
}

/// A form that came back with something wrong in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// On which email.
    pub step: Step,
    /// Which act.
    pub act: Act,
    /// The day and time, or the line, as typed.
    pub values: [String; 2],
    /// What is wrong with it.
    pub problem: String,
}

/// The acts that are open for one email, in the order of how often they are used.
#[must_use]
pub fn of(
    email: &EmailFacts,
    facts: &PlanFacts,
    case: &Case,
    now: &Zoned,
    who: &str,
    typed: Option<&Typed>,
) -> Vec<ActForm> {
    let order = [Act::Unskip, Act::Resume, Act::Line, Act::Move, Act::SendNow, Act::Hold, Act::Skip];
    let open = order.into_iter().filter(|act| may(*act, email.state, email.skipped_by.is_some()).is_ok());
    open.map(|act| {
        let typed = typed.filter(|typed| (typed.step, typed.act) == (email.step, act));
        form(act, email, (facts, case), now, who, typed)
    })
    .collect()
}

fn form(
    act: Act,
    email: &EmailFacts,
    (facts, case): (&PlanFacts, &Case),
    now: &Zoned,
    who: &str,
    typed: Option<&Typed>,
) -> ActForm {
    let typed_or = |at: usize, other: String| typed.map_or(other, |typed| typed.values[at].clone());
    let line = email.line.as_ref().map(|line| line.text.clone());
    let field = match act {
        Act::Move => Field::Time(typed_or(0, email.due.date().to_string()), typed_or(1, say::clock(&email.due))),
        Act::Line => Field::Line(typed_or(0, line.clone().unwrap_or_default())),
        _ => Field::None,
    };
    let due = say::moment(&email.due, now);
    let of_use = say::moment(&email.not_after.to_zoned(now.time_zone().clone()), now);
    let fixed = |word: &'static str, says: String, button: &str| (word, says, button.to_owned());
    let (word, says, button) = match act {
        Act::Skip => fixed("Skip", skipping(email, facts, case, &due), "Skip this email"),
        Act::Unskip => fixed("Put it back", format!("It goes {due}, as if nobody had skipped it."), "Put it back"),
        Act::Hold => {
            let says = format!("It waits until somebody resumes it. After {of_use} it is of no use and is not sent.");
            fixed("Hold", says, "Hold this email")
        }
        Act::Resume => fixed("Resume", resuming(email, case, now, &due), "Resume this email"),
        Act::SendNow => sending(email, facts, case, now, &due),
        Act::Move => {
            let window = &case.clinic.send_window;
            let (from, to) = (say::hour(window.from()), say::hour(window.to()));
            let says = format!("Between {from} and {to}, and until {of_use}. By the clinic’s clock.");
            fixed("Change time", says, "Change the time")
        }
        Act::Line => {
            let says =
                format!("Printed in the email, signed “{who}”. One paragraph of plain words. Empty takes it out.");
            fixed(if line.is_some() { "Edit your line" } else { "Add a line" }, says, "Keep the line")
        }
        Act::Withhold => fixed("Leave out", String::new(), ""),
    };
    ActForm { id: act.id(), word, says, button, field, problem: typed.map(|typed| typed.problem.clone()) }
}

fn skipping(email: &EmailFacts, facts: &PlanFacts, case: &Case, due: &str) -> String {
    let others = facts.emails.iter().filter(|other| other.step != email.step && other.waits()).count();
    let others = match others {
        0 => "No other email waits".to_owned(),
        1 => "The other email that waits stays as it is".to_owned(),
        many => format!("The other {many} emails that wait stay as they are"),
    };
    let name = case.client.first_name.as_str();
    format!("{name} does not get this email. {others}. You can put it back until {due}.")
}

fn resuming(email: &EmailFacts, case: &Case, now: &Zoned, due: &str) -> String {
    let name = case.client.first_name.as_str();
    if email.may_have_arrived {
        return format!("It may have arrived before. Resumed, {name} can get it a second time.");
    }
    if email.due <= *now {
        return format!("Its time was {due}. It goes at once, or when emails leave again.");
    }
    format!("It goes {due}, as planned.")
}

fn sending(
    email: &EmailFacts,
    facts: &PlanFacts,
    case: &Case,
    now: &Zoned,
    due: &str,
) -> (&'static str, String, String) {
    let to = address(case);
    let (says, button) = match send_now(&limits(Act::SendNow, email, facts, case, now)) {
        Ok(leaves) if leaves <= *now => {
            (format!("It goes to {to} at once, instead of {due}. It cannot be called back."), "Send it now".into())
        }
        Ok(leaves) => {
            let leaves = say::moment(&leaves, now);
            let says = format!("No email leaves at this hour. It goes to {to} {leaves}, instead of {due}.");
            (says, format!("Send it {leaves}"))
        }
        Err(why) => (why, String::new()),
    };
    ("Send now", says, button)
}

fn address(case: &Case) -> &str {
    case.client.email.as_ref().map_or("the client", |email| email.as_str())
}

/// What a new time of this email has to fit between.
#[must_use]
pub fn limits<'a>(act: Act, email: &EmailFacts, facts: &PlanFacts, case: &'a Case, now: &Zoned) -> Limits<'a> {
    let other =
        |other: &&EmailFacts| other.step != Step::Prepare && email.step != Step::Prepare && other.skipped_by.is_none();
    let counts = |other: &&EmailFacts| {
        // One that is sent now must not overtake one that waits; one that left is before it anyway.
        other.waits() || (act == Act::Move && matches!(other.state, Some(State::Sent | State::Sending)))
    };
    let at = |other: &EmailFacts| (other.step, other.due.timestamp());
    let all = || facts.emails.iter().filter(other).filter(counts);
    Limits {
        step: email.step,
        not_after: email.not_after,
        case,
        previous: all().filter(|other| other.step < email.step).map(at).max_by_key(|(_, due)| *due),
        following: all().filter(|other| other.step > email.step).map(at).min_by_key(|(_, due)| *due),
        now: now.timestamp(),
    }
}
