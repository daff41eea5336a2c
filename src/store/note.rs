//! Notes, sealed as one piece a note, and what was added after signing. A save names the version
//! it was written on; when another save came first nothing is written, and the caller asks again.

use jiff::Timestamp;

use super::convert::{instant, open_json, parse, parse_some, seal_json, small};
use super::{Db, Result, fresh_uuid};
use crate::clinic::ids::{AccountId, AddendumId, ClientId, ClinicId, NoteId, VisitId};
use crate::clinic::note::{Addendum, Note};
use crate::clinic::person::PersonName;

/// A note as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: NoteId,
    /// Of which visit.
    pub visit: VisitId,
    /// Grows with every save.
    pub version: u32,
    /// The note.
    pub note: Note,
    /// Who saved it last.
    pub changed_by: PersonName,
    /// When.
    pub changed_at: Timestamp,
    /// What was added after signing, oldest first.
    pub addenda: Vec<Addendum>,
}

/// A save: who writes what, over which version.
#[derive(Clone, Copy, Debug)]
pub struct Save<'a> {
    /// The visit whose note it is.
    pub visit: VisitId,
    /// The version it was written on; 0 when there was none yet.
    pub over: u32,
    /// The note.
    pub note: &'a Note,
    /// By whom.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

fn body_context(id: impl std::fmt::Display) -> String {
    format!("note/body/{id}")
}

fn addendum_context(id: impl std::fmt::Display) -> String {
    format!("note_addendum/body/{id}")
}

/// Saves a note, signed when it has a signature. `None`: another version is there, or it is signed.
///
/// # Errors
/// When the database refuses, for instance a visit of another clinic.
pub async fn save(db: &mut Db, clinic: ClinicId, save: Save<'_>) -> Result<Option<NoteId>> {
    if save.over == 0 {
        return insert(db, clinic, save).await;
    }
    let Some(id) = id_of(db, clinic, save.visit).await? else { return Ok(None) };
    let body = seal_json(db, &body_context(&id), save.note)?;
    let signature = save.note.signature.as_ref();
    let sql = "update note set body = $4, version = version + 1, state = $5, changed_by = $6, changed_at = $7,
                  signed_by = $8, signed_at = $9
               where clinic_id = $1 and id = $2 and version = $3 and state = 'draft'";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(clinic.to_string())
        .bind(&id)
        .bind(i64::from(save.over))
        .bind(body)
        .bind(state(save.note))
        .bind(save.by.to_string())
        .bind(save.at.as_millisecond())
        .bind(signature.map(|signature| signature.by.to_string()))
        .bind(signature.map(|signature| signature.at.as_millisecond()))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    (rows == 1).then(|| parse("note", "id", &id)).transpose()
}

async fn insert(db: &mut Db, clinic: ClinicId, save: Save<'_>) -> Result<Option<NoteId>> {
    let id = NoteId::from_uuid(fresh_uuid(save.at));
    let body = seal_json(db, &body_context(id), save.note)?;
    let signature = save.note.signature.as_ref();
    let sql = "insert into note (id, clinic_id, visit_id, version, state, body, changed_by, changed_at, signed_by,
                  signed_at, created_at)
               values ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $7) on conflict (visit_id) do nothing";
    let rows = on!(db, c => sqlx::query(sql)
        .bind(id.to_string())
        .bind(clinic.to_string())
        .bind(save.visit.to_string())
        .bind(state(save.note))
        .bind(body)
        .bind(save.by.to_string())
        .bind(save.at.as_millisecond())
        .bind(signature.map(|signature| signature.by.to_string()))
        .bind(signature.map(|signature| signature.at.as_millisecond()))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok((rows == 1).then_some(id))
}

const fn state(note: &Note) -> &'static str {
    if note.signature.is_some() { "signed" } else { "draft" }
}

async fn id_of(db: &mut Db, clinic: ClinicId, visit: VisitId) -> Result<Option<String>> {
    let sql = "select id from note where clinic_id = $1 and visit_id = $2";
    let row: Option<(String,)> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(visit.to_string()).fetch_optional(c).await)?;
    Ok(row.map(|(id,)| id))
}

