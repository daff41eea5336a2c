//! What keeps an email from leaving: consent, suppression, lateness, a hold, another clinic.

use aftercare::clinic::catalogue::Catalogue;
use aftercare::clinic::intake::Consent;
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::{Step, Stream};
use aftercare::store::catalogue::Edition;
use aftercare::store::outbox::{self, Begun, Owner};
use aftercare::store::{catalogue, consent, suppression};

use super::{begin, begun, begun_all, claim_at, claimed, claimed_as, deeds, found, state};
use crate::support::cast::{Cast, change, minutes, start};
use crate::support::engines::{ask, engines};

#[tokio::test]
async fn a_withdrawal_between_claim_and_begin_stops_the_email() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let email = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        let withdrawn = change(Consent::AftercareEmail, false, start());
        consent::set(&mut db, cast.clinic, cast.cleo, withdrawn).await.expect("withdraws");
        assert_eq!(begun(&mut db, &owner, &email).await, Begun::NoConsent);
        let row = found(&mut db, &cast, email.id).await;
        assert_eq!((row.state, row.sending_at), (State::Cancelled, None));
        assert!(row.reason.is_some());
        assert_eq!(deeds(&mut db, &cast, email.id).await, ["email.cancelled"]);
        assert_eq!(outbox::content(&mut db, cast.clinic, email.id).await.expect("reads"), None);
    }
}

#[tokio::test]
async fn service_mail_needs_no_consent_and_preparation_does() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let withdrawn = change(Consent::AftercareEmail, false, start());
        consent::set(&mut db, cast.clinic, cast.cleo, withdrawn).await.expect("withdraws");
        let owner = Owner::fresh();
        for (stream, step, wanted) in
            [(Stream::Service, Step::SameDay, Begun::Go), (Stream::Preparation, Step::Prepare, Begun::NoConsent)]
        {
            let mut email = cast.email(step);
            email.stream = stream;
            let email = claimed_as(&mut db, &owner, email).await;
            assert_eq!(begun(&mut db, &owner, &email).await, wanted);
        }
    }
}

#[tokio::test]
async fn a_suppressed_address_gets_nothing_however_it_is_written() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let address = "CLEO.okafor@Example.ORG".parse().expect("an address");
        suppression::insert(&mut db, cast.other_clinic, &address, "bounced", start()).await.expect("suppresses");
        let first = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        assert_eq!(begun(&mut db, &owner, &first).await, Begun::Go, "another clinic's list is its own");

        suppression::insert(&mut db, cast.clinic, &address, "bounced", start()).await.expect("suppresses");
        let second = claimed(&mut db, &cast, &owner, Step::DayThree).await;
        assert_eq!(begun(&mut db, &owner, &second).await, Begun::Suppressed);
        assert_eq!(state(&mut db, &cast, second.id).await, State::Suppressed);
        assert_eq!(deeds(&mut db, &cast, second.id).await, ["email.suppressed"]);
    }
}

#[tokio::test]
async fn an_email_of_no_more_use_expires() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        for (step, after, wanted) in
            [(Step::DayOne, minutes(24 * 60), Begun::Go), (Step::DayThree, minutes(24 * 60 + 1), Begun::TooLate)]
        {
            let email = claimed(&mut db, &cast, &owner, step).await;
            let mut begin = begin(&email);
            begin.at = start() + after;
            let answers = begun_all(&mut db, &owner, &[begin]).await;
            assert_eq!(answers, [wanted]);
        }
        let states = outbox::counts(&mut db, cast.clinic).await.expect("counts");
        assert_eq!(states, [(State::Expired, 1), (State::Sending, 1)]);
    }
}

#[tokio::test]
async fn calling_off_reaches_what_a_worker_holds_but_not_what_is_on_the_wire() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let on_the_wire = claimed(&mut db, &cast, &owner, Step::SameDay).await;
        assert_eq!(begun(&mut db, &owner, &on_the_wire).await, Begun::Go);
        let held_by_worker = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        let waiting = cast.email(Step::DayThree);
        let mut other_stream = cast.email(Step::Prepare);
        other_stream.stream = Stream::Preparation;
        outbox::insert(&mut db, &[waiting.clone(), other_stream.clone()], start()).await.expect("inserts");

        let streams = [Stream::Aftercare];
        let by_otto = outbox::cancel_waiting(&mut db, cast.other_clinic, cast.cleo, &streams, "stop", start()).await;
        assert_eq!(by_otto.expect("runs"), 0);
        let called_off = outbox::cancel_waiting(&mut db, cast.clinic, cast.cleo, &streams, "stop", start()).await;
        assert_eq!(called_off.expect("cancels"), 2);
        assert_eq!(begun(&mut db, &owner, &held_by_worker).await, Begun::Lost);
        for (id, wanted) in [
            (on_the_wire.id, State::Sending),
            (held_by_worker.id, State::Cancelled),
            (waiting.id, State::Cancelled),
            (other_stream.id, State::Scheduled),
        ] {
            assert_eq!(state(&mut db, &cast, id).await, wanted);
        }
        assert_eq!(deeds(&mut db, &cast, waiting.id).await, ["email.cancelled"]);
    }
}

