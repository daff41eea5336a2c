//! The second step of signing in: a code from the person's phone, or one from paper. Who typed the right
//! password carries a sealed word of that to this step; the session begins only after it.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::form::Fields;
use super::outside::{self, Outside, shown};
use super::sign_in::{SignInPage, come_in, local};
use super::{Web, attempts, password, session};
use crate::clinic::ids::LoginId;
use crate::seal::{second_factor, token};
use crate::store::login::Login;
use crate::store::{self, Db};

/// So long the word of a right password is good.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

const CONTEXT: &str = "second step of a sign-in";

const WRONG: &str = "This code does not fit, or it was used already. Wait for the next one and type it.";

const LATE: &str = "That took more than 5 minutes. Sign in once more.";

/// That somebody typed the right password.
#[derive(Serialize, Deserialize)]
struct Word {
    login: LoginId,
    /// Which password it was: another one since then makes this worth nothing.
    password: String,
    until: i64,
}

impl Word {
    fn sealed(db: &Db, login: &Login, now: Timestamp) -> String {
        let until = now.saturating_add(PATIENCE).unwrap_or(now).as_millisecond();
        let word = Self { login: login.id, password: kept(login), until };
        let plain = serde_json::to_vec(&word).unwrap_or_default();
        token::hex(&db.seal().seal(CONTEXT, &plain))
    }

    fn open(db: &Db, sealed: &str, now: Timestamp) -> Option<Self> {
        let plain = db.seal().open(CONTEXT, &token::unhex(sealed)?).ok()?;
        let word: Self = serde_json::from_slice(&plain).ok()?;
        (now.as_millisecond() < word.until).then_some(word)
    }
}

fn kept(login: &Login) -> String {
    token::digest(login.password.as_deref().unwrap_or_default())
}

/// The page that asks for a code.
#[derive(Debug, Template)]
#[template(path = "sign_in/code.html")]
struct CodePage {
    outside: Outside,
    step: String,
    next: String,
    draft: String,
    problem: Option<&'static str>,
}

/// The page that asks for the code, when this login has a second factor.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn ask(
    web: &Web,
    db: &mut Db,
    login: &Login,
    (next, draft): (&str, &str),
) -> Result<Option<Response>, Error> {
    let factor = store::second_factor::find(db, login.id).await?;
    if !factor.is_some_and(|factor| factor.is_confirmed) {
        return Ok(None);
    }
    let step = Word::sealed(db, login, web.clock.system_now());
    let (next, draft) = (local(next).into(), draft.into());
    Ok(Some(shown(&CodePage { outside: Outside::new(), step, next, draft, problem: None })))
}

/// `POST /sign-in/code`.
///
/// # Errors
/// When the form does not come from here, there were too many tries, or the database does not answer.
pub async fn enter(State(web): State<Web>, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let fields = outside::form(&web, &parts, body).await?;
    let Some(login) = whose(&web, &fields).await? else { return Ok(late(&fields)) };
    // The same count as for passwords: a thousand guesses at a code are no cheaper.
    attempts::knock(&web, &login.email, &session::from_where(&parts)).await?;
    let mut db = web.store.write().await?;
    if !fits(&web, &mut db, &login, fields.text("code")).await? {
        // Whoever stands here knows the password: the clinic can see that somebody guesses.
        let places = store::login::workplaces(&mut db, login.id).await?;
        password::note(&web, &mut db, &places, "two_factor.refused").await?;
        db.commit().await?;
        let text = |name: &str| fields.text(name).to_owned();
        let next = local(fields.text("next")).to_owned();
        let (step, draft, problem) = (text("step"), text("draft"), Some(WRONG));
        let page = CodePage { outside: Outside::new(), step, next, draft, problem };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&page)).into_response());
    }
    come_in(&web, db, &login, &fields, &parts).await
}

async fn whose(web: &Web, fields: &Fields) -> Result<Option<Login>, Error> {
    let mut db = web.store.read().await?;
    let Some(word) = Word::open(&db, fields.text("step"), web.clock.system_now()) else { return Ok(None) };
    let login = store::login::find(&mut db, word.login).await?;
    Ok(login.filter(|login| token::same(&kept(login), &word.password)))
}

fn late(fields: &Fields) -> Response {
    let page = SignInPage::of("", local(fields.text("next")), Some(LATE)).with_draft(fields.text("draft").into());
    (StatusCode::UNPROCESSABLE_ENTITY, shown(&page)).into_response()
}

/// Whether this code opens the door; it is used up by that.
///
/// # Errors
/// When the database does not answer.
async fn fits(web: &Web, db: &mut Db, login: &Login, code: &str) -> Result<bool, Error> {
    let now = web.clock.system_now();
    let factor = store::second_factor::find(db, login.id).await?.filter(|factor| factor.is_confirmed);
    let Some(factor) = factor else { return Ok(false) };
    if let Some(step) = second_factor::step_of(&factor.secret, code, now) {
        return Ok(store::second_factor::use_step(db, login.id, step).await?);
    }
    if !store::second_factor::use_code(db, login.id, &second_factor::digest(code), now).await? {
        return Ok(false);
    }
    let places = store::login::workplaces(db, login.id).await?;
    password::note(web, db, &places, "two_factor.code_used").await?;
    Ok(true)
}
