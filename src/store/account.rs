//! Members of staff: one person at one clinic, in one role. What they sign in with is kept in
//! [`super::login`], since one person may work at several clinics.

use jiff::Timestamp;

use super::convert::{bad, fresh_uuid, parse};
use super::{Db, Result};
use crate::clinic::account::Role;
use crate::clinic::ids::{AccountId, ClinicId, LoginId};
use crate::clinic::person::{EmailAddress, PersonName};

/// One member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Account {
    pub id: AccountId,
    pub name: PersonName,
    pub email: EmailAddress,
    pub role: Role,
}

/// Adds a member of staff. Whoever signs in with this address at another clinic already signs in
/// with the same password here; a new address gets a login without one.
///
/// # Errors
/// When the database refuses, for instance an address that another account of the clinic has.
pub async fn insert(db: &mut Db, clinic: ClinicId, account: &Account, created_at: Timestamp) -> Result<()> {
    let login = LoginId::from_uuid(fresh_uuid(created_at));
    let email = account.email.normalised();
    let sql = "insert into login (id, email, created_at) values ($1, $2, $3) on conflict (email) do nothing";
    on!(db, c => sqlx::query(sql)
        .bind(login.to_string())
        .bind(&email)
        .bind(created_at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    let sql = "insert into account (id, clinic_id, name, email, role, created_at, login_id)
               select $1, $2, $3, $4, $5, $6, id from login where email = $7";
    on!(db, c => sqlx::query(sql)
        .bind(account.id.to_string())
        .bind(clinic.to_string())
        .bind(account.name.as_str())
        .bind(account.email.as_str())
        .bind(account.role.id())
        .bind(created_at.as_millisecond())
        .bind(&email)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The account of this id.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, id: AccountId) -> Result<Option<Account>> {
    let sql = "select id, name, email, role from account where clinic_id = $1 and id = $2";
    let row: Option<Row> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(Row::account).transpose()
}

/// Who works at a clinic, by name.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(db: &mut Db, clinic: ClinicId) -> Result<Vec<Account>> {
    let sql =
        "select id, name, email, role from account where clinic_id = $1 and disabled_at is null order by name, id";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(Row::account).collect()
}

/// Who worked at a clinic and does no more, by name.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn gone(db: &mut Db, clinic: ClinicId) -> Result<Vec<Account>> {
    let sql =
        "select id, name, email, role from account where clinic_id = $1 and disabled_at is not null order by name, id";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(Row::account).collect()
}

/// Changes to the staff of a clinic are made one after the other: this waits for whoever is at it. So two admins
/// who take each other's role away leave one.
///
/// # Errors
/// When the database refuses.
pub async fn one_at_a_time(db: &mut Db, clinic: ClinicId) -> Result<()> {
    // A change that changes nothing takes the row's lock on either engine.
    let sql = "update clinic set name = name where id = $1";
    on!(db, c => sqlx::query(sql).bind(clinic.to_string()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Gives a member of staff another role; `false` when there is none of this id.
///
/// # Errors
/// When the database refuses.
pub async fn set_role(db: &mut Db, clinic: ClinicId, id: AccountId, role: Role) -> Result<bool> {
    let sql = "update account set role = $3 where clinic_id = $1 and id = $2";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(role.id())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes since when somebody works here no more; nothing: they do again. `false` when there is none of this id.
///
/// # Errors
/// When the database refuses.
pub async fn set_disabled(db: &mut Db, clinic: ClinicId, id: AccountId, since: Option<Timestamp>) -> Result<bool> {
    let sql = "update account set disabled_at = $3 where clinic_id = $1 and id = $2";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(since.map(Timestamp::as_millisecond))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Whether anybody works here at all; before the first account the house is set up, not signed in to.
///
/// # Errors
/// When the database refuses.
pub async fn is_anybody(db: &mut Db) -> Result<bool> {
    let found: Option<String> =
        on!(db, c => sqlx::query_scalar("select id from account limit 1").fetch_optional(c).await)?;
    Ok(found.is_some())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    email: String,
    role: String,
}

impl Row {
    fn account(self) -> Result<Account> {
        Ok(Account {
            id: parse("account", "id", &self.id)?,
            name: parse("account", "name", &self.name)?,
            email: parse("account", "email", &self.email)?,
            role: Role::of(&self.role).ok_or_else(|| bad("account", "role"))?,
        })
    }
}
