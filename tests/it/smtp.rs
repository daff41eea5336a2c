//! Sending against servers that misbehave in every way we know.

mod faults;
mod pool;
mod rate;
mod tls;

use std::time::Duration;

use aftercare::clinic::outbox::Outcome;
use aftercare::clinic::person::EmailAddress;
use aftercare::mail::relay::{Relay, RelayOptions, Stages};
use aftercare::mail::smtp::{Mailer, Manner, Message};

use crate::support::scripted::Scripted;

/// Long enough for a busy machine; a test that waits for it has failed.
const PATIENT: Duration = Duration::from_secs(10);
/// A limit that a test means to run into.
const SHORT: Duration = Duration::from_millis(120);

fn patient() -> Stages {
    Stages { connect: PATIENT, greeting: PATIENT, command: PATIENT, data: PATIENT, after_dot: PATIENT }
}

fn options(timeouts: Stages) -> RelayOptions {
    RelayOptions { timeouts, helo_name: "clinic.example".into(), ..RelayOptions::default() }
}

fn plain(server: &Scripted) -> Relay {
    Relay::parse(&format!("smtp+plain://{}", server.address)).expect("an address")
}

fn mailer(server: &Scripted, options: RelayOptions) -> Mailer {
    Mailer::new(vec![plain(server)], options).expect("a mailer")
}

fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address")
}

async fn send(mailer: &Mailer, body: &[u8]) -> Outcome {
    let (from, to) = (address("bounce@clinic.example"), address("cleo@client.example"));
    let manner = Manner::default();
    mailer.send(Message { from: &from, to: &to, bytes: body, message_id: "<1@clinic.example>", manner }).await
}

/// The outcome without its words.
fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Deferred { .. } => "deferred",
        Outcome::Refused { .. } => "refused",
        Outcome::Throttled { .. } => "throttled",
        Outcome::Unreachable { .. } => "unreachable",
        Outcome::Uncertain { .. } => "uncertain",
    }
}

const LETTER: &[u8] = b"Subject: hello\r\n\r\nDrink water.\r\n";
