//! The demo's people and visits, read from `config/demo/clinic.json` and put on the calendar
//! around the day the demo starts.

use jiff::civil::{Date, Time, Weekday};
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use crate::clinic::body::Region;
use crate::clinic::case::{BookedPressure, Client, LastReaction, Treatment};
use crate::clinic::catalogue::TechniqueId;
use crate::clinic::checkin::Answers;
use crate::clinic::intake::Intake;
use crate::clinic::person::{EmailAddress, PersonName};
use crate::clinic::profile::{ClinicProfile, SendWindow, Zone};
use crate::clinic::protocol::Step;
use crate::clinic::schedule::at;

const CAST: &str = include_str!("../../../config/demo/clinic.json");

/// The whole cast.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cast {
    name: String,
    zone: String,
    phone: String,
    emergency_number: String,
    address: String,
    pub(super) staff: Vec<Member>,
    pub(super) clients: Vec<Person>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) name: PersonName,
    pub(super) email: EmailAddress,
    pub(super) role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    first_name: PersonName,
    last_name: PersonName,
    email: Option<EmailAddress>,
    born: Date,
    locale: Option<String>,
    pub(super) phone: String,
    /// None: the client has not filled in the form yet.
    pub(super) intake: Option<Intake>,
    /// How many days before everything was booked the form was filled in.
    #[serde(default)]
    pub(super) intake_days_before: i64,
    /// Pain of earlier intakes: how many days ago, and the score.
    #[serde(default)]
    pub(super) pain_before: Vec<(i64, i64)>,
    pub(super) visits: Vec<Appointment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Appointment {
    /// Working days from the first day of the demo.
    day: i32,
    at: Time,
    pub(super) with: PersonName,
    technique: TechniqueId,
    pressure: BookedPressure,
    regions: Vec<Region>,
    #[serde(default)]
    last_reaction: LastReaction,
    /// What the therapist found: the note of a past visit is signed with it.
    #[serde(default)]
    pub(super) found: String,
    /// What the client told after a past visit.
    #[serde(default)]
    pub(super) told: Vec<Told>,
    /// What the therapist adds to the email of the next day.
    #[serde(default)]
    pub(super) line: String,
}

/// One answer to a check-in.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Told {
    pub(super) step: Step,
    pub(super) answers: Answers,
}

impl Cast {
    /// The cast, with every date that the file gives in days from today.
    ///
    /// # Errors
    /// When the file is broken; a test keeps this from happening.
    pub(super) fn around(today: Date) -> Result<Self, String> {
        serde_json::from_str(&dated(CAST, today)).map_err(|error| format!("config/demo/clinic.json: {error}"))
    }

    pub(super) fn clinic(&self) -> Result<ClinicProfile, String> {
        let open = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
        ];
        let usual = SendWindow::default();
        Ok(ClinicProfile {
            name: self.name.clone(),
            phone: self.phone.clone(),
            emergency_number: self.emergency_number.clone(),
            address: self.address.clone(),
            zone: Zone::named(&self.zone)?,
            locale: "en".into(),
            send_window: SendWindow::new(usual.from(), usual.to(), &open)?,
            ..ClinicProfile::default()
        })
    }
}

impl Person {
    pub(super) fn client(&self) -> Client {
        Client {
            first_name: self.first_name.clone(),
            last_name: Some(self.last_name.clone()),
            email: self.email.clone(),
            locale: self.locale.clone(),
            born: Some(self.born),
            on_paper: false,
        }
    }
}

impl Appointment {
    pub(super) fn starts_at(&self, zone: &Zone, today: Date) -> Timestamp {
        at(zone, working_day(today, self.day), self.at).timestamp()
    }

    pub(super) fn treatment(&self) -> Treatment {
        let mut regions = self.regions.clone();
        regions.sort_unstable();
        Treatment {
            technique: self.technique.clone(),
            pressure: self.pressure,
            regions,
            last_reaction: self.last_reaction,
        }
    }
}

/// The day the demo starts on by itself: today, or Monday when today is Sunday.
pub(super) fn first_day(today: Date) -> Date {
    if today.weekday() == Weekday::Sunday { today.saturating_add(1.day()) } else { today }
}

/// So many working days (Monday to Saturday) away.
fn working_day(from: Date, days: i32) -> Date {
    let mut day = from;
    for _ in 0..days.unsigned_abs() {
        loop {
            day = if days < 0 { day.saturating_sub(1.day()) } else { day.saturating_add(1.day()) };
            if day.weekday() != Weekday::Sunday {
                break;
            }
        }
    }
    day
}

/// Replaces `{-41}` by the day 41 days before today and `{-41:month}` by its month.
fn dated(text: &str, today: Date) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\"{") {
        let Some((token, behind)) = after.split_once("}\"") else { break };
        out.push_str(before);
        let (days, month) = token.split_once(':').map_or((token, false), |(days, _)| (days, true));
        let day = days.parse::<i32>().map_or(today, |days| today.saturating_add(days.days()));
        let written = if month { day.strftime("%Y-%m").to_string() } else { day.to_string() };
        out.push('"');
        out.push_str(&written);
        out.push('"');
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::clinic::catalogue::Catalogue;

    #[test]
    fn the_cast_is_readable_and_its_ids_are_known() {
        let catalogue = Catalogue::shipped().expect("the shipped catalogue");
        let cast = Cast::around(date(2026, 11, 23)).expect("the cast");
        assert!(cast.clients.len() >= 12);
        for person in &cast.clients {
            let intake = person.intake.clone().unwrap_or_default();
            assert!(intake.conditions.iter().all(|one| catalogue.condition(&one.id).is_some()));
            assert!(intake.unanswered.iter().all(|id| catalogue.condition(id).is_some()));
            assert!(person.visits.iter().all(|visit| catalogue.technique(&visit.technique).is_some()));
            assert!(person.visits.iter().all(|visit| cast.staff.iter().any(|member| member.name == visit.with)));
        }
    }

    #[test]
    fn dates_move_with_the_day_the_demo_starts() {
        assert_eq!(dated(r#"["{-1}", "{-40:month}", {}]"#, date(2026, 3, 1)), r#"["2026-02-28", "2026-01", {}]"#);
        assert_eq!(working_day(date(2026, 11, 23), -1), date(2026, 11, 21), "over Sunday");
        assert_eq!(working_day(date(2026, 11, 21), 2), date(2026, 11, 24));
        assert_eq!(first_day(date(2026, 11, 22)), date(2026, 11, 23));
    }
}
