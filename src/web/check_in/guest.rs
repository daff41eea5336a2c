//! The client's check-in, by the link of an email: a page that asks, and the safety page that answers.
//! Looking changes nothing. Whatever breaks when the answers are sent, what to do is said from the answers
//! themselves.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::answers::{missing, read};
use super::questions::Questions;
use super::safety::{Card, Cards, Reach, hours, week};
use super::take::Ready;
use crate::clinic::brief::Sign;
use crate::clinic::care::Care;
use crate::clinic::catalogue::Tier;
use crate::clinic::checkin::{Answers, Asked, By, History, Triage, triage};
use crate::clinic::choice::Topic;
use crate::clinic::fields::FieldErrors;
use crate::clinic::intake::Consent;
use crate::clinic::letter;
use crate::clinic::link::{Door, Purpose, Why};
use crate::clinic::profile::ClinicProfile;
use crate::clinic::protocol::Step;
use crate::clinic::wording::{Words, filled};
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::{self, Fields};
use crate::web::guest::{self, Guest, Opened, Visitor, letter_words};
use crate::web::headers::page;
use crate::web::{Web, assets};

/// No check-in is longer.
const MOST_BYTES: usize = 64 * 1024;

/// `GET /c/{token}`.
#[derive(Debug, Template)]
#[template(path = "guest/check_in.html")]
struct AskPage {
    guest: Guest,
    action: String,
    ask: Questions,
    /// "How are you today?", or how the child is.
    title: String,
    /// For whoever answers for a child.
    child: Option<String>,
    again: bool,
    cards: Vec<Card>,
    week: Vec<(String, String)>,
    script: String,
}

/// The answer to a check-in.
#[derive(Debug, Template)]
#[template(path = "guest/answer.html")]
struct AnswerPage {
    guest: Guest,
    title: String,
    /// Above everything when the answers were not saved.
    not_saved: bool,
    cards: Vec<Card>,
    /// What became of the answers, a sentence each.
    lines: Vec<String>,
    /// When the clinic is open, a day each; nothing when that is not known.
    week: Vec<(String, String)>,
}

/// `GET /c/{token}`.
pub async fn show(State(web): State<Web>, visitor: Visitor, Path(token): Path<String>) -> Response {
    let opened = match guest::open(&web, &visitor, &token, Door::CheckIn).await {
        Ok(opened) => opened,
        Err(instead) => return instead,
    };
    let loaded = async {
        let mut db = web.store.read().await?;
        let ready = ready(&web, &mut db, &opened).await?;
        let care = store::care::find(&mut db, opened.link.clinic).await?.map(|(care, _)| care);
        Ok::<_, Error>((ready, care))
    };
    match loaded.await {
        Ok((Some(ready), care)) => {
            let shown = Shown { web: &web, opened: &opened, ready: &ready, care: care.as_ref() };
            if is_asked(&ready) {
                page(&shown.asked(&Answers::default(), FieldErrors::new()))
            } else {
                shown.withdrawn(&Answers::default())
            }
        }
        Ok((None, _)) => gone(&opened),
        Err(_) => guest::broken(&web, &visitor),
    }
}

/// `POST /c/{token}`. The link itself is the secret that no other site knows.
pub async fn save(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let visitor = Visitor::of(&parts);
    if !form::is_not_from_elsewhere(&parts.headers, &web) {
        return guest::foreign(&web, &visitor);
    }
    let fields = match form::read_up_to(&parts.headers, body, MOST_BYTES).await {
        Ok(fields) => fields,
        Err(error) => return error.into_response(),
    };
    let answers = read(&fields, &web.catalogue);
    match take(&web, &visitor, &token, &answers).await {
        Ok(Some(answer)) => answer,
        // The link ended, or the visit was called off, since the page was opened.
        Ok(None) => unsaved(&web, &visitor, &fields, &answers, StatusCode::GONE),
        // Logged where it happened. The client gets what to do, from what was ticked.
        Err(_) => unsaved(&web, &visitor, &fields, &answers, StatusCode::SERVICE_UNAVAILABLE),
    }
}

