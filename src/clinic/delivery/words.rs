//! A mail server's words, in words that help.

use crate::clinic::bounce::{self, Meaning, Report, Status};

/// What a refusal means, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// What happened.
    pub what: &'static str,
    /// What to do about it.
    pub then: &'static str,
}

const PHONE: &str = "Phone the client and ask for another address.";
const OFFICE: &str = "The address may be fine. Tell whoever looks after your mail server; its own words are below.";

/// What a server's last word about an email means.
#[must_use]
pub fn refusal(reply: &str) -> Said {
    let said = |what, then| Said { what, then };
    let status = Status::in_text(reply);
    match status.map(|status| (status.class, status.subject, status.detail)) {
        Some((_, 2, 2)) => return said("The mailbox is full.", "Phone the client if it matters today."),
        Some((_, 2, 1)) => return said("The mailbox is switched off.", PHONE),
        Some((5, 1, 2 | 10)) => return said("The part after the @ takes no mail. Perhaps it is misspelled.", PHONE),
        Some((5, 1, 3)) => return said("The address is not written right.", PHONE),
        Some((_, 2 | 3, 3 | 4)) => return said("The email is longer than that mailbox takes.", OFFICE),
        _ => {}
    }
    if ["535", "534", "530", "538"].iter().any(|code| reply.starts_with(code)) {
        return said("Your mail server does not take the name or password it was given.", OFFICE);
    }
    let report = Report { action: bounce::Action::of("failed"), status, words: reply.to_owned(), complaint: false };
    match bounce::meaning(&report) {
        Meaning::NoMailbox => said("This address does not exist.", PHONE),
        Meaning::OurFault => said("The client’s provider refused our mail, not the address.", OFFICE),
        // What says no more than a number of the class "not now" used up every try.
        _ if reply.starts_with('4') => said(
            "The client’s provider said “later” until every try was used up.",
            "Phone the client if it matters today.",
        ),
        _ => said("The mail server said no.", OFFICE),
    }
}

/// The same words without anybody's address, for those who may not see whose mail it was.
#[must_use]
pub fn without_addresses(words: &str) -> String {
    let known = |word: &&str| !word.contains('@');
    let kept: Vec<&str> = words.split_whitespace().map(|word| if known(&word) { word } else { "‹address›" }).collect();
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_no_has_its_own_sentence() {
        for (reply, what) in [
            ("550 5.1.1 <cleo@example.org>: user unknown", "does not exist"),
            ("550 No such user here", "does not exist"),
            ("550 5.1.2 bad destination system", "misspelled"),
            ("556 5.1.10 null MX", "misspelled"),
            ("553 5.1.3 syntax", "not written right"),
            ("552 5.2.2 mailbox full", "full"),
            ("450 4.2.2 over quota", "full"),
            ("550 5.2.1 disabled", "switched off"),
            ("552 5.3.4 too big", "longer"),
            ("552 5.2.3 too big", "longer"),
            ("550 5.7.1 blocked, see our policy", "refused our mail"),
            ("554 5.7.26 unauthenticated", "refused our mail"),
            ("550 5.1.1 blocked, listed by a blocklist", "refused our mail"),
            ("535 5.7.8 wrong password", "name or password"),
            ("451 4.7.1 greylisted", "refused our mail"),
            ("451 please try again", "until every try"),
            ("554 transaction failed", "said no"),
            ("", "said no"),
        ] {
            let said = refusal(reply);
            assert!(said.what.contains(what), "{reply}: {}", said.what);
            assert!(!said.then.is_empty());
        }
    }

    #[test]
    fn nobodys_address_is_left_in_a_servers_words() {
        let words =
            "mail.example.org:587: RCPT was answered with 421 <cleo@example.org>: slow\ndown to:cleo@example.org";
        let clean = without_addresses(words);
        assert_eq!(clean, "mail.example.org:587: RCPT was answered with 421 ‹address› slow down ‹address›");
    }
}
