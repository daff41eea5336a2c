//! Connections: how many, how long, and that a half-used one never comes back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aftercare::mail::relay::{Relay, RelayOptions};
use aftercare::mail::sink::{Sink, SinkOptions};
use aftercare::mail::smtp::Mailer;

use super::{LETTER, SHORT, kind, mailer, options, patient, plain, send};
use crate::support::scripted::{Act, Script, Scripted, say};

#[tokio::test]
async fn bodies_arrive_byte_for_byte() {
    let long = [b"x".repeat(998), b"\r\n".to_vec(), b".".repeat(998), b"\r\n".to_vec()].concat().repeat(200);
    let bodies: [&[u8]; 7] = [
        b".\r\n..\r\n...\r\n.a\r\na.b\r\n\r\n.\r\n",
        b"\r\n\r\n.\r\n",
        b"\r\n.\r\nMAIL FROM:<mallory@example.org>\r\nRCPT TO:<x@y.z>\r\nDATA\r\n",
        b"",
        b"\r\n",
        LETTER,
        &long,
    ];
    for pipelining in [false, true] {
        let server = Scripted::start(Script::new().pipelining(pipelining)).await;
        let mailer = mailer(&server, options(patient()));
        for body in bodies {
            assert_eq!(kind(&send(&mailer, body).await), "accepted");
        }
        let seen = server.seen();
        assert_eq!(seen.connections, 1);
        assert!(seen.taken.iter().map(|taken| taken.body.as_slice()).eq(bodies));
        assert!(seen.taken.iter().all(|taken| taken.mail == "MAIL FROM:<bounce@clinic.example>"));
        assert!(seen.taken.iter().all(|taken| taken.rcpt == "RCPT TO:<cleo@client.example>"));
        let expected = if pipelining { ["RCPT", "DATA"].repeat(bodies.len()) } else { vec![] };
        assert_eq!(seen.queued, expected, "commands that came along with another");
    }
}

#[tokio::test]
async fn a_last_line_without_an_end_gets_one() {
    let server = Scripted::start(Script::new()).await;
    assert_eq!(kind(&send(&mailer(&server, options(patient())), b"no end").await), "accepted");
    assert_eq!(server.seen().taken[0].body, b"no end\r\n");
}

#[tokio::test]
async fn a_retry_is_byte_identical() {
    let script = Script::new().pipelining(true).once(".", say("451 later")).once(".", Act::Drop);
    let server = Scripted::start(script).await;
    let mailer = mailer(&server, options(patient()));
    let kinds = [send(&mailer, LETTER).await, send(&mailer, LETTER).await, send(&mailer, LETTER).await];
    assert_eq!(kinds.each_ref().map(kind), ["deferred", "uncertain", "accepted"]);
    let taken = server.seen().taken;
    assert_eq!(taken.len(), 3);
    assert!(taken.iter().all(|taken| taken.body == LETTER));
    assert_eq!([taken[0].connection, taken[1].connection, taken[2].connection], [1, 1, 2]);
}

#[tokio::test]
async fn a_cancelled_send_never_gives_its_connection_back() {
    for stage in ["MAIL", "RCPT", "DATA", "."] {
        for pipelining in [false, true] {
            let script = Script::new().pipelining(pipelining).once(".", say("250 warm")).once("RSET", Act::Drop);
            let script = if stage == "." { script } else { script.once(stage, say(&usual(stage))) };
            let server = Scripted::start(script.once(stage, Act::Stall)).await;
            let mailer = mailer(&server, RelayOptions { connections: 1, ..options(patient()) });
            assert_eq!(kind(&send(&mailer, b"first\r\n").await), "accepted", "{stage}");
            tokio::select! {
                outcome = send(&mailer, b"cancelled\r\n") => panic!("{stage}: {outcome:?}"),
                _ = server.wait(|seen| if stage == "." { seen.taken.len() == 2 } else { seen.count(stage) == 2 }) => {}
            }
            assert_eq!(kind(&send(&mailer, b"third\r\n").await), "accepted", "{stage}");
            let seen = server.seen();
            assert_eq!(seen.connections, 2, "{stage}");
            let last = seen.taken.last().expect("a message");
            assert_eq!((last.connection, last.body.as_slice()), (2, &b"third\r\n"[..]), "{stage}");
            let whole = seen.taken.iter().filter(|taken| taken.body != b"cancelled\r\n").count();
            assert_eq!(whole, 2, "{stage}: no message is cut or joined");
        }
    }
}

