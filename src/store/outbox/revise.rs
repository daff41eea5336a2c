//! A plan reckoned anew, row by row. Only what waits is changed, and what a worker holds is taken
//! from it by the way: it wrote the email by the old plan, and its begin will find the row gone.
//! Rows are changed in the order of their ids, as a worker's begin locks them.

use jiff::{Timestamp, Zoned};

use super::{Changed, PlanId};
use crate::clinic::ids::{ClientId, ClinicId, EmailId, VisitId};
use crate::clinic::outbox::Uncertainty;
use crate::clinic::plan::LetterId;
use crate::store::convert::some_text;
use crate::store::{Db, Result, wake};

/// A waiting email as it is to be.
#[derive(Clone, Debug)]
pub struct Anew {
    /// Which row.
    pub id: EmailId,
    /// Which letter, and which version of it.
    pub letter: LetterId,
    /// The version of the letter.
    pub letter_version: u32,
    /// The local time that is meant.
    pub due: Zoned,
    /// Until when it is of use.
    pub not_after: Timestamp,
    /// The version of the clinic's protocol that means it so.
    pub protocol: u32,
    /// What to do when nobody knows whether it arrived.
    pub on_uncertain: Uncertainty,
}

/// Everything that plans, changes or calls off emails of one client does so one after the other:
/// this waits for whoever is at it, until their transaction ends. Workers do not wait for it.
///
/// # Errors
/// When the database refuses.
pub async fn one_at_a_time(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<()> {
    // A change that changes nothing takes the row's lock on either engine.
    let sql = "update client set phone = phone where clinic_id = $1 and id = $2";
    on!(db, c => sqlx::query(sql).bind(clinic.to_string()).bind(client.to_string()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Gives a waiting email its new time and letter; a held one stays held. `false` when it does not
/// wait any more.
///
/// # Errors
/// When the database refuses.
pub async fn change(db: &mut Db, clinic: ClinicId, anew: &Anew) -> Result<bool> {
    let sql = "update email set letter = $3, letter_version = $4, civil_at = $5, zone = $6, due_at = $7, next_at = $7,
                  not_after = $8, protocol = $9, on_uncertain = $10, owner = null, lease_until = null,
                  state = case state when 'held' then 'held' else 'scheduled' end
               where clinic_id = $1 and id = $2 and state in ('scheduled', 'claimed', 'held')";
    set(db, sql, clinic, anew).await
}

/// Owes an email again that an earlier reckoning called off. `false` when it is not called off.
///
/// # Errors
/// When the database refuses.
pub async fn owe_again(db: &mut Db, clinic: ClinicId, anew: &Anew) -> Result<bool> {
    let sql = "update email set letter = $3, letter_version = $4, civil_at = $5, zone = $6, due_at = $7, next_at = $7,
                  not_after = $8, protocol = $9, on_uncertain = $10, state = 'scheduled', reason = null
               where clinic_id = $1 and id = $2 and state = 'cancelled'";
    set(db, sql, clinic, anew).await
}

async fn set(db: &mut Db, sql: &'static str, clinic: ClinicId, anew: &Anew) -> Result<bool> {
    wake::soon(db).await?;
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(anew.id.to_string())
        .bind(anew.letter.id())
        .bind(i64::from(anew.letter_version))
        .bind(anew.due.datetime().to_string())
        .bind(anew.due.time_zone().iana_name().unwrap_or("UTC"))
        .bind(anew.due.timestamp().as_millisecond())
        .bind(anew.not_after.as_millisecond())
        .bind(i64::from(anew.protocol))
        .bind(anew.on_uncertain.id())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Calls one waiting email off. The reason is not sealed, so it tells nothing of health.
///
/// # Errors
/// When the database refuses.
pub async fn call_off(db: &mut Db, clinic: ClinicId, id: EmailId, reason: &str) -> Result<bool> {
    let sql = "update email set state = 'cancelled', owner = null, lease_until = null, reason = $3
               where clinic_id = $1 and id = $2 and state in ('scheduled', 'claimed', 'held')";
    one(db, sql, clinic, id, reason).await
}

/// Holds one email that waits. The reason is not sealed, so it tells nothing of health.
///
/// # Errors
/// When the database refuses.
pub async fn hold_one(db: &mut Db, clinic: ClinicId, id: EmailId, reason: &str) -> Result<bool> {
    let sql = "update email set state = 'held', owner = null, lease_until = null, reason = $3
               where clinic_id = $1 and id = $2 and state in ('scheduled', 'claimed')";
    one(db, sql, clinic, id, reason).await
}

async fn one(db: &mut Db, sql: &'static str, clinic: ClinicId, id: EmailId, reason: &str) -> Result<bool> {
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(reason)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Puts one held email back in line. `false` when it is not held.
///
/// # Errors
/// When the database refuses.
pub async fn resume_one(db: &mut Db, clinic: ClinicId, id: EmailId) -> Result<bool> {
    wake::soon(db).await?;
    let sql = "update email set state = 'scheduled', reason = null
               where clinic_id = $1 and id = $2 and state = 'held'";
    let rows = on!(db, c =>
        sqlx::query(sql).bind(clinic.to_string()).bind(id.to_string()).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes from the workers what they hold of a visit and have not begun, so that it is written anew
/// by the answers of this moment.
///
/// # Errors
/// When the database refuses.
pub async fn take_back(db: &mut Db, clinic: ClinicId, visit: VisitId) -> Result<u64> {
    wake::soon(db).await?;
    let sql = "update email set state = 'scheduled', owner = null, lease_until = null
               where clinic_id = $1 and visit_id = $2 and state = 'claimed'
               returning id, clinic_id, state";
    let rows: Vec<Changed> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(visit.to_string()).fetch_all(c).await)?;
    Ok(rows.len() as u64)
}

/// Takes from the workers whatever they hold and have not begun, of every clinic: it was written by rules that are not
/// gone by any more.
///
/// # Errors
/// When the database refuses.
pub async fn take_all_back(db: &mut Db) -> Result<()> {
    wake::soon(db).await?;
    let sql = "update email set state = 'scheduled', owner = null, lease_until = null where state = 'claimed'";
    on!(db, c => sqlx::query(sql).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Lets a waiting email go with another visit of the same client and day. A held one stays held.
/// `false` when it does not wait any more, or that visit has this step already.
///
/// # Errors
/// When the database refuses.
pub async fn go_with(db: &mut Db, clinic: ClinicId, id: EmailId, visit: VisitId, plan: Option<PlanId>) -> Result<bool> {
    let sql = "update email set visit_id = $3, plan_id = $4, owner = null, lease_until = null,
                  state = case state when 'held' then 'held' else 'scheduled' end
               where clinic_id = $1 and id = $2 and state in ('scheduled', 'claimed', 'held')
                  and not exists (select 1 from email_ever other where other.visit_id = $3 and other.step = email.step)";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(visit.to_string())
        .bind(some_text(plan))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
