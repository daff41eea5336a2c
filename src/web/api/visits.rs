//! `/api/v1/visits`: who comes when, to read. What was treated and how firmly is health, and is not told here.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::cursor::{Cursor, limit, page};
use super::door::Caller;
use super::problem::Problem;
use super::sent::{Asked, Id, bad_query, tagged};
use crate::clinic::ids::{ClientId, VisitId};
use crate::clinic::profile::Zone;
use crate::clinic::schedule;
use crate::clinic::visit::effects::{Effect, What};
use crate::store::visit::desk::{AtDesk, Span};
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::error::Error;

/// A visit as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Visit {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub client: Uuid,
    /// With whom; none: nobody yet.
    pub therapist: Option<Uuid>,
    /// Start.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Timestamp,
    /// `booked`, `in_progress`, `completed`, `cancelled` or `no_show`.
    pub state: &'static str,
    /// The id of the technique that is booked.
    pub technique: String,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// When it was cancelled or missed.
    pub called_off_at: Option<Timestamp>,
    /// Grows with every change.
    pub version: u32,
}

impl From<&AtDesk> for Visit {
    fn from(one: &AtDesk) -> Self {
        let visit = &one.visit;
        Self {
            id: *visit.id.as_uuid(),
            client: *visit.client.as_uuid(),
            therapist: visit.therapist.map(|id| *id.as_uuid()),
            starts_at: visit.starts_at,
            ends_at: visit.ends_at,
            state: visit.state.id(),
            technique: visit.treatment.technique.to_string(),
            completed_at: visit.completed_at,
            called_off_at: one.called_off_at,
            version: one.version,
        }
    }
}

/// Visits, a page at a time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Visits {
    /// By start.
    pub visits: Vec<Visit>,
    /// Where the next page begins; none: this is the last.
    pub next: Option<String>,
}

/// A visit after something was done to it, and what that did to the client's emails.
#[derive(Debug, Serialize, ToSchema)]
pub struct VisitDone {
    /// The visit.
    pub visit: Visit,
    /// Emails that wait or waited, those that change first.
    pub emails: Vec<EmailEffect>,
}

/// What became of one email.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmailEffect {
    /// Which email.
    pub id: Uuid,
    /// Of which visit.
    pub visit: Uuid,
    /// Which step of it, such as `prepare`.
    pub step: String,
    /// `called_off`, `moves`, `owed` or `stays`.
    pub what: &'static str,
    /// When it is due, or was.
    pub due_at: Timestamp,
}

impl From<&Effect> for EmailEffect {
    fn from(effect: &Effect) -> Self {
        Self {
            id: *effect.email.id.as_uuid(),
            visit: *effect.email.visit.as_uuid(),
            step: effect.email.step.to_string(),
            what: match effect.what {
                What::CalledOff => "called_off",
                What::Moves { .. } => "moves",
                What::Owed => "owed",
                What::Stays => "stays",
            },
            due_at: effect.email.due_at,
        }
    }
}

/// Which visits.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Of this day, by the clinic's clock.
    on: Option<Date>,
    /// From this day on.
    from: Option<Date>,
    /// Up to this day, included.
    to: Option<Date>,
    /// Of this client.
    client: Option<Uuid>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// At most so many, from 1 to 200; usually 50.
    limit: Option<u32>,
}

impl Which {
    fn span(&self, zone: &Zone) -> Result<Span, Problem> {
        if self.on.is_some() && (self.from.is_some() || self.to.is_some()) {
            return Err(bad_query("`on` stands for itself, without `from` and `to`"));
        }
        let midnight = |day: Date| schedule::at(zone, day, Time::midnight()).timestamp();
        let last = self.on.or(self.to);
        Ok(Span {
            from: self.on.or(self.from).map(midnight),
            until: last.map(|day| midnight(day.saturating_add(1.day()))),
            client: self.client.map(ClientId::from_uuid),
        })
    }
}

/// Lists visits by their start, such as those of a day.
///
/// # Errors
/// When the question is not understood, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/visits", operation_id = "list_visits", tag = "visits", params(Which),
    responses((status = 200, body = Visits)))]
pub async fn list(State(web): State<Web>, caller: Caller, Asked(which): Asked<Which>) -> Result<Json<Visits>, Problem> {
    let limit = limit(which.limit)?;
    let after = Cursor::some(which.cursor.as_deref())?.map(|last| (last.at, VisitId::from_uuid(last.id)));
    web.seen_by(&caller.actor(), "visits", caller.clinic).await?;
    let mut db = web.store.read().await?;
    let profile = store::clinic::find(&mut db, caller.clinic).await?.ok_or(Error::NotFound)?;
    let span = which.span(&profile.zone)?;
    let rows = store::visit::desk::in_span(&mut db, caller.clinic, &span, after, limit + 1).await?;
    let (rows, next) = page(rows, limit, |one| Cursor { at: one.visit.starts_at, id: *one.visit.id.as_uuid() });
    Ok(Json(Visits { visits: rows.iter().map(Visit::from).collect(), next }))
}

/// Shows one visit.
///
/// # Errors
/// When there is no such visit here, or the database does not answer.
#[utoipa::path(get, path = "/api/v1/visits/{id}", operation_id = "get_visit", tag = "visits",
    params(("id" = Uuid, Path, description = "The visit")), responses((status = 200, body = Visit)))]
pub async fn show(State(web): State<Web>, caller: Caller, Id(id): Id<VisitId>) -> Result<Response, Problem> {
    let mut db = web.store.read().await?;
    let found = find(&mut db, &caller, id).await?;
    drop(db);
    web.seen_by(&caller.actor(), "visit", id).await?;
    Ok(tagged(found.version, &Visit::from(&found)))
}

/// The visit of an address; a stranger's is not here.
pub(super) async fn find(db: &mut Db, caller: &Caller, id: VisitId) -> Result<AtDesk, Problem> {
    Ok(store::visit::desk::find(db, caller.clinic, id).await?.ok_or(Error::NotFound)?)
}

/// A visit as it stands after an act, in the transaction of the act.
pub(super) async fn done(db: &mut Db, caller: &Caller, id: VisitId, effects: &[Effect]) -> Result<VisitDone, Problem> {
    let visit = Visit::from(&find(db, caller, id).await?);
    Ok(VisitDone { visit, emails: effects.iter().map(EmailEffect::from).collect() })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_day_ends_where_the_next_begins_by_the_clinics_clock() {
        let zone = Zone::named("Europe/London").expect("a zone");
        let which = |on: Option<&str>, to: Option<&str>| Which {
            on: on.map(|day| day.parse().expect("a day")),
            from: None,
            to: to.map(|day| day.parse().expect("a day")),
            client: None,
            cursor: None,
            limit: None,
        };
        let span = which(Some("2026-03-29"), None).span(&zone).expect("a span");
        let hours = span.until.zip(span.from).map(|(until, from)| until.duration_since(from));
        assert_eq!(hours, Some(SignedDuration::from_hours(23)), "the clocks go forward");
        let open = which(None, Some("2026-03-29")).span(&zone).expect("a span");
        assert_eq!((open.from, open.until), (None, span.until));
        assert!(which(Some("2026-03-29"), Some("2026-03-30")).span(&zone).is_err());
    }
}
