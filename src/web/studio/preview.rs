//! A letter as somebody would get it: a person who does not exist, or a visit of today, which is written down
//! like any look at a record. Nothing here changes a letter.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, ToSpan as _};
use serde::Deserialize;

use super::edit::again;
use super::view::{EditPage, Shown};
use super::{Desk, typed};
use crate::clinic::case::Case;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::VisitId;
use crate::clinic::letter::Letter;
use crate::clinic::letter::sample::People;
use crate::clinic::notice::{Kind, Notice};
use crate::clinic::plan::LetterId;
use crate::mail::letter::trial::Draft;
use crate::mail::letter::{Links, Rendered};
use crate::store::{self, Db, fresh_uuid};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::{letter, page};
use crate::web::letters::{at_hour, framed};
use crate::web::{Here, Web, say};

/// A line as a therapist might add it, so that one sees where it stands.
const LINE: &str = "Good to see you. Try a short walk in your lunch break.";

/// So long a test is of use.
const TEST_OF_USE: SignedDuration = SignedDuration::from_hours(24);

/// So many visits of today can be chosen.
const MOST_VISITS: usize = 30;

/// `?person=disc&look=dark`.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    person: String,
    #[serde(default)]
    look: String,
    version: Option<u32>,
}

/// `GET /letters/{letter}/{locale}/html`: the saved draft, or a version, for the frame.
///
/// # Errors
/// When there is no such letter, version or person, or the database does not answer.
pub async fn html(
    State(web): State<Web>,
    who: Who,
    Path((id, locale)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who, (&id, &locale)).await?;
    let text = match asked.version {
        Some(number) => desk.version(&web, number).ok_or(Error::NotFound)?,
        None => desk.text().clone(),
    };
    seen_as(&web, db, &who, &desk, &text, &asked).await
}

/// `POST /letters/{letter}/{locale}/preview`: what is typed, for the frame. It keeps nothing.
///
/// # Errors
/// When there is no such letter or person, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Path((id, locale)): Path<(String, String)>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who, (&id, &locale)).await?;
    let (text, errors) = typed::read(&fields, desk.text())?;
    if let Some((_, sentence)) = errors.iter().next() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, letter(plain(sentence).into_bytes())).into_response());
    }
    let asked = Asked { person: fields.text("person").to_owned(), look: fields.text("look").to_owned(), version: None };
    seen_as(&web, db, &who, &desk, &text, &asked).await
}

async fn seen_as(
    web: &Web,
    mut db: Db,
    who: &Who,
    desk: &Desk,
    text: &Letter,
    asked: &Asked,
) -> Result<Response, Error> {
    let (case, visit) = person(web, &mut db, desk, &asked.person).await?;
    drop(db);
    if let Some(visit) = visit {
        web.saw(who, "visit", visit).await?;
    }
    let shown = match rendered(web, desk, text, &case, &web.letters.links(), who.name.as_str()) {
        Ok(rendered) => dressed(web, desk, &case, rendered, &asked.look),
        Err(problem) => plain(&format!("This letter cannot be shown yet: {problem}")),
    };
    Ok(framed(web, shown).await)
}

/// The letter for this client. Broken fields are left out of it, so that one sees the rest.
fn rendered(web: &Web, desk: &Desk, text: &Letter, case: &Case, links: &Links, who: &str) -> Result<Rendered, String> {
    let draft = Draft::of(web.letters.compiled(), &web.catalogue, &desk.locale, &text.clone().mended())?;
    let line = (desk.letter != LetterId::EmergencyOnly).then_some((LINE, who));
    draft.render(case, links, line).map_err(|problem| problem.to_string())
}

/// By day, by night, as text, or its headers.
fn dressed(web: &Web, desk: &Desk, case: &Case, rendered: Rendered, look: &str) -> String {
    match look {
        "text" => plain(&rendered.text),
        "headers" => {
            let clinic = desk.shelf.here.profile.from_name();
            let (from, to) = (web.sending.get().from.clone(), case.full_name());
            let (subject, preheader) = (rendered.subject, rendered.preheader);
            plain(&format!(
                "From: {clinic} <{from}>\nTo: {to}\nSubject: {subject}\n\nShown after the subject: {preheader}"
            ))
        }
        look => at_hour(&rendered.html, look == "dark"),
    }
}

/// Words as a page of their own.
fn plain(text: &str) -> String {
    let safe = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Preview</title></head>\
         <body style=\"margin:16px;font:15px/22px Arial,Helvetica,sans-serif\">\
         <pre style=\"margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:inherit\">{safe}</pre></body></html>"
    )
}

