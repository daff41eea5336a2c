//! Correcting a client. Two people can have the form open; the second sees what the first changed,
//! and nothing typed is lost. A new address takes the waiting mail along.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::form::{FormPage, Overtaken, typed, was};
use crate::clinic::client::{Clash, Field, Typed, merged};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::ClientId;
use crate::clinic::outbox::State as MailState;
use crate::clinic::protocol::Stream;
use crate::store::client::Registered;
use crate::store::email::Email;
use crate::store::{self, Db};
use crate::web::actor::{Actor, name_behind};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::replan::Cause;
use crate::web::shell::Room;
use crate::web::{Here, Web, say, see_other};

/// `GET /clients/{id}/edit`.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let client = find(&mut db, &here, &id).await?;
    let waiting = waiting(&mut db, &here, client.id).await?;
    drop(db);
    web.saw(&who, "client", client.id).await?;
    Ok(page(&FormPage::of(here.shell(Room::Clients), &client, &web.letters.languages(), waiting)))
}

/// `POST /clients/{id}`.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn save(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let saved = find(&mut db, &here, &id).await?;
    let waiting = waiting(&mut db, &here, saved.id).await?;
    let (typed, languages) = (typed(&fields), web.letters.languages());
    let version: u32 = fields.text("version").parse().map_err(|_| Error::BadAddress)?;
    let form = FormPage::of(here.shell(Room::Clients), &saved, &languages, waiting);
    if version != saved.version {
        let by = who_saved(&mut db, &here, &saved).await?;
        let form = clashing(form, &saved, &was(&fields), &typed, by);
        return Ok((StatusCode::CONFLICT, page(&form)).into_response());
    }
    let (client, phone) = match typed.check(&languages, here.now.date()) {
        Ok(checked) => checked,
        Err(errors) => {
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&form.with(typed, errors))).into_response());
        }
    };
    let changed = Registered { client, phone, ..saved.clone() };
    keep(&mut db, &who.actor(), &saved, &changed, here.now.timestamp()).await?;
    web.replan(&mut db, here.id, saved.id, Cause::Answers).await?;
    db.commit().await?;
    Ok(see_other(&format!("/clients/{}", saved.id)))
}

/// Keeps a correction with what it means for waiting mail.
///
/// # Errors
/// When somebody corrected the client at the same moment, or the database does not answer.
pub(in crate::web) async fn keep(
    db: &mut Db,
    actor: &Actor,
    saved: &Registered,
    changed: &Registered,
    at: Timestamp,
) -> Result<(), Error> {
    let fields = differences(saved, changed);
    if fields.is_empty() {
        return Ok(());
    }
    if !store::client::save(db, actor.clinic, changed).await? {
        return Err(Error::Refused("Somebody saved this client at the same moment. Open the form again.".into()));
    }
    match &changed.client.email {
        None => {
            let every = [Stream::Service, Stream::Aftercare, Stream::Preparation];
            let why = "the client has no email address any more";
            store::outbox::cancel_waiting(db, actor.clinic, saved.id, &every, why, at).await?;
        }
        Some(new) if saved.client.email.as_ref() != Some(new) => {
            store::outbox::readdress(db, actor.clinic, saved.id, new, at).await?;
            // Whoever reads the mailbox of the address before opens no page of theirs any more.
            store::link::end_all(db, actor.clinic, saved.id, at).await?;
        }
        Some(_) => {}
    }
    if changed.client.on_paper && !saved.client.on_paper {
        let (mail, why) = ([Stream::Aftercare, Stream::Preparation], "the client wants aftercare on paper");
        store::outbox::cancel_waiting(db, actor.clinic, saved.id, &mail, why, at).await?;
    }
    let fields: Vec<&str> = fields.iter().map(|field| field.id()).collect();
    let deed = format!("client.corrected:{}", fields.join(","));
    store::audit::record(db, &actor.did(at, &deed, "client", saved.id)).await?;
    Ok(())
}

/// The fields in which two versions of a client differ.
fn differences(one: &Registered, other: &Registered) -> Vec<Field> {
    let (one, other) = (Typed::of(&one.client, &one.phone), Typed::of(&other.client, &other.phone));
    Field::ALL.into_iter().filter(|field| one.get(*field) != other.get(*field)).collect()
}

/// How many emails a new address would take along.
async fn waiting(db: &mut Db, here: &Here, client: ClientId) -> Result<usize, Error> {
    let waits = |email: &&Email| {
        matches!(email.state, MailState::Scheduled | MailState::Claimed | MailState::Held) && email.sending_at.is_none()
    };
    Ok(store::email::of_client(db, here.id, client).await?.iter().filter(waits).count())
}

/// The form again, with what somebody else saved since it was opened.
fn clashing(form: FormPage, saved: &Registered, was: &Typed, typed: &Typed, who: String) -> FormPage {
    let now = Typed::of(&saved.client, &saved.phone);
    let merged = merged(was, &now, typed);
    let mut errors = FieldErrors::new();
    for Clash { field, saved } in &merged.clashes {
        let saved = if saved.is_empty() { "nothing".to_owned() } else { format!("“{saved}”") };
        errors.add(field.id(), format!("Saved meanwhile: {saved}. Below is what you typed. Keep the right one."));
    }
    let changed = merged.changed.iter().map(|field| {
        let value = now.get(*field);
        (field.label(), if value.is_empty() { "empty".to_owned() } else { value.to_owned() })
    });
    let by = Overtaken { who, changed: changed.collect(), clashes: !merged.clashes.is_empty() };
    form.with(merged.typed, errors).overtaken(by)
}

/// Who saved last and when, in words.
async fn who_saved(db: &mut Db, here: &Here, saved: &Registered) -> Result<String, Error> {
    let deeds = store::audit::changes_of(db, here.id, &[saved.id.to_string()]).await?;
    let Some(last) = deeds.iter().rev().find(|deed| deed.action.starts_with("client.corrected")) else {
        return Ok("Somebody".into());
    };
    let name = name_behind(db, last).await?;
    let at = last.at.to_zoned(here.now.time_zone().clone());
    Ok(format!("{}, {}", name.unwrap_or_else(|| "Somebody".into()), say::moment(&at, &here.now)))
}

/// The client of this address.
pub(super) async fn find(db: &mut Db, here: &Here, id: &str) -> Result<Registered, Error> {
    // A link that holds no id leads nowhere, as one that holds a stranger's.
    let id: ClientId = id.parse().map_err(|_| Error::NotFound)?;
    store::client::find(db, here.id, id).await?.ok_or(Error::NotFound)
}
