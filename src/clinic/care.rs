//! When somebody is there, and who is told: the opening hours, the closed days, the addresses of
//! alerts in their order, and how long an alert may wait. A deadline inside opening hours runs only
//! while the clinic is open; one of an emergency runs at any hour.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::catalogue::Tier;
use super::person::EmailAddress;
use super::profile::{SendWindow, WeekdayName, Zone};
use super::schedule::{at, days_after};

/// How far ahead an opening is searched. A clinic that is closed for longer is taken as open: a
/// deadline must never be lost in a holiday.
const SEARCH_DAYS: i64 = 60;

/// The most addresses that are told one after the other.
pub const MOST_ADDRESSES: usize = 5;

/// Opening hours of one weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// On which day.
    pub day: WeekdayName,
    /// From when.
    pub from: Time,
    /// Until when; later than `from`.
    pub to: Time,
}

/// How a clinic looks after alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Care {
    /// At most one entry a weekday; a day without one is closed.
    pub hours: Vec<Hours>,
    /// Days on which the clinic is closed whatever the weekday says.
    pub closed: Vec<Date>,
    /// Who is told, in order.
    pub addresses: Vec<EmailAddress>,
    /// How long an emergency may wait, in minutes of any hour.
    pub emergency_minutes: u32,
    /// How long a same-day alert may wait, in minutes of opening hours.
    pub same_day_minutes: u32,
}

impl Care {
    /// What holds until the clinic says otherwise: open while letters may leave, and these people.
    #[must_use]
    pub fn usual(window: &SendWindow, addresses: Vec<EmailAddress>) -> Self {
        let hours = window.weekdays().map(|day| Hours { day, from: window.from(), to: window.to() }).collect();
        let addresses = addresses.into_iter().take(MOST_ADDRESSES).collect();
        Self { hours, closed: Vec::new(), addresses, emergency_minutes: 15, same_day_minutes: 120 }
    }

    /// The hours of a weekday.
    #[must_use]
    pub fn of(&self, day: WeekdayName) -> Option<Hours> {
        self.hours.iter().find(|hours| hours.day == day).copied()
    }

    /// When the clinic opens and closes on a date, if it does.
    #[must_use]
    pub fn on(&self, zone: &Zone, date: Date) -> Option<(Zoned, Zoned)> {
        if self.closed.contains(&date) {
            return None;
        }
        let hours = self.hours.iter().find(|hours| hours.day.weekday() == date.weekday())?;
        let opens = at(zone, date, hours.from);
        (opens.date() == date).then(|| (opens, at(zone, date, hours.to)))
    }

    /// Whether somebody is there.
    #[must_use]
    pub fn is_open(&self, zone: &Zone, moment: &Zoned) -> bool {
        self.on(zone, moment.date()).is_some_and(|(opens, closes)| opens <= *moment && *moment < closes)
    }

    /// The next time the clinic opens, when it is closed at this moment.
    #[must_use]
    pub fn next_opening(&self, zone: &Zone, moment: &Zoned) -> Option<Zoned> {
        self.days(zone, moment).map(|(opens, _)| opens).find(|opens| opens > moment)
    }

    /// The open days from this moment on, that of the moment included.
    fn days<'a>(&'a self, zone: &'a Zone, moment: &Zoned) -> impl Iterator<Item = (Zoned, Zoned)> + 'a {
        let first = moment.date();
        (0..=SEARCH_DAYS).filter_map(move |days| self.on(zone, days_after(first, days)))
    }

    /// So many minutes later, counting only those in which the clinic is open.
    #[must_use]
    pub fn after_open(&self, zone: &Zone, moment: &Zoned, minutes: u32) -> Timestamp {
        let mut left = SignedDuration::from_mins(i64::from(minutes));
        for (opens, closes) in self.days(zone, moment) {
            let from = if opens > *moment { opens.timestamp() } else { moment.timestamp() };
            let open = closes.timestamp().duration_since(from);
            if open >= left {
                return from.saturating_add(left).unwrap_or(Timestamp::MAX);
            }
            if open > SignedDuration::ZERO {
                left -= open;
            }
        }
        moment.timestamp().saturating_add(left).unwrap_or(Timestamp::MAX)
    }

