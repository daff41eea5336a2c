//! The intake form on its way into the client's hands: by email, as a code on screen or paper, or on the
//! clinic's tablet. Handing over the tablet ends the session of whoever hands it over.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use jiff::Timestamp;

use super::headline;
use crate::clinic::ids::{ClinicId, VisitId};
use crate::clinic::visit::VisitState;
use crate::store::client::Registered;
use crate::store::intake::Progress;
use crate::store::visit::Appointment;
use crate::store::visit::desk::AtDesk;
use crate::store::{self, Db};
use crate::web::client::full_name;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::guest::form::tablet_cookie;
use crate::web::headers::page;
use crate::web::invite::Invitation;
use crate::web::qr::{self, Drawn};
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, say, see_other, session};

/// `GET /visits/{id}/form`.
#[derive(Debug, Template)]
#[template(path = "desk/client_form.html")]
struct FormPage {
    shell: Shell,
    id: VisitId,
    visit: String,
    day: String,
    /// How far the form is, a line each.
    lines: Vec<String>,
    is_open: bool,
    /// The address emails would go to.
    email: Option<String>,
    has_links: bool,
    /// A link that was just made.
    made: Option<Made>,
}

/// A link on screen and paper.
#[derive(Debug)]
struct Made {
    address: String,
    code: Drawn,
    until: String,
}

/// `GET /visits/{id}/form`.
///
/// # Errors
/// When there is no such visit here, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let (visit, client) = visit_and_client(&mut db, here.id, read(&id)?).await?;
    Ok(page(&shown(&web, &mut db, &here, &visit, &client, None).await?))
}

/// `POST /visits/{id}/form/email`: the link goes to the client's address.
///
/// # Errors
/// When there is no such visit here, no way to send, or the database does not answer.
pub async fn email(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let (visit, client) = open_visit(&mut db, here.id, read(&id)?, here.now.timestamp()).await?;
    if !invitation(&here, &visit, &client).by_hand(&web, &mut db).await? {
        return Err(Error::Refused("This client has no email address, or links cannot work here yet.".into()));
    }
    store::audit::record(&mut db, &who.did(here.now.timestamp(), "intake.link.emailed", "visit", visit.visit.id))
        .await?;
    db.commit().await?;
    Ok(see_other(&format!("/visits/{}/form", visit.visit.id)))
}

/// `POST /visits/{id}/form/code`: a new link, on screen and for paper. It is shown once, since nobody can
/// read it again.
///
/// # Errors
/// As [`email`].
pub async fn code(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let (visit, client) = open_visit(&mut db, here.id, read(&id)?, here.now.timestamp()).await?;
    let address = invitation(&here, &visit, &client).link(&web, &mut db).await?;
    store::audit::record(&mut db, &who.did(here.now.timestamp(), "intake.link.shown", "visit", visit.visit.id)).await?;
    let until = say::moment(&visit.visit.ends_at.to_zoned(here.now.time_zone().clone()), &here.now);
    let made = drawn(address, until)?;
    let shown = shown(&web, &mut db, &here, &visit, &client, Some(made)).await?;
    db.commit().await?;
    Ok(page(&shown))
}

/// `POST /visits/{id}/tablet`: this browser leaves the staff pages and opens the form.
///
/// # Errors
/// When there is no such visit here, it is over, or the database does not answer.
pub async fn tablet(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let (visit, client) = open_visit(&mut db, here.id, read(&id)?, here.now.timestamp()).await?;
    let token = invitation(&here, &visit, &client).token(&mut db).await?;
    store::session::end(&mut db, &who.session).await?;
    let at = here.now.timestamp();
    store::audit::record(&mut db, &who.did(at, "intake.tablet.handed_over", "visit", visit.visit.id)).await?;
    store::audit::record(&mut db, &who.did(at, "session.ended", "account", who.account)).await?;
    db.commit().await?;
    let mut answer = see_other(&format!("/f/{token}"));
    let headers = answer.headers_mut();
    headers.append(header::SET_COOKIE, session::no_cookie(&web));
    headers.append(header::SET_COOKIE, tablet_cookie(&web, &token));
    // What the browser kept of the staff pages goes too.
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(answer)
}

