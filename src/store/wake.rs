//! Waking workers: whoever makes an email due sooner than they know says so with the commit. PostgreSQL
//! passes it on to every process (LISTEN and NOTIFY); on SQLite there is one worker, in this process, and
//! it looks again every few seconds. A word that is lost costs no more than the time to the next look.

use sqlx::postgres::PgListener;

use super::{Db, Result, Store};

const CHANNEL: &str = "aftercare_due";

/// Says, once this transaction is committed, that something may be due.
///
/// # Errors
/// When the database refuses.
pub(in crate::store) async fn soon(db: &mut Db) -> Result<()> {
    if let Db::Postgres(tx, _) = db {
        sqlx::query("select pg_notify($1, '')").bind(CHANNEL).execute(&mut **tx).await?;
    }
    Ok(())
}

/// The end where a worker hears it.
pub struct Wake(Option<PgListener>);

impl Store {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn wake(&self) -> Result<Wake> {
        let Some(pool) = self.lanes() else { return Ok(Wake(None)) };
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(Wake(Some(listener)))
    }
}

impl Wake {
    /// Waits for the next word; for ever, where nobody can say one.
    ///
    /// # Errors
    /// When the connection is lost and cannot be made again.
    pub async fn next(&mut self) -> Result<()> {
        match &mut self.0 {
            None => std::future::pending().await,
            Some(listener) => {
                listener.recv().await?;
                // What was said meanwhile is the same word.
                while listener.next_buffered().is_some() {}
                Ok(())
            }
        }
    }
}
