//! Takes what was answered on a page: into the draft, and on to the next page; or the page again, with
//! a sentence beside what cannot be taken. A page changes its own topic alone.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::view::{self, Again};
use super::walk::{Browser, Standing, Walked};
use super::{danger, instead, send};
use crate::clinic::fields::FieldErrors;
use crate::clinic::intake::check::{check, still_open};
use crate::clinic::intake::guest::{Wrong, Wrongs, wrong_of};
use crate::clinic::intake::month::joined;
use crate::clinic::intake::own::newly_asked;
use crate::clinic::intake::topics::{Topic, answer_warning, is_answered, put, warned};
use crate::clinic::intake::typed::Typed;
use crate::clinic::link::Door;
use crate::store::intake::draft::{self, By};
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::Fields;
use crate::web::guest::Visitor;
use crate::web::{Web, see_other};

/// What the pressed button asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// Go on.
    Next,
    /// Leave this page blank.
    Blank,
    /// Nothing hurts.
    Nothing,
    /// Nothing has changed since last time.
    Same,
    /// Something has.
    Change,
    /// Send it.
    Send,
}

impl Act {
    fn of(fields: &Fields) -> Self {
        match fields.text("act") {
            "blank" => Self::Blank,
            "nothing" => Self::Nothing,
            "same" => Self::Same,
            "change" => Self::Change,
            "send" => Self::Send,
            _ => Self::Next,
        }
    }
}

/// `POST /f/{token}/{topic}`.
pub(super) async fn save(
    web: &Web,
    visitor: &Visitor,
    browser: &Browser,
    (token, topic): (&str, &str),
    fields: &Fields,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let opened = match super::super::find(web, &mut db, visitor, token, Door::Form).await? {
        Ok(opened) => opened,
        Err(dead) => {
            drop(db);
            return Ok(super::super::closed(web, visitor, dead).await);
        }
    };
    let mut walked = Walked::load(web, &mut db, opened, browser).await?;
    if walked.standing != Standing::In {
        return Ok(instead(web, &walked));
    }
    let wanted = Topic::find(topic, &web.form, &walked.own).filter(|topic| walked.walk(web).topics().contains(topic));
    let Some(topic) = wanted else { return Ok(see_other(&walked.next(web))) };
    if topic == Topic::Review {
        return if Act::of(fields) == Act::Send {
            send::send(web, db, &walked).await
        } else {
            Ok(see_other(&walked.next(web)))
        };
    }
    let before = walked.typed.clone();
    let wrongs = taken(web, &mut walked, &topic, fields);
    if is_of_staff_since(&walked, fields) && walked.typed != before {
        let again = Again { changed_meanwhile: true, ..Again::default() };
        return Ok((StatusCode::CONFLICT, view::shown(web, &walked, &topic, &again)).into_response());
    }
    let more = match &topic {
        Topic::Own(page) => newly_asked(page, &walked.own, &before, &walked.typed),
        _ => Vec::new(),
    };
    // What this page asks only now could not be answered on it yet.
    let wrongs: Wrongs = wrongs.into_iter().filter(|(field, _)| !more.contains(field)).collect();
    if !wrongs.is_empty() {
        let again = Again { errors: sentences(&walked, &wrongs), ..Again::default() };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, view::shown(web, &walked, &topic, &again)).into_response());
    }
    if more.is_empty() {
        walked.said.seen.insert(topic.id().to_owned());
    } else {
        walked.said.seen.remove(topic.id());
    }
    keep(web, db, &walked, &topic).await
}

/// Somebody of the staff saved the form since this page was shown.
fn is_of_staff_since(walked: &Walked, fields: &Fields) -> bool {
    let draft = walked.draft.as_ref();
    draft.is_some_and(|draft| draft.changed_by.is_some() && fields.text("over") != draft.version.to_string())
}

