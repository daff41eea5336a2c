//! A copy of a running database, and the way back, on both engines.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use aftercare::clinic::ids::EmailId;
use aftercare::clinic::outbox::State;
use aftercare::clinic::protocol::Step;
use aftercare::store::backup::{self, Problem};
use aftercare::store::outbox::{self, Begin, Begun, Owner};
use aftercare::store::{Store, hold, setting, visit};
use sqlx::migrate::Migrator;
use tempfile::TempDir;

use super::{ALL_STREAMS, begun, claim_at, claimed, deeds, found};
use crate::support::cast::{Cast, minutes, start};
use crate::support::engines::{Engine, ask, engines, run, seal};
use crate::support::server;

/// A folder with the key of all test databases.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("key"), "2a".repeat(32)).expect("written");
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn key(&self) -> PathBuf {
        self.file("key")
    }

    /// A place for a database of this one's kind that is not there yet.
    async fn beside(&self, engine: &Engine) -> String {
        match engine.file {
            Some(_) => format!("sqlite:{}", self.file("restored.db").display()),
            None => server::database().await.expect("a server"),
        }
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("a folder");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

async fn restore(url: &str, file: &Path, key: &Path, replace: bool) -> Result<backup::Restored, Problem> {
    backup::restore(url, file, key, replace, start() + minutes(10)).await
}

/// Refused for what was asked, with these words.
fn wrong<T: std::fmt::Debug>(done: Result<T, Problem>, words: &str) {
    match done {
        Err(Problem::Wrong(says)) => assert!(says.contains(words), "{says} does not say {words}"),
        other => panic!("{words}: {other:?}"),
    }
}

#[tokio::test]
async fn a_copy_of_a_running_database_comes_back_whole_with_everything_on_hold() {
    for engine in engines().await {
        let place = Place::new();
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let owner = Owner::fresh();
        let on_the_wire = claimed(&mut db, &cast, &owner, Step::SameDay).await;
        assert_eq!(begun(&mut db, &owner, &on_the_wire).await, Begun::Go);
        let taken = claimed(&mut db, &cast, &owner, Step::DayOne).await;
        db.commit().await.expect("commits");

        // Somebody is writing all the while.
        let mut busy = engine.store.write().await.expect("opens");
        setting::save(&mut busy, "not", "committed").await.expect("saves");
        let file = place.file("night.backup");
        let seen = backup::take(&engine.url, &file, false).await.expect("a copy");
        assert_eq!((seen.engine, seen.keys.len()), (engine.store.engine_name(), 1));
        assert!(seen.missing_keys(&seal()).is_empty());
        assert_eq!(seen.bytes, std::fs::metadata(&file).expect("there").len());
        assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        busy.commit().await.expect("commits");
        assert_eq!(place.names(), ["key", "night.backup"], "nothing half done is left");

        let url = place.beside(&engine).await;
        let restored = restore(&url, &file, &place.key(), false).await.expect("restores");
        assert_eq!((restored.seen, restored.before), (seen, None));
        let store = Store::open(&url, seal()).await.expect("opens");
        assert!(store.is_migrated().await.expect("asks"));
        let mut db = store.write().await.expect("opens");
        assert_eq!(setting::find(&mut db, "not").await.expect("reads"), None);
        let treated = visit::find(&mut db, cast.clinic, cast.visit).await.expect("opens").expect("is there");
        assert_eq!(treated.treatment, cast.appointment().treatment, "sealed text opens");

        // What was on the wire waits for a person, what was taken is back in line, and nothing begins.
        let unsure = found(&mut db, &cast, on_the_wire.id).await;
        assert_eq!(unsure.state, State::Held);
        assert!(outbox::is_unsure(unsure.state, &unsure.reason.expect("a reason")));
        assert_eq!(deeds(&mut db, &cast, on_the_wire.id).await, ["email.held"]);
        let on = hold::of(&mut db, cast.clinic).await.expect("reads").expect("is on hold");
        assert_eq!(on.restored_at, start() + minutes(10));
        assert!(hold::of(&mut db, cast.other_clinic).await.expect("reads").is_some());
        let late = start() + minutes(15);
        let waiting = hold::waiting(&mut db, cast.clinic, late, 10).await.expect("reads");
        assert_eq!(waiting.iter().map(|email| email.id).collect::<Vec<_>>(), [taken.id]);
        let again = claim_at(&mut db, &owner, late).await;
        assert_eq!(again.iter().map(|email| email.id).collect::<Vec<_>>(), [taken.id]);
        let begin = Begin { id: again[0].id, fence: again[0].fence, content: None, links: None, at: late };
        let answer = super::begun_all(&mut db, &owner, &[begin]).await;
        assert_eq!(answer, [Begun::Paused]);
        // It is still listed, though it is looked at again only later.
        let waiting = hold::waiting(&mut db, cast.clinic, late, 10).await.expect("reads");
        assert_eq!(waiting.len(), 1);
        let told = "select distinct action from audit where action = 'backup.restored' and role = 'operator'";
        assert_eq!(ask(&mut db, told).await.len(), 1);
        db.commit().await.expect("commits");

        // Released, it is due at once.
        let mut db = store.write().await.expect("opens");
        assert_eq!(hold::end(&mut db, cast.clinic, false, late).await.expect("ends"), Some(0));
        assert_eq!(hold::end(&mut db, cast.clinic, false, late).await.expect("asks"), None);
        assert_eq!(claim_at(&mut db, &owner, late).await.len(), 1);
        drop(db);
        store.close().await;
    }
}

#[tokio::test]
async fn what_was_due_before_the_restore_can_be_called_off_and_the_rest_goes() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let cast = Cast::enter(&mut db).await;
        let (due, later) = (cast.email(Step::SameDay), cast.email(Step::DayOne));
        let ids = [due.id, later.id];
        outbox::insert(&mut db, &[due, later], start()).await.expect("inserts");
        let after = (start() + minutes(20)).as_millisecond();
        run(&mut db, &format!("update email set due_at = {after}, next_at = {after} where id = '{}'", ids[1]))
            .await
            .expect("runs");
        db.commit().await.expect("commits");
        let place = Place::new();
        backup::take(&engine.url, &place.file("b"), false).await.expect("a copy");
        let url = place.beside(&engine).await;
        restore(&url, &place.file("b"), &place.key(), false).await.expect("restores");
        let store = Store::open(&url, seal()).await.expect("opens");
        let mut db = store.write().await.expect("opens");
        let now = start() + minutes(30);
        assert_eq!(hold::end(&mut db, cast.clinic, true, now).await.expect("ends"), Some(1));
        assert_eq!(found(&mut db, &cast, ids[0]).await.state, State::Cancelled);
        assert_eq!(deeds(&mut db, &cast, ids[0]).await, ["email.cancelled"]);
        let going: Vec<EmailId> = claim_at(&mut db, &Owner::fresh(), now).await.iter().map(|email| email.id).collect();
        assert_eq!(going, [ids[1]]);
        assert_eq!(ALL_STREAMS.len(), 3);
        drop(db);
        store.close().await;
    }
}

