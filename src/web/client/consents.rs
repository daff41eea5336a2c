//! What a client agreed to, recorded or taken back by staff, as on a telephone call. What a withdrawal
//! calls off is told before it happens, and called off in the same transaction.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::{Timestamp, Zoned};
use serde::Deserialize;

use super::edit::find;
use super::full_name;
use crate::clinic::choice::Topic;
use crate::clinic::ids::ClientId;
use crate::clinic::intake::Consent;
use crate::clinic::intake::form::InLanguage;
use crate::clinic::outbox::State as MailState;
use crate::clinic::protocol::Stream;
use crate::clinic::wish::Wish;
use crate::clinic::wording::Words;
use crate::store::client::Registered;
use crate::store::consent::Change;
use crate::store::email::Email;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::replan::Cause;
use crate::web::shell::{Room, Shell};
use crate::web::{Here, Web, say, see_other};

/// One purpose on the page of a client.
#[derive(Clone, Debug)]
pub struct ConsentRow {
    /// The purpose's id, for the address.
    pub id: &'static str,
    /// The purpose in words.
    pub word: &'static str,
    /// Whether it is given now.
    pub given: bool,
    /// "Since 5 Jan 2026, wording 2"; "Withdrawn …"; "Never asked".
    pub since: String,
}

/// Each purpose with where it stands, from the history, oldest first.
#[must_use]
pub fn rows(history: &[Change], now: &Zoned) -> Vec<ConsentRow> {
    let row = |purpose: Consent| {
        let last = history.iter().rev().find(|change| change.purpose == purpose);
        let since = last.map_or_else(
            || "Nothing recorded yet".into(),
            |change| {
                let day = say::birthday(change.at.to_zoned(now.time_zone().clone()).date());
                let word = if change.given { "Since" } else { "Withdrawn" };
                format!("{word} {day}, wording {}{}", change.wording_version, in_language(change.lang))
            },
        );
        ConsentRow { id: purpose.id(), word: word(purpose), given: last.is_some_and(|change| change.given), since }
    };
    Consent::ALL.into_iter().map(row).collect()
}

/// Beside the version of the words: the language they were read in, where it is not this page's own.
#[must_use]
pub fn in_language(lang: &str) -> String {
    let name = Words::of(lang).filter(|words| words.lang != "en").map(|words| words.common.language.as_str());
    name.map(|name| format!(", {name}")).unwrap_or_default()
}

/// The purpose in words.
#[must_use]
pub const fn word(purpose: Consent) -> &'static str {
    match purpose {
        Consent::Treatment => "Treatment",
        Consent::HealthData => "Keeping health answers",
        Consent::AftercareEmail => "Aftercare emails",
        Consent::CheckInEmail => "Check-in emails",
        Consent::Marketing => "Offers",
    }
}

/// What follows when it is given or taken back, where no email is called off.
const fn means(purpose: Consent, gives: bool) -> &'static str {
    match (purpose, gives) {
        (Consent::AftercareEmail, true) => {
            "From the next visit on, aftercare and preparation go out by email. Emails that were called off stay so."
        }
        (Consent::AftercareEmail, false) => {
            "No aftercare or preparation goes out by email any more. Hand over the printed sheet after each visit instead."
        }
        (Consent::CheckInEmail, true) => "Emails that have not left yet ask how it went, with a button.",
        (Consent::CheckInEmail, false) => "Aftercare emails still go out, without the button that asks how it went.",
        (Consent::Treatment, true) => "The visit can go ahead.",
        (Consent::Treatment, false) => "Talk to the client before the next visit. Nothing is called off by itself.",
        (Consent::HealthData, true) => "Answers are kept and used to tailor the visit.",
        (Consent::HealthData, false) => {
            "Answers given so far stay until your admin erases them. Nothing is called off by itself."
        }
        (Consent::Marketing, true) => "The clinic may send offers. They are never mixed with aftercare.",
        (Consent::Marketing, false) => "The clinic sends no more offers. Aftercare is not touched.",
    }
}

