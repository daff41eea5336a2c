//! The life of an email: every transition that may happen, and every one that may not.

use aftercare::clinic::outbox::{State, Uncertainty};
use aftercare::clinic::protocol::Step;
use aftercare::store::outbox::{self, Begun, Finished, Owner};

use super::{begin, begun, begun_all, claim_at, claimed, deeds, finish, finished, found, state};
use crate::support::cast::{Cast, at, minutes, start};
use crate::support::engines::{engines, run};

#[tokio::test]
async fn an_email_is_owed_claimed_begun_and_sent() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let new = cast.email(Step::SameDay);
        assert_eq!(outbox::insert(&mut db, std::slice::from_ref(&new), start()).await.expect("inserts"), 1);
        let owner = Owner::fresh();
        let taken = claim_at(&mut db, &owner, start()).await;
        let [taken] = taken.as_slice() else { panic!("one email is due: {taken:?}") };
        assert_eq!((taken.id, taken.clinic, taken.client, taken.visit), (new.id, cast.clinic, cast.cleo, cast.visit));
        assert_eq!(
            (taken.step, taken.stream, taken.letter, taken.letter_version),
            (new.step, new.stream, new.letter, 3)
        );
        assert_eq!((&taken.recipient, taken.locale.as_str()), (&new.recipient, "de"));
        assert_eq!((taken.due_at, taken.not_after), (start(), start() + minutes(24 * 60)));
        assert_eq!((taken.attempts, taken.resends, taken.fence), (0, 0, 1));
        assert_eq!((taken.message_id.as_str(), taken.on_uncertain), (new.message_id.as_str(), Uncertainty::Resend));
        assert!(!taken.has_content);

        assert_eq!(begun(&mut db, &owner, taken).await, Begun::Go);
        assert_eq!(state(&mut db, &cast, new.id).await, State::Sending);
        let sent = Finished::Sent { at: at("2026-01-05T08:00:01Z"), reply: "250 queued".into() };
        finished(&mut db, &owner, taken, sent).await;
        let row = found(&mut db, &cast, new.id).await;
        assert_eq!((row.state, row.reply.as_deref(), row.reason), (State::Sent, Some("250 queued"), None));
        assert_eq!(row.sent_at, Some(at("2026-01-05T08:00:01Z")));
        assert_eq!(deeds(&mut db, &cast, new.id).await, ["email.sent"]);
        let kept = outbox::content(&mut db, cast.clinic, new.id).await.expect("opens");
        assert_eq!(kept, Some(b"frozen canary_content".repeat(50)));
    }
}

