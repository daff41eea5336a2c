//! Plans: which protocol was applied to a visit, on which catalogue, and what it left out.

pub mod change;
pub mod record;

use jiff::Timestamp;

use super::convert::{bad, instant, open_json, parse, seal_json};
use super::{Db, Result};
use crate::clinic::brief::Aftercare;
use crate::clinic::ids::{ClinicId, PlanId, VisitId};
use crate::clinic::plan::NotSent;

/// A plan as it was started. Its emails are rows of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its id.
    pub id: PlanId,
    /// For which visit.
    pub visit: VisitId,
    /// By which version of the clinic's protocol.
    pub protocol: u32,
    /// When.
    pub started_at: Timestamp,
    /// On which version of the catalogue.
    pub catalogue_version: String,
    /// Whether routine aftercare goes out.
    pub aftercare: Aftercare,
    /// The steps left out, and why. Sealed: the reasons tell of health.
    pub not_sent: Vec<NotSent>,
}

fn not_sent_context(id: impl std::fmt::Display) -> String {
    format!("plan/not_sent/{id}")
}

const fn aftercare_id(aftercare: Aftercare) -> &'static str {
    match aftercare {
        Aftercare::Routine => "routine",
        Aftercare::EmergencyOnly => "emergency_only",
    }
}

/// Starts a plan; `false` when the visit has one already, whoever started it.
///
/// # Errors
/// When the database refuses, for instance a visit of another clinic.
pub async fn insert(db: &mut Db, clinic: ClinicId, new: &Started) -> Result<bool> {
    let not_sent = seal_json(db, &not_sent_context(new.id), &new.not_sent)?;
    let sql = "insert into plan (id, clinic_id, visit_id, protocol, started_at, catalogue_version, aftercare, not_sent)
               values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (visit_id) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(clinic.to_string())
        .bind(new.visit.to_string())
        .bind(new.protocol.to_string())
        .bind(new.started_at.as_millisecond())
        .bind(&new.catalogue_version)
        .bind(aftercare_id(new.aftercare))
        .bind(not_sent)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The plan of a visit.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn of_visit(db: &mut Db, clinic: ClinicId, visit: VisitId) -> Result<Option<Started>> {
    let sql = "select id, visit_id, protocol, started_at, catalogue_version, aftercare, not_sent from plan
               where clinic_id = $1 and visit_id = $2";
    let row: Option<Row> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(visit.to_string()).fetch_optional(c).await)?;
    row.map(|row| row.started(db)).transpose()
}

/// Keeps which steps of a plan do not go out, after it was reckoned anew.
///
/// # Errors
/// When the database refuses.
pub async fn save_not_sent(db: &mut Db, clinic: ClinicId, plan: &Started) -> Result<()> {
    let not_sent = seal_json(db, &not_sent_context(plan.id), &plan.not_sent)?;
    let sql = "update plan set not_sent = $3, aftercare = $4 where clinic_id = $1 and id = $2";
    on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(plan.id.to_string())
        .bind(not_sent)
        .bind(aftercare_id(plan.aftercare))
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    visit_id: String,
    protocol: String,
    started_at: i64,
    catalogue_version: String,
    aftercare: String,
    not_sent: Vec<u8>,
}

impl Row {
    fn started(self, db: &Db) -> Result<Started> {
        Ok(Started {
            id: parse("plan", "id", &self.id)?,
            visit: parse("plan", "visit_id", &self.visit_id)?,
            protocol: parse("plan", "protocol", &self.protocol)?,
            started_at: instant("plan", "started_at", self.started_at)?,
            catalogue_version: self.catalogue_version,
            aftercare: [Aftercare::Routine, Aftercare::EmergencyOnly]
                .into_iter()
                .find(|aftercare| aftercare_id(*aftercare) == self.aftercare)
                .ok_or_else(|| bad("plan", "aftercare"))?,
            not_sent: open_json(db, "plan", &not_sent_context(&self.id), &self.not_sent)?,
        })
    }
}
