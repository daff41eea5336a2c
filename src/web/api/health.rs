//! What is health: answers, briefs, notes, plans and check-ins, each under a scope of its own, and each look at one
//! in the audit before it is shown. What they say is the same document as inside (`aftercare tailor --json` for a brief).

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::door::Caller;
use super::messages::Message;
use super::problem::Problem;
use super::sent::Id;
use crate::clinic::brief::Aftercare;
use crate::clinic::ids::{ClientId, IntakeId, VisitId};
use crate::clinic::plan::NotSent;
use crate::clinic::tailoring::tailor;
use crate::store::intake::Given;
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::error::Error;

/// A value of the rules as JSON.
fn written(value: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(value).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written as JSON");
        Error::Broken.into()
    })
}

/// Answers as they were given; they are never changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Intake {
    /// Its id.
    pub id: Uuid,
    /// By which client.
    pub client: Uuid,
    /// When.
    pub given_at: Timestamp,
    /// On which version of the form.
    pub form_version: u32,
    /// `client`, or the id of the member of staff who typed it in.
    pub entered_by: String,
    /// The answers, as in a visit file.
    #[schema(value_type = Object)]
    pub answers: Value,
}

impl Intake {
    fn of(given: &Given) -> Result<Self, Problem> {
        Ok(Self {
            id: *given.id.as_uuid(),
            client: *given.client.as_uuid(),
            given_at: given.given_at,
            form_version: given.form_version,
            entered_by: given.entered_by.clone(),
            answers: written(&given.answers)?,
        })
    }
}

/// The intakes of a client.
#[derive(Debug, Serialize, ToSchema)]
pub struct Intakes {
    /// The newest first: that one counts.
    pub intakes: Vec<Intake>,
}

/// Lists the intakes of a client.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/clients/{id}/intakes", operation_id = "list_intakes", tag = "intakes",
    params(("id" = Uuid, Path, description = "The client")), responses((status = 200, body = Intakes)))]
pub async fn intakes(State(web): State<Web>, caller: Caller, Id(id): Id<ClientId>) -> Result<Json<Intakes>, Problem> {
    let mut db = web.store.read().await?;
    store::client::find(&mut db, caller.clinic, id).await?.ok_or(Error::NotFound)?;
    let all = store::intake::of_client(&mut db, caller.clinic, id).await?;
    drop(db);
    web.seen_by(&caller.actor(), "intakes", id).await?;
    Ok(Json(Intakes { intakes: all.iter().map(Intake::of).collect::<Result<_, _>>()? }))
}

/// Shows one intake.
///
/// # Errors
/// When there is no such intake here, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/intakes/{id}", operation_id = "get_intake", tag = "intakes",
    params(("id" = Uuid, Path, description = "The intake")), responses((status = 200, body = Intake)))]
pub async fn intake(State(web): State<Web>, caller: Caller, Id(id): Id<IntakeId>) -> Result<Json<Intake>, Problem> {
    let mut db = web.store.read().await?;
    let given = store::intake::find(&mut db, caller.clinic, id).await?.ok_or(Error::NotFound)?;
    drop(db);
    web.seen_by(&caller.actor(), "intake", id).await?;
    Ok(Json(Intake::of(&given)?))
}

/// What a therapist has to know before a visit, as `aftercare tailor --json` writes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Brief, value_type = Object)]
pub struct BriefDocument(Value);

/// Shows the brief of a visit: the document of `aftercare tailor --json`.
///
/// # Errors
/// When there is no such visit here, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/visits/{id}/brief", operation_id = "get_brief", tag = "briefs",
    params(("id" = Uuid, Path, description = "The visit")), responses((status = 200, body = BriefDocument)))]
pub async fn brief(
    State(web): State<Web>,
    caller: Caller,
    Id(id): Id<VisitId>,
) -> Result<Json<BriefDocument>, Problem> {
    let mut db = web.store.read().await?;
    let filed = store::case::find(&mut db, caller.clinic, id).await?.ok_or(Error::NotFound)?;
    drop(db);
    // What the therapist reads before: the visit as it was booked.
    let mut case = filed.answered(&web.catalogue);
    case.visit.treatment = filed.booked;
    let brief = tailor(&web.catalogue, &case);
    web.seen_by(&caller.actor(), "brief", id).await?;
    Ok(Json(BriefDocument(written(&brief)?)))
}

/// The note of a visit.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionNote {
    /// Its id.
    pub id: Uuid,
    /// Of which visit.
    pub visit: Uuid,
    /// Grows with every save.
    pub version: u32,
    /// Whether it is signed, and so does not change any more.
    pub signed: bool,
    /// Who saved it last.
    pub changed_by: String,
    /// When.
    pub changed_at: Timestamp,
    /// Lines, own words a section, what was done, and the signature.
    #[schema(value_type = Object)]
    pub note: Value,
    /// What was added after signing, oldest first.
    #[schema(value_type = Vec<Object>)]
    pub addenda: Vec<Value>,
}

