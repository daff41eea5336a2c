//! Hands messages to relays and tells how it ended. What each ending means is in
//! [`Outcome`]; the rules about what follows are in [`crate::clinic::outbox`].
//!
//! The pool and the conversation are ours, the spelling of AUTH is lettre's. Why: `wire.rs`.

mod pool;
mod session;
mod tls;
mod transaction;
mod wire;

pub(crate) use tls::connector;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use self::pool::{Pool, Try};
use self::transaction::Prepared;
use super::breaker::{Breaker, Use};
use super::folder;
use super::relay::{Relay, RelayOptions};
use crate::clinic::outbox::Outcome;
use crate::clinic::person::EmailAddress;
use crate::clock::Clock;

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
    /// How its provider and its clinic want it.
    pub manner: Manner<'a>,
}

/// How a message is to be sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner<'a> {
    /// Whose mailbox it goes to: a relay's "not so fast" is about these.
    pub provider: &'a str,
    /// So many to this provider over one connection.
    pub messages_per_connection: Option<u32>,
    /// The relay to try first, by its name; without one, or when it is gone, the order of the settings.
    pub relay: Option<&'a str>,
    /// Whether to try also a relay that is left alone for a moment.
    pub insist: bool,
}

/// Sends messages through relays in the order of the settings. Cheap to clone.
#[derive(Clone)]
pub struct Mailer(Arc<Ways>);

struct Ways {
    ways: Vec<Way>,
    connections: usize,
    clock: Clock,
}

struct Way {
    name: String,
    to: To,
    breaker: Mutex<Breaker>,
}

enum To {
    Smtp(Box<Pool>),
    Folder(PathBuf),
}

/// How one way out stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Host and port, or the folder.
    pub name: String,
    /// What it is used for at the moment.
    pub may: Use,
    /// When it last answered about a mail, in system time.
    pub worked_at: Option<Timestamp>,
    /// When it last made trouble, in system time, and what it was.
    pub trouble: Option<(Timestamp, String)>,
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
        let (options, clock) = (Arc::new(options.clone()), options.clock);
        let ways = relays.into_iter().map(|relay| {
            let name = relay.name();
            let to = match relay {
                Relay::Smtp(relay) => To::Smtp(Box::new(Pool::new(relay, Arc::clone(&options))?)),
                Relay::Folder(path) => To::Folder(path),
            };
            Ok(Way { name, to, breaker: Mutex::default() })
        });
        Ok(Self(Arc::new(Ways { ways: ways.collect::<Result<_, String>>()?, connections, clock })))
    }

    /// How many messages may be on the wire at once: the *k* that bounds what a crash makes
    /// uncertain.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.connections
    }

    /// How many messages may be on the wire now: all, while a relay works; one, to try a relay that
    /// rested; none, while all of them rest.
    #[must_use]
    pub fn room(&self) -> usize {
        let now = self.0.clock.system_now();
        let uses = self.0.ways.iter().map(|way| way.breaker().may(now));
        uses.fold(0, |room, one| match one {
            Use::Freely => self.0.connections,
            Use::ToTry => room.max(1),
            Use::NotBefore(_) => room,
        })
    }

    /// When a relay may be tried again, while all of them rest; in system time.
    #[must_use]
    pub fn rests_until(&self) -> Option<Timestamp> {
        let now = self.0.clock.system_now();
        let mut earliest = None;
        for way in &self.0.ways {
            match way.breaker().may(now) {
                Use::NotBefore(until) => earliest = Some(earliest.map_or(until, |so_far: Timestamp| so_far.min(until))),
                Use::Freely | Use::ToTry => return None,
            }
        }
        earliest
    }

    /// How each way out stands, in the order of the settings.
    #[must_use]
    pub fn standing(&self) -> Vec<Standing> {
        let now = self.0.clock.system_now();
        let of = |way: &Way| {
            let breaker = way.breaker();
            Standing {
                name: way.name.clone(),
                may: breaker.may(now),
                worked_at: breaker.worked_at,
                trouble: breaker.trouble.clone(),
            }
        };
        self.0.ways.iter().map(of).collect()
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
        for way in self.0.in_order(message.manner.relay) {
            if !way.breaker().enter(self.0.clock.system_now()) && !message.manner.insist {
                reasons.push(format!("{}: left alone for a moment", way.name));
                continue;
            }
            let tried = way.send(&letter, &message).await;
            let now = self.0.clock.system_now();
            match tried {
                Try::Done(outcome) => {
                    way.breaker().learn(&outcome, message.manner.provider, now);
                    return outcome;
                }
                Try::Down(why) => {
                    way.breaker().failed(&why, now);
                    tracing::warn!(message_id = message.message_id, reason = %why, "a relay could not be reached");
                    reasons.push(why);
                }
                Try::BrokeOff(why) => {
                    way.breaker().broke_off(&why, now);
                    tracing::warn!(message_id = message.message_id, reason = %why, "a relay broke off");
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
            if let To::Smtp(pool) = &way.to {
                pool.close().await;
            }
        }
    }
}

impl Ways {
    /// As set, with the preferred one first.
    fn in_order(&self, preferred: Option<&str>) -> impl Iterator<Item = &Way> {
        let is_first = move |way: &&Way| preferred == Some(way.name.as_str());
        self.ways.iter().filter(is_first).chain(self.ways.iter().filter(move |way| !is_first(way)))
    }
}

impl Way {
    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // Nothing panics while it is held, and it is never half changed.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, letter: &Prepared, message: &Message<'_>) -> Try {
        match &self.to {
            To::Smtp(pool) => pool.send(letter, &message.manner).await,
            To::Folder(path) => {
                let (folder, id, bytes) = (path.clone(), message.message_id.to_owned(), message.bytes.to_vec());
                match tokio::task::spawn_blocking(move || folder::write(&folder, &id, &bytes)).await {
                    Ok(Ok(_)) => Try::Done(Outcome::Accepted { reply: "250 written to the folder".into() }),
                    Ok(Err(why)) => Try::Down(format!("{}: {why}", path.display())),
                    Err(_) => Try::Down(format!("{}: writing stopped", path.display())),
                }
            }
        }
    }

    async fn probe(&self) -> Result<String, String> {
        match &self.to {
            To::Smtp(pool) => pool.probe().await,
            To::Folder(path) => {
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
