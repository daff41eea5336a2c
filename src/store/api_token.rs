//! Tokens of programs, kept under the digest of their secret. Times are system time.

use jiff::Timestamp;

use super::convert::{bad, instant, parse};
use super::{Db, Result};
use crate::clinic::api_token::{Scope, Scopes};
use crate::clinic::ids::{ClinicId, TokenId};

/// A token to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken<'a> {
    /// Its id.
    pub id: TokenId,
    /// What the program is called.
    pub name: &'a str,
    /// The digest of the secret.
    pub digest: &'a str,
    /// What it may do.
    pub scopes: &'a Scopes,
    /// An account id, or "operator".
    pub made_by: &'a str,
    /// When.
    pub made_at: Timestamp,
}

/// A token that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of a new token")]
pub struct Token {
    pub id: TokenId,
    pub clinic: ClinicId,
    pub name: String,
    pub scopes: Scopes,
    pub made_by: String,
    pub made_at: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
}

const COLUMNS: &str = "select id, clinic_id, name, scopes, made_by, made_at, used_at from api_token";

/// Keeps a new token; `false` when the clinic has one of this name.
///
/// # Errors
/// When the database refuses.
pub async fn insert(db: &mut Db, clinic: ClinicId, new: &NewToken<'_>) -> Result<bool> {
    let sql = "insert into api_token (id, clinic_id, name, digest, scopes, made_by, made_at)
               values ($1, $2, $3, $4, $5, $6, $7) on conflict (clinic_id, name) where revoked_at is null do nothing";
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.id()).collect();
    let rows = on!(db, c => sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(clinic.to_string())
        .bind(new.name)
        .bind(new.digest)
        .bind(scopes.join(" "))
        .bind(new.made_by)
        .bind(new.made_at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The token of this digest, of whichever clinic, while it holds.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn by_digest(db: &mut Db, digest: &str) -> Result<Option<Token>> {
    let sql = format!("{COLUMNS} where digest = $1 and revoked_at is null");
    let row: Option<Row> = on!(db, c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(digest).fetch_optional(c).await)?;
    row.map(Row::token).transpose()
}

/// The tokens of a clinic that hold, by name.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(db: &mut Db, clinic: ClinicId) -> Result<Vec<Token>> {
    let sql = format!("{COLUMNS} where clinic_id = $1 and revoked_at is null order by name, id");
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(Row::token).collect()
}

/// What each program of a clinic is or was called, by the id of its token.
///
/// # Errors
/// When the database refuses.
pub async fn names(db: &mut Db, clinic: ClinicId) -> Result<Vec<(String, String)>> {
    let sql = "select id, name from api_token where clinic_id = $1 order by name, id";
    Ok(on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?)
}

/// Notes that a program came in with it.
///
/// # Errors
/// When the database refuses.
pub async fn touch(db: &mut Db, clinic: ClinicId, id: TokenId, now: Timestamp) -> Result<()> {
    let sql =
        "update api_token set used_at = $3 where clinic_id = $1 and id = $2 and (used_at is null or used_at < $3)";
    on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Ends a token; `false` when the clinic has none of this id that holds.
///
/// # Errors
/// When the database refuses.
pub async fn revoke(db: &mut Db, clinic: ClinicId, id: TokenId, now: Timestamp) -> Result<bool> {
    // A machine whose clock went back still ends it.
    let sql = "update api_token set revoked_at = case when made_at > $3 then made_at else $3 end
               where clinic_id = $1 and id = $2 and revoked_at is null";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(now.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    clinic_id: String,
    name: String,
    scopes: String,
    made_by: String,
    made_at: i64,
    used_at: Option<i64>,
}

impl Row {
    fn token(self) -> Result<Token> {
        let scopes = self.scopes.split(' ').map(|id| Scope::of(id).ok_or_else(|| bad("api_token", "scopes")));
        Ok(Token {
            id: parse("api_token", "id", &self.id)?,
            clinic: parse("api_token", "clinic_id", &self.clinic_id)?,
            scopes: scopes.collect::<Result<_>>()?,
            name: self.name,
            made_by: self.made_by,
            made_at: instant("api_token", "made_at", self.made_at)?,
            used_at: self.used_at.map(|at| instant("api_token", "used_at", at)).transpose()?,
        })
    }
}
