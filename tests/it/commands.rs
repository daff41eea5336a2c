//! The program as people run it: what it prints, how it ends, and what it says when it cannot.

mod backup;
mod bounces;
mod data;
mod suppress;
mod tokens;
mod users;
mod visits;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Longer than a start takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// A folder of its own, where nothing is set.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aftercare"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AFTERCARE_")) {
            command.env_remove(name);
        }
        command.args(args).current_dir(self.path()).stdin(Stdio::null()).env("RUST_BACKTRACE", "1");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.with(args, &[])
    }

    pub(crate) fn with(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        self.command(args).envs(env.iter().copied()).output().expect("runs")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("written");
    }
}

/// Ends with this code and one sentence on stderr that says this, and prints nothing.
pub(crate) fn refused(output: &Output, code: i32, says: &str) {
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{words}");
    assert!(words.starts_with("aftercare: ") && words.lines().count() == 1, "one sentence: {words}");
    assert!(words.contains(says), "{words} does not say {says}");
    assert!(!words.contains("panicked") && !words.contains("backtrace"), "{words}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}

/// Ends well; returns what was printed.
pub(crate) fn printed(output: &Output) -> String {
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert_eq!(words, "", "nothing to complain about");
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The one document that was printed.
pub(crate) fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one JSON document and nothing else")
}

#[test]
fn a_fresh_clinic_is_set_up_by_command() {
    let place = Place::new();
    assert_eq!(printed(&place.run(&["migrate"])), "The database (SQLite) is up to date.\n");
    assert_eq!(printed(&place.run(&["migrate"])), "The database (SQLite) is up to date.\n", "again changes nothing");
    let added = place.run(&["clinic", "add", "Lindenhof", "--zone", "Europe/Berlin", "--json"]);
    assert_eq!(document(&added)["time_zone"], "Europe/Berlin");
    let signed = document(&place.run(&["catalogue", "sign-off", "--by", "Dr Adisa", "--json"]));
    assert_eq!((&signed["signed_by"], &signed["new"]), (&"Dr Adisa".into(), &true.into()));
    let second = printed(&place.run(&["catalogue", "sign-off", "--by", "Dr Bo"]));
    assert!(second.contains("signed off by Dr Adisa already"), "{second}");

    let mail = [("AFTERCARE_MAIL__URL", "folder:///tmp"), ("AFTERCARE_MAIL__FROM", "desk@lindenhof.example")];
    let folder = format!("folder://{}", place.path().join("out").display());
    let mail = [(mail[0].0, folder.as_str()), mail[1]];
    let lines = printed(&place.with(&["check"], &mail));
    assert!(lines.lines().count() >= 6 && !lines.contains("TROUBLE"), "{lines}");
    let findings = document(&place.with(&["check", "--json"], &mail));
    let findings = findings.as_array().expect("findings");
    assert!(findings.iter().all(|finding| finding["ok"] == true), "{findings:?}");
}

#[test]
fn check_tells_of_a_database_without_tables_and_a_relay_that_is_not_there() {
    let place = Place::new();
    let mail =
        [("AFTERCARE_MAIL__URL", "smtp+plain://127.0.0.1:1"), ("AFTERCARE_MAIL__FROM", "desk@lindenhof.example")];
    let output = place.with(&["check", "--json"], &mail);
    assert_eq!(output.status.code(), Some(1));
    let findings = document(&output);
    let trouble: Vec<_> = findings
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["ok"] == false)
        .map(|finding| finding["part"].as_str().expect("a part"))
        .collect();
    assert_eq!(trouble, ["database", "smtp"]);
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(words, "aftercare: something needs attention; see the lines marked TROUBLE\n");
}

/// With a lost key file a new one would be made, every email that is due given up as unreadable, and new text sealed with
/// a key that is not the old one.
#[test]
fn with_the_key_file_of_another_system_nothing_starts() {
    let place = Place::new();
    document(&place.run(&["bench", "delivery", "--load-only", "--count", "1"]));
    let folder = format!("folder://{}", place.path().join("out").display());
    let env = [
        ("AFTERCARE_SECRETS__KEY_FILE", "another.key"),
        ("AFTERCARE_WEB__LISTEN", "127.0.0.1:0"),
        ("AFTERCARE_MAIL__URL", folder.as_str()),
        ("AFTERCARE_MAIL__FROM", "desk@lindenhof.example"),
    ];
    for command in ["worker", "serve"] {
        let output = place.with(&[command], &env);
        refused(&output, 1, "secrets.key_file: another.key does not hold the key");
        assert!(String::from_utf8_lossy(&output.stderr).contains("bring back the key file that belongs to it"));
    }
    let lines = place.with(&["check"], &env);
    assert!(String::from_utf8_lossy(&lines.stdout).contains("TROUBLE key file   secrets.key_file: another.key"));
    let lines = place.with(&["check"], &env[1..]);
    assert!(String::from_utf8_lossy(&lines.stdout).contains("ok      key file   fits the database"));
}

#[test]
fn settings_that_cannot_work_are_named_before_anything_opens() {
    let place = Place::new();
    for command in [&["migrate"][..], &["serve"], &["worker"], &["check"]] {
        refused(&place.with(command, &[("AFTERCARE_DATABASE__SHOE", "1")]), 2, "AFTERCARE_DATABASE__SHOE");
    }
    place.write("wrong.toml", "[mail]\nconections = 3\n");
    refused(&place.run(&["check", "--config", "wrong.toml"]), 2, "conections");
    refused(&place.run(&["check", "--config", "missing.toml"]), 2, "missing.toml");
    refused(&place.with(&["worker"], &[("AFTERCARE_WORKER__POLL", "soon")]), 2, "AFTERCARE_WORKER__POLL");
    refused(&place.run(&["clinic", "add", "Lindenhof", "--zone", "Europe/Dragon"]), 2, "Europe/Dragon");
    refused(&place.run(&["clinic", "add", "Linden\nhof", "--zone", "Europe/Berlin"]), 2, "control character");
    refused(&place.run(&["catalogue", "sign-off", "--by", " "]), 2, "--by");
}

#[test]
fn a_database_that_is_not_there_is_exit_1() {
    let place = Place::new();
    let secret = "postgres://desk:canary_password@127.0.0.1:1/aftercare";
    let output = place.with(&["migrate"], &[("AFTERCARE_DATABASE__URL", secret)]);
    refused(&output, 1, "database.url");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("canary_password"));
    // Root may write anywhere but into a folder that is none, so that stands for "not writable".
    refused(&place.with(&["migrate"], &[("AFTERCARE_DATABASE__URL", "sqlite:///proc/aftercare.db")]), 1, "/proc");
    refused(&place.with(&["migrate"], &[("AFTERCARE_DATABASE__URL", "sqlite://none/aftercare.db")]), 1, "none");
    refused(&place.with(&["migrate"], &[("AFTERCARE_DATABASE__URL", "mysql://localhost/a")]), 1, "postgres://");
    refused(&place.run(&["demo", "--listen", "127.0.0.1:0", "--data", "/proc/demo"]), 1, "/proc/demo");
}

