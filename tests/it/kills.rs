//! The real program, killed with SIGKILL while mail flows, and told to stop with SIGTERM. Nothing
//! may be lost; what is repeated is bounded by the connections and bears the same Message-ID.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aftercare::mail::sink::{Sink, SinkOptions};
use aftercare::seal::Seal;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::support::engines::{Engine, ask, engines, run};

const EMAILS: usize = 2_000;
const CONNECTIONS: usize = 4;
const KILLS: usize = 20;
const STOPS: usize = 5;
/// Longer than any of these waits takes on a busy machine, and than a lease: PostgreSQL may finish a
/// statement of a killed worker after the test ended that worker's leases.
const DEADLINE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_twenty_times_it_loses_nothing_and_repeats_little() {
    let mut chance = Chance::from_environment();
    for engine in engines().await {
        let started = Instant::now();
        let rig = Rig::load(engine).await;
        for _ in 0..KILLS {
            let mut worker = rig.start();
            rig.journal.grows_by(chance.up_to(70)).await;
            worker.kill().await.expect("killed and gone");
            rig.let_leases_run_out().await;
        }
        let at_kills = rig.journal.ids().len();
        assert!(at_kills < EMAILS, "every kill hit a worker with mail to send: {at_kills} had left");
        rig.finish().await;

        let ids = rig.journal.ids();
        let duplicates = ids.len() - ids.iter().collect::<BTreeSet<_>>().len();
        println!(
            "{}: {EMAILS} emails, {KILLS} kills, 0 lost, {duplicates} duplicates (at most {}), {:.1} s",
            rig.engine.store.engine_name(),
            CONNECTIONS * KILLS,
            started.elapsed().as_secs_f64()
        );
        rig.nothing_lost().await;
        assert!(duplicates <= CONNECTIONS * KILLS, "{duplicates} duplicates");
        // Every crash on the wire was told, and settled by a resend.
        let resends: i64 = rig.number("select sum(resends) from email").await;
        for action in ["email.uncertain", "email.resent"] {
            let told = rig.number(&format!("select count(*) from audit where action = '{action}'")).await;
            assert_eq!(told, resends, "{action}");
        }
        assert!(i64::try_from(duplicates).expect("small") <= resends, "a duplicate that nobody was told of");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_it_repeats_nothing_and_gives_the_rest_back() {
    let mut chance = Chance::from_environment();
    for engine in engines().await {
        let started = Instant::now();
        let rig = Rig::load(engine).await;
        for _ in 0..STOPS {
            let mut worker = rig.start();
            rig.journal.grows_by(chance.up_to(200)).await;
            assert!(stop(&mut worker).await.success());
            let open = rig.number("select count(*) from email where state not in ('scheduled', 'sent')").await;
            assert_eq!(open, 0, "what was on the wire ended and the rest went back");
            let sent = rig.number("select count(*) from email where state = 'sent'").await;
            assert_eq!(usize::try_from(sent).expect("small"), rig.journal.ids().len());
        }
        assert!(rig.journal.ids().len() < EMAILS, "every stop came while mail was waiting");
        rig.finish().await;
        assert_eq!(rig.journal.ids().len(), EMAILS, "no duplicate");
        rig.nothing_lost().await;
        println!(
            "{}: {EMAILS} emails, {STOPS} stops, 0 lost, 0 duplicates, {:.1} s",
            rig.engine.store.engine_name(),
            started.elapsed().as_secs_f64()
        );
    }
}

/// A loaded database, a folder with the key, and a mail server in this process that keeps a journal.
struct Rig {
    engine: Engine,
    folder: TempDir,
    sink: Sink,
    journal: Journal,
}

impl Rig {
    async fn load(engine: Engine) -> Self {
        let journal = Journal::default();
        // A relay that answers at once would be done before twenty kills.
        let latency = Duration::from_millis(2);
        let options = SinkOptions { latency, journal: Some(journal.callback()), ..SinkOptions::default() };
        let sink = Sink::start(options).await.expect("a sink");
        let rig = Self { engine, folder: tempfile::tempdir().expect("a folder"), sink, journal };
        let count = EMAILS.to_string();
        let loaded = rig.command(&["bench", "delivery", "--load-only", "--count", &count]).output().await;
        let loaded = loaded.expect("runs");
        assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
        rig
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aftercare"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("AFTERCARE_DATABASE__URL", &self.engine.url)
            .env("AFTERCARE_MAIL__URL", format!("smtp+plain://{}", self.sink.address()))
            .env("AFTERCARE_MAIL__FROM", "aftercare@example.test")
            .env("AFTERCARE_MAIL__CONNECTIONS", CONNECTIONS.to_string())
            .env("AFTERCARE_SECRETS__KEY_FILE", self.key_file())
            .env("AFTERCARE_WORKER__POLL", "100ms")
            .env("AFTERCARE_LOG", "error")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    fn key_file(&self) -> std::path::PathBuf {
        self.folder.path().join("aftercare.key")
    }

    fn start(&self) -> Child {
        self.command(&["worker"]).spawn().expect("starts")
    }

    /// A dead worker's leases last a minute of system time. They run out here at once: what happens
    /// then is what is tried, and twenty minutes of waiting would try nothing more.
    async fn let_leases_run_out(&self) {
        let mut db = self.engine.store.write().await.expect("a transaction");
        let sql = "update lease set ends_at = 1";
        run(&mut db, sql).await.expect("the test's own statement");
        db.commit().await.expect("commits");
    }

    /// Lets a worker send the rest, and stops it.
    async fn finish(&self) {
        let mut worker = self.start();
        let waited = Instant::now();
        while self.number("select count(*) from email where state <> 'sent'").await > 0 {
            assert!(waited.elapsed() < DEADLINE, "the rest is not sent in time");
            assert!(worker.try_wait().expect("looks").is_none(), "the worker ended by itself");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(stop(&mut worker).await.success());
    }

    /// Every row is sent, told once, in the journal under its own Message-ID, with a copy that opens.
    async fn nothing_lost(&self) {
        let seen: BTreeSet<String> = self.journal.ids().into_iter().collect();
        let mut db = self.engine.store.read().await.expect("reads");
        let owed: BTreeSet<String> =
            ask(&mut db, "select message_id from email where state = 'sent'").await.into_iter().collect();
        drop(db);
        assert_eq!(owed.len(), EMAILS);
        assert!(owed == seen, "the journal and the rows tell of the same messages");
        let told = "select count(distinct record_id) from audit where action = 'email.sent'";
        let entries = "select count(*) from audit where action = 'email.sent'";
        let copies = "select count(*) from email_content";
        for sql in [told, entries, copies] {
            assert_eq!(self.number(sql).await, i64::try_from(EMAILS).expect("small"), "{sql}");
        }
        copies_open(&self.engine, &self.key_file()).await;
    }

    async fn number(&self, sql: &str) -> i64 {
        let mut db = self.engine.store.read().await.expect("reads");
        let sql = format!("select cast(({sql}) as text)");
        ask(&mut db, &sql).await[0].parse().expect("a number")
    }
}

/// A copy written around a kill opens with the key that the program made.
async fn copies_open(engine: &Engine, key_file: &Path) {
    let seal = Seal::open_or_create(key_file).expect("the key");
    let store = aftercare::store::Store::open(&engine.url, seal).await.expect("opens");
    let mut db = store.read().await.expect("reads");
    let rows = ask(&mut db, "select clinic_id || ' ' || id from email order by resends desc, id limit 50").await;
    for row in rows {
        let (clinic, id) = row.split_once(' ').expect("two ids");
        let (clinic, id) = (clinic.parse().expect("an id"), id.parse().expect("an id"));
        let kept = aftercare::store::outbox::content(&mut db, clinic, id).await.expect("opens").expect("is kept");
        assert!(aftercare::mail::frozen::Frozen::from_bytes(&kept).is_some());
    }
    drop(db);
    store.close().await;
}

/// SIGTERM, by the id of the process we started.
async fn stop(worker: &mut Child) -> ExitStatus {
    let id = worker.id().expect("it runs").to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill runs");
    assert!(told.success());
    tokio::time::timeout(Duration::from_secs(10), worker.wait()).await.expect("ends in ten seconds").expect("ended")
}

/// What the mail server took, by Message-ID, in order.
#[derive(Clone)]
struct Journal {
    ids: Arc<Mutex<Vec<String>>>,
    length: watch::Sender<usize>,
}

impl Default for Journal {
    fn default() -> Self {
        Self { ids: Arc::default(), length: watch::channel(0).0 }
    }
}

impl Journal {
    fn callback(&self) -> aftercare::mail::sink::Journal {
        let journal = self.clone();
        Arc::new(move |id| {
            let mut ids = journal.ids.lock().expect("the journal");
            ids.push(id.to_owned());
            journal.length.send_replace(ids.len());
        })
    }

    fn ids(&self) -> Vec<String> {
        self.ids.lock().expect("the journal").clone()
    }

    async fn grows_by(&self, more: usize) {
        let mut length = self.length.subscribe();
        let wanted = *length.borrow() + more;
        let waited = tokio::time::timeout(DEADLINE, length.wait_for(|length| *length >= wanted)).await;
        waited.expect("mail flows").expect("the journal lives");
    }
}

/// Seeded chance, so that a failure can be tried again.
struct Chance(u64);

impl Chance {
    fn from_environment() -> Self {
        let given = std::env::var("AFTERCARE_KILL_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| u64::from(std::process::id()));
        println!("AFTERCARE_KILL_SEED={seed}");
        Self(seed)
    }

    /// From 1 to this.
    fn up_to(&mut self, most: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        1 + usize::try_from(mixed % most as u64).expect("small")
    }
}
