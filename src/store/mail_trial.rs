//! Test mails to oneself: a page asks, the worker sends, the page shows the answer. Times are system
//! time.

use jiff::Timestamp;

use super::convert::{fresh_uuid, instant, parse};
use super::{Db, Result, wake};
use crate::clinic::ids::{AccountId, ClinicId, EmailId};
use crate::clinic::person::{EmailAddress, PersonName};

/// How one ended or stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// "asked", "trying", "sent" or "failed".
    pub state: String,
    /// The server's answer, or what went wrong on the way.
    pub reply: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// One to send.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its id, which its Message-ID is made of.
    pub id: EmailId,
    /// The clinic it names.
    pub clinic_name: String,
    /// To whom.
    pub name: PersonName,
    /// Where to.
    pub email: EmailAddress,
}

/// Asks for one.
///
/// # Errors
/// When the database refuses.
pub async fn ask(db: &mut Db, clinic: ClinicId, account: AccountId, now: Timestamp) -> Result<()> {
    wake::soon(db).await?;
    let sql = "insert into mail_trial (id, clinic_id, account_id, asked_at, state) values ($1, $2, $3, $4, 'asked')";
    on!(db, c => sqlx::query(sql)
        .bind(fresh_uuid(now).to_string())
        .bind(clinic.to_string())
        .bind(account.to_string())
        .bind(now.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The newest of a clinic.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn newest(db: &mut Db, clinic: ClinicId) -> Result<Option<Trial>> {
    let sql =
        "select state, reply, asked_at from mail_trial where clinic_id = $1 order by asked_at desc, id desc limit 1";
    let row: Option<(String, Option<String>, i64)> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_optional(c).await)?;
    row.map(|(state, reply, at)| {
        Ok(Trial { state, reply: reply.unwrap_or_default(), asked_at: instant("mail_trial", "asked_at", at)? })
    })
    .transpose()
}

/// Whether one waits.
///
/// # Errors
/// When the database refuses.
pub async fn is_any(db: &mut Db) -> Result<bool> {
    let sql = "select id from mail_trial where state = 'asked' limit 1";
    let found: Option<String> = on!(db, c => sqlx::query_scalar(sql).fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// Takes the oldest that waits; nobody else takes it then.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn take(db: &mut Db) -> Result<Option<Taken>> {
    let sql = "select mail_trial.id, clinic.name, account.name, account.email
               from mail_trial
               join clinic on clinic.id = mail_trial.clinic_id
               join account on account.clinic_id = mail_trial.clinic_id and account.id = mail_trial.account_id
               where mail_trial.state = 'asked' order by mail_trial.asked_at limit 1";
    let row: Option<(String, String, String, String)> = on!(db, c => sqlx::query_as(sql).fetch_optional(c).await)?;
    let Some((id, clinic_name, name, email)) = row else { return Ok(None) };
    let sql = "update mail_trial set state = 'trying' where id = $1 and state = 'asked'";
    let taken = on!(db, c => sqlx::query(sql).bind(&id).execute(c).await.map(|done| done.rows_affected()))?;
    if taken == 0 {
        return Ok(None);
    }
    Ok(Some(Taken {
        id: parse("mail_trial", "id", &id)?,
        clinic_name,
        name: parse("account", "name", &name)?,
        email: parse("account", "email", &email)?,
    }))
}

/// Notes how it ended.
///
/// # Errors
/// When the database refuses.
pub async fn finish(db: &mut Db, id: EmailId, sent: bool, reply: &str) -> Result<()> {
    let sql = "update mail_trial set state = $2, reply = $3 where id = $1";
    on!(db, c => sqlx::query(sql)
        .bind(id.to_string())
        .bind(if sent { "sent" } else { "failed" })
        .bind(reply)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}
