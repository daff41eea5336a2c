//! The register: found as one types, asked about when alike, corrected by one person at a time.

use std::collections::BTreeSet;

use aftercare::clinic::case::Client;
use aftercare::clinic::client::words::{self, terms};
use aftercare::clinic::ids::{ClientId, VisitId};
use aftercare::clinic::protocol::Step;
use aftercare::store::client::{self, Registered};
use aftercare::store::outbox::Owner;
use aftercare::store::visit::{Appointment, VisitState};
use aftercare::store::{Db, email, fresh_uuid, outbox, visit};
use jiff::civil::date;

use super::claim::{explain, walks};
use super::{begun, claimed, deeds};
use crate::support::cast::{Cast, minutes, start};
use crate::support::engines::{ask, engines, run};

fn somebody(first: &str, last: &str, email: &str, phone: &str, year: i16) -> Registered {
    Registered {
        id: ClientId::from_uuid(fresh_uuid(start())),
        client: Client {
            first_name: first.parse().expect("a name"),
            last_name: last.parse().ok(),
            email: email.parse().ok(),
            locale: None,
            born: Some(date(year, 2, 1)),
            on_paper: false,
        },
        phone: phone.into(),
        synthetic: false,
        version: 1,
    }
}

async fn visited(db: &mut Db, cast: &Cast, who: ClientId, days: i64) {
    let starts_at = start() + minutes(days * 24 * 60);
    let visit = Appointment {
        id: VisitId::from_uuid(fresh_uuid(start())),
        client: who,
        starts_at,
        ends_at: starts_at + minutes(60),
        state: VisitState::Booked,
        ..cast.appointment()
    };
    visit::insert(db, cast.clinic, &visit, start()).await.expect("books");
}

async fn found(db: &mut Db, cast: &Cast, question: &str) -> Vec<String> {
    let found = client::search(db, cast.clinic, &terms(question), 10).await.expect("searches");
    assert!(found.complete, "{question}: few enough to be all");
    found.hits.iter().map(|hit| hit.client.client.first_name.to_string()).collect()
}

#[tokio::test]
async fn clients_are_found_by_what_one_hears_and_the_latest_visit_stands_first() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let zoe = somebody("Zoë", "Okafor", "zoe@example.org", "+44 7946 000123", 1980);
        let omar = somebody("Omar", "Lind", "okafor.family@example.org", "", 1980);
        for new in [&zoe, &omar] {
            client::insert(&mut db, cast.clinic, new, start()).await.expect("inserts");
        }
        visited(&mut db, &cast, zoe.id, -3).await;
        let cases: [(&str, &[&str]); 9] = [
            ("oka", &["Cleo", "Zoë", "Omar"]),
            ("oka 1980", &["Zoë", "Omar"]),
            ("zoe 0794", &["Zoë"]),
            ("OKAFOR cleo", &["Cleo"]),
            ("okafor.fam", &["Omar"]),
            ("29.2.1988", &["Cleo"]),
            ("oka zoe 1981", &[]),
            ("' or 1=1 --", &[]),
            ("%", &[]),
        ];
        for (question, names) in cases {
            assert_eq!(found(&mut db, &cast, question).await, names, "{question}");
        }
        let two = client::search(&mut db, cast.clinic, &terms("oka"), 2).await.expect("searches");
        assert_eq!((two.hits.len(), two.complete), (2, false), "a full page says that there are more");
        let otto = client::search(&mut db, cast.other_clinic, &terms("oka"), 9).await.expect("searches");
        assert_eq!(otto.hits, [], "Otto sees nobody");

        let lately = client::lately_seen(&mut db, cast.clinic, start() + minutes(90), 9).await.expect("reads");
        let names: Vec<_> = lately.iter().map(|hit| hit.client.client.first_name.as_str()).collect();
        assert_eq!(names, ["Cleo", "Zoë"], "who was here, the latest first");
        assert_eq!(client::lately_seen(&mut db, cast.other_clinic, start(), 9).await.expect("reads"), []);
    }
}

#[tokio::test]
async fn a_correction_changes_what_a_client_is_found_by() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let mut cleo = cast.cleo();
        cleo.client.last_name = "Adeyemi".parse().ok();
        cleo.client.on_paper = true;
        assert!(client::save(&mut db, cast.clinic, &cleo).await.expect("saves"));
        assert_eq!(found(&mut db, &cast, "adey").await, ["Cleo"]);
        assert_eq!(found(&mut db, &cast, "okafor 1988").await, ["Cleo"], "by the address, which stays");
        let read = client::find(&mut db, cast.clinic, cast.cleo).await.expect("reads").expect("is there");
        assert_eq!(read, Registered { version: 2, ..cleo.clone() });
        assert!(!client::save(&mut db, cast.clinic, &cleo).await.expect("runs"), "read before the other saved");
        assert!(!client::save(&mut db, cast.other_clinic, &read).await.expect("runs"), "Otto changes nobody");
        assert!(client::save(&mut db, cast.clinic, &read).await.expect("saves"));
    }
}

