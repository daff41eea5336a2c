//! What becomes of emails whose worker died or slept.

use aftercare::clinic::outbox::{State, Uncertainty};
use aftercare::clinic::protocol::Step;
use aftercare::store::outbox::{self, Begun, Finished, Owner, Recovered};

use super::{begun, claim_at, claimed, claimed_as, deeds, finished, found, state};
use crate::support::cast::{Cast, minutes, start};
use crate::support::engines::engines;

#[tokio::test]
async fn a_claim_whose_lease_ran_out_goes_back_silently() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let email = claimed(&mut db, &cast, &Owner::fresh(), Step::DayOne).await;
        let none = outbox::recover(&mut db, start() + minutes(1), start()).await.expect("recovers");
        assert_eq!(none, Recovered::default(), "the lease holds to its last moment");
        let one = outbox::recover(&mut db, start() + minutes(2), start()).await.expect("recovers");
        assert_eq!(one, Recovered { given_back: 1, uncertain: 0 });
        assert_eq!(state(&mut db, &cast, email.id).await, State::Scheduled);
        assert!(deeds(&mut db, &cast, email.id).await.is_empty());
    }
}

/// A worker of a version before leases wrote none, and kept each email's own time up to date.
#[tokio::test]
async fn what_a_worker_without_a_lease_took_goes_back_when_its_own_time_is_over() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let taken = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        let on_the_wire = claimed(&mut db, &cast, &owner, Step::DayThree).await;
        assert_eq!(begun(&mut db, &owner, &on_the_wire).await, Begun::Go);
        outbox::leave(&mut db, &owner).await.expect("no lease is there");
        let none = outbox::recover(&mut db, start() + minutes(1), start()).await.expect("recovers");
        assert_eq!(none, Recovered::default(), "it may be alive");
        let both = outbox::recover(&mut db, start() + minutes(2), start()).await.expect("recovers");
        assert_eq!(both, Recovered { given_back: 1, uncertain: 1 });
        assert_eq!(state(&mut db, &cast, taken.id).await, State::Scheduled);
        let again = found(&mut db, &cast, on_the_wire.id).await;
        assert_eq!((again.state, again.resends), (State::Scheduled, 1));
    }
}

#[tokio::test]
async fn a_renewed_lease_holds_until_its_owner_leaves() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let (one, two) = (Owner::fresh(), Owner::fresh());
        let first = claimed(&mut db, &cast, &one, Step::DayOne).await;
        let second = claimed(&mut db, &cast, &one, Step::DayThree).await;
        let other = claimed(&mut db, &cast, &two, Step::DaySeven).await;
        assert_eq!(begun(&mut db, &one, &first).await, Begun::Go);
        outbox::renew(&mut db, &one, start() + minutes(9)).await.expect("renews");
        let found = outbox::recover(&mut db, start() + minutes(5), start()).await.expect("recovers");
        assert_eq!(found, Recovered { given_back: 1, uncertain: 0 }, "only the other's ran out");
        for (email, wanted) in [(&first, State::Sending), (&second, State::Claimed), (&other, State::Scheduled)] {
            assert_eq!(state(&mut db, &cast, email.id).await, wanted, "{}", email.step);
        }
        finished(&mut db, &one, &first, Finished::Sent { at: start(), reply: "250 ok".into() }).await;
        finished(&mut db, &one, &second, Finished::GiveBack).await;
        outbox::leave(&mut db, &one).await.expect("leaves");
        let none = outbox::recover(&mut db, start() + minutes(60), start()).await.expect("recovers");
        assert_eq!(none, Recovered::default(), "the one that left holds nothing");
        for (email, wanted) in [(first, State::Sent), (second, State::Scheduled), (other, State::Scheduled)] {
            assert_eq!(state(&mut db, &cast, email.id).await, wanted, "{}", email.step);
        }
    }
}

#[tokio::test]
async fn after_our_death_on_the_wire_the_same_message_goes_again_until_tries_end() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let first = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        assert_eq!(begun(&mut db, &owner, &first).await, Begun::Go);
        for resends in 1..=6 {
            let later = start() + minutes(10 * resends);
            let found = outbox::recover(&mut db, later, start()).await.expect("recovers");
            assert_eq!(found, Recovered { given_back: 0, uncertain: 1 });
            let again = claim_at(&mut db, &owner, start()).await.pop().expect("due at once");
            assert_eq!((i64::from(again.resends), again.attempts, again.has_content), (resends, 0, true));
            assert_eq!(again.message_id, first.message_id);
            assert_eq!(begun(&mut db, &owner, &again).await, Begun::Go);
        }
        outbox::recover(&mut db, start() + minutes(100), start()).await.expect("recovers");
        let row = found(&mut db, &cast, first.id).await;
        assert_eq!((row.state, row.resends), (State::Held, 6));
        assert!(row.reason.is_some_and(|reason| reason.starts_with("uncertain")));
        let deeds = deeds(&mut db, &cast, first.id).await;
        assert_eq!(deeds.len(), 14);
        assert_eq!(deeds[..2], ["email.uncertain", "email.resent"]);
        assert_eq!(deeds[12..], ["email.uncertain", "email.held"]);
    }
}

#[tokio::test]
async fn a_drop_behind_the_dot_is_sent_again_once_and_then_held() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let mut email = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        for wanted in [State::Scheduled, State::Held] {
            assert_eq!(begun(&mut db, &owner, &email).await, Begun::Go);
            finished(&mut db, &owner, &email, Finished::Uncertain { reason: "no reply".into() }).await;
            assert_eq!(state(&mut db, &cast, email.id).await, State::Uncertain);
            let one = outbox::recover(&mut db, start(), start()).await.expect("recovers");
            assert_eq!(one, Recovered { given_back: 0, uncertain: 1 });
            assert_eq!(state(&mut db, &cast, email.id).await, wanted);
            email = claim_at(&mut db, &owner, start()).await.pop().unwrap_or(email);
        }
        let told = ["email.uncertain", "email.resent", "email.uncertain", "email.held"];
        assert_eq!(deeds(&mut db, &cast, email.id).await, told);
        assert!(outbox::release_one(&mut db, cast.clinic, email.id, start()).await.expect("releases"));
        assert_eq!(state(&mut db, &cast, email.id).await, State::Scheduled);
    }
}

#[tokio::test]
async fn what_must_not_go_twice_or_comes_too_late_is_held() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let mut careful = cast.email(Step::DayOne);
        careful.on_uncertain = Uncertainty::Hold;
        let careful = claimed_as(&mut db, &owner, careful).await;
        let mut brief = cast.email(Step::DayThree);
        brief.not_after = start() + minutes(1);
        let brief = claimed_as(&mut db, &owner, brief).await;
        for email in [&careful, &brief] {
            assert_eq!(begun(&mut db, &owner, email).await, Begun::Go);
        }
        let later = start() + minutes(5);
        let found = outbox::recover(&mut db, later, later).await.expect("recovers");
        assert_eq!(found, Recovered { given_back: 0, uncertain: 2 });
        for email in [&careful, &brief] {
            assert_eq!(state(&mut db, &cast, email.id).await, State::Held);
            assert_eq!(deeds(&mut db, &cast, email.id).await, ["email.uncertain", "email.held"]);
        }
    }
}
