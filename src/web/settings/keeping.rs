//! `/settings/keeping`: how long the texts of sent emails stay, which records are past their time, and which stay
//! whatever happens.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::ClientId;
use crate::clinic::retention::{self, Keeping};
use crate::store::{self, Db};
use crate::web::client::full_name;
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, say, see_other};

/// So many records are listed; those who did not come for longest first.
const MOST_LISTED: u32 = 100;

/// So many texts are counted before anything is saved.
const MOST_COUNTED: u32 = 10_000;

/// The page.
#[derive(Debug, Template)]
#[template(path = "settings/keeping.html")]
struct KeepingPage {
    shell: Shell,
    version: u32,
    sent_days: String,
    record_years: String,
    /// What holds when no days are named.
    usual: String,
    errors: FieldErrors,
    /// "12 emails lose their text", before that is saved.
    asked: Option<String>,
    /// Whether somebody else saved settings since the form was opened.
    is_stale: bool,
    /// Nobody is asked to look at records.
    looks_at_none: bool,
    past: Vec<Line>,
    /// Whether there are more than are listed.
    more: bool,
    held: Vec<Line>,
}

/// One record.
#[derive(Debug)]
struct Line {
    client: ClientId,
    name: String,
    says: String,
}

/// `GET /settings/keeping`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let shown = load(&web, &mut db, &here).await?;
    drop(db);
    if !shown.past.is_empty() || !shown.held.is_empty() {
        web.saw(&who, "clients", here.id).await?;
    }
    Ok(page(&shown))
}

async fn load(web: &Web, db: &mut Db, here: &Here) -> Result<KeepingPage, Error> {
    let keeping = store::retention::of(db, here.id).await?;
    let day = |at: Timestamp| say::birthday(at.to_zoned(here.now.time_zone().clone()).date());
    let before =
        keeping.records_before(here.now.date()).and_then(|date| date.to_zoned(here.now.time_zone().clone()).ok());
    let listed = match &before {
        Some(before) => store::retention::past(db, here.id, before.timestamp(), MOST_LISTED + 1).await?,
        None => Vec::new(),
    };
    let most = usize::try_from(MOST_LISTED).unwrap_or(usize::MAX);
    let more = listed.len() > most;
    let mut past = Vec::new();
    for (client, last) in listed.into_iter().take(most) {
        past.push(Line { client, name: name(db, here, client).await?, says: format!("Last here {}", day(last)) });
    }
    let mut held = Vec::new();
    for (client, hold) in store::retention::holds(db, here.id).await? {
        let says = format!("Since {}: {}", day(hold.at), hold.reason);
        held.push(Line { client, name: name(db, here, client).await?, says });
    }
    Ok(KeepingPage {
        shell: here.shell(Room::Nowhere),
        version: store::clinic::version(db, here.id).await?.ok_or(Error::NotFound)?,
        sent_days: keeping.sent_days.map(|days| days.to_string()).unwrap_or_default(),
        record_years: keeping.record_years.map(|years| years.to_string()).unwrap_or_default(),
        usual: match web.sent_text {
            Some(keep) => format!("{} days", keep.as_hours() / 24),
            None => "for good".into(),
        },
        errors: FieldErrors::new(),
        asked: None,
        is_stale: false,
        looks_at_none: before.is_none(),
        past,
        more,
        held,
    })
}

async fn name(db: &mut Db, here: &Here, client: ClientId) -> Result<String, Error> {
    Ok(store::client::find(db, here.id, client).await?.map(|client| full_name(&client)).unwrap_or_default())
}

/// `POST /settings/keeping`: keeps what is set; first asks when texts go by it.
///
/// # Errors
/// When the database does not answer.
pub async fn save(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let over: u32 = fields.text("version").parse().map_err(|_| Error::BadAddress)?;
    let typed = KeepingPage {
        sent_days: fields.text("sent_days").to_owned(),
        record_years: fields.text("record_years").to_owned(),
        ..load(&web, &mut db, &here).await?
    };
    let keeping = match check(&fields) {
        Ok(keeping) => keeping,
        Err(errors) => {
            let again = KeepingPage { errors, version: over, ..typed };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response());
        }
    };
    if typed.version != over {
        return Ok((StatusCode::CONFLICT, page(&KeepingPage { is_stale: true, ..typed })).into_response());
    }
    if fields.text("agreed") != "yes"
        && let Some(words) = losing(&web, &mut db, &here, keeping).await?
    {
        return Ok(page(&KeepingPage { asked: Some(words), ..typed }));
    }
    if !store::retention::save(&mut db, here.id, keeping, over).await? {
        return Err(Error::Refused("Somebody saved the settings at the same moment. Open the page again.".into()));
    }
    let now = here.now.timestamp();
    store::audit::record(&mut db, &who.did(now, "clinic.changed:keeping", "clinic", here.id)).await?;
    db.commit().await?;
    Ok(see_other("/settings/keeping"))
}

fn check(fields: &Fields) -> Result<Keeping, FieldErrors> {
    let mut errors = FieldErrors::new();
    let sent_days = errors.check("sent_days", retention::days(fields.text("sent_days")));
    let record_years = errors.check("record_years", retention::years(fields.text("record_years")));
    errors.done(sent_days.zip(record_years)).map(|(sent_days, record_years)| Keeping { sent_days, record_years })
}

/// How many emails lose their text by this that keep it as it is set now; nothing when none does.
async fn losing(web: &Web, db: &mut Db, here: &Here, keeping: Keeping) -> Result<Option<String>, Error> {
    let now = here.now.timestamp();
    let Some(before) = keeping.texts_before(web.sent_text, now) else { return Ok(None) };
    let gone =
        store::retention::of(db, here.id).await?.texts_before(web.sent_text, now).unwrap_or(Timestamp::UNIX_EPOCH);
    if before <= gone {
        return Ok(None);
    }
    let texts = store::retention::texts(db, here.id, (gone, before), MOST_COUNTED).await?.len();
    Ok(match texts {
        0 => None,
        1 => Some("1 email loses its text".into()),
        many if u32::try_from(many) == Ok(MOST_COUNTED) => Some(format!("{many} emails or more lose their text")),
        many => Some(format!("{many} emails lose their text")),
    })
}
