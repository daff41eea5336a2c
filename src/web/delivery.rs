//! How mail leaves: what is due and why it waits, what went wrong in plain words, the mail servers, and
//! the switch that stops everything. For reception and the admin; no health fact and no letter's text.

pub mod acts;
pub mod addresses;
pub mod hold;
pub mod load;
mod view;

use askama::Template;

use crate::clinic::fields::FieldErrors;
use crate::web::badge::Badge;
use crate::web::shell::Shell;

/// `GET /delivery`.
#[derive(Debug, Template)]
#[template(path = "delivery/page.html")]
pub struct DeliveryPage {
    pub(super) shell: Shell,
    pub(super) verdict: Verdict,
    pub(super) paused: Option<Paused>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) states: Vec<(Badge, String)>,
    pub(super) providers: Vec<Provider>,
    pub(super) unsure: Vec<Item>,
    pub(super) ended: Vec<Item>,
    pub(super) more_ended: bool,
    pub(super) relays: Vec<RelayRow>,
    pub(super) workers: Vec<String>,
    pub(super) places: Vec<Place>,
    /// The relays one can choose from, and the chosen one; empty unless there is a choice and it is theirs.
    pub(super) relay_options: Vec<(String, String)>,
    pub(super) chosen: String,
    pub(super) typed: String,
    pub(super) errors: FieldErrors,
}

/// How it stands, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The banner's class.
    pub look: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// The sentence.
    pub title: String,
    /// What to do, or nothing.
    pub texts: Vec<String>,
}

/// That mail is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    /// Whether it is on hold since a restore; then nobody stopped it, and there is no reason.
    pub restored: bool,
    /// By whom.
    pub who: String,
    /// Since when.
    pub since: String,
    /// Why.
    pub reason: String,
}

/// What is due and waits for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// For what.
    pub why: String,
    /// How many.
    pub count: usize,
    /// The oldest of them was due then.
    pub oldest: String,
    /// When the next of them goes.
    pub next: String,
}

/// The mail of one provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Sent in the last 24 hours.
    pub sent: usize,
    /// Due and waiting.
    pub waiting: usize,
    /// Did not go out, or nobody knows.
    pub wrong: usize,
    /// That it is left in peace, until when, in its words.
    pub note: String,
}

/// An email that did not go as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which one.
    pub id: String,
    /// Whose.
    pub client: String,
    /// The client's page.
    pub client_id: String,
    /// As typed; may be empty.
    pub phone: String,
    /// As a link dials it.
    pub dial: Option<String>,
    /// Where it went.
    pub to: String,
    /// "Day 1, due yesterday 16:00".
    pub letter: String,
    /// Where it is.
    pub state: Badge,
    /// What happened, in plain words.
    pub what: String,
    /// What to do.
    pub then: String,
    /// The server's own words; may be empty.
    pub said: String,
}

/// One mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayRow {
    /// Host and port.
    pub name: String,
    /// How it stands.
    pub state: Badge,
    /// When it last took mail.
    pub worked: String,
    /// What was last wrong, in plain words; may be empty.
    pub trouble: String,
    /// Its own words; may be empty.
    pub said: String,
}

/// Another clinic where one works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Due and waiting.
    pub waiting: usize,
    /// Waits for a person's word.
    pub open: usize,
    /// Did not go out within a week.
    pub ended: usize,
    /// Whether its mail is stopped.
    pub paused: bool,
}

/// `GET /delivery/emails/{id}`: what to do with one that may have arrived.
#[derive(Debug, Template)]
#[template(path = "delivery/one.html")]
pub struct OnePage {
    pub(super) shell: Shell,
    pub(super) email: Item,
    /// Until when it is of use, if it still is.
    pub(super) of_use: Option<String>,
}

/// `GET /delivery/hold`: what goes out as soon as the hold after a restore ends.
#[derive(Debug, Template)]
#[template(path = "delivery/hold.html")]
pub struct HoldPage {
    pub(super) shell: Shell,
    pub(super) on_hold: Option<OnHold>,
    pub(super) emails: Vec<Going>,
    pub(super) notices: Vec<Going>,
    pub(super) more: bool,
    /// Whether they may end it.
    pub(super) releases: bool,
}

/// That mail is on hold since a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnHold {
    /// When the backup was put back.
    pub since: String,
    /// The last thing it knows of.
    pub known_until: String,
}

/// What goes out as soon as the hold ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Going {
    /// Whose, or what kind of notice.
    pub what: String,
    /// The client's page; none for a notice.
    pub client_id: Option<String>,
    /// Which letter, when it was due, and where it goes.
    pub letter: String,
    /// Whether it was due before the restore, so that it may have gone out already.
    pub before: bool,
}

/// `GET /delivery/addresses`.
#[derive(Debug, Template)]
#[template(path = "delivery/addresses.html")]
pub struct AddressesPage {
    pub(super) shell: Shell,
    pub(super) addresses: Vec<Stopped>,
    pub(super) more: bool,
    pub(super) resumes: bool,
}

/// An address that gets no mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The address.
    pub address: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: String,
    /// What that rests on; may be empty.
    pub evidence: String,
    /// Whose, when a notice says so.
    pub client: Option<String>,
}