#[tokio::test]
async fn who_may_be_the_same_person_is_asked_about() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let cases = [
            (somebody("OKÁFOR", "cleo", "", "", 1988), false, "another day of birth"),
            (somebody("Ada", "Lind", "CLEO.okafor@example.org", "", 1970), true, "a family's address"),
            (somebody("Ada", "Lind", "", "020 7946 0201", 1970), false, "nobody's number"),
        ];
        for (new, asked, why) in cases {
            let alike = client::resembling(&mut db, cast.clinic, &new.client, &new.phone).await.expect("searches");
            assert_eq!(!alike.is_empty(), asked, "{why}");
        }
        let mut twin = somebody("OKÁFOR", "cleo", "", "", 1988);
        twin.client.born = Some(date(1988, 2, 29));
        let alike = client::resembling(&mut db, cast.clinic, &twin.client, "").await.expect("searches");
        assert_eq!(alike, [cast.cleo()]);
        for (first, last, asked) in [("Clea", "Okafor", true), ("Ben", "Okafor", true), ("Ben", "Lind", false)] {
            let mut near = somebody(first, last, "", "", 1988);
            near.client.born = Some(date(1988, 2, 29));
            let alike = client::resembling(&mut db, cast.clinic, &near.client, "").await.expect("searches");
            assert_eq!(!alike.is_empty(), asked, "{first} {last}, of the same day");
        }
        let otto = client::resembling(&mut db, cast.other_clinic, &twin.client, "").await.expect("searches");
        assert_eq!(otto, [], "another clinic's people are not alike to anyone");
    }
}

#[tokio::test]
async fn words_of_an_older_edition_are_made_again_when_the_program_starts() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        run(&mut db, "delete from client_word").await.expect("as before the register had any");
        run(&mut db, "update client set words_edition = 0").await.expect("runs");
        assert_eq!(found(&mut db, &cast, "oka").await, [""; 0]);
        db.commit().await.expect("commits");
        engine.store.migrate().await.expect("migrates");
        let mut db = engine.store.read().await.expect("opens");
        assert_eq!(found(&mut db, &cast, "oka").await, ["Cleo"]);
        let kept = ask(&mut db, "select word from client_word").await;
        let cleo = cast.cleo();
        assert_eq!(BTreeSet::from_iter(kept), words::of(&cleo.client, &cleo.phone));
    }
}

#[tokio::test]
async fn waiting_mail_goes_to_a_new_address_and_what_was_on_the_wire_stays() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let begun_one = claimed(&mut db, &cast, &owner, Step::SameDay).await;
        assert_eq!(begun(&mut db, &owner, &begun_one).await, outbox::Begun::Go);
        let taken = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        outbox::insert(&mut db, &[cast.email(Step::DayThree)], start()).await.expect("owes");
        let before = email::of_client(&mut db, cast.clinic, cast.cleo).await.expect("reads");

        let new = "cleo@new.example".parse().expect("an address");
        let otto = outbox::readdress(&mut db, cast.other_clinic, cast.cleo, &new, start()).await.expect("runs");
        assert_eq!(otto, 0, "Otto moves nobody's mail");
        let moved = outbox::readdress(&mut db, cast.clinic, cast.cleo, &new, start()).await.expect("moves");
        assert_eq!(moved, 2, "the claimed one and the waiting one");
        let again = outbox::readdress(&mut db, cast.clinic, cast.cleo, &new, start()).await.expect("moves");
        assert_eq!(again, 0, "once");

        let after = email::of_client(&mut db, cast.clinic, cast.cleo).await.expect("reads");
        for (was, is) in before.iter().zip(&after) {
            assert_eq!((was.id, &was.message_id), (is.id, &is.message_id), "the same message");
            assert_eq!(is.recipient == new, is.step != Step::SameDay, "{}", is.step);
        }
        // The worker that held the claimed one writes to nobody: its begin finds the row gone.
        assert_eq!(begun(&mut db, &owner, &taken).await, outbox::Begun::Lost);
        assert_eq!(deeds(&mut db, &cast, taken.id).await.last().map(String::as_str), Some("email.readdressed"));
        assert_eq!(email::of_client(&mut db, cast.other_clinic, cast.cleo).await.expect("reads"), []);
    }
}

