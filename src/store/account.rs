//! Members of staff. Signing in comes with its own tables; here is who they are.

use jiff::Timestamp;

use super::convert::{bad, parse};
use super::{Db, Result};
use crate::clinic::ids::{AccountId, ClinicId};
use crate::clinic::person::{EmailAddress, PersonName};

/// What a member of staff may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each role is its own name")]
pub enum Role {
    Reception,
    Therapist,
    Admin,
}

impl Role {
    const ALL: [Self; 3] = [Self::Reception, Self::Therapist, Self::Admin];

    /// The id used in tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Reception => "reception",
            Self::Therapist => "therapist",
            Self::Admin => "admin",
        }
    }
}

/// One member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Account {
    pub id: AccountId,
    pub name: PersonName,
    pub email: EmailAddress,
    pub role: Role,
}

/// Adds a member of staff.
///
/// # Errors
/// When the database refuses, for instance an address that another account of the clinic has.
pub async fn insert(db: &mut Db, clinic: ClinicId, account: &Account, created_at: Timestamp) -> Result<()> {
    let sql = "insert into account (id, clinic_id, name, email, role, created_at) values ($1, $2, $3, $4, $5, $6)";
    on!(db, c => sqlx::query(sql)
        .bind(account.id.to_string())
        .bind(clinic.to_string())
        .bind(account.name.as_str())
        .bind(account.email.as_str())
        .bind(account.role.id())
        .bind(created_at.as_millisecond())
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

/// All staff of a clinic, by name.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(db: &mut Db, clinic: ClinicId) -> Result<Vec<Account>> {
    let sql = "select id, name, email, role from account where clinic_id = $1 order by name, id";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(Row::account).collect()
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
            role: Role::ALL.into_iter().find(|role| role.id() == self.role).ok_or_else(|| bad("account", "role"))?,
        })
    }
}
