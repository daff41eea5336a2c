//! A clinic's own protocols: what was published, what is being written, and which plans run by which version.
//! Versions are only added to; what ships is version 1 and has no row.

use jiff::Timestamp;

use super::audit::{self, Entry};
use super::convert::{bad, draft_version, instant, parse, small};
use super::{Db, Result};
use crate::clinic::ids::{AccountId, ClinicId};
use crate::clinic::protocol::Protocol;

/// A published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its steps; its number is in it.
    pub protocol: Protocol,
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
    /// Its steps so far.
    pub protocol: Protocol,
    /// Its steps before one was last added or removed.
    pub before: Option<Protocol>,
    /// Counts up with every save.
    pub version: u32,
    /// Who saved it last.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// The protocol that what is planned now goes by: the newest version, or what ships. In the place of one that cannot
/// be read stands what ships: a client who gets the usual emails is better off than one who gets none.
///
/// # Errors
/// When the database refuses.
pub async fn newest(db: &mut Db, clinic: ClinicId) -> Result<Protocol> {
    let sql = "select version, body from protocol_version where clinic_id = $1 order by version desc limit 1";
    let row: Option<(i64, String)> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_optional(c).await)?;
    Ok(row.map_or_else(Protocol::default, |(version, body)| or_shipped(clinic, version, published(version, &body))))
}

/// The protocol of this version. As with [`newest`], what ships stands in for one that cannot be read.
///
/// # Errors
/// When the database refuses.
pub async fn version(db: &mut Db, clinic: ClinicId, version: u32) -> Result<Protocol> {
    if version == Protocol::default().version {
        return Ok(Protocol::default());
    }
    let sql = "select body from protocol_version where clinic_id = $1 and version = $2";
    let body: Option<String> = on!(db, c => sqlx::query_scalar(sql)
        .bind(clinic.to_string())
        .bind(i64::from(version))
        .fetch_optional(c)
        .await)?;
    let version = i64::from(version);
    let read = body.ok_or_else(|| bad("protocol_version", "version")).and_then(|body| published(version, &body));
    Ok(or_shipped(clinic, version, read))
}

fn or_shipped(clinic: ClinicId, version: i64, read: Result<Protocol>) -> Protocol {
    read.unwrap_or_else(|problem| {
        tracing::error!(%clinic, version, %problem, "a published protocol cannot be read: what ships stands in its place");
        Protocol::default()
    })
}

