//! Everything that happened with a client, newest first: visits, intakes, notes, emails, check-ins,
//! consents and who changed what. Reception sees that it happened and when; what it says is for those who treat.

use std::collections::HashMap;

use jiff::Zoned;

use super::consents::{in_language, word};
use super::emails::Message;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::checkin::{By, Submission};
use crate::clinic::choice::Topic;
use crate::clinic::client::Field;
use crate::clinic::ids::{AccountId, VisitId};
use crate::clinic::intake::changes::changes;
use crate::clinic::intake::{Consent, Intake};
use crate::clinic::wish::Wish;
use crate::store::audit::Entry as Deed;
use crate::store::check_in::CheckIn;
use crate::store::consent::Change;
use crate::store::intake::Given;
use crate::store::note::Line as NoteLine;
use crate::store::visit::{Appointment, VisitState};
use crate::web::badge::Badge;
use crate::web::{say, visit};

/// A kind of entry, to look at alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each kind is its own name")]
pub enum Kind {
    Visits,
    Intakes,
    Notes,
    Emails,
    CheckIns,
    Consents,
    Changes,
}

impl Kind {
    /// In the order of the filter.
    pub const ALL: [Self; 7] =
        [Self::Visits, Self::Intakes, Self::Notes, Self::Emails, Self::CheckIns, Self::Consents, Self::Changes];

    /// The word in the address.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Visits => "visits",
            Self::Intakes => "intakes",
            Self::Notes => "notes",
            Self::Emails => "emails",
            Self::CheckIns => "check-ins",
            Self::Consents => "consents",
            Self::Changes => "changes",
        }
    }

    /// The kind of this word.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// The word on the filter.
    #[must_use]
    pub fn word(&self) -> String {
        say::capital(self.id())
    }
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it happened; for a booked visit, when it will.
    pub at: Zoned,
    /// Of which kind.
    pub kind: Kind,
    /// Its icon.
    pub icon: &'static str,
    /// What happened.
    pub title: String,
    /// More about it, a line each.
    pub texts: Vec<String>,
    /// A state, where there is one.
    pub badge: Option<Badge>,
    /// Where more stands, and the words of each link.
    pub links: Vec<(String, &'static str)>,
}

impl Entry {
    /// "Fri 27 Mar 2026".
    #[must_use]
    pub fn day(&self) -> String {
        self.at.strftime("%a %-d %b %Y").to_string()
    }

    /// "16:00".
    #[must_use]
    pub fn clock(&self) -> String {
        say::clock(&self.at)
    }
}

/// What the entries are made of, and for whose eyes.
pub struct Told<'a> {
    /// The clinic's clock.
    pub now: &'a Zoned,
    /// Where words come from.
    pub catalogue: &'a Catalogue,
    /// Names of staff by account.
    pub staff: &'a HashMap<AccountId, String>,
    /// What other programs are or were called, by token.
    pub programs: &'a HashMap<String, String>,
    /// Whether answers, letters and notes may be read.
    pub sees_health: bool,
}

