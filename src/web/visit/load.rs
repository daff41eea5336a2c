//! Loads one visit: its case, its brief, and its plan as it is or will be.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::plan::{EmailFacts, facts};
use super::{EmailPage, VisitFacts, VisitPage, desk};
use crate::clinic::account::Action;
use crate::clinic::ids::{EmailId, VisitId};
use crate::clinic::protocol::Step;
use crate::store::{self, Db};
use crate::web::day::Progress;
use crate::web::desk::client_form;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::letters::{Letters, Written, framed};
use crate::web::mailbox::LetterView;
use crate::web::note::Told;
use crate::web::note::load::{Open, open};
use crate::web::shell::Room;
use crate::web::{Here, Web, say};

/// `?email=day_3`: which email of the plan is open. `?instead_of=deep_tissue`: which technique was
/// booked until a moment ago.
#[derive(Debug, Deserialize)]
pub struct Asked {
    email: Option<String>,
    instead_of: Option<String>,
}

/// `GET /visits/{id}`.
///
/// # Errors
/// When there is no such visit here, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let id = read(&id)?;
    if !who.may(Action::SeeHealth) {
        let answer = desk::show(&web, &mut db, &here, id).await?;
        drop(db);
        web.saw(&who, "visit", id).await?;
        return Ok(answer);
    }
    let facts = visit(&web, &mut db, &here, id).await?;
    drop(db);
    web.saw(&who, "visit", facts.id).await?;
    let step = asked.email.as_deref().and_then(Step::of);
    let shown = VisitPage::of(here.shell(Room::Day), &facts, &web.catalogue, step, &here.now);
    Ok(page(&shown.instead_of(asked.instead_of.as_deref(), &web.catalogue)))
}

/// `GET /visits/{id}/emails/{step}`.
///
/// # Errors
/// When there is no such email, or the database does not answer.
pub async fn email(
    State(web): State<Web>,
    who: Who,
    Path((id, step)): Path<(String, String)>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let step = Step::of(&step).ok_or(Error::NotFound)?;
    let facts = visit(&web, &mut db, &here, read(&id)?).await?;
    let planned = facts.plan.emails.iter().find(|email| email.step == step).ok_or(Error::NotFound)?;
    let written = written(&web, &mut db, &here, &facts, planned).await?;
    drop(db);
    web.saw(&who, "visit", facts.id).await?;
    let due = ("Due".to_owned(), format!("{} {}", say::full_day(planned.due.date()), say::clock(&planned.due)));
    let frame = format!("/visits/{}/emails/{}/html", facts.id, step.id());
    let headers = std::iter::once(due).chain(written.headers).collect();
    let letter =
        LetterView::of(frame, written.subject, planned.state, headers, written.text, &planned.content, &web.catalogue);
    Ok(page(&EmailPage::of(here.shell(Room::Day), &facts, step, letter)))
}

/// `GET /visits/{id}/emails/{step}/html`: the letter itself, for the frame.
///
/// # Errors
/// When there is no such email, or the database does not answer.
pub async fn email_html(
    State(web): State<Web>,
    who: Who,
    Path((id, step)): Path<(String, String)>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let step = Step::of(&step).ok_or(Error::NotFound)?;
    let facts = visit(&web, &mut db, &here, read(&id)?).await?;
    let planned = facts.plan.emails.iter().find(|email| email.step == step).ok_or(Error::NotFound)?;
    let written = written(&web, &mut db, &here, &facts, planned).await?;
    drop(db);
    web.saw(&who, "visit", facts.id).await?;
    Ok(framed(&web, written.html).await)
}

/// A link that holds no id leads nowhere, as one that holds a stranger's.
pub(in crate::web) fn read(id: &str) -> Result<VisitId, Error> {
    id.parse().map_err(|_| Error::NotFound)
}

/// The visit page instead of a redirect: with the note as typed, and what an act has to tell.
pub(in crate::web) async fn again(
    web: &Web,
    db: &mut Db,
    here: &Here,
    open: Open,
    told: &Told,
) -> Result<Response, Error> {
    let facts = opened(web, db, here, open).await?;
    Ok(page(&VisitPage::telling(here.shell(Room::Day), &facts, &web.catalogue, (None, &here.now), told)))
}

/// Everything a page tells of one visit.
pub(in crate::web) async fn visit(web: &Web, db: &mut Db, here: &Here, id: VisitId) -> Result<VisitFacts, Error> {
    let open = open(web, db, here, id).await?;
    opened(web, db, here, open).await
}

/// A visit with its plan, which follows what was done.
async fn opened(web: &Web, db: &mut Db, here: &Here, open: Open) -> Result<VisitFacts, Error> {
    let Open { id, appointment, case, booked, done, answered, brief, note, past, .. } = open;
    let therapist = match appointment.therapist {
        Some(id) => store::account::find(db, here.id, id).await?.map(|account| account.name.to_string()),
        None => None,
    };
    let progress = Progress::from(appointment.state);
    let hands_form = client_form::is_wanted(db, here, &appointment).await?;
    let filed = store::case::find(db, here.id, id).await?.ok_or(Error::NotFound)?;
    let plan = facts::load(web, db, here, (&filed, id), progress.is_off()).await?;
    let therapist = therapist.unwrap_or_default();
    Ok(VisitFacts { id, case, booked, done, brief, plan, therapist, answered, progress, hands_form, note, past })
}

/// What stands in the place of a text that its clinic keeps no longer.
const GONE: &str = "The text of this email is kept no longer, as this clinic has set.";

/// The frozen copy, once the email went on the wire.
async fn frozen(db: &mut Db, here: &Here, id: EmailId) -> Result<Option<Written>, Error> {
    let frozen = store::outbox::content(db, here.id, id).await?;
    Ok(frozen.and_then(|bytes| Letters::opened(&bytes)))
}

/// The words of one email: the frozen copy once there is one, else as it would leave now.
pub(in crate::web) async fn written(
    web: &Web,
    db: &mut Db,
    here: &Here,
    facts: &VisitFacts,
    email: &EmailFacts,
) -> Result<Written, Error> {
    // A kept copy of one that goes out again is written anew when it leaves.
    if let Some(id) = email.id
        && !email.waits()
        && let Some(written) = frozen(db, here, id).await?
    {
        return Ok(written);
    }
    if email.text_is_gone {
        return Ok(Written { text: GONE.into(), html: format!("<p>{GONE}</p>"), ..Written::default() });
    }
    let case = facts.plan.together.as_ref().unwrap_or(&facts.case);
    let line = email.line.as_ref();
    web.letters
        .preview_with(case, (email.letter, email.edition(here.id)), email.step, &email.content, line)
        .ok_or(Error::NotFound)
}
