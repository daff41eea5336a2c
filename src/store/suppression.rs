//! Addresses that get no mail, whatever anyone agrees to: hard bounces, complaints, requests.

use jiff::Timestamp;

use super::convert::{instant, some_text};
use super::{Db, Result, outbox};
use crate::clinic::ids::{BounceId, ClinicId};
use crate::clinic::person::EmailAddress;

/// Why and since when an address is suppressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The address as normalised.
    pub address: String,
    /// Why, in words.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

/// Suppresses an address; an earlier reason stays. Waiting emails are told when they begin.
///
/// # Errors
/// When the database refuses.
pub async fn insert(db: &mut Db, clinic: ClinicId, address: &EmailAddress, reason: &str, at: Timestamp) -> Result<()> {
    keep(db, clinic, address, reason, at, None).await
}

/// As [`insert`], because of this notice: the evidence.
///
/// # Errors
/// When the database refuses.
pub async fn insert_for(
    db: &mut Db,
    clinic: ClinicId,
    address: &EmailAddress,
    reason: &str,
    at: Timestamp,
    notice: BounceId,
) -> Result<()> {
    keep(db, clinic, address, reason, at, Some(notice)).await
}

async fn keep(
    db: &mut Db,
    clinic: ClinicId,
    address: &EmailAddress,
    reason: &str,
    at: Timestamp,
    notice: Option<BounceId>,
) -> Result<()> {
    outbox::stop_begins(db).await?;
    let sql = "insert into suppression (clinic_id, address, reason, at, bounce_id) values ($1, $2, $3, $4, $5)
               on conflict (clinic_id, address) do nothing";
    on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(address.normalised())
        .bind(reason)
        .bind(at.as_millisecond())
        .bind(some_text(notice))
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Lets mail go to an address again; `false` when it was not suppressed.
///
/// # Errors
/// When the database refuses.
pub async fn remove(db: &mut Db, clinic: ClinicId, address: &EmailAddress) -> Result<bool> {
    let sql = "delete from suppression where clinic_id = $1 and address = $2";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(address.normalised())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Whether and why an address is suppressed.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, address: &EmailAddress) -> Result<Option<Suppression>> {
    let sql = "select address, reason, at from suppression where clinic_id = $1 and address = $2";
    let row = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(address.normalised()).fetch_optional(c).await)?;
    row.map(suppression).transpose()
}

/// All suppressed addresses of a clinic, newest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(db: &mut Db, clinic: ClinicId) -> Result<Vec<Suppression>> {
    let sql = "select address, reason, at from suppression where clinic_id = $1 order by at desc, address";
    let rows: Vec<_> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(suppression).collect()
}

fn suppression((address, reason, at): (String, String, i64)) -> Result<Suppression> {
    Ok(Suppression { address, reason, at: instant("suppression", "at", at)? })
}
