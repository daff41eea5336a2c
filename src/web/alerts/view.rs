//! One alert as its page shows it: until when, who is next, the telephone, what was answered, what
//! happened and what will, and what has to be written down to close it.

use jiff::{Timestamp, Zoned};

use crate::clinic::alert::{Alert, Mail, Outcome, Standing, TRIES, word};
use crate::clinic::catalogue::Tier;
use crate::clinic::ids::{AccountId, AlertId, ClientId, VisitId};
use crate::clinic::letter::telephone_link;
use crate::store::alert::{Event, What};
use crate::web::say;

/// One line of the list.
#[derive(Debug)]
pub struct Row {
    /// Which one.
    pub id: AlertId,
    /// Whose.
    pub name: String,
    /// When it was opened.
    pub when: String,
    /// How it stands.
    pub line: String,
    /// The icon of its tier.
    pub icon: &'static str,
    /// Whether it is the loudest thing on the page.
    pub loud: bool,
    /// Whether it is open beside the list.
    pub here: bool,
}

/// What is known about one alert.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The alert.
    pub alert: Alert,
    /// The client's name.
    pub name: String,
    /// The client's telephone; may be empty.
    pub phone: String,
    /// The number for emergencies, as the clinic gives it.
    pub emergency_number: String,
    /// What happened so far.
    pub events: Vec<Event>,
    /// The names of everyone who works here.
    pub people: Vec<(AccountId, String)>,
    /// The next addresses that are told, in order.
    pub next: Vec<String>,
    /// The clinic's deadlines from one telling to the next.
    pub later: Vec<Timestamp>,
    /// What was answered; empty for those who may not see it.
    pub answers: Vec<(&'static str, Vec<String>)>,
    /// The visit; none for an intake without one.
    pub visit: Option<Visit>,
    /// How many emails are held.
    pub held: usize,
    /// Whether the reader may write into the note.
    pub writes: bool,
}

/// The visit an alert is about.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Which one.
    pub id: VisitId,
    /// When, with whom and what.
    pub facts: Vec<String>,
}

/// One line of what happened or will.
#[derive(Debug)]
pub struct Line {
    /// When.
    pub at: String,
    /// The icon.
    pub icon: &'static str,
    /// What.
    pub words: String,
    /// Whether it is still to come.
    pub ahead: bool,
}

/// One alert on its page.
#[derive(Debug)]
pub struct AlertView {
    pub(super) id: AlertId,
    pub(super) client: ClientId,
    pub(super) version: u32,
    pub(super) tier: &'static str,
    pub(super) icon: &'static str,
    pub(super) title: String,
    pub(super) line: String,
    pub(super) standing: &'static str,
    pub(super) phone: String,
    pub(super) dial: Option<String>,
    pub(super) answers: Vec<(&'static str, Vec<String>)>,
    pub(super) visit: Option<Visit>,
    pub(super) lines: Vec<Line>,
    pub(super) say: Vec<String>,
    pub(super) outcomes: Vec<(&'static str, &'static str)>,
    pub(super) outcome: Option<String>,
    pub(super) held: Option<String>,
    pub(super) people: Vec<(String, String, bool)>,
    pub(super) writes: bool,
}

const fn icon(tier: Tier) -> &'static str {
    match tier {
        Tier::Emergency => "octagon",
        Tier::SameDay => "triangle",
        Tier::CallClinic | Tier::Expected => "phone",
    }
}

/// The line of an alert in the list. `people` are those who work here.
#[must_use]
pub fn row(alert: &Alert, name: &str, people: &[(AccountId, String)], here: bool, now: &Zoned) -> Row {
    let local = |at: Timestamp| at.to_zoned(now.time_zone().clone());
    let line = match (alert.standing, alert.outcome) {
        (Standing::Closed, Some(outcome)) => outcome.words().to_owned(),
        (Standing::Taken, _) => format!("{}. {} has it.", word(alert.tier), owner(alert, people)),
        _ if alert.is_overdue(now.timestamp()) => {
            format!("{}. Overdue since {}.", word(alert.tier), say::moment(&local(alert.due_at), now))
        }
        _ => format!("{}. Take it by {}.", word(alert.tier), moment(&local(alert.due_at), now)),
    };
    Row {
        id: alert.id,
        name: name.to_owned(),
        when: moment(&local(alert.opened_at), now),
        line,
        icon: icon(alert.tier),
        loud: alert.standing == Standing::Open && alert.tier == Tier::Emergency,
        here,
    }
}

impl AlertView {
    /// The page's view of an alert.
    #[must_use]
    pub fn of(facts: &Facts, now: &Zoned) -> Self {
        let alert = &facts.alert;
        let first = facts.name.split(' ').next().unwrap_or_default().to_owned();
        Self {
            id: alert.id,
            client: alert.client,
            version: alert.version,
            tier: alert.tier.id(),
            icon: icon(alert.tier),
            title: format!("{}: {}", word(alert.tier), facts.name),
            line: headline(facts, now),
            standing: alert.standing.id(),
            dial: telephone_link(&facts.phone),
            lines: lines(facts, now),
            say: what_to_say(alert.tier, &facts.emergency_number, &first),
            outcomes: Outcome::offered(alert.tier).map(|one| (one.id(), one.words())).collect(),
            outcome: alert.outcome.map(|one| one.words().to_owned()),
            held: (alert.mail == Mail::Held).then(|| match facts.held {
                0 => "No email waits now, and later ones start held.".into(),
                1 => "1 email is held.".into(),
                more => format!("{more} emails are held."),
            }),
            people: facts
                .people
                .iter()
                .map(|(id, name)| (id.to_string(), name.clone(), alert.owner == Some(*id)))
                .collect(),
            phone: facts.phone.clone(),
            answers: facts.answers.clone(),
            visit: facts.visit.clone(),
            writes: facts.writes,
        }
    }
}

