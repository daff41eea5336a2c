//! The aftercare plan as a timeline, and one email of it opened: offered, withheld, always in.

pub mod open;

use jiff::Zoned;
use jiff::tz::Offset;

use crate::clinic::case::Case;
use crate::clinic::catalogue::Tier;
use crate::clinic::catalogue::{AdviceKind, Catalogue};
use crate::clinic::ids::EmailId;
use crate::clinic::outbox::State;
use crate::clinic::plan::{Content, LetterId, NotSent, Plan};
use crate::clinic::protocol::Step;
use crate::web::badge::Badge;
use crate::web::say;
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
}

/// What is known of the aftercare of one visit.
#[derive(Clone, Debug, Default)]
pub struct PlanFacts {
    /// Its emails, in any order.
    pub emails: Vec<EmailFacts>,
    /// The steps that do not go out.
    pub not_sent: Vec<NotSent>,
}

impl PlanFacts {
    /// A plan that has not started: how it will be.
    #[must_use]
    pub fn forecast(plan: &Plan) -> Self {
        let email = |email: &crate::clinic::plan::PlannedEmail| EmailFacts {
            id: None,
            step: email.step,
            letter: email.letter,
            due: email.due.clone(),
            state: None,
            note: String::new(),
            subject: String::new(),
            content: email.content.clone(),
        };
        Self { emails: plan.emails.iter().map(email).collect(), not_sent: plan.not_sent.clone() }
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
        }
    }
}

fn not_sent(all: &[NotSent]) -> Vec<(String, String)> {
    let mut rows: Vec<(Vec<String>, &str)> = Vec::new();
    for one in all {
        match rows.iter_mut().find(|(_, reason)| *reason == one.reason) {
            Some((names, _)) => names.push(name(one.step).into()),
            None => rows.push((vec![name(one.step).into()], &one.reason)),
        }
    }
    rows.into_iter().map(|(names, reason)| (say::list(&names), say::small(reason))).collect()
}

/// The name staff read.
#[must_use]
pub const fn name(step: Step) -> &'static str {
    match step {
        Step::SameDay => "Same day",
        Step::DayOne => "Day 1",
        Step::DayThree => "Day 3",
        Step::DaySeven => "Day 7",
        Step::Prepare => "Preparation",
    }
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
        name: name(email.step),
        day: say::capital(&say::near_day(email.due.date(), now.date())),
        time: say::clock(&email.due),
        subject: email.subject.clone(),
        state: Badge::of_state(email.state),
        dot: match email.state {
            Some(State::Sent) => "is-sent",
            Some(State::Failed | State::Held | State::Uncertain) => "is-bad",
            Some(State::Cancelled | State::Suppressed | State::Expired) => "is-off",
            _ => "is-waiting",
        },
        chips: chips(&email.content, catalogue),
        note: email.note.clone(),
        chosen,
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
