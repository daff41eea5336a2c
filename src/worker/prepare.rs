//! From a claimed email to the bytes that go out. The client is tailored again at this moment, so
//! that an answer given since the plan was made counts: no advice leaves that it rules out.

use jiff::Timestamp;

use super::Worker;
use crate::clinic::brief::{Aftercare, Brief};
use crate::clinic::case::Case;
use crate::clinic::plan::{LetterId, content};
use crate::clinic::protocol::Step;
use crate::clinic::tailoring::tailor;
use crate::mail::frozen::{Frozen, MadeOf};
use crate::mail::letter::{Filling, Links};
use crate::mail::message::{self, Parts};
use crate::store::outbox::Claimed;

/// Why an email is not written.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// It must not go out any more, with a sentence for staff.
    CalledOff(String),
    /// It cannot be written, with what is wrong; never holds anything about the client.
    Broken(String),
}

/// Writes one email.
pub(super) fn write(worker: &Worker, email: &Claimed, mut case: Case, now: Timestamp) -> Result<Frozen, NotWritten> {
    if email.step == Step::Prepare {
        // The letter speaks of the visit to come, and a preparation belongs to that visit itself.
        case.visit.next_visit_at = Some(case.visit.starts_at);
    }
    let brief = tailor(&worker.catalogue, &case);
    let letter = letter_now(&brief, email.step)?;
    let content = content(&worker.catalogue, &case, &brief, email.step);
    let links = Links::placeholders(None, Some(worker.sender.reply_to.clone()));
    let filling = Filling {
        case: &case,
        catalogue: &worker.catalogue,
        letter,
        step: email.step,
        content: &content,
        links: &links,
        personal_line: None,
    };
    let broken = |error: &dyn std::fmt::Display| NotWritten::Broken(error.to_string());
    let rendered = worker.letters.render(&filling).map_err(|error| broken(&error))?;
    let parts = Parts {
        from_name: &case.clinic.name,
        from: &worker.sender.from,
        to_name: &case.full_name(),
        to: &email.recipient,
        reply_to: Some(&worker.sender.reply_to),
        subject: &rendered.subject,
        date: now,
        message_id: &email.message_id,
        stop: Some(&links.stop()),
        text: &rendered.text,
        html: &rendered.html,
    };
    let bytes = message::bytes(&parts).map_err(|error| broken(&error))?;
    let made_of = MadeOf {
        letter,
        letter_version: rendered.letter_version,
        locale: rendered.locale,
        catalogue_version: brief.catalogue_version,
        content,
        consents: case.intake.consents,
        written_at: now,
        subject: rendered.subject,
    };
    Ok(Frozen { made_of, bytes })
}

/// The letter that is right now: an answer since the plan was made can have taken routine
/// aftercare away, or given it back.
fn letter_now(brief: &Brief, step: Step) -> Result<LetterId, NotWritten> {
    match (brief.aftercare, step) {
        (Aftercare::Routine, step) => Ok(LetterId::of_step(step)),
        (Aftercare::EmergencyOnly, Step::SameDay) => Ok(LetterId::EmergencyOnly),
        (Aftercare::EmergencyOnly, _) => {
            Err(NotWritten::CalledOff("the answers changed since it was planned; the visit says what holds now".into()))
        }
    }
}
