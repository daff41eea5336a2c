//! Mail that came back. One row a notice, with the notice itself sealed: it may repeat our letter.

use jiff::Timestamp;

use super::convert::{bad, fresh_uuid, instant, parse, parse_some, some_text};
use super::{Db, Result};
use crate::clinic::bounce::Meaning;
use crate::clinic::ids::{AccountId, BounceId, ClientId, ClinicId, EmailId};
use crate::clinic::person::{EmailAddress, PersonName};

/// So much of a notice is kept: its fields and its words stand at the beginning.
const MOST_KEPT: usize = 16 * 1024;

/// The mail that a notice is about: an email of a plan, or service mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Which one.
    pub email: EmailId,
    /// `email` or `notice`: in which of the two tables it stands.
    pub kind: &'static str,
    /// Of which clinic.
    pub clinic: ClinicId,
    /// To which client; none when it went to staff.
    pub client: Option<ClientId>,
    /// Where it went.
    pub address: EmailAddress,
}

/// A notice to keep.
#[derive(Debug)]
pub struct Notice<'a> {
    /// What it is about.
    pub about: &'a About,
    /// What it means.
    pub meaning: Meaning,
    /// The far server's code, such as "5.1.1".
    pub status: Option<String>,
    /// The mail as it came.
    pub raw: &'a [u8],
}

/// A notice that a person should know of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the table")]
pub struct Returned {
    pub id: BounceId,
    /// Which client, by first and last name; none when it went to staff.
    pub client: Option<(ClientId, PersonName, Option<PersonName>)>,
    pub address: String,
    pub at: Timestamp,
    pub meaning: Meaning,
}

/// Whose mail this is, of whichever clinic, if it ever went on the wire. Emails of plans and service mail
/// have ids of one kind, and each stands in one of the two tables.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn about(db: &mut Db, email: EmailId) -> Result<Option<About>> {
    let sql = "select 0, clinic_id, client_id, recipient from email_ever where id = $1 and sending_at is not null
               union all
               select 1, clinic_id, client_id, recipient from notice where id = $1 and sending_at is not null";
    let row: Option<(i32, String, Option<String>, String)> =
        on!(db, c => sqlx::query_as(sql).bind(email.to_string()).fetch_optional(c).await)?;
    let read = |(table, clinic, client, recipient): (i32, String, Option<String>, String)| {
        Ok(About {
            email,
            kind: if table == 0 { "email" } else { "notice" },
            clinic: parse("email", "clinic_id", &clinic)?,
            client: parse_some("email", "client_id", client.as_deref())?,
            address: parse("email", "recipient", &recipient)?,
        })
    };
    row.map(read).transpose()
}

/// Keeps a notice; nothing when the same was told before.
///
/// # Errors
/// When the database refuses.
pub async fn insert(db: &mut Db, notice: &Notice<'_>, at: Timestamp) -> Result<Option<BounceId>> {
    let id = BounceId::from_uuid(fresh_uuid(at));
    let kept = notice.raw.get(..MOST_KEPT).unwrap_or(notice.raw);
    let evidence = db.seal().seal(&context(id), kept);
    let sql = "insert into bounce (id, clinic_id, client_id, email_id, address, at, meaning, status, evidence)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (email_id, meaning) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(id.to_string())
        .bind(notice.about.clinic.to_string())
        .bind(some_text(notice.about.client))
        .bind(notice.about.email.to_string())
        .bind(notice.about.address.normalised())
        .bind(at.as_millisecond())
        .bind(notice.meaning.id())
        .bind(notice.status.as_deref())
        .bind(evidence)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok((rows == 1).then_some(id))
}

/// When other emails to this address found its mailbox full, switched off or out of reach.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn not_now_before(db: &mut Db, about: &About) -> Result<Vec<Timestamp>> {
    let sql = "select at from bounce where clinic_id = $1 and address = $2 and meaning = 'not_now' and email_id <> $3";
    let rows: Vec<i64> = on!(db, c => sqlx::query_scalar(sql)
        .bind(about.clinic.to_string())
        .bind(about.address.normalised())
        .bind(about.email.to_string())
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(|at| instant("bounce", "at", at)).collect()
}

/// Notices since then that a person should know of and nobody has seen to, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn open(db: &mut Db, clinic: ClinicId, since: Timestamp, limit: u32) -> Result<Vec<Returned>> {
    let sql = "select b.id, b.client_id, c.first_name, c.last_name, b.address, b.at, b.meaning
               from bounce b left join client c on c.id = b.client_id
               where b.clinic_id = $1 and b.seen_at is null and b.at >= $2
                  and b.meaning in ('no_mailbox', 'not_now', 'our_fault', 'complaint')
               order by b.at, b.id limit $3";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(since.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(c)
        .await)?;
    rows.into_iter().map(Row::returned).collect()
}

/// Somebody has seen to a notice. `false` when there is no such notice here, or it was seen to before.
///
/// # Errors
/// When the database refuses.
pub async fn seen(db: &mut Db, clinic: ClinicId, id: BounceId, (by, at): (AccountId, Timestamp)) -> Result<bool> {
    let sql = "update bounce set seen_by = $3, seen_at = $4 where clinic_id = $1 and id = $2 and seen_at is null";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(id.to_string())
        .bind(by.to_string())
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The notice as it came, cut at 16 KiB: the evidence.
///
/// # Errors
/// When the database refuses or it does not open.
pub async fn evidence(db: &mut Db, clinic: ClinicId, id: BounceId) -> Result<Option<Vec<u8>>> {
    let sql = "select evidence from bounce where clinic_id = $1 and id = $2";
    let row: Option<Vec<u8>> =
        on!(db, c => sqlx::query_scalar(sql).bind(clinic.to_string()).bind(id.to_string()).fetch_optional(c).await)?;
    row.map(|sealed| Ok(db.seal().open(&context(id), &sealed)?)).transpose()
}

fn context(id: BounceId) -> String {
    format!("bounce/evidence/{id}")
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    address: String,
    at: i64,
    meaning: String,
}

impl Row {
    fn returned(self) -> Result<Returned> {
        let client = match self.client_id.zip(self.first_name) {
            Some((id, first_name)) => Some((
                parse("bounce", "client_id", &id)?,
                parse("client", "first_name", &first_name)?,
                parse_some("client", "last_name", self.last_name.as_deref())?,
            )),
            None => None,
        };
        Ok(Returned {
            id: parse("bounce", "id", &self.id)?,
            client,
            address: self.address,
            at: instant("bounce", "at", self.at)?,
            meaning: Meaning::of(&self.meaning).ok_or_else(|| bad("bounce", "meaning"))?,
        })
    }
}