/// The note of a visit, with its addenda.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn find(db: &mut Db, clinic: ClinicId, visit: VisitId) -> Result<Option<Kept>> {
    let sql = "select n.id, n.visit_id, n.version, n.body, a.name as changed_by, n.changed_at from note n
               join account a on a.id = n.changed_by
               where n.clinic_id = $1 and n.visit_id = $2";
    let row: Option<Row> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(visit.to_string()).fetch_optional(c).await)?;
    let Some(row) = row else { return Ok(None) };
    let addenda = addenda(db, clinic, &row.id).await?;
    row.kept(db, addenda).map(Some)
}

async fn addenda(db: &mut Db, clinic: ClinicId, note: &str) -> Result<Vec<Addendum>> {
    let sql = "select id, body from note_addendum where clinic_id = $1 and note_id = $2 order by added_at, id";
    let rows: Vec<(String, Vec<u8>)> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(note).fetch_all(c).await)?;
    rows.into_iter().map(|(id, body)| open_json(db, "note_addendum", &addendum_context(&id), &body)).collect()
}

/// Adds to a signed note.
///
/// # Errors
/// When the database refuses, for instance a note of another clinic.
pub async fn add(db: &mut Db, clinic: ClinicId, note: NoteId, addendum: &Addendum) -> Result<()> {
    let id = AddendumId::from_uuid(fresh_uuid(addendum.signature.at));
    let body = seal_json(db, &addendum_context(id), addendum)?;
    let sql = "insert into note_addendum (id, clinic_id, note_id, added_by, added_at, body)
               values ($1, $2, $3, $4, $5, $6)";
    on!(db, c => sqlx::query(sql)
        .bind(id.to_string())
        .bind(clinic.to_string())
        .bind(note.to_string())
        .bind(addendum.signature.by.to_string())
        .bind(addendum.signature.at.as_millisecond())
        .bind(body)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A signed note with the start of its visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Of which visit.
    pub visit: VisitId,
    /// When that visit started.
    pub starts_at: Timestamp,
    /// The note.
    pub note: Note,
}

/// The last signed note of a client from a visit before this moment.
///
/// # Errors
/// When the database refuses or the row cannot be read.
pub async fn last_signed(db: &mut Db, clinic: ClinicId, client: ClientId, before: Timestamp) -> Result<Option<Signed>> {
    let sql = "select n.id, n.visit_id, v.starts_at, n.body from visit v join note n on n.visit_id = v.id
               where v.clinic_id = $1 and v.client_id = $2 and v.starts_at < $3 and n.state = 'signed'
               order by v.starts_at desc, v.id desc limit 1";
    let row: Option<(String, String, i64, Vec<u8>)> = on!(db, c => sqlx::query_as(sql)
        .bind(clinic.to_string())
        .bind(client.to_string())
        .bind(before.as_millisecond())
        .fetch_optional(c)
        .await)?;
    row.map(|(id, visit, starts_at, body)| {
        Ok(Signed {
            visit: parse("note", "visit_id", &visit)?,
            starts_at: instant("visit", "starts_at", starts_at)?,
            note: open_json(db, "note", &body_context(&id), &body)?,
        })
    })
    .transpose()
}

/// How far a note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each state is its own name")]
pub enum NoteState {
    Draft,
    Signed,
}

/// The visits of a client that have a note, and how far it is.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn states(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Vec<(VisitId, NoteState)>> {
    let sql = "select n.visit_id, n.state from visit v join note n on n.visit_id = v.id
               where v.clinic_id = $1 and v.client_id = $2 order by v.starts_at desc, v.id";
    let rows: Vec<(String, String)> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(client.to_string()).fetch_all(c).await)?;
    let state = |state: &str| if state == "signed" { NoteState::Signed } else { NoteState::Draft };
    rows.iter().map(|(visit, word)| Ok((parse("note", "visit_id", visit)?, state(word)))).collect()
}

