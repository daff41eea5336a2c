//! What a draft of the catalogue would change for past visits: one look at a time, a slice of visits after another.
//! What was found is sealed.

use jiff::Timestamp;

use crate::clinic::ids::{ClinicId, VisitId};
use crate::clinic::rehearsal::Rehearsal;
use crate::store::convert::{instant, open_json, parse, seal_json, small};
use crate::store::{Db, Result};

const CONTEXT: &str = "catalogue_rehearsal/found/house";

/// A look at past visits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// From which content.
    pub old: String,
    /// To which.
    pub new: String,
    /// The last visit that was looked at; empty before the first.
    pub up_to: String,
    /// How many were.
    pub looked: u32,
    /// How many there are.
    pub whole: u32,
    /// For how many something is different.
    pub changing: u32,
    /// In how many emails that wait.
    pub emails: u32,
    /// What is different, for whom: the first of them.
    pub found: Vec<(ClinicId, VisitId, Rehearsal)>,
    /// Who began it.
    pub by: String,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// When all had been looked at.
    pub ended_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    old_version: String,
    new_version: String,
    looked_up_to: String,
    looked: i64,
    whole: i64,
    changing: i64,
    emails: i64,
    found: Vec<u8>,
    begun_by: String,
    begun_at: i64,
    ended_at: Option<i64>,
}

/// The last look, finished or not.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db) -> Result<Option<Look>> {
    let sql =
        "select old_version, new_version, looked_up_to, looked, whole, changing, emails, found, begun_by, begun_at,
                  ended_at
               from catalogue_rehearsal where id = 'house'";
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql).fetch_optional(c).await)?;
    row.map(|row| {
        let at = |millis| instant("catalogue_rehearsal", "begun_at", millis);
        Ok(Look {
            found: open_json(db, "catalogue_rehearsal", CONTEXT, &row.found)?,
            old: row.old_version,
            new: row.new_version,
            up_to: row.looked_up_to,
            looked: small("catalogue_rehearsal", "looked", row.looked)?,
            whole: small("catalogue_rehearsal", "whole", row.whole)?,
            changing: small("catalogue_rehearsal", "changing", row.changing)?,
            emails: small("catalogue_rehearsal", "emails", row.emails)?,
            by: row.begun_by,
            begun_at: at(row.begun_at)?,
            ended_at: row.ended_at.map(at).transpose()?,
        })
    })
    .transpose()
}

/// Keeps how far a look has come, in the place of the one before.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, look: &Look) -> Result<()> {
    let sql = "insert into catalogue_rehearsal
                  (id, old_version, new_version, looked_up_to, looked, whole, changing, emails, found, begun_by, begun_at,
                   ended_at)
               values ('house', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
               on conflict (id) do update set old_version = excluded.old_version, new_version = excluded.new_version,
                  looked_up_to = excluded.looked_up_to, looked = excluded.looked, whole = excluded.whole,
                  changing = excluded.changing, emails = excluded.emails, found = excluded.found, begun_by = excluded.begun_by, begun_at = excluded.begun_at,
                  ended_at = excluded.ended_at";
    let found = seal_json(db, CONTEXT, &look.found)?;
    on!(db, c => sqlx::query(sql)
        .bind(&look.old)
        .bind(&look.new)
        .bind(&look.up_to)
        .bind(i64::from(look.looked))
        .bind(i64::from(look.whole))
        .bind(i64::from(look.changing))
        .bind(i64::from(look.emails))
        .bind(found)
        .bind(&look.by)
        .bind(look.begun_at.as_millisecond())
        .bind(look.ended_at.map(Timestamp::as_millisecond))
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The next visits of any clinic that began after this moment, by their ids after one of them; those that were
/// called off or missed are left out.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn visits(db: &mut Db, since: Timestamp, after: &str, most: u32) -> Result<Vec<(ClinicId, VisitId)>> {
    let sql = "select clinic_id, id from visit
               where starts_at >= $1 and id > $2 and state in ('booked', 'in_progress', 'completed')
               order by id limit $3";
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(sql)
        .bind(since.as_millisecond())
        .bind(after)
        .bind(i64::from(most))
        .fetch_all(c)
        .await)?;
    rows.iter().map(|(clinic, id)| Ok((parse("visit", "clinic_id", clinic)?, parse("visit", "id", id)?))).collect()
}

/// How many there are in all.
///
/// # Errors
/// When the database refuses.
pub async fn count(db: &mut Db, since: Timestamp) -> Result<u32> {
    let sql = "select count(*) from visit where starts_at >= $1 and state in ('booked', 'in_progress', 'completed')";
    let all: i64 = on!(db, c => sqlx::query_scalar(sql).bind(since.as_millisecond()).fetch_one(c).await)?;
    small("visit", "id", all)
}
