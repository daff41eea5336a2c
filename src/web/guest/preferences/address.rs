//! A new email address: the new one confirms by a link, the old one is told and can take it back. Until it is
//! confirmed nothing changes, so a slip of the finger sends no health text to a stranger.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};

use super::super::act::{Answer, take};
use super::super::{Guest, Opened};
use super::{day, preferences};
use crate::clinic::link::{Door, Purpose};
use crate::clinic::notice::{Kind, Notice, page_of};
use crate::clinic::person::EmailAddress;
use crate::clinic::wording::filled;
use crate::store::address_change::{self, Change};
use crate::store::client::Registered;
use crate::store::link::{Minted, NewLink};
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::error::Error;
use crate::web::headers::page;
use crate::web::replan::Cause;

/// A change that nobody confirmed by then is over.
const WAITS: SignedDuration = SignedDuration::from_hours(24);

/// So long the address before can come back.
const RETURNS: SignedDuration = SignedDuration::from_hours(24 * 14);

/// More asks in a day are no wish but a game, and each sends two emails.
const MOST: usize = 3;

/// How the address stands on the page.
#[derive(Debug, Default)]
pub struct AddressCard {
    /// "We write to …".
    pub now: String,
    /// A change that waits, or was made lately, in words; and the button that takes it back.
    pub change: Option<(String, String)>,
    /// What was typed and could not be taken, and why.
    pub wrong: Option<(String, String)>,
    /// Whether a change can be asked for here.
    pub can_ask: bool,
}

/// The page of a link that confirms an address.
#[derive(Debug, Template)]
#[template(path = "guest/confirm.html")]
pub struct ConfirmPage {
    guest: Guest,
    text: String,
    /// Where the button sends; none when there is nothing to confirm any more.
    action: Option<String>,
}

/// An address as others may read it: enough to know one's own.
fn masked(address: &EmailAddress) -> String {
    let (name, domain) = address.as_str().rsplit_once('@').unwrap_or_default();
    let first: String = name.chars().take(1).collect();
    format!("{first}…@{domain}")
}

/// The card on the page of preferences.
pub(super) async fn card(web: &Web, db: &mut Db, opened: &Opened) -> Result<AddressCard, Error> {
    let words = &opened.guest.words.preferences.address;
    let change = latest(db, opened).await?;
    let told = change.map(|change| match change.confirmed_at {
        Some(at) => {
            let fields = [("day", &*day(web, opened, at)), ("address", &*masked(&change.was))];
            (filled(&words.changed, &fields), words.undo.clone())
        }
        None => (filled(&words.waiting, &[("address", &masked(&change.becomes))]), words.drop.clone()),
    });
    let address = opened.client.client.email.as_ref();
    let now = address.map_or_else(|| words.none.clone(), |email| filled(&words.now, &[("address", &masked(email))]));
    Ok(AddressCard { now, change: told, wrong: None, can_ask: web.base_url.is_some() && address.is_some() })
}

/// The change that can still be taken back: one that waits, or one of the last days.
async fn latest(db: &mut Db, opened: &Opened) -> Result<Option<Change>, Error> {
    let now = opened.now.timestamp();
    let since = now.saturating_sub(RETURNS).unwrap_or(Timestamp::MIN);
    let changes = address_change::since(db, opened.link.clinic, opened.link.client, since).await?;
    let open = |change: &&Change| {
        let waits = change.confirmed_at.is_none() && now.duration_since(change.asked_at) < WAITS;
        change.undone_at.is_none() && (waits || change.confirmed_at.is_some())
    };
    Ok(changes.iter().find(open).cloned())
}

