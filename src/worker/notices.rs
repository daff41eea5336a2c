//! Notices on their way out: service mail, one after the other. They do not wait behind a queue of
//! letters: an alert has to leave at once.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, interval_at};

use super::Worker;
use super::deliver::{HOUSE, lane};
use crate::clinic::ids::EmailId;
use crate::clinic::look::LogoName;
use crate::clinic::notice::{before, page_of};
use crate::clinic::outbox::{Before, Next, Outcome, after};
use crate::mail::message::{self, Inline, Parts};
use crate::mail::smtp::{Mailer, Manner, Message};
use crate::store::notice::{self, Begun, Finished, Taken};
use crate::store::{self, clinic};

/// Leases are renewed this often while a notice is on the wire.
const RENEW_EVERY: Duration = Duration::from_secs(20);

/// A notice that is on disk as "sending".
struct Begin {
    taken: Taken,
    fence: i64,
    bytes: Vec<u8>,
    message_id: String,
    /// The relay its clinic prefers.
    relay: Option<String>,
}

impl Worker {
    /// Sends every notice that is due now. Returns how many went out. Ends early when told to stop.
    ///
    /// # Errors
    /// When the database refuses. What was on the wire is settled by its lease.
    pub async fn notify(&self, stop: &watch::Receiver<bool>) -> store::Result<u64> {
        let Some(mailer) = &self.mailer else { return Ok(0) };
        self.settle_notices().await?;
        let mut sent = 0;
        while !*stop.borrow() {
            // Looking needs no write lock, and nearly always finds nothing.
            let mut db = self.store.read().await?;
            let next = notice::next_at(&mut db).await?;
            drop(db);
            if next.is_none_or(|next| next > self.clock.now()) {
                break;
            }
            if let Some(begun) = self.begin_one().await?
                && self.send_one(mailer, begun).await?
            {
                sent += 1;
            }
        }
        Ok(sent)
    }

    async fn settle_notices(&self) -> store::Result<()> {
        let mut db = self.store.write().await?;
        let settled = notice::recover(&mut db, self.clock.system_now(), self.clock.now()).await?;
        db.commit().await?;
        if settled > 0 {
            tracing::warn!(settled, "settled notices whose fate was uncertain");
        }
        Ok(())
    }

    /// Takes the most urgent one that is due and writes down that it leaves. `None` when there is
    /// none, or it has to wait.
    async fn begin_one(&self) -> store::Result<Option<Begin>> {
        let now = self.clock.now();
        let mut db = self.store.write().await?;
        let Some(taken) = notice::due(&mut db, now).await? else {
            db.commit().await?;
            return Ok(None);
        };
        let begun = self.begin(&mut db, taken, now).await?;
        db.commit().await?;
        Ok(begun)
    }

    async fn begin(&self, db: &mut store::Db, taken: Taken, now: Timestamp) -> store::Result<Option<Begin>> {
        let Some(profile) = clinic::find(db, taken.clinic).await? else {
            notice::put_off(db, &taken, None, now).await?;
            return Ok(None);
        };
        let until = match before(taken.kind, &profile, taken.due_at, taken.not_after, now) {
            Before::Go => None,
            Before::WaitUntil(until) => Some(Some(until)),
            Before::TooLate => Some(None),
        };
        if let Some(until) = until {
            notice::put_off(db, &taken, until, now).await?;
            return Ok(None);
        }
        // After a restore nothing leaves by itself, alerts included: they may be of last week.
        let stopped = store::hold::of(db, taken.clinic).await?.is_some()
            || (!taken.kind.is_to_staff() && store::pause::of(db, taken.clinic).await?.is_some());
        if stopped {
            notice::put_off(db, &taken, Some(store::pause::again_at(now)), now).await?;
            return Ok(None);
        }
        let (message_id, date) = taken.first.clone().unwrap_or_else(|| {
            let row = EmailId::from_uuid(*taken.id.as_uuid());
            (message::message_id(&row, self.sender.from.domain()), now)
        });
        let begun = notice::begin(db, &self.owner, &taken, &message_id, (now, self.lease())).await?;
        let Begun::Go(fence) = begun else { return Ok(None) };
        self.count(db, &taken).await?;
        let html = taken.words.html.clone().unwrap_or_else(|| page_of(&profile.locale, &taken.words.text));
        let logo = LogoName::named_in(&html);
        let png = match &logo {
            Some(name) => store::look::png(db, name).await?,
            None => None,
        };
        let made = message::bytes(&Parts {
            from_name: profile.from_name(),
            from: &self.sender.from,
            to_name: "",
            to: &taken.to,
            reply_to: Some(self.sender.reply_to(&profile)),
            subject: &taken.words.subject,
            date,
            message_id: &message_id,
            stop: None,
            text: &taken.words.text,
            html: &html,
            logo: logo.as_ref().zip(png.as_deref()).map(|(name, png)| Inline { name, png }),
        });
        match made {
            Ok(bytes) => {
                let relay = store::beat::relay_of(db, taken.clinic).await?;
                Ok(Some(Begin { taken, fence, bytes, message_id, relay }))
            }
            Err(problem) => {
                let failed = Finished::Failed { reason: problem.to_string() };
                notice::finish(db, &self.owner, &taken, fence, (&failed, now)).await?;
                Ok(None)
            }
        }
    }

