//! `GET /demo`: what time it is at the clinic, what to look at first, who works there and whose
//! visits tell a story. Only the demo has this page, and with it a
//! key to each door: one button signs in as one of the staff.

pub mod enter;
pub mod load;

use askama::Template;
use jiff::Zoned;

use super::badge::Badge;
use super::day::DayVisit;
use super::say;
use super::shell::Shell;
use crate::clinic::account::Role;
use crate::clinic::brief::{Aftercare, Brief, TaskKind};
use crate::clinic::catalogue::Level;
use crate::clinic::ids::EmailId;
use crate::store::account::Account;

/// What is loaded for the page.
#[derive(Clone, Debug)]
pub struct DemoFacts {
    /// The staff.
    pub staff: Vec<Account>,
    /// The visits of the days around today, in their order.
    pub visits: Vec<DayVisit>,
    /// The newest email of the mailbox, and how many there are.
    pub newest: Option<(EmailId, usize)>,
    /// When the next email is due.
    pub next: Option<Zoned>,
    /// How much faster the clinic's clock runs than the reader's.
    pub rate: f64,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "demo/page.html")]
pub struct DemoPage {
    shell: Shell,
    today: String,
    speed: Speed,
    first: Option<First>,
    today_words: String,
    newest: Option<(EmailId, usize)>,
    next: Option<String>,
    people: Vec<Person>,
    stories: Vec<Story>,
}

/// How fast the clinic's clock runs, in words.
#[derive(Debug)]
struct Speed {
    day: String,
    mails: Option<String>,
}

/// The visit to look at first.
#[derive(Debug)]
struct First {
    href: String,
    name: String,
}

/// One member of staff, and where their work is.
#[derive(Debug)]
struct Person {
    account: String,
    name: String,
    role: &'static str,
    does: &'static str,
    now: String,
    href: String,
    first: String,
}

/// One client whose visit shows something.
#[derive(Debug)]
struct Story {
    href: String,
    name: String,
    when: String,
    badge: Badge,
    says: &'static str,
}

impl DemoPage {
    /// The page at this moment of the clinic's clock.
    #[must_use]
    pub fn of(shell: Shell, facts: &DemoFacts, now: &Zoned) -> Self {
        let today: Vec<&DayVisit> =
            facts.visits.iter().filter(|visit| visit.starts.date() == now.date() && !visit.is_off()).collect();
        let left = today.iter().filter(|visit| !visit.is_over(now)).count();
        let today_words = match (today.len(), left) {
            (0, _) => "Nobody comes today; the arrows lead to other days.".into(),
            (all, 0) => format!("{} today, all over.", say::count(all, "visit")),
            (all, left) => format!("{} today, {left} still to come or in the room.", say::count(all, "visit")),
        };
        let first = first(&facts.visits, now);
        let people = facts.staff.iter().map(|account| person(account, facts, now)).collect();
        Self {
            shell,
            today: say::long_day(now.date()),
            speed: speed(facts.rate),
            first: first.map(|visit| First { href: format!("/visits/{}", visit.id), name: visit.client.clone() }),
            today_words,
            newest: facts.newest,
            next: facts.next.as_ref().map(|due| say::moment(due, now)),
            people,
            stories: stories(&facts.visits, now),
        }
    }
}

/// "A day passes in 4 minutes here", and what that means for the mail of one visit.
fn speed(rate: f64) -> Speed {
    if rate <= 1.0 {
        return Speed { day: "It runs as fast as yours.".into(), mails: None };
    }
    let hours = |hours: f64| lasts(hours * 3600.0 / rate);
    Speed {
        day: format!("A day passes in {} here.", hours(24.0)),
        mails: Some(format!(
            "A visit that ends now sends its first email in about {}, its last in about {}.",
            hours(3.0),
            hours(7.0 * 24.0)
        )),
    }
}

/// "45 seconds", "4 minutes", "2 hours", rounded.
fn lasts(seconds: f64) -> String {
    let (number, unit) = match seconds {
        short if short < 100.0 => (short, "second"),
        middle if middle < 100.0 * 60.0 => (middle / 60.0, "minute"),
        long => (long / 3600.0, "hour"),
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few hundred at most, never negative"
    )]
    let number = number.round().max(1.0) as usize;
    say::count(number, unit)
}

/// The next visit with an area to avoid says the most; else the one with the most cautions.
fn first<'a>(visits: &'a [DayVisit], now: &Zoned) -> Option<&'a DayVisit> {
    let ahead = || visits.iter().filter(|visit| !visit.is_off() && !visit.is_over(now));
    let local =
        |visit: &&DayVisit| visit.brief.as_ref().is_some_and(|brief| brief.level == Level::LocalContraindication);
    ahead()
        .find(local)
        .or_else(|| ahead().max_by_key(|visit| visit.brief.as_ref().map_or(0, |brief| brief.cautions.len())))
}

