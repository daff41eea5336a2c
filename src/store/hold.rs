//! After a restore nothing leaves until a person has looked: what the backup takes for due may have gone
//! out since. Each clinic has a hold of its own, asked in the statement that begins an email.
//!
//! A hold is a setting and no table, so that it can stand in the same transaction as a backup of any age.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;

use super::audit::{self, Entry};
use super::convert::{bad, instant, parse, parse_some};
use super::{Db, Result, clinic, outbox, setting, wake};
use crate::clinic::ids::{ClientId, ClinicId, EmailId};
use crate::clinic::notice::Kind;
use crate::clinic::person::{EmailAddress, PersonName};
use crate::clinic::protocol::Step;
use crate::store::pause::{PAUSED, again_at};

/// How the setting begins; the clinic's id follows. The statements that begin emails repeat it.
const KEY: &str = "sending.hold/";

/// That a clinic's mail is on hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// When the backup was put back.
    pub restored_at: Timestamp,
    /// The last thing the backup knows of.
    pub known_until: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    restored_at: i64,
    known_until: i64,
}

/// Puts every clinic's mail on hold. Public for the script of a restore, which binds nothing.
pub(super) fn begin_all_statement(at: Timestamp) -> String {
    let at = at.as_millisecond();
    // What was on hold before stays on hold since then.
    format!(
        "insert into setting (key, value)
            select '{KEY}' || id, '{{\"restored_at\":{at},\"known_until\":' || coalesce((select max(at) from audit), 0) || '}}'
            from clinic where true
            on conflict (key) do update set value = excluded.value"
    )
}

/// Puts every clinic's mail on hold, on a schema of any age.
pub(super) async fn begin_all(db: &mut Db, at: Timestamp) -> Result<()> {
    let sql = begin_all_statement(at);
    on!(db, c => sqlx::query(AssertSqlSafe(sql)).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// What a restored database still takes for going on: workers, sessions, links for passwords, what was on
/// the wire. All of it ended since; what was on the wire waits for a person's word.
pub(super) async fn settle(db: &mut Db, at: Timestamp) -> Result<()> {
    for sql in [
        "update email set state = 'scheduled', owner = null, lease_until = null, fence = fence + 1 where state = 'claimed'",
        "delete from lease",
        "delete from worker_beat",
        "delete from session",
        "delete from password_link",
        // What they tell of may be told long since.
        "update webhook_call set next_at = null, reply = 'this system was restored from a backup meanwhile'
            where next_at is not null",
        "update mail_trial set state = 'failed', reply = 'this system was restored from a backup meanwhile'
            where state in ('asked', 'trying')",
    ] {
        on!(db, c => sqlx::query(sql).execute(c).await.map(|_| ()))?;
    }
    let emails = "update email set state = 'held', owner = null, lease_until = null, fence = fence + 1,
            reason = 'uncertain: it was on the wire when the backup was made'
        where state in ('sending', 'uncertain') returning id, clinic_id";
    // Once more is as often as a notice is repeated by itself.
    let notices =
        "update notice set state = 'uncertain', owner = null, lease_until = null, fence = fence + 1, resends = 1,
            reason = 'it was on the wire when the backup was made'
        where state in ('sending', 'uncertain') returning id, clinic_id";
    for (sql, action, kind) in [(emails, "email.held", "email"), (notices, "notice.uncertain", "notice")] {
        let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(sql).fetch_all(c).await)?;
        for (id, clinic) in rows {
            let clinic = parse("clinic", "id", &clinic)?;
            audit::record(db, &Entry::system(clinic, at, action, kind, id)).await?;
        }
    }
    for (clinic, _) in clinic::all(db).await? {
        let entry = Entry::system(clinic, at, "backup.restored", "clinic", clinic.to_string());
        audit::record(db, &Entry { who: "operator".into(), role: "operator".into(), ..entry }).await?;
    }
    Ok(())
}

/// Whether a clinic's mail is on hold, and since when.
///
/// # Errors
/// When the database refuses or the setting cannot be read.
pub async fn of(db: &mut Db, clinic: ClinicId) -> Result<Option<Hold>> {
    let Some(kept) = setting::find(db, &format!("{KEY}{clinic}")).await? else { return Ok(None) };
    let kept: Kept = serde_json::from_str(&kept).map_err(|_| bad("setting", "sending.hold"))?;
    Ok(Some(Hold {
        restored_at: instant("setting", "sending.hold", kept.restored_at)?,
        known_until: instant("setting", "sending.hold", kept.known_until)?,
    }))
}

/// Ends a clinic's hold: what is due goes out, unless its mail is stopped for another reason. With
/// `call_off` what was due before the restore does not: the system it came from has sent it. Returns how many
/// emails and notices were called off; `None` when there was no hold.
///
/// # Errors
/// When the database refuses.
pub async fn end(db: &mut Db, clinic: ClinicId, call_off: bool, now: Timestamp) -> Result<Option<u64>> {
    let Some(hold) = of(db, clinic).await? else { return Ok(None) };
    outbox::stop_begins(db).await?;
    wake::soon(db).await?;
    let called_off = if call_off { call_off_due(db, clinic, hold.restored_at, now).await? } else { 0 };
    let forget = "delete from setting where key = $1";
    on!(db, c => sqlx::query(forget).bind(format!("{KEY}{clinic}")).execute(c).await.map(|_| ()))?;
    let emails = "update email set next_at = $2, reason = null
        where place = 'open' and state = 'scheduled' and next_at > $2 and next_at <= $3 and clinic_id = $1 and reason = $4";
    let notices = "update notice set next_at = $2
        where state = 'scheduled' and next_at > $2 and next_at <= $3 and clinic_id = $1 and due_at <= $2";
    let again = again_at(now).as_millisecond();
    on!(db, c => {
        sqlx::query(emails)
            .bind(clinic.to_string())
            .bind(now.as_millisecond())
            .bind(again)
            .bind(PAUSED)
            .execute(&mut *c)
            .await?;
        sqlx::query(notices).bind(clinic.to_string()).bind(now.as_millisecond()).bind(again).execute(c).await.map(|_| ())
    })?;
    Ok(Some(called_off))
}

async fn call_off_due(db: &mut Db, clinic: ClinicId, before: Timestamp, now: Timestamp) -> Result<u64> {
    let emails = "update email set state = 'cancelled', owner = null, lease_until = null,
            reason = 'due before this system was restored, and called off by hand'
        where clinic_id = $1 and state in ('scheduled', 'claimed') and due_at <= $2 returning id";
    let notices =
        "update notice set state = 'cancelled', reason = 'due before this system was restored, and called off by hand'
        where clinic_id = $1 and state = 'scheduled' and due_at <= $2 returning id";
    let mut count = 0;
    for (sql, action, kind) in [(emails, "email.cancelled", "email"), (notices, "notice.cancelled", "notice")] {
        let ids: Vec<String> = on!(db, c =>
            sqlx::query_scalar(sql).bind(clinic.to_string()).bind(before.as_millisecond()).fetch_all(c).await)?;
        count += ids.len() as u64;
        let entries: Vec<Entry> = ids.into_iter().map(|id| Entry::system(clinic, now, action, kind, id)).collect();
        audit::record_all(db, &entries).await?;
    }
    Ok(count)
}

/// An email that goes out as soon as the hold ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the outbox")]
pub struct Waiting {
    pub id: EmailId,
    pub client: ClientId,
    pub first_name: PersonName,
    pub last_name: Option<PersonName>,
    pub step: Step,
    pub recipient: EmailAddress,
    pub due_at: Timestamp,
    pub not_after: Timestamp,
}

/// What is due and of use but was put off, for the next opening or another try, is looked at again by then.
fn at_next_opening(now: Timestamp) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(31 * 24)).unwrap_or(Timestamp::MAX)
}

