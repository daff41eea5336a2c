//! Loads the day board: one day of visits, their emails, and what needs a person. A handful of
//! questions, however many visits there are.

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan as _};
use serde::Deserialize;

use super::attention::{Notice, Returned, Todos, Trouble, Unclosed, Unread, Viewer, Waiting, Wished};
use super::{DayFacts, DayPage, DayVisit, Progress, View};
use crate::clinic::account::{Action, Role};
use crate::clinic::alert::Alert;
use crate::clinic::intake::Consent;
use crate::clinic::outbox::State as MailState;
use crate::clinic::person::PersonName;
use crate::clinic::protocol::Step;
use crate::clinic::tailoring;
use crate::store::intake::Progress as IntakeProgress;
use crate::store::{self, Db};
use crate::web::delivery::load::paused;
use crate::web::desk::toast;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::{Here, Web};

/// How many emails the list shows: more is a case for the mail page.
const MOST: u32 = 40;

/// How many visits of one kind, and how many clients, the list shows.
const MOST_VISITS: u32 = 10;

/// How many days ahead today's list looks: over a Sunday, and long enough to get a doctor's word.
const LOOK_AHEAD: i32 = 3;

/// What failed or became too late is news for a week.
const NEWS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Notes of visits longer ago are for the page of notes.
const NOTES: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A visit that ended so long ago should have been closed.
const CLOSING: SignedDuration = SignedDuration::from_hours(1);

/// `?on=2026-03-27&by=therapist&therapist=…&told=…`; all may be left out.
#[derive(Debug, Deserialize)]
pub struct Asked {
    on: Option<String>,
    by: Option<String>,
    therapist: Option<String>,
    /// The visit that something was just done to.
    told: Option<String>,
}

impl Asked {
    fn view(&self) -> Result<View, Error> {
        match (self.therapist.as_deref().filter(|id| !id.is_empty()), self.by.as_deref()) {
            (Some(id), _) => id.parse().map(View::Of).map_err(|_| Error::BadAddress),
            (None, Some("therapist")) => Ok(View::ByTherapist),
            _ => Ok(View::ByTime),
        }
    }
}

/// `GET /day`.
///
/// # Errors
/// When the day does not read right or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Query(asked): Query<Asked>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let today = here.now.date();
    let day = match asked.on.as_deref().filter(|on| !on.is_empty()) {
        Some(text) => text.parse::<Date>().map_err(|_| Error::BadAddress)?,
        None => today,
    };
    // Today's list looks around: what waits since yesterday, and what has to be settled before a visit.
    let (from, to) =
        if day == today { (day.saturating_sub(1.day()), day.saturating_add(LOOK_AHEAD.days())) } else { (day, day) };
    let all = visits(&web, &mut db, &here, from, to).await?;
    let todos = todos(&mut db, &here, &all).await?;
    let (visits, around) = all.into_iter().partition(|visit| visit.starts.date() == day);
    let toast = match asked.told.as_deref().and_then(|id| id.parse().ok()) {
        Some(visit) => toast::of(&mut db, &here, visit).await?,
        None => None,
    };
    let facts = DayFacts {
        day,
        view: asked.view()?,
        viewer: viewer(&who),
        visits,
        around,
        todos,
        window: here.profile.send_window.clone(),
        toast,
    };
    let paused = paused(&mut db, &here).await?;
    Ok(page(&DayPage::of(here.shell(Room::Day), &facts, &here.now).with_pause(paused)))
}

fn viewer(who: &Who) -> Viewer {
    Viewer {
        own: (who.role != Role::Reception).then_some(who.account),
        health: who.may(Action::SeeHealth),
        books: who.may(Action::BookVisits),
        mail: who.may(Action::HoldMail),
    }
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
    let intakes = store::intake::progress(db, here.id, &ids).await?;
    let forms = store::form::asked(db, here.id, &ids).await?;
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
        visits.push(DayVisit {
            id: line.visit,
            client_id: line.client,
            client: full_name(&line.first_name, line.last_name.as_ref()),
            therapist_id: line.therapist_id,
            therapist: line.therapist.map(String::from).unwrap_or_default(),
            technique: technique
                .map_or_else(|| line.treatment.technique.to_string(), |technique| technique.label.clone()),
            starts: line.starts_at.to_zoned(zone.clone()),
            ends: line.ends_at.to_zoned(zone.clone()),
            progress: Progress::from(line.state),
            version: line.version,
            intake: intakes.get(&line.visit).copied().unwrap_or(IntakeProgress::Missing),
            form: forms.get(&line.visit).copied().unwrap_or_default(),
            intake_id: filed.as_ref().and_then(|filed| filed.intake),
            brief: answered.map(|filed| tailoring::tailor(&web.catalogue, &filed.case)),
            reachable: filed.as_ref().is_some_and(|filed| filed.case.client.email.is_some()),
            consents: filed.is_some_and(|filed| filed.case.intake.consents_to(Consent::AftercareEmail)),
            emails: emails.map(|email| (email.due_at.to_zoned(zone.clone()), email.state)).collect(),
        });
    }
    Ok(visits)
}

fn full_name(first: &PersonName, last: Option<&PersonName>) -> String {
    last.map_or_else(|| first.to_string(), |last| format!("{first} {last}"))
}

/// A letter before the visit is no aftercare, unless something went wrong with it.
const fn needs_a_person(state: MailState) -> bool {
    matches!(state, MailState::Failed | MailState::Uncertain | MailState::Held)
}

