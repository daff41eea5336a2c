//! The words of an email for a page: as it would leave now, or as it left.

use std::sync::Arc;

use mail_parser::MessageParser;

use crate::clinic::case::Case;
use crate::clinic::catalogue::Catalogue;
use crate::clinic::plan::{Content, LetterId};
use crate::clinic::protocol::Step;
use crate::mail::frozen::Frozen;
use crate::mail::letter::{CompiledLetters, Filling, Links};

/// One email in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Its subject.
    pub subject: String,
    /// Its headers: name and value, decoded.
    pub headers: Vec<(String, String)>,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// What it offers, withholds and warns of; only of one that left, as it was then.
    pub content: Option<Content>,
}

/// Writes and opens letters.
#[derive(Clone)]
pub struct Letters {
    compiled: Arc<CompiledLetters>,
    catalogue: Arc<Catalogue>,
}

impl Letters {
    /// With these letters and this catalogue.
    #[must_use]
    pub const fn new(compiled: Arc<CompiledLetters>, catalogue: Arc<Catalogue>) -> Self {
        Self { compiled, catalogue }
    }

    /// The email as it would leave now; nothing when it cannot be written.
    #[must_use]
    pub fn preview(&self, case: &Case, letter: LetterId, step: Step, content: &Content) -> Option<Written> {
        let mut case = case.clone();
        if step == Step::Prepare {
            case.visit.next_visit_at = Some(case.visit.starts_at);
        }
        let links = Links::placeholders(None, None);
        let filling = Filling {
            case: &case,
            catalogue: &self.catalogue,
            letter,
            step,
            content,
            links: &links,
            personal_line: None,
        };
        let rendered = self.compiled.render(&filling).ok()?;
        Some(Written {
            subject: rendered.subject,
            headers: Vec::new(),
            text: rendered.text,
            html: rendered.html,
            content: None,
        })
    }

    /// A frozen copy, opened; nothing when it cannot be read.
    #[must_use]
    pub fn opened(frozen: &[u8]) -> Option<Written> {
        let frozen = Frozen::from_bytes(frozen)?;
        let message = MessageParser::default().parse(&frozen.bytes)?;
        let headers = message
            .headers_raw()
            .map(|(name, value)| (name.to_owned(), value.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect();
        Some(Written {
            subject: message.subject()?.to_owned(),
            headers,
            text: message.body_text(0)?.into_owned(),
            html: message.body_html(0)?.into_owned(),
            content: Some(frozen.made_of.content),
        })
    }
}
