//! Who works here, for the admin: invited here, with one page a person for role, sessions and ways in.

pub mod one;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::{Timestamp, Zoned};

use super::error::Error;
use super::form::{Fields, Form};
use super::guard::Who;
use super::headers::page;
use super::shell::{Room, Shell};
use super::{Web, say};
use crate::clinic::account::Role;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::{AccountId, LoginId};
use crate::clinic::person::{EmailAddress, PersonName};
use crate::clinic::signin::{LINK, Span};
use crate::seal::token;
use crate::store::account::Account;
use crate::store::{self, Db, fresh_uuid};

/// `GET /people`.
#[derive(Debug, Template)]
#[template(path = "people/page.html")]
pub struct PeoplePage {
    shell: Shell,
    people: Vec<Person>,
    /// Who works here no more.
    gone: Vec<Person>,
    typed: Fields,
    roles: Vec<(&'static str, &'static str)>,
    errors: FieldErrors,
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

/// Somebody who was just invited.
#[derive(Debug)]
struct Made {
    name: String,
    way_in: WayIn,
}

/// How somebody who was just invited comes in.
#[derive(Debug)]
enum WayIn {
    /// By this link for the first password, shown this once.
    Link(String),
    /// With the password they have.
    Password,
    /// With the password they are about to choose for another clinic.
    FromElsewhere,
}

impl Person {
    fn of(account: Account, open: &[(AccountId, Span)], who: &Who, now: &Zoned) -> Self {
        let own: Vec<&Span> = open.iter().filter(|(id, _)| *id == account.id).map(|(_, span)| span).collect();
        let at = |at: Timestamp| say::moment(&at.to_zoned(now.time_zone().clone()), now);
        Self {
            seen: own.first().map(|span| at(span.seen_at)),
            sessions: own.iter().filter(|span| span.holds(now.timestamp())).count(),
            is_oneself: account.id == who.account,
            account: account.id,
            name: account.name.into(),
            email: account.email.into(),
            role: account.role.word(),
        }
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
    let gone = store::account::gone(db, who.clinic).await?;
    let open = store::session::of_clinic(db, who.clinic).await?;
    // Sessions live on system time, which in the demo is another.
    let now = web.clock.system_now().to_zoned(here.profile.zone.rules().clone());
    let people = |all: Vec<Account>| all.into_iter().map(|one| Person::of(one, &open, who, &now)).collect();
    Ok(PeoplePage {
        shell: here.shell(Room::People),
        people: people(staff),
        gone: people(gone),
        typed: Fields::default(),
        roles: roles(),
        errors: FieldErrors::new(),
        made: None,
    })
}

fn roles() -> Vec<(&'static str, &'static str)> {
    Role::ALL.into_iter().map(|role| (role.id(), role.word())).collect()
}

/// `POST /people`: somebody new, with a link for their first password.
///
/// # Errors
/// When the database does not answer.
pub async fn invite(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    store::account::one_at_a_time(&mut db, who.clinic).await?;
    let now = web.clock.now();
    let mut all = store::account::all(&mut db, who.clinic).await?;
    all.extend(store::account::gone(&mut db, who.clinic).await?);
    let account = match check(&fields, &all, AccountId::from_uuid(fresh_uuid(now))) {
        Ok(account) => account,
        Err(errors) => {
            let mut shown = load(&web, &mut db, &who).await?;
            (shown.typed, shown.errors) = (fields.without_token(), errors);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
        }
    };
    store::account::insert(&mut db, who.clinic, &account, now).await?;
    let deed = format!("account.added:{}", account.role.id());
    store::audit::record(&mut db, &who.did(now, &deed, "account", account.id)).await?;
    let login = store::login::by_email(&mut db, &account.email).await?.ok_or(Error::Broken)?;
    // Of somebody who works at another clinic too, the password opens that one as well: no link from here, and
    // one that the other clinic handed out stays good.
    let is_elsewhere =
        store::login::workplaces(&mut db, login.id).await?.iter().any(|place| place.clinic != who.clinic);
    let way_in = match login.password {
        None if is_elsewhere => WayIn::FromElsewhere,
        None => WayIn::Link(new_link(&web, &mut db, &who, account.id, login.id).await?),
        Some(_) => WayIn::Password,
    };
    let mut shown = load(&web, &mut db, &who).await?;
    db.commit().await?;
    shown.made = Some(Made { name: account.name.into(), way_in });
    Ok(page(&shown))
}

fn check(fields: &Fields, known: &[Account], id: AccountId) -> Result<Account, FieldErrors> {
    let mut errors = FieldErrors::new();
    let name = fields.text("name").parse::<PersonName>();
    let name = errors.check("name", name.map_err(|_| "Write the name that colleagues know, on one line."));
    let email = fields.text("email").parse::<EmailAddress>().map_err(|_| "Write an address like name@example.org.");
    let email = errors.check("email", email);
    let role = errors.check("role", Role::of(fields.text("role")).ok_or("Pick what the person does here."));
    let is_known = |email: &EmailAddress| known.iter().any(|one| one.email.normalised() == email.normalised());
    if email.as_ref().is_some_and(is_known) {
        errors.add("email", "Somebody with this address is in the list already.");
    }
    let account = name.zip(email).zip(role).map(|((name, email), role)| Account { id, name, email, role });
    errors.done(account)
}

/// A link that sets a password; the one before is dead from now on.
async fn new_link(web: &Web, db: &mut Db, who: &Who, account: AccountId, login: LoginId) -> Result<String, Error> {
    let secret = token::fresh();
    let now = web.clock.system_now();
    let ends = now.saturating_add(LINK).unwrap_or(now);
    store::password_link::make(db, &token::digest(&secret), login, now, ends).await?;
    store::audit::record(db, &who.did(web.clock.now(), "password.link_made", "account", account)).await?;
    let base = web.origin.clone().unwrap_or_default();
    Ok(format!("{base}/password/{secret}"))
}
