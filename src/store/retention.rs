//! How long each clinic keeps texts and records, legal holds, and what is past its time.

use jiff::Timestamp;

use super::convert::{bad, instant, parse};
use super::{Db, Result};
use crate::clinic::ids::{AccountId, ClientId, ClinicId, EmailId};
use crate::clinic::retention::Keeping;

/// That a client's record stays whatever the clinic's rules say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Why, in the words of staff.
    pub reason: String,
    /// Who said so.
    pub by: AccountId,
    /// Since when.
    pub at: Timestamp,
}

/// What every clinic has set, with the moment up to which texts are gone already.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(db: &mut Db) -> Result<Vec<(ClinicId, Keeping, Timestamp)>> {
    let sql = "select id, keep_sent_days, keep_record_years, texts_gone_until from clinic order by id";
    type Line = (String, Option<i64>, Option<i64>, Option<i64>);
    let rows: Vec<Line> = on!(db, c => sqlx::query_as(sql).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(id, days, years, gone)| {
            let gone = gone.map_or(Ok(Timestamp::MIN), |at| instant("clinic", "texts_gone_until", at))?;
            Ok((parse("clinic", "id", &id)?, keeping(days, years)?, gone))
        })
        .collect()
}

/// What a clinic has set.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn of(db: &mut Db, clinic: ClinicId) -> Result<Keeping> {
    let sql = "select keep_sent_days, keep_record_years from clinic where id = $1";
    let row: Option<(Option<i64>, Option<i64>)> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_optional(c).await)?;
    row.map_or_else(|| Ok(Keeping::default()), |(days, years)| keeping(days, years))
}

fn keeping(days: Option<i64>, years: Option<i64>) -> Result<Keeping> {
    let sent_days = days.map(u16::try_from).transpose().map_err(|_| bad("clinic", "keep_sent_days"))?;
    let record_years = years.map(u16::try_from).transpose().map_err(|_| bad("clinic", "keep_record_years"))?;
    Ok(Keeping { sent_days, record_years })
}

/// Sets it over the version of the clinic's settings that somebody saw; `false` when another was saved meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, clinic: ClinicId, keeping: Keeping, over: u32) -> Result<bool> {
    let sql = "update clinic set keep_sent_days = $2, keep_record_years = $3, version = version + 1
               where id = $1 and version = $4";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(keeping.sent_days.map(i64::from))
        .bind(keeping.record_years.map(i64::from))
        .bind(i64::from(over))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Emails of a clinic that left after `since` and before `before`, have their text and no legal hold on it: the
