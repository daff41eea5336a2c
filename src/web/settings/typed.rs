//! The settings of a clinic as a form has them: what was typed becomes a profile, and back. The first run
//! asks with the same fields.

use jiff::civil::{Date, Weekday};

use crate::clinic::emergency;
use crate::clinic::fields::FieldErrors;
use crate::clinic::look::Look;
use crate::clinic::person::EmailAddress;
use crate::clinic::profile::{ClinicProfile, SendWindow, WeekdayName, Zone};
use crate::web::care::dates;
use crate::web::form::Fields;
use crate::web::settings::LOCALES;

/// The fields in the order of the form: label and id.
const FIELDS: [(&str, &str); 10] = [
    ("Name of the clinic", "clinic_name"),
    ("Time zone", "zone"),
    ("Phone", "phone"),
    ("Emergency number", "emergency_number"),
    ("Postal address", "address"),
    ("Language of letters", "locale"),
    ("When emails may go out", "window"),
    ("Dates without emails", "closed"),
    ("Sender’s name", "sender_name"),
    ("Answers go to", "reply_to"),
];

/// A profile as the form shows it.
pub(super) fn of(profile: &ClinicProfile) -> Fields {
    let window = &profile.send_window;
    let mut pairs: Vec<(String, String)> = FIELDS
        .into_iter()
        .filter(|(_, id)| *id != "window")
        .map(|(_, id)| (id.to_owned(), value(profile, id)))
        .collect();
    let time = |time: jiff::civil::Time| time.strftime("%H:%M").to_string();
    pairs.push(("opens".into(), time(window.from())));
    pairs.push(("closes".into(), time(window.to())));
    pairs.extend(window.weekdays().map(|day| ("day".to_owned(), day.id().to_owned())));
    pairs.into()
}

/// A profile with what may be the same as at another clinic; its name and how to reach it stay.
pub(super) fn like(own: &ClinicProfile, other: ClinicProfile) -> ClinicProfile {
    ClinicProfile {
        name: own.name.clone(),
        phone: own.phone.clone(),
        address: own.address.clone(),
        sender_name: own.sender_name.clone(),
        look: own.look.clone(),
        ..other
    }
}

/// One field of a profile, as text.
pub(super) fn value(profile: &ClinicProfile, id: &str) -> String {
    let window = &profile.send_window;
    match id {
        "clinic_name" => profile.name.clone(),
        "zone" => profile.zone.name().to_owned(),
        "phone" => profile.phone.clone(),
        "emergency_number" => profile.emergency_number.clone(),
        "address" => profile.address.clone(),
        "locale" => profile.locale.clone(),
        "window" => {
            let days: Vec<&str> = window.weekdays().map(WeekdayName::id).collect();
            format!("{} to {}, {}", window.from().strftime("%H:%M"), window.to().strftime("%H:%M"), days.join(" "))
        }
        "closed" => window.closed().iter().map(Date::to_string).collect::<Vec<_>>().join("\n"),
        "sender_name" => profile.sender_name.clone(),
        "reply_to" => profile.reply_to.as_ref().map(ToString::to_string).unwrap_or_default(),
        _ => String::new(),
    }
}

/// In which fields two profiles differ: label and id.
pub(super) fn differences(one: &ClinicProfile, other: &ClinicProfile) -> Vec<(&'static str, &'static str)> {
    FIELDS.into_iter().filter(|(_, id)| value(one, id) != value(other, id)).collect()
}

