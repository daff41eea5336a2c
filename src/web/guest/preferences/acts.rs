//! What a client changes with a button. Each act is written down as theirs, in the transaction that does it.

use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::super::act::{Answer, take};
use super::super::{Opened, Words};
use super::{mark, wording};
use crate::clinic::choice::Topic;
use crate::clinic::link::{Door, Purpose};
use crate::clinic::wish::Wish;
use crate::store::client::Registered;
use crate::store::consent::Change;
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::error::Error;
use crate::web::form::Fields;
use crate::web::replan::Cause;

/// `POST /p/{token}/stop`: no email of this topic begins after this is committed.
pub async fn stop(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Response {
    take(&web, &token, Door::Preferences, request, async |db, opened, fields| {
        let Some(topic) = topic(opened, fields) else { return Ok(Answer::NotHere) };
        stop_topic(&web, db, opened, topic).await?;
        Ok(Answer::Done(opened.said(&format!("stopped-{}", topic.id()))))
    })
    .await
}

/// `POST /p/{token}/resume`: what still fits is owed again. Without the client's consent nothing is sent, so
/// the form carries the version of the words they just said yes to.
pub async fn resume(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Response {
    take(&web, &token, Door::Preferences, request, async |db, opened, fields| {
        let Some(topic) = topic(opened, fields) else { return Ok(Answer::NotHere) };
        if !agree(&web, db, opened, topic, fields).await? {
            // The words changed since the page was opened: it shows the new ones.
            return Ok(Answer::Done(opened.path("")));
        }
        resume_topic(&web, db, opened, topic).await?;
        Ok(Answer::Done(opened.said(&format!("resumed-{}", topic.id()))))
    })
    .await
}

/// `POST /p/{token}/language`.
pub async fn language(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Response {
    take(&web, &token, Door::Preferences, request, async |db, opened, fields| {
        let known = Words::of(fields.text("locale")).filter(|words| web.letters.languages().contains(&words.lang));
        let (Some(words), Purpose::Preferences) = (known, opened.link.purpose) else { return Ok(Answer::NotHere) };
        let mut changed: Registered = opened.client.clone();
        changed.client.locale = Some(words.lang.to_owned());
        if changed != opened.client && store::client::save(db, opened.link.clinic, &changed).await? {
            let id = opened.link.client.to_string();
            store::audit::record(db, &opened.did("client.corrected:locale", "client", id)).await?;
        }
        // In the language they chose, whatever the page's address asked for before.
        Ok(Answer::Done(format!("/p/{}?said=saved-language", opened.token)))
    })
    .await
}

/// `POST /p/{token}/wish`: what a client asks of the staff.
pub async fn wish(State(web): State<Web>, Path(token): Path<String>, request: Request) -> Response {
    take(&web, &token, Door::Preferences, request, async |db, opened, fields| {
        let wish = Wish::of(fields.text("wish")).filter(|wish| Wish::ASKED.contains(wish));
        let (Some(wish), Purpose::Preferences) = (wish, opened.link.purpose) else { return Ok(Answer::NotHere) };
        let at = opened.now.timestamp();
        if store::wish::ask(db, opened.link.clinic, opened.link.client, wish, at).await? {
            let id = opened.link.client.to_string();
            store::audit::record(db, &opened.did(&format!("wish.asked:{}", wish.id()), "client", id)).await?;
        }
        Ok(Answer::Done(opened.said(&format!("wish-{}", wish.id()))))
    })
    .await
}

/// The topic of a form. A link that stops one kind of email knows that kind alone.
fn topic(opened: &Opened, fields: &Fields) -> Option<Topic> {
    let topic = Topic::of(fields.text("topic"))?;
    match opened.link.purpose {
        Purpose::Preferences => Some(topic),
        Purpose::Stop(stream) => Some(topic).filter(|topic| topic.stream() == Some(stream)),
        _ => None,
    }
}

/// Stops a topic, once. Whoever stops the emails with the warning signs gets them on paper: the staff are told.
pub(super) async fn stop_topic(web: &Web, db: &mut Db, opened: &Opened, topic: Topic) -> Result<(), Error> {
    let (clinic, client, at) = (opened.link.clinic, opened.link.client, opened.now.timestamp());
    if !store::choice::set(db, clinic, client, topic, true, at).await? {
        return Ok(());
    }
    if let Some(stream) = topic.stream() {
        store::outbox::stop_waiting(db, clinic, client, stream, at).await?;
    }
    if topic == Topic::Aftercare {
        store::wish::ask(db, clinic, client, Wish::Paper, at).await?;
    }
    let deed = format!("choice.stopped:{}", topic.id());
    store::audit::record(db, &opened.did(&deed, "client", client.to_string())).await?;
    Ok(web.replan(db, clinic, client, Cause::Answers).await?)
}

async fn resume_topic(web: &Web, db: &mut Db, opened: &Opened, topic: Topic) -> Result<(), Error> {
    let (clinic, client, at) = (opened.link.clinic, opened.link.client, opened.now.timestamp());
    if store::choice::set(db, clinic, client, topic, false, at).await? {
        if topic == Topic::Aftercare {
            store::wish::take_back(db, clinic, client, Wish::Paper, at).await?;
        }
        let deed = format!("choice.resumed:{}", topic.id());
        store::audit::record(db, &opened.did(&deed, "client", client.to_string())).await?;
    }
    Ok(web.replan(db, clinic, client, Cause::Answers).await?)
}

/// Whether the client agrees to this topic, by now at the latest: a yes on this page is kept with the words
/// that were read.
async fn agree(web: &Web, db: &mut Db, opened: &Opened, topic: Topic, fields: &Fields) -> Result<bool, Error> {
    let (clinic, client, at) = (opened.link.clinic, opened.link.client, opened.now.timestamp());
    let purpose = topic.consent();
    if store::consent::of_client(db, clinic, client).await?.contains(&purpose) {
        return Ok(true);
    }
    let Some(shown) = wording(web, opened, purpose) else { return Err(Error::Broken) };
    if fields.text("agree") != mark(shown) {
        return Ok(false);
    }
    store::consent::keep_words(db, clinic, purpose, shown).await?;
    let change = Change { purpose, given: true, at, wording_version: shown.version, lang: shown.lang };
    store::consent::set(db, clinic, client, change).await?;
    let deed = format!("consent.given:{}", purpose.id());
    store::audit::record(db, &opened.did(&deed, "client", client.to_string())).await?;
    Ok(true)
}
