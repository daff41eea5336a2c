//! Merge fields: `{{ first_name }}` and its like. A letter is data, so nothing else that a
//! template language knows is allowed in it.

use super::Field;

/// A stretch of a letter's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Plain text.
    Text(&'a str),
    /// A field to be filled.
    Field(Field),
}

/// What is wrong with the merge fields of a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// No field has this name.
    #[error("there is no field \"{name}\"; did you mean \"{suggestion}\"?")]
    Unknown {
        /// What was written.
        name: String,
        /// The nearest field.
        suggestion: &'static str,
    },
    /// The braces never close.
    #[error("the field that starts with \"{start}\" is not closed; write it as {{{{ first_name }}}}")]
    Unclosed {
        /// The first characters after the braces.
        start: String,
    },
    /// Template code.
    #[error("\"{code}\" is template code; a letter holds text and fields only, conditions are block settings")]
    Code {
        /// What was found.
        code: &'static str,
    },
}

/// Splits a text at its merge fields.
///
/// # Errors
/// The first field that is unknown or unclosed, or template code.
pub fn pieces(text: &str) -> Result<Vec<Piece<'_>>, MergeError> {
    for code in ["{%", "{#", "%}", "#}"] {
        if text.contains(code) {
            return Err(MergeError::Code { code });
        }
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, behind)) = after.split_once("}}") else {
            return Err(MergeError::Unclosed { start: after.chars().take(20).collect() });
        };
        if inside.contains("{{") || inside.contains('\n') {
            return Err(MergeError::Unclosed { start: inside.chars().take(20).collect() });
        }
        let name = inside.trim();
        let field =
            Field::of(name).ok_or_else(|| MergeError::Unknown { name: name.into(), suggestion: nearest(name).id() })?;
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        found.push(Piece::Field(field));
        rest = behind;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    Ok(found)
}

/// The field whose name takes the fewest edits to reach.
fn nearest(name: &str) -> Field {
    Field::ALL.into_iter().min_by_key(|field| edits(name, field.id())).unwrap_or(Field::FirstName)
}

/// Levenshtein's distance.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().take(60).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replace = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_text_come_in_order() {
        assert_eq!(
            pieces("Hello {{ first_name }}, this is {{clinic_name}}."),
            Ok(vec![
                Piece::Text("Hello "),
                Piece::Field(Field::FirstName),
                Piece::Text(", this is "),
                Piece::Field(Field::ClinicName),
                Piece::Text("."),
            ])
        );
        assert_eq!(pieces(""), Ok(vec![]));
        for field in Field::ALL {
            assert_eq!(pieces(&format!("{{{{ {} }}}}", field.id())), Ok(vec![Piece::Field(field)]));
        }
    }

    #[test]
    fn an_unknown_field_is_named_with_the_nearest_one() {
        let wrong = pieces("Dear {{ firstname }}").expect_err("no such field");
        assert_eq!(wrong.to_string(), "there is no field \"firstname\"; did you mean \"first_name\"?");
        let wrong = pieces("{{ clinic_phon }}").expect_err("no such field");
        assert!(wrong.to_string().contains("clinic_phone"), "{wrong}");
        assert!(pieces("{{ first_name | upper }}").is_err());
        assert!(pieces("{{ }}").is_err());
    }

    #[test]
    fn an_unclosed_field_is_named() {
        for text in ["Hello {{ first_name", "Hello {{ first_name }, {{ clinic_name }}", "{{ first\n_name }}"] {
            assert!(matches!(pieces(text), Err(MergeError::Unclosed { .. })), "{text}");
        }
        let wrong = pieces("Hello {{ first_name").expect_err("unclosed");
        assert!(wrong.to_string().contains("first_name"), "{wrong}");
    }

    #[test]
    fn template_code_is_refused() {
        for text in ["{% if x %}", "{# note #}", "{%- for x in y %}", "a %} b"] {
            assert!(matches!(pieces(text), Err(MergeError::Code { .. })), "{text}");
        }
    }
}
