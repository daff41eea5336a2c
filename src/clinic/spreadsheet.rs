//! Cells that leave the house in a file that a spreadsheet opens.

use std::borrow::Cow;

/// A cell that no spreadsheet takes for a formula: one that begins like one gets an apostrophe, which
/// spreadsheets read as "this is text" (OWASP, CSV injection).
#[must_use]
pub fn neutral(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// What a cell means that came out of [`neutral`], or was written by somebody else.
#[must_use]
pub fn meant(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if matches!(neutral(rest), Cow::Owned(_)) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_text() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(neutral(cell), format!("'{cell}"));
            assert_eq!(meant(&neutral(cell)), cell);
        }
        for cell in ["", "1+1", "a=b", "Ada Brandt", "client.corrected:email", "'t Hooft", "'"] {
            assert_eq!((neutral(cell).as_ref(), meant(cell)), (cell, cell));
        }
    }
}
