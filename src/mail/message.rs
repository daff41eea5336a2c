//! From a rendered letter to the bytes on the wire. The same input gives the same bytes, so that a
//! retry is the same message to every relay on the way.

mod quoted;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use lettre::Address;
use lettre::message::header::{
    ContentDisposition, ContentId, ContentTransferEncoding, ContentType, Date, From, HeaderName, HeaderValue,
    MIME_VERSION_1_0, MessageId, ReplyTo, Subject, To,
};
use lettre::message::{Body, Mailbox, Mailboxes, MultiPart, MultiPartKind, SinglePart};
use sha2::{Digest, Sha256};

use super::letter::Stop;
use crate::clinic::ids::EmailId;
use crate::clinic::look::LogoName;
use crate::clinic::person::{EmailAddress, is_unprintable};

/// The longest display name, in characters. Longer ones are cut: a header line has at most 998 octets.
const LONGEST_NAME: usize = 120;
/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 200;
/// The longest link in a header, in octets.
const LONGEST_LINK: usize = 900;

/// What a message says and to whom.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// The clinic's name, as the sender's name.
    pub from_name: &'a str,
    /// The address all mail of the clinic comes from.
    pub from: &'a EmailAddress,
    /// The client's name.
    pub to_name: &'a str,
    /// The client's address.
    pub to: &'a EmailAddress,
    /// Where people read answers, when that is not [`from`](Self::from).
    pub reply_to: Option<&'a EmailAddress>,
    /// The subject.
    pub subject: &'a str,
    /// When it was first sent; a retry keeps it.
    pub date: Timestamp,
    /// As [`message_id`] makes it.
    pub message_id: &'a str,
    /// How programs can stop these emails. `None` for mail that a person asked for by themselves.
    pub stop: Option<&'a Stop>,
    /// The text part.
    pub text: &'a str,
    /// The HTML part.
    pub html: &'a str,
    /// The picture that the HTML asks for, if it does.
    pub logo: Option<Inline<'a>>,
}

/// A picture that travels inside the message: nothing is fetched when it is read.
#[derive(Clone, Copy, Debug)]
pub struct Inline<'a> {
    /// Its name.
    pub name: &'a LogoName,
    /// The PNG.
    pub png: &'a [u8],
}

/// A message that cannot be made. Never holds an address or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// An address that a header cannot carry.
    #[error("the {0} address cannot stand in a mail header")]
    Address(&'static str),
    /// A link that a header cannot carry.
    #[error("the link to stop these emails cannot stand in a mail header; look at web.base_url")]
    Link,
    /// A date that mail cannot say.
    #[error("the date lies before 1970 or after 9999")]
    Date,
    /// A kind of picture that mail does not know.
    #[error("the logo cannot stand in a message")]
    Picture,
    /// No Message-ID of ours.
    #[error("the Message-ID is not of the form <id@domain>")]
    MessageId,
}

/// The Message-ID of an email: its row and our domain, and nothing about anybody.
#[must_use]
pub fn message_id(email: &EmailId, domain: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let domain: String = domain.to_lowercase().chars().filter(fits).take(253).collect();
    let domain = if domain.is_empty() { "localhost" } else { &domain };
    format!("<{email}@{domain}>")
}

