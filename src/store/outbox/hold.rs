//! Calling off, holding and releasing what has not left, and counting.

use jiff::Timestamp;

use super::Changed;
use crate::clinic::ids::{ClientId, ClinicId, EmailId, VisitId};
use crate::clinic::outbox::State;
use crate::clinic::person::EmailAddress;
use crate::clinic::plan::revise::CALLED_OFF;
use crate::clinic::protocol::Stream;
use crate::store::convert::{bad, three};
use crate::store::{Db, Result, audit, wake};

/// Cancels everything of these streams that is owed to this client and has not begun, also what a
/// worker holds: its begin will find the row gone. Returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn cancel_waiting(
    db: &mut Db,
    clinic: ClinicId,
    client: ClientId,
    streams: &[Stream],
    reason: &str,
    at: Timestamp,
) -> Result<u64> {
    stop_begins(db).await?;
    let [a, b, d] = three(streams);
    let sql = "update email set state = 'cancelled', owner = null, lease_until = null, reason = $6
               where clinic_id = $1 and client_id = $2 and stream in ($3, $4, $5)
                  and state in ('scheduled', 'claimed', 'held', 'uncertain')
               returning id, clinic_id, state";
    let rows = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(a)
        .bind(b)
        .bind(d)
        .bind(reason)
        .fetch_all(c)
        .await)?;
    record(db, rows, "email.cancelled", at).await
}

/// Cancels what is owed to a client of a stream they stopped, also what a worker holds. What only waited for its
/// time may be owed again when they want it again; what was held, or was on its way before, may not. Returns how
/// many.
///
/// # Errors
/// When the database refuses.
pub async fn stop_waiting(
    db: &mut Db,
    clinic: ClinicId,
    client: ClientId,
    stream: Stream,
    at: Timestamp,
) -> Result<u64> {
    stop_begins(db).await?;
    let sql = "update email set state = 'cancelled', owner = null, lease_until = null,
                  reason = case when state in ('scheduled', 'claimed') and sending_at is null then $4 else $5 end
               where clinic_id = $1 and client_id = $2 and stream = $3
                  and state in ('scheduled', 'claimed', 'held', 'uncertain')
               returning id, clinic_id, state";
    let rows = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(stream.id())
        .bind(CALLED_OFF[3])
        .bind("the client stopped these emails while this one was held or on its way")
        .fetch_all(c)
        .await)?;
    record(db, rows, "email.cancelled", at).await
}

/// Holds everything of a visit that has not begun, as after a warning sign. Returns how many. The
/// reason is not sealed, so it tells nothing of health.
///
/// # Errors
/// When the database refuses.
pub async fn hold_waiting(db: &mut Db, clinic: ClinicId, visit: VisitId, reason: &str, at: Timestamp) -> Result<u64> {
    let sql = "update email set state = 'held', owner = null, lease_until = null, reason = $3
               where clinic_id = $1 and visit_id = $2 and state in ('scheduled', 'claimed')
               returning id, clinic_id, state";
    let rows = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(visit.to_string())
        .bind(reason)
        .fetch_all(c)
        .await)?;
    record(db, rows, "email.held", at).await
}

/// Puts back in line what is held of a visit, at the time it had. What was on the wire before
/// stays held: it may have arrived, so staff release it by [`release_one`]. Returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn release(db: &mut Db, clinic: ClinicId, visit: VisitId, at: Timestamp) -> Result<u64> {
    wake::soon(db).await?;
    let sql = "update email set state = 'scheduled', reason = null
               where clinic_id = $1 and visit_id = $2 and state = 'held' and sending_at is null
               returning id, clinic_id, state";
    let rows = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(visit.to_string()).fetch_all(c).await)?;
    record(db, rows, "email.released", at).await
}