    /// Notices wait for no rate, and letters wait for them.
    async fn count(&self, db: &mut store::Db, taken: &Taken) -> store::Result<()> {
        let now = self.clock.system_now();
        if let Some(rate) = self.manners.house() {
            store::pace::count(db, HOUSE, rate, now).await?;
        }
        let provider = self.manners.provider(&taken.to);
        if let Some(rate) = self.manners.limits(&provider).rate {
            store::pace::count(db, &lane(&provider), rate, now).await?;
        }
        Ok(())
    }

    /// Sends one and keeps how it ended. Returns whether it was taken.
    async fn send_one(&self, mailer: &Mailer, begun: Begin) -> store::Result<bool> {
        let Begin { taken, fence, bytes, message_id, relay } = begun;
        let provider = self.manners.provider(&taken.to);
        // An alert tries a relay also while letters leave it alone.
        let manner = Manner { insist: taken.kind.is_urgent(), ..self.manners.manner(&provider, relay.as_deref()) };
        // What comes back is told apart by its envelope, as with the letters.
        let from = self.sender.bounce.of(self.store.seal(), EmailId::from_uuid(*taken.id.as_uuid()));
        let message = Message { from: &from, to: &taken.to, bytes: &bytes, message_id: &message_id, manner };
        let mut sending = std::pin::pin!(mailer.send(message));
        let mut renewal = interval_at(Instant::now() + RENEW_EVERY, RENEW_EVERY);
        let outcome = loop {
            tokio::select! {
                outcome = &mut sending => break outcome,
                _ = renewal.tick() => {
                    let mut db = self.store.write().await?;
                    notice::renew(&mut db, &self.owner, self.lease()).await?;
                    db.commit().await?;
                }
            }
        };
        let now = self.clock.now();
        let finished = ended(outcome, &taken, now);
        let mut db = self.store.write().await?;
        notice::finish(&mut db, &self.owner, &taken, fence, (&finished, now)).await?;
        db.commit().await?;
        Ok(matches!(finished, Finished::Sent { .. }))
    }
}

/// What becomes of a notice after a try, by the rules of all emails.
fn ended(outcome: Outcome, taken: &Taken, now: Timestamp) -> Finished {
    // Its last byte is random, so that a burst does not come back as a burst.
    let jitter = f64::from(taken.id.as_uuid().as_bytes()[15]) / 255.0;
    let next = after(&outcome, taken.attempts, now, taken.not_after, jitter);
    let words = outcome.words();
    match next {
        Next::Sent => Finished::Sent { at: now, reply: words },
        Next::Failed => Finished::Failed { reason: words },
        Next::Again { at, counts } => Finished::Again { next_at: at, counts, reason: words },
        Next::Uncertain => Finished::Uncertain { reason: words },
        Next::TooLate => Finished::Expired { reason: format!("too late for another try: {words}") },
    }
}