/// The streams that nothing of may leave any more without this consent.
const fn covers(purpose: Consent) -> &'static [Stream] {
    match purpose {
        Consent::AftercareEmail => &[Stream::Aftercare, Stream::Preparation],
        _ => &[],
    }
}

/// `GET /clients/{id}/consents/{purpose}`: what will happen, before it does.
#[derive(Debug, Template)]
#[template(path = "client/consent.html")]
pub struct ConsentPage {
    shell: Shell,
    id: ClientId,
    name: String,
    first_name: String,
    purpose: &'static str,
    word: String,
    /// Whether the button records it, or takes it back.
    gives: bool,
    /// What the client stopped and wants again.
    again: Option<Topic>,
    wording: u32,
    /// What is read to the client, word for word, in their language.
    words: String,
    lang: &'static str,
    means: &'static str,
    /// The emails that are called off: "Day 1, tomorrow 16:00".
    called_off: Vec<String>,
}

/// `?again=aftercare`: the client stopped it, and wants it again.
#[derive(Debug, Deserialize)]
pub struct Asked {
    again: Option<String>,
}

/// `GET /clients/{id}/consents/{purpose}`.
///
/// # Errors
/// When there is no such client or purpose here, or the database does not answer.
pub async fn show(
    State(web): State<Web>,
    who: Who,
    Path((id, purpose)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let client = find(&mut db, &here, &id).await?;
    let purpose = of(&purpose)?;
    let history = store::consent::history(&mut db, here.id, client.id).await?;
    let shown = wording(&web, purpose, lang(&here, &client))?;
    let again = stopped(&mut db, &here, client.id, (purpose, asked.again.as_deref().unwrap_or_default())).await?;
    let gives = again.is_some() || !is_given(&history, purpose);
    let called_off = if gives { Vec::new() } else { called_off(&mut db, &here, client.id, purpose).await? };
    drop(db);
    web.saw(&who, "client", client.id).await?;
    let page_of = ConsentPage {
        shell: here.shell(Room::Clients),
        id: client.id,
        name: full_name(&client),
        first_name: client.client.first_name.to_string(),
        purpose: purpose.id(),
        word: say::small(word(purpose)),
        gives,
        again,
        wording: shown.version,
        words: shown.words.to_owned(),
        lang: shown.lang,
        means: again.map_or_else(|| means(purpose, gives), comes_back),
        called_off,
    };
    Ok(page(&page_of))
}

/// `POST /clients/{id}/consents/{purpose}`: recorded or taken back.
///
/// # Errors
/// When there is no such client or purpose here, somebody changed it meanwhile, or the database does
/// not answer.
pub async fn save(
    State(web): State<Web>,
    who: Who,
    Path((id, purpose)): Path<(String, String)>,
    Form(fields): Form,
) -> Result<Response, Error> {
    let mut db = web.store.write().await?;
    let here = web.here(&mut db, &who).await?;
    let client = find(&mut db, &here, &id).await?;
    let purpose = of(&purpose)?;
    let given = match fields.text("given") {
        "yes" => true,
        "no" => false,
        _ => return Err(Error::BadAddress),
    };
    let history = store::consent::history(&mut db, here.id, client.id).await?;
    let again = stopped(&mut db, &here, client.id, (purpose, fields.text("again"))).await?.filter(|_| given);
    // A form sent twice, or one that somebody else was faster with, changes nothing more.
    if is_given(&history, purpose) != given || again.is_some() {
        let at = here.now.timestamp();
        let shown = wording(&web, purpose, lang(&here, &client))?;
        // Of a withdrawal the words are those that were agreed to.
        let agreed = history.iter().rev().find(|change| change.purpose == purpose && !given);
        let (wording_version, lang) =
            agreed.map_or((shown.version, shown.lang), |change| (change.wording_version, change.lang));
        if given {
            store::consent::keep_words(&mut db, here.id, purpose, shown).await?;
        }
        let change = Change { purpose, given, at, wording_version, lang };
        store::consent::set(&mut db, here.id, client.id, change).await?;
        if !given {
            let why = "the client withdrew consent";
            store::outbox::cancel_waiting(&mut db, here.id, client.id, covers(purpose), why, at).await?;
        }
        let deed = format!("consent.{}:{}", if given { "given" } else { "withdrawn" }, purpose.id());
        store::audit::record(&mut db, &who.did(at, &deed, "client", client.id)).await?;
        if let Some(topic) = again {
            has_again(&mut db, &who, client.id, topic, at).await?;
        }
        web.replan(&mut db, here.id, client.id, Cause::Answers).await?;
        db.commit().await?;
    }
    Ok(see_other(&format!("/clients/{}#consents", client.id)))
}

/// The topic of this id, if it belongs to the purpose and the client stopped it.
async fn stopped(
    db: &mut Db,
    here: &Here,
    client: ClientId,
    (purpose, topic): (Consent, &str),
) -> Result<Option<Topic>, Error> {
    let Some(topic) = Topic::of(topic).filter(|topic| topic.consent() == purpose) else { return Ok(None) };
    let stopped = store::choice::stopped(db, here.id, client).await?;
    Ok(stopped.iter().any(|one| one.topic == topic).then_some(topic))
}

/// The client said yes anew, so what they stopped goes out again.
async fn has_again(db: &mut Db, who: &Who, client: ClientId, topic: Topic, at: Timestamp) -> Result<(), Error> {
    store::choice::set(db, who.clinic, client, topic, false, at).await?;
    if topic == Topic::Aftercare {
        store::wish::take_back(db, who.clinic, client, Wish::Paper, at).await?;
    }
    let deed = format!("choice.resumed:{}", topic.id());
    Ok(store::audit::record(db, &who.did(at, &deed, "client", client)).await?)
}

/// What follows when a topic that was stopped comes back.
const fn comes_back(topic: Topic) -> &'static str {
    match topic {
        Topic::Aftercare => "The client stopped the aftercare emails. With this yes they go out again.",
        Topic::CheckIns => "The client stopped the questions how it went. With this yes emails ask again.",
        Topic::Preparation => "The client stopped the emails before a visit. With this yes they go out again.",
    }
}

