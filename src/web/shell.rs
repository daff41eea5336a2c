//! What every staff page has around it: the strip, the bar with the clinic's clock, the rooms.

use jiff::Zoned;

use super::guard::Who;
use super::{assets, say};
use crate::clinic::account::Action;
use crate::store::login::Workplace;

/// The vendored library that loads parts of a page.
const HTMX: &str = "vendor/htmx-2.0.11.min.js";

/// The rooms one can walk to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// The day board and the visits on it.
    Day,
    /// What needs a person at once.
    Alerts,
    /// The notes that wait for a signature.
    Notes,
    /// The built-in mailbox.
    Mailbox,
    /// Where to start in the demo.
    Start,
    /// The client register.
    Clients,
    /// The letters, for those who write them.
    Letters,
    /// Who works here.
    People,
    /// What a new clinic has to do next.
    Welcome,
    /// One's own account.
    Account,
    /// None of them, such as an error page.
    Nowhere,
}

/// One room in the bar.
#[derive(Clone, Copy, Debug)]
pub struct Tab {
    /// Where it leads.
    pub href: &'static str,
    /// What it says.
    pub word: &'static str,
    /// Whether one stands in it.
    pub here: bool,
    /// How many things wait there; nothing is said of none.
    pub waiting: usize,
}

/// The frame of a page.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The clinic's name.
    pub clinic: String,
    /// Whether this is the demo.
    pub demo: bool,
    /// Whether a clinician has signed the clinical catalogue off.
    pub signed_off: bool,
    /// Where one stands.
    pub room: Room,
    /// The clinic's time: "14:24".
    pub time: String,
    /// Date and time of the clinic: "Fri 27 March 2026, 14:24".
    pub clock_words: String,
    /// The stylesheet's address, with its content in the name.
    pub stylesheet: String,
    /// The icon's address.
    pub icon: String,
    /// The addresses of the scripts.
    pub scripts: [String; 2],
    /// How many things a new clinic still has to do, for its admin.
    pub to_do: usize,
    /// How many alerts have no outcome.
    pub alerts: usize,
    /// Who is signed in.
    pub person: Option<Person>,
    /// What every form carries; empty when nobody is signed in.
    pub csrf: String,
    /// What stands in the search.
    pub asked: String,
}

/// The person in the bar.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The role's word.
    pub role: &'static str,
    /// The other clinics this person works at: the account there, and the name.
    pub elsewhere: Vec<(String, String)>,
    /// Whether the list of staff is theirs to see.
    pub manages_staff: bool,
    /// Whether they write notes.
    pub writes_notes: bool,
    /// Whether they look after the mail.
    pub sees_delivery: bool,
    /// Whether they may erase a client.
    pub erases_clients: bool,
    /// Whether they write letters.
    pub edits_letters: bool,
}

impl Shell {
    /// The frame at this moment of the clinic's clock.
    #[must_use]
    pub fn new(clinic: impl Into<String>, now: &Zoned, room: Room, demo: bool, signed_off: bool) -> Self {
        Self {
            clinic: clinic.into(),
            demo,
            signed_off,
            room,
            time: say::clock(now),
            clock_words: format!("{}, {}", say::full_day(now.date()), say::clock(now)),
            stylesheet: assets::address("app.css"),
            icon: assets::address("icon.svg"),
            scripts: [HTMX, "app.js"].map(assets::address),
            to_do: 0,
            alerts: 0,
            person: None,
            csrf: String::new(),
            asked: String::new(),
        }
    }

    /// The same frame with this member of staff in it.
    #[must_use]
    pub fn signed_in(mut self, who: &Who, places: &[Workplace]) -> Self {
        self.csrf.clone_from(&who.csrf);
        self.person = Some(Person {
            name: who.name.to_string(),
            role: who.role.word(),
            elsewhere: places
                .iter()
                .filter(|place| place.account != who.account)
                .map(|place| (place.account.to_string(), place.clinic_name.clone()))
                .collect(),
            manages_staff: who.may(Action::ManageStaff),
            writes_notes: who.may(Action::WriteNotes),
            sees_delivery: who.may(Action::SeeDelivery),
            erases_clients: who.may(Action::EraseClients),
            edits_letters: who.may(Action::EditLetters),
        });
        self
    }

    /// The same frame with this in its search.
    #[must_use]
    pub fn asking(mut self, question: &str) -> Self {
        self.asked = question.into();
        self
    }

    /// The same frame with what is still to do.
    #[must_use]
    pub const fn with_to_do(mut self, to_do: usize) -> Self {
        self.to_do = to_do;
        self
    }

    /// The same frame with so many alerts without an outcome.
    #[must_use]
    pub const fn with_alerts(mut self, alerts: usize) -> Self {
        self.alerts = alerts;
        self
    }

    /// The same frame with nobody in it.
    #[must_use]
    pub fn for_nobody(mut self) -> Self {
        self.csrf.clear();
        self.person = None;
        self
    }

    /// The strip's sentence, while there is one to say.
    #[must_use]
    pub fn notices(&self) -> Option<String> {
        let draft = (!self.signed_off).then_some("The clinical catalogue is a draft: no clinician has signed it off.");
        let mail = self.demo.then_some("Emails go to the built-in mailbox, never to clients.");
        let sentences: Vec<&str> = draft.into_iter().chain(mail).collect();
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }

    /// Whether the person looks after the mail.
    #[must_use]
    pub fn sees_delivery(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.sees_delivery)
    }

    /// Whether the person may erase a client.
    #[must_use]
    pub fn erases_clients(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.erases_clients)
    }

    /// The rooms of the bar.
    #[must_use]
    pub fn tabs(&self) -> Vec<Tab> {
        let tab = |href, word, room| Tab { href, word, here: self.room == room, waiting: 0 };
        let mut tabs = vec![tab("/day", "Day", Room::Day), tab("/clients", "Clients", Room::Clients)];
        tabs.push(Tab { waiting: self.alerts, ..tab("/alerts", "Alerts", Room::Alerts) });
        if self.person.as_ref().is_some_and(|person| person.writes_notes) {
            tabs.push(tab("/notes", "Notes", Room::Notes));
        }
        if self.person.as_ref().is_some_and(|person| person.edits_letters) {
            tabs.push(tab("/letters", "Letters", Room::Letters));
        }
        if self.to_do > 0 {
            tabs.push(tab("/welcome", "What to do next", Room::Welcome));
        }
        if self.demo {
            tabs.push(tab("/mailbox", "Mailbox", Room::Mailbox));
            tabs.push(tab("/demo", "Start here", Room::Start));
        }
        tabs
    }
}
