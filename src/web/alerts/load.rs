//! Loads the list of alerts and one of them.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{AlertView, AlertsPage, Facts, Group, Visit, Whose, row};
use crate::clinic::account::Action;
use crate::clinic::alert::{Alert, Standing};
use crate::clinic::checkin::Submission;
use crate::clinic::ids::{AccountId, AlertId};
use crate::clinic::outbox::State as MailState;
use crate::clinic::wording::Words;
use crate::store::alert::What;
use crate::store::{self, Db};
use crate::web::check_in::questions::sign_text;
use crate::web::check_in::told::{compared, urgency};
use crate::web::client::full_name;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::{Here, Web, say};

/// Closed alerts stay on the list for so long.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// So many closed ones at most.
const MOST_CLOSED: usize = 50;

/// `?whose=mine`.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    whose: String,
}

/// `GET /alerts`: the list, with the most urgent one open.
///
/// # Errors
/// When the database does not answer.
pub async fn list(State(web): State<Web>, who: Who, Query(asked): Query<Asked>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let shown = shown(&web, &mut db, &here, None, Whose::of(&asked.whose)).await?;
    drop(db);
    if let Some(id) = shown.1 {
        web.saw(&who, "alert", id).await?;
    }
    Ok(page(&shown.0))
}

/// `GET /alerts/{id}`.
///
/// # Errors
/// When there is no such alert here, or the database does not answer.
pub async fn one(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let id: AlertId = id.parse().map_err(|_| Error::NotFound)?;
    let chosen = store::alert::find(&mut db, here.id, id).await?.ok_or(Error::NotFound)?;
    let (shown, _) = shown(&web, &mut db, &here, Some(chosen), Whose::of(&asked.whose)).await?;
    drop(db);
    web.saw(&who, "alert", id).await?;
    Ok(page(&shown))
}

/// The list with this alert open, or with the first that has no outcome.
pub(super) async fn shown(
    web: &Web,
    db: &mut Db,
    here: &Here,
    chosen: Option<Alert>,
    whose: Whose,
) -> Result<(AlertsPage, Option<AlertId>), Error> {
    let now = here.now.timestamp();
    let people: Vec<(AccountId, String)> =
        store::account::all(db, here.id).await?.into_iter().map(|one| (one.id, one.name.to_string())).collect();
    let mut open = store::alert::open(db, here.id).await?;
    open.sort_by_key(Alert::rank);
    let since = now.saturating_sub(WEEK).unwrap_or(now);
    let week = store::alert::since(db, here.id, since).await?;
    let mut closed: Vec<Alert> = week.iter().filter(|one| one.standing == Standing::Closed).cloned().collect();
    open.retain(|one| whose.takes(one, here.who.account));
    closed.retain(|one| whose.takes(one, here.who.account));
    closed.reverse();
    closed.truncate(MOST_CLOSED);
    let chosen = chosen.or_else(|| open.first().cloned());
    let id = chosen.as_ref().map(|one| one.id);
    let (taken, free): (Vec<Alert>, Vec<Alert>) = open.into_iter().partition(|one| one.standing == Standing::Taken);
    let mut groups = Vec::new();
    for (title, alerts) in [("Open, nobody has taken it", free), ("Taken", taken), ("Closed this week", closed)] {
        let mut rows = Vec::new();
        for alert in &alerts {
            let name = name(db, here, alert).await?;
            rows.push(row(alert, &name, &people, id == Some(alert.id), &here.now));
        }
        if !rows.is_empty() {
            groups.push(Group { title, rows });
        }
    }
    let view = match chosen {
        Some(alert) => Some(AlertView::of(&facts(web, db, here, alert, people).await?, &here.now)),
        None => None,
    };
    let outcomes = here.who.may(Action::SeeHealth);
    Ok((AlertsPage::of(here.shell(Room::Alerts), groups, speed(&week), view, (outcomes, whose)), id))
}

/// How fast alerts were taken.
fn speed(week: &[Alert]) -> Option<String> {
    let waits: Vec<i64> = week.iter().filter_map(Alert::waited).map(|wait| wait.as_mins()).collect();
    let count = i64::try_from(waits.len()).ok().filter(|count| *count > 0)?;
    let mean = usize::try_from(waits.iter().sum::<i64>() / count).unwrap_or(0);
    Some(format!("Taken after {} on average this week", say::count(mean, "minute")))
}

async fn name(db: &mut Db, here: &Here, alert: &Alert) -> Result<String, Error> {
    let client = store::client::find(db, here.id, alert.client).await?;
    Ok(client.map_or_else(|| "Somebody who is not registered any more".into(), |client| full_name(&client)))
}

