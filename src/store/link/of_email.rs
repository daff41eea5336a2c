//! The links of one email, in one row: clinics send millions of emails, each with three or four links that are made,
//! switched off and forgotten together. Each still has a secret of its own and opens one thing.

use jiff::Timestamp;

use super::{Dead, Opened, Why};
use crate::clinic::ids::{ClientId, ClinicId, EmailId};
use crate::clinic::link::Purpose;
use crate::seal::link::{fresh_name, fresh_secret};
use crate::seal::token::same;
use crate::store::convert::{bad, instant, json_rows, parse, parse_some};
use crate::store::{Db, Result};

/// The links of one email with their tokens, ready to be kept: it can be written before its row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailLinks {
    name: String,
    email: EmailId,
    made_at: Timestamp,
    /// What each opens, and the digest of its secret.
    links: Vec<(Purpose, String)>,
}

impl EmailLinks {
    /// A row without links yet. It opens nothing until it is kept.
    #[must_use]
    pub fn new(email: EmailId, made_at: Timestamp) -> Self {
        Self { name: fresh_name(), email, made_at, links: Vec::new() }
    }

    /// Adds a link and returns its token, which nobody can read again.
    pub fn mint(&mut self, purpose: Purpose) -> String {
        let fresh = fresh_secret(&self.name);
        self.links.push((purpose, fresh.digest));
        fresh.token
    }

    /// What each link opens, in one column.
    fn opens(&self) -> String {
        joined(self.links.iter().map(|(purpose, _)| match purpose.about() {
            "" => purpose.id().to_owned(),
            about => format!("{}/{about}", purpose.id()),
        }))
    }

    /// The digests, in the same order.
    fn secrets(&self) -> String {
        joined(self.links.iter().map(|(_, digest)| digest.clone()))
    }

    /// When the last of them ends.
    fn ends_at(&self) -> Timestamp {
        self.links.iter().map(|(purpose, _)| ends_at(*purpose, self.made_at)).max().unwrap_or(self.made_at)
    }
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

/// When a link of an email ends. None of them is for the intake, so the visit's end means nothing to it.
fn ends_at(purpose: Purpose, made_at: Timestamp) -> Timestamp {
    purpose.ends_at(made_at, made_at)
}

/// Keeps the links of these emails, for whom these are; from the commit on they open their pages. An email that is gone
/// leaves none.
///
/// # Errors
/// When the database refuses.
pub async fn keep(db: &mut Db, emails: &[EmailLinks]) -> Result<()> {
    if emails.is_empty() {
        return Ok(());
    }
    // One text for any number of rows: the database reads and plans it once.
    match db {
        Db::Sqlite(tx, _) => {
            let list = json_rows(emails.iter().map(|links| {
                let EmailLinks { name, email, made_at, .. } = links;
                let (made_at, ends_at) = (made_at.as_millisecond(), links.ends_at().as_millisecond());
                (name, email, links.opens(), links.secrets(), made_at, ends_at)
            }))?;
            sqlx::query(
                "insert into email_link (id, clinic_id, client_id, visit_id, opens, secrets, made_at, ends_at)
                 select n.value ->> 0, e.clinic_id, e.client_id, e.visit_id, n.value ->> 2, n.value ->> 3, n.value ->> 4,
                    n.value ->> 5 from json_each($1) n cross join email e on e.id = n.value ->> 1",
            )
            .bind(list)
            .execute(&mut **tx)
            .await?;
        }
        Db::Postgres(tx, _) => {
            fn column<'a, T>(emails: &'a [EmailLinks], of: impl Fn(&'a EmailLinks) -> T) -> Vec<T> {
                emails.iter().map(of).collect()
            }
            sqlx::query(
                "insert into email_link (id, clinic_id, client_id, visit_id, opens, secrets, made_at, ends_at)
                 select n.id, e.clinic_id, e.client_id, e.visit_id, n.opens, n.secrets, n.made_at, n.ends_at
                 from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
                    as n (id, email_id, opens, secrets, made_at, ends_at)
                 join email e on e.id = n.email_id",
            )
            .bind(column(emails, |links| links.name.as_str()))
            .bind(column(emails, |links| links.email.to_string()))
            .bind(column(emails, EmailLinks::opens))
            .bind(column(emails, EmailLinks::secrets))
            .bind(column(emails, |links| links.made_at.as_millisecond()))
            .bind(column(emails, |links| links.ends_at().as_millisecond()))
            .execute(&mut **tx)
            .await?;
        }
    }
    Ok(())
}

/// What the link of this name and digest opens now.
pub(super) async fn open(db: &mut Db, name: &str, digest: &str, now: Timestamp) -> Result<Result<Opened, Dead>> {
    let sql = "select id, clinic_id, client_id, visit_id, opens, secrets, made_at, revoked_at
               from email_link where id = $1";
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql).bind(name).fetch_optional(c).await)?;
    match row {
        Some(row) => row.opened(digest, now),
        None => Ok(Err(Dead::UNKNOWN)),
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    clinic_id: String,
    client_id: Option<String>,
    visit_id: Option<String>,
    opens: String,
    secrets: String,
    made_at: i64,
    revoked_at: Option<i64>,
}

impl Row {
    fn opened(self, digest: &str, now: Timestamp) -> Result<Result<Opened, Dead>> {
        let mut links = self.opens.split(' ').zip(self.secrets.split(' '));
        let Some((opens, _)) = links.find(|(_, secret)| same(secret, digest)) else { return Ok(Err(Dead::UNKNOWN)) };
        let (purpose, about) = opens.split_once('/').unwrap_or((opens, ""));
        let purpose = Purpose::of(purpose, about).ok_or_else(|| bad("email_link", "opens"))?;
        let clinic: ClinicId = parse("email_link", "clinic_id", &self.clinic_id)?;
        let client: Option<ClientId> = parse_some("email_link", "client_id", self.client_id.as_deref())?;
        let made_at = instant("email_link", "made_at", self.made_at)?;
        let dead = |why| Ok(Err(Dead { clinic: Some(clinic), client, why }));
        let Some(client) = client.filter(|_| self.revoked_at.is_none()) else { return dead(Why::Revoked) };
        if ends_at(purpose, made_at) <= now {
            return dead(Why::Ended);
        }
        let visit = parse_some("email_link", "visit_id", self.visit_id.as_deref())?;
        Ok(Ok(Opened { clinic, client, visit, purpose, made_at, name: self.id }))
    }
}
