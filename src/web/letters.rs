//! The words of an email for a page: as it would leave now, or as it left.

use std::sync::Arc;

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::{Addr, Address, Message, MessageParser};
use url::Url;

use super::Web;
use super::headers::letter;
use crate::clinic::case::Case;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::look::LogoName;
use crate::clinic::plan::line::PersonalLine;
use crate::clinic::plan::{Content, LetterId};
use crate::clinic::protocol::Step;
use crate::mail::frozen::Frozen;
use crate::mail::letter::{CompiledLetters, Edition, Filling, Links};
use crate::store::{self, Db};

/// One email in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Its subject.
    pub subject: String,
    /// To whom: the name, or else the address; only of one that left.
    pub to: String,
    /// Its headers: name and value, decoded.
    pub headers: Vec<(String, String)>,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// What it offers, withholds and warns of; only of one that left, as it was then.
    pub content: Option<Content>,
    /// The therapist's own line; only of one that left.
    pub line: Option<PersonalLine>,
}

/// Takes in what clinics have published since we last looked; before anything is shown or planned by it.
///
/// # Errors
/// When the database refuses or a row cannot be read.
pub(crate) async fn learn(db: &mut Db, letters: &CompiledLetters) -> store::Result<()> {
    for (clinic, count, published) in store::letter::news(db, |clinic| letters.known(clinic)).await? {
        let said = published.into_iter().map(|one| ((one.locale, one.letter, one.version), one.says));
        letters.learn(clinic, count, said);
    }
    Ok(())
}

/// The HTML of an email for the frame it is shown in. Its logo travels inside the message; in the frame, which may
/// fetch nothing, it stands inside the page.
pub(crate) async fn framed(web: &Web, html: String) -> Response {
    let shown = match LogoName::named_in(&html) {
        Some(name) => match picture(web, &name).await {
            Ok(Some(png)) => html.replace(&name.source(), &format!("data:image/png;base64,{}", STANDARD.encode(png))),
            // The words say all that matters; the picture's own words stand in its place.
            _ => html,
        },
        None => html,
    };
    letter(shown.into_bytes())
}

/// An email by day or by night, whatever the one who looks at it has set.
pub(crate) fn at_hour(html: &str, night: bool) -> String {
    let (media, scheme) = if night { ("all", "dark") } else { ("not all", "light") };
    html.replace("@media (prefers-color-scheme: dark)", &format!("@media {media}"))
        .replace("content=\"light dark\"", &format!("content=\"{scheme}\""))
}

async fn picture(web: &Web, name: &LogoName) -> store::Result<Option<Vec<u8>>> {
    store::look::png(&mut web.store.read().await?, name).await
}

/// Writes and opens letters.
#[derive(Clone)]
pub struct Letters {
    compiled: Arc<CompiledLetters>,
    catalogue: Arc<Catalogue>,
    base_url: Option<Url>,
}

impl Letters {
    /// With these letters and this catalogue.
    #[must_use]
    pub const fn new(compiled: Arc<CompiledLetters>, catalogue: Arc<Catalogue>) -> Self {
        Self { compiled, catalogue, base_url: None }
    }

    /// As they are where the clinic's pages can be reached from outside: with links instead of telephone numbers.
    #[must_use]
    pub fn reached_at(self, base_url: Option<Url>) -> Self {
        Self { base_url, ..self }
    }

    /// The same by another catalogue.
    #[must_use]
    pub fn by(self, catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, ..self }
    }

    /// The letters themselves.
    #[must_use]
    pub fn compiled(&self) -> &CompiledLetters {
        &self.compiled
    }

    /// The email as it would leave now; nothing when it cannot be written.
    #[must_use]
    pub fn preview(
        &self,
        case: &Case,
        letter: (LetterId, Edition<'_>),
        step: Step,
        content: &Content,
    ) -> Option<Written> {
        self.preview_with(case, letter, step, content, None)
    }

    /// The email as it would leave now, with the therapist's own line.
    #[must_use]
    pub fn preview_with(
        &self,
        case: &Case,
        (letter, edition): (LetterId, Edition<'_>),
        step: Step,
        content: &Content,
        line: Option<&PersonalLine>,
    ) -> Option<Written> {
        let mut case = case.clone();
        if step == Step::Prepare {
            case.visit.next_visit_at = Some(case.visit.starts_at);
        }
        let links = self.links();
        let filling = Filling {
            case: &case,
            catalogue: &self.catalogue,
            letter,
            edition,
            step,
            content,
            links: &links,
            personal_line: line.map(|line| (line.text.as_str(), line.who.as_str())),
        };
        let rendered = self.compiled.render(&filling).ok()?;
        Some(Written {
            subject: rendered.subject,
            to: String::new(),
            headers: Vec::new(),
            text: rendered.text,
            html: rendered.html,
            content: None,
            line: None,
        })
    }

    /// The blocks of a letter as they stand on paper: HTML that the letters' own templates escaped.
    #[must_use]
    pub fn sheet(&self, case: &Case, letter: (LetterId, Edition<'_>), content: &Content) -> Option<String> {
        let links = Links::placeholders(None, None);
        let (catalogue, step) = (&self.catalogue, Step::SameDay);
        let (letter, edition) = letter;
        let filling = Filling { case, catalogue, letter, edition, step, content, links: &links, personal_line: None };
        self.compiled.sheet(&filling).ok()
    }

    /// The locale whose letters this client gets.
    #[must_use]
    pub fn locale_for(&self, case: &Case) -> &str {
        self.compiled.locale_for(case.client.locale.as_deref(), &case.clinic.locale)
    }

    /// The links of an email, as far as a preview has any.
    #[must_use]
    pub fn links(&self) -> Links {
        Links { check_in: None, ..Links::placeholders(self.base_url.clone(), None) }
    }

    /// The languages there are letters in.
    #[must_use]
    pub fn languages(&self) -> Vec<&str> {
        self.compiled.letters().languages().map(|(locale, _)| locale).collect()
    }

    /// A frozen copy, opened; nothing when it cannot be read.
    #[must_use]
    pub fn opened(frozen: &[u8]) -> Option<Written> {
        let frozen = Frozen::from_bytes(frozen)?;
        let message = MessageParser::default().parse(&frozen.bytes)?;
        let headers =
            message.headers_raw().map(|(name, raw)| (name.to_owned(), decoded(&message, name, raw))).collect();
        let to = message.to().and_then(Address::first);
        let to = to.and_then(|to| to.name().or(to.address())).unwrap_or_default().to_owned();
        Some(Written {
            subject: message.subject()?.to_owned(),
            to,
            headers,
            text: message.body_text(0)?.into_owned(),
            html: message.body_html(0)?.into_owned(),
            content: Some(frozen.made_of.content),
            line: frozen.made_of.line,
        })
    }
}

/// A header as people read it: names and subjects without their encoding.
fn decoded(message: &Message<'_>, name: &str, raw: &str) -> String {
    let people = |all: Option<&Address<'_>>| {
        let one = |one: &Addr<'_>| match (one.name(), one.address()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (name, address) => name.or(address).unwrap_or_default().to_owned(),
        };
        all.map(|all| all.iter().map(one).collect::<Vec<_>>().join(", "))
    };
    let known = match name.to_ascii_lowercase().as_str() {
        "subject" => message.subject().map(str::to_owned),
        "to" => people(message.to()),
        "from" => people(message.from()),
        "reply-to" => people(message.reply_to()),
        _ => None,
    };
    known.unwrap_or_else(|| raw.split_whitespace().collect::<Vec<_>>().join(" "))
}