    /// The close of the next open day after today.
    #[must_use]
    pub fn close_of_next_day(&self, zone: &Zone, moment: &Zoned) -> Timestamp {
        let tomorrow = self.days(zone, moment).find(|(opens, _)| opens.date() > moment.date());
        tomorrow.map_or_else(
            || moment.timestamp().saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX),
            |(_, closes)| closes.timestamp(),
        )
    }

    /// Until when an alert that begins or is passed on at this moment has to be taken.
    #[must_use]
    pub fn due(&self, zone: &Zone, tier: Tier, now: Timestamp) -> Timestamp {
        let moment = now.to_zoned(zone.rules().clone());
        match tier {
            Tier::Emergency => {
                let minutes = SignedDuration::from_mins(i64::from(self.emergency_minutes));
                now.saturating_add(minutes).unwrap_or(Timestamp::MAX)
            }
            Tier::SameDay => self.after_open(zone, &moment, self.same_day_minutes),
            Tier::CallClinic | Tier::Expected => self.close_of_next_day(zone, &moment),
        }
    }

    /// Who is told next, after so many were told. When only one address is set it is told twice,
    /// so that nobody who missed the first is left without a second.
    #[must_use]
    pub fn next_address(&self, told: u32) -> Option<&EmailAddress> {
        let told = usize::try_from(told).unwrap_or(usize::MAX);
        match self.addresses.as_slice() {
            [only] => (told < 2).then_some(only),
            all => all.get(told),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    use super::*;

    fn london() -> Zone {
        Zone::named("Europe/London").expect("a zone")
    }

    /// Monday to Friday 09:00 to 17:00, Saturday mornings.
    fn care() -> Care {
        let hours = |day, to| Hours { day, from: time(9, 0, 0, 0), to: time(to, 0, 0, 0) };
        let mut all: Vec<Hours> = WeekdayName::ALL.into_iter().take(5).map(|day| hours(day, 17)).collect();
        all.push(hours(WeekdayName::Sat, 12));
        Care { hours: all, closed: vec![date(2026, 4, 3)], ..Care::usual(&SendWindow::default(), Vec::new()) }
    }

    fn due(tier: Tier, now: &str) -> String {
        care().due(&london(), tier, now.parse().expect("an instant")).to_string()
    }

    #[test]
    fn an_emergency_is_due_in_a_quarter_of_an_hour_at_any_hour() {
        assert_eq!(due(Tier::Emergency, "2026-01-04T03:00:00Z"), "2026-01-04T03:15:00Z");
    }

    #[test]
    fn a_same_day_alert_counts_opening_hours_alone() {
        assert_eq!(due(Tier::SameDay, "2026-01-05T10:00:00Z"), "2026-01-05T12:00:00Z");
        assert_eq!(due(Tier::SameDay, "2026-01-05T16:00:00Z"), "2026-01-06T10:00:00Z", "an hour today, one tomorrow");
        assert_eq!(due(Tier::SameDay, "2026-01-05T07:00:00Z"), "2026-01-05T11:00:00Z");
        assert_eq!(due(Tier::SameDay, "2026-01-10T11:00:00Z"), "2026-01-12T10:00:00Z", "over Sunday");
        assert_eq!(due(Tier::SameDay, "2026-04-02T15:30:00Z"), "2026-04-04T09:30:00Z", "over a closed day");
        assert_eq!(due(Tier::SameDay, "2026-03-28T11:30:00Z"), "2026-03-30T09:30:00Z", "over the change of clocks");
    }

    #[test]
    fn a_call_waits_until_the_next_open_day_closes() {
        assert_eq!(due(Tier::CallClinic, "2026-01-05T10:00:00Z"), "2026-01-06T17:00:00Z");
        assert_eq!(due(Tier::CallClinic, "2026-01-09T10:00:00Z"), "2026-01-10T12:00:00Z");
        assert_eq!(due(Tier::CallClinic, "2026-04-02T10:00:00Z"), "2026-04-04T11:00:00Z", "Good Friday is closed");
    }

    #[test]
    fn a_clinic_that_never_opens_loses_no_deadline() {
        let never = Care { hours: Vec::new(), ..care() };
        let now = "2026-01-05T10:00:00Z".parse().expect("an instant");
        assert_eq!(never.due(&london(), Tier::SameDay, now).to_string(), "2026-01-05T12:00:00Z");
        assert_eq!(never.due(&london(), Tier::CallClinic, now).to_string(), "2026-01-06T10:00:00Z");
    }

    #[test]
    fn addresses_are_told_in_their_order_and_the_only_one_twice() {
        let told = |count: usize| {
            let addresses = (0..count).map(|n| format!("a{n}@example.org").parse().expect("an address")).collect();
            let care = Care { addresses, ..care() };
            (0..4).map_while(|told| care.next_address(told).map(|to| to.as_str().to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(told(0), [] as [&str; 0]);
        assert_eq!(told(1), ["a0@example.org", "a0@example.org"]);
        assert_eq!(told(2), ["a0@example.org", "a1@example.org"]);
    }

    proptest! {
        #[test]
        fn a_deadline_is_never_before_now_and_a_worse_tier_is_never_later(second in 1_767_225_600i64..1_798_761_600) {
            let now = Timestamp::from_second(second).expect("in range");
            let due = |tier| care().due(&london(), tier, now);
            prop_assert!(now < due(Tier::Emergency));
            prop_assert!(due(Tier::Emergency) <= due(Tier::SameDay));
            prop_assert!(due(Tier::SameDay) <= due(Tier::CallClinic));
        }
    }
}