async fn facts(
    web: &Web,
    db: &mut Db,
    here: &Here,
    alert: Alert,
    people: Vec<(AccountId, String)>,
) -> Result<Facts, Error> {
    let client = store::client::find(db, here.id, alert.client).await?.ok_or(Error::NotFound)?;
    let health = here.who.may(Action::SeeHealth);
    let mut events = store::alert::history(db, here.id, alert.id).await?;
    if !health {
        // What somebody wrote down may tell of health; one's own words one knows.
        for event in events.iter_mut().filter(|one| one.what == What::Noted && one.by != Some(here.who.account)) {
            event.words = "wrote something down, for those who treat.".into();
        }
    }
    let (next, later) = ahead(db, here, &alert).await?;
    let mut held = 0;
    if let Some(visit) = alert.visit {
        let emails = store::email::of_visit(db, here.id, visit).await?;
        held = emails.iter().filter(|email| email.state == MailState::Held).count();
    }
    Ok(Facts {
        name: full_name(&client),
        phone: client.phone.clone(),
        emergency_number: here.profile.emergency_number.clone(),
        events,
        people,
        next,
        later,
        answers: if health { answers(web, db, here, &alert).await? } else { Vec::new() },
        visit: visit(web, db, here, &alert).await?,
        held,
        writes: here.who.may(Action::SignNotes),
        alert,
    })
}

/// Who is told next and when, as long as nobody takes it.
async fn ahead(db: &mut Db, here: &Here, alert: &Alert) -> Result<(Vec<String>, Vec<Timestamp>), Error> {
    let (mut next, mut later) = (Vec::new(), Vec::new());
    let Some((care, _)) = store::care::find(db, here.id).await? else { return Ok((next, later)) };
    let (mut when, mut told) = (alert.next_at, alert.told);
    while let (Some(at), Some(to)) = (when, care.next_address(told)) {
        next.push(to.to_string());
        later.push(at);
        when = Some(care.due(&here.profile.zone, alert.tier, at));
        told += 1;
    }
    Ok((next, later))
}

async fn visit(web: &Web, db: &mut Db, here: &Here, alert: &Alert) -> Result<Option<Visit>, Error> {
    let Some(id) = alert.visit else { return Ok(None) };
    let Some(visit) = store::visit::find(db, here.id, id).await? else { return Ok(None) };
    let starts = visit.starts_at.to_zoned(here.now.time_zone().clone());
    let technique = web.catalogue.technique(&visit.treatment.technique).map(|one| one.label.clone());
    let with = match visit.therapist {
        Some(id) => store::account::find(db, here.id, id).await?.map(|one| format!("With {}", one.name)),
        None => None,
    };
    let when = say::capital(&say::moment(&starts, &here.now));
    Ok(Some(Visit { id, facts: std::iter::once(when).chain(with).chain(technique).collect() }))
}

/// What was answered, newest words first; an older answer is told where it differs.
async fn answers(
    web: &Web,
    db: &mut Db,
    here: &Here,
    alert: &Alert,
) -> Result<Vec<(&'static str, Vec<String>)>, Error> {
    let words = Words::for_locale(None, "en");
    let signs = alert.about.raised.iter().map(|one| sign_text(&web.catalogue, &one.sign, words)).collect::<Vec<_>>();
    let mut told = vec![("Warning signs", if signs.is_empty() { vec!["None ticked".to_owned()] } else { signs })];
    if let Some(word) = &alert.about.read {
        told.push(("Read this", vec![format!("“{word}” stands in the client’s own words.")]));
    }
    if !alert.about.told.is_empty() {
        told.push(("Told", vec![alert.about.told.clone()]));
    }
    let Some(visit) = alert.visit else { return Ok(told) };
    let before = store::case::find(db, here.id, visit).await?.and_then(|filed| filed.case.intake.pain_now);
    let kept = store::check_in::of_visit(db, here.id, visit).await?;
    let Some(kept) = kept.into_iter().find(|one| Some(one.id) == alert.check_in) else { return Ok(told) };
    let all = |of: fn(&Submission) -> Option<String>| -> Vec<String> {
        let mut said: Vec<String> = kept.record.submissions.iter().rev().filter_map(of).collect();
        said.dedup();
        said
    };
    let mut pain = all(|one| one.answers.pain.map(|pain| format!("{} of 10", pain.score())));
    if let (Some(first), Some(before)) = (pain.first_mut(), before) {
        first.push_str(&format!(", {} before the visit", before.score()));
    }
    told.push(("Pain now", pain));
    told.push(("Compared", all(|one| one.answers.compared.map(|one| compared(one).to_owned()))));
    told.push((
        "Pressure",
        all(|one| one.answers.too_strong.map(|yes| if yes { "Too much".into() } else { "Fine".into() })),
    ));
    told.push(("Feels urgent", all(|one| one.answers.urgency.map(|one| urgency(one).to_owned()))));
    let own = |one: &Submission| (!one.answers.words.is_empty()).then(|| format!("“{}”", one.answers.words));
    told.push(("Own words", all(own)));
    told.retain(|(_, said)| !said.is_empty());
    Ok(told)
}