/// What was typed, as a profile; nothing, with what is wrong, when it cannot be one.
pub(in crate::web) fn check(fields: &Fields, errors: &mut FieldErrors) -> Option<ClinicProfile> {
    let zone_name = fields.text("zone").trim();
    let name = errors.check("clinic_name", needed(fields, "clinic_name", "The clinic's name"));
    let zone = errors.check(
        "zone",
        Zone::named(zone_name).map_err(|_| "Pick a time zone from the list, such as Europe/London.".to_owned()),
    );
    let phone = errors.check("phone", needed(fields, "phone", "The phone number"));
    let emergency_number = needed(fields, "emergency_number", "The emergency number").map_err(|sentence| {
        [Some(sentence), emergency::suggestion(zone_name)].into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    let emergency_number = errors.check("emergency_number", emergency_number);
    let address = errors.check("address", fields.line("address", "The address", 200));
    let locale = LOCALES.into_iter().map(|(id, _)| id).find(|id| *id == fields.text("locale"));
    let locale = errors.check("locale", locale.ok_or("Pick one of the languages."));
    let window = errors.check("opens", window(fields));
    let closed = errors.check("closed", dates(fields.text("closed")));
    let sender_name = errors.check("sender_name", fields.line("sender_name", "The sender's name", 120));
    let reply_to = errors.check("reply_to", reply_to(fields.text("reply_to").trim()));
    Some(ClinicProfile {
        name: name?.to_owned(),
        phone: phone?.to_owned(),
        emergency_number: emergency_number?.to_owned(),
        address: address?.to_owned(),
        zone: zone?,
        locale: locale?.to_owned(),
        send_window: window?.closed_on(closed?),
        sender_name: sender_name?.to_owned(),
        reply_to: reply_to?,
        // Looked after on a page of its own.
        look: Look::default(),
    })
}

fn needed<'a>(fields: &'a Fields, name: &str, label: &str) -> Result<&'a str, String> {
    match fields.line(name, label, 120)? {
        "" => Err(format!("{label} is missing. Clients see it in their emails.")),
        text => Ok(text),
    }
}

fn reply_to(text: &str) -> Result<Option<EmailAddress>, String> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| "Write an address like desk@example.org, or leave it blank.".into()),
    }
}

fn window(fields: &Fields) -> Result<SendWindow, String> {
    let time = |name: &str| fields.text(name).parse().map_err(|_| "Write times like 08:00.".to_owned());
    let chosen = fields.all("day");
    let days: Vec<Weekday> =
        WeekdayName::ALL.into_iter().filter(|day| chosen.contains(&day.id())).map(WeekdayName::weekday).collect();
    if days.is_empty() {
        return Err("Tick at least one day.".into());
    }
    SendWindow::new(time("opens")?, time("closes")?, &days)
        .map_err(|_| "Emails must be able to go out: the first time must be before the last.".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> ClinicProfile {
        let window = SendWindow::default().closed_on(vec![jiff::civil::date(2026, 12, 25)]);
        ClinicProfile {
            name: "River Rooms".into(),
            phone: "020 7946 0000".into(),
            emergency_number: "999".into(),
            zone: Zone::named("Europe/London").expect("a zone"),
            send_window: window,
            reply_to: Some("desk@river.example".parse().expect("an address")),
            ..ClinicProfile::default()
        }
    }

    fn tried(more: &[(&str, &str)]) -> Result<ClinicProfile, FieldErrors> {
        let mut pairs: Vec<(String, String)> =
            of(&profile()).iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        pairs.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
        pairs.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut errors = FieldErrors::new();
        let profile = check(&pairs.into(), &mut errors);
        errors.done(profile)
    }

    #[test]
    fn a_profile_comes_back_as_its_form_shows_it() {
        assert_eq!(tried(&[]), Ok(profile()));
        let changed = tried(&[("phone", "1"), ("closes", "18:00"), ("closed", "")]).expect("it is right");
        let ids: Vec<&str> = differences(&profile(), &changed).into_iter().map(|(_, id)| id).collect();
        assert_eq!(ids, ["phone", "window", "closed"]);
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        for (field, value, at) in [
            ("clinic_name", " ", "clinic_name"),
            ("clinic_name", "a\u{202e}b", "clinic_name"),
            ("zone", "Europe/Londom", "zone"),
            ("phone", "", "phone"),
            ("locale", "xx", "locale"),
            ("opens", "20:00", "opens"),
            ("day", "", "opens"),
            ("closed", "Christmas", "closed"),
            ("sender_name", "a\nb", "sender_name"),
            ("reply_to", "nobody", "reply_to"),
        ] {
            let errors = tried(&[(field, value)]).expect_err("it is wrong");
            assert!(errors.of(at).is_some() && errors.len() == 1, "{field} {value}: {errors:?}");
        }
        let errors = tried(&[("emergency_number", "")]).expect_err("it is wrong");
        assert!(errors.of("emergency_number").is_some_and(|sentence| sentence.contains("usually 999")), "{errors:?}");
    }
}
