//! Where emails go that were sent a while ago. Workers change `email` all the time, so it keeps what waits and
//! what left lately; years of sent mail stand in `email_past`, where nobody writes. Whoever reads looks into
//! `email_ever`, which is both.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::clinic::ids::ClinicId;
use crate::store::case::{among, json_list};
use crate::store::{Db, Result};

macro_rules! columns {
    () => {
        "id, clinic_id, client_id, visit_id, plan_id, step, stream, letter, letter_version, recipient, locale, civil_at,
            zone, due_at, not_after, next_at, state, attempts, message_id, on_uncertain, resends, sending_at, sent_at,
            reply, reason, created_at, protocol, left_at"
    };
}

/// What is over: sent, and nothing of its visit is open any more. Public for the test of its plan.
#[doc(hidden)]
pub const OVER: &str = "select e.id from email e
    where e.clinic_id = $1 and e.left_at < $2 and e.state = 'sent'
       and not exists (select 1 from email o
          where o.visit_id = e.visit_id and o.state in ('scheduled', 'claimed', 'sending', 'uncertain', 'held'))
    order by e.left_at limit $3";

/// Whether [`set_aside`] has something to do.
///
/// # Errors
/// When the database refuses.
pub async fn has_past(db: &mut Db, clinic: ClinicId, before: Timestamp) -> Result<bool> {
    Ok(!past(db, clinic, before, 1, "").await?.is_empty())
}

/// Moves emails of a clinic that were sent before this moment, the first of them, at most `limit`, once nothing of
/// their visit is open any more. A visit is planned anew as a whole, so it stays in one place until then. Returns how
/// many.
///
/// # Errors
/// When the database refuses.
pub async fn set_aside(db: &mut Db, clinic: ClinicId, before: Timestamp, limit: u32) -> Result<u64> {
    // What somebody erases at this moment is theirs, and another worker takes other rows.
    let lock = if matches!(db, Db::Postgres(..)) { " for update of e skip locked" } else { "" };
    let ids = past(db, clinic, before, limit, lock).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let ids = json_list(ids.into_iter());
    let among = among(db);
    let moved = format!(
        concat!(
            "insert into email_past (",
            columns!(),
            ") select ",
            columns!(),
            " from email where id {} on conflict do nothing"
        ),
        among
    );
    // That somebody saw to it while nobody knew whether it had arrived stands in the audit.
    let seen = format!("delete from email_seen where email_id {among}");
    // One whose step reached the same address before stays where it is, and keeps no other from moving.
    let gone =
        format!("delete from email where id {among} and exists (select 1 from email_past p where p.id = email.id)");
    let mut rows = 0;
    for sql in [moved, seen, gone] {
        rows =
            on!(db, c => sqlx::query(AssertSqlSafe(sql)).bind(&ids).execute(c).await.map(|done| done.rows_affected()))?;
    }
    Ok(rows)
}

async fn past(db: &mut Db, clinic: ClinicId, before: Timestamp, limit: u32, lock: &str) -> Result<Vec<String>> {
    let sql = format!("{OVER}{lock}");
    let ids = on!(db, c => sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(clinic.to_string())
        .bind(before.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    Ok(ids)
}
