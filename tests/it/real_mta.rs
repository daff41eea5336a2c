//! Against `smtp-sink`, the test server that comes with Postfix: somebody else's reading of the
//! RFC. Left out with a printed reason where it is not installed, but never on CI.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aftercare::clinic::outbox::Outcome;
use aftercare::mail::relay::{Relay, RelayOptions};
use aftercare::mail::smtp::{Mailer, Manner, Message};

const SMTP_SINK: &str = "/usr/sbin/smtp-sink";

/// A running smtp-sink.
struct Running {
    process: Child,
    mailer: Mailer,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_installed() -> bool {
    let is_there = Path::new(SMTP_SINK).exists();
    if !is_there {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{SMTP_SINK} is missing; install postfix");
        eprintln!("left out: {SMTP_SINK} is not installed (Debian package postfix)");
    }
    is_there
}

/// Starts it and waits until it answers; `greets` tells whether its greeting is a good one.
async fn start(arguments: &[&str], greets: bool) -> Running {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let address = format!("127.0.0.1:{port}");
    let mut command = Command::new(SMTP_SINK);
    if std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0) {
        command.args(["-u", "nobody"]);
    }
    command.args(arguments).args([address.as_str(), "100"]).stdout(Stdio::null());
    let relay = Relay::parse(&format!("smtp+plain://{address}")).expect("an address");
    let mailer = Mailer::new(vec![relay], RelayOptions::default()).expect("a mailer");
    let running = Running { process: command.spawn().expect("smtp-sink starts"), mailer };
    for _ in 0..500 {
        let up = if greets {
            running.mailer.probe().await.is_ok()
        } else {
            tokio::net::TcpStream::connect(&address).await.is_ok()
        };
        if up {
            return running;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("smtp-sink {arguments:?} does not answer");
}

fn letter(n: usize) -> String {
    let dots = ".".repeat(n % 5);
    let long = "a line of some length, so that bodies are of many sizes\r\n".repeat(n * 7 % 400);
    format!("Message-ID: <{n}@clinic.example>\r\n\r\n{dots}\r\n.{n}\r\n{long}\r\n.\r\n..end{dots}\r\n")
}

async fn send(mailer: &Mailer, body: &str) -> Outcome {
    let from = "bounce@clinic.example".parse().expect("an address");
    let to = "cleo@client.example".parse().expect("an address");
    mailer
        .send(Message {
            from: &from,
            to: &to,
            bytes: body.as_bytes(),
            message_id: "<n@clinic.example>",
            manner: Manner::default(),
        })
        .await
}

/// The bodies smtp-sink wrote: its own lines are above the Message-ID, and line ends are LF.
fn dumped(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    let mut bodies: Vec<_> = files
        .map(|file| {
            let text = std::fs::read_to_string(file).expect("text");
            let start = text.find("Message-ID:").expect("our header");
            text[start..].to_owned()
        })
        .collect();
    bodies.sort();
    bodies
}

#[tokio::test]
async fn two_hundred_mails_arrive_whole() {
    if !is_installed() {
        return;
    }
    for slow_way in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).expect("open to nobody");
        let template = format!("{}/mail.", folder.path().display());
        let mut arguments = vec!["-d", &template];
        if slow_way {
            arguments.push("-p");
        }
        let sink = start(&arguments, true).await;
        let words = sink.mailer.probe().await.expect("reachable");
        assert_eq!(words.contains("pipelining"), !slow_way, "{words}");
        let sends = (0..200).map(|n| {
            let mailer = sink.mailer.clone();
            tokio::spawn(async move { send(&mailer, &letter(n)).await })
        });
        for sent in futures_util::future::join_all(sends).await {
            let outcome = sent.expect("sent");
            assert!(matches!(&outcome, Outcome::Accepted { reply } if reply.starts_with("250")), "{outcome:?}");
        }
        sink.mailer.close().await;
        let mut expected: Vec<_> = (0..200).map(|n| letter(n).replace("\r\n", "\n")).collect();
        expected.sort();
        // Its dump ends each mail with an empty line.
        let found: Vec<_> = dumped(folder.path()).iter().map(|body| body.trim_end().to_owned() + "\n").collect();
        assert_eq!(found.len(), 200);
        assert!(found == expected, "a body changed on its way");
    }
}

#[tokio::test]
async fn its_faults_mean_what_they_should() {
    if !is_installed() {
        return;
    }
    type Means = fn(&Outcome) -> bool;
    let deferred: Means = |outcome| matches!(outcome, Outcome::Deferred { .. });
    let refused: Means = |outcome| matches!(outcome, Outcome::Refused { .. });
    let unreachable: Means = |outcome| matches!(outcome, Outcome::Unreachable { .. });
    let throttled: Means = |outcome| matches!(outcome, Outcome::Throttled { .. });
    let uncertain: Means = |outcome| matches!(outcome, Outcome::Uncertain { .. });
    for (arguments, means) in [
        (["-r", "mail"], deferred),
        (["-r", "rcpt"], deferred),
        (["-r", "data"], deferred),
        (["-r", "."], deferred),
        (["-f", "mail"], refused),
        (["-f", "rcpt"], refused),
        (["-f", "data"], refused),
        (["-f", "."], refused),
        (["-q", "mail"], unreachable),
        (["-q", "data"], unreachable),
        (["-q", "."], uncertain),
        (["-Q", "connect"], unreachable),
        (["-Q", "ehlo"], unreachable),
        (["-Q", "rcpt"], throttled),
        (["-Q", "."], throttled),
    ] {
        let greets = !matches!(arguments, ["-Q", "connect" | "ehlo"]);
        let sink = start(&arguments, greets).await;
        // The second finds whatever the first left behind.
        for _ in 0..2 {
            let outcome = send(&sink.mailer, &letter(3)).await;
            assert!(means(&outcome), "{arguments:?}: {outcome:?}");
        }
    }
}
