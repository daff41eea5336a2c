//! `/audit`: who did what to which record, for the admin. Looking at it is written down in it, and so is taking
//! it out as a file.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan as _, Zoned};

use super::error::Error;
use super::form::{Fields, Form};
use super::guard::Who;
use super::headers::page;
use super::shell::{Room, Shell};
use super::{Here, Web, say};
use crate::clinic::fields::FieldErrors;
use crate::clinic::ids::AuditId;
use crate::clinic::profile::Zone;
use crate::clinic::schedule;
use crate::clinic::spreadsheet::neutral;
use crate::store::audit::{Entry, Filter};
use crate::store::{self, Db};

/// So many entries a page.
const A_PAGE: u32 = 50;

/// So many entries a file.
const MOST_EXPORTED: u32 = 50_000;

/// The kinds of records, as the audit names them and as people do.
const KINDS: [(&str, &str); 26] = [
    ("account", "Account"),
    ("address", "Email address"),
    ("alert", "Alert"),
    ("alerts", "List of alerts"),
    ("audit", "Audit"),
    ("bounce", "Bounce"),
    ("brief", "Brief"),
    ("catalogue", "Medical texts"),
    ("check_in", "Check-in"),
    ("client", "Client"),
    ("clients", "List of clients"),
    ("clinic", "Clinic"),
    ("email", "Email"),
    ("intake", "Intake"),
    ("intakes", "List of intakes"),
    ("letter", "Letter"),
    ("link", "Link"),
    ("note", "Note"),
    ("notes", "List of notes"),
    ("notice", "Service mail"),
    ("plan", "Plan"),
    ("token", "Token of a program"),
    ("visit", "Visit"),
    ("visits", "List of visits"),
    ("webhook", "Webhook"),
    ("wish", "Wish"),
];

/// The page.
#[derive(Debug, Template)]
#[template(path = "audit/page.html")]
struct AuditPage {
    shell: Shell,
    typed: Fields,
    people: Vec<(String, String)>,
    kinds: Vec<(&'static str, &'static str)>,
    lines: Vec<Line>,
    /// The address of the page with older entries.
    older: Option<String>,
    is_first: bool,
    errors: FieldErrors,
}

/// One entry.
#[derive(Debug)]
struct Line {
    at: String,
    who: String,
    role: String,
    action: String,
    kind: String,
    record_id: String,
    /// Where the record is to be seen.
    href: Option<String>,
    from_where: String,
}

/// `GET /audit`.
///
/// # Errors
/// When the address holds what is no filter, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let fields = Fields::from(asked);
    // Written down first: nothing is shown before that is on disk.
    web.saw(&who, "audit", who.clinic).await?;
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let before = match fields.text("before") {
        "" => None,
        id => Some(id.parse::<AuditId>().map_err(|_| Error::BadAddress)?),
    };
    match filter(&fields, &here.profile.zone) {
        Ok(filter) => Ok(page(&shown(&mut db, &here, fields, &filter, before).await?)),
        Err(errors) => wrong(&mut db, &here, fields, errors).await,
    }
}

/// `POST /audit/export`: the same entries as a file.
///
/// # Errors
/// When there are too many, or the database does not answer.
pub async fn export(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let fields = fields.without_token();
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let filter = match filter(&fields, &here.profile.zone) {
        Ok(filter) => filter,
        Err(errors) => return wrong(&mut db, &here, fields, errors).await,
    };
    let entries = store::audit::find(&mut db, here.id, &filter, None, MOST_EXPORTED + 1).await?;
    if entries.len() > usize::try_from(MOST_EXPORTED).unwrap_or(usize::MAX) {
        return Err(Error::Refused(format!("These are more than {MOST_EXPORTED} entries. Narrow the days down.")));
    }
    let names = names(&mut db, &here).await?;
    let file = written(&entries, &names).map_err(|problem| {
        tracing::error!(%problem, "the audit could not be written as a file");
        Error::Broken
    })?;
    let now = here.now.timestamp();
    store::audit::record(&mut db, &who.did(now, "audit.exported", "audit", here.id)).await?;
    db.commit().await?;
    let name = format!("attachment; filename=\"audit-{}.csv\"", here.now.date());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(|_| Error::Broken)?),
    ];
    Ok((headers, file).into_response())
}