#[tokio::test]
async fn every_outcome_has_its_state_reason_and_audit_row() {
    let reason = || "because".to_owned();
    let again = |count_attempt| Finished::Again { next_at: start() + minutes(4), count_attempt, reason: reason() };
    let cases = [
        (Finished::Failed { reason: reason() }, State::Failed, "email.failed"),
        (again(true), State::Scheduled, "email.again"),
        (Finished::Uncertain { reason: reason() }, State::Uncertain, "email.uncertain"),
        (Finished::Held { reason: reason() }, State::Held, "email.held"),
        (Finished::Cancelled { reason: reason() }, State::Cancelled, "email.cancelled"),
        (Finished::Suppressed { reason: reason() }, State::Suppressed, "email.suppressed"),
        (Finished::Expired { reason: reason() }, State::Expired, "email.expired"),
    ];
    for engine in engines().await {
        for (outcome, wanted, deed) in &cases {
            let mut db = engine.store.write().await.expect("opens");
            let cast = Cast::enter(&mut db).await;
            let owner = Owner::fresh();
            let email = claimed(&mut db, &cast, &owner, Step::DayOne).await;
            assert_eq!(begun(&mut db, &owner, &email).await, Begun::Go);
            finished(&mut db, &owner, &email, outcome.clone()).await;
            let row = found(&mut db, &cast, email.id).await;
            assert_eq!((row.state, row.reason.as_deref()), (*wanted, Some("because")), "{outcome:?}");
            assert_eq!(deeds(&mut db, &cast, email.id).await, [*deed], "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_retry_waits_counts_and_keeps_its_bytes() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let first = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        assert_eq!(begun(&mut db, &owner, &first).await, Begun::Go);
        let later = start() + minutes(4);
        let again = Finished::Again { next_at: later, count_attempt: true, reason: "450".into() };
        finished(&mut db, &owner, &first, again).await;
        assert!(claim_at(&mut db, &owner, start() + minutes(3)).await.is_empty(), "not before its time");

        let second = claim_at(&mut db, &owner, later).await.pop().expect("due again");
        assert_eq!((second.attempts, second.fence, second.has_content), (1, 2, true));
        assert_eq!(second.message_id, first.message_id);
        let unreachable = Finished::Again { next_at: later, count_attempt: false, reason: "no connection".into() };
        finished(&mut db, &owner, &second, unreachable).await;

        let third = claim_at(&mut db, &owner, later).await.pop().expect("due again");
        assert_eq!((third.attempts, third.fence), (1, 3), "the relay's trouble costs no attempt");
        finished(&mut db, &owner, &third, Finished::GiveBack).await;
        let row = found(&mut db, &cast, first.id).await;
        assert_eq!((row.state, row.attempts, row.next_at), (State::Scheduled, 1, later));
        assert_eq!(deeds(&mut db, &cast, first.id).await, ["email.again", "email.again"]);
    }
}

#[tokio::test]
async fn nothing_is_sent_or_uncertain_that_never_began() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let email = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        finished(&mut db, &owner, &email, Finished::Sent { at: start(), reply: "250".into() }).await;
        finished(&mut db, &owner, &email, Finished::Uncertain { reason: "no reply".into() }).await;
        assert_eq!(state(&mut db, &cast, email.id).await, State::Claimed);
        assert!(deeds(&mut db, &cast, email.id).await.is_empty());
        // A letter that cannot be written fails before it begins.
        finished(&mut db, &owner, &email, Finished::Failed { reason: "unknown field".into() }).await;
        assert_eq!(state(&mut db, &cast, email.id).await, State::Failed);
    }
}

#[tokio::test]
async fn what_has_ended_stays_ended() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let email = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        begun(&mut db, &owner, &email).await;
        assert_eq!(begun(&mut db, &owner, &email).await, Begun::Lost, "it began already");
        finished(&mut db, &owner, &email, Finished::Sent { at: start(), reply: "250".into() }).await;
        for outcome in [
            Finished::Failed { reason: "late news".into() },
            Finished::Again { next_at: start(), count_attempt: true, reason: "late news".into() },
            Finished::GiveBack,
        ] {
            finished(&mut db, &owner, &email, outcome).await;
        }
        assert_eq!(begun(&mut db, &owner, &email).await, Begun::Lost);
        assert_eq!(state(&mut db, &cast, email.id).await, State::Sent);
        assert_eq!(deeds(&mut db, &cast, email.id).await, ["email.sent"]);
        assert!(claim_at(&mut db, &owner, start()).await.is_empty());
    }
}

#[tokio::test]
async fn an_older_fence_or_another_owner_changes_nothing() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let (slow, quick) = (Owner::fresh(), Owner::fresh());
        let old = claimed(&mut db, &cast, &slow, Step::DayOne).await;
        outbox::recover(&mut db, start() + minutes(2), start()).await.expect("recovers");
        let new = claim_at(&mut db, &quick, start()).await.pop().expect("due again");
        assert_eq!((old.id, new.fence), (new.id, old.fence + 1));

        assert_eq!(begun(&mut db, &slow, &old).await, Begun::Lost, "the sleeper must not start DATA");
        assert_eq!(begun(&mut db, &slow, &new).await, Begun::Lost, "the fence alone is not enough");
        assert_eq!(begun(&mut db, &quick, &old).await, Begun::Lost, "the owner alone is not enough");
        finished(&mut db, &slow, &old, Finished::Failed { reason: "asleep".into() }).await;
        assert_eq!(state(&mut db, &cast, old.id).await, State::Claimed);
        assert_eq!(begun(&mut db, &quick, &new).await, Begun::Go);
    }
}

