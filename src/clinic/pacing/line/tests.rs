use std::collections::BTreeMap;

use super::*;
use crate::clinic::outbox::{Before, before};
use crate::clinic::profile::ClinicProfile;

fn start() -> Timestamp {
    "2026-01-05T09:00:00Z".parse().expect("an instant")
}

fn after(seconds: f64) -> Timestamp {
    later(start(), SignedDuration::try_from_secs_f64(seconds).expect("seconds"))
}

fn some(number: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(number)
}

fn few(connections: u32) -> Limits {
    Limits { connections: some(connections), ..Limits::default() }
}

const FREE: Limits = Limits { connections: None, messages_per_connection: None, rate: None };

#[test]
fn a_line_without_limits_lets_everybody_go() {
    let mut line = Line::default();
    for in_play in [0, 1, 10_000] {
        assert_eq!(line.enter(FREE, false, in_play, start()), Turn::Go);
        assert_eq!(line.begin(FREE, in_play, start()), None);
    }
    assert!(line.is_idle(start()) && line.rests(start()).is_none());
}

#[test]
fn a_refusal_rests_the_line_longer_each_time_and_no_longer_than_a_quarter_of_an_hour() {
    for (jitter, factor) in [(0.0, 0.9), (0.5, 1.0), (1.0, 1.1)] {
        let mut line = Line::default();
        let mut now = start();
        for seconds in [60.0, 120.0, 240.0, 480.0, 900.0, 900.0, 900.0] {
            line.slow_down("421 slow down", jitter, now);
            let (until, why) = line.rests(now).expect("rests");
            let rest = until.duration_since(now).as_secs_f64();
            assert!((rest - seconds * factor).abs() < 0.001, "{rest} instead of {seconds} times {factor}");
            assert_eq!(why, "421 slow down");
            assert_eq!(line.begin(FREE, 0, now), Some(until), "what is written already waits as well");
            now = until;
            assert_eq!(line.begin(FREE, 0, now), None, "and then one may try");
        }
    }
}

#[test]
fn several_refusals_at_once_are_one() {
    let mut line = Line::default();
    for _ in 0..10 {
        line.slow_down("421 slow down", 0.5, start());
    }
    assert_eq!(line.rests(start()).map(|(until, _)| until), Some(after(60.0)));
}

#[test]
fn after_a_rest_one_tries_and_when_it_went_well_all_go() {
    let mut line = Line::default();
    line.slow_down("421 slow down", 0.5, start());
    let first = line.enter(FREE, false, 0, after(1.0));
    assert_eq!(first, Turn::At(after(60.02)), "in line behind the rest");
    assert_eq!(line.enter(FREE, false, 0, after(1.0)), Turn::At(after(60.04)));
    let back = after(60.1);
    assert_eq!(line.enter(FREE, true, 0, back), Turn::Go);
    assert_eq!(line.enter(FREE, true, 1, back), Turn::At(after(65.1)), "one is trying");
    assert_eq!((line.begin(FREE, 0, back), line.begin(FREE, 1, back)), (None, Some(back)));
    line.answered(SignedDuration::from_millis(300));
    assert_eq!(line.enter(FREE, true, 5, back), Turn::Go);
    assert!(line.is_idle(back));
}

#[test]
fn whoever_comes_later_stands_behind_those_who_wait() {
    let mut line = Line::default();
    let limits = few(1);
    assert_eq!(line.enter(limits, false, 0, start()), Turn::Go);
    assert_eq!(line.enter(limits, false, 3, start()), Turn::Go, "a few wait beside the wire");
    assert_eq!(line.enter(limits, false, 4, start()), Turn::At(after(0.5)));
    assert_eq!(line.enter(limits, false, 4, start()), Turn::At(after(1.0)));
    assert_eq!(line.enter(limits, false, 0, after(0.4)), Turn::At(after(1.5)), "there would be room, but others wait");
    assert_eq!(line.enter(limits, true, 0, after(0.5)), Turn::Go, "it has waited");
    assert_eq!(line.enter(limits, false, 0, after(1.6)), Turn::Go, "nobody waits any more");
}

