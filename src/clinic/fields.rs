//! What is wrong with a form, field by field, and what a field may hold at all.

use super::person::is_unprintable;

/// What is wrong with a form: a sentence for each field, in the order of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(String, String)>);

impl FieldErrors {
    /// Nothing is wrong so far.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Notes what is wrong with a field.
    pub fn add(&mut self, field: impl Into<String>, sentence: impl Into<String>) {
        self.0.push((field.into(), sentence.into()));
    }

    /// The value, or nothing and a note.
    pub fn check<T>(&mut self, field: &str, value: Result<T, impl Into<String>>) -> Option<T> {
        value.map_err(|sentence| self.add(field, sentence)).ok()
    }

    /// Whether the form can be taken as it is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many sentences there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// The first sentence about a field.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, sentence)| sentence.as_str())
    }

    /// Field and sentence, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, sentence)| (field.as_str(), sentence.as_str()))
    }

    /// The value when nothing is wrong.
    ///
    /// # Errors
    /// Itself, when something is.
    pub fn done<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

/// One line of text, trimmed.
///
/// # Errors
/// A sentence, when it holds control characters or marks that turn text around, or is longer than
/// `most` characters.
pub fn line<'a>(text: &'a str, label: &str, most: usize) -> Result<&'a str, String> {
    let text = text.trim();
    if text.chars().any(is_unprintable) {
        return Err(format!("{label} holds a line break or a character that cannot be shown. Type it again."));
    }
    short_enough(text, label, most)
}

/// Text of several lines, trimmed at the end.
///
/// # Errors
/// As [`line()`]; line breaks and tabs are fine.
pub fn block<'a>(text: &'a str, label: &str, most: usize) -> Result<&'a str, String> {
    let text = text.trim_end();
    if text.chars().any(|c| is_unprintable(c) && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(format!("{label} holds a character that cannot be shown. Type it again."));
    }
    short_enough(text, label, most)
}

fn short_enough<'a>(text: &'a str, label: &str, most: usize) -> Result<&'a str, String> {
    let length = text.chars().count();
    if length > most {
        return Err(format!("{label} is {length} characters long. Use at most {most}."));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_holds_nothing_that_cannot_be_shown() {
        assert_eq!(line("  Zoë O’Neil ", "Name", 20), Ok("Zoë O’Neil"));
        for bad in ["a\nb", "a\0b", "a\u{202e}b", "a\tb", "a\u{2028}b"] {
            assert!(line(bad, "Name", 20).is_err(), "{bad:?}");
        }
        let long = line("äöüß", "First name", 3).expect_err("too long");
        assert_eq!(long, "First name is 4 characters long. Use at most 3.");
    }

    #[test]
    fn a_block_keeps_its_lines() {
        assert_eq!(block("one\r\n\ttwo\n\n", "Note", 20), Ok("one\r\n\ttwo"));
        assert!(block("a\0", "Note", 20).is_err() && block("a\u{202e}b", "Note", 20).is_err());
    }

    #[test]
    fn sentences_stand_in_the_order_of_the_form() {
        let mut errors = FieldErrors::new();
        let first: Option<u8> = errors.check("age", "x".parse::<u8>().map_err(|_| "That is no number."));
        errors.add("name", "A name is missing.");
        assert_eq!(first, None);
        assert_eq!(errors.of("age"), Some("That is no number."));
        assert_eq!(errors.iter().map(|(field, _)| field).collect::<Vec<_>>(), ["age", "name"]);
        assert_eq!(errors.clone().done(Some(1)), Err(errors));
        assert_eq!(FieldErrors::new().done(Some(1)), Ok(1));
    }
}
