//! From a claimed email to the bytes that go out. The client is tailored again at this moment, so
//! that an answer given since the plan was made counts: no advice leaves that it rules out.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Worker, links};
use crate::clinic::brief::{Aftercare, Brief};
use crate::clinic::case::Case;
use crate::clinic::look::LogoName;
use crate::clinic::plan::change::StepChange;
use crate::clinic::plan::line::PersonalLine;
use crate::clinic::plan::revise::CALLED_OFF;
use crate::clinic::plan::{Content, LetterId, content};
use crate::clinic::protocol::{Protocol, Step};
use crate::clinic::tailoring::tailor;
use crate::mail::frozen::{Frozen, MadeOf};
use crate::mail::letter::{Edition, Filling, Links};
use crate::mail::message::{self, Inline, Parts};
use crate::store::link::EmailLinks;
use crate::store::outbox::Claimed;

/// Why an email is not written.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// It must not go out any more, with a sentence for staff.
    CalledOff(String),
    /// Staff have to look first, with a sentence for them.
    Held(String),
    /// It cannot be written, with what is wrong; never holds anything about the client.
    Broken(String),
}

/// The pictures that a batch of emails needs, by name.
pub(super) type Logos = HashMap<LogoName, Vec<u8>>;

/// What an email has to say by the answers of this moment.
pub(super) struct Wanted {
    case: Case,
    catalogue_version: String,
    letter: LetterId,
    content: Content,
    line: Option<PersonalLine>,
}

impl Wanted {
    /// Tailors the client anew, then leaves out what staff left out.
    pub(super) fn now(
        worker: &Worker,
        email: &Claimed,
        mut case: Case,
        change: StepChange,
        protocol: &Protocol,
    ) -> Result<Self, NotWritten> {
        if change.skipped_by.is_some() {
            return Err(NotWritten::CalledOff(CALLED_OFF[2].into()));
        }
        if email.step == Step::Prepare {
            // The letter speaks of the visit to come, and a preparation belongs to that visit itself.
            case.visit.next_visit_at = Some(case.visit.starts_at);
        }
        let brief = tailor(&worker.catalogue, &case);
        let letter = letter_now(&brief, email, protocol)?;
        let content = change.applied_to(content(&worker.catalogue, &case, &brief, protocol.says(email.step, letter)));
        // The letter that gives no advice has no place for a line: it could hold some.
        let line = change.line.filter(|_| letter != LetterId::EmergencyOnly);
        Ok(Self { case, catalogue_version: brief.catalogue_version, letter, content, line })
    }

    /// The message for a retry. It is the kept one, byte for byte, as long as everything it offers
    /// is still right, no sign is missing from it and the therapist's line is as it was. Otherwise it is written anew, if every relay
    /// refused it so far; one that may have arrived is left to staff.
    pub(super) fn again(
        self,
        worker: &Worker,
        email: &Claimed,
        (kept, logos): (&[u8], &Logos),
        now: Timestamp,
    ) -> Written {
        let Some(kept) = Frozen::from_bytes(kept) else {
            return Err(NotWritten::Broken("the kept copy cannot be read".into()));
        };
        // The same items may have other words by now; what may have arrived is repeated as it was.
        let is_current = email.resends > 0 || kept.made_of.catalogue_version == self.catalogue_version;
        if is_current && self.is_said_by(&kept.made_of) {
            let png = kept.made_of.logo.as_ref().and_then(|logo| logos.get(&logo.name)).cloned();
            let whole = kept.whole(png.as_deref());
            let whole = whole.ok_or_else(|| NotWritten::Broken("the logo of the kept copy is gone".into()))?;
            return Ok(Message { bytes: whole, copy: None, links: None });
        }
        if email.resends > 0 {
            return Err(NotWritten::Held("the answers changed after it was written, and it may have arrived".into()));
        }
        self.write(worker, email, logos, now)
    }

    fn is_said_by(&self, kept: &MadeOf) -> bool {
        kept.letter == self.letter
            && kept.content.advice.iter().all(|id| self.content.advice.contains(id))
            && kept.content.stretches.iter().all(|id| self.content.stretches.contains(id))
            && self.content.warning_signs.iter().all(|sign| kept.content.warning_signs.contains(sign))
            && kept.line == self.line
    }

