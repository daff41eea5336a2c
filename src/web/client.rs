//! The client register on the pages: finding someone, registering someone, one person on one page.

pub mod consents;
pub mod edit;
pub mod emails;
pub mod erasure;
pub mod form;
pub mod hold;
pub mod list;
pub mod load;
pub mod new;
pub mod timeline;

use askama::Template;
use jiff::Zoned;

use super::badge::Badge;
use super::measures::Week;
use super::pain::{self, Curve, Pain};
use super::say;
use super::shell::Shell;
use crate::clinic::choice::Topic;
use crate::clinic::ids::{ClientId, IntakeId};
use crate::clinic::letter::telephone_link;
use crate::store::client::Registered;
use consents::ConsentRow;
use emails::Message;
use timeline::{Entry, Kind};

/// First and last name of a registered client.
#[must_use]
pub fn full_name(client: &Registered) -> String {
    let last = client.client.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    format!("{}{last}", client.client.first_name)
}

/// "46, born 1 Feb 1980".
#[must_use]
pub fn age(client: &Registered, now: &Zoned) -> String {
    client.client.born.map_or_else(
        || "Date of birth not known".into(),
        |born| {
            let years = born.until((jiff::Unit::Year, now.date())).map_or(0, |span| span.get_years());
            format!("{years}, born {}", say::birthday(born))
        },
    )
}

/// Something about the mail of this client that staff should settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailTrouble {
    /// What is wrong.
    pub title: String,
    /// What to do about it.
    pub text: String,
    /// Whether mail can be let go there again by a click.
    pub can_resume: bool,
}

/// What is loaded for one client.
#[derive(Debug)]
pub struct ClientFacts {
    /// Who.
    pub client: Registered,
    /// Everything that happened, newest first.
    pub entries: Vec<Entry>,
    /// Every email without its text, newest first.
    pub messages: Vec<Message>,
    /// What the client agreed to.
    pub consents: Vec<ConsentRow>,
    /// What is wrong with their mail.
    pub trouble: Option<MailTrouble>,
    /// The word of the latest brief, for reception too.
    pub level: Option<Badge>,
    /// What the client stopped by themselves, and since when.
    pub stopped: Vec<(Topic, String)>,
    /// Pain over time; empty for those who may not see it.
    pub pain: Vec<Pain>,
    /// What was told after a week, newest first.
    pub weeks: Vec<Week>,
    /// The intake whose words wait to be read, for those who may.
    pub to_read: Option<IntakeId>,
    /// Since when the record is on legal hold, for those who may end it.
    pub held: Option<String>,
}

/// `GET /clients/{id}`.
#[derive(Debug, Template)]
#[template(path = "client/page.html")]
pub struct ClientPage {
    shell: Shell,
    id: ClientId,
    name: String,
    facts: Vec<String>,
    /// What it is, what it says, and the address that dials it.
    contact: Vec<(&'static str, String, Option<String>)>,
    trouble: Option<MailTrouble>,
    level: Option<Badge>,
    to_read: Option<IntakeId>,
    held: Option<String>,
    chosen: Option<Kind>,
    kinds: Vec<(Kind, usize)>,
    all: usize,
    entries: Vec<Entry>,
    messages: Vec<Message>,
    consents: Vec<ConsentRow>,
    stopped: Vec<(Topic, String)>,
    curve: Option<Curve>,
    pain: Vec<(String, u8, String)>,
    weeks: Vec<Week>,
}

impl ClientPage {
    /// The page, with one kind of entry chosen or all.
    #[must_use]
    pub fn of(shell: Shell, facts: ClientFacts, chosen: Option<Kind>, now: &Zoned) -> Self {
        let client = &facts.client;
        let count = |kind: Kind| facts.entries.iter().filter(|entry| entry.kind == kind).count();
        let kinds = Kind::ALL.into_iter().map(|kind| (kind, count(kind))).filter(|(_, count)| *count > 0).collect();
        Self {
            id: client.id,
            name: full_name(client),
            facts: vec![age(client, now)],
            contact: contact(client),
            trouble: facts.trouble,
            level: facts.level,
            to_read: facts.to_read,
            held: facts.held,
            chosen,
            kinds,
            all: facts.entries.len(),
            entries: facts.entries.into_iter().filter(|entry| chosen.is_none_or(|kind| entry.kind == kind)).collect(),
            messages: facts.messages,
            consents: facts.consents,
            stopped: facts.stopped,
            curve: Curve::of(&facts.pain),
            pain: pain::table(&facts.pain),
            weeks: facts.weeks,
            shell,
        }
    }
}

impl ClientPage {
    fn is_chosen(&self, kind: &Kind) -> bool {
        self.chosen.as_ref() == Some(kind)
    }
}

fn contact(client: &Registered) -> Vec<(&'static str, String, Option<String>)> {
    let or = |text: Option<String>, nothing: &str| text.unwrap_or_else(|| nothing.to_owned());
    let phone = Some(client.phone.clone()).filter(|phone| !phone.is_empty());
    let language = client.client.locale.as_deref().map_or("The clinic’s language", form::language);
    vec![
        ("Phone", or(phone, "Not known"), telephone_link(&client.phone)),
        ("Email", or(client.client.email.as_ref().map(ToString::to_string), "Not known"), None),
        ("Aftercare", if client.client.on_paper { "On paper" } else { "By email" }.to_owned(), None),
        ("Letters in", language.to_owned(), None),
    ]
}
