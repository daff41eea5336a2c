//! Webhooks: what other programs can hear of, where they may be called, when a call is tried again, and how it is
//! signed (Standard Webhooks). A call carries ids and never health text: whoever may know more asks for it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use url::{Host, Url};

use super::mail_server::is_inside;

/// What every secret begins with.
pub const PREFIX: &str = "whsec_";

/// So long a call is tried; after that nobody is there any more.
pub const GIVES_UP: SignedDuration = SignedDuration::from_hours(72);

/// The longest address.
const LONGEST: usize = 500;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    /// A client was registered or corrected.
    ClientChanged,
    /// A visit was completed, and its aftercare began.
    VisitCompleted,
    /// Answers of an intake were given.
    IntakeSubmitted,
    /// A server took an email.
    MessageSent,
    /// An email was refused for good.
    MessageFailed,
    /// A client said how it went.
    CheckInReceived,
    /// An alert was opened.
    AlertOpened,
    /// What happened to an alert was written down.
    AlertClosed,
}

/// What a webhook hears of.
pub type Events = BTreeSet<Event>;

impl Event {
    /// Every event.
    pub const ALL: [Self; 8] = [
        Self::ClientChanged,
        Self::VisitCompleted,
        Self::IntakeSubmitted,
        Self::MessageSent,
        Self::MessageFailed,
        Self::CheckInReceived,
        Self::AlertOpened,
        Self::AlertClosed,
    ];

    /// The id in calls, tables and forms.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ClientChanged => "client.changed",
            Self::VisitCompleted => "visit.completed",
            Self::IntakeSubmitted => "intake.submitted",
            Self::MessageSent => "message.sent",
            Self::MessageFailed => "message.failed",
            Self::CheckInReceived => "check_in.received",
            Self::AlertOpened => "alert.opened",
            Self::AlertClosed => "alert.closed",
        }
    }

    /// The event of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.id() == id)
    }

    /// The event that a deed of the audit is. Whatever others can hear of is in the audit, written in the same
    /// transaction: so nothing is told that did not happen, and nothing happens untold.
    #[must_use]
    pub fn of_deed(action: &str) -> Option<Self> {
        // What exactly was corrected stands behind a colon.
        Some(match action.split(':').next().unwrap_or_default() {
            "client.registered" | "client.corrected" => Self::ClientChanged,
            "visit.completed" => Self::VisitCompleted,
            "intake.sent" | "intake.saved" | "intake.confirmed" => Self::IntakeSubmitted,
            "email.sent" => Self::MessageSent,
            "email.failed" => Self::MessageFailed,
            "check_in.given" => Self::CheckInReceived,
            "alert.opened" => Self::AlertOpened,
            "alert.closed" => Self::AlertClosed,
            _ => return None,
        })
    }

    /// What it is, for the admin who ticks it.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::ClientChanged => "A client was registered or corrected",
            Self::VisitCompleted => "A visit was completed",
            Self::IntakeSubmitted => "An intake was given",
            Self::MessageSent => "An email was sent",
            Self::MessageFailed => "An email failed",
            Self::CheckInReceived => "A client answered a check-in",
            Self::AlertOpened => "An alert was opened",
            Self::AlertClosed => "An alert was closed",
        }
    }
}

/// The events of these ids.
///
/// # Errors
/// A sentence that names the first that is none, or says that there are none at all.
pub fn events<'a>(ids: impl IntoIterator<Item = &'a str>) -> Result<Events, String> {
    let all = ids.into_iter().map(|id| {
        Event::of(id).ok_or_else(|| {
            let known: Vec<&str> = Event::ALL.into_iter().map(Event::id).collect();
            format!("“{id}” is no event. There are {}.", known.join(", "))
        })
    });
    let all: Events = all.collect::<Result<_, _>>()?;
    if all.is_empty() { Err("Pick at least one thing that it should hear of.".into()) } else { Ok(all) }
}

