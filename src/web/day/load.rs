//! Loads the day board: one day of visits, their emails, and what went wrong lately.

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;

use super::attention::Trouble;
use super::{DayFacts, DayPage, DayVisit, Progress};
use crate::clinic::intake::Consent;
use crate::clinic::outbox::State as MailState;
use crate::clinic::protocol::Step;
use crate::clinic::tailoring;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::{Here, Web};

/// How many emails of one state the list shows: more is a case for the mail page.
const MOST: u32 = 20;

/// How many days ahead today's list looks: over a Sunday, and long enough to get a doctor's word.
const LOOK_AHEAD: i32 = 3;

/// `?on=2026-03-27`.
#[derive(Debug, Deserialize)]
pub struct Asked {
    on: Option<String>,
}

/// `GET /day`.
///
/// # Errors
/// When the day does not read right or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Query(asked): Query<Asked>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let day = match asked.on.as_deref() {
        Some(text) => text.parse::<Date>().map_err(|_| Error::BadAddress)?,
        None => here.now.date(),
    };
    let today = here.now.date();
    // Today's list looks around: what waits since yesterday, and what has to be settled before a visit.
    let (from, to) =
        if day == today { (day.saturating_sub(1.day()), day.saturating_add(LOOK_AHEAD.days())) } else { (day, day) };
    let all = visits(&web, &mut db, &here, from, to).await?;
    let (visits, around) = all.into_iter().partition(|visit| visit.starts.date() == day);
    let troubles = troubles(&mut db, &here).await?;
    let facts = DayFacts { day, visits, around, troubles, window: here.profile.send_window };
    Ok(page(&DayPage::of(here.shell(Room::Day), &facts, &here.now)))
}

/// The visits of these days of the clinic's calendar, both included.
pub(in crate::web) async fn visits(
    web: &Web,
    db: &mut Db,
    here: &Here,
    first: Date,
    last: Date,
) -> Result<Vec<DayVisit>, Error> {
    let zone = here.profile.zone.rules();
    let midnight = |day: Date| day.to_zoned(zone.clone()).map(|at| at.timestamp()).map_err(|_| Error::BadAddress);
    let (from, to) = (midnight(first)?, midnight(last.saturating_add(1.day()))?);
    let lines = store::board::between(db, here.id, from, to).await?;
    let ids: Vec<_> = lines.iter().map(|line| line.visit).collect();
    let mut cases = store::case::of_visits(db, &ids).await?;
    let mut mail = store::email::of_visits(db, here.id, &ids).await?;
    let mut visits = Vec::with_capacity(lines.len());
    for line in lines {
        // One visit that cannot be read must not take the board away: it stands there without a brief.
        let filed = cases.remove(&line.visit).and_then(|filed| {
            filed.inspect_err(|error| tracing::error!(%error, visit = %line.visit, "a visit cannot be read")).ok()
        });
        let emails = mail.remove(&line.visit).unwrap_or_default();
        let emails = emails.into_iter().filter(|email| email.step != Step::Prepare || needs_a_person(email.state));
        let answered = filed.as_ref().filter(|filed| filed.intake.is_some());
        let technique = web.catalogue.technique(&line.treatment.technique);
        let last = line.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        visits.push(DayVisit {
            id: line.visit,
            client: format!("{}{last}", line.first_name),
            therapist: line.therapist.map(String::from).unwrap_or_default(),
            technique: technique
                .map_or_else(|| line.treatment.technique.to_string(), |technique| technique.label.clone()),
            starts: line.starts_at.to_zoned(zone.clone()),
            ends: line.ends_at.to_zoned(zone.clone()),
            progress: Progress::from(line.state),
            brief: answered.map(|filed| tailoring::tailor(&web.catalogue, &filed.case)),
            reachable: filed.as_ref().is_some_and(|filed| filed.case.client.email.is_some()),
            consents: filed.is_some_and(|filed| filed.case.intake.consents_to(Consent::AftercareEmail)),
            emails: emails.map(|email| (email.due_at.to_zoned(zone.clone()), email.state)).collect(),
        });
    }
    Ok(visits)
}

/// A letter before the visit is no aftercare, unless something went wrong with it.
const fn needs_a_person(state: MailState) -> bool {
    matches!(state, MailState::Failed | MailState::Uncertain | MailState::Held)
}

/// Emails that need a person. What became too late is news for a week only.
async fn troubles(db: &mut Db, here: &Here) -> Result<Vec<Trouble>, Error> {
    let week_ago = here.now.timestamp() - jiff::SignedDuration::from_hours(7 * 24);
    let mut troubles = Vec::new();
    let states = [MailState::Failed, MailState::Uncertain, MailState::Held, MailState::Expired, MailState::Suppressed];
    for state in states {
        for email in store::email::in_state(db, here.id, state, MOST).await? {
            let is_news = matches!(state, MailState::Expired | MailState::Suppressed);
            if is_news && email.due_at < week_ago {
                continue;
            }
            let Some(client) = store::client::find(db, here.id, email.client).await? else { continue };
            let last = client.client.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
            troubles.push(Trouble {
                visit: email.visit,
                client: format!("{}{last}", client.client.first_name),
                step: email.step,
                due: email.due_at.to_zoned(here.profile.zone.rules().clone()),
                state,
                reason: email.reason.or(email.reply).unwrap_or_default(),
            });
        }
    }
    Ok(troubles)
}
