//! `/api/v1/token`: what the token at hand is and may do. A first request that cannot do harm.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::door::Caller;
use super::problem::Problem;
use crate::store;
use crate::web::Web;
use crate::web::error::Error;

/// A token and where it opens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub struct Shown {
    /// What the program is called.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<&'static str>,
    /// The clinic it belongs to.
    pub clinic: Clinic,
}

/// A clinic, as far as a program has to know it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Clinic {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The zone that its days and hours go by, such as `Europe/London`.
    pub time_zone: String,
    /// The moment by its clock, as an instant.
    pub now: Timestamp,
}

/// Tells what the token at hand is and may do.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/api/v1/token", operation_id = "get_token", tag = "token",
    responses((status = 200, body = Shown)))]
pub async fn show(State(web): State<Web>, caller: Caller) -> Result<Json<Shown>, Problem> {
    let mut db = web.store.read().await?;
    let profile = store::clinic::find(&mut db, caller.clinic).await?.ok_or(Error::NotFound)?;
    Ok(Json(Shown {
        name: caller.name,
        scopes: caller.scopes.iter().map(|scope| scope.id()).collect(),
        clinic: Clinic {
            id: *caller.clinic.as_uuid(),
            name: profile.name,
            time_zone: profile.zone.name().to_owned(),
            now: web.clock.now(),
        },
    }))
}
