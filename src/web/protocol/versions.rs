//! `GET /protocol/versions`: what was published, what differs, what waits by which version, and an old version as a
//! new draft.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::{Desk, PATH, RECORD};
use crate::clinic::protocol::Protocol;
use crate::clinic::protocol::changes::between;
use crate::seal::token;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::settings::change::follow;
use crate::web::settings::{Agreement, asked};
use crate::web::shell::{Room, Shell};
use crate::web::studio::versions::PartView;
use crate::web::{Web, say, see_other};

/// The page.
#[derive(Debug, Template)]
#[template(path = "protocol/versions.html")]
struct VersionsPage {
    shell: Shell,
    /// The newest first.
    versions: Vec<Row>,
    newest: u32,
    has_draft: bool,
    draft: u32,
    waiting: Vec<Waiting>,
    compared: Option<Compared>,
    asked: Option<Agreement>,
}

/// A published version.
#[derive(Debug)]
struct Row {
    number: u32,
    /// "Ada Osei, today 10:41", or that it ships.
    by: String,
    note: String,
    /// The version before it, if there is one.
    before: Option<u32>,
}

/// Emails that wait by an older version.
#[derive(Debug)]
struct Waiting {
    version: u32,
    /// "12 waiting emails".
    emails: String,
}

/// Two versions beside each other.
#[derive(Debug)]
struct Compared {
    from: u32,
    to: u32,
    parts: Vec<PartView>,
}

/// `?from=1&to=2`.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    from: Option<u32>,
    to: Option<u32>,
}

impl VersionsPage {
    async fn of(db: &mut Db, desk: &Desk, compared: &Asked) -> Result<Self, Error> {
        let newest = desk.current.version;
        let compared = match (compared.from, compared.to) {
            (Some(from), Some(to)) => {
                let (old, new) = desk.version(from).zip(desk.version(to)).ok_or(Error::NotFound)?;
                Some(Compared { from, to, parts: between(&old, &new).iter().map(PartView::of).collect() })
            }
            _ => None,
        };
        let waiting = store::protocol::waiting(db, desk.here.id).await?;
        let old = waiting.iter().filter(|(version, _)| *version != newest);
        Ok(Self {
            shell: desk.here.shell(Room::Letters),
            versions: rows(desk),
            newest,
            has_draft: desk.draft.is_some(),
            draft: desk.draft.as_ref().map_or(0, |draft| draft.version),
            waiting: old
                .map(|(version, count)| Waiting { version: *version, emails: say::count(*count, "waiting email") })
                .collect(),
            compared,
            asked: None,
        })
    }
}

/// `GET /protocol/versions`.
///
/// # Errors
/// When there is no such version, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Query(compared): Query<Asked>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    Ok(page(&VersionsPage::of(&mut db, &desk, &compared).await?))
}

/// Every version, the newest first; the one that ships is the oldest.
fn rows(desk: &Desk) -> Vec<Row> {
    let shipped = Protocol::default().version;
    let mut rows = vec![Row { number: shipped, by: "As it ships".into(), note: String::new(), before: None }];
    for version in &desk.versions {
        rows.push(Row {
            number: version.protocol.version,
            by: desk.by_whom(version.by, version.at),
            note: version.note.clone(),
            before: rows.last().map(|row| row.number),
        });
    }
    rows.reverse();
    rows
}

/// `POST /protocol/versions`: an old version as a new draft. A draft that is there can be had back with "Undo".
///
/// # Errors
/// When there is no such version, somebody else saved the draft meanwhile, or the database does not answer.
pub async fn restore(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let number: u32 = fields.text("version").parse().map_err(|_| Error::BadAddress)?;
    let over: u32 = fields.text("draft").parse().map_err(|_| Error::BadAddress)?;
    let old = desk.version(number).ok_or(Error::NotFound)?;
    let now = desk.here.now.timestamp();
    let before = desk.draft.as_ref().map(|draft| &draft.protocol);
    let by = (who.account, now);
    if store::protocol::save_draft(&mut db, who.clinic, (&old, before), over, by).await?.is_none() {
        let sentence = "Somebody else changed the draft of the protocol since you opened the page. Open it again.";
        return Err(Error::Refused(sentence.into()));
    }
    let entry = who.did(now, "protocol.version_restored", "protocol", format!("{RECORD}/{number}"));
    store::audit::record(&mut db, &entry).await?;
    db.commit().await?;
    Ok(see_other(PATH))
}

/// `POST /protocol/waiting`: what waits by an older version goes by the newest, once somebody has seen what that does.
///
/// # Errors
/// When that is not the newest any more, or the database does not answer.
pub async fn move_waiting(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let to: u32 = fields.text("to").parse().map_err(|_| Error::BadAddress)?;
    if to != desk.current.version {
        let sentence = format!("Version {to} is not the newest any more. Look at the differences again.");
        return Err(Error::Refused(sentence));
    }
    let mut shown = VersionsPage::of(&mut db, &desk, &Asked::default()).await?;
    let change = follow(&web, &mut db, &who, &desk.current).await?;
    let (yes, agreed) = (change.fingerprint(), fields.text("agreed"));
    if token::same(agreed, &yes) {
        db.commit().await?;
        return Ok(see_other("/protocol/versions"));
    }
    drop(db);
    let (status, is_stale) = if agreed.is_empty() { (StatusCode::OK, false) } else { (StatusCode::CONFLICT, true) };
    shown.asked = Some(asked(&change, yes, is_stale, &desk.here.now));
    Ok((status, page(&shown)).into_response())
}
