//! How much of each rate is used up. One row a rate: workers beside each other share it.

use jiff::Timestamp;

use super::{Db, Result};
use crate::clinic::pacing::{Granted, Rate};

/// Lets go as many of the wanted ones as this rate allows, and keeps that.
///
/// # Errors
/// When the database refuses.
pub async fn take(db: &mut Db, lane: &str, rate: Rate, wanted: u32, now: Timestamp) -> Result<Granted> {
    let granted = rate.take(earned_at(db, lane).await?, wanted, now);
    save(db, lane, granted.earned_at).await?;
    Ok(granted)
}

/// Counts one that goes whatever the rate says.
///
/// # Errors
/// When the database refuses.
pub async fn count(db: &mut Db, lane: &str, rate: Rate, now: Timestamp) -> Result<()> {
    let earned_at = rate.count(earned_at(db, lane).await?, now);
    save(db, lane, earned_at).await
}

/// Gives back what was taken and not used.
///
/// # Errors
/// When the database refuses.
pub async fn give_back(db: &mut Db, lane: &str, rate: Rate, unused: u32) -> Result<()> {
    match earned_at(db, lane).await? {
        Some(earned_at) => save(db, lane, rate.give_back(earned_at, unused)).await,
        None => Ok(()),
    }
}

/// Held until the transaction ends: two workers that ask at once must not be given the same.
async fn earned_at(db: &mut Db, lane: &str) -> Result<Option<i64>> {
    if let Db::Postgres(tx, _) = db {
        // A row that is not there yet cannot be locked; its lane can.
        sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))").bind(lane).execute(&mut **tx).await?;
    }
    let sql = "select earned_at from pace where lane = $1";
    Ok(on!(db, c => sqlx::query_scalar(sql).bind(lane).fetch_optional(c).await)?)
}

async fn save(db: &mut Db, lane: &str, earned_at: i64) -> Result<()> {
    let sql = "insert into pace (lane, earned_at) values ($1, $2)
               on conflict (lane) do update set earned_at = excluded.earned_at";
    on!(db, c => sqlx::query(sql).bind(lane).bind(earned_at).execute(c).await.map(|_| ()))?;
    Ok(())
}
