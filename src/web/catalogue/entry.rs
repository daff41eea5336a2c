//! `GET /catalogue/{kind}/{entry}`: one entry with all it says and decides, what backs it and where it is used.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::desk::Desk;
use super::{backing, figures, gist, review};
use crate::clinic::catalogue::{Catalogue, Entry, Kind, Part, Shape};
use crate::web::Web;
use crate::web::badge::Badge;
use crate::web::because::Source;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};

/// The page.
#[derive(Debug, Template)]
#[template(path = "catalogue/entry.html")]
struct EntryPage {
    shell: Shell,
    is_yours: bool,
    has_draft: bool,
    kind: Kind,
    label: String,
    id: String,
    gist: String,
    backing: String,
    review: Badge,
    drawing: Option<&'static str>,
    parts: Vec<PartView>,
    sources: Vec<Source>,
    uses: Vec<(&'static str, Vec<Other>)>,
}

/// The fields about one thing.
#[derive(Debug)]
pub(super) struct PartView {
    pub title: &'static str,
    pub id: &'static str,
    pub is_spanish: bool,
    pub lines: Vec<Line>,
}

/// One field in words.
#[derive(Debug)]
pub(super) struct Line {
    pub label: &'static str,
    pub words: Vec<String>,
    /// What it means that there are none.
    pub nothing: &'static str,
    /// Whether the words are steps to take in order.
    pub is_ordered: bool,
}

/// Another entry that names this one.
#[derive(Debug)]
struct Other {
    href: String,
    label: String,
}

/// `GET /catalogue/{kind}/{entry}`.
///
/// # Errors
/// When there is no such entry, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Path((kind, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    let kind = Kind::of(&kind).ok_or(Error::NotFound)?;
    let entry = web.catalogue.entry(kind, &id).ok_or(Error::NotFound)?;
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let catalogue = &web.catalogue;
    Ok(page(&EntryPage {
        shell: desk.here.shell(Room::Nowhere),
        is_yours: desk.is_yours,
        has_draft: desk.draft(kind, &id).is_some(),
        kind,
        label: entry.label(),
        id,
        gist: gist(catalogue, &entry),
        backing: backing(&entry),
        review: review(&entry),
        drawing: (kind == Kind::Stretch).then(|| figures::of(entry.id())).flatten(),
        parts: parts(catalogue, &entry),
        sources: entry.sources().into_iter().filter_map(Source::of).collect(),
        uses: uses(catalogue, &entry),
    }))
}

/// Everything an entry says, by what it is about; the sources stand by themselves.
pub(super) fn parts(catalogue: &Catalogue, entry: &Entry) -> Vec<PartView> {
    let part = |part: Part| {
        let specs = entry.kind.specs().iter().filter(|spec| spec.part == part && spec.path != "sources");
        PartView {
            title: part.title(),
            id: match part {
                Part::Clients => "words",
                Part::Spanish => "spanish",
                Part::Rules => "rules",
                Part::Staff => "staff",
                Part::Backing => "backing",
            },
            is_spanish: part == Part::Spanish,
            lines: specs
                .map(|spec| Line {
                    label: spec.label,
                    words: spec.words(catalogue, entry),
                    nothing: spec.nothing(),
                    is_ordered: matches!(spec.shape, Shape::Ranked(_)) || spec.path.starts_with("steps"),
                })
                .collect(),
        }
    };
    Part::ALL.into_iter().map(part).filter(|part| !part.lines.is_empty()).collect()
}

/// Who names this entry, by the name of the field.
fn uses(catalogue: &Catalogue, entry: &Entry) -> Vec<(&'static str, Vec<Other>)> {
    let mut all: Vec<(&'static str, Vec<Other>)> = Vec::new();
    for one in catalogue.uses(entry) {
        // What mirrors a list of this entry itself stands above already.
        if entry.kind == Kind::Condition && one.kind == Kind::Stretch {
            continue;
        }
        let field = match (one.kind, one.field) {
            (Kind::Condition, _) if entry.kind == Kind::Stretch => continue,
            (Kind::Condition, _) => "Added by these conditions",
            (Kind::Technique, "Instead of it, closest first") => "Used instead of",
            (Kind::Technique, "Suggested with") => "Suggests these techniques",
            (Kind::Technique, _) => "Rules out these techniques",
            (Kind::Advice, "When the client said yes to one of") => "Brings this advice in",
            (Kind::Advice, _) => "Withholds this advice",
            (Kind::Medicine, _) => "Asked again when somebody writes one of these medicines",
            (_, other) => other,
        };
        let other = Other { href: format!("/catalogue/{}/{}", one.kind.id(), one.id), label: one.label };
        match all.iter_mut().find(|(known, _)| *known == field) {
            Some((_, others)) => others.push(other),
            None => all.push((field, vec![other])),
        }
    }
    all
}
