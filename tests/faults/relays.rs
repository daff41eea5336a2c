//! Nights of chance: the whole worker and a relay that answers as it likes, at every stage, while
//! workers die on the wire and rows cannot be read. What each reply means by itself is the table of
//! `tests/it/smtp/faults.rs`.

use std::collections::{BTreeMap, BTreeSet};

use aftercare::clinic::outbox::State;
use serde_json::json;

use super::size::{Chance, size, tell};
use crate::support::app::TestApp;
use crate::support::cast::minutes;
use crate::support::scripted::{Act, Script, say};
use crate::support::worker::{header, step};

const EMAILS: usize = 12;
const POISONED: usize = 2;
/// So many times a relay may surprise at each stage; then it behaves.
const SURPRISES: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_relay_answers_each_email_ends_and_no_repeat_is_hidden() {
    let chance = Chance::from_environment();
    let mut told: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for night in 0..size().nights {
        let seed = chance.seed.wrapping_mul(1_000_003).wrapping_add(night);
        let moods = || moody(&mut Chance::of(seed));
        for mut app in TestApp::with("2026-01-05T00:00:00Z", moods).await {
            pass(&mut app, &mut Chance::of(seed)).await;
            let [sent, ended, taken, resends] = adds_up(&app, seed).await;
            let sums = told.entry(app.engine.store.engine_name()).or_default();
            for (sum, more) in sums.iter_mut().zip([sent, ended, taken, resends]) {
                *sum += more;
            }
        }
    }
    for (engine, [sent, ended, taken, resends]) in told {
        tell(&json!({
            "fault": "a moody relay, dying workers and poisoned rows", "database": engine, "seed": chance.seed,
            "nights": size().nights, "emails": sent + ended, "lost": 0, "sent": sent, "failed_or_held_or_too_late": ended,
            "taken": taken, "resends": resends,
        }));
    }
}

/// A relay that surprises at every stage, now and then.
fn moody(chance: &mut Chance) -> Script {
    let mut script = Script::new().pipelining(chance.coin());
    for stage in ["connect", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        for _ in 0..SURPRISES {
            script = script.once(stage, mood(stage, chance));
        }
    }
    script
}

fn mood(stage: &str, chance: &mut Chance) -> Act {
    match (chance.below(24), stage) {
        (0, _) => Act::Drop,
        (1, _) => say("421 4.3.2 going down"),
        (2, _) => Act::SayAndDrop("4".into()),
        (3, _) => say("nonsense"),
        (4, "MAIL" | "RCPT" | "DATA" | ".") => say("451 4.3.0 try later"),
        (5, "RCPT" | ".") => say("550 5.7.1 not today"),
        (6, ".") => say("354 go on"),
        (7, _) => Act::FloodOfLines,
        _ => Act::AsUsual,
    }
}

/// A night of steps, deaths and waiting.
async fn pass(app: &mut TestApp, chance: &mut Chance) {
    let visits = app.owed(EMAILS, "2026-01-05T10:00:00Z").await;
    for (number, visit) in visits.iter().take(POISONED).enumerate() {
        let spoiled = match number {
            0 => format!(
                "update visit set treatment = (select treatment from visit where id = '{}') where id = '{visit}'",
                visits[POISONED]
            ),
            _ => format!("update email set recipient = 'no address' where visit_id = '{visit}'"),
        };
        app.sql(&spoiled).await;
    }
    app.go_to("2026-01-05T10:00:00Z");
    for _ in 0..20 {
        if chance.below(3) == 0 {
            dies_on_the_wire(app, chance).await;
        } else {
            app.run_worker().await;
        }
        app.advance(minutes(1 + chance.below(9) as i64));
    }
    // It behaves by now, and everything that waits has its turn before it is too late.
    for _ in 0..30 {
        app.advance(minutes(20));
        app.run_worker().await;
    }
    app.go_to("2026-01-06T12:00:00Z");
    app.run_worker().await;
}

/// A worker is gone after a few more commands, and whatever it had in its hands stays as it was.
async fn dies_on_the_wire(app: &TestApp, chance: &mut Chance) {
    let heard = app.peer.seen().commands.len() + chance.up_to(20);
    let dying = app.worker.clone();
    let mut life = tokio::spawn(async move { step(&dying).await });
    tokio::select! {
        _ = &mut life => {}
        _ = app.peer.wait(|seen| seen.commands.len() >= heard) => life.abort(),
    }
}

/// Every email ended, and whatever the relay got twice is explained. Returns how many were sent, ended
/// otherwise, were taken by the relay, and were repeated.
async fn adds_up(app: &TestApp, seed: u64) -> [usize; 4] {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let mut bodies: BTreeSet<(String, Vec<u8>)> = BTreeSet::new();
    for taken in app.taken() {
        let id = header(&taken.body, "Message-ID");
        *times.entry(id.clone()).or_default() += 1;
        bodies.insert((id, taken.body));
    }
    assert_eq!(bodies.len(), times.len(), "seed {seed}: a repeat is the same message, byte for byte");
    let rows = app.ask("select message_id || ' ' || id || ' ' || state || ' ' || resends from email").await;
    assert_eq!(rows.len(), EMAILS, "seed {seed}");
    let [mut sent, mut ended, mut repeated] = [0; 3];
    for row in rows {
        let [message_id, id, state, resends] = row.split(' ').collect::<Vec<_>>().try_into().expect("four columns");
        let resends: usize = resends.parse().expect("a number");
        let deeds = app.deeds(id.parse().expect("an id")).await;
        let told = |what: &str| deeds.iter().filter(|deed| *deed == what).count();
        let taken = times.get(message_id).copied().unwrap_or(0);
        let story = format!("seed {seed}: {state} after {deeds:?}, taken {taken} times");
        let state = State::of(state).expect("a state");
        assert!(matches!(state, State::Sent | State::Failed | State::Held | State::Expired), "{story}");
        assert_eq!(told("email.sent"), usize::from(state == State::Sent), "{story}");
        assert!(state != State::Sent || taken > 0, "{story}");
        assert_eq!(told("email.resent"), resends, "{story}");
        assert!(taken <= 1 + resends + told("email.again"), "{story}");
        (sent, ended) = if state == State::Sent { (sent + 1, ended) } else { (sent, ended + 1) };
        repeated += resends;
    }
    [sent, ended, times.values().sum(), repeated]
}