/// A completed visit whose note nobody signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are their own names")]
pub struct Unsigned {
    pub visit: VisitId,
    pub first_name: PersonName,
    pub last_name: Option<PersonName>,
    pub therapist: Option<AccountId>,
    pub therapist_name: Option<PersonName>,
    pub starts_at: Timestamp,
    /// When the draft was saved last; none when nobody began.
    pub begun_at: Option<Timestamp>,
}

/// The completed visits that started since then and have no signed note, oldest first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn unsigned(db: &mut Db, clinic: ClinicId, since: Timestamp) -> Result<Vec<Unsigned>> {
    let sql = "select v.id, v.therapist_id, a.name as therapist_name, v.starts_at, c.first_name, c.last_name,
                  n.changed_at
               from visit v
               join client c on c.id = v.client_id
               left join account a on a.id = v.therapist_id
               left join note n on n.visit_id = v.id
               where v.clinic_id = $1 and v.starts_at >= $2 and v.state = 'completed'
                  and (n.state is null or n.state = 'draft')
               order by v.starts_at, v.id";
    let rows: Vec<UnsignedRow> =
        on!(db, c => sqlx::query_as(sql).bind(clinic.to_string()).bind(since.as_millisecond()).fetch_all(c).await)?;
    rows.into_iter().map(UnsignedRow::unsigned).collect()
}

/// A note by its title alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of which visit.
    pub visit: VisitId,
    /// Who saved it last.
    pub changed_by: PersonName,
    /// When.
    pub changed_at: Timestamp,
    /// When it was signed; none for a draft.
    pub signed_at: Option<Timestamp>,
}

/// The notes of a client by their titles, the latest visit first.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub async fn of_client(db: &mut Db, clinic: ClinicId, client: ClientId) -> Result<Vec<Line>> {
    let sql = "select n.visit_id, a.name, n.changed_at, n.signed_at from visit v
               join note n on n.visit_id = v.id
               join account a on a.id = n.changed_by
               where v.clinic_id = $1 and v.client_id = $2 order by v.starts_at desc, v.id";
    let rows: Vec<(String, String, i64, Option<i64>)> = on!(db, c =>
        sqlx::query_as(sql).bind(clinic.to_string()).bind(client.to_string()).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(visit, name, changed_at, signed_at)| {
            Ok(Line {
                visit: parse("note", "visit_id", &visit)?,
                changed_by: parse("account", "name", &name)?,
                changed_at: instant("note", "changed_at", changed_at)?,
                signed_at: signed_at.map(|at| instant("note", "signed_at", at)).transpose()?,
            })
        })
        .collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    visit_id: String,
    version: i64,
    body: Vec<u8>,
    changed_by: String,
    changed_at: i64,
}

impl Row {
    fn kept(self, db: &Db, addenda: Vec<Addendum>) -> Result<Kept> {
        Ok(Kept {
            note: open_json(db, "note", &body_context(&self.id), &self.body)?,
            id: parse("note", "id", &self.id)?,
            visit: parse("note", "visit_id", &self.visit_id)?,
            version: small("note", "version", self.version)?,
            changed_by: parse("account", "name", &self.changed_by)?,
            changed_at: instant("note", "changed_at", self.changed_at)?,
            addenda,
        })
    }
}

#[derive(sqlx::FromRow)]
struct UnsignedRow {
    id: String,
    therapist_id: Option<String>,
    therapist_name: Option<String>,
    starts_at: i64,
    first_name: String,
    last_name: Option<String>,
    changed_at: Option<i64>,
}

impl UnsignedRow {
    fn unsigned(self) -> Result<Unsigned> {
        Ok(Unsigned {
            visit: parse("visit", "id", &self.id)?,
            first_name: parse("client", "first_name", &self.first_name)?,
            last_name: parse_some("client", "last_name", self.last_name.as_deref())?,
            therapist: parse_some("visit", "therapist_id", self.therapist_id.as_deref())?,
            therapist_name: parse_some("account", "name", self.therapist_name.as_deref())?,
            starts_at: instant("visit", "starts_at", self.starts_at)?,
            begun_at: self.changed_at.map(|at| instant("note", "changed_at", at)).transpose()?,
        })
    }
}
