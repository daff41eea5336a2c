//! `/api/v1/alerts`: worrying answers and who looks after them, to read. An alert is taken and closed by a person,
//! on the page.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::cursor::{Cursor, limit, page};
use super::door::Caller;
use super::problem::Problem;
use super::sent::{Asked, Id};
use crate::clinic::alert::{Alert as Kept, Outcome};
use crate::clinic::ids::AlertId;
use crate::store;
use crate::web::Web;
use crate::web::error::Error;

/// An alert.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alert {
    /// Its id.
    pub id: Uuid,
    /// About which client.
    pub client: Uuid,
    /// About which visit.
    pub visit: Option<Uuid>,
    /// From which check-in; none: from an intake form.
    pub check_in: Option<Uuid>,
    /// How fast it needs somebody: `emergency`, `same_day` or `call_clinic`.
    pub tier: &'static str,
    /// How urgent it feels to the client: `not`, `today` or `very`.
    pub urgency: &'static str,
    /// `open`, `taken` or `closed`.
    pub state: &'static str,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when somebody has to take it.
    pub due_at: Timestamp,
    /// The member of staff who looks after it.
    pub owner: Option<Uuid>,
    /// What happened, once that is written down.
    pub outcome: Option<&'static str>,
    /// When that was.
    pub closed_at: Option<Timestamp>,
    /// The emails of the visit: `none`, `held`, `released` or `cancelled`.
    pub mail: &'static str,
    /// The ids of the warning signs that were raised.
    pub signs: Vec<String>,
    /// Grows with every change.
    pub version: u32,
}

impl From<&Kept> for Alert {
    fn from(one: &Kept) -> Self {
        Self {
            id: *one.id.as_uuid(),
            client: *one.client.as_uuid(),
            visit: one.visit.map(|id| *id.as_uuid()),
            check_in: one.check_in.map(|id| *id.as_uuid()),
            tier: one.tier.id(),
            urgency: one.urgency.id(),
            state: one.standing.id(),
            opened_at: one.opened_at,
            due_at: one.due_at,
            owner: one.owner.map(|id| *id.as_uuid()),
            outcome: one.outcome.map(Outcome::id),
            closed_at: one.closed_at,
            mail: one.mail.id(),
            signs: one.about.raised.iter().map(|raised| raised.sign.to_string()).collect(),
            version: one.version,
        }
    }
}

/// Alerts, a page at a time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alerts {
    /// In the order they were opened.
    pub alerts: Vec<Alert>,
    /// Where the next page begins; none: this is the last.
    pub next: Option<String>,
}

/// Which alerts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Only those without an outcome.
    #[serde(default)]
    open: bool,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// At most so many, from 1 to 200; usually 50.
    limit: Option<u32>,
}

/// Lists alerts.
///
/// # Errors
/// When the question is not understood, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/alerts", operation_id = "list_alerts", tag = "alerts", params(Which),
    responses((status = 200, body = Alerts)))]
pub async fn list(State(web): State<Web>, caller: Caller, Asked(which): Asked<Which>) -> Result<Json<Alerts>, Problem> {
    let limit = limit(which.limit)?;
    let last = Cursor::some(which.cursor.as_deref())?.map(|last| AlertId::from_uuid(last.id));
    web.seen_by(&caller.actor(), "alerts", caller.clinic).await?;
    let mut db = web.store.read().await?;
    let rows = store::alert::after(&mut db, caller.clinic, which.open, last, limit + 1).await?;
    let (rows, next) = page(rows, limit, |one| Cursor { at: one.opened_at, id: *one.id.as_uuid() });
    Ok(Json(Alerts { alerts: rows.iter().map(Alert::from).collect(), next }))
}

/// Shows one alert.
///
/// # Errors
/// When there is no such alert here, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", operation_id = "get_alert", tag = "alerts",
    params(("id" = Uuid, Path, description = "The alert")), responses((status = 200, body = Alert)))]
pub async fn show(State(web): State<Web>, caller: Caller, Id(id): Id<AlertId>) -> Result<Json<Alert>, Problem> {
    let mut db = web.store.read().await?;
    let found = store::alert::find(&mut db, caller.clinic, id).await?.ok_or(Error::NotFound)?;
    drop(db);
    web.seen_by(&caller.actor(), "alert", id).await?;
    Ok(Json(Alert::from(&found)))
}
