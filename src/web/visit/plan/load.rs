//! Loads the page of a plan.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::acts::Typed;
use super::page::{Chosen, PlanPage, Tab};
use crate::clinic::ids::VisitId;
use crate::clinic::outbox::Act;
use crate::clinic::protocol::Step;
use crate::store::Db;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::visit::load;
use crate::web::{Here, Web};

/// `?email=day_3&show=text&done=skip`.
#[derive(Debug, Deserialize)]
pub struct Asked {
    email: Option<String>,
    show: Option<String>,
    done: Option<String>,
}

/// `GET /visits/{id}/plan`.
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
    let chosen = Chosen {
        step: asked.email.as_deref().and_then(Step::of),
        tab: Tab::of(asked.show.as_deref().unwrap_or_default()),
        done: asked.done.as_deref().and_then(Act::of),
        typed: None,
        who: who.name.to_string(),
    };
    let shown = build(&web, &mut db, &here, load::read(&id)?, &chosen).await?;
    drop(db);
    web.saw(&who, "plan", &id).await?;
    Ok(page(&shown))
}

/// The page again, with what was typed and what is wrong with it.
pub(super) async fn again(web: &Web, db: &mut Db, here: &Here, id: VisitId, typed: Typed) -> Result<PlanPage, Error> {
    let chosen = Chosen {
        step: Some(typed.step),
        tab: Tab::Inside,
        done: None,
        typed: Some(typed),
        who: here.who.name.to_string(),
    };
    build(web, db, here, id, &chosen).await
}

async fn build(web: &Web, db: &mut Db, here: &Here, id: VisitId, chosen: &Chosen) -> Result<PlanPage, Error> {
    let facts = load::visit(web, db, here, id).await?;
    let open = facts.plan.emails.iter().find(|email| Some(email.step) == chosen.step);
    let text = match open.filter(|_| chosen.tab == Tab::Text) {
        Some(email) => load::written(web, db, here, &facts, email).await?.text,
        None => String::new(),
    };
    Ok(PlanPage::of(here.shell(Room::Day), &facts, &web.catalogue, chosen, text, &here.now))
}
