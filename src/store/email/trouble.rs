//! Emails that need a person: what failed, is held, may or may not have arrived, or will not go out
//! any more. What somebody has seen to is left out, until it goes wrong in another way.

use jiff::Timestamp;

use crate::clinic::ids::{AccountId, ClientId, ClinicId, EmailId, VisitId};
use crate::clinic::outbox::State;
use crate::clinic::person::PersonName;
use crate::clinic::protocol::Step;
use crate::store::convert::{bad, instant, parse, parse_some};
use crate::store::{Db, Result};

/// One email that went wrong or waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the outbox")]
pub struct Trouble {
    pub id: EmailId,
    pub client: ClientId,
    pub first_name: PersonName,
    pub last_name: Option<PersonName>,
    pub visit: VisitId,
    pub step: Step,
    pub due_at: Timestamp,
    pub state: State,
    /// The relay's words, or ours; may be empty.
    pub why: String,
}

/// The emails of a clinic that need a person, earliest due first, at most `limit` of them. What will
/// not go out any more and what failed is news only when it was due since then.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn open(db: &mut Db, clinic: ClinicId, since: Timestamp, limit: u32) -> Result<Vec<Trouble>> {
    let sql = "select e.id, e.client_id, c.first_name, c.last_name, e.visit_id, e.step, e.due_at, e.state, e.reason,
                  e.reply
               from email e join client c on c.id = e.client_id
               where e.clinic_id = $1 and e.place in ('failed', 'uncertain', 'held', 'suppressed', 'expired')
                  and (e.state in ('held', 'uncertain') or e.due_at >= $2)
                  and not exists (select 1 from email_seen s where s.email_id = e.id and s.state = e.state)
               order by e.due_at, e.id limit $3";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(since.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::trouble).collect()
}

/// Somebody has seen to an email that is in this state. `false` when it is not, or not any more; or
/// when it was seen to before.
///
/// # Errors
/// When the database refuses.
pub async fn seen(
    db: &mut Db,
    clinic: ClinicId,
    id: EmailId,
    state: State,
    (by, at): (AccountId, Timestamp),
) -> Result<bool> {
    let sql = "insert into email_seen (email_id, state, clinic_id, account_id, at)
               select id, state, clinic_id, $4, $5 from email
               where clinic_id = $1 and id = $2 and state = $3
                  and state in ('failed', 'uncertain', 'suppressed', 'expired')
               on conflict (email_id, state) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(state.id())
        .bind(by.to_string())
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    first_name: String,
    last_name: Option<String>,
    visit_id: String,
    step: String,
    due_at: i64,
    state: String,
    reason: Option<String>,
    reply: Option<String>,
}

impl Row {
    fn trouble(self) -> Result<Trouble> {
        Ok(Trouble {
            id: parse("email", "id", &self.id)?,
            client: parse("email", "client_id", &self.client_id)?,
            first_name: parse("client", "first_name", &self.first_name)?,
            last_name: parse_some("client", "last_name", self.last_name.as_deref())?,
            visit: parse("email", "visit_id", &self.visit_id)?,
            step: Step::of(&self.step).ok_or_else(|| bad("email", "step"))?,
            due_at: instant("email", "due_at", self.due_at)?,
            state: State::of(&self.state).ok_or_else(|| bad("email", "state"))?,
            why: self.reason.or(self.reply).unwrap_or_default(),
        })
    }
}
