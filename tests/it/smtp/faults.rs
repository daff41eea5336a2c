//! The table: what a relay does at a stage, and what we make of it.

use std::time::Instant;

use aftercare::mail::relay::Stages;

use super::{LETTER, PATIENT, SHORT, kind, mailer, options, patient, send};
use crate::support::scripted::{Act, Script, Scripted, say};

struct Row {
    stage: &'static str,
    act: Act,
    means: &'static str,
}

/// `stage: what it says => what that means`, and the wordless acts beside it.
fn table() -> Vec<Row> {
    let mut rows = Vec::new();
    for (stage, means, replies) in [
        ("connect", "accepted", &["220-one\r\n220 two", "220"][..]),
        (
            "connect",
            "unreachable",
            &["421 busy", "554 go away", "450 later", "hello", "HTTP/1.1 400 Bad", "250 ok", "22"],
        ),
        ("EHLO", "unreachable", &["421 busy", "450 later", "550 no", "502 what", "354 go", "nonsense"]),
        ("MAIL", "accepted", &["250-a\r\n250 b", "250", "251 fine"]),
        ("MAIL", "deferred", &["450 4.7.1 greylisted", "451 later", "452 full"]),
        ("MAIL", "refused", &["550 no", "552 too big", "553 odd", "554 no"]),
        (
            "MAIL",
            "unreachable",
            &["421 bye", "454 no tls", "530 sign in", "535 wrong", "354 go", "???", "250-a\r\n251 b"],
        ),
        ("RCPT", "accepted", &["250 ok", "251 forwarded", "252 maybe"]),
        ("RCPT", "deferred", &["450 busy", "451 later", "452 full"]),
        ("RCPT", "refused", &["550 5.1.1 nobody", "551 moved", "553 odd", "550-no\r\n550 body"]),
        ("RCPT", "throttled", &["421 4.7.0 slow down", "454 4.7.1 busy"]),
        ("RCPT", "unreachable", &["530 sign in", "354 go", "nonsense"]),
        ("DATA", "deferred", &["451 later", "452 full"]),
        ("DATA", "refused", &["550 no", "554 no valid recipients"]),
        ("DATA", "throttled", &["421 bye", "454 no"]),
        ("DATA", "unreachable", &["250 ok", "220 hi", "nonsense", "354 go\r\n250 already taken"]),
        (".", "accepted", &["250 2.0.0 queued as 1", "250", "250-queued\r\n250 as 1"]),
        (".", "deferred", &["450 busy", "451 later", "452 full"]),
        (".", "refused", &["550 spam", "552 too big", "554 no"]),
        (".", "throttled", &["421 bye", "454 no"]),
        (".", "unreachable", &["530 sign in", "535 wrong"]),
        (".", "uncertain", &["354 go on", "251 hm", "220 hi", "235 in", "nonsense", "250-a\r\n550 b", "25", "9 lives"]),
    ] {
        rows.extend(replies.iter().map(|reply| Row { stage, act: say(reply), means }));
    }
    for stage in ["connect", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        let means = if stage == "." { "uncertain" } else { "unreachable" };
        let long = say(&format!("250 {}", "x".repeat(3000)));
        let half = Act::SayAndDrop("250 o".into());
        for act in [Act::Stall, Act::Drop, Act::Flood, Act::FloodOfLines, long, half, say("250-first")] {
            rows.push(Row { stage, act, means });
        }
    }
    rows
}

/// Only the stage that stalls gets a short limit, so that a slow machine changes nothing.
fn limits(stage: &str, act: &Act) -> Stages {
    let mut limits = patient();
    let waits = matches!(act, Act::Stall) || matches!(act, Act::Say(text) if text.ends_with("-first\r\n"));
    if waits {
        match stage {
            "connect" => limits.greeting = SHORT,
            "." => limits.after_dot = SHORT,
            "body" => limits.data = SHORT,
            _ => limits.command = SHORT,
        }
    }
    limits
}

fn shown(act: &Act) -> String {
    match act {
        Act::Say(text) | Act::SayAndDrop(text) => text.chars().take(40).collect(),
        Act::AsUsual | Act::Wait(_) => "(as usual)".into(),
        Act::Stall => "(stalls)".into(),
        Act::Drop => "(drops)".into(),
        Act::Flood | Act::FloodOfLines => "(floods)".into(),
    }
}

