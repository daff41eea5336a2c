//! `GET /catalogue`: every entry of one kind, or those that a word is found in.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::desk::Desk;
use super::shipped::all_apart;
use super::{backing, figures, gist, review};
use crate::clinic::catalogue::{Catalogue, Entry, Kind, Whose};
use crate::web::Web;
use crate::web::badge::Badge;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};

/// As much as somebody looks for.
const LONGEST_QUESTION: usize = 100;

/// The page.
#[derive(Debug, Template)]
#[template(path = "catalogue/list.html")]
struct ListPage {
    shell: Shell,
    version: String,
    /// How many entries are being changed.
    drafts: usize,
    /// How many entries of a newer shipped catalogue wait to be looked at.
    news: usize,
    /// Address, word, count, and whether it is open.
    kinds: Vec<(String, &'static str, usize, bool)>,
    kind: &'static str,
    title: &'static str,
    asked: String,
    rows: Vec<Row>,
    /// Entries that nobody has published yet: address and name.
    fresh: Vec<(String, String)>,
    /// Whether one more may be added.
    may_add: bool,
}

/// One entry.
#[derive(Debug)]
struct Row {
    href: String,
    label: String,
    has_draft: bool,
    gist: String,
    backing: String,
    review: Badge,
    drawing: Option<&'static str>,
}

/// `?kind=stretches&q=knee`.
#[derive(Debug, Deserialize)]
pub struct Asked {
    kind: Option<String>,
    #[serde(default)]
    q: String,
}

/// `GET /catalogue`.
///
/// # Errors
/// When there is no such kind, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Query(asked): Query<Asked>) -> Result<Response, Error> {
    let kind = match &asked.kind {
        Some(id) => Kind::of(id).ok_or(Error::NotFound)?,
        None => Kind::Condition,
    };
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let news = all_apart(&web, &mut db).await?.iter().filter(|one| one.whose != Whose::Ours).count();
    let catalogue = &web.catalogue;
    let question: String = asked.q.trim().chars().take(LONGEST_QUESTION).collect();
    let found = |kind: Kind| -> Vec<Entry> {
        let mut all = catalogue.entries(kind);
        all.retain(|entry| says(catalogue, entry, &question));
        all
    };
    let suffix = match question.is_empty() {
        true => String::new(),
        false => format!("&q={}", form_urlencoded::byte_serialize(question.as_bytes()).collect::<String>()),
    };
    let kinds = Kind::ALL
        .into_iter()
        .map(|one| (format!("/catalogue?kind={}{suffix}", one.id()), one.words(), found(one).len(), one == kind));
    Ok(page(&ListPage {
        shell: desk.here.shell(Room::Nowhere),
        drafts: desk.drafts.len(),
        news,
        version: catalogue.version().to_owned(),
        kinds: kinds.collect(),
        kind: kind.id(),
        title: kind.words(),
        fresh: fresh(catalogue, &desk, kind, &question),
        may_add: desk.is_yours && kind.can_be_added(),
        rows: found(kind).iter().map(|entry| Row::of(catalogue, &desk, entry)).collect(),
        asked: question,
    }))
}

/// The drafts of new entries of this kind that the question finds.
fn fresh(catalogue: &Catalogue, desk: &Desk, kind: Kind, question: &str) -> Vec<(String, String)> {
    let drafts = desk.drafts.iter().map(|draft| &draft.entry);
    let fresh = drafts.filter(|entry| entry.kind == kind && catalogue.entry(kind, entry.id()).is_none());
    fresh
        .filter(|entry| says(catalogue, entry, question))
        .map(|entry| (format!("/catalogue/{}/{}/draft", kind.id(), entry.id()), entry.label()))
        .collect()
}

/// Whether every word of the question is somewhere in an entry, in either language, whatever its case.
fn says(catalogue: &Catalogue, entry: &Entry, question: &str) -> bool {
    if question.is_empty() {
        return true;
    }
    let mut all = format!("{} ", entry.id());
    for spec in entry.kind.specs() {
        for words in spec.words(catalogue, entry) {
            all.push_str(&words);
            all.push(' ');
        }
    }
    let all = all.to_lowercase();
    question.to_lowercase().split_whitespace().all(|word| all.contains(word))
}

impl Row {
    fn of(catalogue: &Catalogue, desk: &Desk, entry: &Entry) -> Self {
        Self {
            has_draft: desk.draft(entry.kind, entry.id()).is_some(),
            href: format!("/catalogue/{}/{}", entry.kind.id(), entry.id()),
            label: entry.label(),
            gist: gist(catalogue, entry),
            backing: backing(entry),
            review: review(entry),
            drawing: (entry.kind == Kind::Stretch).then(|| figures::of(entry.id())).flatten(),
        }
    }
}
