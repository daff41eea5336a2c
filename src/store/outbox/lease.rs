//! Leases: how long a worker may hold an email, and what becomes of those whose worker died.

use std::collections::BTreeSet;

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

// What a dead worker held is found by its name on SQLite, and on PostgreSQL among all that is open: an
// index of holders would be written for every claim, and a walk is needed after a crash alone. Each
// statement below says what either index needs. They are constants so that a test can ask both
// engines for their plans.

#[doc(hidden)]
pub const RECOVER_CLAIMED: &str = "update email set state = 'scheduled', owner = null, lease_until = null
    where owner = $1 and place = 'open' and state = 'claimed'";

/// Owners without a lease, as a worker of a version before leases left them; each of their emails then
/// keeps its own time. What they took is among the first of what is due, since claims pass over it.
#[doc(hidden)]
pub const ORPHANS: [&str; 2] = [
    "select owner from email where owner is not null and lease_until < $1 and $2 is not null
        and not exists (select 1 from lease where lease.owner = email.owner)",
    "select owner from (
            select owner, lease_until from email where place = 'open' and next_at <= $2 order by next_at limit 1000) as due
        where owner is not null and lease_until < $1
            and not exists (select 1 from lease where lease.owner = due.owner)",
];

#[doc(hidden)]
pub const RECOVER_SENDING: &str = "update email set
        state = case when on_uncertain = 'resend' and not_after >= $2 and attempts + resends < $3
            then 'scheduled' else 'held' end,
        resends = resends + case when on_uncertain = 'resend' and not_after >= $2 and attempts + resends < $3
            then 1 else 0 end,
        next_at = $2, owner = null, lease_until = null,
        reason = 'uncertain: the program stopped while this email was on the wire'
    where owner = $1 and place = 'open' and state = 'sending'
    returning id, clinic_id, state";

#[doc(hidden)]
pub const RECOVER_UNCERTAIN: &str = "update email set
        state = case when on_uncertain = 'resend' and not_after >= $1 and resends = 0 then 'scheduled' else 'held' end,
        resends = resends + case when on_uncertain = 'resend' and not_after >= $1 and resends = 0 then 1 else 0 end,
        next_at = $1,
        reason = case when on_uncertain = 'resend' and not_after >= $1 and resends = 0 then reason
            else 'uncertain: ' || coalesce(reason, 'no reply came') end
    where place = 'uncertain'
    returning id, clinic_id, state";

#[doc(hidden)]
pub const NEXT_DUE: &str =
    "select next_at from email where place = 'open' and state = 'scheduled' and stream in ($1, $2, $3)
     order by next_at limit 1";

/// Prolongs the lease of this owner over everything it holds. It comes before anything else in a
/// transaction: whoever settles what a dead owner left begins with that owner's lease, too.
///
/// # Errors
/// When the database refuses.
pub async fn renew(db: &mut Db, owner: &Owner, ends_at: Timestamp) -> Result<()> {
    let sql = "insert into lease (owner, ends_at) values ($1, $2)
               on conflict (owner) do update set ends_at = excluded.ends_at";
    on!(db, c =>
        sqlx::query(sql).bind(owner.as_str()).bind(ends_at.as_millisecond()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Ends the lease of an owner that holds nothing any more.
///
/// # Errors
/// When the database refuses.
pub async fn leave(db: &mut Db, owner: &Owner) -> Result<()> {
    let sql = "delete from lease where owner = $1";
    on!(db, c => sqlx::query(sql).bind(owner.as_str()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Settles what dead workers left behind and what a live one reported as uncertain.
///
/// A claimed email whose owner's lease ran out goes back silently. One that was on the wire is sent again
/// when its letter says so and tries are left: after our own death until `MOST_TRIES`, after a
/// drop that we saw only once, since then it is the relay that takes mail without saying so.
/// Everything else is held for staff.
///
/// # Errors
/// When the database refuses.
pub async fn recover(db: &mut Db, system_now: Timestamp, clinic_now: Timestamp) -> Result<Recovered> {
    // An owner that only slept finds its lease gone, and its emails with it.
    let ended = "delete from lease where ends_at < $1 returning owner";
    let mut owners: Vec<String> =
        on!(db, c => sqlx::query_scalar(ended).bind(system_now.as_millisecond()).fetch_all(c).await)?;
    owners.extend(orphans(db, system_now, clinic_now).await?);
    let mut given_back = 0;
    let mut died: Vec<Changed> = Vec::new();
    for owner in &owners {
        given_back += on!(db, c =>
            sqlx::query(RECOVER_CLAIMED).bind(owner).execute(c).await.map(|done| done.rows_affected()))?;
        died.extend(on!(db, c => sqlx::query_as(RECOVER_SENDING)
            .bind(owner)
            .bind(clinic_now.as_millisecond())
            .bind(MOST_TRIES)
            .fetch_all(c)
            .await)?);
    }
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

/// Those who hold emails and no lease.
async fn orphans(db: &mut Db, system_now: Timestamp, clinic_now: Timestamp) -> Result<BTreeSet<String>> {
    let sql = ORPHANS[usize::from(matches!(db, Db::Postgres(..)))];
    let owners: Vec<String> = on!(db, c => sqlx::query_scalar(sql)
        .bind(system_now.as_millisecond())
        .bind(clinic_now.as_millisecond())
        .fetch_all(c)
        .await)?;
    Ok(owners.into_iter().collect())
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
