//! Notices: service mail we owe or sent. A row is written in the transaction that caused it, and of
//! one kind and cause only once. What happens to one next is decided in [`crate::clinic::notice`]
//! and by the worker; here the decision is kept, with its audit row. Subject and words are sealed.

mod life;

pub use life::{Begun, Finished, Taken, begin, due, finish, next_at, put_off, recover, renew};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::audit::{self, Entry};
use super::convert::{bad, fresh_uuid, instant, open_json, parse, parse_some, seal_json, some_text};
use super::{Db, Result, wake};
use crate::clinic::ids::{AccountId, ClientId, ClinicId, NoticeId};
use crate::clinic::notice::{Kind, Notice};
use crate::clinic::outbox::State;

/// What is sealed of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The subject.
    pub subject: String,
    /// The words.
    pub text: String,
    /// The same words as a page, when the notice brought one.
    pub html: Option<String>,
}

fn words_context(id: impl std::fmt::Display) -> String {
    format!("notice/words/{id}")
}

/// Owes a notice. `false` when one of this kind and cause is owed or was sent already.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn put(db: &mut Db, new: &Notice) -> Result<bool> {
    wake::soon(db).await?;
    let id = NoticeId::from_uuid(fresh_uuid(new.due_at));
    let words = Words { subject: new.subject.clone(), text: new.text.clone(), html: new.html.clone() };
    let sealed = seal_json(db, &words_context(id), &words)?;
    let sql =
        "insert into notice (id, clinic_id, client_id, kind, cause, recipient, sealed, due_at, not_after, next_at,
                  state)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, 'scheduled')
               on conflict (clinic_id, kind, cause) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(id.to_string())
        .bind(new.clinic.to_string())
        .bind(some_text(new.client))
        .bind(new.kind.id())
        .bind(&new.cause)
        .bind(new.to.as_str())
        .bind(sealed)
        .bind(new.due_at.as_millisecond())
        .bind(new.not_after.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 {
        let entry = Entry::system(new.clinic, new.due_at, "notice.owed", "notice", id.to_string());
        audit::record(db, &entry).await?;
    }
    Ok(rows == 1)
}

/// Calls off what waits of one kind and cause. `false` when none waits.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn call_off(
    db: &mut Db,
    clinic: ClinicId,
    kind: Kind,
    cause: &str,
    (reason, at): (&str, Timestamp),
) -> Result<bool> {
    let sql = "update notice set state = 'cancelled', reason = $4
               where clinic_id = $1 and kind = $2 and cause = $3 and state = 'scheduled' returning id";
    let ids: Vec<String> = on!(db, c => sqlx::query_scalar(sql)
        .bind(clinic.to_string())
        .bind(kind.id())
        .bind(cause)
        .bind(reason)
        .fetch_all(c)
        .await)?;
    for id in &ids {
        audit::record(db, &Entry::system(clinic, at, "notice.cancelled", "notice", id.clone())).await?;
    }
    Ok(!ids.is_empty())
}

/// Where each notice of this kind about a thing stands: the cause is the thing's id, or begins with it and a
/// slash.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn about(db: &mut Db, clinic: ClinicId, kind: Kind, thing: &str) -> Result<Vec<(String, State)>> {
    // A slash is followed by a zero in every character set: the range holds what begins with it.
    let sql = "select cause, state from notice where clinic_id = $1 and kind = $2
                  and (cause = $3 or (cause >= $4 and cause < $5)) order by id";
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(kind.id())
        .bind(thing)
        .bind(format!("{thing}/"))
        .bind(format!("{thing}0"))
        .fetch_all(c)
        .await)?;
    rows.into_iter()
        .map(|(cause, state)| Ok((cause, State::of(&state).ok_or_else(|| bad("notice", "state"))?)))
        .collect()
}

/// A notice as pages tell of it; never its words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the outbox")]
pub struct Told {
    pub id: NoticeId,
    pub client: Option<ClientId>,
    pub kind: Kind,
    pub cause: String,
    pub recipient: String,
    pub due_at: Timestamp,
    pub state: State,
    pub sent_at: Option<Timestamp>,
    pub why: String,
}

/// What left of a clinic's service mail, newest first, at most `limit`.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn newest(db: &mut Db, clinic: ClinicId, limit: u32) -> Result<Vec<Told>> {
    let sql = "select id, client_id, kind, cause, recipient, due_at, state, sent_at, reason from notice
               where clinic_id = $1 and sending_at is not null order by sending_at desc, id desc limit $2";
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter().map(Row::told).collect()
}

/// One notice with its words.
///
/// # Errors
/// When the database refuses, a row cannot be read or the words do not open.
pub async fn find(db: &mut Db, clinic: ClinicId, id: NoticeId) -> Result<Option<(Told, Words)>> {
    let sql = "select id, client_id, kind, cause, recipient, due_at, state, sent_at, reason from notice
               where clinic_id = $1 and id = $2";
    let row: Option<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    let Some(row) = row else { return Ok(None) };
    let sql = "select sealed from notice where clinic_id = $1 and id = $2";
    let sealed: Vec<u8> =
        on!(db, c => sqlx::query_scalar(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_one(c).await)?;
    let words = open_json(db, "notice", &words_context(id), &sealed)?;
    Ok(Some((row.told()?, words)))
}

/// The notices of a clinic that did not go out or may not have arrived, and that nobody has seen to;
/// earliest due first, at most `limit`.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn troubles(db: &mut Db, clinic: ClinicId, limit: u32) -> Result<Vec<Told>> {
    let sql = "select id, client_id, kind, cause, recipient, due_at, state, sent_at, reason from notice
               where clinic_id = $1 and state in ('failed', 'uncertain', 'expired') and seen_at is null
               order by due_at, id limit $2";
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter().map(Row::told).collect()
}

/// Somebody has seen to a notice that went wrong. `false` when there is none, or it was seen to.
///
/// # Errors
/// When the database refuses.
pub async fn seen(db: &mut Db, clinic: ClinicId, id: NoticeId, (by, at): (AccountId, Timestamp)) -> Result<bool> {
    let sql = "update notice set seen_by = $3, seen_at = $4
               where clinic_id = $1 and id = $2 and seen_at is null and state in ('failed', 'uncertain', 'expired')";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(by.to_string())
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: Option<String>,
    kind: String,
    cause: String,
    recipient: String,
    due_at: i64,
    state: String,
    sent_at: Option<i64>,
    reason: Option<String>,
}

impl Row {
    fn told(self) -> Result<Told> {
        Ok(Told {
            id: parse("notice", "id", &self.id)?,
            client: parse_some("notice", "client_id", self.client_id.as_deref())?,
            kind: Kind::of(&self.kind).ok_or_else(|| bad("notice", "kind"))?,
            cause: self.cause,
            recipient: self.recipient,
            due_at: instant("notice", "due_at", self.due_at)?,
            state: State::of(&self.state).ok_or_else(|| bad("notice", "state"))?,
            sent_at: self.sent_at.map(|at| instant("notice", "sent_at", at)).transpose()?,
            why: self.reason.unwrap_or_default(),
        })
    }
}
