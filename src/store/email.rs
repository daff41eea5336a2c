//! Emails as staff look at them: of one visit, the newest of a clinic, one by its id, wherever they stand.
//! Their life is changed in [`super::outbox`] alone.

pub mod trouble;

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::case::{among, json_list};
use super::convert::{bad, instant, parse, small, some_text};
use super::{Db, Result};
use crate::clinic::ids::{ClientId, ClinicId, EmailId, VisitId};
use crate::clinic::outbox::State;
use crate::clinic::person::EmailAddress;
use crate::clinic::plan::LetterId;
use crate::clinic::protocol::{Step, Stream};

/// One email and where it is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the outbox")]
pub struct Email {
    pub id: EmailId,
    pub client: ClientId,
    pub visit: VisitId,
    pub step: Step,
    pub stream: Stream,
    pub letter: LetterId,
    pub letter_version: u32,
    pub recipient: EmailAddress,
    pub locale: String,
    pub due_at: Timestamp,
    pub not_after: Timestamp,
    /// When it is looked at next, if it waits.
    pub next_at: Timestamp,
    pub state: State,
    pub attempts: u32,
    pub resends: u32,
    pub message_id: String,
    /// When it last went on the wire.
    pub sending_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    /// The relay's words.
    pub reply: Option<String>,
    /// Why it is where it is.
    pub reason: Option<String>,
    /// The version of the protocol it was planned by.
    pub protocol: u32,
}

macro_rules! columns {
    ($rest:literal) => {
        columns!("email_ever ", $rest)
    };
    ($table:literal, $rest:literal) => {
        concat!(
            "select id, client_id, visit_id, step, stream, letter, letter_version, recipient, locale, due_at, not_after,
                next_at, state, attempts, resends, message_id, sending_at, sent_at, reply, reason, protocol from ",
            $table,
            $rest
        )
    };
}

// Public for the test of their plans.
#[doc(hidden)]
pub const OF_VISIT: &str = columns!("where clinic_id = $1 and visit_id = $2 order by due_at, id");
#[doc(hidden)]
pub const OF_CLIENT: &str = columns!("where clinic_id = $1 and client_id = $2 order by due_at desc, id desc");
#[doc(hidden)]
pub const NEWEST: &str =
    columns!("where clinic_id = $1 and left_at is not null order by left_at desc, id desc limit $2");
#[doc(hidden)]
pub const AFTER: &str = columns!(
    "where clinic_id = $1 and id > $2 and ($3 = '' or visit_id = $3) and ($4 = '' or client_id = $4)
     order by id limit $5"
);
#[doc(hidden)]
pub const ONE: &str = columns!("where clinic_id = $1 and id = $2");

/// All emails of a visit, earliest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_visit(db: &mut Db, clinic: ClinicId, visit: VisitId) -> Result<Vec<Email>> {
    let rows: Vec<Row> = on!(db, c =>
        sqlx::query_as(OF_VISIT).bind(clinic.to_string()).bind(visit.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(Row::email).collect()
}

/// Table by table: SQLite would look for a list of visits in every email there ever was. Public for the test of its plan.
#[doc(hidden)]
#[must_use]
pub fn of_visits_statement(db: &Db) -> String {
    let among = among(db);
    format!(
        "select * from ({} where visit_id {among} and clinic_id = $2 union all {} where visit_id {among} and clinic_id = $2) as mail
         order by due_at, id",
        columns!("email", ""),
        columns!("email_past", "")
    )
}

/// All emails of these visits in one question, earliest first; visits without any are left out.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_visits(db: &mut Db, clinic: ClinicId, visits: &[VisitId]) -> Result<HashMap<VisitId, Vec<Email>>> {
    let ids = json_list(visits.iter().map(ToString::to_string));
    let sql = of_visits_statement(db);
    let rows: Vec<Row> = on!(db, c =>
        sqlx::query_as(AssertSqlSafe(sql)).bind(ids).bind(clinic.to_string()).fetch_all(c).await)?;
    let mut all: HashMap<VisitId, Vec<Email>> = HashMap::new();
    for row in rows {
        let email = row.email()?;
        all.entry(email.visit).or_default().push(email);
    }
    Ok(all)
}

