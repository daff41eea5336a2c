//! Webhooks and their calls. A call is a row, written in the transaction of what it tells of. Times are system time.

use jiff::Timestamp;
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::audit::Entry;
use super::case::{among, json_list};
use super::convert::{bad, fresh_uuid, instant, parse};
use super::{Db, Error, Result};
use crate::clinic::ids::{ClinicId, WebhookCallId, WebhookId};
use crate::clinic::webhook::{Event, Events};

/// An address that is called.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Webhook {
    pub id: WebhookId,
    pub url: String,
    pub events: Events,
    /// An account id, or the id of a token.
    pub made_by: String,
    pub made_at: Timestamp,
    /// Since when it is switched off.
    pub off_at: Option<Timestamp>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.id)
    }
}

/// A call and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Call {
    pub id: WebhookCallId,
    pub event: String,
    pub made_at: Timestamp,
    /// When it is tried next; none: it arrived, or was given up.
    pub next_at: Option<Timestamp>,
    pub attempts: u32,
    pub arrived_at: Option<Timestamp>,
    pub reply: String,
}

/// A call whose turn it is.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Due {
    pub clinic: ClinicId,
    pub webhook: WebhookId,
    pub call: WebhookCallId,
    pub url: String,
    pub secret: Vec<u8>,
    pub body: String,
    pub made_at: Timestamp,
    /// Tries, this one included.
    pub attempts: u32,
}

fn secret_context(id: impl std::fmt::Display) -> String {
    format!("webhook/secret/{id}")
}

fn words(events: &Events) -> String {
    events.iter().map(|event| event.id()).collect::<Vec<_>>().join(" ")
}

