//! Alerts: staff tasks that stay until an outcome is written down. What one is about is sealed; its
//! tier, deadline and owner are not, since the list sorts by them.

mod event;

pub use event::{Event, What, add, history};

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::case::{among, json_list};
use super::convert::{bad, instant, open_json, parse, parse_some, seal_json, small, some_text};
use super::{Db, Result};
use crate::clinic::alert::{Alert, Mail, Outcome, Standing};
use crate::clinic::catalogue::Tier;
use crate::clinic::checkin::Urgency;
use crate::clinic::ids::{AlertId, ClinicId, VisitId};

fn about_context(id: impl std::fmt::Display) -> String {
    format!("alert/about/{id}")
}

/// Opens an alert.
///
/// # Errors
/// When the database refuses, for instance a client of another clinic.
pub async fn insert(db: &mut Db, clinic: ClinicId, new: &Alert) -> Result<()> {
    let about = seal_json(db, &about_context(new.id), &new.about)?;
    let sql = "insert into alert (id, clinic_id, client_id, visit_id, check_in_id, tier, urgency, state, opened_at,
                  due_at, next_at, told, mail, version, about)
               values ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, $11, $12, $13, $14)";
    on!(db, c => sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(clinic.to_string())
        .bind(new.client.to_string())
        .bind(some_text(new.visit))
        .bind(some_text(new.check_in))
        .bind(new.tier.id())
        .bind(urgency_number(new.urgency))
        .bind(new.opened_at.as_millisecond())
        .bind(new.due_at.as_millisecond())
        .bind(new.next_at.map(Timestamp::as_millisecond))
        .bind(i64::from(new.told))
        .bind(new.mail.id())
        .bind(i64::from(new.version))
        .bind(about)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Changes an alert and counts its version up. `false`: somebody else changed it since this version.
///
/// # Errors
/// When the database refuses.
pub async fn save(db: &mut Db, clinic: ClinicId, changed: &Alert) -> Result<bool> {
    let about = seal_json(db, &about_context(changed.id), &changed.about)?;
    let sql = "update alert set tier = $4, urgency = $5, state = $6, due_at = $7, next_at = $8, told = $9, owner = $10,
                  taken_at = $11, outcome = $12, closed_at = $13, closed_by = $14, mail = $15, about = $16,
                  version = version + 1
               where clinic_id = $1 and id = $2 and version = $3";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(changed.id.to_string())
        .bind(i64::from(changed.version))
        .bind(changed.tier.id())
        .bind(urgency_number(changed.urgency))
        .bind(changed.standing.id())
        .bind(changed.due_at.as_millisecond())
        .bind(changed.next_at.map(Timestamp::as_millisecond))
        .bind(i64::from(changed.told))
        .bind(some_text(changed.owner))
        .bind(changed.taken_at.map(Timestamp::as_millisecond))
        .bind(changed.outcome.map(Outcome::id))
        .bind(changed.closed_at.map(Timestamp::as_millisecond))
        .bind(some_text(changed.closed_by))
        .bind(changed.mail.id())
        .bind(about)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

const COLUMNS: &str = "select id, client_id, visit_id, check_in_id, tier, urgency, state, opened_at, due_at, next_at,
    told, owner, taken_at, outcome, closed_at, closed_by, mail, version, about from alert";

/// The alert of this id.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, id: AlertId) -> Result<Option<Alert>> {
    let sql = AssertSqlSafe(format!("{COLUMNS} where clinic_id = $1 and id = $2"));
    let row: Option<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(|row| row.alert(db)).transpose()
}

/// The alert of this id as it is now, kept from being changed by anybody else until this transaction ends.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn hold_on(db: &mut Db, clinic: ClinicId, id: AlertId) -> Result<Option<Alert>> {
    // A change that changes nothing takes the row's lock on either engine.
    let sql = "update alert set version = version where clinic_id = $1 and id = $2";
    on!(db, c => sqlx::query(sql).bind(clinic.to_string()).bind(id.to_string()).execute(c).await.map(|_| ()))?;
    find(db, clinic, id).await
}

/// The alerts of a clinic without an outcome, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn open(db: &mut Db, clinic: ClinicId) -> Result<Vec<Alert>> {
    let sql = AssertSqlSafe(format!("{COLUMNS} where clinic_id = $1 and state in ('open', 'taken') order by id"));
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.alert(db)).collect()
}

