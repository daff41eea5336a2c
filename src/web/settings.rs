//! `/settings`: what a clinic says of itself, when its emails may leave, and who they come from. For the admin.
//! Before a change of the zone or the hours is kept, the page says what it does to every email that waits.

pub(in crate::web) mod change;
pub mod keeping;
pub mod look;
pub mod mail;
mod picture;
pub mod pressures;
pub mod records;
pub mod texts;
pub(in crate::web) mod typed;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Zoned;
use serde::Deserialize;

use self::change::Change;
use super::desk::{EffectLine, EffectsView};
use super::error::Error;
use super::form::{Fields, Form};
use super::guard::Who;
use super::headers::page;
use super::shell::{Room, Shell};
use super::{Here, Web, see_other};
use crate::clinic::account::{Action, Role};
use crate::clinic::emergency;
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::ClinicId;
use crate::clinic::profile::{WeekdayName, Zone};
use crate::clinic::visit::effects::What;
use crate::seal::token;
use crate::store::{self, Db};
use crate::web::say;

/// The languages letters ship in.
pub(in crate::web) const LOCALES: [(&str, &str); 2] = [("en", "English"), ("es", "Español")];

/// Whether this person is an admin of every clinic here. What all of them share is theirs to change, and nobody
/// else's: whoever names the mail server gets every clinic's mail.
pub(in crate::web) async fn is_admin_everywhere(db: &mut Db, who: &Who) -> Result<bool, Error> {
    let places = store::login::workplaces(db, who.login).await?;
    let clinics = store::clinic::all(db).await?;
    let admin_of = |clinic: &ClinicId| places.iter().any(|at| at.clinic == *clinic && at.role == Role::Admin);
    Ok(clinics.iter().all(|(clinic, _)| admin_of(clinic)))
}

/// So many emails that change are named; the rest is counted.
const MOST_LINES: usize = 40;

/// The page.
#[derive(Debug, Template)]
#[template(path = "settings/clinic.html")]
struct SettingsPage {
    shell: Shell,
    version: u32,
    typed: Fields,
    days: Vec<(&'static str, &'static str, bool)>,
    zones: Vec<String>,
    locales: [(&'static str, &'static str); 2],
    /// Where the installation sends answers, when the clinic names no address.
    usual_reply_to: String,
    /// What the usual emergency number of the zone is.
    emergency: Option<String>,
    errors: FieldErrors,
    /// Who changed the settings last, and when.
    last: Option<String>,
    asked: Option<Agreement>,
    /// Other clinics of this person to take settings over from: name and id.
    others: Vec<(String, ClinicId)>,
    /// Whether the form shows what another clinic has.
    is_taken_over: bool,
    /// What somebody else saved since the form was opened: label and value.
    theirs: Vec<(&'static str, String)>,
}

/// "Save it so?"
#[derive(Debug)]
pub(in crate::web) struct Agreement {
    /// What becomes of emails, the first of them.
    pub changes: Vec<EffectLine>,
    /// How many change, and how many stay.
    pub counts: EffectCounts,
    /// How many change that are not among the first.
    pub more: usize,
    /// Booked visits that keep their hour in a new zone.
    pub visits: usize,
    pub agreed: String,
    /// Whether something changed since the page was shown.
    pub is_stale: bool,
}

#[derive(Debug)]
pub(in crate::web) struct EffectCounts {
    pub changing: String,
    pub staying: Option<String>,
}

/// `?like=ID`: as another clinic of this person has them.
#[derive(Debug, Deserialize)]
pub struct Asked {
    like: Option<String>,
}

/// `GET /settings`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Query(asked): Query<Asked>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let version = store::clinic::version(&mut db, here.id).await?.ok_or(Error::NotFound)?;
    let last = last(&mut db, &here).await?;
    let profile = match asked.like.as_deref() {
        None => here.profile.clone(),
        Some(id) => {
            // Only of a clinic where this person may see the settings as well.
            let other =
                here.other_places(Action::ManageClinic).into_iter().find(|(_, clinic)| clinic.to_string() == id);
            let (_, other) = other.ok_or(Error::NotFound)?;
            let other = store::clinic::find(&mut db, other).await?.ok_or(Error::NotFound)?;
            typed::like(&here.profile, other)
        }
    };
    let mut shown = shown(&web, &here, typed::of(&profile), version, last);
    shown.is_taken_over = asked.like.is_some();
    Ok(page(&shown))
}

