//! Webhooks on their way out: each call is signed, made, and tried again for three days. A call that is given up
//! switches its webhook off, and staff are told on their list.

mod post;

use std::collections::HashMap;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use url::Url;

use super::Worker;
use crate::clinic::ids::WebhookId;
use crate::clinic::webhook::next_try;
use crate::seal::webhook::signature;
use crate::store::audit::Entry;
use crate::store::webhook::Due;
use crate::store::{self, webhook};

/// Whoever dies over a call leaves it to be made after this; no call takes longer.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// So many calls are under way at once, each of another webhook.
const AT_ONCE: usize = 8;

/// While some are under way, others are looked for this often.
const LOOK: Duration = Duration::from_secs(1);

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

    /// Makes every call that is due now, several at a time, but one of each webhook: a program that does not answer
    /// keeps no other waiting, and is not asked more often than it can answer. Returns how many arrived.
    ///
    /// # Errors
    /// When the database refuses; what was under way is made again.
    pub async fn call_webhooks(&self, stop: &watch::Receiver<bool>) -> store::Result<u64> {
        let mut arrived = 0;
        let mut under_way = JoinSet::new();
        let mut busy: HashMap<Id, WebhookId> = HashMap::new();
        loop {
            while busy.len() < AT_ONCE
                && !*stop.borrow()
                && let Some(due) = self.next_call(busy.values().copied().collect()).await?
            {
                let (worker, webhook) = (self.clone(), due.webhook);
                busy.insert(under_way.spawn(async move { worker.make(&due).await }).id(), webhook);
            }
            tokio::select! {
                ended = under_way.join_next_with_id() => match ended {
                    None => return Ok(arrived),
                    Some(Ok((id, made))) => {
                        busy.remove(&id);
                        arrived += u64::from(made?);
                    }
                    Some(Err(problem)) => {
                        busy.remove(&problem.id());
                        tracing::error!(%problem, "a call to a webhook ended without a result");
                    }
                },
                // Calls of others may have become due beside those under way.
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Takes the call whose turn it is, of a webhook that is not busy.
    async fn next_call(&self, busy: Vec<WebhookId>) -> store::Result<Option<Due>> {
        let now = self.clock.system_now();
        // Looking needs no write lock, and nearly always finds nothing.
        let next = webhook::next_at(&mut self.store.read().await?).await?;
        if next.is_none_or(|next| next > now) {
            return Ok(None);
        }
        let mut db = self.store.write().await?;
        let due = webhook::take(&mut db, &busy, now, now.saturating_add(LEASE).unwrap_or(now)).await?;
        db.commit().await?;
        Ok(due)
    }

    /// Makes one call and keeps how it ended.
    async fn make(&self, due: &Due) -> store::Result<bool> {
        let id = due.call.to_string();
        let second = self.clock.system_now().as_second();
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
