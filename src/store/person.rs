//! Everything that is kept about one person, in one place: to hand it out, and to erase it. Which tables
//! those are stands in `records.rs`; a test compares it with the schema, so that a table that comes later
//! cannot be forgotten.

mod erase;
mod record;
mod records;

#[doc(hidden)]
pub use erase::statements;
pub use erase::{Erased, Erasure, Notes, Toll, erase, toll};

use jiff::Timestamp;
use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;

use self::record::{Field, Record};
use self::records::RECORDS;
use super::case::{among, json_list};
use super::convert::{bad, parse};
use super::{Db, Result};
use crate::clinic::ids::{ClientId, ClinicId};

/// The rows of one kind, each as an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// What they are called in an export.
    pub name: &'static str,
    /// The names of their fields, in order.
    pub fields: Vec<&'static str>,
    /// The rows, oldest first.
    pub rows: Vec<Map<String, Value>>,
}

/// Everything that is kept about a client, kind by kind; sealed text is opened. `None` when the clinic has no
/// such client.
///
/// # Errors
/// When the database refuses or something sealed does not open.
pub async fn everything(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Option<Vec<Kind>>> {
    let mut kinds = Vec::with_capacity(RECORDS.len() + 1);
    for record in RECORDS {
        let rows = rows(db, record, clinic, client).await?;
        if record.name == "client" && rows.is_empty() {
            return Ok(None);
        }
        kinds.push(Kind { name: record.name, fields: record.fields.iter().map(Field::name).collect(), rows });
    }
    let records = ids(&kinds, client);
    kinds.push(audit(db, clinic, records).await?);
    Ok(Some(kinds))
}

/// Every client of a clinic, in the order they were registered.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(db: &mut Db, clinic: ClinicId) -> Result<Vec<ClientId>> {
    let sql = "select id from client where clinic_id = $1 and synthetic = 0 order by id";
    let ids: Vec<String> = on!(db, c => sqlx::query_scalar(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    ids.iter().map(|id| parse("client", "id", id)).collect()
}

/// The names and fields of all kinds, for a table without rows.
#[must_use]
pub fn kinds() -> Vec<(&'static str, Vec<&'static str>)> {
    let records = RECORDS.iter().map(|record| (record.name, record.fields.iter().map(Field::name).collect()));
    records.chain([(AUDIT, AUDIT_FIELDS.to_vec())]).collect()
}

/// The tables that hold what is kept about a person, for the test that compares them with the schema.
#[doc(hidden)]
#[must_use]
pub fn tables() -> Vec<&'static str> {
    RECORDS.iter().map(|record| record.table).collect()
}

/// What the audit's rows are called in an export.
const AUDIT: &str = "audit";
const AUDIT_FIELDS: [&str; 7] = ["at", "who", "role", "action", "kind", "record_id", "name"];

/// The ids under which the audit tells of this person.
fn ids(kinds: &[Kind], client: ClientId) -> Vec<String> {
    let rows = kinds.iter().flat_map(|kind| &kind.rows);
    let ids = rows.filter_map(|row| row.get("id").and_then(Value::as_str).map(str::to_owned));
    let mut ids: Vec<String> = ids.chain([client.to_string()]).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Who did what to these records, and who looked at them.
async fn audit(db: &mut Db, clinic: ClinicId, records: Vec<String>) -> Result<Kind> {
    let sql = format!(
        "select a.at, a.who, a.role, a.action, a.kind, a.record_id, coalesce(s.name, '') from audit a
         left join account s on s.id = a.who and s.clinic_id = a.clinic_id
         where a.record_id {} and a.clinic_id = $2 order by a.at, a.id",
        among(db)
    );
    type Line = (i64, String, String, String, String, String, String);
    let lines: Vec<Line> = on!(db, c => sqlx::query_as(AssertSqlSafe(sql))
        .bind(json_list(records.into_iter()))
        .bind(clinic.to_string())
        .fetch_all(c)
        .await)?;
    let rows = lines.into_iter().map(|(at, who, role, action, kind, record, name)| {
        let values = [said(at), who.into(), role.into(), action.into(), kind.into(), record.into(), name.into()];
        AUDIT_FIELDS.map(str::to_owned).into_iter().zip(values).collect()
    });
    Ok(Kind { name: AUDIT, rows: rows.collect(), fields: AUDIT_FIELDS.to_vec() })
}

async fn rows(db: &mut Db, record: &Record, clinic: ClinicId, client: ClientId) -> Result<Vec<Map<String, Value>>> {
    let sql = record.statement(matches!(db, Db::Sqlite(..)));
    let texts: Vec<String> = on!(db, c => sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(clinic.to_string())
        .bind(client.to_string())
        .fetch_all(c)
        .await)?;
    texts.into_iter().map(|text| opened(db, record, &text)).collect()
}

/// A row as the database wrote it, with instants in words and sealed text opened.
fn opened(db: &Db, record: &Record, text: &str) -> Result<Map<String, Value>> {
    let mut row: Map<String, Value> = serde_json::from_str(text).map_err(|_| bad(record.table, "row"))?;
    for field in record.fields {
        let name = field.name();
        let Some(value) = row.get(name).filter(|value| !value.is_null()) else { continue };
        let value = match field {
            Field::Plain(_) => continue,
            Field::Flag(_) => Value::Bool(value.as_i64() == Some(1)),
            Field::At(_) => said(value.as_i64().ok_or_else(|| bad(record.table, name))?),
            Field::Sealed(_, context) => {
                let sealed = value.as_str().and_then(bytes).ok_or_else(|| bad(record.table, name))?;
                let plain = db.seal().open(&filled(context, &row), &sealed)?;
                serde_json::from_slice(&plain).unwrap_or_else(|_| String::from_utf8_lossy(&plain).into_owned().into())
            }
        };
        row.insert(name.to_owned(), value);
    }
    Ok(row)
}

/// `visit/treatment/{id}` with the row's own values.
fn filled(context: &str, row: &Map<String, Value>) -> String {
    context
        .split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => row.get(name).and_then(Value::as_str).unwrap_or_default(),
            None => part,
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn said(millis: i64) -> Value {
    Timestamp::from_millisecond(millis).map_or(Value::Null, |at| at.to_string().into())
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()
}
