//! The first answers to requests that a program may repeat. Times are system time.

use jiff::Timestamp;
use serde_json::Value;

use super::convert::{bad, open_json, seal_json};
use super::{Db, Result};
use crate::clinic::ids::{ClinicId, TokenId};

/// A request under a key.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// By which program.
    pub token: TokenId,
    /// The digest of its key.
    pub key: &'a str,
    /// The digest of what is asked.
    pub request: &'a str,
}

impl Asked<'_> {
    fn context(&self) -> String {
        format!("api_answer/body/{}/{}", self.token, self.key)
    }
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// Nobody asked under it: the work is to be done now, in this transaction.
    Now,
    /// It was asked and answered: status and document.
    Before(u16, Value),
    /// Something else was asked under it.
    Otherwise,
}

/// Takes a key for a request. Whoever else asks under it waits until this transaction ends. A key that was taken
/// up to `forgotten` is free again.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn take(
    db: &mut Db,
    clinic: ClinicId,
    asked: Asked<'_>,
    (now, forgotten): (Timestamp, Timestamp),
) -> Result<Taken> {
    // In one statement, so that of two at once the second waits for the first.
    let sql = "insert into api_answer (token_id, clinic_id, key, request, at) values ($1, $2, $3, $4, $5)
               on conflict (token_id, key) do update
                  set request = excluded.request, status = null, body = null, at = excluded.at
               where api_answer.at <= $6";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(asked.token.to_string())
        .bind(clinic.to_string())
        .bind(asked.key)
        .bind(asked.request)
        .bind(now.as_millisecond())
        .bind(forgotten.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 {
        return Ok(Taken::Now);
    }
    let sql = "select request, status, body from api_answer where token_id = $1 and key = $2";
    let (request, status, body): (String, Option<i64>, Option<Vec<u8>>) = on!(db, c =>
        sqlx::query_as(sql).bind(asked.token.to_string()).bind(asked.key).fetch_one(c).await)?;
    if request != asked.request {
        return Ok(Taken::Otherwise);
    }
    let (Some(status), Some(body)) = (status, body) else { return Err(bad("api_answer", "status")) };
    let status = u16::try_from(status).map_err(|_| bad("api_answer", "status"))?;
    Ok(Taken::Before(status, open_json(db, "api_answer", &asked.context(), &body)?))
}

/// Keeps the answer to a request whose key was taken in this transaction.
///
/// # Errors
/// When the database refuses.
pub async fn keep(db: &mut Db, asked: Asked<'_>, status: u16, body: &Value) -> Result<()> {
    let sealed = seal_json(db, &asked.context(), body)?;
    let sql = "update api_answer set status = $3, body = $4 where token_id = $1 and key = $2";
    on!(db, c => sqlx::query(sql)
        .bind(asked.token.to_string())
        .bind(asked.key)
        .bind(i64::from(status))
        .bind(sealed)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Forgets answers given up to this moment.
///
/// # Errors
/// When the database refuses.
pub async fn forget(db: &mut Db, until: Timestamp) -> Result<()> {
    let sql = "delete from api_answer where at <= $1";
    on!(db, c => sqlx::query(sql).bind(until.as_millisecond()).execute(c).await.map(|_| ()))?;
    Ok(())
}
