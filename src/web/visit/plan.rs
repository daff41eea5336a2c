//! The aftercare plan as a timeline, and one email of it opened: offered, withheld, always in.

pub mod act;
pub mod acts;
pub(in crate::web) mod facts;
pub mod load;
pub mod open;
pub mod page;
pub mod since;

use jiff::tz::Offset;
use jiff::{Timestamp, Zoned};

use crate::clinic::case::Case;
use crate::clinic::catalogue::Tier;
use crate::clinic::catalogue::{AdviceKind, Catalogue};
use crate::clinic::ids::{EmailId, VisitId};
use crate::clinic::outbox::{Act, State, may};
use crate::clinic::plan::line::PersonalLine;
use crate::clinic::plan::since::Change;
use crate::clinic::plan::{Content, LetterId, NotSent, Plan, PlannedEmail};
use crate::clinic::protocol::Step;
use crate::web::badge::Badge;
use crate::web::say;
use acts::{ActForm, Typed};
use open::{OpenEmail, opened};

/// What is known of one email of a visit.
#[derive(Clone, Debug)]
pub struct EmailFacts {
    /// Its row, once there is one.
    pub id: Option<EmailId>,
    /// Which step.
    pub step: Step,
    /// Which letter.
    pub letter: LetterId,
    /// The language and version it was planned in, once it has a row.
    pub planned_in: Option<(String, u32)>,
    /// When it leaves, by the clinic's clock.
    pub due: Zoned,
    /// Where it is in its life; nothing while the plan has not started.
    pub state: Option<State>,
    /// What happened, in a sentence; may be empty.
    pub note: String,
    /// Its subject; may be empty while it is not written.
    pub subject: String,
    /// What it says.
    pub content: Content,
    /// Until when it is of use.
    pub not_after: Timestamp,
    /// The therapist's own line in it.
    pub line: Option<PersonalLine>,
    /// Who skipped it.
    pub skipped_by: Option<String>,
    /// Whether somebody chose its time.
    pub moved: bool,
    /// How many acts there were on it.
    pub revision: u32,
    /// Whether it was on the wire before.
    pub may_have_arrived: bool,
    /// Whether it left, and what it said is kept no longer.
    pub text_is_gone: bool,
}

impl EmailFacts {
    /// An email of a plan that has not started.
    #[must_use]
    pub fn planned(email: &PlannedEmail) -> Self {
        Self {
            id: None,
            step: email.step,
            letter: email.letter,
            planned_in: None,
            due: email.due.clone(),
            state: None,
            note: String::new(),
            subject: String::new(),
            content: email.content.clone(),
            not_after: email.not_after,
            line: None,
            skipped_by: None,
            moved: false,
            revision: 0,
            may_have_arrived: false,
            text_is_gone: false,
        }
    }

    /// Whether it is still to go out.
    #[must_use]
    pub fn waits(&self) -> bool {
        let waits = matches!(self.state, None | Some(State::Scheduled | State::Claimed | State::Held));
        waits && self.skipped_by.is_none()
    }
}

/// What is known of the aftercare of one visit.
#[derive(Clone, Debug, Default)]
pub struct PlanFacts {
    /// Its emails, in any order.
    pub emails: Vec<EmailFacts>,
    /// The steps that do not go out.
    pub not_sent: Vec<NotSent>,
    /// Whether it has started.
    pub started: bool,
    /// The visit of that day it goes with, and when that starts.
    pub with: Option<(VisitId, String)>,
    /// When the other visits of that day start, which go with this one.
    pub joined: Vec<String>,
    /// What is different from the plan as it was made.
    pub since: Vec<Change>,
    /// The visits of that day as one, when there is more to it than this visit.
    pub together: Option<Case>,
}

impl PlanFacts {
    /// A plan that has not started: how it will be.
    #[must_use]
    pub fn forecast(plan: &Plan) -> Self {
        let emails = plan.emails.iter().map(EmailFacts::planned).collect();
        Self { emails, not_sent: plan.not_sent.clone(), ..Self::default() }
    }
}