fn usual(stage: &str) -> String {
    if stage == "DATA" { "354 go ahead".into() } else { "250 ok".into() }
}

#[tokio::test]
async fn a_send_that_ran_out_of_time_is_not_mixed_with_the_next() {
    let server = Scripted::start(Script::new().pipelining(true).once(".", Act::Stall)).await;
    let limits = aftercare::mail::relay::Stages { after_dot: SHORT, ..patient() };
    let mailer = mailer(&server, RelayOptions { connections: 1, ..options(limits) });
    assert_eq!(kind(&send(&mailer, b"first\r\n").await), "uncertain");
    // The second has a patient server, but the limit stays short: ask until the machine is quick.
    let mut outcome = send(&mailer, b"second\r\n").await;
    while kind(&outcome) == "uncertain" {
        outcome = send(&mailer, b"second\r\n").await;
    }
    assert_eq!(kind(&outcome), "accepted");
    let bodies: Vec<_> = server.seen().taken.into_iter().skip(1).map(|taken| taken.body).collect();
    assert!(bodies.iter().all(|body| body == b"second\r\n"));
}

#[tokio::test]
async fn after_a_refused_recipient_the_connection_goes_on() {
    for pipelining in [false, true] {
        let server = Scripted::start(Script::new().pipelining(pipelining).once("RCPT", say("550 nobody"))).await;
        let mailer = mailer(&server, options(patient()));
        assert_eq!(kind(&send(&mailer, LETTER).await), "refused");
        assert_eq!(kind(&send(&mailer, LETTER).await), "accepted");
        let seen = server.seen();
        assert_eq!((seen.connections, seen.count("RSET")), (1, 1));
    }
}

#[tokio::test]
async fn a_connection_carries_its_share_and_says_goodbye() {
    let server = Scripted::start(Script::new()).await;
    let few = RelayOptions { connections: 1, messages_per_connection: 2, ..options(patient()) };
    let mailer = mailer(&server, few);
    for _ in 0..5 {
        assert_eq!(kind(&send(&mailer, LETTER).await), "accepted");
    }
    mailer.close().await;
    let seen = server.wait(|seen| seen.count("QUIT") == 3).await;
    assert_eq!((seen.connections, seen.most_open), (3, 1));
    assert_eq!(kind(&send(&mailer, LETTER).await), "unreachable", "closed is closed");
}

#[tokio::test]
async fn a_goodbye_that_hangs_does_not_hold_the_outcome_back() {
    let server = Scripted::start(Script::new().at("QUIT", Act::Stall)).await;
    let mailer = mailer(&server, RelayOptions { messages_per_connection: 1, ..options(patient()) });
    assert_eq!(kind(&send(&mailer, LETTER).await), "accepted");
    server.wait(|seen| seen.count("QUIT") == 1).await;
}

#[tokio::test]
async fn a_rested_connection_is_asked_first() {
    let server = Scripted::start(Script::new().once("NOOP", say("250 ok")).once("NOOP", say("421 bye"))).await;
    let eager = mailer(&server, RelayOptions { ask_after: Duration::ZERO, ..options(patient()) });
    for _ in 0..3 {
        assert_eq!(kind(&send(&eager, LETTER).await), "accepted");
    }
    assert_eq!((server.seen().count("NOOP"), server.seen().connections), (2, 2));
    let calm = mailer(&server, options(patient()));
    for _ in 0..3 {
        assert_eq!(kind(&send(&calm, LETTER).await), "accepted");
    }
    assert_eq!(server.seen().count("NOOP"), 2, "no question without a rest");
}

#[tokio::test]
async fn a_connection_the_relay_closed_meanwhile_costs_nothing() {
    let gone = Scripted::start(Script::new().once(".", Act::SayAndDrop("250 taken\r\n".into()))).await;
    let busy = Scripted::start(Script::new().once("MAIL", say("250 ok")).once("MAIL", say("421 too many"))).await;
    let spoke = Scripted::start(Script::new().once(".", say("250 taken\r\n421 idle too long"))).await;
    for server in [gone, busy, spoke] {
        let mailer = mailer(&server, options(patient()));
        assert_eq!(kind(&send(&mailer, b"first\r\n").await), "accepted");
        assert_eq!(kind(&send(&mailer, b"second\r\n").await), "accepted");
        let seen = server.seen();
        assert_eq!((seen.connections, seen.taken.len()), (2, 2));
    }
}

