//! Who has read what a client wrote in their own words. Until someone has, heat and stretches wait
//! for "another condition", and medicines and allergies stand as a task.

use jiff::Timestamp;

use super::Given;
use crate::clinic::ids::{AccountId, ClientId, ClinicId, IntakeId};
use crate::clinic::intake::Intake;
use crate::store::convert::{instant, parse};
use crate::store::{Db, Result};

/// That someone has read the texts of an intake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Who.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// Whether an intake has words that somebody has to read.
#[must_use]
pub fn has_text(answers: &Intake) -> bool {
    texts(answers).iter().any(|text| !text.is_empty())
}

fn texts(answers: &Intake) -> [&str; 3] {
    [&answers.other_conditions, &answers.medicines, &answers.allergies].map(|text| text.trim())
}

/// A new intake with text waits to be read. The same words, read before, are read.
pub(super) async fn begin(db: &mut Db, clinic: ClinicId, new: &Given, before: Option<&Given>) -> Result<()> {
    let read = match before.filter(|before| texts(&before.answers) == texts(&new.answers)) {
        Some(before) => of(db, clinic, before.id).await?,
        None => None,
    };
    let sql = "insert into text_review (intake_id, clinic_id, client_id, state, at, by_account)
               values ($1, $2, $3, $4, $5, $6)";
    on!(db, c => sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(clinic.to_string())
        .bind(new.client.to_string())
        .bind(if read.is_some() { "read" } else { "waiting" })
        .bind(read.map(|read| read.at.as_millisecond()))
        .bind(read.map(|read| read.by.to_string()))
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Who has read the texts of this intake, if anyone has.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn of(db: &mut Db, clinic: ClinicId, intake: IntakeId) -> Result<Option<Read>> {
    let sql = "select at, by_account from text_review where clinic_id = $1 and intake_id = $2 and state = 'read'";
    let row: Option<(i64, String)> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(intake.to_string()).fetch_optional(c).await)?;
    row.map(|(at, by)| Ok(Read { by: parse("text_review", "by_account", &by)?, at: instant("text_review", "at", at)? }))
        .transpose()
}

/// Keeps who read the texts of an intake; `false` when someone had, or when it has none.
///
/// # Errors
/// When the database refuses.
pub async fn record(db: &mut Db, clinic: ClinicId, intake: IntakeId, read: Read) -> Result<bool> {
    let sql = "update text_review set state = 'read', at = $3, by_account = $4
               where clinic_id = $1 and intake_id = $2 and state = 'waiting'";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(intake.to_string())
        .bind(read.at.as_millisecond())
        .bind(read.by.to_string())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The latest intakes whose texts wait to be read, the longest waiting first. An older intake of a
/// client waits no more once a newer one is there.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn waiting(db: &mut Db, clinic: ClinicId) -> Result<Vec<(IntakeId, ClientId)>> {
    let sql = "select r.intake_id, r.client_id from text_review r join intake i on i.id = r.intake_id
               where r.clinic_id = $1 and r.state = 'waiting' and not exists (select 1 from intake n
                  where n.client_id = i.client_id and (n.given_at, n.id) > (i.given_at, i.id))
               order by i.given_at, i.id";
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(intake, client)| {
            Ok((parse("text_review", "intake_id", &intake)?, parse("text_review", "client_id", &client)?))
        })
        .collect()
}