/// The entries as a file, a row each. Cells that look like formulas are made text.
fn written(entries: &[(AuditId, Entry)], names: &BTreeMap<String, String>) -> Result<Vec<u8>, csv::Error> {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(["at", "who", "name", "role", "action", "kind", "record_id", "from_where"])?;
    for (_, entry) in entries {
        let name = names.get(&entry.who).map_or("", String::as_str);
        let at = entry.at.to_string();
        let cells =
            [&at, &entry.who, name, &entry.role, &entry.action, &entry.kind, &entry.record_id, &entry.from_where];
        file.write_record(cells.map(|cell| neutral(cell).into_owned()))?;
    }
    file.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// What was asked for, as a filter.
fn filter(fields: &Fields, zone: &Zone) -> Result<Filter, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut text = |name: &str, label: &str| {
        let line = errors.check(name, fields.line(name, label, 100));
        line.filter(|line| !line.is_empty()).map(str::to_owned)
    };
    let (who, kind, record_id) = (text("who", "Who"), text("kind", "The kind"), text("record", "The record"));
    let midnight = |day: Date| schedule::at(zone, day, Time::midnight()).timestamp();
    let mut day = |name: &str| match fields.text(name).trim() {
        "" => None,
        text => errors.check(name, text.parse::<Date>().map_err(|_| "Write the day like 2026-01-05.")),
    };
    let (from, to) = (day("from"), day("to"));
    let until = to.map(|day| midnight(day.saturating_add(1.day())));
    errors.done(Some(Filter { who, kind, record_id, from: from.map(midnight), until }))
}

async fn wrong(db: &mut Db, here: &Here, fields: Fields, errors: FieldErrors) -> Result<Response, Error> {
    let nothing = Filter { until: Some(Timestamp::MIN), ..Filter::default() };
    let mut shown = shown(db, here, fields, &nothing, None).await?;
    shown.errors = errors;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response())
}

async fn shown(
    db: &mut Db,
    here: &Here,
    typed: Fields,
    filter: &Filter,
    before: Option<AuditId>,
) -> Result<AuditPage, Error> {
    let mut entries = store::audit::find(db, here.id, filter, before, A_PAGE + 1).await?;
    let names = names(db, here).await?;
    let is_more = entries.len() > usize::try_from(A_PAGE).unwrap_or(usize::MAX);
    entries.truncate(usize::try_from(A_PAGE).unwrap_or(usize::MAX));
    let last = entries.last().map(|(id, _)| *id).filter(|_| is_more);
    let mut people: Vec<(String, String)> = vec![(String::new(), "Everybody".into())];
    let mut staff: Vec<(String, String)> = names.iter().map(|(id, name)| (id.clone(), name.clone())).collect();
    staff.sort_by(|one, other| one.1.cmp(&other.1));
    people.extend(staff);
    Ok(AuditPage {
        shell: here.shell(Room::Nowhere),
        lines: entries.into_iter().map(|(_, entry)| line(entry, &names, &here.now)).collect(),
        older: last.map(|id| older(&typed, id)),
        is_first: before.is_none(),
        kinds: std::iter::once(("", "Everything")).chain(KINDS).collect(),
        people,
        typed,
        errors: FieldErrors::new(),
    })
}

/// The names behind ids, and those who are no accounts.
async fn names(db: &mut Db, here: &Here) -> Result<BTreeMap<String, String>, Error> {
    let mut all = store::account::all(db, here.id).await?;
    all.extend(store::account::gone(db, here.id).await?);
    let accounts = all.into_iter().map(|one| (one.id.to_string(), one.name.to_string()));
    let others = [("system", "The system"), ("operator", "Whoever runs the system")];
    let others = others.map(|(id, name)| (id.to_owned(), name.to_owned()));
    let programs = store::api_token::names(db, here.id).await?;
    Ok(accounts.chain(programs).chain(others).collect())
}

fn older(typed: &Fields, before: AuditId) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["who", "kind", "record", "from", "to"] {
        if !typed.text(name).is_empty() {
            query.append_pair(name, typed.text(name));
        }
    }
    query.append_pair("before", &before.to_string());
    format!("/audit?{}", query.finish())
}

fn line(entry: Entry, names: &BTreeMap<String, String>, now: &Zoned) -> Line {
    let local = entry.at.to_zoned(now.time_zone().clone());
    let is_id = entry.record_id.len() == 36;
    let href = match entry.kind.as_str() {
        "client" => Some(format!("/clients/{}", entry.record_id)),
        "visit" => Some(format!("/visits/{}", entry.record_id)),
        "alert" => Some(format!("/alerts/{}", entry.record_id)),
        "account" => Some(format!("/people/{}", entry.record_id)),
        _ => None,
    };
    // Whoever is no account of this clinic and not the system is a client, by a link of their own.
    let who = names.get(&entry.who).cloned().unwrap_or_else(|| "A client".into());
    let kind = KINDS.iter().find(|(id, _)| *id == entry.kind).map_or(entry.kind, |(_, word)| (*word).to_owned());
    Line {
        at: format!("{} {}", say::near_day(local.date(), now.date()), local.strftime("%H:%M:%S")),
        who,
        role: entry.role,
        action: entry.action,
        kind,
        href: href.filter(|_| is_id),
        record_id: entry.record_id,
        from_where: entry.from_where,
    }
}
