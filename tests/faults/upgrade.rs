//! A schema of long ago with data in it, brought up to date by a program that is killed at any moment: what
//! is there afterwards is the old schema or the new one, whole, and the next start finishes the work.

use std::path::Path;
use std::time::{Duration, Instant};

use aftercare::store::{Db, Store};
use serde_json::json;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection as _};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::rig::{program, signal};
use super::size::{Chance, size, tell};
use crate::support::engines::{Engine, ask, postgres, run, seal, sqlite};
use crate::support::server;

/// The last step of long ago: before copies were packed and the outbox was made lighter.
const LONG_AGO: i64 = 7;

fn steps_of(engine: &Engine) -> Migrator {
    if engine.file.is_some() { sqlx::migrate!("migrations/sqlite") } else { sqlx::migrate!("migrations/postgres") }
}

/// Fills a database of long ago with so many emails. Returns how many steps it has, and how many there are now.
async fn fill(engine: &Engine, emails: usize) -> (usize, usize) {
    let all = steps_of(engine);
    let old: Vec<_> = all.iter().filter(|step| step.version <= LONG_AGO).cloned().collect();
    let counts = (old.len(), all.iter().count());
    let old = Migrator::with_migrations(old);
    let mut db = engine.store.write().await.expect("opens");
    match &mut db {
        Db::Sqlite(tx, _) => old.run_direct(None, &mut **tx, false).await.expect("the old steps"),
        Db::Postgres(tx, _) => old.run_direct(None, &mut **tx, false).await.expect("the old steps"),
    }
    let (numbers, some_bytes) = match &db {
        Db::Sqlite(..) => (
            format!("with recursive n (i) as (select 1 union all select i + 1 from n where i < {emails})"),
            "randomblob(2000)",
        ),
        Db::Postgres(..) => (
            format!("with n (i) as (select * from generate_series(1, {emails}))"),
            "decode(repeat(md5(i::text), 125), 'hex')",
        ),
    };
    for sql in [
        "insert into clinic (id, name, time_zone, locale, phone, emergency_number, address, window_from, window_to,
            window_days, created_at) values ('0198f2a0-0000-7000-8000-000000000001', 'Clinic', 'UTC', 'en', '', '999', '', '08:00', '20:00', 'mon', 1)"
            .to_owned(),
        "insert into client (id, clinic_id, first_name, phone, synthetic, created_at) values ('0198f2a0-0000-7000-8000-000000000002', '0198f2a0-0000-7000-8000-000000000001', 'Cleo', '', 0, 1)"
            .to_owned(),
        format!(
            "{numbers} insert into visit (id, clinic_id, client_id, starts_at, ends_at, state, treatment, created_at)
             select 'v' || i, '0198f2a0-0000-7000-8000-000000000001', '0198f2a0-0000-7000-8000-000000000002', i, i + 1, 'booked', {some_bytes}, 1 from n"
        ),
        format!(
            "{numbers} insert into email (id, clinic_id, client_id, visit_id, step, stream, letter, letter_version,
                recipient, locale, civil_at, zone, due_at, not_after, next_at, state, message_id, on_uncertain,
                sending_at, sent_at, created_at)
             select 'e' || i, '0198f2a0-0000-7000-8000-000000000001', '0198f2a0-0000-7000-8000-000000000002', 'v' || i, 'day_1', 'aftercare', 'day_1', 1, 'cleo@example.test', 'en', '', 'UTC',
                i, i, i, 'sent', 'm' || i, 'resend', i, i, 1 from n"
        ),
        format!("{numbers} insert into email_content (email_id, sealed) select 'e' || i, {some_bytes} from n"),
        format!(
            "{numbers} insert into audit (id, clinic_id, at, who, role, action, kind, record_id, from_where)
             select 'a' || i, '0198f2a0-0000-7000-8000-000000000001', i, 'system', 'system', 'email.sent', 'email', 'e' || i, '' from n"
        ),
    ] {
        run(&mut db, &sql).await.expect("data of long ago");
    }
    db.commit().await.expect("commits");
    counts
}

/// One copy of the database of long ago after the other.
struct Copies {
    engine: Engine,
    folder: TempDir,
}

impl Copies {
    async fn next(&self, number: usize) -> String {
        if let Some(file) = &self.engine.file {
            let copy = self.folder.path().join(format!("{number}.db"));
            std::fs::copy(file, &copy).expect("copied");
            return format!("sqlite:{}", copy.display());
        }
        let mut url = url::Url::parse(&self.engine.url).expect("an address");
        let old = url.path().trim_start_matches('/').to_owned();
        let name = format!("{old}_{number}");
        statement(&self.engine.url, &format!("create database {name} template {old}")).await;
        url.set_path(&name);
        url.into()
    }

