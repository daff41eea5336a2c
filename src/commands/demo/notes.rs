//! The notes of the demo's past visits: signed by whoever treated, with what they found. Visits for
//! which the cast tells nothing wait for their note.

use jiff::SignedDuration;

use crate::clinic::catalogue::Catalogue;
use crate::clinic::ids::{ClinicId, VisitId};
use crate::clinic::note::{Note, Section, Signature, Sources};
use crate::clinic::tailoring::tailor;
use crate::store::note::Save;
use crate::store::visit::VisitState;
use crate::store::{self, Db};
use crate::worker::Worker;

/// A note is signed so long after its visit.
const LATER: SignedDuration = SignedDuration::from_mins(20);

/// Writes and signs the notes of completed visits.
pub(super) async fn write(
    worker: &Worker,
    catalogue: &Catalogue,
    clinic: ClinicId,
    found: &[(VisitId, String)],
) -> store::Result<()> {
    let mut db = worker.store.write().await?;
    for (visit, words) in found.iter().filter(|(_, words)| !words.is_empty()) {
        sign(&mut db, catalogue, clinic, *visit, words).await?;
    }
    db.commit().await
}

async fn sign(db: &mut Db, catalogue: &Catalogue, clinic: ClinicId, visit: VisitId, words: &str) -> store::Result<()> {
    let Some(filed) = store::case::find(db, clinic, visit).await? else { return Ok(()) };
    let Some(appointment) = store::visit::find(db, clinic, visit).await? else { return Ok(()) };
    let Some(by) = appointment.therapist.filter(|_| appointment.state == VisitState::Completed) else { return Ok(()) };
    let Some(account) = store::account::find(db, clinic, by).await? else { return Ok(()) };
    let intakes = store::intake::of_client(db, clinic, filed.client).await?;
    let zone = filed.case.clinic.zone.rules();
    let case = filed.answered(catalogue);
    let sources = Sources {
        catalogue,
        case: &case,
        brief: &tailor(catalogue, &case),
        given_on: intakes.first().map(|given| given.given_at.to_zoned(zone.clone()).date()),
        before: None,
        done: None,
    };
    let mut note = Note::draft(&sources);
    let at = appointment.ends_at.saturating_add(LATER).unwrap_or(appointment.ends_at);
    let signature = Signature { by, name: account.name, at };
    let signed = note
        .accept_waiting()
        .and_then(|()| note.write(Section::Objective, words))
        .and_then(|()| note.sign(signature, None));
    if let Ok(note) = signed {
        store::note::save(db, clinic, Save { visit, over: 0, note: &note, by, at }).await?;
    }
    Ok(())
}
