//! Opening hours and the addresses of alerts. A clinic that has set none is open while its letters
//! may leave, and its admins are told.

use super::convert::{bad, small};
use super::{Db, Result, account, clinic};
use crate::clinic::account::Role;
use crate::clinic::care::Care;
use crate::clinic::ids::ClinicId;

/// The care of a clinic, with the version it was read at; 0 when none was set. `None`: there is no
/// such clinic.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, id: ClinicId) -> Result<Option<(Care, u32)>> {
    let sql = "select care, version from clinic_care where clinic_id = $1";
    let row: Option<(String, i64)> = on!(db, c => sqlx::query_as(sql).bind(id.to_string()).fetch_optional(c).await)?;
    if let Some((care, version)) = row {
        let care = serde_json::from_str(&care).map_err(|_| bad("clinic_care", "care"))?;
        return Ok(Some((care, small("clinic_care", "version", version)?)));
    }
    let Some(profile) = clinic::find(db, id).await? else { return Ok(None) };
    let admins = account::all(db, id).await?.into_iter().filter(|one| one.role == Role::Admin);
    Ok(Some((Care::usual(&profile.send_window, admins.map(|one| one.email).collect()), 0)))
}

/// Sets the care of a clinic. `false`: somebody else changed it since this version.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, id: ClinicId, care: &Care, over: u32) -> Result<bool> {
    let text = serde_json::to_string(care).map_err(|_| bad("clinic_care", "care"))?;
    let sql = if over == 0 {
        "insert into clinic_care (clinic_id, care, version) values ($1, $2, $3 + 1) on conflict (clinic_id) do nothing"
    } else {
        "update clinic_care set care = $2, version = version + 1 where clinic_id = $1 and version = $3"
    };
    let rows = on!(db, c => sqlx::query(sql)
        .bind(id.to_string())
        .bind(text)
        .bind(i64::from(over))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
