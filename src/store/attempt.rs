//! Tries at the door, kept so that a restart does not open it again. Times are system time, and
//! whose they are is kept as a digest.

use jiff::Timestamp;

use super::convert::{fresh_uuid, instant};
use super::{Db, Result};

/// Notes a try.
///
/// # Errors
/// When the database refuses.
pub async fn note(db: &mut Db, whose: &str, at: Timestamp) -> Result<()> {
    let sql = "insert into sign_in_failure (id, whose, at) values ($1, $2, $3)";
    on!(db, c => sqlx::query(sql)
        .bind(fresh_uuid(at).to_string())
        .bind(whose)
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The newest tries of this one after that moment, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn since(db: &mut Db, whose: &str, after: Timestamp, most: usize) -> Result<Vec<Timestamp>> {
    let sql = "select at from sign_in_failure where whose = $1 and at > $2 order by at desc limit $3";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows: Vec<i64> = on!(db, c =>
        sqlx::query_scalar(sql).bind(whose).bind(after.as_millisecond()).bind(most).fetch_all(c).await)?;
    rows.into_iter().rev().map(|at| instant("sign_in_failure", "at", at)).collect()
}

/// Forgets the tries of this one, who came in.
///
/// # Errors
/// When the database refuses.
pub async fn forgive(db: &mut Db, whose: &str) -> Result<()> {
    let sql = "delete from sign_in_failure where whose = $1";
    on!(db, c => sqlx::query(sql).bind(whose).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Forgets everyone's tries up to this moment.
///
/// # Errors
/// When the database refuses.
pub async fn forget(db: &mut Db, until: Timestamp) -> Result<()> {
    let sql = "delete from sign_in_failure where at <= $1";
    on!(db, c => sqlx::query(sql).bind(until.as_millisecond()).execute(c).await.map(|_| ()))?;
    Ok(())
}
