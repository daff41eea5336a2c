//! What staff decide about an email that may have arrived.

use jiff::Timestamp;

use super::Changed;
use crate::clinic::ids::{ClinicId, EmailId};
use crate::clinic::outbox::State;
use crate::store::{Db, Result, audit};

/// How the reason of an email begins that is held because nobody knows whether it arrived.
const UNSURE: &str = "uncertain:";

/// Whether an email waits because nobody knows whether it arrived, and not for another reason.
#[must_use]
pub fn is_unsure(state: State, reason: &str) -> bool {
    state == State::Uncertain || (state == State::Held && reason.starts_with(UNSURE))
}

/// Leaves an email that may have arrived as it is: it is not sent again. `false` when it does not wait
/// for that decision any more.
///
/// # Errors
/// When the database refuses.
pub async fn drop_one(db: &mut Db, clinic: ClinicId, id: EmailId, at: Timestamp) -> Result<bool> {
    let sql = "update email set state = 'cancelled', reason = 'it may have arrived, and staff did not send it again'
               where clinic_id = $1 and id = $2
                  and (state = 'uncertain' or (state = 'held' and reason like 'uncertain:%'))
               returning id, clinic_id, state";
    let row: Option<Changed> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    let Some(row) = row else { return Ok(false) };
    audit::record(db, &row.entry("email.dropped", at)?).await?;
    Ok(true)
}
