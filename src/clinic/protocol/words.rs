//! A step in words, for staff.

use jiff::civil::Time;

use super::super::letter::changes::shown_for;
use super::super::outbox::Uncertainty;
use super::{Hours, Repeats, StepRule, Timing};

impl Timing {
    /// "3 hours after the visit", "The day before a booked visit, at 09:00".
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Hours { after } => format!("{} after the visit", count(*after, "hour")),
            Self::Days { after, at } => {
                let at = at.map_or("at the time the visit ended".to_owned(), |at| format!("at {}", clock(at)));
                format!("{} after the visit, {at}", count(*after, "day"))
            }
            Self::Before { days, at } => format!("{} before a booked visit, at {}", count(*days, "day"), clock(*at)),
            Self::Repeats { cron, times } => match Repeats::read(cron) {
                Ok(repeats) => format!("{}, from the day after the visit, at most {}", repeats.words(), often(*times)),
                Err(_) => format!("Again and again (“{cron}”), at most {}", often(*times)),
            },
        }
    }
}

impl Hours {
    /// "from 09:00 to 12:00".
    #[must_use]
    pub fn words(self) -> String {
        format!("from {} to {}", clock(self.from), clock(self.to))
    }
}

impl StepRule {
    /// Everything about it, a line each: what it is about, and how it is set.
    #[must_use]
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let late = match self.useful_hours {
            _ if self.is_before() => "When that visit starts".into(),
            hours => format!("{} after its time", count(hours, "hour")),
        };
        let hours = self.hours.map_or("Whenever the clinic's emails leave".to_owned(), Hours::words);
        let who = Some(shown_for(&self.who)).filter(|who| !who.is_empty());
        vec![
            ("When", self.when.words()),
            ("Letter", self.letter.name().into()),
            ("For", who.unwrap_or_else(|| "Everyone".into())),
            ("Check-in", if self.check_in { "Asked" } else { "Not asked" }.into()),
            ("Hours", hours),
            ("Too late", late),
            (
                "When its fate is unknown",
                match self.on_uncertain {
                    Uncertainty::Resend => "Sent again",
                    Uncertainty::Hold => "Left to staff",
                }
                .into(),
            ),
        ]
    }
}

/// "09:00".
pub(super) fn clock(at: Time) -> String {
    at.strftime("%H:%M").to_string()
}

/// "1 hour", "3 hours".
pub(super) fn count(number: u32, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

fn often(times: u8) -> String {
    if times == 1 { "once".into() } else { format!("{times} times") }
}
