//! "Cancel visit?" and "No-show?": what changes and what stays, before it happens. And taking it
//! back on the same day.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::{EffectsView, act, headline, last_deed};
use crate::clinic::ids::VisitId;
use crate::clinic::profile::Zone;
use crate::clinic::visit::effects::{Effect, fingerprint};
use crate::clinic::visit::{Act, Moment};
use crate::store::visit::desk::AtDesk;
use crate::store::{self, Db};
use crate::web::client::full_name;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, see_other};

/// One of the two ways in which a visit does not take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Off {
    /// It was cancelled.
    Cancelled,
    /// The client did not come.
    Missed,
}

impl Off {
    const fn act(self) -> Act {
        match self {
            Self::Cancelled => Act::Cancel,
            Self::Missed => Act::NoShow,
        }
    }

    /// What the audit calls it.
    pub(in crate::web) const fn action(self) -> &'static str {
        match self {
            Self::Cancelled => "visit.cancelled",
            Self::Missed => "visit.missed",
        }
    }

    /// The visit, called off.
    ///
    /// # Errors
    /// One sentence that says why not.
    pub(in crate::web) fn on(self, had: &AtDesk, zone: &Zone, now: Timestamp) -> Result<AtDesk, String> {
        let mut off = had.clone();
        off.visit.state = self.act().on(had.visit.state, &moment(zone, now, had))?;
        off.called_off_at = Some(now);
        Ok(off)
    }
}

/// `GET /visits/{id}/cancel` and `GET /visits/{id}/no-show`.
#[derive(Debug, Template)]
#[template(path = "desk/call_off.html")]
struct CallOffPage {
    shell: Shell,
    id: VisitId,
    off: Off,
    visit: String,
    day: String,
    version: u32,
    agreed: String,
    effects: EffectsView,
    /// What somebody saw does not hold any more.
    is_stale: bool,
}

impl CallOffPage {
    fn title(&self) -> &'static str {
        match self.off {
            Off::Cancelled => "Cancel this visit?",
            Off::Missed => "Did the client not come?",
        }
    }

    fn button(&self) -> &'static str {
        match self.off {
            Off::Cancelled => "Cancel visit",
            Off::Missed => "Note the no-show",
        }
    }

    fn address(&self) -> &'static str {
        match self.off {
            Off::Cancelled => "cancel",
            Off::Missed => "no-show",
        }
    }
}

/// `GET /visits/{id}/cancel`.
///
/// # Errors
/// When there is no such visit here, it cannot be cancelled, or the database does not answer.
pub async fn ask_cancel(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    ask(&web, &who, &id, Off::Cancelled).await
}

/// `GET /visits/{id}/no-show`.
///
/// # Errors
/// As [`ask_cancel`].
pub async fn ask_missed(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    ask(&web, &who, &id, Off::Missed).await
}

/// `POST /visits/{id}/cancel`.
///
/// # Errors
/// As [`ask_cancel`].
pub async fn cancel(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    call_off(&web, &who, &id, Off::Cancelled, (fields.text("version"), fields.text("agreed"))).await
}

/// `POST /visits/{id}/no-show`.
///
/// # Errors
/// As [`ask_cancel`].
pub async fn miss(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    call_off(&web, &who, &id, Off::Missed, (fields.text("version"), fields.text("agreed"))).await
}

async fn ask(web: &Web, who: &Who, id: &str, off: Off) -> Result<Response, Error> {
    // A transaction that can write, and is not kept: nothing changes.
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, who).await?;
    let had = find(&mut db, &here, id).await?;
    let (_, effects) = rehearsed(web, &mut db, &here, &had, off).await?;
    drop(db);
    let mut db = web.store.read().await?;
    let shown = show(&mut db, &here, &had, off, &effects, false).await?;
    drop(db);
    web.saw(who, "visit", had.visit.id).await?;
    Ok(page(&shown))
}

async fn call_off(web: &Web, who: &Who, id: &str, off: Off, seen: (&str, &str)) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, who).await?;
    let had = find(&mut db, &here, id).await?;
    if seen.0 != had.version.to_string() {
        return Err(changed_meanwhile(&mut db, &here, had.visit.id).await?);
    }
    let (done, effects) = rehearsed(web, &mut db, &here, &had, off).await?;
    if seen.1 != fingerprint(&effects) {
        // An email left, or was changed, while the page was open: what it said would be a lie.
        drop(db);
        let mut db = web.store.read().await?;
        let shown = show(&mut db, &here, &had, off, &effects, true).await?;
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    }
    db.commit().await?;
    let day = done.visit.starts_at.to_zoned(here.now.time_zone().clone()).date();
    Ok(see_other(&format!("/day?on={day}&told={}", done.visit.id)))
}

