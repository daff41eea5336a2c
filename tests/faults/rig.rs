//! A loaded database, the real program beside it, and a mail server that keeps a journal.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aftercare::mail::sink::{Sink, SinkOptions};
use aftercare::seal::Seal;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::size::tell;
use crate::support::engines::{Engine, ask, run};

/// Of each process.
pub const CONNECTIONS: usize = 4;

/// Longer than any wait here takes on a busy machine, and than a lease: PostgreSQL may finish a
/// statement of a killed worker after the test ended that worker's leases.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// Everything beside the program under test.
pub struct Rig {
    pub engine: Engine,
    pub journal: Journal,
    pub emails: usize,
    /// How the program reaches the database, when that is not how the test does.
    pub url: Option<String>,
    folder: TempDir,
    sink: Sink,
}

impl Rig {
    /// A database with so many due emails, each to a client of its own.
    pub async fn load(engine: Engine, emails: usize) -> Self {
        let journal = Journal::default();
        // A relay that answers at once would be done before twenty kills.
        let latency = Duration::from_millis(2);
        let options = SinkOptions { latency, journal: Some(journal.callback()), ..SinkOptions::default() };
        let sink = Sink::start(options).await.expect("a sink");
        let folder = tempfile::tempdir().expect("a folder");
        let rig = Self { engine, journal, emails, url: None, folder, sink };
        let count = emails.to_string();
        let loaded = rig.command(&["bench", "delivery", "--load-only", "--count", &count]).output().await;
        let loaded = loaded.expect("runs");
        assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
        rig
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(args);
        self.set_up(&mut command);
        command
    }

    /// Tells a command where everything is.
    fn set_up(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env("AFTERCARE_DATABASE__URL", self.url.as_ref().unwrap_or(&self.engine.url))
            .env("AFTERCARE_MAIL__URL", format!("smtp+plain://{}", self.sink.address()))
            .env("AFTERCARE_MAIL__FROM", "aftercare@example.test")
            .env("AFTERCARE_MAIL__CONNECTIONS", CONNECTIONS.to_string())
            .env("AFTERCARE_SECRETS__KEY_FILE", self.key_file())
            .env("AFTERCARE_WORKER__POLL", "100ms")
            .env("AFTERCARE_LOG", "off")
            .stdin(Stdio::null())
            .kill_on_drop(true);
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("aftercare.key")
    }