/// The address to call, as somebody typed it. `inside`: machines of one's own network and plain http are allowed.
///
/// # Errors
/// A sentence for the field.
pub fn address(typed: &str, inside: bool) -> Result<Url, String> {
    let typed = typed.trim();
    let wrong = || "Write the whole address, such as https://booking.example.org/aftercare.".to_owned();
    if typed.is_empty() || typed.len() > LONGEST {
        return Err(wrong());
    }
    let url = Url::parse(typed).map_err(|_| wrong())?;
    if url.scheme() != "https" && !(inside && url.scheme() == "http") {
        return Err("Only https addresses are called, so that nobody reads along.".into());
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("Leave user, password and everything behind a # out of the address; each call is signed.".into());
    }
    let is_local = match url.host().ok_or_else(wrong)? {
        Host::Domain(name) => is_local(name),
        Host::Ipv4(address) => is_inside(IpAddr::V4(address)),
        Host::Ipv6(address) => is_inside(IpAddr::V6(address)),
    };
    if is_local && !inside {
        return Err("This is a machine inside your own network. Whoever runs this system can allow that.".into());
    }
    Ok(url)
}

fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost"
        || !name.contains('.')
        || [".localhost", ".local", ".internal", ".lan"].iter().any(|end| name.ends_with(end))
}

/// When a call is tried again that did not arrive, after so many tries; none: it is given up.
#[must_use]
pub fn next_try(attempts: u32, made_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let wait = match attempts {
        0 | 1 => SignedDuration::from_secs(5),
        2 => SignedDuration::from_mins(1),
        3 => SignedDuration::from_mins(5),
        4 => SignedDuration::from_mins(30),
        5 => SignedDuration::from_hours(2),
        6 => SignedDuration::from_hours(5),
        _ => SignedDuration::from_hours(10),
    };
    let last = made_at.checked_add(GIVES_UP).ok()?;
    // The last try is when the time is up, and not half a day before.
    (now < last).then(|| now.checked_add(wait).map_or(last, |next| next.min(last)))
}

/// What is signed: the id of the call, the second it is made in, and the body.
#[must_use]
pub fn signed_text(id: &str, second: i64, body: &str) -> String {
    format!("{id}.{second}.{body}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_found_by_its_id_and_by_the_deed_it_is() {
        assert!(Event::ALL.into_iter().all(|event| Event::of(event.id()) == Some(event)));
        assert!(Event::ALL.is_sorted(), "in the order of the list");
        assert_eq!(Event::of_deed("client.corrected:email,phone"), Some(Event::ClientChanged));
        assert_eq!(Event::of_deed("email.sent"), Some(Event::MessageSent));
        assert_eq!((Event::of_deed("email.sent_again_by_hand"), Event::of_deed("client.viewed")), (None, None));
        assert!(events(["nothing"]).is_err() && events([]).is_err());
    }

    #[test]
    fn only_https_addresses_of_the_open_network_are_called() {
        assert_eq!(
            address(" https://Hook.example.org/a?b=1 ", false).map(String::from).as_deref(),
            Ok("https://hook.example.org/a?b=1")
        );
        for wrong in [
            "",
            "hook.example.org",
            "http://hook.example.org/",
            "ftp://hook.example.org/",
            "https://user:word@hook.example.org/",
            "https://hook.example.org/#here",
            "https://localhost/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.0.0.1/",
            "https://10.0.0.8/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://nas.local/",
            "https://printer/",
            &format!("https://hook.example.org/{}", "x".repeat(500)),
        ] {
            assert!(address(wrong, false).is_err(), "{wrong}");
        }
        assert!(address("http://127.0.0.1:9000/", true).is_ok() && address("ftp://127.0.0.1/", true).is_err());
    }

    #[test]
    fn waits_grow_and_end_after_three_days() {
        let made: Timestamp = "2026-01-05T08:00:00Z".parse().expect("an instant");
        let (mut now, mut attempts, mut waits) = (made, 0, Vec::new());
        loop {
            attempts += 1;
            let Some(next) = next_try(attempts, made, now) else { break };
            waits.push(next.duration_since(now));
            now = next;
        }
        assert_eq!(now.duration_since(made), GIVES_UP, "the last try");
        assert_eq!(waits[..4], [5, 60, 300, 1800].map(SignedDuration::from_secs));
        assert!(waits[..waits.len() - 1].is_sorted() && waits.len() == 13, "{waits:?}");
    }
}
