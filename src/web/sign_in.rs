//! Signing in and out. An unknown address and a wrong password get the same work and the same
//! words, so that nobody learns who works here.

use askama::Template;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::error::Error;
use super::form::{self, Fields};
use super::guard::Who;
use super::headers::page;
use super::passwords;
use super::{Web, assets, see_other, session};
use crate::clinic::ids::{AccountId, LoginId};
use crate::clinic::person::EmailAddress;
use crate::seal::token;
use crate::store::audit::Entry;
use crate::store::login::Workplace;
use crate::store::{self, Db};

const WRONG: &str = "This email and password do not fit together. Check both, or ask your admin for a new link.";

/// `GET /sign-in`.
#[derive(Debug, Template)]
#[template(path = "sign_in/page.html")]
pub struct SignInPage {
    stylesheet: String,
    icon: String,
    email: String,
    next: String,
    problem: Option<&'static str>,
    /// In the demo: account id, name and role of those who may come in with one button.
    cast: Vec<(String, String, &'static str)>,
}

impl SignInPage {
    /// The page, with the address typed before and what is wrong.
    #[must_use]
    pub fn of(email: &str, next: &str, problem: Option<&'static str>) -> Self {
        Self {
            stylesheet: assets::address("app.css"),
            icon: assets::address("icon.svg"),
            email: email.into(),
            next: next.into(),
            problem,
            cast: Vec::new(),
        }
    }
}

/// `?next=/day`: where to go afterwards.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
}

/// `GET /`: to the day, or to signing in.
///
/// # Errors
/// When the database does not answer.
pub async fn start(State(web): State<Web>, request: Request) -> Result<Response, Error> {
    let (parts, _) = request.into_parts();
    Ok(see_other(if is_signed_in(&web, &parts).await? { "/day" } else { "/sign-in" }))
}

/// `GET /sign-in`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, Query(asked): Query<Asked>, request: Request) -> Result<Response, Error> {
    let (parts, _) = request.into_parts();
    if is_signed_in(&web, &parts).await? {
        return Ok(see_other(local(&asked.next)));
    }
    let mut page = SignInPage::of("", local(&asked.next), None);
    page.cast = demo_cast(&web).await?;
    Ok(shown(&page))
}

/// `POST /sign-in`.
///
/// # Errors
/// When the form does not come from here, or the database does not answer.
pub async fn enter(State(web): State<Web>, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let fields = outside_form(&web, &parts, body).await?;
    let typed = fields.text("email").trim();
    let next = local(fields.text("next"));
    let mut db = web.store.read().await?;
    let login = match typed.parse::<EmailAddress>() {
        Ok(email) => store::login::by_email(&mut db, &email).await?,
        Err(_) => None,
    };
    drop(db);
    let kept = login.as_ref().and_then(|login| login.password.clone());
    let fits = passwords::fits(&web, fields.text("password"), kept).await?;
    let wrong = || (StatusCode::UNPROCESSABLE_ENTITY, shown(&SignInPage::of(typed, next, Some(WRONG))));
    let Some(login) = login.filter(|_| fits) else { return Ok(wrong().into_response()) };
    let mut db = web.store.write().await?;
    let Some(place) = store::login::workplaces(&mut db, login.id).await?.into_iter().next() else {
        return Ok(wrong().into_response());
    };
    let secret = begin(&web, &mut db, login.id, &place, &parts).await?;
    db.commit().await?;
    Ok(with_cookie(&web, &secret, see_other(next)))
}

/// `POST /demo/sign-in`: as one of the demo's staff, without a password. The demo listens on this
/// machine alone, and holds nobody real.
///
/// # Errors
/// When the form does not come from here, or the database does not answer.
pub async fn enter_demo(State(web): State<Web>, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    if !web.demo || !session::is_this_machine(&parts) {
        return Err(Error::NotFound);
    }
    let fields = outside_form(&web, &parts, body).await?;
    let account: AccountId = fields.text("as").parse().map_err(|_| Error::NotFound)?;
    let mut db = web.store.write().await?;
    let (clinic, _) = store::clinic::all(&mut db).await?.into_iter().next().ok_or(Error::NotFound)?;
    let login = store::login::of_account(&mut db, clinic, account).await?.ok_or(Error::NotFound)?;
    let places = store::login::workplaces(&mut db, login).await?;
    let place = places.into_iter().find(|place| place.account == account).ok_or(Error::NotFound)?;
    let secret = begin(&web, &mut db, login, &place, &parts).await?;
    db.commit().await?;
    let next = fields.text("next");
    Ok(with_cookie(&web, &secret, see_other(if next.is_empty() { "/demo" } else { local(next) })))
}

