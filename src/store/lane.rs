//! Connections that are kept in one hand, and the transactions on them. A pool asks a connection
//! whether it lives each time it is taken and each time it is put back: two trips for every commit,
//! as many as the commit itself needs. Whoever commits hundreds of times a second keeps one instead.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Database, PgConnection, Postgres, SqlStr, Sqlite, SqliteConnection, Transaction};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use super::{Error, Result};

/// A connection in one hand: whoever wants it waits in line. `None` once it was closed.
pub(super) type Lane<C> = Arc<Mutex<Option<C>>>;

/// An open transaction, on a connection of a pool or of a lane. Dropped without a commit, it
/// leaves nothing.
pub struct Tx<DB: Database>(Inner<DB>);

enum Inner<DB: Database> {
    Pool(Transaction<'static, DB>),
    Lane(Held<DB>),
}

struct Held<DB: Database> {
    conn: Box<dyn DerefMut<Target = DB::Connection> + Send>,
    open: bool,
}

impl<DB: Database> From<Transaction<'static, DB>> for Tx<DB> {
    fn from(tx: Transaction<'static, DB>) -> Self {
        Self(Inner::Pool(tx))
    }
}

impl<DB: Database> Tx<DB> {
    /// Begins one on this lane, once the transactions before it have ended.
    pub(super) async fn begin<C>(lane: &Lane<C>, statement: &'static str, within: Duration) -> Result<Self>
    where
        C: Connected<DB> + Send + 'static,
    {
        let waiting = tokio::time::timeout(within, Arc::clone(lane).lock_owned());
        let guard = waiting.await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let open: OwnedMappedMutexGuard<Option<C>, DB::Connection> =
            OwnedMutexGuard::try_map(guard, |conn| conn.as_mut().map(C::connection))
                .map_err(|_| sqlx::Error::PoolClosed)?;
        // Open from here on: a begin that is given up half way must be rolled back as well.
        let mut held = Held { conn: Box::new(open), open: true };
        DB::TransactionManager::begin(&mut held.conn, Some(SqlStr::from_static(statement))).await?;
        Ok(Self(Inner::Lane(held)))
    }

    pub(super) async fn commit(self) -> Result<()> {
        match self.0 {
            Inner::Pool(tx) => tx.commit().await?,
            Inner::Lane(mut held) => {
                DB::TransactionManager::commit(&mut held.conn).await?;
                held.open = false;
            }
        }
        Ok(())
    }
}

/// SQLite's one writer, and how another is opened in its place.
#[derive(Debug)]
pub(super) struct OnlyWriter {
    pub(super) conn: SqliteConnection,
    options: SqliteConnectOptions,
}

impl OnlyWriter {
    pub(super) async fn open(options: SqliteConnectOptions) -> sqlx::Result<Self> {
        Ok(Self { conn: options.connect().await?, options })
    }
}

impl Tx<Sqlite> {
    /// Begins to write. When the disk refuses a write, SQLite ends the transaction by itself, while sqlx
    /// goes on counting it as open and begins no other: such a connection is of no use any more.
    pub(super) async fn begin_writing(lane: &Lane<OnlyWriter>, within: Duration) -> Result<Self> {
        let begun = Self::begin(lane, BEGIN, within).await;
        if !matches!(begun, Err(Error::Database(sqlx::Error::InvalidSavePointStatement))) {
            return begun;
        }
        let mut place = tokio::time::timeout(within, lane.lock()).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let writer = place.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        writer.conn = writer.options.connect().await?;
        drop(place);
        tracing::warn!("a write to the database failed; its connection was replaced");
        Self::begin(lane, BEGIN, within).await
    }
}

/// Takes the write lock at once: a transaction that reads first and then writes would fail when
/// another wrote in between.
const BEGIN: &str = "begin immediate";

/// What leads to a connection: itself, or its place in a pool.
pub(super) trait Connected<DB: Database> {
    fn connection(&mut self) -> &mut DB::Connection;
}

impl Connected<Sqlite> for OnlyWriter {
    fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }
}

impl Connected<Postgres> for PoolConnection<Postgres> {
    fn connection(&mut self) -> &mut PgConnection {
        self
    }
}

impl<DB: Database> Drop for Held<DB> {
    fn drop(&mut self) {
        if self.open {
            // Queued, and done before the connection does anything else.
            DB::TransactionManager::start_rollback(&mut self.conn);
        }
    }
}

impl<DB: Database> Deref for Tx<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match &self.0 {
            Inner::Pool(tx) => tx,
            Inner::Lane(held) => &held.conn,
        }
    }
}

impl<DB: Database> DerefMut for Tx<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match &mut self.0 {
            Inner::Pool(tx) => tx,
            Inner::Lane(held) => &mut held.conn,
        }
    }
}