/// first of them, at most `limit`.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn texts(
    db: &mut Db,
    clinic: ClinicId,
    (since, before): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<EmailId>> {
    // What is held or uncertain may leave once more, and then with this very text.
    let sql = "select e.id from email_ever e where e.clinic_id = $1 and e.left_at >= $2 and e.left_at < $3
                  and e.state in ('sent', 'failed', 'cancelled', 'suppressed', 'expired')
                  and exists (select 1 from email_content c where c.email_id = e.id)
                  and not exists (select 1 from legal_hold h where h.clinic_id = e.clinic_id and h.client_id = e.client_id)
               order by e.left_at limit $4";
    let ids: Vec<String> = on!(db, c => sqlx::query_scalar(sql)
        .bind(clinic.to_string())
        .bind(since.as_millisecond())
        .bind(before.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    ids.iter().map(|id| parse("email", "id", id)).collect()
}

/// Removes the text of an email of this clinic, unless somebody put its client on legal hold meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn remove_text(db: &mut Db, clinic: ClinicId, email: EmailId) -> Result<bool> {
    let sql = "delete from email_content where email_id in (select e.id from email_ever e where e.clinic_id = $1 and e.id = $2
                  and not exists (select 1 from legal_hold h where h.clinic_id = e.clinic_id and h.client_id = e.client_id))";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(email.to_string())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes up to when a clinic's texts are gone, so that nobody looks there again.
///
/// # Errors
/// When the database refuses.
pub async fn gone_until(db: &mut Db, clinic: ClinicId, until: Timestamp) -> Result<()> {
    let sql = "update clinic set texts_gone_until = $2 where id = $1";
    on!(db, c => sqlx::query(sql).bind(clinic.to_string()).bind(until.as_millisecond()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Clients of a clinic who had no visit from this moment on, none booked and no legal hold, with the end of their
/// last visit, or when they were registered. Those who did not come for longest first, at most `limit`.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn past(db: &mut Db, clinic: ClinicId, before: Timestamp, limit: u32) -> Result<Vec<(ClientId, Timestamp)>> {
    let sql = "select c.id, coalesce((select max(v.ends_at) from visit v
                     where v.clinic_id = c.clinic_id and v.client_id = c.id), c.created_at) as last
               from client c where c.clinic_id = $1 and c.created_at < $2
                  and not exists (select 1 from visit v
                     where v.clinic_id = c.clinic_id and v.client_id = c.id and v.ends_at >= $2)
                  and not exists (select 1 from legal_hold h where h.clinic_id = c.clinic_id and h.client_id = c.id)
               order by last, c.id limit $3";
    let rows: Vec<(String, i64)> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(before.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(|(id, at)| Ok((parse("client", "id", &id)?, instant("visit", "ends_at", at)?))).collect()
}

/// The legal hold on a client's record.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn hold(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Option<Hold>> {
    let sql = "select client_id, reason, held_by, at from legal_hold where clinic_id = $1 and client_id = $2";
    let row: Option<Row> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(client.to_string()).fetch_optional(c).await)?;
    row.map(|row| Ok(opened(db, &row)?.1)).transpose()
}

/// Every legal hold of a clinic, the oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn holds(db: &mut Db, clinic: ClinicId) -> Result<Vec<(ClientId, Hold)>> {
    let sql = "select client_id, reason, held_by, at from legal_hold where clinic_id = $1 order by at, client_id";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.iter().map(|row| opened(db, row)).collect()
}

/// Puts a client's record on legal hold; `false` when it is already.
///
/// # Errors
/// When the database refuses.
pub async fn begin_hold(db: &mut Db, clinic: ClinicId, client: ClientId, hold: &Hold) -> Result<bool> {
    let reason = db.seal().seal(&context(client), hold.reason.as_bytes());
    let sql = "insert into legal_hold (clinic_id, client_id, reason, held_by, at) values ($1, $2, $3, $4, $5)
               on conflict (clinic_id, client_id) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(reason)
        .bind(hold.by.to_string())
        .bind(hold.at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Ends the legal hold on a client's record; `false` when there is none. Texts it kept are looked at again.
///
/// # Errors
/// When the database refuses.
pub async fn end_hold(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<bool> {
    let sql = "delete from legal_hold where clinic_id = $1 and client_id = $2";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 {
        let sql = "update clinic set texts_gone_until = null where id = $1";
        on!(db, c => sqlx::query(sql).bind(clinic.to_string()).execute(c).await.map(|_| ()))?;
    }
    Ok(rows == 1)
}

#[derive(sqlx::FromRow)]
struct Row {
    client_id: String,
    reason: Vec<u8>,
    held_by: String,
    at: i64,
}

fn opened(db: &Db, row: &Row) -> Result<(ClientId, Hold)> {
    let client = parse("legal_hold", "client_id", &row.client_id)?;
    let reason = db.seal().open(&context(client), &row.reason)?;
    let hold = Hold {
        reason: String::from_utf8(reason).map_err(|_| bad("legal_hold", "reason"))?,
        by: parse("legal_hold", "held_by", &row.held_by)?,
        at: instant("legal_hold", "at", row.at)?,
    };
    Ok((client, hold))
}

fn context(client: ClientId) -> String {
    format!("legal_hold/reason/{client}")
}
