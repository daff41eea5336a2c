//! `aftercare demo`: a seeded clinic on an embedded database with a built-in mailbox. No server,
//! account, key or network is needed, and no email can leave the machine.

mod answers;
mod cast;
mod notes;
mod own_form;
mod seed;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::time;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use url::Url;

use super::serve::{listen, until};
use super::{Stop, print};
use crate::app::{self, Rules};
use crate::clinic::ids::ClinicId;
use crate::clinic::profile::Zone;
use crate::clinic::schedule::at;
use crate::clock::Clock;
use crate::config::{Secret, Settings};
use crate::seal::{password, token};
use crate::store::catalogue::newest::Newest;
use crate::store::visit::VisitState;
use crate::store::{self, Store};
use crate::web::completion::{Made, complete};
use crate::web::letters::Letters;
use crate::web::proxy::Proxies;
use crate::web::{self, Web};
use crate::worker::Worker;

/// The database in the demo's folder.
const DATABASE: &str = "aftercare.db";

/// Where the demo remembers its clock, its clinic and what to look at first.
const REMEMBERED: &str = "demo";

/// How often the demo looks for due mail and for visits that are over.
const LOOK: Duration = Duration::from_millis(250);

/// The zone of the demo's clinic, for the time it starts at.
const ZONE: &str = "Europe/London";

#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Keep everything in this folder and go on from it next time; without it a temporary folder is used.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// How fast the clinic's clock runs: at 1, a day passes in a minute. 0 is as fast as your own.
    #[arg(long, value_name = "N", default_value_t = 0.25)]
    days_per_minute: f64,
    /// When the clinic's clock starts, such as 2026-03-27T09:40:00Z; without it, at 09:40 on the next working day.
    #[arg(long, value_name = "INSTANT")]
    start: Option<String>,
    /// Keep the clinic in this database instead of a file of its own: how the demo is tried on PostgreSQL.
    #[arg(long, value_name = "URL", hide = true)]
    database: Option<String>,
}

/// Builds the clinic, starts it, and says what to look at.
pub(super) async fn demo(args: &Demo) -> Result<(), Stop> {
    let rate = args.days_per_minute;
    if !rate.is_finite() || !(0.0..=1000.0).contains(&rate) {
        return Err(Stop::wrong(format!("--days-per-minute: {rate} is not a speed; give a number from 0 to 1000")));
    }
    if !args.listen.ip().is_loopback() {
        return Err(Stop::wrong(format!(
            "--listen: {} can be reached from outside; anyone may come in to the demo, so give an address such as 127.0.0.1:8080",
            args.listen
        )));
    }
    let start = start(args)?;
    let listener = listen(args.listen).await?;
    let address = listener.local_addr().map_err(Stop::failed)?;
    let temporary = if args.data.is_none() { Some(tempfile::tempdir().map_err(Stop::failed)?) } else { None };
    let folder = args.data.clone().or_else(|| temporary.as_ref().map(|dir| dir.path().to_owned())).unwrap_or_default();
    std::fs::create_dir_all(&folder).map_err(|error| {
        Stop::Failed(format!(
            "{}: cannot be made ({error}); give a folder that you may write to with --data",
            folder.display()
        ))
    })?;
    let settings = settings(&folder, args.database.as_deref(), address)?;
    let rules = Rules::of(&settings).map_err(Stop::failed)?;
    let store = app::store(&settings).await.map_err(Stop::failed)?;
    store.migrate().await.map_err(Stop::failed)?;
    let clinic = match remembered(&store).await? {
        Some(clinic) => clinic,
        None => {
            let place = if args.database.is_some() { "--database" } else { "--data" };
            empty(&store, place).await?;
            first_time(&settings, &store, &rules, start).await?
        }
    };
    let clock = Clock::fast(clinic.now, rate);
    let worker = app::worker(&settings, store.clone(), clock.clone(), &rules).map_err(Stop::failed)?;
    let worker = Worker { unsigned_may_leave: true, webhooks_inside: true, ..worker };
    let letters = Letters::new(rules.letters.clone(), rules.catalogue.clone());
    let web = Web {
        store: store.clone(),
        clock,
        newest: Newest::over(rules.catalogue.clone()),
        catalogue: rules.catalogue.clone(),
        form: Arc::clone(&rules.form),
        letters: letters.reached_at(settings.web.base_url.clone()),
        demo: true,
        https: false,
        origin: None,
        base_url: settings.web.base_url.clone(),
        hashing: web::passwords::places(),
        sending: app::sending(&settings.mail, &worker.sender),
        proxies: Proxies::default(),
        sent_text: None,
        metrics: None,
        webhooks_inside: true,
    };
    let keys = keys(&store, clinic.id).await.map_err(Stop::failed)?;
    print(&greeting(address, &clinic, &keys, rate, args.data.as_deref()))?;
    run(worker, web, listener, clinic, rules, store).await
}

