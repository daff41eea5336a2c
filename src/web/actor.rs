//! Who acts, for the audit: a member of staff before a page, or a program with a token. What both may do
//! takes an actor and asks no more about them.

use jiff::Timestamp;

use super::error::Error;
use crate::clinic::ids::ClinicId;
use crate::store::audit::Entry;
use crate::store::{self, Db};

/// The role of a program in the audit.
pub(super) const PROGRAM: &str = "program";

/// Whoever acts.
#[derive(Clone, Debug)]
pub struct Actor {
    /// At which clinic; every query takes it.
    pub clinic: ClinicId,
    /// The id of an account or of a token.
    pub who: String,
    /// In which role.
    pub role: String,
    /// The network address of the request, when it is known.
    pub from_where: String,
}

impl Actor {
    /// A deed, for the audit.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "ids are small and copied, and calls read better")]
    pub fn did(&self, at: Timestamp, action: &str, kind: &str, id: impl ToString) -> Entry {
        Entry {
            clinic: self.clinic,
            at,
            who: self.who.clone(),
            role: self.role.clone(),
            action: action.into(),
            kind: kind.into(),
            record_id: id.to_string(),
            from_where: self.from_where.clone(),
        }
    }

    /// That a record was looked at, for the audit.
    #[must_use]
    pub fn saw(&self, at: Timestamp, kind: &str, id: impl ToString) -> Entry {
        self.did(at, &format!("{kind}.viewed"), kind, id)
    }
}

/// The name behind a deed, of a member of staff or of a program; none for the system and for clients.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn name_behind(db: &mut Db, deed: &Entry) -> Result<Option<String>, Error> {
    if deed.role == PROGRAM {
        let names = store::api_token::names(db, deed.clinic).await?;
        return Ok(names.into_iter().find(|(id, _)| *id == deed.who).map(|(_, name)| name));
    }
    let Ok(account) = deed.who.parse() else { return Ok(None) };
    Ok(store::account::find(db, deed.clinic, account).await?.map(|account| account.name.to_string()))
}