/// The plan in words.
#[derive(Debug)]
pub struct PlanView {
    /// "5 emails, the next tomorrow 16:00".
    pub summary: String,
    /// Where they go and whether the client agreed.
    pub to: String,
    /// The timeline.
    pub stops: Vec<Stop>,
    /// What does not go out, and why; steps with the same reason stand together.
    pub not_sent: Vec<(String, String)>,
    /// The email that is open.
    pub open: Option<OpenEmail>,
    /// What the client is called.
    pub first_name: String,
    /// The visit of that day it goes with, and when that starts.
    pub with: Option<(VisitId, String)>,
    /// That other visits of the day go with this one; may be empty.
    pub joined: String,
    /// What is different from the plan as it was made: which email, and what.
    pub since: Vec<(String, String)>,
}

/// One stop of the timeline.
#[derive(Debug)]
pub enum Stop {
    /// The visit itself, with what was done.
    Visit {
        /// Day and time it ends.
        ends: (String, String),
        /// Technique, pressure, regions.
        done: String,
    },
    /// An email.
    Email(Box<Card>),
    /// The clocks change here.
    Clocks(String),
}

/// One email on the timeline.
#[derive(Debug)]
pub struct Card {
    /// The id of its step.
    pub step: &'static str,
    /// "Day 3".
    pub name: &'static str,
    /// "Mon 30 Mar".
    pub day: String,
    /// "09:00".
    pub time: String,
    /// Its subject; may be empty.
    pub subject: String,
    /// Its state, shape and word.
    pub state: Badge,
    /// The class of its dot.
    pub dot: &'static str,
    /// What is in it.
    pub chips: Vec<Badge>,
    /// What happened; may be empty.
    pub note: String,
    /// Whether it is the one that is open.
    pub chosen: bool,
    /// The therapist's own line; may be empty.
    pub line: String,
    /// How many acts there were on it.
    pub revision: u32,
    /// What can be done about it; empty on pages to read.
    pub acts: Vec<ActForm>,
}

impl PlanView {
    /// The plan of this visit, with the chosen email open, or else the next to go.
    #[must_use]
    pub fn of(case: &Case, facts: &PlanFacts, catalogue: &Catalogue, chosen: Option<Step>, now: &Zoned) -> Self {
        let mut emails: Vec<&EmailFacts> = facts.emails.iter().collect();
        emails.sort_by_key(|email| email.due.timestamp());
        let waiting = |email: &&&EmailFacts| matches!(email.state, None | Some(State::Scheduled));
        let open = emails
            .iter()
            .find(|email| Some(email.step) == chosen)
            .or_else(|| emails.iter().find(waiting))
            .or_else(|| emails.first());
        let open = open.copied();
        let ended = case.visit.ends_at.to_zoned(case.clinic.zone.rules().clone());
        let address = case.client.email.as_ref().map_or("No email address is known", |email| email.as_str());
        let treatment = &case.visit.treatment;
        let technique = catalogue.technique(&treatment.technique);
        let technique = technique.map_or_else(|| treatment.technique.to_string(), |technique| technique.label.clone());
        let done =
            format!("{technique}, {}, {}.", treatment.pressure.word(), super::brief::regions(&treatment.regions));
        Self {
            summary: summary(&emails, now),
            to: address.into(),
            stops: stops(&emails, (&ended, done), open, catalogue, now),
            not_sent: not_sent(&facts.not_sent),
            open: open.map(|email| opened(email, case, catalogue)),
            first_name: case.client.first_name.to_string(),
            with: facts.with.clone(),
            joined: joined(&facts.joined),
            since: since::told(&facts.since, catalogue, now),
        }
    }

