//! What is done to a note: save, sign, add; to what was done; and completing the visit. A save
//! names the version it was written over. Nothing typed is ever dropped: what cannot be saved comes
//! back on the page.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::load::{Open, open};
use super::{NoteFacts, Told, form, saved_words, signed_words, treatment};
use crate::clinic::account::Action;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::NoteId;
use crate::clinic::note::{LONGEST_TEXT, Note, Refusal, Section, Signature};
use crate::store::note::Save;
use crate::store::visit::VisitState;
use crate::store::{self, Db};
use crate::web::completion::{complete_by, took_place};
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::{Who, is_partial};
use crate::web::headers::page;
use crate::web::replan::Cause;
use crate::web::visit::load::{again, read};
use crate::web::{Here, Web, say, see_other};

/// What comes back instead of a redirect: the note as typed, and what to say about it.
struct Back {
    status: StatusCode,
    facts: NoteFacts,
    told: Told,
}

/// Answers a save by script: the words beside the buttons, and the version for the next save.
#[derive(Template)]
#[template(path = "note/saved.html")]
struct Saved {
    words: String,
    version: u32,
    waiting: usize,
}

/// `POST /visits/{id}/note`: the whole form, by button or a moment after typing.
///
/// # Errors
/// When there is no such visit here, or the database does not answer.
pub async fn save(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let visit = open(&web, &mut db, &here, read(&id)?).await?;
    let saved = match typed(&visit.note, &fields, &here) {
        Ok(note) => keep(&web, &mut db, &here, &visit, note, &fields).await?,
        Err(back) => Err(back),
    };
    match saved {
        Ok(facts) if is_partial(&headers) => {
            db.commit().await?;
            let words = saved_words(facts.saved.as_ref(), &here.now);
            Ok(page(&Saved { words, version: facts.version, waiting: facts.note.waiting() }))
        }
        Ok(_) => {
            db.commit().await?;
            Ok(see_other(&format!("/visits/{}#note", visit.id)))
        }
        // The page stays as it is, with all that was typed; only the words beside the buttons change.
        Err(back) if is_partial(&headers) => {
            let words = back
                .told
                .refused
                .map_or("Not saved: a field needs another look.".into(), |(title, _)| format!("Not saved. {title}."));
            let version = fields.text("version").parse().unwrap_or_default();
            let waiting = back.facts.note.waiting();
            Ok((back.status, page(&Saved { words, version, waiting })).into_response())
        }
        Err(back) => show(&web, &mut db, &here, &visit, *back).await,
    }
}

/// `POST /visits/{id}/note/signature`: saves what is typed and signs it. The first of signing and
/// completing starts the plan.
///
/// # Errors
/// When there is no such visit here, the visit does not take place, or the database does not answer.
pub async fn sign(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let visit = open(&web, &mut db, &here, read(&id)?).await?;
    let note = match typed(&visit.note, &fields, &here) {
        Ok(note) => note,
        Err(back) => return show(&web, &mut db, &here, &visit, *back).await,
    };
    took_place(&visit.appointment, &here.now)?;
    let now = here.now.timestamp();
    let signature = Signature { by: who.account, name: who.name.clone(), at: now };
    let refused = match note.clone().sign(signature, visit.done.clone()) {
        Ok(signed) => match write(&web, &mut db, &here, &visit, &signed, "note.signed", &fields).await? {
            Ok(_) => {
                if visit.appointment.state != VisitState::Completed {
                    let entry = who.did(now, "visit.completed", "visit", visit.id);
                    complete_by(&mut db, web.made(&web.sending.get()), &entry, visit.id).await?;
                }
                db.commit().await?;
                return Ok(see_other(&format!("/visits/{}#note", visit.id)));
            }
            Err(back) => return show(&web, &mut db, &here, &visit, *back).await,
        },
        Err(refusal) => refused_words(&refusal, &here),
    };
    // Not signed, but saved: what was decided so far is not lost.
    match keep(&web, &mut db, &here, &visit, note, &fields).await? {
        Ok(facts) => {
            db.commit().await?;
            let mut db = web.store.read().await?;
            let told = Told { refused: Some(refused), ..Told::default() };
            show(&web, &mut db, &here, &visit, Back { status: StatusCode::CONFLICT, facts, told }).await
        }
        Err(back) => show(&web, &mut db, &here, &visit, *back).await,
    }
}

