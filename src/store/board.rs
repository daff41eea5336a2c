//! The day page: who comes, to whom, for what, whether the intake is there and how the mail stands.

use std::collections::HashMap;

use jiff::Timestamp;

use super::convert::{bad, instant, open_json, parse, parse_some, small};
use super::visit::{VisitState, treatment_context};
use super::{Db, Result};
use crate::clinic::case::Treatment;
use crate::clinic::ids::{AccountId, ClientId, ClinicId, VisitId};
use crate::clinic::outbox::State;
use crate::clinic::person::PersonName;

/// One visit on the board.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Line {
    pub visit: VisitId,
    pub client: ClientId,
    pub first_name: PersonName,
    pub last_name: Option<PersonName>,
    pub therapist_id: Option<AccountId>,
    pub therapist: Option<PersonName>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub state: VisitState,
    /// Grows with every change of the visit.
    pub version: u32,
    pub treatment: Treatment,
    /// Whether the client gave an intake at any time.
    pub has_intake: bool,
    /// How many of the visit's emails are in each state; states without any are left out.
    pub emails: Vec<(State, u64)>,
}

/// The visits of a clinic that start from `from` on and before `to`, in their order.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn between(db: &mut Db, clinic: ClinicId, from: Timestamp, to: Timestamp) -> Result<Vec<Line>> {
    let sql = "select v.id, v.client_id, v.starts_at, v.ends_at, v.state, v.version, v.treatment, v.therapist_id, c.first_name, c.last_name,
                  a.name as therapist, exists (select 1 from intake i where i.client_id = v.client_id) as has_intake
               from visit v
               join client c on c.id = v.client_id
               left join account a on a.id = v.therapist_id
               where v.clinic_id = $1 and v.starts_at >= $2 and v.starts_at < $3
               order by v.starts_at, v.id";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(from.as_millisecond())
        .bind(to.as_millisecond())
        .fetch_all(c)
        .await)?;
    let mut counts = email_counts(db, clinic, from, to).await?;
    rows.into_iter()
        .map(|row| {
            let emails = counts.remove(&row.id).unwrap_or_default();
            row.line(db, emails)
        })
        .collect()
}

/// By the visits of these days, table by table: SQLite would join them to every email there ever was. Public for the
/// test of its plan.
#[doc(hidden)]
pub const EMAIL_COUNTS: &str = "select visit_id, state, count(*) from (
        select e.visit_id, e.state from visit v join email e on e.visit_id = v.id
        where v.clinic_id = $1 and v.starts_at >= $2 and v.starts_at < $3
        union all
        select p.visit_id, p.state from visit v join email_past p on p.visit_id = v.id
        where v.clinic_id = $1 and v.starts_at >= $2 and v.starts_at < $3) as mail
    group by visit_id, state";

async fn email_counts(
    db: &mut Db,
    clinic: ClinicId,
    from: Timestamp,
    to: Timestamp,
) -> Result<HashMap<String, Vec<(State, u64)>>> {
    let rows: Vec<(String, String, i64)> = on!(db, c => sqlx::query_as(EMAIL_COUNTS)
        .bind(clinic.to_string())
        .bind(from.as_millisecond())
        .bind(to.as_millisecond())
        .fetch_all(c)
        .await)?;
    let mut counts: HashMap<String, Vec<(State, u64)>> = HashMap::new();
    for (visit, state, count) in rows {
        let state = State::of(&state).ok_or_else(|| bad("email", "state"))?;
        counts.entry(visit).or_default().push((state, count.unsigned_abs()));
    }
    for states in counts.values_mut() {
        states.sort_unstable();
    }
    Ok(counts)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    starts_at: i64,
    ends_at: i64,
    state: String,
    version: i64,
    treatment: Vec<u8>,
    therapist_id: Option<String>,
    first_name: String,
    last_name: Option<String>,
    therapist: Option<String>,
    has_intake: bool,
}

impl Row {
    fn line(self, db: &Db, emails: Vec<(State, u64)>) -> Result<Line> {
        Ok(Line {
            visit: parse("visit", "id", &self.id)?,
            client: parse("visit", "client_id", &self.client_id)?,
            first_name: parse("client", "first_name", &self.first_name)?,
            last_name: parse_some("client", "last_name", self.last_name.as_deref())?,
            therapist_id: parse_some("visit", "therapist_id", self.therapist_id.as_deref())?,
            version: small("visit", "version", self.version)?,
            therapist: parse_some("account", "name", self.therapist.as_deref())?,
            starts_at: instant("visit", "starts_at", self.starts_at)?,
            ends_at: instant("visit", "ends_at", self.ends_at)?,
            state: VisitState::of(&self.state).ok_or_else(|| bad("visit", "state"))?,
            treatment: open_json(db, "visit", &treatment_context(&self.id), &self.treatment)?,
            has_intake: self.has_intake,
            emails,
        })
    }
}
