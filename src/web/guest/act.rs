//! What every form of a client's page goes through: it comes from a page of ours, it is a form, and its link
//! still works in the very transaction that does what the form asks for.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Opened, Visitor, broken, closed, find, foreign, open, said};
use crate::clinic::link::Door;
use crate::store::Db;
use crate::web::error::Error;
use crate::web::form::{self, Fields};
use crate::web::{Web, see_other};

/// What a form led to.
pub enum Answer {
    /// It is done; the page at this path says so.
    Done(String),
    /// Nothing was changed; this page says why.
    Again(Response),
    /// The form asks for what this link does not do.
    NotHere,
}

/// Takes a form of the page behind this link. `work` writes inside one transaction, which is kept when it
/// answers [`Answer::Done`] and left without a trace otherwise.
pub async fn take(
    web: &Web,
    token: &str,
    door: Door,
    request: Request,
    work: impl AsyncFnOnce(&mut Db, &Opened, &Fields) -> Result<Answer, Error>,
) -> Response {
    let (parts, body) = request.into_parts();
    let visitor = Visitor::of(&parts);
    if !form::is_not_from_elsewhere(&parts.headers, web) {
        return foreign(web, &visitor);
    }
    // Looked up before the form is read and before anything is locked: a stranger costs one look.
    let opened = match open(web, &visitor, token, door).await {
        Ok(opened) => opened,
        Err(page) => return page,
    };
    let Ok(fields) = form::read(&parts.headers, body).await else { return not_here(&opened) };
    match write(web, &visitor, token, door, &fields, work).await {
        Ok(answer) => answer,
        Err(_) => broken(web, &visitor),
    }
}

async fn write(
    web: &Web,
    visitor: &Visitor,
    token: &str,
    door: Door,
    fields: &Fields,
    work: impl AsyncFnOnce(&mut Db, &Opened, &Fields) -> Result<Answer, Error>,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let opened = match find(web, &mut db, visitor, token, door).await? {
        Ok(opened) => opened,
        Err(dead) => {
            drop(db);
            return Ok(closed(web, visitor, dead).await);
        }
    };
    match work(&mut db, &opened, fields).await? {
        Answer::Done(path) => {
            db.commit().await?;
            Ok(see_other(&path))
        }
        Answer::Again(page) => Ok(page),
        Answer::NotHere => Ok(not_here(&opened)),
    }
}

/// The page for a form that its link does not do.
pub fn not_here(opened: &Opened) -> Response {
    let notice = &opened.guest.words.common.no_ask;
    said(StatusCode::UNPROCESSABLE_ENTITY, opened.guest.clone(), notice)
}
