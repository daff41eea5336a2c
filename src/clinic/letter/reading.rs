//! How hard a text is to read. For English the Flesch-Kincaid grade; for Spanish the ease of Szigriszt-Pazos
//! on the INFLESZ scale, which is no school grade and is not turned into one. Other languages are not measured.

use super::Field;

/// Fewer words than this say nothing about a text.
const FEWEST_WORDS: usize = 20;

/// How hard a text is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// English: the years of school it takes.
    Grade(f64),
    /// Spanish: points of ease; 55 and more is what most people read without effort.
    Ease(f64),
    /// Too short to say.
    TooShort,
    /// There is no formula for this language here.
    NotMeasured,
}

/// What follows from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each verdict is its own name")]
pub enum Verdict {
    Fine,
    Hard,
    TooHard,
}

impl Reading {
    /// How hard this text is in this language.
    #[must_use]
    pub fn of(locale: &str, text: &str) -> Self {
        let text = without_fields(text);
        let sentences = sentences(&text);
        let words: Vec<&str> = sentences.iter().flat_map(|sentence| words(sentence)).collect();
        if !["en", "es"].iter().any(|known| locale.starts_with(known)) {
            return Self::NotMeasured;
        }
        if words.len() < FEWEST_WORDS {
            return Self::TooShort;
        }
        let spanish = locale.starts_with("es");
        let syllables: usize = words.iter().map(|word| if spanish { in_spanish(word) } else { in_english(word) }).sum();
        #[expect(clippy::cast_precision_loss, reason = "a letter has a few hundred words")]
        let (words, sentences, syllables) = (words.len() as f64, sentences.len() as f64, syllables as f64);
        if spanish {
            Self::Ease(206.835 - 62.3 * syllables / words - words / sentences)
        } else {
            Self::Grade(0.39 * words / sentences + 11.8 * syllables / words - 15.59)
        }
    }

    /// Grade 6 is the aim and 9 the end; in Spanish 55 points and 40, where INFLESZ begins "somewhat hard" and
    /// "very hard".
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Grade(grade) if grade > 9.0 => Verdict::TooHard,
            Self::Grade(grade) if grade > 6.0 => Verdict::Hard,
            Self::Ease(points) if points < 40.0 => Verdict::TooHard,
            Self::Ease(points) if points < 55.0 => Verdict::Hard,
            _ => Verdict::Fine,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Grade(grade) => format!("Reads at grade {:.1}", grade.max(0.0)),
            Self::Ease(points) => format!("Reading ease {points:.0} (INFLESZ, for Spanish; not a school grade)"),
            Self::TooShort => "Too short to say how hard it is to read".into(),
            Self::NotMeasured => "How hard it is to read is not measured in this language".into(),
        }
    }
}

/// The longest sentence of a text, in words.
#[must_use]
pub fn longest_sentence(text: &str) -> usize {
    sentences(&without_fields(text)).iter().map(|sentence| words(sentence).count()).max().unwrap_or_default()
}

/// A field stands for a short word, and marks of Markdown for nothing.
fn without_fields(text: &str) -> String {
    let mut plain = text.to_owned();
    for field in Field::ALL {
        plain = plain.replace(&format!("{{{{ {} }}}}", field.id()), "Ann");
    }
    plain.replace(['*', '#', '>', '`'], " ")
}

/// A sentence ends with its sign or its paragraph, an item of a list with its line.
fn sentences(text: &str) -> Vec<&str> {
    text.split("\n\n")
        .flat_map(|part| part.split("\n- "))
        .flat_map(|part| part.split_inclusive(['.', '!', '?', ':']))
        .filter(|sentence| words(sentence).next().is_some())
        .collect()
}

fn words(sentence: &str) -> impl Iterator<Item = &str> {
    sentence.split(|c: char| !c.is_alphabetic() && c != '\'' && c != '’').filter(|word| !word.is_empty())
}

