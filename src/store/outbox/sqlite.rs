//! The outbox on SQLite. One writer at a time, so nothing here needs a lock of its own; what
//! matters is that a batch is one transaction, since each commit waits for the disk.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::batch::{Begin, by_id};
use super::row::{Change, Changed, ClaimedRow};
use super::{ClaimRequest, Kept, NewEmail, Owner};
use crate::clinic::outbox::State;
use crate::store::convert::{bad, json_rows, some_text, three};
use crate::store::{Result, pause};

pub(super) async fn insert(tx: &mut SqliteConnection, emails: &[NewEmail], created_at: Timestamp) -> Result<u64> {
    let mut made = 0;
    for email in emails {
        made += sqlx::query(
            "insert into email (id, clinic_id, client_id, visit_id, plan_id, step, stream, letter, letter_version,
                recipient, locale, civil_at, zone, due_at, not_after, next_at, state, message_id, on_uncertain, created_at,
                protocol)
             select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $14, 'scheduled', $16, $17, $18,
                $19
             where not exists (select 1 from email_past p where p.visit_id = $4 and p.step = $6 and p.recipient = $10)
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
        .bind(i64::from(email.protocol))
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
        not_after, next_at, attempts, resends, fence, message_id, on_uncertain, sending_at is not null as has_content, reason,
        protocol";

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

// The statements below find their rows by id. The sign before the owner keeps the index of holders out of
// it: a worker holds hundreds.

/// One statement for all of a batch: each one more is a trip to the thread that holds the file.
pub(super) const FINISH: &str = "update email set state = n.state, owner = null, lease_until = null,
        next_at = coalesce(n.next_at, email.next_at), attempts = email.attempts + n.tried, sent_at = n.sent_at,
        reply = coalesce(n.reply, email.reply),
        reason = case n.state when 'sent' then null else coalesce(n.reason, email.reason) end
     from (select value ->> 0 as id, value ->> 1 as fence, value ->> 2 as state, value ->> 3 as next_at,
            value ->> 4 as tried, value ->> 5 as sent_at, value ->> 6 as reply, value ->> 7 as reason,
            value ->> 8 as from_claimed from json_each($2)) as n
     where email.id = n.id and +email.owner = $1 and email.fence = n.fence
        and (email.state = 'sending' or (email.state = 'claimed' and n.from_claimed))
     returning email.id, email.clinic_id, email.state";

pub(super) async fn finish(tx: &mut SqliteConnection, owner: &Owner, changes: &[Change]) -> Result<Vec<Changed>> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let list = json_rows(changes.iter().map(|change| {
        (
            &change.id,
            change.fence,
            change.state,
            change.next_at,
            change.tried,
            change.sent_at,
            &change.reply,
            &change.reason,
            change.from_claimed,
        )
    }))?;
    Ok(sqlx::query_as(FINISH).bind(owner.as_str()).bind(list).fetch_all(tx).await?)
}

/// What may begin, and what must not. Nobody else writes until this transaction ends, so the answers
/// still hold in the statements that follow.
pub(super) const JUDGE: &str = "select e.id, e.clinic_id, case
        when e.stream <> 'service' and not exists (select 1 from consent c
            where c.client_id = e.client_id and c.purpose = 'aftercare_email' and c.given = 1) then 'cancelled'
        when exists (select 1 from stream_choice s
            where s.client_id = e.client_id and s.topic = e.stream and s.stopped = 1) then 'stopped'
        when exists (select 1 from suppression s
            where s.clinic_id = e.clinic_id and s.address = lower(e.recipient)) then 'suppressed'
        when e.not_after < n.at then 'expired'
        when exists (select 1 from sending_pause p where p.clinic_id = e.clinic_id) then 'paused'
        when exists (select 1 from setting h where h.key = 'sending.hold/' || e.clinic_id) then 'paused'
        else 'sending' end as state
     from (select value ->> 0 as id, value ->> 1 as fence, value ->> 2 as at from json_each($2)) as n
     cross join email e
     where e.id = n.id and +e.owner = $1 and e.fence = n.fence and e.state = 'claimed'";

/// Changes nothing that an index looks at: this is done for every email.
pub(super) const BEGIN: &str = "update email set state = 'sending', sending_at = n.at
     from (select value ->> 0 as id, value ->> 1 as fence, value ->> 2 as at from json_each($2)) as n
     where email.id = n.id and +email.owner = $1 and email.fence = n.fence and email.state = 'claimed'";

pub(super) const DENY: &str = "update email set owner = null, lease_until = null,
        state = case n.verdict when 'stopped' then 'cancelled' when 'paused' then 'scheduled' else n.verdict end,
        next_at = case n.verdict when 'paused' then n.again_at else email.next_at end,
        reason = case n.verdict
            when 'cancelled' then 'the client does not agree to these emails'
            when 'stopped' then 'the client stopped these emails'
            when 'suppressed' then 'the address is suppressed'
            when 'paused' then 'sending is paused'
            else 'too late to be of use' end
     from (select value ->> 0 as id, value ->> 1 as fence, value ->> 2 as verdict, value ->> 3 as again_at
            from json_each($2)) as n
     where email.id = n.id and +email.owner = $1 and email.fence = n.fence and email.state = 'claimed'";

pub(super) async fn begin(tx: &mut SqliteConnection, owner: &Owner, begins: &[Begin]) -> Result<Vec<Changed>> {
    if begins.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = begins.iter().map(|begin| begin.id.to_string()).collect();
    let all = || ids.iter().zip(begins);
    let list = json_rows(all().map(|(id, begin)| (id, begin.fence, begin.at.as_millisecond())))?;
    let judged: Vec<Changed> = sqlx::query_as(JUDGE).bind(owner.as_str()).bind(list).fetch_all(&mut *tx).await?;
    let verdicts = by_id(&judged);
    let verdict = |id: &str| verdicts.get(id).map(|row| row.state.as_str());

    let (going, denied): (Vec<_>, Vec<_>) = all()
        .filter_map(|(id, begin)| Some((id, begin, verdict(id)?)))
        .partition(|(_, _, verdict)| *verdict == State::Sending.id());
    let list = json_rows(going.iter().map(|(id, begin, _)| (id, begin.fence, begin.at.as_millisecond())))?;
    change(tx, BEGIN, owner, list, going.len()).await?;
    let again_at = |begin: &Begin| pause::again_at(begin.at).as_millisecond();
    let list = json_rows(denied.iter().map(|(id, begin, verdict)| (id, begin.fence, verdict, again_at(begin))))?;
    change(tx, DENY, owner, list, denied.len()).await?;

    let kept: Vec<(&String, &Kept)> =
        going.iter().filter_map(|(id, begin, _)| Some((*id, begin.content.as_ref()?))).collect();
    if !kept.is_empty() {
        sqlx::QueryBuilder::new("insert into email_content (email_id, sealed, pattern) ")
            .push_values(kept, |mut row, (id, kept)| {
                row.push_bind(id.as_str()).push_bind(kept.sealed.as_slice()).push_bind(kept.pattern.as_deref());
            })
            .push(" on conflict (email_id) do update set sealed = excluded.sealed, pattern = excluded.pattern")
            .build()
            .execute(tx)
            .await?;
    }
    // What the client stopped is called off like what they never agreed to; only its reason differs.
    let kept_as = |row: Changed| match row.state.as_str() {
        "stopped" => Changed { state: State::Cancelled.id().into(), ..row },
        "paused" => Changed { state: State::Scheduled.id().into(), ..row },
        _ => row,
    };
    Ok(judged.into_iter().map(kept_as).collect())
}

/// Changes these emails, which were judged a moment ago.
async fn change(
    tx: &mut SqliteConnection,
    statement: &'static str,
    owner: &Owner,
    list: String,
    count: usize,
) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    let done = sqlx::query(statement).bind(owner.as_str()).bind(list).execute(tx).await?;
    match usize::try_from(done.rows_affected()) {
        Ok(changed) if changed == count => Ok(()),
        _ => Err(bad("email", "state")),
    }
}