#[tokio::test]
async fn a_hold_stops_a_visits_mail_and_a_release_lets_it_go() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let in_hand = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        let waiting = cast.email(Step::DayThree);
        outbox::insert(&mut db, std::slice::from_ref(&waiting), start()).await.expect("inserts");
        let (clinic, visit) = (cast.clinic, cast.visit);
        let by_otto = outbox::hold_waiting(&mut db, cast.other_clinic, visit, "no", start()).await;
        assert_eq!(by_otto.expect("runs"), 0);
        assert_eq!(outbox::hold_waiting(&mut db, clinic, visit, "warning sign", start()).await.expect("holds"), 2);
        assert_eq!(begun(&mut db, &owner, &in_hand).await, Begun::Lost);
        assert!(claim_at(&mut db, &owner, start()).await.is_empty());
        assert_eq!(outbox::release(&mut db, cast.other_clinic, visit, start()).await.expect("runs"), 0);
        assert!(!outbox::release_one(&mut db, cast.other_clinic, in_hand.id, start()).await.expect("runs"));
        assert_eq!(outbox::release(&mut db, clinic, visit, start()).await.expect("releases"), 2);
        assert_eq!(claim_at(&mut db, &owner, start()).await.len(), 2);
        assert_eq!(deeds(&mut db, &cast, waiting.id).await, ["email.held", "email.released"]);
    }
}

/// After the commit of a withdrawal nothing begins: whoever commits first decides, and the begin
/// never looks at a world that a withdrawal is about to change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawal_and_a_begin_at_the_same_moment_take_turns() {
    for engine in engines().await {
        for _ in 0..40 {
            let mut db = engine.store.write().await.expect("opens");
            let cast = Cast::enter(&mut db).await;
            let owner = Owner::fresh();
            let email = claimed(&mut db, &cast, &owner, Step::DayOne).await;
            db.commit().await.expect("commits");

            let store = engine.store.clone();
            let withdrawal = tokio::spawn(async move {
                let mut db = store.write().await.expect("opens");
                let withdrawn = change(Consent::AftercareEmail, false, start());
                consent::set(&mut db, cast.clinic, cast.cleo, withdrawn).await.expect("withdraws");
                let waiting =
                    outbox::cancel_waiting(&mut db, cast.clinic, cast.cleo, &[Stream::Aftercare], "stop", start());
                let called_off = waiting.await.expect("cancels");
                db.commit().await.expect("commits");
                called_off
            });
            let mut db = engine.store.write().await.expect("opens");
            let answer = begun(&mut db, &owner, &email).await;
            db.commit().await.expect("commits");
            let called_off = withdrawal.await.expect("runs");
            match answer {
                Begun::Go | Begun::NoConsent => assert_eq!(called_off, 0),
                Begun::Lost => assert_eq!(called_off, 1),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_begin_waits_for_a_withdrawal_under_way_and_then_sees_it() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let email = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        db.commit().await.expect("commits");

        let mut withdrawal = engine.store.write().await.expect("opens");
        let withdrawn = change(Consent::AftercareEmail, false, start());
        consent::set(&mut withdrawal, cast.clinic, cast.cleo, withdrawn).await.expect("withdraws");
        let store = engine.store.clone();
        let mut beginning = tokio::spawn(async move {
            let mut db = store.write().await.expect("opens");
            let answer = begun(&mut db, &owner, &email).await;
            db.commit().await.expect("commits");
            answer
        });
        let early = tokio::time::timeout(std::time::Duration::from_millis(300), &mut beginning).await;
        assert!(early.is_err(), "it did not wait: {early:?}");
        withdrawal.commit().await.expect("commits");
        assert_eq!(beginning.await.expect("runs"), Begun::NoConsent);
    }
}

/// An email that was written by the old catalogue and begins in the instant of a publication would leave by neither's rules.
#[tokio::test]
async fn a_publication_of_the_catalogue_waits_for_beginnings_under_way() {
    // On SQLite there is one writer.
    let Some(engine) = engines().await.into_iter().find(|engine| engine.file.is_none()) else { return };
    let mut worker = engine.store.write().await.expect("opens");
    outbox::before_begins(&mut worker, &[]).await.expect("may begin");
    let catalogue = Catalogue::shipped().expect("it ships");
    let edition = Edition {
        number: 1,
        version: catalogue.version().to_owned(),
        over: catalogue.version().to_owned(),
        note: String::new(),
        by: "Ada Osei".into(),
        at: start(),
    };
    let store = engine.store.clone();
    let publishing = tokio::spawn(async move {
        let mut db = store.write().await.expect("opens");
        let published = catalogue::publish(&mut db, &edition, &catalogue, &catalogue).await.expect("publishes");
        db.commit().await.expect("commits");
        published
    });
    let mut watch = engine.store.read().await.expect("opens");
    let waits = "select cast(count(*) as text) from pg_locks where locktype = 'advisory' and not granted
                 and database = (select oid from pg_database where datname = current_database())";
    while ask(&mut watch, waits).await == ["0"] {
        assert!(!publishing.is_finished(), "it did not wait");
        tokio::task::yield_now().await;
    }
    worker.commit().await.expect("commits");
    assert!(publishing.await.expect("ends"));
}