impl Told<'_> {
    fn at(&self, at: jiff::Timestamp) -> Zoned {
        at.to_zoned(self.now.time_zone().clone())
    }

    fn name(&self, who: &str) -> String {
        let account = who.parse().ok().and_then(|id: AccountId| self.staff.get(&id).cloned());
        let known = account.or_else(|| self.programs.get(who).cloned());
        known.unwrap_or_else(|| if who == "system" { "The program".into() } else { "Somebody".into() })
    }

    /// A link to what only those who treat may read.
    fn linked(&self, href: String, words: &'static str) -> Vec<(String, &'static str)> {
        if self.sees_health { vec![(href, words)] } else { Vec::new() }
    }

    /// A visit, booked or over.
    #[must_use]
    pub fn visit(&self, visit: &Appointment) -> Entry {
        let treatment = &visit.treatment;
        let technique = self.catalogue.technique(&treatment.technique);
        let technique = technique.map_or_else(|| treatment.technique.to_string(), |one| one.label.clone());
        let (icon, badge) = match visit.state {
            VisitState::Booked => ("calendar", Badge::new("outline", "calendar", "Booked")),
            VisitState::InProgress => ("calendar", Badge::new("outline", "clock", "In progress")),
            VisitState::Completed => ("calendar", Badge::new("plain", "tick", "Completed")),
            VisitState::Cancelled => ("no", Badge::new("outline", "no", "Cancelled")),
            VisitState::NoShow => ("no", Badge::new("outline", "no", "No-show")),
        };
        let with = visit.therapist.and_then(|id| self.staff.get(&id)).map(|name| format!("With {name}"));
        let how = self.sees_health.then(|| {
            say::capital(&format!("{}, {}", treatment.pressure.word(), visit::brief::regions(&treatment.regions)))
        });
        let mut links = self.linked(format!("/visits/{}", visit.id), "Open the visit");
        if visit.state == VisitState::Completed {
            links.extend(self.linked(format!("/visits/{}/handout", visit.id), "Printed sheet"));
        }
        Entry {
            at: self.at(visit.starts_at),
            kind: Kind::Visits,
            icon,
            title: format!("Visit: {technique}"),
            texts: with.into_iter().chain(how).collect(),
            badge: Some(badge),
            links,
        }
    }

    /// An intake, and in how many answers it differs from the one before.
    #[must_use]
    pub fn intake(&self, given: &Given, before: Option<&Given>) -> Entry {
        let by = if given.entered_by == "client" {
            "Filled in by the client".to_owned()
        } else {
            format!("Typed in by {}", self.name(&given.entered_by))
        };
        let what = before.map(|before| {
            let topics = topics(&before.answers, &given.answers);
            let count = changes(&before.answers, &given.answers).len();
            match (count.max(topics.len()), self.sees_health) {
                (0, _) => "Nothing changed since the one before".to_owned(),
                (many, false) => format!("{} changed since the one before", say::count(many, "answer")),
                (_, true) => {
                    let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
                    format!("Changed since the one before: {}", say::list(&topics))
                }
            }
        });
        Entry {
            at: self.at(given.given_at),
            kind: Kind::Intakes,
            icon: "clipboard",
            title: if before.is_some() { "Intake" } else { "First intake" }.into(),
            texts: std::iter::once(by).chain(what).collect(),
            badge: None,
            links: self.linked(format!("/clients/{}/intakes/{}", given.client, given.id), "Read the answers"),
        }
    }

    /// A note, by its title alone.
    #[must_use]
    pub fn note(&self, note: &NoteLine) -> Entry {
        let signed = note.signed_at.is_some();
        Entry {
            at: self.at(note.signed_at.unwrap_or(note.changed_at)),
            kind: Kind::Notes,
            icon: if signed { "lock" } else { "half" },
            title: if signed { "Session note" } else { "Session note, draft" }.into(),
            texts: vec![format!("By {}", note.changed_by)],
            badge: Some(if signed {
                Badge::new("plain", "lock", "Signed")
            } else {
                Badge::new("amber", "half", "Not signed")
            }),
            links: self.linked(format!("/visits/{}", note.visit), "Open the visit"),
        }
    }

    /// An email, with a link to the exact text for those who may read it.
    #[must_use]
    pub fn email(&self, message: &Message) -> Entry {
        let words = if message.subject.is_some() { "Read what was sent" } else { "Read it as it stands now" };
        let texts = [message.subject.clone().map(|subject| format!("“{subject}”")), Some(format!("To {}", message.to))];
        Entry {
            at: message.at.clone(),
            kind: Kind::Emails,
            icon: "mail",
            title: format!("Email: {}", message.name),
            texts: texts
                .into_iter()
                .flatten()
                .chain(Some(message.note.clone()).filter(|note| !note.is_empty() && !message.sent))
                .collect(),
            badge: Some(message.state.clone()),
            links: self.linked(format!("/visits/{}/emails/{}", message.visit, message.step.id()), words),
        }
    }

    /// One answer after a visit. How it went is for those who treat; that a person has to act is for all.
    #[must_use]
    pub fn check_in(&self, check_in: &CheckIn, told: &Submission) -> Entry {
        let by = match told.by {
            By::Client => "Answered by the client".to_owned(),
            By::Staff(account) => format!("Told by phone, typed in by {}", self.name(&account.to_string())),
        };
        let pain = told.answers.pain.filter(|_| self.sees_health).map(|pain| format!("Pain {} of 10", pain.score()));
        Entry {
            at: self.at(told.at),
            kind: Kind::CheckIns,
            icon: "question",
            title: format!("Check-in: {}", check_in.step.name()),
            texts: std::iter::once(by).chain(pain).collect(),
            badge: told.triage.alert.map(|_| Badge::new("red-line", "triangle", "Opened an alert")),
            links: self.linked(format!("/visits/{}", check_in.visit), "Read the answers"),
        }
    }

    /// A consent given or taken back.
    #[must_use]
    pub fn consent(&self, change: &Change) -> Entry {
        let verb = if change.given { "Agreed to" } else { "Withdrew" };
        Entry {
            at: self.at(change.at),
            kind: Kind::Consents,
            icon: if change.given { "circle-tick" } else { "no" },
            title: format!("{verb}: {}", say::small(word(change.purpose))),
            texts: vec![format!("Wording {}{}", change.wording_version, in_language(change.lang))],
            badge: None,
            links: Vec::new(),
        }
    }

    /// A deed from the audit, where it is not an entry of its own already.
    #[must_use]
    pub fn change(&self, deed: &Deed, visits: &HashMap<String, (VisitId, Zoned)>) -> Option<Entry> {
        let (action, detail) = deed.action.split_once(':').unwrap_or((&deed.action, ""));
        let visit = visits.get(&deed.record_id).map(|(_, starts)| say::moment(starts, self.now));
        let title = match action {
            "client.registered" => "Registered".to_owned(),
            "client.corrected" => format!("Corrected: {}", fields(detail)),
            "consent.given" => format!("Recorded the consent to {}", purpose(detail)),
            "consent.withdrawn" => format!("Recorded the withdrawal of {}", purpose(detail)),
            "choice.stopped" => format!("Stopped: {}", topic(detail)),
            "choice.resumed" => format!("Wants again: {}", topic(detail)),
            "address.asked" => "Asked for a new email address".to_owned(),
            "address.undone" => "Took the new email address back".to_owned(),
            "wish.asked" => say::capital(Wish::of(detail)?.title()),
            "wish.seen_to" => format!("Saw to it: {}", Wish::of(detail)?.title()),
            "handout.given" => format!("Handed over the printed sheet for the visit {}", visit?),
            "visit.booked" => format!("Booked the visit {}", visit?),
            "visit.moved" => format!("Moved the visit, now {}", visit?),
            "visit.cancelled" => format!("Cancelled the visit {}", visit?),
            "visit.missed" => format!("Marked as no-show, the visit {}", visit?),
            "visit.taken_back" => format!("Took back that the visit {} is off", visit?),
            "visit.technique" => format!("Booked another technique for the visit {}", visit?),
            "visit.completed" => format!("Completed the visit {}", visit?),
            _ => return None,
        };
        Some(Entry {
            at: self.at(deed.at),
            kind: Kind::Changes,
            icon: if action == "handout.given" { "print" } else { "pencil" },
            title,
            texts: vec![format!(
                "By {}",
                if deed.role == "client" { "the client".into() } else { self.name(&deed.who) }
            )],
            badge: None,
            links: Vec::new(),
        })
    }
}

fn fields(ids: &str) -> String {
    let labels = ids.split(',').filter_map(Field::of).map(|field| say::small(field.label()));
    say::list(&labels.collect::<Vec<_>>())
}

fn topic(id: &str) -> String {
    Topic::of(id).map(|topic| say::small(topic.word())).unwrap_or_default()
}

fn purpose(id: &str) -> String {
    Consent::ALL.into_iter().find(|one| one.id() == id).map(|one| say::small(word(one))).unwrap_or_default()
}

/// The questions of the form that two intakes answer differently.
fn topics(before: &Intake, after: &Intake) -> Vec<&'static str> {
    [
        ("conditions", before.conditions != after.conditions),
        ("what was left blank", before.unanswered != after.unanswered),
        ("anything else", before.other_conditions != after.other_conditions),
        ("pain", before.pain_now != after.pain_now || before.marks != after.marks),
        ("medicines", before.medicines != after.medicines),
        ("allergies", before.allergies != after.allergies),
        ("what the client does all day", before.daily_load != after.daily_load),
        ("hopes", before.goals != after.goals),
        ("a doctor’s word", before.clearance != after.clearance),
    ]
    .into_iter()
    .filter_map(|(topic, differs)| differs.then_some(topic))
    .collect()
}
