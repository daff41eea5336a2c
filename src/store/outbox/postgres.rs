//! The outbox on PostgreSQL. Several processes write at once, so claims skip what others hold,
//! and a batch is a few statements over arrays: single commits are a hundred times slower.

use jiff::Timestamp;
use sqlx::PgConnection;

use super::batch::{Begin, by_id};
use super::row::{Change, Changed, ClaimedRow};
use super::{ClaimRequest, Kept, NewEmail, Owner};
use crate::store::convert::{some_text, three};
use crate::store::{Result, pause};

/// The lock between "may this begin?" and "never again": shared by begins, alone for whoever takes
/// a consent back or suppresses an address. Without it a begin could look just before a withdrawal
/// commits and start DATA just after.
const STOP_LOCK: i64 = 0x6166_7465_7263_6172;

/// Waits for begins under way to commit, and keeps new ones waiting until this transaction ends.
pub(super) async fn stop_begins(tx: &mut PgConnection) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock($1)").bind(STOP_LOCK).execute(tx).await?;
    Ok(())
}

/// Waits for a stop under way, and keeps new ones waiting until this transaction ends. A statement of its
/// own: those after it must look at the world as it is once the lock is given.
pub(super) async fn before_begins(tx: &mut PgConnection) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock_shared($1)").bind(STOP_LOCK).execute(tx).await?;
    Ok(())
}

pub(super) async fn insert(tx: &mut PgConnection, emails: &[NewEmail], created_at: Timestamp) -> Result<u64> {
    fn column<T>(emails: &[NewEmail], of: impl Fn(&NewEmail) -> T) -> Vec<T> {
        emails.iter().map(of).collect()
    }
    Ok(sqlx::query(
        "insert into email (id, clinic_id, client_id, visit_id, plan_id, step, stream, letter, letter_version,
            recipient, locale, civil_at, zone, due_at, not_after, next_at, state, message_id, on_uncertain, created_at,
            protocol)
         select n.id, n.clinic_id, n.client_id, n.visit_id, n.plan_id, n.step, n.stream, n.letter, n.letter_version,
            n.recipient, n.locale, n.civil_at, n.zone, n.due_at, n.not_after, n.due_at, 'scheduled', n.message_id,
            n.on_uncertain, $18, n.protocol
         from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::bigint[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bigint[], $15::bigint[],
            $16::text[], $17::text[], $19::bigint[])
            as n (id, clinic_id, client_id, visit_id, plan_id, step, stream, letter, letter_version, recipient, locale,
                civil_at, zone, due_at, not_after, message_id, on_uncertain, protocol)
         where not exists (select 1 from email_past p
            where p.visit_id = n.visit_id and p.step = n.step and p.recipient = n.recipient)
         on conflict (visit_id, step, recipient) do nothing",
    )
    .bind(column(emails, |email| email.id.to_string()))
    .bind(column(emails, |email| email.clinic.to_string()))
    .bind(column(emails, |email| email.client.to_string()))
    .bind(column(emails, |email| email.visit.to_string()))
    .bind(column(emails, |email| some_text(email.plan)))
    .bind(column(emails, |email| email.step.id()))
    .bind(column(emails, |email| email.stream.id()))
    .bind(column(emails, |email| email.letter.id()))
    .bind(column(emails, |email| i64::from(email.letter_version)))
    .bind(column(emails, |email| email.recipient.to_string()))
    .bind(column(emails, |email| email.locale.clone()))
    .bind(column(emails, |email| email.due.datetime().to_string()))
    .bind(column(emails, |email| email.due.time_zone().iana_name().unwrap_or("UTC").to_owned()))
    .bind(column(emails, |email| email.due.timestamp().as_millisecond()))
    .bind(column(emails, |email| email.not_after.as_millisecond()))
    .bind(column(emails, |email| email.message_id.clone()))
    .bind(column(emails, |email| email.on_uncertain.id()))
    .bind(created_at.as_millisecond())
    .bind(column(emails, |email| i64::from(email.protocol)))
    .execute(tx)
    .await?
    .rows_affected())
}

/// By an array of ids: a join to what is due may be planned as a walk through all emails, as soon as
/// the statistics are old or missing.
pub(super) const CLAIM: &str = "update email set state = 'claimed', owner = $1, lease_until = $2, fence = fence + 1
     where id = any (array(select id from email where place = 'open' and state = 'scheduled' and next_at <= $3
                              and stream in ($4, $5, $6) order by next_at limit $7 for update skip locked))
     returning id, clinic_id, client_id, visit_id, step, stream, letter, letter_version, recipient, locale, due_at,
        not_after, next_at, attempts, resends, fence, message_id, on_uncertain, sending_at is not null as has_content, reason,
        protocol";

