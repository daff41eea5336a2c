//! A worker's news, several emails in one transaction: what ended, and what begins.

use std::collections::HashMap;

use jiff::Timestamp;

use super::row::{Change, Changed};
use super::{Kept, Owner, postgres, sqlite};
use crate::clinic::ids::EmailId;
use crate::store::link::{self, EmailLinks};
use crate::store::{Db, Result, audit};

/// "I am about to send this one."
#[derive(Clone, Debug)]
pub struct Begin {
    /// Which email.
    pub id: EmailId,
    /// The fence it was claimed under.
    pub fence: i64,
    /// The frozen copy, in place of one kept before; `None` leaves the kept one as it is.
    pub content: Option<Kept>,
    /// The links it carries, kept when it begins: one that never begins leaves none.
    pub links: Option<EmailLinks>,
    /// Clinic time.
    pub at: Timestamp,
}

/// The answer to a [`Begin`]. DATA may start after [`Begun::Go`] was committed, and only then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Send it.
    Go,
    /// It is no longer ours: the lease ran out, or it was held or called off meanwhile.
    Lost,
    /// There is no consent; it is cancelled now.
    NoConsent,
    /// The address is suppressed; so is it now.
    Suppressed,
    /// It is of no use any more; it is expired now.
    TooLate,
    /// Mail of its clinic is stopped for the moment; it is back in line.
    Paused,
}

/// "This one is done."
#[derive(Clone, Debug)]
pub struct Finish {
    /// Which email.
    pub id: EmailId,
    /// The fence it was claimed under.
    pub fence: i64,
    /// How it ended.
    pub outcome: Finished,
}

/// How a claimed or begun email ended, for now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "reasons, replies and instants are their own names")]
pub enum Finished {
    /// Accepted with 250 after the final dot. Only after [`Begun::Go`].
    Sent { at: Timestamp, reply: String },
    /// Refused for good.
    Failed { reason: String },
    /// Later again.
    Again { next_at: Timestamp, count_attempt: bool, reason: String },
    /// The dot went out and no reply came. Only after [`Begun::Go`]; [`recover`](super::recover) settles it.
    Uncertain { reason: String },
    /// For staff to decide.
    Held { reason: String },
    /// Called off.
    Cancelled { reason: String },
    /// The address is suppressed.
    Suppressed { reason: String },
    /// Became too late.
    Expired { reason: String },
    /// Untouched, back in line.
    GiveBack,
    /// Untouched, back in line for this time: no news for the audit.
    Wait { next_at: Timestamp, reason: String },
}

/// Begins that no stop under way can overtake; see [`before_begins`].
#[derive(Debug)]
pub struct Begins<'a>(&'a [Begin]);

/// The statements that look for the emails of a batch, for the test of their query plans.
#[doc(hidden)]
#[must_use]
pub const fn batch_statements(db: &Db) -> &'static [&'static str] {
    match db {
        Db::Sqlite(..) => &[sqlite::FINISH, sqlite::JUDGE, sqlite::BEGIN, sqlite::DENY],
        Db::Postgres(..) => &[postgres::FINISH, postgres::BEGIN],
    }
}

/// To be called before anything else by a transaction that will claim, end and [`begin`] emails. A stop takes this
/// lock first and the emails after it: whoever had the emails and then waited for the lock would wait for
/// the stop, and the stop for them.
///
/// # Errors
/// When the database refuses.
pub async fn before_begins<'a>(db: &mut Db, begins: &'a [Begin]) -> Result<Begins<'a>> {
    // On SQLite there is one writer. Also without begins: what is claimed and ended here may be what a stop wants.
    if let Db::Postgres(tx, _) = db {
        postgres::before_begins(tx).await?;
    }
    Ok(Begins(begins))
}

/// Ends these emails, or puts them back. One whose fence is lost is logged and left to its new owner.
///
/// # Errors
/// When the database refuses; then nothing of it may be taken as done.
pub async fn finish(db: &mut Db, owner: &Owner, finishes: &[Finish], at: Timestamp) -> Result<()> {
    let changes: Vec<Change> = finishes.iter().map(Change::from).collect();
    let changed = match db {
        Db::Sqlite(tx, _) => sqlite::finish(tx, owner, &changes).await?,
        Db::Postgres(tx, _) => postgres::finish(tx, owner, &changes).await?,
    };
    let changed = by_id(&changed);
    let mut entries = Vec::with_capacity(changes.len());
    for change in &changes {
        match changed.get(change.id.as_str()) {
            Some(row) => entries.extend(change.action.map(|action| row.entry(action, at)).transpose()?),
            None => tracing::warn!(email = %change.id, to = change.state, "lost its fence: another owner decides"),
        }
    }
    audit::record_all(db, &entries).await
}

/// Begins these emails. Returns one answer for each, in their order.
///
/// # Errors
/// When the database refuses; then nothing of it may be taken as done.
pub async fn begin(db: &mut Db, owner: &Owner, Begins(begins): Begins<'_>, at: Timestamp) -> Result<Vec<Begun>> {
    let verdicts = match db {
        Db::Sqlite(tx, _) => sqlite::begin(tx, owner, begins).await?,
        Db::Postgres(tx, _) => postgres::begin(tx, owner, begins).await?,
    };
    let verdicts = by_id(&verdicts);
    let mut answers = Vec::with_capacity(begins.len());
    let (mut links, mut entries) = (Vec::new(), Vec::new());
    for begin in begins {
        let (answer, action) = match verdicts.get(begin.id.to_string().as_str()) {
            None => (Begun::Lost, None),
            Some(row) => {
                let (answer, action) = row.verdict()?;
                (answer, action.map(|action| row.entry(action, at)).transpose()?)
            }
        };
        if answer == Begun::Go {
            links.extend(begin.links.clone());
        }
        answers.push(answer);
        entries.extend(action);
    }
    link::keep_of_emails(db, &links).await?;
    audit::record_all(db, &entries).await?;
    Ok(answers)
}

/// The rows of a batch under their ids.
pub(super) fn by_id(rows: &[Changed]) -> HashMap<&str, &Changed> {
    rows.iter().map(|row| (row.id.as_str(), row)).collect()
}