/// Keeps a new webhook, with the bytes that sign its calls.
///
/// # Errors
/// When the database refuses.
pub async fn insert(db: &mut Db, clinic: ClinicId, new: &Webhook, secret: &[u8]) -> Result<()> {
    let sealed = db.seal().seal(&secret_context(new.id), secret);
    let sql = "insert into webhook (id, clinic_id, url, secret, events, made_by, made_at)
               values ($1, $2, $3, $4, $5, $6, $7)";
    on!(db, c => sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(clinic.to_string())
        .bind(&new.url)
        .bind(sealed)
        .bind(words(&new.events))
        .bind(&new.made_by)
        .bind(new.made_at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const COLUMNS: &str = "select id, url, events, made_by, made_at, off_at from webhook";

/// The webhooks of a clinic, the oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn all(db: &mut Db, clinic: ClinicId) -> Result<Vec<Webhook>> {
    let sql = AssertSqlSafe(format!("{COLUMNS} where clinic_id = $1 order by id"));
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(Row::webhook).collect()
}

/// The webhook of this id.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, id: WebhookId) -> Result<Option<Webhook>> {
    let sql = AssertSqlSafe(format!("{COLUMNS} where clinic_id = $1 and id = $2"));
    let row: Option<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(Row::webhook).transpose()
}

/// Removes a webhook with its calls; `false` when the clinic has none of this id.
///
/// # Errors
/// When the database refuses.
pub async fn remove(db: &mut Db, clinic: ClinicId, id: WebhookId) -> Result<bool> {
    let calls = "delete from webhook_call where clinic_id = $1 and webhook_id = $2";
    on!(db, c => sqlx::query(calls).bind(clinic.to_string()).bind(id.to_string()).execute(c).await.map(|_| ()))?;
    let sql = "delete from webhook where clinic_id = $1 and id = $2";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Switches a webhook off since this moment, or on again.
///
/// # Errors
/// When the database refuses.
pub async fn switch(db: &mut Db, clinic: ClinicId, id: WebhookId, off_at: Option<Timestamp>) -> Result<bool> {
    let sql = "update webhook set off_at = $3 where clinic_id = $1 and id = $2";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(off_at.map(Timestamp::as_millisecond))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Writes a call for each webhook that hears of one of these deeds.
///
/// # Errors
/// When the database refuses.
pub(super) async fn tell(db: &mut Db, deeds: &[Entry]) -> Result<()> {
    let told: Vec<(Event, &Entry)> =
        deeds.iter().filter_map(|deed| Event::of_deed(&deed.action).map(|event| (event, deed))).collect();
    if told.is_empty() {
        return Ok(());
    }
    let sql = "select id, clinic_id, events from webhook where off_at is null";
    let hooks: Vec<(String, String, String)> = on!(db, c => sqlx::query_as(sql).fetch_all(c).await)?;
    for (id, clinic, events) in hooks {
        for (event, deed) in &told {
            if deed.clinic.to_string() == clinic && events.split(' ').any(|one| one == event.id()) {
                call(db, (deed.clinic, &id), event.id(), deed.at, (&deed.kind, &deed.record_id)).await?;
            }
        }
    }
    Ok(())
}

/// Writes one call: what happened, when, and to which record.
async fn call(
    db: &mut Db,
    (clinic, webhook): (ClinicId, &str),
    event: &str,
    at: Timestamp,
    (kind, record): (&str, &str),
) -> Result<()> {
    let body = json!({ "type": event, "timestamp": at.to_string(), "data": { "kind": kind, "id": record } });
    // Due at once, whatever the clocks say: the worker goes by system time, and a deed by the clinic's.
    let sql = "insert into webhook_call (id, clinic_id, webhook_id, event, body, made_at, next_at, attempts, reply)
               values ($1, $2, $3, $4, $5, 0, 0, 0, '')";
    on!(db, c => sqlx::query(sql)
        .bind(fresh_uuid(at).to_string())
        .bind(clinic.to_string())
        .bind(webhook)
        .bind(event)
        .bind(body.to_string())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Writes a call that tells of nothing, to see whether somebody is there.
///
/// # Errors
/// When the database refuses.
pub async fn call_for_trial(db: &mut Db, clinic: ClinicId, id: WebhookId, now: Timestamp) -> Result<()> {
    call(db, (clinic, &id.to_string()), "trial", now, ("webhook", &id.to_string())).await
}

/// When the next call is to be made; `None` when none waits.
///
/// # Errors
/// When the database refuses.
pub async fn next_at(db: &mut Db) -> Result<Option<Timestamp>> {
    let sql = "select next_at from webhook_call where next_at is not null order by next_at limit 1";
    let next: Option<i64> = on!(db, c => sqlx::query_scalar(sql).fetch_optional(c).await)?;
    next.map(|at| instant("webhook_call", "next_at", at)).transpose()
}

/// Takes the call whose turn it is, and puts the next try off until `leased`: whoever dies over it leaves it to be
/// made then. Those of webhooks that are `busy` stay. Another worker takes another one. A call that cannot be read is
/// given up by itself, so that it never keeps others from being made.
///
/// # Errors
/// When the database refuses.
pub async fn take(db: &mut Db, busy: &[WebhookId], now: Timestamp, leased: Timestamp) -> Result<Option<Due>> {
    let sql = format!(
        "update webhook_call set next_at = $3, attempts = attempts + 1,
            made_at = case when made_at = 0 then $2 else made_at end
         where id = (select id from webhook_call where next_at is not null and next_at <= $2
            and not webhook_id {} order by next_at, id limit 1) and next_at <= $2
         returning id",
        among(db)
    );
    let busy = json_list(busy.iter().map(ToString::to_string));
    loop {
        let taken: Option<String> = on!(db, c => sqlx::query_scalar(AssertSqlSafe(sql.clone()))
            .bind(&busy)
            .bind(now.as_millisecond())
            .bind(leased.as_millisecond())
            .fetch_optional(c)
            .await)?;
        let Some(id) = taken else { return Ok(None) };
        match due(db, &id).await {
            Ok(due) => return Ok(Some(due)),
            Err(problem @ (Error::Seal(_) | Error::BadRow { .. })) => {
                tracing::error!(call = %id, %problem, "a call to a webhook cannot be read and is given up");
                let sql = "update webhook_call set next_at = null,
                              reply = 'its secret cannot be opened; remove this webhook and add it again' where id = $1";
                on!(db, c => sqlx::query(sql).bind(&id).execute(c).await.map(|_| ()))?;
            }
            Err(problem) => return Err(problem),
        }
    }
}

async fn due(db: &mut Db, id: &str) -> Result<Due> {
    let sql = "select c.clinic_id, c.webhook_id, w.url, w.secret, c.body, c.made_at, c.attempts
               from webhook_call c join webhook w on w.id = c.webhook_id where c.id = $1";
    let (clinic, webhook, url, secret, body, made_at, attempts): (String, String, String, Vec<u8>, String, i64, i64) =
        on!(db, c => sqlx::query_as(sql).bind(id).fetch_one(c).await)?;
    Ok(Due {
        secret: db.seal().open(&secret_context(&webhook), &secret)?,
        clinic: parse("webhook_call", "clinic_id", &clinic)?,
        webhook: parse("webhook_call", "webhook_id", &webhook)?,
        call: parse("webhook_call", "id", id)?,
        url,
        body,
        made_at: instant("webhook_call", "made_at", made_at)?,
        attempts: u32::try_from(attempts).map_err(|_| bad("webhook_call", "attempts"))?,
    })
}

/// Notes how a call ended: it arrived, is tried again, or is given up.
///
/// # Errors
/// When the database refuses.
pub async fn ended(
    db: &mut Db,
    due: &Due,
    (arrived_at, next_at): (Option<Timestamp>, Option<Timestamp>),
    reply: &str,
) -> Result<()> {
    let sql = "update webhook_call set arrived_at = $2, next_at = $3, reply = $4 where id = $1 and attempts = $5";
    on!(db, c => sqlx::query(sql)
        .bind(due.call.to_string())
        .bind(arrived_at.map(Timestamp::as_millisecond))
        .bind(next_at.map(Timestamp::as_millisecond))
        .bind(reply)
        .bind(i64::from(due.attempts))
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Gives up what still waits for a webhook.
///
/// # Errors
/// When the database refuses.
pub async fn give_up(db: &mut Db, clinic: ClinicId, id: WebhookId) -> Result<()> {
    let sql = "update webhook_call set next_at = null where clinic_id = $1 and webhook_id = $2 and next_at is not null";
    on!(db, c => sqlx::query(sql).bind(clinic.to_string()).bind(id.to_string()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// The last calls of a webhook, the newest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn calls(db: &mut Db, clinic: ClinicId, id: WebhookId, limit: u32) -> Result<Vec<Call>> {
    let sql = "select id, event, made_at, next_at, attempts, arrived_at, reply from webhook_call
               where clinic_id = $1 and webhook_id = $2 order by id desc limit $3";
    let rows: Vec<CallRow> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(CallRow::call).collect()
}

/// Forgets calls that ended and were made before this.
///
/// # Errors
/// When the database refuses.
pub async fn forget(db: &mut Db, before: Timestamp) -> Result<()> {
    let sql = "delete from webhook_call where next_at is null and made_at < $1";
    on!(db, c => sqlx::query(sql).bind(before.as_millisecond()).execute(c).await.map(|_| ()))?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    url: String,
    events: String,
    made_by: String,
    made_at: i64,
    off_at: Option<i64>,
}

impl Row {
    fn webhook(self) -> Result<Webhook> {
        let events = self.events.split(' ').map(|id| Event::of(id).ok_or_else(|| bad("webhook", "events")));
        Ok(Webhook {
            id: parse("webhook", "id", &self.id)?,
            events: events.collect::<Result<_>>()?,
            url: self.url,
            made_by: self.made_by,
            made_at: instant("webhook", "made_at", self.made_at)?,
            off_at: self.off_at.map(|at| instant("webhook", "off_at", at)).transpose()?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct CallRow {
    id: String,
    event: String,
    made_at: i64,
    next_at: Option<i64>,
    attempts: i64,
    arrived_at: Option<i64>,
    reply: String,
}

impl CallRow {
    fn call(self) -> Result<Call> {
        let some = |column, at: Option<i64>| at.map(|at| instant("webhook_call", column, at)).transpose();
        Ok(Call {
            id: parse("webhook_call", "id", &self.id)?,
            event: self.event,
            made_at: instant("webhook_call", "made_at", self.made_at)?,
            next_at: some("next_at", self.next_at)?,
            attempts: u32::try_from(self.attempts).map_err(|_| bad("webhook_call", "attempts"))?,
            arrived_at: some("arrived_at", self.arrived_at)?,
            reply: self.reply,
        })
    }
}
