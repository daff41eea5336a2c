//! Check-ins: one row a visit and step, with every answer sealed in one piece. Whoever adds an
//! answer holds the client's lock, so that of many at once none is lost.

mod treated;

pub use treated::{Treated, treated};

use jiff::Timestamp;

use super::convert::{bad, instant, open_json, parse, seal_json};
use super::{Db, Result};
use crate::clinic::case::LastReaction;
use crate::clinic::checkin::{Answers, Raised, Record, reaction};
use crate::clinic::ids::{CheckInId, ClientId, ClinicId, VisitId};
use crate::clinic::protocol::Step;

/// One check-in as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckIn {
    /// Which one.
    pub id: CheckInId,
    /// Whose.
    pub client: ClientId,
    /// Of which visit.
    pub visit: VisitId,
    /// Of which step.
    pub step: Step,
    /// What was answered.
    pub record: Record,
    /// When it was answered first.
    pub first_at: Timestamp,
    /// When it was answered last.
    pub last_at: Timestamp,
}

fn record_context(id: impl std::fmt::Display) -> String {
    format!("check_in/record/{id}")
}

/// Keeps a check-in: a new one, or one with an answer more.
///
/// # Errors
/// When the database refuses, for instance a visit of another clinic.
pub async fn save(db: &mut Db, clinic: ClinicId, kept: &CheckIn) -> Result<()> {
    let sealed = seal_json(db, &record_context(kept.id), &kept.record)?;
    let sql = "insert into check_in (id, clinic_id, client_id, visit_id, step, record, answers, first_at, last_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               on conflict (visit_id, step) do update set record = excluded.record, answers = excluded.answers,
                  last_at = excluded.last_at
               where check_in.id = excluded.id and check_in.clinic_id = excluded.clinic_id";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(kept.id.to_string())
        .bind(clinic.to_string())
        .bind(kept.client.to_string())
        .bind(kept.visit.to_string())
        .bind(kept.step.id())
        .bind(sealed)
        .bind(i64::try_from(kept.record.submissions.len()).unwrap_or(i64::MAX))
        .bind(kept.first_at.as_millisecond())
        .bind(kept.last_at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 { Ok(()) } else { Err(bad("check_in", "id")) }
}

const COLUMNS: &str = "select id, client_id, visit_id, step, record, first_at, last_at from check_in";

/// The check-in of a visit and step.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, visit: VisitId, step: Step) -> Result<Option<CheckIn>> {
    Ok(of_visit(db, clinic, visit).await?.into_iter().find(|kept| kept.step == step))
}

/// The check-ins of a visit, in the order of their steps.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_visit(db: &mut Db, clinic: ClinicId, visit: VisitId) -> Result<Vec<CheckIn>> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} where clinic_id = $1 and visit_id = $2 order by step"));
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(visit.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.check_in(db)).collect()
}

/// The check-ins of a client, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_client(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Vec<CheckIn>> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} where clinic_id = $1 and client_id = $2 order by first_at, id"));
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(client.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.check_in(db)).collect()
}

/// The check-ins of a clinic that were first answered since this moment, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn since(db: &mut Db, clinic: ClinicId, since: Timestamp) -> Result<Vec<CheckIn>> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} where clinic_id = $1 and first_at >= $2 order by first_at, id"));
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(since.as_millisecond()).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.check_in(db)).collect()
}

/// How the client took the visit before this moment, by what they told since.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn reaction_before(
    db: &mut Db,
    clinic: ClinicId,
    client: ClientId,
    before: Timestamp,
) -> Result<LastReaction> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{COLUMNS} where clinic_id = $1 and visit_id = (select v.id from visit v
            where v.clinic_id = $1 and v.client_id = $2 and v.starts_at < $3 and v.state = 'completed'
            order by v.starts_at desc, v.id desc limit 1)"
    ));
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(before.as_millisecond())
        .fetch_all(c)
        .await)?;
    let all = rows.into_iter().map(|row| row.check_in(db)).collect::<Result<Vec<_>>>()?;
    Ok(reaction(all.iter().flat_map(CheckIn::told)))
}

impl CheckIn {
    /// Each answer with its step and the signs it raised.
    pub fn told(&self) -> impl Iterator<Item = (Step, &Answers, &[Raised])> {
        self.record.submissions.iter().map(|one| (self.step, &one.answers, one.triage.raised.as_slice()))
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    visit_id: String,
    step: String,
    record: Vec<u8>,
    first_at: i64,
    last_at: i64,
}

impl Row {
    fn check_in(self, db: &Db) -> Result<CheckIn> {
        Ok(CheckIn {
            id: parse("check_in", "id", &self.id)?,
            client: parse("check_in", "client_id", &self.client_id)?,
            visit: parse("check_in", "visit_id", &self.visit_id)?,
            step: Step::of(&self.step).ok_or_else(|| bad("check_in", "step"))?,
            record: open_json(db, "check_in", &record_context(&self.id), &self.record)?,
            first_at: instant("check_in", "first_at", self.first_at)?,
            last_at: instant("check_in", "last_at", self.last_at)?,
        })
    }
}
