//! The clinical catalogue as its admins change it: one for the installation. An edition is kept whole and never
//! changes; the newest is what the rules go by. What is being changed stands beside it, an entry each.

pub mod newest;
pub mod rehearsal;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::convert::{bad, draft_version, instant, small};
use super::{Db, Error, Result, outbox, wake};
use crate::clinic::catalogue::{Catalogue, Entry, Kind, Whole};

/// A published edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Which one.
    pub number: u32,
    /// The name of its content.
    pub version: String,
    /// The name of what shipped when it was published.
    pub over: String,
    /// What its author says about it; may be empty.
    pub note: String,
    /// Who published it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// An entry that is being changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it says so far.
    pub entry: Entry,
    /// What it said before the last save by a press.
    pub before: Option<Entry>,
    /// Counts up with every save.
    pub version: u32,
    /// Who saved it last.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The number of the newest edition; 0 while there is none and what ships is gone by.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn number(db: &mut Db) -> Result<u32> {
    let sql = "select max(number) from catalogue_edition";
    let number: Option<i64> = on!(db, c => sqlx::query_scalar(sql).fetch_one(c).await)?;
    number.map_or(Ok(0), |number| small("catalogue_edition", "number", number))
}

/// Everything an edition says.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, number: u32) -> Result<Option<Whole>> {
    let sql = "select body from catalogue_edition where number = $1";
    let text: Option<String> = on!(db, c => sqlx::query_scalar(sql).bind(i64::from(number)).fetch_optional(c).await)?;
    text.map(|text| body("catalogue_edition", &text)).transpose()
}

/// Every edition, the newest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn editions(db: &mut Db) -> Result<Vec<Edition>> {
    let sql = "select number, version, over_version, note, published_by, published_at from catalogue_edition
               order by number desc";
    let rows: Vec<(i64, String, String, String, String, i64)> = on!(db, c => sqlx::query_as(sql).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(number, version, over, note, by, at)| {
            let number = small("catalogue_edition", "number", number)?;
            Ok(Edition { number, version, over, note, by, at: instant("catalogue_edition", "published_at", at)? })
        })
        .collect()
}

/// Keeps what ships, for comparing with what ships later.
///
/// # Errors
/// When the database refuses.
pub async fn keep_shipped(db: &mut Db, shipped: &Catalogue) -> Result<()> {
    let sql = "insert into shipped_catalogue (version, body) values ($1, $2) on conflict (version) do nothing";
    let whole = text("shipped_catalogue", &shipped.whole())?;
    on!(db, c => sqlx::query(sql).bind(shipped.version()).bind(whole).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Publishes an edition with this content. `false` when somebody else published its number first. From here to the end of the
/// transaction no email begins, so that none leaves by the content before.
///
/// # Errors
/// When the database refuses.
pub async fn publish(db: &mut Db, edition: &Edition, content: &Catalogue, shipped: &Catalogue) -> Result<bool> {
    // Before any email is touched, as whoever else keeps mail back does. A worker that claims after this looks at the catalogue
    // once more, and one that claimed before is found by `take_all_back`.
    outbox::stop_begins(db).await?;
    keep_shipped(db, shipped).await?;
    let sql = "insert into catalogue_edition (number, body, version, over_version, note, published_by, published_at)
               values ($1, $2, $3, $4, $5, $6, $7) on conflict (number) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(i64::from(edition.number))
        .bind(text("catalogue_edition", &content.whole())?)
        .bind(&edition.version)
        .bind(&edition.over)
        .bind(&edition.note)
        .bind(&edition.by)
        .bind(edition.at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 {
        wake::soon(db).await?;
    }
    Ok(rows == 1)
}

/// What shipped under this name, if an edition was published over it.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn shipped(db: &mut Db, version: &str) -> Result<Option<Whole>> {
    let sql = "select body from shipped_catalogue where version = $1";
    let text: Option<String> = on!(db, c => sqlx::query_scalar(sql).bind(version).fetch_optional(c).await)?;
    text.map(|text| body("shipped_catalogue", &text)).transpose()
}

/// Every entry that is being changed, by kind and id.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn drafts(db: &mut Db) -> Result<Vec<Draft>> {
    let sql = "select body, undo_body, version, saved_by, saved_at from catalogue_draft order by kind, entry";
    let rows: Vec<(String, Option<String>, i64, String, i64)> = on!(db, c => sqlx::query_as(sql).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(text, before, version, by, at)| {
            Ok(Draft {
                entry: body("catalogue_draft", &text)?,
                before: before.map(|before| body("catalogue_draft", &before)).transpose()?,
                version: small("catalogue_draft", "version", version)?,
                by,
                at: instant("catalogue_draft", "saved_at", at)?,
            })
        })
        .collect()
}

/// Keeps a draft over the one of this version; over 0, where there is none. Returns its new version; `None`:
/// somebody else saved it since.
///
/// # Errors
/// When the database refuses.
pub async fn save_draft(
    db: &mut Db,
    (entry, before): (&Entry, Option<&Entry>),
    over: u32,
    (by, at): (&str, Timestamp),
) -> Result<Option<u32>> {
    let version = draft_version(over, at);
    let sql = if over == 0 {
        "insert into catalogue_draft (kind, entry, version, body, undo_body, saved_by, saved_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (kind, entry) do nothing"
    } else {
        "update catalogue_draft set version = $3, body = $4, undo_body = $5, saved_by = $6, saved_at = $7
         where kind = $1 and entry = $2 and version = $3 - 1"
    };
    let before = before.map(|before| text("catalogue_draft", before)).transpose()?;
    let rows = on!(db, c => sqlx::query(sql)
        .bind(entry.kind.id())
        .bind(entry.id())
        .bind(i64::from(version))
        .bind(text("catalogue_draft", entry)?)
        .bind(before)
        .bind(by)
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok((rows == 1).then_some(version))
}

/// Removes the draft of this version. `false`: somebody else saved it since, or there is none.
///
/// # Errors
/// When the database refuses.
pub async fn drop_draft(db: &mut Db, (kind, entry): (Kind, &str), version: u32) -> Result<bool> {
    let sql = "delete from catalogue_draft where kind = $1 and entry = $2 and version = $3";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(kind.id())
        .bind(entry)
        .bind(i64::from(version))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

fn text(table: &'static str, value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|_| Error::BadRow { table, problem: "an entry cannot be written as JSON".into() })
}

fn body<T: DeserializeOwned>(table: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| bad(table, "body"))
}
