//! Letters as pages: what was sent, as it was sent, for those who lost the email or want to read it again.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::{Guest, Opened, Visitor, broken, closed, letter_words, open, said};
use crate::clinic::ids::EmailId;
use crate::clinic::link::{Door, Purpose};
use crate::clinic::outbox::State as MailState;
use crate::clinic::wording::filled;
use crate::store::email::Email;
use crate::store::link::Dead;
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::error::Error;
use crate::web::headers::page;
use crate::web::letters::{Letters, Written, framed};

/// So long after it was sent a letter can be read again.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// One letter on the page of preferences.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where it can be read.
    pub href: String,
    /// Its subject.
    pub subject: String,
    /// The language it was written in.
    pub lang: String,
    /// When it was sent, in words.
    pub sent: String,
}

/// A letter as it was sent.
#[derive(Debug, Template)]
#[template(path = "guest/letter.html")]
pub struct LetterPage {
    guest: Guest,
    subject: String,
    lang: String,
    sent: String,
    text: String,
    frame: String,
}

/// `GET /a/{token}`.
pub async fn show(State(web): State<Web>, visitor: Visitor, Path(token): Path<String>) -> Response {
    match one(&web, &visitor, &token, None).await {
        Ok((opened, email, written)) => shown(&web, &opened, &email, written, opened.path("/html")),
        Err(page) => page,
    }
}

/// `GET /a/{token}/html`: the letter alone, for the frame of its page.
pub async fn html(State(web): State<Web>, visitor: Visitor, Path(token): Path<String>) -> Response {
    match one(&web, &visitor, &token, None).await {
        Ok((_, _, written)) => framed(&web, written.html).await,
        Err(page) => page,
    }
}

/// `GET /p/{token}/letters/{email}`: the same from the page of preferences.
pub async fn listed(
    State(web): State<Web>,
    visitor: Visitor,
    Path((token, email)): Path<(String, String)>,
) -> Response {
    match one(&web, &visitor, &token, Some(&email)).await {
        Ok((opened, email, written)) => {
            let frame = opened.path(&format!("/letters/{}/html", email.id));
            shown(&web, &opened, &email, written, frame)
        }
        Err(page) => page,
    }
}

/// `GET /p/{token}/letters/{email}/html`.
pub async fn listed_html(
    State(web): State<Web>,
    visitor: Visitor,
    Path((token, email)): Path<(String, String)>,
) -> Response {
    match one(&web, &visitor, &token, Some(&email)).await {
        Ok((_, _, written)) => framed(&web, written.html).await,
        Err(page) => page,
    }
}

fn shown(web: &Web, opened: &Opened, email: &Email, written: Written, frame: String) -> Response {
    page(&LetterPage {
        sent: sent(web, opened, email),
        guest: opened.guest.clone(),
        subject: written.subject,
        lang: email.locale.clone(),
        text: written.text,
        frame,
    })
}

/// The letter of a link: its own, or one of the list.
async fn one(
    web: &Web,
    visitor: &Visitor,
    token: &str,
    listed: Option<&str>,
) -> Result<(Opened, Email, Written), Response> {
    let door = if listed.is_some() { Door::Preferences } else { Door::Letter };
    let opened = open(web, visitor, token, door).await?;
    let found = async {
        let mut db = web.store.read().await?;
        let email = match (listed, opened.link.purpose) {
            (Some(id), Purpose::Preferences) => by_id(&mut db, &opened, id).await?,
            (None, Purpose::Reread(_)) => of_link(&mut db, &opened).await?,
            _ => None,
        };
        let Some(email) = email else { return Ok(None) };
        let kept = store::outbox::content(&mut db, opened.link.clinic, email.id).await?;
        Ok::<_, Error>(kept.and_then(|kept| Letters::opened(&kept)).map(|written| (email, written)))
    };
    match found.await {
        Ok(Some((email, written))) => Ok((opened, email, written)),
        Ok(None) if listed.is_some() => Err(closed(web, visitor, Dead::UNKNOWN).await),
        // The link is right, so this is no guess: the email is not kept any more.
        Ok(None) => {
            let notice = &opened.guest.words.common.ended;
            Err(said(StatusCode::GONE, opened.guest.clone(), notice))
        }
        Err(_) => Err(broken(web, visitor)),
    }
}

async fn by_id(db: &mut Db, opened: &Opened, id: &str) -> Result<Option<Email>, Error> {
    let Ok(id) = id.parse::<EmailId>() else { return Ok(None) };
    let email = store::email::find(db, opened.link.clinic, id).await?;
    Ok(email.filter(|email| email.client == opened.link.client && may_be_read(email, opened)))
}

/// What went out with this link: of the same visit and step, the one that was on the wire last.
async fn of_link(db: &mut Db, opened: &Opened) -> Result<Option<Email>, Error> {
    let (Some(visit), Purpose::Reread(step)) = (opened.link.visit, opened.link.purpose) else { return Ok(None) };
    let emails = store::email::of_visit(db, opened.link.clinic, visit).await?;
    let its = emails.into_iter().filter(|email| email.client == opened.link.client && email.step == step);
    Ok(its.filter(|email| email.sending_at.is_some()).max_by_key(|email| email.sending_at))
}

fn may_be_read(email: &Email, opened: &Opened) -> bool {
    let since = opened.now.timestamp().saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
    left(email).is_some_and(|at| at >= since)
}

/// When an email left, if it did.
fn left(email: &Email) -> Option<Timestamp> {
    match email.state {
        MailState::Sent => email.sent_at,
        MailState::Uncertain => email.sending_at,
        _ => None,
    }
}

fn sent(web: &Web, opened: &Opened, email: &Email) -> String {
    let at = left(email).or(email.sending_at).unwrap_or(email.due_at);
    let words = opened.guest.words;
    let Some(letter) = letter_words(web, words) else { return String::new() };
    let (day, time) = letter.day_and_time(at, &opened.clinic);
    filled(&words.preferences.letters.sent, &[("day", &day), ("time", &time)])
}

/// Every letter that can be read again, newest first.
pub(super) async fn lines(web: &Web, db: &mut Db, opened: &Opened, emails: &[Email]) -> Result<Vec<Line>, Error> {
    let mut lines = Vec::new();
    for email in emails.iter().filter(|email| may_be_read(email, opened)) {
        let kept = store::outbox::content(db, opened.link.clinic, email.id).await?;
        let Some(written) = kept.and_then(|kept| Letters::opened(&kept)) else { continue };
        lines.push(Line {
            href: opened.path(&format!("/letters/{}", email.id)),
            subject: written.subject,
            lang: email.locale.clone(),
            sent: sent(web, opened, email),
        });
    }
    Ok(lines)
}
