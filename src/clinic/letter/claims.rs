//! Words that a letter must not say: claims that are not true, and health words where anyone who
//! glances at a phone can read them.

use std::sync::LazyLock;

use serde::Deserialize;

/// One claim: how its words begin, and what to say instead.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    begins: Vec<String>,
    instead: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    claim: Vec<Claim>,
}

/// What is claimed nowhere. What is in the program was read by the test below.
static SHIPPED: LazyLock<Claims> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../../config/claims.toml")).expect("a test reads the claims");
    Claims(file.claim)
});

/// What a clinic's letters must not claim: what ships with the program, and the clinic's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims(Vec<Claim>);

/// A claim that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed<'a> {
    /// The beginning of the words.
    pub words: &'a str,
    /// What to say instead, when that is known.
    pub instead: Option<&'a str>,
}

impl Claims {
    /// Those that ship, and these of the clinic's own.
    #[must_use]
    pub fn with(own: &[String]) -> Self {
        let own = own.iter().map(|words| words.trim().to_lowercase()).filter(|words| !words.is_empty());
        let own = own.map(|words| Claim { begins: vec![words], instead: None });
        Self(SHIPPED.0.iter().cloned().chain(own).collect())
    }

    /// Those that ship.
    pub(super) fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// The first claim in this text.
    #[must_use]
    pub fn first_in(&self, text: &str) -> Option<Claimed<'_>> {
        self.0.iter().find_map(|claim| {
            let words = first_of(claim.begins.iter().map(String::as_str), text)?;
            Some(Claimed { words, instead: claim.instead.as_deref() })
        })
    }
}

/// Beginnings of words that tell of a treatment, a body part or a complaint, in the languages we ship.
const HEALTH_WORDS: [&str; 74] = [
    "massage",
    "masaje",
    "tissue",
    "swedish",
    "trigger",
    "myofasc",
    "lymph",
    "prenatal",
    "pregnan",
    "embaraz",
    "therap",
    "terapi",
    "treatment",
    "tratamiento",
    "stretch",
    "estiramiento",
    "advice for your",
    "heat",
    "calor",
    "pain",
    "dolor",
    "sore",
    "ache",
    "aching",
    "stiff",
    "rigid",
    "numb",
    "adormec",
    "tingl",
    "hormigue",
    "injur",
    "lesi",
    "strain",
    "sprain",
    "sciatic",
    "ciátic",
    "disc",
    "hernia",
    "surgery",
    "cirug",
    "cancer",
    "cáncer",
    "diabet",
    "medic",
    "blood",
    "sangr",
    "bruis",
    "moret",
    "swell",
    "hinch",
    "emergency",
    "emergencia",
    "warning",
    "sign ",
    "signs",
    "symptom",
    "síntoma",
    "head",
    "cabeza",
    "jaw",
    "neck",
    "cuello",
    "shoulder",
    "hombro",
    "back",
    "espalda",
    "chest",
    "pecho",
    "belly",
    "hip",
    "knee",
    "rodilla",
    "muscle",
    "músculo",
];

/// The first claim in this text that is not true.
pub(in crate::clinic) fn banned_claim(text: &str) -> Option<&'static str> {
    SHIPPED.first_in(text).map(|claim| claim.words)
}

/// The first word in this text that tells of the treatment.
pub(super) fn health_word(text: &str) -> Option<&'static str> {
    first_of(HEALTH_WORDS.into_iter(), text)
}

/// The first of these that stands at the beginning of a word, whatever its case and however wide the gaps.
pub(super) fn first_of<'a>(mut list: impl Iterator<Item = &'a str>, text: &str) -> Option<&'a str> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    list.find(|wanted| {
        text.match_indices(wanted).any(|(at, _)| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_found_at_the_beginning_of_words() {
        for text in
            ["Water flushes it out", "free of TOXINS", "a detox day", "It breaks down knots.", "Elimina toxinas"]
        {
            assert!(banned_claim(text).is_some(), "{text}");
        }
        for text in ["Some people feel sore.", "a secure link", "Tell us if you blush"] {
            assert_eq!(banned_claim(text), None, "{text}");
        }
    }

    #[test]
    fn a_claim_may_be_split_over_lines_and_names_what_to_say_instead() {
        assert_eq!(banned_claim("We break\n  down   knots."), Some("break down knots"));
        let found = Claims::shipped().first_in("It will flush you out").expect("a claim");
        assert_eq!(found.instead, Some("Drink when you are thirsty, as you usually would."));
        assert!(SHIPPED.0.iter().flat_map(|claim| &claim.begins).all(|words| *words == words.to_lowercase()));
    }

    #[test]
    fn a_clinic_adds_words_of_its_own() {
        let claims = Claims::with(&["  Energy Field ".into(), " ".into()]);
        let found = claims.first_in("It frees your energy fields.").expect("a claim");
        assert_eq!((found.words, found.instead), ("energy field", None));
        assert!(claims.first_in("detox").is_some() && claims.first_in("You feel calm.").is_none());
    }

    #[test]
    fn health_words_are_found_but_everyday_words_are_not() {
        for text in ["Your lower back check-in", "After your massage", "Su dolor", "NECK", "Warning signs"] {
            assert!(health_word(text).is_some(), "{text}");
        }
        for text in ["How are you feeling after your visit?", "Your visit on {{ next_visit_day }}", "We heard from you"]
        {
            assert_eq!(health_word(text), None, "{text}");
        }
    }
}