    /// Writes the message and the copy to keep, with links of its own.
    pub(super) fn write(self, worker: &Worker, email: &Claimed, logos: &Logos, now: Timestamp) -> Written {
        let links = links::of(worker, email, self.letter, worker.sender.reply_to(&self.case.clinic), now);
        self.write_with(worker, email, (now, logos), links)
    }

    /// Writes the message with these links.
    pub(super) fn write_with(
        self,
        worker: &Worker,
        email: &Claimed,
        (now, logos): (Timestamp, &Logos),
        (links, minted): (Links, Option<EmailLinks>),
    ) -> Written {
        let Self { mut case, catalogue_version, letter, content, line } = self;
        // A logo without its picture would be a hole above the letter.
        let look = &mut case.clinic.look;
        look.logo = look.logo.take().filter(|logo| logos.contains_key(&logo.name));
        let filling = Filling {
            case: &case,
            catalogue: &worker.catalogue,
            letter,
            edition: Edition::Planned {
                clinic: email.clinic,
                letter: email.letter,
                locale: &email.locale,
                version: email.letter_version,
            },
            step: email.step,
            content: &content,
            links: &links,
            personal_line: line.as_ref().map(|line| (line.text.as_str(), line.who.as_str())),
        };
        let broken = |error: &dyn std::fmt::Display| NotWritten::Broken(error.to_string());
        let rendered = worker.letters.render(&filling).map_err(|error| broken(&error))?;
        let logo = case.clinic.look.logo.as_ref().and_then(|logo| logos.get_key_value(&logo.name));
        let logo = logo.map(|(name, png)| Inline { name, png });
        let parts = Parts {
            from_name: case.clinic.from_name(),
            from: &worker.sender.from,
            to_name: &case.full_name(),
            to: &email.recipient,
            reply_to: Some(worker.sender.reply_to(&case.clinic)),
            subject: &rendered.subject,
            date: now,
            message_id: &email.message_id,
            stop: Some(&links.stop()),
            text: &rendered.text,
            html: &rendered.html,
            logo,
        };
        let bytes = message::bytes(&parts).map_err(|error| broken(&error))?;
        let made_of = MadeOf {
            letter,
            letter_version: rendered.letter_version,
            locale: rendered.locale,
            catalogue_version,
            content,
            line,
            consents: case.intake.consents,
            written_at: now,
            subject: rendered.subject,
            logo: None,
        };
        let frozen = Frozen { made_of, bytes };
        let Some(logo) = logo else {
            let kept = frozen.to_bytes().map_err(|error| broken(&error))?;
            return Ok(Message { bytes: frozen.bytes, copy: Some(kept), links: minted });
        };
        let bytes = frozen.bytes.clone();
        let kept = frozen.without_lines_of(&logo).to_bytes().map_err(|error| broken(&error))?;
        Ok(Message { bytes, copy: Some(kept), links: minted })
    }
}

/// A message as it goes out.
pub(super) struct Message {
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// The copy to keep, unless it is kept already.
    pub(super) copy: Option<Vec<u8>>,
    /// Its links, unless they are kept already.
    pub(super) links: Option<EmailLinks>,
}

/// What came of writing.
pub(super) type Written = Result<Message, NotWritten>;

/// The letter that is right now: an answer since the plan was made can have taken routine
/// aftercare away, or given it back.
fn letter_now(brief: &Brief, email: &Claimed, protocol: &Protocol) -> Result<LetterId, NotWritten> {
    let routine = || protocol.rule(email.step).map_or(LetterId::of_step(email.step), |rule| rule.letter);
    match (brief.aftercare, email.step) {
        (Aftercare::Routine, _) => Ok(if email.letter == LetterId::EmergencyOnly { routine() } else { email.letter }),
        (Aftercare::EmergencyOnly, Step::SameDay) => Ok(LetterId::EmergencyOnly),
        (Aftercare::EmergencyOnly, _) => Err(NotWritten::CalledOff(CALLED_OFF[1].into())),
    }
}
