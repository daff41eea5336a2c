//! The kinds of values a setting can have, each checked as it is read.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use email_address::{EmailAddress, Options};
use ipnet::IpNet;
use jiff::{Span, SpanRelativeTo};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, de};
use url::Url;

/// Text that may hold a password, and so never prints itself.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that uses it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹redacted›")
    }
}

/// Addresses and ranges of them, `10.0.0.0/8`; an address alone is a range of one.
pub(super) fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    let written = Vec::<String>::deserialize(from)?;
    let network = |text: &String| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    written.iter().map(network).collect::<Result<_, _>>().map_err(D::Error::custom)
}

pub(super) fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Secret>, D::Error> {
    struct Relays;
    impl<'de> de::Visitor<'de> for Relays {
        type Value = Vec<Secret>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an address or a list of addresses")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![Secret::new(text)])
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(one) = list.next_element()? {
                all.push(one);
            }
            Ok(all)
        }
    }
    from.deserialize_any(Relays)
}

pub(super) fn mailbox<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked_address(from, Options::default().with_required_tld())
}

pub(super) fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    checked_address(from, Options::default().with_required_tld().without_display_text())
}

fn checked_address<'de, D: Deserializer<'de>>(from: D, rules: Options) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    // A line break would end the header early, whatever the address grammar says.
    if text.chars().any(char::is_control) || EmailAddress::parse_with_options(&text, rules).is_err() {
        return Err(D::Error::custom("not an email address"));
    }
    Ok(Some(text))
}

pub(super) fn connections<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        count @ 1..=256 => Ok(count),
        _ => Err(D::Error::custom("out of range")),
    }
}

pub(super) fn at_least_one<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    match u32::deserialize(from)? {
        0 => Err(D::Error::custom("a rate of nothing sends nothing")),
        rate => Ok(Some(rate)),
    }
}

pub(super) fn one_or_more<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    at_least_one(from)?.ok_or_else(|| D::Error::custom("nothing"))
}

pub(super) fn base_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    let url: Url = String::deserialize(from)?.parse().map_err(D::Error::custom)?;
    // Every address of a page begins with a slash: below a path of somebody else’s server none would be found.
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if matches!(url.scheme(), "http" | "https") && url.has_host() && plain && url.password().is_none() {
        Ok(Some(url))
    } else {
        Err(D::Error::custom("not a web address"))
    }
}

pub(super) fn pause<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let pause = duration(from)?;
    if (Duration::from_millis(100)..=Duration::from_secs(3600)).contains(&pause) {
        Ok(pause)
    } else {
        Err(D::Error::custom("out of range"))
    }
}

/// At least as long as the link to read an email again works.
pub(super) fn keep<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let keep = duration(from)?;
    if keep < Duration::from_secs(90 * 86_400) { Err(D::Error::custom("less than 90 days")) } else { Ok(Some(keep)) }
}

/// `5s`, `1m`, `30d`; a day is 24 hours, since these count machine time and not a clinic's calendar.
fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let span: Span = String::deserialize(from)?.parse().map_err(D::Error::custom)?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(D::Error::custom)?;
    Duration::try_from(length).map_err(D::Error::custom)
}