#[test]
fn the_line_moves_as_fast_as_the_provider_takes_mail() {
    let mut line = Line::default();
    for _ in 0..40 {
        line.answered(SignedDuration::from_millis(100));
    }
    let Turn::At(slot) = line.queue(few(2), start()) else { panic!("a place") };
    let gap = slot.duration_since(start()).as_secs_f64();
    assert!((gap - 0.05).abs() < 0.001, "{gap}");
    let slow = Limits { rate: Some(Rate::a_minute(NonZeroU32::MIN)), ..few(2) };
    assert_eq!(Line::default().queue(slow, start()), Turn::At(after(60.0)));
}

#[test]
fn no_more_are_on_the_wire_than_set() {
    let line = Line::default();
    for (on_the_wire, may) in [(0, true), (1, true), (2, false), (9, false)] {
        assert_eq!(line.begin(few(2), on_the_wire, start()).is_none(), may, "{on_the_wire}");
    }
}

#[test]
fn a_clock_that_was_set_back_ends_a_rest() {
    let mut line = Line::default();
    line.slow_down("421 slow down", 0.5, start());
    let before = after(-3600.0);
    assert_eq!(line.enter(FREE, false, 0, before), Turn::Go, "one tries");
    assert_eq!(line.rests(before), None);
}

/// A simulated relay and a simulated outbox: what waits is looked at in the order of its time.
struct Morning {
    clinic: ClinicProfile,
    not_after: Timestamp,
    house: Rate,
    limits: [Limits; 3],
    gone: [Vec<Timestamp>; 3],
    late: usize,
    lines: [Line; 3],
    /// What is used up of each provider's rate, and of the house's.
    earned: [Option<i64>; 4],
    /// When it is back, to whom it goes, and when it left.
    wire: Vec<(Timestamp, usize, Timestamp)>,
}

impl Morning {
    fn new(house: Rate, limits: [Limits; 3]) -> Self {
        Self {
            clinic: ClinicProfile::default(),
            not_after: after(3.0 * 24.0 * 3600.0),
            house,
            limits,
            gone: Default::default(),
            late: 0,
            lines: Default::default(),
            earned: [None; 4],
            wire: Vec::new(),
        }
    }

    /// Everything that is due, from this moment on, until nothing waits.
    fn pass(&mut self, due: &[(Timestamp, usize)], from: Timestamp, trips: [f64; 3]) {
        let mut waiting: BTreeMap<(Timestamp, usize), (Timestamp, usize, bool)> =
            due.iter().enumerate().map(|(id, (at, provider))| ((*at, id), (*at, *provider, false))).collect();
        let mut now = from;
        while !waiting.is_empty() || !self.wire.is_empty() {
            self.come_back(now);
            while let Some(entry) = waiting.first_entry().filter(|entry| entry.key().0 <= now) {
                let ((_, id), (due, provider, waited)) = entry.remove_entry();
                match before(&self.clinic, due, self.not_after, now) {
                    Before::TooLate => self.late += 1,
                    Before::WaitUntil(at) => drop(waiting.insert((at, id), (due, provider, false))),
                    Before::Go => match self.turn(provider, waited, now) {
                        Turn::At(at) => drop(waiting.insert((at, id), (due, provider, true))),
                        Turn::Go => {
                            self.gone[provider].push(now);
                            let trip = SignedDuration::try_from_secs_f64(trips[provider]).expect("seconds");
                            self.wire.push((later(now, trip), provider, now));
                        }
                    },
                }
            }
            let back = self.wire.iter().map(|(back, ..)| *back);
            let next = waiting.keys().next().map(|(at, _)| *at).into_iter().chain(back).min();
            now = next.map_or(now, |next| next.max(later(now, SignedDuration::from_millis(1))));
        }
    }

    fn come_back(&mut self, now: Timestamp) {
        let lines = &mut self.lines;
        self.wire.retain(|(back, provider, left)| {
            if *back <= now {
                lines[*provider].answered(back.duration_since(*left));
            }
            *back > now
        });
    }

