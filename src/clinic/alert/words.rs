//! What staff are told by email: that something waits, until when, and where. Never who it is about
//! and never a health fact: mail is read on many screens.

use jiff::{SignedDuration, Timestamp, Zoned};

use super::{Alert, Standing};
use crate::clinic::profile::ClinicProfile;

/// Subject and words of the mail about an alert. `again`: nobody has taken it in time.
#[must_use]
pub fn told(
    clinic: &ClinicProfile,
    alert: &Alert,
    again: bool,
    link: Option<&str>,
    now: Timestamp,
) -> (String, String) {
    let local = |at: Timestamp| at.to_zoned(clinic.zone.rules().clone());
    let until = moment(&local(alert.due_at), &local(now));
    let name = &clinic.name;
    let (subject, first) = if again {
        let since = moment(&local(alert.opened_at), &local(now));
        (
            format!("Nobody has taken an alert at {name}"),
            format!("An alert waits since {since}. It was due by {until}, and nobody has taken it. You are next."),
        )
    } else {
        (format!("An alert waits at {name}"), format!("An answer of a client needs a person. Take it by {until}."))
    };
    let place = link
        .map_or_else(|| "Sign in to Aftercare and open “Alerts”.".to_owned(), |link| format!("Open it here:\n{link}"));
    let last = "This email names nobody and holds no health detail, on purpose. Do not reply to it.";
    (subject, format!("{first}\n\n{place}\n\n{last}\n"))
}

/// Subject and words of the week's digest. `None` when there is nothing to tell.
#[must_use]
pub fn digest(clinic: &ClinicProfile, open: &[Alert], week: &[Alert], link: Option<&str>) -> Option<(String, String)> {
    if open.is_empty() && week.is_empty() {
        return None;
    }
    let closed = week.iter().filter(|alert| alert.standing == Standing::Closed).count();
    let waits: Vec<SignedDuration> = week.iter().filter_map(Alert::waited).collect();
    let mut lines = vec![
        format!("{} opened last week, {closed} of them closed.", alerts(week.len())),
        format!("{} open now.", alerts(open.len())),
    ];
    if let (Some(longest), false) = (waits.iter().max(), waits.is_empty()) {
        let total: i64 = waits.iter().map(SignedDuration::as_mins).sum();
        let mean = total / i64::try_from(waits.len()).unwrap_or(1);
        lines.push(format!("Taken after {} on average, {} at the longest.", span(mean), span(longest.as_mins())));
    }
    let local = |at: Timestamp| at.to_zoned(clinic.zone.rules().clone()).strftime("%a %-d %b, %H:%M").to_string();
    for alert in open {
        let state = if alert.standing == Standing::Open { "nobody has taken it" } else { "taken, no outcome yet" };
        lines.push(format!("Since {}: {state}.", local(alert.opened_at)));
    }
    let place = link.map_or_else(|| "Open “Alerts” in Aftercare.".to_owned(), |link| format!("All alerts:\n{link}"));
    let subject = format!("Alerts of the week at {}", clinic.name);
    Some((subject, format!("{}\n\n{place}\n", lines.join("\n"))))
}

fn alerts(count: usize) -> String {
    if count == 1 { "1 alert".into() } else { format!("{count} alerts") }
}

fn span(minutes: i64) -> String {
    match minutes {
        1 => "1 minute".into(),
        ..120 => format!("{minutes} minutes"),
        _ => format!("{} hours", minutes / 60),
    }
}

/// "14:36", or with its day when that is not today.
fn moment(at: &Zoned, now: &Zoned) -> String {
    let form = if at.date() == now.date() { "%H:%M" } else { "%a %-d %b, %H:%M" };
    at.strftime(form).to_string()
}
