//! Claiming: who gets what, and that it stays quick when the outbox is large.

use aftercare::clinic::protocol::{Step, Stream};
use aftercare::store::outbox::{self, ClaimRequest, Owner};
use aftercare::store::{Db, Store, board, delivery, email, pause, series};

use super::{ALL_STREAMS, claim_at, deeds, state};
use crate::support::cast::{Cast, minutes, start};
use crate::support::engines::{ask, engines, run};
use aftercare::clinic::outbox::State;

#[tokio::test]
async fn a_claim_takes_what_is_due_of_its_streams_earliest_first() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let due = |minute: i64| (start() + minutes(minute)).to_zoned(jiff::tz::TimeZone::UTC);
        let mut emails =
            [Step::SameDay, Step::DayOne, Step::DayThree, Step::DaySeven, Step::Prepare].map(|s| cast.email(s));
        for (email, minute) in emails.iter_mut().zip([3, 1, 2, 60, 0]) {
            email.due = due(minute);
        }
        emails[4].stream = Stream::Preparation;
        outbox::insert(&mut db, &emails, start()).await.expect("inserts");
        assert_eq!(outbox::next_due(&mut db, &ALL_STREAMS).await.expect("asks"), Some(start()));
        assert_eq!(outbox::next_due(&mut db, &[Stream::Aftercare]).await.expect("asks"), Some(start() + minutes(1)));
        assert_eq!(outbox::next_due(&mut db, &[Stream::Service]).await.expect("asks"), None);

        let owner = Owner::fresh();
        let now = start() + minutes(10);
        let mut request =
            ClaimRequest { owner: &owner, now, lease_until: now + minutes(1), limit: 2, streams: &[Stream::Aftercare] };
        let steps = |taken: Vec<outbox::Claimed>| taken.iter().map(|email| email.step).collect::<Vec<_>>();
        let taken = outbox::claim(&mut db, &request).await.expect("claims");
        assert_eq!(steps(taken), [Step::DayOne, Step::DayThree]);
        let taken = outbox::claim(&mut db, &request).await.expect("claims");
        assert_eq!(steps(taken), [Step::SameDay], "nothing is taken twice, and nothing before its time");
        request.streams = &ALL_STREAMS;
        assert_eq!(steps(outbox::claim(&mut db, &request).await.expect("claims")), [Step::Prepare]);
        request.streams = &[];
        assert!(outbox::claim(&mut db, &request).await.expect("claims").is_empty());
    }
}

#[tokio::test]
async fn two_workers_never_hold_the_same_email() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let emails = Step::ALL.map(|step| cast.email(step));
        outbox::insert(&mut db, &emails, start()).await.expect("inserts");
        db.commit().await.expect("commits");
        let one = tokio::spawn(drain(engine.store.clone()));
        let two = tokio::spawn(drain(engine.store.clone()));
        let mut ids = one.await.expect("runs");
        ids.extend(two.await.expect("runs"));
        ids.sort_unstable();
        let mut all: Vec<_> = emails.iter().map(|email| email.id).collect();
        all.sort_unstable();
        assert_eq!(ids, all);
    }
}

/// Claims one by one until nothing is left.
async fn drain(store: Store) -> Vec<aftercare::clinic::ids::EmailId> {
    let owner = Owner::fresh();
    let mut ids = Vec::new();
    loop {
        let mut db = store.write().await.expect("opens");
        let request = ClaimRequest {
            owner: &owner,
            now: start(),
            lease_until: start() + minutes(1),
            limit: 1,
            streams: &ALL_STREAMS,
        };
        let Some(email) = outbox::claim(&mut db, &request).await.expect("claims").pop() else { return ids };
        ids.push(email.id);
        db.commit().await.expect("commits");
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_fails_alone() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let (bad, good) = (cast.email(Step::DayOne), cast.email(Step::DayThree));
        let (bad_id, good_id) = (bad.id, good.id);
        outbox::insert(&mut db, &[bad, good], start()).await.expect("inserts");
        run(&mut db, &format!("update email set letter = 'nonsense' where id = '{bad_id}'")).await.expect("runs");
        let taken = claim_at(&mut db, &Owner::fresh(), start()).await;
        assert_eq!(taken.iter().map(|email| email.id).collect::<Vec<_>>(), [good_id]);
        let failed = ask(&mut db, &format!("select state from email where id = '{bad_id}'")).await;
        assert_eq!(failed, ["failed"]);
        assert_eq!(deeds(&mut db, &cast, bad_id).await, ["email.failed"]);
        assert_eq!(state(&mut db, &cast, good_id).await, State::Claimed);
    }
}

