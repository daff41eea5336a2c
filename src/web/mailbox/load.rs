//! Loads the mailbox: what went on the wire, as the frozen copies tell it.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{Delivered, LetterView, MailPage, MailboxPage, NoticePage};
use crate::clinic::account::Action;
use crate::clinic::ids::{ClinicId, EmailId, NoticeId};
use crate::clinic::notice::page_of;
use crate::clinic::outbox::State as MailState;
use crate::store::email::Email;
use crate::store::notice::{Told, Words};
use crate::store::{self, Db};
use crate::web::badge::Badge;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::letters::{Letters, Written, framed};
use crate::web::shell::Room;
use crate::web::{Here, Web};

/// How many emails the list shows.
const MOST: u32 = 50;

/// `GET /mailbox`.
///
/// # Errors
/// When the database does not answer.
pub async fn list(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let zone = here.profile.zone.rules();
    let mut mails = Vec::new();
    for email in store::email::newest(&mut db, here.id, MOST).await? {
        let written = frozen(&mut db, &here, &email).await?.unwrap_or_default();
        let at = email.sent_at.or(email.sending_at).unwrap_or(email.due_at);
        mails.push(Delivered {
            path: format!("/mailbox/{}", email.id),
            at: at.to_zoned(zone.clone()),
            to: if written.to.is_empty() { email.recipient.to_string() } else { written.to },
            subject: if written.subject.is_empty() { email.step.name().into() } else { written.subject },
            letter: format!("{}, version {}", email.step.name(), email.letter_version),
            state: email.state,
        });
    }
    for told in store::notice::newest(&mut db, here.id, MOST).await? {
        let Some((told, words)) = store::notice::find(&mut db, here.id, told.id).await? else { continue };
        mails.push(Delivered {
            path: format!("/mailbox/notices/{}", told.id),
            at: told.sent_at.unwrap_or(told.due_at).to_zoned(zone.clone()),
            to: told.recipient,
            subject: words.subject,
            letter: told.kind.name().into(),
            state: told.state,
        });
    }
    let waiting = store::email::in_state(&mut db, here.id, MailState::Scheduled, 1).await?;
    let next = waiting.first().map(|email| email.due_at.to_zoned(zone.clone()));
    let list = MailboxPage::of(here.shell(Room::Mailbox), &mails, next.as_ref(), &here.now);
    Ok(page(&if who.may(Action::SeeHealth) { list } else { list.closed() }))
}

/// `GET /mailbox/{id}`.
///
/// # Errors
/// When there is no such email here, or the database does not answer.
pub async fn one(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let email = find(&mut db, &here, &id).await?;
    let written = frozen(&mut db, &here, &email).await?.ok_or(Error::NotFound)?;
    // As it was then: the answers may have changed since.
    let content = written.content.ok_or(Error::NotFound)?;
    drop(db);
    web.saw(&who, "email", email.id).await?;
    let frame = format!("/mailbox/{}/html", email.id);
    let view = LetterView::of(
        frame,
        written.subject,
        Some(email.state),
        written.headers,
        written.text,
        &content,
        &web.catalogue,
    );
    Ok(page(&MailPage::of(here.shell(Room::Mailbox), view)))
}

/// `GET /mailbox/{id}/html`: the letter itself, for the frame.
///
/// # Errors
/// When there is no such email here, or the database does not answer.
pub async fn html(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let email = find(&mut db, &here, &id).await?;
    let written = frozen(&mut db, &here, &email).await?.ok_or(Error::NotFound)?;
    drop(db);
    web.saw(&who, "email", email.id).await?;
    Ok(framed(&web, written.html).await)
}

/// `GET /mailbox/notices/{id}`.
///
/// # Errors
/// When there is no such notice here, or the database does not answer.
pub async fn notice(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let (told, words) = find_notice(&mut db, here.id, &id).await?;
    drop(db);
    web.saw(&who, "notice", told.id).await?;
    Ok(page(&NoticePage {
        shell: here.shell(Room::Mailbox),
        frame: format!("/mailbox/notices/{}/html", told.id),
        subject: words.subject,
        state: Badge::of_state(Some(told.state)),
        headers: [("What", told.kind.name().into()), ("To", told.recipient)],
        text: words.text,
    }))
}

/// `GET /mailbox/notices/{id}/html`: the mail itself, for the frame.
///
/// # Errors
/// When there is no such notice here, or the database does not answer.
pub async fn notice_html(State(web): State<Web>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let clinic = store::clinic::find(&mut db, who.clinic).await?.ok_or(Error::NotFound)?;
    let (told, words) = find_notice(&mut db, who.clinic, &id).await?;
    drop(db);
    web.saw(&who, "notice", told.id).await?;
    Ok(framed(&web, words.html.unwrap_or_else(|| page_of(&clinic.locale, &words.text))).await)
}

async fn find_notice(db: &mut Db, clinic: ClinicId, id: &str) -> Result<(Told, Words), Error> {
    let id: NoticeId = id.parse().map_err(|_| Error::NotFound)?;
    store::notice::find(db, clinic, id).await?.ok_or(Error::NotFound)
}

async fn find(db: &mut Db, here: &Here, id: &str) -> Result<Email, Error> {
    let id: EmailId = id.parse().map_err(|_| Error::NotFound)?;
    store::email::find(db, here.id, id).await?.ok_or(Error::NotFound)
}

async fn frozen(db: &mut Db, here: &Here, email: &Email) -> Result<Option<Written>, Error> {
    let frozen = store::outbox::content(db, here.id, email.id).await?;
    Ok(frozen.and_then(|bytes| Letters::opened(&bytes)))
}
