//! How pages say times, dates and short lists. Always clock and date, never "soon".

use jiff::Zoned;
use jiff::civil::{Date, Time};

/// "16:00".
#[must_use]
pub fn clock(at: &Zoned) -> String {
    at.strftime("%H:%M").to_string()
}

/// "16:00" for a time without a day.
#[must_use]
pub fn hour(at: Time) -> String {
    at.strftime("%H:%M").to_string()
}

/// "Friday 27 March".
#[must_use]
pub fn long_day(day: Date) -> String {
    day.strftime("%A %-d %B").to_string()
}

/// "Fri 27 March 2026".
#[must_use]
pub fn full_day(day: Date) -> String {
    day.strftime("%a %-d %B %Y").to_string()
}

/// "1 Feb 1980".
#[must_use]
pub fn birthday(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// "today", "tomorrow", "yesterday", or "Sat 28 Mar"; with the year when it is another.
#[must_use]
pub fn near_day(day: Date, today: Date) -> String {
    match (day - today).get_days() {
        0 => "today".into(),
        1 => "tomorrow".into(),
        -1 => "yesterday".into(),
        _ if day.year() == today.year() => day.strftime("%a %-d %b").to_string(),
        _ => day.strftime("%a %-d %b %Y").to_string(),
    }
}

/// "tomorrow 16:00".
#[must_use]
pub fn moment(at: &Zoned, now: &Zoned) -> String {
    format!("{} {}", near_day(at.date(), now.date()), clock(at))
}

/// The same words with a capital first.
#[must_use]
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The same words with a small first letter, unless the first word is all capitals ("DVT").
#[must_use]
pub fn small(words: &str) -> String {
    let shouts = words.chars().take(2).all(|letter| letter.is_uppercase() || letter.is_ascii_digit());
    let mut letters = words.chars();
    match letters.next() {
        Some(first) if !shouts => first.to_lowercase().chain(letters).collect(),
        _ => words.into(),
    }
}

/// "a", "a and b", "a, b and c".
#[must_use]
pub fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// "587, 465 or 25".
#[must_use]
pub fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// "1 email", "3 emails".
#[must_use]
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_days_have_names_and_far_days_have_dates() {
        let today = jiff::civil::date(2026, 3, 27);
        let says = |month, day| near_day(jiff::civil::date(2026, month, day), today);
        assert_eq!(
            [says(3, 26), says(3, 27), says(3, 28), says(4, 3)],
            ["yesterday", "today", "tomorrow", "Fri 3 Apr"]
        );
        assert_eq!(near_day(jiff::civil::date(2027, 1, 2), today), "Sat 2 Jan 2027");
    }

    #[test]
    fn lists_read_like_speech() {
        let of = |words: &[&str]| list(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!([of(&[]), of(&["a"]), of(&["a", "b"]), of(&["a", "b", "c"])], ["", "a", "a and b", "a, b and c"]);
        assert_eq!([small("Varicose veins"), small("DVT in the past")], ["varicose veins", "DVT in the past"]);
    }
}
