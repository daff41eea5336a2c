//! What staff decide about delivery: stop everything and go on, send again what may have arrived or leave
//! it, and the mail server that a clinic prefers.

use axum::extract::{Path, State};
use axum::response::Response;

use super::load::{again, settled};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::EmailId;
use crate::store;
use crate::store::outbox::is_unsure;
use crate::store::pause::Pause;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::{Web, see_other};

/// As much as stands on a banner.
const LONGEST_REASON: usize = 200;

/// `POST /delivery/pause`: no email to a client begins any more.
///
/// # Errors
/// When the database does not answer.
pub async fn pause(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let reason = match fields.line("reason", "The reason", LONGEST_REASON) {
        Ok("") => Err("Say why, so that others know whether to go on.".to_owned()),
        other => other.map(str::to_owned),
    };
    let reason = match reason {
        Ok(reason) => reason,
        Err(sentence) => {
            let mut errors = FieldErrors::new();
            errors.add("reason", sentence);
            return again(&web, &who, fields.text("reason"), errors).await;
        }
    };
    let now = web.clock.now();
    let mut db = web.store.write().await?;
    if store::pause::begin(&mut db, who.clinic, &Pause { reason, by: who.account, at: now }).await? {
        store::audit::record(&mut db, &who.did(now, "sending.stopped", "clinic", who.clinic)).await?;
        db.commit().await?;
    }
    Ok(see_other("/delivery"))
}

/// `POST /delivery/resumption`: mail goes again.
///
/// # Errors
/// When the database does not answer.
pub async fn resume(State(web): State<Web>, who: Who, Form(_): Form) -> Result<Response, Error> {
    let now = web.clock.now();
    let mut db = web.store.write().await?;
    if store::pause::end(&mut db, who.clinic, now).await? {
        store::audit::record(&mut db, &who.did(now, "sending.resumed", "clinic", who.clinic)).await?;
        db.commit().await?;
    }
    Ok(see_other("/delivery"))
}

/// `POST /delivery/emails/{id}/again`: the same message once more, though it may have arrived.
///
/// # Errors
/// When there is no such email here, it was decided meanwhile, or the database does not answer.
pub async fn resend(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(_): Form,
) -> Result<Response, Error> {
    decide(&web, &who, &id, Decision::Again).await
}

/// `POST /delivery/emails/{id}/drop`: it is not sent again.
///
/// # Errors
/// As [`resend`].
pub async fn leave(State(web): State<Web>, who: Who, Path(id): Path<String>, Form(_): Form) -> Result<Response, Error> {
    decide(&web, &who, &id, Decision::Leave).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Again,
    Leave,
}

async fn decide(web: &Web, who: &Who, id: &str, decision: Decision) -> Result<Response, Error> {
    let id: EmailId = id.parse().map_err(|_| Error::NotFound)?;
    let now = web.clock.now();
    let mut db = web.store.write().await?;
    let email = store::delivery::one(&mut db, who.clinic, id).await?.ok_or(Error::NotFound)?;
    if !is_unsure(email.state, &email.reason) {
        return Err(Error::Refused(settled(email.state).into()));
    }
    let (done, deed) = match decision {
        Decision::Again => {
            (store::outbox::release_one(&mut db, who.clinic, id, now).await?, "email.sent_again_by_hand")
        }
        Decision::Leave => (store::outbox::drop_one(&mut db, who.clinic, id, now).await?, "email.dropped_by_hand"),
    };
    if !done {
        return Err(Error::Refused(settled(email.state).into()));
    }
    store::audit::record(&mut db, &who.did(now, deed, "email", id)).await?;
    db.commit().await?;
    Ok(see_other("/delivery#unsure"))
}

/// `POST /delivery/relay`: the mail server that is tried first for this clinic.
///
/// # Errors
/// When it is none of those in the settings, or the database does not answer.
pub async fn prefer(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let chosen = Some(fields.text("relay")).filter(|name| !name.is_empty());
    if chosen.is_some_and(|name| web.sending.get().ways.iter().all(|way| way != name)) {
        let sentence = "This mail server is not in the settings any more. Open the page again and choose another.";
        return Err(Error::Refused(sentence.into()));
    }
    let now = web.clock.now();
    let mut db = web.store.write().await?;
    if store::beat::relay_of(&mut db, who.clinic).await?.as_deref() != chosen {
        store::beat::prefer(&mut db, who.clinic, chosen).await?;
        store::audit::record(&mut db, &who.did(now, "clinic.relay_chosen", "clinic", who.clinic)).await?;
        db.commit().await?;
    }
    Ok(see_other("/delivery#servers"))
}