/// `POST /p/{token}/address`: asks for a new address.
pub async fn ask(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Response {
    take(&web, &token, Door::Preferences, request, async |db, opened, fields| {
        if opened.link.purpose != Purpose::Preferences {
            return Ok(Answer::NotHere);
        }
        let words = &opened.guest.words.preferences.address;
        let typed = fields.text("email").trim();
        let Ok(becomes) = typed.parse::<EmailAddress>() else {
            return again(&web, db, opened, typed, &words.wrong).await;
        };
        let Some(was) = opened.client.client.email.clone() else {
            return again(&web, db, opened, typed, &words.cannot).await;
        };
        if was.normalised() == becomes.normalised() {
            return Ok(Answer::Done(opened.said("address-same")));
        }
        let since = opened.now.timestamp().saturating_sub(WAITS).unwrap_or(Timestamp::MIN);
        let asked = address_change::since(db, opened.link.clinic, opened.link.client, since).await?;
        if asked.len() >= MOST {
            return again(&web, db, opened, typed, &words.too_many).await;
        }
        if !tell(&web, db, opened, &was, &becomes).await? {
            return again(&web, db, opened, typed, &words.cannot).await;
        }
        let id = opened.link.client.to_string();
        store::audit::record(db, &opened.did("address.asked", "client", id)).await?;
        Ok(Answer::Done(opened.said("address-asked")))
    })
    .await
}

async fn again(web: &Web, db: &mut Db, opened: &Opened, typed: &str, why: &str) -> Result<Answer, Error> {
    let wrong = Some((typed.to_owned(), why.to_owned()));
    let shown = preferences(web, db, opened, wrong).await?;
    Ok(Answer::Again((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response()))
}

/// Writes to both addresses, and keeps the change that the new one's link confirms. `false` without a public
/// address, for then no link leads anywhere.
async fn tell(
    web: &Web,
    db: &mut Db,
    opened: &Opened,
    was: &EmailAddress,
    becomes: &EmailAddress,
) -> Result<bool, Error> {
    let Some(base) = &web.base_url else { return Ok(false) };
    let at = opened.now.timestamp();
    let (clinic, client) = (opened.link.clinic, opened.link.client);
    let minted = [Purpose::Confirm, Purpose::Preferences].map(|purpose| {
        let link = NewLink { client, visit: None, purpose, ends_at: purpose.ends_at(at, at) };
        Minted::new(clinic, link, at)
    });
    let [confirm, undo] = &minted;
    store::link::keep_all(db, &minted).await?;
    let change = confirm.name();
    address_change::ask(db, (clinic, client), (was, becomes), change, at).await?;
    let words = &opened.guest.words.preferences.confirm;
    let link = |minted: &Minted| Door::Preferences.address(base.as_str(), minted.token());
    let questions = opened.guest.questions();
    let (name, other) = (opened.client.client.first_name.as_str(), masked(becomes));
    let new = filled(
        &words.new_text,
        &[("clinic", &opened.clinic.name), ("link", &link(confirm)), ("questions", &questions)],
    );
    let old = filled(
        &words.old_text,
        &[("name", name), ("address", &other), ("link", &link(undo)), ("questions", &questions)],
    );
    let mails = [("new", becomes, &words.new_subject, new), ("old", was, &words.old_subject, old)];
    for (which, to, subject, text) in mails {
        let notice = Notice {
            clinic,
            client: Some(client),
            kind: Kind::Confirmation,
            cause: format!("{change}/{which}"),
            to: to.clone(),
            subject: subject.clone(),
            html: Some(page_of(opened.guest.lang(), &text)),
            text,
            due_at: at,
            not_after: at.saturating_add(WAITS).unwrap_or(Timestamp::MAX),
        };
        store::notice::put(db, &notice).await?;
    }
    Ok(true)
}

/// `POST /p/{token}/address/undo`: a change that waits is dropped, one that was made goes back.
pub async fn undo(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Response {
    take(&web, &token, Door::Preferences, request, async |db, opened, _| {
        if opened.link.purpose != Purpose::Preferences {
            return Ok(Answer::NotHere);
        }
        let at = opened.now.timestamp();
        if let Some(change) = latest(db, opened).await?
            && address_change::undo(db, opened.link.clinic, &change.id, at).await?
        {
            if change.confirmed_at.is_some() && opened.client.client.email.as_ref() == Some(&change.becomes) {
                move_to(&web, db, opened, &change.was).await?;
            }
            let id = opened.link.client.to_string();
            store::audit::record(db, &opened.did("address.undone", "client", id)).await?;
        }
        Ok(Answer::Done(opened.said("address-undone")))
    })
    .await
}

/// The page of the link in the email to the new address.
pub(super) async fn confirm_page(db: &mut Db, opened: &Opened) -> Result<Response, Error> {
    let words = &opened.guest.words.preferences;
    let change = address_change::of_link(db, opened.link.clinic, &opened.link.name).await?;
    let (text, action) = match change.filter(|change| change.undone_at.is_none()) {
        Some(change) if change.confirmed_at.is_some() => (words.said.address_confirmed.clone(), None),
        Some(change) if opened.client.client.email.as_ref() == Some(&change.was) => {
            let fields = [("clinic", opened.clinic.name.as_str()), ("address", change.becomes.as_str())];
            (filled(&words.confirm.text, &fields), Some(opened.path("/confirm")))
        }
        _ => (words.confirm.stale.clone(), None),
    };
    Ok(page(&ConfirmPage { guest: opened.guest.clone(), text, action }))
}

/// `POST /p/{token}/confirm`: from now on emails go to the new address.
pub async fn confirm(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Response {
    take(&web, &token, Door::Preferences, request, async |db, opened, _| {
        if opened.link.purpose != Purpose::Confirm {
            return Ok(Answer::NotHere);
        }
        let at = opened.now.timestamp();
        let change = address_change::of_link(db, opened.link.clinic, &opened.link.name).await?;
        // What staff changed meanwhile is newer.
        let change = change.filter(|change| opened.client.client.email.as_ref() == Some(&change.was));
        if let Some(change) = change
            && address_change::confirm(db, opened.link.clinic, &change.id, at).await?
        {
            move_to(&web, db, opened, &change.becomes).await?;
        }
        Ok(Answer::Done(opened.path("")))
    })
    .await
}

/// Emails go there from now on, also those that wait.
async fn move_to(web: &Web, db: &mut Db, opened: &Opened, to: &EmailAddress) -> Result<(), Error> {
    let (clinic, client, at) = (opened.link.clinic, opened.link.client, opened.now.timestamp());
    let mut changed: Registered = opened.client.clone();
    changed.client.email = Some(to.clone());
    if !store::client::save(db, clinic, &changed).await? {
        return Err(Error::Broken);
    }
    store::outbox::readdress(db, clinic, client, to, at).await?;
    store::audit::record(db, &opened.did("client.corrected:email", "client", client.to_string())).await?;
    Ok(web.replan(db, clinic, client, Cause::Answers).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_so_that_only_its_owner_knows_it() {
        let masked = |text: &str| masked(&text.parse().expect("an address"));
        assert_eq!(
            (masked("cleo.okafor@example.org"), masked("a@b.example")),
            ("c…@example.org".into(), "a…@b.example".into())
        );
    }
}
