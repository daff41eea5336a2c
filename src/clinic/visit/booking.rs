//! Whether a booking form makes sense. What cannot be is wrong field by field; what is unusual (a
//! time in the past, somebody with two visits at once) is told, and goes once somebody says so.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned};

use super::super::body::Region;
use super::super::case::BookedPressure;
use super::super::catalogue::{Catalogue, TechniqueId};
use super::super::fields::FieldErrors;
use super::super::ids::{AccountId, VisitId};
use super::super::profile::Zone;
use super::super::schedule::at;
use super::usual::{AS_USUAL, Usual};

/// How long a visit may be, in minutes.
const LENGTH: std::ops::RangeInclusive<i64> = 5..=480;

/// Nobody books further ahead or back than this, and a mistyped year is told.
const YEARS: i32 = 2;

/// The form as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the form")]
pub struct Typed {
    pub date: String,
    pub time: String,
    pub minutes: String,
    pub therapist: String,
    pub technique: String,
    pub pressure: String,
    pub regions: Vec<String>,
}

/// What the form is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Techniques.
    pub catalogue: &'a Catalogue,
    /// Who may be booked here.
    pub therapists: &'a [AccountId],
    /// The clinic's clock.
    pub zone: &'a Zone,
    /// How firmly each technique is usually done here.
    pub usual: &'a Usual,
    /// What is booked already: it may stay, whatever was retired since.
    pub booked: Option<&'a TechniqueId>,
    /// Now.
    pub now: Timestamp,
}

/// A form that makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Booking {
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub therapist: Option<AccountId>,
    pub technique: TechniqueId,
    pub pressure: BookedPressure,
    pub regions: Vec<Region>,
}

/// Another visit at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Which one.
    pub visit: VisitId,
    /// Start.
    pub starts_at: Timestamp,
    /// Whether it is the same client's.
    pub same_client: bool,
    /// The therapist's name, when it is the same one's.
    pub therapist: Option<String>,
}

/// Something unusual about a booking: told once, and no reason to refuse it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// A word that stays the same while the doubt does.
    pub key: String,
    /// The sentence.
    pub says: String,
}

/// The booking of a form.
///
/// # Errors
/// The fields that are wrong.
pub fn check(typed: &Typed, known: &Known<'_>) -> Result<Booking, FieldErrors> {
    let mut errors = FieldErrors::new();
    let date = errors.check("date", date(&typed.date, known));
    let time = errors.check("time", time(&typed.time));
    let minutes = errors.check("minutes", minutes(&typed.minutes));
    let therapist = errors.check("therapist", therapist(&typed.therapist, known));
    let technique = known.catalogue.technique(&typed.technique.as_str().into());
    let technique = technique.filter(|one| !one.retired || known.booked == Some(&one.id));
    let technique = errors.check("technique", technique.ok_or("Choose a technique from the list."));
    let pressure = match (typed.pressure.as_str(), technique) {
        (AS_USUAL, technique) => technique.map(|technique| known.usual.of(technique)),
        (text, _) => {
            errors.check("pressure", BookedPressure::of(text).ok_or("Choose how firm: light, moderate or firm."))
        }
    };
    let regions = errors.check("regions", regions(&typed.regions));
    let booking = date.zip(time).zip(minutes).and_then(|((date, time), minutes)| {
        let starts_at = at(known.zone, date, time).timestamp();
        Some(Booking {
            starts_at,
            ends_at: starts_at.checked_add(SignedDuration::from_mins(minutes)).ok()?,
            therapist: therapist?,
            technique: technique?.id.clone(),
            pressure: pressure?,
            regions: regions?,
        })
    });
    errors.done(booking)
}

fn date(text: &str, known: &Known<'_>) -> Result<Date, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Choose a day.".into());
    }
    let date: Date = text.parse().map_err(|_| no_such_day(text))?;
    let today = known.now.to_zoned(known.zone.rules().clone()).date();
    let far = date < today.saturating_sub(YEARS.years()) || date > today.saturating_add(YEARS.years());
    if far { Err(format!("{date} is more than {YEARS} years away. Check the year.")) } else { Ok(date) }
}

