//! What happens without a click: due mail is delivered. Tests and the program run the same step.
//!
//! The worker is the only one who holds the mailer. It decides nothing about advice or timing:
//! it asks the rules, keeps each answer in the outbox, and only then acts on it.

mod alerts;
mod beat;
pub mod bounces;
pub mod chain;
mod deliver;
mod links;
mod manners;
mod named;
mod notices;
mod patterns;
mod prepare;
mod records;
mod take;
mod tidy;
mod trial;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use crate::clinic::catalogue::Catalogue;
use crate::clinic::person::EmailAddress;
use crate::clinic::profile::ClinicProfile;
use crate::clinic::protocol::Stream;
use crate::clock::Clock;
use crate::mail::bounce::ReturnPath;
use crate::mail::letter::CompiledLetters;
use crate::mail::smtp::Mailer;
use crate::store::catalogue::newest::Newest;
use crate::store::outbox::Owner;
use crate::store::{self, Store};

pub use deliver::Delivered;
pub use manners::Manners;
pub use named::WayOut;
pub use patterns::Patterns;
pub use tidy::ABANDONED;

/// What a loop waits for.
#[derive(Clone, Copy)]
enum Waiting {
    Letters,
    Notices,
}

/// Words that come within this time are heard as one.
const TOGETHER: Duration = Duration::from_millis(20);

/// Delivers what is due.
#[derive(Clone)]
pub struct Worker {
    /// Where emails wait.
    pub store: Store,
    /// How they leave; without one they wait, and the worker only takes up what others left.
    pub mailer: Option<Mailer>,
    /// Both times.
    pub clock: Clock,
    /// What they are filtered by in this step.
    pub catalogue: Arc<Catalogue>,
    /// What they are filtered by in the next: an admin can publish another while this runs.
    pub newest: Newest,
    /// What they say.
    pub letters: Arc<CompiledLetters>,
    /// Who they come from.
    pub sender: Sender,
    /// Where the clinic's pages can be reached from outside; without it emails carry no links.
    pub base_url: Option<Url>,
    /// This start of this process.
    pub owner: Owner,
    /// Whether letters that need a signed-off catalogue may leave without one: only in the demo,
    /// where nobody outside can receive them, and for synthetic clients.
    pub unsigned_may_leave: bool,
    /// How fast mail may leave, and to whom.
    pub manners: Manners,
    /// What kept copies are packed against; made when the first email is due.
    pub patterns: Patterns,
    /// How long texts of sent emails are kept, for clinics that say nothing; none: for good.
    pub sent_text: Option<SignedDuration>,
    /// Whether webhooks may call machines of one's own network, and over plain http.
    pub webhooks_inside: bool,
}

/// Who emails come from.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The address in From.
    pub from: EmailAddress,
    /// Where bounces go: the envelope sender.
    pub bounce: ReturnPath,
    /// Where people's replies are read, for a clinic that names no address of its own.
    pub reply_to: EmailAddress,
}

impl Sender {
    /// Where replies to letters of this clinic are read.
    #[must_use]
    pub fn reply_to<'a>(&'a self, clinic: &'a ClinicProfile) -> &'a EmailAddress {
        clinic.reply_to.as_ref().unwrap_or(&self.reply_to)
    }
}

impl Worker {
    /// Runs until told to stop: delivers what is due, then waits for the next due time, at most
    /// `poll`. On stopping it finishes what is on the wire and gives the rest back. Notices go beside
    /// the letters: an alert does not wait for a thousand of them.
    pub async fn run(&self, poll: Duration, stop: watch::Receiver<bool>) {
        let (woken, wake) = watch::channel(());
        tokio::join!(
            self.deliver(poll, stop.clone(), wake.clone()),
            self.look_after(poll, stop.clone(), wake),
            self.call_others(poll, stop.clone()),
            self.listen(poll, stop, woken)
        );
        if let Some(mailer) = &self.mailer {
            mailer.close().await;
        }
    }

    /// Hears when something becomes due that was not there at the last look, until told to stop.
    async fn listen(&self, poll: Duration, mut stop: watch::Receiver<bool>, woken: watch::Sender<()>) {
        while !*stop.borrow() {
            tokio::select! {
                Err(problem) = self.hear(&woken) => {
                    tracing::warn!(%problem, "nobody can wake this worker for a while; it looks by itself");
                }
                _ = stop.changed() => return,
            }
            if tokio::time::timeout(poll, stop.changed()).await.is_ok() {
                return;
            }
        }
    }

    /// Passes every word on, until the connection is lost.
    async fn hear(&self, woken: &watch::Sender<()>) -> store::Result<()> {
        let mut wake = self.store.wake().await?;
        loop {
            // Said once at the beginning, for what was said before anybody listened.
            woken.send_replace(());
            wake.next().await?;
            // Whoever writes much says it often.
            tokio::time::sleep(TOGETHER).await;
        }
    }

