//! Recurring tasks: each civil time once. Any process may try; the primary key decides who does it.

use jiff::civil::DateTime;

use super::{Db, Result};

/// Takes one time of a task; `false` when it was taken already. The work belongs into the same
/// transaction, so that a task which fails is tried again.
///
/// # Errors
/// When the database refuses.
pub async fn take(db: &mut Db, task: &str, civil_at: DateTime) -> Result<bool> {
    let sql = "insert into recurring (task, civil_at) values ($1, $2) on conflict (task, civil_at) do nothing";
    let rows = on!(db, c =>
        sqlx::query(sql).bind(task).bind(civil_at.to_string()).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The last time of a task that was taken.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn last(db: &mut Db, task: &str) -> Result<Option<DateTime>> {
    let sql = "select civil_at from recurring where task = $1 order by civil_at desc limit 1";
    let last: Option<String> = on!(db, c => sqlx::query_scalar(sql).bind(task).fetch_optional(c).await)?;
    last.map(|text| super::convert::parse("recurring", "civil_at", &text)).transpose()
}
