//! `bench posts`: how long a form takes that writes durably, under 32 connections: on a quiet machine, and while
//! delivery runs at its full rate in the same process. The form is the choice of a language on a client's own page.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::super::{Stop, print, setup};
use super::Posts;
use super::delivery::{engines, peer, reachable};
use super::load::{Says, client, load};
use super::machine::Machine;
use crate::app::{self, Rules};
use crate::clinic::ids::ClinicId;
use crate::clinic::link::Purpose;
use crate::clock::Clock;
use crate::config::{Secret, Settings};
use crate::store::catalogue::newest::Newest;
use crate::store::link::NewLink;
use crate::store::{self, Store};
use crate::web::letters::Letters;
use crate::web::proxy::Proxies;
use crate::web::{self, Web};
use crate::worker::Worker;

/// So many clients at once, each with a connection and a link of their own.
const CONNECTIONS: u32 = 32;

/// With so many connections mail leaves at its full rate, as in `bench delivery`.
const FULL_RATE: u32 = 128;

/// So many forms each of them sends on the quiet machine.
const EACH: usize = 50;

/// When somebody stops.
#[derive(Clone)]
enum Until {
    /// After so many forms.
    Sent(usize),
    /// When this is set.
    Told(Arc<AtomicBool>),
}

/// Measures on SQLite, and on PostgreSQL when the settings name one.
pub(super) async fn posts(args: &Posts) -> Result<(), Stop> {
    let mut settings = setup::settings(&args.common)?;
    let rules = Rules::of(&settings).map_err(Stop::wrong)?;
    let (server, _own) = peer(&settings).await?;
    settings.mail.url = vec![Secret::new(format!("smtp+plain://{server}"))];
    settings.mail.connections = FULL_RATE;
    reachable(&mut settings)?;
    let folder = tempfile::tempdir().map_err(Stop::failed)?;
    for engine in engines(&settings, folder.path()) {
        let store = app::store(&engine).await.map_err(Stop::failed)?;
        measure(&engine, &store, &rules, args.count).await?;
        store.close().await;
    }
    Ok(())
}

