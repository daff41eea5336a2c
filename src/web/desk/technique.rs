//! Another technique for a visit, with one button beside the brief that suggests it. What was booked
//! changes, so the board, the brief and the note say the same; the way back stands on the page.

use axum::extract::{Path, State};
use axum::response::Response;

use super::act;
use super::call_off::{changed_meanwhile, find, moment, refused};
use crate::clinic::visit::Act;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::{Web, see_other};

/// `POST /visits/{id}/technique`: `technique` instead of `seen`, which the page showed as booked.
///
/// # Errors
/// When there is no such visit here, it is over or called off, somebody changed it meanwhile, or the
/// database does not answer.
pub async fn change(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let mut had = find(&mut db, &here, &id).await?;
    let id = had.visit.id;
    had.visit.state = match Act::Technique.on(had.visit.state, &moment(&here.profile.zone, here.now.timestamp(), &had))
    {
        Ok(state) => state,
        Err(sentence) => return Err(refused(&mut db, &here, id, sentence).await?),
    };
    let was = had.visit.treatment.technique.clone();
    if fields.text("seen") != was.as_str() {
        return Err(changed_meanwhile(&mut db, &here, id).await?);
    }
    let wanted = web.catalogue.technique(&fields.text("technique").into());
    let Some(wanted) = wanted.filter(|one| !one.retired) else {
        return Err(Error::Refused("This technique is not known here. Look at the visit again.".into()));
    };
    had.visit.treatment.technique = wanted.id.clone();
    let now = here.now.timestamp();
    if act::change(&web, &mut db, &who.actor(), &had, "visit.technique", now).await?.is_none() {
        return Err(changed_meanwhile(&mut db, &here, id).await?);
    }
    db.commit().await?;
    Ok(see_other(&format!("/visits/{id}?instead_of={was}")))
}
