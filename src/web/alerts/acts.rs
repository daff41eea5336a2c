//! What is done about an alert: take it, hand it on, note a call, write something down, close it with
//! an outcome. Each names the version it was decided on, so that of two people the second is told.

use std::borrow::Cow;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::Whose;
use super::load::shown;
use super::view::tries;
use crate::clinic::account::Action;
use crate::clinic::alert::{Alert, Mail, Outcome};
use crate::clinic::fields;
use crate::clinic::ids::{AccountId, AlertId, VisitId};
use crate::clinic::note::{Note, Section, Signature};
use crate::store::alert::{Event, What};
use crate::store::note::Save;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::{Fields, Form};
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::{Here, Web, see_other};

/// So many characters somebody can write down.
const MOST: usize = 1000;

/// An alert about to be changed.
struct Open {
    here: Here,
    alert: Alert,
    now: Timestamp,
}

async fn open(web: &Web, db: &mut Db, who: &Who, id: &str, fields: &Fields) -> Result<Open, Error> {
    let here = web.here(db, who).await?;
    let id: AlertId = id.parse().map_err(|_| Error::NotFound)?;
    let alert = store::alert::find(db, here.id, id).await?.ok_or(Error::NotFound)?;
    if fields.text("version") != alert.version.to_string() {
        return Err(overtaken());
    }
    let now = here.now.timestamp();
    Ok(Open { here, alert, now })
}

fn overtaken() -> Error {
    Error::Refused(
        "Somebody else was at this alert since you opened it. Go back, look at it again, then decide.".into(),
    )
}

impl Open {
    /// Keeps the change, what happened, and the audit row.
    async fn keep(&self, db: &mut Db, events: &[(What, String)]) -> Result<(), Error> {
        if !store::alert::save(db, self.here.id, &self.alert).await? {
            return Err(overtaken());
        }
        let who = &self.here.who;
        for (what, words) in events {
            let event = Event { at: self.now, what: *what, by: Some(who.account), words: words.clone() };
            store::alert::add(db, self.here.id, self.alert.id, &event).await?;
            let action = format!("alert.{}", what.id());
            store::audit::record(db, &who.did(self.now, &action, "alert", self.alert.id)).await?;
        }
        Ok(())
    }

    fn back(&self) -> Response {
        see_other(&format!("/alerts/{}", self.alert.id))
    }
}

/// What is written down about an act, or the sentence why not.
type Decided = Result<Vec<(What, String)>, Cow<'static, str>>;

/// One act: the alert is loaded, `decide` changes it or says why not, and what it did is kept and written down.
async fn act(
    web: &Web,
    who: &Who,
    (id, fields): (&str, &Fields),
    decide: impl AsyncFnOnce(&mut Db, &mut Open) -> Result<Decided, Error>,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let mut open = open(web, &mut db, who, id, fields).await?;
    match decide(&mut db, &mut open).await? {
        Ok(events) => {
            open.keep(&mut db, &events).await?;
            db.commit().await?;
            Ok(open.back())
        }
        Err(sentence) => no(web, &mut db, open, &sentence, fields.text("words")).await,
    }
}

/// `POST /alerts/{id}/owner`: somebody takes it, or hands it on to the person named.
///
/// # Errors
/// When there is no such alert here, it is closed or was changed, or the database does not answer.
pub async fn own(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let take = async |db: &mut Db, open: &mut Open| {
        let person: AccountId = match fields.text("owner") {
            "" => who.account,
            id => id.parse().map_err(|_| Error::NotFound)?,
        };
        let account = store::account::find(db, open.here.id, person).await?.ok_or(Error::NotFound)?;
        let handed = || (What::HandedOn, account.name.to_string());
        let event = if person == who.account { (What::Taken, String::new()) } else { handed() };
        Ok(open.alert.take(person, open.now).map(|()| vec![event]).map_err(Cow::from))
    };
    act(&web, &who, (&id, &fields), take).await
}

/// `POST /alerts/{id}/calls`: somebody called; with or without an answer. Whoever calls has taken it.
///
/// # Errors
/// As [`own`].
pub async fn call(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let call = async |_: &mut Db, open: &mut Open| {
        let what = match fields.text("reached") {
            "yes" => What::Spoke,
            "no" => What::NoAnswer,
            _ => return Err(Error::BadAddress),
        };
        let owner = open.alert.owner.unwrap_or(who.account);
        Ok(open.alert.take(owner, open.now).map(|()| vec![(what, String::new())]).map_err(Cow::from))
    };
    act(&web, &who, (&id, &fields), call).await
}

