//! A clinic's own letters: what was published, what is being written, and which waiting emails use which
//! version. Versions are only added to.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::audit::{self, Entry};
use super::convert::{bad, draft_version, instant, parse, small};
use super::{Db, Result};
use crate::clinic::ids::{AccountId, ClinicId};
use crate::clinic::letter::Letter;
use crate::clinic::plan::LetterId;

/// One letter of a clinic in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Key<'a> {
    pub clinic: ClinicId,
    pub locale: &'a str,
    pub letter: LetterId,
}

/// A published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// In which language.
    pub locale: String,
    /// What it says; its number is in it.
    pub letter: Letter,
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
    /// What it says so far.
    pub letter: Letter,
    /// What it said before the last act on its blocks.
    pub before: Option<Letter>,
    /// Counts up with every save.
    pub version: u32,
    /// Who saved it last.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// What a clinic has published, for whoever puts it together.
#[derive(Clone, Debug)]
pub struct Published {
    /// In which language.
    pub locale: String,
    /// Which letter.
    pub letter: LetterId,
    /// Which version.
    pub version: u32,
    /// What it says; nothing when the row cannot be read, which concerns that version alone.
    pub says: Option<Letter>,
}

/// What those clinics have published of which we know another number of versions, with that number. Versions are
/// only added, so an equal number is the same versions.
///
/// # Errors
/// When the database refuses.
pub async fn news(db: &mut Db, known: impl Fn(ClinicId) -> usize) -> Result<Vec<(ClinicId, usize, Vec<Published>)>> {
    let sql = "select clinic_id, count(*) from letter_version group by clinic_id order by clinic_id";
    let counts: Vec<(String, i64)> = on!(db, c => sqlx::query_as(sql).fetch_all(c).await)?;
    let mut news = Vec::new();
    for (clinic, count) in counts {
        let clinic: ClinicId = parse("letter_version", "clinic_id", &clinic)?;
        if i64::try_from(known(clinic)) != Ok(count) {
            let all = published(db, clinic).await?;
            news.push((clinic, all.len(), all.into_iter().flatten().collect()));
        }
    }
    Ok(news)
}

