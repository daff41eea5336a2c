//! The question at the door: a date of birth, so that a form sent to the wrong person stays shut. A try
//! is counted before anyone looks whether it is right, so that many at once gain nothing, and three
//! wrong ones close the link. Until it is right, nothing says whose link it is.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;

use super::walk::{self, Browser, Standing, Walked};
use crate::clinic::client::birthday;
use crate::clinic::link::Door;
use crate::clinic::wording::FormWords;
use crate::seal::token;
use crate::store;
use crate::store::intake::draft::{self, By};
use crate::web::error::Error;
use crate::web::form::Fields;
use crate::web::guest::{Guest, Visitor};
use crate::web::headers::page;
use crate::web::{Web, see_other};

#[derive(Debug, Template)]
#[template(path = "guest/form/door.html")]
struct DoorPage {
    guest: Guest,
    words: &'static FormWords,
    action: String,
    /// Whether there is a date to compare with.
    is_known: bool,
    typed: [String; 3],
    problem: Option<String>,
}

/// The page, with what was typed and what is wrong.
pub(super) fn shown(walked: &Walked, left: u32, typed: Option<[String; 3]>) -> Response {
    let words = walked.words();
    let unreadable = typed.as_ref().is_some_and(|typed| date(typed, walked.past.today).is_none());
    let problem = match (unreadable, left) {
        (true, _) => Some(&words.door.unreadable),
        (false, 2) => Some(&words.door.two_left),
        (false, 1) => Some(&words.door.one_left),
        (false, _) => None,
    };
    // Whoever comes back after a wrong try is told how many are left, in a page that is no answer to a form.
    let status = if typed.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = DoorPage {
        guest: walked.opened.guest.clone(),
        words,
        action: walked.opened.path(""),
        is_known: walked.opened.client.client.born.is_some(),
        typed: typed.unwrap_or_default(),
        problem: problem.cloned(),
    };
    (status, page(&shown)).into_response()
}

/// Takes a date of birth.
pub(super) async fn enter(
    web: &Web,
    visitor: &Visitor,
    browser: &Browser,
    secret: &str,
    fields: &Fields,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let opened = match super::super::find(web, &mut db, visitor, secret, Door::Form).await? {
        Ok(opened) => opened,
        Err(dead) => {
            drop(db);
            return Ok(super::super::closed(web, visitor, dead).await);
        }
    };
    let mut walked = Walked::load(web, &mut db, opened, browser).await?;
    if !matches!(walked.standing, Standing::Outside { .. }) {
        return Ok(super::instead(web, &walked));
    }
    let typed = ["day", "month", "year"].map(|name| fields.text(name).trim().chars().take(10).collect::<String>());
    let Some(given) = date(&typed, walked.past.today) else {
        let Standing::Outside { left } = walked.standing else { return Err(Error::Broken) };
        return Ok(shown(&walked, left, Some(typed)));
    };
    let (clinic, link) = (walked.opened.link.clinic, walked.opened.link.name.clone());
    let counted = store::form::count_try(&mut db, clinic, &link).await?;
    if !counted || !fits(walked.opened.client.client.born, given) {
        let left = store::form::tries_left(&mut db, clinic, &link).await?;
        let deed = if left == 0 { "intake.link.locked" } else { "intake.door.wrong" };
        let entry = walked.opened.did(deed, "client", walked.opened.client.id.to_string());
        store::audit::record(&mut db, &entry).await?;
        db.commit().await?;
        return Ok(if left == 0 { super::sent::locked(&walked) } else { shown(&walked, left, Some(typed)) });
    }
    let (pass, now) = (token::fresh(), walked.opened.now.timestamp());
    store::form::let_in(&mut db, clinic, &link, &token::digest(&pass), now).await?;
    if walked.opened.client.client.born.is_none() && walked.said.born != Some(given) {
        walked.said.born = Some(given);
        keep(web, &mut db, &walked).await?;
    }
    let entry = walked.opened.did("intake.door.opened", "client", walked.opened.client.id.to_string());
    store::audit::record(&mut db, &entry).await?;
    db.commit().await?;
    let mut answer = see_other(&walked.next(web));
    answer.headers_mut().append(header::SET_COOKIE, walk::pass(web, &walked.opened.token, &pass));
    Ok(answer)
}

/// A date of birth that nobody knew is kept with the form, and goes to the register when it is sent.
async fn keep(web: &Web, db: &mut store::Db, walked: &Walked) -> Result<(), Error> {
    let by = By::Client { guest: &walked.said, progress: walked.walk(web).progress() };
    let at = walked.opened.now.timestamp();
    let saved = draft::save(db, walked.opened.link.clinic, walked.of(), walked.over(), &walked.typed, (by, at)).await?;
    saved.map(|_| ()).ok_or(Error::Broken)
}

/// The date in the three fields.
fn date(typed: &[String; 3], today: Date) -> Option<Date> {
    let [day, month, year] = typed;
    birthday(&format!("{day} {month} {year}"), today).ok()
}

/// Whether it is the right one, in a time that tells nothing. Where none is known, any will do.
fn fits(known: Option<Date>, given: Date) -> bool {
    known.is_none_or(|born| token::same(&born.to_string(), &given.to_string()))
}
