//! The printed sheet of a visit, for clients without email: made of the letters' own blocks, so that
//! paper and email cannot say different things. That it was handed over is written down.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::actor::name_behind;
use super::error::Error;
use super::form::Form;
use super::guard::Who;
use super::headers::page;
use super::shell::{Room, Shell};
use super::{Here, Web, say, see_other, visit};
use crate::clinic::ids::{ClientId, VisitId};
use crate::clinic::look::Logo;
use crate::clinic::plan;
use crate::clinic::tailoring;
use crate::mail::letter::Edition;
use crate::store::case::Filed;
use crate::store::{self, Db};

/// What the audit calls it.
const GIVEN: &str = "handout.given";

/// `GET /visits/{id}/handout`.
#[derive(Debug, Template)]
#[template(path = "handout/page.html")]
pub struct HandoutPage {
    shell: Shell,
    id: VisitId,
    client: ClientId,
    name: String,
    /// "After your visit on Fri 27 March 2026".
    day: String,
    lang: String,
    /// The blocks, escaped by the letters' own templates.
    sheet: String,
    phone: String,
    address: String,
    logo: Option<Logo>,
    /// Each time it was handed over: "Theo Lind, today 16:10".
    given: Vec<String>,
    /// Whether nothing was answered, so that no advice was chosen.
    unanswered: bool,
}

/// `GET /visits/{id}/handout`.
///
/// # Errors
/// When there is no such visit here, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let (id, filed) = find(&mut db, &here, &id).await?;
    let case = filed.answered(&web.catalogue);
    let brief = tailoring::tailor(&web.catalogue, &case);
    let (letter, content) = plan::handout(&web.catalogue, &case, &brief);
    let sheet = web.letters.sheet(&case, (letter, Edition::Newest(here.id)), &content).ok_or_else(|| {
        tracing::error!(visit = %id, "the printed sheet of a visit cannot be written");
        Error::Broken
    })?;
    let given = given(&mut db, &here, id).await?;
    drop(db);
    web.saw(&who, "handout", id).await?;
    Ok(page(&HandoutPage {
        shell: here.shell(Room::Clients),
        id,
        client: filed.client,
        name: visit::full_name(&case),
        day: say::full_day(case.visit_day()),
        lang: web.letters.locale_for(&case).to_owned(),
        sheet,
        phone: case.clinic.phone.clone(),
        address: case.clinic.address.clone(),
        logo: case.clinic.look.logo.clone(),
        given,
        unanswered: filed.intake.is_none(),
    }))
}

/// `POST /visits/{id}/handout`: it was handed over.
///
/// # Errors
/// When there is no such visit here, or the database does not answer.
pub async fn give(State(web): State<Web>, who: Who, Path(id): Path<String>, Form(_): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let (id, _) = find(&mut db, &here, &id).await?;
    store::audit::record(&mut db, &who.did(here.now.timestamp(), GIVEN, "visit", id)).await?;
    db.commit().await?;
    Ok(see_other(&format!("/visits/{id}/handout")))
}

async fn find(db: &mut Db, here: &Here, id: &str) -> Result<(VisitId, Filed), Error> {
    let id: VisitId = id.parse().map_err(|_| Error::NotFound)?;
    Ok((id, store::case::find(db, here.id, id).await?.ok_or(Error::NotFound)?))
}

/// Who handed it over, and when.
async fn given(db: &mut Db, here: &Here, id: VisitId) -> Result<Vec<String>, Error> {
    let mut given = Vec::new();
    for deed in store::audit::changes_of(db, here.id, &[id.to_string()]).await? {
        if deed.action != GIVEN {
            continue;
        }
        let name = name_behind(db, &deed).await?.unwrap_or_else(|| "Somebody".to_owned());
        let at = deed.at.to_zoned(here.now.time_zone().clone());
        given.push(format!("{name}, {}", say::moment(&at, &here.now)));
    }
    Ok(given)
}
