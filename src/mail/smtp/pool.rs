//! The connections to one relay: never more than allowed, kept while they are good.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsConnector;

use super::Manner;
use super::session::Session;
use super::tls;
use super::transaction::{Ended, Prepared};
use crate::clinic::outbox::Outcome;
use crate::mail::relay::{RelayOptions, Security, SmtpRelay};

/// The connections to one relay.
pub(super) struct Pool {
    relay: SmtpRelay,
    tls: Option<TlsConnector>,
    options: Arc<RelayOptions>,
    places: Arc<Semaphore>,
    /// The most recently used last, so that a quiet hour lets the others grow old.
    idle: Mutex<Vec<Session>>,
}

/// What a relay made of a message.
pub(super) enum Try {
    /// Final, as far as this send goes.
    Done(Outcome),
    /// It cannot be reached, or takes nothing from us. Nothing left the house for good: another relay may be
    /// asked.
    Down(String),
    /// It answered and broke off before it had the mail: another may be asked as well.
    BrokeOff(String),
}

impl Pool {
    pub(super) fn new(relay: SmtpRelay, options: Arc<RelayOptions>) -> Result<Self, String> {
        let tls = match relay.security {
            Security::Plain => None,
            Security::StartTls | Security::Tls => Some(tls::connector(options.extra_ca_pem.as_deref())?),
        };
        let places = Arc::new(Semaphore::new(usize::from(options.connections)));
        Ok(Self { relay, tls, options, places, idle: Mutex::default() })
    }

    /// Sends over a kept connection or a new one.
    pub(super) async fn send(&self, letter: &Prepared, manner: &Manner<'_>) -> Try {
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
            return Try::Down(self.named("closed by us"));
        };
        let mut stale = self.fit().await;
        loop {
            let (mut session, was_kept) = match stale.take() {
                Some(session) => (session, true),
                None => match Session::open(&self.relay, self.tls.as_ref(), &self.options).await {
                    Ok(session) => {
                        tracing::debug!(relay = %self.relay, pipelining = session.pipelining, "connected to the relay");
                        (session, false)
                    }
                    Err(why) => return Try::Down(self.named(&why)),
                },
            };
            match session.deliver(letter).await {
                Ended::Settled(outcome) => {
                    self.keep(session, place, manner);
                    return Try::Done(outcome);
                }
                Ended::Closed(outcome) => return Try::Done(self.worded(outcome)),
                // Relays close idle connections whenever they like, also while our MAIL is on
                // its way. Nothing was delivered, so a fresh connection gets one more try.
                Ended::Lost(_) | Ended::Declined(_) if was_kept => {}
                Ended::Lost(why) => return Try::BrokeOff(self.named(&why)),
                Ended::Declined(why) => return Try::Down(self.named(&why)),
            }
        }
    }

    /// Opens a connection of its own and says goodbye: the sentence for `aftercare check`.
    pub(super) async fn probe(&self) -> Result<String, String> {
        let session =
            Session::open(&self.relay, self.tls.as_ref(), &self.options).await.map_err(|why| self.named(&why))?;
        let tls = if session.wire.is_encrypted() { "over TLS" } else { "without TLS" };
        let login = if self.relay.login.is_some() { ", signed in" } else { "" };
        let pipelining = if session.pipelining { ", with pipelining" } else { "" };
        let words = self.named(&format!("answers {tls}{login}{pipelining}"));
        session.quit().await;
        Ok(words)
    }

    /// Waits for what is on the wire, then says goodbye on every connection. Sends after this fail.
    pub(super) async fn close(&self) {
        let all = u32::from(self.options.connections);
        let waited = self.places.acquire_many(all).await;
        self.places.close();
        drop(waited);
        let idle = std::mem::take(&mut *self.idle());
        futures_util::future::join_all(idle.into_iter().map(Session::quit)).await;
    }

    /// A kept connection that can carry a message.
    async fn fit(&self) -> Option<Session> {
        loop {
            let mut session = self.idle().pop()?;
            if session.is_fit(self.options.ask_after).await {
                return Some(session);
            }
        }
    }

    /// Keeps a good connection, or says QUIT on one that carried its share. The goodbye has a
    /// task of its own, which keeps the place: an accepted mail must be reported at once.
    fn keep(&self, mut session: Session, place: OwnedSemaphorePermit, manner: &Manner<'_>) {
        let full_for_it = manner.messages_per_connection.is_some_and(|most| {
            let carried = session.carried_to.entry(manner.provider.to_owned()).or_default();
            *carried += 1;
            *carried >= most
        });
        if full_for_it || session.carried >= self.options.messages_per_connection {
            tokio::spawn(async move {
                session.quit().await;
                drop(place);
            });
        } else {
            self.idle().push(session);
        }
    }

    fn worded(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Unreachable { reason } => Outcome::Unreachable { reason: self.named(&reason) },
            Outcome::Uncertain { reason } => Outcome::Uncertain { reason: self.named(&reason) },
            other => other,
        }
    }

    fn named(&self, why: &str) -> String {
        format!("{}: {why}", self.relay)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        // Nothing panics while it is held, and a list of connections is never half changed.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
