//! A rate, kept by one number: when everything that was given out has been earned again. The number can
//! stand in a row, so that processes beside each other share one rate and a restart gives nothing away.

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

const MINUTE: i64 = 60_000_000;

/// At most so many in any minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(NonZeroU32);

/// What a rate lets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// How many may go now.
    pub count: u32,
    /// To be kept for the next question, in microseconds since 1970.
    pub earned_at: i64,
    /// When the next one may go.
    pub next_at: Timestamp,
}

impl Rate {
    /// At most so many in any minute.
    #[must_use]
    pub const fn a_minute(most: NonZeroU32) -> Self {
        Self(most)
    }

    /// How many may go at once after a rest: three seconds' worth. The rest is spread evenly, since
    /// providers look at bursts as well as at minutes.
    const fn at_once(self) -> i64 {
        let most = self.0.get() as i64 / 20;
        if most < 1 { 1 } else { most }
    }

    /// The time one costs, in microseconds. What goes at once is taken off the minute, so that no
    /// minute, wherever it begins, holds more than it may.
    const fn cost(self) -> i64 {
        let even = self.0.get() as i64 - self.at_once() + 1;
        MINUTE.div_euclid(even) + if MINUTE % even == 0 { 0 } else { 1 }
    }

    /// The time between two of them, when many wait.
    #[must_use]
    pub const fn gap(self) -> SignedDuration {
        SignedDuration::from_micros(self.cost())
    }

    /// Lets go as many of the wanted ones as the rate allows. `earned_at` is what the last answer said;
    /// nothing when it was never asked.
    #[must_use]
    pub fn take(self, earned_at: Option<i64>, wanted: u32, now: Timestamp) -> Granted {
        let (earned_at, now) = (self.believed(earned_at, now), now.as_microsecond());
        let room = now + self.at_once() * self.cost() - earned_at;
        let count = room.div_euclid(self.cost()).clamp(0, i64::from(wanted));
        let earned_at = earned_at + count * self.cost();
        let next = (earned_at - (self.at_once() - 1) * self.cost()).max(now);
        Granted { count: u32::try_from(count).unwrap_or(0), earned_at, next_at: micros(next) }
    }

    /// Counts one that goes whatever the rate says: an alert does not wait for its turn, and the others
    /// wait for it.
    #[must_use]
    pub fn count(self, earned_at: Option<i64>, now: Timestamp) -> i64 {
        // A flood of them must not stop everything else for long.
        (self.believed(earned_at, now) + self.cost()).min(now.as_microsecond() + MINUTE)
    }

    /// Gives back what was taken and not used.
    #[must_use]
    pub const fn give_back(self, earned_at: i64, unused: u32) -> i64 {
        earned_at - unused as i64 * self.cost()
    }

    /// Nothing is earned ahead; and a number from a clock that was set back since is worth nothing, or
    /// mail would wait for that clock.
    fn believed(self, earned_at: Option<i64>, now: Timestamp) -> i64 {
        let now = now.as_microsecond();
        let furthest = now + 2 * MINUTE;
        earned_at.filter(|at| *at <= furthest).unwrap_or(now).max(now)
    }
}

fn micros(at: i64) -> Timestamp {
    Timestamp::from_microsecond(at).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(most: u32) -> Rate {
        Rate::a_minute(NonZeroU32::new(most).expect("some"))
    }

    fn start() -> Timestamp {
        "2026-01-05T09:00:00Z".parse().expect("an instant")
    }

    /// Everything that left, when a worker asks at these moments.
    fn gone(rate: Rate, asks: impl Iterator<Item = (i64, u32)>) -> Vec<i64> {
        let mut kept = None;
        let mut gone = Vec::new();
        for (at, wanted) in asks {
            let now = micros(start().as_microsecond() + at);
            let granted = rate.take(kept, wanted, now);
            kept = Some(granted.earned_at);
            gone.extend(std::iter::repeat_n(at, granted.count as usize));
        }
        gone
    }

    fn most_in_a_minute(gone: &[i64]) -> usize {
        let mut first = 0;
        let mut most = 0;
        for (last, at) in gone.iter().enumerate() {
            while gone[first] + MINUTE <= *at {
                first += 1;
            }
            most = most.max(last - first + 1);
        }
        most
    }

    #[test]
    fn no_minute_holds_more_than_it_may_and_little_is_wasted() {
        let mut chance = 0x5eed_u64;
        let mut next = move |most: u64| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (chance >> 33) % most
        };
        for most in [1, 2, 3, 7, 19, 20, 21, 60, 100, 1_000, 60_000] {
            let mut at = 0;
            let asks: Vec<(i64, u32)> = std::iter::from_fn(|| {
                at += i64::try_from(next(200_000)).expect("small");
                let wanted = u32::try_from(next(300)).expect("small");
                (at < 10 * MINUTE).then_some((at, wanted))
            })
            .collect();
            let gone = gone(rate(most), asks.into_iter());
            assert!(most_in_a_minute(&gone) <= most as usize, "{most}: {}", most_in_a_minute(&gone));
            let expected = f64::from(most) * 10.0;
            assert!(
                !(20..=1_000).contains(&most) || gone.len() as f64 > expected * 0.9,
                "{most}: only {} left",
                gone.len()
            );
        }
    }

    #[test]
    fn the_next_one_may_go_exactly_when_it_says() {
        for most in [1, 7, 60, 600] {
            let rate = rate(most);
            let all = rate.take(None, 10_000, start());
            assert!(all.count >= 1 && all.next_at > start());
            let early = all.next_at - SignedDuration::from_micros(1);
            assert_eq!(rate.take(Some(all.earned_at), 1, early).count, 0, "{most}");
            assert_eq!(rate.take(Some(all.earned_at), 1, all.next_at).count, 1, "{most}");
        }
    }

    #[test]
    fn a_rest_earns_no_more_than_three_seconds_worth() {
        let rate = rate(600);
        let first = rate.take(None, 10_000, start());
        assert_eq!(first.count, 30);
        let later = start() + SignedDuration::from_hours(48);
        assert_eq!(rate.take(Some(first.earned_at), 10_000, later).count, 30);
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nothing() {
        let rate = rate(60);
        let before = rate.take(None, 10, start());
        for back in [1, 24, 24 * 365 * 50] {
            let now = start() - SignedDuration::from_hours(back);
            assert!(rate.take(Some(before.earned_at), 10, now).count > 0, "{back} hours");
        }
    }

    #[test]
    fn what_does_not_wait_is_counted_and_what_was_not_used_comes_back() {
        let rate = rate(60);
        let counted = (0..3).fold(None, |kept, _| Some(rate.count(kept, start())));
        assert_eq!(rate.take(counted, 10, start()).count, 0, "the others wait for it");
        let flood = (0..500).fold(None, |kept, _| Some(rate.count(kept, start())));
        let minute = start() + SignedDuration::from_secs(60);
        assert!(rate.take(flood, 10, minute).count > 0, "never longer than a minute");
        let taken = rate.take(None, 3, start());
        assert_eq!(taken.count, 3);
        let back = rate.give_back(taken.earned_at, 3);
        assert_eq!(rate.take(Some(back), 3, start()).count, 3);
    }
}
