//! Small settings by name, and who signed off the clinical catalogue.

use jiff::Timestamp;

use super::convert::{instant, small};
use super::{Db, Result};
use crate::clinic::ids::ClinicId;

/// A clinician's name under one version of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOff {
    /// Which version.
    pub version: String,
    /// Who.
    pub signed_by: String,
    /// When.
    pub signed_at: Timestamp,
}

/// The setting in which a worker leaves the time it last looked, in milliseconds of system time.
pub const HEARTBEAT: &str = "worker.beat";

/// The value of a setting.
///
/// # Errors
/// When the database refuses.
pub async fn find(db: &mut Db, key: &str) -> Result<Option<String>> {
    let sql = "select value from setting where key = $1";
    Ok(on!(db, c => sqlx::query_scalar(sql).bind(key).fetch_optional(c).await)?)
}

/// Sets a setting.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, key: &str, value: &str) -> Result<()> {
    let sql = "insert into setting (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value";
    on!(db, c => sqlx::query(sql).bind(key).bind(value).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Signs off a version of the catalogue. The first signature of a version stays; `false` when it
/// had one.
///
/// # Errors
/// When the database refuses.
pub async fn sign_off(db: &mut Db, signature: &SignOff) -> Result<bool> {
    let sql = "insert into catalogue_sign_off (version, signed_by, signed_at) values ($1, $2, $3)
               on conflict (version) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(&signature.version)
        .bind(&signature.signed_by)
        .bind(signature.signed_at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// How many emails of a clinic wait for a signature under the catalogue, up to a thousand.
///
/// # Errors
/// When the database refuses.
pub async fn waits_for_sign_off(db: &mut Db, clinic: ClinicId) -> Result<u32> {
    let sql = "select count(*) from (select id from email
               where clinic_id = $1 and state = 'scheduled' and stream in ('aftercare', 'preparation') limit 1000) waiting";
    let waiting: i64 = on!(db, c => sqlx::query_scalar(sql).bind(clinic.to_string()).fetch_one(c).await)?;
    small("email", "state", waiting)
}

/// Who signed off this version of the catalogue; without anyone no aftercare letter leaves.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn signed_off(db: &mut Db, version: &str) -> Result<Option<SignOff>> {
    let sql = "select version, signed_by, signed_at from catalogue_sign_off where version = $1";
    let row: Option<(String, String, i64)> = on!(db, c => sqlx::query_as(sql).bind(version).fetch_optional(c).await)?;
    row.map(|(version, signed_by, at)| {
        Ok(SignOff { version, signed_by, signed_at: instant("catalogue_sign_off", "signed_at", at)? })
    })
    .transpose()
}