/// Puts the answers of a page into the form.
fn taken(web: &Web, walked: &mut Walked, topic: &Topic, fields: &Fields) -> Wrongs {
    let act = Act::of(fields);
    let is_minor = walked.is_minor();
    let pairs: Vec<(&str, &str)> = fields.iter().collect();
    let sent = if act == Act::Blank && topic.may_be_blank() { Typed::default() } else { joined(&pairs, &walked.typed) };
    let mut typed = walked.typed.clone();
    let mut said = walked.said.clone();
    let asked = walked.asked(web);
    let field = |name: &str| fields.text(name);
    let mut wrongs = Wrongs::new();
    match topic {
        Topic::Warning => match fields.text("now") {
            "yes" => answer_warning(&asked, &mut typed, true),
            "no" => answer_warning(&asked, &mut typed, false),
            _ => wrongs.push(("now".into(), Wrong::Choose)),
        },
        Topic::About => wrongs = said.take_about(&field, is_minor),
        Topic::Consents => wrongs = said.take_consents(&field, &asked, &mut typed),
        Topic::Signature => wrongs = said.take_signature(&field),
        Topic::Last => {
            put(topic, &asked, &mut typed, &sent);
            said.same = act == Act::Same;
            let open = still_open(&typed, asked.again);
            let open = open.into_iter().filter(|id| said.same && view::is_asked_on_last(&asked, id));
            wrongs.extend(open.map(|id| (format!("again.{id}"), Wrong::Choose)));
        }
        Topic::Group(group) => {
            put(topic, &asked, &mut typed, &sent);
            if act != Act::Blank && !is_answered(group, &asked, &typed) {
                wrongs.push((group.clone(), Wrong::Group));
            }
        }
        _ => {
            put(topic, &asked, &mut typed, &sent);
            if act == Act::Nothing {
                put(topic, &asked, &mut typed, &Typed::read([("pain", "0")]));
            }
        }
    }
    if wrongs.is_empty() {
        wrongs = of_topic(web, walked, topic, &typed);
    }
    (walked.typed, walked.said) = (typed, said);
    wrongs
}

/// What the check finds in the fields of this topic.
fn of_topic(web: &Web, walked: &Walked, topic: &Topic, typed: &Typed) -> Wrongs {
    let asked = walked.asked(web);
    let Err(errors) = check(typed, &asked) else { return Wrongs::new() };
    let walk = walked.walk(web);
    let own = errors.iter().filter(|(field, _)| *field != "consent" && walk.topic_of(field) == *topic);
    own.map(|(field, _)| (field.to_owned(), wrong_of(field, &asked, typed))).collect()
}

/// The sentences beside the fields.
pub(super) fn sentences(walked: &Walked, wrongs: &Wrongs) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for (field, wrong) in wrongs {
        errors.add(field, walked.words().sentence(*wrong));
    }
    errors
}

/// Saves the draft and goes on: to the next page, or back to reading through once every page was seen.
async fn keep(web: &Web, mut db: Db, walked: &Walked, topic: &Topic) -> Result<Response, Error> {
    let (clinic, at) = (walked.opened.link.clinic, walked.opened.now.timestamp());
    let by = By::Client { guest: &walked.said, progress: walked.walk(web).progress() };
    if draft::save(&mut db, clinic, walked.of(), walked.over(), &walked.typed, (by, at)).await?.is_none() {
        // On PostgreSQL another phone can be faster between reading and saving.
        let again = Again { changed_meanwhile: true, ..Again::default() };
        return Ok((StatusCode::CONFLICT, view::shown(web, walked, topic, &again)).into_response());
    }
    let client = walked.opened.client.id.to_string();
    store::audit::record(&mut db, &walked.opened.did("intake.draft.saved", "client", client)).await?;
    let is_danger = *topic == Topic::Warning && warned(&walked.asked(web), &walked.typed) == Some(true);
    if is_danger {
        danger::tell(web, &mut db, walked).await?;
    }
    db.commit().await?;
    let walk = walked.walk(web);
    let is_more = matches!(topic, Topic::Own(_)) && !walked.said.seen.contains(topic.id());
    if is_more {
        return Ok(see_other(&walked.page_of(topic)));
    }
    let next =
        if is_danger || walk.resume() == Topic::Review { walked.next(web) } else { walked.page_of(&walk.after(topic)) };
    Ok(see_other(&next))
}