/// The visit called off in this transaction, and what that does to emails.
async fn rehearsed(
    web: &Web,
    db: &mut Db,
    here: &Here,
    had: &AtDesk,
    off: Off,
) -> Result<(AtDesk, Vec<Effect>), Error> {
    let now = here.now.timestamp();
    let changed = match off.on(had, &here.profile.zone, now) {
        Ok(changed) => changed,
        Err(sentence) => return Err(refused(db, here, had.visit.id, sentence).await?),
    };
    match act::change(web, db, &here.who.actor(), &changed, off.action(), now).await? {
        Some(effects) => Ok((changed, effects)),
        None => Err(changed_meanwhile(db, here, had.visit.id).await?),
    }
}

async fn show(
    db: &mut Db,
    here: &Here,
    had: &AtDesk,
    off: Off,
    effects: &[Effect],
    is_stale: bool,
) -> Result<CallOffPage, Error> {
    let client = store::client::find(db, here.id, had.visit.client).await?.ok_or(Error::NotFound)?;
    let day = had.visit.starts_at.to_zoned(here.now.time_zone().clone()).date();
    Ok(CallOffPage {
        shell: here.shell(Room::Day),
        id: had.visit.id,
        off,
        visit: headline(&full_name(&client), &had.visit, &here.now),
        day: day.to_string(),
        version: had.version,
        agreed: fingerprint(effects),
        effects: EffectsView::of(effects, &here.now),
        is_stale,
    })
}

/// `POST /visits/{id}/return`: a cancellation or a no-show is taken back.
///
/// # Errors
/// When there is no such visit here, it is too late for that, somebody has that time now, or the
/// database does not answer.
pub async fn take_back(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let mut visit = find(&mut db, &here, &id).await?;
    if fields.text("version") != visit.version.to_string() {
        return Err(changed_meanwhile(&mut db, &here, visit.visit.id).await?);
    }
    visit.visit.state =
        match Act::TakeBack.on(visit.visit.state, &moment(&here.profile.zone, here.now.timestamp(), &visit)) {
            Ok(state) => state,
            Err(sentence) => return Err(refused(&mut db, &here, visit.visit.id, sentence).await?),
        };
    let others = store::visit::desk::beside(&mut db, here.id, &super::move_visit::slot(&visit.visit)).await?;
    if !others.is_empty() {
        let sentence = "Somebody else has that time by now. Book the visit anew, at another time.";
        return Err(Error::Refused(sentence.into()));
    }
    visit.called_off_at = None;
    let now = here.now.timestamp();
    if act::change(&web, &mut db, &who.actor(), &visit, "visit.taken_back", now).await?.is_none() {
        return Err(changed_meanwhile(&mut db, &here, visit.visit.id).await?);
    }
    db.commit().await?;
    let day = visit.visit.starts_at.to_zoned(here.now.time_zone().clone()).date();
    Ok(see_other(&format!("/day?on={day}&told={}", visit.visit.id)))
}

/// The visit of an address; a stranger's is not here.
pub(super) async fn find(db: &mut Db, here: &Here, id: &str) -> Result<AtDesk, Error> {
    let id: VisitId = id.parse().map_err(|_| Error::NotFound)?;
    store::visit::desk::find(db, here.id, id).await?.ok_or(Error::NotFound)
}

/// What decides whether something may be done to this visit now.
pub(in crate::web) const fn moment<'a>(zone: &'a Zone, now: Timestamp, had: &AtDesk) -> Moment<'a> {
    Moment { zone, starts_at: had.visit.starts_at, called_off_at: had.called_off_at, now }
}

/// Somebody else acted on the visit since the page was loaded.
pub(super) async fn changed_meanwhile(db: &mut Db, here: &Here, visit: VisitId) -> Result<Error, Error> {
    let sentence = "This visit was changed while you had it open. Nothing of yours was done. Look at it again.";
    refused(db, here, visit, sentence.into()).await
}

/// A refusal, with who did what last.
pub(super) async fn refused(db: &mut Db, here: &Here, visit: VisitId, sentence: String) -> Result<Error, Error> {
    let deed = last_deed(db, here, visit).await?;
    Ok(Error::Refused(deed.map_or_else(|| sentence.clone(), |deed| format!("{sentence} {deed}"))))
}
