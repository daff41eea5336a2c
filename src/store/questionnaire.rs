//! A clinic's own questions: what was published and what is being written. Versions are only added to. The answers are
//! in [`super::intake`], sealed with the others.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::audit::{self, Entry};
use super::convert::{bad, draft_version, instant, parse, small};
use super::{Db, Result};
use crate::clinic::ids::{AccountId, ClinicId};
use crate::clinic::intake::own::{Numbered, OwnForms};
use crate::clinic::questionnaire::Questionnaire;
use crate::clinic::questionnaire::fhir::Left;

/// One form of a clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Key {
    pub clinic: ClinicId,
    pub number: u32,
}

/// A published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Of which form.
    pub number: u32,
    /// What it asks; its version is in it.
    pub form: Questionnaire,
    /// What its author says about it; may be empty.
    pub note: String,
    /// Who published it.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// What is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it asks so far.
    pub form: Questionnaire,
    /// What it asked before the last act on its questions.
    pub before: Option<Questionnaire>,
    /// What was left of a file that it was brought in from.
    pub left: Vec<Left>,
    /// Counts up with every save.
    pub version: u32,
    /// Who saved it last.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// What clients of a clinic are asked now: the newest version of each form that is in use.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn in_use(db: &mut Db, clinic: ClinicId) -> Result<OwnForms> {
    let sql = "select number, version, body from questionnaire_version v where clinic_id = $1 and version =
                  (select max(n.version) from questionnaire_version n where n.clinic_id = v.clinic_id and n.number = v.number)
               order by number";
    let rows: Vec<(i64, i64, String)> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    let read = |(number, version, text): (i64, i64, String)| {
        let form = numbered(version, &text)?;
        Ok(Numbered { number: small("questionnaire_version", "number", number)?, form })
    };
    let forms: Vec<Numbered> = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(OwnForms(forms.into_iter().filter(|one| !one.form.retired).collect()))
}

/// Everything a clinic has published, by form and version.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn versions(db: &mut Db, clinic: ClinicId) -> Result<Vec<Version>> {
    let sql = "select number, version, body, note, published_by, published_at from questionnaire_version
               where clinic_id = $1 order by number, version";
    let rows: Vec<VersionRow> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            let number = small("questionnaire_version", "number", row.number)?;
            let note = db.seal().open(&note_context(Key { clinic, number }, row.version), &row.note)?;
            Ok(Version {
                number,
                form: numbered(row.version, &row.body)?,
                note: String::from_utf8(note).map_err(|_| bad("questionnaire_version", "note"))?,
                by: parse("questionnaire_version", "published_by", &row.published_by)?,
                at: instant("questionnaire_version", "published_at", row.published_at)?,
            })
        })
        .collect()
}

/// Publishes a version; its number is in it. `false` when somebody else published this number first.
///
/// # Errors
/// When the database refuses.
pub async fn publish(
    db: &mut Db,
    key: Key,
    form: &Questionnaire,
    note: &str,
    entry: &Entry,
    by: AccountId,
) -> Result<bool> {
    let version = i64::from(form.version);
    let note = db.seal().seal(&note_context(key, version), note.as_bytes());
    let sql = "insert into questionnaire_version (clinic_id, number, version, body, note, published_by, published_at)
               values ($1, $2, $3, $4, $5, $6, $7) on conflict (clinic_id, number, version) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(key.clinic.to_string())
        .bind(i64::from(key.number))
        .bind(version)
        .bind(text("questionnaire_version", form)?)
        .bind(note)
        .bind(by.to_string())
        .bind(entry.at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 {
        audit::record(db, entry).await?;
    }
    Ok(rows == 1)
}

/// Every draft of a clinic, by form.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn drafts(db: &mut Db, clinic: ClinicId) -> Result<BTreeMap<u32, Draft>> {
    let sql = "select number, version, body, undo_body, left_out, saved_by, saved_at from questionnaire_draft where clinic_id = $1";
    let rows: Vec<DraftRow> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    let read = |row: DraftRow| {
        let draft = Draft {
            form: read_text("questionnaire_draft", &row.body)?,
            before: row.undo_body.as_deref().map(|text| read_text("questionnaire_draft", text)).transpose()?,
            left: row
                .left_out
                .as_deref()
                .map(|text| read_text("questionnaire_draft", text))
                .transpose()?
                .unwrap_or_default(),
            version: small("questionnaire_draft", "version", row.version)?,
            by: parse("questionnaire_draft", "saved_by", &row.saved_by)?,
            at: instant("questionnaire_draft", "saved_at", row.saved_at)?,
        };
        Ok((small("questionnaire_draft", "number", row.number)?, draft))
    };
    rows.into_iter().map(read).collect()
}