/// An outbox of 20,000 rows: most were sent, some wait.
async fn fill(db: &mut Db, cast: &Cast) {
    let numbers = match db {
        Db::Sqlite(..) => {
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000) select i from n"
        }
        Db::Postgres(..) => "select i from generate_series(1, 20000) as n (i)",
    };
    let sql = format!(
        "insert into email (id, clinic_id, client_id, visit_id, step, stream, letter, letter_version, recipient, locale,
            civil_at, zone, due_at, not_after, next_at, state, message_id, on_uncertain, created_at, sending_at, sent_at)
         select 'e' || i, '{}', '{}', '{}', 'day_1', 'aftercare', 'day_1', 1, 'a' || i || '@example.org', 'en', '', '',
            i, i, i, case when i % 10 = 0 then 'scheduled' else 'sent' end, '<' || i || '>', 'resend', i,
            i, case when i % 10 = 0 then null else i end
         from ({numbers}) as numbers",
        cast.clinic, cast.cleo, cast.visit
    );
    run(db, &sql).await.expect("fills");
}

/// As the worker asks them, on its own connection; before and after the database has looked at its
/// rows, since a clinic may restore or load a million of them at once.
#[tokio::test]
async fn the_worker_walks_the_small_indexes_and_never_the_table() {
    let statements = [
        ("claim", outbox::claim_statement as fn(&Db) -> &'static str, "email_waiting"),
        ("next due", |_| outbox::NEXT_DUE, "email_waiting"),
        ("claims of the dead", |_| outbox::RECOVER_CLAIMED, "email_taken"),
        ("sends of the dead", |_| outbox::RECOVER_SENDING, "email_taken"),
        ("uncertain ones", |_| outbox::RECOVER_UNCERTAIN, "email_open"),
        ("those without a lease", |db| outbox::ORPHANS[usize::from(matches!(db, Db::Postgres(..)))], "email_taken"),
    ];
    for engine in engines().await {
        let mut db = engine.store.writer().await.expect("connects").write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        fill(&mut db, &cast).await;
        for looked_at in [false, true] {
            if looked_at {
                run(&mut db, "analyze").await.expect("analyses");
            }
            for (name, statement, index) in statements {
                let sql = statement(&db);
                let plan = explain(&mut db, sql).await;
                // The index of what went wrong holds the uncertain ones as well, and is as small. What a dead
                // worker held is found among all that is open where holders have no index.
                let among_open = index == "email_taken" && matches!(db, Db::Postgres(..));
                let by_index =
                    plan.contains(if among_open { "email_waiting" } else { index }) || plan.contains("email_wrong");
                assert!(by_index, "{name}, looked at: {looked_at}:\n{plan}");
                assert!(!walks(&db, &plan, "email"), "{name}, looked at: {looked_at}:\n{plan}");
                assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{name}:\n{plan}");
            }
        }
    }
}

/// On the connections that pages use.
#[tokio::test]
async fn the_page_of_delivery_reads_a_few_rows_by_index() {
    let statements = [
        ("the line", delivery::IN_LINE, "email_waiting"),
        ("what left", delivery::LEFT, "email_mailbox"),
        ("what waits for a person", delivery::OPEN, "email_wrong"),
        ("what ended", delivery::ENDED, "email_wrong"),
        ("what a pause held", pause::RELEASE, "email_waiting"),
    ];
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        fill(&mut db, &cast).await;
        for looked_at in [false, true] {
            if looked_at {
                run(&mut db, "analyze").await.expect("analyses");
            }
            for (name, statement, index) in statements {
                let plan = explain(&mut db, statement).await;
                assert!(plan.contains(index) && !walks(&db, &plan, "email"), "{name}, looked at: {looked_at}:\n{plan}");
            }
        }
    }
}

