//! A time as two fields, a month and a year, which people fill in in any language; the form keeps it as one.

use jiff::civil::Date;

use super::typed::Typed;
use super::{Since, dates};

/// A time as two fields, which any language can fill in: a month's number or nothing, and a year.
/// What is no time stays in the second, word for word.
#[must_use]
pub fn split_since(since: &str) -> (String, String) {
    let Ok(read) = dates::since(since, Date::MAX) else {
        // "3/19": a month that was chosen, and a year that cannot be one.
        let chosen =
            since.split_once('/').filter(|(month, _)| month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month)));
        return chosen
            .map_or_else(|| (String::new(), since.to_owned()), |(month, year)| (month.to_owned(), year.to_owned()));
    };
    let date = read.first_day();
    let month = if matches!(read, Since::Year(_)) { String::new() } else { date.month().to_string() };
    (month, date.year().to_string())
}

/// The fields of a page as the form has them: `at.ID.N.month` and `at.ID.N.year` become one time. A day
/// that was known before stays, while month and year are its own.
#[must_use]
pub fn joined(pairs: &[(&str, &str)], before: &Typed) -> Typed {
    let mut all: Vec<(String, String)> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        let Some(place) = name.strip_suffix(".year").filter(|place| place.starts_with("at.")) else {
            if !(name.starts_with("at.") && name.ends_with(".month")) {
                all.push(((*name).to_owned(), (*value).to_owned()));
            }
            continue;
        };
        let (month_name, since_name) = (format!("{place}.month"), format!("{place}.since"));
        let month = pairs.iter().find(|(name, _)| **name == month_name).map_or("", |(_, month)| month.trim());
        let had = before.one(&since_name);
        let since = match (month, value.trim()) {
            (month, year) if !had.is_empty() && split_since(had) == (month.to_owned(), year.to_owned()) => {
                had.to_owned()
            }
            ("", year) => year.to_owned(),
            (month, year) => format!("{month}/{year}"),
        };
        all.push((since_name, since));
    }
    Typed::read(all.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_and_a_year_are_one_time_and_back() {
        let none = Typed::default();
        let since = |month, year| {
            let typed =
                joined(&[("at.sciatica.0.month", month), ("at.sciatica.0.year", year), ("yes", "sciatica")], &none);
            assert!(typed.has("yes", "sciatica"));
            typed.one("at.sciatica.0.since").to_owned()
        };
        for (month, year, text) in
            [("3", "2019", "3/2019"), ("", "2019", "2019"), ("", "", ""), ("3", "19", "3/19"), ("", "then", "then")]
        {
            assert_eq!(since(month, year), text);
            assert_eq!(split_since(text), (month.to_owned(), year.to_owned()), "{text}");
        }
        let mut before = Typed::default();
        before.add("at.sciatica.0.since", "15 March 2019");
        let same = joined(&[("at.sciatica.0.year", "2019"), ("at.sciatica.0.month", "3")], &before);
        assert_eq!(same.one("at.sciatica.0.since"), "15 March 2019", "what was known better stays");
        let other = joined(&[("at.sciatica.0.year", "2020"), ("at.sciatica.0.month", "3")], &before);
        assert_eq!(other.one("at.sciatica.0.since"), "3/2020");
    }
}