/// `POST /visits/{id}/note/addenda`.
///
/// # Errors
/// When there is no such note here, or the database does not answer.
pub async fn add(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let visit = open(&web, &mut db, &here, read(&id)?).await?;
    let kept = store::note::find(&mut db, here.id, visit.id).await?.ok_or(Error::NotFound)?;
    let now = here.now.timestamp();
    let signature = Signature { by: who.account, name: who.name.clone(), at: now };
    let text = fields.block("addendum", "The addendum", LONGEST_TEXT);
    let added = text.and_then(|text| {
        visit.note.note.add(signature, &text.replace("\r\n", "\n")).map_err(|refusal| match refusal {
            Refusal::Empty => "Write what is to be added.".to_owned(),
            other => refused_words(&other, &here).1,
        })
    });
    match added {
        Ok(addendum) => {
            store::note::add(&mut db, here.id, kept.id, &addendum).await?;
            store::audit::record(&mut db, &who.did(now, "note.added", "note", kept.id)).await?;
            db.commit().await?;
            Ok(see_other(&format!("/visits/{}#note", visit.id)))
        }
        Err(sentence) => {
            let mut errors = FieldErrors::new();
            errors.add("addendum", sentence);
            let told = Told { errors, addendum: fields.text("addendum").to_owned(), ..Told::default() };
            let back = Back { status: StatusCode::UNPROCESSABLE_ENTITY, facts: visit.note.clone(), told };
            show(&web, &mut db, &here, &visit, back).await
        }
    }
}

/// `POST /visits/{id}/treatment`: what was really done.
///
/// # Errors
/// When there is no such visit here, its note is signed, or the database does not answer.
pub async fn treat(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let visit = open(&web, &mut db, &here, read(&id)?).await?;
    if let Some(signature) = &visit.note.note.signature {
        let signed = signed_words(signature, &here.now);
        return Err(Error::Refused(format!(
            "The note that tells what was done is signed ({signed}). Add what was different as an addendum."
        )));
    }
    took_place(&visit.appointment, &here.now)?;
    match treatment::Typed::read(&fields).check(&web.catalogue) {
        Ok(done) => {
            let now = here.now.timestamp();
            store::treatment::record(&mut db, here.id, visit.id, &done, who.account, now).await?;
            store::audit::record(&mut db, &who.did(now, "treatment.recorded", "visit", visit.id)).await?;
            web.replan(&mut db, here.id, visit.appointment.client, Cause::Treatment).await?;
            db.commit().await?;
            Ok(see_other(&format!("/visits/{}#treatment", visit.id)))
        }
        Err(typed) => {
            let told = Told { treatment: Some(typed), ..Told::default() };
            let back = Back { status: StatusCode::UNPROCESSABLE_ENTITY, facts: visit.note.clone(), told };
            show(&web, &mut db, &here, &visit, back).await
        }
    }
}

/// `POST /visits/{id}/completion`: the visit is over, and its plan starts. Twice is once.
///
/// # Errors
/// When there is no such visit here, it does not take place, or the database does not answer.
pub async fn complete(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let visit = open(&web, &mut db, &here, read(&id)?).await?;
    took_place(&visit.appointment, &here.now)?;
    let entry = who.did(here.now.timestamp(), "visit.completed", "visit", visit.id);
    complete_by(&mut db, web.made(&web.sending.get()), &entry, visit.id).await?;
    db.commit().await?;
    let place = if who.may(Action::SeeHealth) { "#plan" } else { "" };
    Ok(see_other(&format!("/visits/{}{place}", visit.id)))
}

/// The note with what was typed and chosen, or the page that has to come back.
fn typed(facts: &NoteFacts, fields: &Fields, here: &Here) -> Result<Note, Box<Back>> {
    let back = |status, note: Note, told| Box::new(Back { status, facts: NoteFacts { note, ..facts.clone() }, told });
    if let Some(signature) = &facts.note.signature {
        let refused = refused_words(&Refusal::Signed(signature.clone()), here);
        let unsaved = form::unsaved(fields, &facts.note);
        let told = Told { refused: Some(refused), unsaved, ..Told::default() };
        return Err(back(StatusCode::CONFLICT, facts.note.clone(), told));
    }
    let (mut note, errors) = form::apply(fields, facts.note.clone()).map_err(|refusal| {
        let told = Told { refused: Some(refused_words(&refusal, here)), ..Told::default() };
        back(StatusCode::CONFLICT, facts.note.clone(), told)
    })?;
    if fields.text("version").parse() != Ok(facts.version) {
        let told = Told {
            refused: Some(overtaken(facts, here)),
            theirs: differing(&facts.note, &note),
            errors,
            ..Told::default()
        };
        return Err(back(StatusCode::CONFLICT, note, told));
    }
    if !errors.is_empty() {
        return Err(back(StatusCode::UNPROCESSABLE_ENTITY, note, Told { errors, ..Told::default() }));
    }
    let more = match (form::carried(fields), facts.last.as_ref(), fields.text("act")) {
        (Some(section), Some(last), _) => note.carry(section, last),
        (_, _, "accept_all") => note.accept_waiting(),
        _ => Ok(()),
    };
    match more {
        Ok(()) => Ok(note),
        Err(refusal) => {
            let told = Told { refused: Some(refused_words(&refusal, here)), ..Told::default() };
            Err(back(StatusCode::CONFLICT, note, told))
        }
    }
}

