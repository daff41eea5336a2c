//! Who is in the room: one button at the start of a visit, and its way back.

use axum::extract::{Path, State};
use axum::response::Response;

use super::act;
use super::call_off::{changed_meanwhile, find, moment, refused};
use crate::clinic::visit::Act;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::{Web, see_other};

/// `POST /visits/{id}/start`.
///
/// # Errors
/// When there is no such visit here, it cannot begin, or the database does not answer.
pub async fn start(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    set(&web, &who, &id, fields.text("version"), Act::Start).await
}

/// `POST /visits/{id}/start/undo`.
///
/// # Errors
/// As [`start`].
pub async fn undo(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    set(&web, &who, &id, fields.text("version"), Act::NotStarted).await
}

async fn set(web: &Web, who: &Who, id: &str, version: &str, act: Act) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, who).await?;
    let mut visit = find(&mut db, &here, id).await?;
    let wanted = match act.on(visit.visit.state, &moment(&here.profile.zone, here.now.timestamp(), &visit)) {
        Ok(state) => state,
        Err(sentence) => return Err(refused(&mut db, &here, visit.visit.id, sentence).await?),
    };
    if version != visit.version.to_string() {
        return Err(changed_meanwhile(&mut db, &here, visit.visit.id).await?);
    }
    visit.visit.state = wanted;
    let action = if act == Act::Start { "visit.started" } else { "visit.not_started" };
    if act::change(web, &mut db, &who.actor(), &visit, action, here.now.timestamp()).await?.is_none() {
        return Err(changed_meanwhile(&mut db, &here, visit.visit.id).await?);
    }
    db.commit().await?;
    let day = visit.visit.starts_at.to_zoned(here.now.time_zone().clone()).date();
    Ok(see_other(&format!("/day?on={day}&told={}", visit.visit.id)))
}
