//! A change of a clinic's settings with everything that follows from it, in the transaction of the caller:
//! kept, it is the change; dropped, it was a rehearsal. What waits goes by the new zone and hours; a booked
//! visit keeps the hour that its client was told.

use jiff::Timestamp;

use super::typed::differences;
use crate::clinic::ids::{ClientId, ClinicId, VisitId};
use crate::clinic::profile::{ClinicProfile, Zone};
use crate::clinic::protocol::{LOOK_BACK, Protocol};
use crate::clinic::schedule::at;
use crate::clinic::visit::effects::{Effect, Standing, What, effects, fingerprint};
use crate::seal::token;
use crate::store::{self, Db};
use crate::web::client::full_name;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::replan::{Cause, replan_client};
use crate::web::{Web, invite};

/// What a change does.
pub(in crate::web) struct Change {
    /// What becomes of every email that waits, by the client's name.
    pub effects: Vec<(String, Vec<Effect>)>,
    /// How many booked visits keep their hour in the new zone.
    pub visits: usize,
}

impl Change {
    /// Whether somebody has to agree first.
    pub(in crate::web) fn asks(&self) -> bool {
        self.visits > 0 || self.all().any(|effect| effect.what != What::Stays)
    }

    /// What somebody agreed to, as a short text.
    pub(in crate::web) fn fingerprint(&self) -> String {
        let each = self.effects.iter().map(|(_, effects)| fingerprint(effects));
        token::digest(&format!("{}/{}", self.visits, each.collect::<Vec<_>>().join("/")))
    }

    /// Each effect, whoever's it is.
    pub(in crate::web) fn all(&self) -> impl Iterator<Item = &Effect> {
        self.effects.iter().flat_map(|(_, effects)| effects)
    }
}

/// Makes the change over the version that somebody saw; nothing when another was faster.
///
/// # Errors
/// When the database refuses.
pub(super) async fn make(
    web: &Web,
    db: &mut Db,
    who: &Who,
    (had, new): (&ClinicProfile, &ClinicProfile),
    over: u32,
) -> Result<Option<Change>, Error> {
    let now = web.clock.now();
    let differ: Vec<&str> = differences(had, new).into_iter().map(|(_, id)| id).collect();
    if differ.is_empty() {
        return Ok(Some(Change { effects: Vec::new(), visits: 0 }));
    }
    let moves = differ.iter().any(|id| ["zone", "window", "closed"].contains(id));
    let clients = if moves { store::clinic::with_mail_ahead(db, who.clinic, now).await? } else { Vec::new() };
    let before = all_standing(db, who, &clients, now).await?;
    if !store::clinic::save(db, who.clinic, new, over).await? {
        return Ok(None);
    }
    let deed = format!("clinic.changed:{}", differ.join(","));
    store::audit::record(db, &who.did(now, &deed, "clinic", who.clinic)).await?;
    let mut visits = 0;
    if moves {
        for id in store::clinic::visits_ahead(db, who.clinic, now).await? {
            visits += usize::from(keep_hour(web, db, who, id, (&had.zone, &new.zone), now).await?);
        }
    }
    Ok(Some(Change { effects: replanned(web, db, who, clients, before, now).await?, visits }))
}

/// Lets everything that waits go by this version of the protocol, in the transaction of the caller: kept, it is
/// the change; dropped, it was a rehearsal.
///
/// # Errors
/// When the database refuses.
pub(in crate::web) async fn follow(web: &Web, db: &mut Db, who: &Who, protocol: &Protocol) -> Result<Change, Error> {
    let now = web.clock.now();
    let clients = store::clinic::with_mail_ahead(db, who.clinic, now).await?;
    let before = all_standing(db, who, &clients, now).await?;
    store::protocol::move_waiting(db, who.clinic, protocol).await?;
    store::audit::record(db, &who.did(now, "protocol.waiting_moved", "clinic", who.clinic)).await?;
    Ok(Change { effects: replanned(web, db, who, clients, before, now).await?, visits: 0 })
}

/// How the emails of each of these clients stand, and nobody else plans for them until this transaction ends.
async fn all_standing(
    db: &mut Db,
    who: &Who,
    clients: &[ClientId],
    now: Timestamp,
) -> Result<Vec<Vec<Standing>>, Error> {
    for client in clients {
        store::outbox::one_at_a_time(db, who.clinic, *client).await?;
    }
    let mut all = Vec::new();
    for client in clients {
        all.push(standing(db, who.clinic, *client, now).await?);
    }
    Ok(all)
}

/// Reckons the plans of these clients anew, and says what became of each email, by the client's name.
async fn replanned(
    web: &Web,
    db: &mut Db,
    who: &Who,
    clients: Vec<ClientId>,
    before: Vec<Vec<Standing>>,
    now: Timestamp,
) -> Result<Vec<(String, Vec<Effect>)>, Error> {
    let (mut all, sending) = (Vec::new(), web.sending.get());
    for (client, before) in clients.into_iter().zip(before) {
        replan_client(db, web.made(&sending), who.clinic, client, now, Cause::Calendar).await?;
        let effects = effects(&before, &standing(db, who.clinic, client, now).await?);
        let name = store::client::find(db, who.clinic, client).await?.map(|client| full_name(&client));
        all.push((name.unwrap_or_default(), effects));
    }
    Ok(all)
}

/// A booked visit keeps its hour on the clinic's wall, and its reminder goes by the new hours. Returns whether
/// the visit is at another moment now.
async fn keep_hour(
    web: &Web,
    db: &mut Db,
    who: &Who,
    id: VisitId,
    (had, new): (&Zone, &Zone),
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(mut visit) = store::visit::desk::find(db, who.clinic, id).await? else { return Ok(false) };
    let before = visit.visit.starts_at;
    let there = |moment: Timestamp| {
        let civil = moment.to_zoned(had.rules().clone());
        at(new, civil.date(), civil.time()).timestamp()
    };
    let lasts = visit.visit.ends_at.duration_since(before);
    let starts_at = there(before);
    let is_moved = starts_at != before;
    if is_moved {
        visit.visit.starts_at = starts_at;
        visit.visit.ends_at = starts_at.saturating_add(lasts).unwrap_or(starts_at);
        if !store::visit::desk::save(db, who.clinic, &visit).await? {
            return Err(Error::Refused("A visit changed at the same moment. Save the settings once more.".into()));
        }
        store::audit::record(db, &who.did(now, "visit.zone_changed", "visit", id)).await?;
    }
    invite::hours_changed(web, db, who.clinic, &visit.visit, now).await?;
    Ok(is_moved)
}

async fn standing(db: &mut Db, clinic: ClinicId, client: ClientId, now: Timestamp) -> Result<Vec<Standing>, Error> {
    let since = now.saturating_sub(LOOK_BACK).unwrap_or(now);
    Ok(store::visit::desk::emails(db, clinic, client, since).await?)
}