#[tokio::test]
async fn there_are_never_more_connections_than_set() {
    let journal = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&journal);
    let sink = Sink::start(SinkOptions {
        latency: Duration::from_millis(2),
        journal: Some(Arc::new(move |id: &str| keep.lock().expect("a list").push(id.to_owned()))),
        ..SinkOptions::default()
    });
    let sink = sink.await.expect("a sink");
    let relay = Relay::parse(&format!("smtp+plain://{}", sink.address())).expect("an address");
    let limits = RelayOptions { connections: 3, messages_per_connection: 7, ..options(patient()) };
    let mailer = Mailer::new(vec![relay], limits).expect("a mailer");
    assert_eq!(mailer.connections(), 3);
    let sends = (0..100).map(|n| {
        let mailer = mailer.clone();
        tokio::spawn(async move {
            let body = format!("Message-ID: <{n}@clinic.example>\r\n\r\n.dot\r\n");
            assert_eq!(kind(&send(&mailer, body.as_bytes()).await), "accepted");
        })
    });
    for sent in futures_util::future::join_all(sends).await {
        sent.expect("sent");
    }
    assert_eq!((sink.messages(), sink.most_open()), (100, 3));
    assert!(sink.connections() >= 100 / 7 && sink.bytes() > 100 * 30);
    let mut ids = journal.lock().expect("a list").clone();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 100);
}

#[tokio::test]
async fn the_next_relay_is_asked_only_when_nothing_has_left() {
    let busy = Scripted::start(Script::new().at("connect", say("421 busy"))).await;
    let good = Scripted::start(Script::new()).await;
    let both = Mailer::new(vec![plain(&busy), plain(&good)], options(patient())).expect("a mailer");
    for _ in 0..3 {
        assert_eq!(kind(&send(&both, LETTER).await), "accepted");
    }
    assert_eq!((busy.seen().connections, good.seen().taken.len()), (1, 3), "the failing one rests");

    for (act, means) in [(Act::Drop, "uncertain"), (say("421 bye"), "throttled"), (say("550 no"), "refused")] {
        let taker = Scripted::start(Script::new().at(".", act)).await;
        let both = Mailer::new(vec![plain(&taker), plain(&good)], options(patient())).expect("a mailer");
        assert_eq!(kind(&send(&both, LETTER).await), means);
        assert_eq!(good.seen().taken.len(), 3, "never twice");
    }
    let none = Mailer::new(vec![plain(&busy), plain(&busy)], options(patient())).expect("a mailer");
    assert_eq!(kind(&send(&none, LETTER).await), "unreachable");
}

#[tokio::test]
async fn a_folder_takes_mail_as_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let relay = Relay::parse(&format!("folder://{}", folder.path().join("out").display())).expect("an address");
    let mailer = Mailer::new(vec![relay], RelayOptions::default()).expect("a mailer");
    assert!(mailer.probe().await.expect("writable").ends_with("can be written"));
    for _ in 0..2 {
        assert_eq!(kind(&send(&mailer, LETTER).await), "accepted");
    }
    let files: Vec<_> = std::fs::read_dir(folder.path().join("out")).expect("a folder").collect();
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::read(files[0].as_ref().expect("a file").path()).expect("read"), LETTER);
    let blocked = Relay::parse("folder:///proc/nothing").expect("an address");
    let blocked = Mailer::new(vec![blocked], RelayOptions::default()).expect("a mailer");
    assert_eq!(kind(&send(&blocked, LETTER).await), "unreachable");
    assert!(blocked.probe().await.is_err());
}

/// Messages are built of ASCII alone, so nothing needs to be asked of a server; an address that would need
/// SMTPUTF8 is refused where it is typed.
#[tokio::test]
async fn what_a_server_offers_for_other_alphabets_changes_nothing() {
    for offers in [&[][..], &["8BITMIME"], &["SMTPUTF8"], &["8BITMIME", "SMTPUTF8", "PIPELINING"]] {
        let script = offers.iter().fold(Script::bare(), |script, offer| script.offering(offer));
        let server = Scripted::start(script).await;
        let mailer = mailer(&server, options(patient()));
        assert_eq!(kind(&send(&mailer, LETTER).await), "accepted", "{offers:?}");
        assert_eq!(kind(&send(&mailer, "Grüße\r\n".as_bytes()).await), "refused", "{offers:?}");
        let seen = server.seen();
        assert_eq!(seen.taken.len(), 1);
        assert_eq!(seen.taken[0].mail, "MAIL FROM:<bounce@clinic.example>", "{offers:?}");
        assert_eq!(seen.taken[0].rcpt, "RCPT TO:<cleo@client.example>", "{offers:?}");
    }
}
