//! `GET /healthz` and `GET /readyz`: for the machines that watch this one. They say nothing about
//! anyone, and a database that does not answer is said in one word.

use axum::extract::State;
use axum::http::StatusCode;

use jiff::{SignedDuration, Timestamp};

use super::Web;
use crate::store::{self, setting::HEARTBEAT};

/// Alive: the process answers.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// A worker that has not looked for this long is taken for dead. It looks at least once in
/// `worker.poll`, which is an hour at most, but hardly anyone sets more than a minute.
const SILENCE: SignedDuration = SignedDuration::from_mins(5);

/// Ready: database reachable, migrated, worker beating.
pub async fn ready(State(web): State<Web>) -> (StatusCode, String) {
    let (database, migrated) = match web.store.is_migrated().await {
        Ok(migrated) => (true, migrated),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (false, false)
        }
    };
    let beating = migrated && beating(&web).await.unwrap_or(false);
    let word = |fine: bool| if fine { "ok" } else { "no" };
    let status = if database && migrated && beating { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, format!("database {}\nmigrated {}\nworker {}\n", word(database), word(migrated), word(beating)))
}

/// Whether any worker on this database looked lately, in system time.
async fn beating(web: &Web) -> store::Result<bool> {
    let mut db = web.store.read().await?;
    let beat = store::setting::find(&mut db, HEARTBEAT).await?;
    let at = beat.and_then(|text| text.parse().ok()).and_then(|millis| Timestamp::from_millisecond(millis).ok());
    Ok(at.is_some_and(|at| web.clock.system_now().duration_since(at) < SILENCE))
}