/// "31 February does not exist. Check the day."
fn no_such_day(text: &str) -> String {
    let numbers: Vec<i16> = text.split('-').filter_map(|part| part.parse().ok()).collect();
    let month = match numbers.as_slice() {
        [year, month, day @ 1..=31] => {
            i8::try_from(*month).ok().and_then(|month| Date::new(*year, month, 1).ok()).map(|first| (*day, first))
        }
        _ => None,
    };
    match month {
        Some((day, first)) => format!("{day} {} does not exist. Check the day.", first.strftime("%B")),
        None => "This is no day. Write it like 2026-03-27.".into(),
    }
}

fn time(text: &str) -> Result<Time, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Choose a time.".into());
    }
    let digits: Vec<&str> = text.split([':', '.']).collect();
    let time = match digits.as_slice() {
        [hour, minute] | [hour, minute, "00"] if minute.len() == 2 => {
            hour.parse().ok().zip(minute.parse().ok()).and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok())
        }
        _ => None,
    };
    time.ok_or_else(|| "This is no time. Write it like 15:30.".into())
}

fn minutes(text: &str) -> Result<i64, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|minutes| LENGTH.contains(minutes))
        .ok_or_else(|| format!("Write the length in minutes, from {} to {}.", LENGTH.start(), LENGTH.end()))
}

fn therapist(text: &str, known: &Known<'_>) -> Result<Option<AccountId>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let id = text.parse().ok().filter(|id| known.therapists.contains(id));
    id.map(Some).ok_or_else(|| "Choose somebody who treats here.".into())
}

/// In body order, each once; none is fine: then advice stays general.
fn regions(ids: &[String]) -> Result<Vec<Region>, String> {
    let known: Vec<Region> = Region::ALL.into_iter().filter(|region| ids.iter().any(|id| id == region.id())).collect();
    if ids.iter().any(|id| Region::ALL.iter().all(|region| region.id() != id)) {
        return Err("One of the areas is not on the list. Choose from it.".into());
    }
    Ok(known)
}

/// What is unusual about a booking.
#[must_use]
pub fn doubts(typed: &Typed, booking: &Booking, beside: &[Beside], known: &Known<'_>) -> Vec<Doubt> {
    let local = |at: Timestamp| at.to_zoned(known.zone.rules().clone());
    let clock = |at: &Zoned| at.strftime("%H:%M").to_string();
    let mut all = Vec::new();
    if booking.starts_at < known.now {
        let says = "This time has passed. The visit is put on record, and no email goes out before it.".into();
        all.push(Doubt { key: "past".into(), says });
    }
    let starts = local(booking.starts_at);
    let wanted = date(&typed.date, known).ok().zip(time(&typed.time).ok()).map(|(date, time)| date.to_datetime(time));
    if let Some(says) = wanted.and_then(|wanted| odd_hour(wanted, &starts)) {
        all.push(Doubt { key: "clock".into(), says });
    }
    for other in beside {
        let at = clock(&local(other.starts_at));
        let key = format!("beside-{}", other.visit);
        if other.same_client {
            let says = format!("This client has a visit at {at} already, and the two overlap.");
            all.push(Doubt { key, says });
        } else if let Some(name) = &other.therapist {
            all.push(Doubt { key, says: format!("{name} has a visit at {at} already, and the two overlap.") });
        }
    }
    all
}

/// The clocks change on this day, and the hour that was typed is not there, or there twice.
fn odd_hour(wanted: DateTime, starts: &Zoned) -> Option<String> {
    if starts.datetime() != wanted {
        return Some(format!(
            "The clocks go forward on this day, and {} does not exist. The visit starts at {}.",
            wanted.strftime("%H:%M"),
            starts.strftime("%H:%M")
        ));
    }
    let ambiguous = starts.time_zone().to_ambiguous_zoned(wanted).is_ambiguous();
    ambiguous.then(|| {
        format!("The clocks go back on this day, and {} comes twice. The first one is meant.", wanted.strftime("%H:%M"))
    })
}

/// The doubts in one word: what somebody said yes to.
#[must_use]
pub fn agreed(doubts: &[Doubt]) -> String {
    doubts.iter().map(|doubt| doubt.key.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
