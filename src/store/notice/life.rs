//! A notice on its way out. Each step repeats the owner and the fence it was begun under, so that a
//! worker which lost its lease changes nothing.

use jiff::Timestamp;

use super::{Words, words_context};
use crate::clinic::ids::{ClinicId, NoticeId};
use crate::clinic::notice::Kind;
use crate::clinic::outbox::State;
use crate::clinic::person::EmailAddress;
use crate::store::audit::{self, Entry};
use crate::store::convert::{bad, instant, open_json, parse, small};
use crate::store::outbox::Owner;
use crate::store::{Db, Result, suppression};

/// A notice that is due.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Which one.
    pub id: NoticeId,
    /// Of which clinic.
    pub clinic: ClinicId,
    /// What it is about.
    pub kind: Kind,
    /// To whom.
    pub to: EmailAddress,
    /// What it says.
    pub words: Words,
    /// When it was due.
    pub due_at: Timestamp,
    /// Until when it is of use.
    pub not_after: Timestamp,
    /// Replies about it so far.
    pub attempts: u32,
    /// The Message-ID and the time of the first try, once there was one.
    pub first: Option<(String, Timestamp)>,
    /// To be repeated in [`begin`].
    pub fence: i64,
}

/// The answer to a [`begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Send it, and repeat this fence in [`finish`].
    Go(i64),
    /// Another worker has it, or it was called off.
    Lost,
    /// The address takes no mail; it has failed now.
    Suppressed,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "reasons and instants are their own names")]
pub enum Finished {
    /// Accepted with 250 after the final dot.
    Sent { at: Timestamp, reply: String },
    /// Refused for good.
    Failed { reason: String },
    /// Later again.
    Again { next_at: Timestamp, counts: bool, reason: String },
    /// The dot went out and no reply came.
    Uncertain { reason: String },
    /// Became too late.
    Expired { reason: String },
}

/// The most urgent notice that is due, if any. One that cannot be read fails by itself, so that it
/// never stops the others.
///
/// # Errors
/// When the database refuses.
pub async fn due(db: &mut Db, now: Timestamp) -> Result<Option<Taken>> {
    loop {
        let sql =
            "select id, clinic_id, kind, recipient, sealed, due_at, not_after, attempts, fence, message_id, sending_at
                   from notice where state = 'scheduled' and next_at <= $1
                   order by case when kind in ('alert', 'escalation') then 0 else 1 end, next_at, id limit 1";
        let row: Option<Row> = on!(db, c => sqlx::query_as(sql).bind(now.as_millisecond()).fetch_optional(c).await)?;
        let Some(row) = row else { return Ok(None) };
        let (id, clinic) = (row.id.clone(), row.clinic_id.clone());
        match row.taken(db) {
            Ok(taken) => return Ok(Some(taken)),
            Err(problem) => {
                tracing::error!(notice = %id, %problem, "a notice that cannot be read was failed");
                let sql = "update notice set state = 'failed', reason = 'the row cannot be read' where id = $1";
                on!(db, c => sqlx::query(sql).bind(&id).execute(c).await.map(|_| ()))?;
                let clinic = parse("notice", "clinic_id", &clinic)?;
                audit::record(db, &Entry::system(clinic, now, "notice.failed", "notice", id)).await?;
            }
        }
    }
}

/// When the next notice is due; `None` when none waits.
///
/// # Errors
/// When the database refuses.
pub async fn next_at(db: &mut Db) -> Result<Option<Timestamp>> {
    let sql = "select next_at from notice where state = 'scheduled' order by next_at limit 1";
    let next: Option<i64> = on!(db, c => sqlx::query_scalar(sql).fetch_optional(c).await)?;
    next.map(|millis| instant("notice", "next_at", millis)).transpose()
}

