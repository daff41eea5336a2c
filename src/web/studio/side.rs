//! `GET /letters/{letter}`: one letter in all its languages, side by side, with what changed in one since the
//! other was published.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{Shelf, language};
use crate::clinic::letter::changes::all_of;
use crate::clinic::plan::LetterId;
use crate::web::Web;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};

/// The page.
#[derive(Debug, Template)]
#[template(path = "studio/side.html")]
struct SidePage {
    shell: Shell,
    name: &'static str,
    languages: Vec<Column>,
    rows: Vec<Row>,
}

/// One language.
#[derive(Debug)]
struct Column {
    path: String,
    name: String,
    /// "Version 4", and whether another language is ahead of it.
    state: String,
}

/// One part, in each language.
#[derive(Debug)]
struct Row {
    place: String,
    /// The words, and whether they changed since another language was published.
    cells: Vec<Cell>,
}

#[derive(Debug)]
struct Cell {
    locale: String,
    text: String,
    changed: bool,
}

/// `GET /letters/{letter}`.
///
/// # Errors
/// When there is no such letter, or the database does not answer.
pub async fn show(State(web): State<Web>, who: Who, Path(letter): Path<String>) -> Result<Response, Error> {
    let letter = LetterId::of(&letter).ok_or(Error::NotFound)?;
    let mut db = web.store.read().await?;
    let shelf = Shelf::open(&web, &mut db, &who).await?;
    let locales = web.letters.languages();
    let (mut languages, mut texts, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for locale in &locales {
        let Some(current) = shelf.current(&web, locale, letter) else { continue };
        let behind = shelf.behind(&web, locale, letter);
        let version = format!("Version {}", current.version);
        languages.push(Column {
            path: format!("/letters/{}/{locale}", letter.id()),
            name: language(locale).to_owned(),
            state: match &behind {
                Some((other, _)) => format!("{version}, {} is newer", language(other)),
                None => version,
            },
        });
        if let Some((other, parts)) = behind {
            changed.extend(parts.into_iter().map(|part| (other.clone(), part.place)));
        }
        texts.push(((*locale).to_owned(), all_of(&current)));
    }
    let longest = texts.iter().map(|(_, parts)| parts.len()).max().unwrap_or_default();
    let row = |at: usize| Row {
        place: texts.iter().find_map(|(_, parts)| Some(parts.get(at)?.0.clone())).unwrap_or_default(),
        cells: texts
            .iter()
            .map(|(locale, parts)| {
                let (place, text) = parts.get(at).cloned().unwrap_or_default();
                let changed = changed.contains(&(locale.clone(), place));
                Cell { locale: locale.clone(), text, changed }
            })
            .collect(),
    };
    let rows = (0..longest).map(row).collect();
    Ok(page(&SidePage { shell: shelf.here.shell(Room::Letters), name: letter.name(), languages, rows }))
}