    /// The same with what can be done about each email, signed by this person.
    #[must_use]
    pub fn with_acts(mut self, case: &Case, facts: &PlanFacts, now: &Zoned, who: &str, typed: Option<&Typed>) -> Self {
        for stop in &mut self.stops {
            let Stop::Email(card) = stop else { continue };
            if let Some(email) = facts.emails.iter().find(|email| email.step.id() == card.step) {
                card.acts = acts::of(email, facts, case, now, who, typed);
            }
        }
        if let Some(open) = &mut self.open
            && let Some(email) = facts.emails.iter().find(|email| email.step.id() == open.step)
        {
            open.can_withhold = may(Act::Withhold, email.state, email.skipped_by.is_some()).is_ok();
        }
        self
    }
}

/// "One series of emails for this visit and the one at 10:00".
fn joined(others: &[String]) -> String {
    if others.is_empty() {
        return String::new();
    }
    let visits = if others.len() == 1 { "visit" } else { "visits" };
    format!("One series of emails for this visit and the {} {visits} of that day", say::list(others))
}

fn not_sent(all: &[NotSent]) -> Vec<(String, String)> {
    let mut rows: Vec<(Vec<String>, &str)> = Vec::new();
    for one in all {
        match rows.iter_mut().find(|(_, reason)| *reason == one.reason) {
            Some((names, _)) => names.push(one.step.name().into()),
            None => rows.push((vec![one.step.name().into()], &one.reason)),
        }
    }
    rows.into_iter().map(|(names, reason)| (say::list(&names), say::small(reason))).collect()
}

/// The name staff read.
#[must_use]
pub const fn name(step: Step) -> &'static str {
    step.name()
}

fn summary(emails: &[&EmailFacts], now: &Zoned) -> String {
    if emails.is_empty() {
        return "No emails go out".into();
    }
    let next = next(emails.iter().map(|email| (&email.due, email.state)));
    let sent = emails.iter().filter(|email| email.state == Some(State::Sent)).count();
    match (next, sent) {
        (Some(next), 0) => format!("{}, the first {}", say::count(emails.len(), "email"), say::moment(next, now)),
        (Some(next), _) => format!("{sent} of {} sent, next {}", emails.len(), say::moment(next, now)),
        (None, 1) if emails.len() == 1 => "Sent".into(),
        (None, _) if sent == emails.len() => format!("All {sent} sent"),
        (None, _) => format!("{sent} of {} sent, none waiting", emails.len()),
    }
}

/// What the board says of a visit's aftercare: "Next tomorrow 16:00".
#[must_use]
pub fn glance(emails: &[(Zoned, State)], now: &Zoned) -> String {
    if let Some(next) = next(emails.iter().map(|(due, state)| (due, Some(*state)))) {
        return format!("Next {}", say::moment(next, now));
    }
    match emails.iter().filter(|(_, state)| *state == State::Sent).count() {
        1 if emails.len() == 1 => "Sent".into(),
        sent if sent == emails.len() => format!("All {sent} sent"),
        sent => format!("{sent} of {} sent", emails.len()),
    }
}

/// When the next email that waits is due.
fn next<'a>(emails: impl Iterator<Item = (&'a Zoned, Option<State>)>) -> Option<&'a Zoned> {
    let waiting =
        emails.filter(|(_, state)| matches!(state, None | Some(State::Scheduled | State::Claimed | State::Sending)));
    waiting.map(|(due, _)| due).min_by_key(|due| due.timestamp())
}

fn stops(
    emails: &[&EmailFacts],
    (ended, done): (&Zoned, String),
    open: Option<&EmailFacts>,
    catalogue: &Catalogue,
    now: &Zoned,
) -> Vec<Stop> {
    let card = |email: &EmailFacts| {
        let chosen = open.is_some_and(|one| one.step == email.step);
        Stop::Email(Box::new(card(email, chosen, catalogue, now)))
    };
    let (before, after): (Vec<&EmailFacts>, Vec<&EmailFacts>) = emails.iter().partition(|email| email.due < *ended);
    let mut stops: Vec<Stop> = before.into_iter().map(card).collect();
    let day = say::capital(&say::near_day(ended.date(), now.date()));
    stops.push(Stop::Visit { ends: (day, say::clock(ended)), done });
    let mut last = ended.clone();
    for email in after {
        if let Some(words) = clocks_between(&last, &email.due) {
            stops.push(Stop::Clocks(words));
        }
        stops.push(card(email));
        last = email.due.clone();
    }
    stops
}

