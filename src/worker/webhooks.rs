//! Webhooks on their way out: each call is signed, made, and tried again for three days. A call that is given up
//! switches its webhook off, and staff are told on their list.

mod post;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use url::Url;

use super::Worker;
use crate::clinic::webhook::next_try;
use crate::seal::webhook::signature;
use crate::store::audit::Entry;
use crate::store::webhook::Due;
use crate::store::{self, webhook};

/// Whoever dies over a call leaves it to be made after this; no call takes longer.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Calls that are over are kept so long, to be looked at.
pub(super) const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// So much of an answer is kept: where it went wrong, and nothing the other side says.
const LONGEST: usize = 200;

impl Worker {
    /// Makes calls until told to stop.
    pub(super) async fn call_others(&self, poll: Duration, mut stop: watch::Receiver<bool>) {
        let told = stop.clone();
        loop {
            // A call may take longer than a stop may: what is left under way is made again once its lease is over.
            let called = tokio::select! {
                called = self.call_webhooks(&told) => called,
                told = stop.changed() => if told.is_err() || *stop.borrow() { return } else { continue },
            };
            if let Err(problem) = called {
                tracing::error!(%problem, "webhooks paused");
            }
            let left = self.until_next_call(poll).await;
            tokio::select! {
                told = stop.changed() => if told.is_err() || *stop.borrow() { return },
                () = tokio::time::sleep(left) => {}
            }
        }
    }

    /// How long no call will be due, at most `poll`. Calls go by system time.
    async fn until_next_call(&self, poll: Duration) -> Duration {
        let next = async { webhook::next_at(&mut self.store.read().await?).await };
        let ahead = next.await.ok().flatten().map(|next| next.duration_since(self.clock.system_now()));
        let ahead = ahead.map(|ahead| Duration::try_from(ahead).unwrap_or_default());
        ahead.map_or(poll, |ahead| ahead.clamp(Duration::from_millis(20), poll))
    }

    /// Makes every call that is due now. Returns how many arrived.
    ///
    /// # Errors
    /// When the database refuses; what was under way is made again.
    pub async fn call_webhooks(&self, stop: &watch::Receiver<bool>) -> store::Result<u64> {
        let mut arrived = 0;
        while !*stop.borrow() {
            let now = self.clock.system_now();
            // Looking needs no write lock, and nearly always finds nothing.
            let next = webhook::next_at(&mut self.store.read().await?).await?;
            if next.is_none_or(|next| next > now) {
                break;
            }
            let mut db = self.store.write().await?;
            let leased = now.saturating_add(LEASE).unwrap_or(now);
            let due = webhook::take(&mut db, now, leased).await?;
            db.commit().await?;
            let Some(due) = due else { break };
            arrived += u64::from(self.make(&due, now).await?);
        }
        Ok(arrived)
    }

    /// Makes one call and keeps how it ended.
    async fn make(&self, due: &Due, now: Timestamp) -> store::Result<bool> {
        let id = due.call.to_string();
        let second = now.as_second();
        let signed = signature(&due.secret, &id, second, &due.body);
        let outcome = match Url::parse(&due.url) {
            Ok(url) => {
                let headers =
                    [("webhook-id", id), ("webhook-timestamp", second.to_string()), ("webhook-signature", signed)];
                post::post(&url, &headers, &due.body, self.webhooks_inside).await
            }
            Err(_) => Err("its address is none".to_owned()),
        };
        let mut db = self.store.write().await?;
        let now = self.clock.system_now();
        let arrived = outcome.is_ok();
        let reply: String = match &outcome {
            Ok(status) => format!("answered {status}"),
            Err(why) => why.chars().take(LONGEST).collect(),
        };
        let again = if arrived { None } else { next_try(due.attempts, due.made_at, now) };
        webhook::ended(&mut db, due, (arrived.then_some(now), again), &reply).await?;
        if !arrived && again.is_none() {
            webhook::switch(&mut db, due.clinic, due.webhook, Some(now)).await?;
            webhook::give_up(&mut db, due.clinic, due.webhook).await?;
            let id = due.webhook.to_string();
            let entry = Entry::system(due.clinic, self.clock.now(), "webhook.switched_off", "webhook", id);
            store::audit::record(&mut db, &entry).await?;
            tracing::warn!(webhook = %due.webhook, "a webhook is switched off: nothing arrived for three days");
        }
        db.commit().await?;
        Ok(arrived)
    }
}
