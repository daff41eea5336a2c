//! Dates as people say them at the desk: "2019", "3/2019", "March 2019", "15 March 2019". What can
//! be read in two ways is asked back, never guessed.

use jiff::civil::Date;

use super::Since;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Nobody at the desk remembers further back.
const EARLIEST: i16 = 1900;

/// Since when, as typed: a year, a month or a day, not after `today`.
///
/// # Errors
/// A sentence that says how to write it.
pub fn since(text: &str, today: Date) -> Result<Since, String> {
    let since = read(text.trim())?;
    let first = since.first_day();
    if first.year() < EARLIEST {
        return Err(format!("{since} is too long ago. Check the year."));
    }
    if first > today {
        return Err(format!("{since} is still to come. Check the date."));
    }
    Ok(since)
}

/// A whole day, as typed, not after `today`.
///
/// # Errors
/// A sentence that says how to write it.
pub fn past_day(text: &str, today: Date) -> Result<Date, String> {
    match since(text, today)? {
        Since::Day(day) => Ok(day),
        Since::Year(_) | Since::Month(_) => Err(format!("“{text}” is not a whole day. Write it like 15 March 2026.")),
    }
}

/// The words that are read back as the same moment.
#[must_use]
pub fn typed(since: Since) -> String {
    since.to_string()
}

enum Part {
    Number { value: u32, digits: usize },
    Month(i8),
}

fn read(text: &str) -> Result<Since, String> {
    let wrong = || {
        format!(
            "“{text}” is not a date we can read. Write a year (2019), a month (March 2019) or a day (15 March 2019)."
        )
    };
    let parts: Vec<Part> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '/' | '.' | '-' | ','))
        .filter(|part| !part.is_empty())
        .map(part)
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    match parts.as_slice() {
        [Part::Number { value, digits: 4 }] => day(*value, 1, 1).map(Since::Year).ok_or_else(wrong),
        [Part::Number { value: year, digits: 4 }, month @ Part::Number { digits: 1 | 2, .. }]
        | [month @ Part::Number { digits: 1 | 2, .. }, Part::Number { value: year, digits: 4 }]
        | [month @ Part::Month(_), Part::Number { value: year, digits: 4 }]
        | [Part::Number { value: year, digits: 4 }, month @ Part::Month(_)] => {
            let month = month_number(month).ok_or_else(|| no_month(text))?;
            day(*year, month, 1).map(Since::Month).ok_or_else(wrong)
        }
        [Part::Number { value: year, digits: 4 }, month, Part::Number { value, digits: 1 | 2 }]
        | [Part::Number { value, digits: 1 | 2 }, month @ Part::Month(_), Part::Number { value: year, digits: 4 }]
        | [month @ Part::Month(_), Part::Number { value, digits: 1 | 2 }, Part::Number { value: year, digits: 4 }] => {
            let month = month_number(month).ok_or_else(|| no_month(text))?;
            exact(*year, month, *value)
        }
        [
            Part::Number { value: first, digits: 1 | 2 },
            Part::Number { value: second, digits: 1 | 2 },
            Part::Number { value: year, digits: 4 },
        ] => two_orders(text, *first, *second, *year),
        _ => Err(wrong()),
    }
}

/// 3/4/2019 is March in one country and April in another, so it is read only where one reading exists.
fn two_orders(text: &str, first: u32, second: u32, year: u32) -> Result<Since, String> {
    let month = |number: u32| i8::try_from(number).ok().filter(|month| (1..=12).contains(month));
    match (month(first), month(second)) {
        (Some(_), Some(_)) if first != second => {
            Err(format!("“{text}” can mean two days. Write the month as a word, like 3 April 2019."))
        }
        (_, Some(second)) => exact(year, second, first),
        (Some(first), None) => exact(year, first, second),
        (None, None) => Err(no_month(text)),
    }
}

