//! `GET /healthz` and `GET /readyz`: for the machines that watch this one. They say nothing about
//! anyone, and a database that does not answer is said in one word.

use axum::extract::State;
use axum::http::StatusCode;

use super::Web;

/// Alive: the process answers.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// Ready: database reachable, migrated, worker beating.
pub async fn ready(State(web): State<Web>) -> (StatusCode, String) {
    let (database, migrated) = match web.store.is_migrated().await {
        Ok(migrated) => (true, migrated),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (false, false)
        }
    };
    let beating = (web.beating)();
    let word = |fine: bool| if fine { "ok" } else { "no" };
    let status = if database && migrated && beating { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, format!("database {}\nmigrated {}\nworker {}\n", word(database), word(migrated), word(beating)))
}
