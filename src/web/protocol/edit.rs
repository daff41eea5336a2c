//! `GET` and `POST /protocol`: the steps of a protocol. Saving keeps a draft; nothing is planned by it.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::view::{EditPage, Shown, TimelineView};
use super::{Desk, PATH, RECORD, typed};
use crate::clinic::letter::sample::People;
use crate::clinic::protocol::Protocol;
use crate::clinic::protocol::changes::between;
use crate::clinic::protocol::draft::Act;
use crate::store;
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::{Who, is_partial};
use crate::web::headers::page;
use crate::web::studio::report::ReportView;
use crate::web::{Web, say, see_other};

/// `?person=disc`: as whom the timeline is looked at.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    person: String,
}

/// `GET /protocol`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Query(asked): Query<Asked>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let shown = Shown { person: asked.person, ..Shown::default() };
    Ok(page(&EditPage::of(&web, &desk, desk.protocol(), shown)))
}

/// What a press means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Press {
    /// Keep the draft.
    Save,
    /// Keep it, then look at the report before publication.
    Gate,
    /// Keep it, then try it on last month's visits.
    Trial,
    /// Add or remove a step.
    Steps(Act),
    /// Back to before a step was last added or removed, and forth again.
    Undo,
    /// Throw the draft away.
    Drop,
}

impl Press {
    fn of(fields: &Fields) -> Self {
        match fields.text("act") {
            "gate" => Self::Gate,
            "trial" => Self::Trial,
            "undo" => Self::Undo,
            "drop" => Self::Drop,
            other => Act::of(other).map_or(Self::Save, Self::Steps),
        }
    }
}

/// `POST /protocol`.
///
/// # Errors
/// When the form is none of ours, or the database does not answer.
pub async fn save(State(web): State<Web>, who: Who, headers: HeaderMap, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let over: u32 = fields.text("draft").parse().map_err(|_| Error::BadAddress)?;
    let (typed, errors) = typed::read(&fields, desk.protocol())?;
    let person = fields.text("person").to_owned();
    if !errors.is_empty() {
        let draft = fields.text("draft").parse().ok();
        let shown = Shown { errors, typed: Some(&fields), person, draft, ..Shown::default() };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&EditPage::of(&web, &desk, &typed, shown))).into_response());
    }
    let now = desk.here.now.timestamp();
    let press = Press::of(&fields);
    if press == Press::Drop {
        if over != 0 && !store::protocol::drop_draft(&mut db, desk.here.id, over).await? {
            return Ok(clash(&web, &desk, &typed, person, &headers));
        }
        store::audit::record(&mut db, &who.did(now, "protocol.draft_dropped", "protocol", RECORD)).await?;
        db.commit().await?;
        return Ok(see_other(PATH));
    }
    let (protocol, before, anchor) = done(&desk, &typed, press);
    let mut version = over;
    if before.is_some() || !between(desk.protocol(), &protocol).is_empty() {
        let kept = before.or_else(|| desk.draft.as_ref().and_then(|draft| draft.before.clone()));
        let by = (who.account, now);
        match store::protocol::save_draft(&mut db, desk.here.id, (&protocol, kept.as_ref()), over, by).await? {
            Some(saved) => version = saved,
            None => return Ok(clash(&web, &desk, &typed, person, &headers)),
        }
        // Of a draft that saves itself, the beginning is a deed and each pause in typing is not.
        if over == 0 {
            store::audit::record(&mut db, &who.did(now, "protocol.draft_begun", "protocol", RECORD)).await?;
        }
        db.commit().await?;
    }
    if is_partial(&headers) {
        return Ok(saved(&web, &desk, &protocol, version, &person));
    }
    Ok(match press {
        Press::Gate => see_other("/protocol/publication"),
        Press::Trial => see_other("/protocol/trial"),
        // Whom one looks at the timeline as is no secret: nobody who exists.
        _ if People::of(&web.catalogue).case(&person).is_some() => {
            see_other(&format!("{PATH}?person={person}{anchor}"))
        }
        _ => see_other(&format!("{PATH}{anchor}")),
    })
}

/// The protocol after the press, what it was before when its steps changed, and where to look.
fn done(desk: &Desk, typed: &Protocol, press: Press) -> (Protocol, Option<Protocol>, String) {
    let mut protocol = typed.clone();
    let had = desk.draft.as_ref().and_then(|draft| draft.before.clone());
    match (press, had) {
        (Press::Steps(act), _) => match act.apply(&mut protocol) {
            Some(step) => {
                let at = protocol.steps.iter().position(|rule| rule.step == step);
                let anchor = at.map_or("#steps".to_owned(), |at| format!("#block-{at}"));
                (protocol, Some(typed.clone()), anchor)
            }
            None => (protocol, None, String::new()),
        },
        (Press::Undo, Some(before)) => (before, Some(protocol), String::new()),
        _ => (protocol, None, String::new()),
    }
}

/// What the script is told: the draft's new version, a word, what the gate says, and the timeline.
fn saved(web: &Web, desk: &Desk, protocol: &Protocol, version: u32, person: &str) -> Response {
    use askama::Template as _;
    let report = ReportView::of(&desk.check(web, protocol), "").render().unwrap_or_default();
    let timeline = TimelineView::of(web, desk, protocol, person).render().unwrap_or_default();
    let said = format!("Saved {}", say::clock(&desk.here.now));
    let answer = serde_json::json!({ "version": version, "said": said, "report": report, "timeline": timeline });
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

/// Somebody else saved the draft meanwhile: both are shown, and nothing is lost.
fn clash(web: &Web, desk: &Desk, typed: &Protocol, person: String, headers: &HeaderMap) -> Response {
    if is_partial(headers) {
        return (StatusCode::CONFLICT, "Somebody else changed this protocol meanwhile.").into_response();
    }
    let shown = Shown { clash: true, person, ..Shown::default() };
    (StatusCode::CONFLICT, page(&EditPage::of(web, desk, typed, shown))).into_response()
}
