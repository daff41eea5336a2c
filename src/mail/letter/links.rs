//! A client's own links, and what stands in their place where the clinic has no public address.

use url::Url;

use crate::clinic::link::Door;
use crate::clinic::person::EmailAddress;

/// What the links of one email are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// Where the clinic's pages can be reached from outside, if anywhere.
    pub base_url: Option<Url>,
    /// Where mail that asks to stop is read.
    pub mailbox: Option<EmailAddress>,
    /// The token of the check-in; without one the letter asks to call or to reply.
    pub check_in: Option<String>,
    /// The token of the preferences.
    pub preferences: String,
    /// The token that stops this kind of email at once.
    pub stop: String,
    /// The token of the page to read the letter again.
    pub reread: String,
}

/// How a client can stop these emails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// By a link; one click when it is https (RFC 8058).
    Link(String),
    /// By a mail that the link prepares.
    Mail(String),
    /// Only by telling the clinic.
    InPerson,
}

impl Links {
    /// The same tokens for everyone, for previews and `aftercare plan`.
    #[must_use]
    pub fn placeholders(base_url: Option<Url>, mailbox: Option<EmailAddress>) -> Self {
        Self {
            base_url,
            mailbox,
            check_in: Some("check-in-token".into()),
            preferences: "preferences-token".into(),
            stop: "stop-token".into(),
            reread: "reread-token".into(),
        }
    }

    /// No pages at all: only mail or a call can stop these emails.
    #[must_use]
    pub fn by_mail(mailbox: Option<EmailAddress>) -> Self {
        let none = String::new;
        Self { base_url: None, mailbox, check_in: None, preferences: none(), stop: none(), reread: none() }
    }

    /// The check-in.
    #[must_use]
    pub fn check_in_url(&self) -> Option<String> {
        self.page(Door::CheckIn, self.check_in.as_ref()?)
    }

    /// The preferences.
    #[must_use]
    pub fn preferences_url(&self) -> Option<String> {
        self.page(Door::Preferences, &self.preferences)
    }

    /// The letter as a page.
    #[must_use]
    pub fn reread_url(&self) -> Option<String> {
        self.page(Door::Letter, &self.reread)
    }

    /// How to stop these emails.
    #[must_use]
    pub fn stop(&self) -> Stop {
        if let Some(url) = self.page(Door::Preferences, &self.stop) {
            return Stop::Link(url);
        }
        match &self.mailbox {
            // A plain word for people and programs; the token tells which client and which kind of mail.
            Some(mailbox) if self.stop.is_empty() => Stop::Mail(format!("mailto:{mailbox}?subject=unsubscribe")),
            Some(mailbox) => Stop::Mail(format!("mailto:{mailbox}?subject=unsubscribe%20{}", safe(&self.stop))),
            None => Stop::InPerson,
        }
    }

    /// The address of a page for the holder of this token.
    fn page(&self, door: Door, token: &str) -> Option<String> {
        Some(door.address(self.base_url.as_ref()?.as_str(), &safe(token)))
    }
}

/// Only what needs no quoting in a URL; our tokens are made of nothing else.
fn safe(token: &str) -> String {
    token.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_hang_below_the_public_address() {
        let links = Links::placeholders(Url::parse("https://care.example.org/clinic/").ok(), None);
        assert_eq!(links.check_in_url().as_deref(), Some("https://care.example.org/clinic/c/check-in-token"));
        assert_eq!(links.reread_url().as_deref(), Some("https://care.example.org/clinic/a/reread-token"));
        assert_eq!(links.preferences_url().as_deref(), Some("https://care.example.org/clinic/p/preferences-token"));
        assert_eq!(links.stop(), Stop::Link("https://care.example.org/clinic/p/stop-token".into()));
    }

    #[test]
    fn without_a_public_address_only_mail_or_a_call_can_stop() {
        let mailbox = "hello@clinic.example".parse().expect("an address");
        let links = Links::placeholders(None, Some(mailbox));
        assert_eq!((links.check_in_url(), links.reread_url()), (None, None));
        assert_eq!(links.stop(), Stop::Mail("mailto:hello@clinic.example?subject=unsubscribe%20stop-token".into()));
        assert_eq!(Links::placeholders(None, None).stop(), Stop::InPerson);
        let mailbox = "hello@clinic.example".parse().expect("an address");
        assert_eq!(
            Links::by_mail(Some(mailbox)).stop(),
            Stop::Mail("mailto:hello@clinic.example?subject=unsubscribe".into())
        );
    }

    #[test]
    fn a_letter_without_a_check_in_page_has_no_button() {
        let links = Links { check_in: None, ..Links::placeholders(Url::parse("https://care.example.org").ok(), None) };
        assert_eq!((links.check_in_url(), links.reread_url().is_some()), (None, true));
    }
}
