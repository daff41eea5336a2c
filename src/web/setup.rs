//! `/setup/{token}`: the first run in the browser. One page asks for the clinic, when its emails may
//! go out, and the first admin; then the house is open and this address is dead.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::error::Error;
use super::form::{self, Fields};
use super::headers::page;
use super::outside::Outside;
use super::sending::Sending;
use super::session::Place;
use super::settings::{LOCALES, typed};
use super::sign_in::{begin, with_cookie};
use super::{Web, attempts, passwords, see_other};
use crate::clinic::account::Role;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::{AccountId, ClinicId};
use crate::clinic::password;
use crate::clinic::person::{EmailAddress, PersonName};
use crate::clinic::profile::{ClinicProfile, WeekdayName, Zone};
use crate::clinic::signin::LINK;
use crate::seal::token;
use crate::store::account::Account;
use crate::store::audit::Entry;
use crate::store::setting::SignOff;
use crate::store::{self, Db, Store, fresh_uuid};

/// Where the link's digest and its end are kept.
const KEPT: &str = "setup.link";

/// The page.
#[derive(Debug, Template)]
#[template(path = "setup/page.html")]
pub struct SetupPage {
    outside: Outside,
    token: String,
    typed: Fields,
    days: Vec<(&'static str, &'static str, bool)>,
    zones: Vec<String>,
    locales: [(&'static str, &'static str); 2],
    sending: Sending,
    errors: FieldErrors,
}

/// What the form asks for, checked.
struct Asked {
    clinic: ClinicProfile,
    name: PersonName,
    email: EmailAddress,
    password: String,
    signed_by: Option<PersonName>,
}

/// A new link while nobody works here, and its secret; the one before is dead from now on.
///
/// # Errors
/// When the database refuses.
pub async fn new_link(store: &Store, now: Timestamp) -> store::Result<Option<String>> {
    let mut db = store.write().await?;
    if store::account::is_anybody(&mut db).await? {
        return Ok(None);
    }
    let secret = token::fresh();
    let ends = now.saturating_add(LINK).unwrap_or(now).as_millisecond();
    store::setting::save(&mut db, KEPT, &format!("{} {ends}", token::digest(&secret))).await?;
    db.commit().await?;
    Ok(Some(secret))
}

/// `GET /setup/{token}`.
///
/// # Errors
/// When the link is dead, or the database does not answer.
pub async fn show(State(web): State<Web>, Path(token): Path<String>, place: Place) -> Result<Response, Error> {
    open(&web, &token, &place).await?;
    let usual = vec![
        ("locale".to_owned(), "en".to_owned()),
        ("opens".into(), "08:00".into()),
        ("closes".into(), "20:00".into()),
        ("day".into(), "mon".into()),
        ("day".into(), "tue".into()),
        ("day".into(), "wed".into()),
        ("day".into(), "thu".into()),
        ("day".into(), "fri".into()),
        ("day".into(), "sat".into()),
    ];
    Ok(shown(&web, token, usual.into(), FieldErrors::new()))
}

/// `POST /setup/{token}`. The link itself is the secret that no other site knows.
///
/// # Errors
/// When the link is dead, or the database does not answer.
pub async fn save(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    if !form::is_not_from_elsewhere(&parts.headers, &web) {
        return Err(Error::Foreign);
    }
    let fields = form::read(&parts.headers, body).await?;
    open(&web, &token, &Place::of(&parts)).await?;
    let asked = match check(&fields) {
        Ok(asked) => asked,
        Err(errors) => {
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&web, token, fields, errors)).into_response());
        }
    };
    let hash = passwords::hash(&web, &asked.password).await?;
    let mut db = web.store.write().await?;
    // Two people with one link: the second finds the house open already.
    still_open(&web, &mut db, &token).await?;
    let login = open_house(&web, &mut db, &asked, &hash).await?;
    let places = store::login::workplaces(&mut db, login).await?;
    let place = places.first().ok_or(Error::Broken)?;
    let secret = begin(&web, &mut db, login, place, &parts).await?;
    db.commit().await?;
    Ok(with_cookie(&web, &secret, see_other("/welcome")))
}

