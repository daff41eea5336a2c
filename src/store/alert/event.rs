//! What happened to an alert, in order. Only added to; words are sealed.

use jiff::Timestamp;

use crate::clinic::ids::{AccountId, AlertEventId, AlertId, ClinicId};
use crate::store::convert::{bad, fresh_uuid, instant, open_json, parse_some, seal_json, some_text};
use crate::store::{Db, Result};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It was opened.
    Opened,
    /// Later answers came in.
    Answered,
    /// It became more urgent.
    Raised,
    /// Emails were held; the words say how many.
    Held,
    /// An address was told; the words say which.
    Told,
    /// Somebody took it.
    Taken,
    /// It was handed on; the words say to whom.
    HandedOn,
    /// Somebody called, and nobody answered.
    NoAnswer,
    /// Somebody spoke with the client.
    Spoke,
    /// Somebody wrote something down.
    Noted,
    /// The held emails go on.
    Released,
    /// The held emails were called off.
    CalledOff,
    /// The outcome was written down.
    Closed,
}

impl What {
    const ALL: [Self; 13] = [
        Self::Opened,
        Self::Answered,
        Self::Raised,
        Self::Held,
        Self::Told,
        Self::Taken,
        Self::HandedOn,
        Self::NoAnswer,
        Self::Spoke,
        Self::Noted,
        Self::Released,
        Self::CalledOff,
        Self::Closed,
    ];

    /// The id used in tables and the audit.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Answered => "answered",
            Self::Raised => "raised",
            Self::Held => "held",
            Self::Told => "told",
            Self::Taken => "taken",
            Self::HandedOn => "handed_on",
            Self::NoAnswer => "no_answer",
            Self::Spoke => "spoke",
            Self::Noted => "noted",
            Self::Released => "released",
            Self::CalledOff => "called_off",
            Self::Closed => "closed",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// By whom; `None` when nobody clicked for it.
    pub by: Option<AccountId>,
    /// In words; may be empty.
    pub words: String,
}

fn words_context(id: impl std::fmt::Display) -> String {
    format!("alert_event/words/{id}")
}

/// Writes down what happened.
///
/// # Errors
/// When the database refuses, for instance an alert of another clinic.
pub async fn add(db: &mut Db, clinic: ClinicId, alert: AlertId, event: &Event) -> Result<()> {
    let id = AlertEventId::from_uuid(fresh_uuid(event.at));
    let words = match event.words.as_str() {
        "" => None,
        words => Some(seal_json(db, &words_context(id), &words)?),
    };
    let sql = "insert into alert_event (id, clinic_id, alert_id, at, what, account_id, words)
               values ($1, $2, $3, $4, $5, $6, $7)";
    on!(db, c => sqlx::query(sql)
        .bind(id.to_string())
        .bind(clinic.to_string())
        .bind(alert.to_string())
        .bind(event.at.as_millisecond())
        .bind(event.what.id())
        .bind(some_text(event.by))
        .bind(words)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Everything that happened to an alert, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn history(db: &mut Db, clinic: ClinicId, alert: AlertId) -> Result<Vec<Event>> {
    let sql = "select id, at, what, account_id, words from alert_event
               where clinic_id = $1 and alert_id = $2 order by at, id";
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(alert.to_string()).fetch_all(c).await)?;
    rows.into_iter().map(|row| row.event(db)).collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    at: i64,
    what: String,
    account_id: Option<String>,
    words: Option<Vec<u8>>,
}

impl Row {
    fn event(self, db: &Db) -> Result<Event> {
        Ok(Event {
            at: instant("alert_event", "at", self.at)?,
            what: What::ALL
                .into_iter()
                .find(|what| what.id() == self.what)
                .ok_or_else(|| bad("alert_event", "what"))?,
            by: parse_some("alert_event", "account_id", self.account_id.as_deref())?,
            words: match &self.words {
                Some(sealed) => open_json(db, "alert_event", &words_context(&self.id), sealed)?,
                None => String::new(),
            },
        })
    }
}
