//! `GET /care`: when the clinic is open, who is told of an alert, and how long one may wait. For the
//! admin.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::civil::{Date, Time};

use crate::clinic::care::{Care, Hours, MOST_ADDRESSES};
use crate::clinic::fields::FieldErrors;
use crate::clinic::person::EmailAddress;
use crate::clinic::profile::WeekdayName;
use crate::store;
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, see_other};

/// So many closed days can be named at once.
const MOST_CLOSED: usize = 100;

/// The page.
#[derive(Debug, Template)]
#[template(path = "care/page.html")]
struct CarePage {
    shell: Shell,
    version: u32,
    days: Vec<Day>,
    closed: String,
    addresses: String,
    emergency: String,
    same_day: String,
    errors: FieldErrors,
    /// Whether nothing was set so far.
    is_usual: bool,
}

/// One weekday of the form.
#[derive(Debug)]
struct Day {
    id: &'static str,
    word: &'static str,
    from: String,
    to: String,
}

impl Day {
    /// The field its sentence stands by.
    fn field(&self) -> String {
        format!("from_{}", self.id)
    }
}

const fn word(day: WeekdayName) -> &'static str {
    match day {
        WeekdayName::Mon => "Monday",
        WeekdayName::Tue => "Tuesday",
        WeekdayName::Wed => "Wednesday",
        WeekdayName::Thu => "Thursday",
        WeekdayName::Fri => "Friday",
        WeekdayName::Sat => "Saturday",
        WeekdayName::Sun => "Sunday",
    }
}

/// `GET /care`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let (care, version) = store::care::find(&mut db, here.id).await?.ok_or(Error::NotFound)?;
    Ok(page(&shown(&here, &typed(&care), version, FieldErrors::new())))
}

/// `POST /care`.
///
/// # Errors
/// When somebody else changed it meanwhile, or the database does not answer.
pub async fn save(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let over: u32 = fields.text("version").parse().map_err(|_| Error::BadAddress)?;
    let care = match check(&fields) {
        Ok(care) => care,
        Err(errors) => {
            let fields = fields.without_token();
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown(&here, &fields, over, errors))).into_response());
        }
    };
    if !store::care::save(&mut db, here.id, &care, over).await? {
        let sentence = "Somebody else changed this page since you opened it. Open it again and change what is left.";
        return Err(Error::Refused(sentence.into()));
    }
    let entry = who.did(here.now.timestamp(), "care.changed", "clinic", here.id);
    store::audit::record(&mut db, &entry).await?;
    db.commit().await?;
    Ok(see_other("/care"))
}

/// The care as a form would have it.
fn typed(care: &Care) -> Fields {
    let mut pairs = Vec::new();
    for day in WeekdayName::ALL {
        let hours = care.of(day);
        let time = |at: Option<Time>| at.map(|at| at.strftime("%H:%M").to_string()).unwrap_or_default();
        pairs.push((format!("from_{}", day.id()), time(hours.map(|hours| hours.from))));
        pairs.push((format!("to_{}", day.id()), time(hours.map(|hours| hours.to))));
    }
    let lines = |all: Vec<String>| all.join("\n");
    pairs.push(("closed".into(), lines(care.closed.iter().map(Date::to_string).collect())));
    pairs.push(("addresses".into(), lines(care.addresses.iter().map(ToString::to_string).collect())));
    pairs.push(("emergency_minutes".into(), care.emergency_minutes.to_string()));
    pairs.push(("same_day_minutes".into(), care.same_day_minutes.to_string()));
    pairs.into()
}

fn check(fields: &Fields) -> Result<Care, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut hours = Vec::new();
    for day in WeekdayName::ALL {
        let name = format!("from_{}", day.id());
        let one = self::hours(day, fields.text(&name), fields.text(&format!("to_{}", day.id())));
        hours.extend(errors.check(&name, one).flatten());
    }
    let closed = errors.check("closed", dates(fields.text("closed")));
    let addresses = errors.check("addresses", addresses(fields.text("addresses")));
    let emergency = errors.check("emergency_minutes", minutes(fields.text("emergency_minutes"), 5, 120));
    let same_day = errors.check("same_day_minutes", minutes(fields.text("same_day_minutes"), 15, 480));
    let care = closed.zip(addresses).zip(emergency.zip(same_day));
    errors.done(care.map(|((closed, addresses), (emergency_minutes, same_day_minutes))| Care {
        hours,
        closed,
        addresses,
        emergency_minutes,
        same_day_minutes,
    }))
}

