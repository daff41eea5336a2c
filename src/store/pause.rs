//! Mail to the clients of a clinic, stopped by somebody. Asked in the statement that begins an email.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::convert::{bad, instant, parse};
use super::{Db, Result, outbox, wake};
use crate::clinic::ids::{AccountId, ClinicId};

/// Why an email waits whose clinic's mail is stopped; so it is known again.
pub const PAUSED: &str = "sending is paused";

/// What is due is looked at again after so long, for what became too late meanwhile.
pub(in crate::store) const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// Since when, by whom and why mail is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Why, in the words of staff.
    pub reason: String,
    /// Who stopped it.
    pub by: AccountId,
    /// Since when.
    pub at: Timestamp,
}

/// When a paused email is looked at again.
#[must_use]
pub fn again_at(now: Timestamp) -> Timestamp {
    now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX)
}

/// Stops mail to clients; `false` when it is stopped already. Once this is committed, no email begins.
///
/// # Errors
/// When the database refuses.
pub async fn begin(db: &mut Db, clinic: ClinicId, pause: &Pause) -> Result<bool> {
    outbox::stop_begins(db).await?;
    let reason = db.seal().seal(&context(clinic), pause.reason.as_bytes());
    let sql = "insert into sending_pause (clinic_id, reason, paused_by, at) values ($1, $2, $3, $4)
               on conflict (clinic_id) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(reason)
        .bind(pause.by.to_string())
        .bind(pause.at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Lets mail go again; what waited for this alone is due at once. `false` when nothing was stopped.
///
/// # Errors
/// When the database refuses.
pub async fn end(db: &mut Db, clinic: ClinicId, now: Timestamp) -> Result<bool> {
    let sql = "delete from sending_pause where clinic_id = $1";
    let rows = on!(db, c =>
        sqlx::query(sql).bind(clinic.to_string()).execute(c).await.map(|done| done.rows_affected()))?;
    if rows == 1 {
        wake::soon(db).await?;
        on!(db, c => sqlx::query(RELEASE)
            .bind(clinic.to_string())
            .bind(now.as_millisecond())
            .bind(again_at(now).as_millisecond())
            .bind(PAUSED)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(rows == 1)
}

/// The few that are looked at again soon, by their time. Public for the test of its plan.
#[doc(hidden)]
pub const RELEASE: &str = "update email set next_at = $2, reason = null
    where place = 'open' and state = 'scheduled' and next_at > $2 and next_at <= $3 and clinic_id = $1 and reason = $4";

/// Whether and why mail of this clinic is stopped.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn of(db: &mut Db, clinic: ClinicId) -> Result<Option<Pause>> {
    let sql = "select reason, paused_by, at from sending_pause where clinic_id = $1";
    let row: Option<(Vec<u8>, String, i64)> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_optional(c).await)?;
    let Some((reason, by, at)) = row else { return Ok(None) };
    let reason = db.seal().open(&context(clinic), &reason)?;
    Ok(Some(Pause {
        reason: String::from_utf8(reason).map_err(|_| bad("sending_pause", "reason"))?,
        by: parse("sending_pause", "paused_by", &by)?,
        at: instant("sending_pause", "at", at)?,
    }))
}

/// The clinics whose mail is stopped.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(db: &mut Db) -> Result<HashSet<ClinicId>> {
    let sql = "select clinic_id from sending_pause";
    let rows: Vec<String> = on!(db, c => sqlx::query_scalar(sql).fetch_all(c).await)?;
    rows.iter().map(|clinic| parse("sending_pause", "clinic_id", clinic)).collect()
}

fn context(clinic: ClinicId) -> String {
    format!("sending_pause/reason/{clinic}")
}
