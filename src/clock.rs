//! The only "now". Clinic time decides plans, due times and what pages show, and can be fixed for
//! tests or run fast for the demo. System time decides sessions, leases, limits and deadlines.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use jiff::Timestamp;

/// Tells the time, twice.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Fixed(Arc<AtomicI64>),
    Fast { started: Instant, from: Timestamp, rate: f64 },
}

impl Clock {
    /// The machine's clock, for both times.
    #[must_use]
    pub const fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands still until it is moved, for both times.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self(Kind::Fixed(Arc::new(AtomicI64::new(at.as_millisecond()))))
    }

    /// Clinic time that starts at `from` and runs `days_per_minute` (from 0: as fast as system
    /// time); system time stays the machine's.
    #[must_use]
    pub fn fast(from: Timestamp, days_per_minute: f64) -> Self {
        let rate = if days_per_minute > 0.0 { days_per_minute * 1440.0 } else { 1.0 };
        Self(Kind::Fast { started: Instant::now(), from, rate })
    }

    /// Clinic time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::System => whole_millis(Timestamp::now()),
            Kind::Fixed(at) => millis(at.load(Ordering::SeqCst)),
            Kind::Fast { started, from, rate } => {
                #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a demo fit an i64 by far")]
                let gone = (started.elapsed().as_secs_f64() * rate * 1000.0) as i64;
                millis(from.as_millisecond().saturating_add(gone))
            }
        }
    }

    /// System time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    pub fn system_now(&self) -> Timestamp {
        match &self.0 {
            Kind::Fixed(_) => self.now(),
            Kind::System | Kind::Fast { .. } => whole_millis(Timestamp::now()),
        }
    }

    /// How much faster clinic time runs than system time.
    #[must_use]
    pub fn rate(&self) -> f64 {
        match self.0 {
            Kind::Fast { rate, .. } => rate,
            Kind::System | Kind::Fixed(_) => 1.0,
        }
    }

    /// Moves a fixed clock; the others go by themselves and stay as they are.
    pub fn set(&self, to: Timestamp) {
        if let Kind::Fixed(at) = &self.0 {
            at.store(to.as_millisecond(), Ordering::SeqCst);
        }
    }
}

/// The database keeps milliseconds, so the clock gives no more: what is written is what is read.
fn whole_millis(at: Timestamp) -> Timestamp {
    millis(at.as_millisecond())
}

fn millis(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let start: Timestamp = "2026-01-05T08:00:00Z".parse().expect("an instant");
        let clock = Clock::fixed(start);
        let shared = clock.clone();
        assert_eq!(clock.now(), start);
        shared.set("2026-01-06T08:00:00Z".parse().expect("an instant"));
        assert_eq!(clock.now().to_string(), "2026-01-06T08:00:00Z");
        assert_eq!(clock.system_now(), clock.now());
    }

    #[test]
    fn a_fast_clock_never_stands_before_its_start() {
        let start: Timestamp = "2026-01-05T08:00:00Z".parse().expect("an instant");
        assert!(Clock::fast(start, 2.0).now() >= start);
    }
}
