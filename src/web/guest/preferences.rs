//! `/p/{token}`: what a client is sent, and what they can do about it: stop and resume, change the language, read
//! letters again, ask for their data. About one client alone, whoever else shares the address.

pub mod acts;
pub mod address;
pub mod one_click;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;

use self::address::AddressCard;
use super::letters::{self, Line};
use super::{Guest, Opened, Visitor, broken, letter_words, open};
use crate::clinic::choice::Topic;
use crate::clinic::intake::Consent;
use crate::clinic::intake::form::InLanguage;
use crate::clinic::link::{Door, Purpose};
use crate::clinic::outbox::State as MailState;
use crate::clinic::wish::Wish;
use crate::clinic::wording::{Words, filled};
use crate::store::choice::Stopped;
use crate::store::email::Email;
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::error::Error;
use crate::web::headers::page;

/// What a page tells about what was just done: `?said=`.
#[derive(Debug)]
pub struct Told {
    /// The sentence.
    text: String,
    /// What the button takes back, if there is one: where it is sent and the topic.
    undo: Option<(String, &'static str)>,
}

/// One topic on the page.
#[derive(Debug)]
pub struct TopicRow {
    id: &'static str,
    name: String,
    what: String,
    state: String,
    on: bool,
    /// The short word on the button, and the whole for who hears it alone.
    button: String,
    whole: String,
    /// Where the form is sent.
    action: String,
    /// What is agreed to with the button: its mark, the words, and the locale of these.
    agree: Option<(String, String, &'static str)>,
}

/// `GET /p/{token}`.
#[derive(Debug, Template)]
#[template(path = "guest/preferences.html")]
pub struct PreferencesPage {
    guest: Guest,
    about: String,
    on_paper: bool,
    told: Option<Told>,
    topics: Vec<TopicRow>,
    /// Each language with its own name, and whether it is theirs.
    languages: Vec<(&'static str, &'static str, bool)>,
    language_action: String,
    address: AddressCard,
    address_action: String,
    undo_action: String,
    letters: Vec<Line>,
    wish_action: String,
    /// The id of a wish, the button, and when it was asked for.
    wishes: Vec<(&'static str, String, Option<String>)>,
}

/// The page of a link that stops one kind of email.
#[derive(Debug, Template)]
#[template(path = "guest/stop.html")]
pub struct StopPage {
    guest: Guest,
    topic: &'static str,
    title: String,
    text: String,
    button: String,
    action: String,
    stopped: bool,
    told: Option<Told>,
}

/// `GET /p/{token}`: looking changes nothing, since mail programs look.
pub async fn show(State(web): State<Web>, visitor: Visitor, Path(token): Path<String>) -> Response {
    let opened = match open(&web, &visitor, &token, Door::Preferences).await {
        Ok(opened) => opened,
        Err(page) => return page,
    };
    let drawn = async {
        let mut db = web.store.read().await?;
        match opened.link.purpose {
            Purpose::Stop(stream) => match Topic::of_stream(stream) {
                Some(topic) => stop_page(&web, &mut db, &opened, topic).await,
                None => Ok(super::act::not_here(&opened)),
            },
            Purpose::Confirm => address::confirm_page(&mut db, &opened).await,
            _ => preferences(&web, &mut db, &opened, None).await,
        }
    };
    drawn.await.unwrap_or_else(|_: Error| broken(&web, &visitor))
}

async fn stop_page(web: &Web, db: &mut Db, opened: &Opened, topic: Topic) -> Result<Response, Error> {
    let words = &opened.guest.words.preferences;
    let stopped = store::choice::stopped(db, opened.link.clinic, opened.link.client).await?;
    let emails = store::email::of_client(db, opened.link.clinic, opened.link.client).await?;
    let told = told(web, opened, &stopped, &emails).filter(|told| told.undo.is_none());
    let stopped = stopped.iter().any(|one| one.topic == topic);
    let (stop, _) = words.topics.acts(topic);
    let (title, text) = words.stop_page.of(topic);
    Ok(page(&StopPage {
        guest: opened.guest.clone(),
        topic: topic.id(),
        title: if stopped { words.topics.of(topic).0 } else { title }.to_owned(),
        text: if stopped { words.said.stopped(topic) } else { text }.to_owned(),
        button: if stopped { &words.said.undo } else { stop }.to_owned(),
        action: opened.path(if stopped { "/resume" } else { "/stop" }),
        stopped,
        told,
    }))
}

async fn preferences(
    web: &Web,
    db: &mut Db,
    opened: &Opened,
    wrong: Option<(String, String)>,
) -> Result<Response, Error> {
    let words = opened.guest.words;
    let (clinic, client) = (opened.link.clinic, opened.link.client);
    let stopped = store::choice::stopped(db, clinic, client).await?;
    let consents = store::consent::of_client(db, clinic, client).await?;
    let emails = store::email::of_client(db, clinic, client).await?;
    let wishes = store::wish::of_client(db, clinic, client).await?;
    let topic = |topic: Topic| topic_row(web, opened, topic, &stopped, consents.contains(&topic.consent()));
    Ok(page(&PreferencesPage {
        about: filled(&words.preferences.about, &[("name", opened.client.client.first_name.as_str())]),
        on_paper: opened.client.client.on_paper,
        told: told(web, opened, &stopped, &emails),
        topics: Topic::ALL.into_iter().map(topic).collect(),
        languages: languages(web, opened),
        language_action: opened.path("/language"),
        address: AddressCard { wrong, ..address::card(web, db, opened).await? },
        address_action: opened.path("/address"),
        undo_action: opened.path("/address/undo"),
        letters: letters::lines(web, db, opened, &emails).await?,
        wish_action: opened.path("/wish"),
        wishes: Wish::ASKED.into_iter().filter_map(|wish| wish_row(web, opened, wish, &wishes)).collect(),
        guest: opened.guest.clone(),
    }))
}

fn topic_row(web: &Web, opened: &Opened, topic: Topic, stopped: &[Stopped], agreed: bool) -> TopicRow {
    let words = &opened.guest.words.preferences.topics;
    let since = stopped.iter().find(|one| one.topic == topic).map(|one| one.since);
    let (name, what) = words.of(topic);
    let (stop, resume) = words.acts(topic);
    let on = agreed && since.is_none();
    let state = match since {
        Some(since) => filled(&words.stopped, &[("day", &day(web, opened, since))]),
        None if agreed => words.on.clone(),
        None => words.not_agreed.clone(),
    };
    TopicRow {
        id: topic.id(),
        name: name.to_owned(),
        what: what.to_owned(),
        state,
        on,
        button: if on {
            &words.stop
        } else if agreed {
            &words.resume
        } else {
            &words.agree
        }
        .clone(),
        whole: if on { stop } else { resume }.to_owned(),
        action: opened.path(if on { "/stop" } else { "/resume" }),
        agree: if agreed { None } else { wording(web, opened, topic.consent()).map(agreed_to) },
    }
}

/// The words of a consent in use now, in the page's language.
fn wording<'a>(web: &'a Web, opened: &Opened, purpose: Consent) -> Option<InLanguage<'a>> {
    web.form.wording(purpose).map(|wording| wording.in_language(opened.guest.lang()))
}

/// What a form carries back, so that nobody says yes to words they were not shown.
fn mark(shown: InLanguage<'_>) -> String {
    format!("{}-{}", shown.version, shown.lang)
}

fn agreed_to(shown: InLanguage<'_>) -> (String, String, &'static str) {
    (mark(shown), shown.words.to_owned(), shown.lang)
}

fn wish_row(
    web: &Web,
    opened: &Opened,
    wish: Wish,
    open: &[(Wish, Timestamp)],
) -> Option<(&'static str, String, Option<String>)> {
    let (button, asked) = opened.guest.words.preferences.yours.of(wish)?;
    let since = open.iter().find(|(one, _)| *one == wish).map(|(_, at)| *at);
    let asked = since.map(|at| filled(asked, &[("day", &day(web, opened, at))]));
    Some((wish.id(), button.to_owned(), asked))
}

/// The languages that letters and pages both have; theirs is the one they get now.
fn languages(web: &Web, opened: &Opened) -> Vec<(&'static str, &'static str, bool)> {
    let letters = web.letters.languages();
    let theirs = Words::for_locale(opened.client.client.locale.as_deref(), &opened.clinic.locale).lang;
    let both = Words::all().filter(|words| letters.contains(&words.lang));
    both.map(|words| (words.lang, words.common.language.as_str(), words.lang == theirs)).collect()
}

/// A day as the page's language says it.
fn day(web: &Web, opened: &Opened, at: Timestamp) -> String {
    let words = letter_words(web, opened.guest.words);
    words.map(|words| words.day_and_time(at, &opened.clinic).0).unwrap_or_default()
}

/// What was just done, as far as it is so: an address that somebody made up says nothing that is not.
fn told(web: &Web, opened: &Opened, stopped: &[Stopped], emails: &[Email]) -> Option<Told> {
    let said = &opened.guest.words.preferences.said;
    let plain = |text: &str| Some(Told { text: text.to_owned(), undo: None });
    let (what, which) = opened.visitor.said.as_deref()?.split_once('-')?;
    let is_stopped = |topic: Topic| stopped.iter().any(|one| one.topic == topic);
    match (what, Topic::of(which)) {
        ("stopped", Some(topic)) if is_stopped(topic) => {
            Some(Told { text: said.stopped(topic).to_owned(), undo: Some((opened.path("/resume"), topic.id())) })
        }
        ("resumed", Some(topic)) if !is_stopped(topic) => plain(&resumed(web, opened, topic, emails)),
        ("saved", None) if which == "language" => plain(&said.language),
        ("address", None) => match which {
            "asked" => plain(&said.address_asked),
            "same" => plain(&said.address_same),
            "undone" => plain(&said.address_undone),
            _ => None,
        },
        ("wish", None) => match Wish::of(which)? {
            Wish::Data => plain(&said.wish_data),
            Wish::Erasure => plain(&said.wish_erasure),
            Wish::Paper | Wish::Words => None,
        },
        _ => None,
    }
}

/// What comes next of a topic that is sent again.
fn resumed(web: &Web, opened: &Opened, topic: Topic, emails: &[Email]) -> String {
    let said = &opened.guest.words.preferences.said;
    let waits = |email: &&Email| Some(email.stream) == topic.stream() && email.state == MailState::Scheduled;
    let next = emails.iter().filter(waits).map(|email| email.due_at).min();
    match (topic, next.zip(letter_words(web, opened.guest.words))) {
        (_, Some((at, words))) => {
            let (day, time) = words.day_and_time(at, &opened.clinic);
            filled(&said.resumed_next, &[("day", &day), ("time", &time)])
        }
        (Topic::Aftercare, None) => said.resumed_later.clone(),
        (Topic::CheckIns, None) => said.resumed_check_ins.clone(),
        (Topic::Preparation, None) => said.resumed_preparation.clone(),
    }
}