/// What the demo needs to go on.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Remembered {
    id: ClinicId,
    first_visit: crate::clinic::ids::VisitId,
    /// The clinic's time when it was last running.
    now: Timestamp,
}

async fn run(
    worker: Worker,
    web: Web,
    listener: tokio::net::TcpListener,
    clinic: Remembered,
    rules: Rules,
    store: Store,
) -> Result<(), Stop> {
    let (stop, stopped) = watch::channel(false);
    let closing = tokio::spawn(close_visits(worker.clone(), rules, clinic, stopped.clone()));
    let delivery = {
        let stopped = stopped.clone();
        tokio::spawn(async move { worker.run(LOOK, stopped).await })
    };
    let served = web::serve(listener, web, until(stopped), stop).await;
    delivery.await.map_err(Stop::failed)?;
    closing.await.map_err(Stop::failed)?;
    store.close().await;
    served.map_err(Stop::failed)
}

/// The demo's therapists close each visit when it is over.
async fn close_visits(worker: Worker, rules: Rules, mut clinic: Remembered, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        clinic.now = worker.clock.now();
        if let Err(problem) = close_ended(&worker, &rules, &clinic).await {
            tracing::error!(%problem, "the demo could not close a visit");
        }
        // Ends with the wait or with the word to stop.
        let _ = tokio::time::timeout(LOOK, stopped.changed()).await;
    }
}

async fn close_ended(worker: &Worker, rules: &Rules, clinic: &Remembered) -> store::Result<()> {
    let month = SignedDuration::from_hours(24 * 31);
    let from = clinic.now.saturating_sub(month).unwrap_or(clinic.now);
    let mut db = worker.store.write().await?;
    let made = Made { catalogue: &rules.catalogue, letters: &rules.letters, domain: worker.sender.from.domain() };
    for line in store::board::between(&mut db, clinic.id, from, clinic.now).await? {
        if line.state == VisitState::Booked && line.ends_at <= clinic.now {
            complete(&mut db, made, clinic.id, line.visit, clinic.now).await?;
        }
    }
    remember(&mut db, clinic).await?;
    db.commit().await
}

async fn first_time(settings: &Settings, store: &Store, rules: &Rules, start: Timestamp) -> Result<Remembered, Stop> {
    let today = start.to_zoned(zone()?.rules().clone()).date();
    let mut worker = app::worker(settings, store.clone(), Clock::fixed(start), rules).map_err(Stop::failed)?;
    worker.unsigned_may_leave = true;
    let domain = worker.sender.from.domain().to_owned();
    let made = Made { catalogue: &rules.catalogue, letters: &rules.letters, domain: &domain };
    let seeded = seed::seed(&worker, made, today, start).await.map_err(Stop::failed)?;
    let clinic = Remembered { id: seeded.clinic, first_visit: seeded.first_visit, now: start };
    let keep = async {
        let mut db = store.write().await?;
        remember(&mut db, &clinic).await?;
        db.commit().await
    };
    keep.await.map_err(|error: store::Error| Stop::failed(error))?;
    Ok(clinic)
}

/// One of the staff's sign-ins, made for this run.
struct Key {
    name: String,
    role: &'static str,
    email: String,
    password: String,
}

