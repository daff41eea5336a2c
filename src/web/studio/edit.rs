//! `GET` and `POST /letters/{letter}/{locale}`: a letter in blocks. Saving keeps a draft; nobody is sent one.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::report::{ReportView, quick};
use super::typed;
use super::view::{EditPage, Shown};
use super::{Desk, preview};
use crate::clinic::fields::FieldErrors;
use crate::clinic::letter::changes::between;
use crate::clinic::letter::{Act, Letter};
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::{Who, is_partial};
use crate::web::headers::page;
use crate::web::{Web, see_other};

/// `GET /letters/{letter}/{locale}`.
///
/// # Errors
/// When there is no such letter, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Path((letter, locale)): Path<(String, String)>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who, (&letter, &locale)).await?;
    let shown = Shown { real: preview::real_visits(&mut db, &desk.shelf.here).await?, ..Shown::default() };
    Ok(page(&EditPage::of(&web, &desk, desk.text(), shown)))
}

/// What a press means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Press {
    /// Keep the draft.
    Save,
    /// Keep it, then look at the whole report.
    Gate,
    /// Change the blocks.
    Blocks(Act),
    /// Back to before the last change of the blocks, and forth again.
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
            other => Act::of(other).map_or(Self::Save, Self::Blocks),
        }
    }
}

/// `POST /letters/{letter}/{locale}`.
///
/// # Errors
/// When there is no such letter, or the database does not answer.
pub async fn save(
    State(web): State<Web>,
    who: Who,
    Path((letter, locale)): Path<(String, String)>,
    headers: HeaderMap,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who, (&letter, &locale)).await?;
    let over: u32 = fields.text("draft").parse().map_err(|_| Error::BadAddress)?;
    let (typed, errors) = typed::read(&fields, desk.text())?;
    if !errors.is_empty() {
        return again(&web, &mut db, &desk, &typed, &fields, errors, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let press = Press::of(&fields);
    if press == Press::Drop {
        let dropped = store::letter::drop_draft(&mut db, desk.key(), over).await?;
        return if dropped || over == 0 {
            let entry = who.did(desk.shelf.here.now.timestamp(), "letter.draft_dropped", "letter", desk.record());
            store::audit::record(&mut db, &entry).await?;
            db.commit().await?;
            Ok(see_other(&desk.path()))
        } else {
            clash(&web, &mut db, &desk, &typed, &fields, &headers).await
        };
    }
    let (letter, before, anchor) = done(&desk, &typed, press);
    let is_same = between(desk.text(), &letter).is_empty() && letter.needs_review == desk.text().needs_review;
    let mut version = over;
    if !is_same || before.is_some() {
        let kept = before.or_else(|| desk.draft().and_then(|draft| draft.before.clone()));
        let by = (who.account, desk.shelf.here.now.timestamp());
        match store::letter::save_draft(&mut db, desk.key(), (&letter, kept.as_ref()), over, by).await? {
            Some(saved) => version = saved,
            None => return clash(&web, &mut db, &desk, &typed, &fields, &headers).await,
        }
        // Of a draft that saves itself, the beginning is a deed and each pause in typing is not.
        if over == 0 {
            let entry = who.did(by.1, "letter.draft_begun", "letter", desk.record());
            store::audit::record(&mut db, &entry).await?;
        }
        db.commit().await?;
    }
    if is_partial(&headers) {
        return Ok(saved(&web, &desk, &letter, version));
    }
    match press {
        Press::Gate => Ok(see_other(&format!("{}/publication", desk.path()))),
        _ => Ok(see_other(&format!("{}{anchor}", desk.path()))),
    }
}

/// The letter after the press, what it was before when the blocks changed, and where to look.
fn done(desk: &Desk, typed: &Letter, press: Press) -> (Letter, Option<Letter>, String) {
    let mut letter = typed.clone();
    match press {
        Press::Blocks(act) if act.apply(&mut letter) => {
            let anchor = format!("#block-{}", act.lands_on(letter.blocks.len()));
            (letter, Some(typed.clone()), anchor)
        }
        Press::Undo => match desk.draft().and_then(|draft| draft.before.clone()) {
            Some(before) => (before, Some(letter), String::new()),
            None => (letter, None, String::new()),
        },
        _ => (letter, None, String::new()),
    }
}

/// What the script is told: the draft's new version, a word, and what the gate says so far.
fn saved(web: &Web, desk: &Desk, letter: &Letter, version: u32) -> Response {
    use askama::Template as _;
    let report = ReportView::of(&quick(web, desk, letter), "").render().unwrap_or_default();
    let said = format!("Saved {}", crate::web::say::clock(&desk.shelf.here.now));
    let answer = serde_json::json!({ "version": version, "said": said, "report": report });
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

/// Somebody else saved the draft meanwhile: both are shown, and nothing is lost.
async fn clash(
    web: &Web,
    db: &mut Db,
    desk: &Desk,
    typed: &Letter,
    fields: &Fields,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    if is_partial(headers) {
        return Ok((StatusCode::CONFLICT, "Somebody else changed this letter meanwhile.").into_response());
    }
    let shown = Shown {
        clash: true,
        person: fields.text("person").to_owned(),
        real: preview::real_visits(db, &desk.shelf.here).await?,
        ..Shown::default()
    };
    Ok((StatusCode::CONFLICT, page(&EditPage::of(web, desk, typed, shown))).into_response())
}

/// The page once more, as typed.
pub(super) async fn again(
    web: &Web,
    db: &mut Db,
    desk: &Desk,
    typed: &Letter,
    fields: &Fields,
    errors: FieldErrors,
    status: StatusCode,
) -> Result<Response, Error> {
    let shown = Shown {
        errors,
        person: fields.text("person").to_owned(),
        real: preview::real_visits(db, &desk.shelf.here).await?,
        draft: fields.text("draft").parse().ok(),
        ..Shown::default()
    };
    Ok((status, page(&EditPage::of(web, desk, typed, shown))).into_response())
}
