//! `GET` and `POST /protocol/publication`: the whole report, what is different, and publication when nothing refuses
//! it. What becomes of the emails that wait is asked, with what it does to each, and never assumed.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::{Desk, RECORD};
use crate::clinic::fields::FieldErrors;
use crate::clinic::letter::gate::Report;
use crate::clinic::protocol::Protocol;
use crate::clinic::protocol::changes::between;
use crate::seal::token;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::settings::change::follow;
use crate::web::settings::{Agreement, asked};
use crate::web::shell::{Room, Shell};
use crate::web::studio::report::ReportView;
use crate::web::studio::versions::PartView;
use crate::web::{Web, see_other};

/// As much as stands beside a version.
const LONGEST_NOTE: usize = 200;

/// The page.
#[derive(Debug, Template)]
#[template(path = "protocol/publish.html")]
struct PublishPage {
    shell: Shell,
    /// The version it would become.
    next: u32,
    /// The draft it was made from; none when there is nothing to publish.
    draft: Option<u32>,
    report: ReportView,
    /// What is different from what is planned by now.
    parts: Vec<PartView>,
    /// "12 emails wait", when any do.
    waiting: Option<String>,
    /// What was chosen for them: "stay", "follow" or nothing.
    running: String,
    /// "They follow version 2".
    follow: String,
    note: String,
    errors: FieldErrors,
    told: &'static str,
    asked: Option<Agreement>,
}

impl PublishPage {
    async fn of(db: &mut Db, desk: &Desk, report: &Report) -> Result<Self, Error> {
        let waiting: usize = store::protocol::waiting(db, desk.here.id).await?.iter().map(|(_, count)| count).sum();
        Ok(Self {
            shell: desk.here.shell(Room::Letters),
            next: desk.next(),
            draft: desk.draft.as_ref().map(|draft| draft.version),
            report: ReportView::of(report, super::PATH),
            parts: between(&desk.current, desk.protocol()).iter().map(PartView::of).collect(),
            waiting: match waiting {
                0 => None,
                1 => Some("1 email waits".into()),
                many => Some(format!("{many} emails wait")),
            },
            running: String::new(),
            follow: format!("They follow version {}", desk.next()),
            note: String::new(),
            errors: FieldErrors::new(),
            told: "",
            asked: None,
        })
    }
}

/// `GET /protocol/publication`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let report = desk.check(&web, desk.protocol());
    Ok(page(&PublishPage::of(&mut db, &desk, &report).await?))
}

/// `POST /protocol/publication`.
///
/// # Errors
/// When the database does not answer.
pub async fn publish(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let report = desk.check(&web, desk.protocol());
    let mut shown = PublishPage::of(&mut db, &desk, &report).await?;
    fields.text("note").clone_into(&mut shown.note);
    fields.text("running").clone_into(&mut shown.running);
    let looked_at = fields.text("draft").parse::<u32>().ok();
    let Some(draft) = desk.draft.as_ref().filter(|draft| Some(draft.version) == looked_at) else {
        shown.told = "Somebody saved or published the protocol since you opened the page. This is how it stands now: look at it again.";
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    };
    let note = note(&fields, &mut shown);
    let Some(note) = note.filter(|_| report.may_be_published() && shown.errors.is_empty()) else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
    };
    let protocol = Protocol { version: desk.next(), ..draft.protocol.clone() };
    let now = desk.here.now.timestamp();
    let entry = who.did(now, "protocol.published", "protocol", format!("{RECORD}/{}", protocol.version));
    // Both must hold: the draft is still the one that was looked at, and nobody took its number.
    let published = store::protocol::drop_draft(&mut db, who.clinic, draft.version).await?
        && store::protocol::publish(&mut db, who.clinic, &protocol, &note, &entry, who.account).await?;
    if !published {
        shown.told = "Somebody was faster. Open the protocol again to see how it stands.";
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    }
    if shown.running == "follow" {
        let change = follow(&web, &mut db, &who, &protocol).await?;
        let (yes, agreed) = (change.fingerprint(), fields.text("agreed"));
        if change.asks() && !token::same(agreed, &yes) {
            drop(db);
            let (status, is_stale) = match agreed.is_empty() {
                true => (StatusCode::OK, false),
                false => (StatusCode::CONFLICT, true),
            };
            shown.asked = Some(asked(&change, yes, is_stale, &desk.here.now));
            return Ok((status, page(&shown)).into_response());
        }
    }
    db.commit().await?;
    Ok(see_other("/protocol/versions"))
}

/// The note, and whether it was said what becomes of what waits.
fn note(fields: &Fields, shown: &mut PublishPage) -> Option<String> {
    if shown.waiting.is_some() && !["stay", "follow"].contains(&shown.running.as_str()) {
        shown.errors.add("running", "Choose what becomes of the emails that wait.");
    }
    let note = fields.line("note", "The note", LONGEST_NOTE);
    shown.errors.check("note", note.map(str::to_owned))
}
