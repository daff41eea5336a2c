//! Clocks that jump under the running program, and the two nights of the year when they change. The
//! program believes libfaketime; its deadlines and leases of the wire stay on the steady clock.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aftercare::clinic::protocol::Step;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::process::{Child, Command};

use super::rig::{CONNECTIONS, Rig, program, stop};
use super::size::{Chance, size, tell};
use crate::support::app::TestApp;
use crate::support::engines::engines;

/// Long enough for a worker that looks every tenth of a second to do what it should not.
const LOOKS: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_sends_nothing_twice() {
    let Some(library) = faketime() else { return };
    let mut chance = Chance::from_environment();
    for engine in engines().await {
        let rig = Rig::load(engine, size().emails).await;
        let dial = Dial::new(rig.folder(), &library);
        dial.shift("+0");
        let worker = rig.start_with(&dial.environment());
        for jump in ["+3600", "-3600", "+7200", "-1700000000"] {
            rig.journal.grows_by(chance.up_to(rig.emails / 20)).await;
            dial.shift(jump);
            // Short, since mail flows on under a clock that is ahead.
            tokio::time::sleep(LOOKS / 5).await;
            dial.shift("+0");
        }
        assert!(rig.journal.ids().len() < rig.emails, "mail was waiting at every jump");
        rig.finish_with(worker).await;
        let figures = json!({ "seed": chance.seed, "jumps": ["+1 h", "-1 h", "+2 h", "to 1972"] });
        rig.repeated_at_most(0, "clock jumps", figures).await;
    }
}

/// A day ahead, what became of no use is called off and said so, and the rest is never repeated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_a_day_ahead_calls_off_what_it_makes_too_late() {
    let Some(library) = faketime() else { return };
    for engine in engines().await {
        let rig = Rig::load(engine, size().few).await;
        let dial = Dial::new(rig.folder(), &library);
        dial.shift("+0");
        let mut worker = rig.start_with(&dial.environment());
        rig.journal.grows_by(rig.emails / 10).await;
        dial.shift("+259200");
        tokio::time::sleep(LOOKS).await;
        dial.shift("+0");
        let open = "select count(*) from email where state in ('scheduled', 'claimed', 'sending')";
        while rig.number(open).await > 0 {
            assert!(worker.try_wait().expect("looks").is_none(), "the worker ended by itself");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(stop(&mut worker).await.success());
        let taken = rig.journal.ids().len();
        let sent = rig.number("select count(*) from email_ever where state = 'sent'").await;
        let expired = rig.number("select count(*) from email where state = 'expired'").await;
        let told = rig.number("select count(*) from audit where action = 'email.expired'").await;
        assert_eq!(usize::try_from(sent + expired).expect("small"), rig.emails, "{:?}", rig.states().await);
        assert_eq!((taken, rig.duplicates()), (usize::try_from(sent).expect("small"), 0));
        assert_eq!(told, expired);
        tell(&json!({
            "fault": "clock three days ahead", "database": rig.engine.store.engine_name(), "emails": rig.emails,
            "lost": 0, "duplicates": 0, "duplicates_at_most": CONNECTIONS, "too_late": expired,
        }));
    }
}

