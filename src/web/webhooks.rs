//! `/people/webhooks`: the addresses that hear what happens here, for the admin. The secret that signs the calls is
//! shown once. The page never calls anybody: the worker does.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::{Timestamp, Zoned};

use super::actor::Actor;
use super::error::Error;
use super::form::{Fields, Form};
use super::guard::Who;
use super::headers::page;
use super::shell::{Room, Shell};
use super::{Web, confirm, say, see_other};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::WebhookId;
use crate::clinic::webhook::{self, Event, Events};
use crate::seal;
use crate::store::webhook::{Call, Webhook};
use crate::store::{self, Db, fresh_uuid};

/// So many calls of each are shown.
const CALLS: u32 = 8;

/// No clinic has more addresses: each deed is told to all of them.
pub(super) const MOST: usize = 20;

/// The page.
#[derive(Debug, Template)]
#[template(path = "people/webhooks.html")]
struct WebhooksPage {
    shell: Shell,
    hooks: Vec<Hook>,
    typed: Fields,
    /// Id, words, and whether it is ticked.
    events: Vec<(&'static str, &'static str, bool)>,
    /// Whose password is asked for, for the browser that keeps it.
    own_email: String,
    errors: FieldErrors,
    /// A secret that was just made; it is shown this once.
    made: Option<Made>,
}

/// One address.
#[derive(Debug)]
struct Hook {
    id: WebhookId,
    url: String,
    hears: Vec<&'static str>,
    /// Since when it is switched off.
    off: Option<String>,
    calls: Vec<Line>,
}

/// One call.
#[derive(Debug)]
struct Line {
    what: String,
    at: String,
    became: String,
    is_wrong: bool,
}

/// A webhook that was just made.
#[derive(Debug)]
struct Made {
    url: String,
    secret: String,
}

/// `GET /people/webhooks`.
///
/// # Errors
/// When the database does not answer.
pub async fn list(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    Ok(page(&load(&web, &mut db, &who, Fields::default()).await?))
}

async fn load(web: &Web, db: &mut Db, who: &Who, typed: Fields) -> Result<WebhooksPage, Error> {
    let here = web.here(db, who).await?;
    // Calls live on system time, which in the demo is another.
    let now = web.clock.system_now().to_zoned(here.profile.zone.rules().clone());
    let mut hooks = Vec::new();
    for one in store::webhook::all(db, who.clinic).await? {
        let calls = store::webhook::calls(db, who.clinic, one.id, CALLS).await?;
        hooks.push(Hook {
            id: one.id,
            url: one.url,
            hears: one.events.iter().map(|event| event.says()).collect(),
            off: one.off_at.map(|at| moment(at, &now)),
            calls: calls.iter().map(|call| line(call, &now)).collect(),
        });
    }
    Ok(WebhooksPage {
        hooks,
        events: Event::ALL.map(|one| (one.id(), one.says(), typed.all("event").contains(&one.id()))).into(),
        own_email: store::login::find(db, who.login).await?.ok_or(Error::NotFound)?.email,
        shell: here.shell(Room::People),
        typed,
        errors: FieldErrors::new(),
        made: None,
    })
}

fn moment(at: Timestamp, now: &Zoned) -> String {
    say::moment(&at.to_zoned(now.time_zone().clone()), now)
}

fn line(call: &Call, now: &Zoned) -> Line {
    let what = Event::of(&call.event).map_or("A trial", Event::says).to_owned();
    let tries = say::count(usize::try_from(call.attempts).unwrap_or(usize::MAX), "try");
    let tries = tries.replace("trys", "tries");
    let became = match (call.arrived_at, call.next_at) {
        (Some(at), _) => format!("arrived {}", moment(at, now)),
        (None, Some(_)) if call.attempts == 0 => "on its way".to_owned(),
        (None, Some(next)) => format!("{} after {tries}; again {}", call.reply, moment(next, now)),
        (None, None) => format!("given up after {tries}: {}", call.reply),
    };
    // Before its first try a call has no time by the machine's clock.
    let at = if call.attempts == 0 { String::new() } else { moment(call.made_at, now) };
    Line { what, at, became, is_wrong: call.arrived_at.is_none() && call.attempts > 0 }
}

