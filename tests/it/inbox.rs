//! The bounce mailbox over IMAP, against a server that plays its part by heart.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aftercare::mail::inbox::Inbox;
use aftercare::worker::bounces;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::support::app::TestApp;
use crate::support::cast::minutes;

/// A mailbox of mails, some of them read.
#[derive(Default)]
struct Mailbox {
    mails: Vec<String>,
    read: BTreeSet<usize>,
    commands: Vec<String>,
}

/// Serves it, one connection after the other. Returns its address.
async fn serve(mailbox: Arc<Mutex<Mailbox>>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            talk(stream, &mailbox).await;
        }
    });
    address
}

async fn talk(stream: TcpStream, mailbox: &Mutex<Mailbox>) {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    writing.write_all(b"* OK ready\r\n").await.expect("greets");
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = answer(&line, &mut mailbox.lock().expect("unlocked"));
        let last = answer.starts_with("* BYE");
        writing.write_all(answer.as_bytes()).await.expect("answers");
        if last {
            return;
        }
    }
}

fn answer(line: &str, mailbox: &mut Mailbox) -> String {
    let (tag, command) = line.split_once(' ').expect("a tag");
    mailbox.commands.push(command.to_owned());
    let words: Vec<&str> = command.split(' ').collect();
    let uid = |at: usize| words.get(at).and_then(|uid| uid.parse::<usize>().ok()).unwrap_or_default();
    let told = match words.as_slice() {
        ["LOGIN", "\"clinic\"", "\"s3cret\""] => String::new(),
        ["LOGIN", ..] => return format!("{tag} NO [AUTHENTICATIONFAILED] not you\r\n"),
        ["SELECT", ..] => {
            format!("* FLAGS (\\Seen)\r\n* {} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] ok\r\n", mailbox.mails.len())
        }
        ["UID", "SEARCH", "UNSEEN"] => {
            let new = (1..=mailbox.mails.len()).filter(|uid| !mailbox.read.contains(uid));
            format!("* SEARCH{}\r\n", new.map(|uid| format!(" {uid}")).collect::<String>())
        }
        ["UID", "FETCH", ..] => {
            let mail = &mailbox.mails[uid(2) - 1];
            format!("* {0} FETCH (UID {0} BODY[]<0> {{{1}}}\r\n{mail})\r\n", uid(2), mail.len())
        }
        ["UID", "STORE", ..] => {
            mailbox.read.insert(uid(2));
            String::new()
        }
        ["LOGOUT"] => return format!("* BYE bye\r\n{tag} OK bye\r\n"),
        other => panic!("nobody taught this server {other:?}"),
    };
    format!("{told}{tag} OK done\r\n")
}

fn inbox(address: std::net::SocketAddr, password: &str) -> Inbox {
    Inbox::parse(&format!("imap+plain://clinic:{password}@{address}/Bounces"), None).expect("an address")
}

#[tokio::test]
async fn what_nobody_has_read_is_taken_in_and_marked_and_nothing_is_deleted() {
    for app in TestApp::at("2026-01-05T06:30:00Z").await {
        app.visited("2026-01-05T07:00:00Z").await;
        app.advance(minutes(3 * 60));
        app.run_worker().await;
        let mail = app.taken().pop().expect("a mail left").mail;
        let sender = mail.trim_start_matches("MAIL FROM:<").split('>').next().expect("an address").to_owned();
        let notice = format!(
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: {sender}\r\n\r\n550 5.1.1 No such user\r\n"
        );
        let mailbox = Arc::new(Mutex::new(Mailbox {
            mails: vec!["Subject: read\r\n\r\nold\r\n".into(), "Subject: Hello\r\n\r\na person\r\n".into(), notice],
            read: BTreeSet::from([1]),
            ..Mailbox::default()
        }));
        let inbox = inbox(serve(Arc::clone(&mailbox)).await, "s3cret");
        assert_eq!(bounces::look(&app.engine.store, &app.clock, &inbox).await, Ok(1));
        assert_eq!(mailbox.lock().expect("unlocked").read, BTreeSet::from([1, 2, 3]));
        assert_eq!(app.ask("select meaning from bounce").await, ["no_mailbox"]);
        assert_eq!(bounces::look(&app.engine.store, &app.clock, &inbox).await, Ok(0), "nothing new");
        let said = mailbox.lock().expect("unlocked").commands.join("\n");
        assert!(
            said.contains("SELECT \"Bounces\"") && !said.contains("FETCH 1 ") && !said.contains("Deleted"),
            "{said}"
        );
        app.go_to("2026-01-06T08:00:00Z");
        assert_eq!(app.run_worker().await.sent, 0);
    }
}

#[tokio::test]
async fn a_mailbox_that_refuses_us_is_told_without_its_password() {
    let inbox = inbox(serve(Arc::default()).await, "wr0ng");
    let problem = inbox.look().await.err().expect("refused");
    assert!(problem.contains("refused the login") && !problem.contains("wr0ng"), "{problem}");
    assert!(!format!("{inbox:?}").contains("wr0ng"));
}

#[test]
fn a_wrong_address_is_refused_without_its_password() {
    for bad in [
        "mail.example.org",
        "imap://u:s3cret@mail.example.org",
        "imap+plain://u:s3cret@mail.example.org",
        "imaps://u@mail.example.org",
        "imaps://:s3cret@mail.example.org",
        "imaps://u:s3cret%0a@mail.example.org",
    ] {
        let problem = Inbox::parse(bad, None).expect_err(bad);
        assert!(!problem.contains("s3cret"), "{problem}");
    }
    assert!(Inbox::parse("imaps://u:p@mail.example.org", None).is_ok());
}
