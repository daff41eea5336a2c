//! A visit as reception sees it: who, when, which technique, the level's word, whether the intake
//! is there, and how the mail stands. No answer, reason, place on the body or letter.

use askama::Template;
use axum::response::Response;

use super::full_name;
use super::plan::name;
use crate::clinic::account::Action;
use crate::clinic::ids::VisitId;
use crate::clinic::tailoring;
use crate::store::visit::VisitState;
use crate::store::{self, Db};
use crate::web::badge::Badge;
use crate::web::desk::client_form;
use crate::web::error::Error;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, say};

/// `GET /visits/{id}` for those who may not see health.
#[derive(Debug, Template)]
#[template(path = "visit/desk.html")]
struct DeskPage {
    shell: Shell,
    id: VisitId,
    name: String,
    facts: Vec<String>,
    day: String,
    progress: Badge,
    intake: Badge,
    level: Badge,
    may_complete: bool,
    /// Whether it can still be moved or cancelled.
    booked: bool,
    /// The word of the link to the intake, while it can be taken.
    intake_word: Option<&'static str>,
    /// Whether the form can still go into the client's hands.
    hands_form: bool,
    /// Whether it took place and can be asked about.
    over: bool,
    emails: Vec<(&'static str, String, Badge)>,
}

/// The page.
///
/// # Errors
/// When there is no such visit here, or the database does not answer.
pub(super) async fn show(web: &Web, db: &mut Db, here: &Here, id: VisitId) -> Result<Response, Error> {
    let filed = store::case::find(db, here.id, id).await?.ok_or(Error::NotFound)?;
    let visit = store::visit::find(db, here.id, id).await?.ok_or(Error::NotFound)?;
    let therapist = match visit.therapist {
        Some(id) => store::account::find(db, here.id, id).await?.map(|account| format!("With {}", account.name)),
        None => None,
    };
    let zone = here.now.time_zone();
    let (starts, ends) = (visit.starts_at.to_zoned(zone.clone()), visit.ends_at.to_zoned(zone.clone()));
    let when = format!("{} to {}", say::capital(&say::moment(&starts, &here.now)), say::clock(&ends));
    let technique = web.catalogue.technique(&visit.treatment.technique);
    let technique = technique.map_or_else(|| visit.treatment.technique.to_string(), |one| one.label.clone());
    let answered = filed.intake.is_some();
    let level = if answered {
        Badge::of_brief(&tailoring::tailor(&web.catalogue, &filed.answered(&web.catalogue)))
    } else {
        Badge::new("outline", "dashed", "Not known yet")
    };
    let mut emails = Vec::new();
    for email in store::email::of_visit(db, here.id, id).await? {
        let due = say::moment(&email.due_at.to_zoned(zone.clone()), &here.now);
        emails.push((name(email.step), due, Badge::of_state(Some(email.state))));
    }
    let open = matches!(visit.state, VisitState::Booked | VisitState::InProgress);
    Ok(page(&DeskPage {
        shell: here.shell(Room::Day),
        id,
        name: full_name(&filed.case),
        facts: [when, technique].into_iter().chain(therapist).collect(),
        day: starts.date().to_string(),
        progress: progress(visit.state),
        intake: if answered {
            Badge::new("plain", "tick", "Done")
        } else {
            Badge::new("outline", "dashed", "No intake")
        },
        level,
        may_complete: open && starts <= here.now && here.who.may(Action::CompleteVisits),
        booked: visit.state == VisitState::Booked && here.who.may(Action::BookVisits),
        intake_word: (open && here.who.may(Action::TakeIntake)).then_some(if answered {
            "Open the intake"
        } else {
            "Take the intake"
        }),
        hands_form: client_form::is_wanted(db, here, &visit).await?,
        over: visit.state.takes_place() && visit.ends_at <= here.now.timestamp(),
        emails,
    }))
}

fn progress(state: VisitState) -> Badge {
    match state {
        VisitState::Booked => Badge::new("outline", "calendar", "Booked"),
        VisitState::InProgress => Badge::new("outline", "clock", "In the room"),
        VisitState::Completed => Badge::new("plain", "tick", "Completed"),
        VisitState::Cancelled => Badge::new("outline", "no", "Cancelled"),
        VisitState::NoShow => Badge::new("outline", "no", "Did not come"),
    }
}
