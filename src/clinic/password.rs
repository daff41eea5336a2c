//! What a password must be. Length is what protects; beyond that only what is guessed first is
//! refused: no rule about digits and signs, which NIST SP 800-63B advises against.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Fewest characters.
pub const FEWEST: usize = 12;

/// Most characters. All of them count; nothing is cut off.
pub const MOST: usize = 128;

/// A common word with less than this around it is still guessed early: `dragon123456`.
const PADDING: usize = 8;

/// A password that is nothing but this few characters over and over.
const SHORT_UNIT: usize = 4;

static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("../../config/passwords/common.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// Whether a password may be used. `own` are words anyone would try here: the clinic's name, the
/// person's name and address.
///
/// # Errors
/// A sentence that says what to change.
pub fn check(password: &str, own: &[&str]) -> Result<(), String> {
    let length = password.chars().count();
    if length < FEWEST {
        return Err(format!("Use at least {FEWEST} characters. Three or four words in a row are easy to keep."));
    }
    if length > MOST {
        return Err(format!("Use at most {MOST} characters; these are {length}."));
    }
    if password.chars().any(char::is_control) {
        return Err("The password holds a character that cannot be typed. Type it again.".into());
    }
    let lower = password.to_lowercase();
    if is_repetition(&lower) || is_run(&lower) || is_common(&lower) {
        return Err(
            "This is one of the passwords that are tried first. Use a few words that do not belong together.".into()
        );
    }
    if is_own(&lower, own) {
        return Err("This is mostly the name of the clinic, the program or yourself. Use other words.".into());
    }
    Ok(())
}

fn is_common(lower: &str) -> bool {
    if COMMON.contains(lower) {
        return true;
    }
    let core = lower.trim_matches(|c: char| !c.is_alphabetic());
    let around = lower.chars().count() - core.chars().count();
    !core.is_empty() && around <= PADDING && COMMON.contains(core)
}

fn is_repetition(lower: &str) -> bool {
    let chars: Vec<char> = lower.chars().collect();
    (1..=SHORT_UNIT).any(|unit| chars.iter().zip(chars.iter().skip(unit)).all(|(a, b)| a == b))
}

/// "abcdefghijkl", "987654321098".
fn is_run(lower: &str) -> bool {
    let steps: Vec<i64> = lower
        .chars()
        .zip(lower.chars().skip(1))
        .map(|(a, b)| match (a.to_digit(10), b.to_digit(10)) {
            // After nine comes nought.
            (Some(a), Some(b)) => (i64::from(b) - i64::from(a) + 15) % 10 - 5,
            _ => i64::from(u32::from(b)) - i64::from(u32::from(a)),
        })
        .collect();
    [1, -1].into_iter().any(|step| steps.iter().all(|found| *found == step))
}

/// Whether hardly more than names anyone here knows is left when signs and digits are gone.
fn is_own(lower: &str, own: &[&str]) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
    let mut rest = letters(lower);
    let before = rest.chars().count();
    let mut words: Vec<String> = own.iter().chain(&["aftercare"]).map(|word| letters(&word.to_lowercase())).collect();
    words.extend(own.iter().flat_map(|name| name.to_lowercase().split_whitespace().map(letters).collect::<Vec<_>>()));
    words.retain(|word| word.chars().count() >= 3);
    // The longest first, so that a name goes before its parts.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in &words {
        rest = rest.replace(word.as_str(), "");
    }
    let left = rest.chars().count();
    left < before && left < 4
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: [&str; 3] = ["Harbour Street Clinic", "Rosa Marín", "rosa"];

    #[test]
    fn a_few_words_that_do_not_belong_together_are_fine() {
        for good in ["lantern soup gravel", "  spaces count too  ", "Ünïcödé wörd päir", "harbour lantern gravel soup"]
        {
            assert_eq!(check(good, &OWN), Ok(()), "{good}");
        }
        assert_eq!(check(&"ab cd ef gh ij kl mn".chars().cycle().take(MOST).collect::<String>(), &OWN), Ok(()));
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for bad in [
            "short one",
            "eleven char",
            "password1234",
            "Password12345!",
            "qwerty123456",
            "1qaz2wsx3edc",
            "dragon123456",
            "111111111111",
            "abcabcabcabcabc",
            "12341234123412",
            "123456789012",
            "098765432109",
            "abcdefghijkl",
            "nul\0nul\0nul\0nul",
            "line\nline two x",
        ] {
            assert!(check(bad, &OWN).is_err(), "{bad:?}");
        }
        assert!(check(&"a1b2c3 ".repeat(19), &OWN).is_err(), "133 characters");
    }

    #[test]
    fn names_anyone_here_knows_are_refused() {
        for bad in [
            "harbourstreetclinic",
            "HarbourStreet2026",
            "aftercare-2026!",
            "Rosa Marin 1988".replace('i', "í").as_str(),
            "AftercareAftercare",
        ] {
            assert!(check(bad, &OWN).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_list_of_common_ones_is_there() {
        assert!(
            COMMON.len() > 3000 && COMMON.contains("123qweasdzxc") && !COMMON.iter().any(|word| word.starts_with('#'))
        );
    }
}
