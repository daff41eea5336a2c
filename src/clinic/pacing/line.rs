//! The line in front of one provider. It moves as fast as the provider takes mail; after a "not so
//! fast" it rests, then lets one email try, and only when that went well the others.

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use super::Rate;

/// What an operator sets for one provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// So many emails to it on the wire at once, for each worker.
    pub connections: Option<NonZeroU32>,
    /// So many emails to it over one connection.
    pub messages_per_connection: Option<NonZeroU32>,
    /// So many in any minute, for all workers together.
    pub rate: Option<Rate>,
}

/// Whether an email may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It may.
    Go,
    /// It waits in line until then.
    At(Timestamp),
}

/// The first rest after a "not so fast"; each further one doubles it.
const FIRST_REST: SignedDuration = SignedDuration::from_secs(60);

/// No rest is longer, so that mail flows again soon after a provider has recovered.
const LONGEST_REST: SignedDuration = SignedDuration::from_mins(15);

/// While one email tries, the others look again after this.
const PROBE_AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// The time between two emails of a line of which nothing is known.
const USUAL_GAP: SignedDuration = SignedDuration::from_millis(20);

/// How long an email is on its way, until one was.
const USUAL_TRIP: SignedDuration = SignedDuration::from_millis(500);

/// So many wait beside the wire for each connection; the others wait in the database.
const AHEAD: u32 = 4;

/// One provider's line, as one worker knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    rests_until: Option<Timestamp>,
    /// "Not so fast" in a row.
    refusals: u32,
    why: Option<String>,
    /// Whoever comes now stands behind this moment.
    end: Option<Timestamp>,
    trip: Option<SignedDuration>,
}

impl Line {
    /// Whether an email that was just taken up may go on. `waited` tells that it comes back at the time
    /// it was given here; `in_play` counts those taken up and not ended.
    #[must_use]
    pub fn enter(&mut self, limits: Limits, waited: bool, in_play: u32, now: Timestamp) -> Turn {
        self.forget_the_future(now);
        if let Some(until) = self.rests_until.filter(|until| *until > now) {
            return self.queue(limits, until);
        }
        if self.refusals > 0 {
            return if in_play == 0 { Turn::Go } else { Turn::At(later(now, PROBE_AGAIN)) };
        }
        if !waited && self.end.is_some_and(|end| end > now) {
            return self.queue(limits, now);
        }
        match limits.connections {
            Some(most) if in_play >= most.get().saturating_mul(AHEAD) => self.queue(limits, now),
            _ => Turn::Go,
        }
    }

    /// Whether an email that is written may begin, with so many to this provider on the wire: `None` is
    /// "yes", or for how long not. A moment of nothing is "when one of them is back".
    #[must_use]
    pub fn begin(&self, limits: Limits, on_the_wire: u32, now: Timestamp) -> Option<Timestamp> {
        if let Some(until) = self.rests_until.filter(|until| *until > now) {
            return Some(until);
        }
        let most = if self.refusals > 0 { 1 } else { limits.connections.map_or(u32::MAX, NonZeroU32::get) };
        (on_the_wire >= most).then_some(now)
    }

    /// The place at the end of the line, not before this moment.
    #[must_use]
    pub fn queue(&mut self, limits: Limits, from: Timestamp) -> Turn {
        let slot = later(self.end.unwrap_or(from).max(from), self.gap(limits));
        self.end = Some(slot);
        Turn::At(slot)
    }

    /// It said "not so fast", in these words.
    pub fn slow_down(&mut self, why: &str, jitter: f64, now: Timestamp) {
        // Several on the wire at once hear the same "no".
        if self.rests_until.is_some_and(|until| until > now) {
            return;
        }
        let doubled = FIRST_REST.saturating_mul(1_i32.checked_shl(self.refusals.min(8)).unwrap_or(i32::MAX));
        let rest = doubled.min(LONGEST_REST).mul_f64(0.2f64.mul_add(jitter.clamp(0.0, 1.0), 0.9));
        self.refusals = self.refusals.saturating_add(1);
        self.rests_until = Some(later(now, rest));
        self.why = Some(why.to_owned());
    }

    /// It answered about an email, whatever it said, after this long.
    pub fn answered(&mut self, took: SignedDuration) {
        self.refusals = 0;
        self.rests_until = None;
        self.why = None;
        let trip = self.trip.map_or(took, |trip| (trip.saturating_mul(3).saturating_add(took)) / 4);
        self.trip = Some(trip);
    }

    /// Until when it rests, and why, if it does.
    #[must_use]
    pub fn rests(&self, now: Timestamp) -> Option<(Timestamp, &str)> {
        let until = self.rests_until.filter(|until| *until > now)?;
        Some((until, self.why.as_deref().unwrap_or_default()))
    }

    /// Whether nothing needs to be remembered of it.
    #[must_use]
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.refusals == 0 && self.end.is_none_or(|end| end <= now)
    }

    fn gap(&self, limits: Limits) -> SignedDuration {
        let by_rate = limits.rate.map_or(USUAL_GAP, Rate::gap);
        let by_wire = limits.connections.map_or(SignedDuration::ZERO, |most| {
            self.trip.unwrap_or(USUAL_TRIP) / i32::try_from(most.get()).unwrap_or(i32::MAX)
        });
        by_rate.max(by_wire)
    }

    /// After the clock was set back, what was reckoned by it would hold mail until it is that late again.
    fn forget_the_future(&mut self, now: Timestamp) {
        let longest = later(now, LONGEST_REST.saturating_mul(2));
        self.rests_until = self.rests_until.filter(|until| *until <= longest);
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