/// Saves a draft; one that says what is saved already is not written again.
async fn keep(
    web: &Web,
    db: &mut Db,
    here: &Here,
    visit: &Open,
    note: Note,
    fields: &Fields,
) -> Result<Result<NoteFacts, Box<Back>>, Error> {
    if visit.note.version > 0 && note == visit.note.note {
        return Ok(Ok(visit.note.clone()));
    }
    let saved = write(web, db, here, visit, &note, "note.saved", fields).await?;
    Ok(saved.map(|_| NoteFacts {
        note,
        version: visit.note.version + 1,
        saved: Some((here.who.name.to_string(), here.now.clone())),
        ..visit.note.clone()
    }))
}

/// Writes the note over the version it was read from. Where another save came first, the page comes
/// back with both.
async fn write(
    web: &Web,
    db: &mut Db,
    here: &Here,
    visit: &Open,
    note: &Note,
    action: &str,
    fields: &Fields,
) -> Result<Result<NoteId, Box<Back>>, Error> {
    let (who, at) = (&here.who, here.now.timestamp());
    let save = Save { visit: visit.id, over: visit.note.version, note, by: who.account, at };
    if let Some(id) = store::note::save(db, here.id, save).await? {
        store::audit::record(db, &who.did(at, action, "note", id)).await?;
        return Ok(Ok(id));
    }
    let newer = open(web, db, here, visit.id).await?;
    match typed(&newer.note, fields, here) {
        Err(back) => Ok(Err(back)),
        // Another save that cannot be seen yet: the form is sent again by hand.
        Ok(_) => Err(Error::Refused("Someone else saved this note at the same moment. Go back and save again.".into())),
    }
}

/// The sections in which two versions of a note differ, as the saved one has them.
fn differing(theirs: &Note, mine: &Note) -> std::collections::BTreeMap<Section, Vec<String>> {
    let says = |note: &Note, section| -> Vec<String> { note.says(section).into_iter().map(str::to_owned).collect() };
    Section::ALL
        .into_iter()
        .map(|section| (section, says(theirs, section), says(mine, section)))
        .filter(|(_, theirs, mine)| theirs != mine)
        .map(|(section, theirs, _)| (section, theirs))
        .collect()
}

fn overtaken(facts: &NoteFacts, here: &Here) -> (String, String) {
    let title = match &facts.saved {
        Some((who, at)) => format!("{who} saved this note {}", say::moment(at, &here.now)),
        None => "This note was saved meanwhile".into(),
    };
    (title, "Your text is below, and theirs stands beside it where it differs. Save again to keep yours.".into())
}

fn refused_words(refusal: &Refusal, here: &Here) -> (String, String) {
    match refusal {
        Refusal::Signed(signature) => (
            format!("Signed by {}", signed_words(signature, &here.now)),
            "A signed note does not change. What is new can be added below.".into(),
        ),
        Refusal::Waiting(1) => {
            ("1 line waits for you".into(), "Accept, edit or reject it, then sign. Everything else is saved.".into())
        }
        Refusal::Waiting(number) => (
            format!("{number} lines wait for you"),
            "Accept, edit or reject each, then sign. Everything else is saved.".into(),
        ),
        Refusal::Empty => ("The note is empty".into(), "Accept a line or write your own words, then sign.".into()),
        Refusal::NotSigned => ("The note is not signed yet".into(), "Write it into the note itself.".into()),
        Refusal::NoWords(_) => ("A line is empty".into(), "Write the edited line, or reject it.".into()),
        Refusal::TooLong(most) => ("A text is too long".into(), format!("Use at most {most} characters.")),
    }
}

async fn show(web: &Web, db: &mut Db, here: &Here, visit: &Open, back: Back) -> Result<Response, Error> {
    let shown = Open { note: back.facts, ..visit.clone() };
    Ok((back.status, again(web, db, here, shown, &back.told).await?).into_response())
}
