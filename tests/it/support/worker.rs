//! The production worker as the tests have it: what ships, a way out to the test's own server, and its
//! clock.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aftercare::app::Rules;
use aftercare::clock::Clock;
use aftercare::config::Settings;
use aftercare::mail::bounce::ReturnPath;
use aftercare::mail::relay::{Relay, RelayOptions, Stages};
use aftercare::mail::smtp::Mailer;
use aftercare::store::Store;
use aftercare::store::catalogue::newest::Newest;
use aftercare::store::outbox::Owner;
use aftercare::worker::{Delivered, Manners, Patterns, Sender, Worker};
use tokio::sync::watch;

/// The rules as they ship.
pub static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::of(&Settings::default()).expect("what ships"));

/// A limit that only a hanging test reaches.
const PATIENT: Duration = Duration::from_secs(20);

/// One step of a worker that nobody stops.
pub async fn step(worker: &Worker) -> Delivered {
    let (_keep, never) = watch::channel(false);
    worker.step(&never).await.expect("a step")
}

/// A worker of its own that sends there.
pub fn worker(store: Store, clock: Clock, url: &str) -> Worker {
    let address_of = |text: &str| text.parse().expect("an address");
    Worker {
        store,
        mailer: Some(mailer(&[url], &clock)),
        manners: Manners::default(),
        clock,
        catalogue: Arc::clone(&RULES.catalogue),
        newest: Newest::over(Arc::clone(&RULES.catalogue)),
        letters: Arc::clone(&RULES.letters),
        sender: Sender {
            from: address_of("aftercare@lindenhof.example"),
            bounce: ReturnPath::signed(address_of("bounce@lindenhof.example")).expect("room for a token"),
            reply_to: address_of("desk@lindenhof.example"),
        },
        base_url: None,
        owner: Owner::fresh(),
        unsigned_may_leave: false,
        patterns: Patterns::default(),
        sent_text: None,
        webhooks_inside: false,
    }
}

/// A way out through these, by the test's own clock.
pub fn mailer(urls: &[&str], clock: &Clock) -> Mailer {
    let relays = Relay::parse_list(urls).expect("addresses");
    let timeouts = Stages { connect: PATIENT, greeting: PATIENT, command: PATIENT, data: PATIENT, after_dot: PATIENT };
    let (helo_name, clock) = ("lindenhof.example".into(), clock.clone());
    let options = RelayOptions { timeouts, helo_name, clock, ..RelayOptions::default() };
    Mailer::new(relays, options).expect("a mailer")
}

/// A header as a second parser reads it.
pub fn header(message: &[u8], name: &str) -> String {
    let parsed = mail_parser::MessageParser::default().parse(message).expect("a message");
    match name {
        "Subject" => parsed.subject().expect("a subject").to_owned(),
        "Message-ID" => format!("<{}>", parsed.message_id().expect("a Message-ID")),
        other => panic!("nobody asked for {other} so far"),
    }
}
