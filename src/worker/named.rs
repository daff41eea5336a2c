//! A worker whose mail server is named in the browser: it looks whether another was named, finishes what is
//! on the wire, and goes on by the new one. Nobody has to start the program again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{Sender, Worker};
use crate::clinic::mail_server::MailServer;
use crate::mail::smtp::Mailer;
use crate::store::outbox::Owner;
use crate::store::{self, mail_server};

/// Makes a way out of the server that was named, and who mail comes from by it.
pub type WayOut = Arc<dyn Fn(&MailServer) -> Result<(Mailer, Sender), String> + Send + Sync>;

impl Worker {
    /// As [`Worker::run`], by the mail server that stands in the database. Another one is taken up within
    /// `poll`.
    pub async fn run_as_named(&self, way_out: WayOut, poll: Duration, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let another = match self.as_named(&way_out).await {
                Ok((worker, version)) => {
                    let (end, ended) = watch::channel(false);
                    tokio::join!(worker.run(poll, ended), self.until_another(version, poll, &mut stop, end)).1
                }
                Err(problem) => {
                    tracing::error!(%problem, "which mail server was named cannot be read; it is tried again");
                    tokio::time::timeout(poll, stop.changed()).await.is_err()
                }
            };
            if !another {
                return;
            }
        }
    }

    /// This worker with the server that was named, and the version of that; without a way out while none was.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn as_named(&self, way_out: &WayOut) -> store::Result<(Self, u32)> {
        let mut worker = Self { owner: Owner::fresh(), mailer: None, ..self.clone() };
        let mut db = self.store.read().await?;
        let Some((server, version)) = mail_server::find(&mut db).await? else { return Ok((worker, 0)) };
        match way_out(&server) {
            Ok((mailer, sender)) => {
                worker.mailer = Some(mailer);
                worker.sender = sender;
            }
            Err(problem) => tracing::error!(%problem, "the mail server that was named cannot be used"),
        }
        Ok((worker, version))
    }

    /// Waits until another server was named, or for the word to stop; then lets the worker end. `false` when it
    /// was the word to stop.
    async fn until_another(
        &self,
        version: u32,
        poll: Duration,
        stop: &mut watch::Receiver<bool>,
        end: watch::Sender<bool>,
    ) -> bool {
        let another = loop {
            if *stop.borrow() || tokio::time::timeout(poll, stop.changed()).await.is_ok() {
                break false;
            }
            let now = async { mail_server::version(&mut self.store.read().await?).await };
            match now.await {
                Ok(now) if now != version => break true,
                Ok(_) => {}
                Err(problem) => tracing::warn!(%problem, "whether another mail server was named is not known"),
            }
        };
        end.send_replace(true);
        another
    }
}
