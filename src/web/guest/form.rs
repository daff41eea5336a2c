//! `/f/TOKEN`: the intake form in the client's own hands, a topic a page. The date of birth is asked
//! first; what is typed is saved with every page, so that it can be finished later and on another phone;
//! it is sent once. A yes to a sign that needs help now stops it and shows what to do.

mod body;
mod danger;
mod door;
mod own;
mod parts;
mod review;
mod send;
mod sent;
mod take;
mod view;
mod walk;

pub(in crate::web) use self::walk::tablet as tablet_cookie;

use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use self::walk::{Browser, Standing, Walked};
use super::Visitor;
use crate::clinic::intake::topics::{Topic, warned};
use crate::clinic::link::Door;
use crate::web::error::Error;
use crate::web::form::{self, Fields};
use crate::web::{Web, see_other};

/// `GET /f/{token}`: the question at the door, the form where it was left, or that it was sent.
pub async fn start(
    State(web): State<Web>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Response {
    let browser = Browser::of(&web, &headers);
    let shown = async {
        let walked = match arrive(&web, &visitor, &browser, &token).await? {
            Ok(walked) => walked,
            Err(answer) => return Ok(answer),
        };
        Ok(see_other(&walked.next(&web)))
    };
    answered(&web, &visitor, shown.await)
}

/// `GET /f/{token}/{topic}`.
pub async fn topic(
    State(web): State<Web>,
    visitor: Visitor,
    headers: HeaderMap,
    Path((token, topic)): Path<(String, String)>,
) -> Response {
    let browser = Browser::of(&web, &headers);
    let shown = async {
        let walked = match arrive(&web, &visitor, &browser, &token).await? {
            Ok(walked) => walked,
            Err(answer) => return Ok(answer),
        };
        let asked = walked.asked(&web);
        let danger = warned(&asked, &walked.typed);
        if topic == walk::HELP && danger == Some(true) {
            return Ok(sent::help(&web, &walked));
        }
        let wanted =
            Topic::find(&topic, &web.form, &walked.own).filter(|topic| walked.walk(&web).topics().contains(topic));
        match wanted {
            // Nobody goes on past a sign that needs help, or around the question.
            Some(wanted) if wanted == Topic::Warning || danger == Some(false) || walked.has_no_warning(&web) => {
                Ok(view::shown(&web, &walked, &wanted, &view::Again::default()))
            }
            _ => Ok(see_other(&walked.next(&web))),
        }
    };
    answered(&web, &visitor, shown.await)
}

/// `POST /f/{token}`: the date of birth.
pub async fn enter(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Response {
    match read(&web, request).await {
        Ok((visitor, headers, fields)) => {
            let browser = Browser::of(&web, &headers);
            let answer = door::enter(&web, &visitor, &browser, &token, &fields).await;
            answered(&web, &visitor, answer)
        }
        Err(answer) => answer,
    }
}

/// `POST /f/{token}/{topic}`: what was answered on a page, or the whole form.
pub async fn save(State(web): State<Web>, Path((token, topic)): Path<(String, String)>, request: Request) -> Response {
    match read(&web, request).await {
        Ok((visitor, headers, fields)) => {
            let browser = Browser::of(&web, &headers);
            let answer = take::save(&web, &visitor, &browser, (&token, &topic), &fields).await;
            answered(&web, &visitor, answer)
        }
        Err(answer) => answer,
    }
}

/// A form of one of these pages.
async fn read(web: &Web, request: Request) -> Result<(Visitor, HeaderMap, Fields), Response> {
    let (parts, body) = request.into_parts();
    let visitor = Visitor::of(&parts);
    if !form::is_not_from_elsewhere(&parts.headers, web) {
        return Err(super::foreign(web, &visitor));
    }
    match form::read(&parts.headers, body).await {
        Ok(fields) => Ok((visitor, parts.headers, fields)),
        Err(_) => Err(super::foreign(web, &visitor)),
    }
}

/// Everyone who may look at the form; for the others, what they see instead.
async fn arrive(
    web: &Web,
    visitor: &Visitor,
    browser: &Browser,
    token: &str,
) -> Result<Result<Walked, Response>, Error> {
    let opened = match super::open(web, visitor, token, Door::Form).await {
        Ok(opened) => opened,
        Err(answer) => return Ok(Err(answer)),
    };
    let mut db = web.store.read().await?;
    let walked = Walked::load(web, &mut db, opened, browser).await?;
    Ok(match walked.standing {
        Standing::In => Ok(walked),
        _ => Err(instead(web, &walked)),
    })
}

/// What is shown to whoever does not stand in the form.
fn instead(web: &Web, walked: &Walked) -> Response {
    match walked.standing {
        Standing::CalledOff => sent::called_off(walked),
        Standing::Sent(at) => sent::shown(web, walked, at),
        Standing::Locked => sent::locked(walked),
        Standing::Outside { left } => door::shown(walked, left, None),
        Standing::In => see_other(&walked.opened.path("")),
    }
}

fn answered(web: &Web, visitor: &Visitor, answer: Result<Response, Error>) -> Response {
    answer.unwrap_or_else(|_| super::broken(web, visitor))
}
