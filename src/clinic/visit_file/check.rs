//! From the shape of a visit file to a case: ids looked up, dates put on the calendar, defaults filled in.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};

use super::super::case::{Case, Client, Treatment, Visit};
use super::super::catalogue::{Catalogue, ConditionId, TechniqueId};
use super::super::intake::{Intake, day};
use super::super::person::is_unprintable;
use super::super::profile::{ClinicProfile, SendWindow, WeekdayName, Zone};
use super::Refusal;
use super::shape;

/// A visit lasts this long when the file names no end.
const USUAL_LENGTH: SignedDuration = SignedDuration::from_hours(1);

/// The technique when the file names none.
const USUAL_TECHNIQUE: &str = "swedish";

/// Longest text of the clinic's fields, in characters.
const LONGEST_LINE: usize = 300;

pub(super) fn case(catalogue: &Catalogue, file: shape::VisitFile) -> Result<Case, Refusal> {
    let clinic = clinic(file.clinic)?;
    let visit = visit(catalogue, file.visit)?;
    let client = client(file.client)?;
    intake(catalogue, &file.intake)?;
    let case = Case {
        clinic,
        client,
        visit,
        intake: file.intake,
        free_text_read: false,
        is_first_visit: false,
        stopped: Vec::new(),
    };
    let visit_day = case.visit_day();
    if let Some(born) = case.client.born.filter(|born| *born > visit_day) {
        return Err(Refusal::new("client.born", format!("{born} is after the visit on {visit_day}; check the year")));
    }
    for (index, condition) in case.intake.conditions.iter().enumerate() {
        if let Some(since) = condition.since.filter(|since| since.first_day() > visit_day) {
            let problem = format!("{since} is after the visit on {visit_day}; check the date");
            return Err(Refusal::new(format!("intake.conditions[{index}].since"), problem));
        }
    }
    Ok(case)
}

fn clinic(file: shape::Clinic) -> Result<ClinicProfile, Refusal> {
    let usual = ClinicProfile::default();
    let line = |key: &str, given: Option<String>, usual: String| match given {
        // Nothing but space is as good as nothing: a letter needs a name and a number to call.
        Some(text) if !text.trim().is_empty() => one_line(&format!("clinic.{key}"), &text),
        _ => Ok(usual),
    };
    Ok(ClinicProfile {
        name: line("name", file.name, usual.name)?,
        phone: line("phone", file.phone, usual.phone)?,
        emergency_number: line("emergency_number", file.emergency_number, usual.emergency_number)?,
        address: line("address", file.address, usual.address)?,
        zone: match file.time_zone {
            Some(name) => Zone::named(&name).map_err(|problem| Refusal::new("clinic.time_zone", problem))?,
            None => usual.zone,
        },
        locale: line("locale", file.locale, usual.locale)?,
        send_window: file.send_window.map_or(Ok(usual.send_window), send_window)?,
        sender_name: usual.sender_name,
        reply_to: usual.reply_to,
        look: usual.look,
    })
}

fn one_line(field: &str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().any(is_unprintable) {
        return Err(Refusal::new(field, "holds a line break or another control character; write it on one line"));
    }
    if text.chars().count() > LONGEST_LINE {
        return Err(Refusal::new(field, format!("is too long; use at most {LONGEST_LINE} characters")));
    }
    Ok(text.to_owned())
}

fn send_window(file: shape::SendWindow) -> Result<SendWindow, Refusal> {
    let usual = SendWindow::default();
    let hour = |key: &str, given: Option<String>, usual: Time| match given {
        Some(text) => clock_time(&format!("clinic.send_window.{key}"), &text),
        None => Ok(usual),
    };
    let from = hour("from", file.from, usual.from())?;
    let to = hour("to", file.to, usual.to())?;
    let weekdays = file.weekdays.unwrap_or_else(|| WeekdayName::ALL.to_vec());
    let weekdays: Vec<_> = weekdays.into_iter().map(WeekdayName::weekday).collect();
    SendWindow::new(from, to, &weekdays).map_err(|problem| {
        let window = format!("{} to {}", from.strftime("%H:%M"), to.strftime("%H:%M"));
        Refusal::new("clinic.send_window", format!("{window}: {problem}"))
    })
}

fn clock_time(field: &str, text: &str) -> Result<Time, Refusal> {
    let exact = text.len() == 5 && text.as_bytes()[2] == b':';
    let time = text.parse::<Time>().ok().filter(|_| exact);
    time.ok_or_else(|| Refusal::new(field, format!("\"{text}\" is not a time of day; write it like 08:00")))
}

fn client(file: shape::Client) -> Result<Client, Refusal> {
    let last_name = match file.last_name.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(name) => Some(name.parse().map_err(|problem: String| Refusal::new("client.last_name", problem))?),
    };
    let locale = file.locale.map(|locale| one_line("client.locale", &locale)).transpose()?;
    let born = file.born.map(|text| day(&text).map_err(|problem| Refusal::new("client.born", problem))).transpose()?;
    if let Some(born) = born.filter(|born| *born < Date::constant(1900, 1, 1)) {
        return Err(Refusal::new("client.born", format!("{born} is before 1900; check the year")));
    }
    let email = file
        .email
        .map(|text| {
            let problem = |problem: String| Refusal::new("client.email", format!("\"{text}\": {problem}"));
            text.parse().map_err(problem)
        })
        .transpose()?;
    Ok(Client { first_name: file.first_name, last_name, email, locale, born, on_paper: false })
}

