//! "Seen to": somebody has dealt with an email that went wrong, or with what a client asked for, so that the
//! list can become empty.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::clinic::account::Action;
use crate::clinic::ids::{EmailId, NoticeId, WishId};
use crate::clinic::outbox::State as MailState;
use crate::clinic::wish::Wish;
use crate::store;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::{Web, see_other};

/// `POST /emails/{id}/seen`, in the state somebody saw.
///
/// # Errors
/// When there is no such email here, it is in another state by now, or the database does not answer.
pub async fn seen(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let id: EmailId = id.parse().map_err(|_| Error::NotFound)?;
    let state = MailState::of(fields.text("state")).ok_or(Error::NotFound)?;
    let mut db = web.store.write().await?;
    let now = web.clock.now();
    let email = store::email::find(&mut db, who.clinic, id).await?.ok_or(Error::NotFound)?;
    if email.state != state {
        let sentence = "This email is not in the state you saw any more. Look at the list again.";
        return Err(Error::Refused(sentence.into()));
    }
    if store::email::trouble::seen(&mut db, who.clinic, id, state, (who.account, now)).await? {
        store::audit::record(&mut db, &who.did(now, "email.seen", "email", id)).await?;
        db.commit().await?;
    }
    Ok(see_other("/day#attention-rest"))
}

/// `POST /wishes/{id}/seen`.
///
/// # Errors
/// When no such wish is open here, it is to read what one may not read, or the database does not answer.
pub async fn wish(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let id: WishId = id.parse().map_err(|_| Error::NotFound)?;
    let now = web.clock.now();
    let mut db = web.store.write().await?;
    let seen = store::wish::seen_to(&mut db, who.clinic, id, (who.account, now)).await?;
    let (client, wish) = seen.ok_or(Error::NotFound)?;
    if wish == Wish::Words && !who.may(Action::SeeHealth) {
        return Err(Error::Forbidden);
    }
    let deed = format!("wish.seen_to:{}", wish.id());
    store::audit::record(&mut db, &who.did(now, &deed, "client", client)).await?;
    db.commit().await?;
    Ok(see_other("/day#attention-rest"))
}

/// `POST /notices/{id}/seen`.
///
/// # Errors
/// When there is no such notice here that went wrong, or the database does not answer.
pub async fn notice(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let id: NoticeId = id.parse().map_err(|_| Error::NotFound)?;
    let mut db = web.store.write().await?;
    let now = web.clock.now();
    if !store::notice::seen(&mut db, who.clinic, id, (who.account, now)).await? {
        return Err(Error::NotFound);
    }
    store::audit::record(&mut db, &who.did(now, "notice.seen", "notice", id)).await?;
    db.commit().await?;
    Ok(see_other("/day#attention-rest"))
}