/// New passwords for Ada, Theo and Rosa.
async fn keys(store: &Store, clinic: ClinicId) -> Result<Vec<Key>, String> {
    let now = Clock::system().now();
    let mut db = store.write().await.map_err(|error| error.to_string())?;
    let mut staff = store::account::all(&mut db, clinic).await.map_err(|error| error.to_string())?;
    staff.retain(|account| ["Ada", "Theo", "Rosa"].iter().any(|name| account.name.as_str().starts_with(name)));
    let mut keys = Vec::new();
    for account in staff {
        let digits = token::fresh();
        let password = [&digits[..4], &digits[4..8], &digits[8..12]].join("-");
        let hash = password::hash(&password)?;
        let give = async {
            let login = store::login::of_account(&mut db, clinic, account.id).await?;
            if let Some(login) = login {
                store::login::set_password(&mut db, login, &hash, now).await?;
            }
            Ok::<_, store::Error>(())
        };
        give.await.map_err(|error| error.to_string())?;
        keys.push(Key { name: account.name.into(), role: account.role.word(), email: account.email.into(), password });
    }
    db.commit().await.map_err(|error| error.to_string())?;
    Ok(keys)
}

async fn remember(db: &mut store::Db, clinic: &Remembered) -> store::Result<()> {
    let text = serde_json::to_string(clinic).unwrap_or_default();
    store::setting::save(db, REMEMBERED, &text).await
}

/// The demo's people are never put beside those of a clinic.
async fn empty(store: &Store, place: &str) -> Result<(), Stop> {
    let mut db = store.read().await.map_err(Stop::failed)?;
    if store::clinic::all(&mut db).await.map_err(Stop::failed)?.is_empty() {
        return Ok(());
    }
    Err(Stop::wrong(format!("{place}: this database holds a clinic that is not the demo’s; name an empty one")))
}

async fn remembered(store: &Store) -> Result<Option<Remembered>, Stop> {
    let mut db = store.read().await.map_err(Stop::failed)?;
    let text = store::setting::find(&mut db, REMEMBERED).await.map_err(Stop::failed)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

fn zone() -> Result<Zone, Stop> {
    Zone::named(ZONE).map_err(Stop::failed)
}

fn start(args: &Demo) -> Result<Timestamp, Stop> {
    let zone = zone()?;
    match &args.start {
        Some(text) => text.parse().map_err(|_| {
            Stop::wrong(format!(
                "--start: \"{text}\" is not a moment on the calendar; write it like 2026-03-27T09:40:00Z"
            ))
        }),
        None => {
            let today = Clock::system().now().to_zoned(zone.rules().clone()).date();
            Ok(at(&zone, cast::first_day(today), time(9, 40, 0, 0)).timestamp())
        }
    }
}

/// The links in the mailbox work, since they lead to this very program.
fn settings(folder: &Path, database: Option<&str>, address: SocketAddr) -> Result<Settings, Stop> {
    let mut settings = Settings::default();
    let own = || format!("sqlite://{}", folder.join(DATABASE).display());
    settings.database.url = Secret::new(database.map_or_else(own, str::to_owned));
    settings.secrets.key_file = folder.join("aftercare.key");
    settings.mail.url = vec![Secret::new(format!("folder://{}", absolute(&folder.join("mailbox")).display()))];
    settings.mail.from = Some("aftercare@harbour.example".into());
    settings.mail.reply_to = Some("desk@harbour.example".into());
    settings.web.base_url = Some(Url::parse(&format!("http://{address}")).map_err(Stop::failed)?);
    Ok(settings)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn greeting(address: SocketAddr, clinic: &Remembered, keys: &[Key], rate: f64, data: Option<&Path>) -> String {
    let speed = if rate > 0.0 {
        format!("A day at the clinic takes {:.0} seconds here", 60.0 / rate)
    } else {
        "The clinic's clock runs as fast as yours".into()
    };
    let kept = match data {
        Some(folder) => format!("Everything is kept in {}.", folder.display()),
        None => "Everything lives in a temporary folder and is gone when you stop.".into(),
    };
    let people: Vec<String> = keys
        .iter()
        .map(|key| format!("  {:<16} {:<10} {:<22} {}\n", key.name, key.role, key.email, key.password))
        .collect();
    format!(
        "\nHarbour Street Clinic is open: http://{address}/demo\n\n\
         Come in there with one button, or sign in with email and password, made for this run:\n{}\n\
         Look first at\n  1. the day:      http://{address}/day\n  2. one brief:    http://{address}/visits/{}\n  \
         3. the mailbox:  http://{address}/mailbox   (emails arrive while you watch)\n\n\
         {speed}. No email leaves this machine.\n{kept}\nStop with Ctrl-C.\n",
        people.concat(),
        clinic.first_visit
    )
}
