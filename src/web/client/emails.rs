//! The message log of a client: what went where, when, and what the server said. No letter's text:
//! reception reads this, and the text is linked for those who may see it.

use jiff::Zoned;

use crate::clinic::ids::{EmailId, VisitId};
use crate::clinic::outbox::State;
use crate::clinic::protocol::Step;
use crate::mail::frozen::Frozen;
use crate::store::email::Email;
use crate::store::{self, Db};
use crate::web::badge::Badge;
use crate::web::error::Error;
use crate::web::visit::plan::name;
use crate::web::{Here, say};

/// So many frozen copies are opened for their subjects; older emails are told by their step.
const MOST_OPENED: usize = 60;

/// One email without its text.
#[derive(Clone, Debug)]
pub struct Message {
    /// Which one.
    pub id: EmailId,
    /// Of which visit.
    pub visit: VisitId,
    /// Which step.
    pub step: Step,
    /// "Day 1".
    pub name: &'static str,
    /// To which address.
    pub to: String,
    /// Its subject once it was written; until then nothing.
    pub subject: Option<String>,
    /// When it left, or is due.
    pub at: Zoned,
    /// Where it is in its life.
    pub state: Badge,
    /// Whether the server took it; its words are then for the log alone.
    pub sent: bool,
    /// The server's words, or why it is where it is; may be empty.
    pub note: String,
}

/// All emails of a client as messages, the latest first.
pub(super) async fn messages(db: &mut Db, here: &Here, emails: &[Email]) -> Result<Vec<Message>, Error> {
    let mut messages = Vec::with_capacity(emails.len());
    for (number, email) in emails.iter().enumerate() {
        let written = email.sending_at.is_some() && number < MOST_OPENED;
        let frozen = if written { store::outbox::content(db, here.id, email.id).await? } else { None };
        let subject = frozen.and_then(|bytes| Frozen::from_bytes(&bytes)).map(|frozen| frozen.made_of.subject);
        let at = email.sent_at.or(email.sending_at).unwrap_or(email.due_at);
        messages.push(Message {
            id: email.id,
            visit: email.visit,
            step: email.step,
            name: name(email.step),
            to: email.recipient.to_string(),
            subject,
            at: at.to_zoned(here.now.time_zone().clone()),
            state: Badge::of_state(Some(email.state)),
            sent: email.state == State::Sent,
            note: note(email),
        });
    }
    messages.sort_by_key(|message| std::cmp::Reverse(message.at.timestamp()));
    Ok(messages)
}

fn note(email: &Email) -> String {
    let words = match email.state {
        State::Sent => email.reply.as_ref(),
        _ => email.reason.as_ref().or(email.reply.as_ref()),
    };
    words.map(|words| say::capital(words)).unwrap_or_default()
}

impl Message {
    /// When it left or is due, in words.
    #[must_use]
    pub fn when(&self) -> String {
        format!("{} {}", self.at.strftime("%-d %b %Y"), say::clock(&self.at))
    }
}
