//! The fixed words around a letter's own text: tier headings, links, dates. One set per language.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::super::profile::{ClinicProfile, LOCAL_EMERGENCY_NUMBER};

/// The fixed words of one language. They may hold merge fields, as letters do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Whether a native speaker must look before first use.
    #[serde(default)]
    pub needs_review: bool,
    /// What stands for [`LOCAL_EMERGENCY_NUMBER`] in this language.
    pub local_emergency_number: String,
    /// The first line.
    pub hello: String,
    /// Above the emergency signs.
    pub emergency_heading: String,
    /// Above the same-day signs.
    pub same_day_heading: String,
    /// Above the signs to call the clinic about, and above the contact lines.
    pub call_us_heading: String,
    /// Before the signs to call the clinic about.
    pub call_us_signs: String,
    /// How to reach the clinic, with a phone.
    pub contact_by_phone: String,
    /// How to reach the clinic without one.
    pub contact_by_reply: String,
    /// That mail is no way to report something urgent.
    pub not_for_urgent_news: String,
    /// Above the expected signs, where the letter gives no heading of its own.
    pub normal_heading: String,
    /// Before the expected signs.
    pub normal_signs: String,
    /// That check-in answers are not watched.
    pub not_watched: String,
    /// Instead of the check-in button, with a phone.
    pub check_in_by_phone: String,
    /// Instead of the check-in button without one.
    pub check_in_by_reply: String,
    /// Above the next visit.
    pub next_visit_heading: String,
    /// When it is.
    pub next_visit: String,
    /// Where it is, for clinics with an address.
    pub next_visit_place: String,
    /// Why the client gets this.
    pub why_you_get_this: String,
    /// The link to the preferences.
    pub change: String,
    /// Between the two links.
    pub or: String,
    /// The link that stops these emails.
    pub stop: String,
    /// The same where only mail can do it: the link's text.
    pub stop_by_mail: String,
    /// The same where only a call can do it.
    pub stop_by_phone: String,
    /// The same where there is neither.
    pub stop_by_reply: String,
    /// The link to the letter's page.
    pub reread: String,
    /// Monday to Sunday.
    pub weekdays: [String; 7],
    /// January to December.
    pub months: [String; 12],
    /// A day, of `{weekday}`, `{day}` and `{month}`.
    pub day: String,
}

impl Words {
    /// Every text with its name, for checks.
    #[must_use]
    pub fn texts(&self) -> [(&'static str, &str); 25] {
        [
            ("local_emergency_number", &self.local_emergency_number),
            ("hello", &self.hello),
            ("emergency_heading", &self.emergency_heading),
            ("same_day_heading", &self.same_day_heading),
            ("call_us_heading", &self.call_us_heading),
            ("call_us_signs", &self.call_us_signs),
            ("contact_by_phone", &self.contact_by_phone),
            ("contact_by_reply", &self.contact_by_reply),
            ("not_for_urgent_news", &self.not_for_urgent_news),
            ("normal_heading", &self.normal_heading),
            ("normal_signs", &self.normal_signs),
            ("not_watched", &self.not_watched),
            ("check_in_by_phone", &self.check_in_by_phone),
            ("check_in_by_reply", &self.check_in_by_reply),
            ("next_visit_heading", &self.next_visit_heading),
            ("next_visit", &self.next_visit),
            ("next_visit_place", &self.next_visit_place),
            ("why_you_get_this", &self.why_you_get_this),
            ("change", &self.change),
            ("or", &self.or),
            ("stop", &self.stop),
            ("stop_by_mail", &self.stop_by_mail),
            ("stop_by_phone", &self.stop_by_phone),
            ("stop_by_reply", &self.stop_by_reply),
            ("reread", &self.reread),
        ]
    }

    /// The emergency number as letters write it: the clinic's, or the phrase of this language.
    #[must_use]
    pub fn emergency_number<'a>(&'a self, clinic: &'a ClinicProfile) -> &'a str {
        match clinic.emergency_number.trim() {
            "" | LOCAL_EMERGENCY_NUMBER => &self.local_emergency_number,
            number => number,
        }
    }

    /// A day as people say it, such as "Saturday 28 March".
    #[must_use]
    pub fn day(&self, date: Date) -> String {
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs()).min(6);
        let month = usize::from(date.month().unsigned_abs()).clamp(1, 12) - 1;
        self.day
            .replace("{weekday}", &self.weekdays[weekday])
            .replace("{day}", &date.day().to_string())
            .replace("{month}", &self.months[month])
    }

    /// The day and the clock of an instant at the clinic.
    #[must_use]
    pub fn day_and_time(&self, instant: Timestamp, clinic: &ClinicProfile) -> (String, String) {
        let local = instant.to_zoned(clinic.zone.rules().clone());
        (self.day(local.date()), clock(local.time()))
    }
}

/// A time on the 24-hour clock, which needs no words.
fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// A telephone link for what is really a number, and none for words.
#[must_use]
pub fn telephone_link(written: &str) -> Option<String> {
    let number = written.trim();
    let fits = number.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '.' | '\u{a0}'));
    let dialled: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let digits = dialled.chars().filter(char::is_ascii_digit).count();
    let plus_first_only = dialled.rfind('+').is_none_or(|at| at == 0);
    (fits && digits >= 2 && plus_first_only).then(|| format!("tel:{dialled}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_dialled() {
        assert_eq!(telephone_link("999").as_deref(), Some("tel:999"));
        assert_eq!(telephone_link("+44 (20) 7946-0000").as_deref(), Some("tel:+442079460000"));
        for words in ["", "your local emergency number", "call 999", "0", "12+34", "999; rm", "javascript:1"] {
            assert_eq!(telephone_link(words), None, "{words}");
        }
    }
}
