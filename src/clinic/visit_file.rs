//! The visit file: what `aftercare tailor` and `aftercare plan` read. Reading it checks every
//! field, and a refusal names the field, the value and what would be right.

mod check;
mod document;
mod shape;
#[cfg(test)]
mod tests;

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
        Self { field: field.into(), problem: shortened(problem.into()) }
    }
}

/// A value of any length leaves room for what would be right.
fn shortened(problem: String) -> String {
    const WHOLE: usize = 700;
    let letters: Vec<char> = problem.chars().collect();
    if letters.len() <= WHOLE {
        return problem;
    }
    let (start, end) = (&letters[..100], &letters[letters.len() - 400..]);
    start.iter().chain(&[' ', '…', ' ']).chain(end).collect()
}

/// Reads the text of a visit file.
///
/// # Errors
/// The first field that is unknown, missing or impossible.
pub fn read(catalogue: &Catalogue, text: &str) -> Result<Case, Refusal> {
    let document = document::read(text)?;
    let file: shape::VisitFile = serde_path_to_error::deserialize(&document).map_err(|error| {
        let place = field(&error.path().to_string());
        in_plain_words(place, &error.into_inner().to_string())
    })?;
    check::case(catalogue, file)
}

/// The path of a field; empty for the document as a whole.
fn field(path: &str) -> String {
    if path == "." || path == "?" { String::new() } else { path.to_owned() }
}

/// What the reader of types says, for people who do not know its types.
fn in_plain_words(field: String, problem: &str) -> Refusal {
    if let Some(key) = problem.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let dot = if field.is_empty() { "" } else { "." };
        return Refusal::new(format!("{field}{dot}{key}"), "is missing; this key cannot be left out");
    }
    let mismatch = ["invalid type: ", "invalid value: "].iter().find_map(|start| problem.strip_prefix(start));
    let Some((found, wanted)) = mismatch.and_then(|problem| problem.rsplit_once(", expected ")) else {
        return Refusal::new(field, problem);
    };
    let found = match found {
        "map" => "an object",
        "sequence" => "a list",
        found => found,
    };
    let wanted = match wanted {
        "i64" => "a whole number",
        "a sequence" => "a list, like [ … ]",
        "a string" | "string or map" | "variant identifier" | "map with a single key" | "unit" => "text in quotes",
        wanted => wanted,
    };
    Refusal::new(field, format!("{found} does not fit here; give {wanted}"))
}