/// Begins a form of the clinic under the next number, with what was left of the file it came from. Nothing when somebody
/// else took the number at the same moment.
///
/// # Errors
/// When the database refuses.
pub async fn begin(
    db: &mut Db,
    clinic: ClinicId,
    (form, left): (&Questionnaire, &[Left]),
    (by, at): (AccountId, Timestamp),
) -> Result<Option<u32>> {
    let sql = "insert into questionnaire_draft (clinic_id, number, version, body, left_out, saved_by, saved_at)
               select $1, coalesce(max(number), 0) + 1, $6, $2, $3, $4, $5 from
                  (select number from questionnaire_draft where clinic_id = $1
                   union all select number from questionnaire_version where clinic_id = $1) known where true
               on conflict (clinic_id, number) do nothing returning number";
    let left = if left.is_empty() { None } else { Some(text("questionnaire_draft", &left)?) };
    let number: Option<i64> = on!(db, c => sqlx::query_scalar(sql)
        .bind(clinic.to_string())
        .bind(text("questionnaire_draft", form)?)
        .bind(left)
        .bind(by.to_string())
        .bind(at.as_millisecond())
        .bind(i64::from(draft_version(0, at)))
        .fetch_optional(c)
        .await)?;
    number.map(|number| small("questionnaire_draft", "number", number)).transpose()
}

/// Keeps a draft over the one of this version; over 0, where there is none. `false`: somebody else saved it since.
///
/// # Errors
/// When the database refuses.
pub async fn save_draft(
    db: &mut Db,
    key: Key,
    (form, before): (&Questionnaire, Option<&Questionnaire>),
    over: u32,
    (by, at): (AccountId, Timestamp),
) -> Result<Option<u32>> {
    let version = draft_version(over, at);
    let sql = if over == 0 {
        "insert into questionnaire_draft (clinic_id, number, version, body, undo_body, saved_by, saved_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (clinic_id, number) do nothing"
    } else {
        "update questionnaire_draft set version = $3, body = $4, undo_body = $5, saved_by = $6, saved_at = $7
         where clinic_id = $1 and number = $2 and version = $3 - 1"
    };
    let before = before.map(|before| text("questionnaire_draft", before)).transpose()?;
    let rows = on!(db, c => sqlx::query(sql)
        .bind(key.clinic.to_string())
        .bind(i64::from(key.number))
        .bind(i64::from(version))
        .bind(text("questionnaire_draft", form)?)
        .bind(before)
        .bind(by.to_string())
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
pub async fn drop_draft(db: &mut Db, key: Key, version: u32) -> Result<bool> {
    let sql = "delete from questionnaire_draft where clinic_id = $1 and number = $2 and version = $3";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(key.clinic.to_string())
        .bind(i64::from(key.number))
        .bind(i64::from(version))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    number: i64,
    version: i64,
    body: String,
    note: Vec<u8>,
    published_by: String,
    published_at: i64,
}

#[derive(sqlx::FromRow)]
struct DraftRow {
    number: i64,
    version: i64,
    body: String,
    undo_body: Option<String>,
    left_out: Option<String>,
    saved_by: String,
    saved_at: i64,
}

/// The questions of a row, with the version that counts.
fn numbered(version: i64, body: &str) -> Result<Questionnaire> {
    let version = small("questionnaire_version", "version", version)?;
    Ok(Questionnaire { version, ..read_text("questionnaire_version", body)? })
}

fn read_text<T: DeserializeOwned>(table: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| bad(table, "body"))
}

fn text<T: Serialize + ?Sized>(table: &'static str, value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|_| bad(table, "body"))
}

fn note_context(key: Key, version: i64) -> String {
    format!("questionnaire_version/note/{}/{}/{version}", key.clinic, key.number)
}