/// `POST /alerts/{id}/notes`: somebody writes something down, into the note of the visit too when asked.
///
/// # Errors
/// As [`own`].
pub async fn note(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let write = async |db: &mut Db, open: &mut Open| {
        let text = match fields::block(fields.text("words"), "The text", MOST).map(str::trim) {
            Ok("") => return Ok(Err("Write down what is to be kept.".into())),
            Ok(text) => text.replace("\r\n", "\n"),
            Err(sentence) => return Ok(Err(sentence.into())),
        };
        if let (Some(visit), true) = (open.alert.visit, fields.has("into_note") && who.may(Action::SignNotes))
            && let Err(sentence) = into_note(db, open, visit, &text).await?
        {
            return Ok(Err(sentence.into()));
        }
        Ok(Ok(vec![(What::Noted, text)]))
    };
    act(&web, &who, (&id, &fields), write).await
}

/// A signed note gets an addendum, a draft a line of one's own.
async fn into_note(db: &mut Db, open: &Open, visit: VisitId, text: &str) -> Result<Result<(), &'static str>, Error> {
    let (here, who) = (&open.here, &open.here.who);
    let Some(kept) = store::note::find(db, here.id, visit).await? else {
        return Ok(Err("This visit has no note yet. Open the visit, save a note, then write it down here."));
    };
    let text = format!("After a check-in: {text}");
    let action = if kept.note.signature.is_some() {
        let signature = Signature { by: who.account, name: who.name.clone(), at: open.now };
        let Ok(addendum) = kept.note.add(signature, &text) else {
            return Ok(Err("The note does not take this text. Shorten it."));
        };
        store::note::add(db, here.id, kept.id, &addendum).await?;
        "note.added"
    } else {
        let mut note: Note = kept.note.clone();
        let own = format!("{}\n{text}", note.own_of(Section::Subjective));
        if note.write(Section::Subjective, own.trim()).is_err() {
            return Ok(Err("The note does not take this text. Shorten it."));
        }
        let save = Save { visit, over: kept.version, note: &note, by: who.account, at: open.now };
        if store::note::save(db, here.id, save).await?.is_none() {
            return Ok(Err("Somebody saved the note at the same moment. Send it again."));
        }
        "note.saved"
    };
    store::audit::record(db, &who.did(open.now, action, "note", kept.id)).await?;
    Ok(Ok(()))
}

/// `POST /alerts/{id}/outcome`: what happened, and what becomes of the held emails.
///
/// # Errors
/// As [`own`].
pub async fn close(
    State(web): State<Web>,
    who: Who,
    Path(id): Path<String>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let close = async |db: &mut Db, open: &mut Open| {
        let Some(outcome) = Outcome::of(fields.text("outcome")) else {
            return Ok(Err("Choose what happened.".into()));
        };
        let chosen = Mail::of(fields.text("mail"));
        if chosen == Some(Mail::Released) && !who.may(Action::ChangePlans) {
            let sentence =
                "Only those who treat may release held emails. Hand the alert on to one of them, or cancel the emails.";
            return Ok(Err(sentence.into()));
        }
        let events = store::alert::history(db, open.here.id, open.alert.id).await?;
        if let Err(sentence) = open.alert.close(outcome, chosen, tries(&events), (who.account, open.now)) {
            return Ok(Err(sentence.into()));
        }
        store::outbox::one_at_a_time(db, open.here.id, open.alert.client).await?;
        let mut told = vec![(What::Closed, outcome.words().to_owned())];
        told.extend(settle_mail(db, open).await?.map(|what| (what, String::new())));
        Ok(Ok(told))
    };
    act(&web, &who, (&id, &fields), close).await
}

/// The held emails of the visit's day go on, or are called off. What is held for another alert, or by
/// hand, stays.
async fn settle_mail(db: &mut Db, open: &Open) -> Result<Option<What>, Error> {
    let (clinic, Some(visit)) = (open.here.id, open.alert.visit) else { return Ok(None) };
    let what = match open.alert.mail {
        Mail::Released => What::Released,
        Mail::Cancelled => What::CalledOff,
        Mail::None | Mail::Held => return Ok(None),
    };
    let Some(filed) = store::case::find(db, clinic, visit).await? else { return Ok(None) };
    let day: Vec<VisitId> = filed.series.ids().collect();
    let others = store::alert::of_visits(db, clinic, &day).await?;
    if others.iter().any(|one| one.id != open.alert.id && one.mail == Mail::Held) {
        return Ok(None);
    }
    for visit in day {
        store::outbox::settle_held(db, clinic, visit, super::open::HELD, what == What::Released, open.now).await?;
    }
    Ok(Some(what))
}

/// The page again, with a sentence why not and what was typed.
async fn no(web: &Web, db: &mut Db, open: Open, sentence: &str, typed: &str) -> Result<Response, Error> {
    // What was tried is not kept: the alert is read anew.
    let alert = store::alert::find(db, open.here.id, open.alert.id).await?;
    let (page_of, _) = shown(web, db, &open.here, alert, Whose::All).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&page_of.refusing(sentence, typed))).into_response())
}
