//! How a client is found by what one has just heard: "oka 1980", "cleo 0794". Everything is folded
//! the same way on both sides, and every word of a question must begin a word of the client.

use std::collections::BTreeSet;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::super::case::Client;
use super::super::person::PersonName;

/// Counts up when the words of a client change by the rule, so that they are made again.
pub const EDITION: u32 = 1;

/// Longer words are cut, in the index and in a question alike.
const LONGEST: usize = 64;

/// More words than anyone says at a desk are left unread.
const MOST_TERMS: usize = 6;

/// Lower case without accents: "Núñez" and "nunez" are one.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'ı' => out.push('i'),
            'đ' | 'ð' => out.push('d'),
            c => out.push(c),
        }
    }
    out
}

/// The folded text, and the way it is written where there are no dots and rings to be had: Müller is
/// also Mueller.
fn spellings(text: &str) -> BTreeSet<String> {
    let spelt: String = text
        .nfc()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'ä' => "ae".to_owned(),
            'ö' | 'ø' => "oe".to_owned(),
            'ü' => "ue".to_owned(),
            'å' => "aa".to_owned(),
            c => c.to_string(),
        })
        .collect();
    BTreeSet::from([fold(text), fold(&spelt)])
}

fn bare(folded: &str) -> String {
    folded.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// A name in the ways it may be spelt, without spaces and signs.
pub(super) fn spelt(name: &str) -> BTreeSet<String> {
    spellings(name).iter().map(|spelling| bare(spelling)).filter(|spelling| !spelling.is_empty()).collect()
}

fn cut(word: &str) -> String {
    word.chars().take(LONGEST).collect()
}

/// The words of a name: each part, what stands around a hyphen or an apostrophe together, and the
/// whole without spaces.
fn name_words(name: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    // Split before folding, as a question is: some single letters fold to several words.
    for part in name.split_whitespace().chain([name]) {
        for spelling in spellings(part) {
            words.insert(bare(&spelling));
            words.extend(spelling.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
        }
    }
    words
}

/// The digits of a telephone number from each of its groups on, and with the zero one dials inside
/// the country.
fn phone_words(phone: &str) -> BTreeSet<String> {
    let plain = phone.replace("(0)", " ");
    let groups: Vec<&str> = plain.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let mut words: BTreeSet<String> = (0..groups.len()).map(|first| groups[first..].concat()).collect();
    words.extend(numbers(phone));
    words
}

/// The whole number in the ways it may be dialled; two telephones are the same when they share one.
#[must_use]
pub fn numbers(phone: &str) -> BTreeSet<String> {
    let plain = phone.trim().replace("(0)", " ");
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    let abroad = if plain.starts_with('+') { Some(digits.as_str()) } else { digits.strip_prefix("00") };
    let Some(abroad) = abroad else { return BTreeSet::from([digits]) };
    let mut numbers = BTreeSet::from([abroad.to_owned()]);
    // A country's code has one to three digits, and which it is takes a table. A number too many is
    // only one more question at the desk.
    let code = plain.split(|c: char| !c.is_ascii_digit()).find(|group| !group.is_empty()).unwrap_or_default();
    let lengths = match code.strip_prefix("00").unwrap_or(code).len() {
        known @ 1..=3 => known..=known,
        _ => 1..=3,
    };
    numbers.extend(lengths.filter_map(|length| abroad.get(length..)).map(|inside| format!("0{inside}")));
    numbers
}

/// An address from its start and from each part before the @ on.
fn email_words(address: &str) -> BTreeSet<String> {
    let address = fold(address);
    let at = address.find('@').unwrap_or(address.len());
    let starts = address[..at].match_indices(['.', '_', '-', '+']).map(|(place, _)| place + 1);
    std::iter::once(0).chain(starts).filter_map(|start| address.get(start..)).map(str::to_owned).collect()
}

/// Every word a client is found by.
#[must_use]
pub fn of(client: &Client, phone: &str) -> BTreeSet<String> {
    let mut words = name_words(client.first_name.as_str());
    if let Some(last) = &client.last_name {
        words.extend(name_words(last.as_str()));
    }
    words.extend(client.born.map(|born| born.to_string()));
    words.extend(phone_words(phone));
    if let Some(email) = &client.email {
        words.extend(email_words(email.as_str()));
    }
    words.iter().map(|word| cut(word)).filter(|word| !word.is_empty()).collect()
}

/// The words of a name in any order, folded: what two people of one name share.
#[must_use]
pub fn name_key(client: &Client) -> BTreeSet<Vec<String>> {
    let last = client.last_name.as_ref().map(PersonName::as_str).unwrap_or_default();
    let of = |spelling: String| {
        let mut parts: Vec<String> = spelling.split_whitespace().map(bare).filter(|part| !part.is_empty()).collect();
        parts.sort_unstable();
        parts
    };
    spellings(&format!("{} {last}", client.first_name)).into_iter().map(of).collect()
}

/// One word of a question: a client must have a word that begins with one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term(BTreeSet<String>);

impl Term {
    /// The beginnings, any of which will do.
    pub fn beginnings(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none, which [`terms`] never gives.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a client with these words is meant.
    #[must_use]
    pub fn finds(&self, words: &BTreeSet<String>) -> bool {
        self.0
            .iter()
            .any(|beginning| words.range(beginning.clone()..).next().is_some_and(|word| word.starts_with(beginning)))
    }
}

/// A question taken apart. A day may be written as people write days, a number with its signs.
#[must_use]
pub fn terms(question: &str) -> Vec<Term> {
    question.split_whitespace().map(term).filter(|term| !term.is_empty()).take(MOST_TERMS).collect()
}

fn term(word: &str) -> Term {
    let days = days(word);
    if !days.is_empty() {
        return Term(days);
    }
    let folded = fold(word);
    if folded.contains('@') {
        return Term(BTreeSet::from([cut(&folded)]));
    }
    let mut beginnings: BTreeSet<String> = spellings(word).iter().map(|spelling| bare(spelling)).collect();
    // "cleo.oka" is the start of an address, "1980-02" that of a day.
    if folded.starts_with(|c: char| c.is_alphanumeric()) && folded.contains(['.', '_', '-', '+']) {
        beginnings.insert(folded.trim_end_matches(['.', '-']).to_owned());
    }
    beginnings.retain(|beginning| !beginning.is_empty());
    Term(beginnings.iter().map(|beginning| cut(beginning)).collect())
}

/// The days a word can mean: 1.2.1980, and 1/2/1980 either way round.
fn days(word: &str) -> BTreeSet<String> {
    let parts: Vec<&str> = word.split(['.', '/', '-']).collect();
    let [first, second, year] = parts.as_slice() else { return BTreeSet::new() };
    let of = |year: &str, month: &str, day: &str| {
        let year = Some(year).filter(|year| year.len() == 4)?.parse().ok()?;
        Date::new(year, month.parse().ok()?, day.parse().ok()?).ok().map(|day| day.to_string())
    };
    [of(year, second, first), of(year, first, second), of(first, second, year)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn client(first: &str, last: &str, email: &str) -> Client {
        Client {
            first_name: first.parse().expect("a name"),
            last_name: last.parse().ok(),
            email: email.parse().ok(),
            locale: None,
            born: Some(date(1980, 2, 1)),
            on_paper: false,
        }
    }

    fn finds(question: &str, client: &Client, phone: &str) -> bool {
        let words = of(client, phone);
        let terms = terms(question);
        !terms.is_empty() && terms.iter().all(|term| term.finds(&words))
    }

    #[test]
    fn cleo_is_found_by_what_one_hears() {
        let cleo = client("Cleo", "Okafor", "cleo.okafor@example.org");
        for question in [
            "oka 1980",
            "cleo 0794",
            "okafor cleo",
            "OKAFOR",
            "c o",
            "cleo.oka",
            "okafor@ex",
            "cleo.okafor@example.org",
            "1980-02",
            "1980-02-01",
            "1.2.1980",
            "01/02/1980",
            "02/01/1980",
            "07946 000123",
            "+44 7946",
            "000123",
            "(07946)",
        ] {
            assert!(finds(question, &cleo, "+44 7946 000123"), "{question}");
        }
        for question in ["leo", "okafo 1981", "cleo cleod", "example.org", "7947", "", "  ", "!?", "2.1.1981"] {
            assert!(!finds(question, &cleo, "+44 7946 000123"), "{question}");
        }
    }

    #[test]
    fn accents_hyphens_and_apostrophes_do_not_hide_anyone() {
        let cases = [
            ("Zoë", "O’Neil", ["zoe oneil", "neil", "o'neil", "ZOË"]),
            ("Ana", "Núñez", ["nunez", "núñez", "NUN", "ana"]),
            ("Jörg", "Müller-Straße", ["muller", "mueller", "strasse joerg", "müllerstr"]),
            ("Øyvind", "Åkesson", ["oyvind", "oeyvind", "akesson", "aakesson"]),
            ("İpek", "Yıldız", ["ipek", "yildiz", "IPEK", "yıl"]),
            ("Maria", "de la Cruz", ["delacruz", "cruz", "la cruz", "de la cruz maria"]),
        ];
        for (first, last, questions) in cases {
            for question in questions {
                assert!(finds(question, &client(first, last, ""), ""), "{question}");
            }
        }
    }

    #[test]
    fn one_number_dialled_in_several_ways_is_the_same_number() {
        let same = |a: &str, b: &str| !numbers(a).is_disjoint(&numbers(b));
        assert!(same("+44 7946 000123", "07946 000123"));
        assert!(same("+447946000123", "07946-000-123"));
        assert!(same("0044 7946 000123", "+44 (0)7946 000123"));
        assert!(same("020 7946 0000", "(020) 79460000"));
        assert!(!same("020 7946 0000", "020 7946 0001"));
    }

    #[test]
    fn the_order_of_a_name_does_not_matter_to_its_key() {
        let same = |a: &Client, b: &Client| !name_key(a).is_disjoint(&name_key(b));
        assert!(same(&client("Cleo", "Okafor", ""), &client("OKAFOR", "cléo", "")));
        assert!(same(&client("Jörg", "Müller", ""), &client("Joerg", "Mueller", "")));
        assert!(!same(&client("Cleo", "Okafor", ""), &client("Cleo", "Okafo", "")));
    }

    proptest::proptest! {
        #[test]
        fn whoever_is_typed_as_they_are_written_is_found(first in "[\\p{L}'’-]{1,12}", last in "[\\p{L}'’ -]{1,16}") {
            proptest::prop_assume!(first.chars().any(char::is_alphanumeric) && last.chars().any(char::is_alphanumeric));
            let somebody = client(&first, &last, "");
            let question = format!("{last} {first}");
            proptest::prop_assert!(finds(&question, &somebody, "") || last.split_whitespace().count() > 4);
            proptest::prop_assert!(of(&somebody, "").iter().all(|word| word.chars().count() <= LONGEST));
        }
    }
}
