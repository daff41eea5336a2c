//! Fills an empty database with the demo's clinic. The past is not invented: visits are completed
//! and letters delivered one after the other by the same code that runs on a Monday, on a clock
//! that is moved along.

use jiff::civil::{Date, time};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::cast::{self, Cast, Person};
use super::{answers, notes, own_form};
use crate::clinic::account::Role;
use crate::clinic::body::Pain;
use crate::clinic::case::BookedPressure;
use crate::clinic::ids::{AccountId, ClientId, ClinicId, IntakeId, VisitId};
use crate::clinic::intake::Intake;
use crate::clinic::outbox::Act;
use crate::clinic::plan::change::StepChange;
use crate::clinic::plan::line::PersonalLine;
use crate::clinic::profile::Zone;
use crate::clinic::protocol::Step;
use crate::clinic::schedule::at;
use crate::clinic::visit::usual::Usual;
use crate::store::account::Account;
use crate::store::client::Registered;
use crate::store::consent;
use crate::store::intake::Given;
use crate::store::plan::change::Kept;
use crate::store::visit::{Appointment, VisitState};
use crate::store::{self, Db, fresh_uuid};
use crate::web::completion::{Made, book, complete};
use crate::worker::Worker;

/// Visits are booked this long before the first of them.
const BOOKED_BEFORE: SignedDuration = SignedDuration::from_hours(24 * 10);

/// What the demo is about.
pub(super) struct Seeded {
    pub(super) clinic: ClinicId,
    /// The visit to look at first.
    pub(super) first_visit: VisitId,
}

/// Registers everyone, books every visit, then lives through the past up to `start`.
pub(super) async fn seed(worker: &Worker, made: Made<'_>, today: Date, start: Timestamp) -> Result<Seeded, String> {
    let cast = Cast::around(today)?;
    let clinic = cast.clinic()?;
    let zone = clinic.zone.clone();
    let id = ClinicId::from_uuid(fresh_uuid(start));
    let opening = at(&zone, today, time(8, 0, 0, 0)).timestamp();
    let booked_at = opening.saturating_sub(BOOKED_BEFORE).unwrap_or(opening);
    let register = async {
        let mut db = worker.store.write().await?;
        store::clinic::insert(&mut db, id, &clinic, booked_at).await?;
        // As a clinic that works gently would have it.
        let usual = Usual::new([("swedish".into(), BookedPressure::Light)].into());
        store::usual::save(&mut db, id, &usual, 1).await?;
        let staff = staff(&mut db, id, &cast, booked_at).await?;
        if let Some(admin) = staff.iter().find(|account| account.role == Role::Admin) {
            let by = (admin.id, booked_at);
            store::questionnaire::begin(&mut db, id, (&own_form::own_form(), &[]), by).await?;
        }
        let mut visits = Vec::new();
        let mut found = Vec::new();
        let mut told = Vec::new();
        for person in &cast.clients {
            let client = register(&mut db, id, person, booked_at).await?;
            for visit in &person.visits {
                let starts_at = visit.starts_at(&zone, today);
                let therapist = staff.iter().find(|account| account.name == visit.with).map(|account| account.id);
                let appointment = Appointment {
                    id: VisitId::from_uuid(fresh_uuid(booked_at)),
                    client,
                    therapist,
                    starts_at,
                    ends_at: starts_at.saturating_add(SignedDuration::from_hours(1)).unwrap_or(starts_at),
                    state: VisitState::Booked,
                    treatment: visit.treatment(),
                    completed_at: None,
                };
                book(&mut db, made, id, &appointment, booked_at).await?;
                add_line(&mut db, id, &appointment, visit, booked_at).await?;
                found.push((appointment.id, visit.found.clone()));
                told.push((appointment.id, visit.told.clone()));
                visits.push(appointment);
            }
        }
        db.commit().await?;
        Ok::<_, store::Error>((visits, found, told))
    };
    let (visits, found, told) = register.await.map_err(|error| error.to_string())?;
    let first_visit = visits
        .iter()
        .find(|visit| visit.starts_at >= start && is_on(&zone, visit, today))
        .or(visits.first())
        .map(|visit| visit.id)
        .ok_or("the demo has no visits")?;
    live_through(worker, made, id, &visits, start).await.map_err(|error| error.to_string())?;
    notes::write(worker, made.catalogue, id, &found).await.map_err(|error| error.to_string())?;
    answers::write(worker, made.catalogue, id, &told, start).await.map_err(|error| error.to_string())?;
    Ok(Seeded { clinic: id, first_visit })
}