#[tokio::test]
async fn a_lost_fence_does_not_stop_the_others_of_its_batch() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let steps = [Step::SameDay, Step::DayOne, Step::DayThree].map(|step| cast.email(step));
        outbox::insert(&mut db, &steps, start()).await.expect("inserts");
        let taken = claim_at(&mut db, &owner, start()).await;
        let mut begins: Vec<_> = taken.iter().map(begin).collect();
        begins[1].fence += 1;
        let answers = begun_all(&mut db, &owner, &begins).await;
        assert_eq!(answers, [Begun::Go, Begun::Lost, Begun::Go], "answers come in the order asked");
        let sent = || Finished::Sent { at: start(), reply: "250".into() };
        let finishes: Vec<_> = taken.iter().map(|email| finish(email, sent())).collect();
        outbox::finish(&mut db, &owner, &finishes, start()).await.expect("finishes");
        for (email, wanted) in taken.iter().zip([State::Sent, State::Claimed, State::Sent]) {
            assert_eq!(state(&mut db, &cast, email.id).await, wanted);
        }
    }
}

#[tokio::test]
async fn a_step_is_owed_once_to_an_address() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let plan = [cast.email(Step::SameDay), cast.email(Step::DayOne)];
        assert_eq!(outbox::insert(&mut db, &plan, start()).await.expect("inserts"), 2);
        let second_planner = [cast.email(Step::SameDay), cast.email(Step::DayThree)];
        assert_eq!(outbox::insert(&mut db, &second_planner, start()).await.expect("inserts"), 1);
        assert_eq!(outbox::insert(&mut db, &[], start()).await.expect("inserts"), 0);
        assert_eq!(outbox::counts(&mut db, cast.clinic).await.expect("counts"), [(State::Scheduled, 3)]);
        assert_eq!(outbox::totals(&mut db).await.expect("counts"), [(State::Scheduled, 3)]);
    }
}

#[tokio::test]
async fn a_batch_that_is_not_committed_leaves_nothing() {
    for engine in engines().await {
        let owner = Owner::fresh();
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let email = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        db.commit().await.expect("commits");

        let mut db = engine.store.write().await.expect("opens");
        assert_eq!(begun(&mut db, &owner, &email).await, Begun::Go);
        finished(&mut db, &owner, &email, Finished::Sent { at: start(), reply: "250".into() }).await;
        drop(db);

        let mut db = engine.store.read().await.expect("opens");
        assert_eq!(state(&mut db, &cast, email.id).await, State::Claimed);
        assert!(deeds(&mut db, &cast, email.id).await.is_empty(), "the audit row goes with its deed");
        assert_eq!(outbox::content(&mut db, cast.clinic, email.id).await.expect("reads"), None);
    }
}

#[tokio::test]
async fn the_checks_refuse_states_that_no_life_has() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        outbox::insert(&mut db, &[cast.email(Step::DayOne)], start()).await.expect("inserts");
        db.commit().await.expect("commits");
        for wrong in [
            "state = 'sent'",
            "state = 'sending', owner = 'x', lease_until = 1",
            "state = 'claimed'",
            "owner = 'x'",
            "state = 'failed'",
            "state = 'lost'",
            "stream = 'spam'",
            "sent_at = 1",
            "attempts = -1",
        ] {
            let mut db = engine.store.write().await.expect("opens");
            assert!(run(&mut db, &format!("update email set {wrong}")).await.is_err(), "{wrong}");
        }
    }
}
