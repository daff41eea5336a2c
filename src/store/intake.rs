//! Intakes: a client's answers at one time, sealed as one piece. Never changed; a new one is given.

use jiff::Timestamp;

use super::convert::{instant, open_json, parse, seal_json, small};
use super::{Db, Result};
use crate::clinic::ids::{ClientId, ClinicId, IntakeId};
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

/// Keeps an intake.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn insert(db: &mut Db, clinic: ClinicId, new: &Given) -> Result<()> {
    let answers = seal_json(db, &answers_context(new.id), &new.answers)?;
    let sql = "insert into intake (id, clinic_id, client_id, given_at, form_version, answers, entered_by)
               values ($1, $2, $3, $4, $5, $6, $7)";
    on!(db, c => sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(clinic.to_string())
        .bind(new.client.to_string())
        .bind(new.given_at.as_millisecond())
        .bind(i64::from(new.form_version))
        .bind(answers)
        .bind(&new.entered_by)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
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
