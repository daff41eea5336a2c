//! Intakes: a client's answers at one time, sealed as one piece. Never changed; a new one is given.
//! Forms that are not finished are in [`draft`], who has read the free text in [`review`].

pub mod draft;
pub mod review;

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::case::{among, json_list};
use super::convert::{instant, open_json, parse, seal_json, small};
use super::{Db, Result};
use crate::clinic::ids::{ClientId, ClinicId, IntakeId, VisitId};
use crate::clinic::intake::Intake;

/// An intake as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its id.
    pub id: IntakeId,
    /// By which client.
    pub client: ClientId,
    /// When.
    pub given_at: Timestamp,
    /// On which version of the form.
    pub form_version: u32,
    /// The answers, with the consents as they were ticked that day. What counts today is in
    /// [`super::consent`].
    pub answers: Intake,
    /// "client", or the id of the account that typed it in.
    pub entered_by: String,
}

pub(super) fn answers_context(id: impl std::fmt::Display) -> String {
    format!("intake/answers/{id}")
}

/// Keeps an intake; `false` when one of this id is kept already, as after a double click. Text in the
/// client's own words waits to be read, unless the same words were read before.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn insert(db: &mut Db, clinic: ClinicId, new: &Given) -> Result<bool> {
    let before = if review::has_text(&new.answers) { latest(db, clinic, new.client).await? } else { None };
    let answers = seal_json(db, &answers_context(new.id), &new.answers)?;
    let sql = "insert into intake (id, clinic_id, client_id, given_at, form_version, answers, entered_by)
               values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(clinic.to_string())
        .bind(new.client.to_string())
        .bind(new.given_at.as_millisecond())
        .bind(i64::from(new.form_version))
        .bind(answers)
        .bind(&new.entered_by)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 && review::has_text(&new.answers) {
        review::begin(db, clinic, new, before.as_ref()).await?;
    }
    Ok(rows == 1)
}

/// The intake of this id.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, id: IntakeId) -> Result<Option<Given>> {
    let sql = "select id, client_id, given_at, form_version, answers, entered_by from intake
               where clinic_id = $1 and id = $2";
    let row: Option<Row> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(|row| row.given(db)).transpose()
}

/// How far the intake of a visit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The client never gave one.
    Missing,
    /// There are answers from before the last visit, and nobody has confirmed them for this one.
    ToConfirm,
    /// Someone has begun the form and not saved it.
    Unfinished,
    /// Given, or confirmed, after the visit before this one.
    Done,
}

/// How far the intakes of these visits are.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn progress(db: &mut Db, clinic: ClinicId, visits: &[VisitId]) -> Result<HashMap<VisitId, Progress>> {
    let sql = format!(
        "select v.id,
            exists (select 1 from intake_draft d where d.visit_id = v.id) as begun,
            exists (select 1 from intake i where i.client_id = v.client_id) as given,
            exists (select 1 from intake i where i.client_id = v.client_id and i.given_at >= coalesce(
                (select max(b.ends_at) from visit b where b.client_id = v.client_id and b.starts_at < v.starts_at
                    and b.state not in ('cancelled', 'no_show')), i.given_at)) as confirmed
         from visit v where v.id {} and v.clinic_id = $2",
        among(db)
    );
    let ids = json_list(visits.iter().map(ToString::to_string));
    let rows: Vec<(String, bool, bool, bool)> = on!(db, c =>
        sqlx::query_as(AssertSqlSafe(sql)).bind(ids).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(id, begun, given, confirmed)| {
            let progress = match (begun, given, confirmed) {
                (true, _, _) => Progress::Unfinished,
                (false, _, true) => Progress::Done,
                (false, true, false) => Progress::ToConfirm,
                (false, false, false) => Progress::Missing,
            };
            Ok((parse("visit", "id", &id)?, progress))
        })
        .collect()
}

/// The latest intake of a client.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn latest(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Option<Given>> {
    let sql = "select id, client_id, given_at, form_version, answers, entered_by from intake
               where clinic_id = $1 and client_id = $2 order by given_at desc, id desc limit 1";
    let row: Option<Row> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(client.to_string()).fetch_optional(c).await)?;
    row.map(|row| row.given(db)).transpose()
}

/// All intakes of a client, newest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_client(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Vec<Given>> {
    let sql = "select id, client_id, given_at, form_version, answers, entered_by from intake
               where clinic_id = $1 and client_id = $2 order by given_at desc, id desc";
    let rows: Vec<Row> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(client.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.given(db)).collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    given_at: i64,
    form_version: i64,
    answers: Vec<u8>,
    entered_by: String,
}

impl Row {
    fn given(self, db: &Db) -> Result<Given> {
        Ok(Given {
            id: parse("intake", "id", &self.id)?,
            client: parse("intake", "client_id", &self.client_id)?,
            given_at: instant("intake", "given_at", self.given_at)?,
            form_version: small("intake", "form_version", self.form_version)?,
            answers: open_json(db, "intake", &answers_context(&self.id), &self.answers)?,
            entered_by: self.entered_by,
        })
    }
}
