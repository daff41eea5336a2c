//! `/people/{id}`: one member of staff, for the admin. A change of role or of whether they work here ends their
//! sessions, so that the next request goes by it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::{Person, new_link, roles};
use crate::clinic::account::Role;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::{AccountId, LoginId};
use crate::store::account::Account;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Web, confirm, see_other};

/// The page.
#[derive(Debug, Template)]
#[template(path = "people/one.html")]
struct OnePage {
    shell: Shell,
    person: Person,
    /// Whose password is asked for, for the browser that keeps it.
    own_email: String,
    /// The id of the role.
    role: &'static str,
    roles: Vec<(&'static str, &'static str)>,
    /// Whether they work here no more.
    is_gone: bool,
    has_factor: bool,
    /// Whether they work at another clinic too, with the same way in.
    is_elsewhere: bool,
    errors: FieldErrors,
    /// A link that was just made; it is shown this once.
    link: Option<String>,
}

/// One member of staff with their way in.
struct Found {
    account: Account,
    login: LoginId,
    is_gone: bool,
}

/// `GET /people/{id}`.
///
/// # Errors
/// When nobody of this id works here, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let found = find(&mut db, &who, &id).await?;
    Ok(page(&load(&web, &mut db, &who, found).await?))
}

async fn load(web: &Web, db: &mut Db, who: &Who, found: Found) -> Result<OnePage, Error> {
    let here = web.here(db, who).await?;
    let open = store::session::of_clinic(db, who.clinic).await?;
    let now = web.clock.system_now().to_zoned(here.profile.zone.rules().clone());
    let factor = store::second_factor::find(db, found.login).await?;
    let own_email = store::login::find(db, who.login).await?.ok_or(Error::NotFound)?.email;
    Ok(OnePage {
        own_email,
        shell: here.shell(Room::People),
        role: found.account.role.id(),
        roles: roles(),
        is_gone: found.is_gone,
        has_factor: factor.is_some_and(|factor| factor.is_confirmed),
        is_elsewhere: works_elsewhere(db, who, &found).await?,
        person: Person::of(found.account, &open, who, &now),
        errors: FieldErrors::new(),
        link: None,
    })
}

async fn find(db: &mut Db, who: &Who, id: &str) -> Result<Found, Error> {
    let id: AccountId = id.parse().map_err(|_| Error::NotFound)?;
    let account = store::account::find(db, who.clinic, id).await?.ok_or(Error::NotFound)?;
    let login = store::login::of_account(db, who.clinic, id).await?.ok_or(Error::NotFound)?;
    let is_gone = store::account::gone(db, who.clinic).await?.iter().any(|one| one.id == id);
    Ok(Found { account, login, is_gone })
}

async fn works_elsewhere(db: &mut Db, who: &Who, found: &Found) -> Result<bool, Error> {
    Ok(store::login::workplaces(db, found.login).await?.iter().any(|place| place.clinic != who.clinic))
}

/// Another person of the list, while nobody else changes it. One's own role and access are somebody else's to
/// change: so there is always an admin left.
async fn other(db: &mut Db, who: &Who, id: &str) -> Result<Found, Error> {
    let found = find(db, who, id).await?;
    store::account::one_at_a_time(db, who.clinic).await?;
    let own = store::account::all(db, who.clinic).await?.into_iter().find(|one| one.id == who.account);
    if own.is_none_or(|own| own.role != Role::Admin) {
        return Err(Error::Refused("You are no admin here any more: somebody changed that a moment ago.".into()));
    }
    if found.account.id == who.account {
        return Err(Error::Refused("Ask another admin to change your own role or access.".into()));
    }
    Ok(found)
}

