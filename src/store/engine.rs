//! Opening the database and its two engines. SQLite has one writer and many readers; PostgreSQL
//! has one pool for both. Both hand out transactions, so that a page reads one state of the world.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{Migrate as _, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Postgres, Sqlite};
use tokio::sync::Mutex;

use super::lane::{Lane, OnlyWriter, Tx};
use super::outbox::{Kept, Pattern};
use super::{Error, Result, file};
use crate::clinic::ids::EmailId;
use crate::seal::Seal;

pub(super) static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
pub(super) static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Longer than any transaction of ours; a page that waits longer than this answers 503.
const WAIT: Duration = Duration::from_secs(5);
/// Programs that start together bring the schema up to date one after the other.
const MIGRATION_LOCK: i64 = 0x6166_7465_7263_6d69;

const READERS: u32 = 4;
const CONNECTIONS: u32 = 10;
/// One to begin and finish with, one to claim with, as many for a worker beside this one, and one to listen.
const LANES: u32 = 5;

/// A process that is cut off leaves its transaction open, and rows locked that the others wait for.
/// No transaction of ours idles: what would take long is done before it begins.
const ENDS_IDLE: [(&str, &str); 1] = [("idle_in_transaction_session_timeout", "30s")];

/// How PostgreSQL plans for a writer of one's own: by index, and once. A delivery asks a few
/// questions over and over, each about rows it names or about the first of an index; a plan made
/// from statistics that are missing or old may walk or sort a million rows for it instead.
const BY_INDEX: [(&str, &str); 5] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// Expands one body for both engines: `on!(db, c => sqlx::query("…").execute(c).await)`.
/// `c` is the connection inside the transaction.
macro_rules! on {
    ($db:expr, $conn:ident => $body:expr) => {
        match $db {
            $crate::store::Db::Sqlite(tx, _) => {
                let $conn = &mut **tx;
                $body
            }
            $crate::store::Db::Postgres(tx, _) => {
                let $conn = &mut **tx;
                $body
            }
        }
    };
}

/// The database of this installation.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
    seal: Arc<Seal>,
}

#[derive(Clone, Debug)]
enum Engine {
    Sqlite { readers: SqlitePool, writer: Lane<OnlyWriter> },
    Postgres { pool: PgPool, lanes: PgPool },
}

/// A connection of one's own to write with, for whoever commits all the time. On SQLite it is the
/// one writer that everybody shares.
#[derive(Clone, Debug)]
pub struct Writer {
    lane: WriterLane,
    seal: Arc<Seal>,
}

#[derive(Clone, Debug)]
enum WriterLane {
    Sqlite(Lane<OnlyWriter>),
    Postgres(Lane<PoolConnection<Postgres>>),
}

impl Writer {
    /// As [`Store::write`].
    ///
    /// # Errors
    /// When the connection is lost; then a new writer is needed.
    pub async fn write(&self) -> Result<Db> {
        let seal = Arc::clone(&self.seal);
        Ok(match &self.lane {
            WriterLane::Sqlite(lane) => Db::Sqlite(Tx::begin_writing(lane, WAIT).await?, seal),
            WriterLane::Postgres(lane) => Db::Postgres(Tx::begin(lane, "begin", WAIT).await?, seal),
        })
    }
}

/// An open transaction on either engine. Dropped without [`Db::commit`], it leaves nothing.
pub enum Db {
    /// On SQLite.
    Sqlite(Tx<Sqlite>, Arc<Seal>),
    /// On PostgreSQL.
    Postgres(Tx<Postgres>, Arc<Seal>),
}

impl Db {
    /// Makes everything done so far last.
    ///
    /// # Errors
    /// When the database refuses; then nothing was done.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx, _) => tx.commit().await?,
            Self::Postgres(tx, _) => tx.commit().await?,
        }
        Ok(())
    }

    /// What opens the sealed columns.
    pub(crate) fn seal(&self) -> &Arc<Seal> {
        match self {
            Self::Sqlite(_, seal) | Self::Postgres(_, seal) => seal,
        }
    }
}