/// Settles what was held of a visit for this reason: back in line at the time it had, or called off.
/// What staff or an uncertain fate holds stays. Returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn settle_held(
    db: &mut Db,
    clinic: ClinicId,
    visit: VisitId,
    held_for: &str,
    release: bool,
    at: Timestamp,
) -> Result<u64> {
    wake::soon(db).await?;
    let (sql, action) = if release {
        (
            "update email set state = 'scheduled', reason = null
             where clinic_id = $1 and visit_id = $2 and state = 'held' and reason = $3
             returning id, clinic_id, state",
            "email.released",
        )
    } else {
        (
            "update email set state = 'cancelled', reason = 'called off after an answer of the client'
             where clinic_id = $1 and visit_id = $2 and state = 'held' and reason = $3
             returning id, clinic_id, state",
            "email.cancelled",
        )
    };
    let rows = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(visit.to_string())
        .bind(held_for)
        .fetch_all(c)
        .await)?;
    record(db, rows, action, at).await
}

/// Puts one held or uncertain email back in line, whatever happened to it before.
///
/// # Errors
/// When the database refuses.
pub async fn release_one(db: &mut Db, clinic: ClinicId, id: EmailId, at: Timestamp) -> Result<bool> {
    wake::soon(db).await?;
    let sql = "update email set state = 'scheduled', reason = null
               where clinic_id = $1 and id = $2 and state in ('held', 'uncertain')
               returning id, clinic_id, state";
    let rows = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_all(c).await)?;
    Ok(record(db, rows, "email.released", at).await? == 1)
}

/// Sends what waits for a client to another address, under the Message-ID it has. What was on the wire
/// before stays as it is: a repeat must be the same message. Returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn readdress(
    db: &mut Db,
    clinic: ClinicId,
    client: ClientId,
    to: &EmailAddress,
    at: Timestamp,
) -> Result<u64> {
    // One that a worker holds goes back in line: the worker would still write to the old address.
    let sql = "update email set recipient = $3, owner = null, lease_until = null,
                  state = case when state = 'claimed' then 'scheduled' else state end
               where clinic_id = $1 and client_id = $2 and recipient <> $3
                  and state in ('scheduled', 'claimed', 'held') and sending_at is null
                  and not exists (select 1 from email_ever other where other.visit_id = email.visit_id
                     and other.step = email.step and other.recipient = $3)
               returning id, clinic_id, state";
    let rows = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(to.as_str())
        .fetch_all(c)
        .await)?;
    record(db, rows, "email.readdressed", at).await
}

/// How many emails of a clinic are in each state; states without any are left out.
///
/// # Errors
/// When the database refuses.
pub async fn counts(db: &mut Db, clinic: ClinicId) -> Result<Vec<(State, u64)>> {
    let sql = "select state, count(*) from email_ever where clinic_id = $1 group by state order by state";
    let rows = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    counted(rows)
}

/// How many emails of all clinics are in each state, for the worker's log and the metrics.
///
/// # Errors
/// When the database refuses.
pub async fn totals(db: &mut Db) -> Result<Vec<(State, u64)>> {
    let sql = "select state, count(*) from email_ever group by state order by state";
    let rows = on!(db, c => sqlx::query_as(sql).fetch_all(c).await)?;
    counted(rows)
}

/// Before consent is taken back or an address suppressed: no begin may look at the old world any
/// more. SQLite needs nothing, since its one writer is us.
pub(in crate::store) async fn stop_begins(db: &mut Db) -> Result<()> {
    match db {
        Db::Sqlite(..) => Ok(()),
        Db::Postgres(tx, _) => super::postgres::stop_begins(tx).await,
    }
}

fn counted(rows: Vec<(String, i64)>) -> Result<Vec<(State, u64)>> {
    rows.into_iter()
        .map(|(state, count)| Ok((State::of(&state).ok_or_else(|| bad("email", "state"))?, count.unsigned_abs())))
        .collect()
}

async fn record(db: &mut Db, rows: Vec<Changed>, action: &'static str, at: Timestamp) -> Result<u64> {
    let entries = rows.iter().map(|row| row.entry(action, at)).collect::<Result<Vec<_>>>()?;
    audit::record_all(db, &entries).await?;
    Ok(rows.len() as u64)
}

/// How many emails of all clinics went on the wire more than once, for measurements.
///
/// # Errors
/// When the database refuses.
pub async fn repeated(db: &mut Db) -> Result<u64> {
    let sql = "select count(*) from email_ever where resends > 0";
    let count: i64 = on!(db, c => sqlx::query_scalar(sql).fetch_one(c).await)?;
    Ok(u64::try_from(count).unwrap_or(0))
}