#[tokio::test]
async fn a_database_with_data_is_replaced_only_when_told_and_kept_beside() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        Cast::enter(&mut db).await;
        setting::save(&mut db, "which", "first").await.expect("saves");
        db.commit().await.expect("commits");
        let place = Place::new();
        let (file, key) = (place.file("first"), place.key());
        backup::take(&engine.url, &file, false).await.expect("a copy");
        let mut db = engine.store.write().await.expect("opens");
        setting::save(&mut db, "which", "second").await.expect("saves");
        db.commit().await.expect("commits");

        // In use, it is left alone, whatever is asked.
        match restore(&engine.url, &file, &key, true).await {
            Err(Problem::Failed(says)) => assert!(says.contains("in use"), "{says}"),
            other => panic!("{other:?}"),
        }
        let mut db = engine.store.read().await.expect("reads");
        assert_eq!(setting::find(&mut db, "which").await.expect("reads").as_deref(), Some("second"));
        drop(db);
        engine.store.close().await;

        wrong(restore(&engine.url, &file, &key, false).await, "add --replace");
        let restored = restore(&engine.url, &file, &key, true).await.expect("restores");
        let before = restored.before.expect("is kept");
        assert!(before.to_string_lossy().contains("before-restore"), "{}", before.display());
        assert_eq!(which(&engine.url).await.as_deref(), Some("first"));
        // And back again.
        restore(&engine.url, &before, &key, true).await.expect("restores");
        assert_eq!(which(&engine.url).await.as_deref(), Some("second"));
    }
}

