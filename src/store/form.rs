//! The intake form in the client's own hands: tries at its door, who passed it, what was sent for a
//! visit, the name under it, and how far a visit's form is. Answers that are not finished are drafts, in
//! [`super::intake::draft`]; links are in [`super::link`].

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::case::{among, json_list};
use super::convert::{instant, open_json, parse, seal_json, small};
use super::{Db, Result};
use crate::clinic::ids::{ClientId, ClinicId, IntakeId, VisitId};
use crate::clinic::intake::guest::Signed;

/// So many wrong dates of birth, and the link opens nothing any more.
const MOST_TRIES: i64 = 3;

/// Counts a try at the door of a link, before anyone looks whether it was right. `false` when there were
/// too many already: then it is not looked at.
///
/// # Errors
/// When the database refuses.
pub async fn count_try(db: &mut Db, clinic: ClinicId, link: &str) -> Result<bool> {
    let sql = "insert into form_door (link_id, clinic_id, tries) values ($1, $2, 1)
               on conflict (link_id) do update set tries = form_door.tries + 1 where form_door.tries < $3";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(link)
        .bind(clinic.to_string())
        .bind(MOST_TRIES)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// How many tries are left at this door.
///
/// # Errors
/// When the database refuses.
pub async fn tries_left(db: &mut Db, clinic: ClinicId, link: &str) -> Result<u32> {
    let sql = "select tries from form_door where clinic_id = $1 and link_id = $2";
    let tries: Option<i64> =
        on!(db, c => sqlx::query_scalar(sql).bind(clinic.to_string()).bind(link).fetch_optional(c).await)?;
    small("form_door", "tries", (MOST_TRIES - tries.unwrap_or(0)).max(0))
}

/// Lets the browser with the secret of this digest in, and forgets the wrong tries.
///
/// # Errors
/// When the database refuses.
pub async fn let_in(db: &mut Db, clinic: ClinicId, link: &str, digest: &str, at: Timestamp) -> Result<()> {
    let forgive = "delete from form_door where clinic_id = $1 and link_id = $2";
    let pass = "insert into form_pass (id, link_id, clinic_id, made_at) values ($1, $2, $3, $4)";
    on!(db, c => {
        sqlx::query(forgive).bind(clinic.to_string()).bind(link).execute(&mut *c).await?;
        sqlx::query(pass)
            .bind(digest)
            .bind(link)
            .bind(clinic.to_string())
            .bind(at.as_millisecond())
            .execute(c)
            .await?;
    });
    Ok(())
}

/// Whether the browser with the secret of this digest came in by this link.
///
/// # Errors
/// When the database refuses.
pub async fn is_in(db: &mut Db, clinic: ClinicId, link: &str, digest: &str) -> Result<bool> {
    let sql = "select count(*) from form_pass where clinic_id = $1 and link_id = $2 and id = $3";
    let rows: i64 = on!(db, c => sqlx::query_scalar(sql)
        .bind(clinic.to_string())
        .bind(link)
        .bind(digest)
        .fetch_one(c)
        .await)?;
    Ok(rows > 0)
}

/// Lets everyone out who came in for this visit, once the form is sent.
///
/// # Errors
/// When the database refuses.
pub async fn let_out(db: &mut Db, clinic: ClinicId, visit: VisitId) -> Result<()> {
    let sql = "delete from form_pass where clinic_id = $1 and link_id in (select id from link where visit_id = $2)";
    on!(db, c => sqlx::query(sql).bind(clinic.to_string()).bind(visit.to_string()).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// The links to a visit's form follow its end, when the visit is moved.
///
/// # Errors
/// When the database refuses.
pub async fn follow(db: &mut Db, clinic: ClinicId, visit: VisitId, ends_at: Timestamp) -> Result<()> {
    let sql = "update link set ends_at = $3
               where clinic_id = $1 and visit_id = $2 and purpose = 'intake' and revoked_at is null";
    on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(visit.to_string())
        .bind(ends_at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Takes the one place for the form of a visit; `false` when it is taken, from however many phones.
/// The intake follows in the same transaction.
///
/// # Errors
/// When the database refuses.
pub async fn send(
    db: &mut Db,
    clinic: ClinicId,
    (visit, client): (VisitId, ClientId),
    intake: IntakeId,
    at: Timestamp,
) -> Result<bool> {
    let sql = "insert into form_sent (visit_id, clinic_id, client_id, intake_id, at) values ($1, $2, $3, $4, $5)
               on conflict (visit_id) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(visit.to_string())
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(intake.to_string())
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// When the form of this visit was sent, if it was.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn sent_at(db: &mut Db, clinic: ClinicId, visit: VisitId) -> Result<Option<Timestamp>> {
    let sql = "select at from form_sent where clinic_id = $1 and visit_id = $2";
    let at: Option<i64> = on!(db, c =>
        sqlx::query_scalar(sql).bind(clinic.to_string()).bind(visit.to_string()).fetch_optional(c).await)?;
    at.map(|at| instant("form_sent", "at", at)).transpose()
}

fn signature_context(intake: IntakeId) -> String {
    format!("intake_signature/sealed/{intake}")
}

/// Keeps what was signed under an intake.
///
/// # Errors
/// When the database refuses.
pub async fn sign(db: &mut Db, clinic: ClinicId, intake: IntakeId, signed: &Signed, at: Timestamp) -> Result<()> {
    let sealed = seal_json(db, &signature_context(intake), signed)?;
    let sql = "insert into intake_signature (intake_id, clinic_id, sealed, at) values ($1, $2, $3, $4)";
    on!(db, c => sqlx::query(sql)
        .bind(intake.to_string())
        .bind(clinic.to_string())
        .bind(sealed)
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// What was signed under an intake, and when.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn signed(db: &mut Db, clinic: ClinicId, intake: IntakeId) -> Result<Option<(Signed, Timestamp)>> {
    let sql = "select sealed, at from intake_signature where clinic_id = $1 and intake_id = $2";
    let row: Option<(Vec<u8>, i64)> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(intake.to_string()).fetch_optional(c).await)?;
    let Some((sealed, at)) = row else { return Ok(None) };
    let signed = open_json(db, "intake_signature", &signature_context(intake), &sealed)?;
    Ok(Some((signed, instant("intake_signature", "at", at)?)))
}

/// How far a visit's form is in the client's hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// When the client was last sent a link, or handed one.
    pub link_at: Option<Timestamp>,
    /// Pages done and pages in all, while it is not finished.
    pub begun: Option<(u32, u32)>,
    /// When they sent it.
    pub sent_at: Option<Timestamp>,
}

/// How far the forms of these visits are; a visit nobody was asked for is left out.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn asked(db: &mut Db, clinic: ClinicId, visits: &[VisitId]) -> Result<HashMap<VisitId, Asked>> {
    let sql = format!(
        "select v.id, (select max(l.made_at) from link l where l.visit_id = v.id and l.purpose = 'intake') as link_at,
            d.done, d.pages, s.at
         from visit v
         left join intake_draft d on d.visit_id = v.id and d.guest is not null
         left join form_sent s on s.visit_id = v.id
         where v.id {} and v.clinic_id = $2",
        among(db)
    );
    let ids = json_list(visits.iter().map(ToString::to_string));
    let rows: Vec<Row> = on!(db, c =>
        sqlx::query_as(AssertSqlSafe(sql)).bind(ids).bind(clinic.to_string()).fetch_all(c).await)?;
    let rows = rows.into_iter().filter(|(_, link, done, _, sent)| link.is_some() || done.is_some() || sent.is_some());
    rows.map(|(id, link_at, done, pages, sent_at)| {
        let some = |column, at: Option<i64>| at.map(|at| instant("visit", column, at)).transpose();
        let begun = done.zip(pages).map(|(done, pages)| {
            Ok::<_, super::Error>((small("intake_draft", "done", done)?, small("intake_draft", "pages", pages)?))
        });
        let asked =
            Asked { link_at: some("link_at", link_at)?, begun: begun.transpose()?, sent_at: some("at", sent_at)? };
        Ok((parse("visit", "id", &id)?, asked))
    })
    .collect()
}

/// Visit, link made, pages done, pages in all, sent.
type Row = (String, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