async fn take(web: &Web, visitor: &Visitor, token: &str, answers: &Answers) -> Result<Option<Response>, Error> {
    let mut db = web.store.write().await?;
    let opened = match guest::find(web, &mut db, visitor, token, Door::CheckIn).await? {
        Ok(opened) => opened,
        Err(dead) if dead.why == Why::Unknown => {
            drop(db);
            return Ok(Some(guest::closed(web, visitor, dead).await));
        }
        Err(_) => return Ok(None),
    };
    let Some(ready) = ready(web, &mut db, &opened).await? else { return Ok(None) };
    let care = store::care::find(&mut db, opened.link.clinic).await?.map(|(care, _)| care);
    let shown = Shown { web, opened: &opened, ready: &ready, care: care.as_ref() };
    if !is_asked(&ready) {
        return Ok(Some(shown.withdrawn(answers)));
    }
    let own = triage(&web.catalogue, answers, &ready.history);
    let errors = missing(answers, &own, &opened.guest.words.checkin);
    if !errors.is_empty() {
        let again = shown.asked(answers, errors);
        return Ok(Some((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response()));
    }
    let entry = opened.did("check_in.given", "visit", ready.visit.to_string());
    let took = web.asking().take(&mut db, &ready, answers.clone(), (By::Client, &entry)).await?;
    db.commit().await?;
    Ok(Some(shown.answered(&took.triage, answers)))
}

/// What became of the answers. Calm words only when everything was answered, in ticks alone, and is as one
/// expects.
fn told(triage: &Triage, answers: &Answers, words: &Words) -> Vec<String> {
    let say = &words.checkin;
    let mut lines = Vec::new();
    if triage.reassure {
        lines.push(say.fine_text.clone());
    }
    if triage.alert.is_some() {
        lines.push(say.clinic_told.clone());
    } else if !answers.words.is_empty() {
        lines.push(say.read_by_staff.clone());
    }
    lines.push(say.call_anyway.clone());
    lines
}

async fn ready(web: &Web, db: &mut Db, opened: &Opened) -> Result<Option<Ready>, Error> {
    let (Purpose::CheckIn(step), Some(visit)) = (opened.link.purpose, opened.link.visit) else { return Ok(None) };
    let found = store::visit::find(db, opened.link.clinic, visit).await?;
    if !found.is_some_and(|visit| visit.state.takes_place()) {
        return Ok(None);
    }
    Ok(web.asking().ready(db, opened.link.clinic, visit, step).await?)
}

/// Whether the client still wants to be asked.
fn is_asked(ready: &Ready) -> bool {
    ready.case.intake.consents_to(Consent::CheckInEmail) && ready.case.wants(Topic::CheckIns)
}

fn reach(guest: &Guest) -> Reach {
    Reach { phone: guest.phone.clone(), emergency: guest.emergency.clone() }
}

/// A check-in that can be asked, with what its pages are drawn from.
struct Shown<'a> {
    web: &'a Web,
    opened: &'a Opened,
    ready: &'a Ready,
    care: Option<&'a Care>,
}