async fn which(url: &str) -> Option<String> {
    let store = Store::open(url, seal()).await.expect("opens");
    let mut db = store.read().await.expect("reads");
    let value = setting::find(&mut db, "which").await.expect("reads");
    drop(db);
    store.close().await;
    value
}

#[tokio::test]
async fn a_file_that_cannot_be_put_back_is_refused_and_changes_nothing() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        Cast::enter(&mut db).await;
        db.commit().await.expect("commits");
        let place = Place::new();
        let (file, key) = (place.file("good"), place.key());
        backup::take(&engine.url, &file, false).await.expect("a copy");
        wrong(backup::take(&engine.url, &file, false).await, "is there already");
        backup::take(&engine.url, &file, true).await.expect("replaced when told");
        wrong(backup::take(&engine.url, &key, true).await, "is no backup of Aftercare");
        wrong(backup::take(&engine.url, &place.file("none/b"), false).await, "is not there; make it first");

        let url = place.beside(&engine).await;
        wrong(restore(&url, &place.file("gone"), &key, false).await, "cannot be read");
        wrong(restore(&url, &key, &key, false).await, "is no backup of Aftercare");
        let whole = std::fs::read(&file).expect("read");
        std::fs::write(place.file("half"), &whole[..whole.len() / 2]).expect("written");
        assert!(restore(&url, &place.file("half"), &key, false).await.is_err());
        std::fs::write(place.file("other-key"), "1b".repeat(32)).expect("written");
        wrong(restore(&url, &file, &place.file("other-key"), false).await, "does not hold the key");
        wrong(restore(&url, &file, &place.file("no-key"), false).await, "bring back the key file");
        assert!(!place.file("no-key").exists(), "no key is made for it");
        let other = if engine.file.is_some() {
            "postgres://127.0.0.1:1/x".into()
        } else {
            format!("sqlite:{}", place.file("x.db").display())
        };
        wrong(restore(&other, &file, &key, false).await, "name a database of the same kind");

        let mut db = engine.store.write().await.expect("opens");
        let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                     select 9999, 'newer', success, checksum, 0 from _sqlx_migrations where version = 1";
        run(&mut db, newer).await.expect("runs");
        db.commit().await.expect("commits");
        backup::take(&engine.url, &place.file("newer"), false).await.expect("a copy is a copy");
        wrong(restore(&url, &place.file("newer"), &key, false).await, "newer version of Aftercare");
        // Nothing was put there by any of these.
        restore(&url, &file, &key, false).await.expect("restores");
    }
}

#[tokio::test]
async fn a_backup_of_the_first_schema_is_brought_up_to_date_with_sending_on_hold() {
    for engine in [crate::support::engines::sqlite().await].into_iter().chain(crate::support::engines::postgres().await)
    {
        let all = if engine.file.is_some() {
            sqlx::migrate!("migrations/sqlite")
        } else {
            sqlx::migrate!("migrations/postgres")
        };
        let first = Migrator::with_migrations(all.iter().filter(|step| step.version == 1).cloned().collect());
        let mut db = engine.store.write().await.expect("opens");
        match &mut db {
            aftercare::store::Db::Sqlite(tx, _) => first.run(&mut **tx).await.expect("the first step"),
            aftercare::store::Db::Postgres(tx, _) => first.run(&mut **tx).await.expect("the first step"),
        }
        let clinic = "0198f2a0-0000-7000-8000-000000000001";
        let sql = format!(
            "insert into clinic (id, name, time_zone, locale, phone, emergency_number, address, window_from,
                window_to, window_days, created_at)
             values ('{clinic}', 'Clinic', 'UTC', 'en', '', '999', '', '08:00', '20:00', 'mon', 1)"
        );
        run(&mut db, &sql).await.expect("a clinic");
        db.commit().await.expect("commits");
        let place = Place::new();
        backup::take(&engine.url, &place.file("old"), false).await.expect("a copy");
        let url = place.beside(&engine).await;
        let restored = restore(&url, &place.file("old"), &place.key(), false).await.expect("restores");
        assert_eq!(restored.seen.schema, 1);
        let store = Store::open(&url, seal()).await.expect("opens");
        assert!(store.is_migrated().await.expect("asks"));
        let mut db = store.read().await.expect("reads");
        assert!(hold::of(&mut db, clinic.parse().expect("an id")).await.expect("reads").is_some());
        drop(db);
        store.close().await;
    }
}
