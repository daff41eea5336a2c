//! One's own password once more, before an act that whoever finds a screen open must not do: another mail
//! server, a second factor, somebody else's account.

use super::error::Error;
use super::form::Fields;
use super::guard::Who;
use super::{Web, attempts, passwords};
use crate::clinic::fields::FieldErrors;
use crate::store;

/// The field it is typed in.
pub(super) const FIELD: &str = "own_password";

/// Checks the password that was typed; what is wrong is noted by its field.
///
/// # Errors
/// When there were too many tries, or the database does not answer.
pub(super) async fn own_password(web: &Web, who: &Who, fields: &Fields, errors: &mut FieldErrors) -> Result<(), Error> {
    let mut db = web.store.read().await?;
    let login = store::login::find(&mut db, who.login).await?.ok_or(Error::NotFound)?;
    drop(db);
    // Whoever found a screen open must not try passwords on it for ever.
    attempts::knock(web, &login.email, &who.from_where).await?;
    if !passwords::fits(web, fields.text(FIELD), login.password).await? {
        errors.add(FIELD, "This is not your password. Type it again.");
        return Ok(());
    }
    let mut db = web.store.write().await?;
    attempts::forgive(&mut db, &login.email).await?;
    Ok(db.commit().await?)
}
