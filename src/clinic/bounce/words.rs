//! Notices without fields, read by the words that large providers and common servers use. A
//! refusal of us is looked for first: it is often dressed as something about the address.

use super::Meaning;

/// The far side does not want our mail, or this letter.
const OURS: [&str; 16] = [
    "spam",
    "blocked",
    "blocklist",
    "blacklist",
    "block list",
    "black list",
    "reputation",
    "dmarc",
    "spf check",
    "spf fail",
    "dkim",
    "policy",
    "access denied",
    "not authorized",
    "relay",
    "too large",
];

/// Nobody is there.
const NOBODY: [&str; 18] = [
    "no such user",
    "no such recipient",
    "no such mailbox",
    "user unknown",
    "unknown user",
    "unknown recipient",
    "recipient unknown",
    "unknown or illegal",
    "does not exist",
    "doesn't exist",
    "address not found",
    "couldn't be found",
    "wasn't found",
    "not found at",
    "no mailbox here by that name",
    "invalid recipient",
    "mailbox unavailable",
    "does not have a",
];

/// Somebody is there and takes nothing at the moment.
const NOT_NOW: [&str; 14] = [
    "mailbox full",
    "mailbox is full",
    "over quota",
    "quota exceeded",
    "exceeded its quota",
    "insufficient storage",
    "out of storage",
    "inactive",
    "disabled",
    "suspended",
    "timed out",
    "connection refused",
    "could not be delivered within",
    "retry time",
];

/// What the words say, if they are known.
pub(super) fn told(words: &str) -> Option<Meaning> {
    let words = words.to_lowercase().replace(['\u{2019}'], "'");
    let says = |known: &[&str]| known.iter().any(|one| words.contains(one));
    if says(&OURS) {
        Some(Meaning::OurFault)
    } else if says(&NOT_NOW) {
        Some(Meaning::NotNow)
    } else if says(&NOBODY) {
        Some(Meaning::NoMailbox)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_providers_say_is_told_apart() {
        let table = [
            (
                "Address not found. Your message wasn't delivered because the address couldn't be found",
                Meaning::NoMailbox,
            ),
            ("The email account that you tried to reach does not exist", Meaning::NoMailbox),
            ("This user doesn\u{2019}t have a mailbox; the account doesn\u{2019}t exist", Meaning::NoMailbox),
            ("Sorry, no mailbox here by that name. (#5.1.1)", Meaning::NoMailbox),
            ("The email account that you tried to reach is over quota", Meaning::NotNow),
            ("The account is disabled and does not exist any more for mail", Meaning::NotNow),
            ("retry timeout exceeded: retry time not reached for any host", Meaning::NotNow),
            ("Message rejected due to local policy", Meaning::OurFault),
            ("no such user, or blocked as spam", Meaning::OurFault),
        ];
        for (words, wanted) in table {
            assert_eq!(told(words), Some(wanted), "{words}");
        }
        assert_eq!(told("Thank you for your message, I am on holiday."), None);
    }
}