/// One email for each of those visits: the last ones wait.
async fn fill_emails(db: &mut Db, cast: &Cast) {
    let sql = format!(
        "insert into email (id, clinic_id, client_id, visit_id, step, stream, letter, letter_version, recipient, locale,
            civil_at, zone, due_at, not_after, next_at, state, message_id, on_uncertain, created_at, sending_at, sent_at)
         select 'e' || substr(v.id, 2), v.clinic_id, v.client_id, v.id, 'day_1', 'aftercare', 'day_1', 1, 'a@example.org', 'en',
            '', '', n.i, n.i, n.i, case when n.i > 18000 then 'scheduled' else 'sent' end, '<' || v.id || '>', 'resend', 1,
            case when n.i > 18000 then null else n.i end, case when n.i > 18000 then null else n.i end
         from (select id, starts_at / 60000 as i from visit where id like 'v%') as n join visit v on v.id = n.id
         where v.clinic_id = '{}'",
        cast.clinic
    );
    run(db, &sql).await.expect("fills");
}

/// What left lately and what was sent long ago, as one.
#[tokio::test]
async fn emails_are_read_by_index_wherever_they_stand() {
    let statements = [
        ("of a visit", email::OF_VISIT),
        ("of a client", email::OF_CLIENT),
        ("the newest", email::NEWEST),
        ("a page of a list", email::AFTER),
        ("one", email::ONE),
        ("what one said", outbox::CONTENT),
        ("those of a day", board::EMAIL_COUNTS),
        ("what is over", outbox::OVER),
    ];
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        fill_visits(&mut db, &cast).await;
        fill_emails(&mut db, &cast).await;
        let past = "insert into email_past select id, clinic_id, client_id, visit_id, plan_id, step, stream, letter,
                letter_version, recipient, locale, civil_at, zone, due_at, not_after, next_at, state, attempts, message_id,
                on_uncertain, resends, sending_at, sent_at, reply, reason, created_at, protocol, left_at
             from email where state = 'sent' and due_at < 10000";
        run(&mut db, past).await.expect("fills");
        run(&mut db, "delete from email where state = 'sent' and due_at < 10000").await.expect("moves");
        for looked_at in [false, true] {
            if looked_at {
                run(&mut db, "analyze").await.expect("analyses");
            }
            let of_visits = email::of_visits_statement(&db);
            for (name, statement) in statements.iter().copied().chain([("of visits", of_visits.as_str())]) {
                let plan = explain(&mut db, statement).await;
                let walked = walks(&db, &plan, "email") || walks(&db, &plan, "email_past");
                // SQLite plans the list of a clinic, and what it sorts it has read as a whole. PostgreSQL plans it for the
                // values at hand, here one visit, whose few emails it may sort.
                let sorted = name == "a page of a list" && plan.contains("TEMP B-TREE");
                assert!(!walked && !sorted, "{name}, looked at: {looked_at}:\n{plan}");
            }
        }
    }
}

#[tokio::test]
async fn a_batch_finds_its_rows_by_id() {
    for engine in engines().await {
        let mut db = engine.store.writer().await.expect("connects").write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        fill(&mut db, &cast).await;
        for statement in outbox::batch_statements(&db) {
            let plan = explain(&mut db, statement).await;
            let by_id = plan.contains("email_pkey") || plan.contains("sqlite_autoindex_email_1 (id=?)");
            assert!(by_id && !plan.contains("email_leased") && !walks(&db, &plan, "email"), "{plan}");
        }
    }
}