/// `POST /people/{id}/role`.
///
/// # Errors
/// When nobody of this id works here, it is oneself, or the database does not answer.
pub async fn change_role(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let found = other(&mut db, &who, &id).await?;
    let Some(role) = Role::of(fields.text("role")) else {
        let mut shown = load(&web, &mut db, &who, found).await?;
        shown.errors.add("role", "Pick what the person does here.");
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
    };
    let account = found.account.id;
    if role != found.account.role {
        store::account::set_role(&mut db, who.clinic, account, role).await?;
        // What is open was opened in the role before.
        store::session::end_of_account(&mut db, who.clinic, account).await?;
        let deed = format!("account.role_changed:{}", role.id());
        store::audit::record(&mut db, &who.did(web.clock.now(), &deed, "account", account)).await?;
        db.commit().await?;
    }
    Ok(see_other(&format!("/people/{account}")))
}

/// `POST /people/{id}/access`: they work here no more, or again.
///
/// # Errors
/// When nobody of this id works here, it is oneself, or the database does not answer.
pub async fn change_access(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let found = other(&mut db, &who, &id).await?;
    let (since, deed) = match fields.text("access") {
        "end" => (Some(web.clock.now()), "account.disabled"),
        "begin" => (None, "account.enabled"),
        _ => return Err(Error::BadAddress),
    };
    let account = found.account.id;
    if since.is_some() != found.is_gone {
        store::account::set_disabled(&mut db, who.clinic, account, since).await?;
        store::session::end_of_account(&mut db, who.clinic, account).await?;
        store::audit::record(&mut db, &who.did(web.clock.now(), deed, "account", account)).await?;
        db.commit().await?;
    }
    Ok(see_other(&format!("/people/{account}")))
}

/// `POST /people/{id}/sessions/end`.
///
/// # Errors
/// When nobody of this id works here, or the database does not answer.
pub async fn end_sessions(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let account = find(&mut db, &who, &id).await?.account.id;
    store::session::end_of_account(&mut db, who.clinic, account).await?;
    let entry = who.did(web.clock.now(), "session.ended_by_admin", "account", account);
    store::audit::record(&mut db, &entry).await?;
    db.commit().await?;
    Ok(see_other(&format!("/people/{account}")))
}

/// `POST /people/{id}/password-link`: shows a link for a new password, this once.
///
/// # Errors
/// When nobody of this id works here, the person works elsewhere too, or the database does not answer.
pub async fn make_link(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let found = find(&mut db, &who, &id).await?;
    let account = &found.account;
    if found.is_gone {
        return Err(Error::Refused(format!("{} does not work here any more. Let them in again first.", account.name)));
    }
    // The password opens the other clinic too, which is not this admin's to hand out.
    if works_elsewhere(&mut db, &who, &found).await? {
        return Err(Error::Refused(format!(
            "{} works at another clinic too, with the same password. Whoever runs this system can make the link: aftercare user reset.",
            account.name
        )));
    }
    let link = new_link(&web, &mut db, &who, account.id, found.login).await?;
    let mut shown = load(&web, &mut db, &who, found).await?;
    db.commit().await?;
    shown.link = Some(link);
    Ok(page(&shown))
}

/// `POST /people/{id}/two-factor/removal`: the phone and the codes on paper are lost.
///
/// # Errors
/// When nobody of this id works here, the person works elsewhere too, there were too many tries at the password,
/// or the database does not answer.
pub async fn remove_factor(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let found = find(&mut db, &who, &id).await?;
    if works_elsewhere(&mut db, &who, &found).await? {
        return Err(Error::Refused(format!(
            "{} works at another clinic too. Whoever runs this system can do it: aftercare user reset --two-factor.",
            found.account.name
        )));
    }
    drop(db);
    let mut errors = FieldErrors::new();
    confirm::own_password(&web, &who, &fields, &mut errors).await?;
    let mut db = web.store.write().await?;
    if !errors.is_empty() {
        let mut shown = load(&web, &mut db, &who, found).await?;
        shown.errors = errors;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
    }
    let account = found.account.id;
    if store::second_factor::remove(&mut db, found.login).await? {
        store::session::end_of_account(&mut db, who.clinic, account).await?;
        let entry = who.did(web.clock.now(), "two_factor.removed_by_admin", "account", account);
        store::audit::record(&mut db, &entry).await?;
        db.commit().await?;
    }
    Ok(see_other(&format!("/people/{account}")))
}