/// All emails of a client, the latest due first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_client(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Vec<Email>> {
    let rows: Vec<Row> = on!(db, c =>
        sqlx::query_as(OF_CLIENT).bind(clinic.to_string()).bind(client.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(Row::email).collect()
}

/// The emails of a clinic that last came back from the wire, newest first: those have a frozen copy.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn newest(db: &mut Db, clinic: ClinicId, limit: u32) -> Result<Vec<Email>> {
    let rows: Vec<Row> = on!(db, c =>
        sqlx::query_as(NEWEST).bind(clinic.to_string()).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter().map(Row::email).collect()
}

/// The emails of a clinic in one state, earliest due first: the worklists of reception. Of those that were sent, the
/// ones that left lately.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn in_state(db: &mut Db, clinic: ClinicId, state: State, limit: u32) -> Result<Vec<Email>> {
    let sql = columns!("email ", "where clinic_id = $1 and state = $2 order by due_at, id limit $3");
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(state.id())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::email).collect()
}

/// The emails of a clinic in the order of their ids, those after this one, at most `limit` of them; of one visit or
/// client, where one is named.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn after(
    db: &mut Db,
    clinic: ClinicId,
    (visit, client): (Option<VisitId>, Option<ClientId>),
    last: Option<EmailId>,
    limit: u32,
) -> Result<Vec<Email>> {
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(AFTER)
        .bind(clinic.to_string())
        .bind(some_text(last).unwrap_or_default())
        .bind(some_text(visit).unwrap_or_default())
        .bind(some_text(client).unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::email).collect()
}

/// The email of this id.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, id: EmailId) -> Result<Option<Email>> {
    let row: Option<Row> = on!(db, c =>
        sqlx::query_as(ONE).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(Row::email).transpose()
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    visit_id: String,
    step: String,
    stream: String,
    letter: String,
    letter_version: i64,
    recipient: String,
    locale: String,
    due_at: i64,
    not_after: i64,
    next_at: i64,
    state: String,
    attempts: i64,
    resends: i64,
    message_id: String,
    sending_at: Option<i64>,
    sent_at: Option<i64>,
    reply: Option<String>,
    reason: Option<String>,
    protocol: i64,
}

impl Row {
    fn email(self) -> Result<Email> {
        Ok(Email {
            id: parse("email", "id", &self.id)?,
            client: parse("email", "client_id", &self.client_id)?,
            visit: parse("email", "visit_id", &self.visit_id)?,
            step: Step::of(&self.step).ok_or_else(|| bad("email", "step"))?,
            stream: Stream::of(&self.stream).ok_or_else(|| bad("email", "stream"))?,
            letter: LetterId::of(&self.letter).ok_or_else(|| bad("email", "letter"))?,
            letter_version: small("email", "letter_version", self.letter_version)?,
            recipient: parse("email", "recipient", &self.recipient)?,
            locale: self.locale,
            due_at: instant("email", "due_at", self.due_at)?,
            not_after: instant("email", "not_after", self.not_after)?,
            next_at: instant("email", "next_at", self.next_at)?,
            state: State::of(&self.state).ok_or_else(|| bad("email", "state"))?,
            attempts: small("email", "attempts", self.attempts)?,
            resends: small("email", "resends", self.resends)?,
            message_id: self.message_id,
            sending_at: self.sending_at.map(|at| instant("email", "sending_at", at)).transpose()?,
            sent_at: self.sent_at.map(|at| instant("email", "sent_at", at)).transpose()?,
            reply: self.reply,
            reason: self.reason,
            protocol: small("email", "protocol", self.protocol)?,
        })
    }
}
