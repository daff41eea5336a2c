//! How mail wants to be sent: a rate for the house, limits for providers, and the line in front of each
//! provider, as this worker knows it. The rules are in [`crate::clinic::pacing`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clinic::delivery::{Resting, without_addresses};
use crate::clinic::outbox::Outcome;
use crate::clinic::pacing::{Limits, Line, Rate, Turn};
use crate::clinic::person::EmailAddress;
use crate::clinic::provider::Providers;
use crate::mail::smtp::Manner;

/// Of so many providers at most a line is kept beside those that have limits.
const MOST_LINES: usize = 10_000;

/// The manners of one worker; shared by all its steps.
#[derive(Clone, Debug, Default)]
pub struct Manners(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    providers: Providers,
    house: Option<Rate>,
    limits: HashMap<Arc<str>, Limits>,
    lines: Mutex<Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    of: HashMap<Arc<str>, Line>,
    /// Until when the house's own rate lets nothing go.
    house_until: Option<Timestamp>,
}

impl Manners {
    /// With a rate for everything together and limits by provider.
    ///
    /// # Errors
    /// When two of the limits are for one provider.
    pub fn new(
        providers: Providers,
        house: Option<Rate>,
        limits: impl IntoIterator<Item = (String, Limits)>,
    ) -> Result<Self, String> {
        let mut of: HashMap<Arc<str>, Limits> = HashMap::new();
        for (named, limit) in limits {
            let provider = providers.named(&named.to_ascii_lowercase());
            if of.insert(Arc::clone(&provider), limit).is_some() {
                return Err(format!("{named} is an address of {provider}, which has limits already; give them once"));
            }
        }
        Ok(Self(Arc::new(Inner { providers, house, limits: of, lines: Mutex::default() })))
    }

    /// The provider of an address.
    #[must_use]
    pub fn provider(&self, address: &EmailAddress) -> Arc<str> {
        self.0.providers.of(address)
    }

    /// How a message to this provider is sent, through this relay if it works.
    #[must_use]
    pub fn manner<'a>(&self, provider: &'a str, relay: Option<&'a str>) -> Manner<'a> {
        let most = self.limits(provider).messages_per_connection.map(std::num::NonZeroU32::get);
        Manner { provider, messages_per_connection: most, relay, insist: false }
    }

    /// The rate of the house, if there is one.
    pub(super) fn house(&self) -> Option<Rate> {
        self.0.house
    }

    /// What is set for a provider.
    pub(super) fn limits(&self, provider: &str) -> Limits {
        self.0.limits.get(provider).copied().unwrap_or_default()
    }

    /// Whether an email may be written now, with so many to this provider taken up already.
    pub(super) fn enter(&self, provider: &Arc<str>, waited: bool, in_play: impl Fn() -> u32, now: Timestamp) -> Turn {
        let limits = self.limits(provider);
        let mut lines = self.lines();
        match lines.of.get_mut(provider) {
            Some(line) => line.enter(limits, waited, in_play(), now),
            None if limits == Limits::default() => Turn::Go,
            None => lines.line(provider, now).enter(limits, waited, in_play(), now),
        }
    }

    /// Until when an email that is written has to wait, if it has to.
    pub(super) fn begin(&self, provider: &str, on_the_wire: impl Fn() -> u32, now: Timestamp) -> Option<Timestamp> {
        let limits = self.limits(provider);
        let lines = self.lines();
        match lines.of.get(provider) {
            Some(line) => line.begin(limits, on_the_wire(), now),
            None if limits == Limits::default() => None,
            None => Line::default().begin(limits, on_the_wire(), now),
        }
    }

    /// A place at the end of a line, not before this moment.
    pub(super) fn queue(&self, provider: &Arc<str>, from: Timestamp, now: Timestamp) -> Timestamp {
        let limits = self.limits(provider);
        match self.lines().line(provider, now).queue(limits, from) {
            Turn::At(at) => at,
            Turn::Go => from,
        }
    }

    /// What a mail tells about its provider.
    pub(super) fn heard(&self, provider: &Arc<str>, outcome: &Outcome, took: Duration, jitter: f64, now: Timestamp) {
        let known = self.0.limits.contains_key(provider);
        let mut lines = self.lines();
        match outcome {
            Outcome::Throttled { reply } => lines.line(provider, now).slow_down(reply, jitter, now),
            Outcome::Accepted { .. } | Outcome::Deferred { .. } | Outcome::Refused { .. } => {
                let took = SignedDuration::try_from(took).unwrap_or(SignedDuration::ZERO);
                if known {
                    lines.line(provider, now).answered(took);
                } else if let Some(line) = lines.of.get_mut(provider) {
                    line.answered(took);
                }
            }
            // It says nothing about whose mailbox it was.
            Outcome::Unreachable { .. } | Outcome::Uncertain { .. } => {}
        }
    }

    /// The house's rate lets nothing go until then.
    pub(super) fn house_waits(&self, until: Option<Timestamp>) {
        self.lines().house_until = until;
    }

    /// Until when the house's rate lets nothing go.
    pub(super) fn house_until(&self, now: Timestamp) -> Option<Timestamp> {
        // One that lies further ahead than a minute was reckoned by a clock that was set back since.
        let furthest = now.saturating_add(SignedDuration::from_secs(61)).unwrap_or(Timestamp::MAX);
        self.lines().house_until.filter(|until| *until > now && *until <= furthest)
    }

    /// The providers that are left in peace now.
    #[must_use]
    pub fn resting(&self, now: Timestamp) -> Vec<Resting> {
        let lines = self.lines();
        let mut resting: Vec<Resting> = lines
            .of
            .iter()
            .filter_map(|(provider, line)| {
                let (until, why) = line.rests(now)?;
                Some(Resting { provider: provider.to_string(), until, why: without_addresses(why) })
            })
            .collect();
        resting.sort_by(|a, b| a.provider.cmp(&b.provider));
        resting
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        // Nothing panics while it is held, and a line is never half changed.
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn line(&mut self, provider: &Arc<str>, now: Timestamp) -> &mut Line {
        if self.of.len() >= MOST_LINES {
            self.of.retain(|_, line| !line.is_idle(now));
        }
        self.of.entry(Arc::clone(provider)).or_default()
    }
}