    /// A folder of this rig's own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn start(&self) -> Child {
        self.command(&["worker"]).spawn().expect("starts")
    }

    /// A worker with this in its environment.
    pub fn start_with(&self, environment: &[(&str, &str)]) -> Child {
        self.command(&["worker"]).envs(environment.iter().copied()).spawn().expect("starts")
    }

    /// A worker below another program, which is given its name and arguments.
    pub fn start_below(&self, wrapper: &str, args: &[&str]) -> Child {
        let mut command = Command::new(wrapper);
        command.args(args).arg(program()).arg("worker");
        self.set_up(&mut command);
        command.spawn().expect("starts")
    }

    /// A dead worker's leases last a minute of system time. They run out here at once: what happens
    /// then is what is tried, and twenty minutes of waiting would try nothing more.
    pub async fn let_leases_run_out(&self) {
        let mut db = self.engine.store.write().await.expect("a transaction");
        run(&mut db, "update lease set ends_at = 1").await.expect("the test's own statement");
        db.commit().await.expect("commits");
    }

    /// Lets a fresh worker send the rest, and stops it.
    pub async fn finish(&self) {
        self.finish_with(self.start()).await;
    }

    /// Lets this worker send the rest, and stops it.
    pub async fn finish_with(&self, mut worker: Child) {
        self.sends_the_rest(&mut worker).await;
        assert!(stop(&mut worker).await.success());
    }

    /// Waits until every email is sent.
    pub async fn sends_the_rest(&self, worker: &mut Child) {
        let mut moved = (self.journal.ids().len(), Instant::now());
        while self.number("select count(*) from email where state <> 'sent'").await > 0 {
            let length = self.journal.ids().len();
            if length != moved.0 {
                moved = (length, Instant::now());
            }
            assert!(moved.1.elapsed() < DEADLINE, "the rest is not sent in time: {:?}", self.states().await);
            assert!(worker.try_wait().expect("looks").is_none(), "the worker ended by itself");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How many emails are in each state.
    pub async fn states(&self) -> Vec<String> {
        let mut db = self.engine.store.read().await.expect("reads");
        ask(&mut db, "select state || ' ' || count(*) from email_ever group by state order by state").await
    }

    /// Every row is sent, told once, in the journal under its own Message-ID, with a copy that opens.
    pub async fn nothing_lost(&self) {
        let seen: BTreeSet<String> = self.journal.ids().into_iter().collect();
        let mut db = self.engine.store.read().await.expect("reads");
        let owed: BTreeSet<String> =
            ask(&mut db, "select message_id from email_ever where state = 'sent'").await.into_iter().collect();
        drop(db);
        assert_eq!(owed.len(), self.emails);
        assert!(owed == seen, "the journal and the rows tell of the same messages");
        let told = "select count(distinct record_id) from audit where action = 'email.sent'";
        let entries = "select count(*) from audit where action = 'email.sent'";
        let copies = "select count(*) from email_content";
        for sql in [told, entries, copies] {
            assert_eq!(self.number(sql).await, i64::try_from(self.emails).expect("small"), "{sql}");
        }
        copies_open(&self.engine, &self.key_file()).await;
    }

    /// That no more was repeated than this, and all of it was told. Keeps the figures with what is
    /// known of the fault.
    pub async fn repeated_at_most(&self, bound: usize, fault: &str, figures: serde_json::Value) {
        self.nothing_lost().await;
        let duplicates = self.duplicates();
        let resends: i64 = self.number("select sum(resends) from email_ever").await;
        for action in ["email.uncertain", "email.resent"] {
            let told = self.number(&format!("select count(*) from audit where action = '{action}'")).await;
            assert_eq!(told, resends, "{action}");
        }
        let mut result = json!({
            "fault": fault, "database": self.engine.store.engine_name(), "emails": self.emails, "lost": 0,
            "duplicates": duplicates, "duplicates_at_most": bound,
        });
        if let (Some(result), serde_json::Value::Object(figures)) = (result.as_object_mut(), figures) {
            result.extend(figures);
        }
        tell(&result);
        assert!(i64::try_from(duplicates).expect("small") <= resends, "a duplicate that nobody was told of");
        assert!(duplicates <= bound, "{duplicates} duplicates where {bound} are the most");
    }

    /// How often the mail server took a message that it had taken before.
    pub fn duplicates(&self) -> usize {
        let ids = self.journal.ids();
        ids.len() - ids.iter().collect::<BTreeSet<_>>().len()
    }

    pub async fn number(&self, sql: &str) -> i64 {
        let mut db = self.engine.store.read().await.expect("reads");
        let sql = format!("select cast(({sql}) as text)");
        ask(&mut db, &sql).await[0].parse().expect("a number")
    }
}

/// The program under test: the one built beside the tests, unless another is named.
pub fn program() -> PathBuf {
    std::env::var_os("AFTERCARE_FAULTS_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_aftercare").into(), PathBuf::from)
}

/// A copy written around a fault opens with the key that the program made.
async fn copies_open(engine: &Engine, key_file: &Path) {
    let seal = Seal::open_or_create(key_file).expect("the key");
    let store = aftercare::store::Store::open(&engine.url, seal).await.expect("opens");
    let mut db = store.read().await.expect("reads");
    let rows = ask(&mut db, "select clinic_id || ' ' || id from email_ever order by resends desc, id limit 50").await;
    for row in rows {
        let (clinic, id) = row.split_once(' ').expect("two ids");
        let (clinic, id) = (clinic.parse().expect("an id"), id.parse().expect("an id"));
        let kept = aftercare::store::outbox::content(&mut db, clinic, id).await.expect("opens").expect("is kept");
        assert!(aftercare::mail::frozen::Frozen::from_bytes(&kept).is_some());
    }
    drop(db);
    store.close().await;
}

/// A signal, by the id of a process that we started.
pub async fn signal(process: &Child, name: &str) {
    let id = process.id().expect("it runs").to_string();
    let told = Command::new("kill").args([name, &id]).status().await.expect("kill runs");
    assert!(told.success());
}

/// SIGTERM, and the end that follows.
pub async fn stop(worker: &mut Child) -> ExitStatus {
    signal(worker, "-TERM").await;
    tokio::time::timeout(Duration::from_secs(10), worker.wait()).await.expect("ends in ten seconds").expect("ended")
}

/// What the mail server took, by Message-ID, in order.
#[derive(Clone)]
pub struct Journal {
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

    pub fn ids(&self) -> Vec<String> {
        self.ids.lock().expect("the journal").clone()
    }

    /// Waits until so many more were taken. Returns how long that took.
    pub async fn grows_by(&self, more: usize) -> Duration {
        let started = Instant::now();
        let mut length = self.length.subscribe();
        let wanted = *length.borrow() + more;
        let waited = tokio::time::timeout(DEADLINE, length.wait_for(|length| *length >= wanted)).await;
        waited.expect("mail flows").expect("the journal lives");
        started.elapsed()
    }

    /// Waits until nothing was taken for this long.
    pub async fn rests_for(&self, quiet: Duration) {
        let mut length = self.length.subscribe();
        while tokio::time::timeout(quiet, length.changed()).await.is_ok() {}
    }
}
