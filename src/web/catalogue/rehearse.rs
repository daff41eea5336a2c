//! `POST /catalogue/rehearsal`: what the drafts would change for past visits and for emails that wait, a slice of
//! visits a request, so that nobody waits long and anybody can stop. Nothing about any visit is changed.

use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::desk::Desk;
use crate::clinic::catalogue::{Catalogue, differences};
use crate::clinic::ids::{ClinicId, VisitId};
use crate::clinic::rehearsal::{Rehearsal, Rehearsing};
use crate::clinic::visit::effects::Standing;
use crate::store::catalogue::rehearsal::{self, Look};
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::{Web, see_other};

/// Visits of so many days back are looked at, and all that are booked.
pub(super) const DAYS_BACK: i64 = 90;

/// So many visits a request.
const SLICE: u32 = 250;

/// So many visits that change are kept; the rest is counted.
pub(super) const MOST_FOUND: usize = 300;

/// `POST /catalogue/rehearsal`: begins a look, or goes on with it.
///
/// # Errors
/// When the drafts do not hold together, changed meanwhile, or the database does not answer.
pub async fn go_on(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open_to_change(&web, &mut db, &who).await?;
    let drafted = desk.drafted(&web, None).map_err(|problem| Error::Refused(problem.to_string()))?;
    if drafted.version() == web.catalogue.version() {
        return Ok(see_other("/catalogue/publication"));
    }
    let now = desk.here.now.timestamp();
    let fresh = fields.text("again") == "yes";
    let had = rehearsal::find(&mut db).await?.filter(|look| !fresh && fits(look, &web.catalogue, &drafted));
    let mut look = match had {
        Some(look) => look,
        None => Look {
            old: web.catalogue.version().to_owned(),
            new: drafted.version().to_owned(),
            up_to: String::new(),
            looked: 0,
            whole: rehearsal::count(&mut db, since(now)).await?,
            changing: 0,
            emails: 0,
            found: Vec::new(),
            by: who.name.to_string(),
            begun_at: now,
            ended_at: None,
        },
    };
    if look.ended_at.is_none() {
        slice(&mut db, &web.catalogue, &drafted, &mut look, now).await?;
        drop(db);
        let mut db = web.store.write().await?;
        if look.looked <= SLICE {
            let entry = who.did(now, "catalogue.rehearsed", "catalogue", drafted.version());
            store::audit::record(&mut db, &entry).await?;
        }
        rehearsal::save(&mut db, &look).await?;
        db.commit().await?;
    }
    Ok(see_other("/catalogue/publication#rehearsal"))
}

/// Whether a look is between these two.
pub(super) fn fits(look: &Look, old: &Catalogue, new: &Catalogue) -> bool {
    look.old == old.version() && look.new == new.version()
}

fn since(now: Timestamp) -> Timestamp {
    now.saturating_sub(SignedDuration::from_hours(24 * DAYS_BACK)).unwrap_or(now)
}

/// Looks at the next visits.
async fn slice(db: &mut Db, old: &Catalogue, new: &Catalogue, look: &mut Look, now: Timestamp) -> Result<(), Error> {
    let rehearsing = Rehearsing::new(old, new, &differences(old, new));
    let visits = rehearsal::visits(db, since(look.begun_at), &look.up_to, SLICE).await?;
    let is_last = visits.len() < SLICE as usize;
    for (clinic, visit) in visits {
        look.looked += 1;
        look.up_to = visit.to_string();
        let found = one(db, &rehearsing, (old, new), (clinic, visit)).await?;
        if !found.is_empty() {
            look.changing += 1;
            look.emails += u32::try_from(found.emails.len()).unwrap_or(u32::MAX);
            if look.found.len() < MOST_FOUND {
                look.found.push((clinic, visit, found));
            }
        }
    }
    // Visits that were booked while this was looked at count as well.
    look.whole = look.whole.max(look.looked);
    if is_last {
        (look.whole, look.ended_at) = (look.looked, Some(now));
    }
    Ok(())
}

/// What is different for one visit.
async fn one(
    db: &mut Db,
    rehearsing: &Rehearsing<'_>,
    (old, new): (&Catalogue, &Catalogue),
    (clinic, visit): (ClinicId, VisitId),
) -> Result<Rehearsal, Error> {
    let Some(filed) = store::case::find(db, clinic, visit).await? else { return Ok(Rehearsal::default()) };
    let brief = rehearsing.brief(&filed.answered(old), &filed.answered(new));
    let (old_case, new_case) = (filed.together(old), filed.together(new));
    let mut emails = Vec::new();
    for email in store::email::of_visit(db, clinic, visit).await? {
        let standing = Standing {
            id: email.id,
            visit,
            visit_starts_at: filed.case.visit.starts_at,
            step: email.step,
            state: email.state,
            due_at: email.due_at,
        };
        let differs = if standing.waits() {
            rehearsing.email(&old_case, &new_case, (email.step, email.letter))
        } else {
            Vec::new()
        };
        if !differs.is_empty() {
            emails.push((email.step, differs));
        }
    }
    Ok(Rehearsal { brief, emails })
}
