//! `/settings/mail`: the mail server, where the settings file names none, and a test mail that says in plain
//! words what is wrong. The page never connects to anything: the worker does.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::is_admin_everywhere;
use crate::clinic::fields::FieldErrors;
use crate::clinic::mail_server::{MailLogin, MailServer, PORTS, Protection, host};
use crate::clinic::person::EmailAddress;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::sending::Sending;
use crate::web::shell::{Room, Shell};
use crate::web::trial::{self, Mail};
use crate::web::{Here, Web, confirm, say, see_other};

/// Whose the mail server is where there are several clinics.
const SHARED: &str = "All clinics of this system share one mail server. Somebody who is an admin of every one of them names it here, or whoever runs this system names it in the settings file.";

/// The page.
#[derive(Debug, Template)]
#[template(path = "settings/mail.html")]
struct MailPage {
    shell: Shell,
    sending: Sending,
    trial: Mail,
    typed: Fields,
    version: u32,
    protections: Vec<(&'static str, &'static str)>,
    /// Whether a password is kept.
    has_password: bool,
    /// Why it is somebody else's to change, if it is.
    not_yours: Option<&'static str>,
    is_stale: bool,
    errors: FieldErrors,
}

impl MailPage {
    const fn password_hint(&self) -> &'static str {
        if self.has_password {
            "One is kept and never shown. Leave this blank to keep it."
        } else {
            "It is kept sealed and never shown again."
        }
    }
}

/// `GET /settings/mail`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let had = store::mail_server::find(&mut db).await?;
    let typed = typed(had.as_ref().map(|(server, _)| server));
    Ok(page(&shown(&web, &mut db, &here, had.as_ref(), typed).await?))
}

/// `POST /settings/mail`: names the mail server and asks for a test mail.
///
/// # Errors
/// When the settings file names one, there were too many tries at the password, or the database does not answer.
pub async fn save(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let sending = web.sending.get();
    if sending.is_fixed {
        return Err(Error::Refused("The settings file names the mail server. It is changed there.".into()));
    }
    let over: u32 = fields.text("version").parse().map_err(|_| Error::BadAddress)?;
    let mut errors = FieldErrors::new();
    confirm::own_password(&web, &who, &fields, &mut errors).await?;
    let mut db = web.store.write().await?;
    if !is_admin_everywhere(&mut db, &who).await? {
        return Err(Error::Refused(SHARED.into()));
    }
    let had = store::mail_server::find(&mut db).await?;
    let server = check(&fields, sending.inside, had.as_ref().map(|(server, _)| server), &mut errors);
    let here = web.here(&mut db, &who).await?;
    let server = match errors.done(server) {
        Ok(server) => server,
        Err(errors) => {
            let mut shown = shown(&web, &mut db, &here, had.as_ref(), fields.without_token()).await?;
            (shown.version, shown.errors) = (over, errors);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
        }
    };
    if !store::mail_server::save(&mut db, &server, over, web.clock.system_now()).await? {
        let mut shown = shown(&web, &mut db, &here, had.as_ref(), fields.without_token()).await?;
        shown.is_stale = true;
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    }
    store::audit::record(&mut db, &who.did(here.now.timestamp(), "mail_server.changed", "clinic", here.id)).await?;
    // One that is under way tells of the server before; its answer is followed by this one's.
    store::mail_trial::ask(&mut db, who.clinic, who.account, web.clock.system_now()).await?;
    store::audit::record(&mut db, &who.did(here.now.timestamp(), "mail.tried", "clinic", here.id)).await?;
    db.commit().await?;
    web.sending.look(&mut web.store.read().await?).await?;
    Ok(see_other("/settings/mail"))
}

/// `POST /settings/mail/trial`: asks for a test mail to oneself.
///
/// # Errors
/// When one is under way, or the database does not answer.
pub async fn try_it(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    if !trial::ask(&web, &mut db, &who).await? {
        return Err(trial::under_way());
    }
    db.commit().await?;
    Ok(see_other("/settings/mail"))
}

/// The server as the form shows it, without the password.
fn typed(server: Option<&MailServer>) -> Fields {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let Some(server) = server else {
        return vec![pair("port", "587".into()), pair("protection", Protection::StartTls.id().into())].into();
    };
    vec![
        pair("host", server.host.clone()),
        pair("port", server.port.to_string()),
        pair("protection", server.protection.id().into()),
        pair("user", server.login.as_ref().map(|login| login.user.clone()).unwrap_or_default()),
        pair("sender", server.sender.to_string()),
    ]
    .into()
}

fn check(fields: &Fields, inside: bool, had: Option<&MailServer>, errors: &mut FieldErrors) -> Option<MailServer> {
    let host = errors.check("host", host(fields.text("host"), inside));
    let port = fields.text("port").trim().parse::<u16>().ok().filter(|port| *port > 0);
    let port = port.filter(|port| inside || PORTS.contains(port));
    let ports = PORTS.map(|port| port.to_string());
    let port =
        errors.check("port", port.ok_or_else(|| format!("Mail is handed over on port {}.", say::either(&ports))));
    let protection = Protection::of(fields.text("protection")).filter(|one| inside || *one != Protection::Nothing);
    let protection = errors.check("protection", protection.ok_or("Pick how the connection is protected."));
    let sender = fields.text("sender").parse::<EmailAddress>();
    let sender = errors.check("sender", sender.map_err(|_| "Write an address like hello@example.org."));
    let login = errors.check("password", login(fields, host.as_deref(), had));
    Some(MailServer { host: host?, port: port?, protection: protection?, login: login?, sender: sender? })
}

/// User and password. A password that is kept goes to the same user at the same server and nowhere else, or
/// whoever finds a screen open could have it sent to themselves.
fn login(fields: &Fields, host: Option<&str>, had: Option<&MailServer>) -> Result<Option<MailLogin>, String> {
    let user = fields.line("user", "The user name", 254)?;
    let password = fields.text("password");
    if password.chars().any(char::is_control) || password.chars().count() > 500 {
        return Err("The password holds a character that no server takes, or is too long.".into());
    }
    match (user, password) {
        ("", "") => Ok(None),
        ("", _) => Err("There is a password and no user name. Write the user name as well.".into()),
        (user, "") => {
            let kept = had.filter(|had| Some(had.host.as_str()) == host).and_then(|had| had.login.as_ref());
            let kept = kept.filter(|login| login.user == user).cloned().map(Some);
            kept.ok_or_else(|| "Type the password of this user at this server.".into())
        }
        (user, password) => Ok(Some(MailLogin { user: user.into(), password: password.into() })),
    }
}

async fn shown(
    web: &Web,
    db: &mut Db,
    here: &Here,
    had: Option<&(MailServer, u32)>,
    typed: Fields,
) -> Result<MailPage, Error> {
    let sending = Sending::clone(&web.sending.get());
    let not_yours = (!sending.is_fixed && !is_admin_everywhere(db, &here.who).await?).then_some(SHARED);
    let protections = Protection::ALL.into_iter().filter(|one| sending.inside || *one != Protection::Nothing);
    Ok(MailPage {
        shell: here.shell(Room::Nowhere),
        trial: trial::newest(web, db, &here.who).await?,
        typed,
        version: had.map_or(0, |(_, version)| *version),
        protections: protections.map(|one| (one.id(), one.words())).collect(),
        has_password: had.is_some_and(|(server, _)| server.login.is_some()),
        not_yours,
        is_stale: false,
        errors: FieldErrors::new(),
        sending,
    })
}
