//! Erasing a client: what goes is shown, somebody says that it may, and then it is gone.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::edit::find;
use super::full_name;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::ClientId;
use crate::store;
use crate::store::client::Registered;
use crate::store::person::{self, Erasure, Notes, Toll};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, say, see_other};

/// `GET /clients/{id}/erasure`.
#[derive(Debug, Template)]
#[template(path = "client/erasure.html")]
pub struct ErasurePage {
    shell: Shell,
    id: ClientId,
    name: String,
    /// What goes: "12 visits".
    goes: Vec<String>,
    signed_notes: u64,
    open_alerts: u64,
    open_visits: u64,
    /// What was shown, to be told from what there is when the button is pressed.
    mark: String,
    keep: String,
    sure: bool,
    /// Something was added since it was shown.
    is_stale: bool,
    errors: FieldErrors,
}

/// What a legal hold says to whoever wants to erase.
const ON_HOLD: &str = "This record is on legal hold. End the hold on the client’s page first.";

impl ErasurePage {
    fn of(here: &Here, client: &Registered, toll: &Toll) -> Self {
        let count =
            |many: u64, what: &str| (many > 0).then(|| say::count(usize::try_from(many).unwrap_or(usize::MAX), what));
        let goes = [
            count(toll.visits, "visit"),
            count(toll.intakes, "intake"),
            count(toll.signed_notes, "signed note"),
            count(toll.drafts, "note draft"),
            count(toll.emails, "sent email").map(|words| format!("{words}, with the text")),
            count(toll.waiting, "waiting email").map(|words| format!("{words}, called off at once")),
            count(toll.check_ins, "check-in"),
            count(toll.alerts, "alert"),
        ];
        Self {
            shell: here.shell(Room::Clients),
            id: client.id,
            name: full_name(client),
            goes: goes.into_iter().flatten().collect(),
            signed_notes: toll.signed_notes,
            open_alerts: toll.open_alerts,
            open_visits: toll.open_visits,
            mark: toll.mark(),
            keep: String::new(),
            sure: false,
            is_stale: false,
            errors: FieldErrors::new(),
        }
    }
}

/// `GET /clients/{id}/erasure`: what would go.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let client = find(&mut db, &here, &id).await?;
    if store::retention::hold(&mut db, here.id, client.id).await?.is_some() {
        return Err(Error::Refused(ON_HOLD.into()));
    }
    let toll = person::toll(&mut db, here.id, client.id).await?;
    drop(db);
    web.saw(&who, "client", client.id).await?;
    Ok(page(&ErasurePage::of(&here, &client, &toll)))
}

/// `POST /clients/{id}/erasure`: it is gone.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn erase(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let client = find(&mut db, &here, &id).await?;
    let toll = person::toll(&mut db, here.id, client.id).await?;
    let asked = ErasurePage {
        keep: fields.text("keep").to_owned(),
        sure: fields.text("sure") == "yes",
        ..ErasurePage::of(&here, &client, &toll)
    };
    let mut errors = FieldErrors::new();
    let notes = match fields.text("keep") {
        "notes" => Some(Notes::Stay),
        "nothing" => Some(Notes::Go),
        _ if toll.signed_notes == 0 => Some(Notes::Go),
        _ => {
            errors.add("keep", "Choose whether signed notes stay.");
            None
        }
    };
    if !asked.sure {
        errors.add("sure", "Tick this once you have talked to the client.");
    }
    let (Some(notes), true) = (notes, errors.is_empty()) else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&ErasurePage { errors, ..asked })).into_response());
    };
    let now = here.now.timestamp();
    let erased = match person::erase(&mut db, here.id, client.id, (notes, fields.text("mark")), now).await? {
        Erasure::Done(erased) => erased,
        Erasure::Unknown => return Err(Error::NotFound),
        Erasure::Held => return Err(Error::Refused(ON_HOLD.into())),
        Erasure::Changed => {
            drop(db);
            let mut db = web.store.read().await?;
            let toll = person::toll(&mut db, here.id, client.id).await?;
            let again = ErasurePage { is_stale: true, keep: asked.keep, ..ErasurePage::of(&here, &client, &toll) };
            return Ok((StatusCode::CONFLICT, page(&again)).into_response());
        }
    };
    let deed = if erased.keeps { "client.erased:all_but_notes" } else { "client.erased" };
    store::audit::record(&mut db, &who.did(now, deed, "client", client.id)).await?;
    db.commit().await?;
    if let Err(problem) = web.store.empty_journal().await {
        // It is erased; the journal is emptied by itself a little later.
        tracing::warn!(%problem, "the journal still holds what was erased");
    }
    Ok(see_other(&if erased.keeps { format!("/clients/{}", client.id) } else { "/clients".into() }))
}
