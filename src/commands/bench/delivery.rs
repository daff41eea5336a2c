//! `bench delivery`: the whole way of an email, beside a bare loop over the mail library's own
//! connection to the same server in the same run.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::super::{Stop, print, setup};
use super::Delivery;
use super::far::{Far, YARDSTICK_BYTES, smtp_source};
use super::load::{Says, load};
use super::machine::{Machine, cpu_seconds, resident_mib};
use super::workers::beside_each_other;
use crate::app::{self, Rules};
use crate::clock::Clock;
use crate::config::{Secret, Settings};
use crate::mail::relay::{Relay, Security};
use crate::mail::sink::{Sink, SinkOptions, bare_loop};
use crate::store::Store;
use crate::worker::{Delivered, Worker};

/// One line of figures.
#[derive(Debug, Serialize)]
struct Figures {
    work: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<&'static str>,
    messages: u64,
    connections: usize,
    message_bytes: usize,
    messages_per_second: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_microseconds_per_message: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commits_per_message: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resident_mib_at_most: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of_bare_loop: Option<f64>,
    /// Of `smtp-source -d -s 10 -l 12000` to the same server.
    #[serde(skip_serializing_if = "Option::is_none")]
    of_smtp_source: Option<f64>,
    /// Of connections / (3 round trips), the most that one message after the other can reach with PIPELINING.
    #[serde(skip_serializing_if = "Option::is_none")]
    of_round_trips: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workers: Option<u32>,
    machine: Machine,
}

/// What a measurement is held against.
#[derive(Clone, Copy)]
struct Beside {
    bare: f64,
    source: Option<f64>,
    round_trip: Duration,
}

impl Figures {
    /// A rate and nothing else.
    fn rate(work: &'static str, (messages, connections, message_bytes): (u32, usize, usize), rate: f64) -> Self {
        Self {
            work,
            engine: None,
            messages: u64::from(messages),
            connections,
            message_bytes,
            messages_per_second: rate,
            cpu_microseconds_per_message: None,
            commits_per_message: None,
            resident_mib_at_most: None,
            of_bare_loop: None,
            of_smtp_source: None,
            of_round_trips: None,
            workers: None,
            machine: Machine::here(),
        }
    }

    /// The same, beside the others of this run.
    fn beside(self, beside: Beside) -> Self {
        let rate = self.messages_per_second;
        #[expect(clippy::cast_precision_loss, reason = "connections are few")]
        let connections = self.connections as f64;
        let far = beside.round_trip.as_secs_f64();
        Self {
            of_bare_loop: Some(rate / beside.bare),
            of_smtp_source: beside.source.map(|source| rate / source),
            of_round_trips: (far > 0.0).then(|| rate * 3.0 * far / connections),
            ..self
        }
    }
}

/// Measures, or only loads.
pub(super) async fn delivery(args: &Delivery) -> Result<(), Stop> {
    let mut settings = setup::settings(&args.common)?;
    let rules = Rules::of(&settings).map_err(Stop::wrong)?;
    if args.load_only {
        let store = app::store(&settings).await.map_err(Stop::failed)?;
        load(&store, &rules, (args.count, Says::Everything), Clock::system().now()).await.map_err(Stop::wrong)?;
        store.close().await;
        return line(&serde_json::json!({ "work": "load", "engine": store.engine_name(), "messages": args.count }));
    }
    let says = if args.whole_letter { Says::Everything } else { Says::Less };
    let (server, _own) = peer(&settings).await?;
    let round_trip = Duration::from_millis(u64::from(args.round_trip));
    let far = if round_trip.is_zero() { None } else { Some(Far::away(server, round_trip).await?) };
    let address = far.as_ref().map_or(server, |far| far.address);
    settings.mail.url = vec![Secret::new(format!("smtp+plain://{address}"))];
    settings.mail.connections = args.connections.clamp(1, 256);
    reachable(&mut settings)?;
    let folder = tempfile::tempdir().map_err(Stop::failed)?;
    let message = sample(&settings, &rules, folder.path(), (args.count.min(10), says)).await?;
    let connections = usize::try_from(settings.mail.connections).unwrap_or(1);
    let count = usize::try_from(args.count).unwrap_or(usize::MAX);
    let bare = bare_loop(address, connections, count, &message).await.map_err(Stop::failed)?;
    line(&Figures::rate("bare_loop", (args.count, connections, message.len()), bare))?;
    let source = smtp_source(address, args.count).await?;
    if let Some(source) = source {
        line(&Figures::rate("smtp_source", (args.count, 10, YARDSTICK_BYTES), source))?;
    }
    let beside = Beside { bare, source, round_trip };
    for engine in engines(&settings, folder.path()) {
        let store = app::store(&engine).await.map_err(Stop::failed)?;
        load(&store, &rules, (args.count, says), Clock::system().now()).await.map_err(Stop::wrong)?;
        if args.workers > 0 {
            if store.engine_name() == "PostgreSQL" {
                let rate = beside_each_other(&engine, &store, address, (args.workers, args.count)).await?;
                let figures = Figures::rate("delivery", (args.count, connections, message.len()), rate);
                let (engine, workers) = (Some(store.engine_name()), Some(args.workers));
                line(&Figures { engine, workers, ..figures }.beside(beside))?;
            }
        } else {
            let worker = app::worker(&engine, store.clone(), Clock::system(), &rules).map_err(Stop::wrong)?;
            line(&measure(&worker, &store, message.len(), connections).await?.beside(beside))?;
        }
        store.close().await;
    }
    Ok(())
}

