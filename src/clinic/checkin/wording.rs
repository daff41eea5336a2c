//! Words in free text that a person must read at once. Meant to find too much: a word too many costs
//! a phone call, one too few may cost more. Nothing here ever reassures.
//!
//! The English list begins with that of the clinical facts (section 2.6); the others are how people
//! spell and say the same things. The Spanish list needs review by a native clinician.

use super::super::client::words::fold;

/// What makes staff read, in English. Folded: lower case, no accents, no apostrophes.
const ENGLISH: [&str; 44] = [
    "numb",
    "wet myself",
    "cant pee",
    "cannot pee",
    "can not pee",
    "chest",
    "breath",
    "breth",
    "faint",
    "worst headache",
    "black poo",
    "black stool",
    "tarry",
    "cant feel",
    "cannot feel",
    "can not feel",
    "no feeling",
    "dont feel my",
    "tingl",
    "pins and needles",
    "passed out",
    "pass out",
    "blackout",
    "blacked out",
    "collaps",
    "blood",
    "bleed",
    "droop",
    "slur",
    "stroke",
    "paraly",
    "cant move",
    "cannot move",
    "cant walk",
    "cannot walk",
    "gave way",
    "gives way",
    "suicid",
    "kill myself",
    "want to die",
    "sudden headache",
    "double vision",
    "emergency",
    "unbearable",
];

/// The same in Spanish.
const SPANISH: [&str; 42] = [
    "adormec",
    "dormida",
    "pie dormido",
    "brazo dormido",
    "entumec",
    "hormigue",
    "me orine",
    "me orino",
    "me hice pis",
    "no puedo orinar",
    "no puedo hacer pis",
    "no puedo mear",
    "pecho",
    "respir",
    "falta el aire",
    "falta de aire",
    "ahog",
    "desmay",
    "perdi el conocimiento",
    "peor dolor de cabeza",
    "dolor de cabeza repentino",
    "heces negras",
    "caca negra",
    "popo negr",
    "no siento",
    "no puedo sentir",
    "sin sensibilidad",
    "sangr",
    "me cai",
    "boca torcida",
    "cara caida",
    "hablar bien",
    "derrame",
    "paraliz",
    "no puedo mover",
    "no puedo caminar",
    "no puedo andar",
    "me falla la pierna",
    "suicid",
    "quiero morir",
    "emergencia",
    "insoportable",
];

/// Words that tell of a bruise, for clients who bleed easily.
const BRUISES: [&str; 7] = ["bruis", "black and blue", "moret", "moraton", "cardenal", "hematoma", "haematoma"];

/// One space between words, no apostrophes: "can’t  pee" is "cant pee".
fn plain(text: &str) -> String {
    let kept: String = fold(text)
        .chars()
        .filter(|c| !matches!(c, '\'' | '’' | '‘' | '`' | '´' | 'ʼ'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first word that a person must read at once, if there is one; it can be shown to staff.
#[must_use]
pub fn danger_word(text: &str) -> Option<&'static str> {
    let text = plain(text);
    ENGLISH.into_iter().chain(SPANISH).find(|word| text.contains(word))
}

/// Whether free text needs a person at once.
#[must_use]
pub fn alarms(text: &str) -> bool {
    danger_word(text).is_some()
}

/// Whether free text tells of a bruise.
pub(super) fn tells_of_a_bruise(text: &str) -> bool {
    let text = plain(text);
    BRUISES.into_iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_clinical_facts_is_found() {
        for text in [
            "My leg is NUMB",
            "i wet myself",
            "I can't pee",
            "I can’t pee",
            "tight chest",
            "short of breath",
            "felt faint",
            "the worst  headache ever",
            "black poo",
            "I can't feel my foot",
            "CAN'T\nFEEL it",
            "I cannot pee at all",
        ] {
            assert!(alarms(text), "{text}");
        }
    }

    #[test]
    fn the_same_is_found_in_spanish_with_and_without_accents() {
        for text in [
            "Tengo la pierna dormida",
            "Siento hormigueo",
            "me oriné encima",
            "ME ORINE",
            "no puedo orinar",
            "dolor en el pecho",
            "me cuesta respirar",
            "Me falta el aire",
            "me desmayé",
            "el peor dolor de cabeza de mi vida",
            "heces negras",
            "no siento el pie",
            "estoy adormecida",
        ] {
            assert!(alarms(text), "{text}");
        }
    }

    #[test]
    fn everyday_words_are_not_taken_for_danger() {
        for text in
            ["", "All good, thank you!", "A bit stiff in the morning", "Todo bien, gracias", "Un poco de rigidez"]
        {
            assert!(!alarms(text), "{text}");
        }
    }

    #[test]
    fn the_lists_are_written_as_they_are_compared() {
        for word in ENGLISH.into_iter().chain(SPANISH).chain(BRUISES) {
            assert_eq!(plain(word), word, "folded like the text it is looked for in");
        }
    }

    #[test]
    fn a_bruise_is_read_in_both_languages() {
        assert!(tells_of_a_bruise("a small Bruise") && tells_of_a_bruise("un moretón") && !tells_of_a_bruise("sore"));
    }
}
