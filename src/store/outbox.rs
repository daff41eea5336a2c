//! The outbox: every email we owe or sent, with its life. A row is written in the transaction
//! that caused it; from then on each step repeats the owner and the fence it was claimed under, so
//! that a worker which lost its lease changes nothing.
//!
//! What happens to an email next is decided in [`crate::clinic::outbox`] and by the worker; here
//! the decision is kept, together with its audit row.

mod batch;
mod hold;
mod kept;
mod lease;
mod past;
mod postgres;
mod revise;
mod row;
mod settle;
mod sqlite;

pub use batch::{Begin, Begins, Begun, Finish, Finished, batch_statements, before_begins, begin, finish};
pub(in crate::store) use hold::stop_begins;
pub use hold::{
    cancel_waiting, counts, hold_waiting, readdress, release, release_one, repeated, settle_held, stop_waiting, totals,
};
#[doc(hidden)]
pub use kept::CONTENT;
pub use kept::{Kept, Pattern, content, keep_patterns};
#[doc(hidden)]
pub use lease::{NEXT_DUE, ORPHANS, RECOVER_CLAIMED, RECOVER_SENDING, RECOVER_UNCERTAIN};
pub use lease::{Recovered, leave, next_due, recover, renew};
#[doc(hidden)]
pub use past::OVER;
pub use past::{has_past, set_aside};
pub use revise::{
    Anew, call_off, change, go_with, hold_one, one_at_a_time, owe_again, resume_one, take_all_back, take_back,
};
pub use settle::{drop_one, is_unsure};

use std::fmt;

use jiff::{Timestamp, Zoned};

use self::row::Changed;
use super::convert::random;
use super::{Db, Result, audit, wake};
use crate::clinic::ids::{ClientId, ClinicId, EmailId, PlanId, VisitId};
use crate::clinic::outbox::{State, Uncertainty};
use crate::clinic::person::EmailAddress;
use crate::clinic::plan::LetterId;
use crate::clinic::protocol::{Step, Stream};

/// How the reason of an email begins that waits for its turn at a provider; so it is known again.
pub const TURN: &str = "waits its turn";

/// Whoever holds emails for a while. Random, since two containers can share a host name and a pid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(String);

impl Owner {
    /// A new owner.
    #[must_use]
    pub fn fresh() -> Self {
        Self(uuid::Builder::from_random_bytes(random()).into_uuid().to_string())
    }

    /// The id as kept in the rows.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An email to be owed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the outbox")]
pub struct NewEmail {
    pub id: EmailId,
    pub clinic: ClinicId,
    pub client: ClientId,
    pub visit: VisitId,
    pub plan: Option<PlanId>,
    pub step: Step,
    pub stream: Stream,
    pub letter: LetterId,
    pub letter_version: u32,
    pub recipient: EmailAddress,
    pub locale: String,
    /// The local time that is meant; its zone is kept with it.
    pub due: Zoned,
    pub not_after: Timestamp,
    /// Fixed now: a retry must be the same message to every mailbox.
    pub message_id: String,
    pub on_uncertain: Uncertainty,
    /// The version of the clinic's protocol it is planned by.
    pub protocol: u32,
}

/// An email taken by a worker.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the outbox")]
pub struct Claimed {
    pub id: EmailId,
    pub clinic: ClinicId,
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
    /// Replies about this message so far.
    pub attempts: u32,
    /// How often it went out again because its fate was uncertain.
    pub resends: u32,
    /// To be repeated in [`Begin`] and [`Finish`].
    pub fence: i64,
    pub message_id: String,
    pub on_uncertain: Uncertainty,
    /// The version of the clinic's protocol it was planned by.
    pub protocol: u32,
    /// Whether its bytes are frozen already; then those are sent again.
    pub has_content: bool,
    /// Whether it comes back at the time its place in a line gave it.
    pub waited: bool,
}

/// What a worker asks for.
#[derive(Clone, Copy, Debug)]
pub struct ClaimRequest<'a> {
    /// Who asks.
    pub owner: &'a Owner,
    /// Clinic time: what is due by now.
    pub now: Timestamp,
    /// System time: until when nobody else may take it.
    pub lease_until: Timestamp,
    /// At most so many.
    pub limit: u32,
    /// Only these streams.
    pub streams: &'a [Stream],
}

/// Owes these emails. A step of a visit that is owed to an address already is left as it is.
/// Returns how many were new.
///
/// # Errors
/// When the database refuses, for instance an email whose client is of another clinic.
pub async fn insert(db: &mut Db, emails: &[NewEmail], created_at: Timestamp) -> Result<u64> {
    wake::soon(db).await?;
    match db {
        Db::Sqlite(tx, _) => sqlite::insert(tx, emails, created_at).await,
        Db::Postgres(tx, _) => postgres::insert(tx, emails, created_at).await,
    }
}

/// Takes what is due, earliest first, under a new fence, and renews the owner's lease; so it comes
/// before anything else in a transaction, as [`renew`] does. A row that cannot be read fails by
/// itself, so that it never stops the queue.
///
/// # Errors
/// When the database refuses.
pub async fn claim(db: &mut Db, request: &ClaimRequest<'_>) -> Result<Vec<Claimed>> {
    renew(db, request.owner, request.lease_until).await?;
    let mut rows = match db {
        Db::Sqlite(tx, _) => sqlite::claim(tx, request).await?,
        Db::Postgres(tx, _) => postgres::claim(tx, request).await?,
    };
    // Neither engine promises the order of RETURNING.
    rows.sort_by(|a, b| (a.next_at, &a.id).cmp(&(b.next_at, &b.id)));
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let unread = Changed { id: row.id.clone(), clinic_id: row.clinic_id.clone(), state: State::Failed.id().into() };
        match Claimed::try_from(row) {
            Ok(email) => claimed.push(email),
            Err(problem) => fail_unread(db, &unread, &problem, request.now).await?,
        }
    }
    Ok(claimed)
}

async fn fail_unread(db: &mut Db, row: &Changed, problem: &super::Error, at: Timestamp) -> Result<()> {
    tracing::error!(email = %row.id, %problem, "an email that cannot be read was failed");
    let sql = "update email set state = 'failed', owner = null, lease_until = null, reason = 'the row cannot be read'
               where id = $1";
    on!(db, c => sqlx::query(sql).bind(&row.id).execute(c).await.map(|_| ()))?;
    audit::record(db, &row.entry("email.failed", at)?).await
}

/// The statement of [`claim`], for the test of its query plan.
#[doc(hidden)]
#[must_use]
pub const fn claim_statement(db: &Db) -> &'static str {
    match db {
        Db::Sqlite(..) => sqlite::CLAIM,
        Db::Postgres(..) => postgres::CLAIM,
    }
}