/// The hours of a day; both blank is closed.
fn hours(day: WeekdayName, from: &str, to: &str) -> Result<Option<Hours>, String> {
    if from.trim().is_empty() && to.trim().is_empty() {
        return Ok(None);
    }
    let time = |text: &str| {
        text.trim()
            .parse::<Time>()
            .map_err(|_| format!("{}: write both times, such as 09:00, or leave both blank.", word(day)))
    };
    let (from, to) = (time(from)?, time(to)?);
    if from >= to {
        return Err(format!("{}: the clinic must open before it closes.", word(day)));
    }
    Ok(Some(Hours { day, from, to }))
}

/// Dates as people list them, each once.
pub(in crate::web) fn dates(text: &str) -> Result<Vec<Date>, String> {
    let parts = text.split([',', '\n', ' ', '\r']).map(str::trim).filter(|part| !part.is_empty());
    let mut days = parts
        .map(|part| part.parse::<Date>().map_err(|_| format!("“{part}” is no day. Write it like 2026-12-25.")))
        .collect::<Result<Vec<_>, _>>()?;
    if days.len() > MOST_CLOSED {
        return Err(format!("Name at most {MOST_CLOSED} days."));
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

fn addresses(text: &str) -> Result<Vec<EmailAddress>, String> {
    let parts = text.split([',', '\n', ';']).map(str::trim).filter(|part| !part.is_empty());
    let all = parts
        .map(|part| part.parse().map_err(|_| format!("“{part}” is no address. Write it like name@example.org.")))
        .collect::<Result<Vec<EmailAddress>, _>>()?;
    match all.len() {
        0 => Err("Name at least one address, or nobody is told of an alert.".into()),
        many if many > MOST_ADDRESSES => Err(format!("Name at most {MOST_ADDRESSES} addresses.")),
        _ => Ok(all),
    }
}

fn minutes(text: &str, least: u32, most: u32) -> Result<u32, String> {
    let number = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("Write a number of minutes from {least} to {most}."))
}

fn shown(here: &Here, fields: &Fields, version: u32, errors: FieldErrors) -> CarePage {
    let day = |day: WeekdayName| Day {
        id: day.id(),
        word: word(day),
        from: fields.text(&format!("from_{}", day.id())).to_owned(),
        to: fields.text(&format!("to_{}", day.id())).to_owned(),
    };
    CarePage {
        shell: here.shell(Room::Nowhere),
        version,
        days: WeekdayName::ALL.into_iter().map(day).collect(),
        closed: fields.text("closed").to_owned(),
        addresses: fields.text("addresses").to_owned(),
        emergency: fields.text("emergency_minutes").to_owned(),
        same_day: fields.text("same_day_minutes").to_owned(),
        is_usual: version == 0,
        errors,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(more: &[(&str, &str)]) -> Result<Care, FieldErrors> {
        let mut pairs = vec![
            ("from_mon".to_owned(), "09:00".to_owned()),
            ("to_mon".to_owned(), "17:30".to_owned()),
            ("addresses".into(), "a@example.org\nb@example.org".into()),
            ("emergency_minutes".into(), "15".into()),
            ("same_day_minutes".into(), "120".into()),
        ];
        pairs.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
        pairs.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        check(&pairs.into())
    }

    #[test]
    fn a_form_becomes_hours_days_and_addresses() {
        let care = tried(&[("closed", "2026-12-25, 2026-01-01\n2026-12-25")]).expect("it is right");
        assert_eq!((care.hours.len(), care.closed.len(), care.addresses.len()), (1, 2, 2));
        assert_eq!(tried(&[]).and_then(|care| check(&typed(&care))), tried(&[]));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        for (field, value) in [
            ("to_mon", "08:00"),
            ("to_mon", ""),
            ("closed", "31.12."),
            ("addresses", ""),
            ("addresses", "nobody"),
            ("emergency_minutes", "0"),
            ("same_day_minutes", "soon"),
        ] {
            let errors = tried(&[(field, value)]).expect_err("it is wrong");
            assert!(errors.of(&field.replace("to_", "from_")).is_some(), "{field} {value}: {errors:?}");
        }
    }
}
