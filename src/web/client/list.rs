//! Finding a client. The same answer stands on the page of the register and, while one types, below
//! the search in the bar of every page.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::{ToSpan as _, Zoned};
use serde::Deserialize;

use super::{age, full_name};
use crate::clinic::client::words::terms;
use crate::clinic::ids::ClientId;
use crate::store::client::Hit;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::guard::{Who, is_partial};
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, say};

/// As many as fit on a screen; more is a case for another word.
const MOST: u32 = 20;

/// `?q=oka+1980`.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    /// For whom to book a visit on this day, instead of whose page to open.
    on: Option<String>,
}

/// One client in a list.
#[derive(Debug)]
struct Line {
    id: ClientId,
    name: String,
    age: String,
    contact: Vec<String>,
    visit: String,
}

/// An answer to a question, or those who were here lately.
#[derive(Debug, Template)]
#[template(path = "client/found.html")]
pub struct Found {
    asked: String,
    lines: Vec<Line>,
    complete: bool,
    booking: Option<String>,
}

impl Found {
    /// Who is found; with nothing asked, who was here lately.
    pub(in crate::web) async fn by(db: &mut Db, here: &Here, asked: &str) -> Result<Self, Error> {
        if asked.trim().is_empty() {
            let tomorrow = here.now.saturating_add(1.day()).timestamp();
            let hits = store::client::lately_seen(db, here.id, tomorrow, MOST).await?;
            return Ok(Self::of("", &hits, true, &here.now));
        }
        let found = store::client::search(db, here.id, &terms(asked), MOST).await?;
        Ok(Self::of(asked, &found.hits, found.complete, &here.now))
    }

    /// The same people, to book a visit for on this day.
    #[must_use]
    pub fn to_book(self, on: &str) -> Self {
        Self { booking: Some(on.chars().filter(|c| c.is_ascii_digit() || *c == '-').take(10).collect()), ..self }
    }

    /// The answer in words; `asked` is empty when nothing was.
    #[must_use]
    pub fn of(asked: &str, hits: &[Hit], complete: bool, now: &Zoned) -> Self {
        let line = |hit: &Hit| Line {
            id: hit.client.id,
            name: full_name(&hit.client),
            age: age(&hit.client, now),
            contact: contact(hit),
            visit: visit(hit, now),
        };
        Self { asked: asked.trim().into(), lines: hits.iter().map(line).collect(), complete, booking: None }
    }

    /// Whether there is nothing to show, not even a question.
    const fn is_empty(&self) -> bool {
        self.asked.is_empty() && self.lines.is_empty()
    }

    fn count(&self) -> String {
        match (self.lines.len(), self.complete) {
            (0, _) => format!("Nobody is found by “{}”.", self.asked),
            (number, true) => format!("{} found.", say::count(number, "client")),
            (number, false) => {
                format!("The {number} who came last. More fit: type another word, such as the year of birth.")
            }
        }
    }
}

fn contact(hit: &Hit) -> Vec<String> {
    let email = hit.client.client.email.as_ref().map(ToString::to_string);
    [Some(hit.client.phone.clone()), email].into_iter().flatten().filter(|text| !text.is_empty()).collect()
}

fn visit(hit: &Hit, now: &Zoned) -> String {
    let Some(at) = hit.visit_at else { return "No visit yet".into() };
    let at = at.to_zoned(now.time_zone().clone());
    let word = if at.timestamp() > now.timestamp() { "Next visit" } else { "Last visit" };
    format!("{word} {}", say::moment(&at, now))
}

/// `GET /clients`.
#[derive(Debug, Template)]
#[template(path = "client/list.html")]
pub struct ListPage {
    shell: Shell,
    found: Found,
}

impl ListPage {
    /// The page with this answer.
    #[must_use]
    pub fn of(shell: Shell, found: Found) -> Self {
        Self { shell: shell.asking(&found.asked), found }
    }
}

/// `GET /clients`: the page, or for a script the answer alone.
///
/// # Errors
/// When the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let found = Found::by(&mut db, &here, &asked.q).await?;
    let found = match asked.on.as_deref() {
        Some(on) => found.to_book(on),
        None => found,
    };
    if is_partial(&headers) {
        return Ok(page(&found));
    }
    Ok(page(&ListPage::of(here.shell(Room::Clients), found)))
}