fn visit(catalogue: &Catalogue, file: shape::Visit) -> Result<Visit, Refusal> {
    let starts_at = instant("visit.starts_at", &file.starts_at)?;
    let ends_at = match file.ends_at {
        Some(text) => instant("visit.ends_at", &text)?,
        None => starts_at.saturating_add(USUAL_LENGTH).unwrap_or(starts_at),
    };
    if ends_at <= starts_at {
        return Err(Refusal::new(
            "visit.ends_at",
            format!("{ends_at} is not after visit.starts_at {starts_at}; check both"),
        ));
    }
    let next_visit_at = file.next_visit_at.map(|text| instant("visit.next_visit_at", &text)).transpose()?;
    if let Some(next) = next_visit_at.filter(|next| *next < ends_at) {
        return Err(Refusal::new(
            "visit.next_visit_at",
            format!("{next} is before the end of this visit {ends_at}; check the date"),
        ));
    }
    let technique = file.technique.unwrap_or_else(|| TechniqueId::from(USUAL_TECHNIQUE));
    if catalogue.technique(&technique).is_none() {
        let known: Vec<&str> = catalogue.techniques().iter().map(|technique| technique.id.as_str()).collect();
        let problem = format!("\"{technique}\" is not a technique of the catalogue; use one of {}", known.join(", "));
        return Err(Refusal::new("visit.technique", problem));
    }
    let mut regions = file.regions;
    regions.sort_unstable();
    regions.dedup();
    let treatment = Treatment {
        technique,
        pressure: file.pressure.unwrap_or_default(),
        regions,
        last_reaction: file.last_reaction.unwrap_or_default(),
    };
    Ok(Visit { starts_at, ends_at, treatment, next_visit_at })
}

/// Visits lie in these years, so that no later date can run off the calendar.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2200;

fn instant(field: &str, text: &str) -> Result<Timestamp, Refusal> {
    let read: Option<Timestamp> = text.parse().ok().filter(|_| !is_off_the_clock(text));
    let instant = read.ok_or_else(|| {
        Refusal::new(
            field,
            format!("\"{text}\" is not a moment on the calendar; write it with its offset, like 2026-03-27T15:00:00Z"),
        )
    })?;
    let year = instant.to_zoned(jiff::tz::TimeZone::UTC).year();
    if !YEARS.contains(&year) {
        let problem = format!("\"{text}\" is in the year {year}; use a year from {} to {}", YEARS.start(), YEARS.end());
        return Err(Refusal::new(field, problem));
    }
    Ok(instant)
}

/// A sixty-first second or an offset of more than a day, which jiff takes for another moment.
fn is_off_the_clock(text: &str) -> bool {
    let offset = text.rsplit_once(['+', '-']).map_or("", |(_, offset)| offset);
    let hours = offset.split_once(':').and_then(|(hours, _)| hours.parse::<u8>().ok());
    text.contains(":60") || hours.is_some_and(|hours| hours > 23)
}

fn intake(catalogue: &Catalogue, intake: &Intake) -> Result<(), Refusal> {
    let named = intake
        .conditions
        .iter()
        .enumerate()
        .map(|(index, condition)| (format!("intake.conditions[{index}].id"), &condition.id))
        .chain(intake.unanswered.iter().enumerate().map(|(index, id)| (format!("intake.unanswered[{index}]"), id)))
        .chain(
            intake
                .clearance
                .iter()
                .enumerate()
                .map(|(index, clearance)| (format!("intake.clearance[{index}].condition"), &clearance.condition)),
        );
    for (field, id) in named {
        if catalogue.condition(id).is_none() {
            let closest = closest(catalogue, id).map_or_else(String::new, |id| format!("; did you mean \"{id}\"?"));
            return Err(Refusal::new(field, format!("\"{id}\" is not a condition of the catalogue{closest}")));
        }
    }
    Ok(())
}

/// The condition whose id shares most letter pairs with this one, if any shares half of them.
fn closest<'a>(catalogue: &'a Catalogue, id: &ConditionId) -> Option<&'a ConditionId> {
    let pairs = |id: &ConditionId| -> Vec<[u8; 2]> {
        id.as_str().as_bytes().windows(2).map(|pair| [pair[0], pair[1]]).collect()
    };
    let wanted = pairs(id);
    catalogue
        .conditions()
        .iter()
        .map(|condition| (pairs(&condition.id).iter().filter(|pair| wanted.contains(pair)).count(), &condition.id))
        .max_by_key(|(shared, _)| *shared)
        .filter(|(shared, _)| shared * 2 >= wanted.len() && !wanted.is_empty())
        .map(|(_, id)| id)
}