/// The clinic is in Berlin and the machine in Kathmandu. Cleo's visit ends at 15:00 the day before the
/// clocks change; her second email is due at 15:00 the day after, an hour sooner or later than a day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_email_goes_once_and_at_its_hour_when_the_clocks_change() {
    let Some(library) = faketime() else { return };
    for (visit, due) in [
        ("2026-03-28T13:00:00Z", [("2026-03-28T17:00:00Z", Step::SameDay), ("2026-03-29T13:00:00Z", Step::DayOne)]),
        ("2026-10-24T12:00:00Z", [("2026-10-24T16:00:00Z", Step::SameDay), ("2026-10-25T14:00:00Z", Step::DayOne)]),
    ] {
        for app in TestApp::at("2026-01-05T06:30:00Z").await {
            let id = app.visited(visit).await;
            let dial = Dial::new(Path::new(env!("CARGO_TARGET_TMPDIR")), &library);
            dial.stand(app.now());
            let mut worker = start(&app, &dial);
            for (count, (moment, step)) in (1..).zip(due) {
                let moment: Timestamp = moment.parse().expect("an instant");
                assert_eq!(app.email(id, step).await.due_at, moment);
                dial.stand(moment - SignedDuration::from_secs(1));
                tokio::time::sleep(LOOKS).await;
                assert_eq!(app.taken().len(), count - 1, "not a second before {moment}");
                dial.stand(moment);
                app.peer.wait(|seen| seen.taken.len() == count).await;
                // Neither when the hour comes a second time, nor when the clock is put back.
                for other in [60, 3600, 0, -3600, 7200] {
                    dial.stand(moment + SignedDuration::from_secs(other));
                    tokio::time::sleep(LOOKS / 4).await;
                }
                assert_eq!(app.taken().len(), count, "{moment} once");
            }
            assert!(stop(&mut worker).await.success());
            app.clock.set("2026-03-27T00:00:00Z".parse().expect("before everything that is left"));
            tell(&json!({
                "fault": "the clocks change", "database": app.engine.store.engine_name(), "visit": visit,
                "emails": due.len(), "lost": 0, "duplicates": 0, "duplicates_at_most": 0,
            }));
        }
    }
}

/// The real worker at this app's database and mail server.
fn start(app: &TestApp, dial: &Dial) -> Child {
    let key = dial.folder.path().join("key");
    std::fs::write(&key, "2a".repeat(32)).expect("the key of all test databases");
    Command::new(program())
        .arg("worker")
        .current_dir(dial.folder.path())
        .env("AFTERCARE_DATABASE__URL", &app.engine.url)
        .env("AFTERCARE_MAIL__URL", app.peer.url())
        .env("AFTERCARE_MAIL__FROM", "desk@lindenhof.example")
        .env("AFTERCARE_SECRETS__KEY_FILE", &key)
        .env("AFTERCARE_WORKER__POLL", "100ms")
        .env("AFTERCARE_LOG", "off")
        .env("TZ", "Asia/Kathmandu")
        .envs(dial.environment())
        .kill_on_drop(true)
        .spawn()
        .expect("starts")
}

/// What the program's clock shows.
struct Dial {
    folder: tempfile::TempDir,
    library: String,
    file: String,
}

impl Dial {
    fn new(below: &Path, library: &Path) -> Self {
        let folder = tempfile::tempdir_in(below).expect("a folder");
        let file = folder.path().join("clock").display().to_string();
        Self { folder, library: library.display().to_string(), file }
    }

    /// So many seconds off.
    fn shift(&self, seconds: &str) {
        self.set(seconds);
    }

    /// At this moment, and standing still.
    fn stand(&self, at: Timestamp) {
        self.set(&at.as_second().to_string());
    }

    /// Whole at once: the program reads the file at every look at the clock.
    fn set(&self, text: &str) {
        let next = format!("{}.next", self.file);
        std::fs::write(&next, format!("{text}\n")).expect("written");
        std::fs::rename(&next, &self.file).expect("in place");
    }

    fn environment(&self) -> [(&str, &str); 5] {
        [
            ("LD_PRELOAD", &self.library),
            ("FAKETIME_TIMESTAMP_FILE", &self.file),
            ("FAKETIME_FMT", "%s"),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]
    }
}

/// The library, where it is installed; with `CI=true` it has to be.
fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let found = folders
        .chain([PathBuf::from("/usr/lib")])
        .map(|folder| folder.join("faketime/libfaketimeMT.so.1"))
        .find(|library| library.is_file());
    assert!(found.is_some() || !std::env::var("CI").is_ok_and(|ci| ci == "true"), "libfaketime is needed with CI=true");
    if found.is_none() {
        println!("skipped: libfaketime is not here");
    }
    found
}
