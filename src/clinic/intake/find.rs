//! Finding a condition by what people say: "slipped disc", "blood thinner", "pins and needles",
//! or the name on a packet. Finding decides nothing; it only shows the question.

use super::super::catalogue::{Catalogue, Condition};
use super::form::Form;

/// Words that say nothing about a condition.
const EMPTY_WORDS: [&str; 18] =
    ["a", "an", "and", "at", "do", "for", "from", "have", "i", "in", "is", "my", "of", "on", "or", "the", "to", "with"];

/// Words of many questions that name no illness: somebody who writes "the doctor keeps an eye on it" has not
/// said that they were told to drink less.
const NAMELESS_WORDS: [&str; 12] = [
    "doctor", "doctors", "months", "weeks", "years", "today", "recent", "recently", "problem", "problems", "anything",
    "other",
];

/// The words of a free text that may name a condition.
pub fn naming_words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '-');
    words.filter(|word| word.chars().count() >= 5 && !NAMELESS_WORDS.contains(&word.to_lowercase().as_str()))
}

/// Everything a condition can be found by: its label, question, other words and medicines, in lower
/// case with single spaces. Pages carry it, so that a browser finds the same as the server.
#[must_use]
pub fn found_by(form: &Form, catalogue: &Catalogue, condition: &Condition) -> String {
    let medicines =
        catalogue.medicines().iter().filter(|one| one.points_to == condition.id).flat_map(|one| one.names.iter());
    let texts = [&condition.label, &condition.asks].into_iter().chain(form.synonyms(&condition.id));
    let texts = texts.chain(&condition.found_by).chain(medicines);
    let mut words: Vec<String> = Vec::new();
    for word in texts.flat_map(|text| words_of(text)) {
        if !EMPTY_WORDS.contains(&word.as_str()) && !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" ")
}

/// Whether everything asked for begins a word of what a condition is found by. Nothing asked for
/// finds everything.
#[must_use]
pub fn finds(asked: &str, found_by: &str) -> bool {
    let asked = words_of(asked);
    let mut asked = asked.iter().filter(|word| !EMPTY_WORDS.contains(&word.as_str()));
    asked.all(|word| found_by.split(' ').any(|known| known.starts_with(word.as_str())))
}

fn words_of(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(['’', '\''], "");
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(asked: &str) -> Vec<String> {
        let catalogue = Catalogue::shipped().expect("what ships");
        let form = Form::shipped(&catalogue).expect("what ships");
        let all = catalogue.conditions().iter();
        all.filter(|one| finds(asked, &found_by(&form, &catalogue, one))).map(|one| one.id.to_string()).collect()
    }

    #[test]
    fn people_find_a_condition_by_their_own_words() {
        for (asked, id) in [
            ("slipped disc", "herniated_disc_acute"),
            ("herniated disc", "herniated_disc_acute"),
            ("Herniated Disc", "herniated_disc_history"),
            ("blood thinner", "anticoagulants"),
            ("warfarin", "anticoagulants"),
            ("Eliquis", "anticoagulants"),
            ("pins and needles", "sciatica"),
            ("pins and needles", "neuropathy"),
            ("pins and needles", "carpal_tunnel"),
            ("torn muscle", "muscle_strain_acute"),
            ("lumbago", "low_back_sensitive"),
            ("raynaud", "raynauds"),
            ("policeman’s heel", "plantar_fasciitis"),
            ("c-section", "surgery_recent"),
            ("hernia", "herniated_disc_acute"),
            ("afib", "atrial_fibrillation"),
        ] {
            assert!(found(asked).iter().any(|one| one == id), "{asked} finds {:?}", found(asked));
        }
    }

    #[test]
    fn the_words_of_a_free_text_that_name_nothing_are_passed_over() {
        let words: Vec<_> = naming_words("The Doctor keeps an eye on my spleen, a problem for years").collect();
        assert_eq!(words, ["keeps", "spleen"]);
    }

    #[test]
    fn every_word_asked_for_must_fit_and_nothing_finds_all() {
        assert!(found("slipped xylophone").is_empty());
        assert_eq!(found("frozen shoulder"), ["frozen_shoulder"]);
        assert_eq!(found("  ").len(), found("the").len());
        assert!(found("").len() > 60);
        assert!(found("warfarin").len() < 3);
    }
}
