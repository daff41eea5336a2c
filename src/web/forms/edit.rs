//! `GET` and `POST /forms/{number}`: a form in sections and questions. Saving keeps a draft; nobody is asked it.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::view::{EditPage, Shown};
use super::{Desk, typed};
use crate::clinic::questionnaire::Questionnaire;
use crate::clinic::questionnaire::check::examine;
use crate::clinic::questionnaire::draft::Act;
use crate::store;
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::{Who, is_partial};
use crate::web::headers::page;
use crate::web::studio::report::ReportView;
use crate::web::{Web, say, see_other};

/// `GET /forms/{number}`.
///
/// # Errors
/// When there is no such form, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(number): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who, &number).await?;
    Ok(page(&EditPage::of(&web, &desk, desk.text()?, Shown::default())))
}

/// What a press means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Press {
    /// Keep the draft.
    Save,
    /// Keep it, then look at the whole report.
    Gate,
    /// Change sections or questions.
    Act(Act),
    /// Back to before the last change of them, and forth again.
    Undo,
    /// Throw the draft away.
    Drop,
}

impl Press {
    fn of(fields: &Fields) -> Self {
        match fields.text("act") {
            "gate" => Self::Gate,
            "undo" => Self::Undo,
            "drop" => Self::Drop,
            // The kind stands in a list beside the button.
            add if add.starts_with("add.q.") => {
                let section = add.trim_start_matches("add.q.");
                let kind = fields.text(&format!("new.{section}"));
                Act::of(&format!("{add}.{kind}")).map_or(Self::Save, Self::Act)
            }
            other => Act::of(other).map_or(Self::Save, Self::Act),
        }
    }
}

/// `POST /forms/{number}`.
///
/// # Errors
/// When there is no such form, or the database does not answer.
pub async fn save(
    State(web): State<Web>,
    who: Who,
    Path(number): Path<String>,
    headers: HeaderMap,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who, &number).await?;
    let over: u32 = fields.text("draft").parse().map_err(|_| Error::BadAddress)?;
    let (typed, errors) = typed::read(&fields, desk.text()?)?;
    if !errors.is_empty() {
        let shown = Shown { errors, draft: Some(over), clash: false };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&EditPage::of(&web, &desk, &typed, shown))).into_response());
    }
    let at = desk.shelf.here.now.timestamp();
    let press = Press::of(&fields);
    if press == Press::Drop {
        if over > 0 && !store::questionnaire::drop_draft(&mut db, desk.key(), over).await? {
            return Ok(clash(&web, &desk, &typed, &headers));
        }
        store::audit::record(&mut db, &who.did(at, "form.draft_dropped", "form", desk.record())).await?;
        db.commit().await?;
        // A form that was never published is gone with its draft.
        let back = if desk.current().is_some() { desk.path() } else { "/forms".into() };
        return Ok(see_other(&back));
    }
    let (form, before, anchor) = done(&desk, typed.clone(), press);
    let mut version = over;
    if before.is_some() || form != *desk.text()? {
        let kept = before.or_else(|| desk.draft().and_then(|draft| draft.before.clone()));
        let by = (who.account, at);
        match store::questionnaire::save_draft(&mut db, desk.key(), (&form, kept.as_ref()), over, by).await? {
            Some(saved) => version = saved,
            None => return Ok(clash(&web, &desk, &typed, &headers)),
        }
        // Of a draft that saves itself, the beginning is a deed and each pause in typing is not.
        if over == 0 {
            store::audit::record(&mut db, &who.did(at, "form.draft_begun", "form", desk.record())).await?;
        }
        db.commit().await?;
    }
    if is_partial(&headers) {
        return Ok(saved(&web, &desk, &form, version));
    }
    match press {
        Press::Gate => Ok(see_other(&format!("{}/publication", desk.path()))),
        _ => Ok(see_other(&format!("{}{anchor}", desk.path()))),
    }
}

/// The form after the press, what it was before when sections or questions changed, and where to look.
fn done(desk: &Desk, typed: Questionnaire, press: Press) -> (Questionnaire, Option<Questionnaire>, String) {
    match press {
        Press::Act(act) => {
            let mut form = typed.clone();
            if act.apply(&mut form) {
                let anchor = act.lands_on(&form);
                return (form, Some(typed), anchor);
            }
            (typed, None, String::new())
        }
        Press::Undo => match desk.draft().and_then(|draft| draft.before.clone()) {
            Some(before) => (before, Some(typed), String::new()),
            None => (typed, None, String::new()),
        },
        Press::Save | Press::Gate | Press::Drop => (typed, None, String::new()),
    }
}

/// What the script is told: the draft's new version, a word, and what the check says so far.
fn saved(web: &Web, desk: &Desk, form: &Questionnaire, version: u32) -> Response {
    use askama::Template as _;
    let report = ReportView::of(&examine(form, &web.catalogue), "").render().unwrap_or_default();
    let said = format!("Saved {}", say::clock(&desk.shelf.here.now));
    let answer = serde_json::json!({ "version": version, "said": said, "report": report });
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

/// Somebody else saved the draft meanwhile: both are shown, and nothing is lost.
fn clash(web: &Web, desk: &Desk, typed: &Questionnaire, headers: &HeaderMap) -> Response {
    if is_partial(headers) {
        return (StatusCode::CONFLICT, "Somebody else changed this form meanwhile.").into_response();
    }
    let shown = Shown { clash: true, ..Shown::default() };
    (StatusCode::CONFLICT, page(&EditPage::of(web, desk, typed, shown))).into_response()
}
