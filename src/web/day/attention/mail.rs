//! Emails that went wrong or wait for a person.

use jiff::Zoned;

use super::{Item, Kind, Press, Viewer};
use crate::clinic::ids::{ClientId, EmailId, VisitId};
use crate::clinic::outbox::State;
use crate::clinic::protocol::Step;
use crate::web::say;

/// An email that went wrong or waits for a person.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Which one.
    pub id: EmailId,
    /// Of which visit.
    pub visit: VisitId,
    /// Whose.
    pub client_id: ClientId,
    /// To whom.
    pub client: String,
    /// Which step.
    pub step: Step,
    /// When it was due.
    pub due: Zoned,
    /// Where it is.
    pub state: State,
    /// Why, in words; may be empty.
    pub reason: String,
}

/// An entry for each email, and one for all of a visit that are held for the same reason.
pub(super) fn items(troubles: &[Trouble], viewer: Viewer, now: &Zoned) -> Vec<(u8, Item)> {
    let held = |one: &Trouble| one.state == State::Held;
    let mut items = Vec::new();
    for trouble in troubles {
        let same = |other: &&Trouble| (other.visit, &other.reason) == (trouble.visit, &trouble.reason) && held(other);
        let together: Vec<&Trouble> = troubles.iter().filter(same).collect();
        match together.as_slice() {
            [first, _, ..] if held(trouble) => {
                if std::ptr::eq(*first, trouble) {
                    items.push(held_together(first, &together, viewer, now));
                }
            }
            _ => items.push(item(trouble, viewer, now)),
        }
    }
    items
}

fn held_together(first: &Trouble, all: &[&Trouble], viewer: Viewer, now: &Zoned) -> (u8, Item) {
    let names: Vec<String> = all.iter().map(|one| one.step.name().to_owned()).collect();
    let (names, due) = (say::list(&names), say::moment(&first.due, now));
    let item = Item {
        kind: Kind::Email,
        look: "amber",
        icon: "pause",
        title: format!("{}, {} held", first.client, say::count(all.len(), "email")),
        texts: vec![format!("{names} wait for a person. The first is due {due}.{}", because(first))],
        links: links(first, viewer),
        press: None,
    };
    (1, item)
}

/// The reason as a sentence after others; nothing when none is known.
fn because(trouble: &Trouble) -> String {
    match trouble.reason.trim_end_matches('.') {
        "" => String::new(),
        reason => format!(" {}.", say::capital(reason)),
    }
}

fn item(trouble: &Trouble, viewer: Viewer, now: &Zoned) -> (u8, Item) {
    let letter = trouble.step.name();
    let due = say::moment(&trouble.due, now);
    let (rank, look, icon, what, text) = match trouble.state {
        State::Held => (1, "amber", "pause", "email held", format!("{letter}, due {due}, waits for a person.")),
        State::Uncertain => {
            let text = format!("{letter}, due {due}: it may or may not have arrived. No reply came.");
            (3, "amber", "question", "email uncertain", text)
        }
        State::Expired => {
            (5, "", "clock", "email too late", format!("{letter}, due {due}, missed its limit. It will not be sent."))
        }
        State::Suppressed => (5, "", "no", "address blocked", format!("{letter}, due {due}, was not sent.")),
        _ => (2, "amber", "mail-x", "email failed", format!("{letter}, due {due}, did not go out.")),
    };
    let text = format!("{text}{}", because(trouble));
    let item = Item {
        kind: Kind::Email,
        look,
        icon,
        title: format!("{}, {what}", trouble.client),
        texts: vec![text],
        links: links(trouble, viewer),
        press: press(trouble.state).filter(|_| viewer.mail).map(|field| Press {
            action: format!("/emails/{}/seen", trouble.id),
            word: "Seen to",
            field,
        }),
    };
    (rank, item)
}

fn links(trouble: &Trouble, viewer: Viewer) -> Vec<(String, &'static str)> {
    match trouble.state {
        State::Failed | State::Suppressed => {
            vec![(format!("/clients/{}/edit", trouble.client_id), "Correct the address")]
        }
        State::Expired if viewer.health => vec![(format!("/visits/{}/handout", trouble.visit), "Print it")],
        _ if viewer.health => {
            vec![(format!("/visits/{}/plan?email={}", trouble.visit, trouble.step.id()), "Open the plan")]
        }
        _ => vec![(format!("/clients/{}", trouble.client_id), "Open the client")],
    }
}

/// What is held needs a decision, and being seen is none.
const fn press(state: State) -> Option<(&'static str, &'static str)> {
    match state {
        State::Failed | State::Uncertain | State::Suppressed | State::Expired => Some(("state", state.id())),
        _ => None,
    }
}
