//! What the pages ask of the mail room: the words of a letter. The web room knows no mail, so the
//! wiring hands these in.

use crate::clinic::case::Case;
use crate::clinic::plan::{Content, LetterId};
use crate::clinic::protocol::Step;

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
}

/// Writes and opens letters.
pub trait Letters: Send + Sync {
    /// The email as it would leave now; nothing when it cannot be written.
    fn preview(&self, case: &Case, letter: LetterId, step: Step, content: &Content) -> Option<Written>;

    /// A frozen copy, opened; nothing when it cannot be read.
    fn opened(&self, frozen: &[u8]) -> Option<Written>;
}
