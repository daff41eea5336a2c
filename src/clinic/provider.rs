//! Whose mailboxes an address is among. Providers count what comes to them, whatever the ending of the
//! address, so limits and their "not so fast" are kept by provider.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use super::person::EmailAddress;

const SHIPPED: &str = include_str!("../../config/providers.toml");

/// Which endings belong together.
#[derive(Clone, Debug, Default)]
pub struct Providers(HashMap<Arc<str>, Arc<str>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    domains: Vec<String>,
}

impl Providers {
    /// The list that ships with the program.
    ///
    /// # Errors
    /// When the shipped file is broken; a test keeps this from happening.
    pub fn shipped() -> Result<Self, String> {
        Self::read(SHIPPED)
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| format!("providers.toml: {error}"))?;
        let mut known = HashMap::new();
        for row in file.provider {
            let name: Arc<str> =
                row.domains.first().ok_or("providers.toml: a provider without an ending")?.as_str().into();
            for domain in &row.domains {
                if known.insert(Arc::from(domain.as_str()), Arc::clone(&name)).is_some() {
                    return Err(format!("providers.toml: {domain} stands twice"));
                }
            }
        }
        Ok(Self(known))
    }

    /// The provider of an address: its first ending, or the address's own ending.
    #[must_use]
    pub fn of(&self, address: &EmailAddress) -> Arc<str> {
        self.named(address.domain())
    }

    /// The provider of an ending, as settings may name it.
    #[must_use]
    pub fn named(&self, domain: &str) -> Arc<str> {
        self.0.get(domain).map_or_else(|| domain.into(), Arc::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> String {
        let providers = Providers::shipped().expect("what ships");
        providers.of(&address.parse().expect("an address")).to_string()
    }

    #[test]
    fn endings_of_one_provider_are_one_provider() {
        for (address, provider) in [
            ("cleo@gmail.com", "gmail.com"),
            ("cleo@GoogleMail.com", "gmail.com"),
            ("cleo@hotmail.co.uk", "outlook.com"),
            ("cleo@live.com", "outlook.com"),
            ("cleo@aol.com", "yahoo.com"),
            ("cleo@web.de", "gmx.net"),
            ("cleo@mac.com", "icloud.com"),
        ] {
            assert_eq!(of(address), provider, "{address}");
        }
    }

    #[test]
    fn an_ending_nobody_lists_is_a_provider_of_its_own() {
        assert_eq!(of("cleo@client.example"), "client.example");
        assert_eq!(of("cleo@mail.gmail.com"), "mail.gmail.com", "a part of a name is another name");
    }

    #[test]
    fn a_list_that_says_two_things_is_refused() {
        for bad in [
            "[[provider]]\ndomains = []",
            "[[provider]]\ndomains = [\"a.example\", \"a.example\"]",
            "[[provider]]\ndomains = [\"a.example\"]\n[[provider]]\ndomains = [\"b.example\", \"a.example\"]",
            "[[provider]]\nname = \"a\"\ndomains = [\"a.example\"]",
        ] {
            assert!(Providers::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_shipped_ending_is_written_as_addresses_keep_it() {
        let providers = Providers::shipped().expect("what ships");
        for domain in providers.0.keys() {
            let address: EmailAddress = format!("a@{domain}").parse().expect("an address");
            assert_eq!(address.domain(), &**domain);
        }
    }
}
