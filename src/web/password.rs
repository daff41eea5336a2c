//! `/password/{token}`: whoever holds the link sets the password of one login, once.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::error::Error;
use super::form::{self, Fields};
use super::headers::page;
use super::outside::Outside;
use super::session::Place;
use super::sign_in::{begin, with_cookie};
use super::{Web, attempts, passwords, second_step, see_other};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::LoginId;
use crate::clinic::password;
use crate::seal::token;
use crate::store::login::{Login, Workplace};
use crate::store::{self, Db};

/// The page.
#[derive(Debug, Template)]
#[template(path = "sign_in/password.html")]
pub struct PasswordPage {
    outside: Outside,
    email: String,
    token: String,
    errors: FieldErrors,
}

/// `GET /password/{token}`. Looking does not use the link up: mail programs look.
///
/// # Errors
/// When the link does not work any more, or the database does not answer.
pub async fn show(State(web): State<Web>, Path(token): Path<String>, place: Place) -> Result<Response, Error> {
    let (login, _) = open(&web, &token, &place).await?;
    Ok(shown(&login, token, FieldErrors::new()))
}

/// `POST /password/{token}`. The link itself is the secret that no other site knows.
///
/// # Errors
/// When the link does not work any more, or the database does not answer.
pub async fn set(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    if !form::is_not_from_elsewhere(&parts.headers, &web) {
        return Err(Error::Foreign);
    }
    let fields = form::read(&parts.headers, body).await?;
    let (login, places) = open(&web, &token, &Place::of(&parts)).await?;
    let words: Vec<&str> = own_words(&login.email, &places);
    let password = match check(&fields, &words) {
        Ok(password) => password,
        Err(errors) => return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&login, token, errors)).into_response()),
    };
    let hash = passwords::hash(&web, password).await?;
    let mut db = web.store.write().await?;
    if !store::password_link::use_up(&mut db, &token::digest(&token)).await? {
        return Err(Error::DeadLink);
    }
    change(&web, &mut db, login.id, &hash, &places, "").await?;
    let place = places.first().ok_or(Error::DeadLink)?;
    let login = Login { password: Some(hash), ..login };
    if let Some(asked) = second_step::ask(&web, &mut db, &login, ("/day", "")).await? {
        db.commit().await?;
        return Ok(asked);
    }
    let secret = begin(&web, &mut db, login.id, place, &parts).await?;
    db.commit().await?;
    Ok(with_cookie(&web, &secret, see_other("/day")))
}

/// Sets a password, ends every session but this one, and writes it down at each clinic.
pub(super) async fn change(
    web: &Web,
    db: &mut Db,
    login: LoginId,
    hash: &str,
    places: &[Workplace],
    but: &str,
) -> Result<(), Error> {
    store::login::set_password(db, login, hash, web.clock.system_now()).await?;
    store::session::end_others(db, login, but).await?;
    note(web, db, places, "password.set").await
}

/// Writes down at each clinic what a person did to their own way in.
pub(super) async fn note(web: &Web, db: &mut Db, places: &[Workplace], deed: &str) -> Result<(), Error> {
    for place in places {
        let id = place.account.to_string();
        let mut entry = store::audit::Entry::system(place.clinic, web.clock.now(), deed, "account", id);
        entry.who = place.account.to_string();
        entry.role = place.role.id().into();
        store::audit::record(db, &entry).await?;
    }
    Ok(())
}

/// The new password of a form, typed twice.
pub(super) fn check<'a>(fields: &'a Fields, own: &[&str]) -> Result<&'a str, FieldErrors> {
    let mut errors = FieldErrors::new();
    let typed = fields.text("password");
    errors.check("password", password::check(typed, own));
    if typed != fields.text("password_again") {
        errors.add("password_again", "The two are not the same. Type the password once more.");
    }
    errors.done(Some(typed))
}

/// What anyone would try for this person.
pub(super) fn own_words<'a>(email: &'a str, places: &'a [Workplace]) -> Vec<&'a str> {
    let name = email.split('@').next().unwrap_or_default();
    places.iter().map(|place| place.clinic_name.as_str()).chain([name]).collect()
}

async fn open(web: &Web, token: &str, place: &Place) -> Result<(Login, Vec<Workplace>), Error> {
    attempts::link(web, &place.0, async { find(web, &mut web.store.read().await?, token).await }).await
}

async fn find(web: &Web, db: &mut Db, token: &str) -> Result<(Login, Vec<Workplace>), Error> {
    let now = web.clock.system_now();
    let id = store::password_link::whose(db, &token::digest(token), now).await?.ok_or(Error::DeadLink)?;
    let login = store::login::find(db, id).await?.ok_or(Error::DeadLink)?;
    let places = store::login::workplaces(db, id).await?;
    // Whoever works nowhere any more opens nothing.
    if places.is_empty() { Err(Error::DeadLink) } else { Ok((login, places)) }
}

fn shown(login: &Login, token: String, errors: FieldErrors) -> Response {
    page(&PasswordPage { outside: Outside::new(), email: login.email.clone(), token, errors })
}
