//! What booking and completing a visit owe a client: the preparation letter, and the aftercare.
//! Completion is what starts a plan, so that a note written in the evening never delays a warning
//! sign. Each is one transaction with its cause: no email without one, no cause without its email.

use jiff::{Timestamp, Zoned};

use super::error::Error;
use super::replan::{Cause, on_uncertain, replan, replan_client};
use super::say;
use crate::clinic::brief::Aftercare;
use crate::clinic::case::Case;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::ids::{ClientId, ClinicId, EmailId, PlanId, VisitId};
use crate::clinic::plan::PlannedEmail;
use crate::clinic::protocol::Protocol;
use crate::mail::letter::CompiledLetters;
use crate::mail::message::message_id;
use crate::store::audit::Entry;
use crate::store::outbox::NewEmail;
use crate::store::plan::Started;
use crate::store::visit::{Appointment, VisitState};
use crate::store::{self, Db, fresh_uuid};

/// What emails are made with.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    /// What advice comes from.
    pub catalogue: &'a Catalogue,
    /// What it is told in.
    pub letters: &'a CompiledLetters,
    /// The domain of Message-IDs: that of the clinic's sender.
    pub domain: &'a str,
}

/// Books a visit and owes its preparation letter, unless its morning has passed. The plans of the
/// client's other visits look at it from now on.
///
/// # Errors
/// When the database refuses.
pub async fn book(
    db: &mut Db,
    made: Made<'_>,
    clinic: ClinicId,
    visit: &Appointment,
    now: Timestamp,
) -> store::Result<()> {
    store::visit::insert(db, clinic, visit, now).await?;
    store::audit::record(db, &Entry::system(clinic, now, "visit.booked", "visit", visit.id.to_string())).await?;
    replan_client(db, made, clinic, visit.client, now, Cause::Calendar).await?;
    Ok(())
}

/// Completes a visit and starts its aftercare: its own emails, or those of its day together.
/// `false` when its plan was started before.
///
/// # Errors
/// When the database refuses.
pub async fn complete(
    db: &mut Db,
    made: Made<'_>,
    clinic: ClinicId,
    visit: VisitId,
    now: Timestamp,
) -> store::Result<bool> {
    complete_by(db, made, &Entry::system(clinic, now, "visit.completed", "visit", visit.to_string()), visit).await
}

/// The same, as the deed of whoever did it: the clinic and the time are those of the entry. A visit
/// that is completed, was called off or was missed stays as it is.
///
/// # Errors
/// When the database refuses.
pub async fn complete_by(db: &mut Db, made: Made<'_>, entry: &Entry, visit: VisitId) -> store::Result<bool> {
    let (clinic, now) = (entry.clinic, entry.at);
    let Some(found) = store::visit::find(db, clinic, visit).await? else { return Ok(false) };
    store::outbox::one_at_a_time(db, clinic, found.client).await?;
    // Somebody may have cancelled or moved it until our turn came.
    let Some(mut appointment) = store::visit::find(db, clinic, visit).await? else { return Ok(false) };
    if !matches!(appointment.state, VisitState::Booked | VisitState::InProgress) {
        return Ok(false);
    }
    appointment.state = VisitState::Completed;
    appointment.completed_at = Some(now);
    store::visit::save(db, clinic, &appointment).await?;
    let started = Started {
        id: PlanId::from_uuid(fresh_uuid(now)),
        visit,
        protocol: store::protocol::newest(db, clinic).await?.version,
        started_at: now,
        catalogue_version: made.catalogue.version().to_owned(),
        // Both are filled in by the reckoning.
        aftercare: Aftercare::Routine,
        not_sent: Vec::new(),
    };
    if !store::plan::insert(db, clinic, &started).await? {
        return Ok(false);
    }
    replan(db, made, clinic, visit, now, Cause::Start).await?;
    store::audit::record(db, entry).await?;
    Ok(true)
}

/// A visit that was called off or has not begun is neither completed nor signed.
///
/// # Errors
/// The sentence that says why not.
pub(super) fn took_place(visit: &Appointment, now: &Zoned) -> Result<(), Error> {
    let starts = visit.starts_at.to_zoned(now.time_zone().clone());
    let no = match visit.state {
        VisitState::Cancelled => "This visit was cancelled, so there is nothing to complete or sign.".to_owned(),
        VisitState::NoShow => "The client did not come, so there is nothing to complete or sign.".into(),
        VisitState::Completed => return Ok(()),
        VisitState::Booked | VisitState::InProgress if starts <= *now => return Ok(()),
        VisitState::Booked | VisitState::InProgress => {
            format!("The visit starts {}. This can be done from then on.", say::moment(&starts, now))
        }
    };
    Err(Error::Refused(no))
}

/// The outbox rows of planned emails.
pub(super) fn owed(
    made: Made<'_>,
    case: &Case,
    (clinic, client, visit): (ClinicId, ClientId, VisitId),
    (plan, protocol): (Option<PlanId>, &Protocol),
    emails: &[PlannedEmail],
    now: Timestamp,
) -> Vec<NewEmail> {
    // A plan without an address has no emails; see `plan::for_visit`.
    let Some(recipient) = &case.client.email else { return Vec::new() };
    let locale = made.letters.locale_for(case.client.locale.as_deref(), &case.clinic.locale);
    emails
        .iter()
        .map(|email| {
            let id = EmailId::from_uuid(fresh_uuid(now));
            NewEmail {
                id,
                clinic,
                client,
                visit,
                plan,
                step: email.step,
                stream: email.stream,
                letter: email.letter,
                letter_version: made.letters.version_of(clinic, locale, email.letter),
                recipient: recipient.clone(),
                locale: locale.to_owned(),
                due: email.due.clone(),
                not_after: email.not_after,
                message_id: message_id(&id, made.domain),
                on_uncertain: on_uncertain(protocol.rule(email.step)),
                protocol: protocol.version,
            }
        })
        .collect()
}
