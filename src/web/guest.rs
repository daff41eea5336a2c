//! Pages for clients, who have no account: a link in an email opens one kind of page for one client. The frame
//! of these pages, how their links are opened, and what a link says that does not work any more.
//!
//! A page here is drawn by a GET that changes nothing, since mail programs open links by themselves. What
//! changes something is a POST from a button, and the link is the secret that no other site knows.

pub mod act;
pub mod form;
pub mod letters;
pub mod preferences;

use std::convert::Infallible;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Zoned;

use super::error::Error;
use super::headers::page;
use super::{Web, assets, attempts, session};
use crate::clinic::ids::ClinicId;
use crate::clinic::letter;
use crate::clinic::link::{Door, Why};
use crate::clinic::look::Look;
use crate::clinic::profile::ClinicProfile;
use crate::clinic::wording::{Notice, Words, filled};
use crate::store::client::Registered;
use crate::store::link::Dead;
use crate::store::{self, Db};

/// Who asks for a page, as far as anybody knows.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The network address.
    place: String,
    /// The language the address asks for, such as `?lang=es`.
    asked: Option<&'static Words>,
    /// The language the browser asks for: for pages about nobody.
    browser: &'static Words,
    /// What the address says was just done; a page tells it only when it is so.
    said: Option<String>,
    /// The path, for the links to the other languages.
    path: String,
}

impl Visitor {
    /// Of this request.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let of = |wanted: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.into_owned())
        };
        Self {
            place: session::from_where(parts),
            asked: of("lang").and_then(|lang| Words::of(&lang)),
            said: of("said"),
            browser: Words::for_locale(accepted(&parts.headers).as_deref(), ""),
            path: parts.uri.path().to_owned(),
        }
    }

    /// The words for a page about this client.
    fn words(&self, client: Option<&str>, clinic: &str) -> &'static Words {
        self.asked.unwrap_or_else(|| Words::for_locale(client, clinic))
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// The first language a browser names.
fn accepted(headers: &HeaderMap) -> Option<String> {
    let named = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    Some(named.split([',', ';']).next()?.trim().to_owned())
}

/// The frame of a page for clients.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The words, in the page's language.
    pub words: &'static Words,
    /// The clinic's name; empty where no clinic is known.
    pub clinic: String,
    /// The clinic's telephone as written; empty when it gave none.
    pub phone: String,
    /// The link that calls it, when it is a number.
    pub phone_href: Option<String>,
    /// What to call in an emergency: a number, or words.
    pub emergency: String,
    /// The link that calls it, when it is a number.
    pub emergency_href: Option<String>,
    /// The same page in the other languages: address, locale, the language's own name.
    pub others: Vec<(String, &'static str, &'static str)>,
    /// The stylesheet's address.
    pub stylesheet: String,
    /// The icon's address.
    pub icon: String,
    /// The clinic's colour and logo.
    pub look: Look,
}

impl Guest {
    /// The frame for a page of this clinic.
    #[must_use]
    pub fn new(web: &Web, clinic: &ClinicProfile, visitor: &Visitor, words: &'static Words) -> Self {
        let emergency = letter_words(web, words).map_or("", |letter| letter.emergency_number(clinic)).to_owned();
        let others = Words::all().filter(|other| other.lang != words.lang);
        Self {
            words,
            clinic: clinic.name.clone(),
            phone: clinic.phone.trim().to_owned(),
            phone_href: letter::telephone_link(&clinic.phone),
            emergency_href: letter::telephone_link(&emergency),
            emergency,
            others: others
                .map(|other| {
                    let path = format!("{}?lang={}", visitor.path, other.lang);
                    (path, other.lang, other.common.language.as_str())
                })
                .collect(),
            stylesheet: assets::address("app.css"),
            icon: assets::address("icon.svg"),
            look: clinic.look.clone(),
        }
    }

