//! What the delivery page asks: what is in line, what has left, what went wrong. Each question reads a
//! bounded number of rows by an index, however many there are.

use jiff::Timestamp;

use super::convert::{bad, instant, parse, parse_some};
use super::{Db, Result};
use crate::clinic::bounce::Meaning;
use crate::clinic::ids::{ClientId, ClinicId, EmailId, VisitId};
use crate::clinic::outbox::State;
use crate::clinic::person::{EmailAddress, PersonName};
use crate::clinic::protocol::Step;

/// An email in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InLine {
    /// To whom.
    pub recipient: EmailAddress,
    /// When it was due.
    pub due_at: Timestamp,
    /// When it is looked at.
    pub next_at: Timestamp,
    /// Why it waits, if it was looked at already.
    pub reason: Option<String>,
}

/// The first of the whole house's line. Public for the test of its plan.
#[doc(hidden)]
pub const IN_LINE: &str = "select recipient, due_at, next_at, reason from (
        select clinic_id, recipient, due_at, next_at, reason from email
        where place = 'open' and state = 'scheduled' order by next_at limit $2) as line
    where clinic_id = $1";

/// The emails of a clinic among the first `limit` of the house's line, the next one first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn in_line(db: &mut Db, clinic: ClinicId, limit: u32) -> Result<Vec<InLine>> {
    let rows: Vec<(String, i64, i64, Option<String>)> = on!(db, c =>
        sqlx::query_as(IN_LINE).bind(clinic.to_string()).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(recipient, due_at, next_at, reason)| {
            Ok(InLine {
                recipient: parse("email", "recipient", &recipient)?,
                due_at: instant("email", "due_at", due_at)?,
                next_at: instant("email", "next_at", next_at)?,
                reason,
            })
        })
        .collect()
}

#[doc(hidden)]
pub const LEFT: &str = "select recipient, left_at from email
    where clinic_id = $1 and left_at >= $2 and state = 'sent' order by left_at desc limit $3";

/// Where the emails of a clinic went that were sent since then, and when, the last first; at most `limit`.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn left(
    db: &mut Db,
    clinic: ClinicId,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<(EmailAddress, Timestamp)>> {
    let rows: Vec<(String, i64)> = on!(db, c => sqlx::query_as(LEFT)
        .bind(clinic.to_string())
        .bind(since.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter()
        .map(|(recipient, at)| Ok((parse("email", "recipient", &recipient)?, instant("email", "left_at", at)?)))
        .collect()
}

/// An email that did not go as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the outbox")]
pub struct Wrong {
    pub id: EmailId,
    pub client: ClientId,
    pub first_name: PersonName,
    pub last_name: Option<PersonName>,
    /// As typed; may be empty.
    pub phone: String,
    pub visit: VisitId,
    pub step: Step,
    pub recipient: EmailAddress,
    pub due_at: Timestamp,
    pub not_after: Timestamp,
    pub state: State,
    /// When it went on the wire, if it did.
    pub sending_at: Option<Timestamp>,
    /// Why, in the server's words or ours.
    pub reason: String,
}

macro_rules! wrong {
    ($from:expr) => {
        concat!(
            "select e.id, e.client_id, c.first_name, c.last_name, c.phone, e.visit_id, e.step, e.recipient, e.due_at,
                e.not_after, e.state, e.sending_at, coalesce(e.reason, '') as reason
             from ",
            $from
        )
    };
}

/// The first `$2` of one kind, as the index has them. The list is the index's own, word for word: that is how SQLite
/// knows it.
macro_rules! first {
    ($place:literal, $since:literal, $order:literal) => {
        concat!(
            "select id, due_at from (select id, due_at from email where clinic_id = $1
                and place in ('failed', 'uncertain', 'held', 'suppressed', 'expired') and place = '",
            $place,
            "'",
            $since,
            " order by due_at ",
            $order,
            " limit $2) as ",
            $place
        )
    };
}

// Of each kind no more is read than is shown, and nobody is looked up who is not: after a bad morning thousands have
// failed.

#[doc(hidden)]
pub const OPEN: &str = wrong!(concat!(
    "(",
    first!("uncertain", "", ""),
    " union all ",
    first!("held", "", ""),
    ") as w join email e on e.id = w.id join client c on c.id = e.client_id order by e.due_at, e.id limit $2"
));

#[doc(hidden)]
pub const ENDED: &str = wrong!(concat!(
    "(",
    first!("failed", " and due_at >= $3", "desc"),
    " union all ",
    first!("suppressed", " and due_at >= $3", "desc"),
    " union all ",
    first!("expired", " and due_at >= $3", "desc"),
    ") as w join email e on e.id = w.id join client c on c.id = e.client_id order by e.due_at desc, e.id limit $2"
));

/// What waits for a person's word, the oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn open(db: &mut Db, clinic: ClinicId, limit: u32) -> Result<Vec<Wrong>> {
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(OPEN).bind(clinic.to_string()).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter().map(Row::wrong).collect()
}

/// What was due since then and will not go out, the last first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn ended(db: &mut Db, clinic: ClinicId, since: Timestamp, limit: u32) -> Result<Vec<Wrong>> {
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(ENDED)
        .bind(clinic.to_string())
        .bind(i64::from(limit))
        .bind(since.as_millisecond())
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::wrong).collect()
}

