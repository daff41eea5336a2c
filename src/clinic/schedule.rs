//! When: civil days on the clinic's calendar, then the send window, then one rule for clock changes.
//!
//! The rule: a civil time that does not exist moves forward by the gap, one that happens twice
//! means the first. Everything here goes through [`at`], so there is no second rule.

use jiff::civil::{Date, Time};
use jiff::{Span, Timestamp, ToSpan, Zoned};

use super::profile::{SendWindow, Zone};

/// How long after the window's close a mail that was due inside it may still leave, in minutes.
const GRACE_MINUTES: i64 = 30;

/// How far an opening is searched, while no date is closed: a window opens at least once a week, and one
/// calendar (Apia in 2011) lost a day.
const SEARCH_DAYS: i64 = 15;

/// This civil date and time in this zone.
#[must_use]
pub fn at(zone: &Zone, date: Date, time: Time) -> Zoned {
    // "Compatible" is jiff's name for the one rule above (and RFC 5545's).
    date.to_datetime(time)
        .to_zoned(zone.rules().clone())
        .unwrap_or_else(|_| Timestamp::MAX.to_zoned(zone.rules().clone()))
}

/// This many hours later on a stopwatch.
#[must_use]
pub fn hours_after(moment: &Zoned, hours: i64) -> Zoned {
    moment.saturating_add(hours.hours())
}

/// This many days later on the calendar.
#[must_use]
pub fn days_after(date: Date, days: i64) -> Date {
    date.saturating_add(Span::new().days(days))
}

impl SendWindow {
    /// When the window opens and closes on a day, if it does. A day that a zone skipped has no window.
    fn on(&self, zone: &Zone, date: Date) -> Option<(Zoned, Zoned)> {
        if !self.opens_on(date) {
            return None;
        }
        let opens = at(zone, date, self.from());
        (opens.date() == date).then(|| (opens, at(zone, date, self.to())))
    }

    /// How far an opening is searched: each closed date can take away one opening of a week.
    fn search_days(&self) -> i64 {
        SEARCH_DAYS + 7 * i64::try_from(self.closed().len()).unwrap_or(0)
    }

    /// Whether a letter may leave at this moment, both ends included.
    #[must_use]
    pub fn is_open(&self, zone: &Zone, moment: &Zoned) -> bool {
        self.on(zone, moment.date()).is_some_and(|(opens, closes)| opens <= *moment && *moment <= closes)
    }

    /// This moment if the window is open, else the next moment at which it opens.
    #[must_use]
    pub fn next_opening(&self, zone: &Zone, moment: &Zoned) -> Zoned {
        (0..=self.search_days())
            .filter_map(|days| self.on(zone, days_after(moment.date(), days)))
            .find(|(_, closes)| moment <= closes)
            .map_or_else(|| moment.clone(), |(opens, _)| opens.max(moment.clone()))
    }

    /// The last moment before this one at which the window closed.
    #[must_use]
    pub fn last_close(&self, zone: &Zone, moment: &Zoned) -> Option<Zoned> {
        (0..=self.search_days())
            .filter_map(|days| self.on(zone, days_after(moment.date(), -days)))
            .map(|(_, closes)| closes)
            .find(|closes| closes < moment)
    }

