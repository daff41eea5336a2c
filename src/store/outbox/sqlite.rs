//! The outbox on SQLite. One writer at a time, so nothing here needs a lock of its own; what
//! matters is that a batch is one transaction, since each commit waits for the disk.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::{Begin, Change, Changed, ClaimRequest, ClaimedRow, Kept, NewEmail, Owner};
use crate::store::Result;
use crate::store::convert::{some_text, three};

pub(super) async fn insert(tx: &mut SqliteConnection, emails: &[NewEmail], created_at: Timestamp) -> Result<u64> {
    let mut made = 0;
    for email in emails {
        made += sqlx::query(
            "insert into email (id, clinic_id, client_id, visit_id, plan_id, step, stream, letter, letter_version,
                recipient, locale, civil_at, zone, due_at, not_after, next_at, state, message_id, on_uncertain, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $14, 'scheduled', $16, $17, $18)
             on conflict (visit_id, step, recipient) do nothing",
        )
        .bind(email.id.to_string())
        .bind(email.clinic.to_string())
        .bind(email.client.to_string())
        .bind(email.visit.to_string())
        .bind(some_text(email.plan))
        .bind(email.step.id())
        .bind(email.stream.id())
        .bind(email.letter.id())
        .bind(i64::from(email.letter_version))
        .bind(email.recipient.as_str())
        .bind(&email.locale)
        .bind(email.due.datetime().to_string())
        .bind(email.due.time_zone().iana_name().unwrap_or("UTC"))
        .bind(email.due.timestamp().as_millisecond())
        .bind(email.not_after.as_millisecond())
        .bind(&email.message_id)
        .bind(email.on_uncertain.id())
        .bind(created_at.as_millisecond())
        .execute(&mut *tx)
        .await?
        .rows_affected();
    }
    Ok(made)
}

/// No second guard outside the subselect: with `and state = 'scheduled'` there, SQLite walks the
/// whole table instead of the index of waiting rows.
pub(super) const CLAIM: &str = "update email set state = 'claimed', owner = $1, lease_until = $2, fence = fence + 1
     where id in (select id from email where state = 'scheduled' and next_at <= $3 and stream in ($4, $5, $6)
                  order by next_at limit $7)
     returning id, clinic_id, client_id, visit_id, step, stream, letter, letter_version, recipient, locale, due_at,
        not_after, next_at, attempts, resends, fence, message_id, on_uncertain, sending_at is not null as has_content";

pub(super) async fn claim(tx: &mut SqliteConnection, request: &ClaimRequest<'_>) -> Result<Vec<ClaimedRow>> {
    let [a, b, c] = three(request.streams);
    Ok(sqlx::query_as(CLAIM)
        .bind(request.owner.as_str())
        .bind(request.lease_until.as_millisecond())
        .bind(request.now.as_millisecond())
        .bind(a)
        .bind(b)
        .bind(c)
        .bind(i64::from(request.limit))
        .fetch_all(tx)
        .await?)
}

/// One statement for all of a batch: each one more is a trip to the thread that holds the file.
pub(super) const FINISH: &str = "update email set state = n.state, owner = null, lease_until = null,
        next_at = coalesce(n.next_at, email.next_at), attempts = email.attempts + n.tried, sent_at = n.sent_at,
        reply = coalesce(n.reply, email.reply),
        reason = case n.state when 'sent' then null else coalesce(n.reason, email.reason) end
     from (select value ->> 'id' as id, value ->> 'fence' as fence, value ->> 'state' as state,
            value ->> 'next_at' as next_at, value ->> 'tried' as tried, value ->> 'sent_at' as sent_at,
            value ->> 'reply' as reply, value ->> 'reason' as reason, value ->> 'from_claimed' as from_claimed
           from json_each($2)) as n
     where email.id = n.id and email.owner = $1 and email.fence = n.fence
        and (email.state = 'sending' or (email.state = 'claimed' and n.from_claimed))
     returning email.id, email.clinic_id, email.state";

pub(super) async fn finish(tx: &mut SqliteConnection, owner: &Owner, changes: &[Change]) -> Result<Vec<Changed>> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let list = serde_json::Value::from_iter(changes.iter().map(|change| {
        serde_json::json!({
            "id": change.id, "fence": change.fence, "state": change.state, "next_at": change.next_at,
            "tried": change.tried, "sent_at": change.sent_at, "reply": change.reply, "reason": change.reason,
            "from_claimed": change.from_claimed,
        })
    }));
    Ok(sqlx::query_as(FINISH).bind(owner.as_str()).bind(list.to_string()).fetch_all(tx).await?)
}

pub(super) const BEGIN: &str = "update email set
        state = case judged.verdict when 'stopped' then 'cancelled' else judged.verdict end,
        owner = case judged.verdict when 'sending' then email.owner end,
        lease_until = case judged.verdict when 'sending' then judged.lease_until end,
        sending_at = case judged.verdict when 'sending' then judged.at else email.sending_at end,
        reason = case judged.verdict
            when 'cancelled' then 'the client does not agree to these emails'
            when 'stopped' then 'the client stopped these emails'
            when 'suppressed' then 'the address is suppressed'
            when 'expired' then 'too late to be of use'
            else email.reason end
     from (select e.id, n.at, n.lease_until, case
            when e.stream <> 'service' and not exists (select 1 from consent c
                where c.client_id = e.client_id and c.purpose = 'aftercare_email' and c.given = 1) then 'cancelled'
            when exists (select 1 from stream_choice s
                where s.client_id = e.client_id and s.topic = e.stream and s.stopped = 1) then 'stopped'
            when exists (select 1 from suppression s
                where s.clinic_id = e.clinic_id and s.address = lower(e.recipient)) then 'suppressed'
            when e.not_after < n.at then 'expired'
            else 'sending' end as verdict
        from (select value ->> 'id' as id, value ->> 'fence' as fence, value ->> 'at' as at,
                value ->> 'lease_until' as lease_until from json_each($2)) as n
        cross join email e
        where e.id = n.id and e.owner = $1 and e.fence = n.fence and e.state = 'claimed') as judged
     where email.id = judged.id
     returning email.id, email.clinic_id, email.state";

pub(super) async fn begin(tx: &mut SqliteConnection, owner: &Owner, begins: &[Begin]) -> Result<Vec<Changed>> {
    if begins.is_empty() {
        return Ok(Vec::new());
    }
    let list = serde_json::Value::from_iter(begins.iter().map(|begin| {
        serde_json::json!({
            "id": begin.id, "fence": begin.fence, "at": begin.at.as_millisecond(),
            "lease_until": begin.lease_until.as_millisecond(),
        })
    }));
    let changed: Vec<Changed> =
        sqlx::query_as(BEGIN).bind(owner.as_str()).bind(list.to_string()).fetch_all(&mut *tx).await?;
    let begun = |id: &str| changed.iter().any(|row| row.id == id && row.state == "sending");
    let kept: Vec<(String, &Kept)> = begins
        .iter()
        .filter_map(|begin| Some((begin.id.to_string(), begin.content.as_ref()?)))
        .filter(|(id, _)| begun(id))
        .collect();
    if !kept.is_empty() {
        sqlx::QueryBuilder::new("insert into email_content (email_id, sealed, pattern) ")
            .push_values(kept, |mut row, (id, kept)| {
                row.push_bind(id).push_bind(kept.sealed.as_slice()).push_bind(kept.pattern.as_deref());
            })
            .push(" on conflict (email_id) do update set sealed = excluded.sealed, pattern = excluded.pattern")
            .build()
            .execute(tx)
            .await?;
    }
    Ok(changed)
}
