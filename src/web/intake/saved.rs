//! After an intake was saved: what it means, and what to do next. Reception is told the level's
//! word; why is for those who treat.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::Taken;
use super::changed::{self, Line};
use super::load::{day_of, name_of, next_visit, read};
use crate::clinic::account::Action;
use crate::clinic::brief::Brief;
use crate::clinic::case::Case;
use crate::clinic::catalogue::{Heat, Hydration, Level};
use crate::clinic::ids::{ClientId, IntakeId, VisitId};
use crate::clinic::intake::changes::changes;
use crate::clinic::tailoring::tailor;
use crate::store::intake::{Given, review};
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, say};

/// `GET /visits/{id}/intake/saved`.
#[derive(Debug, Template)]
#[template(path = "intake/saved.html")]
pub struct SavedPage {
    shell: Shell,
    name: String,
    when: String,
    form: String,
    day: String,
    visit: Option<VisitId>,
    client: ClientId,
    intake: IntakeId,
    look: &'static str,
    icon: &'static str,
    level: &'static str,
    says: String,
    health: bool,
    before: Option<&'static str>,
    brief: Vec<(String, String, String)>,
    lines: Vec<Line>,
    first: bool,
    to_read: bool,
    review: bool,
    treatment: bool,
}

/// `GET /visits/{id}/intake/saved`.
///
/// # Errors
/// When there is no such visit or no intake, or the database does not answer.
pub async fn of_visit(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    show(&web, &who, Taken::Visit(read(&id)?)).await
}

/// `GET /clients/{id}/intake/saved`.
///
/// # Errors
/// When there is no such client or no intake, or the database does not answer.
pub async fn of_client(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    show(&web, &who, Taken::Client(read(&id)?)).await
}

async fn show(web: &Web, who: &Who, taken: Taken) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, who).await?;
    let (client, visit) = match taken {
        Taken::Visit(id) => {
            let visit = store::visit::find(&mut db, here.id, id).await?.ok_or(Error::NotFound)?;
            (visit.client, Some(id))
        }
        Taken::Client(id) => (id, next_visit(&mut db, &here, id).await?),
    };
    let registered = store::client::find(&mut db, here.id, client).await?.ok_or(Error::NotFound)?;
    let history = store::intake::of_client(&mut db, here.id, client).await?;
    let latest = history.first().ok_or(Error::NotFound)?;
    let health = who.may(Action::SeeHealth);
    let by = name_of(&mut db, &here, &latest.entered_by).await?;
    let at = latest.given_at.to_zoned(here.profile.zone.rules().clone());
    let read = review::of(&mut db, here.id, latest.id).await?.is_some();
    let case = match visit {
        Some(visit) => store::case::find(&mut db, here.id, visit).await?.map(|filed| filed.answered(&web.catalogue)),
        None => None,
    };
    let told = told(web, &mut db, &here, case, &history).await?;
    let last_name = registered.client.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let (look, icon, level, says) = level(told.level, &here.profile.emergency_number);
    let day = match visit {
        Some(id) => store::visit::find(&mut db, here.id, id).await?.map_or_else(
            || here.now.date(),
            |visit| visit.starts_at.to_zoned(here.profile.zone.rules().clone()).date(),
        ),
        None => day_of(&here, latest),
    };
    let shown = SavedPage {
        shell: here.shell(Room::Day),
        name: format!("{}{last_name}", registered.client.first_name),
        when: format!("{} by {by}", say::moment(&at, &here.now)),
        form: taken.path(),
        day: day.to_string(),
        visit,
        client,
        intake: latest.id,
        look,
        icon,
        level,
        says,
        health,
        before: told.before.filter(|before| health && *before != told.level).map(word),
        brief: if health { told.brief } else { Vec::new() },
        lines: if health { told.lines } else { Vec::new() },
        first: history.len() == 1,
        to_read: review::has_text(&latest.answers) && !read,
        review: who.may(Action::ReviewText),
        treatment: latest.answers.consents.contains(&crate::clinic::intake::Consent::Treatment),
    };
    drop(db);
    web.saw(who, "client", client).await?;
    Ok(page(&shown))
}

struct Told {
    level: Level,
    before: Option<Level>,
    brief: Vec<(String, String, String)>,
    lines: Vec<Line>,
}