fn of(purpose: &str) -> Result<Consent, Error> {
    Consent::ALL.into_iter().find(|one| one.id() == purpose).ok_or(Error::NotFound)
}

fn is_given(history: &[Change], purpose: Consent) -> bool {
    history.iter().rev().find(|change| change.purpose == purpose).is_some_and(|change| change.given)
}

/// The words in use now, in this language.
fn wording<'a>(web: &'a Web, purpose: Consent, lang: &str) -> Result<InLanguage<'a>, Error> {
    Ok(web.form.wording(purpose).ok_or(Error::Broken)?.in_language(lang))
}

/// The language the client reads.
fn lang(here: &Here, client: &Registered) -> &'static str {
    Words::for_locale(client.client.locale.as_deref(), &here.profile.locale).lang
}

/// The waiting emails that a withdrawal calls off.
async fn called_off(db: &mut Db, here: &Here, client: ClientId, purpose: Consent) -> Result<Vec<String>, Error> {
    let waits = |email: &&Email| {
        let states = [MailState::Scheduled, MailState::Claimed, MailState::Held, MailState::Uncertain];
        covers(purpose).contains(&email.stream) && states.contains(&email.state)
    };
    let emails = store::email::of_client(db, here.id, client).await?;
    let words = emails.iter().rev().filter(waits).map(|email| {
        let due = email.due_at.to_zoned(here.now.time_zone().clone());
        format!("{}, {}", email.step.name(), say::moment(&due, &here.now))
    });
    Ok(words.collect())
}
