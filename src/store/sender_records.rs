//! What the public records of the sender's domain say: a page asks, a worker looks, the page shows it. Times are system
//! time.

use jiff::Timestamp;

use super::convert::instant;
use super::{Db, Error, Result, wake};
use crate::clinic::sender_records::Records;

/// How a look stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When somebody last asked for one.
    pub asked_at: Timestamp,
    /// What was found last, and when.
    pub found: Option<(Records, Timestamp)>,
}

impl Asked {
    /// Whether the answer to the last question is still to come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.found.as_ref().is_none_or(|(_, at)| *at < self.asked_at)
    }
}

/// Asks for a look.
///
/// # Errors
/// When the database refuses.
pub async fn ask(db: &mut Db, now: Timestamp) -> Result<()> {
    wake::soon(db).await?;
    let sql = "insert into sender_records (id, asked_at) values ('house', $1)
               on conflict (id) do update set asked_at = excluded.asked_at";
    on!(db, c => sqlx::query(sql).bind(now.as_millisecond()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// How the look stands; nothing while nobody has asked. What an earlier version of this program wrote and this one
/// cannot read is as good as not looked up.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db) -> Result<Option<Asked>> {
    let sql = "select asked_at, looked_at, found from sender_records where id = 'house'";
    let row: Option<(i64, Option<i64>, Option<String>)> = on!(db, c => sqlx::query_as(sql).fetch_optional(c).await)?;
    row.map(|(asked_at, looked_at, found)| {
        let looked_at = looked_at.map(|at| instant("sender_records", "looked_at", at)).transpose()?;
        let found = found.and_then(|found| serde_json::from_str(&found).ok());
        Ok(Asked { asked_at: instant("sender_records", "asked_at", asked_at)?, found: found.zip(looked_at) })
    })
    .transpose()
}

/// Whether somebody waits for a look.
///
/// # Errors
/// When the database refuses.
pub async fn is_asked(db: &mut Db) -> Result<bool> {
    let sql = "select id from sender_records where looked_at is null or looked_at < asked_at";
    let found: Option<String> = on!(db, c => sqlx::query_scalar(sql).fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// Keeps what was found.
///
/// # Errors
/// When the database refuses.
pub async fn keep(db: &mut Db, records: &Records, now: Timestamp) -> Result<()> {
    let found = serde_json::to_string(records)
        .map_err(|_| Error::BadRow { table: "sender_records", problem: "it cannot be written as JSON".into() })?;
    let sql = "update sender_records set looked_at = $1, found = $2 where id = 'house'";
    on!(db, c => sqlx::query(sql).bind(now.as_millisecond()).bind(found).execute(c).await.map(|_| ()))?;
    Ok(())
}