async fn open(web: &Web, token: &str, place: &Place) -> Result<(), Error> {
    attempts::link(web, &place.0, async { still_open(web, &mut web.store.read().await?, token).await }).await
}

async fn still_open(web: &Web, db: &mut Db, token: &str) -> Result<(), Error> {
    let kept = store::setting::find(db, KEPT).await?.unwrap_or_default();
    let (digest, ends) = kept.split_once(' ').unwrap_or_default();
    let open = ends.parse::<i64>().is_ok_and(|ends| web.clock.system_now().as_millisecond() < ends);
    let fits = token::same(digest, &token::digest(token));
    if open && fits && !store::account::is_anybody(db).await? { Ok(()) } else { Err(Error::SetUp) }
}

async fn open_house(web: &Web, db: &mut Db, asked: &Asked, hash: &str) -> Result<crate::clinic::ids::LoginId, Error> {
    let now = web.clock.now();
    let clinic = ClinicId::from_uuid(fresh_uuid(now));
    let account = Account {
        id: AccountId::from_uuid(fresh_uuid(now)),
        name: asked.name.clone(),
        email: asked.email.clone(),
        role: Role::Admin,
    };
    store::clinic::insert(db, clinic, &asked.clinic, now).await?;
    store::account::insert(db, clinic, &account, now).await?;
    let login = store::login::of_account(db, clinic, account.id).await?.ok_or(Error::Broken)?;
    store::login::set_password(db, login, hash, web.clock.system_now()).await?;
    store::setting::save(db, KEPT, "").await?;
    let did = |action: &str, kind: &str, id: String| Entry {
        who: account.id.to_string(),
        role: Role::Admin.id().into(),
        ..Entry::system(clinic, now, action, kind, id)
    };
    store::audit::record(db, &did("clinic.added", "clinic", clinic.to_string())).await?;
    store::audit::record(db, &did("account.added", "account", account.id.to_string())).await?;
    if let Some(name) = &asked.signed_by {
        let version = web.catalogue.version().to_owned();
        let signature = SignOff { version: version.clone(), signed_by: name.to_string(), signed_at: now };
        store::setting::sign_off(db, &signature).await?;
        store::audit::record(db, &did("catalogue.signed_off", "catalogue", version)).await?;
    }
    Ok(login)
}

fn check(fields: &Fields) -> Result<Asked, FieldErrors> {
    let mut errors = FieldErrors::new();
    let clinic = typed::check(fields, &mut errors);
    let name =
        errors.check("name", fields.text("name").parse::<PersonName>().map_err(|_| "Write your name, on one line."));
    let email = errors.check(
        "email",
        fields.text("email").parse::<EmailAddress>().map_err(|_| "Write an address like name@example.org."),
    );
    let typed = fields.text("password");
    let local = fields.text("email").split('@').next().unwrap_or_default();
    errors.check("password", password::check(typed, &[fields.text("clinic_name"), fields.text("name"), local]));
    if typed != fields.text("password_again") {
        errors.add("password_again", "The two are not the same. Type the password once more.");
    }
    let signed_by = match fields.text("signed_by").trim() {
        "" => Some(None),
        name => {
            errors.check("signed_by", name.parse().map(Some).map_err(|_| "Write the clinician's name, on one line."))
        }
    };
    let asked = (|| {
        Some(Asked { clinic: clinic?, name: name?, email: email?, password: typed.to_owned(), signed_by: signed_by? })
    })();
    errors.done(asked)
}

fn shown(web: &Web, token: String, typed: Fields, errors: FieldErrors) -> Response {
    let chosen = typed.all("day");
    let words = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let days = WeekdayName::ALL.into_iter().zip(words).map(|(day, word)| (day.id(), word, chosen.contains(&day.id())));
    page(&SetupPage {
        outside: Outside::new(),
        token,
        days: days.collect(),
        zones: Zone::names(),
        locales: LOCALES,
        sending: Sending::clone(&web.sending.get()),
        typed,
        errors,
    })
}
