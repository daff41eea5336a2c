//! Hands messages to relays and tells how it ended. What each ending means is in
//! [`Outcome`]; the rules about what follows are in [`crate::clinic::outbox`].
//!
//! The pool and the conversation are ours, the spelling of AUTH is lettre's. Why: `wire.rs`.

mod pool;
mod session;
mod tls;
mod transaction;
mod wire;

pub(super) use tls::connector;

use std::path::PathBuf;
use std::sync::Arc;

use self::pool::{Pool, Try};
use self::transaction::Prepared;
use super::folder;
use super::relay::{Relay, RelayOptions};
use crate::clinic::outbox::Outcome;
use crate::clinic::person::EmailAddress;

/// A message ready to leave.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The envelope sender: where bounces go.
    pub from: &'a EmailAddress,
    /// The one recipient.
    pub to: &'a EmailAddress,
    /// Header and body: ASCII, every line ending in CR LF.
    pub bytes: &'a [u8],
    /// Its Message-ID, for logs and file names.
    pub message_id: &'a str,
}

/// Sends messages through relays in the order of the settings. Cheap to clone.
#[derive(Clone)]
pub struct Mailer(Arc<Ways>);

struct Ways {
    ways: Vec<Way>,
    connections: usize,
}

enum Way {
    Smtp(Pool),
    Folder(PathBuf),
}

impl Mailer {
    /// Prepares the ways out; connects to nothing.
    ///
    /// # Errors
    /// One sentence, when settings or certificates cannot be used.
    pub fn new(relays: Vec<Relay>, options: RelayOptions) -> Result<Self, String> {
        let connections = usize::from(options.connections);
        if connections == 0 || options.messages_per_connection == 0 {
            return Err("mail.connections and the messages a connection carries start at 1".into());
        }
        if options.helo_name.is_empty() || !options.helo_name.chars().all(|c| c.is_ascii_graphic()) {
            return Err("the name for EHLO must be a host name".into());
        }
        if relays.is_empty() {
            return Err("mail.url is empty; name at least one relay or folder".into());
        }
        let options = Arc::new(options);
        let ways = relays.into_iter().map(|relay| match relay {
            Relay::Smtp(relay) => Pool::new(relay, Arc::clone(&options)).map(Way::Smtp),
            Relay::Folder(path) => Ok(Way::Folder(path)),
        });
        Ok(Self(Arc::new(Ways { ways: ways.collect::<Result<_, _>>()?, connections })))
    }

    /// How many messages may be on the wire at once: the *k* that bounds what a crash makes
    /// uncertain.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.connections
    }

    /// Sends one message. Ends within the stages' limits whatever the relay does. A relay that
    /// cannot be reached makes the next one be tried, but never once the dot has left: the first
    /// may have taken the message.
    ///
    /// Dropping the future closes the connection it was using.
    pub async fn send(&self, message: Message<'_>) -> Outcome {
        let letter = match Prepared::new(&message) {
            Ok(letter) => letter,
            Err(why) => return Outcome::Refused { reply: format!("not sent: {why}") },
        };
        let mut reasons = Vec::new();
        for way in self.0.in_order() {
            match way.send(&letter, &message).await {
                Try::Done(outcome) => return outcome,
                Try::Elsewhere(why) => {
                    tracing::warn!(message_id = message.message_id, reason = %why, "a relay could not be reached");
                    reasons.push(why);
                }
            }
        }
        Outcome::Unreachable { reason: reasons.join("; ") }
    }

    /// Tries every way out without sending: connection, TLS, sign-in.
    ///
    /// # Errors
    /// A line for each way, when at least one fails.
    pub async fn probe(&self) -> Result<String, String> {
        let mut lines = Vec::new();
        let mut all_well = true;
        for way in &self.0.ways {
            let (Ok(line) | Err(line)) = way.probe().await.inspect_err(|_| all_well = false);
            lines.push(line);
        }
        let words = lines.join("\n");
        if all_well { Ok(words) } else { Err(words) }
    }

    /// Waits for what is on the wire, then says QUIT everywhere. Later sends are `Unreachable`.
    pub async fn close(&self) {
        for way in &self.0.ways {
            if let Way::Smtp(pool) = way {
                pool.close().await;
            }
        }
    }
}

impl Ways {
    /// As set, but a relay that just failed comes last: waiting for its timeout with every mail
    /// would make a second relay useless.
    fn in_order(&self) -> impl Iterator<Item = &Way> {
        let mut ways: Vec<&Way> = self.ways.iter().collect();
        if ways.len() > 1 {
            ways.sort_by_key(|way| matches!(way, Way::Smtp(pool) if pool.is_resting()));
        }
        ways.into_iter()
    }
}

impl Way {
    async fn send(&self, letter: &Prepared, message: &Message<'_>) -> Try {
        match self {
            Self::Smtp(pool) => pool.send(letter).await,
            Self::Folder(path) => {
                let (folder, id, bytes) = (path.clone(), message.message_id.to_owned(), message.bytes.to_vec());
                match tokio::task::spawn_blocking(move || folder::write(&folder, &id, &bytes)).await {
                    Ok(Ok(_)) => Try::Done(Outcome::Accepted { reply: "250 written to the folder".into() }),
                    Ok(Err(why)) => Try::Elsewhere(format!("{}: {why}", path.display())),
                    Err(_) => Try::Elsewhere(format!("{}: writing stopped", path.display())),
                }
            }
        }
    }

    async fn probe(&self) -> Result<String, String> {
        match self {
            Self::Smtp(pool) => pool.probe().await,
            Self::Folder(path) => {
                let folder = path.clone();
                let tried = tokio::task::spawn_blocking(move || {
                    std::fs::create_dir_all(&folder)?;
                    tempfile::tempfile_in(&folder)
                });
                match tried.await {
                    Ok(Ok(_)) => Ok(format!("{}: can be written", path.display())),
                    Ok(Err(why)) => Err(format!("{}: {why}", path.display())),
                    Err(_) => Err(format!("{}: trying stopped", path.display())),
                }
            }
        }
    }
}
