//! `GET /letters`: every letter in every language, how it stands, and the clinic's own claims.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::{Shelf, language};
use crate::clinic::fields::FieldErrors;
use crate::clinic::plan::LetterId;
use crate::store;
use crate::web::badge::Badge;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Web, say, see_other};

/// More claims than a clinic has, and longer than one is.
const MOST_CLAIMS: usize = 100;
const LONGEST_CLAIM: usize = 60;

/// The page.
#[derive(Debug, Template)]
#[template(path = "studio/list.html")]
struct ListPage {
    shell: Shell,
    letters: Vec<Row>,
    claims: String,
    errors: FieldErrors,
}

/// One letter.
#[derive(Debug)]
struct Row {
    id: &'static str,
    name: &'static str,
    used: String,
    languages: Vec<InLanguage>,
}

/// One letter in one language.
#[derive(Debug)]
struct InLanguage {
    path: String,
    name: String,
    /// "Version 4, published by Ada Osei, yesterday 10:41".
    state: String,
    badges: Vec<Badge>,
}

/// `GET /letters`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let shelf = Shelf::open(&web, &mut db, &who).await?;
    let claims = shelf.own_claims.join("\n");
    Ok(page(&ListPage::of(&web, &shelf, claims, FieldErrors::new())))
}

/// `POST /letters/claims`: what this clinic wants in no letter, besides what ships.
///
/// # Errors
/// When the database does not answer.
pub async fn set_claims(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let shelf = Shelf::open(&web, &mut db, &who).await?;
    let claims = match read(fields.text("claims")) {
        Ok(claims) => claims,
        Err(sentence) => {
            let mut errors = FieldErrors::new();
            errors.add("claims", sentence);
            let shown = ListPage::of(&web, &shelf, fields.text("claims").to_owned(), errors);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
        }
    };
    if claims != shelf.own_claims {
        store::letter::set_claims(&mut db, shelf.here.id, &claims).await?;
        let entry = who.did(shelf.here.now.timestamp(), "letter.claims_changed", "clinic", shelf.here.id);
        store::audit::record(&mut db, &entry).await?;
        db.commit().await?;
    }
    Ok(see_other("/letters#claims-title"))
}

fn read(text: &str) -> Result<Vec<String>, String> {
    let text = crate::clinic::fields::block(text, "The list", MOST_CLAIMS * (LONGEST_CLAIM + 2))?;
    let mut claims: Vec<String> =
        text.lines().map(|line| line.trim().to_lowercase()).filter(|line| !line.is_empty()).collect();
    claims.sort_unstable();
    claims.dedup();
    if let Some(long) = claims.iter().find(|words| words.chars().count() > LONGEST_CLAIM) {
        return Err(format!(
            "“{long}” is long. Write the words that make the claim, at most {LONGEST_CLAIM} characters."
        ));
    }
    if let Some(short) = claims.iter().find(|words| words.chars().count() < 3) {
        return Err(format!("“{short}” would be found in too many words. Write at least 3 characters."));
    }
    match claims.len() {
        many if many > MOST_CLAIMS => Err(format!("Write at most {MOST_CLAIMS} lines.")),
        _ => Ok(claims),
    }
}

impl ListPage {
    fn of(web: &Web, shelf: &Shelf, claims: String, errors: FieldErrors) -> Self {
        let row = |letter: LetterId| Row {
            id: letter.id(),
            name: letter.name(),
            used: shelf.used(letter),
            languages: web
                .letters
                .languages()
                .into_iter()
                .filter_map(|locale| InLanguage::of(web, shelf, locale, letter))
                .collect(),
        };
        let letters = LetterId::ALL.into_iter().map(row).collect();
        Self { shell: shelf.here.shell(Room::Letters), letters, claims, errors }
    }
}

impl InLanguage {
    fn of(web: &Web, shelf: &Shelf, locale: &str, letter: LetterId) -> Option<Self> {
        let current = shelf.current(web, locale, letter)?;
        let state = match shelf.own(locale, letter).next_back() {
            Some(own) => format!("Version {}, {}", own.letter.version, shelf.by_whom(own.by, own.at)),
            None => format!("Version {}, as it ships", current.version),
        };
        let draft = shelf.drafts.get(&(locale.to_owned(), letter));
        let draft =
            draft.map(|draft| Badge::new("indigo", "pencil", format!("Draft: {}", shelf.by_whom(draft.by, draft.at))));
        let behind = shelf.behind(web, locale, letter).map(|(other, parts)| {
            Badge::new(
                "amber",
                "triangle",
                format!("{} is newer by {}", language(&other), say::count(parts.len(), "part")),
            )
        });
        let review = current.needs_review.then(|| Badge::new("outline", "person", "Waits for a native reader"));
        Some(Self {
            path: format!("/letters/{}/{locale}", letter.id()),
            name: language(locale).to_owned(),
            state,
            badges: draft.into_iter().chain(behind).chain(review).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn claims_are_lines_each_once() {
        assert_eq!(read(" Energy field\r\n\r\nAURA\naura"), Ok(vec!["aura".into(), "energy field".into()]));
        assert_eq!(read(""), Ok(Vec::new()));
        for (text, says) in [("ab", "at least 3"), ("x\0yz", "cannot be shown"), (&*"long ".repeat(20), "at most 60")] {
            assert!(read(text).is_err_and(|sentence| sentence.contains(says)), "{text}");
        }
        let many: String = (0..101).map(|at| format!("claim {at}\n")).collect();
        assert!(read(&many).is_err());
    }
}
