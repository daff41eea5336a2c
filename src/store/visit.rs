//! Visits. What is done to the body is sealed; when and with whom is not, since the day page sorts
//! and finds by it.

pub mod desk;

use jiff::Timestamp;

use super::convert::{bad, instant, open_json, parse, parse_some, seal_json, some_text};
use super::{Db, Result};
use crate::clinic::case::Treatment;
use crate::clinic::ids::{AccountId, ClientId, ClinicId, VisitId};
pub use crate::clinic::visit::VisitState;
use crate::seal::SealError;

/// One appointment as booked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Appointment {
    pub id: VisitId,
    pub client: ClientId,
    pub therapist: Option<AccountId>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub state: VisitState,
    pub treatment: Treatment,
    pub completed_at: Option<Timestamp>,
}

pub(super) fn treatment_context(id: impl std::fmt::Display) -> String {
    format!("visit/treatment/{id}")
}

/// The key that the newest visit was sealed with, when the key file does not hold it: then this is another system's
/// key file, and no record can be read.
///
/// # Errors
/// When the database refuses.
pub async fn missing_key(db: &mut Db) -> Result<Option<String>> {
    let sql = "select id, treatment from visit order by id desc limit 1";
    let newest: Option<(String, Vec<u8>)> = on!(db, c => sqlx::query_as(sql).fetch_optional(c).await)?;
    Ok(newest.and_then(|(id, sealed)| match db.seal().open(&treatment_context(id), &sealed) {
        Err(SealError::MissingKey(key)) => Some(key),
        _ => None,
    }))
}

/// Books a visit.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn insert(db: &mut Db, clinic: ClinicId, new: &Appointment, created_at: Timestamp) -> Result<()> {
    let treatment = seal_json(db, &treatment_context(new.id), &new.treatment)?;
    let sql = "insert into visit (id, clinic_id, client_id, therapist_id, starts_at, ends_at, state, treatment,
                  completed_at, created_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    on!(db, c => sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(clinic.to_string())
        .bind(new.client.to_string())
        .bind(some_text(new.therapist))
        .bind(new.starts_at.as_millisecond())
        .bind(new.ends_at.as_millisecond())
        .bind(new.state.id())
        .bind(treatment)
        .bind(new.completed_at.map(Timestamp::as_millisecond))
        .bind(created_at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Changes a visit's times, therapist, state and treatment; `false` when the clinic has none of
/// this id. The client of a visit never changes.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, clinic: ClinicId, changed: &Appointment) -> Result<bool> {
    let treatment = seal_json(db, &treatment_context(changed.id), &changed.treatment)?;
    let sql = "update visit set therapist_id = $3, starts_at = $4, ends_at = $5, state = $6, treatment = $7,
                  completed_at = $8, version = version + 1 where clinic_id = $1 and id = $2";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(changed.id.to_string())
        .bind(some_text(changed.therapist))
        .bind(changed.starts_at.as_millisecond())
        .bind(changed.ends_at.as_millisecond())
        .bind(changed.state.id())
        .bind(treatment)
        .bind(changed.completed_at.map(Timestamp::as_millisecond))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The visit of this id.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, id: VisitId) -> Result<Option<Appointment>> {
    let sql = "select id, client_id, therapist_id, starts_at, ends_at, state, treatment, completed_at from visit
               where clinic_id = $1 and id = $2";
    let row: Option<Row> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(|row| row.appointment(db)).transpose()
}

/// All visits of a client, newest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_client(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Vec<Appointment>> {
    let sql = "select id, client_id, therapist_id, starts_at, ends_at, state, treatment, completed_at from visit
               where clinic_id = $1 and client_id = $2 order by starts_at desc, id";
    let rows: Vec<Row> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(client.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.appointment(db)).collect()
}

/// The visits of a client that take or took place and end at this moment or later, earliest
/// first: those whose emails may still wait, when the moment is far enough back.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn ids_since(db: &mut Db, clinic: ClinicId, client: ClientId, since: Timestamp) -> Result<Vec<VisitId>> {
    let sql = "select id from visit where clinic_id = $1 and client_id = $2 and state in ('booked', 'in_progress', 'completed')
                  and (ends_at >= $3 or exists (select 1 from email e
                     where e.visit_id = visit.id and e.state in ('scheduled', 'claimed', 'held')))
               order by starts_at, id";
    let ids: Vec<String> = on!(db, c => sqlx::query_scalar(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(since.as_millisecond())
        .fetch_all(c)
        .await)?;
    ids.iter().map(|id| parse("visit", "id", id)).collect()
}

/// The visits of a clinic that were completed and ended in this time, the latest first, at most `limit` of them.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn completed_between(
    db: &mut Db,
    clinic: ClinicId,
    (since, until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<VisitId>> {
    let sql = "select id from visit where clinic_id = $1 and ends_at >= $2 and ends_at <= $3 and state = 'completed'
               order by ends_at desc, id limit $4";
    let ids: Vec<String> = on!(db, c => sqlx::query_scalar(sql)
        .bind(clinic.to_string())
        .bind(since.as_millisecond())
        .bind(until.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    ids.iter().map(|id| parse("visit", "id", id)).collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    therapist_id: Option<String>,
    starts_at: i64,
    ends_at: i64,
    state: String,
    treatment: Vec<u8>,
    completed_at: Option<i64>,
}

impl Row {
    fn appointment(self, db: &Db) -> Result<Appointment> {
        Ok(Appointment {
            id: parse("visit", "id", &self.id)?,
            client: parse("visit", "client_id", &self.client_id)?,
            therapist: parse_some("visit", "therapist_id", self.therapist_id.as_deref())?,
            starts_at: instant("visit", "starts_at", self.starts_at)?,
            ends_at: instant("visit", "ends_at", self.ends_at)?,
            state: VisitState::of(&self.state).ok_or_else(|| bad("visit", "state"))?,
            treatment: open_json(db, "visit", &treatment_context(&self.id), &self.treatment)?,
            completed_at: self.completed_at.map(|at| instant("visit", "completed_at", at)).transpose()?,
        })
    }
}
