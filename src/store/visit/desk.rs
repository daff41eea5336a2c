//! What the desk's acts need: versions, so that nobody undoes another's act without knowing; the
//! key of a form, so that one sent twice books once; who else comes at that time; and how the
//! client's emails stand before and after.

use jiff::Timestamp;

use super::{Appointment, Row, VisitState, treatment_context};
use crate::clinic::ids::{AccountId, ClientId, ClinicId, VisitId};
use crate::clinic::outbox::State;
use crate::clinic::person::PersonName;
use crate::clinic::protocol::Step;
use crate::clinic::visit::booking::Beside;
use crate::clinic::visit::effects::Standing;
use crate::store::convert::{bad, instant, parse, parse_some, seal_json, small, some_text};
use crate::store::{Db, Result};

/// A visit with what keeps two people from acting on it at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtDesk {
    /// The visit.
    pub visit: Appointment,
    /// Grows with every change.
    pub version: u32,
    /// When it was cancelled or missed; nothing while it takes place.
    pub called_off_at: Option<Timestamp>,
}

/// The visit of this id, as the desk acts on it.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, id: VisitId) -> Result<Option<AtDesk>> {
    let sql = "select id, client_id, therapist_id, starts_at, ends_at, state, treatment, completed_at, version,
                  called_off_at from visit where clinic_id = $1 and id = $2";
    let row: Option<DeskRow> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(|row| row.at_desk(db)).transpose()
}

/// Which visits of a clinic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Those that start at this moment or later.
    pub from: Option<Timestamp>,
    /// Those that start before this moment.
    pub until: Option<Timestamp>,
    /// Those of this client.
    pub client: Option<ClientId>,
}

/// Visits by their start and id, those after this place, at most `limit` of them.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn in_span(
    db: &mut Db,
    clinic: ClinicId,
    span: &Span,
    after: Option<(Timestamp, VisitId)>,
    limit: u32,
) -> Result<Vec<AtDesk>> {
    let sql = "select id, client_id, therapist_id, starts_at, ends_at, state, treatment, completed_at, version,
                  called_off_at from visit
               where clinic_id = $1 and starts_at >= $2 and starts_at < $3 and (starts_at > $4 or id > $5)
                  and ($6 = '' or client_id = $6)
               order by starts_at, id limit $7";
    // Before the first place there is nothing: then the two comparisons let everything through.
    let (at, id) = after.map_or((Timestamp::MIN, String::new()), |(at, id)| (at, id.to_string()));
    let from = span.from.unwrap_or(Timestamp::MIN).max(at);
    let rows: Vec<DeskRow> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(from.as_millisecond())
        .bind(span.until.unwrap_or(Timestamp::MAX).as_millisecond())
        .bind(at.as_millisecond())
        .bind(id)
        .bind(some_text(span.client).unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(|row| row.at_desk(db)).collect()
}

/// Changes a visit over the version that somebody saw; `false` when another was saved meanwhile,
/// and then nothing is changed. Its client never changes.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, clinic: ClinicId, changed: &AtDesk) -> Result<bool> {
    let visit = &changed.visit;
    let treatment = seal_json(db, &treatment_context(visit.id), &visit.treatment)?;
    let sql = "update visit set therapist_id = $4, starts_at = $5, ends_at = $6, state = $7, treatment = $8,
                  called_off_at = $9, version = version + 1
               where clinic_id = $1 and id = $2 and version = $3 and state <> 'completed'";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(visit.id.to_string())
        .bind(i64::from(changed.version))
        .bind(some_text(visit.therapist))
        .bind(visit.starts_at.as_millisecond())
        .bind(visit.ends_at.as_millisecond())
        .bind(visit.state.id())
        .bind(treatment)
        .bind(changed.called_off_at.map(Timestamp::as_millisecond))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Takes the key of a booking form for this visit, before the visit itself is written. When the
/// form was taken before: the visit that it made.
///
/// # Errors
/// When the database refuses.
pub async fn take_key(db: &mut Db, clinic: ClinicId, key: &str, visit: VisitId) -> Result<Option<VisitId>> {
    let sql = "insert into booking_form (clinic_id, key, visit_id) values ($1, $2, $3)
               on conflict (clinic_id, key) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(key)
        .bind(visit.to_string())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 {
        return Ok(None);
    }
    let sql = "select visit_id from booking_form where clinic_id = $1 and key = $2";
    let made: String = on!(db, c => sqlx::query_scalar(sql).bind(clinic.to_string()).bind(key).fetch_one(c).await)?;
    parse("booking_form", "visit_id", &made).map(Some)
}

/// Who a visit is for, with whom, and when.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// The client.
    pub client: ClientId,
    /// The therapist, if one is chosen.
    pub therapist: Option<AccountId>,
    /// Start.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Timestamp,
    /// The visit itself, when it is there already.
    pub except: Option<VisitId>,
}

