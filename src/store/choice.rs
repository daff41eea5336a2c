//! What clients stopped and have again. The state here is asked in the statement that begins an email, as
//! consent is; who changed it and when is in the audit.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::case::{among, json_list};
use super::convert::{bad, instant};
use super::{Db, Result, outbox};
use crate::clinic::choice::Topic;
use crate::clinic::ids::{ClientId, ClinicId};

/// A topic that a client stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Which one.
    pub topic: Topic,
    /// Since when.
    pub since: Timestamp,
}

/// Stops a topic or has it again; `false` when it was so already. After the commit of a stop no email of
/// its stream begins; waiting ones are called off by [`outbox::cancel_waiting`] in the same transaction.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn set(
    db: &mut Db,
    clinic: ClinicId,
    client: ClientId,
    topic: Topic,
    stopped: bool,
    at: Timestamp,
) -> Result<bool> {
    if stopped {
        outbox::stop_begins(db).await?;
    }
    let sql = "insert into stream_choice (clinic_id, client_id, topic, stopped, at)
               select $1, $2, $3, $4, $5 where $4 = 1 or exists (select 1 from stream_choice s
                  where s.client_id = $2 and s.topic = $3)
               on conflict (client_id, topic) do update set stopped = excluded.stopped, at = excluded.at
               where stream_choice.stopped <> excluded.stopped";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(topic.id())
        .bind(i16::from(stopped))
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// What a client stopped, in the order of the topics.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn stopped(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Vec<Stopped>> {
    let sql = "select topic, at from stream_choice where clinic_id = $1 and client_id = $2 and stopped = 1";
    let rows: Vec<(String, i64)> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(client.to_string()).fetch_all(c).await)?;
    let read = |(id, at): (String, i64)| Ok(Stopped { topic: topic(&id)?, since: instant("stream_choice", "at", at)? });
    let mut stopped = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    stopped.sort_by_key(|one| one.topic);
    Ok(stopped)
}

/// What these clients stopped, of whichever clinics: for what a worker claimed.
pub(super) async fn of_clients(db: &mut Db, clients: &[String]) -> Result<HashMap<String, Vec<Topic>>> {
    let ids = json_list(clients.iter().cloned());
    let sql = format!("select client_id, topic from stream_choice where stopped = 1 and client_id {}", among(db));
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(AssertSqlSafe(sql)).bind(ids).fetch_all(c).await)?;
    let mut all: HashMap<String, Vec<Topic>> = HashMap::new();
    for (client, id) in rows {
        all.entry(client).or_default().push(topic(&id)?);
    }
    for topics in all.values_mut() {
        topics.sort_unstable();
    }
    Ok(all)
}

fn topic(id: &str) -> Result<Topic> {
    Topic::of(id).ok_or_else(|| bad("stream_choice", "topic"))
}
