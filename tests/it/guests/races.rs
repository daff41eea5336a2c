//! Stops against the due moment: once a stop is on disk, nothing of its stream begins any more, and once an address
//! is suppressed, nothing to it.
//!
//! A worker runs, under a clock that runs, and sends to a server that writes down what it took. Each of many
//! clients has one email, each due at a moment of its own, and each is stopped at a random moment: half of them
//! within 50 ms of the due moment, the others in the second after it, while the worker has the email in hand,
//! which takes longer the slower the machine. `AFTERCARE_RACES` says how many there are, `AFTERCARE_SEED` which moments are drawn;
//! `tests/faults/full after_the_commit` runs ten thousand of each.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aftercare::clinic::choice::Topic;
use aftercare::clinic::ids::{ClientId, ClinicId, EmailId, VisitId};
use aftercare::clinic::intake::Consent;
use aftercare::clinic::link::Purpose;
use aftercare::clinic::person::EmailAddress;
use aftercare::clinic::protocol::{Step, Stream};
use aftercare::clock::Clock;
use aftercare::mail::sink::{Journal, Sink, SinkOptions};
use aftercare::store::outbox::NewEmail;
use aftercare::store::visit::Appointment;
use aftercare::store::{Store, choice, client, consent, fresh_uuid, outbox, suppression, visit};
use axum::http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{MORNING, link_for};
use crate::faults::size::tell;
use crate::support::app::TestApp;
use crate::support::cast::{at, change, minutes, profile};
use crate::support::engines::ask;

/// When the first email is due.
const DUE: &str = "2026-01-05T10:00:00Z";

/// From one due moment to the next.
const APART: SignedDuration = SignedDuration::from_millis(40);

/// Half of the stops come so many milliseconds before their email is due, or after it, at most.
const AROUND: i64 = 50;

/// The others come so many milliseconds after it, at most.
const AFTER: i64 = 1000;

/// So many clients are entered in one transaction.
const PORTION: usize = 200;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// One race: whose email it is, where it goes, and when it is due.
#[derive(Clone)]
struct Race {
    client: ClientId,
    address: EmailAddress,
    email: EmailId,
    due: Timestamp,
}

/// What comes between.
#[derive(Clone, Copy, Debug)]
enum Halt {
    /// The client's own.
    Stop,
    /// The address is out of order.
    Suppression,
}

/// How a stop ended.
struct Stopped {
    /// Its email, when that had begun before the stop was committed.
    begun: Option<EmailId>,
    /// How long after the due moment it was committed.
    late: SignedDuration,
}

/// So many clients with one email each.
async fn crowd(app: &TestApp, many: usize) -> Vec<Race> {
    let mut races = Vec::new();
    for first in (0..many).step_by(PORTION) {
        let more = app.write(async |db| enter(app, db, first..many.min(first + PORTION)).await).await;
        races.extend(more);
    }
    races
}

async fn enter(
    app: &TestApp,
    db: &mut aftercare::store::Db,
    numbers: std::ops::Range<usize>,
) -> aftercare::store::Result<Vec<Race>> {
    let (mut races, mut emails) = (Vec::new(), Vec::new());
    for number in numbers {
        let due = at(DUE) + APART * i32::try_from(number).expect("few");
        let client = ClientId::from_uuid(fresh_uuid(app.now()));
        let address: EmailAddress = format!("client-{number}@example.org").parse().expect("an address");
        let mut person = client::Registered { id: client, ..app.cast.cleo() };
        person.client.email = Some(address.clone());
        client::insert(db, app.cast.clinic, &person, app.now()).await?;
        consent::set(db, app.cast.clinic, client, change(Consent::AftercareEmail, true, app.now())).await?;
        let ends_at = at(DUE) - minutes(180);
        let visit = VisitId::from_uuid(fresh_uuid(app.now()));
        let (starts_at, over) = (ends_at - minutes(60), app.cast.appointment());
        let over = Appointment { id: visit, client, starts_at, ends_at, ..over };
        visit::insert(db, app.cast.clinic, &over, app.now()).await?;
        let email = EmailId::from_uuid(fresh_uuid(app.now()));
        let message_id = format!("<{email}@example.org>");
        let not_after = due + SignedDuration::from_hours(18);
        let zoned = due.to_zoned(profile().zone.rules().clone());
        let owed = app.cast.email(Step::SameDay);
        let recipient = address.clone();
        emails.push(NewEmail { id: email, client, visit, recipient, due: zoned, not_after, message_id, ..owed });
        races.push(Race { client, address, email, due });
    }
    outbox::insert(db, &emails, app.now()).await?;
    Ok(races)
}