/// Other visits of the same client or the same therapist that take place at that time.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn beside(db: &mut Db, clinic: ClinicId, slot: &Slot) -> Result<Vec<Beside>> {
    // No visit is longer than 8 hours, so the index on the start narrows it to a day.
    let sql = "select v.id, v.starts_at, v.client_id, v.therapist_id, a.name from visit v
               left join account a on a.id = v.therapist_id
               where v.clinic_id = $1 and v.starts_at >= $2 and v.starts_at < $3 and v.ends_at > $4
                  and (v.client_id = $5 or v.therapist_id = $6) and v.id <> $7
                  and v.state in ('booked', 'in_progress', 'completed')
               order by v.starts_at, v.id";
    let rows: Vec<BesideRow> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(slot.starts_at.as_millisecond() - 8 * 3_600_000)
        .bind(slot.ends_at.as_millisecond())
        .bind(slot.starts_at.as_millisecond())
        .bind(slot.client.to_string())
        .bind(some_text(slot.therapist).unwrap_or_default())
        .bind(some_text(slot.except).unwrap_or_default())
        .fetch_all(c)
        .await)?;
    let therapist = slot.therapist.map(|id| id.to_string());
    rows.into_iter()
        .map(|row| {
            Ok(Beside {
                visit: parse("visit", "id", &row.id)?,
                starts_at: instant("visit", "starts_at", row.starts_at)?,
                same_client: row.client_id == slot.client.to_string(),
                therapist: row.name.filter(|_| row.therapist_id.is_some() && row.therapist_id == therapist),
            })
        })
        .collect()
}

/// How the emails of a client's visits stand that ended since then or are to come, and of one more
/// visit, whenever it is.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn emails(db: &mut Db, clinic: ClinicId, client: ClientId, since: Timestamp) -> Result<Vec<Standing>> {
    let sql = "select e.id, e.visit_id, v.starts_at, e.step, e.state, e.due_at
               from email_ever e join visit v on v.id = e.visit_id
               where e.clinic_id = $1 and e.client_id = $2
                  and (v.ends_at >= $3 or e.state in ('scheduled', 'claimed', 'held'))
               order by e.due_at, e.id";
    let rows: Vec<EmailRow> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(since.as_millisecond())
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(EmailRow::standing).collect()
}

/// Calls off what waits of a visit that does not take place, also what a worker holds: its begin
/// will find the row gone. The reason is one that a later reckoning may take back.
///
/// # Errors
/// When the database refuses.
pub async fn call_off_emails(db: &mut Db, clinic: ClinicId, visit: VisitId, reason: &str) -> Result<()> {
    let sql = "update email set state = 'cancelled', owner = null, lease_until = null, reason = $3
               where clinic_id = $1 and visit_id = $2 and state in ('scheduled', 'claimed', 'held')";
    on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(visit.to_string())
        .bind(reason)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A visit that is over by the clock, and that nobody closed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Unclosed {
    pub visit: VisitId,
    pub first_name: PersonName,
    pub last_name: Option<PersonName>,
    pub starts_at: Timestamp,
    pub state: VisitState,
}

/// The visits that ended by `until` and are neither completed nor called off, oldest first, at most
/// `limit` of them.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn unclosed(db: &mut Db, clinic: ClinicId, until: Timestamp, limit: u32) -> Result<Vec<Unclosed>> {
    let sql = "select v.id, c.first_name, c.last_name, v.starts_at, v.state
               from visit v join client c on c.id = v.client_id
               where v.clinic_id = $1 and v.ends_at <= $2 and v.state in ('booked', 'in_progress')
               order by v.ends_at, v.id limit $3";
    let rows: Vec<(String, String, Option<String>, i64, String)> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(until.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter()
        .map(|(id, first_name, last_name, starts_at, state)| {
            Ok(Unclosed {
                visit: parse("visit", "id", &id)?,
                first_name: parse("client", "first_name", &first_name)?,
                last_name: parse_some("client", "last_name", last_name.as_deref())?,
                starts_at: instant("visit", "starts_at", starts_at)?,
                state: VisitState::of(&state).ok_or_else(|| bad("visit", "state"))?,
            })
        })
        .collect()
}

#[derive(sqlx::FromRow)]
struct BesideRow {
    id: String,
    starts_at: i64,
    client_id: String,
    therapist_id: Option<String>,
    name: Option<String>,
}

#[derive(sqlx::FromRow)]
struct DeskRow {
    #[sqlx(flatten)]
    visit: Row,
    version: i64,
    called_off_at: Option<i64>,
}

impl DeskRow {
    fn at_desk(self, db: &Db) -> Result<AtDesk> {
        Ok(AtDesk {
            version: small("visit", "version", self.version)?,
            called_off_at: self.called_off_at.map(|at| instant("visit", "called_off_at", at)).transpose()?,
            visit: self.visit.appointment(db)?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct EmailRow {
    id: String,
    visit_id: String,
    starts_at: i64,
    step: String,
    state: String,
    due_at: i64,
}

impl EmailRow {
    fn standing(self) -> Result<Standing> {
        Ok(Standing {
            id: parse("email", "id", &self.id)?,
            visit: parse("email", "visit_id", &self.visit_id)?,
            visit_starts_at: instant("visit", "starts_at", self.starts_at)?,
            step: Step::of(&self.step).ok_or_else(|| bad("email", "step"))?,
            state: State::of(&self.state).ok_or_else(|| bad("email", "state"))?,
            due_at: instant("email", "due_at", self.due_at)?,
        })
    }
}
