//! What people sign in with: an address and, once it is set, the hash of a password. A login belongs
//! to no clinic; its accounts say where the person works.

use jiff::Timestamp;

use super::convert::{bad, parse};
use super::{Db, Result};
use crate::clinic::account::Role;
use crate::clinic::ids::{AccountId, ClinicId, LoginId};
use crate::clinic::person::EmailAddress;

/// One person's way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Which.
    pub id: LoginId,
    /// The address, in lower case.
    pub email: String,
    /// The hash of the password; none until the first is set.
    pub password: Option<String>,
}

/// One clinic a person works at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workplace {
    /// The account there.
    pub account: AccountId,
    /// Where.
    pub clinic: ClinicId,
    /// The clinic's name.
    pub clinic_name: String,
    /// In which role.
    pub role: Role,
}

/// The login of this address, whatever the case of its letters.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn by_email(db: &mut Db, email: &EmailAddress) -> Result<Option<Login>> {
    let sql = "select id, email, password from login where email = $1";
    let row: Option<(String, String, Option<String>)> =
        on!(db, c => sqlx::query_as(sql).bind(email.normalised()).fetch_optional(c).await)?;
    row.map(login).transpose()
}

/// The login of this id.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, id: LoginId) -> Result<Option<Login>> {
    let sql = "select id, email, password from login where id = $1";
    let row: Option<(String, String, Option<String>)> =
        on!(db, c => sqlx::query_as(sql).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(login).transpose()
}

fn login((id, email, password): (String, String, Option<String>)) -> Result<Login> {
    Ok(Login { id: parse("login", "id", &id)?, email, password })
}

/// The login behind an account.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn of_account(db: &mut Db, clinic: ClinicId, account: AccountId) -> Result<Option<LoginId>> {
    let sql = "select login_id from account where clinic_id = $1 and id = $2";
    let id: Option<String> = on!(db, c =>
        sqlx::query_scalar(sql).bind(clinic.to_string()).bind(account.to_string()).fetch_optional(c).await)?;
    id.map(|id| parse("account", "login_id", &id)).transpose()
}

/// Sets the password.
///
/// # Errors
/// When the database refuses.
pub async fn set_password(db: &mut Db, id: LoginId, hash: &str, at: Timestamp) -> Result<()> {
    let sql = "update login set password = $2, password_at = $3 where id = $1";
    on!(db, c => sqlx::query(sql)
        .bind(id.to_string())
        .bind(hash)
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Where this person works, by the clinic's name.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn workplaces(db: &mut Db, id: LoginId) -> Result<Vec<Workplace>> {
    let sql = "select account.id, clinic.id, clinic.name, account.role
               from account join clinic on clinic.id = account.clinic_id
               where account.login_id = $1 and account.disabled_at is null order by clinic.name, clinic.id";
    let rows: Vec<(String, String, String, String)> =
        on!(db, c => sqlx::query_as(sql).bind(id.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(account, clinic, clinic_name, role)| {
            Ok(Workplace {
                account: parse("account", "id", &account)?,
                clinic: parse("clinic", "id", &clinic)?,
                clinic_name,
                role: Role::of(&role).ok_or_else(|| bad("account", "role"))?,
            })
        })
        .collect()
}
