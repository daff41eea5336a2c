//! Mail that came back: which email it is about, and what it says. Reads bytes, knows no database.
//!
//! Which email is told by the token in our envelope sender, `bounces+TOKEN@…`, wherever the notice
//! repeats it. The token is signed, so a notice that somebody made up is about nothing.

mod fields;

use data_encoding::BASE32_NOPAD;
use mail_parser::{Message, MessageParser, MimeHeaders as _, PartType};

use crate::clinic::bounce::{Action, Report, Status};
use crate::clinic::ids::EmailId;
use crate::clinic::person::EmailAddress;
use crate::seal::{Seal, TAG};
use fields::Fields;

/// An id and its signature in base32: 26 bytes are 42 letters.
const TOKEN: usize = (16 + TAG) * 8 / 5 + 1;

/// What the signature is for.
const PURPOSE: &str = "envelope sender";

/// The longest local part a mail server has to take (RFC 5321, 4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;

/// So much of a notice's text is looked at.
const MOST_WORDS: usize = 4000;

/// Where mail that could not be delivered comes back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPath {
    address: EmailAddress,
    signed: bool,
}

impl ReturnPath {
    /// One mailbox whose server takes `name+anything@…`, so that each email has a sender of its own.
    ///
    /// # Errors
    /// A sentence, when its name leaves no room for the token.
    pub fn signed(address: EmailAddress) -> Result<Self, String> {
        let local = address.as_str().rsplit_once('@').map_or(0, |(local, _)| local.len());
        if local + 1 + TOKEN > LONGEST_LOCAL {
            let room = LONGEST_LOCAL - TOKEN - 1;
            return Err(format!("the part before the @ is too long to carry a token; use at most {room} characters"));
        }
        Ok(Self { address, signed: true })
    }

    /// The same sender for every email: what comes back is read by people.
    #[must_use]
    pub const fn plain(address: EmailAddress) -> Self {
        Self { address, signed: false }
    }

    /// The mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> &EmailAddress {
        &self.address
    }

    /// The envelope sender of this email. Nothing of the client is in it.
    #[must_use]
    pub fn of(&self, seal: &Seal, email: EmailId) -> EmailAddress {
        let token = self.signed.then(|| token(seal, email));
        let parts = token.as_deref().zip(self.address.as_str().rsplit_once('@'));
        let tagged = parts.and_then(|(token, (local, domain))| format!("{local}+{token}@{domain}").parse().ok());
        tagged.unwrap_or_else(|| self.address.clone())
    }
}

fn token(seal: &Seal, email: EmailId) -> String {
    let id = email.as_uuid().as_bytes();
    let mut bytes = id.to_vec();
    bytes.extend_from_slice(&seal.tag(PURPOSE, id));
    // Lower case: some servers fold the case of addresses on the way.
    BASE32_NOPAD.encode(&bytes).to_lowercase()
}

fn email_of(seal: &Seal, token: &str) -> Option<EmailId> {
    let bytes = BASE32_NOPAD.decode(token.to_uppercase().as_bytes()).ok()?;
    let (id, tag) = bytes.split_first_chunk::<16>()?;
    seal.is_tag(PURPOSE, id, tag).then(|| EmailId::from_uuid(uuid::Uuid::from_bytes(*id)))
}

/// The email whose token stands in this text: the first that is ours.
#[must_use]
pub fn about(seal: &Seal, raw: &[u8]) -> Option<EmailId> {
    let is_ours = |byte: &u8| byte.is_ascii_alphabetic() || (b'2'..=b'7').contains(byte);
    memchr::memchr_iter(b'+', raw).find_map(|plus| {
        let token = raw.get(plus + 1..plus + 1 + TOKEN)?;
        if !token.iter().all(is_ours) || raw.get(plus + 1 + TOKEN) != Some(&b'@') {
            return None;
        }
        email_of(seal, std::str::from_utf8(token).ok()?)
    })
}

