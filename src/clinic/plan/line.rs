//! A line of the therapist's own in one email. It stands beside checked advice and is read as part
//! of it, so it may promise nothing that letters may not promise, and it is plain words: no link
//! that someone could have been talked into, nothing that looks like markup.

use serde::{Deserialize, Serialize};

use super::super::letter::banned_claim;
use super::super::person::is_unprintable;

/// The longest line, in characters: a few sentences, still one glance on a phone.
pub const LONGEST_LINE: usize = 400;

/// What a therapist adds to one email, and whose words they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalLine {
    /// The words.
    pub text: String,
    /// Who wrote them, as the client reads it.
    pub who: String,
}

/// Beginnings of words that are addresses: one could lead anywhere.
const ADDRESSES: [&str; 4] = ["http:", "https:", "www.", "mailto:"];

/// Endings after a dot that make a word an address people tap on.
const DOMAINS: [&str; 12] = ["com", "org", "net", "info", "io", "co", "uk", "de", "es", "eu", "fr", "us"];

/// Characters that mean something to a mark-up or a template.
const MARKUP: [char; 9] = ['<', '>', '{', '}', '[', ']', '*', '`', '_'];

/// The line as it may stand in an email; `None` when nothing is written.
///
/// # Errors
/// One sentence for the field, when it may not stand there as it is.
pub fn check(written: &str) -> Result<Option<String>, String> {
    let text = written.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.contains(['\n', '\r']) {
        return Err("Write one paragraph, without a line break.".into());
    }
    if text.chars().any(is_unprintable) {
        return Err("The line holds a character that cannot be seen. Type it again.".into());
    }
    let length = text.chars().count();
    if length > LONGEST_LINE {
        return Err(format!("The line has {length} characters. At most {LONGEST_LINE} fit."));
    }
    if let Some(claim) = banned_claim(text) {
        return Err(format!("The words “{claim}…” claim what is not known to be true. Say it without them."));
    }
    if let Some(address) = text.split_whitespace().find(|word| is_address(word)) {
        return Err(format!("“{address}” is an address. Emails to clients carry only the clinic's own links."));
    }
    if let Some(sign) = text.chars().find(|c| MARKUP.contains(c)) {
        return Err(format!("Write plain words, without “{sign}”."));
    }
    Ok(Some(text.split_whitespace().collect::<Vec<_>>().join(" ")))
}

fn is_address(word: &str) -> bool {
    let word = word.to_lowercase();
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let ends_like_one = || {
        // "example.org/x" as well as "example.org".
        let host = bare.split(['/', '?', '#', ':']).next().unwrap_or_default();
        host.rsplit_once('.').is_some_and(|(name, ending)| !name.is_empty() && DOMAINS.contains(&ending))
    };
    bare.contains('@')
        || bare.contains("://")
        || ADDRESSES.iter().any(|start| bare.starts_with(start))
        || ends_like_one()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_pass_and_nothing_means_no_line() {
        for text in
            ["Try a short walk at lunch.", "  It should ease by Friday; 10 to 15 minutes are enough (no more).  "]
        {
            assert_eq!(check(text), Ok(Some(text.trim().to_owned())));
        }
        assert_eq!(
            check("Too   many\tspaces").unwrap_err(),
            "The line holds a character that cannot be seen. Type it again."
        );
        assert_eq!(check("Too   many spaces"), Ok(Some("Too many spaces".into())));
        assert_eq!((check(""), check(" \n ")), (Ok(None), Ok(None)));
    }

    #[test]
    fn what_may_not_stand_there_is_said_in_a_sentence() {
        for (text, says) in [
            ("Walk.\nRest.", "one paragraph"),
            ("Water flushes it out", "flush"),
            ("This cures it", "cure"),
            ("See https://example.org/x", "address"),
            ("See www.example.org", "address"),
            ("see example.com.", "address"),
            ("see (example.org/a?b)", "address"),
            ("write to theo@example.org", "address"),
            ("<b>walk</b>", "plain words"),
            ("{{ first_name }}", "plain words"),
            ("[walk](here)", "plain words"),
            ("a **short** walk", "plain words"),
            ("walk\u{202e}klaw", "cannot be seen"),
            ("walk\0", "cannot be seen"),
        ] {
            let sentence = check(text).expect_err(text);
            assert!(sentence.contains(says), "{text}: {sentence}");
        }
        assert_eq!(check(&"é".repeat(LONGEST_LINE)), Ok(Some("é".repeat(LONGEST_LINE))));
        assert!(check(&"é".repeat(LONGEST_LINE + 1)).unwrap_err().contains("401"));
    }
}