/// `POST /people/webhooks`: a new address; the secret is shown this once.
///
/// # Errors
/// When there were too many tries at the password, or the database does not answer.
pub async fn add(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut errors = FieldErrors::new();
    let url = errors.check("url", webhook::address(fields.text("url"), web.webhooks_inside));
    let events = errors.check("event", webhook::events(fields.all("event")));
    confirm::own_password(&web, &who, &fields, &mut errors).await?;
    let mut db = web.store.write().await?;
    if store::webhook::all(&mut db, who.clinic).await?.len() >= MOST {
        errors.add("url", format!("There are {MOST} addresses already. Remove one that nobody needs any more."));
    }
    match errors.done(url.zip(events)) {
        Ok((url, events)) => {
            let (_, secret) = keep(&web, &mut db, &who.actor(), url.as_str(), events).await?;
            let mut shown = load(&web, &mut db, &who, Fields::default()).await?;
            db.commit().await?;
            shown.made = Some(Made { url: url.to_string(), secret });
            Ok(page(&shown))
        }
        Err(errors) => {
            let mut shown = load(&web, &mut db, &who, fields.without_token()).await?;
            shown.errors = errors;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response())
        }
    }
}

/// Keeps a new webhook. Returns its id, and its secret as it is handed over.
pub(super) async fn keep(
    web: &Web,
    db: &mut Db,
    actor: &Actor,
    url: &str,
    events: Events,
) -> Result<(WebhookId, String), Error> {
    let made_at = web.clock.system_now();
    let id = WebhookId::from_uuid(fresh_uuid(made_at));
    let secret = seal::webhook::fresh();
    let new = Webhook { id, url: url.to_owned(), events, made_by: actor.who.clone(), made_at, off_at: None };
    store::webhook::insert(db, actor.clinic, &new, &secret).await?;
    store::audit::record(db, &actor.did(web.clock.now(), "webhook.added", "webhook", id)).await?;
    Ok((id, seal::webhook::shown(&secret)))
}

/// Removes a webhook; `false` when there is none of this id here.
pub(super) async fn take_away(web: &Web, db: &mut Db, actor: &Actor, id: WebhookId) -> Result<bool, Error> {
    if !store::webhook::remove(db, actor.clinic, id).await? {
        return Ok(false);
    }
    store::audit::record(db, &actor.did(web.clock.now(), "webhook.removed", "webhook", id)).await?;
    Ok(true)
}

async fn find(db: &mut Db, who: &Who, id: &str) -> Result<Webhook, Error> {
    let id: WebhookId = id.parse().map_err(|_| Error::NotFound)?;
    store::webhook::find(db, who.clinic, id).await?.ok_or(Error::NotFound)
}

/// `POST /people/webhooks/{id}/trial`: calls once, telling of nothing; one that is off is switched on again.
///
/// # Errors
/// When there is no such webhook here, or the database does not answer.
pub async fn try_it(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let hook = find(&mut db, &who, &id).await?;
    let now = web.clock.now();
    if hook.off_at.is_some() {
        store::webhook::switch(&mut db, who.clinic, hook.id, None).await?;
        store::audit::record(&mut db, &who.did(now, "webhook.switched_on", "webhook", hook.id)).await?;
    }
    store::webhook::call_for_trial(&mut db, who.clinic, hook.id, now).await?;
    store::audit::record(&mut db, &who.did(now, "webhook.tried", "webhook", hook.id)).await?;
    db.commit().await?;
    Ok(see_other("/people/webhooks"))
}

/// `POST /people/webhooks/{id}/removal`.
///
/// # Errors
/// When there is no such webhook here, or the database does not answer.
pub async fn remove(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let hook = find(&mut db, &who, &id).await?;
    if !take_away(&web, &mut db, &who.actor(), hook.id).await? {
        return Err(Error::NotFound);
    }
    db.commit().await?;
    Ok(see_other("/people/webhooks"))
}
