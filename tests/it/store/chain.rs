//! The chain over the audit: whatever is changed in it behind the program's back is found.

use std::collections::BTreeSet;

use aftercare::store::Store;
use aftercare::store::audit::{self, Entry};
use aftercare::store::audit_chain::{self, Verdict};
use jiff::SignedDuration;

use crate::faults::size::Chance;
use crate::support::cast::{Cast, minutes, start};
use crate::support::engines::{Engine, ask, engines, run};

const LATE: SignedDuration = SignedDuration::from_mins(10);

async fn record(engine: &Engine, cast: &Cast, numbers: std::ops::Range<i64>) {
    let mut db = engine.store.write().await.expect("opens");
    for number in numbers {
        let at = start() + SignedDuration::from_secs(number);
        let entry = Entry::system(cast.clinic, at, "client.viewed", "client", format!("record {number}"));
        audit::record(&mut db, &entry).await.expect("records");
    }
    db.commit().await.expect("commits");
}

/// Adds what is in no batch, and says how many batches that made.
async fn chain(store: &Store, back: SignedDuration) -> usize {
    let mut made = 0;
    loop {
        let now = start() + minutes(60);
        let next = audit_chain::next(&mut store.read().await.expect("opens"), now, back, 10).await.expect("reads");
        let Some(batch) = next else { return made };
        let mut db = store.write().await.expect("opens");
        assert!(audit_chain::keep(&mut db, &batch, now).await.expect("keeps"));
        db.commit().await.expect("commits");
        made += 1;
    }
}

async fn verify(engine: &Engine) -> Verdict {
    audit_chain::verify(&mut engine.store.read().await.expect("opens")).await.expect("goes through")
}

async fn sql(engine: &Engine, statements: &[String]) {
    let mut db = engine.store.write().await.expect("opens");
    for statement in statements {
        run(&mut db, statement).await.expect("the test's own statement");
    }
    db.commit().await.expect("commits");
}

async fn column(engine: &Engine, query: &str) -> Vec<String> {
    ask(&mut engine.store.read().await.expect("opens"), query).await
}

#[tokio::test]
async fn every_entry_is_chained_once_also_when_it_comes_late() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        db.commit().await.expect("commits");
        assert_eq!(verify(&engine).await.batches, 0);
        record(&engine, &cast, 0..25).await;
        let before = column(&engine, "select id from audit").await.len();
        assert_eq!(chain(&engine.store, LATE).await, before.div_ceil(10));
        assert_eq!(chain(&engine.store, LATE).await, 0, "nothing is left");

        // What became visible after newer entries were chained, and what was written with a clock far behind.
        record(&engine, &cast, 3..8).await;
        record(&engine, &cast, -90_000..-89_997).await;
        let told = verify(&engine).await;
        assert_eq!((told.loose, told.breaks.len()), (8, 0), "{told:?}");
        assert_eq!(chain(&engine.store, LATE).await, 1);
        assert_eq!(verify(&engine).await.loose, 3);
        assert_eq!(chain(&engine.store, SignedDuration::from_hours(48)).await, 1, "a sweep finds those");
        let told = verify(&engine).await;
        let all = column(&engine, "select id from audit").await;
        assert_eq!((told.entries, told.loose, told.breaks.is_empty()), (all.len() as u64, 0, true), "{told:?}");
        assert_eq!(told.newest.len(), 64);
    }
}

#[tokio::test]
async fn of_two_workers_at_the_chain_one_adds_a_batch() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        db.commit().await.expect("commits");
        record(&engine, &cast, 0..5).await;
        let now = start() + minutes(60);
        let mut both = Vec::new();
        for _ in 0..2 {
            let mut db = engine.store.read().await.expect("opens");
            both.push(audit_chain::next(&mut db, now, LATE, 100).await.expect("reads").expect("some"));
        }
        let mut kept = Vec::new();
        for batch in &both {
            let mut db = engine.store.write().await.expect("opens");
            kept.push(audit_chain::keep(&mut db, batch, now).await.expect("runs"));
            db.commit().await.expect("commits");
        }
        assert_eq!(kept, [true, false]);
        assert!(verify(&engine).await.breaks.is_empty());
    }
}

/// A thousand changes that nobody made through the program: of an entry, its removal, one put in the place of another,
/// and of the chain itself.
#[tokio::test]
async fn of_a_thousand_changes_behind_its_back_each_is_found() {
    let mut chance = Chance::from_environment();
    let many = 1_000 / engines().await.len().max(1);
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        db.commit().await.expect("commits");
        record(&engine, &cast, 0..40).await;
        let batches = chain(&engine.store, LATE).await;
        assert!(batches >= 4 && verify(&engine).await.breaks.is_empty());
        let ids = column(&engine, "select id from audit order by id").await;
        let (keep, back) = (
            ["create table kept_audit as select * from audit", "create table kept_chain as select * from audit_chain"],
            [
                "delete from audit",
                "delete from audit_chain",
                "insert into audit select * from kept_audit",
                "insert into audit_chain select * from kept_chain",
            ],
        );
        sql(&engine, &keep.map(str::to_owned)).await;
        let mut kinds = BTreeSet::new();
        for round in 0..many {
            let (one, other) = (&ids[chance.below(ids.len())], &ids[chance.below(ids.len())]);
            let batch = 1 + chance.below(batches - 1);
            let kind = chance.below(11);
            kinds.insert(kind);
            let field = ["who", "role", "action", "kind", "record_id", "from_where"][chance.below(6)];
            let change = match kind {
                0..=3 => vec![format!("update audit set {field} = {field} || ' ' where id = '{one}'")],
                4 => vec![format!("update audit set at = at + 1 where id = '{one}'")],
                5 | 6 => vec![format!("delete from audit where id = '{one}'")],
                7 => vec![format!("update audit set clinic_id = '{}' where id = '{one}'", cast.other_clinic)],
                8 if one != other => vec![
                    format!("update audit set id = 'x' where id = '{one}'"),
                    format!("update audit set id = '{one}' where id = '{other}'"),
                    format!("update audit set id = '{other}' where id = 'x'"),
                ],
                9 => vec![format!("delete from audit_chain where number = {batch}")],
                _ => vec![format!(
                    "update audit_chain set digest = (select digest from audit_chain where number <> {batch} limit 1) where number = {batch}"
                )],
            };
            sql(&engine, &change).await;
            let told = verify(&engine).await;
            assert!(!told.breaks.is_empty(), "round {round}, seed {}: {change:?} is not found", chance.seed);
            sql(&engine, &back.map(str::to_owned)).await;
        }
        assert!(verify(&engine).await.breaks.is_empty() && kinds.len() > 9);
    }
}