/// The bytes of a message: ASCII, CR LF, both parts quoted-printable, text first.
///
/// # Errors
/// When an address, link, date or Message-ID cannot stand in a header.
pub fn bytes(parts: &Parts<'_>) -> Result<Vec<u8>, MessageError> {
    let mailbox = |name: &str, address: &EmailAddress, whose| {
        let address: Address = address.as_str().parse().map_err(|_| MessageError::Address(whose))?;
        let name = clean(name, LONGEST_NAME);
        Ok(Mailbox::new((!name.is_empty()).then_some(name), address))
    };
    let mut builder = MultiPart::builder()
        .header(From::from(Mailboxes::new().with(mailbox(parts.from_name, parts.from, "sender's")?)))
        .header(To::from(Mailboxes::new().with(mailbox(parts.to_name, parts.to, "client's")?)))
        .header(Subject::from(clean(parts.subject, LONGEST_SUBJECT)))
        .header(date(parts.date)?)
        .header(MessageId::from(checked_id(parts.message_id)?));
    if let Some(address) = parts.reply_to {
        builder = builder.header(ReplyTo::from(Mailboxes::new().with(mailbox("", address, "reply")?)));
    }
    let message = builder
        .header(MIME_VERSION_1_0)
        .kind(MultiPartKind::Alternative)
        .boundary(boundary(parts.message_id))
        .singlepart(part(ContentType::TEXT_PLAIN, parts.text));
    let html = part(ContentType::TEXT_HTML, parts.html);
    let mut message = match &parts.logo {
        None => message.singlepart(html),
        Some(logo) => message.multipart(
            MultiPart::related()
                .boundary(boundary(&format!("{}/related", parts.message_id)))
                .singlepart(html)
                .singlepart(picture(logo)?),
        ),
    };
    let headers = message.headers_mut();
    headers.insert_raw(plain("Auto-Submitted", "auto-generated".into()));
    headers.insert_raw(plain("X-Auto-Response-Suppress", "OOF, AutoReply".into()));
    match parts.stop {
        Some(Stop::Link(url)) => {
            headers.insert_raw(plain("List-Unsubscribe", angled(url)?));
            // RFC 8058 asks for https; without it a provider would not call, or call in the clear.
            if url.starts_with("https://") {
                headers.insert_raw(plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
            }
        }
        Some(Stop::Mail(mailto)) => headers.insert_raw(plain("List-Unsubscribe", angled(mailto)?)),
        Some(Stop::InPerson) | None => {}
    }
    Ok(message.formatted())
}

/// One part, whatever it holds, in lines that every server takes.
fn part(kind: ContentType, body: &str) -> SinglePart {
    let encoding = ContentTransferEncoding::QuotedPrintable;
    let body = Body::dangerous_pre_encoded(quoted::encode(body), encoding);
    SinglePart::builder().header(kind).header(encoding).body(body)
}

/// The picture beside the HTML, named as the HTML asks for it.
fn picture(logo: &Inline<'_>) -> Result<SinglePart, MessageError> {
    let encoding = ContentTransferEncoding::Base64;
    Ok(SinglePart::builder()
        .header(ContentType::parse("image/png").map_err(|_| MessageError::Picture)?)
        .header(ContentId::from(format!("<{}>", logo.name.content_id())))
        .header(ContentDisposition::inline_with_name("logo.png"))
        .header(encoding)
        .body(Body::dangerous_pre_encoded(picture_lines(logo.png), encoding)))
}

/// A picture as it stands in a message: base64 in lines of 76.
#[must_use]
pub fn picture_lines(png: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(png).into_bytes();
    text.chunks(76).collect::<Vec<_>>().join(&b"\r\n"[..])
}

/// A header of plain ASCII without line breaks.
fn plain(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

/// A link as list headers want it.
fn angled(link: &str) -> Result<String, MessageError> {
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',');
    if link.is_empty() || link.len() > LONGEST_LINK || !link.chars().all(fits) {
        return Err(MessageError::Link);
    }
    Ok(format!("<{link}>"))
}

/// The date, if mail can say it.
fn date(at: Timestamp) -> Result<Date, MessageError> {
    if at < Timestamp::UNIX_EPOCH || at.as_second() >= 253_402_300_800 {
        return Err(MessageError::Date);
    }
    Ok(Date::from(std::time::SystemTime::from(at)))
}

/// A Message-ID that ends no header.
fn checked_id(id: &str) -> Result<String, MessageError> {
    let inside = id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).ok_or(MessageError::MessageId)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if inside.len() > 320 || inside.matches('@').count() != 1 || !inside.chars().all(fits) {
        return Err(MessageError::MessageId);
    }
    Ok(id.to_owned())
}

/// The line between the parts: the same for the same message. `=_` never occurs in quoted-printable.
fn boundary(message_id: &str) -> String {
    let digest = Sha256::digest(message_id.as_bytes());
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("=_{hex}")
}

/// A header's text without what would end it, hide in it, or pass for an encoded word; cut to size.
fn clean(text: &str, longest: usize) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || is_unprintable(c)).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let line = line.replace("=?", "= ?");
    match line.char_indices().nth(longest) {
        Some((end, _)) => line[..end].trim_end().to_owned(),
        None => line,
    }
}
