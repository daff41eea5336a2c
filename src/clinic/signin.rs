//! The rules of signing in: how long a session lasts, what a password must be, and how many wrong
//! tries are taken. All of it on system time: a demo that runs fast must not sign people out.

use jiff::{SignedDuration, Timestamp};

/// A session that nobody used for this long is over.
pub const IDLE: SignedDuration = SignedDuration::from_mins(30);

/// A session is over after this long, used or not.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// A use is written down at most this often: a page a second must not be a write a second.
pub const NOTED: SignedDuration = SignedDuration::from_mins(1);

/// A link that sets a password, and the first set-up, work for this long.
pub const LINK: SignedDuration = SignedDuration::from_hours(24);

/// A second factor whose set-up began this long ago and was not finished is begun anew: its secret stood on a screen.
pub const SET_UP: SignedDuration = SignedDuration::from_mins(10);

/// Wrong tries are counted over this long.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// So many tries for one address, whoever makes them.
pub const TRIES_PER_ADDRESS: usize = 10;

/// So many tries from one place, whatever addresses they name: a desk of ten people may share one.
pub const TRIES_PER_PLACE: usize = 60;

/// How long to wait before another try, when `tries` (oldest first) are `most` or more within the
/// window.
#[must_use]
pub fn wait(tries: &[Timestamp], most: usize, now: Timestamp) -> Option<SignedDuration> {
    let since = now.saturating_sub(WINDOW).unwrap_or(now);
    let counted: Vec<&Timestamp> = tries.iter().filter(|at| **at > since).collect();
    // The door opens when so many have left the window that there is room for one.
    let leaves = counted.len().checked_sub(most).map(|index| *counted[index])?;
    Some(leaves.duration_since(since).max(SignedDuration::from_secs(1)))
}

/// When a session began, was last used, and ends whatever happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Last use by a person.
    pub seen_at: Timestamp,
    /// The absolute end.
    pub ends_at: Timestamp,
}

impl Span {
    /// A session that begins now.
    #[must_use]
    pub fn starting(now: Timestamp) -> Self {
        Self { seen_at: now, ends_at: now.saturating_add(LONGEST).unwrap_or(now) }
    }

    /// Whether the session still holds. A clock that was set back ends none.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.ends_at && now.duration_since(self.seen_at) < IDLE
    }

    /// Whether this use is to be written down.
    #[must_use]
    pub fn is_news(&self, now: Timestamp) -> bool {
        now.duration_since(self.seen_at) >= NOTED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_session_ends_when_idle_and_in_any_case() {
        let start = at("2026-01-05T08:00:00Z");
        let span = Span::starting(start);
        assert!(span.holds(at("2026-01-05T08:29:59Z")) && !span.holds(at("2026-01-05T08:30:00Z")));
        let used = Span { seen_at: at("2026-01-05T19:50:00Z"), ..span };
        assert!(used.holds(at("2026-01-05T19:59:59Z")) && !used.holds(at("2026-01-05T20:00:00Z")));
        assert!(span.holds(at("2026-01-05T07:00:00Z")), "a clock set back");
    }

    #[test]
    fn the_door_closes_after_so_many_tries_and_opens_as_they_grow_old() {
        let start = at("2026-01-05T08:00:00Z");
        let tries: Vec<Timestamp> = (0..3).map(|minute| start + SignedDuration::from_mins(minute)).collect();
        let later = |minutes: i64| start + SignedDuration::from_mins(minutes);
        assert_eq!(wait(&tries, 4, later(3)), None);
        assert_eq!(wait(&tries, 3, later(3)), Some(SignedDuration::from_mins(12)), "until the first is 15 minutes old");
        assert_eq!(wait(&tries, 3, later(15)), None);
        assert_eq!(wait(&tries, 1, later(15)), Some(SignedDuration::from_mins(2)), "until the last is");
        assert_eq!(wait(&[], 1, later(0)), None);
    }

    #[test]
    fn a_use_is_news_once_a_minute() {
        let span = Span::starting(at("2026-01-05T08:00:00Z"));
        assert!(!span.is_news(at("2026-01-05T08:00:59Z")) && span.is_news(at("2026-01-05T08:01:00Z")));
    }
}