#[test]
fn a_port_in_use_is_said_and_nothing_is_left_behind() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    refused(&place.with(&["serve"], &[("AFTERCARE_WEB__LISTEN", &address)]), 1, &address);
    let place = Place::new();
    refused(&place.run(&["demo", "--listen", &address, "--data", "kept"]), 1, &address);
    assert!(!place.path().join("kept").exists(), "nothing half done");
    refused(&place.run(&["demo", "--listen", "0.0.0.0:0"]), 2, "reached from outside");
    refused(&place.run(&["demo", "--start", "2026-02-30T09:00:00Z"]), 2, "2026-02-30");
    refused(&place.run(&["demo", "--days-per-minute", "2000"]), 2, "not a speed");
}

#[test]
fn the_demo_says_where_it_is_and_shows_the_day() {
    let place = Place::new();
    let mut running = Running::start(place.command(&["demo", "--listen", "127.0.0.1:0"]));
    let address = running.printed_address();
    assert_eq!(get(address, "/healthz"), (200, "alive\n".to_owned()));
    let (status, start) = get(address, "/demo");
    assert_eq!(status, 200);
    assert!(start.contains("Harbour Street Clinic") && start.contains("Come in as Theo"));
    assert_eq!(get(address, "/day").0, 303, "to signing in");
    assert_eq!(get(address, "/nothing-here").0, 404);
    assert!(running.stop(), "it ends well");
}

