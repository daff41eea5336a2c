//! Signing in and out. An unknown address and a wrong password get the same work and the same
//! words, so that nobody learns who works here.

use askama::Template;
use axum::extract::{Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::draft::{Draft, DraftPage};
use super::error::Error;
use super::form::Fields;
use super::guard::Who;
use super::outside::{self, Outside, shown};
use super::{Web, attempts, demo, passwords, second_step, see_other, session};
use crate::clinic::ids::LoginId;
use crate::clinic::person::EmailAddress;
use crate::clinic::signin::LINK;
use crate::seal::token;
use crate::store::audit::Entry;
use crate::store::login::{Login, Workplace};
use crate::store::{self, Db};

const WRONG: &str = "This email and password do not fit together. Check both, or ask your admin for a new link.";

/// `GET /sign-in`.
#[derive(Debug, Template)]
#[template(path = "sign_in/page.html")]
pub struct SignInPage {
    outside: Outside,
    email: String,
    next: String,
    problem: Option<&'static str>,
    /// What was typed when the session ended, sealed.
    draft: String,
    /// In the demo: who may come in with one button.
    cast: Vec<demo::enter::Button>,
}

impl SignInPage {
    /// The page, with the address typed before and what is wrong.
    #[must_use]
    pub fn of(email: &str, next: &str, problem: Option<&'static str>) -> Self {
        let (email, next) = (email.into(), next.into());
        Self { outside: Outside::new(), email, next, problem, draft: String::new(), cast: Vec::new() }
    }

    /// The same page with a draft that goes along.
    #[must_use]
    pub fn with_draft(mut self, draft: String) -> Self {
        self.draft = draft;
        self
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
    let there = session::who(&web, &parts).await?.is_some();
    Ok(see_other(if there { "/day" } else { "/sign-in" }))
}

/// `GET /sign-in`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, Query(asked): Query<Asked>, request: Request) -> Result<Response, Error> {
    let (parts, _) = request.into_parts();
    if session::who(&web, &parts).await?.is_some() {
        return Ok(see_other(local(&asked.next)));
    }
    let mut page = SignInPage::of("", local(&asked.next), None);
    page.cast = demo::enter::buttons(&web).await?;
    Ok(shown(&page))
}

/// `POST /sign-in`.
///
/// # Errors
/// When the form does not come from here, there were too many tries, or the database does not answer.
pub async fn enter(State(web): State<Web>, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let fields = outside::form(&web, &parts, body).await?;
    let typed = fields.text("email").trim();
    attempts::knock(&web, typed, &session::from_where(&parts)).await?;
    let login = known(&web, typed).await?;
    let kept = login.as_ref().and_then(|login| login.password.clone());
    let fits = passwords::fits(&web, fields.text("password"), kept).await?;
    let Some(login) = login.filter(|_| fits) else { return Ok(again(&fields)) };
    let mut db = web.store.write().await?;
    let asked = second_step::ask(&web, &mut db, &login, (fields.text("next"), fields.text("draft"))).await?;
    match asked {
        Some(asked) => Ok(asked),
        None => come_in(&web, db, &login, &fields, &parts).await,
    }
}

/// Begins the session of somebody who has shown all that is asked for, and leads them on.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn come_in(
    web: &Web,
    mut db: Db,
    login: &Login,
    fields: &Fields,
    parts: &Parts,
) -> Result<Response, Error> {
    let draft = Draft::open(&db, fields.text("draft"));
    let places = store::login::workplaces(&mut db, login.id).await?;
    let of_draft = draft.as_ref().and_then(|draft| places.iter().find(|place| place.account == draft.account));
    let Some(place) = of_draft.or(places.first()) else { return Ok(again(fields)) };
    let secret = begin(web, &mut db, login.id, place, parts).await?;
    attempts::forgive(&mut db, &login.email).await?;
    let name = store::account::find(&mut db, place.clinic, place.account).await?.map(|account| account.name);
    db.commit().await?;
    let answer = match draft.filter(|draft| draft.account == place.account) {
        Some(draft) => shown(&DraftPage::of(draft, token::csrf(&secret), name.map(String::from).unwrap_or_default())),
        None => see_other(local(fields.text("next"))),
    };
    Ok(with_cookie(web, &secret, answer))
}

async fn known(web: &Web, typed: &str) -> Result<Option<Login>, Error> {
    let mut db = web.store.read().await?;
    match typed.parse::<EmailAddress>() {
        Ok(email) => Ok(store::login::by_email(&mut db, &email).await?),
        Err(_) => Ok(None),
    }
}

fn again(fields: &Fields) -> Response {
    let page = SignInPage::of(fields.text("email").trim(), local(fields.text("next")), Some(WRONG))
        .with_draft(fields.text("draft").into());
    (StatusCode::UNPROCESSABLE_ENTITY, shown(&page)).into_response()
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
    Ok(left(&web))
}

/// The answer to whoever signed out.
pub(super) fn left(web: &Web) -> Response {
    let mut answer = see_other("/sign-in");
    answer.headers_mut().append(header::SET_COOKIE, session::no_cookie(web));
    // What the browser kept of this house goes too; "cookies" is left out, since it would take
    // those of neighbouring hosts.
    answer.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    answer
}

/// Begins a session under a new id: whoever knew the cookie before knows nothing now.
pub(super) async fn begin(
    web: &Web,
    db: &mut Db,
    login: LoginId,
    place: &Workplace,
    parts: &Parts,
) -> Result<String, Error> {
    let now = web.clock.system_now();
    if let Some(old) = session::secret(web, &parts.headers) {
        store::session::end(db, &token::digest(old)).await?;
    }
    // Ended ones stay for a day: they know whose a late form is.
    store::session::forget(db, now.saturating_sub(LINK).unwrap_or(now)).await?;
    let secret = session::begin(web, db, login, place, &parts.headers).await?;
    store::audit::record(db, &entered(web, place, parts)).await?;
    Ok(secret)
}

/// An answer that begins a session.
pub(super) fn with_cookie(web: &Web, secret: &str, mut answer: Response) -> Response {
    answer.headers_mut().append(header::SET_COOKIE, session::cookie(web, secret));
    answer
}

fn entered(web: &Web, place: &Workplace, parts: &Parts) -> Entry {
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

/// Signing in leads to a page of this house and nowhere else.
pub(super) fn local(next: &str) -> &str {
    let here = next.starts_with('/') && !next[1..].starts_with(['/', '\\']);
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic());
    if here && plain && !next.starts_with("/sign-in") { next } else { "/day" }
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
