//! Taking up: asks for what is due, looks up what its letters need and writes them, ahead of the wire and beside
//! it, so that one batch is being looked up while another is being written and a third is being sent.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use tokio::sync::{mpsc, oneshot, watch};

use super::Worker;
use super::prepare::{Logos, Message, NotWritten, Wanted};
use crate::clinic::case::Case;
use crate::clinic::ids::{ClinicId, VisitId};
use crate::clinic::look::LogoName;
use crate::clinic::outbox::{Before, before};
use crate::clinic::plan::change::StepChange;
use crate::clinic::profile::ClinicProfile;
use crate::clinic::protocol::Protocol;
use crate::mail::frozen::Frozen;
use crate::mail::letter::CompiledLetters;
use crate::store;
use crate::store::case::Filed;
use crate::store::link::EmailLinks;
use crate::store::outbox::{Claimed, Finish, Finished, Kept};

/// Emails taken in one claim: enough that looking up their visits is little for each.
pub(super) const BATCH: u32 = 200;

/// One step takes at most so many, then starts afresh: its memory does not grow with the backlog.
const MOST: usize = 10_000;

/// A wish for more emails. Answered with those whose turn it is, once the claim is committed; with nothing,
/// when there is no more to claim.
pub(super) type Ask = oneshot::Sender<Option<Vec<Claimed>>>;

/// The visit of an email, what staff changed about it, and the protocol it was planned by.
type Found<'a> = (Case, StepChange, &'a Protocol);

/// What became of a claimed email.
pub(super) enum Taken {
    /// It can go out.
    Ready(Box<Ready>),
    /// It ended before it began.
    Ended(Finish),
}

/// An email ready for the wire.
pub(super) struct Ready {
    pub(super) email: Claimed,
    /// Whose window it leaves in.
    pub(super) clinic: ClinicProfile,
    pub(super) message: Vec<u8>,
    /// The copy to keep with the beginning; none when it is kept already.
    pub(super) copy: Option<Kept>,
    /// Its links, kept with the beginning as well.
    pub(super) links: Option<EmailLinks>,
}

/// Claimed emails with everything that their letters need.
pub(super) struct Batch {
    claimed: Vec<Claimed>,
    filed: HashMap<VisitId, store::Result<Filed>>,
    protocols: HashMap<(ClinicId, u32), Protocol>,
    /// The copy of each that was begun before.
    kept: Vec<Option<Vec<u8>>>,
    logos: Logos,
}

/// Asks for what is due and looks up what its letters need, until nothing is due, nobody takes it any more, or no
/// answer comes. It is one batch ahead of [`write_up`]: neither waits while the other works.
pub(super) async fn look_up(
    worker: Worker,
    asks: mpsc::Sender<Ask>,
    batches: mpsc::Sender<Batch>,
    out: mpsc::Sender<Taken>,
) -> store::Result<()> {
    let mut seen = std::collections::HashSet::new();
    while seen.len() < MOST {
        // What is looked up too early is old by the time it is written.
        let Ok(place) = batches.reserve().await else { break };
        let (ask, answer) = oneshot::channel();
        if asks.send(ask).await.is_err() {
            break;
        }
        let Ok(Some(claimed)) = answer.await else { break };
        // An email put back for "now" is not taken up twice in one step.
        let (fresh, again): (Vec<_>, Vec<_>) = claimed.into_iter().partition(|email| seen.insert(email.id));
        let last = !again.is_empty();
        if !give_back(again, &out).await {
            break;
        }
        match batch(&worker, fresh).await? {
            Ok(batch) => place.send(batch),
            // Another catalogue was published: nothing is written by the old one any more, signed or not.
            Err(claimed) => {
                give_back(claimed, &out).await;
                break;
            }
        }
        if last {
            break;
        }
    }
    Ok(())
}

/// Puts these back into line; `false` when nobody takes them any more.
async fn give_back(claimed: Vec<Claimed>, out: &mpsc::Sender<Taken>) -> bool {
    for email in claimed {
        let back = Finish { id: email.id, fence: email.fence, outcome: Finished::GiveBack };
        if out.send(Taken::Ended(back)).await.is_err() {
            return false;
        }
    }
    true
}

/// Looks up what these emails need; the emails themselves when the worker's catalogue is not the newest any more.
async fn batch(worker: &Worker, claimed: Vec<Claimed>) -> store::Result<Result<Batch, Vec<Claimed>>> {
    let visits: Vec<_> = claimed.iter().map(|email| email.visit).collect();
    let mut db = worker.store.read().await?;
    if worker.newest.look(&mut db).await?.version() != worker.catalogue.version() {
        return Ok(Err(claimed));
    }
    learn(&mut db, &worker.letters).await?;
    let filed = store::case::of_visits(&mut db, &visits).await?;
    let mut kept = Vec::with_capacity(claimed.len());
    let mut protocols: HashMap<(ClinicId, u32), Protocol> = HashMap::new();
    for email in &claimed {
        let planned_by = (email.clinic, email.protocol);
        if let Entry::Vacant(place) = protocols.entry(planned_by) {
            place.insert(store::protocol::version(&mut db, email.clinic, email.protocol).await?);
        }
        kept.push(match email.has_content {
            true => store::outbox::content(&mut db, email.clinic, email.id).await?,
            false => None,
        });
    }
    let logos = logos(&mut db, &filed, &kept).await?;
    Ok(Ok(Batch { claimed, filed, protocols, kept, logos }))
}

