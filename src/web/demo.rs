//! `GET /demo`: where to start, who is who, and what to watch. Only the demo has this page.

use askama::Template;

use axum::extract::State;
use axum::response::Response;
use jiff::ToSpan as _;

use super::error::Error;
use super::headers::page;
use super::shell::{Room, Shell};
use super::{Web, day};

/// One member of the demo's staff.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their role, as the bar says it.
    pub role: &'static str,
    /// What they come to do.
    pub does: &'static str,
    /// Where to start as them.
    pub href: String,
    /// What the link says.
    pub act: &'static str,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "demo/page.html")]
pub struct DemoPage {
    shell: Shell,
    people: Vec<Person>,
    first_visit: Option<String>,
}

impl DemoPage {
    /// The page; `first_visit` is the address of the visit to look at first.
    #[must_use]
    pub fn of(shell: Shell, first_visit: Option<String>) -> Self {
        let person = |name: &str, role, does, href: String, act| Person { name: name.into(), role, does, href, act };
        let brief = first_visit.clone().unwrap_or_else(|| "/day".into());
        let people = vec![
            person(
                "Ada",
                "Admin",
                "Keeps the letters, the catalogue and the accounts.",
                "/mailbox".into(),
                "See what clients get",
            ),
            person(
                "Theo",
                "Therapist",
                "Reads the brief before the session and checks the plan.",
                brief,
                "Read a brief",
            ),
            person("Rosa", "Reception", "Sees who comes today and what needs a person.", "/day".into(), "Open the day"),
        ];
        Self { shell, people, first_visit }
    }
}

/// The page, with the next visit that has something to say.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db).await?;
    let visits = day::load::visits(&web, &mut db, &here, here.now.date()).await?;
    let tomorrow = day::load::visits(&web, &mut db, &here, here.now.date().saturating_add(1.day())).await?;
    let best = visits.iter().chain(&tomorrow).filter(|visit| !visit.is_off());
    let best = best.max_by_key(|visit| visit.brief.as_ref().map_or(0, |brief| brief.cautions.len()));
    let first = best.map(|visit| format!("/visits/{}", visit.id));
    Ok(page(&DemoPage::of(here.shell(Room::Start), first)))
}
