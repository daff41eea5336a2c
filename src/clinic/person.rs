//! Names and addresses of people, checked at the door. Both print as `‹redacted›` in Debug,
//! so that no log line can carry them by accident.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name accepted, in characters.
const LONGEST_NAME: usize = 120;

/// A person's name (or part of one) as they write it, without control characters.
///
/// Line breaks in a display name would end a mail header, so they are refused here and the
/// message builder never sees one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

impl PersonName {
    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PersonName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for PersonName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim();
        if name.is_empty() {
            return Err("a name is missing; write at least one letter".into());
        }
        if name.chars().any(is_unprintable) {
            return Err("the name holds a line break or another control character; write it on one line".into());
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(format!("the name is too long; use at most {LONGEST_NAME} characters"));
        }
        Ok(Self(name.to_owned()))
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹redacted›")
    }
}

/// Control characters, and the marks that turn text around so that a name reads as another.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// An email address that every relay can take: ASCII before the @, the domain in its ASCII
/// form and lower case (RFC 5321, RFC 5891).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address as it goes on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the @, in lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The form under which a suppression is kept: mailboxes are told apart by case by no
    /// provider we know, so one suppression covers every spelling.
    #[must_use]
    pub fn normalised(&self) -> String {
        self.0.to_lowercase()
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for EmailAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.trim();
        let wrong = || "not an email address; write it like name@example.org".to_owned();
        let (local, domain) = address.rsplit_once('@').ok_or_else(wrong)?;
        if !local.is_ascii() {
            return Err(
                "the part before the @ has letters that many mail servers refuse; ask for an address in plain letters"
                    .into(),
            );
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| wrong())?;
        let address = format!("{local}@{domain}");
        let options =
            email_address::Options::default().without_display_text().without_domain_literal().with_required_tld();
        email_address::EmailAddress::parse_with_options(&address, options).map_err(|_| wrong())?;
        if address.chars().any(|c| is_unprintable(c) || c.is_whitespace()) {
            return Err(wrong());
        }
        Ok(Self(address))
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹redacted›")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_letters_and_refuses_line_breaks() {
        assert_eq!("  Zoë O’Neil-Şahin ".parse::<PersonName>().map(String::from), Ok("Zoë O’Neil-Şahin".into()));
        for bad in ["", "   ", "Cleo\r\nBcc: x@y.z", "Cleo\0", "Cleo\u{202e}oelC"] {
            assert!(bad.parse::<PersonName>().is_err(), "{bad:?}");
        }
        assert!("x".repeat(121).parse::<PersonName>().is_err());
    }

    #[test]
    fn an_address_is_one_mailbox_in_ascii() {
        let read = |text: &str| text.parse::<EmailAddress>().map(String::from);
        assert_eq!(read(" Cleo.Okafor@EXAMPLE.org "), Ok("Cleo.Okafor@example.org".into()));
        assert_eq!(read("cleo@bücher.example"), Ok("cleo@xn--bcher-kva.example".into()));
        for bad in [
            "",
            "cleo",
            "cleo@",
            "@example.org",
            "a b@example.org",
            "cleo@example",
            "cleo@[127.0.0.1]",
            "zoë@example.org",
            "a@b.org\r\nTo: c@d.org",
            "Cleo <cleo@example.org>",
            "a@b@c.org",
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nothing_personal_is_printed_by_debug() {
        let name: PersonName = "Cleo".parse().expect("a plain name");
        let address: EmailAddress = "cleo@example.org".parse().expect("a plain address");
        assert_eq!(format!("{name:?} {address:?}"), "‹redacted› ‹redacted›");
    }
}