/// Writes what was looked up and hands it over one by one, until nothing comes or nobody takes it any more.
pub(super) async fn write_up(
    worker: Worker,
    stop: watch::Receiver<bool>,
    mut batches: mpsc::Receiver<Batch>,
    out: mpsc::Sender<Taken>,
) {
    while let Some(Batch { claimed, filed, protocols, kept, logos }) = batches.recv().await {
        for (email, kept) in claimed.into_iter().zip(kept) {
            // Told to stop, nothing more is written: a batch takes seconds on a slow machine.
            let taken = match *stop.borrow() {
                true => Taken::Ended(Finish { id: email.id, fence: email.fence, outcome: Finished::GiveBack }),
                false => one(&worker, email, filed_of(&filed, &protocols, &worker), (kept, &logos)),
            };
            if out.send(taken).await.is_err() {
                return;
            }
        }
    }
}

/// The pictures of the clinics these emails are of, and of the copies that are repeated.
async fn logos(
    db: &mut store::Db,
    filed: &HashMap<VisitId, store::Result<Filed>>,
    kept: &[Option<Vec<u8>>],
) -> store::Result<Logos> {
    let now = filed.values().flatten().filter_map(|filed| filed.case.clinic.look.logo.as_ref());
    let then = kept.iter().flatten().filter_map(|kept| Frozen::from_bytes(kept)?.made_of.logo);
    let names: BTreeSet<LogoName> = now.map(|logo| logo.name.clone()).chain(then.map(|logo| logo.name)).collect();
    let mut logos = Logos::new();
    for name in names {
        if let Some(png) = store::look::png(db, &name).await? {
            logos.insert(name, png);
        }
    }
    Ok(logos)
}

/// Takes in what clinics have published since the last batch.
async fn learn(db: &mut store::Db, letters: &CompiledLetters) -> store::Result<()> {
    for (clinic, count, published) in store::letter::news(db, |clinic| letters.known(clinic)).await? {
        let said = published.into_iter().map(|one| ((one.locale, one.letter, one.version), one.says));
        letters.learn(clinic, count, said);
    }
    Ok(())
}

/// Looks a visit up; what cannot be read has been logged where the row was read.
fn filed_of<'a>(
    filed: &'a HashMap<VisitId, store::Result<Filed>>,
    protocols: &'a HashMap<(ClinicId, u32), Protocol>,
    worker: &'a Worker,
) -> impl Fn(&Claimed) -> Result<Found<'a>, Finished> + 'a {
    move |email| match filed.get(&email.visit) {
        // All visits of a day share their emails, and what staff changed about them.
        Some(Ok(filed)) => match protocols.get(&(email.clinic, email.protocol)) {
            Some(protocol) => Ok((filed.together(&worker.catalogue), filed.change(email.step), protocol)),
            None => Err(Finished::GiveBack),
        },
        Some(Err(problem)) => {
            tracing::error!(email = %email.id, %problem, "the visit of an email cannot be read");
            Err(Finished::Failed { reason: "the visit's record cannot be read".into() })
        }
        None => Err(Finished::Cancelled { reason: "the visit is gone".into() }),
    }
}

fn one<'a>(
    worker: &Worker,
    email: Claimed,
    case_of: impl Fn(&Claimed) -> Result<Found<'a>, Finished>,
    (kept, logos): (Option<Vec<u8>>, &Logos),
) -> Taken {
    let ended = |email: &Claimed, outcome| Taken::Ended(Finish { id: email.id, fence: email.fence, outcome });
    let (case, change, protocol) = match case_of(&email) {
        Ok(found) => found,
        Err(outcome) => return ended(&email, outcome),
    };
    let now = worker.clock.now();
    match before(&case.clinic, email.due_at, email.not_after, now) {
        Before::Go => {}
        not_now => return ended(&email, put_off(not_now)),
    }
    let clinic = case.clinic.clone();
    let written = Wanted::now(worker, &email, case, change, protocol).and_then(|wanted| match kept {
        Some(kept) => wanted.again(worker, &email, (&kept, logos), now),
        None => wanted.write(worker, &email, logos, now),
    });
    match written {
        Ok(Message { bytes, copy, links }) => {
            // Packed and sealed here, beside the wire: the write transaction is where emails queue up.
            let pattern = worker.patterns.of(&email.locale, email.letter.home());
            let copy = copy.map(|plain| worker.store.keep(email.id, &plain, pattern));
            Taken::Ready(Box::new(Ready { email, clinic, message: bytes, copy, links }))
        }
        Err(NotWritten::CalledOff(reason)) => ended(&email, Finished::Cancelled { reason }),
        Err(NotWritten::Held(reason)) => ended(&email, Finished::Held { reason }),
        Err(NotWritten::Broken(problem)) => {
            tracing::error!(email = %email.id, %problem, "an email cannot be written");
            ended(&email, Finished::Failed { reason: format!("the email could not be written: {problem}") })
        }
    }
}

/// How an email ends for now that may not leave at this moment.
pub(super) fn put_off(not_now: Before) -> Finished {
    match not_now {
        Before::WaitUntil(next_at) => {
            Finished::Again { next_at, count_attempt: false, reason: "waits for the send window".into() }
        }
        Before::TooLate => Finished::Expired { reason: "too late to be of use".into() },
        Before::Go => Finished::GiveBack,
    }
}