    /// The locale of the page.
    #[must_use]
    pub fn lang(&self) -> &'static str {
        self.words.lang
    }

    /// What to do in an emergency.
    #[must_use]
    pub fn in_an_emergency(&self) -> String {
        filled(&self.words.common.emergency, &[("number", &self.emergency)])
    }

    /// The button that calls for help.
    #[must_use]
    pub fn call_for_help(&self) -> String {
        filled(&self.words.common.call_emergency, &[("number", &self.emergency)])
    }

    /// The button that calls the clinic.
    #[must_use]
    pub fn call_us(&self) -> String {
        filled(&self.words.common.call, &[("phone", &self.phone)])
    }

    /// How to ask the clinic something.
    #[must_use]
    pub fn questions(&self) -> String {
        let common = &self.words.common;
        if self.phone.is_empty() {
            common.questions_by_reply.clone()
        } else {
            filled(&common.questions_by_phone, &[("phone", &self.phone)])
        }
    }
}

/// The words of letters in a page's language: for days, months and the emergency number.
pub(super) fn letter_words<'a>(web: &'a Web, words: &Words) -> Option<&'a letter::Words> {
    let letters = web.letters.compiled().letters();
    letters.language(letters.locale_for(Some(words.lang), words.lang)).map(|language| &language.words)
}

/// A link that works, with everything a page of its client begins with.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The link.
    pub link: store::link::Opened,
    /// The token, for the addresses of the page's forms.
    pub token: String,
    /// The clinic.
    pub clinic: ClinicProfile,
    /// The client.
    pub client: Registered,
    /// The moment, by the clinic's clock.
    pub now: Zoned,
    /// Who asks.
    pub visitor: Visitor,
    /// The frame.
    pub guest: Guest,
}

impl Opened {
    /// A deed of this client, for the audit. The link's name tells by which email.
    #[must_use]
    pub fn did(&self, action: &str, kind: &str, id: String) -> store::audit::Entry {
        store::audit::Entry {
            clinic: self.link.clinic,
            at: self.now.timestamp(),
            who: self.link.client.to_string(),
            role: "client".into(),
            action: action.into(),
            kind: kind.into(),
            record_id: id,
            from_where: self.visitor.place.clone(),
        }
    }

    /// The path of this page or of a form below it, in the page's language.
    #[must_use]
    pub fn path(&self, below: &str) -> String {
        let door = self.link.purpose.door().letter();
        let lang = self.visitor.asked.map(|words| format!("?lang={}", words.lang)).unwrap_or_default();
        format!("/{door}/{}{below}{lang}", self.token)
    }

    /// The page, told what was just done.
    #[must_use]
    pub fn said(&self, what: &str) -> String {
        let path = self.path("");
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{path}{joint}said={what}")
    }
}

/// Opens the page of a link at this door. A link of another door is none of this one.
///
/// # Errors
/// The page to show instead: kind, and with the clinic's telephone where the clinic is known.
pub async fn open(web: &Web, visitor: &Visitor, token: &str, door: Door) -> Result<Opened, Response> {
    let found = async {
        let mut db = web.store.read().await?;
        find(web, &mut db, visitor, token, door).await
    };
    match found.await {
        Ok(Ok(opened)) => Ok(opened),
        Ok(Err(dead)) => Err(closed(web, visitor, dead).await),
        Err(_) => Err(broken(web, visitor)),
    }
}

/// As [`open`], inside the transaction that changes something: the link may have ended a moment ago.
///
/// # Errors
/// When the database refuses; inside, why the link opens nothing.
pub async fn find(
    web: &Web,
    db: &mut Db,
    visitor: &Visitor,
    token: &str,
    door: Door,
) -> Result<Result<Opened, Dead>, Error> {
    let now = web.clock.now();
    let link = match store::link::open(db, token, now).await? {
        Ok(link) if link.purpose.door() == door => link,
        Ok(_) => return Ok(Err(Dead::UNKNOWN)),
        Err(dead) => return Ok(Err(dead)),
    };
    let gone = Dead { clinic: Some(link.clinic), client: None, why: Why::Revoked };
    let clinic = store::clinic::find(db, link.clinic).await?.ok_or(Error::Broken)?;
    let Some(client) = store::client::find(db, link.clinic, link.client).await? else { return Ok(Err(gone)) };
    let words = visitor.words(client.client.locale.as_deref(), &clinic.locale);
    let guest = Guest::new(web, &clinic, visitor, words);
    let now = now.to_zoned(clinic.zone.rules().clone());
    Ok(Ok(Opened { link, token: token.to_owned(), clinic, client, now, visitor: visitor.clone(), guest }))
}

