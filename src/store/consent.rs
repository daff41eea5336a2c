//! What clients agree to, now and over time. The current state decides every send; the history
//! answers "when did they agree, and to which words?".

use jiff::Timestamp;

use super::convert::{bad, fresh_uuid, instant, small};
use super::{Db, Result, outbox};
use crate::clinic::ids::{ClientId, ClinicId};
use crate::clinic::intake::Consent;
use crate::clinic::intake::form::InLanguage;
use crate::clinic::wording::Words;

/// One time that a client gave or took back a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// For what.
    pub purpose: Consent,
    /// Given, or taken back.
    pub given: bool,
    /// When.
    pub at: Timestamp,
    /// Which version of the words the client saw.
    pub wording_version: u32,
    /// In which language they saw them.
    pub lang: &'static str,
}

/// Keeps a consent given or taken back, in the current state and in the history. After the commit
/// of a withdrawal no email begins against it; waiting ones are called off by
/// [`outbox::cancel_waiting`] in the same transaction.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn set(db: &mut Db, clinic: ClinicId, client: ClientId, change: Change) -> Result<()> {
    if !change.given {
        outbox::stop_begins(db).await?;
    }
    // The history first: its foreign key refuses a client of another clinic.
    let event = "insert into consent_event (id, clinic_id, client_id, purpose, given, at, wording_version, lang)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let state = "insert into consent (clinic_id, client_id, purpose, given, at, wording_version, lang)
                 values ($1, $2, $3, $4, $5, $6, $7)
                 on conflict (client_id, purpose) do update
                 set given = excluded.given, at = excluded.at, wording_version = excluded.wording_version,
                     lang = excluded.lang";
    on!(db, c => {
        sqlx::query(event)
            .bind(fresh_uuid(change.at).to_string())
            .bind(clinic.to_string())
            .bind(client.to_string())
            .bind(change.purpose.id())
            .bind(i16::from(change.given))
            .bind(change.at.as_millisecond())
            .bind(i64::from(change.wording_version))
            .bind(change.lang)
            .execute(&mut *c)
            .await?;
        sqlx::query(state)
            .bind(clinic.to_string())
            .bind(client.to_string())
            .bind(change.purpose.id())
            .bind(i16::from(change.given))
            .bind(change.at.as_millisecond())
            .bind(i64::from(change.wording_version))
            .bind(change.lang)
            .execute(c)
            .await?;
    });
    Ok(())
}

/// Keeps the exact words of a consent from the first time they are used; later words of the same
/// version and language change nothing.
///
/// # Errors
/// When the database refuses.
pub async fn keep_words(db: &mut Db, clinic: ClinicId, purpose: Consent, shown: InLanguage<'_>) -> Result<()> {
    let sql = "insert into consent_wording (clinic_id, purpose, version, lang, words) values ($1, $2, $3, $4, $5)
               on conflict (clinic_id, purpose, version, lang) do nothing";
    on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(purpose.id())
        .bind(i64::from(shown.version))
        .bind(shown.lang)
        .bind(shown.words)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The words a client agreed to, if they were kept.
///
/// # Errors
/// When the database refuses.
pub async fn words(
    db: &mut Db,
    clinic: ClinicId,
    purpose: Consent,
    (version, lang): (u32, &str),
) -> Result<Option<String>> {
    let sql = "select words from consent_wording where clinic_id = $1 and purpose = $2 and version = $3 and lang = $4";
    Ok(on!(db, c => sqlx::query_scalar(sql)
        .bind(clinic.to_string())
        .bind(purpose.id())
        .bind(i64::from(version))
        .bind(lang)
        .fetch_optional(c)
        .await)?)
}

/// What a client agrees to now, in the order of [`Consent::ALL`].
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_client(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Vec<Consent>> {
    let sql = "select purpose from consent where clinic_id = $1 and client_id = $2 and given = 1";
    let rows: Vec<String> = on!(db, c =>
        sqlx::query_scalar(sql).bind(clinic.to_string()).bind(client.to_string()).fetch_all(c).await)?;
    let mut purposes = rows.iter().map(|id| purpose(id)).collect::<Result<Vec<_>>>()?;
    purposes.sort_unstable();
    Ok(purposes)
}

/// Everything a client gave and took back, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn history(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Vec<Change>> {
    let sql = "select purpose, given, at, wording_version, lang from consent_event
               where clinic_id = $1 and client_id = $2 order by at, id";
    let rows: Vec<(String, i16, i64, i64, String)> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(client.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(id, given, at, wording, lang)| {
            Ok(Change {
                purpose: purpose(&id)?,
                given: given == 1,
                at: instant("consent_event", "at", at)?,
                wording_version: small("consent_event", "wording_version", wording)?,
                lang: Words::of(&lang).ok_or_else(|| bad("consent_event", "lang"))?.lang,
            })
        })
        .collect()
}

pub(super) fn purpose(id: &str) -> Result<Consent> {
    Consent::ALL.into_iter().find(|purpose| purpose.id() == id).ok_or_else(|| bad("consent", "purpose"))
}
