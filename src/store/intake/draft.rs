//! Intake forms that are not finished: one for each client and visit, sealed. A version keeps two
//! people from overwriting each other without knowing.

use jiff::Timestamp;

use crate::clinic::ids::{AccountId, ClientId, ClinicId, VisitId};
use crate::clinic::intake::guest::Guest;
use crate::clinic::intake::typed::Typed;
use crate::store::convert::{fresh_uuid, instant, open_json, parse, parse_some, seal_json, small, some_text};
use crate::store::{Db, Result};

/// A form that someone has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Grows with every save.
    pub version: u32,
    /// What was typed.
    pub typed: Typed,
    /// When last.
    pub changed_at: Timestamp,
    /// By whom last; `None` is the client.
    pub changed_by: Option<AccountId>,
    /// What the client said besides, once they have begun.
    pub guest: Option<Guest>,
}

/// Who saves a draft.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// Someone of the staff. What the client said besides stays.
    Staff(AccountId),
    /// The client, with what they said besides and how many of the pages are done.
    Client {
        /// What they said besides.
        guest: &'a Guest,
        /// Pages done, and pages in all.
        progress: (usize, usize),
    },
}

struct Columns {
    changed_by: Option<String>,
    guest: Option<Vec<u8>>,
    done: Option<i64>,
    pages: Option<i64>,
}

impl By<'_> {
    fn columns(self, db: &Db, id: &str) -> Result<Columns> {
        let count = |number: usize| Some(i64::try_from(number).unwrap_or(i64::MAX));
        Ok(match self {
            Self::Staff(account) => {
                Columns { changed_by: Some(account.to_string()), guest: None, done: None, pages: None }
            }
            Self::Client { guest, progress: (done, pages) } => Columns {
                changed_by: None,
                guest: Some(seal_json(db, &guest_context(id), guest)?),
                done: count(done),
                pages: count(pages),
            },
        })
    }
}

/// Whose form it is, and for which visit, if for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Of {
    /// The client.
    pub client: ClientId,
    /// The visit it is taken for.
    pub visit: Option<VisitId>,
}

fn typed_context(id: &str) -> String {
    format!("intake_draft/typed/{id}")
}

fn guest_context(id: &str) -> String {
    format!("intake_draft/guest/{id}")
}

/// The draft of this client and visit.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, of: Of) -> Result<Option<Draft>> {
    row(db, clinic, of).await?.map(|row| row.draft(db)).transpose()
}

/// Saves a draft over the version `over` (0: there was none) and gives the new version; `None` when
/// another was saved meanwhile, and then nothing is changed.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn save(
    db: &mut Db,
    clinic: ClinicId,
    of: Of,
    over: u32,
    typed: &Typed,
    (by, at): (By<'_>, Timestamp),
) -> Result<Option<u32>> {
    let next = over.saturating_add(1);
    if over == 0 {
        let id = fresh_uuid(at).to_string();
        return Ok(begin(db, clinic, (&id, of), typed, (by, at)).await?.then_some(next));
    }
    let Some(row) = row(db, clinic, of).await? else { return Ok(None) };
    let sealed = seal_json(db, &typed_context(&row.id), typed)?;
    let columns = by.columns(db, &row.id)?;
    let sql = "update intake_draft set version = $4, typed = $5, changed_at = $6, changed_by = $7,
                  guest = coalesce($8, guest), done = coalesce($9, done), pages = coalesce($10, pages)
               where clinic_id = $1 and id = $2 and version = $3";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(row.id)
        .bind(i64::from(over))
        .bind(i64::from(next))
        .bind(sealed)
        .bind(at.as_millisecond())
        .bind(columns.changed_by)
        .bind(columns.guest)
        .bind(columns.done)
        .bind(columns.pages)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok((rows == 1).then_some(next))
}

async fn begin(
    db: &mut Db,
    clinic: ClinicId,
    (id, of): (&str, Of),
    typed: &Typed,
    (by, at): (By<'_>, Timestamp),
) -> Result<bool> {
    let sealed = seal_json(db, &typed_context(id), typed)?;
    let columns = by.columns(db, id)?;
    let sql = "insert into intake_draft
                  (id, clinic_id, client_id, visit_id, version, typed, changed_at, changed_by, guest, done, pages)
               values ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10)
               on conflict (client_id, coalesce(visit_id, '')) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(id)
        .bind(clinic.to_string())
        .bind(of.client.to_string())
        .bind(some_text(of.visit))
        .bind(sealed)
        .bind(at.as_millisecond())
        .bind(columns.changed_by)
        .bind(columns.guest)
        .bind(columns.done)
        .bind(columns.pages)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Removes a draft, once it has become an intake or nobody wants it.
///
/// # Errors
/// When the database refuses.
pub async fn remove(db: &mut Db, clinic: ClinicId, of: Of) -> Result<bool> {
    let sql = "delete from intake_draft where clinic_id = $1 and client_id = $2 and coalesce(visit_id, '') = $3";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(of.client.to_string())
        .bind(some_text(of.visit).unwrap_or_default())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Removes up to `most` drafts of every clinic that nobody changed since this moment. Says whose
/// they were.
///
/// # Errors
/// When the database refuses.
pub async fn remove_older(db: &mut Db, before: Timestamp, most: u32) -> Result<Vec<(ClinicId, ClientId)>> {
    let sql = "delete from intake_draft where id in
                  (select id from intake_draft where changed_at < $1 order by changed_at limit $2)
               returning clinic_id, client_id";
    let gone: Vec<(String, String)> = on!(db, c =>
        sqlx::query_as(sql).bind(before.as_millisecond()).bind(i64::from(most)).fetch_all(c).await)?;
    gone.into_iter()
        .map(|(clinic, client)| {
            Ok((parse("intake_draft", "clinic_id", &clinic)?, parse("intake_draft", "client_id", &client)?))
        })
        .collect()
}

async fn row(db: &mut Db, clinic: ClinicId, of: Of) -> Result<Option<Row>> {
    let sql = "select id, version, typed, changed_at, changed_by, guest from intake_draft
               where clinic_id = $1 and client_id = $2 and coalesce(visit_id, '') = $3";
    Ok(on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(of.client.to_string())
        .bind(some_text(of.visit).unwrap_or_default())
        .fetch_optional(c)
        .await)?)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    version: i64,
    typed: Vec<u8>,
    changed_at: i64,
    changed_by: Option<String>,
    guest: Option<Vec<u8>>,
}

impl Row {
    fn draft(self, db: &Db) -> Result<Draft> {
        let guest = self.guest.map(|sealed| open_json(db, "intake_draft", &guest_context(&self.id), &sealed));
        Ok(Draft {
            version: small("intake_draft", "version", self.version)?,
            typed: open_json(db, "intake_draft", &typed_context(&self.id), &self.typed)?,
            changed_at: instant("intake_draft", "changed_at", self.changed_at)?,
            changed_by: parse_some("intake_draft", "changed_by", self.changed_by.as_deref())?,
            guest: guest.transpose()?,
        })
    }
}
