//! The document of `aftercare plan --json`: every email of one visit file, filled.

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use crate::clinic::case::Case;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::person::EmailAddress;
use crate::clinic::plan::{self, LetterId, NotSent, PlannedEmail, Withheld};
use crate::clinic::protocol::{Protocol, Step};
use crate::clinic::tailoring;
use crate::mail::letter::{CompiledLetters, Edition, Filling, Links, Rendered};
use crate::mail::message::{self, Parts};

/// Stands for the clinic's public address in previews.
const PREVIEW_ADDRESS: &str = "https://aftercare.example";

/// Stands for the clinic's own sender in previews.
const PREVIEW_SENDER: &str = "clinic@aftercare.example";

/// Every email that one client would get, and those they would not.
#[derive(Debug, Serialize)]
pub(super) struct Planned {
    pub(super) emails: Vec<Email>,
    pub(super) not_sent: Vec<NotSent>,
}

/// One email, filled.
#[derive(Debug, Serialize)]
pub(super) struct Email {
    pub(super) step: Step,
    pub(super) letter: LetterId,
    pub(super) letter_version: u32,
    pub(super) due_at: Timestamp,
    pub(super) due_local: String,
    pub(super) not_after: Timestamp,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) offered: Vec<String>,
    pub(super) withheld: Vec<Withheld>,
    pub(super) warning_signs: Vec<String>,
    /// For the .eml files alone.
    #[serde(skip)]
    pub(super) message: Vec<u8>,
}

/// Plans a visit as if it were closed at its end, and fills every letter.
pub(super) fn planned(catalogue: &Catalogue, letters: &CompiledLetters, case: &Case) -> Result<Planned, String> {
    let brief = tailoring::tailor(catalogue, case);
    // A visit file knows no clinic's own protocol.
    let protocol = Protocol::default();
    let mut plan = plan::for_visit(catalogue, &protocol, case, &brief, case.visit.ends_at);
    if let Some(next) = case.visit.next_visit_at {
        match plan::preparation(catalogue, &protocol, case, &brief, (next, case.visit.ends_at)) {
            Ok(email) => plan.emails.push(email),
            Err(not_sent) => plan.not_sent.push(not_sent),
        }
    }
    plan.emails.sort_by_key(|email| email.due.timestamp());
    let links = Links::placeholders(Url::parse(PREVIEW_ADDRESS).ok(), None);
    let emails = plan
        .emails
        .into_iter()
        .map(|email| fill(catalogue, letters, case, &links, email))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Planned { emails, not_sent: plan.not_sent })
}

fn fill(
    catalogue: &Catalogue,
    letters: &CompiledLetters,
    case: &Case,
    links: &Links,
    email: PlannedEmail,
) -> Result<Email, String> {
    let filling = Filling {
        case,
        catalogue,
        letter: email.letter,
        edition: Edition::Shipped,
        step: email.step,
        content: &email.content,
        links,
        personal_line: None,
    };
    let rendered = letters.render(&filling).map_err(|error| error.to_string())?;
    let content = email.content;
    let message = preview_bytes(case, &rendered, email.step, email.due.timestamp(), links)?;
    Ok(Email {
        step: email.step,
        letter: email.letter,
        letter_version: rendered.letter_version,
        due_at: email.due.timestamp(),
        due_local: email.due.to_string(),
        not_after: email.not_after,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        offered: content
            .advice
            .iter()
            .map(ToString::to_string)
            .chain(content.stretches.iter().map(ToString::to_string))
            .collect(),
        withheld: content.withheld,
        warning_signs: content.warning_signs.iter().map(|sign| sign.id.to_string()).collect(),
        message,
    })
}

/// The message as the clinic would send it, from an address that stands for the clinic's own.
fn preview_bytes(
    case: &Case,
    rendered: &Rendered,
    step: Step,
    date: Timestamp,
    links: &Links,
) -> Result<Vec<u8>, String> {
    let from: EmailAddress = PREVIEW_SENDER.parse()?;
    let Some(to) = &case.client.email else { return Err("an email was planned without an address".into()) };
    let parts = Parts {
        from_name: case.clinic.from_name(),
        from: &from,
        to_name: &case.full_name(),
        to,
        reply_to: None,
        subject: &rendered.subject,
        date,
        message_id: &format!("<{step}@{}>", from.domain()),
        stop: Some(&links.stop()),
        text: &rendered.text,
        html: &rendered.html,
        // A visit file names none.
        logo: None,
    };
    message::bytes(&parts).map_err(|error| error.to_string())
}
