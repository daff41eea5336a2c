//! How firmly each clinic usually books a technique.

use std::collections::BTreeMap;

use super::convert::bad;
use super::{Db, Result};
use crate::clinic::case::BookedPressure;
use crate::clinic::ids::ClinicId;
use crate::clinic::visit::usual::Usual;

/// What a clinic has named.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of(db: &mut Db, clinic: ClinicId) -> Result<Usual> {
    let sql = "select technique, pressure from usual_pressure where clinic_id = $1";
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    let named = rows.into_iter().map(|(technique, pressure)| {
        let pressure = BookedPressure::of(&pressure).ok_or_else(|| bad("usual_pressure", "pressure"))?;
        Ok((technique.as_str().into(), pressure))
    });
    Ok(Usual::new(named.collect::<Result<BTreeMap<_, _>>>()?))
}

/// Names them over the version of the clinic's settings that somebody saw; `false` when another was saved meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, clinic: ClinicId, usual: &Usual, over: u32) -> Result<bool> {
    let sql = "update clinic set version = version + 1 where id = $1 and version = $2";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(i64::from(over))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 0 {
        return Ok(false);
    }
    let sql = "delete from usual_pressure where clinic_id = $1";
    on!(db, c => sqlx::query(sql).bind(clinic.to_string()).execute(c).await.map(|_| ()))?;
    let sql = "insert into usual_pressure (clinic_id, technique, pressure) values ($1, $2, $3)";
    for (technique, pressure) in usual.iter() {
        on!(db, c => sqlx::query(sql)
            .bind(clinic.to_string())
            .bind(technique.as_str())
            .bind(pressure.word())
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(true)
}
