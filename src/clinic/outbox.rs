//! The life of an email: what may happen to it next. Pure; the store keeps the states and the
//! worker asks here before and after every send.
//!
//! ```text
//!              cancel / consent withdrawn / suppressed / too late
//!          ┌──────────────────────────────────────────────▶ cancelled | suppressed | expired
//! scheduled ──▶ claimed ──▶ sending ──▶ sent
//!     ▲  ▲         │           ├──▶ failed        5xx, or retries used up
//!     │  └─────────┘           ├──▶ scheduled     4xx or no connection: again later
//!     │   lease ran out        └──▶ uncertain     the dot was sent and no reply came, or we died here
//!   held ◀──▶ (warning sign, staff)
//! ```

use serde::{Deserialize, Serialize};

/// Where an email is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waiting for its time.
    Scheduled,
    /// Taken by a worker under a lease; nothing has left the house.
    Claimed,
    /// On the wire: committed before DATA, so that a crash leaves evidence.
    Sending,
    /// Accepted by the relay with code 250 after the final dot.
    Sent,
    /// Refused for good, or retries used up.
    Failed,
    /// Handed over, perhaps: no reply came after the dot, or we died on the wire.
    Uncertain,
    /// Waiting for staff.
    Held,
    /// Called off.
    Cancelled,
    /// The address is suppressed.
    Suppressed,
    /// Became too late.
    Expired,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Scheduled,
        Self::Claimed,
        Self::Sending,
        Self::Sent,
        Self::Failed,
        Self::Uncertain,
        Self::Held,
        Self::Cancelled,
        Self::Suppressed,
        Self::Expired,
    ];

    /// The id used in tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Claimed => "claimed",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
            Self::Held => "held",
            Self::Cancelled => "cancelled",
            Self::Suppressed => "suppressed",
            Self::Expired => "expired",
        }
    }

    /// The state of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == id)
    }
}

/// What to do with an email whose fate is uncertain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uncertainty {
    /// Send it again with the same Message-ID: right for safety advice, and the default.
    Resend,
    /// Leave it to staff.
    Hold,
}

impl Uncertainty {
    /// The id used in tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Hold => "hold",
        }
    }
}

/// How one try to hand an email to a relay ended. Transports report this and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 250 after the final dot, with the relay's words.
    Accepted {
        /// The relay's words.
        reply: String,
    },
    /// A 4xx about this message: try again later.
    Deferred {
        /// The relay's words.
        reply: String,
    },
    /// A 5xx about this message: do not try again.
    Refused {
        /// The relay's words.
        reply: String,
    },
    /// No connection, no TLS, 421 or 454, or a drop before the dot: about the relay, not the message.
    Unreachable {
        /// What happened, in words.
        reason: String,
    },
    /// The dot was sent and no reply came.
    Uncertain {
        /// What happened, in words.
        reason: String,
    },
}
