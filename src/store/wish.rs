//! What clients ask of the staff. Open wishes are read for the list of what needs a person; seen-to ones stay,
//! with who saw to them.

use jiff::Timestamp;

use super::convert::{bad, fresh_uuid, instant, parse, parse_some};
use super::{Db, Result};
use crate::clinic::ids::{AccountId, ClientId, ClinicId, WishId};
use crate::clinic::person::PersonName;
use crate::clinic::wish::Wish;

/// An open wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Which one.
    pub id: WishId,
    /// Whose.
    pub client: ClientId,
    /// Their name.
    pub first_name: PersonName,
    /// Their family name.
    pub last_name: Option<PersonName>,
    /// What it is.
    pub wish: Wish,
    /// Since when.
    pub asked_at: Timestamp,
}

/// Asks for something; `false` when the same is open already.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn ask(db: &mut Db, clinic: ClinicId, client: ClientId, wish: Wish, at: Timestamp) -> Result<bool> {
    let sql = "insert into client_wish (id, clinic_id, client_id, kind, asked_at) values ($1, $2, $3, $4, $5)
               on conflict (client_id, kind) where done_at is null do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(fresh_uuid(at).to_string())
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(wish.id())
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes a wish back by the client's own act; `false` when none is open.
///
/// # Errors
/// When the database refuses.
pub async fn take_back(db: &mut Db, clinic: ClinicId, client: ClientId, wish: Wish, at: Timestamp) -> Result<bool> {
    let sql = "update client_wish set done_at = $4, done_by = 'client'
               where clinic_id = $1 and client_id = $2 and kind = $3 and done_at is null";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(wish.id())
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Somebody saw to it; the client it is about, or nothing when it is not open here.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn seen_to(
    db: &mut Db,
    clinic: ClinicId,
    id: WishId,
    (by, at): (AccountId, Timestamp),
) -> Result<Option<(ClientId, Wish)>> {
    let sql = "update client_wish set done_at = $3, done_by = $4
               where clinic_id = $1 and id = $2 and done_at is null returning client_id, kind";
    let row: Option<(String, String)> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(at.as_millisecond())
        .bind(by.to_string())
        .fetch_optional(c)
        .await)?;
    row.map(|(client, kind)| Ok((parse("client_wish", "client_id", &client)?, of(&kind)?))).transpose()
}

/// What a client asked for and nobody saw to yet.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_client(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Vec<(Wish, Timestamp)>> {
    let sql = "select kind, asked_at from client_wish where clinic_id = $1 and client_id = $2 and done_at is null";
    let rows: Vec<(String, i64)> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(client.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(|(kind, at)| Ok((of(&kind)?, instant("client_wish", "asked_at", at)?))).collect()
}

/// What nobody of a clinic saw to yet, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn open(db: &mut Db, clinic: ClinicId, limit: u32) -> Result<Vec<Open>> {
    let sql = "select w.id, w.client_id, c.first_name, c.last_name, w.kind, w.asked_at
               from client_wish w join client c on c.id = w.client_id
               where w.clinic_id = $1 and w.done_at is null order by w.asked_at, w.id limit $2";
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter().map(Row::open).collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    first_name: String,
    last_name: Option<String>,
    kind: String,
    asked_at: i64,
}

impl Row {
    fn open(self) -> Result<Open> {
        Ok(Open {
            id: parse("client_wish", "id", &self.id)?,
            client: parse("client_wish", "client_id", &self.client_id)?,
            first_name: parse("client", "first_name", &self.first_name)?,
            last_name: parse_some("client", "last_name", self.last_name.as_deref())?,
            wish: of(&self.kind)?,
            asked_at: instant("client_wish", "asked_at", self.asked_at)?,
        })
    }
}

fn of(kind: &str) -> Result<Wish> {
    Wish::of(kind).ok_or_else(|| bad("client_wish", "kind"))
}