/// The therapist's own line for the next day, as it is added on the plan's page.
async fn add_line(
    db: &mut Db,
    clinic: ClinicId,
    booked: &Appointment,
    visit: &cast::Appointment,
    at: Timestamp,
) -> store::Result<()> {
    let Some(by) = booked.therapist.filter(|_| !visit.line.is_empty()) else { return Ok(()) };
    let line = PersonalLine { text: visit.line.clone(), who: visit.with.to_string() };
    let change = StepChange { line: Some(line), ..StepChange::default() };
    let kept = Kept { change, revision: 1, act: Act::Line, by: by.to_string(), at };
    store::plan::change::save(db, clinic, std::iter::once(booked.id), Step::DayOne, &kept).await
}

/// Cleo is the one to look at first: her visit is the first of the afternoon that says the most.
fn is_on(zone: &Zone, visit: &Appointment, day: Date) -> bool {
    visit.starts_at.to_zoned(zone.rules().clone()).date() == day && visit.treatment.technique.as_str() == "deep_tissue"
}

async fn staff(db: &mut Db, clinic: ClinicId, cast: &Cast, at: Timestamp) -> store::Result<Vec<Account>> {
    let mut accounts = Vec::new();
    for member in &cast.staff {
        let role = match member.role.as_str() {
            "admin" => Role::Admin,
            "therapist" => Role::Therapist,
            _ => Role::Reception,
        };
        let account = Account {
            id: AccountId::from_uuid(fresh_uuid(at)),
            name: member.name.clone(),
            email: member.email.clone(),
            role,
        };
        store::account::insert(db, clinic, &account, at).await?;
        accounts.push(account);
    }
    Ok(accounts)
}

async fn register(db: &mut Db, clinic: ClinicId, person: &Person, at: Timestamp) -> store::Result<ClientId> {
    let client = ClientId::from_uuid(fresh_uuid(at));
    let registered =
        Registered { id: client, client: person.client(), phone: person.phone.clone(), synthetic: false, version: 1 };
    store::client::insert(db, clinic, &registered, at).await?;
    if let Some(answers) = &person.intake {
        let before = SignedDuration::from_hours(24 * person.intake_days_before);
        let given_at = at.saturating_sub(before).unwrap_or(at);
        for (days, score) in &person.pain_before {
            let before = at.saturating_sub(SignedDuration::from_hours(24 * days)).unwrap_or(at);
            let answers = Intake { pain_now: Pain::try_from(*score).ok(), ..answers.clone() };
            let id = IntakeId::from_uuid(fresh_uuid(before));
            let given = Given { id, client, given_at: before, form_version: 1, answers, entered_by: "client".into() };
            store::intake::insert(db, clinic, &given).await?;
        }
        let given = Given {
            id: IntakeId::from_uuid(fresh_uuid(given_at)),
            client,
            given_at,
            form_version: 1,
            answers: answers.clone(),
            entered_by: "client".into(),
        };
        store::intake::insert(db, clinic, &given).await?;
        for purpose in &answers.consents {
            let change = consent::Change { purpose: *purpose, given: true, at, wording_version: 1, lang: "en" };
            consent::set(db, clinic, client, change).await?;
        }
    }
    Ok(client)
}

/// Completes past visits at their end and delivers what was due, in the order it happened.
async fn live_through(
    worker: &Worker,
    made: Made<'_>,
    clinic: ClinicId,
    visits: &[Appointment],
    start: Timestamp,
) -> store::Result<()> {
    let (_keep, never) = watch::channel(false);
    let mut ends: Vec<(Timestamp, VisitId)> =
        visits.iter().map(|visit| (visit.ends_at, visit.id)).filter(|(end, _)| *end <= start).collect();
    ends.sort_unstable();
    let streams = [crate::clinic::protocol::Stream::Aftercare, crate::clinic::protocol::Stream::Preparation];
    for (end, visit) in ends.into_iter().map(|(end, visit)| (end, Some(visit))).chain([(start, None)]) {
        loop {
            let mut db = worker.store.read().await?;
            let due = store::outbox::next_due(&mut db, &streams).await?;
            drop(db);
            let Some(due) = due.filter(|due| *due <= end) else { break };
            worker.clock.set(due);
            worker.step(&never).await?;
        }
        worker.clock.set(end);
        if let Some(visit) = visit {
            let mut db = worker.store.write().await?;
            complete(&mut db, made, clinic, visit, end).await?;
            db.commit().await?;
        }
    }
    Ok(())
}