    async fn drop(&self, url: &str) {
        match url.strip_prefix("sqlite:") {
            Some(path) => {
                for end in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{path}{end}"));
                }
            }
            None => {
                let name = url::Url::parse(url).expect("an address").path().trim_start_matches('/').to_owned();
                statement(&self.engine.url, &format!("drop database {name} with (force)")).await;
            }
        }
    }

    fn migrate(&self, url: &str) -> Child {
        let mut command = Command::new(program());
        command
            .arg("migrate")
            .current_dir(self.folder.path())
            .env("AFTERCARE_DATABASE__URL", url)
            .env("AFTERCARE_SECRETS__KEY_FILE", key(self.folder.path()))
            .env("AFTERCARE_LOG", "off")
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true);
        command.spawn().expect("starts")
    }
}

fn key(folder: &Path) -> String {
    folder.join("key").display().to_string()
}

/// Runs a statement from the database beside this one, where nobody is in its way.
async fn statement(url: &str, sql: &str) {
    let mut url = url::Url::parse(url).expect("an address");
    url.set_path("postgres");
    let mut admin = server::connect(url.as_str()).await;
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut admin).await.expect("the operator's statement");
    admin.close().await.expect("closes");
}

/// How many steps a database has and how many emails, once nobody is at it any more.
async fn stand(url: &str) -> (usize, usize) {
    if url.starts_with("postgres") {
        // A server finishes or gives up what a killed program had begun.
        let mut admin = server::connect(url).await;
        let others =
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
        while sqlx::query_scalar::<_, i64>(others).fetch_one(&mut admin).await.expect("asks") > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        admin.close().await.expect("closes");
    }
    let store = Store::open(url, seal()).await.expect("opens");
    let mut db = store.read().await.expect("reads");
    let steps = ask(&mut db, "select cast(count(*) as text) from _sqlx_migrations").await;
    let emails = ask(&mut db, "select cast(count(*) as text) from email").await;
    drop(db);
    store.close().await;
    let number = |rows: Vec<String>| rows[0].parse().expect("a number");
    (number(steps), number(emails))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_an_upgrade_it_leaves_the_old_schema_or_the_new_one() {
    let mut chance = Chance::from_environment();
    let (kills, emails) = (size().upgrades, size().few * 10);
    for engine in [Some(sqlite().await), postgres().await].into_iter().flatten() {
        let started = Instant::now();
        let name = engine.store.engine_name();
        let (old, new) = fill(&engine, emails).await;
        engine.store.close().await;
        let copies = Copies { engine, folder: tempfile::tempdir().expect("a folder") };
        std::fs::write(key(copies.folder.path()), "2a".repeat(32)).expect("written");

        let url = copies.next(0).await;
        let began = Instant::now();
        assert!(copies.migrate(&url).wait().await.expect("ends").success());
        let whole = began.elapsed();
        assert_eq!(stand(&url).await, (new, emails), "everything came along");
        copies.drop(&url).await;

        let (mut stayed, mut moved) = (0, 0);
        for number in 1..=kills {
            let url = copies.next(number).await;
            let mut migrating = copies.migrate(&url);
            let most = usize::try_from(whole.as_micros()).expect("short");
            tokio::time::sleep(Duration::from_micros(chance.below(most) as u64)).await;
            if migrating.try_wait().expect("looks").is_none() {
                signal(&migrating, "-KILL").await;
            }
            migrating.wait().await.expect("it is gone");
            let (steps, kept) = stand(&url).await;
            assert_eq!(kept, emails, "nothing is lost");
            assert!(steps == old || steps == new, "{steps} steps, where {old} is the old schema and {new} the new one");
            *if steps == old { &mut stayed } else { &mut moved } += 1;
            // The next start finishes the work.
            assert!(copies.migrate(&url).wait().await.expect("ends").success());
            assert_eq!(stand(&url).await, (new, emails));
            copies.drop(&url).await;
        }
        tell(&json!({
            "fault": "upgrade killed", "database": name, "kills": kills, "seed": chance.seed, "emails": emails,
            "old_schema": stayed, "new_schema": moved, "between": 0, "upgrade_seconds": whole.as_secs_f64(),
            "seconds": started.elapsed().as_secs(),
        }));
        assert!(stayed > 0, "some of them were killed in time");
    }
}
