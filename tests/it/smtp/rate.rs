//! How fast, beside the yardstick.

use std::time::Duration;

use aftercare::mail::relay::{Relay, RelayOptions};
use aftercare::mail::sink::{Sink, SinkOptions, bare_loop};
use aftercare::mail::smtp::Mailer;

use super::{kind, options, patient, send};

/// Prints how fast we are beside bare lettre connections. Figures come from a release build:
/// `cargo test --release --test it -- --ignored --nocapture rate`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement; it says nothing in a debug build"]
async fn rate_beside_bare_connections() {
    let body = format!(
        "Subject: a\r\n\r\n{}",
        "a line of about seventy characters, as quoted-printable has it ....\r\n".repeat(174)
    );
    for (pipelining, latency) in [(true, 0), (false, 0), (true, 20), (false, 20)] {
        let latency = Duration::from_millis(latency);
        let count = if latency.is_zero() { 40_000 } else { 2_000 };
        let sink = Sink::start(SinkOptions { pipelining, latency, ..SinkOptions::default() }).await.expect("a sink");
        for round in 0..3 {
            let bare = bare_loop(sink.address(), 10, count, body.as_bytes()).await.expect("a rate");
            let relay = Relay::parse(&format!("smtp+plain://{}", sink.address())).expect("an address");
            let ten = RelayOptions { connections: 10, ..options(patient()) };
            let mailer = Mailer::new(vec![relay], ten).expect("a mailer");
            let started = std::time::Instant::now();
            let tasks = (0..10).map(|_| {
                let (mailer, body) = (mailer.clone(), body.clone());
                tokio::spawn(async move {
                    for _ in 0..count / 10 {
                        assert_eq!(kind(&send(&mailer, body.as_bytes()).await), "accepted");
                    }
                })
            });
            futures_util::future::join_all(tasks).await;
            let ours = count as f64 / started.elapsed().as_secs_f64();
            println!("pipelining {pipelining}, {latency:?} a reply, round {round}: ours {ours:.0}/s, bare {bare:.0}/s");
        }
    }
}
