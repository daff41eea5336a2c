//! The frozen copy of an email: what exactly went out, and what it was made of. Kept sealed beside
//! the outbox, so that years later the clinic can show the text, the letter, the catalogue, what was
//! withheld and what the client had agreed to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::message::{Inline, picture_lines};
use crate::clinic::intake::Consent;
use crate::clinic::look::LogoName;
use crate::clinic::plan::line::PersonalLine;
use crate::clinic::plan::{Content, LetterId};

/// A frozen copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// What it was made of.
    pub made_of: MadeOf,
    /// The message as handed to the relay, byte for byte; without the lines of its logo, if it has one. Those are
    /// the same for every email of a clinic and stay with the logo, which is never changed.
    pub bytes: Vec<u8>,
}

/// The logo of a frozen copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenLogo {
    /// Which one.
    pub name: LogoName,
    /// Where in the message its lines belong.
    pub at: usize,
}

/// What an email was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeOf {
    /// Which letter.
    pub letter: LetterId,
    /// Which version of it.
    pub letter_version: u32,
    /// In which language.
    pub locale: String,
    /// Which catalogue.
    pub catalogue_version: String,
    /// What was offered, withheld and warned of, by id.
    pub content: Content,
    /// The therapist's own line, and whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<PersonalLine>,
    /// What the client agreed to at that moment.
    pub consents: Vec<Consent>,
    /// When it was written, by the clinic's clock.
    pub written_at: Timestamp,
    /// The subject.
    pub subject: String,
    /// The logo above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<FrozenLogo>,
}

/// The one layout there is so far: its number, the length of what it was made of, that, the bytes.
const LAYOUT: u8 = 1;

impl Frozen {
    /// Takes the lines of its logo out of a message that holds them.
    #[must_use]
    pub fn without_lines_of(mut self, logo: &Inline<'_>) -> Self {
        let lines = picture_lines(logo.png);
        if let Some(at) = memchr::memmem::find(&self.bytes, &lines) {
            self.bytes.drain(at..at + lines.len());
            self.made_of.logo = Some(FrozenLogo { name: logo.name.clone(), at });
        }
        self
    }

    /// The whole message, with the picture of its logo, if it has one; nothing when that does not fit in.
    #[must_use]
    pub fn whole(mut self, png: Option<&[u8]>) -> Option<Vec<u8>> {
        if let Some(logo) = self.made_of.logo {
            if logo.at > self.bytes.len() {
                return None;
            }
            self.bytes.splice(logo.at..logo.at, picture_lines(png?));
        }
        Some(self.bytes)
    }

    /// As one run of bytes.
    ///
    /// # Errors
    /// Never in practice: ids, numbers and text always serialise.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let made_of = serde_json::to_vec(&self.made_of)?;
        let length = u32::try_from(made_of.len()).unwrap_or(u32::MAX);
        let mut all = Vec::with_capacity(5 + made_of.len() + self.bytes.len());
        all.push(LAYOUT);
        all.extend_from_slice(&length.to_be_bytes());
        all.extend_from_slice(&made_of);
        all.extend_from_slice(&self.bytes);
        Ok(all)
    }

    /// From one run of bytes; `None` when they are no frozen copy.
    #[must_use]
    pub fn from_bytes(all: &[u8]) -> Option<Self> {
        let (layout, rest) = all.split_first()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (made_of, bytes) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        (*layout == LAYOUT).then_some(())?;
        Some(Self { made_of: serde_json::from_slice(made_of).ok()?, bytes: bytes.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frozen() -> Frozen {
        let content = Content {
            advice: vec!["heat".into()],
            stretches: Vec::new(),
            withheld: Vec::new(),
            warning_signs: Vec::new(),
            regions: Vec::new(),
            check_in: true,
        };
        Frozen {
            made_of: MadeOf {
                letter: LetterId::DayOne,
                letter_version: 1,
                locale: "en".into(),
                catalogue_version: "x".into(),
                content,
                line: Some(PersonalLine { text: "Walk.".into(), who: "Theo".into() }),
                consents: vec![Consent::AftercareEmail],
                written_at: Timestamp::UNIX_EPOCH,
                subject: "How are you?".into(),
                logo: None,
            },
            bytes: b"Subject: How are you?\r\n\r\n.\r\n".to_vec(),
        }
    }

    #[test]
    fn the_picture_of_a_logo_is_left_out_and_comes_back_byte_for_byte() {
        let (png, name) = (vec![7; 500], LogoName::of(&[7; 500]));
        let mut bytes = b"Subject: x\r\n\r\n".to_vec();
        bytes.extend(picture_lines(&png));
        bytes.extend(b"\r\n--end--\r\n");
        let frozen = Frozen { bytes: bytes.clone(), ..frozen() };
        let short = frozen.clone().without_lines_of(&Inline { name: &name, png: &png });
        assert_eq!(short.bytes, b"Subject: x\r\n\r\n\r\n--end--\r\n");
        let back = Frozen::from_bytes(&short.to_bytes().expect("serialises")).expect("a copy");
        assert_eq!(back.clone().whole(Some(&png)), Some(bytes.clone()));
        assert_eq!(back.clone().whole(None), None, "without its picture it is not what left");
        assert_eq!(frozen.whole(None), Some(bytes));
        let mut torn = back;
        torn.bytes.truncate(3);
        assert_eq!(torn.whole(Some(&png)), None);
    }

    #[test]
    fn a_frozen_copy_comes_back_byte_for_byte_and_rubbish_does_not() {
        let frozen = frozen();
        let all = frozen.to_bytes().expect("serialises");
        assert_eq!(Frozen::from_bytes(&all), Some(frozen));
        for cut in 0..20 {
            assert_eq!(Frozen::from_bytes(&all[..cut]), None);
        }
        assert_eq!(Frozen::from_bytes(&[9; 40]), None);
    }
}
