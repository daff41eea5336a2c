//! Workers as they were last heard of, and the relay each clinic prefers.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::convert::{bad, instant, parse};
use super::{Db, Result};
use crate::clinic::delivery::Beat;
use crate::clinic::ids::ClinicId;

/// Keeps that a worker is at work, and how it stands. When it was started is kept the first time.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, beat: &Beat) -> Result<()> {
    let health = serde_json::to_string(&beat.health).map_err(|_| bad("worker_beat", "health"))?;
    let sql = "insert into worker_beat (owner, version, started_at, beat_at, health) values ($1, $2, $3, $4, $5)
               on conflict (owner) do update set beat_at = excluded.beat_at, health = excluded.health";
    on!(db, c => sqlx::query(sql)
        .bind(&beat.owner)
        .bind(&beat.version)
        .bind(beat.started_at.as_millisecond())
        .bind(beat.beat_at.as_millisecond())
        .bind(health)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The workers heard of within a day, the last first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn lately(db: &mut Db, now: Timestamp) -> Result<Vec<Beat>> {
    let since = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
    let sql = "select owner, version, started_at, beat_at, health from worker_beat where beat_at >= $1
               order by beat_at desc, owner limit 100";
    let rows: Vec<(String, String, i64, i64, String)> =
        on!(db, c => sqlx::query_as(sql).bind(since.as_millisecond()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(owner, version, started_at, beat_at, health)| {
            Ok(Beat {
                owner,
                version,
                started_at: instant("worker_beat", "started_at", started_at)?,
                beat_at: instant("worker_beat", "beat_at", beat_at)?,
                // A worker of another version may say it in other words.
                health: serde_json::from_str(&health).unwrap_or_default(),
            })
        })
        .collect()
}

/// Forgets workers that have not been heard of since then.
///
/// # Errors
/// When the database refuses.
pub async fn forget(db: &mut Db, before: Timestamp) -> Result<()> {
    let sql = "delete from worker_beat where beat_at < $1";
    on!(db, c => sqlx::query(sql).bind(before.as_millisecond()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// The relay each clinic prefers; most prefer none.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn relays(db: &mut Db) -> Result<HashMap<ClinicId, String>> {
    let sql = "select clinic_id, relay from clinic_relay";
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(sql).fetch_all(c).await)?;
    rows.into_iter().map(|(clinic, relay)| Ok((parse("clinic_relay", "clinic_id", &clinic)?, relay))).collect()
}

/// The relay a clinic prefers.
///
/// # Errors
/// When the database refuses.
pub async fn relay_of(db: &mut Db, clinic: ClinicId) -> Result<Option<String>> {
    let sql = "select relay from clinic_relay where clinic_id = $1";
    Ok(on!(db, c => sqlx::query_scalar(sql).bind(clinic.to_string()).fetch_optional(c).await)?)
}

/// Lets a clinic's mail leave by this relay first; `None` is the order of the settings.
///
/// # Errors
/// When the database refuses.
pub async fn prefer(db: &mut Db, clinic: ClinicId, relay: Option<&str>) -> Result<()> {
    let forget = "delete from clinic_relay where clinic_id = $1";
    let keep = "insert into clinic_relay (clinic_id, relay) values ($1, $2)
                on conflict (clinic_id) do update set relay = excluded.relay";
    match relay {
        None => on!(db, c => sqlx::query(forget).bind(clinic.to_string()).execute(c).await.map(|_| ()))?,
        Some(relay) => {
            on!(db, c => sqlx::query(keep).bind(clinic.to_string()).bind(relay).execute(c).await.map(|_| ()))?;
        }
    }
    Ok(())
}