/// Two thousand clients with ten visits each, a minute apart.
async fn fill_visits(db: &mut Db, cast: &Cast) {
    let numbers = |most: u32| match db {
        Db::Sqlite(..) => {
            format!("with recursive n (i) as (select 1 union all select i + 1 from n where i < {most}) select i from n")
        }
        Db::Postgres(..) => format!("select i from generate_series(1, {most}) as n (i)"),
    };
    let clients = format!(
        "insert into client (id, clinic_id, first_name, phone, synthetic, created_at)
         select 'c' || i, '{}', 'A', '', 1, 0 from ({}) as numbers",
        cast.clinic,
        numbers(2_000)
    );
    let visits = format!(
        "insert into visit (id, clinic_id, client_id, starts_at, ends_at, state, treatment, created_at)
         select 'v' || i, '{}', 'c' || (1 + i % 2000), i * 60000, i * 60000 + 1, 'booked', {}, 0 from ({}) as numbers",
        cast.clinic,
        if matches!(db, Db::Sqlite(..)) { "x''" } else { "''::bytea" },
        numbers(20_000)
    );
    run(db, &clients).await.expect("fills");
    run(db, &visits).await.expect("fills");
}

/// As the worker asks it, on the ordinary connections it loads cases by.
#[tokio::test]
async fn the_visits_near_another_are_found_by_their_client() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        fill_visits(&mut db, &cast).await;
        for looked_at in [false, true] {
            if looked_at {
                run(&mut db, "analyze").await.expect("analyses");
            }
            let sql = series::near_statement(&db);
            let plan = explain(&mut db, &sql).await;
            assert!(plan.contains("visit_client"), "looked at: {looked_at}:\n{plan}");
            // Anything that leads by the clinic leads through all of its visits.
            let by_clinic = plan.contains("visit_day") || plan.contains("visit_clinic_id");
            assert!(!by_clinic && !walks(&db, &plan, "visit"), "looked at: {looked_at}:\n{plan}");
        }
    }
}

/// Whether a plan reads a whole table, under its name or an alias.
pub fn walks(db: &Db, plan: &str, table: &str) -> bool {
    match db {
        Db::Sqlite(..) => plan.lines().any(|line| {
            line.trim_start()
                .strip_prefix("SCAN ")
                .is_some_and(|rest| rest.split_whitespace().next() == Some(table) && !rest.contains("INDEX"))
        }),
        Db::Postgres(..) => plan.lines().any(|line| {
            line.split_once("Seq Scan on ")
                .is_some_and(|(_, rest)| rest.split_whitespace().take(2).any(|word| word == table))
        }),
    }
}

pub async fn explain(db: &mut Db, statement: &str) -> String {
    match db {
        Db::Sqlite(tx, _) => {
            let sql = sqlx::AssertSqlSafe(format!("explain query plan {statement}"));
            let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(sql).fetch_all(&mut **tx).await.expect("explains");
            rows.into_iter().map(|row| row.3).collect::<Vec<_>>().join("\n")
        }
        // Prepared, so that the plan is the one for all values, as the worker's connection has it.
        Db::Postgres(..) => {
            let places = (1..20).take_while(|place| statement.contains(&format!("${place}")));
            let value = |place| match statement.contains(&format!("${place}::")) {
                true => "'{}'",
                false => "'100'",
            };
            let values: Vec<&str> = places.map(value).collect();
            run(db, &format!("prepare asked as {statement}")).await.expect("prepares");
            let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
            let plan = ask(db, &format!("explain execute asked {values}")).await.join("\n");
            run(db, "deallocate asked").await.expect("forgets");
            plan
        }
    }
}