async fn measure(settings: &Settings, store: &Store, rules: &Rules, count: u32) -> Result<(), Stop> {
    let now = Clock::system().now();
    let clinic = load(store, rules, (count, Says::Everything), now).await.map_err(Stop::wrong)?;
    let tokens = links(store, clinic, count).await.map_err(Stop::failed)?;
    let worker = app::worker(settings, store.clone(), Clock::system(), rules).map_err(Stop::wrong)?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(Stop::failed)?;
    let address = listener.local_addr().map_err(Stop::failed)?;
    let (stop, stopped) = watch::channel(false);
    let until = async move {
        let mut stopped = stopped;
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let served = tokio::spawn(web::serve(listener, pages(settings, store, rules, &worker), until, stop.clone()));

    let mut quiet = everybody(address, &tokens, &Until::Sent(EACH)).await?;
    let over = Arc::new(AtomicBool::new(false));
    let started = Instant::now();
    let told = Until::Told(Arc::clone(&over));
    let (sent, busy) = tokio::join!(deliver(&worker, &over), everybody(address, &tokens, &told));
    let (sent, mut busy, seconds) = (sent?, busy?, started.elapsed().as_secs_f64());
    if sent != u64::from(count) {
        return Err(Stop::failed(format!("{sent} of {count} emails left; the figures would mean nothing")));
    }
    let _ = stop.send(true);
    served.await.map_err(Stop::failed)?.map_err(Stop::failed)?;
    let (still, meanwhile) = (percentiles(&mut quiet), percentiles(&mut busy));
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
    let rate = sent as f64 / seconds;
    let figures = json!({
        "work": "posts", "engine": store.engine_name(), "connections": CONNECTIONS,
        "quiet": still.0, "while_delivering": meanwhile.0, "p99_of_quiet": meanwhile.1 / still.1,
        "messages_per_second": rate, "machine": Machine::here(),
    });
    print(&format!("{figures}\n"))
}

/// Delivers everything that is due, then says so.
async fn deliver(worker: &Worker, over: &AtomicBool) -> Result<u64, Stop> {
    let (_keep, never) = watch::channel(false);
    let mut sent = 0;
    let ended = loop {
        match worker.step(&never).await {
            Ok(step) if step.sent == 0 => break Ok(sent),
            Ok(step) => sent += step.sent,
            Err(problem) => break Err(Stop::failed(problem)),
        }
    };
    over.store(true, Ordering::Release);
    ended
}

/// Clients with a link to their own page and no email that waits.
async fn links(store: &Store, clinic: ClinicId, after: u32) -> store::Result<Vec<String>> {
    let now = Clock::system().now();
    let mut db = store.write().await?;
    let mut tokens = Vec::new();
    for number in 0..CONNECTIONS {
        let (client, _) = client(&mut db, clinic, after.saturating_add(number), now).await?;
        let purpose = Purpose::Preferences;
        let link = NewLink { client, visit: None, purpose, ends_at: purpose.ends_at(now, now) };
        tokens.push(store::link::keep(&mut db, clinic, link, now).await?);
    }
    db.commit().await?;
    Ok(tokens)
}

fn pages(settings: &Settings, store: &Store, rules: &Rules, worker: &Worker) -> Web {
    Web {
        store: store.clone(),
        clock: Clock::system(),
        catalogue: Arc::clone(&rules.catalogue),
        newest: Newest::over(Arc::clone(&rules.catalogue)),
        form: Arc::clone(&rules.form),
        letters: Letters::new(Arc::clone(&rules.letters), Arc::clone(&rules.catalogue)),
        demo: false,
        https: false,
        origin: None,
        base_url: None,
        hashing: web::passwords::places(),
        sending: app::sending(&settings.mail, &worker.sender),
        proxies: Proxies::default(),
        sent_text: None,
        metrics: None,
        webhooks_inside: false,
    }
}

/// Everybody sends forms, each on a connection of their own. How long each form took.
async fn everybody(address: SocketAddr, tokens: &[String], until: &Until) -> Result<Vec<Duration>, Stop> {
    let mut all = JoinSet::new();
    for token in tokens {
        all.spawn(one(address, token.clone(), until.clone()));
    }
    let mut took = Vec::new();
    while let Some(one) = all.join_next().await {
        took.extend(one.map_err(Stop::failed)??);
    }
    Ok(took)
}

async fn one(address: SocketAddr, token: String, until: Until) -> Result<Vec<Duration>, Stop> {
    let stream = TcpStream::connect(address).await.map_err(Stop::failed)?;
    stream.set_nodelay(true).map_err(Stop::failed)?;
    let mut stream = BufReader::new(stream);
    let mut took = Vec::new();
    loop {
        let is_over = match &until {
            Until::Sent(count) => took.len() >= *count,
            Until::Told(over) => over.load(Ordering::Acquire),
        };
        if is_over {
            return Ok(took);
        }
        // Another language each time: every form writes.
        let language = if took.len() % 2 == 0 { "locale=es" } else { "locale=en" };
        let started = Instant::now();
        let status = post(&mut stream, address, &token, language).await.map_err(Stop::failed)?;
        took.push(started.elapsed());
        if status != 303 {
            return Err(Stop::failed(format!("a form was answered with {status}; the figures would mean nothing")));
        }
    }
}

/// Sends a form and reads the whole answer. Returns its status.
async fn post(stream: &mut BufReader<TcpStream>, to: SocketAddr, token: &str, form: &str) -> std::io::Result<u16> {
    let request = format!(
        "POST /p/{token}/language HTTP/1.1\r\nhost: {to}\r\nsec-fetch-site: same-origin\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.get_mut().write_all(request.as_bytes()).await?;
    let (mut status, mut length, mut line) = (0, 0, String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if status == 0 {
            status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(status)
}

/// Median and 99th percentile as figures, and the latter in milliseconds.
fn percentiles(took: &mut [Duration]) -> (serde_json::Value, f64) {
    took.sort_unstable();
    let at = |hundredths: usize| {
        let index = (took.len().saturating_sub(1)).saturating_mul(hundredths) / 100;
        took.get(index).map_or(0.0, |took| took.as_secs_f64() * 1000.0)
    };
    (json!({ "forms": took.len(), "median_ms": at(50), "p99_ms": at(99) }), at(99))
}
