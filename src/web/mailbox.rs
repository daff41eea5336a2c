//! The built-in mailbox of the demo: every email that left, newest first, and each one whole.

pub mod load;

use askama::Template;
use jiff::Zoned;

use crate::clinic::catalogue::Catalogue;
use crate::clinic::outbox::State;
use crate::clinic::plan::Content;

use super::badge::Badge;
use super::say;
use super::shell::Shell;
use super::visit::plan::open::{Item, withheld};

/// What is known of one email in the mailbox.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// Where it is read.
    pub path: String,
    /// When it left, by the clinic's clock.
    pub at: Zoned,
    /// To whom: name and address.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Which letter: "Day 1, version 1", or what kind of service mail.
    pub letter: String,
    /// Where it is in its life.
    pub state: State,
}

/// `GET /mailbox`.
#[derive(Debug, Template)]
#[template(path = "mailbox/list.html")]
pub struct MailboxPage {
    shell: Shell,
    rows: Vec<Row>,
    /// Whether the letters can be opened by who looks.
    opens: bool,
    next: Option<String>,
}

#[derive(Debug)]
struct Row {
    path: String,
    when: String,
    to: String,
    subject: String,
    letter: String,
    state: Badge,
    new: bool,
}

impl MailboxPage {
    /// The mailbox, newest first; `next` is when the next email is due.
    #[must_use]
    pub fn of(shell: Shell, mails: &[Delivered], next: Option<&Zoned>, now: &Zoned) -> Self {
        let mut sorted: Vec<&Delivered> = mails.iter().collect();
        sorted.sort_by_key(|mail| std::cmp::Reverse(mail.at.timestamp()));
        // An hour of clinic time: with the fast clock, what came in the last moments.
        let new = |mail: &Delivered| now.timestamp().duration_since(mail.at.timestamp()).as_secs() < 3600;
        let row = |mail: &Delivered| Row {
            path: mail.path.clone(),
            when: if new(mail) {
                format!("New, {}", say::moment(&mail.at, now))
            } else {
                say::capital(&say::moment(&mail.at, now))
            },
            to: mail.to.clone(),
            subject: mail.subject.clone(),
            letter: mail.letter.clone(),
            state: Badge::of_state(Some(mail.state)),
            new: new(mail),
        };
        let rows = sorted.into_iter().map(row).collect();
        Self { shell, rows, opens: true, next: next.map(|due| say::moment(due, now)) }
    }

    /// The same list for somebody who may not read letters: no door that would stay shut.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { opens: false, ..self }
    }
}

/// One email, whole: what stands around it, its text, what it left out.
#[derive(Debug, Default)]
pub struct LetterView {
    /// Where its HTML is served, for the frame.
    pub frame: String,
    /// Its subject.
    pub subject: String,
    /// Its state.
    pub state: Option<Badge>,
    /// Headers: name and value.
    pub headers: Vec<(String, String)>,
    /// The text part.
    pub text: String,
    /// What it leaves out, with why.
    pub withheld: Vec<Item>,
}

impl LetterView {
    /// The letter from its parts.
    #[must_use]
    pub fn of(
        frame: String,
        subject: String,
        state: Option<State>,
        headers: Vec<(String, String)>,
        text: String,
        content: &Content,
        catalogue: &Catalogue,
    ) -> Self {
        Self {
            frame,
            subject,
            state: Some(Badge::of_state(state)),
            headers,
            text,
            withheld: withheld(content, catalogue),
        }
    }
}

/// `GET /mailbox/{id}`.
#[derive(Debug, Template)]
#[template(path = "mailbox/one.html")]
pub struct MailPage {
    shell: Shell,
    letter: LetterView,
}

impl MailPage {
    /// The page of one email.
    #[must_use]
    pub fn of(shell: Shell, letter: LetterView) -> Self {
        Self { shell, letter }
    }
}

/// Service mail, whole: a link, a confirmation, what staff are told.
#[derive(Debug, Template)]
#[template(path = "mailbox/notice.html")]
pub struct NoticePage {
    shell: Shell,
    /// Where it is served as a page, for the frame.
    frame: String,
    subject: String,
    state: Badge,
    /// What it is, and to whom.
    headers: [(&'static str, String); 2],
    text: String,
}
