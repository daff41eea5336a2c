//! Words that a letter must not say: claims that are not true, and health words where anyone who
//! glances at a phone can read them.

/// Beginnings of words that claim what massage or water does not do (`clinical/facts.md`, part 0).
const CLAIMS: [&str; 24] = [
    "toxin",
    "toxic",
    "detox",
    "flush",
    "lactic",
    "purif",
    "cleanse",
    "cure",
    "heals",
    "guarantee",
    "miracle",
    "risk free",
    "risk-free",
    "break down knots",
    "breaks down knots",
    "break up knots",
    "breaks up knots",
    "knots out",
    "tiny tears",
    "boosts your immune",
    "no side effects",
    "desintoxic",
    "toxina",
    "milagro",
];

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
    first_of(&CLAIMS, text)
}

/// The first word in this text that tells of the treatment.
pub(super) fn health_word(text: &str) -> Option<&'static str> {
    first_of(&HEALTH_WORDS, text)
}

/// The first of these that stands at the beginning of a word, whatever its case.
fn first_of(list: &[&'static str], text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    list.iter().copied().find(|wanted| {
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