/// What the newest answers change, against the ones before.
async fn told(web: &Web, db: &mut Db, here: &Here, case: Option<Case>, history: &[Given]) -> Result<Told, Error> {
    let strictest = |given: &Given| {
        let reported = given.answers.conditions.iter().filter_map(|one| web.catalogue.condition(&one.id));
        reported.map(|condition| condition.massage).max().unwrap_or_default()
    };
    let [latest, rest @ ..] = history else { return Err(Error::NotFound) };
    let before = rest.first();
    let lines = before.map_or_else(Vec::new, |before| {
        changed::lines(&changes(&before.answers, &latest.answers), &web.catalogue, &web.form)
    });
    let mut brief = Vec::new();
    if let (Some(case), Some(before)) = (&case, before) {
        let mut old = case.clone();
        old.intake = before.answers.clone();
        old.free_text_read = review::of(db, here.id, before.id).await?.is_some();
        brief = compared(web, &tailor(&web.catalogue, &old), &tailor(&web.catalogue, case));
    }
    Ok(Told { level: strictest(latest), before: before.map(strictest), brief, lines })
}

/// What is another in the brief now: the thing, before, after.
fn compared(web: &Web, before: &Brief, after: &Brief) -> Vec<(String, String, String)> {
    let regions = |brief: &Brief| {
        let words: Vec<String> = brief.avoid_regions.iter().map(|avoid| avoid.region.word()).collect();
        if words.is_empty() { "nothing".into() } else { say::list(&words) }
    };
    let booked = |brief: &Brief| {
        let technique = web.catalogue.technique(&brief.techniques.booked.id);
        let label = technique.map_or_else(|| brief.techniques.booked.id.to_string(), |one| one.label.clone());
        format!("{label} {}", if brief.techniques.booked.suitable { "suits" } else { "does not suit" })
    };
    let heat = |brief: &Brief| match brief.advice.heat.decision {
        Heat::Ok => "offered",
        Heat::Caution => "with care",
        Heat::Avoid => "withheld",
    };
    let drink = |brief: &Brief| match brief.advice.hydration.decision {
        Hydration::Ok => "as usual",
        Hydration::DoNotPush => "not pushed",
    };
    let stretches =
        |brief: &Brief| say::count(brief.advice.stretches.offered.len(), "stretch").replace("stretchs", "stretches");
    let questions = |brief: &Brief| say::count(brief.questions.len(), "question");
    let rows = [
        ("Level", word(before.level).to_owned(), word(after.level).to_owned()),
        ("Pressure", before.pressure.ceiling.word().into(), after.pressure.ceiling.word().into()),
        ("Avoid", regions(before), regions(after)),
        ("Technique", booked(before), booked(after)),
        ("Heat", heat(before).into(), heat(after).into()),
        ("Drinks", drink(before).into(), drink(after).into()),
        ("Stretches that may be offered", stretches(before), stretches(after)),
        ("Questions to ask", questions(before), questions(after)),
    ];
    rows.into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(what, before, after)| (what.to_owned(), before, after))
        .collect()
}

/// The word of a level, as on the board.
#[must_use]
pub const fn word(level: Level) -> &'static str {
    match level {
        Level::None => "No cautions",
        Level::Caution => "Caution",
        Level::LocalContraindication => "Avoid areas",
        Level::MedicalClearance => "Needs clearance",
        Level::Contraindication => "Do not treat",
    }
}

/// Look, icon, word and what to do next.
fn level(level: Level, emergency: &str) -> (&'static str, &'static str, &'static str, String) {
    let (look, icon, says) = match level {
        Level::None => ("none", "circle-tick", "The session can go ahead as booked.".into()),
        Level::Caution => ("caution", "triangle", "The therapist reads the brief before the session.".into()),
        Level::LocalContraindication => {
            ("local", "hatched", "The therapist reads the brief before the session: some areas are left alone.".into())
        }
        Level::MedicalClearance => {
            ("clearance", "clipboard", "Ask for the doctor’s OK and record it, or rebook.".into())
        }
        Level::Contraindication => (
            "contra",
            "stop",
            format!("Do not start the session. Fetch the therapist now. In an emergency call {emergency} first."),
        ),
    };
    (look, icon, word(level), says)
}
