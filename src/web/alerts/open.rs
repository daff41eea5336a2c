//! An alert is opened or raised in the transaction of the answer that caused it: with it the emails
//! of the visit's day are held, and the mail to staff is written. Nothing is sent here.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::clinic::alert::{About, Alert, Mail, Standing, told};
use crate::clinic::care::Care;
use crate::clinic::catalogue::Tier;
use crate::clinic::checkin::{Triage, Urgency};
use crate::clinic::ids::{AlertId, CheckInId, ClientId, ClinicId, VisitId};
use crate::clinic::notice::{Kind, Notice};
use crate::clinic::profile::ClinicProfile;
use crate::store::alert::{Event, What};
use crate::store::audit::Entry;
use crate::store::{self, Db, fresh_uuid};

/// The reason in the outbox. It is not sealed, so it tells nothing of health.
pub const HELD: &str = "an answer waits for a person";

/// How long a mail about an alert is of use.
const OF_USE: SignedDuration = SignedDuration::from_hours(72);

/// What gives alarm.
#[derive(Clone, Debug)]
pub struct Alarm<'a> {
    /// In which clinic.
    pub clinic: ClinicId,
    /// About whom.
    pub client: ClientId,
    /// The visits of that day, the one it is about first; none for an intake without a visit.
    pub visits: &'a [VisitId],
    /// From which check-in; none is from an intake form.
    pub check_in: Option<CheckInId>,
    /// What follows from the answers.
    pub triage: &'a Triage,
    /// What was told, in words, when there is no check-in to read it in.
    pub told: &'a str,
    /// Who answered, for the audit: the clinic, the time and the person count.
    pub entry: &'a Entry,
}

/// Opens an alert, or raises the one that is open for the same visit. `None` when the answers give no
/// alarm. Whoever calls holds the client's lock ([`store::outbox::one_at_a_time`]).
///
/// # Errors
/// When the database refuses.
pub async fn alarm(base_url: Option<&Url>, db: &mut Db, alarm: &Alarm<'_>) -> store::Result<Option<AlertId>> {
    let Some(tier) = alarm.triage.alert else { return Ok(None) };
    let now = alarm.entry.at;
    let Some(profile) = store::clinic::find(db, alarm.clinic).await? else { return Ok(None) };
    let Some((care, _)) = store::care::find(db, alarm.clinic).await? else { return Ok(None) };
    let held = if alarm.triage.hold { hold(db, alarm, now).await? } else { 0 };
    let there = open_one(db, alarm).await?;
    let is_new = there.is_none();
    let (mut alert, mut events) = match there {
        Some(mut alert) => {
            let urgent = alert.raise(tier, alarm.triage, (&care, &profile.zone, now));
            (alert, vec![if urgent { What::Raised } else { What::Answered }])
        }
        None => (opened(alarm, tier, (&care, &profile, now)), vec![What::Opened]),
    };
    if alarm.triage.hold && alert.mail != Mail::Held {
        alert.mail = Mail::Held;
        events.push(What::Held);
    } else if held > 0 {
        events.push(What::Held);
    }
    let tell = is_new || events.contains(&What::Raised);
    let to = if tell { tell_first(base_url, db, alarm, &mut alert, (&care, &profile)).await? } else { None };
    if is_new {
        store::alert::insert(db, alarm.clinic, &alert).await?;
    } else {
        store::alert::save(db, alarm.clinic, &alert).await?;
    }
    for what in events {
        let words = if what == What::Held { emails(held) } else { String::new() };
        let event = Event { at: now, what, by: None, words };
        store::alert::add(db, alarm.clinic, alert.id, &event).await?;
        let action = format!("alert.{}", what.id());
        let entry = Entry { action, kind: "alert".into(), record_id: alert.id.to_string(), ..alarm.entry.clone() };
        store::audit::record(db, &entry).await?;
    }
    if let Some(to) = to {
        store::alert::add(db, alarm.clinic, alert.id, &Event { at: now, what: What::Told, by: None, words: to })
            .await?;
    }
    Ok(Some(alert.id))
}

/// The alert without an outcome that these answers belong to.
async fn open_one(db: &mut Db, alarm: &Alarm<'_>) -> store::Result<Option<Alert>> {
    let all = if alarm.visits.is_empty() {
        let open = store::alert::open(db, alarm.clinic).await?;
        open.into_iter().filter(|one| one.client == alarm.client && one.visit.is_none()).collect()
    } else {
        store::alert::of_visits(db, alarm.clinic, alarm.visits).await?
    };
    let Some(open) = all.into_iter().rev().find(|one| one.standing != Standing::Closed) else { return Ok(None) };
    // Somebody may be closing it at this moment: then these answers open another one.
    let open = store::alert::hold_on(db, alarm.clinic, open.id).await?;
    Ok(open.filter(|one| one.standing != Standing::Closed))
}

fn opened(alarm: &Alarm<'_>, tier: Tier, with: (&Care, &ClinicProfile, Timestamp)) -> Alert {
    let (care, profile, now) = with;
    let about =
        About { raised: alarm.triage.raised.clone(), read: alarm.triage.read.clone(), told: alarm.told.to_owned() };
    let urgency = alarm.triage.urgency.unwrap_or(Urgency::Not);
    let id = AlertId::from_uuid(fresh_uuid(now));
    let ids = (alarm.client, alarm.visits.first().copied(), alarm.check_in);
    Alert::open(id, ids, (tier, urgency, about), (care, &profile.zone, now))
}

/// Holds what waits of the visits of that day. A letter before a later visit is not among them.
async fn hold(db: &mut Db, alarm: &Alarm<'_>, now: Timestamp) -> store::Result<u64> {
    let mut held = 0;
    for visit in alarm.visits {
        held += store::outbox::hold_waiting(db, alarm.clinic, *visit, HELD, now).await?;
    }
    Ok(held)
}

/// Writes the mail to the first address, and says which it is.
async fn tell_first(
    base_url: Option<&Url>,
    db: &mut Db,
    alarm: &Alarm<'_>,
    alert: &mut Alert,
    (care, profile): (&Care, &ClinicProfile),
) -> store::Result<Option<String>> {
    let Some(to) = care.next_address(alert.told) else { return Ok(None) };
    let base = base_url.map(|url| url.as_str().trim_end_matches('/').to_owned());
    let link = base.map(|base| format!("{base}/alerts/{}", alert.id));
    let now = alarm.entry.at;
    let (subject, text) = told(profile, alert, false, link.as_deref(), now);
    let notice = Notice {
        clinic: alarm.clinic,
        client: None,
        kind: Kind::Alert,
        cause: format!("{}/{}/{}", alert.id, alert.tier.id(), alert.told),
        to: to.clone(),
        subject,
        text,
        html: None,
        due_at: now,
        not_after: now.saturating_add(OF_USE).unwrap_or(Timestamp::MAX),
    };
    store::notice::put(db, &notice).await?;
    alert.told += 1;
    Ok(Some(to.to_string()))
}

fn emails(count: u64) -> String {
    match count {
        0 => "No email waits now; later ones start held.".into(),
        1 => "1 waiting email held.".into(),
        more => format!("{more} waiting emails held."),
    }
}
