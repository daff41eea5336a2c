//! `GET` and `POST /catalogue/publication`: what the drafts change, what they allow, what they would do to past visits
//! and to emails that wait, and publication once all of that was seen. What is published is what was looked at.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::desk::{Desk, SHARED};
use super::rehearse::{DAYS_BACK, MOST_FOUND, fits};
use super::shipped::compared;
use crate::clinic::catalogue::{Catalogue, Changed, Looser, differences, looser};
use crate::clinic::fields::FieldErrors;
use crate::clinic::intake::form::Form as Intake;
use crate::store::audit::Entry as Deed;
use crate::store::catalogue::Edition;
use crate::store::catalogue::rehearsal::{self, Look};
use crate::store::{self, Db};
use crate::web::completion::Made;
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::replan::{Cause, replan_client};
use crate::web::shell::{Room, Shell};
use crate::web::studio::versions::PartView;
use crate::web::{Web, say, see_other};

/// As much as stands beside an edition.
const LONGEST_NOTE: usize = 200;

/// The page.
#[derive(Debug, Template)]
#[template(path = "catalogue/publish.html")]
struct PublishPage {
    shell: Shell,
    /// Why it is somebody else's to publish, if it is.
    not_yours: Option<&'static str>,
    /// The content it would become; empty when there is nothing to publish.
    next: String,
    /// Why the drafts do not hold together, if they do not.
    broken: Option<String>,
    changes: Vec<Change>,
    looser: Vec<Looser>,
    rehearsal: Option<RehearsalView>,
    days_back: i64,
    typed: Fields,
    errors: FieldErrors,
    told: &'static str,
}

impl PublishPage {
    /// Whether a look is under way, so that a script may go on with it.
    fn rehearsal_goes_on(&self) -> bool {
        self.rehearsal.as_ref().is_some_and(|look| !look.is_whole)
    }

    fn rehearsal_is_whole(&self) -> bool {
        self.rehearsal.as_ref().is_some_and(|look| look.is_whole)
    }
}

/// An entry that changes.
#[derive(Debug)]
struct Change {
    href: String,
    kind: &'static str,
    label: String,
    /// By whom and when its draft was saved; nothing of what only follows from another entry.
    by: Option<String>,
    parts: Vec<PartView>,
}

/// What was found in past visits.
#[derive(Debug)]
struct RehearsalView {
    looked: u32,
    /// "19 visits".
    looked_at: String,
    whole: u32,
    is_whole: bool,
    /// "12 visits", "3 waiting emails".
    visits: String,
    emails: String,
    is_nothing: bool,
    by: String,
    lines: Vec<FoundLine>,
    more: u32,
}

/// One visit for which something is different.
#[derive(Debug)]
struct FoundLine {
    /// Where it can be looked at; nothing of another clinic.
    href: Option<String>,
    title: String,
    brief: Vec<String>,
    emails: Vec<(&'static str, Vec<String>)>,
}

/// What the page was made from.
struct Drafted {
    catalogue: Catalogue,
    changed: Vec<Changed>,
    looser: Vec<Looser>,
    look: Option<Look>,
}

impl Drafted {
    async fn of(web: &Web, db: &mut Db, desk: &Desk) -> Result<Result<Self, String>, Error> {
        let catalogue = match desk.drafted(web, None) {
            Ok(catalogue) => catalogue,
            Err(problem) => return Ok(Err(problem.to_string())),
        };
        if let Err(problem) = Intake::shipped(&catalogue) {
            return Ok(Err(problem));
        }
        let look = rehearsal::find(db).await?.filter(|look| fits(look, &web.catalogue, &catalogue));
        let (changed, looser) = (differences(&web.catalogue, &catalogue), looser(&web.catalogue, &catalogue));
        Ok(Ok(Self { catalogue, changed, looser, look }))
    }

    /// Whether all of it was looked at for past visits.
    fn is_rehearsed(&self) -> bool {
        self.look.as_ref().is_some_and(|look| look.ended_at.is_some())
    }
}

/// `GET /catalogue/publication`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let desk = Desk::open(&web, &mut db, &who).await?;
    let drafted = Drafted::of(&web, &mut db, &desk).await?;
    let shown = shown(&mut db, &desk, &drafted).await?;
    drop(db);
    if shown.rehearsal.as_ref().is_some_and(|look| !look.lines.is_empty()) {
        // What is different for a client is a fact about them.
        web.saw(&who, "catalogue_rehearsal", &shown.next).await?;
    }
    Ok(page(&shown))
}

async fn shown(db: &mut Db, desk: &Desk, drafted: &Result<Drafted, String>) -> Result<PublishPage, Error> {
    let mut shown = PublishPage {
        shell: desk.here.shell(Room::Nowhere),
        not_yours: (!desk.is_yours).then_some(SHARED),
        next: String::new(),
        broken: None,
        changes: Vec::new(),
        looser: Vec::new(),
        rehearsal: None,
        days_back: DAYS_BACK,
        typed: Fields::default(),
        errors: FieldErrors::new(),
        told: "",
    };
    match drafted {
        Err(problem) => shown.broken = Some(problem.clone()),
        Ok(drafted) if !drafted.changed.is_empty() => {
            shown.next = drafted.catalogue.version().to_owned();
            shown.changes = drafted.changed.iter().map(|one| Change::of(desk, one)).collect();
            shown.looser.clone_from(&drafted.looser);
            if let Some(look) = &drafted.look {
                shown.rehearsal = Some(RehearsalView::of(db, desk, look).await?);
            }
        }
        Ok(_) => {}
    }
    Ok(shown)
}