/// One email of the clinic that waits for a person's word.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn one(db: &mut Db, clinic: ClinicId, id: EmailId) -> Result<Option<Wrong>> {
    let sql = wrong!("email e join client c on c.id = e.client_id where e.clinic_id = $1 and e.id = $2");
    let row: Option<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(Row::wrong).transpose()
}

/// An address that gets no mail, with what is known about why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The address as normalised.
    pub address: EmailAddress,
    /// Why, in words.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
    /// Whose mail came back, when, what that said, and the far server's code.
    pub evidence: Option<(ClientId, Timestamp, Meaning, Option<String>)>,
}

/// The addresses of a clinic that get no mail, the last stopped first; at most `limit`.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn stopped(db: &mut Db, clinic: ClinicId, limit: u32) -> Result<Vec<Stopped>> {
    let sql = "select s.address, s.reason, s.at, b.client_id, b.at as came_at, b.meaning, b.status
               from suppression s left join bounce b on b.id = s.bounce_id and b.clinic_id = s.clinic_id
               where s.clinic_id = $1 order by s.at desc, s.address limit $2";
    type Line = (String, String, i64, Option<String>, Option<i64>, Option<String>, Option<String>);
    let rows: Vec<Line> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(address, reason, at, client, came_at, meaning, status)| {
            let evidence = match (client, came_at, meaning) {
                (Some(client), Some(came_at), Some(meaning)) => Some((
                    parse("bounce", "client_id", &client)?,
                    instant("bounce", "at", came_at)?,
                    Meaning::of(&meaning).ok_or_else(|| bad("bounce", "meaning"))?,
                    status,
                )),
                _ => None,
            };
            Ok(Stopped {
                address: parse("suppression", "address", &address)?,
                reason,
                at: instant("suppression", "at", at)?,
                evidence,
            })
        })
        .collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    first_name: String,
    last_name: Option<String>,
    phone: String,
    visit_id: String,
    step: String,
    recipient: String,
    due_at: i64,
    not_after: i64,
    state: String,
    sending_at: Option<i64>,
    reason: String,
}

impl Row {
    fn wrong(self) -> Result<Wrong> {
        Ok(Wrong {
            id: parse("email", "id", &self.id)?,
            client: parse("email", "client_id", &self.client_id)?,
            first_name: parse("client", "first_name", &self.first_name)?,
            last_name: parse_some("client", "last_name", self.last_name.as_deref())?,
            phone: self.phone,
            visit: parse("email", "visit_id", &self.visit_id)?,
            step: Step::of(&self.step).ok_or_else(|| bad("email", "step"))?,
            recipient: parse("email", "recipient", &self.recipient)?,
            due_at: instant("email", "due_at", self.due_at)?,
            not_after: instant("email", "not_after", self.not_after)?,
            state: State::of(&self.state).ok_or_else(|| bad("email", "state"))?,
            sending_at: self.sending_at.map(|at| instant("email", "sending_at", at)).transpose()?,
            reason: self.reason,
        })
    }
}
