//! Changes of an address that a client asked for: waiting until the new address confirms, and kept with the
//! address before, so that it can come back.

use jiff::Timestamp;

use super::convert::{instant, parse};
use super::{Db, Result};
use crate::clinic::ids::{ClientId, ClinicId};
use crate::clinic::person::EmailAddress;

/// A change of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The name of the link that confirms it.
    pub id: String,
    /// The address before.
    pub was: EmailAddress,
    /// The address after.
    pub becomes: EmailAddress,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When the new address confirmed, if it did.
    pub confirmed_at: Option<Timestamp>,
    /// When it was taken back, if it was.
    pub undone_at: Option<Timestamp>,
}

macro_rules! columns {
    ($rest:literal) => {
        concat!("select id, was, becomes, asked_at, confirmed_at, undone_at from address_change ", $rest)
    };
}

/// Keeps a change that waits for its link to be opened and pressed. One that waited before waits no more.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn ask(
    db: &mut Db,
    (clinic, client): (ClinicId, ClientId),
    (was, becomes): (&EmailAddress, &EmailAddress),
    link: &str,
    at: Timestamp,
) -> Result<()> {
    let before = "update address_change set undone_at = $3
                  where clinic_id = $1 and client_id = $2 and confirmed_at is null and undone_at is null";
    let new = "insert into address_change (id, clinic_id, client_id, was, becomes, asked_at)
               values ($1, $2, $3, $4, $5, $6)";
    on!(db, c => {
        sqlx::query(before)
            .bind(clinic.to_string())
            .bind(client.to_string())
            .bind(at.as_millisecond())
            .execute(&mut *c)
            .await?;
        sqlx::query(new)
            .bind(link)
            .bind(clinic.to_string())
            .bind(client.to_string())
            .bind(was.as_str())
            .bind(becomes.as_str())
            .bind(at.as_millisecond())
            .execute(c)
            .await?;
    });
    Ok(())
}

/// The change that this link confirms.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn of_link(db: &mut Db, clinic: ClinicId, link: &str) -> Result<Option<Change>> {
    let sql = columns!("where clinic_id = $1 and id = $2");
    let row: Option<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(link).fetch_optional(c).await)?;
    row.map(Row::change).transpose()
}

/// What a client asked for since then, newest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn since(db: &mut Db, clinic: ClinicId, client: ClientId, after: Timestamp) -> Result<Vec<Change>> {
    let sql = columns!("where clinic_id = $1 and client_id = $2 and asked_at > $3 order by asked_at desc, id desc");
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(after.as_millisecond())
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::change).collect()
}

/// The new address confirmed; `false` when the change does not wait any more.
///
/// # Errors
/// When the database refuses.
pub async fn confirm(db: &mut Db, clinic: ClinicId, id: &str, at: Timestamp) -> Result<bool> {
    let sql = "update address_change set confirmed_at = $3
               where clinic_id = $1 and id = $2 and confirmed_at is null and undone_at is null";
    done(db, sql, clinic, id, at).await
}

/// The change is taken back; `false` when it was already.
///
/// # Errors
/// When the database refuses.
pub async fn undo(db: &mut Db, clinic: ClinicId, id: &str, at: Timestamp) -> Result<bool> {
    let sql = "update address_change set undone_at = $3 where clinic_id = $1 and id = $2 and undone_at is null";
    done(db, sql, clinic, id, at).await
}

async fn done(db: &mut Db, sql: &'static str, clinic: ClinicId, id: &str, at: Timestamp) -> Result<bool> {
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id)
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    was: String,
    becomes: String,
    asked_at: i64,
    confirmed_at: Option<i64>,
    undone_at: Option<i64>,
}

impl Row {
    fn change(self) -> Result<Change> {
        let at = |column, at: Option<i64>| at.map(|at| instant("address_change", column, at)).transpose();
        Ok(Change {
            was: parse("address_change", "was", &self.was)?,
            becomes: parse("address_change", "becomes", &self.becomes)?,
            asked_at: instant("address_change", "asked_at", self.asked_at)?,
            confirmed_at: at("confirmed_at", self.confirmed_at)?,
            undone_at: at("undone_at", self.undone_at)?,
            id: self.id,
        })
    }
}
