//! How fast mail leaves and to whom, and what a provider that says "not so fast" does to the others.

use std::num::NonZeroU32;

use aftercare::clinic::outbox::State;
use aftercare::clinic::pacing::{Limits, Rate};
use aftercare::clinic::protocol::Step;
use aftercare::clinic::provider::Providers;
use aftercare::worker::Manners;
use jiff::SignedDuration;

use crate::support::app::TestApp;
use crate::support::cast::at;
use crate::support::scripted::{Script, say};
use crate::support::worker::{step, worker};

fn a_minute(most: u32) -> Option<Rate> {
    NonZeroU32::new(most).map(Rate::a_minute)
}

fn manners(house: Option<u32>, limits: &[(&str, Limits)]) -> Manners {
    let limits = limits.iter().map(|(provider, limits)| ((*provider).to_owned(), *limits));
    Manners::new(Providers::shipped().expect("what ships"), house.and_then(a_minute), limits).expect("manners")
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn taken_by(app: &TestApp, ending: &str) -> usize {
    app.taken().iter().filter(|taken| taken.rcpt.contains(ending)).count()
}

fn asked_for(app: &TestApp, ending: &str) -> usize {
    app.peer.seen().commands.iter().filter(|line| line.starts_with("RCPT") && line.contains(ending)).count()
}

#[tokio::test]
async fn a_provider_that_says_not_so_fast_slows_its_own_mail_alone() {
    let script = || Script::new().to("gmail.com", say("421 4.7.28 too many from you")).pipelining(true);
    for app in TestApp::with("2026-01-05T10:00:00Z", script).await {
        let gmail = ["a@gmail.com", "b@gmail.com", "c@gmail.com", "d@gmail.com", "e@gmail.com"];
        let visits = app.owed_to(&gmail, "2026-01-05T10:00:00Z").await;
        app.owed_to(&["a@example.org", "b@example.org", "c@web.de"], "2026-01-05T10:00:00Z").await;
        app.run_worker().await;
        app.run_worker().await;
        assert_eq!((app.taken().len(), asked_for(&app, "gmail.com") <= 4), (3, true), "the others are through");
        let asked = asked_for(&app, "gmail.com");
        // It rests for about a minute; then one tries, and hears the same.
        app.advance(seconds(50));
        app.run_worker().await;
        assert_eq!(asked_for(&app, "gmail.com"), asked, "left in peace");
        app.advance(seconds(20));
        app.run_worker().await;
        assert_eq!(asked_for(&app, "gmail.com"), asked + 1, "one tries");
        // Mended: one tries before a retry step, two minutes and a bit, is over, and the others follow at once.
        app.peer.change(Script::forgive);
        let mended = app.now();
        while app.taken().len() < 8 {
            assert!(app.now() < mended + seconds(143), "not later than one step");
            app.advance(seconds(1));
            app.run_worker().await;
        }
        for visit in visits {
            let email = app.email(visit, Step::SameDay).await;
            assert_eq!((email.state, email.attempts, email.resends), (State::Sent, 0, 0));
        }
    }
}

#[tokio::test]
async fn no_minute_holds_more_mail_than_set_for_a_provider_or_for_the_house() {
    for mut app in TestApp::at("2026-01-05T10:00:00Z").await {
        app.worker.manners =
            manners(Some(40), &[("googlemail.com", Limits { rate: a_minute(12), ..Limits::default() })]);
        let gmail: Vec<String> = (0..30).map(|number| format!("g{number}@gmail.com")).collect();
        let other: Vec<String> = (0..60).map(|number| format!("o{number}@example.org")).collect();
        let all: Vec<&str> = gmail.iter().chain(&other).map(String::as_str).collect();
        app.owed_to(&all, "2026-01-05T10:00:00Z").await;
        let mut left = Vec::new();
        for second in 0..240 {
            let (house, google) = (app.taken().len(), taken_by(&app, "gmail.com"));
            app.run_worker().await;
            left.push((app.taken().len() - house, taken_by(&app, "gmail.com") - google));
            if app.taken().len() == all.len() {
                break;
            }
            assert!(second < 239, "{} of {} left in four minutes", app.taken().len(), all.len());
            app.advance(seconds(1));
        }
        for minute in left.windows(60) {
            let (house, google) = minute.iter().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
            assert!(house <= 40 && google <= 12, "{house} and {google} in one minute");
        }
        assert!(left.len() > 140, "thirty at twelve a minute take their time: {} s", left.len());
        let again = app.ask("select action from audit where action = 'email.again'").await;
        assert!(again.is_empty(), "waiting in line is no news");
    }
}

#[tokio::test]
async fn two_workers_share_one_rate() {
    for mut app in TestApp::at("2026-01-05T10:00:00Z").await {
        app.due_mail_may_stay = true;
        app.worker.manners = manners(Some(60), &[]);
        let mut other = worker(app.engine.store.clone(), app.clock.clone(), &app.peer.url());
        other.manners = manners(Some(60), &[]);
        app.owed(100, "2026-01-05T10:00:00Z").await;
        for _ in 0..59 {
            tokio::join!(step(&app.worker), step(&other));
            app.advance(seconds(1));
        }
        let taken = app.taken().len();
        assert!((50..=60).contains(&taken), "{taken} in a minute");
        // A restart gives nothing away either.
        app.worker.manners = manners(Some(60), &[]);
        step(&app.worker).await;
        assert!(app.taken().len() <= 60);
    }
}

#[tokio::test]
async fn a_provider_gets_no_more_connections_and_no_more_mail_on_one_than_set() {
    for mut app in TestApp::at("2026-01-05T10:00:00Z").await {
        let few = Limits {
            connections: NonZeroU32::new(1),
            messages_per_connection: NonZeroU32::new(3),
            ..Limits::default()
        };
        app.worker.manners = manners(None, &[("gmail.com", few)]);
        let gmail: Vec<String> = (0..12).map(|number| format!("g{number}@gmail.com")).collect();
        app.owed_to(&gmail.iter().map(String::as_str).collect::<Vec<_>>(), "2026-01-05T10:00:00Z").await;
        while app.taken().len() < 12 {
            app.run_worker().await;
            app.advance(seconds(1));
        }
        let seen = app.peer.seen();
        assert_eq!((seen.most_open, seen.connections), (1, 4), "three on each, one after the other");
    }
}

#[tokio::test]
async fn one_provider_with_one_connection_holds_nobody_else_up() {
    for mut app in TestApp::at("2026-01-05T10:00:00Z").await {
        app.due_mail_may_stay = true;
        let few = Limits { connections: NonZeroU32::new(1), ..Limits::default() };
        app.worker.manners = manners(None, &[("gmail.com", few)]);
        let gmail: Vec<String> = (0..40).map(|number| format!("g{number}@gmail.com")).collect();
        app.owed_to(&gmail.iter().map(String::as_str).collect::<Vec<_>>(), "2026-01-05T09:59:00Z").await;
        app.owed_to(&["a@example.org", "b@example.org"], "2026-01-05T10:00:00Z").await;
        app.run_worker().await;
        assert_eq!(taken_by(&app, "example.org"), 2, "they stood behind forty");
        assert!((1..40).contains(&taken_by(&app, "gmail.com")), "the line goes on in its own time");
        let waiting = app.ask("select reason from email where state = 'scheduled'").await;
        assert!(waiting.iter().all(|reason| reason == "waits its turn at gmail.com"), "{waiting:?}");
    }
}

#[tokio::test]
async fn after_a_night_without_a_relay_the_morning_keeps_window_rate_and_limits() {
    for mut app in TestApp::at("2026-01-05T17:00:00Z").await {
        let limits = Limits { connections: NonZeroU32::new(2), rate: a_minute(20), ..Limits::default() };
        app.worker.manners = manners(Some(30), &[("gmail.com", limits)]);
        let peer = app.peer.url();
        app.mail_to("smtp+plain://127.0.0.1:9");
        let gmail: Vec<String> = (0..24).map(|number| format!("g{number}@gmail.com")).collect();
        let other: Vec<String> = (0..16).map(|number| format!("o{number}@example.org")).collect();
        let all: Vec<&str> = gmail.iter().chain(&other).map(String::as_str).collect();
        app.owed_to(&all, "2026-01-05T17:00:00Z").await;
        // 18:00 in Berlin; the window closes at 20:00, and half an hour later for what was due in it.
        while app.now() < at("2026-01-05T20:00:00Z") {
            app.run_worker().await;
            app.advance(seconds(120));
        }
        // The relay is back at night: nothing leaves then.
        app.mail_to(&peer);
        while app.now() < at("2026-01-06T06:59:00Z") {
            app.run_worker().await;
            app.advance(seconds(600));
        }
        assert_eq!(app.taken().len(), 0);
        let attempts = app.ask("select cast(attempts as text) from email where attempts > 0").await;
        assert!(attempts.is_empty(), "no relay costs no attempt");
        // 08:00 in Berlin.
        app.go_to("2026-01-06T07:00:00Z");
        let mut left = Vec::new();
        for _ in 0..300 {
            let before = (app.taken().len(), taken_by(&app, "gmail.com"));
            app.run_worker().await;
            left.push((app.taken().len() - before.0, taken_by(&app, "gmail.com") - before.1));
            app.advance(seconds(1));
        }
        assert_eq!(app.taken().len(), all.len(), "everything has left");
        for minute in left.windows(60) {
            let (house, google) = minute.iter().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
            assert!(house <= 30 && google <= 20, "{house} and {google} in one minute");
        }
    }
}
