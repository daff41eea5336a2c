//! Loads what the note of a visit is made of: the saved draft, today's answers, the last note.

use jiff::civil::Date;

use super::NoteFacts;
use crate::clinic::brief::Brief;
use crate::clinic::case::{Case, Treatment};
use crate::clinic::ids::{ClientId, VisitId};
use crate::clinic::note::{Last, Note, Sources, draft};
use crate::clinic::tailoring;
use crate::clinic::treatment::Done;
use crate::store::intake::Given;
use crate::store::visit::Appointment;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::visit::past::{PastFacts, changed, past};
use crate::web::{Here, Web};

/// One visit with the door to its note open.
#[derive(Clone, Debug)]
pub struct Open {
    /// Which visit.
    pub id: VisitId,
    /// Whose.
    pub client: ClientId,
    /// The appointment.
    pub appointment: Appointment,
    /// Clinic, client, answers, and the visit as it was done.
    pub case: Case,
    /// What was booked.
    pub booked: Treatment,
    /// What was done, once it is recorded.
    pub done: Option<Done>,
    /// Whether there is an intake at all.
    pub answered: bool,
    /// The brief of the visit as it was booked: what the therapist read before.
    pub brief: Brief,
    /// The note.
    pub note: NoteFacts,
    /// The visits and intakes before.
    pub past: PastFacts,
}

/// The visit of this id with its note.
///
/// # Errors
/// When the clinic has no such visit, or the database does not answer.
pub(in crate::web) async fn open(web: &Web, db: &mut Db, here: &Here, id: VisitId) -> Result<Open, Error> {
    let filed = store::case::find(db, here.id, id).await?.ok_or(Error::NotFound)?;
    let appointment = store::visit::find(db, here.id, id).await?.ok_or(Error::NotFound)?;
    let case = filed.answered(&web.catalogue);
    let mut before = case.clone();
    before.visit.treatment = filed.booked.clone();
    let brief = tailoring::tailor(&web.catalogue, &before);
    let intakes = store::intake::of_client(db, here.id, filed.client).await?;
    let visits = store::visit::of_client(db, here.id, filed.client).await?;
    let made = Making { web, here, case: &before, brief: &brief, done: filed.done.as_ref(), intakes: &intakes };
    let note = note(&made, db, id, filed.client, &visits).await?;
    let signed = store::note::states(db, here.id, filed.client).await?;
    let told = crate::web::check_in::told::of_visit(web, db, here, id).await?;
    let (pain, weeks) = crate::web::pain::of_client(db, here, filed.client, &intakes).await?;
    Ok(Open {
        id,
        client: filed.client,
        past: PastFacts {
            changed: changed(&visits, &appointment, &intakes),
            told,
            weeks,
            ..past(&visits, pain, &signed, &appointment, &web.catalogue, here)
        },
        appointment,
        case,
        booked: filed.booked,
        done: filed.done,
        answered: filed.intake.is_some(),
        brief,
        note,
    })
}

/// What lines are made from.
struct Making<'a> {
    web: &'a Web,
    here: &'a Here,
    case: &'a Case,
    brief: &'a Brief,
    done: Option<&'a Done>,
    intakes: &'a [Given],
}

async fn note(
    made: &Making<'_>,
    db: &mut Db,
    visit: VisitId,
    client: ClientId,
    visits: &[Appointment],
) -> Result<NoteFacts, Error> {
    let here = made.here;
    let zone = made.case.clinic.zone.rules();
    let day = |at: jiff::Timestamp| -> Date { at.to_zoned(zone.clone()).date() };
    let starts = made.case.visit.starts_at;
    let last_visit = visits.iter().find(|other| other.starts_at < starts && other.completed_at.is_some());
    let sources = Sources {
        catalogue: &made.web.catalogue,
        case: made.case,
        brief: made.brief,
        given_on: made.intakes.first().map(|given| day(given.given_at)),
        // What counted at the visit before: the newest answers given by then.
        before: last_visit.and_then(|visit| {
            let then = made.intakes.iter().find(|given| given.given_at <= visit.starts_at)?;
            Some((day(visit.starts_at), &then.answers))
        }),
        done: made.done,
    };
    let kept = store::note::find(db, here.id, visit).await?;
    let last = store::note::last_signed(db, here.id, client, starts).await?;
    let last = last.map(|last| Last { visit: last.visit, on: day(last.starts_at), note: last.note });
    Ok(match kept {
        Some(kept) => NoteFacts {
            note: kept.note.made_again(&draft::offers(&sources)),
            version: kept.version,
            saved: Some((kept.changed_by.to_string(), kept.changed_at.to_zoned(zone.clone()))),
            addenda: kept.addenda,
            last,
        },
        None => NoteFacts { note: Note::draft(&sources), last, ..NoteFacts::default() },
    })
}