/// Numbers that come again with their seed (splitmix64).
struct Draw(u64);

impl Draw {
    /// How long after the due moment a stop comes; below zero is before it.
    fn offset(&mut self) -> SignedDuration {
        let micros = |drawn: u64, from: i64, to: i64| {
            let span = u64::try_from((to - from) * 1000).expect("forwards") + 1;
            SignedDuration::from_micros(from * 1000 + i64::try_from(drawn % span).expect("small"))
        };
        let drawn = self.next();
        if drawn.is_multiple_of(2) { micros(drawn / 2, -AROUND, AROUND) } else { micros(drawn / 2, 0, AFTER) }
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Stops one client's aftercare at this moment, as the button does, or their address, as a bounce does.
async fn stops(store: Store, clinic: ClinicId, (race, halt): (Race, Halt), moment: Timestamp, clock: Clock) -> Stopped {
    let wait = moment.duration_since(clock.now());
    // The race is against a clock that runs; there is nothing else to wait for.
    tokio::time::sleep(Duration::try_from(wait).unwrap_or(Duration::ZERO)).await;
    let mut db = loop {
        // On a machine with too much to do the database may be out of reach for a while; then the stop is later.
        if let Ok(db) = store.write().await {
            break db;
        }
    };
    let now = clock.now();
    match halt {
        Halt::Stop => {
            choice::set(&mut db, clinic, race.client, Topic::Aftercare, true, now).await.expect("a stop");
            outbox::stop_waiting(&mut db, clinic, race.client, Stream::Aftercare, now).await.expect("a stop");
        }
        Halt::Suppression => {
            suppression::insert(&mut db, clinic, &race.address, "no such mailbox", now).await.expect("suppresses");
        }
    }
    let sql = format!("select id from email where id = '{}' and state in ('sending', 'sent')", race.email);
    let begun = !ask(&mut db, &sql).await.is_empty();
    db.commit().await.expect("commits");
    Stopped { begun: begun.then_some(race.email), late: clock.now().duration_since(race.due) }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_commit_of_a_stop_nothing_of_its_stream_begins() {
    race(Halt::Stop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_commit_of_a_suppression_nothing_to_its_address_begins() {
    race(Halt::Suppression).await;
}

async fn race(halt: Halt) {
    let many = number("AFTERCARE_RACES").map_or(240, |many| usize::try_from(many).expect("a number of races"));
    let seed = number("AFTERCARE_SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish());
    for mut app in TestApp::at("2026-01-05T00:00:00Z").await {
        app.due_mail_may_stay = true;
        let races = crowd(&app, many).await;
        let journal = Arc::new(Mutex::new(BTreeSet::new()));
        let pages = Arc::clone(&journal);
        let writes: Journal = Arc::new(move |id: &str| {
            pages.lock().expect("nobody else").insert(id.to_owned());
        });
        let options =
            SinkOptions { latency: Duration::from_millis(1), journal: Some(writes), ..SinkOptions::default() };
        let sink = Sink::start(options).await.expect("a sink");
        app.mail_to(&format!("smtp+plain://{}", sink.address()));
        let clock = Clock::fast(at(DUE) - SignedDuration::from_millis(500), 0.0);
        app.worker.clock = clock.clone();
        let (end, ends) = watch::channel(false);
        let worker = app.worker.clone();
        let running = tokio::spawn(async move { worker.run(Duration::from_millis(50), ends).await });
        let mut draw = Draw(seed);
        let mut stopping = JoinSet::new();
        for race in races {
            let (store, moment) = (app.engine.store.clone(), race.due + draw.offset());
            stopping.spawn(stops(store, app.cast.clinic, (race, halt), moment, clock.clone()));
        }
        let stopped = stopping.join_all().await;
        end.send(true).expect("somebody runs");
        running.await.expect("ends");
        let journal = journal.lock().expect("nobody else").clone();
        judge(&app, (halt, &stopped), (seed, &sink, &journal)).await;
    }
}

/// What had begun has arrived, and nothing else has; with the figures.
async fn judge(
    app: &TestApp,
    (halt, stopped): (Halt, &[Stopped]),
    (seed, sink, journal): (u64, &Sink, &BTreeSet<String>),
) {
    let message_id = |email: &EmailId| format!("<{email}@example.org>");
    let begun: BTreeSet<String> = stopped.iter().filter_map(|one| one.begun.as_ref()).map(message_id).collect();
    let after = journal.difference(&begun).count();
    let mut late: Vec<i128> = stopped.iter().map(|one| one.late.as_millis()).collect();
    late.sort_unstable();
    let part = |percent: usize| late[(late.len() - 1) * percent / 100];
    let near = late.iter().filter(|late| late.abs() <= i128::from(AROUND)).count();
    tell(&json!({
        "fault": match halt { Halt::Stop => "stop against the due moment", Halt::Suppression => "suppression against the due moment" },
        "database": app.engine.store.engine_name(), "seed": seed, "races": stopped.len(), "around_ms": AROUND, "within_around": near,
        "first_ms": i64::try_from(part(0)).expect("small"), "last_ms": i64::try_from(part(100)).expect("small"),
        "begun_before": begun.len(), "stopped": stopped.len() - begun.len(), "left_after_the_commit": after,
    }));
    assert_eq!(after, 0, "seed {seed}: {:?}", journal.difference(&begun).collect::<Vec<_>>());
    assert_eq!(begun.difference(journal).count(), 0, "what had begun ends");
    let count = async |which: &str| app.ask(&format!("select id from email where {which}")).await.len();
    let others = match halt {
        Halt::Stop => "state = 'cancelled'",
        // The last of them may have been due after the worker was told to stop.
        Halt::Suppression => "state in ('suppressed', 'scheduled') and sending_at is null",
    };
    assert_eq!((count("state = 'sent'").await, count(others).await), (begun.len(), stopped.len() - begun.len()));
    assert_eq!(sink.messages(), begun.len() as u64, "each once");
    assert!(!begun.is_empty() && begun.len() < stopped.len(), "the race was one");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_clicks_at_once_are_one_stop() {
    for app in TestApp::at(MORNING).await {
        app.visited("2026-01-05T07:00:00Z").await;
        let token = link_for(&app, Purpose::Stop(Stream::Aftercare), None).await;
        let path = format!("/p/{token}");
        let mut clicks = JoinSet::new();
        for _ in 0..50 {
            let (mut program, path) = (app.visitor(), path.clone());
            clicks.spawn(async move {
                program.send(Method::POST, &path, Some("List-Unsubscribe=One-Click".into())).await.status
            });
        }
        let answers = clicks.join_all().await;
        assert!(answers.iter().all(|status| *status == StatusCode::OK), "{answers:?}");
        let stops = app.ask("select id from audit where action = 'choice.stopped:aftercare'").await;
        let wishes = app.ask("select id from client_wish").await;
        assert_eq!((stops.len(), wishes.len()), (1, 1));
    }
}
