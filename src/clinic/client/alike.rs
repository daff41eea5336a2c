//! Whether two clients may be one person. Families share addresses and telephones, and names come
//! twice, so this only ever asks; staff say "it is someone else".

use std::collections::BTreeSet;

use super::super::case::Client;
use super::super::person::EmailAddress;
use super::words::{name_key, numbers, spelt};

/// A shorter name says too little to be a slip of another one.
const LEAST_LETTERS: usize = 3;

/// From this length on a name may differ in two letters.
const LONG: usize = 8;

/// Fewer digits are an extension, not somebody's number.
const LEAST_DIGITS: usize = 6;

/// A name in the ways it may be spelt, without spaces and signs.
type Spelt = BTreeSet<String>;

/// What two clients have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same name and the same date of birth.
    NameAndBirth,
    /// Nearly the same name and the same date of birth: "Clea" and "Cleo", "Jon" and "John".
    NearNameAndBirth,
    /// The same name, and for one of them no date of birth to tell them apart.
    Name,
    /// The same email address.
    Email,
    /// The same telephone.
    Phone,
    /// The same surname and date of birth with first names that are not alike: twins, or somebody who
    /// goes by another name.
    TwinOrSame,
}

impl Likeness {
    /// The words staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NameAndBirth => "same name and date of birth",
            Self::NearNameAndBirth => "nearly the same name and the same date of birth",
            Self::Name => "same name, and a date of birth is missing",
            Self::Email => "same email address",
            Self::Phone => "same phone",
            Self::TwinOrSame => "same surname and date of birth",
        }
    }

    /// Whether it is more often two people than one.
    #[must_use]
    pub const fn is_soft(self) -> bool {
        matches!(self, Self::TwinOrSame)
    }
}

/// What these two have in common that makes one ask; a client is their data and their telephone.
#[must_use]
pub fn likeness((one, phone): (&Client, &str), (other, other_phone): (&Client, &str)) -> Vec<Likeness> {
    let mut found = Vec::new();
    let born = match (one.born, other.born) {
        (Some(a), Some(b)) => Some(a == b),
        _ => None,
    };
    let same = !name_key(one).is_disjoint(&name_key(other));
    match (same, born) {
        (true, Some(true)) => found.push(Likeness::NameAndBirth),
        (true, None) => found.push(Likeness::Name),
        (false, Some(true)) if near(one, other) => found.push(Likeness::NearNameAndBirth),
        _ => {}
    }
    let address = |client: &Client| client.email.as_ref().map(EmailAddress::normalised);
    if address(one).is_some_and(|mine| Some(mine) == address(other)) {
        found.push(Likeness::Email);
    }
    let theirs = numbers(other_phone);
    if numbers(phone).iter().any(|number| number.len() >= LEAST_DIGITS && theirs.contains(number)) {
        found.push(Likeness::Phone);
    }
    if found.is_empty() && born == Some(true) && surname(one, other) {
        found.push(Likeness::TwinOrSame);
    }
    found
}

/// Whether both names are nearly the same, either way round. A last name that was never written down
/// cannot tell two people apart.
fn near(one: &Client, other: &Client) -> bool {
    let first = |client: &Client| spelt(client.first_name.as_str());
    let last = |client: &Client| client.last_name.as_ref().map(|name| spelt(name.as_str()));
    let alike = |a: &Spelt, b: &Spelt| a.iter().any(|a| b.iter().any(|b| is_near(a, b)));
    let (mine, theirs) = (first(one), first(other));
    match (last(one), last(other)) {
        (Some(last), Some(their_last)) => {
            (alike(&mine, &theirs) && alike(&last, &their_last)) || (alike(&mine, &their_last) && alike(&last, &theirs))
        }
        _ => alike(&mine, &theirs),
    }
}

fn surname(one: &Client, other: &Client) -> bool {
    match (&one.last_name, &other.last_name) {
        (Some(one), Some(other)) => !spelt(one.as_str()).is_disjoint(&spelt(other.as_str())),
        _ => false,
    }
}

/// Whether one name may be a slip or a short form of the other.
fn is_near(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if short == long {
        return true;
    }
    if short.len() < LEAST_LETTERS {
        return false;
    }
    let most = if short.len() < LONG { 1 } else { 2 };
    long.starts_with(&short) || steps(&short, &long) <= most
}

