//! The outbox on SQLite. One writer at a time, so nothing here needs a lock of its own; what
//! matters is that a batch is one transaction, since each commit waits for the disk.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::{Begin, Change, Changed, ClaimRequest, ClaimedRow, NewEmail, Owner};
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
        not_after, next_at, attempts, resends, fence, message_id, on_uncertain,
        exists (select 1 from email_content c where c.email_id = email.id) as has_content";

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

pub(super) async fn finish(tx: &mut SqliteConnection, owner: &Owner, changes: &[Change]) -> Result<Vec<Changed>> {
    let mut changed = Vec::with_capacity(changes.len());
    for change in changes {
        let row = sqlx::query_as(
            "update email set state = $4, owner = null, lease_until = null, next_at = coalesce($5, next_at),
                attempts = attempts + $6, sent_at = $7, reply = coalesce($8, reply),
                reason = case $4 when 'sent' then null else coalesce($9, reason) end
             where id = $1 and owner = $2 and fence = $3 and (state = 'sending' or (state = 'claimed' and $10))
             returning id, clinic_id, state",
        )
        .bind(&change.id)
        .bind(owner.as_str())
        .bind(change.fence)
        .bind(change.state)
        .bind(change.next_at)
        .bind(change.tried)
        .bind(change.sent_at)
        .bind(change.reply.as_deref())
        .bind(change.reason.as_deref())
        .bind(change.from_claimed)
        .fetch_optional(&mut *tx)
        .await?;
        changed.extend::<Option<Changed>>(row);
    }
    Ok(changed)
}

pub(super) async fn begin(
    tx: &mut SqliteConnection,
    owner: &Owner,
    begins: &[Begin],
    sealed: &[Option<Vec<u8>>],
) -> Result<Vec<Changed>> {
    let mut changed = Vec::with_capacity(begins.len());
    for (begin, sealed) in begins.iter().zip(sealed) {
        let row: Option<Changed> = sqlx::query_as(
            "update email set
                state = judged.verdict,
                owner = case judged.verdict when 'sending' then email.owner end,
                lease_until = case judged.verdict when 'sending' then $5 end,
                sending_at = case judged.verdict when 'sending' then $4 else email.sending_at end,
                reason = case judged.verdict
                    when 'cancelled' then 'the client does not agree to these emails'
                    when 'suppressed' then 'the address is suppressed'
                    when 'expired' then 'too late to be of use'
                    else email.reason end
             from (select e.id, case
                    when e.stream <> 'service' and not exists (select 1 from consent c
                        where c.client_id = e.client_id and c.purpose = 'aftercare_email' and c.given = 1) then 'cancelled'
                    when exists (select 1 from suppression s
                        where s.clinic_id = e.clinic_id and s.address = lower(e.recipient)) then 'suppressed'
                    when e.not_after < $4 then 'expired'
                    else 'sending' end as verdict
                from email e where e.id = $1 and e.owner = $2 and e.fence = $3 and e.state = 'claimed') as judged
             where email.id = judged.id
             returning email.id, email.clinic_id, email.state",
        )
        .bind(begin.id.to_string())
        .bind(owner.as_str())
        .bind(begin.fence)
        .bind(begin.at.as_millisecond())
        .bind(begin.lease_until.as_millisecond())
        .fetch_optional(&mut *tx)
        .await?;
        if let (Some(row), Some(sealed)) = (&row, sealed)
            && row.state == "sending"
        {
            sqlx::query("insert into email_content (email_id, sealed) values ($1, $2)")
                .bind(&row.id)
                .bind(sealed)
                .execute(&mut *tx)
                .await?;
        }
        changed.extend(row);
    }
    Ok(changed)
}
