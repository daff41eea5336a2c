//! A colour of a clinic: the bar above its pages and emails, with white words on it. Whether they can be read
//! there is reckoned as WCAG 2.2 does.

use std::fmt;
use std::str::FromStr;

/// How much lighter the words must be than what they stand on (WCAG 2.2, 1.4.3).
pub const ENOUGH: f64 = 4.5;

/// A colour of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// The words on a bar.
    pub const WHITE: Self = Self([255; 3]);

    /// Its six digits, as they stand in an address: "0e5a63".
    #[must_use]
    pub fn digits(self) -> String {
        self.0.iter().map(|part| format!("{part:02x}")).collect()
    }

    /// The contrast with another colour, from 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The contrast in words: "3.1 to 1". Never rounded up, since 4.46 is not enough.
    #[must_use]
    pub fn contrast_words(self, other: Self) -> String {
        format!("{:.1} to 1", (self.contrast(other) * 10.0).floor() / 10.0)
    }

    /// Whether white words can be read on it.
    #[must_use]
    pub fn carries_white(self) -> bool {
        self.contrast(Self::WHITE) >= ENOUGH
    }

    /// The nearest darker shade of it on which white words can be read; itself, where they can.
    #[must_use]
    pub fn dark_enough(self) -> Self {
        let shade = |of: u16| Self(self.0.map(|part| u8::try_from(u16::from(part) * of / 255).unwrap_or(u8::MAX)));
        (0..=255).rev().map(shade).find(|shade| shade.carries_white()).unwrap_or(Self([0; 3]))
    }

    /// Whether it can be taken for the red that says danger.
    #[must_use]
    pub fn is_red(self) -> bool {
        let [red, green, blue] = self.0.map(i32::from);
        red >= 130 && 2 * red >= 5 * green && 2 * red >= 5 * blue
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.digits())
    }
}

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "Write a colour as # and six digits or letters from a to f, like #0e5a63.".to_owned();
        let digits = text.strip_prefix('#').unwrap_or(text);
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().expect("a colour")
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let near = |one: f64, two: f64| (one - two).abs() < 0.01;
        assert!(near(colour("#000000").contrast(Colour::WHITE), 21.0));
        assert!(near(colour("#767676").contrast(Colour::WHITE), 4.54), "the grey everybody knows");
        assert!(near(colour("#ff0000").contrast(Colour::WHITE), 4.0));
        assert!(near(Colour::WHITE.contrast(colour("#0000ff")), 8.59));
        assert_eq!(colour("#777777").contrast_words(Colour::WHITE), "4.4 to 1", "4.48 is not enough and not 4.5");
    }

    #[test]
    fn every_colour_has_a_nearest_shade_that_carries_white() {
        for number in (0..=0x00ff_ffff_u32).step_by(9973) {
            let [_, red, green, blue] = number.to_be_bytes();
            let typed = Colour([red, green, blue]);
            let shade = typed.dark_enough();
            assert!(shade.carries_white(), "{typed} to {shade}");
            assert_eq!(typed.carries_white(), shade == typed, "{typed} to {shade}");
        }
        assert_eq!(colour("#ffcc00").dark_enough().to_string(), "#907300");
    }

    #[test]
    fn a_colour_is_six_digits_and_nothing_else() {
        assert_eq!(colour("0E5A63").to_string(), "#0e5a63");
        for wrong in ["", "#", "#fff", "red", "#0e5a6g", "#0e5a63;", "+e5a63", "#0e5a63 ", "0e5a6é", "##0e5a6"] {
            assert!(wrong.parse::<Colour>().is_err(), "{wrong}");
        }
        assert!(colour("#a3121f").is_red() && !colour("#0e5a63").is_red() && !colour("#907300").is_red());
        assert!(colour("#d2312d").is_red() && !colour("#7a3b00").is_red(), "brown is no alarm");
    }
}