/// How many letters have to be changed, left out, put in, or swapped with the next.
fn steps(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut here = vec![row + 1];
        for (column, their) in other.iter().enumerate() {
            let changed = above[column] + usize::from(letter != their);
            let mut least = changed.min(above[column + 1] + 1).min(here[column] + 1);
            if row > 0 && column > 0 && *letter == other[column - 1] && one[row - 1] == *their {
                least = least.min(before[column - 1] + 1);
            }
            here.push(least);
        }
        before = std::mem::replace(&mut above, here);
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::*;

    fn client(name: &str, email: &str, born: Option<Date>) -> Client {
        let (first, last) = name.split_once(' ').expect("two names");
        Client {
            first_name: first.parse().expect("a name"),
            last_name: last.parse().ok(),
            email: email.parse().ok(),
            locale: None,
            born,
            on_paper: false,
        }
    }

    #[test]
    fn a_second_cleo_is_asked_about_and_a_stranger_is_not() {
        let born = Some(date(1980, 2, 1));
        let cleo = client("Cleo Okafor", "cleo@example.org", born);
        let like = |other: &Client, phone: &str| likeness((other, phone), (&cleo, "020 7946 0201"));
        assert_eq!(like(&client("Okáfor CLEO", "", born), ""), [Likeness::NameAndBirth]);
        assert_eq!(like(&client("Cleo Okafor", "", None), ""), [Likeness::Name]);
        assert_eq!(like(&client("Cleo Okafor", "", Some(date(1981, 2, 1))), ""), [], "two people of one name");
        assert_eq!(like(&client("Ada Okafor", "CLEO@example.org", born), ""), [Likeness::Email], "a family");
        assert_eq!(like(&client("Ada Okafor", "", None), "+44 20 7946 0201"), [Likeness::Phone]);
        assert_eq!(
            like(&client("Cleo Okafor", "cleo@EXAMPLE.org", born), "02079460201"),
            [Likeness::NameAndBirth, Likeness::Email, Likeness::Phone]
        );
        assert_eq!(like(&client("Ada Lind", "ada@example.org", None), "020 7946 0202"), []);
    }

    #[test]
    fn a_slip_in_a_name_is_asked_about_and_twins_are_asked_about_softly() {
        use Likeness::{NameAndBirth, NearNameAndBirth, TwinOrSame};
        let born = Some(date(1980, 2, 1));
        let cases: [(&str, &str, &[Likeness]); 20] = [
            ("Clea Okafor", "Cleo Okafor", &[NearNameAndBirth]),
            ("Jon Smith", "John Smith", &[NearNameAndBirth]),
            ("Jonathan Smith", "Jon Smith", &[NearNameAndBirth]),
            ("Cleo Okafro", "Cleo Okafor", &[NearNameAndBirth]),
            ("Okafor Cleo", "Cleo Okafor", &[NameAndBirth]),
            ("Okafor Clea", "Cleo Okafor", &[NearNameAndBirth]),
            ("Zoé Oneil", "Zoe O’Neil", &[NameAndBirth]),
            ("Zoe Oneill", "Zoë O’Neil", &[NearNameAndBirth]),
            ("Joerg Mueler", "Jörg Müller", &[NearNameAndBirth]),
            ("Anna Okafor-Lind", "Anna Okafor", &[NearNameAndBirth]),
            ("Alexandra Petrova", "Aleksandra Petrova", &[NearNameAndBirth]),
            ("Robert Lind", "Bob Lind", &[TwinOrSame]),
            ("Ana Okafor", "Ben Okafor", &[TwinOrSame]),
            ("Mia Okafor", "Cleo Okafor", &[TwinOrSame]),
            ("Bo Li", "Jo Li", &[TwinOrSame]),
            ("Bo Li", "Bo Lu", &[]),
            ("Cleo Okafor", "Cleo Lindqvist", &[]),
            ("Tom Avery", "Grace Liu", &[]),
            ("Ada Brandt", "Ida Visser", &[]),
            ("Cleo Cleo", "Cleo Okafor", &[]),
        ];
        for (one, other, expected) in cases {
            let (one, other) = (client(one, "", born), client(other, "", born));
            assert_eq!(likeness((&one, ""), (&other, "")), expected, "{one:?} {other:?}");
            assert_eq!(likeness((&other, ""), (&one, "")), expected, "the other way round");
            let later = Client { born: Some(date(1980, 2, 2)), ..one.clone() };
            assert_eq!(likeness((&later, ""), (&other, "")), [], "of another day");
            let unknown = Client { born: None, ..one.clone() };
            let told = likeness((&unknown, ""), (&other, ""));
            assert!(!told.contains(&NearNameAndBirth) && !told.contains(&TwinOrSame), "no date says nothing");
        }
        let nameless = Client { last_name: None, ..client("Clea X", "", born) };
        assert_eq!(likeness((&nameless, ""), (&client("Cleo Okafor", "", born), "")), [NearNameAndBirth]);
    }

    #[test]
    fn two_letters_that_changed_places_are_one_step() {
        let steps =
            |one: &str, other: &str| steps(&one.chars().collect::<Vec<_>>(), &other.chars().collect::<Vec<_>>());
        assert_eq!([steps("cleo", "cleo"), steps("cloe", "cleo"), steps("", "cleo"), steps("cleo", "")], [0, 1, 4, 4]);
        assert_eq!([steps("jon", "john"), steps("kitten", "sitting"), steps("ábç", "abc")], [1, 3, 2]);
    }

    proptest::proptest! {
        #[test]
        fn a_name_is_near_itself_and_nearness_has_no_direction(one in "[a-z]{1,12}", other in "[a-z]{1,12}") {
            proptest::prop_assert!(is_near(&one, &one));
            proptest::prop_assert_eq!(is_near(&one, &other), is_near(&other, &one));
        }
    }

    #[test]
    fn nothing_in_common_is_not_something_in_common() {
        let (one, other) = (client("Cleo Okafor", "", None), client("Theo Lind", "", None));
        assert_eq!(likeness((&one, ""), (&other, "")), [], "two without address and telephone");
        assert_eq!(likeness((&one, "201"), (&other, "201")), [], "an extension");
    }
}
