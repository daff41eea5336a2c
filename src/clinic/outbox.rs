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

mod acts;

pub use acts::{Act, may};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::profile::ClinicProfile;

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
    /// No connection, no TLS, 421 or 454 before a recipient was named, or a drop before the dot: about the
    /// relay, not the message.
    Unreachable {
        /// What happened, in words.
        reason: String,
    },
    /// 421 or 454 about the mailbox's provider: its mail goes slower from now on, the others' does not.
    Throttled {
        /// The relay's words.
        reply: String,
    },
    /// The dot was sent and no reply came.
    Uncertain {
        /// What happened, in words.
        reason: String,
    },
}

impl Outcome {
    /// The relay's words, or ours.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Accepted { reply }
            | Self::Deferred { reply }
            | Self::Refused { reply }
            | Self::Throttled { reply } => reply,
            Self::Unreachable { reason } | Self::Uncertain { reason } => reason,
        }
    }
}

/// What to do with an email that a worker has taken, before anything leaves the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Send it now.
    Go,
    /// The send window is closed: look again at this moment.
    WaitUntil(Timestamp),
    /// Its use is over, or will be before the window opens.
    TooLate,
}

/// Asks the clinic's window and the email's own end of use. Asked again at send time, because an
/// outage or a changed window may lie between planning and sending.
#[must_use]
pub fn before(clinic: &ClinicProfile, due: Timestamp, not_after: Timestamp, now: Timestamp) -> Before {
    if now > not_after {
        return Before::TooLate;
    }
    let window = &clinic.send_window;
    if window.lets_leave(&clinic.zone, due, now) {
        return Before::Go;
    }
    let opens = window.next_opening(&clinic.zone, &now.to_zoned(clinic.zone.rules().clone())).timestamp();
    if opens > not_after { Before::TooLate } else { Before::WaitUntil(opens) }
}

/// What becomes of an email after a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Done.
    Sent,
    /// Refused for good, or retries used up.
    Failed,
    /// Try again.
    Again {
        /// When.
        at: Timestamp,
        /// Whether this try counts against the email: a relay's trouble does not.
        counts: bool,
    },
    /// Perhaps delivered: resend or hold, as its policy says.
    Uncertain,
    /// The next try would be of no use any more.
    TooLate,
}

/// The waits after replies about the message, in minutes (each four times the one before).
const WAITS: [i64; 5] = [1, 4, 16, 64, 256];

/// The wait after trouble with the relay. It slows all its mail and costs no attempt, so it stays short.
const RELAY_WAIT: SignedDuration = SignedDuration::from_mins(1);

/// Decides what becomes of an email after a try. `attempts` counts the tries before this one that
/// ended in a reply about the message; `jitter`, from 0 to 1, spreads retries by up to a tenth
/// either way so that a burst does not come back as a burst.
#[must_use]
pub fn after(outcome: &Outcome, attempts: u32, now: Timestamp, not_after: Timestamp, jitter: f64) -> Next {
    let again = |wait: SignedDuration, counts: bool| match now.checked_add(wait) {
        Ok(at) if at <= not_after => Next::Again { at, counts },
        _ => Next::TooLate,
    };
    match outcome {
        Outcome::Accepted { .. } => Next::Sent,
        Outcome::Refused { .. } => Next::Failed,
        Outcome::Uncertain { .. } => Next::Uncertain,
        Outcome::Unreachable { .. } | Outcome::Throttled { .. } => again(spread(RELAY_WAIT, jitter), false),
        Outcome::Deferred { .. } => match WAITS.get(usize::try_from(attempts).unwrap_or(usize::MAX)) {
            Some(minutes) => again(spread(SignedDuration::from_mins(*minutes), jitter), true),
            None => Next::Failed,
        },
    }
}

fn spread(wait: SignedDuration, jitter: f64) -> SignedDuration {
    wait.mul_f64(0.2f64.mul_add(jitter.clamp(0.0, 1.0), 0.9))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn deferred() -> Outcome {
        Outcome::Deferred { reply: "451 later".into() }
    }

    #[test]
    fn waits_grow_fourfold_and_end() {
        let (now, far) = (instant("2026-01-05T08:00:00Z"), instant("2026-02-05T08:00:00Z"));
        for (attempts, minutes) in (0u32..).zip(WAITS) {
            for (jitter, factor) in [(0.0, 0.9), (0.5, 1.0), (1.0, 1.1)] {
                let Next::Again { at, counts: true } = after(&deferred(), attempts, now, far, jitter) else {
                    panic!("another try after {attempts}")
                };
                #[expect(clippy::cast_precision_loss, reason = "minutes are small")]
                let expected = minutes as f64 * 60.0 * factor;
                assert!((at.duration_since(now).as_secs_f64() - expected).abs() < 0.001);
            }
        }
        assert_eq!(after(&deferred(), 5, now, far, 0.5), Next::Failed);
    }

    #[test]
    fn a_relays_trouble_costs_no_attempt_and_ends_only_when_too_late() {
        let now = instant("2026-01-05T08:00:00Z");
        let down = Outcome::Unreachable { reason: "connection refused".into() };
        let slow = Outcome::Throttled { reply: "421 slow down".into() };
        for trouble in [down, slow] {
            assert_eq!(
                after(&trouble, 99, now, instant("2026-01-05T08:01:00Z"), 0.5),
                Next::Again { at: instant("2026-01-05T08:01:00Z"), counts: false }
            );
            assert_eq!(after(&trouble, 0, now, instant("2026-01-05T08:00:59Z"), 0.5), Next::TooLate);
        }
    }

    #[test]
    fn a_reply_decides_and_no_reply_is_uncertain() {
        let (now, far) = (instant("2026-01-05T08:00:00Z"), instant("2026-01-06T08:00:00Z"));
        let next = |outcome: Outcome| after(&outcome, 0, now, far, 0.5);
        assert_eq!(next(Outcome::Accepted { reply: "250 ok".into() }), Next::Sent);
        assert_eq!(next(Outcome::Refused { reply: "550 no".into() }), Next::Failed);
        assert_eq!(next(Outcome::Uncertain { reason: "dropped".into() }), Next::Uncertain);
    }

    #[test]
    fn a_retry_is_never_planned_beyond_its_use() {
        let now = instant("2026-01-05T08:00:00Z");
        assert_eq!(after(&deferred(), 3, now, instant("2026-01-05T09:00:00Z"), 0.5), Next::TooLate);
    }

    #[test]
    fn the_window_is_asked_again_at_send_time() {
        let clinic = ClinicProfile::default();
        let due = instant("2026-01-05T09:00:00Z");
        let ask = |now: &str, not_after: &str| before(&clinic, due, instant(not_after), instant(now));
        assert_eq!(ask("2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z"), Before::Go);
        assert_eq!(ask("2026-01-05T20:29:00Z", "2026-01-06T09:00:00Z"), Before::Go);
        assert_eq!(
            ask("2026-01-05T21:00:00Z", "2026-01-06T09:00:00Z"),
            Before::WaitUntil(instant("2026-01-06T08:00:00Z"))
        );
        assert_eq!(ask("2026-01-05T21:00:00Z", "2026-01-06T07:59:00Z"), Before::TooLate);
        assert_eq!(ask("2026-01-06T09:00:00.001Z", "2026-01-06T09:00:00Z"), Before::TooLate);
    }
}