/// Whom the letter is looked at as: a sample, or the visit behind `visit.ID`.
async fn person(web: &Web, db: &mut Db, desk: &Desk, asked: &str) -> Result<(Case, Option<VisitId>), Error> {
    let real = asked.strip_prefix("visit.");
    let (mut case, visit) = match real {
        Some(id) => {
            let id: VisitId = id.parse().map_err(|_| Error::NotFound)?;
            let filed = store::case::find(db, desk.shelf.here.id, id).await?.ok_or(Error::NotFound)?;
            (filed.answered(&web.catalogue), Some(id))
        }
        None => (sample(web, desk, asked)?, None),
    };
    case.client.locale = Some(desk.locale.clone());
    if desk.letter == LetterId::Prepare {
        case.visit.next_visit_at = Some(case.visit.starts_at);
    }
    Ok((case, visit))
}

/// A sample at this clinic; the first one when none is named.
fn sample(web: &Web, desk: &Desk, asked: &str) -> Result<Case, Error> {
    let people = People::of(&web.catalogue);
    let first = people.iter().next().map(|person| person.id).ok_or(Error::NotFound)?;
    let mut case = people.case(if asked.is_empty() { first } else { asked }).ok_or(Error::NotFound)?.clone();
    case.clinic = desk.shelf.here.profile.clone();
    Ok(case)
}

/// The visits of today one can look at a letter as.
pub(super) async fn real_visits(db: &mut Db, here: &Here) -> Result<Vec<(String, String)>, Error> {
    let start = here.now.start_of_day().map_err(|_| Error::Broken)?;
    let end = start.checked_add(1.day()).map_err(|_| Error::Broken)?;
    let lines = store::board::between(db, here.id, start.timestamp(), end.timestamp()).await?;
    let words = |line: store::board::Line| {
        let at = say::clock(&line.starts_at.to_zoned(here.now.time_zone().clone()));
        let last = line.last_name.map(|name| format!(" {name}")).unwrap_or_default();
        (format!("visit.{}", line.visit), format!("Today {at}: {}{last}", line.first_name))
    };
    Ok(lines.into_iter().take(MOST_VISITS).map(words).collect())
}

/// `POST /letters/{letter}/{locale}/test`: what is typed, to one's own address. It never holds a real client's
/// answers, and has no links: they would lead nowhere.
///
/// # Errors
/// When there is no such letter, a real visit is chosen, or the database does not answer.
pub async fn test(
    State(web): State<Web>,
    who: Who,
    Path((id, locale)): Path<(String, String)>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who, (&id, &locale)).await?;
    let (text, mut errors) = typed::read(&fields, desk.text())?;
    let asked = fields.text("person");
    if asked.starts_with("visit.") {
        errors.add("person", "Choose one of the people who do not exist: a test never holds a client's answers.");
    }
    if !errors.is_empty() {
        return again(&web, &mut db, &desk, &text, &fields, errors, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let (case, _) = person(&web, &mut db, &desk, asked).await?;
    let account = store::account::find(&mut db, who.clinic, who.account).await?.ok_or(Error::NotFound)?;
    let rendered = match rendered(&web, &desk, &text, &case, &Links::by_mail(None), who.name.as_str()) {
        Ok(rendered) => rendered,
        Err(problem) => {
            let mut errors = FieldErrors::new();
            errors.add("person", format!("This letter cannot be written yet: {problem}"));
            return again(&web, &mut db, &desk, &text, &fields, errors, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let now = desk.shelf.here.now.timestamp();
    let notice = Notice {
        clinic: who.clinic,
        client: None,
        kind: Kind::LetterTest,
        cause: fresh_uuid(now).to_string(),
        to: account.email.clone(),
        subject: format!("Test: {}", rendered.subject),
        text: rendered.text,
        html: Some(rendered.html),
        due_at: now,
        not_after: now.saturating_add(TEST_OF_USE).unwrap_or(now),
    };
    store::notice::put(&mut db, &notice).await?;
    store::audit::record(&mut db, &who.did(now, "letter.test_sent", "letter", desk.record())).await?;
    let shown = Shown {
        told: format!("A test is on its way to {}. It has no links.", account.email.as_str()),
        person: asked.to_owned(),
        real: real_visits(&mut db, &desk.shelf.here).await?,
        draft: fields.text("draft").parse().ok(),
        ..Shown::default()
    };
    db.commit().await?;
    Ok(page(&EditPage::of(&web, &desk, &text, shown)))
}
