//! One's own account: the password, where one is signed in, and at which clinic.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Zoned;

use super::error::Error;
use super::form::{Fields, Form};
use super::guard::Who;
use super::headers::page;
use super::shell::{Room, Shell};
use super::sign_in::{begin, with_cookie};
use super::{Here, Web, attempts, password, passwords, say, see_other};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::AccountId;
use crate::store::login::Login;
use crate::store::session::Line;
use crate::store::{self, Db};

/// `GET /account`.
#[derive(Debug, Template)]
#[template(path = "account/page.html")]
pub struct AccountPage {
    shell: Shell,
    name: String,
    role: &'static str,
    email: String,
    errors: FieldErrors,
    sessions: Vec<Device>,
    others: usize,
    has_factor: bool,
}

/// One session in the list.
#[derive(Debug)]
struct Device {
    device: String,
    clinic: String,
    began: String,
    seen: String,
    this: bool,
}

impl AccountPage {
    fn of(here: &Here, login: &Login, sessions: &[Line], errors: FieldErrors, now: &Zoned) -> Self {
        let moment = |at: jiff::Timestamp| say::moment(&at.to_zoned(now.time_zone().clone()), now);
        let open = sessions.iter().filter(|line| line.span.holds(now.timestamp()));
        let sessions: Vec<Device> = open
            .map(|line| Device {
                device: device(&line.device),
                clinic: line.clinic_name.clone(),
                began: moment(line.began_at),
                seen: moment(line.span.seen_at),
                this: line.id == here.who.session,
            })
            .collect();
        Self {
            shell: here.shell(Room::Account),
            name: here.who.name.to_string(),
            role: here.who.role.word(),
            email: login.email.clone(),
            errors,
            others: sessions.iter().filter(|line| !line.this).count(),
            sessions,
            has_factor: false,
        }
    }
}

/// `GET /account`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    shown(&web, &who, FieldErrors::new()).await
}

/// `GET /signed-in`: for the tab that was opened to sign in again.
pub async fn signed_in() -> Response {
    #[derive(Template)]
    #[template(path = "account/signed_in.html")]
    struct SignedInPage {
        outside: super::outside::Outside,
    }
    page(&SignedInPage { outside: super::outside::Outside::new() })
}

async fn shown(web: &Web, who: &Who, errors: FieldErrors) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, who).await?;
    let login = store::login::find(&mut db, who.login).await?.ok_or(Error::NotFound)?;
    let sessions = store::session::of_login(&mut db, who.login).await?;
    // Sessions live on system time, which in the demo is another.
    let now = web.clock.system_now().to_zoned(here.profile.zone.rules().clone());
    let mut shown = AccountPage::of(&here, &login, &sessions, errors, &now);
    let factor = store::second_factor::find(&mut db, who.login).await?;
    shown.has_factor = factor.is_some_and(|factor| factor.is_confirmed);
    Ok(page(&shown))
}

/// `POST /account/password`.
///
/// # Errors
/// When there were too many tries, or the database does not answer.
pub async fn change_password(
    State(web): State<Web>,
    who: Who,
    Form(fields): Form,
    request: Request,
) -> Result<Response, Error> {
    let (parts, _) = request.into_parts();
    let mut db = web.store.read().await?;
    let login = store::login::find(&mut db, who.login).await?.ok_or(Error::NotFound)?;
    let places = store::login::workplaces(&mut db, who.login).await?;
    drop(db);
    let hash = match new_hash(&web, &who, &login, &fields, &password::own_words(&login.email, &places)).await? {
        Ok(hash) => hash,
        Err(errors) => return invalid(&web, &who, errors).await,
    };
    let place = places.iter().find(|place| place.account == who.account).ok_or(Error::NotFound)?;
    let mut db = web.store.write().await?;
    password::change(&web, &mut db, who.login, &hash, &places, "").await?;
    let secret = begin(&web, &mut db, who.login, place, &parts).await?;
    attempts::forgive(&mut db, &login.email).await?;
    db.commit().await?;
    Ok(with_cookie(&web, &secret, see_other("/account")))
}

/// The hash of the new password, once the old one was right and the new one will do.
async fn new_hash(
    web: &Web,
    who: &Who,
    login: &Login,
    fields: &Fields,
    own: &[&str],
) -> Result<Result<String, FieldErrors>, Error> {
    // Whoever found a screen open must not try passwords on it for ever.
    attempts::knock(web, &login.email, &who.from_where).await?;
    if !passwords::fits(web, fields.text("old_password"), login.password.clone()).await? {
        let mut errors = FieldErrors::new();
        errors.add("old_password", "This is not your password now. Type it again.");
        return Ok(Err(errors));
    }
    match password::check(fields, own) {
        Ok(new) => Ok(Ok(passwords::hash(web, new).await?)),
        Err(errors) => Ok(Err(errors)),
    }
}

async fn invalid(web: &Web, who: &Who, errors: FieldErrors) -> Result<Response, Error> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(web, who, errors).await?).into_response())
}

/// `POST /account/sessions/end`: everywhere but here.
///
/// # Errors
/// When the database does not answer.
pub async fn end_sessions(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    store::session::end_others(&mut db, who.login, &who.session).await?;
    let entry = who.did(web.clock.now(), "session.ended_elsewhere", "account", who.account);
    store::audit::record(&mut db, &entry).await?;
    db.commit().await?;
    Ok(see_other("/account"))
}

/// `POST /account/clinic`: to another clinic one works at, in a new session.
///
/// # Errors
/// When one does not work there, or the database does not answer.
pub async fn switch(State(web): State<Web>, who: Who, Form(fields): Form, request: Request) -> Result<Response, Error> {
    let (parts, _) = request.into_parts();
    let account: AccountId = fields.text("account").parse().map_err(|_| Error::NotFound)?;
    let mut db = web.store.write().await?;
    let secret = move_to(&web, &mut db, &who, account, &parts).await?;
    db.commit().await?;
    Ok(with_cookie(&web, &secret, see_other("/day")))
}

async fn move_to(
    web: &Web,
    db: &mut Db,
    who: &Who,
    account: AccountId,
    parts: &axum::http::request::Parts,
) -> Result<String, Error> {
    let places = store::login::workplaces(db, who.login).await?;
    let place = places.iter().find(|place| place.account == account).ok_or(Error::NotFound)?;
    let left = who.did(web.clock.now(), "session.ended", "account", who.account);
    store::audit::record(db, &left).await?;
    begin(web, db, who.login, place, parts).await
}

/// "Firefox on Windows", from the words a browser says about itself.
fn device(words: &str) -> String {
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| words.contains(mark)).map(|(_, name)| *name);
    // Nearly all of them also claim to be Safari, and most to be Chrome.
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.into(),
        (None, None) => "A browser that does not say which".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_by_its_own_words() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36";
        assert_eq!(device(chrome), "Chrome on Linux");
        assert_eq!(device("Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) Version/17.0 Safari/605.1"), "Safari on iPad");
        assert_eq!(device("curl/8"), "A browser that does not say which");
    }
}
