//! Service mail that did not go out: what staff were to be told, and links that clients wait for.

use jiff::Zoned;

use super::{Item, Kind as About, Press, Viewer};
use crate::clinic::ids::{ClientId, NoticeId};
use crate::clinic::notice::Kind;
use crate::clinic::outbox::State;
use crate::web::say;

/// A notice that went wrong.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Which one.
    pub id: NoticeId,
    /// To which client; none is to staff.
    pub client: Option<(ClientId, String)>,
    /// What it is about.
    pub kind: Kind,
    /// To which address.
    pub to: String,
    /// When it was due.
    pub due: Zoned,
    /// Where it is.
    pub state: State,
    /// Why, in words; may be empty.
    pub reason: String,
}

pub(super) fn item(notice: &Notice, viewer: Viewer, now: &Zoned) -> (u8, Item) {
    let due = say::moment(&notice.due, now);
    let (icon, what, text) = match notice.state {
        State::Uncertain => ("question", "email uncertain", "may or may not have arrived. No reply came."),
        State::Expired => ("clock", "email too late", "missed its limit. It will not be sent."),
        _ => ("mail-x", "email failed", "did not go out."),
    };
    let why = if notice.reason.is_empty() {
        String::new()
    } else {
        format!(" {}.", say::capital(notice.reason.trim_end_matches('.')))
    };
    // What nobody was told of an alert is as urgent as the alert.
    let (rank, look) = if notice.kind.is_urgent() { (1, "red") } else { (3, "amber") };
    let name = notice.client.as_ref().map_or_else(|| notice.kind.name().to_owned(), |(_, name)| name.clone());
    let links = match &notice.client {
        Some((id, _)) => vec![(format!("/clients/{id}"), "Open the client")],
        None => Vec::new(),
    };
    let item = Item {
        kind: About::Email,
        look,
        icon,
        title: format!("{name}, {what}"),
        texts: vec![format!("{} to {}, due {due}, {text}{why}", notice.kind.name(), notice.to)],
        links,
        press: viewer.mail.then(|| Press {
            action: format!("/notices/{}/seen", notice.id),
            word: "Seen to",
            field: ("state", notice.state.id()),
        }),
    };
    (rank, item)
}