impl Store {
    /// Opens `sqlite:path/to/file.db` (made if missing) or `postgres://user@host/database`.
    ///
    /// # Errors
    /// A sentence that says what to change, when the address is of no use.
    pub async fn open(url: &str, seal: Seal) -> Result<Self> {
        let engine = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url).await?
        } else if let Some(path) = sqlite_file(url) {
            open_sqlite(path).await?
        } else {
            return Err(Error::Unusable(
                "the database address must begin with \"sqlite:\" or \"postgres://\", such as sqlite:data/aftercare.db"
                    .into(),
            ));
        };
        Ok(Self { engine, seal: Arc::new(seal) })
    }

    /// What signs and opens in this installation.
    #[must_use]
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// A copy of what is about to go out, packed and sealed for its row. A pattern must have been
    /// kept before.
    #[must_use]
    pub fn keep(&self, id: EmailId, plain: &[u8], pattern: Option<&Pattern>) -> Kept {
        Kept::of(&self.seal, id, plain, pattern)
    }

    /// A transaction to look with: it sees one moment and cannot write, on either engine.
    ///
    /// # Errors
    /// When no connection becomes free in time.
    pub async fn read(&self) -> Result<Db> {
        let seal = Arc::clone(&self.seal);
        Ok(match &self.engine {
            Engine::Sqlite { readers, .. } => Db::Sqlite(readers.begin().await?.into(), seal),
            Engine::Postgres { pool, .. } => {
                Db::Postgres(pool.begin_with("begin isolation level repeatable read, read only").await?.into(), seal)
            }
        })
    }

    /// A transaction to change with. On SQLite there is one at a time.
    ///
    /// # Errors
    /// When no connection becomes free in time.
    pub async fn write(&self) -> Result<Db> {
        let seal = Arc::clone(&self.seal);
        Ok(match &self.engine {
            Engine::Sqlite { writer, .. } => Db::Sqlite(Tx::begin_writing(writer, WAIT).await?, seal),
            Engine::Postgres { pool, .. } => Db::Postgres(pool.begin().await?.into(), seal),
        })
    }

    /// A connection to keep for the many commits of a delivery.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn writer(&self) -> Result<Writer> {
        let lane = match &self.engine {
            Engine::Sqlite { writer, .. } => WriterLane::Sqlite(Arc::clone(writer)),
            Engine::Postgres { lanes, .. } => WriterLane::Postgres(Arc::new(Mutex::new(Some(lanes.acquire().await?)))),
        };
        Ok(Writer { lane, seal: Arc::clone(&self.seal) })
    }

    /// Where a connection of one's own comes from, on PostgreSQL.
    pub(super) const fn lanes(&self) -> Option<&PgPool> {
        match &self.engine {
            Engine::Sqlite { .. } => None,
            Engine::Postgres { lanes, .. } => Some(lanes),
        }
    }

    /// Brings the schema up to date, and what the program itself keeps beside the register. All steps
    /// are one transaction: whenever the program dies, the schema is the old one or the new one. An
    /// older program refuses a newer schema.
    ///
    /// # Errors
    /// When a step fails; then the schema is the old one.
    pub async fn migrate(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite { writer, .. } => {
                let mut writer = writer.lock().await;
                let conn = &mut writer.as_mut().ok_or(sqlx::Error::PoolClosed)?.conn;
                let mut tx = conn.begin_with("begin immediate").await?;
                SQLITE.run_direct(None, &mut *tx, false).await?;
                tx.commit().await?;
            }
            Engine::Postgres { pool, .. } => {
                let mut tx = pool.begin().await?;
                // The migrator's own lock ends before the commit, and the next program would see the old schema.
                sqlx::query("select pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *tx).await?;
                POSTGRES.run_direct(None, &mut *tx, false).await?;
                tx.commit().await?;
            }
        }
        super::client::bring_up_to_date(self).await
    }

    /// Whether the schema is the one this program was written for: no step missing, none unknown.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn is_migrated(&self) -> Result<bool> {
        let (applied, known) = match &self.engine {
            Engine::Sqlite { writer, .. } => {
                let mut writer = writer.lock().await;
                let conn = &mut writer.as_mut().ok_or(sqlx::Error::PoolClosed)?.conn;
                conn.ensure_migrations_table(&SQLITE.table_name).await?;
                (conn.list_applied_migrations(&SQLITE.table_name).await?, &SQLITE)
            }
            Engine::Postgres { pool, .. } => {
                let mut conn = pool.acquire().await?;
                conn.ensure_migrations_table(&POSTGRES.table_name).await?;
                (conn.list_applied_migrations(&POSTGRES.table_name).await?, &POSTGRES)
            }
        };
        Ok(known
            .iter()
            .map(|step| (step.version, &step.checksum))
            .eq(applied.iter().map(|step| (step.version, &step.checksum))))
    }

    /// What PostgreSQL does by itself a minute after many changes: it looks at its tables again. A
    /// measurement does not wait for it. SQLite plans without.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn settle(&self) -> Result<()> {
        if let Engine::Postgres { pool, .. } = &self.engine {
            sqlx::query("vacuum analyze").execute(pool).await?;
        }
        Ok(())
    }

    /// Writes SQLite's journal into the file and empties it, so that what was erased does not stand in it any
    /// longer. Somebody who reads at that moment puts it off to the next time.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn empty_journal(&self) -> Result<()> {
        if let Engine::Sqlite { writer, .. } = &self.engine {
            let mut writer = writer.lock().await;
            let conn = &mut writer.as_mut().ok_or(sqlx::Error::PoolClosed)?.conn;
            sqlx::query("pragma wal_checkpoint(truncate)").execute(conn).await?;
        }
        Ok(())
    }

    /// Waits for open transactions and closes all connections.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { readers, writer } => {
                readers.close().await;
                if let Some(writer) = writer.lock().await.take()
                    && let Err(problem) = writer.conn.close().await
                {
                    tracing::warn!(%problem, "the database was not closed in order; its journal will be used");
                }
            }
            Engine::Postgres { pool, lanes } => {
                lanes.close().await;
                pool.close().await;
            }
        }
    }

    /// The word for logs and the status page.
    #[must_use]
    pub const fn engine_name(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite { .. } => "SQLite",
            Engine::Postgres { .. } => "PostgreSQL",
        }
    }
}

