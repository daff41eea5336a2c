//! What a new clinic has to do next: mail that arrives, medical texts somebody answers for, the first
//! client, the first visit, a colleague. Each is a link, a button or a command, and ticked when done.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::error::Error;
use super::guard::Who;
use super::headers::page;
use super::sending::Sending;
use super::shell::{Room, Shell};
use super::trial::{self, Mail};
use super::{Web, see_other};
use crate::store::clinic::Begun;
use crate::store::setting::SignOff;
use crate::store::{self, Db};

/// `GET /welcome`.
#[derive(Debug, Template)]
#[template(path = "welcome/page.html")]
pub struct WelcomePage {
    shell: Shell,
    sending: Sending,
    trial: Mail,
    signed_by: Option<String>,
    begun: Begun,
    left: usize,
    /// Whether links in letters lead anywhere.
    reachable: bool,
}

impl WelcomePage {
    fn of(shell: Shell, web: &Web, trial: Mail, signed: Option<SignOff>, begun: Begun) -> Self {
        let left = still(&trial, signed.is_some(), begun);
        let (sending, reachable) = (Sending::clone(&web.sending.get()), web.base_url.is_some());
        Self { shell, sending, trial, signed_by: signed.map(|signed| signed.signed_by), begun, left, reachable }
    }
}

/// How many of the five are still to be done.
fn still(trial: &Mail, signed: bool, begun: Begun) -> usize {
    let arrived = matches!(trial, Mail::Arrived(_));
    [arrived, signed, begun.client, begun.visit, begun.colleague].iter().filter(|done| !**done).count()
}

/// How many things a clinic still has to do before it can work.
pub(super) async fn left(web: &Web, db: &mut Db, who: &Who, signed: bool) -> Result<usize, Error> {
    let trial = trial::newest(web, db, who).await?;
    Ok(still(&trial, signed, store::clinic::begun(db, who.clinic).await?))
}

/// `GET /welcome`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    Ok(page(&load(&web, &mut db, &who).await?))
}

async fn load(web: &Web, db: &mut Db, who: &Who) -> Result<WelcomePage, Error> {
    let here = web.here(db, who).await?;
    let trial = trial::newest(web, db, who).await?;
    let signed = store::setting::signed_off(db, web.catalogue.version()).await?;
    let begun = store::clinic::begun(db, who.clinic).await?;
    Ok(WelcomePage::of(here.shell(Room::Welcome), web, trial, signed, begun))
}

/// `POST /welcome/mail`: asks for a test mail to oneself.
///
/// # Errors
/// When one is under way, or the database does not answer.
pub async fn try_mail(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    if !trial::ask(&web, &mut db, &who).await? {
        return Err(trial::under_way());
    }
    db.commit().await?;
    Ok(see_other("/welcome"))
}
