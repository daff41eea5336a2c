//! Clients: who comes, where their mail goes, and the words they are found by.

mod alike;
mod search;
mod words;

use jiff::Timestamp;

#[doc(hidden)]
pub use alike::alike_statement;
pub use alike::resembling;
pub use search::{Found, Hit, lately_seen, search};
#[doc(hidden)]
pub use search::{candidates_statement, count_statement};
pub(super) use words::bring_up_to_date;

use super::convert::{parse, parse_some, small, some_text};
use super::{Db, Error, Result};
use crate::clinic::case::Client;
use crate::clinic::ids::{ClientId, ClinicId};

/// A client as registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Their id.
    pub id: ClientId,
    /// Who they are to the rules.
    pub client: Client,
    /// Their telephone; may be empty.
    pub phone: String,
    /// Whether this row was made to measure speed and is nobody.
    pub synthetic: bool,
    /// Counts up with every correction, from 1 on.
    pub version: u32,
}

macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select c.id, c.first_name, c.last_name, c.email, c.locale, c.born, c.phone, c.synthetic, c.on_paper,
                c.version from client c ",
            $rest
        )
    };
}
use columns;

/// Registers a client of an id that nobody has yet.
///
/// # Errors
/// When the database refuses, or the id is taken.
pub async fn insert(db: &mut Db, clinic: ClinicId, new: &Registered, created_at: Timestamp) -> Result<()> {
    if register(db, clinic, new, created_at).await? {
        return Ok(());
    }
    Err(Error::BadRow { table: "client", problem: "the id of a new client is taken".into() })
}

/// Registers a client, as version 1 whatever it says; `false` when the id is taken, as when one form
/// is sent twice.
///
/// # Errors
/// When the database refuses.
pub async fn register(db: &mut Db, clinic: ClinicId, new: &Registered, created_at: Timestamp) -> Result<bool> {
    let sql = "insert into client (id, clinic_id, first_name, last_name, email, locale, born, phone, synthetic,
                  created_at, on_paper)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (id) do nothing";
    let client = &new.client;
    let rows = on!(db, c => sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(clinic.to_string())
        .bind(client.first_name.as_str())
        .bind(client.last_name.as_ref().map(|name| name.as_str().to_owned()))
        .bind(client.email.as_ref().map(|email| email.as_str().to_owned()))
        .bind(client.locale.as_deref())
        .bind(some_text(client.born))
        .bind(&new.phone)
        .bind(i16::from(new.synthetic))
        .bind(created_at.as_millisecond())
        .bind(i16::from(client.on_paper))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 0 {
        return Ok(false);
    }
    words::keep(db, clinic, new).await?;
    Ok(true)
}

/// Corrects a client that is still at the version it was read at; the next version is kept. `false`
/// when somebody corrected it since, or the clinic has none of this id.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, clinic: ClinicId, changed: &Registered) -> Result<bool> {
    let sql = "update client set first_name = $3, last_name = $4, email = $5, locale = $6, born = $7, phone = $8,
                  on_paper = $9, version = version + 1
               where clinic_id = $1 and id = $2 and version = $10";
    let client = &changed.client;
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(changed.id.to_string())
        .bind(client.first_name.as_str())
        .bind(client.last_name.as_ref().map(|name| name.as_str().to_owned()))
        .bind(client.email.as_ref().map(|email| email.as_str().to_owned()))
        .bind(client.locale.as_deref())
        .bind(some_text(client.born))
        .bind(&changed.phone)
        .bind(i16::from(client.on_paper))
        .bind(i64::from(changed.version))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 0 {
        return Ok(false);
    }
    words::keep(db, clinic, changed).await?;
    Ok(true)
}

/// Whoever registers clients of a clinic does so one after the other: this waits for whoever is at
/// it, until their transaction ends. What hangs on the clinic otherwise does not wait for it.
///
/// # Errors
/// When the database refuses.
pub async fn one_registers(db: &mut Db, clinic: ClinicId) -> Result<()> {
    // A change that changes nothing takes the row's lock on either engine.
    let sql = "update clinic set name = name where id = $1";
    on!(db, c => sqlx::query(sql).bind(clinic.to_string()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// The client of this id.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, id: ClientId) -> Result<Option<Registered>> {
    let sql = columns!("where c.clinic_id = $1 and c.id = $2");
    let row: Option<Row> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(Row::registered).transpose()
}

/// How many clients are people, and not made to measure speed.
///
/// # Errors
/// When the database refuses.
pub async fn real_ones(db: &mut Db) -> Result<i64> {
    let sql = "select count(*) from client where synthetic = 0";
    Ok(on!(db, c => sqlx::query_scalar(sql).fetch_one(c).await)?)
}

/// Clients of a clinic, newest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn newest(db: &mut Db, clinic: ClinicId, limit: u32) -> Result<Vec<Registered>> {
    let sql = columns!("where c.clinic_id = $1 order by c.id desc limit $2");
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter().map(Row::registered).collect()
}

/// Clients of a clinic in the order of their ids, those after this one, at most `limit` of them.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn after(db: &mut Db, clinic: ClinicId, last: Option<ClientId>, limit: u32) -> Result<Vec<Registered>> {
    let sql = columns!("where c.clinic_id = $1 and c.id > $2 order by c.id limit $3");
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(some_text(last).unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::registered).collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    first_name: String,
    last_name: Option<String>,
    email: Option<String>,
    locale: Option<String>,
    born: Option<String>,
    phone: String,
    synthetic: i16,
    on_paper: i16,
    version: i64,
}

impl Row {
    fn registered(self) -> Result<Registered> {
        Ok(Registered {
            id: parse("client", "id", &self.id)?,
            client: Client {
                first_name: parse("client", "first_name", &self.first_name)?,
                last_name: parse_some("client", "last_name", self.last_name.as_deref())?,
                email: parse_some("client", "email", self.email.as_deref())?,
                locale: self.locale,
                born: parse_some("client", "born", self.born.as_deref())?,
                on_paper: self.on_paper == 1,
            },
            phone: self.phone,
            synthetic: self.synthetic == 1,
            version: small("client", "version", self.version)?,
        })
    }
}