/// Emails come from somewhere and carry links, as a clinic's own do.
pub(super) fn reachable(settings: &mut Settings) -> Result<(), Stop> {
    settings.mail.from.get_or_insert_with(|| "bench@example.test".into());
    settings.web.base_url.get_or_insert("https://care.example.test".parse().map_err(Stop::failed)?);
    Ok(())
}

/// A temporary SQLite file, and PostgreSQL when the settings name one.
pub(super) fn engines(settings: &Settings, folder: &Path) -> Vec<Settings> {
    let mut sqlite = settings.clone();
    sqlite.database.url = Secret::new(format!("sqlite://{}", folder.join("bench.db").display()));
    sqlite.secrets.key_file = folder.join("bench.key");
    if settings.database.url.expose().starts_with("postgres") {
        let mut postgres = settings.clone();
        postgres.secrets.key_file = folder.join("bench.key");
        vec![sqlite, postgres]
    } else {
        vec![sqlite]
    }
}

async fn measure(worker: &Worker, store: &Store, message_bytes: usize, connections: usize) -> Result<Figures, Stop> {
    let (_keep, never) = watch::channel(false);
    let (started, cpu) = (Instant::now(), cpu_seconds());
    let mut sum = Delivered::default();
    loop {
        let step = worker.step(&never).await.map_err(Stop::failed)?;
        sum.sent += step.sent;
        sum.other += step.other;
        sum.commits += step.commits;
        if step.sent == 0 {
            break;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    if sum.sent == 0 || sum.other > 0 {
        return Err(Stop::failed(format!(
            "{} were sent and {} were not; the figures would mean nothing",
            sum.sent, sum.other
        )));
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
    let (sent, commits) = (sum.sent as f64, sum.commits as f64);
    let rate = sent / seconds;
    let used = cpu.zip(cpu_seconds()).map(|(before, after)| (after - before) * 1e6 / sent);
    let messages = u32::try_from(sum.sent).unwrap_or(u32::MAX);
    Ok(Figures {
        engine: Some(store.engine_name()),
        cpu_microseconds_per_message: used,
        commits_per_message: Some(commits / sent),
        resident_mib_at_most: resident_mib(),
        ..Figures::rate("delivery", (messages, connections, message_bytes), rate)
    })
}

/// The bytes of one of the emails that will be sent, so that the bare loop sends the same size.
async fn sample(
    settings: &Settings,
    rules: &Rules,
    folder: &Path,
    (count, says): (u32, Says),
) -> Result<Vec<u8>, Stop> {
    let mut one = settings.clone();
    let out = folder.join("sample");
    one.database.url = Secret::new(format!("sqlite://{}", folder.join("sample.db").display()));
    one.secrets.key_file = folder.join("sample.key");
    one.mail.url = vec![Secret::new(format!("folder://{}", out.display()))];
    let store = app::store(&one).await.map_err(Stop::failed)?;
    load(&store, rules, (count.max(1), says), Clock::system().now()).await.map_err(Stop::failed)?;
    let worker = app::worker(&one, store.clone(), Clock::system(), rules).map_err(Stop::failed)?;
    let (_keep, never) = watch::channel(false);
    worker.step(&never).await.map_err(Stop::failed)?;
    store.close().await;
    let first = std::fs::read_dir(&out)
        .map_err(Stop::failed)?
        .next()
        .ok_or_else(|| Stop::failed("no sample email was written"))?;
    std::fs::read(first.map_err(Stop::failed)?.path()).map_err(Stop::failed)
}

/// Where to send: `mail.url` when it is a loopback SMTP address, else a process of our own, so that
/// the server's work is not counted as ours.
pub(super) async fn peer(settings: &Settings) -> Result<(SocketAddr, Option<Child>), Stop> {
    if let Some(url) = settings.mail.url.first()
        && let Ok(Relay::Smtp(relay)) = Relay::parse(url.expose())
        && relay.security == Security::Plain
        && let Ok(mut addresses) = tokio::net::lookup_host((relay.host.as_str(), relay.port)).await
        && let Some(address) = addresses.find(|address| address.ip().is_loopback())
    {
        return Ok((address, None));
    }
    let program = std::env::current_exe().map_err(Stop::failed)?;
    let mut child = Command::new(program)
        .args(["bench", "sink"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(Stop::failed)?;
    let out = child.stdout.take().ok_or_else(|| Stop::failed("the sink has no output"))?;
    let first = BufReader::new(out).lines().next_line().await.map_err(Stop::failed)?;
    let address = first
        .and_then(|line| line.parse().ok())
        .ok_or_else(|| Stop::failed("the sink did not say where it listens"))?;
    Ok((address, Some(child)))
}

/// `bench sink`: takes mail until its standard input ends, which it does with whoever started it.
pub(super) async fn sink() -> Result<(), Stop> {
    let sink = Sink::start(SinkOptions::default()).await.map_err(Stop::failed)?;
    print(&format!("{}\n", sink.address()))?;
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(_)) = input.next_line().await {}
    Ok(())
}

fn line<T: Serialize>(document: &T) -> Result<(), Stop> {
    print(&format!("{}\n", serde_json::to_string(document).map_err(Stop::failed)?))
}
