//! How delivery stands, for those who look after it: relays, providers, and what a refusal means in
//! plain words. No address of anyone is ever kept in it.

mod words;

pub use words::{Said, refusal, without_addresses};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How one worker and its ways out stand. Every time is system time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The ways out, in the order of the settings.
    pub relays: Vec<Relay>,
    /// Providers that are left in peace for a while.
    pub resting: Vec<Resting>,
}

/// One way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relay {
    /// Host and port, or the folder.
    pub name: String,
    /// What it is used for.
    pub standing: Standing,
    /// When it last answered about a mail.
    pub worked_at: Option<Timestamp>,
    /// When it last made trouble.
    pub trouble_at: Option<Timestamp>,
    /// What it was.
    pub trouble: Option<String>,
}

/// What a relay is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Everything.
    Works,
    /// Nothing, for a moment: it could not be reached.
    LeftAlone,
    /// One mail, to see whether it is back.
    Tried,
}

/// A provider that said "not so fast".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resting {
    /// Which one.
    pub provider: String,
    /// Until when.
    pub until: Timestamp,
    /// What it said.
    pub why: String,
}

/// A worker that has not been heard of for so long is taken for stopped. Workers look at least once in
/// `worker.poll`, which hardly anyone sets to more than a minute.
const SILENCE: SignedDuration = SignedDuration::from_mins(3);

/// One start of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Which one.
    pub owner: String,
    /// Which program it is.
    pub version: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it was last heard of.
    pub beat_at: Timestamp,
    /// How it stands.
    pub health: Health,
}

impl Beat {
    /// Whether it is at work.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now.duration_since(self.beat_at) < SILENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_at_work_until_it_has_been_silent_for_three_minutes() {
        let at = |text: &str| -> Timestamp { text.parse().expect("an instant") };
        let beat = Beat {
            owner: "a".into(),
            version: "0.1.0".into(),
            started_at: at("2026-01-05T08:00:00Z"),
            beat_at: at("2026-01-05T09:00:00Z"),
            health: Health::default(),
        };
        assert!(beat.is_alive(at("2026-01-05T09:02:59Z")) && !beat.is_alive(at("2026-01-05T09:03:00Z")));
    }
}
