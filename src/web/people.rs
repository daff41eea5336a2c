//! Who works here, for the admin: roles, who is signed in, a link for a new password.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::{Timestamp, Zoned};

use super::error::Error;
use super::guard::Who;
use super::headers::page;
use super::shell::{Room, Shell};
use super::{Web, say, see_other};
use crate::clinic::ids::{AccountId, LoginId};
use crate::clinic::signin::{LINK, Span};
use crate::seal::token;
use crate::store::account::Account;
use crate::store::{self, Db};

/// `GET /people`.
#[derive(Debug, Template)]
#[template(path = "people/page.html")]
pub struct PeoplePage {
    shell: Shell,
    people: Vec<Person>,
    made: Option<Made>,
}

/// One member of staff.
#[derive(Debug)]
struct Person {
    account: AccountId,
    name: String,
    email: String,
    role: &'static str,
    seen: Option<String>,
    sessions: usize,
    is_oneself: bool,
}

/// A link that was just made; it is shown this once.
#[derive(Debug)]
struct Made {
    name: String,
    link: String,
}

impl PeoplePage {
    fn of(shell: Shell, staff: Vec<Account>, open: &[(AccountId, Span)], who: &Who, now: &Zoned) -> Self {
        let person = |account: Account| {
            let own: Vec<&Span> = open.iter().filter(|(id, _)| *id == account.id).map(|(_, span)| span).collect();
            let at = |at: Timestamp| say::moment(&at.to_zoned(now.time_zone().clone()), now);
            Person {
                seen: own.first().map(|span| at(span.seen_at)),
                sessions: own.iter().filter(|span| span.holds(now.timestamp())).count(),
                is_oneself: account.id == who.account,
                account: account.id,
                name: account.name.into(),
                email: account.email.into(),
                role: account.role.word(),
            }
        };
        Self { shell, people: staff.into_iter().map(person).collect(), made: None }
    }
}

/// `GET /people`.
///
/// # Errors
/// When the database does not answer.
pub async fn list(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    Ok(page(&load(&web, &mut db, &who).await?))
}

async fn load(web: &Web, db: &mut Db, who: &Who) -> Result<PeoplePage, Error> {
    let here = web.here(db, who).await?;
    let staff = store::account::all(db, who.clinic).await?;
    let open = store::session::of_clinic(db, who.clinic).await?;
    // Sessions live on system time, which in the demo is another.
    let now = web.clock.system_now().to_zoned(here.profile.zone.rules().clone());
    Ok(PeoplePage::of(here.shell(Room::People), staff, &open, who, &now))
}

/// `POST /people/{id}/sessions/end`.
///
/// # Errors
/// When nobody of this id works here, or the database does not answer.
pub async fn end_sessions(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let (account, _) = find(&mut db, &who, &id).await?;
    store::session::end_of_account(&mut db, who.clinic, account.id).await?;
    let entry = who.did(web.clock.now(), "session.ended_by_admin", "account", account.id);
    store::audit::record(&mut db, &entry).await?;
    db.commit().await?;
    Ok(see_other("/people"))
}

/// `POST /people/{id}/password-link`: shows a link for a new password, this once.
///
/// # Errors
/// When nobody of this id works here, the person works elsewhere too, or the database does not answer.
pub async fn make_link(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let (account, login) = find(&mut db, &who, &id).await?;
    // The password opens the other clinic too, which is not this admin's to hand out.
    if store::login::workplaces(&mut db, login).await?.len() > 1 {
        return Err(Error::Refused(format!(
            "{} works at another clinic too, with the same password. Whoever runs this system can make the link: aftercare user reset.",
            account.name
        )));
    }
    let secret = token::fresh();
    let now = web.clock.system_now();
    let ends = now.saturating_add(LINK).unwrap_or(now);
    store::password_link::make(&mut db, &token::digest(&secret), login, now, ends).await?;
    let entry = who.did(web.clock.now(), "password.link_made", "account", account.id);
    store::audit::record(&mut db, &entry).await?;
    let mut shown = load(&web, &mut db, &who).await?;
    db.commit().await?;
    let base = web.origin.clone().unwrap_or_default();
    shown.made = Some(Made { name: account.name.into(), link: format!("{base}/password/{secret}") });
    Ok(page(&shown))
}

async fn find(db: &mut Db, who: &Who, id: &str) -> Result<(Account, LoginId), Error> {
    let id: AccountId = id.parse().map_err(|_| Error::NotFound)?;
    let account = store::account::find(db, who.clinic, id).await?.ok_or(Error::NotFound)?;
    let login = store::login::of_account(db, who.clinic, id).await?.ok_or(Error::NotFound)?;
    Ok((account, login))
}
