//! `GET /forms`: every form of the clinic's own, and how it stands. `POST /forms` begins one.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::{MOST_FORMS, Shelf};
use crate::clinic::fields::FieldErrors;
use crate::clinic::questionnaire::Questionnaire;
use crate::clinic::questionnaire::check::LONGEST_TITLE;
use crate::store;
use crate::web::badge::Badge;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Web, say, see_other};

/// The page.
#[derive(Debug, Template)]
#[template(path = "forms/list.html")]
struct ListPage {
    shell: Shell,
    forms: Vec<Row>,
    title: String,
    lang: String,
    langs: [(&'static str, &'static str); 2],
    errors: FieldErrors,
}

/// One form.
#[derive(Debug)]
struct Row {
    path: String,
    title: String,
    /// "Every technique", "5 questions".
    facts: Vec<String>,
    /// "Version 4, Ada Osei, yesterday 10:41".
    state: String,
    badges: Vec<Badge>,
}

impl ListPage {
    fn of(web: &Web, shelf: &Shelf) -> Self {
        Self {
            shell: shelf.here.shell(Room::Nowhere),
            forms: shelf.numbers().into_iter().filter_map(|number| Row::of(web, shelf, number)).collect(),
            title: String::new(),
            lang: "en".into(),
            langs: [("en", "English"), ("es", "Español")],
            errors: FieldErrors::new(),
        }
    }
}

impl Row {
    fn of(web: &Web, shelf: &Shelf, number: u32) -> Option<Self> {
        let draft = shelf.drafts.get(&number);
        let newest = shelf.own(number).next_back();
        let form = newest.map(|one| &one.form).or_else(|| draft.map(|draft| &draft.form))?;
        let label = |id| web.catalogue.technique(id).map_or_else(|| id.to_string(), |one| one.label.clone());
        let techniques: Vec<String> = form.techniques.iter().map(label).collect();
        let techniques = if techniques.is_empty() { "Every technique".to_owned() } else { say::list(&techniques) };
        let drafted =
            draft.map(|draft| Badge::new("indigo", "pencil", format!("Draft: {}", shelf.by_whom(draft.by, draft.at))));
        let retired = form.retired.then(|| Badge::new("outline", "x", "Nobody is asked"));
        Some(Self {
            path: format!("/forms/{number}"),
            title: if form.title.is_empty() { format!("Form {number}") } else { form.title.clone() },
            facts: vec![techniques, say::count(form.questions().filter(|one| one.kind.asks()).count(), "question")],
            state: match newest {
                Some(one) => format!("Version {}, {}", one.form.version, shelf.by_whom(one.by, one.at)),
                None => "Not published: nobody is asked yet".into(),
            },
            badges: drafted.into_iter().chain(retired).collect(),
        })
    }
}

/// `GET /forms`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let shelf = Shelf::open(&web, &mut db, &who).await?;
    Ok(page(&ListPage::of(&web, &shelf)))
}

/// `POST /forms`: begins a form as a draft.
///
/// # Errors
/// When there are too many, or the database does not answer.
pub async fn begin(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let shelf = Shelf::open(&web, &mut db, &who).await?;
    let mut errors = FieldErrors::new();
    let title = fields.line("title", "The name", LONGEST_TITLE).and_then(|title| {
        if title.is_empty() { Err("Write what the form is called, in a few words.".to_owned()) } else { Ok(title) }
    });
    let title = errors.check("title", title);
    let lang = if fields.text("lang") == "es" { "es" } else { "en" };
    let Some(title) = title else {
        let title = fields.text("title").to_owned();
        let shown = ListPage { title, lang: lang.into(), errors, ..ListPage::of(&web, &shelf) };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
    };
    if shelf.numbers().len() >= MOST_FORMS {
        return Err(Error::Refused(format!("There are {MOST_FORMS} forms already. Change one of them instead.")));
    }
    let (by, at) = (who.account, shelf.here.now.timestamp());
    let form = Questionnaire::begun(title, lang);
    let number = store::questionnaire::begin(&mut db, shelf.here.id, (&form, &[]), (by, at)).await?;
    let number = number.ok_or_else(|| Error::Refused("Somebody began a form at the same moment. Try again.".into()))?;
    store::audit::record(&mut db, &who.did(at, "form.draft_begun", "form", number)).await?;
    db.commit().await?;
    Ok(see_other(&format!("/forms/{number}")))
}
