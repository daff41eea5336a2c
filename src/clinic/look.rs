//! How a clinic looks to its clients: a colour and a logo above its pages and emails. Never a state: what is
//! urgent looks the same everywhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::colour::Colour;

/// A logo is shown at most so large, in pixels of a page: wide and high. The picture is kept twice as fine.
const LARGEST: (u32, u32) = (160, 48);

/// What the address of a logo inside an email ends with. No such host exists, nor has to.
const INSIDE: &str = "@logo.invalid";

/// The look of a clinic. Nothing set is the look of the house.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The bar; white words can be read on it.
    pub colour: Option<Colour>,
    /// The logo beside the clinic's name.
    pub logo: Option<Logo>,
}

/// A logo, without the picture itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// Its name.
    pub name: LogoName,
    /// How wide the picture is, in pixels of its own.
    pub width: u32,
    /// How high the picture is.
    pub height: u32,
    /// What it shows, for those who do not see it.
    pub alt: String,
}

impl Logo {
    /// How large it is shown, in pixels of a page: width and height.
    #[must_use]
    pub fn shown(&self) -> (u32, u32) {
        let (width, height) = (self.width.max(1), self.height.max(1));
        if width <= LARGEST.0 && height <= LARGEST.1 {
            return (width, height);
        }
        // Whichever side is further out of its bounds decides.
        if width * LARGEST.1 > height * LARGEST.0 {
            (LARGEST.0, (height * LARGEST.0 / width).max(1))
        } else {
            ((width * LARGEST.1 / height).max(1), LARGEST.1)
        }
    }

    /// Its address on a page.
    #[must_use]
    pub fn href(&self) -> String {
        format!("/look/{}.png", self.name)
    }
}

/// The name of a logo: made of the picture, so that another picture has another name and what was sent years
/// ago still finds its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogoName(String);

/// So many digits it has.
const DIGITS: usize = 32;

impl LogoName {
    /// The name of this picture.
    #[must_use]
    pub fn of(picture: &[u8]) -> Self {
        Self(Sha256::digest(picture).iter().take(DIGITS / 2).map(|byte| format!("{byte:02x}")).collect())
    }

    /// What it is called inside an email (RFC 2392), without the angle brackets.
    #[must_use]
    pub fn content_id(&self) -> String {
        format!("{}{INSIDE}", self.0)
    }

    /// Its address inside an email.
    #[must_use]
    pub fn source(&self) -> String {
        format!("cid:{}", self.content_id())
    }

    /// The logo that the HTML of an email of ours asks for.
    #[must_use]
    pub fn named_in(html: &str) -> Option<Self> {
        let (_, rest) = html.split_once("src=\"cid:")?;
        let (name, _) = rest.split_once(INSIDE)?;
        name.parse().ok()
    }
}

impl fmt::Display for LogoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LogoName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == DIGITS && text.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err("this is not the name of a logo".into())
        }
    }
}

impl TryFrom<String> for LogoName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<LogoName> for String {
    fn from(name: LogoName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logo(width: u32, height: u32) -> Logo {
        Logo { name: LogoName::of(b"x"), width, height, alt: "x".into() }
    }

    #[test]
    fn a_logo_keeps_its_shape_and_stays_small() {
        for (size, shown) in [
            ((320, 96), (160, 48)),
            ((96, 96), (48, 48)),
            ((320, 20), (160, 10)),
            ((100, 30), (100, 30)),
            ((8, 96), (4, 48)),
            ((320, 1), (160, 1)),
        ] {
            assert_eq!(logo(size.0, size.1).shown(), shown, "{size:?}");
        }
    }

    #[test]
    fn a_name_is_found_in_an_email_and_nothing_else_is_one() {
        let name = LogoName::of(b"a picture");
        assert_eq!(name.to_string().parse(), Ok(name.clone()));
        let html = format!("<td><img src=\"{}\" width=\"160\"></td>", name.source());
        assert_eq!(LogoName::named_in(&html), Some(name.clone()));
        for other in
            ["", "<p>cid:</p>", "<img src=\"cid:../../x@logo.invalid\">", "<img src=\"https://example.org/x.png\">"]
        {
            assert_eq!(LogoName::named_in(other), None, "{other}");
        }
        for wrong in ["", "..", "0123456789ABCDEF0123456789ABCDEF", &"0".repeat(33)] {
            assert!(wrong.parse::<LogoName>().is_err(), "{wrong}");
        }
        assert_ne!(LogoName::of(b"another"), name);
    }
}
