//! Loads one client: everything that happened, the message log, and what they agreed to.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::edit::find;
use super::emails::{Message, messages};
use super::timeline::{Entry, Kind, Told};
use super::{ClientFacts, ClientPage, MailTrouble, consents, hold};
use crate::clinic::account::Action;
use crate::clinic::ids::{AccountId, IntakeId};
use crate::clinic::intake::Consent;
use crate::clinic::tailoring;
use crate::store::client::Registered;
use crate::store::consent::Change;
use crate::store::intake::{Given, review};
use crate::store::visit::Appointment;
use crate::store::{self, Db};
use crate::web::badge::Badge;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::{Here, Web, pain, say};

/// `?show=emails`: one kind of entry alone.
#[derive(Debug, Deserialize)]
pub struct Asked {
    show: Option<String>,
}

/// `GET /clients/{id}`.
///
/// # Errors
/// When there is no such client here, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let client = find(&mut db, &here, &id).await?;
    let id = client.id;
    let facts = facts(&web, &mut db, &here, client).await?;
    drop(db);
    web.saw(&who, "client", id).await?;
    let kind = asked.show.as_deref().and_then(Kind::of);
    Ok(page(&ClientPage::of(here.shell(Room::Clients), facts, kind, &here.now)))
}

async fn facts(web: &Web, db: &mut Db, here: &Here, client: Registered) -> Result<ClientFacts, Error> {
    let visits = store::visit::of_client(db, here.id, client.id).await?;
    let emails = store::email::of_client(db, here.id, client.id).await?;
    let messages = messages(db, here, &emails).await?;
    let history = store::consent::history(db, here.id, client.id).await?;
    let consents = consents::rows(&history, &here.now);
    let trouble = trouble(db, here, &client, &history).await?;
    let level = level(web, db, here, &visits).await?;
    let entries = entries(web, db, here, &client, &visits, &messages, &history).await?;
    let stopped = store::choice::stopped(db, here.id, client.id).await?;
    let since = |at: jiff::Timestamp| say::birthday(at.to_zoned(here.now.time_zone().clone()).date());
    let stopped = stopped.iter().map(|one| (one.topic, since(one.since))).collect();
    let intakes = store::intake::of_client(db, here.id, client.id).await?;
    let sees = here.who.may(Action::SeeHealth);
    let (pain, weeks) = if sees { pain::of_client(db, here, client.id, &intakes).await? } else { Default::default() };
    let to_read = match intakes.first().filter(|_| here.who.may(Action::ReviewText)) {
        Some(latest) => to_read(db, here, latest).await?,
        None => None,
    };
    let held = match store::retention::hold(db, here.id, client.id).await? {
        Some(hold) if here.who.may(Action::EraseClients) => Some(hold::since(db, here, &hold).await?),
        _ => None,
    };
    Ok(ClientFacts { client, entries, messages, consents, trouble, level, stopped, pain, weeks, to_read, held })
}

/// The client's latest intake, when its words were not read yet.
async fn to_read(db: &mut Db, here: &Here, latest: &Given) -> Result<Option<IntakeId>, Error> {
    let unread = review::has_text(&latest.answers) && review::of(db, here.id, latest.id).await?.is_none();
    Ok(unread.then_some(latest.id))
}

async fn entries(
    web: &Web,
    db: &mut Db,
    here: &Here,
    client: &Registered,
    visits: &[Appointment],
    messages: &[Message],
    history: &[Change],
) -> Result<Vec<Entry>, Error> {
    let staff: HashMap<AccountId, String> = store::account::all(db, here.id)
        .await?
        .into_iter()
        .map(|account| (account.id, account.name.to_string()))
        .collect();
    let sees_health = here.who.may(Action::SeeHealth);
    let programs: HashMap<String, String> = store::api_token::names(db, here.id).await?.into_iter().collect();
    let told = Told { now: &here.now, catalogue: &web.catalogue, staff: &staff, programs: &programs, sees_health };
    let intakes = store::intake::of_client(db, here.id, client.id).await?;
    let notes = store::note::of_client(db, here.id, client.id).await?;
    let zone = here.now.time_zone();
    let by_record: HashMap<String, _> =
        visits.iter().map(|visit| (visit.id.to_string(), (visit.id, visit.starts_at.to_zoned(zone.clone())))).collect();
    let records: Vec<String> = by_record.keys().cloned().chain([client.id.to_string()]).collect();
    let deeds = store::audit::changes_of(db, here.id, &records).await?;
    let mut entries: Vec<Entry> = visits.iter().map(|visit| told.visit(visit)).collect();
    entries.extend(intakes.iter().enumerate().map(|(place, given)| told.intake(given, intakes.get(place + 1))));
    entries.extend(notes.iter().map(|note| told.note(note)));
    entries.extend(messages.iter().map(|message| told.email(message)));
    let check_ins = store::check_in::of_client(db, here.id, client.id).await?;
    let answers = check_ins.iter().flat_map(|one| one.record.submissions.iter().map(move |answer| (one, answer)));
    entries.extend(answers.map(|(one, answer)| told.check_in(one, answer)));
    entries.extend(history.iter().map(|change| told.consent(change)));
    entries.extend(deeds.iter().filter_map(|deed| told.change(deed, &by_record)));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at.timestamp()));
    Ok(entries)
}

/// The word of the latest brief, without a reason: reception sees it too.
async fn level(web: &Web, db: &mut Db, here: &Here, visits: &[Appointment]) -> Result<Option<Badge>, Error> {
    let Some(latest) = visits.first() else { return Ok(None) };
    let filed = store::case::find(db, here.id, latest.id).await?;
    let answered = filed.filter(|filed| filed.intake.is_some());
    Ok(answered.map(|filed| Badge::of_brief(&tailoring::tailor(&web.catalogue, &filed.answered(&web.catalogue)))))
}

/// What keeps mail from reaching this client, and what to do about it.
async fn trouble(
    db: &mut Db,
    here: &Here,
    client: &Registered,
    history: &[Change],
) -> Result<Option<MailTrouble>, Error> {
    if client.client.on_paper {
        return Ok(None);
    }
    let told = |title: &str, text: String| Some(MailTrouble { title: title.into(), text, can_resume: false });
    let Some(address) = &client.client.email else {
        let text = "No aftercare goes out. Ask for an address, or hand over the printed sheet after each visit.";
        return Ok(told("No email address", text.into()));
    };
    if let Some(stopped) = store::suppression::find(db, here.id, address).await? {
        let since = say::birthday(stopped.at.to_zoned(here.now.time_zone().clone()).date());
        let text = format!(
            "{}. Nothing is sent to {address}. Phone the client and ask for another address, or hand over the printed sheet.",
            say::capital(&stopped.reason)
        );
        let title = format!("Mail to this address is stopped since {since}");
        return Ok(Some(MailTrouble { title, text, can_resume: here.who.may(Action::EditClients) }));
    }
    let last = history.iter().rev().find(|change| change.purpose == Consent::AftercareEmail);
    if !last.is_some_and(|change| change.given) {
        let text = "No aftercare goes out by email. Ask at the next visit, record a yes below, or hand over the printed sheet.";
        return Ok(told("No consent to aftercare emails", text.into()));
    }
    Ok(None)
}
