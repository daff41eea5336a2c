//! `/api/v1/letters`: which letters the clinic sends, and in which version.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::door::Caller;
use super::problem::Problem;
use crate::clinic::plan::LetterId;
use crate::web::Web;

/// The letters of a clinic.
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterList {
    /// By language, in the order of a visit.
    pub letters: Vec<Letter>,
}

/// A letter in one language.
#[derive(Debug, Serialize, ToSchema)]
pub struct Letter {
    /// Its id, such as `day_1`.
    pub id: &'static str,
    /// Its language.
    pub locale: String,
    /// The version that is planned from now on.
    pub version: u32,
    /// Whether the clinic wrote it; otherwise it is the one that ships.
    pub own: bool,
}

/// Lists the letters that are sent, with their versions.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/api/v1/letters", operation_id = "list_letters", tag = "letters",
    responses((status = 200, body = LetterList)))]
pub async fn list(State(web): State<Web>, caller: Caller) -> Result<Json<LetterList>, Problem> {
    let mut db = web.store.read().await?;
    web.place(&mut db, caller.clinic).await?;
    drop(db);
    let compiled = web.letters.compiled();
    let one = |locale: &str, letter: LetterId| {
        let version = compiled.version_of(caller.clinic, locale, letter);
        let own = version != compiled.shipped_version(locale, letter);
        Letter { id: letter.id(), locale: locale.to_owned(), version, own }
    };
    let all = web.letters.languages().into_iter().flat_map(|locale| LetterId::ALL.map(|letter| one(locale, letter)));
    Ok(Json(LetterList { letters: all.collect() }))
}
