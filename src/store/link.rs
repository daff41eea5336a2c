//! Links for clients, kept under a name and the digest of their secret. Times are the clinic's.

mod of_email;

pub use of_email::{EmailLinks, keep as keep_of_emails};

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::convert::{bad, json_rows, parse, parse_some, some_text};
use super::{Db, Result};
use crate::clinic::ids::{ClientId, ClinicId, VisitId};
use crate::clinic::link::{Purpose, Why};
use crate::seal::link::{Fresh, fresh, parts};
use crate::seal::token::same;

/// Where links stand: single ones, and those of an email.
const TABLES: [&str; 2] = ["link", "email_link"];

/// A link to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// Whose pages it opens.
    pub client: ClientId,
    /// Of which visit, where it is about one.
    pub visit: Option<VisitId>,
    /// What it is for.
    pub purpose: Purpose,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// A link with a token, ready to be kept: its address can be written before its row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minted {
    clinic: ClinicId,
    link: NewLink,
    made_at: Timestamp,
    fresh: Fresh,
}

impl Minted {
    /// Gives a link its token. It opens nothing until it is kept.
    #[must_use]
    pub fn new(clinic: ClinicId, link: NewLink, made_at: Timestamp) -> Self {
        Self { clinic, link, made_at, fresh: fresh() }
    }

    /// The name of the row to come.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.fresh.name
    }

    /// What stands in the address.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.fresh.token
    }
}

/// A link that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its name: what the audit may call it.
    pub name: String,
    /// Of which clinic.
    pub clinic: ClinicId,
    /// Whose pages it opens.
    pub client: ClientId,
    /// Of which visit, where it is about one.
    pub visit: Option<VisitId>,
    /// What it is for.
    pub purpose: Purpose,
    /// When it was made.
    pub made_at: Timestamp,
}

/// A link that opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dead {
    /// Whose clinic to call; unknown for a link that never was.
    pub clinic: Option<ClinicId>,
    /// Whose it was, while the client is kept: for the language of the page.
    pub client: Option<ClientId>,
    /// Why.
    pub why: Why,
}

impl Dead {
    /// A link that never was.
    pub const UNKNOWN: Self = Self { clinic: None, client: None, why: Why::Unknown };
}

/// Makes a link and returns its token, which nobody can read again.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn keep(db: &mut Db, clinic: ClinicId, link: NewLink, now: Timestamp) -> Result<String> {
    let minted = Minted::new(clinic, link, now);
    keep_all(db, std::slice::from_ref(&minted)).await?;
    Ok(minted.fresh.token)
}

/// Keeps these links; from the commit on they open their pages.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn keep_all(db: &mut Db, links: &[Minted]) -> Result<()> {
    if links.is_empty() {
        return Ok(());
    }
    // One text for any number of links: the database reads and plans it once.
    match db {
        Db::Sqlite(tx, _) => {
            let list = json_rows(links.iter().map(|Minted { clinic, link, made_at, fresh }| {
                let (purpose, about) = (link.purpose.id(), link.purpose.about());
                let (made_at, ends_at) = (made_at.as_millisecond(), link.ends_at.as_millisecond());
                (&fresh.name, &fresh.digest, clinic, link.client, link.visit, purpose, about, made_at, ends_at)
            }))?;
            sqlx::query(
                "insert into link (id, secret, clinic_id, client_id, visit_id, purpose, about, made_at, ends_at)
                 select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
                    value ->> 7, value ->> 8 from json_each($1)",
            )
            .bind(list)
            .execute(&mut **tx)
            .await?;
        }
        Db::Postgres(tx, _) => {
            fn column<'a, T>(links: &'a [Minted], of: impl Fn(&'a Minted) -> T) -> Vec<T> {
                links.iter().map(of).collect()
            }
            sqlx::query(
                "insert into link (id, secret, clinic_id, client_id, visit_id, purpose, about, made_at, ends_at)
                 select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                    $7::text[], $8::bigint[], $9::bigint[])",
            )
            .bind(column(links, |minted| minted.fresh.name.as_str()))
            .bind(column(links, |minted| minted.fresh.digest.as_str()))
            .bind(column(links, |minted| minted.clinic.to_string()))
            .bind(column(links, |minted| minted.link.client.to_string()))
            .bind(column(links, |minted| some_text(minted.link.visit)))
            .bind(column(links, |minted| minted.link.purpose.id()))
            .bind(column(links, |minted| minted.link.purpose.about()))
            .bind(column(links, |minted| minted.made_at.as_millisecond()))
            .bind(column(links, |minted| minted.link.ends_at.as_millisecond()))
            .execute(&mut **tx)
            .await?;
        }
    }
    Ok(())
}