fn headline(facts: &Facts, now: &Zoned) -> String {
    let alert = &facts.alert;
    let local = |at: Timestamp| at.to_zoned(now.time_zone().clone());
    let due = moment(&local(alert.due_at), now);
    let next = facts.next.first().filter(|_| alert.next_at.is_some());
    let then = next.map_or_else(|| " Everyone on the list has been told.".into(), |to| format!(" Then {to} is told."));
    match alert.standing {
        Standing::Open if alert.is_overdue(now.timestamp()) => {
            format!("Nobody has taken it. It was due by {due}.{then}")
        }
        Standing::Open => format!("Nobody has taken it. Take it by {due}.{then}"),
        Standing::Taken => format!("{} has it. Write down what happened to close it.", owner(alert, &facts.people)),
        Standing::Closed => {
            let by = alert.closed_by.and_then(|id| name_of(id, &facts.people)).unwrap_or_else(|| "Somebody".into());
            let at = alert.closed_at.map(|at| say::moment(&local(at), now)).unwrap_or_default();
            format!("Closed {at} by {by}.")
        }
    }
}

fn owner(alert: &Alert, people: &[(AccountId, String)]) -> String {
    alert.owner.and_then(|id| name_of(id, people)).unwrap_or_else(|| "Somebody".into())
}

fn name_of(id: AccountId, people: &[(AccountId, String)]) -> Option<String> {
    people.iter().find(|(one, _)| *one == id).map(|(_, name)| name.clone())
}

/// What happened, then what will.
fn lines(facts: &Facts, now: &Zoned) -> Vec<Line> {
    let at = |at: Timestamp| moment(&at.to_zoned(now.time_zone().clone()), now);
    let happened = facts.events.iter().map(|event| {
        let (icon, words) = told(event, &facts.people);
        Line { at: at(event.at), icon, words, ahead: false }
    });
    let will = facts.later.iter().zip(&facts.next).enumerate().map(|(place, (when, to))| {
        let words = if place == 0 { "If nobody takes it" } else { "If still nobody" };
        Line { at: at(*when), icon: "clock", words: format!("{words}: email to {to}."), ahead: true }
    });
    happened.chain(will).collect()
}

fn told(event: &Event, people: &[(AccountId, String)]) -> (&'static str, String) {
    let who = event.by.and_then(|id| name_of(id, people)).unwrap_or_else(|| "Somebody".into());
    match event.what {
        What::Opened => ("octagon", "An answer opened it. What to do was on the client’s screen at once.".into()),
        What::Answered => ("doc", "More answers came in. They stand with the first.".into()),
        What::Raised => ("triangle", "More answers came in, and it became more urgent.".into()),
        What::Held => ("pause", event.words.clone()),
        What::Told => ("mail", format!("Email to {}, without health details.", event.words)),
        What::Taken => ("tick", format!("{who} took it.")),
        What::HandedOn => ("person", format!("{who} handed it on to {}.", event.words)),
        What::NoAnswer => ("phone", format!("{who} called. No answer.")),
        What::Spoke => ("phone", format!("{who} spoke with the client.")),
        What::Noted => ("pencil", format!("{who}: {}", event.words)),
        What::Released => ("mail", format!("{who} released the held emails.")),
        What::CalledOff => ("no", format!("{who} called the held emails off.")),
        What::Closed => ("tick", format!("{who} closed it: {}.", event.words)),
    }
}

/// What one says on the telephone, by tier. Nothing of the answers stands in it.
fn what_to_say(tier: Tier, number: &str, first: &str) -> Vec<String> {
    let no_advice = "Do not advise rest, heat or stretches.".to_owned();
    match tier {
        Tier::Emergency => vec![
            format!("“{first}, you need emergency care now. Do not wait for it to pass.”"),
            format!("“Call {number}, or have someone take you to the emergency room.”"),
            format!("Sooner is safer with this sign. {no_advice}"),
        ],
        Tier::SameDay => vec![
            format!("“{first}, please see a doctor today. Do not wait until tomorrow.”"),
            format!("“If it gets worse before that, call {number}.”"),
            no_advice,
        ],
        Tier::CallClinic | Tier::Expected => vec![
            format!("“{first}, thank you for telling us. How is it now?”"),
            "Go through the warning signs of the visit. If one fits, it is more urgent than this alert.".into(),
        ],
    }
}

/// How often nobody answered.
#[must_use]
pub fn tries(events: &[Event]) -> usize {
    events.iter().filter(|event| event.what == What::NoAnswer).count().min(TRIES)
}

/// "14:36", or with its day when that is not today.
fn moment(at: &Zoned, now: &Zoned) -> String {
    if at.date() == now.date() { say::clock(at) } else { say::moment(at, now) }
}