/// The first of a clinic's line, and what a worker is looking at, that are due, as long as they are of use.
const DUE: &str = "select e.id, e.client_id, c.first_name, c.last_name, e.step, e.recipient, e.due_at, e.not_after
    from (select * from
            (select id, clinic_id, client_id, step, recipient, due_at, not_after from email
                where place = 'open' and state = 'scheduled' and next_at <= $3 and due_at <= $2 and clinic_id = $1
                order by next_at limit $4) as waiting
        union all
        select id, clinic_id, client_id, step, recipient, due_at, not_after from email
            where owner is not null and place = 'open' and state = 'claimed') as e
    join client c on c.id = e.client_id
    where e.clinic_id = $1 and e.due_at <= $2 and e.not_after >= $2 order by e.due_at, e.id";

/// The emails of a clinic that go out as soon as the hold ends and its window is open, the first `limit` of its
/// line; earliest due first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn waiting(db: &mut Db, clinic: ClinicId, now: Timestamp, limit: u32) -> Result<Vec<Waiting>> {
    type Line = (String, String, String, Option<String>, String, String, i64, i64);
    let rows: Vec<Line> = on!(db, c => sqlx::query_as(DUE)
        .bind(clinic.to_string())
        .bind(now.as_millisecond())
        .bind(at_next_opening(now).as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter()
        .map(|(id, client, first, last, step, recipient, due_at, not_after)| {
            Ok(Waiting {
                id: parse("email", "id", &id)?,
                client: parse("email", "client_id", &client)?,
                first_name: parse("client", "first_name", &first)?,
                last_name: parse_some("client", "last_name", last.as_deref())?,
                step: Step::of(&step).ok_or_else(|| bad("email", "step"))?,
                recipient: parse("email", "recipient", &recipient)?,
                due_at: instant("email", "due_at", due_at)?,
                not_after: instant("email", "not_after", not_after)?,
            })
        })
        .collect()
}

/// Service mail that goes out as soon as the hold ends: what kind, to whom, and since when it is due.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn notices(
    db: &mut Db,
    clinic: ClinicId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(Kind, EmailAddress, Timestamp)>> {
    let sql = "select kind, recipient, due_at from notice
        where clinic_id = $1 and state = 'scheduled' and next_at <= $3 and due_at <= $2 and not_after >= $2
        order by due_at, id limit $4";
    let rows: Vec<(String, String, i64)> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(now.as_millisecond())
        .bind(at_next_opening(now).as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter()
        .map(|(kind, recipient, due_at)| {
            Ok((
                Kind::of(&kind).ok_or_else(|| bad("notice", "kind"))?,
                parse("notice", "recipient", &recipient)?,
                instant("notice", "due_at", due_at)?,
            ))
        })
        .collect()
}
