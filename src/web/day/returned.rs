//! Mail that came back: "Seen to", and "send there again".

use axum::extract::{Path, State};
use axum::response::Response;

use crate::clinic::ids::{BounceId, ClientId};
use crate::store;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::{Web, see_other};

/// `POST /bounces/{id}/seen`.
///
/// # Errors
/// When there is no such notice here, or the database does not answer.
pub async fn seen(State(web): State<Web>, who: Who, Path(id): Path<String>, Form(_): Form) -> Result<Response, Error> {
    let id: BounceId = id.parse().map_err(|_| Error::NotFound)?;
    let mut db = web.store.write().await?;
    let now = web.clock.now();
    store::bounce::evidence(&mut db, who.clinic, id).await?.ok_or(Error::NotFound)?;
    if store::bounce::seen(&mut db, who.clinic, id, (who.account, now)).await? {
        store::audit::record(&mut db, &who.did(now, "bounce.seen", "bounce", id)).await?;
        db.commit().await?;
    }
    Ok(see_other("/day#attention-rest"))
}

/// `POST /clients/{id}/address/resumption`: the client says that the address works, so mail goes there
/// again. What became too late meanwhile stays unsent.
///
/// # Errors
/// When there is no such client here, they have no address, or the database does not answer.
pub async fn resume(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(_): Form,
) -> Result<Response, Error> {
    let id: ClientId = id.parse().map_err(|_| Error::NotFound)?;
    let mut db = web.store.write().await?;
    let now = web.clock.now();
    let client = store::client::find(&mut db, who.clinic, id).await?.ok_or(Error::NotFound)?;
    let address = client.client.email.ok_or(Error::NotFound)?;
    if store::suppression::remove(&mut db, who.clinic, &address).await? {
        store::audit::record(&mut db, &who.did(now, "address.resumed", "client", id)).await?;
        db.commit().await?;
    }
    Ok(see_other(&format!("/clients/{id}")))
}
