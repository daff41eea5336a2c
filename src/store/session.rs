//! Sessions of signed-in staff, kept under the digest of their secret. Times are system time.

use jiff::Timestamp;

use super::convert::{bad, instant, parse, small};
use super::{Db, Result};
use crate::clinic::account::Role;
use crate::clinic::ids::{AccountId, ClinicId, LoginId};
use crate::clinic::person::PersonName;
use crate::clinic::signin::Span;

/// A session to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// The digest of its secret.
    pub id: String,
    /// Whose.
    pub login: LoginId,
    /// At which clinic.
    pub clinic: ClinicId,
    /// As which account there.
    pub account: AccountId,
    /// The browser's words for itself.
    pub device: String,
}

/// A session and who is behind it, as they stand now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The digest of its secret.
    pub id: String,
    /// Whose.
    pub login: LoginId,
    /// At which clinic.
    pub clinic: ClinicId,
    /// As which account there.
    pub account: AccountId,
    /// The person's name at this clinic.
    pub name: PersonName,
    /// The role there, as it is now.
    pub role: Role,
    /// How long it lasts.
    pub span: Span,
    /// At how many clinics the person works.
    pub clinics: u32,
}

/// Begins a session.
///
/// # Errors
/// When the database refuses.
pub async fn insert(db: &mut Db, session: &NewSession, now: Timestamp) -> Result<()> {
    let span = Span::starting(now);
    let sql = "insert into session (id, login_id, clinic_id, account_id, began_at, seen_at, ends_at, device)
               values ($1, $2, $3, $4, $5, $6, $7, $8)";
    on!(db, c => sqlx::query(sql)
        .bind(&session.id)
        .bind(session.login.to_string())
        .bind(session.clinic.to_string())
        .bind(session.account.to_string())
        .bind(now.as_millisecond())
        .bind(span.seen_at.as_millisecond())
        .bind(span.ends_at.as_millisecond())
        .bind(&session.device)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The session under this digest, over or not: the rule says which.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, id: &str) -> Result<Option<Session>> {
    let sql = "select session.id, session.login_id, session.clinic_id, session.account_id, session.seen_at,
                  session.ends_at, account.name, account.role,
                  (select count(*) from account other
                      where other.login_id = session.login_id and other.disabled_at is null) as clinics
               from session join account
                  on account.clinic_id = session.clinic_id and account.id = session.account_id
               where session.id = $1 and account.disabled_at is null";
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
    row.map(Row::session).transpose()
}

/// Notes that a person used it.
///
/// # Errors
/// When the database refuses.
pub async fn touch(db: &mut Db, id: &str, now: Timestamp) -> Result<()> {
    let sql = "update session set seen_at = $2 where id = $1 and seen_at < $2";
    on!(db, c => sqlx::query(sql).bind(id).bind(now.as_millisecond()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Ends one.
///
/// # Errors
/// When the database refuses.
pub async fn end(db: &mut Db, id: &str) -> Result<()> {
    on!(db, c => sqlx::query("delete from session where id = $1").bind(id).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Ends all of a person's but one, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn end_others(db: &mut Db, login: LoginId, but: &str) -> Result<u64> {
    let sql = "delete from session where login_id = $1 and id <> $2";
    Ok(on!(db, c => sqlx::query(sql)
        .bind(login.to_string())
        .bind(but)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Ends all of an account, and says how many.
///
/// # Errors
/// When the database refuses.
pub async fn end_of_account(db: &mut Db, clinic: ClinicId, account: AccountId) -> Result<u64> {
    let sql = "delete from session where clinic_id = $1 and account_id = $2";
    Ok(on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(account.to_string())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// One line of a person's list of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The digest of its secret.
    pub id: String,
    /// Where it is.
    pub clinic_name: String,
    /// The browser's words for itself.
    pub device: String,
    /// When it began.
    pub began_at: Timestamp,
    /// How long it lasts.
    pub span: Span,
}

/// A person's sessions, the last used first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_login(db: &mut Db, login: LoginId) -> Result<Vec<Line>> {
    let sql = "select session.id, clinic.name, session.device, session.began_at, session.seen_at, session.ends_at
               from session join clinic on clinic.id = session.clinic_id
               where session.login_id = $1 order by session.seen_at desc, session.id";
    let rows: Vec<(String, String, String, i64, i64, i64)> =
        on!(db, c => sqlx::query_as(sql).bind(login.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(id, clinic_name, device, began, seen, ends)| {
            Ok(Line {
                id,
                clinic_name,
                device,
                began_at: instant("session", "began_at", began)?,
                span: Span {
                    seen_at: instant("session", "seen_at", seen)?,
                    ends_at: instant("session", "ends_at", ends)?,
                },
            })
        })
        .collect()
}

/// The sessions of a clinic's staff: whose, and how long each lasts.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_clinic(db: &mut Db, clinic: ClinicId) -> Result<Vec<(AccountId, Span)>> {
    let sql = "select account_id, seen_at, ends_at from session where clinic_id = $1 order by seen_at desc";
    let rows: Vec<(String, i64, i64)> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(account, seen, ends)| {
            let span =
                Span { seen_at: instant("session", "seen_at", seen)?, ends_at: instant("session", "ends_at", ends)? };
            Ok((parse("session", "account_id", &account)?, span))
        })
        .collect()
}

/// Forgets those whose absolute end came before this.
///
/// # Errors
/// When the database refuses.
pub async fn forget(db: &mut Db, before: Timestamp) -> Result<u64> {
    let sql = "delete from session where ends_at < $1";
    Ok(on!(db, c => sqlx::query(sql)
        .bind(before.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    login_id: String,
    clinic_id: String,
    account_id: String,
    seen_at: i64,
    ends_at: i64,
    name: String,
    role: String,
    clinics: i64,
}

impl Row {
    fn session(self) -> Result<Session> {
        Ok(Session {
            id: self.id,
            login: parse("session", "login_id", &self.login_id)?,
            clinic: parse("session", "clinic_id", &self.clinic_id)?,
            account: parse("session", "account_id", &self.account_id)?,
            name: parse("account", "name", &self.name)?,
            role: Role::of(&self.role).ok_or_else(|| bad("account", "role"))?,
            span: Span {
                seen_at: instant("session", "seen_at", self.seen_at)?,
                ends_at: instant("session", "ends_at", self.ends_at)?,
            },
            clinics: small("session", "clinics", self.clinics)?,
        })
    }
}