fn person(account: &Account, facts: &DemoFacts, now: &Zoned) -> Person {
    let (does, start) = match account.role {
        Role::Reception => ("Sees who comes, who has no intake, and what needs a person.", "/day"),
        Role::Therapist => ("Reads the brief before the session and the plan after it.", "/day"),
        Role::Admin => ("Answers for the letters, the catalogue and what clients get.", "/mailbox"),
    };
    let own = |visit: &&DayVisit| visit.therapist == account.name.as_str() && !visit.is_off() && !visit.is_over(now);
    let next = facts.visits.iter().find(own);
    let (now, href) = match next {
        Some(next) => {
            (format!("Next: {}, {}.", next.client, say::moment(&next.starts, now)), format!("/visits/{}", next.id))
        }
        None => (String::new(), start.into()),
    };
    let name = account.name.to_string();
    let first = name.split_whitespace().next().unwrap_or(&name).to_owned();
    Person { account: account.id.to_string(), role: account.role.word(), does, now, href, first, name }
}

/// One visit for each thing that can be special about one, the next of its kind.
fn stories(visits: &[DayVisit], now: &Zoned) -> Vec<Story> {
    type Kind = (fn(&DayVisit) -> bool, &'static str);
    let kinds: [Kind; 8] = [
        (
            |visit| level(visit, Level::Contraindication),
            "The session does not take place. Emails carry only the urgent signs.",
        ),
        (
            |visit| {
                level(visit, Level::MedicalClearance) && has(visit, |brief| brief.aftercare == Aftercare::EmergencyOnly)
            },
            "No advice leaves until a doctor’s word is recorded.",
        ),
        (
            |visit| level(visit, Level::LocalContraindication),
            "Areas to avoid on the body map, and a gentler technique than the one booked.",
        ),
        (|visit| has_task(visit, TaskKind::Guardian), "Under 18: a guardian agrees before anything else."),
        (
            |visit| has(visit, unread),
            "Wrote something in their own words. No heat, no stretches until a person has read it.",
        ),
        (|visit| visit.brief.is_none(), "Has not answered anything yet. Unknown is not safe, so nothing is assumed."),
        (|visit| visit.brief.is_some() && !visit.reachable, "Has no email address, so the signs go home on paper."),
        (
            |visit| visit.brief.is_some() && visit.reachable && !visit.consents,
            "Did not agree to emails, so none is sent. Not even a kind one.",
        ),
    ];
    let mut stories: Vec<Story> = Vec::new();
    for (is_one, says) in kinds {
        let fits = |visit: &&DayVisit| !visit.is_off() && is_one(visit);
        let ahead = visits.iter().filter(|visit| !visit.is_over(now)).find(fits);
        let Some(visit) = ahead.or_else(|| visits.iter().rev().find(fits)) else { continue };
        let badge = visit.brief.as_ref().map_or_else(|| Badge::new("amber", "dashed", "No intake"), Badge::of_brief);
        stories.push(Story {
            href: format!("/visits/{}", visit.id),
            name: visit.client.clone(),
            when: say::moment(&visit.starts, now),
            badge,
            says,
        });
    }
    stories
}

fn has(visit: &DayVisit, is_so: impl Fn(&Brief) -> bool) -> bool {
    visit.brief.as_ref().is_some_and(is_so)
}

fn level(visit: &DayVisit, level: Level) -> bool {
    has(visit, |brief| brief.level == level)
}

fn has_task(visit: &DayVisit, kind: TaskKind) -> bool {
    has(visit, |brief| brief.tasks.iter().any(|task| task.kind == kind))
}

/// Whether "anything else" is filled in and nobody has read it.
fn unread(brief: &Brief) -> bool {
    let free = brief.tasks.iter().filter(|task| task.kind == TaskKind::ReviewFreeText);
    free.flat_map(|task| &task.because).any(|reason| reason.id == "other_conditions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_told_in_the_reader_s_time() {
        assert_eq!(speed(1440.0).day, "A day passes in 60 seconds here.");
        assert_eq!(speed(360.0).day, "A day passes in 4 minutes here.");
        assert_eq!(
            speed(1440.0).mails.as_deref(),
            Some("A visit that ends now sends its first email in about 8 seconds, its last in about 7 minutes.")
        );
        assert_eq!(speed(1.0).day, "It runs as fast as yours.");
        assert_eq!(lasts(0.2), "1 second");
    }
}
