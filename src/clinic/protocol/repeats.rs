//! When a step comes again and again: a cron expression of five fields, read on the clinic's calendar. What
//! would come more often than once a day is refused: nobody wants two letters a day about one body.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::words::clock;

/// The words of a form for what may stand there.
const SHAPE: &str =
    "Write minute, hour, day of the month, month and weekday, such as “0 9 * * MON” for Mondays at 09:00.";

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A cron expression that comes at most once a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeats(Cron);

impl Repeats {
    /// Reads an expression.
    ///
    /// # Errors
    /// One sentence that says what would be right.
    pub fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.contains(['@', '#', '?', '+']) || text.split_whitespace().count() != 5 {
            return Err(format!("This has not five fields. {SHAPE}"));
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|_| format!("This is no time that comes again. {SHAPE}"))?;
        let pattern = &cron.pattern;
        if pattern.minutes.values().len() != 1 || pattern.hours.values().len() != 1 {
            return Err("It would come more than once a day. Give one minute and one hour, such as “0 9”.".into());
        }
        if pattern.days.has_modifiers() || pattern.days_of_week.has_modifiers() {
            return Err("Only days and weekdays by their number or name can be used, without L, W or #.".into());
        }
        if !pattern.is_dom_wildcard() && !pattern.is_dow_wildcard() {
            return Err("Give days of the month or weekdays, not both: with both, either of them would count.".into());
        }
        let new = Self(cron);
        // Four years hold every date there is.
        if new.after(Date::constant(2026, 1, 1), Date::constant(2030, 1, 1)).next().is_none() {
            return Err("No day of any year is like that. Choose another day of the month.".into());
        }
        Ok(new)
    }

    /// Each time after this day and before that one, on the calendar alone: which moment it is in a zone is
    /// for [`crate::clinic::schedule::at`].
    pub fn after(&self, day: Date, before: Date) -> impl Iterator<Item = DateTime> {
        // The calendar of a zone whose clocks never change is the calendar itself.
        let from = day.to_zoned(TimeZone::UTC).ok();
        let all = from.into_iter().flat_map(|from| self.0.iter_after(from));
        all.map(|at| at.datetime()).filter(move |at| at.date() > day).take_while(move |at| at.date() < before)
    }

    /// At which hour of the day.
    #[must_use]
    pub fn at(&self) -> Time {
        let pattern = &self.0.pattern;
        let one = |values: Vec<u16>| values.first().and_then(|value| i8::try_from(*value).ok()).unwrap_or_default();
        Time::new(one(pattern.hours.values()), one(pattern.minutes.values()), 0, 0).unwrap_or_else(|_| Time::midnight())
    }

    /// In words: "Every Monday and Thursday at 09:00".
    #[must_use]
    pub fn words(&self) -> String {
        let pattern = &self.0.pattern;
        let days = if !pattern.is_dow_wildcard() {
            let mut days: Vec<u16> = pattern.days_of_week.values().iter().map(|day| day % 7).collect();
            // A week begins with Monday.
            days.sort_unstable_by_key(|day| (day + 6) % 7);
            days.dedup();
            match days.len() {
                7 => "Every day".into(),
                _ if days == [1, 2, 3, 4, 5] => "Every day from Monday to Friday".into(),
                _ => format!(
                    "Every {}",
                    list(&days.iter().map(|day| DAYS[usize::from(*day)].to_owned()).collect::<Vec<_>>())
                ),
            }
        } else if pattern.is_dom_wildcard() {
            "Every day".into()
        } else {
            let days = pattern.days.values();
            format!("On the {} of the month", list(&days.into_iter().map(nth).collect::<Vec<_>>()))
        };
        let months = pattern.months.values();
        let months = match months.len() {
            12 => String::new(),
            _ => format!(
                " in {}",
                list(&months.iter().map(|at| MONTHS[usize::from(*at) - 1].to_owned()).collect::<Vec<_>>())
            ),
        };
        format!("{days} at {}{months}", clock(self.at()))
    }
}

/// "1st", "22nd".
fn nth(day: u16) -> String {
    let end = match (day % 10, day % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{day}{end}")
}

fn list(words: &[String]) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_expression_is_told_in_words() {
        for (text, words) in [
            ("0 9 * * MON", "Every Monday at 09:00"),
            ("30 17 * * 4,1", "Every Monday and Thursday at 17:30"),
            ("0 9 * * 1-5", "Every day from Monday to Friday at 09:00"),
            ("0 9 * * 0", "Every Sunday at 09:00"),
            ("0 9 * * 7", "Every Sunday at 09:00"),
            ("5 8 * * *", "Every day at 08:05"),
            ("0 10 1,22 * *", "On the 1st and 22nd of the month at 10:00"),
            ("0 10 3,11,30 1,2 *", "On the 3rd, 11th and 30th of the month at 10:00 in January and February"),
            (" 0  9 * * mon ", "Every Monday at 09:00"),
        ] {
            assert_eq!(Repeats::read(text).map(|one| one.words()), Ok(words.into()), "{text}");
        }
    }

    #[test]
    fn what_comes_too_often_or_never_or_cannot_be_read_is_refused_in_a_sentence() {
        for (text, says) in [
            ("* * * * *", "more than once a day"),
            ("0 * * * *", "more than once a day"),
            ("0 9,17 * * MON", "more than once a day"),
            ("*/30 9 * * MON", "more than once a day"),
            ("0 9 30 2 *", "No day of any year"),
            ("0 9 1 * MON", "not both"),
            ("0 9 * * MON#1", "five fields"),
            ("0 9 L * *", "without L, W or #"),
            ("0 9 * *", "five fields"),
            ("0 0 9 * * MON", "five fields"),
            ("@daily", "five fields"),
            ("", "five fields"),
            ("0 25 * * *", "no time that comes again"),
            ("0 9 * * XYZ", "no time that comes again"),
            ("0 9 32 * *", "no time that comes again"),
        ] {
            let sentence = Repeats::read(text).expect_err(text);
            assert!(sentence.contains(says), "{text}: {sentence}");
        }
    }

    #[test]
    fn the_next_times_are_days_of_the_calendar() {
        let mondays = Repeats::read("0 9 * * MON").expect("an expression");
        let next: Vec<String> = mondays.after(date(2026, 3, 23), date(2026, 4, 14)).map(|at| at.to_string()).collect();
        assert_eq!(next, ["2026-03-30T09:00:00", "2026-04-06T09:00:00", "2026-04-13T09:00:00"]);
        // The hour that London leaves out in spring is an hour of the calendar like any other.
        let night = Repeats::read("30 1 * * *").expect("an expression");
        let next: Vec<String> = night.after(date(2026, 3, 27), date(2026, 3, 31)).map(|at| at.to_string()).collect();
        assert_eq!(next, ["2026-03-28T01:30:00", "2026-03-29T01:30:00", "2026-03-30T01:30:00"]);
    }

    proptest! {
        /// Whatever is typed, it is refused or comes at most once a day.
        #[test]
        fn nothing_comes_twice_on_one_day(text in "[0-9*,/LW#-]{1,4}( [0-9*,/LW#A-Z-]{1,4}){3,5}") {
            if let Ok(repeats) = Repeats::read(&text) {
                let days: Vec<Date> = repeats.after(date(2026, 1, 1), date(2027, 1, 1)).map(DateTime::date).collect();
                prop_assert!(days.windows(2).all(|two| two[0] < two[1]), "{text}: {days:?}");
                prop_assert!(!repeats.words().is_empty());
            }
        }
    }
}
