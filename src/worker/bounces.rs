//! Taking in mail that came back: what it says is kept, and an address that takes nothing any more
//! gets no further mail. One notice, one transaction; the same notice twice changes nothing.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::clinic::bounce::{Follows, Meaning, follows, meaning};
use crate::clock::Clock;
use crate::mail::bounce::{about, read};
use crate::mail::inbox::Inbox;
use crate::store::audit::Entry;
use crate::store::bounce::Notice;
use crate::store::{self, Store};

/// What became of a mail that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenIn {
    /// It carries no token of ours: not about an email of this installation, or made up.
    NotOurs,
    /// Ours, and neither a notice nor a complaint: a person or an answering machine wrote it.
    NoNotice,
    /// The same was told before.
    Known,
    /// Kept, with what it means and whether its address gets no more mail from now on.
    Kept {
        /// What it means.
        meaning: Meaning,
        /// Whether the address was stopped by it.
        suppressed: bool,
    },
}

/// The mailbox is looked at this often.
const EVERY: Duration = Duration::from_secs(300);

/// Looks at the mailbox that notices come back to, now and then, until told to stop. A mailbox that
/// cannot be read holds up nothing else; it is logged once each time.
pub async fn collect(store: Store, clock: Clock, inbox: Arc<Inbox>, mut stop: watch::Receiver<bool>) {
    let mut turn = interval(EVERY);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = turn.tick() => {}
            _ = stop.changed() => return,
        }
        match look(&store, &clock, &inbox).await {
            Ok(0) => {}
            Ok(taken) => tracing::info!(taken, "notices taken from the bounce mailbox"),
            Err(problem) => tracing::error!(%problem, "the bounce mailbox cannot be read"),
        }
    }
}

/// Takes in every mail of the mailbox that nobody has read. Returns how many were notices of ours;
/// what is not is marked as read too, and stays for people.
///
/// # Errors
/// What the mailbox or the database said. What was not marked comes again, and is known by then.
pub async fn look(store: &Store, clock: &Clock, inbox: &Inbox) -> Result<usize, String> {
    let mut look = inbox.look().await?;
    let mut kept = 0;
    while let Some((uid, raw)) = look.next().await? {
        let taken = take_in(store, clock.now(), &raw).await.map_err(|problem| problem.to_string())?;
        kept += usize::from(matches!(taken, TakenIn::Kept { .. }));
        look.taken(uid).await?;
    }
    look.end().await;
    Ok(kept)
}

/// Takes in one mail as it came.
///
/// # Errors
/// When the database refuses; then nothing was kept, and the mail can be handed in again.
pub async fn take_in(store: &Store, now: Timestamp, raw: &[u8]) -> store::Result<TakenIn> {
    let Some(email) = about(store.seal(), raw) else { return Ok(TakenIn::NotOurs) };
    let Some(report) = read(raw) else { return Ok(TakenIn::NoNotice) };
    let mut db = store.write().await?;
    let Some(about) = store::bounce::about(&mut db, email).await? else { return Ok(TakenIn::NotOurs) };
    let meaning = meaning(&report);
    let status = report.status.map(|status| status.to_string());
    let notice = Notice { about: &about, meaning, status, raw };
    let Some(id) = store::bounce::insert(&mut db, &notice, now).await? else { return Ok(TakenIn::Known) };
    let before = store::bounce::not_now_before(&mut db, &about).await?;
    // Staff are never cut off from alerts: that mail to them comes back stands on the list, and goes on.
    let client = about.client.filter(|_| follows(meaning, &before, now) == Follows::Suppress);
    let deed = |action: &str, kind: &str, record: String| Entry::system(about.clinic, now, action, kind, record);
    let returned = format!("{}.returned", about.kind);
    store::audit::record(&mut db, &deed(&returned, about.kind, email.to_string())).await?;
    if let Some(client) = client {
        let reason = format!("mail came back: {}", meaning.words());
        store::suppression::insert_for(&mut db, about.clinic, &about.address, &reason, now, id).await?;
        store::audit::record(&mut db, &deed("address.stopped", "client", client.to_string())).await?;
    }
    db.commit().await?;
    Ok(TakenIn::Kept { meaning, suppressed: client.is_some() })
}
