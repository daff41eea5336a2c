//! What the rules need to know of a clinic: how its letters name it and when they may go out.

use std::fmt;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::look::Look;
use super::person::EmailAddress;

/// One clinic as its clients meet it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClinicProfile {
    /// The name on the masthead.
    pub name: String,
    /// The number clients call with a question; empty when the clinic gave none.
    pub phone: String,
    /// What to call in an emergency: a number, or "your local emergency number".
    pub emergency_number: String,
    /// Postal address on one line; may be empty.
    pub address: String,
    /// The zone whose calendar and clock all plans follow.
    pub zone: Zone,
    /// The language of letters for clients who have none of their own.
    pub locale: String,
    /// When letters may leave.
    pub send_window: SendWindow,
    /// The name that letters come from; empty: the name on the masthead.
    pub sender_name: String,
    /// Where answers to letters go; none: where the installation says.
    pub reply_to: Option<EmailAddress>,
    /// Its colour and its logo.
    pub look: Look,
}

impl ClinicProfile {
    /// The name beside the sender's address.
    #[must_use]
    pub fn from_name(&self) -> &str {
        if self.sender_name.is_empty() { &self.name } else { &self.sender_name }
    }
}

/// What letters say where a clinic has named no number.
pub const LOCAL_EMERGENCY_NUMBER: &str = "your local emergency number";

impl Default for ClinicProfile {
    fn default() -> Self {
        Self {
            name: "Your clinic".into(),
            phone: String::new(),
            emergency_number: LOCAL_EMERGENCY_NUMBER.into(),
            address: String::new(),
            zone: Zone::utc(),
            locale: "en".into(),
            send_window: SendWindow::default(),
            sender_name: String::new(),
            reply_to: None,
            look: Look::default(),
        }
    }
}

/// A time zone by its IANA name, with its rules at hand.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone of this IANA name.
    ///
    /// # Errors
    /// A sentence that names the zone, when there is no such zone.
    pub fn named(name: &str) -> Result<Self, String> {
        TimeZone::get(name)
            .map(Self)
            .map_err(|_| format!("\"{name}\" is not a time zone; use a name such as \"Europe/London\""))
    }

    /// Every zone there is, by name.
    #[must_use]
    pub fn names() -> Vec<String> {
        jiff::tz::db().available().map(|name| name.to_string()).collect()
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Its rules.
    #[must_use]
    pub fn rules(&self) -> &TimeZone {
        &self.0
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The hours and weekdays on which letters may leave, by the clinic's own clock, and the dates on
/// which none does. Both ends belong to the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendWindow {
    from: Time,
    to: Time,
    /// Monday first.
    open: [bool; 7],
    /// In their order, each once.
    closed: Vec<Date>,
}

impl SendWindow {
    /// A window of these hours on these weekdays.
    ///
    /// # Errors
    /// A sentence, when the window would never open.
    pub fn new(from: Time, to: Time, weekdays: &[Weekday]) -> Result<Self, String> {
        if from >= to {
            return Err("the window must open before it closes; give \"from\" earlier than \"to\"".into());
        }
        if weekdays.is_empty() {
            return Err("the window has no weekday; name at least one".into());
        }
        let mut open = [false; 7];
        for day in weekdays {
            open[usize::from(day.to_monday_zero_offset().unsigned_abs())] = true;
        }
        Ok(Self { from, to, open, closed: Vec::new() })
    }

    /// The same window with these dates on which nothing leaves, such as public holidays.
    #[must_use]
    pub fn closed_on(mut self, mut dates: Vec<Date>) -> Self {
        dates.sort_unstable();
        dates.dedup();
        self.closed = dates;
        self
    }

    /// The same days with fewer hours; nothing when none is left.
    #[must_use]
    pub fn narrowed(&self, from: Time, to: Time) -> Option<Self> {
        let (from, to) = (from.max(self.from), to.min(self.to));
        (from < to).then(|| Self { from, to, ..self.clone() })
    }

    /// The dates on which nothing leaves, in their order.
    #[must_use]
    pub fn closed(&self) -> &[Date] {
        &self.closed
    }

    /// When it opens.
    #[must_use]
    pub const fn from(&self) -> Time {
        self.from
    }

    /// When it closes.
    #[must_use]
    pub const fn to(&self) -> Time {
        self.to
    }

    /// Whether letters leave on this date at all.
    #[must_use]
    pub fn opens_on(&self, date: Date) -> bool {
        self.weekly(date.weekday()) && self.closed.binary_search(&date).is_err()
    }

    fn weekly(&self, day: Weekday) -> bool {
        self.open[usize::from(day.to_monday_zero_offset().unsigned_abs())]
    }

    /// The weekdays it opens on, Monday first.
    pub fn weekdays(&self) -> impl Iterator<Item = WeekdayName> + '_ {
        WeekdayName::ALL.into_iter().filter(|day| self.weekly(day.weekday()))
    }
}

impl Default for SendWindow {
    fn default() -> Self {
        Self { from: Time::constant(8, 0, 0, 0), to: Time::constant(20, 0, 0, 0), open: [true; 7], closed: Vec::new() }
    }
}

/// A weekday as settings and files write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each weekday is its own name")]
pub enum WeekdayName {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl WeekdayName {
    /// Monday to Sunday.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// The id in forms and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }

    /// The weekday on the calendar.
    #[must_use]
    pub const fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
        }
    }
}