    fn turn(&mut self, provider: usize, waited: bool, now: Timestamp) -> Turn {
        let (limits, line) = (self.limits[provider], &mut self.lines[provider]);
        let on = u32::try_from(self.wire.iter().filter(|(_, of, _)| *of == provider).count()).expect("few");
        if let Turn::At(at) = line.enter(limits, waited, on, now) {
            return Turn::At(at);
        }
        if let Some(at) = line.begin(limits, on, now) {
            return line.queue(limits, at);
        }
        // The house's rate bounds the claim, so its turn comes with the next one.
        for (rate, earned) in [(limits.rate, provider), (Some(self.house), 3)] {
            let Some(rate) = rate else { continue };
            let granted = rate.take(self.earned[earned], 1, now);
            self.earned[earned] = Some(granted.earned_at);
            if granted.count == 0 && earned == 3 {
                return Turn::At(granted.next_at);
            }
            if granted.count == 0 {
                return if waited { Turn::At(granted.next_at) } else { line.queue(limits, granted.next_at) };
            }
        }
        Turn::Go
    }
}

fn most_within(gone: &[Timestamp], span: SignedDuration) -> usize {
    let (mut first, mut most) = (0, 0);
    for (last, at) in gone.iter().enumerate() {
        while at.duration_since(gone[first]) >= span {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most
}

#[test]
fn a_morning_after_an_outage_keeps_the_window_every_rate_and_every_limit() {
    let mut seed = 0x0900_u64;
    let mut next = move |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    for _ in 0..6 {
        let per_minute = 30 + u32::try_from(next(300)).expect("small");
        let house = per_minute + 100 + u32::try_from(next(900)).expect("small");
        let connections = 1 + u32::try_from(next(4)).expect("small");
        let rate = |most| Rate::a_minute(NonZeroU32::new(most).expect("some"));
        let limited = Limits { rate: Some(rate(per_minute)), ..few(connections) };
        let mut morning = Morning::new(rate(house), [limited, few(connections), FREE]);
        // Four hours without a relay before nine, and what becomes due in the hours after.
        let due: Vec<(Timestamp, usize)> = (0..2_000 + next(1_000))
            .map(|_| (after(next(5 * 3600) as f64 - 4.0 * 3600.0), usize::try_from(next(3)).expect("small")))
            .collect();
        morning.pass(&due, start(), [0.2 + next(10) as f64 / 10.0, 0.3, 0.1]);
        let mut all = morning.gone.concat();
        all.sort();
        assert_eq!((all.len(), morning.late), (due.len(), 0), "nothing is lost");
        let minute = SignedDuration::from_secs(60);
        assert!(most_within(&all, minute) <= house as usize, "{} of {house}", most_within(&all, minute));
        assert!(most_within(&morning.gone[0], minute) <= per_minute as usize);
        for at in all {
            let minute_of_day =
                at.to_zoned(jiff::tz::TimeZone::UTC).time().duration_since(jiff::civil::time(0, 0, 0, 0));
            let minutes = minute_of_day.as_secs() / 60;
            assert!((8 * 60..=20 * 60 + 30).contains(&minutes), "{at} is outside the window");
        }
    }
}

#[test]
fn one_slow_provider_holds_nobody_else_up() {
    let limited = Limits { rate: Some(Rate::a_minute(NonZeroU32::new(60).expect("some"))), ..few(1) };
    let house = Rate::a_minute(NonZeroU32::new(60_000).expect("some"));
    let mut morning = Morning::new(house, [limited, FREE, FREE]);
    let due: Vec<(Timestamp, usize)> = (0..900).map(|number| (start(), number % 3)).collect();
    morning.pass(&due, start(), [1.0, 0.1, 0.1]);
    let last = |of: usize| morning.gone[of].last().expect("some").duration_since(start()).as_secs();
    assert!(last(0) >= 280, "the slow one takes its time: {} s", last(0));
    assert!(last(1) < 10 && last(2) < 10, "the others do not: {} s and {} s", last(1), last(2));
}