/// `POST /settings`: keeps the settings; first asks when emails change by it.
///
/// # Errors
/// When the database does not answer.
pub async fn save(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let over: u32 = fields.text("version").parse().map_err(|_| Error::BadAddress)?;
    let version = store::clinic::version(&mut db, here.id).await?.ok_or(Error::NotFound)?;
    let last = last(&mut db, &here).await?;
    let agreed = fields.text("agreed").to_owned();
    let fields = fields.without_token();
    let mut errors = FieldErrors::new();
    let new = typed::check(&fields, &mut errors);
    let mut shown = shown(&web, &here, fields, version, last);
    let new = match errors.done(new) {
        Ok(new) => new,
        Err(errors) => {
            // The version stays the one that was seen: what somebody else saved is told once this is right.
            shown.version = over;
            shown.errors = errors;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
        }
    };
    if version != over {
        let differ = typed::differences(&here.profile, &new);
        shown.theirs = differ.into_iter().map(|(label, id)| (label, typed::value(&here.profile, id))).collect();
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    }
    let Some(change) = change::make(&web, &mut db, &who, (&here.profile, &new), over).await? else {
        return Err(Error::Refused("Somebody saved the settings at the same moment. Open the page again.".into()));
    };
    let yes = change.fingerprint();
    if !change.asks() || token::same(&agreed, &yes) {
        db.commit().await?;
        return Ok(see_other("/settings"));
    }
    drop(db);
    let now = here.now.timestamp().to_zoned(new.zone.rules().clone());
    shown.asked = Some(asked(&change, yes, !agreed.is_empty(), &now));
    let status = if agreed.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    Ok((status, page(&shown)).into_response())
}

pub(in crate::web) fn asked(change: &Change, agreed: String, is_stale: bool, now: &Zoned) -> Agreement {
    let mut changes = Vec::new();
    for (name, effects) in &change.effects {
        let lines = EffectsView::of(effects, now).changes.into_iter();
        changes.extend(lines.map(|line| EffectLine { title: format!("{name}: {}", line.title), ..line }));
    }
    let staying = change.all().filter(|effect| effect.what == What::Stays).count();
    let counts = EffectCounts {
        changing: match changes.len() {
            0 => "No email changes".into(),
            1 => "1 email changes".into(),
            many => format!("{many} emails change"),
        },
        staying: (staying > 0).then(|| format!("{} as planned", say::count(staying, "email"))),
    };
    let more = changes.len().saturating_sub(MOST_LINES);
    changes.truncate(MOST_LINES);
    Agreement { changes, counts, more, visits: change.visits, agreed, is_stale }
}

fn shown(web: &Web, here: &Here, fields: Fields, version: u32, last: Option<String>) -> SettingsPage {
    let chosen = fields.all("day");
    let words = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let days = WeekdayName::ALL.into_iter().zip(words).map(|(day, word)| (day.id(), word, chosen.contains(&day.id())));
    SettingsPage {
        shell: here.shell(Room::Nowhere),
        version,
        days: days.collect(),
        zones: Zone::names(),
        locales: LOCALES,
        usual_reply_to: web.sending.get().reply_to.to_string(),
        emergency: emergency::suggestion(fields.text("zone").trim()),
        typed: fields,
        errors: FieldErrors::new(),
        last,
        asked: None,
        others: here.other_places(Action::ManageClinic),
        is_taken_over: false,
        theirs: Vec::new(),
    }
}

/// Who changed the settings last: "Ada Brandt, today 14:05".
async fn last(db: &mut Db, here: &Here) -> Result<Option<String>, Error> {
    let deeds = store::audit::changes_of(db, here.id, &[here.id.to_string()]).await?;
    let Some(last) = deeds.iter().rev().find(|deed| deed.action.starts_with("clinic.changed")) else {
        return Ok(None);
    };
    let name = match last.who.parse() {
        Ok(id) => store::account::find(db, here.id, id).await?.map(|account| account.name.to_string()),
        Err(_) => None,
    };
    let at = say::moment(&last.at.to_zoned(here.now.time_zone().clone()), &here.now);
    Ok(Some(format!("{}, {at}", name.unwrap_or_else(|| "Somebody".into()))))
}