async fn each_reply_means_what_the_table_says(pipelining: bool) {
    let rows = table().into_iter().map(|row| async move {
        let timeouts = limits(row.stage, &row.act);
        let case = format!("{} at {}, pipelining {pipelining}", shown(&row.act).escape_debug(), row.stage);
        let server = Scripted::start(Script::new().pipelining(pipelining).at(row.stage, row.act)).await;
        let started = Instant::now();
        let outcome = send(&mailer(&server, options(timeouts)), LETTER).await;
        assert!(started.elapsed() < PATIENT, "{case}: an endless reply is cut by its size");
        assert_eq!(kind(&outcome), row.means, "{case}: {outcome:?}");
        if row.means == "accepted" || row.stage == "." {
            assert_eq!(server.seen().taken.len(), 1, "{case}");
        } else {
            let seen = server.seen();
            assert_eq!((seen.taken.len(), seen.body_bytes), (0, 0), "{case}: nothing may be handed over");
        }
    });
    futures_util::future::join_all(rows).await;
}

#[tokio::test]
async fn each_reply_means_what_the_table_says_one_by_one() {
    each_reply_means_what_the_table_says(false).await;
}

#[tokio::test]
async fn each_reply_means_what_the_table_says_when_pipelined() {
    each_reply_means_what_the_table_says(true).await;
}

#[tokio::test]
async fn a_drop_or_stall_within_the_body_delivers_nothing() {
    let big = b"a line of a body that fills every buffer on the way\r\n".repeat(400_000);
    for act in [Act::Drop, Act::Stall] {
        let limits = limits("body", &act);
        let server = Scripted::start(Script::new().pipelining(true).at("body", act)).await;
        let outcome = send(&mailer(&server, options(limits)), &big).await;
        assert_eq!(kind(&outcome), "unreachable", "{outcome:?}");
        assert_eq!(server.seen().taken.len(), 0);
    }
}

#[tokio::test]
async fn a_relay_that_wants_the_body_of_a_refused_envelope_gets_nothing() {
    for (stage, refusal) in [("RCPT", "550 5.1.1 nobody"), ("MAIL", "450 later")] {
        let script = Script::new().pipelining(true).once(stage, say(refusal)).once("DATA", say("354 go ahead"));
        let server = Scripted::start(script).await;
        let mailer = mailer(&server, options(patient()));
        let outcome = send(&mailer, LETTER).await;
        assert_eq!(kind(&outcome), if stage == "RCPT" { "refused" } else { "deferred" }, "{outcome:?}");
        assert_eq!(kind(&send(&mailer, b"second\r\n").await), "accepted");
        let seen = server.wait(|seen| seen.ended == 1).await;
        assert_eq!(seen.connections, 2, "the half-open one is not used again");
        assert_eq!(seen.taken.len(), 1);
        assert_eq!(seen.taken[0].body, b"second\r\n");
        assert_eq!(seen.body_bytes, b"second\r\n.\r\n".len(), "nothing goes where a body is awaited");
    }
}

#[tokio::test]
async fn the_words_of_a_relay_are_kept_short_and_clean() {
    let words = format!("550-5.1.1 no\u{1b}[31m such mailbox\r\n550 {}", "x".repeat(1000));
    let server = Scripted::start(Script::new().at("RCPT", say(&words))).await;
    let outcome = send(&mailer(&server, options(patient())), LETTER).await;
    let aftercare::clinic::outbox::Outcome::Refused { reply } = outcome else { panic!("{outcome:?}") };
    assert!(reply.starts_with("550 5.1.1 no [31m such mailbox xxx"), "{reply}");
    assert_eq!(reply.chars().count(), 500);
}

#[tokio::test]
async fn a_message_that_is_not_plain_ascii_never_reaches_the_relay() {
    let server = Scripted::start(Script::new()).await;
    let mailer = mailer(&server, options(patient()));
    for bad in ["Grüße\r\n".as_bytes(), b"a\nb\r\n", b"a\r\n.\n.\r\nMAIL FROM:<x@y.z>\r\n", b"a\0b\r\n", b"a\rb\r\n"]
    {
        assert_eq!(kind(&send(&mailer, bad).await), "refused");
    }
    assert_eq!(server.seen().connections, 0);
}