#[test]
fn serve_is_alive_then_ready_and_shows_nobody_the_day() {
    let place = Place::new();
    // Free a moment ago; a test that loses it to another fails by name.
    let address = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let mut command = place.command(&["serve"]);
    let out = format!("folder://{}", place.path().join("out").display());
    command
        .env("AFTERCARE_WEB__LISTEN", address.to_string())
        .env("AFTERCARE_MAIL__URL", out)
        .env("AFTERCARE_MAIL__FROM", "desk@lindenhof.example")
        .env("AFTERCARE_WORKER__POLL", "100ms");
    let mut running = Running::start(command);
    running.wait_until(|| TcpStream::connect(address).is_ok());
    assert_eq!(get(address, "/healthz"), (200, "alive\n".to_owned()));
    running.wait_until(|| get(address, "/readyz").0 == 200);
    assert_eq!(get(address, "/readyz").1, "database ok\nmigrated ok\nworker ok\n");
    for page in ["/mailbox", "/demo", "/.env", "/aftercare.db"] {
        assert_eq!(get(address, page).0, 404, "{page}");
    }
    assert_eq!(get(address, "/day").0, 303, "to signing in");
    assert!(running.stop(), "it ends well");
}

#[test]
fn serve_without_a_worker_is_alive_but_not_ready() {
    let place = Place::new();
    let address = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let mut command = place.command(&["serve"]);
    command.env("AFTERCARE_WEB__LISTEN", address.to_string()).env("AFTERCARE_WORKER__ENABLED", "false");
    let mut running = Running::start(command);
    running.wait_until(|| TcpStream::connect(address).is_ok());
    assert_eq!(get(address, "/healthz").0, 200);
    assert_eq!(get(address, "/readyz"), (503, "database ok\nmigrated ok\nworker no\n".to_owned()));
    assert!(running.stop(), "it ends well");
}

/// A program that runs until it is told to stop; gone with the test whatever happens.
struct Running(Child);

impl Running {
    fn start(mut command: Command) -> Self {
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts"))
    }

    /// The address in the first line that has one.
    fn printed_address(&mut self) -> SocketAddr {
        let out = BufReader::new(self.0.stdout.as_mut().expect("its output"));
        let mut lines = out.lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            rest.split('/').next()?.parse().ok()
        });
        address.expect("it says where it listens")
    }

    fn wait_until(&mut self, mut what: impl FnMut() -> bool) {
        let started = Instant::now();
        while !what() {
            assert!(self.0.try_wait().expect("looks").is_none(), "it ended by itself");
            assert!(started.elapsed() < DEADLINE, "in time");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// SIGTERM; true when it ended with 0 and without a panic.
    fn stop(&mut self) -> bool {
        let told = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().expect("kill runs");
        assert!(told.success());
        let ended = self.0.wait().expect("ended");
        let mut words = String::new();
        self.0.stderr.take().expect("its errors").read_to_string(&mut words).expect("text");
        assert!(!words.contains("panicked"), "{words}");
        ended.success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Status and body.
fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(DEADLINE)).expect("a limit");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("asks");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    (status, body.to_owned())
}
