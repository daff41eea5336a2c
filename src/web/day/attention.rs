//! What needs a person, worst first: a sentence each, with an act or two. Empty is good news and
//! says so. Reception is told what to do, never an answer or a reason.

mod alerts;
mod mail;
mod notices;
mod returned;
mod tasks;

use jiff::Zoned;

pub use alerts::Waiting;
pub use mail::Trouble;
pub use notices::Notice;
pub use returned::Returned;
pub use tasks::blanks;

use super::DayVisit;
use crate::clinic::ids::{AccountId, ClientId, IntakeId, VisitId, WishId};
use crate::clinic::wish::Wish;
use crate::web::say;

/// Who looks at the board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    /// Their own account, when they treat.
    pub own: Option<AccountId>,
    /// Whether they may see answers and reasons.
    pub health: bool,
    /// Whether they book and move visits.
    pub books: bool,
    /// Whether they may say that an email was seen to.
    pub mail: bool,
}

/// What needs a person beside the visits of these days.
#[derive(Clone, Debug, Default)]
pub struct Todos {
    /// Alerts without an outcome, the most urgent first.
    pub alerts: Vec<Waiting>,
    /// Emails of the clinic that went wrong or are held.
    pub troubles: Vec<Trouble>,
    /// Service mail that did not go out, or may not have arrived.
    pub notices: Vec<Notice>,
    /// Mail that came back.
    pub returned: Vec<Returned>,
    /// Visits that are over by the clock and that nobody closed.
    pub unclosed: Vec<Unclosed>,
    /// Signed by nobody: whose visit, and when it was.
    pub unsigned: Vec<(String, Zoned)>,
    /// Own words of clients that nobody has read, of those who do not come these days.
    pub unread: Vec<Unread>,
    /// What clients ask for by their pages.
    pub wishes: Vec<Wished>,
    /// Addresses of other programs that are switched off.
    pub webhooks: Vec<String>,
}

/// What a client asks for, or what follows from a choice of theirs.
#[derive(Clone, Debug)]
pub struct Wished {
    /// Which one.
    pub id: WishId,
    /// Whose.
    pub client_id: ClientId,
    /// Their name.
    pub client: String,
    /// What it is.
    pub wish: Wish,
    /// Since when.
    pub since: Zoned,
}

/// A visit that is over, and not closed.
#[derive(Clone, Debug)]
pub struct Unclosed {
    /// Which visit.
    pub visit: VisitId,
    /// Whose.
    pub client: String,
    /// When it began.
    pub starts: Zoned,
}

/// Free text that nobody has read.
#[derive(Clone, Debug)]
pub struct Unread {
    /// In which intake.
    pub intake: IntakeId,
    /// Whose.
    pub client_id: ClientId,
    /// Their name.
    pub client: String,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Kind {
    Alert,
    Visit,
    Email,
    Text,
    Notes,
    Wish,
    Webhook,
}

impl Kind {
    /// So many of them.
    fn words(self, count: usize) -> String {
        match self {
            Self::Alert => say::count(count, "alert"),
            Self::Visit => say::count(count, "visit"),
            Self::Email => say::count(count, "email"),
            Self::Text => say::count(count, "text"),
            // One entry stands for all of them.
            Self::Notes => "unsigned notes".into(),
            Self::Wish if count == 1 => "1 wish".into(),
            Self::Wish => format!("{count} wishes"),
            Self::Webhook => say::count(count, "webhook"),
        }
    }
}

/// What needs a person, worst first.
#[derive(Debug)]
pub struct Attention {
    /// What cannot wait: always in sight.
    pub urgent: Vec<Item>,
    /// The rest; on a phone one line stands for it until it is opened.
    pub rest: Vec<Item>,
}

impl Attention {
    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.urgent.len() + self.rest.len()
    }

    /// Whether nothing needs anybody.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rest in one line, in its order: "2 visits, 1 email and unsigned notes".
    #[must_use]
    pub fn summary(&self) -> String {
        let mut kinds: Vec<(Kind, usize)> = Vec::new();
        for item in &self.rest {
            match kinds.iter_mut().find(|(kind, _)| *kind == item.kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((item.kind, 1)),
            }
        }
        say::list(&kinds.into_iter().map(|(kind, count)| kind.words(count)).collect::<Vec<_>>())
    }
}

/// One entry of the list.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is about.
    pub kind: Kind,
    /// `red`, `amber` or nothing.
    pub look: &'static str,
    /// The icon.
    pub icon: &'static str,
    /// Who, and what.
    pub title: String,
    /// One sentence each.
    pub texts: Vec<String>,
    /// Where to go: address and word.
    pub links: Vec<(String, &'static str)>,
    /// A form with one button.
    pub press: Option<Press>,
}

/// A form with one button.
#[derive(Debug, PartialEq, Eq)]
pub struct Press {
    /// Where it is sent.
    pub action: String,
    /// The word on the button.
    pub word: &'static str,
    /// Its hidden field.
    pub field: (&'static str, &'static str),
}

