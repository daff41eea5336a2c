//! What clients read on pages and in service mail, a language each: words in files, one noun a file.
//! Letters have words of their own. A key that is missing in a language fails the build.

mod checkin;
mod common;
mod form;
mod preferences;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::de::DeserializeOwned;

pub use checkin::{CallClinic, Checkin, Emergency, Expected, SameDay};
pub use common::{Common, Notice};
pub use form::FormWords;
pub use preferences::Preferences;

use super::letter::locales;

/// Everything in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The locale, as in `lang` attributes.
    pub lang: &'static str,
    /// What stands around every page.
    pub common: Common,
    /// The page where clients choose what they are sent.
    pub preferences: Preferences,
    /// The check-in and the page that answers it.
    pub checkin: Checkin,
    /// The intake form.
    pub form: FormWords,
}

/// The files of one language: the noun and the text.
type Files = [(&'static str, &'static str); 4];

macro_rules! files {
    ($lang:literal) => {
        [
            ("common", include_str!(concat!("../../config/words/", $lang, "/common.toml"))),
            ("preferences", include_str!(concat!("../../config/words/", $lang, "/preferences.toml"))),
            ("checkin", include_str!(concat!("../../config/words/", $lang, "/checkin.toml"))),
            ("form", include_str!(concat!("../../config/words/", $lang, "/form.toml"))),
        ]
    };
}

static ALL: LazyLock<BTreeMap<&'static str, Words>> = LazyLock::new(|| {
    [("en", files!("en")), ("es", files!("es"))].map(|(lang, files)| (lang, Words::read(lang, &files))).into()
});

impl Words {
    /// The words for this client: their own language, its base language, the clinic's, English.
    #[must_use]
    pub fn for_locale(client: Option<&str>, clinic: &str) -> &'static Self {
        locales(client, clinic)
            .iter()
            .find_map(|locale| ALL.get(locale.as_str()))
            .expect("English ends every chain and is there")
    }

    /// The words of exactly this locale.
    #[must_use]
    pub fn of(locale: &str) -> Option<&'static Self> {
        ALL.get(locale)
    }

    /// Every language, by locale.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ALL.values()
    }

    /// Whether the Spanish half of the catalogue goes with these words. It has English and Spanish.
    #[must_use]
    pub fn is_spanish(&self) -> bool {
        self.lang == "es"
    }

    fn read(lang: &'static str, files: &Files) -> Self {
        Self {
            lang,
            common: parsed(files, "common"),
            preferences: parsed(files, "preferences"),
            checkin: parsed(files, "checkin"),
            form: parsed(files, "form"),
        }
    }
}

/// One noun's words. What is in the program was read by the test below.
fn parsed<T: DeserializeOwned>(files: &Files, noun: &str) -> T {
    let text = files.iter().find(|(name, _)| *name == noun).map_or("", |(_, text)| text);
    toml::from_str(text).expect("a test reads every file of words that ships")
}

/// A text with its fields filled in; what has no value stays as it is. Where the text goes decides how it is
/// escaped, so nothing is escaped here.
#[must_use]
pub fn filled(text: &str, fields: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(name, tail)| Some((fields.iter().find(|(field, _)| *field == name)?.1, tail)));
        match known {
            Some((value, tail)) => {
                out.push_str(value);
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_read_and_only_english_needs_no_review() {
        let languages: Vec<_> = Words::all().map(|words| (words.lang, words.common.needs_review)).collect();
        assert_eq!(languages, [("en", false), ("es", true)]);
    }

    #[test]
    fn a_client_gets_their_language_then_the_clinics_then_english() {
        let lang = |client, clinic| Words::for_locale(client, clinic).lang;
        assert_eq!((lang(Some("es-MX"), "en"), lang(Some("ES_es"), "en")), ("es", "es"));
        assert_eq!((lang(None, "es"), lang(Some("de"), "es"), lang(Some("de"), "fr")), ("es", "es", "en"));
        assert_eq!(lang(Some("en"), "es"), "en");
    }

    #[test]
    fn fields_are_filled_once_and_never_read_again() {
        assert_eq!(filled("Call {phone} now {phone}", &[("phone", "1 {phone}")]), "Call 1 {phone} now 1 {phone}");
        assert_eq!(filled("{who} at {clinic", &[("clinic", "x")]), "{who} at {clinic");
    }
}
