//! How a plan stood when it was made, and when it was last reckoned: what a page compares with.

use jiff::Timestamp;

use crate::clinic::ids::{ClinicId, VisitId};
use crate::clinic::plan::since::Told;
use crate::store::convert::{instant, open_json, seal_json};
use crate::store::{Db, Result};

/// The two states of a plan that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// As it was made.
    pub made: Vec<Told>,
    /// As it was last reckoned.
    pub latest: Vec<Told>,
    /// When that was.
    pub latest_at: Timestamp,
}

fn made_context(visit: VisitId) -> String {
    format!("plan_record/made/{visit}")
}

fn latest_context(visit: VisitId) -> String {
    format!("plan_record/latest/{visit}")
}

/// Keeps how the plan of a visit stands. The first time is how it was made.
///
/// # Errors
/// When the database refuses, for instance a visit of another clinic.
pub async fn save(db: &mut Db, clinic: ClinicId, visit: VisitId, plan: &[Told], at: Timestamp) -> Result<()> {
    let made = seal_json(db, &made_context(visit), &plan)?;
    let latest = seal_json(db, &latest_context(visit), &plan)?;
    let sql = "insert into plan_record (visit_id, clinic_id, made, latest, latest_at) values ($1, $2, $3, $4, $5)
               on conflict (visit_id) do update set latest = excluded.latest, latest_at = excluded.latest_at
               where plan_record.clinic_id = excluded.clinic_id";
    on!(db, c => sqlx::query(sql)
        .bind(visit.to_string())
        .bind(clinic.to_string())
        .bind(made)
        .bind(latest)
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// What is kept of the plan of a visit.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn of_visit(db: &mut Db, clinic: ClinicId, visit: VisitId) -> Result<Option<Record>> {
    let sql = "select made, latest, latest_at from plan_record where clinic_id = $1 and visit_id = $2";
    let row: Option<(Vec<u8>, Vec<u8>, i64)> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(visit.to_string()).fetch_optional(c).await)?;
    let Some((made, latest, at)) = row else { return Ok(None) };
    Ok(Some(Record {
        made: open_json(db, "plan_record", &made_context(visit), &made)?,
        latest: open_json(db, "plan_record", &latest_context(visit), &latest)?,
        latest_at: instant("plan_record", "latest_at", at)?,
    }))
}
