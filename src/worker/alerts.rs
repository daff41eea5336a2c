//! Alerts that nobody took in time, and the week's digest. Both are recurring: any process may try, and
//! each telling happens once, since its notice can be written only once.

use jiff::civil::{Time, Weekday};
use jiff::{SignedDuration, Timestamp, Zoned};

use super::Worker;
use crate::clinic::alert::{Alert, Standing, digest, told};
use crate::clinic::ids::ClinicId;
use crate::clinic::notice::{Kind, Notice};
use crate::clinic::profile::ClinicProfile;
use crate::clinic::schedule::{at, days_after};
use crate::store::alert::{Event, What};
use crate::store::audit::Entry;
use crate::store::{self, Db};

/// How long a mail about an alert is of use.
const OF_USE: SignedDuration = SignedDuration::from_hours(72);

/// The digest leaves at this hour of a Monday.
const DIGEST_AT: Time = Time::constant(8, 0, 0, 0);

/// A digest that could not be written on its Monday is not written on another day.
const DIGEST_LATE: SignedDuration = SignedDuration::from_hours(24);

impl Worker {
    /// Passes on every alert that nobody took in time, to the next address. Returns how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn escalate(&self) -> store::Result<u64> {
        let now = self.clock.now();
        // Looking needs no write lock, and nearly always finds nothing.
        let mut db = self.store.read().await?;
        let next = store::alert::next_at(&mut db).await?;
        drop(db);
        if next.is_none_or(|next| next > now) {
            return Ok(0);
        }
        let mut db = self.store.write().await?;
        let mut passed = 0;
        for (clinic, alert) in store::alert::overdue(&mut db, now).await? {
            if self.pass_on(&mut db, clinic, alert, now).await? {
                passed += 1;
            }
        }
        db.commit().await?;
        Ok(passed)
    }

    async fn pass_on(&self, db: &mut Db, clinic: ClinicId, mut alert: Alert, now: Timestamp) -> store::Result<bool> {
        let Some(profile) = store::clinic::find(db, clinic).await? else { return Ok(false) };
        let Some((care, _)) = store::care::find(db, clinic).await? else { return Ok(false) };
        let to = care.next_address(alert.told).cloned();
        let cause = format!("{}/{}/{}", alert.id, alert.tier.id(), alert.told);
        let (subject, text) = told(&profile, &alert, true, self.link(&format!("/alerts/{}", alert.id)).as_deref(), now);
        alert.told += u32::from(to.is_some());
        // From when it was really told, so that the next one gets the whole time too.
        let more = to.is_some() && care.next_address(alert.told).is_some();
        alert.next_at = more.then(|| care.due(&profile.zone, alert.tier, now));
        if !store::alert::save(db, clinic, &alert).await? {
            // Somebody took it at this moment.
            return Ok(false);
        }
        let Some(to) = to else { return Ok(false) };
        let notice = Notice {
            clinic,
            client: None,
            kind: Kind::Escalation,
            cause,
            to: to.clone(),
            subject,
            text,
            html: None,
            due_at: now,
            not_after: now.saturating_add(OF_USE).unwrap_or(Timestamp::MAX),
        };
        if !store::notice::put(db, &notice).await? {
            return Ok(false);
        }
        let event = Event { at: now, what: What::Told, by: None, words: to.to_string() };
        store::alert::add(db, clinic, alert.id, &event).await?;
        let entry = Entry::system(clinic, now, "alert.passed_on", "alert", alert.id.to_string());
        store::audit::record(db, &entry).await?;
        Ok(true)
    }

    /// Writes the digest of last week, on Monday morning by each clinic's clock. Returns how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn digest(&self) -> store::Result<u64> {
        let now = self.clock.now();
        let mut written = 0;
        let mut db = self.store.read().await?;
        let clinics = store::clinic::all(&mut db).await?;
        let mut due = Vec::new();
        for (clinic, profile) in clinics {
            let monday = last_monday(&profile, now);
            let late = now.duration_since(monday.timestamp()) > DIGEST_LATE;
            if !late && store::recurring::last(&mut db, &task(clinic)).await? != Some(monday.datetime()) {
                due.push((clinic, profile, monday));
            }
        }
        drop(db);
        for (clinic, profile, monday) in due {
            let mut db = self.store.write().await?;
            if store::recurring::take(&mut db, &task(clinic), monday.datetime()).await?
                && self.write_digest(&mut db, clinic, &profile, &monday).await?
            {
                written += 1;
            }
            db.commit().await?;
        }
        Ok(written)
    }

    async fn write_digest(
        &self,
        db: &mut Db,
        clinic: ClinicId,
        profile: &ClinicProfile,
        monday: &Zoned,
    ) -> store::Result<bool> {
        let Some((care, _)) = store::care::find(db, clinic).await? else { return Ok(false) };
        let Some(to) = care.addresses.first() else { return Ok(false) };
        let until = monday.timestamp();
        let week = at(&profile.zone, days_after(monday.date(), -7), DIGEST_AT).timestamp();
        let mut told = store::alert::since(db, clinic, week).await?;
        told.retain(|alert| alert.opened_at < until);
        let open = store::alert::open(db, clinic).await?;
        let open: Vec<Alert> = open.into_iter().filter(|alert| alert.standing != Standing::Closed).collect();
        let Some((subject, text)) = digest(profile, &open, &told, self.link("/alerts").as_deref()) else {
            return Ok(false);
        };
        let notice = Notice {
            clinic,
            client: None,
            kind: Kind::Digest,
            cause: monday.date().to_string(),
            to: to.clone(),
            subject,
            text,
            html: None,
            due_at: until,
            not_after: until.saturating_add(OF_USE).unwrap_or(Timestamp::MAX),
        };
        store::notice::put(db, &notice).await
    }

    /// An address of this house, when people can reach it.
    fn link(&self, path: &str) -> Option<String> {
        self.base_url.as_ref().map(|url| format!("{}{path}", url.as_str().trim_end_matches('/')))
    }
}

fn task(clinic: ClinicId) -> String {
    format!("digest/{clinic}")
}

/// The last Monday at the hour of the digest, by the clinic's clock.
fn last_monday(profile: &ClinicProfile, now: Timestamp) -> Zoned {
    let today = now.to_zoned(profile.zone.rules().clone()).date();
    let since = i64::from(today.weekday().since(Weekday::Monday));
    let this = at(&profile.zone, days_after(today, -since), DIGEST_AT);
    if this.timestamp() <= now { this } else { at(&profile.zone, days_after(today, -since - 7), DIGEST_AT) }
}