/// The file that an address of SQLite names; `None` for other addresses.
pub(super) fn sqlite_file(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(path.split_once('?').map_or(path, |(path, _)| path))
}

async fn open_postgres(url: &str) -> Result<Engine> {
    let options: PgConnectOptions =
        url.parse().map_err(|error| Error::Unusable(format!("the database address is not understood: {error}")))?;
    // Asked once without the pool, which would only say that it timed out.
    let asked = tokio::time::timeout(WAIT, options.connect()).await;
    let refused = |why: &dyn std::fmt::Display| {
        let (host, port) = (options.get_host(), options.get_port());
        Error::Unusable(format!(
            "PostgreSQL at {host}:{port} cannot be reached ({why}); is it running, and are user and password right?"
        ))
    };
    match asked {
        Ok(Ok(connection)) => connection.close().await?,
        Ok(Err(error)) => return Err(refused(&error)),
        Err(_) => return Err(refused(&"no answer in 5 seconds")),
    }
    let options = options.application_name("aftercare").options(ENDS_IDLE);
    let pools = |most| PgPoolOptions::new().max_connections(most).acquire_timeout(WAIT);
    let lanes = pools(LANES).connect_lazy_with(options.clone().options(BY_INDEX));
    let pool = pools(CONNECTIONS).connect_with(options).await?;
    Ok(Engine::Postgres { pool, lanes })
}

async fn open_sqlite(path: &str) -> Result<Engine> {
    if path.is_empty() || path.contains(":memory:") {
        return Err(Error::Unusable("SQLite needs a file, such as sqlite:data/aftercare.db".into()));
    }
    file::check_folder(Path::new(path))?;
    file::make_private(Path::new(path))?;
    // FULL makes a commit survive a power cut: "sending" must be on the disk before DATA begins.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT)
        .pragma("temp_store", "memory")
        .pragma("cache_size", "-16000")
        // An email changes its row three times within a second; copying the pages back less often
        // copies the last state alone.
        .pragma("wal_autocheckpoint", "4000");
    // The writer first: it makes the file, and only then readers can be kept from writing.
    let writer = Arc::new(Mutex::new(Some(OnlyWriter::open(options.clone()).await?)));
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(WAIT)
        .connect_with(options.pragma("query_only", "on").pragma("cache_size", "-8000"))
        .await?;
    Ok(Engine::Sqlite { readers, writer })
}
