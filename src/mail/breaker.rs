//! Whether a relay is worth trying. A relay that cannot be reached is left alone for a while, so that
//! mail takes the next way out without waiting for its timeout each time; then one mail tries it, and
//! when that is answered the others follow. Pure: instants come in.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::clinic::outbox::Outcome;

/// So long nothing tries. Shorter than the wait of an email that found no relay, so that the email which
/// comes back first may try.
const REST: SignedDuration = SignedDuration::from_secs(50);

/// A try that has not come back by then is forgotten: whoever made it was stopped.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(3);

/// So many mails in a row that broke off within the conversation, or so many providers in a row that are
/// said to be busy: it is the relay. Fewer may be one bad mail or one provider.
const ENOUGH: usize = 3;

/// How a relay stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    state: State,
    broke_off: usize,
    busy_for: BTreeSet<String>,
    /// When it last answered about a mail.
    pub worked_at: Option<Timestamp>,
    /// When it last made trouble, and what it was.
    pub trouble: Option<(Timestamp, String)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    Open {
        until: Timestamp,
    },
    /// One mail tries it.
    Trying {
        since: Timestamp,
    },
}

/// What a relay may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Everything.
    Freely,
    /// One mail, to see whether it is back.
    ToTry,
    /// Nothing until then.
    NotBefore(Timestamp),
}

impl Breaker {
    /// What it may be used for now.
    #[must_use]
    pub fn may(&self, now: Timestamp) -> Use {
        match self.state {
            State::Closed => Use::Freely,
            // A rest that lies further ahead than a rest is long was reckoned by a clock set back since.
            State::Open { until } if until > now && until.duration_since(now) <= REST => Use::NotBefore(until),
            State::Open { .. } => Use::ToTry,
            State::Trying { since } => {
                let forgotten = since.saturating_add(FORGOTTEN).unwrap_or(Timestamp::MAX);
                if now >= forgotten || since > now { Use::ToTry } else { Use::NotBefore(forgotten) }
            }
        }
    }

    /// Asks to use it for a mail. The one that may try it is the only one until it is back.
    pub fn enter(&mut self, now: Timestamp) -> bool {
        match self.may(now) {
            Use::Freely => true,
            Use::ToTry => {
                self.state = State::Trying { since: now };
                true
            }
            Use::NotBefore(_) => false,
        }
    }

    /// What a mail that it had, or perhaps had, tells about it.
    pub fn learn(&mut self, outcome: &Outcome, provider: &str, now: Timestamp) {
        match outcome {
            Outcome::Accepted { .. } | Outcome::Deferred { .. } | Outcome::Refused { .. } => self.worked(now),
            Outcome::Throttled { reply } => self.busy(provider, reply, now),
            Outcome::Uncertain { reason } => self.broke_off(reason, now),
            Outcome::Unreachable { reason } => self.failed(reason, now),
        }
    }

    /// It answered about a mail, whatever it said.
    pub fn worked(&mut self, now: Timestamp) {
        *self = Self { worked_at: Some(now), trouble: self.trouble.take(), ..Self::default() };
    }

    /// It cannot be reached, or says itself that it takes nothing.
    pub fn failed(&mut self, why: &str, now: Timestamp) {
        self.trouble = Some((now, why.to_owned()));
        self.rest(now);
    }

    /// It answered and then broke off.
    pub fn broke_off(&mut self, why: &str, now: Timestamp) {
        self.trouble = Some((now, why.to_owned()));
        self.broke_off += 1;
        if self.broke_off >= ENOUGH {
            self.rest(now);
        } else {
            self.answers();
        }
    }

    /// It says "not so fast" about this provider.
    pub fn busy(&mut self, provider: &str, why: &str, now: Timestamp) {
        self.busy_for.insert(provider.to_owned());
        if self.busy_for.len() >= ENOUGH {
            self.failed(why, now);
        } else {
            self.answers();
        }
    }

    /// A try found it answering.
    fn answers(&mut self) {
        self.state = State::Closed;
    }

    fn rest(&mut self, now: Timestamp) {
        self.state = State::Open { until: now.saturating_add(REST).unwrap_or(Timestamp::MAX) };
        (self.broke_off, self.busy_for) = (0, BTreeSet::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_767_600_000 + seconds).expect("an instant")
    }

    #[test]
    fn a_relay_that_cannot_be_reached_rests_and_then_one_mail_tries_it() {
        let mut relay = Breaker::default();
        assert!(relay.enter(at(0)) && relay.enter(at(0)));
        relay.failed("no connection", at(0));
        assert_eq!(relay.may(at(49)), Use::NotBefore(at(50)));
        assert!(!relay.enter(at(49)));
        assert_eq!(relay.may(at(50)), Use::ToTry, "looking changes nothing");
        assert!(relay.enter(at(50)), "the first may try");
        assert!(!relay.enter(at(51)), "the others wait for it");
        relay.failed("no connection", at(52));
        assert_eq!(relay.may(at(53)), Use::NotBefore(at(102)));
        assert!(relay.enter(at(102)));
        relay.worked(at(103));
        assert_eq!((relay.may(at(103)), relay.worked_at), (Use::Freely, Some(at(103))));
        assert_eq!(relay.trouble, Some((at(52), "no connection".into())), "what was last wrong is remembered");
    }

    #[test]
    fn one_bad_mail_does_not_close_a_relay_and_three_in_a_row_do() {
        let mut relay = Breaker::default();
        for _ in 0..10 {
            relay.broke_off("dropped", at(0));
            relay.broke_off("dropped", at(1));
            assert_eq!(relay.may(at(1)), Use::Freely);
            relay.worked(at(2));
        }
        for _ in 0..3 {
            relay.broke_off("dropped", at(3));
        }
        assert_eq!(relay.may(at(3)), Use::NotBefore(at(53)));
        assert!(relay.enter(at(53)));
        relay.broke_off("dropped", at(54));
        assert_eq!(relay.may(at(54)), Use::Freely, "it answers: it was one mail again");
    }

    #[test]
    fn one_busy_provider_says_nothing_about_the_relay_and_three_do() {
        let mut relay = Breaker::default();
        for _ in 0..10 {
            relay.busy("gmail.com", "421 slow down", at(0));
        }
        relay.busy("outlook.com", "421 slow down", at(0));
        assert_eq!(relay.may(at(0)), Use::Freely);
        relay.busy("yahoo.com", "421 slow down", at(0));
        assert_eq!(relay.may(at(0)), Use::NotBefore(at(50)));
    }

    #[test]
    fn a_try_that_never_came_back_is_forgotten() {
        let mut relay = Breaker::default();
        relay.failed("no connection", at(0));
        assert!(relay.enter(at(50)));
        assert!(!relay.enter(at(229)));
        assert!(relay.enter(at(230)));
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_no_relay_closed() {
        let mut relay = Breaker::default();
        relay.failed("no connection", at(0));
        assert_eq!(relay.may(at(-3600)), Use::ToTry);
        assert!(relay.enter(at(10_000)));
        assert_eq!(relay.may(at(0)), Use::ToTry, "a try of the future is none");
    }
}
