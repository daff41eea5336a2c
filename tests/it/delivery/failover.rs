//! Two relays: mail takes the next one while the first cannot be reached, comes back to the first when
//! it works again, and is never handed to two of them.

use aftercare::clinic::delivery::Standing;
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use aftercare::store::beat;
use jiff::SignedDuration;

use crate::support::app::TestApp;
use crate::support::scripted::{Act, Script, Scripted, say};
use crate::support::worker::{header, mailer};

/// An app whose mail goes to `first`, then to its own server.
async fn with_first(script: impl Fn() -> Script) -> Vec<(TestApp, Scripted)> {
    let mut apps = Vec::new();
    for mut app in TestApp::at("2026-01-05T10:00:00Z").await {
        let first = Scripted::start(script()).await;
        app.worker.mailer = Some(mailer(&[&first.url(), &app.peer.url()], &app.clock));
        apps.push((app, first));
    }
    apps
}

fn name(of: &Scripted) -> String {
    of.address.to_string()
}

#[tokio::test]
async fn mail_takes_the_next_relay_and_comes_back_when_the_first_works_again() {
    for (app, first) in with_first(|| Script::new().at("connect", say("421 4.3.2 down for a moment"))).await {
        app.owed(6, "2026-01-05T10:00:00Z").await;
        assert_eq!(app.run_worker().await.sent, 6);
        assert_eq!((first.seen().taken.len(), app.taken().len()), (0, 6));
        let asked = first.seen().connections;
        assert!(asked <= 4, "left alone once it was known: {asked}");
        // Whoever watches sees it, in whichever process.
        app.run_worker().await;
        let beats = app.write(async |db| beat::lately(db, app.now()).await).await;
        let relays = &beats.first().expect("a worker").health.relays;
        assert_eq!(
            relays.iter().map(|relay| relay.standing).collect::<Vec<_>>(),
            [Standing::LeftAlone, Standing::Works]
        );
        assert_eq!(relays[0].name, name(&first));
        assert!(relays[0].trouble.as_ref().is_some_and(|words| words.contains("421 4.3.2 down for a moment")));
        assert!(relays[1].worked_at.is_some() && relays[1].trouble.is_none());

        // Still down when it is tried again: one mail asks, and takes the other way at once.
        app.advance(SignedDuration::from_secs(50));
        app.owed_again(3).await;
        assert_eq!(app.run_worker().await.sent, 3);
        assert_eq!(first.seen().connections, asked + 1, "one tries it");

        first.change(|script| *script = Script::new());
        app.advance(SignedDuration::from_secs(50));
        app.owed_again(3).await;
        app.run_worker().await;
        app.owed_again(3).await;
        app.run_worker().await;
        assert!(first.seen().taken.len() >= 4, "back to the first: {}", first.seen().taken.len());
        assert_eq!(first.seen().taken.len() + app.taken().len(), 15);
    }
}

#[tokio::test]
async fn a_relay_that_dies_before_the_dot_has_nothing_and_the_next_one_gets_it_once() {
    for stage in ["MAIL", "RCPT", "DATA"] {
        for (app, first) in with_first(|| Script::new().at(stage, Act::Drop)).await {
            let visits = app.owed(1, "2026-01-05T10:00:00Z").await;
            assert_eq!(app.run_worker().await.sent, 1, "{stage}");
            let email = app.email(visits[0], Step::SameDay).await;
            assert_eq!((email.state, email.attempts, email.resends), (State::Sent, 0, 0), "{stage}");
            assert_eq!((first.seen().taken.len(), app.taken().len()), (0, 1), "{stage}");
            assert_eq!(app.deeds(email.id).await, ["email.sent"], "{stage}");
        }
    }
}

#[tokio::test]
async fn what_a_dying_relay_may_have_goes_through_no_other_before_its_fate_is_settled() {
    for policy in ["resend", "hold"] {
        for (app, first) in with_first(|| Script::new().at(".", Act::Drop)).await {
            let visits = app.owed(1, "2026-01-05T10:00:00Z").await;
            app.sql(&format!("update email set on_uncertain = '{policy}'")).await;
            app.run_worker().await;
            let email = app.email(visits[0], Step::SameDay).await;
            assert_eq!((email.state, app.taken().len()), (State::Uncertain, 0), "{policy}");
            for _ in 0..5 {
                app.advance(SignedDuration::from_mins(1));
                app.run_worker().await;
            }
            let email = app.email(visits[0], Step::SameDay).await;
            assert_eq!(email.state, State::Held, "{policy}");
            let again = usize::from(policy == "resend");
            let all: Vec<_> = first.seen().taken.into_iter().chain(app.taken()).collect();
            assert_eq!(all.len(), 1 + again, "{policy}: once more by the rule, and never without it");
            assert!(all.iter().all(|taken| header(&taken.body, "Message-ID") == email.message_id));
        }
    }
}

#[tokio::test]
async fn a_clinic_may_prefer_another_relay_and_does_not_depend_on_it() {
    for (app, first) in with_first(Script::new).await {
        let second = name(&app.peer);
        app.write(async |db| beat::prefer(db, app.cast.clinic, Some(&second)).await).await;
        app.owed(2, "2026-01-05T10:00:00Z").await;
        assert_eq!(app.run_worker().await.sent, 2);
        assert_eq!((first.seen().taken.len(), app.taken().len()), (0, 2));

        app.peer.change(|script| *script = Script::new().at("MAIL", say("421 4.3.2 going down")));
        app.owed_again(2).await;
        app.run_worker().await;
        assert_eq!((first.seen().taken.len(), app.taken().len()), (2, 2));

        // One that is in the settings no more changes nothing.
        app.write(async |db| beat::prefer(db, app.cast.clinic, Some("gone.example:25")).await).await;
        app.owed_again(1).await;
        app.run_worker().await;
        assert_eq!(first.seen().taken.len(), 3);
        app.write(async |db| beat::prefer(db, app.cast.clinic, None).await).await;
        let prefers = app.write(async |db| beat::relay_of(db, app.cast.clinic).await).await;
        assert_eq!(prefers, None);
    }
}

#[tokio::test]
async fn while_every_relay_rests_what_is_due_is_left_as_it_is() {
    for (mut app, first) in with_first(|| Script::new().at("connect", say("421 down"))).await {
        app.due_mail_may_stay = true;
        app.peer.change(|script| *script = Script::new().at("connect", say("421 down as well")));
        app.owed(40, "2026-01-05T10:00:00Z").await;
        app.run_worker().await;
        let tried = app.ask("select reason from email where reason is not null").await;
        assert!((1..=4).contains(&tried.len()), "{} found no relay", tried.len());
        let asked = first.seen().connections + app.peer.seen().connections;
        for _ in 0..5 {
            app.advance(SignedDuration::from_secs(5));
            app.run_worker().await;
        }
        assert_eq!(first.seen().connections + app.peer.seen().connections, asked, "nothing is tried meanwhile");
        app.peer.change(|script| *script = Script::new());
        app.advance(SignedDuration::from_secs(50));
        for _ in 0..3 {
            app.run_worker().await;
            app.advance(SignedDuration::from_secs(10));
        }
        assert_eq!(app.taken().len(), 40, "and all of it leaves as soon as one is back");
        let attempts = app.ask("select cast(attempts as text) from email where attempts > 0").await;
        assert!(attempts.is_empty());
    }
}