/// Twenty thousand clients who come once: every tenth is called Smith, all begin with c.
async fn fill(db: &mut Db, cast: &Cast) {
    let numbers = match db {
        Db::Sqlite(..) => {
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000) select i from n"
        }
        Db::Postgres(..) => "select i from generate_series(1, 20000) as n (i)",
    };
    let clinic = cast.clinic;
    let id = match db {
        Db::Sqlite(..) => "'00000000-0000-7000-8000-' || printf('%012d', i)",
        Db::Postgres(..) => "'00000000-0000-7000-8000-' || lpad(cast(i as text), 12, '0')",
    };
    let statements = [
        format!(
            "insert into client (id, clinic_id, first_name, last_name, phone, synthetic, created_at, words_edition)
             select {id}, '{clinic}', 'C' || i, 'Smith', '', 1, i, {} from ({numbers}) as numbers",
            words::EDITION
        ),
        format!(
            "insert into client_word (clinic_id, client_id, word)
             select '{clinic}', {id}, 'c' || i from ({numbers}) as numbers"
        ),
        format!(
            "insert into client_word (clinic_id, client_id, word)
             select '{clinic}', {id}, 'smith' from ({numbers}) as numbers where i % 10 = 0"
        ),
        format!(
            "insert into visit (id, clinic_id, client_id, starts_at, ends_at, state, treatment, created_at)
             select {id}, '{clinic}', {id}, i, i + 1, 'booked', treatment, i
             from ({numbers}) as numbers, (select treatment from visit limit 1) as one"
        ),
        "analyze".to_owned(),
    ];
    for statement in statements {
        run(db, &statement).await.expect("fills");
    }
}

#[tokio::test]
async fn a_search_walks_the_words_and_never_a_table() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        fill(&mut db, &cast).await;
        let question = terms("smith c1999");
        let [smith, c1999] = question.as_slice() else { panic!("two words") };
        let two_ways = terms("c.1999");
        assert_eq!(two_ways[0].len(), 2, "the start of an address, or a word with a dot too many");
        let statements = [
            ("count", client::count_statement(smith)),
            ("one word", client::candidates_statement(&db, &[smith], true)),
            ("the rarer word leads", client::candidates_statement(&db, &[c1999, smith], true)),
            ("no word leads", client::candidates_statement(&db, &[c1999, smith], false)),
        ];
        for (name, sql) in statements {
            let sql = filled(&sql, &cast, &question);
            let plan = explain(&mut db, &sql).await;
            assert!(plan.contains("client_word_search"), "{name}:\n{plan}");
            // Each further word is asked of one client by that client's own key.
            let asked = plan.contains("USING PRIMARY KEY (client_id=? AND word>? AND word<?)");
            assert!(matches!(db, Db::Postgres(..)) || asked || !sql.contains("exists"), "{name}:\n{plan}");
            for table in ["client", "client_word", "visit", "w", "l", "v", "c"] {
                assert!(!walks(&db, &plan, table), "{name} walks {table}:\n{plan}");
            }
        }
        let alike = client::alike_statement(&db)
            .replace("$1", &format!("'{}'", cast.clinic))
            .replace("$2", "'[\"smith\",\"c1999\"]'")
            .replace("$3", "2")
            .replace("$4", "20");
        let plan = explain(&mut db, &alike).await;
        for table in ["client", "client_word", "w", "c"] {
            assert!(!walks(&db, &plan, table), "a question of likeness walks {table}:\n{plan}");
        }
        for sql in [
            client::count_statement(&two_ways[0]),
            client::candidates_statement(&db, &[&two_ways[0]], true),
            client::candidates_statement(&db, &[&two_ways[0]], false),
        ] {
            let sql = filled(&sql, &cast, &two_ways);
            let plan = explain(&mut db, &sql).await;
            let ranges = match db {
                Db::Sqlite(..) => plan.matches("client_word_search (clinic_id=? AND word>? AND word<?)").count(),
                Db::Postgres(..) => plan.matches("using client_word_search on client_word l").count(),
            };
            assert_eq!(ranges, 2, "each beginning is a range of its own:\n{plan}");
        }
        if let Db::Sqlite(..) = db {
            let plan = explain(&mut db, "delete from client_word where client_id = 'c'").await;
            assert!(plan.contains("PRIMARY KEY (client_id=?)"), "a correction walks one client's words:\n{plan}");
        }
        let found = client::search(&mut db, cast.clinic, &terms("smith c1999"), 30).await.expect("searches");
        let visits: Vec<_> =
            found.hits.iter().filter_map(|hit| hit.visit_at).map(jiff::Timestamp::as_millisecond).collect();
        assert_eq!(visits, [19990], "eleven begin with c1999, and one of them is a Smith");
        let short = client::search(&mut db, cast.clinic, &terms("c"), 5).await.expect("searches");
        assert!(!short.complete && short.hits.len() == 5, "thousands fit: those who came lately");
    }
}

/// The statement with its values in it, as a plan needs them.
fn filled(sql: &str, cast: &Cast, question: &[words::Term]) -> String {
    let mut values = vec![format!("'{}'", cast.clinic), "30".to_owned()];
    if !sql.contains("limit $2") {
        values.pop();
    }
    for beginning in question.iter().rev().flat_map(words::Term::beginnings) {
        values.extend([format!("'{beginning}'"), format!("'{beginning}\u{10ffff}'")]);
    }
    // The highest first, so that $1 does not take the head of $10.
    let places = values.iter().enumerate().rev();
    places.fold(sql.to_owned(), |sql, (place, value)| sql.replace(&format!("${}", place + 1), value))
}
