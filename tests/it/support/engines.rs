//! Both databases, for real: a SQLite file in a folder of its own, and a database of its own in a
//! PostgreSQL that this test process starts.

use std::path::PathBuf;

use aftercare::seal::Seal;
use aftercare::store::{Db, Store};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

use super::server;

/// One fresh, migrated database.
pub struct Engine {
    pub store: Store,
    /// How [`Store::open`] reached it.
    pub url: String,
    /// The SQLite file.
    pub file: Option<PathBuf>,
    _folder: Option<TempDir>,
}

/// The key of all test databases.
pub fn seal() -> Seal {
    Seal::from_key(&[42; 32])
}

/// A fresh database on each engine that this machine has.
pub async fn engines() -> Vec<Engine> {
    let mut engines = vec![sqlite().await];
    engines.extend(postgres().await);
    for engine in &engines {
        engine.store.migrate().await.expect("migrates");
    }
    engines
}

/// A fresh SQLite file without tables.
pub async fn sqlite() -> Engine {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("aftercare.db");
    let url = format!("sqlite:{}", file.display());
    let store = Store::open(&url, seal()).await.expect("opens");
    Engine { store, url, file: Some(file), _folder: Some(folder) }
}

/// A fresh PostgreSQL database without tables; `None` where there is no server program.
pub async fn postgres() -> Option<Engine> {
    let url = server::database().await?;
    let store = Store::open(&url, seal()).await.expect("opens");
    Some(Engine { store, url, file: None, _folder: None })
}

/// The database at this address, migrated.
pub async fn at(url: String) -> Engine {
    let store = Store::open(&url, seal()).await.expect("opens");
    store.migrate().await.expect("migrates");
    Engine { store, url, file: None, _folder: None }
}

/// Runs a statement of the test's own and returns the first column of each row as text.
pub async fn ask(db: &mut Db, sql: &str) -> Vec<String> {
    let sql = sql.to_owned();
    match db {
        Db::Sqlite(tx, _) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut **tx).await,
        Db::Postgres(tx, _) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut **tx).await,
    }
    .expect("the test's own statement")
}

/// Runs a statement of the test's own.
pub async fn run(db: &mut Db, sql: &str) -> Result<u64, sqlx::Error> {
    let sql = sql.to_owned();
    Ok(match db {
        Db::Sqlite(tx, _) => sqlx::query(AssertSqlSafe(sql)).execute(&mut **tx).await?.rows_affected(),
        Db::Postgres(tx, _) => sqlx::query(AssertSqlSafe(sql)).execute(&mut **tx).await?.rows_affected(),
    })
}
