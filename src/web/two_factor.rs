//! `/account/two-factor`: one's own second factor. Setting it up, new codes on paper and taking it away ask for
//! the password once more.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::error::Error;
use super::form::Form;
use super::guard::Who;
use super::headers::page;
use super::qr::{self, Drawn};
use super::shell::{Room, Shell};
use super::{Web, confirm, see_other};
use crate::clinic::fields::FieldErrors;
use crate::clinic::signin::SET_UP;
use crate::seal::second_factor;
use crate::store::second_factor::Factor;
use crate::store::{self, Db};

/// The page.
#[derive(Debug, Template)]
#[template(path = "account/two_factor.html")]
struct TwoFactorPage {
    shell: Shell,
    state: Standing,
    /// Whose password is asked for, for the browser that keeps it.
    email: String,
    /// Codes on paper that were just made; they are shown this once.
    codes: Vec<String>,
    errors: FieldErrors,
}

/// How it stands.
#[derive(Debug)]
enum Standing {
    Off,
    /// The phone reads this, and the person types what it shows.
    Begun {
        secret: String,
        code: Drawn,
    },
    On {
        left: u32,
    },
}

/// `GET /account/two-factor`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    Ok(page(&load(&web, &mut db, &who, FieldErrors::new()).await?))
}

async fn load(web: &Web, db: &mut Db, who: &Who, errors: FieldErrors) -> Result<TwoFactorPage, Error> {
    let here = web.here(db, who).await?;
    let factor = store::second_factor::find(db, who.login).await?;
    let state = match factor {
        Some(factor) if factor.is_confirmed => {
            Standing::On { left: store::second_factor::codes_left(db, who.login).await? }
        }
        // One that was begun and left is begun anew: its secret was on a screen.
        _ => Standing::Off,
    };
    let email = store::login::find(db, who.login).await?.ok_or(Error::NotFound)?.email;
    Ok(TwoFactorPage { shell: here.shell(Room::Account), state, email, codes: Vec::new(), errors })
}

/// `POST /account/two-factor`: begins to set it up.
///
/// # Errors
/// When there is one, there were too many tries at the password, or the database does not answer.
pub async fn begin(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut errors = FieldErrors::new();
    confirm::own_password(&web, &who, &fields, &mut errors).await?;
    if !errors.is_empty() {
        return wrong(&web, &who, errors).await;
    }
    let mut db = web.store.write().await?;
    let now = web.clock.system_now();
    if !store::second_factor::begin(&mut db, who.login, &second_factor::fresh(), now).await? {
        return Err(Error::Refused("You have a second factor already. Take it away first.".into()));
    }
    let shown = begun(&web, &mut db, &who, FieldErrors::new()).await?;
    store::audit::record(&mut db, &who.did(web.clock.now(), "two_factor.begun", "account", who.account)).await?;
    db.commit().await?;
    Ok(page(&shown))
}

/// The page with the code for the phone.
async fn begun(web: &Web, db: &mut Db, who: &Who, errors: FieldErrors) -> Result<TwoFactorPage, Error> {
    let factor = being_set_up(web, db, who).await?;
    let login = store::login::find(db, who.login).await?.ok_or(Error::NotFound)?;
    let address = second_factor::address(&factor.secret, &login.email).ok_or(Error::Broken)?;
    let here = web.here(db, who).await?;
    let parts: Vec<&str> =
        factor.secret.as_bytes().chunks(4).filter_map(|part| std::str::from_utf8(part).ok()).collect();
    let state = Standing::Begun { secret: parts.join(" "), code: qr::drawn(&address)? };
    let email = login.email;
    Ok(TwoFactorPage { shell: here.shell(Room::Account), state, email, codes: Vec::new(), errors })
}

/// The factor that this person began to set up a short while ago.
async fn being_set_up(web: &Web, db: &mut Db, who: &Who) -> Result<Factor, Error> {
    let since = web.clock.system_now().saturating_sub(SET_UP).unwrap_or(Timestamp::MIN);
    let factor = store::second_factor::find(db, who.login).await?;
    factor.filter(|factor| !factor.is_confirmed && factor.begun_at > since).ok_or_else(nothing_begun)
}

fn nothing_begun() -> Error {
    let words = "No second factor is being set up, or it was begun more than 10 minutes ago. Begin on the page of your account.";
    Error::Refused(words.into())
}

/// `POST /account/two-factor/confirmation`: the phone shows the right code, so it is asked for from now on.
///
/// # Errors
/// When none is being set up, or the database does not answer.
pub async fn confirm_it(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let factor = being_set_up(&web, &mut db, &who).await?;
    let now = web.clock.system_now();
    let Some(step) = second_factor::step_of(&factor.secret, fields.text("code"), now) else {
        let mut errors = FieldErrors::new();
        errors.add("code", "This is not the code of this half minute. Type the one that your phone shows now.");
        let shown = begun(&web, &mut db, &who, errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
    };
    if !store::second_factor::confirm(&mut db, who.login, step, now).await? {
        return Err(nothing_begun());
    }
    // Whoever is signed in elsewhere came in without it.
    store::session::end_others(&mut db, who.login, &who.session).await?;
    with_codes(&web, db, &who, "two_factor.set").await
}

/// `POST /account/two-factor/codes`: new codes on paper.
///
/// # Errors
/// When there is no second factor, there were too many tries at the password, or the database does not answer.
pub async fn new_codes(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut errors = FieldErrors::new();
    confirm::own_password(&web, &who, &fields, &mut errors).await?;
    if !errors.is_empty() {
        return wrong(&web, &who, errors).await;
    }
    let mut db = web.store.write().await?;
    if !store::second_factor::find(&mut db, who.login).await?.is_some_and(|factor| factor.is_confirmed) {
        return Err(nothing_begun());
    }
    with_codes(&web, db, &who, "two_factor.codes_made").await
}

/// Makes codes on paper and shows them, this once.
async fn with_codes(web: &Web, mut db: Db, who: &Who, deed: &str) -> Result<Response, Error> {
    let codes = second_factor::fresh_codes();
    let digests: Vec<String> = codes.iter().map(|code| second_factor::digest(code)).collect();
    store::second_factor::set_codes(&mut db, who.login, &digests).await?;
    store::audit::record(&mut db, &who.did(web.clock.now(), deed, "account", who.account)).await?;
    let mut shown = load(web, &mut db, who, FieldErrors::new()).await?;
    db.commit().await?;
    shown.codes = codes;
    Ok(page(&shown))
}

/// `POST /account/two-factor/removal`.
///
/// # Errors
/// When there were too many tries at the password, or the database does not answer.
pub async fn remove(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut errors = FieldErrors::new();
    confirm::own_password(&web, &who, &fields, &mut errors).await?;
    if !errors.is_empty() {
        return wrong(&web, &who, errors).await;
    }
    let mut db = web.store.write().await?;
    if store::second_factor::remove(&mut db, who.login).await? {
        store::audit::record(&mut db, &who.did(web.clock.now(), "two_factor.removed", "account", who.account)).await?;
        db.commit().await?;
    }
    Ok(see_other("/account/two-factor"))
}

async fn wrong(web: &Web, who: &Who, errors: FieldErrors) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let shown = load(web, &mut db, who, errors).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response())
}
