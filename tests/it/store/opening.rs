//! Opening, migrating, and the two kinds of transaction.

use aftercare::store::{Error, Store, setting};

use crate::support::engines::{ask, engines, postgres, run, seal, sqlite};

#[tokio::test]
async fn a_fresh_database_is_migrated_once_and_says_so() {
    let mut fresh = vec![sqlite().await];
    fresh.extend(postgres().await);
    for engine in fresh {
        assert!(!engine.store.is_migrated().await.expect("asks"));
        engine.store.migrate().await.expect("migrates");
        assert!(engine.store.is_migrated().await.expect("asks"));
        engine.store.migrate().await.expect("does nothing the second time");
        engine.store.close().await;
        let again = Store::open(&engine.url, seal()).await.expect("opens again");
        assert!(again.is_migrated().await.expect("asks"));
    }
}

#[tokio::test]
async fn an_older_program_refuses_a_newer_schema() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                     select 9999, 'newer', success, checksum, 0 from _sqlx_migrations where version = 1";
        run(&mut db, newer).await.expect("runs");
        db.commit().await.expect("commits");
        assert!(!engine.store.is_migrated().await.expect("asks"));
        assert!(matches!(engine.store.migrate().await, Err(Error::Migration(_))));
    }
}

#[tokio::test]
async fn a_write_that_a_full_disk_refuses_is_undone_and_the_next_one_works() {
    let engine = sqlite().await;
    engine.store.migrate().await.expect("migrates");
    // From here on this connection may not grow the file, as on a full disk.
    let mut db = engine.store.write().await.expect("opens");
    run(&mut db, "pragma max_page_count = 1").await.expect("set to what there is");
    let full = setting::save(&mut db, "a", &"x".repeat(1_000_000)).await;
    assert!(full.is_err(), "there is no room");
    drop(db);
    for value in ["1", "2"] {
        let mut db = engine.store.write().await.expect("opens again");
        setting::save(&mut db, "a", value).await.expect("saves");
        db.commit().await.expect("commits");
    }
    let mut db = engine.store.read().await.expect("opens");
    assert_eq!(setting::find(&mut db, "a").await.expect("reads").as_deref(), Some("2"));
}

#[tokio::test]
async fn what_is_not_committed_never_was() {
    for engine in engines().await {
        let mut db = engine.store.write().await.expect("opens");
        setting::save(&mut db, "a", "1").await.expect("saves");
        drop(db);
        let mut db = engine.store.write().await.expect("opens");
        assert_eq!(setting::find(&mut db, "a").await.expect("reads"), None);
        setting::save(&mut db, "a", "2").await.expect("saves");
        db.commit().await.expect("commits");
        let mut db = engine.store.read().await.expect("opens");
        assert_eq!(setting::find(&mut db, "a").await.expect("reads").as_deref(), Some("2"));
    }
}

#[tokio::test]
async fn readers_do_not_wait_for_the_writer_nor_see_what_it_has_not_committed() {
    for engine in engines().await {
        let mut writer = engine.store.write().await.expect("opens");
        setting::save(&mut writer, "a", "1").await.expect("saves");
        let mut reader = engine.store.read().await.expect("opens");
        assert_eq!(setting::find(&mut reader, "a").await.expect("reads"), None);
    }
}

#[tokio::test]
async fn a_reader_sees_one_moment_and_cannot_write() {
    for engine in engines().await {
        let mut reader = engine.store.read().await.expect("opens");
        assert_eq!(setting::find(&mut reader, "a").await.expect("reads"), None);
        let mut writer = engine.store.write().await.expect("opens");
        setting::save(&mut writer, "a", "1").await.expect("saves");
        writer.commit().await.expect("commits");
        assert_eq!(setting::find(&mut reader, "a").await.expect("reads"), None);
        assert!(setting::save(&mut reader, "a", "2").await.is_err());
    }
}

#[tokio::test]
async fn sqlite_is_set_for_power_cuts() {
    let engine = sqlite().await;
    let mut db = engine.store.write().await.expect("opens");
    for (pragma, wanted) in
        [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "5000")]
    {
        let sql = format!("select cast({pragma} as text) from pragma_{pragma}");
        let sql =
            if pragma == "busy_timeout" { "select cast(timeout as text) from pragma_busy_timeout".into() } else { sql };
        assert_eq!(ask(&mut db, &sql).await, [wanted], "{pragma}");
    }
}

#[tokio::test]
async fn an_address_of_no_use_is_answered_with_what_to_do() {
    for (url, words) in [
        ("mysql://x", "sqlite:"),
        ("sqlite:", "needs a file"),
        ("sqlite::memory:", "needs a file"),
        ("sqlite:/no/such/folder/a.db", "/no/such/folder"),
        ("postgres://host:port/x", "not understood"),
        ("sqlite:/proc/a.db", "takes no new files"),
    ] {
        let error = Store::open(url, seal()).await.expect_err("refused").to_string();
        assert!(error.contains(words), "{url}: {error}");
    }
}
