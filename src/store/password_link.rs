//! Links that set a password, once. Kept under the digest of their secret; times are system time.

use jiff::Timestamp;

use super::convert::parse;
use super::{Db, Result};
use crate::clinic::ids::LoginId;

/// Makes a link for this person. One made before is worth nothing from now on.
///
/// # Errors
/// When the database refuses.
pub async fn make(db: &mut Db, digest: &str, login: LoginId, now: Timestamp, ends_at: Timestamp) -> Result<()> {
    let sql = "delete from password_link where login_id = $1 or ends_at <= $2";
    on!(db, c => sqlx::query(sql)
        .bind(login.to_string())
        .bind(now.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    let sql = "insert into password_link (id, login_id, made_at, ends_at) values ($1, $2, $3, $4)";
    on!(db, c => sqlx::query(sql)
        .bind(digest)
        .bind(login.to_string())
        .bind(now.as_millisecond())
        .bind(ends_at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Whose link this is, while it works.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn whose(db: &mut Db, digest: &str, now: Timestamp) -> Result<Option<LoginId>> {
    let sql = "select login_id from password_link where id = $1 and ends_at > $2";
    let found: Option<String> =
        on!(db, c => sqlx::query_scalar(sql).bind(digest).bind(now.as_millisecond()).fetch_optional(c).await)?;
    found.map(|id| parse("password_link", "login_id", &id)).transpose()
}

/// Uses a link up; `false` when somebody else was first.
///
/// # Errors
/// When the database refuses.
pub async fn use_up(db: &mut Db, digest: &str) -> Result<bool> {
    let sql = "delete from password_link where id = $1";
    let gone = on!(db, c => sqlx::query(sql).bind(digest).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(gone == 1)
}
