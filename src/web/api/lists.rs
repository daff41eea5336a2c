//! What a booking is made of: who treats here, and what can be booked.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::door::Caller;
use super::problem::Problem;
use crate::web::Web;
use crate::web::desk;

/// Who treats here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Therapists {
    /// Therapists, then admins, who may treat as well.
    pub therapists: Vec<Therapist>,
}

/// Somebody who treats here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Therapist {
    /// Their id.
    pub id: Uuid,
    /// The name that colleagues know.
    pub name: String,
}

/// Lists who can be booked.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/api/v1/therapists", operation_id = "list_therapists", tag = "visits",
    responses((status = 200, body = Therapists)))]
pub async fn therapists(State(web): State<Web>, caller: Caller) -> Result<Json<Therapists>, Problem> {
    let mut db = web.store.read().await?;
    let all = desk::therapists(&mut db, caller.clinic).await?;
    let therapists = all.into_iter().map(|(id, name)| Therapist { id: *id.as_uuid(), name });
    Ok(Json(Therapists { therapists: therapists.collect() }))
}

/// What can be booked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Techniques {
    /// In the order of the catalogue.
    pub techniques: Vec<Technique>,
}

/// A technique.
#[derive(Debug, Serialize, ToSchema)]
pub struct Technique {
    /// Its id, such as `deep_tissue`.
    pub id: String,
    /// Its name, in the language of the staff.
    pub name: String,
}

/// Lists what can be booked.
///
/// # Errors
/// None so far.
#[utoipa::path(get, path = "/api/v1/techniques", operation_id = "list_techniques", tag = "visits",
    responses((status = 200, body = Techniques)))]
pub async fn techniques(State(web): State<Web>, _: Caller) -> Json<Techniques> {
    let all = web.catalogue.techniques().iter().filter(|one| !one.retired);
    let techniques = all.map(|one| Technique { id: one.id.to_string(), name: one.label.clone() });
    Json(Techniques { techniques: techniques.collect() })
}