impl Change {
    fn of(desk: &Desk, changed: &Changed) -> Self {
        Self {
            href: format!("/catalogue/{}/{}/draft", changed.kind.id(), changed.id),
            kind: changed.kind.word(),
            label: changed.label.clone(),
            by: desk.draft(changed.kind, &changed.id).map(|draft| desk.by_whom(&draft.by, draft.at)),
            parts: changed.parts.iter().map(PartView::of).collect(),
        }
    }
}

impl RehearsalView {
    async fn of(db: &mut Db, desk: &Desk, look: &Look) -> Result<Self, Error> {
        let mut lines = Vec::new();
        for (clinic, visit, found) in &look.found {
            let profile = store::clinic::find(db, *clinic).await?;
            let appointment = store::visit::find(db, *clinic, *visit).await?;
            let Some((profile, appointment)) = profile.zip(appointment) else { continue };
            let at = appointment.starts_at.to_zoned(profile.zone.rules().clone());
            let is_here = *clinic == desk.here.id;
            let place = if is_here { String::new() } else { format!(", {}", profile.name) };
            lines.push(FoundLine {
                href: is_here.then(|| format!("/visits/{visit}")),
                title: format!("Visit of {}, {}{place}", say::full_day(at.date()), say::clock(&at)),
                brief: found.brief.clone(),
                emails: found.emails.iter().map(|(step, what)| (step.name(), what.clone())).collect(),
            });
        }
        Ok(Self {
            looked: look.looked,
            looked_at: say::count(look.looked as usize, "visit"),
            whole: look.whole,
            is_whole: look.ended_at.is_some(),
            visits: say::count(look.changing as usize, "visit"),
            emails: say::count(look.emails as usize, "waiting email"),
            is_nothing: look.changing == 0,
            by: desk.by_whom(&look.by, look.begun_at),
            more: look.changing.saturating_sub(u32::try_from(MOST_FOUND).unwrap_or(u32::MAX)),
            lines,
        })
    }
}

/// `POST /catalogue/publication`.
///
/// # Errors
/// When it is somebody else's to publish, or the database does not answer.
pub async fn publish(State(web): State<Web>, who: Who, Form(fields): Form) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let desk = Desk::open_to_change(&web, &mut db, &who).await?;
    let drafted = Drafted::of(&web, &mut db, &desk).await?;
    let mut shown = shown(&mut db, &desk, &drafted).await?;
    let note = fields.line("note", "The note", LONGEST_NOTE).map(str::to_owned);
    let note = shown.errors.check("note", note);
    let agreed: BTreeSet<&str> = fields.all("agreed").into_iter().collect();
    let is_as_seen = !shown.next.is_empty() && fields.text("next") == shown.next;
    shown.typed = fields.clone().without_token();
    let (Ok(drafted), true) = (drafted, is_as_seen) else {
        shown.told =
            "Something was saved or published since you opened the page. This is how it stands now: look at it again.";
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    };
    if !drafted.is_rehearsed() {
        shown.errors.add("rehearsal", "Look first at what it would change for past visits and for emails that wait.");
    }
    if let Some(open) = drafted.looser.iter().find(|one| !agreed.contains(one.says.as_str())) {
        shown.errors.add("agreed", format!("Say yes to each of these, or change the draft. Still open: {}", open.says));
    }
    let Some(note) = note.filter(|_| shown.errors.is_empty()) else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response());
    };
    let edition = Edition {
        number: desk.number + 1,
        version: drafted.catalogue.version().to_owned(),
        over: web.newest.shipped().version().to_owned(),
        note,
        by: who.name.to_string(),
        at: desk.here.now.timestamp(),
    };
    if !store::catalogue::publish(&mut db, &edition, &drafted.catalogue, web.newest.shipped()).await? {
        shown.told = "Somebody was faster. Open the page again to see how it stands.";
        return Ok((StatusCode::CONFLICT, page(&shown)).into_response());
    }
    follow(&web, &mut db, &who, &desk, &drafted, &edition).await?;
    db.commit().await?;
    Ok(see_other("/settings/texts"))
}

/// What follows from a publication, in its transaction: the drafts are done with, each clinic's record tells of it,
/// nothing that was written by the old catalogue leaves, and every plan with waiting mail is reckoned anew.
async fn follow(
    web: &Web,
    db: &mut Db,
    who: &Who,
    desk: &Desk,
    drafted: &Drafted,
    edition: &Edition,
) -> Result<(), Error> {
    if edition.number == 1 {
        compared(web, db).await?;
    }
    for draft in &desk.drafts {
        store::catalogue::drop_draft(db, (draft.entry.kind, draft.entry.id()), draft.version).await?;
    }
    let sending = web.sending.get();
    let made = Made { catalogue: &drafted.catalogue, letters: web.letters.compiled(), domain: sending.from.domain() };
    for (clinic, _) in store::clinic::all(db).await? {
        let deed = who.did(edition.at, "catalogue.published", "catalogue", &edition.version);
        store::audit::record(db, &Deed { clinic, ..deed }).await?;
        for one in drafted.looser.iter().filter(|_| clinic == who.clinic) {
            let record = format!("{}/{}", one.kind.id(), one.id);
            store::audit::record(db, &who.did(edition.at, "catalogue.loosened", "catalogue", record)).await?;
        }
        let clients = store::clinic::with_mail_ahead(db, clinic, edition.at).await?;
        for client in &clients {
            store::outbox::one_at_a_time(db, clinic, *client).await?;
        }
        for client in clients {
            replan_client(db, made, clinic, client, edition.at, Cause::Catalogue).await?;
        }
    }
    store::outbox::take_all_back(db).await?;
    Ok(())
}
