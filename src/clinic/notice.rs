//! Notices: service mail that is no letter of a plan. What staff are told (an alert, the week's
//! digest) and what a client is sent beside the letters of a visit (a link, a confirmation).
//!
//! A notice has the life of an email: written with its cause, on disk as "sending" before the first
//! byte leaves, tried again after a "not now", repeated once when its fate is uncertain.

use jiff::Timestamp;

use super::ids::{ClientId, ClinicId};
use super::outbox::Before;
use super::person::EmailAddress;
use super::profile::ClinicProfile;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An alert was opened, or became more urgent. To staff.
    Alert,
    /// Nobody took an alert in time. To staff.
    Escalation,
    /// The week's alerts. To staff.
    Digest,
    /// The link to the intake form. To the client.
    IntakeLink,
    /// The intake form is not finished. To the client.
    IntakeNudge,
    /// What the client changed has to be confirmed, or was. To the client.
    Confirmation,
    /// A letter as an admin is writing it, to the admin alone.
    LetterTest,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Alert,
        Self::Escalation,
        Self::Digest,
        Self::IntakeLink,
        Self::IntakeNudge,
        Self::Confirmation,
        Self::LetterTest,
    ];

    /// The id used in tables and the audit.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Escalation => "escalation",
            Self::Digest => "digest",
            Self::IntakeLink => "intake_link",
            Self::IntakeNudge => "intake_nudge",
            Self::Confirmation => "confirmation",
            Self::LetterTest => "letter_test",
        }
    }

    /// The kind of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// What staff call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alert => "Alert to staff",
            Self::Escalation => "Reminder of an alert",
            Self::Digest => "Weekly digest",
            Self::IntakeLink => "Intake link",
            Self::IntakeNudge => "Reminder of the intake form",
            Self::Confirmation => "Confirmation",
            Self::LetterTest => "Test of a letter",
        }
    }

    /// Whether it waits for the send window. An alert does not, and neither does what a person has
    /// just asked for.
    #[must_use]
    pub const fn waits_for_the_window(self) -> bool {
        matches!(self, Self::Digest | Self::IntakeLink | Self::IntakeNudge)
    }

    /// Whether it goes to staff. Stopping the mail to clients does not stop these: an alert must reach
    /// somebody.
    #[must_use]
    pub const fn is_to_staff(self) -> bool {
        matches!(self, Self::Alert | Self::Escalation | Self::Digest | Self::LetterTest)
    }

    /// Whether it goes before others that are due.
    #[must_use]
    pub const fn is_urgent(self) -> bool {
        matches!(self, Self::Alert | Self::Escalation)
    }
}

/// A notice to be owed.
#[derive(Clone, Debug)]
pub struct Notice {
    /// In which clinic.
    pub clinic: ClinicId,
    /// To which client; `None` is to staff.
    pub client: Option<ClientId>,
    /// What it is about.
    pub kind: Kind,
    /// The record it tells of, and which telling: of one kind each cause is written once.
    pub cause: String,
    /// To whom.
    pub to: EmailAddress,
    /// The subject: no health fact.
    pub subject: String,
    /// The words.
    pub text: String,
    /// The same words as a page; made of the words when left out.
    pub html: Option<String>,
    /// From when on it may leave.
    pub due_at: Timestamp,
    /// Until when it is of use.
    pub not_after: Timestamp,
}

/// What to do with a notice before it leaves.
#[must_use]
pub fn before(kind: Kind, clinic: &ClinicProfile, due: Timestamp, not_after: Timestamp, now: Timestamp) -> Before {
    if kind.waits_for_the_window() {
        return super::outbox::before(clinic, due, not_after, now);
    }
    if now > not_after { Before::TooLate } else { Before::Go }
}

/// Words as a page: a paragraph each, links as links. For notices that bring no page of their own.
#[must_use]
pub fn page_of(lang: &str, text: &str) -> String {
    let paragraphs: Vec<String> = text.trim().split("\n\n").map(|part| format!("<p>{}</p>", linked(part))).collect();
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"></head>\
         <body style=\"font:17px/26px Arial,Helvetica,sans-serif\">{}</body></html>",
        paragraphs.join("")
    )
}

fn linked(part: &str) -> String {
    let word = |word: &str| {
        let safe = escaped(word);
        if word.starts_with("https://") || word.starts_with("http://") {
            format!("<a href=\"{safe}\">{safe}</a>")
        } else {
            safe
        }
    };
    let lines = part.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("<br>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_leaves_at_night_and_a_link_waits_for_the_morning() {
        let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
        let clinic = ClinicProfile::default();
        let (due, end) = (at("2026-01-05T22:00:00Z"), at("2026-01-07T22:00:00Z"));
        for kind in Kind::ALL {
            let now = before(kind, &clinic, due, end, due);
            match kind.waits_for_the_window() {
                true => assert_eq!(now, Before::WaitUntil(at("2026-01-06T08:00:00Z")), "{kind:?}"),
                false => assert_eq!(now, Before::Go, "{kind:?}"),
            }
            assert_eq!(before(kind, &clinic, due, end, at("2026-01-07T22:00:00.001Z")), Before::TooLate);
            assert_eq!(Kind::of(kind.id()), Some(kind));
        }
        assert!(Kind::ALL.into_iter().all(|kind| !(kind.is_urgent() && kind.waits_for_the_window())));
    }

    #[test]
    fn words_become_a_page_with_links_and_nothing_slips_through() {
        let page = page_of("en", "Dear <Ada> & co,\n\nOpen this:\nhttps://a.example/x?a=\"b\"\n");
        assert!(page.contains(
            "<p>Dear &lt;Ada&gt; &amp; co,</p><p>Open this:<br><a href=\"https://a.example/x?a=&quot;b&quot;\">"
        ));
    }
}