/// Says that a notice is about to be sent. Its bytes may leave after this was committed, and only
/// then.
///
/// # Errors
/// When the database refuses.
pub async fn begin(
    db: &mut Db,
    owner: &Owner,
    taken: &Taken,
    message_id: &str,
    (now, lease_until): (Timestamp, Timestamp),
) -> Result<Begun> {
    let fence = taken.fence + 1;
    if suppression::find(db, taken.clinic, &taken.to).await?.is_some() {
        let sql = "update notice set state = 'failed', fence = $2, reason = 'this address takes no mail'
                   where id = $1 and state = 'scheduled' and fence = $3";
        let rows = on!(db, c => sqlx::query(sql)
            .bind(taken.id.to_string())
            .bind(fence)
            .bind(taken.fence)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        if rows == 1 {
            record(db, taken, "notice.failed", now).await?;
        }
        return Ok(Begun::Suppressed);
    }
    let sql = "update notice set state = 'sending', owner = $2, lease_until = $3, fence = $4, message_id = coalesce(message_id, $5),
                  sending_at = coalesce(sending_at, $6), reason = null
               where id = $1 and state = 'scheduled' and fence = $7";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(taken.id.to_string())
        .bind(owner.as_str())
        .bind(lease_until.as_millisecond())
        .bind(fence)
        .bind(message_id)
        .bind(now.as_millisecond())
        .bind(taken.fence)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(if rows == 1 { Begun::Go(fence) } else { Begun::Lost })
}

/// Keeps how a try ended. A fence that is lost is logged and changes nothing.
///
/// # Errors
/// When the database refuses.
pub async fn finish(
    db: &mut Db,
    owner: &Owner,
    taken: &Taken,
    fence: i64,
    (outcome, now): (&Finished, Timestamp),
) -> Result<()> {
    let (state, action, reason) = match outcome {
        Finished::Sent { reply, .. } => (State::Sent, "notice.sent", reply),
        Finished::Failed { reason } => (State::Failed, "notice.failed", reason),
        Finished::Again { reason, .. } => (State::Scheduled, "notice.again", reason),
        Finished::Uncertain { reason } => (State::Uncertain, "notice.uncertain", reason),
        Finished::Expired { reason } => (State::Expired, "notice.expired", reason),
    };
    let sent_at = if let Finished::Sent { at, .. } = outcome { Some(at.as_millisecond()) } else { None };
    let (next_at, counted) = match outcome {
        Finished::Again { next_at, counts, .. } => (Some(next_at.as_millisecond()), i64::from(*counts)),
        _ => (None, 0),
    };
    let sql = "update notice set state = $4, owner = null, lease_until = null, sent_at = $5, reason = $6,
                  next_at = coalesce($7, next_at), attempts = attempts + $8
               where id = $1 and state = 'sending' and owner = $2 and fence = $3";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(taken.id.to_string())
        .bind(owner.as_str())
        .bind(fence)
        .bind(state.id())
        .bind(sent_at)
        .bind(reason)
        .bind(next_at)
        .bind(counted)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 0 {
        tracing::warn!(notice = %taken.id, to = state.id(), "lost its fence: another owner decides");
        return Ok(());
    }
    record(db, taken, action, now).await
}

/// Looks at a notice again at another time, or never: it has become too late.
///
/// # Errors
/// When the database refuses.
pub async fn put_off(db: &mut Db, taken: &Taken, until: Option<Timestamp>, now: Timestamp) -> Result<()> {
    let sql = match until {
        Some(_) => "update notice set next_at = $2 where id = $1 and state = 'scheduled' and fence = $3",
        None => {
            "update notice set state = 'expired', reason = 'became too late', next_at = $2
                 where id = $1 and state = 'scheduled' and fence = $3"
        }
    };
    let rows = on!(db, c => sqlx::query(sql)
        .bind(taken.id.to_string())
        .bind(until.unwrap_or(now).as_millisecond())
        .bind(taken.fence)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 && until.is_none() {
        record(db, taken, "notice.expired", now).await?;
    }
    Ok(())
}

/// Prolongs the lease of what this owner has on the wire.
///
/// # Errors
/// When the database refuses.
pub async fn renew(db: &mut Db, owner: &Owner, lease_until: Timestamp) -> Result<()> {
    let sql = "update notice set lease_until = $2 where state = 'sending' and owner = $1";
    on!(db, c =>
        sqlx::query(sql).bind(owner.as_str()).bind(lease_until.as_millisecond()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Settles what dead workers left on the wire and what a live one reported as uncertain: each is
/// repeated once, with the same Message-ID, and then left for staff to see.
///
/// # Errors
/// When the database refuses.
pub async fn recover(db: &mut Db, system_now: Timestamp, clinic_now: Timestamp) -> Result<u64> {
    let died = "update notice set state = 'uncertain', owner = null, lease_until = null, fence = fence + 1,
                   reason = 'the program stopped while this notice was on the wire'
                where state = 'sending' and lease_until < $1 returning id, clinic_id";
    let died: Vec<(String, String)> =
        on!(db, c => sqlx::query_as(died).bind(system_now.as_millisecond()).fetch_all(c).await)?;
    let again = "update notice set state = 'scheduled', resends = resends + 1, next_at = $1
                 where state = 'uncertain' and resends = 0 and not_after >= $1 returning id, clinic_id";
    let again: Vec<(String, String)> =
        on!(db, c => sqlx::query_as(again).bind(clinic_now.as_millisecond()).fetch_all(c).await)?;
    let settled = died.len() + again.len();
    let told = died.into_iter().map(|row| (row, "notice.uncertain"));
    for ((id, clinic), action) in told.chain(again.into_iter().map(|row| (row, "notice.resent"))) {
        let clinic = parse("notice", "clinic_id", &clinic)?;
        audit::record(db, &Entry::system(clinic, clinic_now, action, "notice", id)).await?;
    }
    Ok(settled as u64)
}

async fn record(db: &mut Db, taken: &Taken, action: &'static str, at: Timestamp) -> Result<()> {
    audit::record(db, &Entry::system(taken.clinic, at, action, "notice", taken.id.to_string())).await
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    clinic_id: String,
    kind: String,
    recipient: String,
    sealed: Vec<u8>,
    due_at: i64,
    not_after: i64,
    attempts: i64,
    fence: i64,
    message_id: Option<String>,
    sending_at: Option<i64>,
}

impl Row {
    fn taken(self, db: &Db) -> Result<Taken> {
        let sending_at = self.sending_at.map(|at| instant("notice", "sending_at", at)).transpose()?;
        Ok(Taken {
            id: parse("notice", "id", &self.id)?,
            clinic: parse("notice", "clinic_id", &self.clinic_id)?,
            kind: Kind::of(&self.kind).ok_or_else(|| bad("notice", "kind"))?,
            to: parse("notice", "recipient", &self.recipient)?,
            words: open_json(db, "notice", &words_context(&self.id), &self.sealed)?,
            due_at: instant("notice", "due_at", self.due_at)?,
            not_after: instant("notice", "not_after", self.not_after)?,
            attempts: small("notice", "attempts", self.attempts)?,
            first: self.message_id.zip(sending_at),
            fence: self.fence,
        })
    }
}