/// Shows the saved note of a visit.
///
/// # Errors
/// When there is no such visit or note here, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/visits/{id}/note", operation_id = "get_note", tag = "notes",
    params(("id" = Uuid, Path, description = "The visit")), responses((status = 200, body = SessionNote)))]
pub async fn note(State(web): State<Web>, caller: Caller, Id(id): Id<VisitId>) -> Result<Json<SessionNote>, Problem> {
    let mut db = web.store.read().await?;
    let kept = store::note::find(&mut db, caller.clinic, id).await?.ok_or(Error::NotFound)?;
    drop(db);
    web.seen_by(&caller.actor(), "note", kept.id).await?;
    Ok(Json(SessionNote {
        id: *kept.id.as_uuid(),
        visit: *kept.visit.as_uuid(),
        version: kept.version,
        signed: kept.note.signature.is_some(),
        changed_by: kept.changed_by.to_string(),
        changed_at: kept.changed_at,
        note: written(&kept.note)?,
        addenda: kept.addenda.iter().map(written).collect::<Result<_, _>>()?,
    }))
}

/// The emails of a visit that was completed.
#[derive(Debug, Serialize, ToSchema)]
pub struct VisitPlan {
    /// Of which visit.
    pub visit: Uuid,
    /// When it began.
    pub started_at: Timestamp,
    /// By which version of the clinic's protocol.
    pub protocol: u32,
    /// On which version of the clinical catalogue.
    pub catalogue_version: String,
    /// `routine`, or `emergency_only` where no advice may go out.
    pub aftercare: &'static str,
    /// The emails, earliest first.
    pub emails: Vec<Message>,
    /// The steps that do not go out.
    pub not_sent: Vec<LeftOut>,
}

/// A step that does not go out.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeftOut {
    /// Which one.
    pub step: String,
    /// Why, in a sentence for staff.
    pub reason: String,
}

/// Shows the plan of a visit, once completing or signing has started one.
///
/// # Errors
/// When there is no such visit or plan here, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/visits/{id}/plan", operation_id = "get_plan", tag = "plans",
    params(("id" = Uuid, Path, description = "The visit")), responses((status = 200, body = VisitPlan)))]
pub async fn plan(State(web): State<Web>, caller: Caller, Id(id): Id<VisitId>) -> Result<Json<VisitPlan>, Problem> {
    let mut db = web.store.read().await?;
    let started = store::plan::of_visit(&mut db, caller.clinic, id).await?.ok_or(Error::NotFound)?;
    let emails = store::email::of_visit(&mut db, caller.clinic, id).await?;
    drop(db);
    web.seen_by(&caller.actor(), "plan", id).await?;
    let left_out = |one: &NotSent| LeftOut { step: one.step.to_string(), reason: one.reason.clone() };
    Ok(Json(VisitPlan {
        visit: *id.as_uuid(),
        started_at: started.started_at,
        protocol: started.protocol,
        catalogue_version: started.catalogue_version,
        aftercare: match started.aftercare {
            Aftercare::Routine => "routine",
            Aftercare::EmergencyOnly => "emergency_only",
        },
        emails: emails.iter().map(Message::from).collect(),
        not_sent: started.not_sent.iter().map(left_out).collect(),
    }))
}

/// What a client said after a visit, on one occasion.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckIn {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub client: Uuid,
    /// After which visit.
    pub visit: Uuid,
    /// Of which step, such as `day_1`.
    pub step: String,
    /// When it was answered first.
    pub first_at: Timestamp,
    /// When it was answered last.
    pub last_at: Timestamp,
    /// Every answer with what follows from it, and what follows from all of them together.
    #[schema(value_type = Object)]
    pub record: Value,
}

/// The check-ins of a visit.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckIns {
    /// In the order of their steps.
    pub check_ins: Vec<CheckIn>,
}

/// Lists the check-ins of a visit.
///
/// # Errors
/// When there is no such visit here, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/visits/{id}/check-ins", operation_id = "list_check_ins", tag = "check-ins",
    params(("id" = Uuid, Path, description = "The visit")), responses((status = 200, body = CheckIns)))]
pub async fn check_ins(State(web): State<Web>, caller: Caller, Id(id): Id<VisitId>) -> Result<Json<CheckIns>, Problem> {
    let mut db = web.store.read().await?;
    let check_ins = of_visit(&mut db, &caller, id).await?;
    drop(db);
    web.seen_by(&caller.actor(), "check_in", id).await?;
    Ok(Json(CheckIns { check_ins }))
}

async fn of_visit(db: &mut Db, caller: &Caller, id: VisitId) -> Result<Vec<CheckIn>, Problem> {
    store::visit::find(db, caller.clinic, id).await?.ok_or(Error::NotFound)?;
    let all = store::check_in::of_visit(db, caller.clinic, id).await?;
    let shown = all.into_iter().map(|kept| {
        Ok(CheckIn {
            id: *kept.id.as_uuid(),
            client: *kept.client.as_uuid(),
            visit: *kept.visit.as_uuid(),
            step: kept.step.to_string(),
            first_at: kept.first_at,
            last_at: kept.last_at,
            record: written(&kept.record)?,
        })
    });
    shown.collect()
}
