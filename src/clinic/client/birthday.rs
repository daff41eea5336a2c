//! A date of birth as people say it at a desk.

use jiff::civil::Date;

/// Nobody is older than this; whoever seems to be has a slip in the year.
const OLDEST: i16 = 120;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The day that "1.2.1980", "1 Feb 1980", "01/02/1980" or "1980-02-01" mean: the day before the month,
/// unless the year stands first.
///
/// # Errors
/// A sentence, when there is no such day, or nobody alive can have been born on it.
pub fn birthday(text: &str, today: Date) -> Result<Date, String> {
    let hint = "Write day, month and year, like 1 Feb 1980.";
    let parts: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || ".,/-".contains(c)).filter(|part| !part.is_empty()).collect();
    let [first, second, third] = parts.as_slice() else { return Err(format!("This is not a whole date. {hint}")) };
    let (day, month, year) = if first.len() == 4 { (third, second, first) } else { (first, second, third) };
    if year.len() != 4 {
        return Err("Write the year with four digits, like 1980.".into());
    }
    let number = |part: &str| part.parse::<i16>().ok().filter(|number| *number >= 0);
    let (Some(day), Some(month), Some(year)) = (number(day), month_of(month), number(year)) else {
        return Err(format!("This is not a date. {hint}"));
    };
    let small = |number: i16| i8::try_from(number).ok();
    let date = small(month).zip(small(day)).and_then(|(month, day)| Date::new(year, month, day).ok());
    let Some(date) = date else { return Err(impossible(day, month)) };
    if date > today {
        return Err(format!("{} is in the future. Check the year.", date.strftime("%-d %B %Y")));
    }
    if today.year() - date.year() > OLDEST {
        return Err(format!("{year} is more than {OLDEST} years ago. Check the year."));
    }
    Ok(date)
}

fn month_of(word: &str) -> Option<i16> {
    if let Ok(number) = word.parse() {
        return Some(number);
    }
    let word = word.to_lowercase();
    let place = MONTHS.iter().position(|month| word.starts_with(month))?;
    i16::try_from(place + 1).ok()
}

fn impossible(day: i16, month: i16) -> String {
    let named = usize::try_from(month - 1).ok().and_then(|place| {
        let names = [
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
        names.get(place).copied()
    });
    match named {
        Some(month) => format!("{day} {month} does not exist. Check the day."),
        None => format!("There is no month {month}. Write the day before the month."),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_date_is_read_as_people_say_it() {
        let today = date(2026, 1, 5);
        for text in ["1.2.1980", "01/02/1980", "1 2 1980", "1 Feb 1980", "1 february, 1980", "1980-02-01", "1-2-1980"] {
            assert_eq!(birthday(text, today), Ok(date(1980, 2, 1)), "{text}");
        }
        assert_eq!(birthday("5.1.2026", today), Ok(today), "born today");
    }

    #[test]
    fn a_date_that_cannot_be_is_told_why() {
        let wrong = |text: &str| birthday(text, date(2026, 1, 5)).expect_err(text);
        assert_eq!(wrong("31 Feb 1980"), "31 February does not exist. Check the day.");
        assert_eq!(wrong("2.13.1980"), "There is no month 13. Write the day before the month.");
        assert_eq!(wrong("1.2.80"), "Write the year with four digits, like 1980.");
        assert_eq!(wrong("6.1.2026"), "6 January 2026 is in the future. Check the year.");
        assert_eq!(wrong("1.1.1880"), "1880 is more than 120 years ago. Check the year.");
        for text in ["1980", "yesterday", "a b 1980", "1 of 1980", "1.2.1980.4", "0.1.1980", "-1.2.1980x"] {
            assert!(birthday(text, date(2026, 1, 5)).is_err(), "{text}");
        }
    }
}
