//! How long a clinic keeps what it no longer needs. Texts of emails that left go by themselves; a person's record
//! never does: it is brought to somebody who looks, asks and erases. A legal hold keeps both.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp};

/// The least time that texts of sent emails are kept, in days: the link to read one again lasts as long.
pub const LEAST_DAYS: u16 = 90;

/// The longest time that can be set for texts, in days.
const MOST_DAYS: u16 = 3650;

/// The longest time that can be set for records, in years.
const MOST_YEARS: u16 = 50;

/// The longest reason of a legal hold, in characters.
pub const LONGEST_REASON: usize = 300;

/// What a clinic has set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
    /// How long the text of a sent email is kept, in days; none: as long as the installation says.
    pub sent_days: Option<u16>,
    /// So many years after the last visit somebody is asked to look at a record; none: nobody is.
    pub record_years: Option<u16>,
}

impl Keeping {
    /// Emails that left before this moment lose their text; none: they keep it. `usual` is what holds for clinics
    /// that set nothing.
    #[must_use]
    pub fn texts_before(self, usual: Option<SignedDuration>, now: Timestamp) -> Option<Timestamp> {
        let own = self.sent_days.map(|days| SignedDuration::from_hours(24 * i64::from(days)));
        now.checked_sub(own.or(usual)?).ok()
    }

    /// Records whose last visit was before this day are to be looked at; none: no record is.
    #[must_use]
    pub fn records_before(self, today: Date) -> Option<Date> {
        today.checked_sub(Span::new().try_years(self.record_years?).ok()?).ok()
    }
}

/// The days of a form; blank is none.
///
/// # Errors
/// A sentence that says what would be right.
pub fn days(typed: &str) -> Result<Option<u16>, String> {
    let wrong = || format!("Give a number of days from {LEAST_DAYS} to {MOST_DAYS}, or leave it blank.");
    number(typed, LEAST_DAYS..=MOST_DAYS).map_err(|NoNumber| wrong())
}

/// The years of a form; blank is none.
///
/// # Errors
/// A sentence that says what would be right.
pub fn years(typed: &str) -> Result<Option<u16>, String> {
    let wrong = || format!("Give a number of years from 1 to {MOST_YEARS}, or leave it blank.");
    number(typed, 1..=MOST_YEARS).map_err(|NoNumber| wrong())
}

struct NoNumber;

fn number(typed: &str, bounds: RangeInclusive<u16>) -> Result<Option<u16>, NoNumber> {
    match typed.trim() {
        "" => Ok(None),
        text => text.parse().ok().filter(|number| bounds.contains(number)).map(Some).ok_or(NoNumber),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_no_limit_and_only_whole_numbers_within_bounds_are_taken() {
        assert_eq!((days(" "), years("")), (Ok(None), Ok(None)));
        assert_eq!(
            (days("90"), days(" 3650 "), years("1"), years("50")),
            (Ok(Some(90)), Ok(Some(3650)), Ok(Some(1)), Ok(Some(50)))
        );
        for typed in ["89", "3651", "-90", "1e3", "a year", "99999999999", "90.5", "٩٠"] {
            assert!(days(typed).is_err_and(|sentence| sentence.contains("from 90 to 3650")), "{typed}");
        }
        for typed in ["0", "51", "-1", "300"] {
            assert!(years(typed).is_err_and(|sentence| sentence.contains("from 1 to 50")), "{typed}");
        }
    }

    #[test]
    fn the_clinics_own_time_goes_before_the_installations() {
        let now: Timestamp = "2026-11-28T10:00:00Z".parse().expect("an instant");
        let usual = Some(SignedDuration::from_hours(24 * 365));
        let own = Keeping { sent_days: Some(90), record_years: Some(10) };
        let said = |keeping: Keeping, usual| keeping.texts_before(usual, now).map(|at| at.to_string());
        assert_eq!(said(own, usual).as_deref(), Some("2026-08-30T10:00:00Z"));
        assert_eq!(said(Keeping::default(), usual).as_deref(), Some("2025-11-28T10:00:00Z"));
        assert_eq!(said(Keeping::default(), None), None);
        let leap = jiff::civil::date(2028, 2, 29);
        assert_eq!(own.records_before(leap), Some(jiff::civil::date(2018, 2, 28)));
        assert_eq!(Keeping::default().records_before(leap), None);
    }
}