fn invitation<'a>(here: &'a Here, visit: &'a AtDesk, client: &'a Registered) -> Invitation<'a> {
    Invitation { clinic: here.id, profile: &here.profile, client, visit: &visit.visit, now: here.now.timestamp() }
}

fn read(id: &str) -> Result<VisitId, Error> {
    id.parse().map_err(|_| Error::NotFound)
}

async fn visit_and_client(db: &mut Db, clinic: ClinicId, id: VisitId) -> Result<(AtDesk, Registered), Error> {
    let visit = store::visit::desk::find(db, clinic, id).await?.ok_or(Error::NotFound)?;
    let client = store::client::find(db, clinic, visit.visit.client).await?.ok_or(Error::NotFound)?;
    Ok((visit, client))
}

/// A visit whose form can still be filled in.
///
/// # Errors
/// When there is no such visit here, it is over, its form was sent, or the database does not answer.
pub(in crate::web) async fn open_visit(
    db: &mut Db,
    clinic: ClinicId,
    id: VisitId,
    now: Timestamp,
) -> Result<(AtDesk, Registered), Error> {
    let (visit, client) = visit_and_client(db, clinic, id).await?;
    if !is_open(now, &visit.visit) {
        return Err(Error::Refused("This visit is over or was called off, so its form is closed.".into()));
    }
    if store::form::sent_at(db, clinic, visit.visit.id).await?.is_some() {
        return Err(Error::Refused("The client has sent this form already. Change the intake instead.".into()));
    }
    Ok((visit, client))
}

fn is_open(now: Timestamp, visit: &Appointment) -> bool {
    matches!(visit.state, VisitState::Booked | VisitState::InProgress) && visit.ends_at > now
}

/// Whether the form of a visit can still go into the client's hands, and its answers are missing.
pub(in crate::web) async fn is_wanted(db: &mut Db, here: &Here, visit: &Appointment) -> Result<bool, Error> {
    if !is_open(here.now.timestamp(), visit) {
        return Ok(false);
    }
    let progress = store::intake::progress(db, here.id, &[visit.id]).await?;
    Ok(progress.get(&visit.id) != Some(&Progress::Done) && store::form::sent_at(db, here.id, visit.id).await?.is_none())
}

async fn shown(
    web: &Web,
    db: &mut Db,
    here: &Here,
    visit: &AtDesk,
    client: &Registered,
    made: Option<Made>,
) -> Result<FormPage, Error> {
    let id = visit.visit.id;
    let zone = here.now.time_zone();
    let asked = store::form::asked(db, here.id, &[id]).await?.remove(&id).unwrap_or_default();
    let moment = |at: Timestamp| say::moment(&at.to_zoned(zone.clone()), &here.now);
    let mut lines = Vec::new();
    if let Some(at) = asked.link_at {
        lines.push(format!("A link was made {}.", moment(at)));
    }
    if let Some((done, of)) = asked.begun {
        lines.push(format!("Started: {done} of {of} pages are done."));
    }
    if let Some(at) = asked.sent_at {
        lines.push(format!("Sent by the client {}.", moment(at)));
    }
    if lines.is_empty() {
        lines.push("The client has not been asked yet.".into());
    }
    Ok(FormPage {
        shell: here.shell(Room::Day),
        id,
        visit: headline(&full_name(client), &visit.visit, &here.now),
        day: visit.visit.starts_at.to_zoned(zone.clone()).date().to_string(),
        lines,
        is_open: is_open(here.now.timestamp(), &visit.visit) && asked.sent_at.is_none(),
        email: client.client.email.as_ref().map(|email| email.as_str().to_owned()),
        has_links: web.base_url.is_some(),
        made,
    })
}

fn drawn(address: String, until: String) -> Result<Made, Error> {
    let code = qr::drawn(&address)?;
    Ok(Made { address, code, until })
}