/// A sentence when the clinic's clocks change between two moments.
fn clocks_between(from: &Zoned, to: &Zoned) -> Option<String> {
    let seconds = |offset: Offset| offset.seconds();
    let change = from.time_zone().following(from.timestamp()).find(|change| change.offset() != from.offset())?;
    if change.timestamp() > to.timestamp() {
        return None;
    }
    let way = if seconds(change.offset()) > seconds(from.offset()) { "forward" } else { "back" };
    let day = change.timestamp().to_zoned(from.time_zone().clone()).date();
    Some(format!("Clocks go {way} on {}. Times stay as they are.", say::long_day(day)))
}

fn card(email: &EmailFacts, chosen: bool, catalogue: &Catalogue, now: &Zoned) -> Card {
    Card {
        step: email.step.id(),
        name: email.step.name(),
        day: say::capital(&say::near_day(email.due.date(), now.date())),
        time: say::clock(&email.due),
        subject: email.subject.clone(),
        state: state(email),
        dot: match email.state {
            _ if email.skipped_by.is_some() && email.state != Some(State::Sent) => "is-off",
            Some(State::Sent) => "is-sent",
            Some(State::Failed | State::Held | State::Uncertain) => "is-bad",
            Some(State::Cancelled | State::Suppressed | State::Expired) => "is-off",
            _ => "is-waiting",
        },
        chips: chips(&email.content, catalogue),
        note: email.note.clone(),
        chosen,
        line: email.line.as_ref().map(|line| line.text.clone()).unwrap_or_default(),
        revision: email.revision,
        acts: Vec::new(),
    }
}

/// Where an email is in its life, and who took it out of it.
fn state(email: &EmailFacts) -> Badge {
    match (&email.skipped_by, email.state) {
        (Some(who), None | Some(State::Cancelled)) => Badge::new("outline", "no", format!("Skipped by {who}")),
        (_, Some(State::Scheduled)) if email.moved => Badge::new("indigo", "clock", "Time changed"),
        (_, state) => Badge::of_state(state),
    }
}

fn chips(content: &Content, catalogue: &Catalogue) -> Vec<Badge> {
    let chip = |icon, word: String| Badge::new("chip", icon, word);
    let has = |kind| content.advice.iter().filter_map(|id| catalogue.advice_item(id)).any(|item| item.kind == kind);
    let advice = [
        (AdviceKind::Heat, "heat", "Warm pack"),
        (AdviceKind::Hydration, "drop", "Drinking"),
        (AdviceKind::Movement, "walk", "Movement"),
        (AdviceKind::Prepare, "calendar", "How to prepare"),
    ];
    let advice = advice.into_iter().filter(|(kind, ..)| has(*kind)).map(|(_, icon, word)| chip(icon, word.into()));
    let moves = content.stretches.len();
    let moves = (moves > 0).then(|| chip("walk", say::count(moves, "stretch").replace("stretchs", "stretches")));
    let warnings = content.warning_signs.iter().filter(|sign| sign.tier != Tier::Expected).count();
    let signs = chip("octagon", say::count(warnings, "warning sign"));
    let check_in = content.check_in.then(|| chip("question", "Check-in".into()));
    let left_out = content.withheld.len();
    let left_out = (left_out > 0).then(|| chip("no", format!("{left_out} withheld")));
    advice.chain(moves).chain([signs]).chain(check_in).chain(left_out).collect()
}
