//! The visit file: what `aftercare tailor` and `aftercare plan` read. Reading it checks every
//! field, and a refusal names the field, the value and what would be right.

mod check;
mod shape;

use std::fmt;

use super::case::Case;
use super::catalogue::Catalogue;

/// Why a visit file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The path of the field, such as `intake.pain_now`; empty for the file as a whole.
    pub field: String,
    /// The value and what would be right.
    pub problem: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() { f.write_str(&self.problem) } else { write!(f, "{}: {}", self.field, self.problem) }
    }
}

impl Refusal {
    fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// Reads the text of a visit file.
///
/// # Errors
/// The first field that is unknown, missing or impossible.
pub fn read(catalogue: &Catalogue, text: &str) -> Result<Case, Refusal> {
    let mut json = serde_json::Deserializer::from_str(text);
    let file: shape::VisitFile = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." || path == "?" { String::new() } else { path };
        Refusal::new(field, error.into_inner().to_string())
    })?;
    json.end().map_err(|error| Refusal::new("", format!("there is text after the end of the document ({error})")))?;
    check::case(catalogue, file)
}