/// Everything that needs a person today, worst first. Of the visits `around` only what has to be
/// settled before them, or still holds advice back.
#[must_use]
pub fn of(visits: &[&DayVisit], around: &[DayVisit], todos: &Todos, viewer: Viewer, now: &Zoned) -> Attention {
    let today = visits.iter().filter_map(|visit| tasks::item(visit, u8::MAX, viewer, now));
    let near = around.iter().filter_map(|visit| tasks::item(visit, tasks::FREE_TEXT, viewer, now));
    let emails = mail::items(&todos.troubles, viewer, now).into_iter();
    let back = todos.returned.iter().map(|notice| returned::item(notice, viewer, now));
    let service = todos.notices.iter().map(|notice| notices::item(notice, viewer, now));
    let open = todos.unclosed.iter().map(|visit| unclosed(visit, viewer, now));
    let words = todos.unread.iter().map(unread);
    let notes = unsigned(&todos.unsigned, now);
    let wishes = todos.wishes.iter().map(|asked| asked_for(asked, viewer, now));
    let silent = todos.webhooks.iter().map(|url| switched_off(url));
    let alarms = todos.alerts.iter().map(|alert| alerts::item(alert, now));
    let mail = emails.chain(service).chain(back);
    let mut all: Vec<(u8, Item)> = alarms
        .chain(today)
        .chain(near)
        .chain(mail)
        .chain(open)
        .chain(words)
        .chain(notes)
        .chain(wishes)
        .chain(silent)
        .collect();
    all.sort_by_key(|(rank, _)| *rank);
    let items = |all: Vec<(u8, Item)>| all.into_iter().map(|(_, item)| item).collect();
    let (urgent, rest) = all.into_iter().partition(|(rank, item)| *rank == 0 || item.look == "red");
    Attention { urgent: items(urgent), rest: items(rest) }
}

/// Another program counts on hearing what happens.
fn switched_off(url: &str) -> (u8, Item) {
    let item = Item {
        kind: Kind::Webhook,
        look: "amber",
        icon: "triangle",
        title: "Another program hears nothing any more".into(),
        texts: vec![format!("Nothing arrived at {url} for three days, so it is switched off.")],
        links: vec![("/people/webhooks".into(), "Open the webhooks")],
        press: None,
    };
    (5, item)
}

/// Until a visit is closed nothing of its aftercare goes out, the warning signs included.
fn unclosed(visit: &Unclosed, viewer: Viewer, now: &Zoned) -> (u8, Item) {
    let mut links = vec![(format!("/visits/{}", visit.visit), "Close the visit")];
    if viewer.books {
        links.push((format!("/visits/{}/no-show", visit.visit), "No-show"));
    }
    let item = Item {
        kind: Kind::Visit,
        look: "amber",
        icon: "doc",
        title: format!("{}, {}: not closed", visit.client, say::moment(&visit.starts, now)),
        texts: vec!["It is over, and no aftercare goes out until it is closed.".into()],
        links,
        press: None,
    };
    (2, item)
}

fn asked_for(asked: &Wished, viewer: Viewer, now: &Zoned) -> (u8, Item) {
    let (rank, icon) = match asked.wish {
        Wish::Paper => (4, "print"),
        Wish::Data | Wish::Erasure => (5, "person"),
        Wish::Words => (5, "doc"),
    };
    // Only who may read the words can say that they were read.
    let closes = viewer.mail && (asked.wish != Wish::Words || viewer.health);
    let item = Item {
        kind: if asked.wish == Wish::Words { Kind::Text } else { Kind::Wish },
        look: "amber",
        icon,
        title: format!("{}, {}", asked.client, asked.wish.title()),
        texts: vec![format!("{} Since {}.", asked.wish.task(), say::near_day(asked.since.date(), now.date()))],
        links: vec![(format!("/clients/{}", asked.client_id), "Open the client")],
        press: closes.then(|| Press {
            action: format!("/wishes/{}/seen", asked.id),
            word: "Seen to",
            field: ("wish", asked.wish.id()),
        }),
    };
    (rank, item)
}

fn unread(unread: &Unread) -> (u8, Item) {
    let item = Item {
        kind: Kind::Text,
        look: "amber",
        icon: "doc",
        title: format!("{}, own words to read", unread.client),
        texts: vec!["Something is written in the client’s own words. Advice waits until it is read.".into()],
        links: vec![(format!("/intakes/{}/review", unread.intake), "Read and decide")],
        press: None,
    };
    (tasks::FREE_TEXT, item)
}

fn unsigned(notes: &[(String, Zoned)], now: &Zoned) -> Option<(u8, Item)> {
    let (_, oldest) = notes.first()?;
    let mut names: Vec<String> = notes.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names.dedup();
    let item = Item {
        kind: Kind::Notes,
        look: "",
        icon: "pencil",
        title: format!("{} not signed", say::count(notes.len(), "note")),
        texts: vec![format!("{}. The oldest is of {}.", say::list(&names), say::near_day(oldest.date(), now.date()))],
        links: vec![("/notes".into(), "Show the notes")],
        press: None,
    };
    Some((6, item))
}