async fn demo_cast(web: &Web) -> Result<Vec<(String, String, &'static str)>, Error> {
    if !web.demo {
        return Ok(Vec::new());
    }
    let mut db = web.store.read().await?;
    let Some((clinic, _)) = store::clinic::all(&mut db).await?.into_iter().next() else { return Ok(Vec::new()) };
    let staff = store::account::all(&mut db, clinic).await?;
    Ok(staff.into_iter().map(|one| (one.id.to_string(), one.name.to_string(), one.role.word())).collect())
}

/// A new id for the new state: whoever knew the old cookie knows nothing now.
async fn begin(web: &Web, db: &mut Db, login: LoginId, place: &Workplace, parts: &Parts) -> Result<String, Error> {
    if let Some(old) = session::secret(web, &parts.headers) {
        store::session::end(db, &token::digest(old)).await?;
    }
    let secret = session::begin(web, db, login, place, &parts.headers).await?;
    store::audit::record(db, &entered(web, place, parts)).await?;
    Ok(secret)
}

/// `POST /sign-out`.
///
/// # Errors
/// When the database does not answer.
pub async fn leave(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    store::session::end(&mut db, &who.session).await?;
    let entry = who.did(web.clock.now(), "session.ended", "account", who.account);
    store::audit::record(&mut db, &entry).await?;
    db.commit().await?;
    let mut answer = see_other("/sign-in");
    answer.headers_mut().append(header::SET_COOKIE, session::no_cookie(&web));
    // What the browser kept of this house goes too; "cookies" is left out, since it would take
    // those of neighbouring hosts.
    answer.headers_mut().insert("clear-site-data", header::HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(answer)
}

/// An answer that begins a session.
pub(super) fn with_cookie(web: &Web, secret: &str, mut answer: Response) -> Response {
    answer.headers_mut().append(header::SET_COOKIE, session::cookie(web, secret));
    answer
}

/// That somebody came in.
pub(super) fn entered(web: &Web, place: &Workplace, parts: &Parts) -> Entry {
    Entry {
        clinic: place.clinic,
        at: web.clock.now(),
        who: place.account.to_string(),
        role: place.role.id().into(),
        action: "session.began".into(),
        kind: "account".into(),
        record_id: place.account.to_string(),
        from_where: session::from_where(parts),
    }
}

/// A form of a page that needs no session. Only a page of this house may send it.
pub(super) async fn outside_form(web: &Web, parts: &Parts, body: Body) -> Result<Fields, Error> {
    if !form::is_from_here(&parts.headers, web) {
        return Err(Error::Foreign);
    }
    form::read(&parts.headers, body).await
}

async fn is_signed_in(web: &Web, parts: &Parts) -> Result<bool, Error> {
    let now = web.clock.system_now();
    Ok(session::of_request(web, parts).await?.is_some_and(|(_, span)| span.holds(now)))
}

/// Signing in leads to a page of this house and nowhere else.
pub(super) fn local(next: &str) -> &str {
    let here = next.starts_with('/') && !next[1..].starts_with(['/', '\\']);
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic());
    if here && plain && !next.starts_with("/sign-in") { next } else { "/day" }
}

/// A page with a form but without a session keeps its origin, or plain http could not tell it.
fn shown(template: &SignInPage) -> Response {
    let mut answer = page(template);
    answer.headers_mut().insert(header::REFERRER_POLICY, header::HeaderValue::from_static("same-origin"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_nowhere_else() {
        assert_eq!(local("/day?on=2026-01-05"), "/day?on=2026-01-05");
        let elsewhere =
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "javascript:1", "/é"];
        for next in elsewhere {
            assert_eq!(local(next), "/day", "{next:?}");
        }
    }
}