/// What needs a person beside these visits.
async fn todos(db: &mut Db, here: &Here, visits: &[DayVisit]) -> Result<Todos, Error> {
    let now = here.now.timestamp();
    let local = |at: jiff::Timestamp| at.to_zoned(here.now.time_zone().clone());
    let ago = |span: SignedDuration| now.saturating_sub(span).unwrap_or(now);
    let troubles = store::email::trouble::open(db, here.id, ago(NEWS), MOST).await?;
    let notices = notices(db, here).await?;
    let returned = store::bounce::open(db, here.id, ago(NEWS), MOST).await?;
    let unclosed = store::visit::desk::unclosed(db, here.id, ago(CLOSING), MOST_VISITS).await?;
    Ok(Todos {
        alerts: alerts(db, here).await?,
        troubles: troubles
            .into_iter()
            .map(|email| Trouble {
                id: email.id,
                visit: email.visit,
                client_id: email.client,
                client: full_name(&email.first_name, email.last_name.as_ref()),
                step: email.step,
                due: local(email.due_at),
                state: email.state,
                reason: email.why,
            })
            .collect(),
        notices,
        returned: returned
            .into_iter()
            .map(|notice| Returned {
                id: notice.id,
                client: notice.client.map(|(id, first, last)| (id, full_name(&first, last.as_ref()))),
                address: notice.address,
                at: local(notice.at),
                meaning: notice.meaning,
            })
            .collect(),
        unclosed: unclosed
            .into_iter()
            .map(|visit| Unclosed {
                visit: visit.visit,
                client: full_name(&visit.first_name, visit.last_name.as_ref()),
                starts: local(visit.starts_at),
            })
            .collect(),
        unsigned: unsigned(db, here).await?,
        unread: unread(db, here, visits).await?,
        wishes: store::wish::open(db, here.id, MOST)
            .await?
            .into_iter()
            .map(|open| Wished {
                id: open.id,
                client_id: open.client,
                client: full_name(&open.first_name, open.last_name.as_ref()),
                wish: open.wish,
                since: local(open.asked_at),
            })
            .collect(),
        webhooks: webhooks(db, here).await?,
    })
}

/// Addresses that are switched off, for those who can do something about it.
async fn webhooks(db: &mut Db, here: &Here) -> Result<Vec<String>, Error> {
    if !here.who.may(Action::ManageStaff) {
        return Ok(Vec::new());
    }
    let all = store::webhook::all(db, here.id).await?;
    Ok(all.into_iter().filter(|one| one.off_at.is_some()).map(|one| one.url).collect())
}

/// Alerts without an outcome.
async fn alerts(db: &mut Db, here: &Here) -> Result<Vec<Waiting>, Error> {
    let mut open = store::alert::open(db, here.id).await?;
    open.sort_by_key(Alert::rank);
    let mut all = Vec::with_capacity(open.len());
    for alert in open {
        let Some(client) = store::client::find(db, here.id, alert.client).await? else { continue };
        let owner = match alert.owner {
            Some(id) => store::account::find(db, here.id, id).await?.map(|account| account.name.to_string()),
            None => None,
        };
        let client = full_name(&client.client.first_name, client.client.last_name.as_ref());
        all.push(Waiting { alert, client, owner });
    }
    Ok(all)
}

/// Service mail that went wrong.
async fn notices(db: &mut Db, here: &Here) -> Result<Vec<Notice>, Error> {
    let mut all = Vec::new();
    for told in store::notice::troubles(db, here.id, MOST).await? {
        let client = match told.client {
            Some(id) => store::client::find(db, here.id, id).await?,
            None => None,
        };
        let name = |found: store::client::Registered| {
            (found.id, full_name(&found.client.first_name, found.client.last_name.as_ref()))
        };
        all.push(Notice {
            id: told.id,
            client: client.map(name),
            kind: told.kind,
            to: told.recipient,
            due: told.due_at.to_zoned(here.now.time_zone().clone()),
            state: told.state,
            reason: told.why,
        });
    }
    Ok(all)
}

/// Notes to sign: a therapist's own, all of them for the admin, none for those who write none. A
/// visit of this hour is not late.
async fn unsigned(db: &mut Db, here: &Here) -> Result<Vec<(String, jiff::Zoned)>, Error> {
    if !here.who.may(Action::SignNotes) {
        return Ok(Vec::new());
    }
    let now = here.now.timestamp();
    let since = now.saturating_sub(NOTES).unwrap_or(now);
    let today = here.now.date();
    let notes = store::note::unsigned(db, here.id, since).await?;
    Ok(notes
        .into_iter()
        .filter(|note| here.who.role == Role::Admin || note.therapist == Some(here.who.account))
        .map(|note| {
            let name = note.therapist_name.map_or_else(|| "Nobody’s".into(), |name| name.to_string());
            (name, note.starts_at.to_zoned(here.now.time_zone().clone()))
        })
        .filter(|(_, starts)| starts.date() < today)
        .collect())
}

/// Own words of clients who do not come these days: the others stand with their visits.
async fn unread(db: &mut Db, here: &Here, visits: &[DayVisit]) -> Result<Vec<Unread>, Error> {
    if !here.who.may(Action::ReviewText) {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for (intake, client_id) in store::intake::review::waiting(db, here.id).await? {
        if visits.iter().any(|visit| visit.client_id == client_id) {
            continue;
        }
        if all.len() >= MOST_VISITS as usize {
            break;
        }
        let Some(client) = store::client::find(db, here.id, client_id).await? else { continue };
        let client = full_name(&client.client.first_name, client.client.last_name.as_ref());
        all.push(Unread { intake, client_id, client });
    }
    Ok(all)
}