/// One heading, one paragraph and how to reach the clinic.
#[derive(Debug, Template)]
#[template(path = "guest/notice.html")]
pub struct NoticePage {
    guest: Guest,
    notice: &'static Notice,
}

impl NoticePage {
    /// A page that says this.
    #[must_use]
    pub const fn new(guest: Guest, notice: &'static Notice) -> Self {
        Self { guest, notice }
    }
}

/// The page of a link that opens nothing. Whoever holds a real one is never kept out; one that never was
/// counts against the place it is tried from.
pub async fn closed(web: &Web, visitor: &Visitor, dead: Dead) -> Response {
    if dead.why == Why::Unknown {
        match attempts::missed(web, &visitor.place).await {
            Ok(()) => {}
            Err(Error::TooMany(seconds)) => return too_many(web, visitor, seconds).await,
            Err(_) => return broken(web, visitor),
        }
    }
    let Ok(guest) = stranger(web, visitor, dead).await else { return broken(web, visitor) };
    let common = &guest.words.common;
    let (status, notice) = match dead.why {
        Why::Unknown => (StatusCode::NOT_FOUND, &common.unknown),
        Why::Ended => (StatusCode::GONE, &common.ended),
        Why::Revoked => (StatusCode::GONE, &common.revoked),
    };
    said(status, guest, notice)
}

async fn too_many(web: &Web, visitor: &Visitor, seconds: u64) -> Response {
    let Ok(guest) = stranger(web, visitor, Dead::UNKNOWN).await else { return broken(web, visitor) };
    let notice = &guest.words.common.too_many;
    let mut answer = said(StatusCode::TOO_MANY_REQUESTS, guest, notice);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

/// The page for when the database does not answer: it knows no clinic, and still says whom to call.
pub fn broken(web: &Web, visitor: &Visitor) -> Response {
    let guest = unknown_guest(web, visitor);
    let notice = &guest.words.common.broken;
    said(StatusCode::INTERNAL_SERVER_ERROR, guest, notice)
}

/// The page for a form that another site sent.
pub fn foreign(web: &Web, visitor: &Visitor) -> Response {
    let guest = unknown_guest(web, visitor);
    let notice = &guest.words.common.foreign;
    said(StatusCode::FORBIDDEN, guest, notice)
}

fn said(status: StatusCode, guest: Guest, notice: &'static Notice) -> Response {
    (status, page(&NoticePage::new(guest, notice))).into_response()
}

fn unknown_guest(web: &Web, visitor: &Visitor) -> Guest {
    let nobody = ClinicProfile { name: String::new(), ..ClinicProfile::default() };
    Guest::new(web, &nobody, visitor, visitor.asked.unwrap_or(visitor.browser))
}

/// The frame for whoever holds a link that opens nothing: of its clinic, or of the only one there is.
async fn stranger(web: &Web, visitor: &Visitor, dead: Dead) -> Result<Guest, Error> {
    let mut db = web.store.read().await?;
    let found = match dead.clinic {
        Some(id) => store::clinic::find(&mut db, id).await?.map(|clinic| (id, clinic)),
        None => only(store::clinic::all(&mut db).await?),
    };
    let Some((id, clinic)) = found else { return Ok(unknown_guest(web, visitor)) };
    let client = match dead.client {
        Some(client) => store::client::find(&mut db, id, client).await?.and_then(|client| client.client.locale),
        None => None,
    };
    let words = if dead.clinic.is_some() {
        visitor.words(client.as_deref(), &clinic.locale)
    } else {
        visitor.asked.unwrap_or(visitor.browser)
    };
    Ok(Guest::new(web, &clinic, visitor, words))
}

fn only(mut clinics: Vec<(ClinicId, ClinicProfile)>) -> Option<(ClinicId, ClinicProfile)> {
    if clinics.len() == 1 { clinics.pop() } else { None }
}