    /// Waits until something may be due, at most `poll`; `false` when nobody is left who could tell it to
    /// stop, which is the word to stop.
    async fn wait(
        &self,
        poll: Duration,
        mail: Waiting,
        stop: &mut watch::Receiver<bool>,
        wake: &mut watch::Receiver<()>,
    ) -> bool {
        let until = Instant::now() + poll;
        loop {
            let most = until.saturating_duration_since(Instant::now());
            let left = match mail {
                Waiting::Letters => self.rest(most).await,
                Waiting::Notices => self.quiet(most).await,
            };
            tokio::select! {
                told = stop.changed() => return told.is_ok(),
                // Perhaps it is sooner now than it was.
                Ok(()) = wake.changed() => {}
                () = tokio::time::sleep(left) => return true,
            }
        }
    }

    /// Notices, until told to stop.
    async fn look_after(&self, poll: Duration, mut stop: watch::Receiver<bool>, mut wake: watch::Receiver<()>) {
        let (mut tidied, mut aside) = (None, None);
        let mut chained = chain::Chained::from(self.clock.system_now());
        loop {
            if let Err(problem) = self.tidy_now_and_then(&mut tidied).await {
                tracing::error!(%problem, "what was left behind could not be removed; it is tried again in an hour");
            }
            if let Err(problem) = self.set_aside_now_and_then(&mut aside).await {
                tracing::error!(%problem, "sent emails could not be moved out of the way; it is tried again at the next look");
            }
            if let Err(problem) = self.chain_now_and_then(&mut chained).await {
                tracing::error!(%problem, "the audit's chain could not be made longer; it is tried again in five minutes");
            }
            if let Err(problem) = self.recur(&stop).await {
                tracing::error!(%problem, "notices paused");
            }
            if *stop.borrow() || !self.wait(poll, Waiting::Notices, &mut stop, &mut wake).await {
                break;
            }
        }
    }

    /// What there is to tell now: alerts that nobody took, the week's digest, and what waits.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn recur(&self, stop: &watch::Receiver<bool>) -> store::Result<u64> {
        self.escalate().await?;
        self.digest().await?;
        self.notify(stop).await
    }

    /// How long no notice will be due, at most `poll`.
    async fn quiet(&self, poll: Duration) -> Duration {
        let next = async {
            let mut db = self.store.read().await?;
            let (notice, alert) = (store::notice::next_at(&mut db).await?, store::alert::next_at(&mut db).await?);
            Ok::<_, store::Error>([notice, alert].into_iter().flatten().min())
        };
        self.until(next.await.ok().flatten(), poll)
    }

    /// Letters, until told to stop.
    async fn deliver(&self, poll: Duration, mut stop: watch::Receiver<bool>, mut wake: watch::Receiver<()>) {
        loop {
            if let Err(problem) = self.try_mail().await {
                tracing::error!(%problem, "a test mail has to wait");
            }
            if let Err(problem) = self.look_up(crate::mail::records::texts).await {
                tracing::error!(%problem, "a look at the sender's records has to wait");
            }
            if let Err(problem) = self.step(&stop).await {
                // The database may be gone for a while; what was claimed comes back by its lease.
                tracing::error!(%problem, "delivery paused");
            }
            if *stop.borrow() || !self.wait(poll, Waiting::Letters, &mut stop, &mut wake).await {
                break;
            }
        }
    }

    /// Which streams may leave now.
    async fn streams(&self) -> store::Result<Vec<Stream>> {
        let mut db = self.store.read().await?;
        let newest = self.newest.look(&mut db).await?;
        let signed = store::setting::signed_off(&mut db, newest.version()).await?.is_some();
        Ok(if signed || self.unsigned_may_leave {
            vec![Stream::Service, Stream::Aftercare, Stream::Preparation]
        } else {
            vec![Stream::Service]
        })
    }

    /// How long nothing will be due, at most `poll`.
    async fn rest(&self, poll: Duration) -> Duration {
        let next = async {
            let streams = self.streams().await?;
            let mut db = self.store.read().await?;
            if self.mailer.is_some() && store::mail_trial::is_any(&mut db).await? {
                return Ok(Some(Timestamp::MIN));
            }
            if store::sender_records::is_asked(&mut db).await? {
                return Ok(Some(Timestamp::MIN));
            }
            store::outbox::next_due(&mut db, &streams).await
        };
        let rest = self.until(next.await.ok().flatten(), poll);
        let held = self.held_until().map(|until| until.duration_since(self.clock.system_now()));
        held.and_then(|held| Duration::try_from(held).ok()).map_or(rest, |held| rest.max(held).min(poll))
    }

    /// How long from now to this moment of clinic time, at most `poll`.
    fn until(&self, next: Option<Timestamp>, poll: Duration) -> Duration {
        match next {
            Some(due) => {
                let ahead = due.duration_since(self.clock.now()).as_secs_f64().max(0.0) / self.clock.rate();
                // Never spin: a row that cannot leave yet is looked at again after a moment.
                poll.min(Duration::from_secs_f64(ahead)).max(Duration::from_millis(20))
            }
            None => poll,
        }
    }
}
