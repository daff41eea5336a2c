//! One intake to read, as it was given, with what had changed since the one before.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::changed::{self, Line};
use super::load::{name_of, read};
use crate::clinic::ids::{ClientId, IntakeId};
use crate::clinic::intake::changes::changes;
use crate::clinic::intake::guest::{Relation, Signature, Signed};
use crate::store;
use crate::store::intake::review;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::visit::answers::{self, Answer};
use crate::web::{Web, say};

/// `GET /clients/{id}/intakes/{intake}`.
#[derive(Debug, Template)]
#[template(path = "intake/read.html")]
pub struct ReadPage {
    shell: Shell,
    name: String,
    client: ClientId,
    given: String,
    facts: Vec<String>,
    /// The drawn signature, as the data of a path.
    drawing: Option<String>,
    answers: Vec<Answer>,
    first: bool,
    before: String,
    lines: Vec<Line>,
    newer: Option<IntakeId>,
    older: Option<IntakeId>,
    to_review: Option<IntakeId>,
}

/// `?since={intake}`: compared with these earlier answers; without it, with the ones just before.
#[derive(Debug, Deserialize)]
pub struct Asked {
    since: Option<String>,
}

/// `GET /clients/{id}/intakes/{intake}`.
///
/// # Errors
/// When there is no such intake of this client here, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Path((client, intake)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let (client, intake): (ClientId, IntakeId) = (read(&client)?, read(&intake)?);
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let registered = store::client::find(&mut db, here.id, client).await?.ok_or(Error::NotFound)?;
    let history = store::intake::of_client(&mut db, here.id, client).await?;
    let place = history.iter().position(|given| given.id == intake).ok_or(Error::NotFound)?;
    let (given, older) = (&history[place], history.get(place + 1));
    let since = asked.since.and_then(|id| id.parse::<IntakeId>().ok());
    // Only what was given earlier: newest first.
    let before = history[place + 1..].iter().find(|earlier| Some(earlier.id) == since).or(older);
    let by = name_of(&mut db, &here, &given.entered_by).await?;
    let read = review::of(&mut db, here.id, intake).await?;
    let zone = here.profile.zone.rules();
    let day = |at: jiff::Timestamp| say::birthday(at.to_zoned(zone.clone()).date());
    let mut facts =
        vec![format!("Given {} by {by}", day(given.given_at)), format!("Form version {}", given.form_version)];
    if let Some(read) = read {
        let reader = name_of(&mut db, &here, &read.by.to_string()).await?;
        facts.push(format!("Words read {} by {reader}", day(read.at)));
    }
    let signed = store::form::signed(&mut db, here.id, intake).await?;
    let drawing = match signed {
        Some((signed, at)) => {
            facts.extend(signatures(&signed, &day(at)));
            match signed.signature {
                Signature::Drawn(path) => Some(path),
                Signature::Typed(_) => None,
            }
        }
        None => None,
    };
    let has_text = review::has_text(&given.answers);
    let last_name = registered.client.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let shown = ReadPage {
        shell: here.shell(Room::Clients),
        name: format!("{}{last_name}", registered.client.first_name),
        client,
        given: day(given.given_at),
        facts,
        drawing,
        answers: answers::of_intake(&given.answers, has_text && read.is_none(), &web.catalogue),
        first: before.is_none(),
        before: before.map_or_else(String::new, |before| day(before.given_at)),
        lines: before.map_or_else(Vec::new, |before| {
            changed::lines(&changes(&before.answers, &given.answers), &web.catalogue, &web.form)
        }),
        newer: place.checked_sub(1).and_then(|newer| history.get(newer)).map(|given| given.id),
        older: older.map(|given| given.id),
        to_review: (place == 0 && has_text && read.is_none()).then_some(intake),
    };
    drop(db);
    web.saw(&who, "intake", intake).await?;
    Ok(page(&shown))
}

/// Who signed, when, and for whom.
fn signatures(signed: &Signed, day: &str) -> Vec<String> {
    let mut facts = vec![match &signed.signature {
        Signature::Typed(name) => format!("Signed {day} as “{name}”"),
        Signature::Drawn(_) => format!("Signed {day} by hand, below"),
    }];
    if let Some(helper) = &signed.helper {
        let relation = helper.relation.map_or("someone else", |relation| match relation {
            Relation::Parent => "a parent",
            Relation::Guardian => "a guardian",
            Relation::Partner => "a partner",
            Relation::Carer => "a carer",
            Relation::Other => "someone else",
        });
        facts.push(format!("Filled in by {}, {relation}", helper.name));
    }
    facts
}