/// What the link of this token opens now. Looking changes nothing.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn open(db: &mut Db, token: &str, now: Timestamp) -> Result<Result<Opened, Dead>> {
    let Some((name, digest)) = parts(token) else { return Ok(Err(Dead::UNKNOWN)) };
    let sql = "select id, secret, clinic_id, client_id, visit_id, purpose, about, made_at, ends_at, revoked_at
               from link where id = $1";
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql).bind(name).fetch_optional(c).await)?;
    match row {
        Some(row) if same(&row.secret, &digest) => row.opened(now),
        Some(_) => Ok(Err(Dead::UNKNOWN)),
        None => of_email::open(db, name, &digest, now).await,
    }
}

/// Switches every link of a client off, as when mail went to the wrong person. Returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn end_all(db: &mut Db, clinic: ClinicId, client: ClientId, now: Timestamp) -> Result<u64> {
    let mut ended = 0;
    for table in TABLES {
        let sql = format!(
            "update {table} set revoked_at = $3
             where clinic_id = $1 and client_id = $2 and revoked_at is null and ends_at > $3"
        );
        ended += on!(db, c => sqlx::query(AssertSqlSafe(sql))
            .bind(clinic.to_string())
            .bind(client.to_string())
            .bind(now.as_millisecond())
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    }
    Ok(ended)
}

/// Takes a client who is erased out of their links: from then on these lead to the clinic's telephone, as
/// links that were switched off do. Returns how many there were.
///
/// # Errors
/// When the database refuses.
pub async fn forget(db: &mut Db, clinic: ClinicId, client: ClientId, now: Timestamp) -> Result<u64> {
    let passes = "delete from form_pass where link_id in
                     (select id from link where clinic_id = $1 and client_id = $2)";
    let (clinic, client) = (clinic.to_string(), client.to_string());
    on!(db, c => sqlx::query(passes).bind(&clinic).bind(&client).execute(c).await.map(|_| ()))?;
    let mut forgotten = 0;
    for table in TABLES {
        let sql = format!(
            "update {table} set client_id = null, visit_id = null, revoked_at = coalesce(revoked_at, $3)
             where clinic_id = $1 and client_id = $2"
        );
        forgotten += on!(db, c => sqlx::query(AssertSqlSafe(sql))
            .bind(&clinic)
            .bind(&client)
            .bind(now.as_millisecond())
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    }
    Ok(forgotten)
}

/// The names of up to `most` links that ended before this moment, with their clinics.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn ended_before(db: &mut Db, before: Timestamp, most: u32) -> Result<Vec<(String, ClinicId)>> {
    let sql = "select id, clinic_id from link where ends_at < $1
               union all select id, clinic_id from email_link where ends_at < $1 limit $2";
    let rows: Vec<(String, String)> = on!(db, c =>
        sqlx::query_as(sql).bind(before.as_millisecond()).bind(i64::from(most)).fetch_all(c).await)?;
    rows.into_iter().map(|(id, clinic)| Ok((id, parse("link", "clinic_id", &clinic)?))).collect()
}

/// Removes a link; whoever still has it is told that it is not complete, and whom to call. `false` when it is
/// gone already.
///
/// # Errors
/// When the database refuses.
pub async fn remove(db: &mut Db, clinic: ClinicId, name: &str) -> Result<bool> {
    let before = [
        "delete from form_pass where clinic_id = $1 and link_id = $2",
        "delete from form_door where clinic_id = $1 and link_id = $2",
    ];
    let clinic = clinic.to_string();
    let mut removed = 0;
    for sql in before {
        on!(db, c => sqlx::query(sql).bind(&clinic).bind(name).execute(c).await.map(|_| ()))?;
    }
    for table in TABLES {
        let sql = format!("delete from {table} where clinic_id = $1 and id = $2");
        removed += on!(db, c => sqlx::query(AssertSqlSafe(sql))
            .bind(&clinic)
            .bind(name)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    }
    Ok(removed > 0)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    secret: String,
    clinic_id: String,
    client_id: Option<String>,
    visit_id: Option<String>,
    purpose: String,
    about: String,
    made_at: i64,
    ends_at: i64,
    revoked_at: Option<i64>,
}

impl Row {
    fn opened(self, now: Timestamp) -> Result<Result<Opened, Dead>> {
        let clinic: ClinicId = parse("link", "clinic_id", &self.clinic_id)?;
        let client: Option<ClientId> = parse_some("link", "client_id", self.client_id.as_deref())?;
        let dead = |why| Ok(Err(Dead { clinic: Some(clinic), client, why }));
        let Some(client) = client.filter(|_| self.revoked_at.is_none()) else { return dead(Why::Revoked) };
        if self.ends_at <= now.as_millisecond() {
            return dead(Why::Ended);
        }
        Ok(Ok(Opened {
            clinic,
            client,
            visit: parse_some("link", "visit_id", self.visit_id.as_deref())?,
            purpose: Purpose::of(&self.purpose, &self.about).ok_or_else(|| bad("link", "purpose"))?,
            made_at: super::convert::instant("link", "made_at", self.made_at)?,
            name: self.id,
        }))
    }
}
