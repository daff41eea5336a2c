//! The document of `aftercare plan --json`: every email of one visit file, filled.

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use crate::clinic::case::Case;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::plan::{self, LetterId, NotSent, PlannedEmail, Withheld};
use crate::clinic::protocol::Step;
use crate::clinic::tailoring;
use crate::mail::letter::{CompiledLetters, Filling, LetterError, Links};

/// Stands for the clinic's public address in previews.
const PREVIEW_ADDRESS: &str = "https://aftercare.example";

/// Every email that one client would get, and those they would not.
#[derive(Debug, Serialize)]
pub(super) struct Planned {
    pub(super) emails: Vec<Email>,
    pub(super) not_sent: Vec<NotSent>,
    /// For the .eml files alone.
    #[serde(skip)]
    pub(super) links: Links,
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
pub(super) fn planned(catalogue: &Catalogue, letters: &CompiledLetters, case: &Case) -> Result<Planned, LetterError> {
    let brief = tailoring::tailor(catalogue, case);
    let mut plan = plan::for_visit(catalogue, case, &brief, case.visit.ends_at);
    if let Some(next) = case.visit.next_visit_at {
        match plan::preparation(catalogue, case, &brief, next, case.visit.ends_at) {
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
    Ok(Planned { emails, not_sent: plan.not_sent, links })
}

fn fill(
    catalogue: &Catalogue,
    letters: &CompiledLetters,
    case: &Case,
    links: &Links,
    email: PlannedEmail,
) -> Result<Email, LetterError> {
    let filling = Filling {
        case,
        catalogue,
        letter: email.letter,
        step: email.step,
        content: &email.content,
        links,
        personal_line: None,
    };
    let rendered = letters.render(&filling)?;
    let content = email.content;
    let message = super::plan_text::message(case, &rendered, email.step, &email.due, links);
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
