//! What was really done in a visit, sealed. Beside the booking and never over it: what was agreed
//! and what was done are two facts.

use jiff::Timestamp;

use super::convert::{open_json, seal_json};
use super::{Db, Result};
use crate::clinic::ids::{AccountId, ClinicId, VisitId};
use crate::clinic::treatment::Done;

pub(super) fn done_context(visit: impl std::fmt::Display) -> String {
    format!("treatment_done/done/{visit}")
}

/// Records what was done, or corrects it.
///
/// # Errors
/// When the database refuses, for instance a visit of another clinic.
pub async fn record(
    db: &mut Db,
    clinic: ClinicId,
    visit: VisitId,
    done: &Done,
    by: AccountId,
    at: Timestamp,
) -> Result<()> {
    let sealed = seal_json(db, &done_context(visit), done)?;
    let sql = "insert into treatment_done (visit_id, clinic_id, done, recorded_by, recorded_at)
               values ($1, $2, $3, $4, $5)
               on conflict (visit_id) do update set clinic_id = excluded.clinic_id, done = excluded.done,
                  recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at";
    on!(db, c => sqlx::query(sql)
        .bind(visit.to_string())
        .bind(clinic.to_string())
        .bind(sealed)
        .bind(by.to_string())
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// What was done, once that is recorded.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, visit: VisitId) -> Result<Option<Done>> {
    let sql = "select done from treatment_done where clinic_id = $1 and visit_id = $2";
    let row: Option<(Vec<u8>,)> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(visit.to_string()).fetch_optional(c).await)?;
    row.map(|(done,)| open_json(db, "treatment_done", &done_context(visit), &done)).transpose()
}