/// Every row of a clinic; nothing where it is not even known which letter it was.
async fn published(db: &mut Db, clinic: ClinicId) -> Result<Vec<Option<Published>>> {
    let sql = "select locale, letter, version, body from letter_version where clinic_id = $1
               order by locale, letter, version";
    let rows: Vec<(String, String, i64, String)> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    let read = |(locale, letter, version, text): (String, String, i64, String)| {
        let (letter, version) = (LetterId::of(&letter)?, u32::try_from(version).ok()?);
        let says = body("letter_version", &text).ok().map(|says| Letter { version, ..says });
        Some(Published { locale, letter, version, says })
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Everything a clinic has published, by language, letter and version.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn versions(db: &mut Db, clinic: ClinicId) -> Result<Vec<Version>> {
    let sql = "select locale, letter, version, body, note, published_by, published_at from letter_version
               where clinic_id = $1 order by locale, letter, version";
    let rows: Vec<VersionRow> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            let letter = LetterId::of(&row.letter).ok_or_else(|| bad("letter_version", "letter"))?;
            let context = note_context(Key { clinic, locale: &row.locale, letter }, row.version);
            let note = db.seal().open(&context, &row.note)?;
            Ok(Version {
                letter: Letter {
                    version: small("letter_version", "version", row.version)?,
                    ..body("letter_version", &row.body)?
                },
                locale: row.locale,
                note: String::from_utf8(note).map_err(|_| bad("letter_version", "note"))?,
                by: parse("letter_version", "published_by", &row.published_by)?,
                at: instant("letter_version", "published_at", row.published_at)?,
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
    key: Key<'_>,
    letter: &Letter,
    note: &str,
    entry: &Entry,
    by: AccountId,
) -> Result<bool> {
    let version = i64::from(letter.version);
    let note = db.seal().seal(&note_context(key, version), note.as_bytes());
    let sql = "insert into letter_version (clinic_id, locale, letter, version, body, note, published_by, published_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (clinic_id, locale, letter, version) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(key.clinic.to_string())
        .bind(key.locale)
        .bind(key.letter.id())
        .bind(version)
        .bind(text("letter_version", letter)?)
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

/// Every draft of a clinic, by language and letter.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn drafts(db: &mut Db, clinic: ClinicId) -> Result<BTreeMap<(String, LetterId), Draft>> {
    let sql =
        "select locale, letter, version, body, undo_body, saved_by, saved_at from letter_draft where clinic_id = $1";
    let rows: Vec<DraftRow> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            let id = LetterId::of(&row.letter).ok_or_else(|| bad("letter_draft", "letter"))?;
            let draft = Draft {
                letter: body("letter_draft", &row.body)?,
                before: row.undo_body.as_deref().map(|text| body("letter_draft", text)).transpose()?,
                version: small("letter_draft", "version", row.version)?,
                by: parse("letter_draft", "saved_by", &row.saved_by)?,
                at: instant("letter_draft", "saved_at", row.saved_at)?,
            };
            Ok(((row.locale, id), draft))
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
    key: Key<'_>,
    (letter, before): (&Letter, Option<&Letter>),
    over: u32,
    (by, at): (AccountId, Timestamp),
) -> Result<Option<u32>> {
    let version = draft_version(over, at);
    let sql = if over == 0 {
        "insert into letter_draft (clinic_id, locale, letter, version, body, undo_body, saved_by, saved_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (clinic_id, locale, letter) do nothing"
    } else {
        "update letter_draft set version = $4, body = $5, undo_body = $6, saved_by = $7, saved_at = $8
         where clinic_id = $1 and locale = $2 and letter = $3 and version = $4 - 1"
    };
    let before = before.map(|before| text("letter_draft", before)).transpose()?;
    let rows = on!(db, c => sqlx::query(sql)
        .bind(key.clinic.to_string())
        .bind(key.locale)
        .bind(key.letter.id())
        .bind(i64::from(version))
        .bind(text("letter_draft", letter)?)
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
pub async fn drop_draft(db: &mut Db, key: Key<'_>, version: u32) -> Result<bool> {
    let sql = "delete from letter_draft where clinic_id = $1 and locale = $2 and letter = $3 and version = $4";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(key.clinic.to_string())
        .bind(key.locale)
        .bind(key.letter.id())
        .bind(i64::from(version))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The clinic's own claims, in order.
///
/// # Errors
/// When the database refuses.
pub async fn claims(db: &mut Db, clinic: ClinicId) -> Result<Vec<String>> {
    let sql = "select words from banned_claim where clinic_id = $1 order by words";
    Ok(on!(db, c => sqlx::query_scalar(sql).bind(clinic.to_string()).fetch_all(c).await)?)
}

/// Sets the clinic's own claims.
///
/// # Errors
/// When the database refuses.
pub async fn set_claims(db: &mut Db, clinic: ClinicId, claims: &[String]) -> Result<()> {
    let sql = "delete from banned_claim where clinic_id = $1";
    on!(db, c => sqlx::query(sql).bind(clinic.to_string()).execute(c).await.map(|_| ()))?;
    for words in claims {
        let sql =
            "insert into banned_claim (clinic_id, words) values ($1, $2) on conflict (clinic_id, words) do nothing";
        on!(db, c => sqlx::query(sql).bind(clinic.to_string()).bind(words).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

/// How many emails wait with which version of a letter. One that was on the wire already is not among them: what
/// is kept of it is what goes out again.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn waiting(db: &mut Db, key: Key<'_>) -> Result<Vec<(u32, usize)>> {
    let sql = "select letter_version, count(*) from email
               where clinic_id = $1 and locale = $2 and letter = $3 and state in ('scheduled', 'held')
                  and not exists (select 1 from email_content c where c.email_id = email.id)
               group by letter_version order by letter_version";
    let rows: Vec<(i64, i64)> = on!(db, c => sqlx::query_as(sql)
        .bind(key.clinic.to_string())
        .bind(key.locale)
        .bind(key.letter.id())
        .fetch_all(c)
        .await)?;
    rows.into_iter()
        .map(|(version, count)| {
            let count = usize::try_from(count).map_err(|_| bad("email", "count"))?;
            Ok((small("email", "letter_version", version)?, count))
        })
        .collect()
}

/// Moves what waits with one version to another, as this deed, which the audit keeps for each email. Returns how
/// many. An email that a worker has taken leaves with the version it had.
///
/// # Errors
/// When the database refuses.
pub async fn move_waiting(db: &mut Db, key: Key<'_>, (from, to): (u32, u32), entry: &Entry) -> Result<usize> {
    let sql = "update email set letter_version = $5
               where clinic_id = $1 and locale = $2 and letter = $3 and letter_version = $4
                  and state in ('scheduled', 'held')
                  and not exists (select 1 from email_content c where c.email_id = email.id)
               returning id";
    let ids: Vec<String> = on!(db, c => sqlx::query_scalar(sql)
        .bind(key.clinic.to_string())
        .bind(key.locale)
        .bind(key.letter.id())
        .bind(i64::from(from))
        .bind(i64::from(to))
        .fetch_all(c)
        .await)?;
    let entries: Vec<Entry> = ids.iter().map(|id| Entry { record_id: id.clone(), ..entry.clone() }).collect();
    audit::record_all(db, &entries).await?;
    Ok(ids.len())
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    locale: String,
    letter: String,
    version: i64,
    body: String,
    note: Vec<u8>,
    published_by: String,
    published_at: i64,
}

#[derive(sqlx::FromRow)]
struct DraftRow {
    locale: String,
    letter: String,
    version: i64,
    body: String,
    undo_body: Option<String>,
    saved_by: String,
    saved_at: i64,
}

fn body(table: &'static str, text: &str) -> Result<Letter> {
    serde_json::from_str(text).map_err(|_| bad(table, "body"))
}

fn text(table: &'static str, letter: &Letter) -> Result<String> {
    serde_json::to_string(letter).map_err(|_| bad(table, "body"))
}

fn note_context(key: Key<'_>, version: i64) -> String {
    format!("letter_version/note/{}/{}/{}/{version}", key.clinic, key.locale, key.letter.id())
}
