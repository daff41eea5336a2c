//! Whether two clients may be one person. Families share addresses and telephones, and names come
//! twice, so this only ever asks; staff say "it is someone else".

use super::super::case::Client;
use super::super::person::EmailAddress;
use super::words::{name_key, numbers};

/// Fewer digits are an extension, not somebody's number.
const LEAST_DIGITS: usize = 6;

/// What two clients have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same name and the same date of birth.
    NameAndBirth,
    /// The same name, and for one of them no date of birth to tell them apart.
    Name,
    /// The same email address.
    Email,
    /// The same telephone.
    Phone,
}

impl Likeness {
    /// The words staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NameAndBirth => "same name and date of birth",
            Self::Name => "same name, and a date of birth is missing",
            Self::Email => "same email address",
            Self::Phone => "same phone",
        }
    }
}

/// What these two have in common that makes one ask; a client is their data and their telephone.
#[must_use]
pub fn likeness((one, phone): (&Client, &str), (other, other_phone): (&Client, &str)) -> Vec<Likeness> {
    let mut found = Vec::new();
    if !name_key(one).is_disjoint(&name_key(other)) {
        match (one.born, other.born) {
            (Some(a), Some(b)) if a == b => found.push(Likeness::NameAndBirth),
            (Some(_), Some(_)) => {}
            _ => found.push(Likeness::Name),
        }
    }
    let address = |client: &Client| client.email.as_ref().map(EmailAddress::normalised);
    if address(one).is_some_and(|mine| Some(mine) == address(other)) {
        found.push(Likeness::Email);
    }
    let theirs = numbers(other_phone);
    if numbers(phone).iter().any(|number| number.len() >= LEAST_DIGITS && theirs.contains(number)) {
        found.push(Likeness::Phone);
    }
    found
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
    fn nothing_in_common_is_not_something_in_common() {
        let (one, other) = (client("Cleo Okafor", "", None), client("Theo Lind", "", None));
        assert_eq!(likeness((&one, ""), (&other, "")), [], "two without address and telephone");
        assert_eq!(likeness((&one, "201"), (&other, "201")), [], "an extension");
    }
}