/// What a mail says about another one, if it is about another one: a delivery notice, a complaint,
/// or a server's letter in its own words. Answers of people and of answering machines are nothing.
#[must_use]
pub fn read(raw: &[u8]) -> Option<Report> {
    let message = MessageParser::default().parse(raw)?;
    if let Some(body) = part(&message, "message", "feedback-report") {
        let fields = Fields::groups(&body).into_iter().next()?;
        let kind = fields.get("feedback-type").unwrap_or_default();
        // "not-spam" takes one back (RFC 6430); it is no complaint.
        let complaint = !kind.eq_ignore_ascii_case("not-spam");
        return complaint.then(|| Report { complaint, words: kind.to_owned(), ..Report::default() });
    }
    if let Some(body) =
        part(&message, "message", "delivery-status").or_else(|| part(&message, "message", "global-delivery-status"))
    {
        return Some(notice(&body, &message));
    }
    let failed = message.header_raw("X-Failed-Recipients").is_some();
    if failed || is_from_a_server(&message) {
        let words = text(&message);
        return Some(Report { status: Status::in_text(&words), words, ..Report::default() });
    }
    None
}

/// RFC 3464: the first group is about the message, each of the others about one recipient. Our
/// mails have one.
fn notice(body: &[u8], message: &Message<'_>) -> Report {
    let groups = Fields::groups(body);
    let recipient = groups.iter().find(|group| group.get("action").is_some() || group.get("status").is_some());
    let field = |name: &str| recipient.and_then(|group| group.get(name)).unwrap_or_default();
    let said = field("diagnostic-code");
    Report {
        action: Action::of(field("action").trim()),
        status: Status::in_text(field("status")),
        // The code for machines is the server's own; the prose around it may be a translation.
        words: if said.is_empty() { text(message) } else { said.to_owned() },
        complaint: false,
    }
}

/// Written by a mail server: from nobody, or by the name such programs go by.
fn is_from_a_server(message: &Message<'_>) -> bool {
    let answered =
        message.header_raw("Auto-Submitted").is_some_and(|how| how.trim().eq_ignore_ascii_case("auto-replied"));
    let vacation = ["X-Autoreply", "X-Autorespond"].iter().any(|name| message.header_raw(*name).is_some());
    let from = message.from().and_then(|from| from.first()).and_then(|from| from.address()).unwrap_or_default();
    let local = from.split('@').next().unwrap_or_default().to_lowercase();
    let server = matches!(local.as_str(), "mailer-daemon" | "postmaster" | "mail-daemon" | "mailerdaemon");
    server && !vacation && !(answered && message.header_raw("X-Failed-Recipients").is_none() && !has_null_path(message))
}

fn has_null_path(message: &Message<'_>) -> bool {
    message.header_raw("Return-Path").is_some_and(|path| path.trim() == "<>")
}

/// The bytes of the first part of this type.
fn part(message: &Message<'_>, kind: &str, subkind: &str) -> Option<Vec<u8>> {
    let found = message.parts.iter().find(|part| {
        part.content_type().is_some_and(|found| {
            found.ctype().eq_ignore_ascii_case(kind)
                && found.subtype().is_some_and(|sub| sub.eq_ignore_ascii_case(subkind))
        })
    })?;
    Some(match &found.body {
        PartType::Text(text) | PartType::Html(text) => text.as_bytes().to_vec(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.to_vec(),
        PartType::Message(inner) => inner.raw_message().to_vec(),
        PartType::Multipart(_) => return None,
    })
}

/// The first text of the notice itself, never of the mail it returns.
fn text(message: &Message<'_>) -> String {
    let body = message.body_text(0).unwrap_or_default();
    // qmail and others put our mail below a line; what we wrote must not be read as their word.
    let cut =
        ["--- Below this line is a copy", "------ This is a copy of the message", "--- The header of the original"]
            .iter()
            .filter_map(|mark| body.find(mark))
            .min();
    let body = cut.map_or(body.as_ref(), |end| &body[..end]);
    body.chars().take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests;
