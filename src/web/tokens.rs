//! `/people/tokens`: the programs that may come in, for the admin. A token is shown once, when it is made; the
//! database keeps a digest of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::error::Error;
use super::form::{Fields, Form};
use super::guard::Who;
use super::headers::page;
use super::shell::{Room, Shell};
use super::{Web, confirm, say, see_other};
use crate::clinic::api_token::{self, Scope, Scopes};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::TokenId;
use crate::seal::token;
use crate::store::api_token::NewToken;
use crate::store::{self, Db, fresh_uuid};

/// The page.
#[derive(Debug, Template)]
#[template(path = "people/tokens.html")]
struct TokensPage {
    shell: Shell,
    programs: Vec<Program>,
    typed: Fields,
    /// Id, words, and whether it is ticked.
    scopes: Vec<(&'static str, &'static str, bool)>,
    /// Whose password is asked for, for the browser that keeps it.
    own_email: String,
    errors: FieldErrors,
    /// A token that was just made; it is shown this once.
    made: Option<Made>,
}

/// One program.
#[derive(Debug)]
struct Program {
    id: TokenId,
    name: String,
    may: Vec<&'static str>,
    made: String,
    used: Option<String>,
}

/// A token that was just made.
#[derive(Debug)]
struct Made {
    name: String,
    secret: String,
}

/// `GET /people/tokens`.
///
/// # Errors
/// When the database does not answer.
pub async fn list(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    Ok(page(&load(&web, &mut db, &who, Fields::default()).await?))
}

async fn load(web: &Web, db: &mut Db, who: &Who, typed: Fields) -> Result<TokensPage, Error> {
    let here = web.here(db, who).await?;
    // Tokens live on system time, which in the demo is another.
    let now = web.clock.system_now().to_zoned(here.profile.zone.rules().clone());
    let at = |at: jiff::Timestamp| say::moment(&at.to_zoned(now.time_zone().clone()), &now);
    let staff = store::account::all(db, who.clinic).await?;
    let programs = store::api_token::all(db, who.clinic).await?.into_iter().map(|token| {
        let by = staff.iter().find(|one| one.id.to_string() == token.made_by).map(|one| one.name.to_string());
        let by = by.unwrap_or_else(|| if token.made_by == "operator" { "a command".into() } else { "somebody".into() });
        Program {
            id: token.id,
            name: token.name,
            may: token.scopes.iter().map(|scope| scope.says()).collect(),
            made: format!("Made {} by {by}", at(token.made_at)),
            used: token.used_at.map(at),
        }
    });
    Ok(TokensPage {
        programs: programs.collect(),
        scopes: Scope::ALL.map(|one| (one.id(), one.says(), typed.all("scope").contains(&one.id()))).into(),
        own_email: store::login::find(db, who.login).await?.ok_or(Error::NotFound)?.email,
        shell: here.shell(Room::People),
        typed,
        errors: FieldErrors::new(),
        made: None,
    })
}

/// `POST /people/tokens`: a new token, shown this once.
///
/// # Errors
/// When there were too many tries at the password, or the database does not answer.
pub async fn make(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut errors = FieldErrors::new();
    let asked = check(&fields, &mut errors);
    confirm::own_password(&web, &who, &fields, &mut errors).await?;
    let mut db = web.store.write().await?;
    if let Ok((name, scopes)) = errors.clone().done(asked) {
        let secret = token::fresh_for_program();
        if keep(&web, &mut db, &who, (&name, &secret, &scopes)).await? {
            let mut shown = load(&web, &mut db, &who, Fields::default()).await?;
            db.commit().await?;
            shown.made = Some(Made { name, secret });
            return Ok(page(&shown));
        }
        errors.add("name", "A program of this name comes in already. Give this one another name, or end that token.");
    }
    let mut shown = load(&web, &mut db, &who, fields.without_token()).await?;
    shown.errors = errors;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response())
}

fn check(fields: &Fields, errors: &mut FieldErrors) -> Option<(String, Scopes)> {
    let name = errors.check("name", api_token::name(fields.text("name")).map(str::to_owned));
    let scopes = errors.check("scope", api_token::scopes(fields.all("scope")));
    name.zip(scopes)
}

async fn keep(web: &Web, db: &mut Db, who: &Who, (name, secret, scopes): (&str, &str, &Scopes)) -> Result<bool, Error> {
    let made_at = web.clock.system_now();
    let id = TokenId::from_uuid(fresh_uuid(made_at));
    let (digest, made_by) = (token::digest(secret), who.account.to_string());
    let new = NewToken { id, name, digest: &digest, scopes, made_by: &made_by, made_at };
    if !store::api_token::insert(db, who.clinic, &new).await? {
        return Ok(false);
    }
    store::audit::record(db, &who.did(web.clock.now(), "token.added", "token", id)).await?;
    Ok(true)
}

/// `POST /people/tokens/{id}/revocation`: the program stays out from its next request on.
///
/// # Errors
/// When there is no such token here, or the database does not answer.
pub async fn revoke(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let id: TokenId = id.parse().map_err(|_| Error::NotFound)?;
    let mut db = web.store.write().await?;
    if !store::api_token::revoke(&mut db, who.clinic, id, web.clock.system_now()).await? {
        return Err(Error::NotFound);
    }
    store::audit::record(&mut db, &who.did(web.clock.now(), "token.revoked", "token", id)).await?;
    db.commit().await?;
    Ok(see_other("/people/tokens"))
}
