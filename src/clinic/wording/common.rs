//! The frame of pages for clients, and the pages for links that do not work.

use serde::Deserialize;

/// What stands around every page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// Whether a native speaker must look before first use.
    #[serde(default)]
    pub needs_review: bool,
    /// How the language calls itself.
    pub language: String,
    /// The link past the top, for keyboards.
    pub skip: String,
    /// The button that calls the clinic: `{phone}`.
    pub call: String,
    /// The button that calls for help: `{number}`.
    pub call_emergency: String,
    /// What to do in an emergency: `{number}`.
    pub emergency: String,
    /// That answers are not watched.
    pub not_watched: String,
    /// How to ask a clinic with a phone: `{phone}`.
    pub questions_by_phone: String,
    /// How to ask one without.
    pub questions_by_reply: String,
    /// That there is nothing more to do.
    pub done: String,
    /// The link to the page before.
    pub back: String,
    /// Above a form with something wrong.
    pub try_again: String,
    /// A link after its time.
    pub ended: Notice,
    /// A link that was taken back, or whose client is gone.
    pub revoked: Notice,
    /// A link that never was.
    pub unknown: Notice,
    /// Too many of those.
    pub too_many: Notice,
    /// The world is broken.
    pub broken: Notice,
    /// A form from another site.
    pub foreign: Notice,
    /// A form that asks for what this page does not do.
    pub no_ask: Notice,
}

/// A page of one heading and one paragraph.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The heading.
    pub title: String,
    /// The paragraph.
    pub text: String,
}
