//! Mail that came back. Reception learns that the address does not work and phones the client.

use jiff::Zoned;

use super::{Item, Kind, Press, Viewer};
use crate::clinic::bounce::Meaning;
use crate::clinic::ids::{BounceId, ClientId};
use crate::web::say;

/// A notice about a mail that came back.
#[derive(Clone, Debug)]
pub struct Returned {
    /// Which notice.
    pub id: BounceId,
    /// To which client; none is to staff.
    pub client: Option<(ClientId, String)>,
    /// To which address.
    pub address: String,
    /// When it came back.
    pub at: Zoned,
    /// What it means.
    pub meaning: Meaning,
}

pub(super) fn item(returned: &Returned, viewer: Viewer, now: &Zoned) -> (u8, Item) {
    let when = say::moment(&returned.at, now);
    let Some((client_id, client)) = &returned.client else { return to_staff(returned, viewer, &when) };
    let (rank, look, what, then) = match returned.meaning {
        Meaning::NoMailbox => (2, "amber", "address does not work", "Phone the client and ask for another address."),
        Meaning::Complaint => (
            2,
            "amber",
            "marked our mail as spam",
            "No more mail goes there. Ask the client how they want their advice.",
        ),
        Meaning::OurFault => {
            (3, "amber", "mail refused", "The address is fine. Tell whoever looks after your mail server.")
        }
        _ => (4, "", "mail came back", "It may work next time. Phone the client if it matters today."),
    };
    let item = Item {
        kind: Kind::Email,
        look,
        icon: "mail-x",
        title: format!("{client}, {what}"),
        texts: vec![format!("Came back {when}: {}. {then}", returned.meaning.words())],
        links: vec![
            (format!("/clients/{client_id}"), "Open the client"),
            (format!("/clients/{client_id}/edit"), "Correct the address"),
        ],
        press: press(returned, viewer),
    };
    (rank, item)
}

/// What staff are to be told comes back: as urgent as what it tells of.
fn to_staff(returned: &Returned, viewer: Viewer, when: &str) -> (u8, Item) {
    let item = Item {
        kind: Kind::Email,
        look: "red",
        icon: "mail-x",
        title: "Mail to staff came back".into(),
        texts: vec![format!(
            "To {}, came back {when}: {}. Alerts may reach nobody there. Ask your admin for another address.",
            returned.address,
            returned.meaning.words()
        )],
        links: Vec::new(),
        press: press(returned, viewer),
    };
    (1, item)
}

fn press(returned: &Returned, viewer: Viewer) -> Option<Press> {
    viewer.mail.then(|| Press {
        action: format!("/bounces/{}/seen", returned.id),
        word: "Seen to",
        field: ("meaning", returned.meaning.id()),
    })
}