pub(super) async fn claim(tx: &mut PgConnection, request: &ClaimRequest<'_>) -> Result<Vec<ClaimedRow>> {
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

// An email with an owner is claimed or sending, nothing else. The two statements below find their rows
// by id; every word more about the state could lead the planner into another index.

pub(super) const FINISH: &str =
    "update email set state = n.state, owner = null, lease_until = null, next_at = coalesce(n.next_at, email.next_at),
        attempts = attempts + n.tried, sent_at = n.sent_at, reply = coalesce(n.reply, email.reply),
        reason = case n.state when 'sent' then null else coalesce(n.reason, email.reason) end
     from unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[],
        $9::text[], $10::boolean[])
        as n (id, fence, state, next_at, tried, sent_at, reply, reason, from_claimed)
     where email.id = n.id and email.owner = $1 and email.fence = n.fence
        and (email.state = 'sending' or n.from_claimed)
     returning email.id, clinic_id, email.state";

pub(super) const BEGIN: &str = "with judged as materialized (
        select e.id, n.at, case
            when e.stream <> 'service' and not exists (select 1 from consent c
                where c.client_id = e.client_id and c.purpose = 'aftercare_email' and c.given = 1) then 'cancelled'
            when exists (select 1 from stream_choice s
                where s.client_id = e.client_id and s.topic = e.stream and s.stopped = 1) then 'stopped'
            when exists (select 1 from suppression s
                where s.clinic_id = e.clinic_id and s.address = lower(e.recipient)) then 'suppressed'
            when e.not_after < n.at then 'expired'
            when exists (select 1 from sending_pause p where p.clinic_id = e.clinic_id) then 'paused'
            when exists (select 1 from setting h where h.key = 'sending.hold/' || e.clinic_id) then 'paused'
            else 'sending' end as verdict, n.again_at
        from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) as n (id, fence, at, again_at)
        join email e on e.id = n.id
        where e.owner = $1 and e.fence = n.fence and e.state <> 'sending'
        order by e.id for update of e)
     update email set
        state = case judged.verdict when 'stopped' then 'cancelled' when 'paused' then 'scheduled' else judged.verdict end,
        next_at = case judged.verdict when 'paused' then judged.again_at else email.next_at end,
        owner = case judged.verdict when 'sending' then email.owner end,
        lease_until = case judged.verdict when 'sending' then email.lease_until end,
        sending_at = case judged.verdict when 'sending' then judged.at else email.sending_at end,
        reason = case judged.verdict
            when 'cancelled' then 'the client does not agree to these emails'
            when 'stopped' then 'the client stopped these emails'
            when 'suppressed' then 'the address is suppressed'
            when 'expired' then 'too late to be of use'
            when 'paused' then 'sending is paused'
            else email.reason end
     from judged where email.id = judged.id
     returning email.id, email.clinic_id, email.state";

pub(super) async fn finish(tx: &mut PgConnection, owner: &Owner, changes: &[Change]) -> Result<Vec<Changed>> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    fn column<'a, T>(changes: &'a [Change], of: impl Fn(&'a Change) -> T) -> Vec<T> {
        changes.iter().map(of).collect()
    }
    Ok(sqlx::query_as(FINISH)
        .bind(owner.as_str())
        .bind(column(changes, |change| change.id.as_str()))
        .bind(column(changes, |change| change.fence))
        .bind(column(changes, |change| change.state))
        .bind(column(changes, |change| change.next_at))
        .bind(column(changes, |change| change.tried))
        .bind(column(changes, |change| change.sent_at))
        .bind(column(changes, |change| change.reply.as_deref()))
        .bind(column(changes, |change| change.reason.as_deref()))
        .bind(column(changes, |change| change.from_claimed))
        .fetch_all(tx)
        .await?)
}

pub(super) async fn begin(tx: &mut PgConnection, owner: &Owner, begins: &[Begin]) -> Result<Vec<Changed>> {
    if begins.is_empty() {
        return Ok(Vec::new());
    }
    let changed = judge(tx, owner, begins).await?;
    let verdicts = by_id(&changed);
    let kept: Vec<(String, &Kept)> = begins
        .iter()
        .filter_map(|begin| Some((begin.id.to_string(), begin.content.as_ref()?)))
        .filter(|(id, _)| verdicts.get(id.as_str()).is_some_and(|row| row.state == "sending"))
        .collect();
    if !kept.is_empty() {
        sqlx::query(
            "insert into email_content (email_id, sealed, pattern) select * from unnest($1::text[], $2::bytea[], $3::text[])
             on conflict (email_id) do update set sealed = excluded.sealed, pattern = excluded.pattern",
        )
        .bind(kept.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>())
        .bind(kept.iter().map(|(_, kept)| kept.sealed.as_slice()).collect::<Vec<_>>())
        .bind(kept.iter().map(|(_, kept)| kept.pattern.as_deref()).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    }
    Ok(changed)
}

async fn judge(tx: &mut PgConnection, owner: &Owner, begins: &[Begin]) -> Result<Vec<Changed>> {
    Ok(sqlx::query_as(BEGIN)
        .bind(owner.as_str())
        .bind(begins.iter().map(|begin| begin.id.to_string()).collect::<Vec<_>>())
        .bind(begins.iter().map(|begin| begin.fence).collect::<Vec<_>>())
        .bind(begins.iter().map(|begin| begin.at.as_millisecond()).collect::<Vec<_>>())
        .bind(begins.iter().map(|begin| pause::again_at(begin.at).as_millisecond()).collect::<Vec<_>>())
        .fetch_all(tx)
        .await?)
}
