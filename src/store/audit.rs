//! Who did what to which record. Written in the same transaction as the deed, only added to, and
//! without any health text: ids lead to the records.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::case::{among, json_list};
use super::convert::{fresh_uuid, instant, json_rows, parse};
use super::{Db, Result};
use crate::clinic::ids::{AuditId, ClinicId};

/// One deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// In which clinic.
    pub clinic: ClinicId,
    /// When.
    pub at: Timestamp,
    /// An account id, a client id, or "system".
    pub who: String,
    /// In which role.
    pub role: String,
    /// What was done, such as "email.sent".
    pub action: String,
    /// To what kind of record.
    pub kind: String,
    /// To which record.
    pub record_id: String,
    /// From where: a network address, or nothing.
    pub from_where: String,
}

impl Entry {
    /// A deed that nobody clicked for.
    #[must_use]
    pub fn system(clinic: ClinicId, at: Timestamp, action: &str, kind: &str, record_id: String) -> Self {
        Self {
            clinic,
            at,
            who: "system".into(),
            role: "system".into(),
            action: action.into(),
            kind: kind.into(),
            record_id,
            from_where: String::new(),
        }
    }
}

/// Adds one entry.
///
/// # Errors
/// When the database refuses.
pub async fn record(db: &mut Db, entry: &Entry) -> Result<()> {
    record_all(db, std::slice::from_ref(entry)).await
}

/// Adds these entries, and a call for each webhook that hears of one.
///
/// # Errors
/// When the database refuses.
pub async fn record_all(db: &mut Db, entries: &[Entry]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    match db {
        Db::Sqlite(tx, _) => {
            let list = json_rows(entries.iter().map(|entry| {
                let Entry { clinic, at, who, role, action, kind, record_id, from_where } = entry;
                (fresh_id(entry), clinic, at.as_millisecond(), who, role, action, kind, record_id, from_where)
            }))?;
            sqlx::query(
                "insert into audit (id, clinic_id, at, who, role, action, kind, record_id, from_where)
                 select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
                    value ->> 7, value ->> 8 from json_each($1)",
            )
            .bind(list)
            .execute(&mut **tx)
            .await?;
        }
        Db::Postgres(tx, _) => {
            let texts = |of: fn(&Entry) -> &str| entries.iter().map(of).collect::<Vec<_>>();
            sqlx::query(
                "insert into audit (id, clinic_id, at, who, role, action, kind, record_id, from_where)
                 select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                    $7::text[], $8::text[], $9::text[])",
            )
            .bind(entries.iter().map(|entry| fresh_id(entry).to_string()).collect::<Vec<_>>())
            .bind(entries.iter().map(|entry| entry.clinic.to_string()).collect::<Vec<_>>())
            .bind(entries.iter().map(|entry| entry.at.as_millisecond()).collect::<Vec<_>>())
            .bind(texts(|entry| &entry.who))
            .bind(texts(|entry| &entry.role))
            .bind(texts(|entry| &entry.action))
            .bind(texts(|entry| &entry.kind))
            .bind(texts(|entry| &entry.record_id))
            .bind(texts(|entry| &entry.from_where))
            .execute(&mut **tx)
            .await?;
        }
    }
    // Who hears of deeds is told in the same transaction: no deed without its call, no call without its deed.
    super::webhook::tell(db, entries).await
}

fn fresh_id(entry: &Entry) -> AuditId {
    AuditId::from_uuid(fresh_uuid(entry.at))
}

/// Everything done to one record, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_record(db: &mut Db, clinic: ClinicId, record_id: &str) -> Result<Vec<Entry>> {
    let sql = "select at, who, role, action, kind, record_id, from_where from audit
               where clinic_id = $1 and record_id = $2 order by at, id";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(record_id).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.entry(clinic)).collect()
}

/// What was changed in these records, oldest first; who only looked is left out.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn changes_of(db: &mut Db, clinic: ClinicId, record_ids: &[String]) -> Result<Vec<Entry>> {
    let sql = format!(
        "select at, who, role, action, kind, record_id, from_where from audit
         where record_id {} and clinic_id = $2 and action not like '%.viewed' order by at, id",
        among(db)
    );
    let ids = json_list(record_ids.iter().cloned());
    let rows: Vec<Row> = on!(db, c =>
        sqlx::query_as(AssertSqlSafe(sql)).bind(ids).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.entry(clinic)).collect()
}

/// The newest entries of a clinic, newest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn newest(db: &mut Db, clinic: ClinicId, limit: u32) -> Result<Vec<Entry>> {
    let sql = "select at, who, role, action, kind, record_id, from_where from audit
               where clinic_id = $1 order by id desc limit $2";
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.entry(clinic)).collect()
}

/// Which entries somebody asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// By whom: an account id, "system" or "operator".
    pub who: Option<String>,
    /// About which kind of record.
    pub kind: Option<String>,
    /// About which record.
    pub record_id: Option<String>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

/// The entries of a clinic that a filter lets through, newest first, older than the entry `before`, at most
/// `limit`.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn find(
    db: &mut Db,
    clinic: ClinicId,
    filter: &Filter,
    before: Option<AuditId>,
    limit: u32,
) -> Result<Vec<(AuditId, Entry)>> {
    // An id begins with its time, so that the walk along the key ends where the time does.
    let sql = "select id, at, who, role, action, kind, record_id, from_where from audit
               where clinic_id = $1 and id < $2 and id >= $3 and at >= $4 and at < $5
                  and ($6 = '' or who = $6) and ($7 = '' or kind = $7) and ($8 = '' or record_id = $8)
               order by id desc limit $9";
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let from = filter.from.unwrap_or(Timestamp::MIN);
    let until = filter.until.unwrap_or(Timestamp::MAX);
    let oldest = filter.from.map_or_else(uuid::Uuid::nil, first_of);
    let newest = before.map_or_else(|| filter.until.map_or(uuid::Uuid::max(), first_of), |id| *id.as_uuid());
    let rows: Vec<Numbered> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(newest.to_string())
        .bind(oldest.to_string())
        .bind(from.as_millisecond())
        .bind(until.as_millisecond())
        .bind(text(&filter.who))
        .bind(text(&filter.kind))
        .bind(text(&filter.record_id))
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(|row| Ok((parse("audit", "id", &row.id)?, row.row.entry(clinic)?))).collect()
}

/// The id before every one that is made at this moment.
pub(super) fn first_of(at: Timestamp) -> uuid::Uuid {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

#[derive(sqlx::FromRow)]
struct Numbered {
    id: String,
    #[sqlx(flatten)]
    row: Row,
}

#[derive(sqlx::FromRow)]
struct Row {
    at: i64,
    who: String,
    role: String,
    action: String,
    kind: String,
    record_id: String,
    from_where: String,
}

impl Row {
    fn entry(self, clinic: ClinicId) -> Result<Entry> {
        Ok(Entry {
            clinic,
            at: instant("audit", "at", self.at)?,
            who: self.who,
            role: self.role,
            action: self.action,
            kind: self.kind,
            record_id: self.record_id,
            from_where: self.from_where,
        })
    }
}
