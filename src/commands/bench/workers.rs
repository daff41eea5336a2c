//! Several workers beside each other on one database: how much faster, and that nothing goes twice.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use super::super::Stop;
use crate::clinic::outbox::State;
use crate::clinic::protocol::Stream;
use crate::config::Settings;
use crate::store::{self, Store};

/// How often is looked whether everything has left: seldom enough to cost nothing.
const LOOK: Duration = Duration::from_millis(100);

/// Longer than any measurement.
const DEADLINE: Duration = Duration::from_secs(3600);

/// Messages a second, when this many processes deliver what is due; everything must have been sent.
pub(super) async fn beside_each_other(
    settings: &Settings,
    store: &Store,
    server: SocketAddr,
    (many, count): (u32, u32),
) -> Result<f64, Stop> {
    // An earlier measurement may have left its own.
    let before = sent(store).await.map_err(Stop::failed)?;
    let mut children = Vec::new();
    let started = Instant::now();
    for _ in 0..many {
        children.push(worker(settings, server)?);
    }
    // All rows are counted only once none waits: counting takes what the workers could use.
    while waits(store).await.map_err(Stop::failed)?
        || sent(store).await.map_err(Stop::failed)? < before + u64::from(count)
    {
        if started.elapsed() > DEADLINE {
            return Err(Stop::failed("the workers did not send everything within an hour"));
        }
        tokio::time::sleep(LOOK).await;
    }
    let rate = f64::from(count) / started.elapsed().as_secs_f64();
    for child in &mut children {
        child.kill().await.map_err(Stop::failed)?;
    }
    let repeated =
        store::outbox::repeated(&mut store.read().await.map_err(Stop::failed)?).await.map_err(Stop::failed)?;
    if repeated > 0 {
        return Err(Stop::failed(format!("{repeated} emails were begun more than once")));
    }
    Ok(rate)
}

async fn waits(store: &Store) -> store::Result<bool> {
    let mut db = store.read().await?;
    let streams = [Stream::Service, Stream::Aftercare, Stream::Preparation];
    Ok(store::outbox::next_due(&mut db, &streams).await?.is_some())
}

async fn sent(store: &Store) -> store::Result<u64> {
    let mut db = store.read().await?;
    let totals = store::outbox::totals(&mut db).await?;
    Ok(totals.into_iter().find(|(state, _)| *state == State::Sent).map_or(0, |(_, count)| count))
}

fn worker(settings: &Settings, server: SocketAddr) -> Result<Child, Stop> {
    let program = std::env::current_exe().map_err(Stop::failed)?;
    Command::new(program)
        .arg("worker")
        .env("AFTERCARE_DATABASE__URL", settings.database.url.expose())
        .env("AFTERCARE_SECRETS__KEY_FILE", &settings.secrets.key_file)
        .env("AFTERCARE_MAIL__URL", format!("smtp+plain://{server}"))
        .env("AFTERCARE_MAIL__FROM", settings.mail.from.as_deref().unwrap_or_default())
        .env("AFTERCARE_WEB__BASE_URL", settings.web.base_url.as_ref().map_or("", url::Url::as_str))
        .env("AFTERCARE_MAIL__CONNECTIONS", settings.mail.connections.to_string())
        .env("AFTERCARE_LOG", "error")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(Stop::failed)
}