/// The alerts of a clinic in the order they were opened, those after this one, at most `limit` of them; or only
/// those without an outcome.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn after(
    db: &mut Db,
    clinic: ClinicId,
    only_open: bool,
    last: Option<AlertId>,
    limit: u32,
) -> Result<Vec<Alert>> {
    let open = if only_open { "and state in ('open', 'taken')" } else { "" };
    let sql = AssertSqlSafe(format!("{COLUMNS} where clinic_id = $1 and id > $2 {open} order by id limit $3"));
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(some_text(last).unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(|row| row.alert(db)).collect()
}

/// How many alerts of a clinic have no outcome.
///
/// # Errors
/// When the database refuses.
pub async fn count_open(db: &mut Db, clinic: ClinicId) -> Result<usize> {
    let sql = "select count(*) from alert where clinic_id = $1 and state in ('open', 'taken')";
    let count: i64 = on!(db, c => sqlx::query_scalar(sql).bind(clinic.to_string()).fetch_one(c).await)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The alerts of a clinic that were opened since then, whatever became of them; oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn since(db: &mut Db, clinic: ClinicId, since: Timestamp) -> Result<Vec<Alert>> {
    let sql = AssertSqlSafe(format!("{COLUMNS} where clinic_id = $1 and opened_at >= $2 order by opened_at, id"));
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(since.as_millisecond()).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.alert(db)).collect()
}

/// The alerts of some visits, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_visits(db: &mut Db, clinic: ClinicId, visits: &[VisitId]) -> Result<Vec<Alert>> {
    let ids = json_list(visits.iter().map(ToString::to_string));
    let sql =
        AssertSqlSafe(format!("{COLUMNS} where visit_id {} and clinic_id = $2 order by opened_at, id", among(db)));
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(ids).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.alert(db)).collect()
}

/// Whether an alert holds the emails of one of these visits.
///
/// # Errors
/// When the database refuses.
pub async fn holds(db: &mut Db, clinic: ClinicId, visits: &[VisitId]) -> Result<bool> {
    let ids = json_list(visits.iter().map(ToString::to_string));
    let sql = format!("select id from alert where visit_id {} and clinic_id = $2 and mail = 'held' limit 1", among(db));
    let found: Option<String> = on!(db, c =>
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(ids).bind(clinic.to_string()).fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// The alerts of all clinics that nobody took in time, the longest overdue first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn overdue(db: &mut Db, now: Timestamp) -> Result<Vec<(ClinicId, Alert)>> {
    let sql = "select clinic_id, id from alert where next_at is not null and next_at <= $1 order by next_at, id";
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(sql).bind(now.as_millisecond()).fetch_all(c).await)?;
    let mut all = Vec::with_capacity(rows.len());
    for (clinic, id) in rows {
        let clinic = parse("alert", "clinic_id", &clinic)?;
        match find(db, clinic, parse("alert", "id", &id)?).await {
            Ok(found) => all.extend(found.map(|alert| (clinic, alert))),
            // One that cannot be read must not keep the others from being passed on.
            Err(problem) => tracing::error!(alert = %id, %problem, "an alert cannot be read"),
        }
    }
    Ok(all)
}

/// When the next alert is to be passed on; `None` when none waits.
///
/// # Errors
/// When the database refuses.
pub async fn next_at(db: &mut Db) -> Result<Option<Timestamp>> {
    let sql = "select next_at from alert where next_at is not null order by next_at limit 1";
    let next: Option<i64> = on!(db, c => sqlx::query_scalar(sql).fetch_optional(c).await)?;
    next.map(|millis| instant("alert", "next_at", millis)).transpose()
}

const fn urgency_number(urgency: Urgency) -> i64 {
    match urgency {
        Urgency::Not => 0,
        Urgency::Today => 1,
        Urgency::Very => 2,
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    visit_id: Option<String>,
    check_in_id: Option<String>,
    tier: String,
    urgency: i64,
    state: String,
    opened_at: i64,
    due_at: i64,
    next_at: Option<i64>,
    told: i64,
    owner: Option<String>,
    taken_at: Option<i64>,
    outcome: Option<String>,
    closed_at: Option<i64>,
    closed_by: Option<String>,
    mail: String,
    version: i64,
    about: Vec<u8>,
}

impl Row {
    fn alert(self, db: &Db) -> Result<Alert> {
        let some = |column, at: Option<i64>| at.map(|at| instant("alert", column, at)).transpose();
        Ok(Alert {
            id: parse("alert", "id", &self.id)?,
            client: parse("alert", "client_id", &self.client_id)?,
            visit: parse_some("alert", "visit_id", self.visit_id.as_deref())?,
            check_in: parse_some("alert", "check_in_id", self.check_in_id.as_deref())?,
            tier: Tier::of(&self.tier).ok_or_else(|| bad("alert", "tier"))?,
            urgency: match self.urgency {
                0 => Urgency::Not,
                1 => Urgency::Today,
                _ => Urgency::Very,
            },
            standing: Standing::of(&self.state).ok_or_else(|| bad("alert", "state"))?,
            opened_at: instant("alert", "opened_at", self.opened_at)?,
            due_at: instant("alert", "due_at", self.due_at)?,
            next_at: some("next_at", self.next_at)?,
            told: small("alert", "told", self.told)?,
            owner: parse_some("alert", "owner", self.owner.as_deref())?,
            taken_at: some("taken_at", self.taken_at)?,
            outcome: match self.outcome.as_deref() {
                Some(id) => Some(Outcome::of(id).ok_or_else(|| bad("alert", "outcome"))?),
                None => None,
            },
            closed_at: some("closed_at", self.closed_at)?,
            closed_by: parse_some("alert", "closed_by", self.closed_by.as_deref())?,
            mail: Mail::of(&self.mail).ok_or_else(|| bad("alert", "mail"))?,
            version: small("alert", "version", self.version)?,
            about: open_json(db, "alert", &about_context(&self.id), &self.about)?,
        })
    }
}
