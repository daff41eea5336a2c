//! Leases: how long a worker may hold an email, and what becomes of those whose worker died.

use jiff::Timestamp;

use super::{Changed, Owner};
use crate::clinic::outbox::State;
use crate::clinic::protocol::Stream;
use crate::store::audit::{self, Entry};
use crate::store::convert::{instant, three};
use crate::store::{Db, Result};

/// Replies and resends together: after so many, staff decide.
const MOST_TRIES: i64 = 6;

/// What [`recover`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Claimed under a lease that ran out: nothing had left the house.
    pub given_back: u64,
    /// Perhaps handed over: sent again with the same Message-ID, or held for staff.
    pub uncertain: u64,
}

// The leases stand in the partial index of claimed and sending rows. SQLite uses it only where a
// statement repeats the index's own words and bounds its column, so each one below does both. They
// are constants so that a test can ask both engines for their plans.

#[doc(hidden)]
pub const RENEW: &str = "update email set lease_until = $2
    where state in ('claimed', 'sending') and lease_until > 0 and owner = $1";

#[doc(hidden)]
pub const GIVE_BACK: &str = "update email set state = 'scheduled', owner = null, lease_until = null
    where state in ('claimed', 'sending') and lease_until > 0 and owner = $1 and state = 'claimed'";

#[doc(hidden)]
pub const RECOVER_CLAIMED: &str = "update email set state = 'scheduled', owner = null, lease_until = null
    where state in ('claimed', 'sending') and lease_until < $1 and state = 'claimed'";

#[doc(hidden)]
pub const RECOVER_SENDING: &str = "update email set
        state = case when on_uncertain = 'resend' and not_after >= $2 and attempts + resends < $3
            then 'scheduled' else 'held' end,
        resends = resends + case when on_uncertain = 'resend' and not_after >= $2 and attempts + resends < $3
            then 1 else 0 end,
        next_at = $2, owner = null, lease_until = null,
        reason = 'uncertain: the program stopped while this email was on the wire'
    where state in ('claimed', 'sending') and lease_until < $1 and state = 'sending'
    returning id, clinic_id, state";

#[doc(hidden)]
pub const RECOVER_UNCERTAIN: &str = "update email set
        state = case when on_uncertain = 'resend' and not_after >= $1 and resends = 0 then 'scheduled' else 'held' end,
        resends = resends + case when on_uncertain = 'resend' and not_after >= $1 and resends = 0 then 1 else 0 end,
        next_at = $1
    where state = 'uncertain'
    returning id, clinic_id, state";

#[doc(hidden)]
pub const NEXT_DUE: &str =
    "select next_at from email where state = 'scheduled' and stream in ($1, $2, $3) order by next_at limit 1";

/// Prolongs all leases of this owner.
///
/// # Errors
/// When the database refuses.
pub async fn renew(db: &mut Db, owner: &Owner, lease_until: Timestamp) -> Result<u64> {
    Ok(on!(db, c => sqlx::query(RENEW)
        .bind(owner.as_str())
        .bind(lease_until.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Puts back in line what this owner claimed and has not begun.
///
/// # Errors
/// When the database refuses.
pub async fn give_back(db: &mut Db, owner: &Owner) -> Result<u64> {
    Ok(on!(db, c => sqlx::query(GIVE_BACK).bind(owner.as_str()).execute(c).await.map(|done| done.rows_affected()))?)
}

/// Settles what dead workers left behind and what a live one reported as uncertain.
///
/// A claimed email whose lease ran out goes back silently. One that was on the wire is sent again
/// when its letter says so and tries are left: after our own death until `MOST_TRIES`, after a
/// drop that we saw only once, since then it is the relay that takes mail without saying so.
/// Everything else is held for staff.
///
/// # Errors
/// When the database refuses.
pub async fn recover(db: &mut Db, system_now: Timestamp, clinic_now: Timestamp) -> Result<Recovered> {
    let given_back = on!(db, c => sqlx::query(RECOVER_CLAIMED)
        .bind(system_now.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    let died: Vec<Changed> = on!(db, c => sqlx::query_as(RECOVER_SENDING)
        .bind(system_now.as_millisecond())
        .bind(clinic_now.as_millisecond())
        .bind(MOST_TRIES)
        .fetch_all(c)
        .await)?;
    let dropped: Vec<Changed> =
        on!(db, c => sqlx::query_as(RECOVER_UNCERTAIN).bind(clinic_now.as_millisecond()).fetch_all(c).await)?;

    // A drop that was seen has its "uncertain" entry already; a death is told here.
    let mut entries = Vec::with_capacity(2 * died.len() + dropped.len());
    for row in &died {
        entries.push(row.entry("email.uncertain", clinic_now)?);
    }
    for row in died.iter().chain(&dropped) {
        entries.push(settled(row, clinic_now)?);
    }
    audit::record_all(db, &entries).await?;
    Ok(Recovered { given_back, uncertain: (died.len() + dropped.len()) as u64 })
}

fn settled(row: &Changed, at: Timestamp) -> Result<Entry> {
    let again = row.state == State::Scheduled.id();
    row.entry(if again { "email.resent" } else { "email.held" }, at)
}

/// When the next email of these streams is due; `None` when none waits.
///
/// # Errors
/// When the database refuses.
pub async fn next_due(db: &mut Db, streams: &[Stream]) -> Result<Option<Timestamp>> {
    let [a, b, d] = three(streams);
    let next: Option<i64> = on!(db, c => sqlx::query_scalar(NEXT_DUE).bind(a).bind(b).bind(d).fetch_optional(c).await)?;
    next.map(|millis| instant("email", "next_at", millis)).transpose()
}
