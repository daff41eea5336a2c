//! The demo's one-button sign-in. The demo listens on this machine alone and holds nobody real;
//! no other house has this address.

use axum::extract::{Request, State};
use axum::response::Response;

use crate::clinic::ids::AccountId;
use crate::store;
use crate::web::error::Error;
use crate::web::sign_in::{begin, local, with_cookie};
use crate::web::{Web, outside, see_other, session};

/// One of the staff to come in as.
#[derive(Clone, Debug)]
pub struct Button {
    /// Which account.
    pub account: String,
    /// The name.
    pub name: String,
    /// The role's word.
    pub role: &'static str,
}

/// Who may come in with one button: nobody outside the demo.
pub(in crate::web) async fn buttons(web: &Web) -> Result<Vec<Button>, Error> {
    if !web.demo {
        return Ok(Vec::new());
    }
    let mut db = web.store.read().await?;
    let Some((clinic, _)) = store::clinic::all(&mut db).await?.into_iter().next() else { return Ok(Vec::new()) };
    let staff = store::account::all(&mut db, clinic).await?;
    let button = |account: store::account::Account| Button {
        account: account.id.to_string(),
        name: account.name.to_string(),
        role: account.role.word(),
    };
    Ok(staff.into_iter().map(button).collect())
}

/// `POST /demo/sign-in`.
///
/// # Errors
/// When the form does not come from here, nobody is meant by it, or the database does not answer.
pub async fn enter(State(web): State<Web>, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    if !web.demo || !session::is_this_machine(&parts) {
        return Err(Error::NotFound);
    }
    let fields = outside::form(&web, &parts, body).await?;
    let account: AccountId = fields.text("as").parse().map_err(|_| Error::NotFound)?;
    let mut db = web.store.write().await?;
    let (clinic, _) = store::clinic::all(&mut db).await?.into_iter().next().ok_or(Error::NotFound)?;
    let login = store::login::of_account(&mut db, clinic, account).await?.ok_or(Error::NotFound)?;
    let places = store::login::workplaces(&mut db, login).await?;
    let place = places.iter().find(|place| place.account == account).ok_or(Error::NotFound)?;
    let secret = begin(&web, &mut db, login, place, &parts).await?;
    db.commit().await?;
    Ok(with_cookie(&web, &secret, see_other(local(fields.text("next")))))
}