/// Everything a clinic has published, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn versions(db: &mut Db, clinic: ClinicId) -> Result<Vec<Version>> {
    let sql = "select version, body, note, published_by, published_at from protocol_version
               where clinic_id = $1 order by version";
    let rows: Vec<(i64, String, Vec<u8>, String, i64)> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(version, body, note, by, at)| {
            let note = db.seal().open(&note_context(clinic, version), &note)?;
            Ok(Version {
                protocol: published(version, &body)?,
                note: String::from_utf8(note).map_err(|_| bad("protocol_version", "note"))?,
                by: parse("protocol_version", "published_by", &by)?,
                at: instant("protocol_version", "published_at", at)?,
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
    clinic: ClinicId,
    protocol: &Protocol,
    note: &str,
    entry: &Entry,
    by: AccountId,
) -> Result<bool> {
    let version = i64::from(protocol.version);
    let note = db.seal().seal(&note_context(clinic, version), note.as_bytes());
    let sql = "insert into protocol_version (clinic_id, version, body, note, published_by, published_at)
               values ($1, $2, $3, $4, $5, $6) on conflict (clinic_id, version) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(version)
        .bind(text("protocol_version", protocol)?)
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

/// The draft of a clinic.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn draft(db: &mut Db, clinic: ClinicId) -> Result<Option<Draft>> {
    let sql = "select body, undo_body, version, saved_by, saved_at from protocol_draft where clinic_id = $1";
    let row: Option<(String, Option<String>, i64, String, i64)> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_optional(c).await)?;
    row.map(|(body, before, version, by, at)| {
        Ok(Draft {
            protocol: read("protocol_draft", &body)?,
            before: before.as_deref().map(|text| read("protocol_draft", text)).transpose()?,
            version: small("protocol_draft", "version", version)?,
            by: parse("protocol_draft", "saved_by", &by)?,
            at: instant("protocol_draft", "saved_at", at)?,
        })
    })
    .transpose()
}

/// Keeps a draft over the one of this version; over 0, where there is none. Returns its new version; `None`:
/// somebody else saved it since.
///
/// # Errors
/// When the database refuses.
pub async fn save_draft(
    db: &mut Db,
    clinic: ClinicId,
    (protocol, before): (&Protocol, Option<&Protocol>),
    over: u32,
    (by, at): (AccountId, Timestamp),
) -> Result<Option<u32>> {
    let version = draft_version(over, at);
    let sql = if over == 0 {
        "insert into protocol_draft (clinic_id, version, body, undo_body, saved_by, saved_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (clinic_id) do nothing"
    } else {
        "update protocol_draft set version = $2, body = $3, undo_body = $4, saved_by = $5, saved_at = $6
         where clinic_id = $1 and version = $2 - 1"
    };
    let before = before.map(|before| text("protocol_draft", before)).transpose()?;
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(i64::from(version))
        .bind(text("protocol_draft", protocol)?)
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
pub async fn drop_draft(db: &mut Db, clinic: ClinicId, version: u32) -> Result<bool> {
    let sql = "delete from protocol_draft where clinic_id = $1 and version = $2";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(i64::from(version))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// How many emails wait by which version.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn waiting(db: &mut Db, clinic: ClinicId) -> Result<Vec<(u32, usize)>> {
    let sql = "select protocol, count(*) from email where clinic_id = $1 and state in ('scheduled', 'claimed', 'held')
               group by protocol order by protocol";
    let rows: Vec<(i64, i64)> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(version, count)| {
            let count = usize::try_from(count).map_err(|_| bad("email", "count"))?;
            Ok((small("email", "protocol", version)?, count))
        })
        .collect()
}

/// Lets what waits go by this version from now on, and every plan that has something waiting. Their times are
/// reckoned anew by whoever calls this, in the same transaction.
///
/// # Errors
/// When the database refuses.
pub async fn move_waiting(db: &mut Db, clinic: ClinicId, to: &Protocol) -> Result<()> {
    let plans = "update plan set protocol = $2 where clinic_id = $1 and exists (select 1 from email e
                    where e.visit_id = plan.visit_id and e.state in ('scheduled', 'claimed', 'held'))";
    on!(db, c => sqlx::query(plans)
        .bind(clinic.to_string())
        .bind(to.version.to_string())
        .execute(c)
        .await
        .map(|_| ()))?;
    let emails = "update email set protocol = $2
                  where clinic_id = $1 and state in ('scheduled', 'claimed', 'held')";
    on!(db, c => sqlx::query(emails)
        .bind(clinic.to_string())
        .bind(i64::from(to.version))
        .execute(c)
        .await
        .map(|_| ()))?;
    let fate = "update email set on_uncertain = $3
                where clinic_id = $1 and step = $2 and state in ('scheduled', 'claimed', 'held')";
    for rule in &to.steps {
        for step in rule.step.times() {
            on!(db, c => sqlx::query(fate)
                .bind(clinic.to_string())
                .bind(step.id())
                .bind(rule.on_uncertain.id())
                .execute(c)
                .await
                .map(|_| ()))?;
        }
    }
    Ok(())
}

/// A published protocol. One that does not keep what none may change is as good as unreadable.
fn published(version: i64, body: &str) -> Result<Protocol> {
    let protocol = read("protocol_version", body)?;
    if !protocol.is_safe() {
        return Err(bad("protocol_version", "body"));
    }
    Ok(Protocol { version: small("protocol_version", "version", version)?, ..protocol })
}

fn read(table: &'static str, text: &str) -> Result<Protocol> {
    serde_json::from_str(text).map_err(|_| bad(table, "body"))
}

fn text(table: &'static str, protocol: &Protocol) -> Result<String> {
    serde_json::to_string(protocol).map_err(|_| bad(table, "body"))
}

fn note_context(clinic: ClinicId, version: i64) -> String {
    format!("protocol_version/note/{clinic}/{version}")
}