impl Shown<'_> {
    fn asked(&self, given: &Answers, errors: FieldErrors) -> AskPage {
        let Self { web, opened, ready, .. } = self;
        let words = opened.guest.words;
        let cards = Cards { words, catalogue: &web.catalogue, reach: &reach(&opened.guest) };
        let name = opened.client.client.first_name.to_string();
        let of_child = |text: &str| filled(text, &[("name", &name)]);
        let (title, child) = if ready.case.is_minor() {
            (of_child(&words.checkin.child_title), Some(of_child(&words.checkin.child_hint)))
        } else {
            (words.checkin.title.clone(), None)
        };
        AskPage {
            action: opened.path(""),
            ask: Questions::of(&ready.asked, given, errors, words, &web.catalogue),
            title,
            child,
            again: ready.kept.is_some(),
            cards: cards.guidance(&ready.asked),
            week: self.week(),
            script: assets::address("check_in.js"),
            guest: opened.guest.clone(),
        }
    }

    /// The answer, once everything is kept.
    fn answered(&self, triage: &Triage, answers: &Answers) -> Response {
        let Self { web, opened, ready, care } = self;
        let words = opened.guest.words;
        let say = &words.checkin;
        let cards = Cards { words, catalogue: &web.catalogue, reach: &reach(&opened.guest) };
        let mut lines = Vec::new();
        if let Some(care) = care {
            lines.push(hours(care, &opened.clinic.zone, &opened.now, words, letter_words(web, words)));
        }
        let time = opened.now.strftime("%H:%M").to_string();
        lines.push(filled(&say.received, &[("time", &time)]));
        lines.extend(told(triage, answers, words));
        lines.push(say.do_not_wait.clone());
        let (title, cards) = (cards.title(triage), cards.answer(&ready.asked, triage));
        let (guest, week) = (opened.guest.clone(), self.week());
        page(&AnswerPage { guest, title, not_saved: false, cards, lines, week })
    }

    /// The client stopped the questions, so nothing is saved; what to do about each sign stays, that of a
    /// sign that was ticked first.
    fn withdrawn(&self, answers: &Answers) -> Response {
        let Self { web, opened, ready, .. } = self;
        let words = opened.guest.words;
        let triage = triage(&web.catalogue, answers, &ready.history);
        let cards = Cards { words, catalogue: &web.catalogue, reach: &reach(&opened.guest) };
        let cards = cards.answer(&ready.asked, &triage);
        let say = &words.checkin;
        let (title, lines) = (say.withdrawn_title.clone(), vec![say.withdrawn_text.clone()]);
        let (guest, week) = (opened.guest.clone(), self.week());
        page(&AnswerPage { guest, title, not_saved: false, cards, lines, week })
    }

    fn week(&self) -> Vec<(String, String)> {
        let Self { web, opened, care, .. } = self;
        let words = opened.guest.words;
        care.zip(letter_words(web, words))
            .map_or_else(Vec::new, |(care, letter)| week(care, &opened.clinic.zone, &opened.now, words, letter))
    }
}

/// The visit was called off since the email.
fn gone(opened: &Opened) -> Response {
    let say = &opened.guest.words.checkin;
    let (title, lines) = (say.gone_title.clone(), vec![say.gone_text.clone()]);
    let shown =
        AnswerPage { guest: opened.guest.clone(), title, not_saved: false, cards: Vec::new(), lines, week: Vec::new() };
    (StatusCode::GONE, page(&shown)).into_response()
}

/// The safety page when nothing could be saved or looked up. Whom to call came with the form; what is not
/// known of the client counts as the less harmless.
fn unsaved(web: &Web, visitor: &Visitor, fields: &Fields, answers: &Answers, status: StatusCode) -> Response {
    let clinic = ClinicProfile {
        name: line(fields, "clinic"),
        phone: Some(line(fields, "phone")).filter(|phone| letter::telephone_link(phone).is_some()).unwrap_or_default(),
        emergency_number: line(fields, "number"),
        ..ClinicProfile::default()
    };
    let words = Words::for_locale(Some(fields.text("lang")), "en");
    let guest = Guest::new(web, &clinic, visitor, words);
    let history = History { step: Step::DaySeven, before: None, lowest_since: None, bleeds: true };
    let triage = triage(&web.catalogue, answers, &history);
    let cards = Cards { words, catalogue: &web.catalogue, reach: &reach(&guest) };
    let title = cards.title(&triage);
    let cards = cards.answer(&everything(web), &triage);
    let lines = vec![words.checkin.do_not_wait.clone()];
    let shown = AnswerPage { guest, title, not_saved: true, cards, lines, week: Vec::new() };
    (status, page(&shown)).into_response()
}

/// Every sign of the catalogue: without the client's record nobody knows which to leave out.
fn everything(web: &Web) -> Asked {
    let all = web.catalogue.warning_signs();
    let sign = |tier: Tier, id| Sign { id, tier };
    Asked {
        signs: all
            .iter()
            .filter(|one| one.tier < Tier::Expected && !one.retired)
            .map(|one| sign(one.tier, one.id.clone()))
            .collect(),
        expected: Vec::new(),
        pressure: false,
        outcome: false,
    }
}

fn line(fields: &Fields, name: &str) -> String {
    fields.line(name, "", 120).unwrap_or_default().to_owned()
}