/// Groups of vowels, without the silent ends of English.
fn in_english(word: &str) -> usize {
    let word = word.to_lowercase();
    let bare = ["'s", "’s"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(&word);
    let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let (mut count, mut before) = (0, false);
    for c in bare.chars() {
        count += usize::from(is_vowel(c) && !before);
        before = is_vowel(c);
    }
    let last: Vec<char> = bare.chars().rev().take(3).collect();
    let silent = match last.as_slice() {
        ['e', 'l', third] => is_vowel(*third),
        ['e', second, ..] => !is_vowel(*second),
        ['d', 'e', third] => !matches!(third, 't' | 'd'),
        ['s', 'e', third] => !matches!(third, 's' | 'z' | 'x' | 'h' | 'c' | 'g'),
        _ => false,
    };
    (count - usize::from(silent && count > 1)).max(1)
}

/// Strong vowels each, and weak ones where they stand alone.
fn in_spanish(word: &str) -> usize {
    let word = word.to_lowercase().replace("que", "ke").replace("qui", "ki").replace("gue", "ge").replace("gui", "gi");
    let strong = |c: char| matches!(c, 'a' | 'e' | 'o' | 'á' | 'é' | 'í' | 'ó' | 'ú');
    let weak = |c: char| matches!(c, 'i' | 'u' | 'ü' | 'y');
    let groups = word.split(|c: char| !strong(c) && !weak(c)).filter(|group| !group.is_empty() && *group != "y");
    groups.map(|group| group.chars().filter(|c| strong(*c)).count().max(1)).sum::<usize>().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_counted_as_people_speak_them() {
        for (word, syllables) in [
            ("hurts", 1),
            ("table", 2),
            ("stretch", 1),
            ("gentle", 2),
            ("moved", 1),
            ("wanted", 2),
            ("signs", 1),
            ("emergency", 4),
            ("the", 1),
            ("matches", 2),
            ("passes", 2),
            ("warning", 2),
            ("people", 2),
            ("Ann’s", 1),
        ] {
            assert_eq!(in_english(word), syllables, "{word}");
        }
        for (word, syllables) in [
            ("ciudad", 2),
            ("día", 2),
            ("bueno", 2),
            ("aéreo", 4),
            ("que", 1),
            ("visita", 3),
            ("despacio", 3),
            ("y", 1),
        ] {
            assert_eq!(in_spanish(word), syllables, "{word}");
        }
    }

    #[test]
    fn short_words_in_short_sentences_are_easy_and_officialese_is_not() {
        let easy = "Go slow. Stop if it hurts. Some people feel sore for a day or two. It should ease, not build. Call us if you are not sure.";
        assert_eq!(Reading::of("en", easy).verdict(), Verdict::Fine, "{:?}", Reading::of("en", easy));
        let hard = "In the eventuality that considerable musculoskeletal discomfort subsequently manifests itself, immediate consultation of an appropriately qualified medical practitioner constitutes the recommended precautionary procedure.";
        assert_eq!(Reading::of("en", hard).verdict(), Verdict::TooHard);
        let facil = "Vaya despacio. Pare si le duele. A veces uno se siente cansado un día o dos. Eso debe pasar pronto. Llame si no está segura.";
        assert_eq!(Reading::of("es", facil).verdict(), Verdict::Fine, "{:?}", Reading::of("es", facil));
        let dificil = "En la eventualidad de manifestarse considerables incomodidades musculoesqueléticas, recomendaríamos inmediatamente la consideración de consultas profesionales especializadas debidamente cualificadas y autorizadas oficialmente.";
        assert_eq!(Reading::of("es", dificil).verdict(), Verdict::TooHard);
        assert_eq!(Reading::of("en", "Hello there."), Reading::TooShort);
        assert_eq!(Reading::of("de", easy), Reading::NotMeasured);
        assert_eq!(longest_sentence("One two.\n\n- three four five\n- six"), 3);
    }
}
