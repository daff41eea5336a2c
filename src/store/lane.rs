//! Connections that are kept in one hand, and the transactions on them. A pool asks a connection
//! whether it lives each time it is taken and each time it is put back: two trips for every commit,
//! as many as the commit itself needs. Whoever commits hundreds of times a second keeps one instead.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Database, PgConnection, Postgres, SqlStr, Sqlite, SqliteConnection, Transaction};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use super::Result;

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

/// What leads to a connection: itself, or its place in a pool.
pub(super) trait Connected<DB: Database> {
    fn connection(&mut self) -> &mut DB::Connection;
}

impl Connected<Sqlite> for SqliteConnection {
    fn connection(&mut self) -> &mut SqliteConnection {
        self
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
