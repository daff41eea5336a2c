//! The acts themselves. Each changes a visit and lets its client's emails follow, in the
//! transaction of the caller: kept, it is the act; dropped, it was a rehearsal.

use jiff::Timestamp;

use crate::clinic::ids::{ClientId, ClinicId};
use crate::clinic::plan::revise::CALLED_OFF;
use crate::clinic::protocol::LOOK_BACK;
use crate::clinic::visit::effects::{Effect, Standing, effects};
use crate::store::visit::Appointment;
use crate::store::visit::desk::AtDesk;
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::actor::Actor;
use crate::web::error::Error;
use crate::web::invite;
use crate::web::replan::{Cause, replan_client};

/// Books a visit. Returns what that does to the client's emails.
///
/// # Errors
/// When the database refuses.
pub(in crate::web) async fn book(
    web: &Web,
    db: &mut Db,
    actor: &Actor,
    visit: &Appointment,
    now: Timestamp,
) -> Result<Vec<Effect>, Error> {
    store::outbox::one_at_a_time(db, actor.clinic, visit.client).await?;
    let before = standing(db, actor.clinic, visit.client, now).await?;
    store::visit::insert(db, actor.clinic, visit, now).await?;
    store::audit::record(db, &actor.did(now, "visit.booked", "visit", visit.id)).await?;
    invite::booked(web, db, actor.clinic, visit, now).await?;
    follow(web, db, actor, visit.client, &before, now).await
}

/// Changes a visit over the version that somebody saw. Returns what that does to the client's
/// emails; nothing when somebody else was faster, and then nothing is changed.
///
/// # Errors
/// When the database refuses.
pub(in crate::web) async fn change(
    web: &Web,
    db: &mut Db,
    actor: &Actor,
    changed: &AtDesk,
    action: &str,
    now: Timestamp,
) -> Result<Option<Vec<Effect>>, Error> {
    let visit = &changed.visit;
    store::outbox::one_at_a_time(db, actor.clinic, visit.client).await?;
    let before = standing(db, actor.clinic, visit.client, now).await?;
    let had = store::visit::find(db, actor.clinic, visit.id).await?.ok_or(Error::NotFound)?;
    if !store::visit::desk::save(db, actor.clinic, changed).await? {
        return Ok(None);
    }
    if !visit.state.takes_place() {
        store::visit::desk::call_off_emails(db, actor.clinic, visit.id, CALLED_OFF[0]).await?;
    }
    store::audit::record(db, &actor.did(now, action, "visit", visit.id)).await?;
    invite::changed(web, db, actor.clinic, (visit, had.starts_at), now).await?;
    follow(web, db, actor, visit.client, &before, now).await.map(Some)
}

/// The plans of the client's other visits look at this one: they are reckoned anew.
async fn follow(
    web: &Web,
    db: &mut Db,
    actor: &Actor,
    client: ClientId,
    before: &[Standing],
    now: Timestamp,
) -> Result<Vec<Effect>, Error> {
    replan_client(db, web.made(&web.sending.get()), actor.clinic, client, now, Cause::Calendar).await?;
    let after = standing(db, actor.clinic, client, now).await?;
    Ok(effects(before, &after))
}

async fn standing(db: &mut Db, clinic: ClinicId, client: ClientId, now: Timestamp) -> Result<Vec<Standing>, Error> {
    let since = now.saturating_sub(LOOK_BACK).unwrap_or(now);
    Ok(store::visit::desk::emails(db, clinic, client, since).await?)
}
