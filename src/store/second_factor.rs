//! The second factor of a login: the secret shared with a phone, sealed, and codes on paper, as digests. A code
//! opens the door once: the statement that takes it decides. Times are system time.

use jiff::Timestamp;

use super::convert::{instant, small};
use super::{Db, Error, Result};
use crate::clinic::ids::LoginId;

/// What a login has.
#[derive(Clone, PartialEq, Eq)]
pub struct Factor {
    /// The secret, as people type it into an app.
    pub secret: String,
    /// Whether it is asked for at sign-in; until then it is being set up.
    pub is_confirmed: bool,
    /// When its set-up began.
    pub begun_at: Timestamp,
}

fn context(login: LoginId) -> String {
    format!("login_factor/secret/{login}")
}

/// The factor of a login.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, login: LoginId) -> Result<Option<Factor>> {
    let sql = "select secret, confirmed_at, begun_at from login_factor where login_id = $1";
    let row: Option<(Vec<u8>, Option<i64>, i64)> =
        on!(db, c => sqlx::query_as(sql).bind(login.to_string()).fetch_optional(c).await)?;
    let Some((sealed, confirmed_at, begun_at)) = row else { return Ok(None) };
    let secret = String::from_utf8(db.seal().open(&context(login), &sealed)?)
        .map_err(|_| Error::BadRow { table: "login_factor", problem: "the secret is no text".into() })?;
    let begun_at = instant("login_factor", "begun_at", begun_at)?;
    Ok(Some(Factor { secret, is_confirmed: confirmed_at.is_some(), begun_at }))
}

/// Begins to set one up; `false` while one is asked for already.
///
/// # Errors
/// When the database refuses.
pub async fn begin(db: &mut Db, login: LoginId, secret: &str, now: Timestamp) -> Result<bool> {
    let sealed = db.seal().seal(&context(login), secret.as_bytes());
    let sql = "insert into login_factor (login_id, secret, begun_at) values ($1, $2, $3)
               on conflict (login_id) do update
               set secret = excluded.secret, begun_at = excluded.begun_at, last_step = 0
               where login_factor.confirmed_at is null";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(login.to_string())
        .bind(sealed)
        .bind(now.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// From now on it is asked for; `false` when none is being set up.
///
/// # Errors
/// When the database refuses.
pub async fn confirm(db: &mut Db, login: LoginId, step: u64, now: Timestamp) -> Result<bool> {
    let sql = "update login_factor set confirmed_at = $2, last_step = $3 where login_id = $1 and confirmed_at is null";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(login.to_string())
        .bind(now.as_millisecond())
        .bind(i64::try_from(step).unwrap_or(i64::MAX))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Uses up the code of these 30 seconds; `false` when it, or a later one, came in already.
///
/// # Errors
/// When the database refuses.
pub async fn use_step(db: &mut Db, login: LoginId, step: u64) -> Result<bool> {
    let sql = "update login_factor set last_step = $2
               where login_id = $1 and last_step < $2 and confirmed_at is not null";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(login.to_string())
        .bind(i64::try_from(step).unwrap_or(i64::MAX))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Uses up a code on paper; `false` when there is none of this digest, or it was used.
///
/// # Errors
/// When the database refuses.
pub async fn use_code(db: &mut Db, login: LoginId, digest: &str, now: Timestamp) -> Result<bool> {
    let sql = "update recovery_code set used_at = $3 where login_id = $1 and digest = $2 and used_at is null";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(login.to_string())
        .bind(digest)
        .bind(now.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Keeps these codes on paper; those before are worth nothing any more.
///
/// # Errors
/// When the database refuses.
pub async fn set_codes(db: &mut Db, login: LoginId, digests: &[String]) -> Result<()> {
    forget_codes(db, login).await?;
    let sql = "insert into recovery_code (login_id, digest) values ($1, $2)";
    for digest in digests {
        on!(db, c => sqlx::query(sql).bind(login.to_string()).bind(digest).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

/// How many codes on paper were not used.
///
/// # Errors
/// When the database refuses.
pub async fn codes_left(db: &mut Db, login: LoginId) -> Result<u32> {
    let sql = "select count(*) from recovery_code where login_id = $1 and used_at is null";
    let left: i64 = on!(db, c => sqlx::query_scalar(sql).bind(login.to_string()).fetch_one(c).await)?;
    small("recovery_code", "used_at", left)
}

/// Takes the factor away, with its codes; `false` when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn remove(db: &mut Db, login: LoginId) -> Result<bool> {
    forget_codes(db, login).await?;
    let sql = "delete from login_factor where login_id = $1";
    let gone =
        on!(db, c => sqlx::query(sql).bind(login.to_string()).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(gone == 1)
}

async fn forget_codes(db: &mut Db, login: LoginId) -> Result<()> {
    let sql = "delete from recovery_code where login_id = $1";
    on!(db, c => sqlx::query(sql).bind(login.to_string()).execute(c).await.map(|_| ()))?;
    Ok(())
}
