//! `/settings/pressures`: how firmly each technique is usually booked here. It fills in the booking form and decides
//! nothing else.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use crate::clinic::case::BookedPressure;
use crate::clinic::fields::FieldErrors;
use crate::clinic::visit::usual::{Usual, check};
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, say, see_other};

/// The page.
#[derive(Debug, Template)]
#[template(path = "settings/pressures.html")]
struct PressuresPage {
    shell: Shell,
    version: u32,
    techniques: Vec<Row>,
    is_stale: bool,
    errors: FieldErrors,
}

/// One technique.
#[derive(Debug)]
struct Row {
    /// The name of its field.
    field: String,
    label: String,
    chosen: String,
    /// Value and word of each choice.
    choices: Vec<(String, String)>,
}

/// The name of the field of a technique.
fn field(technique: &str) -> String {
    format!("pressure.{technique}")
}

/// `GET /settings/pressures`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let usual = store::usual::of(&mut db, here.id).await?;
    let chosen = |id: &str| usual.named(&id.into()).map_or_else(String::new, |pressure| pressure.word().into());
    Ok(page(&shown(&web, &mut db, &here, chosen).await?))
}

async fn shown(web: &Web, db: &mut Db, here: &Here, chosen: impl Fn(&str) -> String) -> Result<PressuresPage, Error> {
    let in_use = web.catalogue.techniques().iter().filter(|technique| !technique.retired);
    let rows = in_use.map(|technique| {
        let pair = |pressure: BookedPressure| (pressure.word().to_owned(), say::capital(pressure.word()));
        let as_it_ships = (String::new(), format!("As the catalogue has it: {}", technique.pressure.word()));
        Row {
            field: field(technique.id.as_str()),
            label: technique.label.clone(),
            chosen: chosen(technique.id.as_str()),
            choices: std::iter::once(as_it_ships).chain(BookedPressure::ALL.map(pair)).collect(),
        }
    });
    Ok(PressuresPage {
        shell: here.shell(Room::Nowhere),
        version: store::clinic::version(db, here.id).await?.ok_or(Error::NotFound)?,
        techniques: rows.collect(),
        is_stale: false,
        errors: FieldErrors::new(),
    })
}

/// `POST /settings/pressures`.
///
/// # Errors
/// When the database does not answer.
pub async fn save(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let over: u32 = fields.text("version").parse().map_err(|_| Error::BadAddress)?;
    let usual = match typed(&web, &fields) {
        Ok(usual) => usual,
        Err(errors) => {
            let mut again = again(&web, &mut db, &here, &fields).await?;
            (again.version, again.errors) = (over, errors);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response());
        }
    };
    if !store::usual::save(&mut db, here.id, &usual, over).await? {
        let mut again = again(&web, &mut db, &here, &fields).await?;
        again.is_stale = true;
        return Ok((StatusCode::CONFLICT, page(&again)).into_response());
    }
    let now = here.now.timestamp();
    store::audit::record(&mut db, &who.did(now, "clinic.changed:pressures", "clinic", here.id)).await?;
    db.commit().await?;
    Ok(see_other("/settings/pressures"))
}

fn typed(web: &Web, fields: &Fields) -> Result<Usual, FieldErrors> {
    let (mut errors, mut named) = (FieldErrors::new(), BTreeMap::new());
    for technique in web.catalogue.techniques() {
        let name = field(technique.id.as_str());
        let pressure = errors.check(&name, check(technique, fields.text(&name)));
        named.extend(pressure.flatten().map(|pressure| (technique.id.clone(), pressure)));
    }
    errors.done(Some(Usual::new(named)))
}

async fn again(web: &Web, db: &mut Db, here: &Here, fields: &Fields) -> Result<PressuresPage, Error> {
    shown(web, db, here, |id| fields.text(&field(id)).to_owned()).await
}
