//! `GET /outcomes`: how clients took their visits, by technique, pressure and region. For the clinic, and
//! for each therapist their own. Nobody can be picked out: see [`crate::clinic::outcomes`].

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::SignedDuration;
use serde::Deserialize;

use crate::clinic::account::Action;
use crate::clinic::outcomes::{Count, Row, Told, rows};
use crate::store;
use crate::store::check_in::Treated;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Web, say};

/// How far back it looks.
const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);

/// `?whose=mine`: one's own visits alone.
#[derive(Debug, Deserialize)]
pub struct Asked {
    whose: Option<String>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "outcomes/page.html")]
struct OutcomesPage {
    shell: Shell,
    mine: bool,
    has_own: bool,
    parts: Vec<(&'static str, Vec<Line>)>,
}

/// One row as it is shown.
#[derive(Debug)]
struct Line {
    name: String,
    answered: String,
    sore: String,
    too_strong: String,
}

/// `GET /outcomes`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Query(asked): Query<Asked>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let now = here.now.timestamp();
    let since = now.saturating_sub(YEAR).unwrap_or(now);
    let mut all = store::check_in::treated(&mut db, here.id, since).await?;
    let mine = asked.whose.as_deref() == Some("mine");
    if mine {
        all.retain(|one| one.therapist == Some(who.account));
    }
    let technique = |one: &Treated| {
        let id = &one.treatment.technique;
        vec![web.catalogue.technique(id).map_or_else(|| id.to_string(), |known| known.label.clone())]
    };
    let pressure = |one: &Treated| vec![say::capital(one.treatment.pressure.word())];
    let region = |one: &Treated| one.treatment.regions.iter().map(|region| say::capital(&region.word())).collect();
    let parts = vec![
        ("Technique", counted(&all, technique)),
        ("Pressure", counted(&all, pressure)),
        ("Region", counted(&all, region)),
    ];
    let has_own = who.may(Action::WriteNotes);
    Ok(page(&OutcomesPage { shell: here.shell(Room::Alerts), mine, has_own, parts }))
}

fn counted(all: &[Treated], groups: impl Fn(&Treated) -> Vec<String>) -> Vec<Line> {
    let told: Vec<Told> =
        all.iter().map(|one| Told { client: one.client, groups: groups(one), reaction: one.reaction }).collect();
    rows(&told).into_iter().map(line).collect()
}

fn line(row: Row) -> Line {
    let of = |count: Count| match count {
        Count::Exactly(number) => number.to_string(),
        Count::Few => "Too few to show".into(),
    };
    Line { answered: of(row.answered), sore: of(row.sore), too_strong: of(row.too_strong), name: row.name }
}