    /// Whether a mail due at `due` may leave now: inside the window, or a little after the close
    /// if it was due by then. A mail that is refused waits for [`SendWindow::next_opening`].
    #[must_use]
    pub fn lets_leave(&self, zone: &Zone, due: Timestamp, now: Timestamp) -> bool {
        let moment = now.to_zoned(zone.rules().clone());
        if self.is_open(zone, &moment) {
            return true;
        }
        let due = due.to_zoned(zone.rules().clone());
        let closed = self.last_close(zone, &moment);
        closed.is_some_and(|closed| {
            self.is_open(zone, &due)
                && due.date() == closed.date()
                && moment <= closed.saturating_add(GRACE_MINUTES.minutes())
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date, time};
    use proptest::prelude::*;

    use super::*;

    const ZONES: [&str; 6] = [
        "America/New_York",
        "Europe/London",
        "America/Santiago",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Asia/Kathmandu",
    ];

    fn zone(name: &str) -> Zone {
        Zone::named(name).expect("a zone of the database")
    }

    fn moment(text: &str) -> Zoned {
        text.parse().expect("a zoned moment")
    }

    fn weekdays(days: &[Weekday]) -> SendWindow {
        SendWindow::new(time(8, 0, 0, 0), time(20, 0, 0, 0), days).expect("a window")
    }

    #[test]
    fn a_time_that_does_not_exist_moves_forward_by_the_gap() {
        let cases = [
            ("Europe/London", date(2026, 3, 29), time(1, 30, 0, 0), "2026-03-29T02:30:00+01:00[Europe/London]"),
            ("America/New_York", date(2026, 3, 8), time(2, 30, 0, 0), "2026-03-08T03:30:00-04:00[America/New_York]"),
            ("America/Santiago", date(2026, 9, 6), time(0, 0, 0, 0), "2026-09-06T01:00:00-03:00[America/Santiago]"),
            (
                "Australia/Lord_Howe",
                date(2026, 10, 4),
                time(2, 10, 0, 0),
                "2026-10-04T02:40:00+11:00[Australia/Lord_Howe]",
            ),
        ];
        for (name, day, hour, expected) in cases {
            assert_eq!(at(&zone(name), day, hour).to_string(), expected);
        }
    }

    #[test]
    fn a_repeated_hour_means_the_first() {
        let london = at(&zone("Europe/London"), date(2026, 10, 25), time(1, 30, 0, 0));
        assert_eq!(london.to_string(), "2026-10-25T01:30:00+01:00[Europe/London]");
        let lord_howe = at(&zone("Australia/Lord_Howe"), date(2026, 4, 5), time(1, 45, 0, 0));
        assert_eq!(lord_howe.to_string(), "2026-04-05T01:45:00+11:00[Australia/Lord_Howe]");
    }

    #[test]
    fn a_skipped_day_has_no_window() {
        let apia = zone("Pacific/Apia");
        let window = SendWindow::default();
        let evening = moment("2011-12-29T21:00:00-10:00[Pacific/Apia]");
        assert_eq!(window.next_opening(&apia, &evening).to_string(), "2011-12-31T08:00:00+14:00[Pacific/Apia]");
    }

    #[test]
    fn a_closed_date_moves_to_the_next_opening() {
        let london = zone("Europe/London");
        let holidays = (0..20).map(|week| days_after(date(2026, 12, 28), 7 * week)).collect::<Vec<_>>();
        let window = SendWindow::default().closed_on(vec![date(2026, 12, 26), date(2026, 12, 25), date(2026, 12, 25)]);
        assert_eq!(window.closed(), [date(2026, 12, 25), date(2026, 12, 26)]);
        let opening = |window: &SendWindow, from: &str| window.next_opening(&london, &moment(from)).to_string();
        assert_eq!(
            opening(&window, "2026-12-25T09:00:00+00:00[Europe/London]"),
            "2026-12-27T08:00:00+00:00[Europe/London]"
        );
        let due = "2026-12-24T20:10:00Z".parse().expect("an instant");
        assert!(!window.lets_leave(&london, due, "2026-12-25T12:00:00Z".parse().expect("an instant")));
        let mondays = weekdays(&[Weekday::Monday]).closed_on(holidays);
        assert_eq!(
            opening(&mondays, "2026-12-22T09:00:00+00:00[Europe/London]"),
            "2027-05-17T08:00:00+01:00[Europe/London]",
            "twenty Mondays on end are holidays"
        );
    }

    #[test]
    fn both_ends_of_the_window_belong_to_it() {
        let london = zone("Europe/London");
        let window = weekdays(&[Weekday::Monday]);
        let open = |text: &str| window.is_open(&london, &moment(text));
        assert!(open("2026-01-05T08:00:00+00:00[Europe/London]"));
        assert!(open("2026-01-05T20:00:00+00:00[Europe/London]"));
        assert!(!open("2026-01-05T07:59:59+00:00[Europe/London]"));
        assert!(!open("2026-01-05T20:00:01+00:00[Europe/London]"));
        assert!(!open("2026-01-06T12:00:00+00:00[Europe/London]"));
    }

    #[test]
    fn a_mail_due_by_the_close_may_leave_half_an_hour_later() {
        let london = zone("Europe/London");
        let window = weekdays(&[Weekday::Monday, Weekday::Tuesday]);
        let leaves = |due: &str, now: &str| {
            window.lets_leave(&london, due.parse().expect("an instant"), now.parse().expect("an instant"))
        };
        assert!(leaves("2026-01-05T20:00:00Z", "2026-01-05T20:30:00Z"));
        assert!(leaves("2026-01-05T09:00:00Z", "2026-01-05T20:10:00Z"));
        assert!(!leaves("2026-01-05T20:00:00Z", "2026-01-05T20:30:01Z"));
        assert!(!leaves("2026-01-05T20:00:01Z", "2026-01-05T20:10:00Z"));
        assert!(
            !leaves("2026-01-05T12:00:00Z", "2026-01-06T20:10:00Z"),
            "yesterday's mail has no claim on today's grace"
        );
        assert!(leaves("2026-01-05T12:00:00Z", "2026-01-06T08:00:00Z"));
        assert!(!leaves("2026-01-05T12:00:00Z", "2026-01-07T12:00:00Z"), "closed on Wednesday");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn the_next_opening_is_open_and_the_soonest(
            name in proptest::sample::select(ZONES.to_vec()),
            second in 1_293_840_000i64..2_240_524_800, // 2011 to 2040: Apia's lost day and 20 years ahead
            open in proptest::collection::vec(any::<bool>(), 7),
            from in 0i8..23, length in 1i8..12,
            holidays in proptest::collection::vec(0i64..40, 0..12),
        ) {
            let zone = zone(name);
            let days: Vec<Weekday> = (0..7i8)
                .filter(|day| open[usize::try_from(*day).expect("small")])
                .map(|day| Weekday::from_monday_zero_offset(day).expect("0 to 6"))
                .collect();
            prop_assume!(!days.is_empty());
            let window = SendWindow::new(time(from, 0, 0, 0), time((from + length).min(23), 59, 0, 0), &days).expect("a window");
            let moment = Timestamp::from_second(second).expect("in range").to_zoned(zone.rules().clone());
            let window = window.closed_on(holidays.iter().map(|ahead| days_after(moment.date(), *ahead)).collect());
            let opening = window.next_opening(&zone, &moment);
            prop_assert!(opening >= moment);
            prop_assert!(window.is_open(&zone, &opening), "{opening}");
            prop_assert!(!window.closed().contains(&opening.date()), "{opening}");
            if opening > moment {
                prop_assert!(!window.is_open(&zone, &moment));
                let just_before = opening.saturating_sub(1.second());
                prop_assert!(!window.is_open(&zone, &just_before), "{just_before}");
            }
            if let Some(closed) = window.last_close(&zone, &moment) {
                prop_assert!(closed < moment);
                prop_assert!(window.is_open(&zone, &closed));
            }
        }
    }
}