fn exact(year: u32, month: i8, number: u32) -> Result<Since, String> {
    let name = month_name(month);
    day(year, month, number)
        .map(Since::Day)
        .ok_or_else(|| format!("{number} {name} {year} does not exist. Check the day."))
}

fn day(year: u32, month: i8, number: u32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, month, i8::try_from(number).ok()?).ok()
}

fn part(text: &str) -> Option<Part> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Part::Number { value: text.parse().ok()?, digits: text.len() });
    }
    let word = text.to_lowercase();
    // "15th", "1st": the number is what counts.
    if let Some(number) = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end))
        && let Ok(value) = number.parse()
    {
        return Some(Part::Number { value, digits: number.len() });
    }
    let found = MONTHS.iter().position(|name| word.len() >= 3 && name.starts_with(&word))?;
    i8::try_from(found + 1).ok().map(Part::Month)
}

fn month_number(part: &Part) -> Option<i8> {
    match part {
        Part::Month(month) => Some(*month),
        Part::Number { value, .. } => i8::try_from(*value).ok().filter(|month| (1..=12).contains(month)),
    }
}

fn month_name(month: i8) -> String {
    let index = usize::try_from(month - 1).unwrap_or(0);
    let name = MONTHS.get(index).copied().unwrap_or_default();
    name[..1].to_uppercase() + &name[1..]
}

fn no_month(text: &str) -> String {
    format!("“{text}” names no month from 1 to 12. Write the month as a word, like March 2019.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::constant(2026, 3, 27);

    fn says(text: &str) -> String {
        since(text, TODAY).map_or_else(|problem| problem, String::from)
    }

    #[test]
    fn a_year_a_month_and_a_day_are_read_however_they_are_written() {
        for (text, read) in [
            ("2019", "2019"),
            (" 3/2019 ", "2019-03"),
            ("03.2019", "2019-03"),
            ("2019-03", "2019-03"),
            ("March 2019", "2019-03"),
            ("mar 2019", "2019-03"),
            ("2019, Sept", "2019-09"),
            ("15 March 2019", "2019-03-15"),
            ("March 15, 2019", "2019-03-15"),
            ("15th march 2019", "2019-03-15"),
            ("15/3/2019", "2019-03-15"),
            ("3/15/2019", "2019-03-15"),
            ("4.4.2019", "2019-04-04"),
            ("2019-03-15", "2019-03-15"),
            ("2024-02-29", "2024-02-29"),
            ("27 March 2026", "2026-03-27"),
            ("March 2026", "2026-03"),
        ] {
            assert_eq!(says(text), read, "{text}");
        }
    }

    #[test]
    fn what_can_mean_two_days_or_none_is_asked_back() {
        for (text, words) in [
            ("3/4/2019", "can mean two days"),
            ("31 February 2019", "31 February 2019 does not exist. Check the day."),
            ("29/2/2023", "29 February 2023 does not exist"),
            ("13/2019", "names no month"),
            ("13/14/2019", "names no month"),
            ("28 March 2026", "is still to come"),
            ("2027", "2027 is still to come"),
            ("1850", "too long ago"),
            ("last summer", "not a date we can read"),
            ("19", "not a date we can read"),
            ("ma 2019", "not a date we can read"),
            ("0/2019", "names no month"),
            ("999999999999/2019", "not a date we can read"),
            ("", "not a date we can read"),
        ] {
            assert!(says(text).contains(words), "{text}: {}", says(text));
        }
    }

    #[test]
    fn a_doctors_word_needs_a_whole_day() {
        assert_eq!(past_day("1 March 2026", TODAY), Ok(Date::constant(2026, 3, 1)));
        assert!(past_day("March 2026", TODAY).is_err_and(|problem| problem.contains("not a whole day")));
    }

    #[test]
    fn what_is_shown_again_is_read_back_as_the_same() {
        for text in ["2019", "2019-03", "2019-03-15"] {
            let read = Since::try_from(text.to_owned()).expect("a date");
            assert_eq!(since(&typed(read), TODAY), Ok(read));
        }
    }
}
