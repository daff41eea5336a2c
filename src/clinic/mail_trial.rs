//! What the answer to a test mail means, in plain words: for whoever sets a clinic up and has never
//! read a mail server's reply.

/// What to do about a reply or a failure on the way.
#[must_use]
pub fn explain(reply: &str) -> &'static str {
    let reply = reply.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| reply.contains(word));
    if says(&["535", "534", "530", "authentication", "credentials", "sign-in", "auth"]) {
        "The mail server does not take the user name or password in mail.url. Many providers want a password made for programs."
    } else if says(&["certificate", "tls", "handshake"]) {
        "The connection could not be made safe. Check the server's name in mail.url, or name its own authority in mail.extra_ca_file."
    } else if says(&["lookup", "resolve", "not known", "no address", "dns"]) {
        "The mail server's name was not found. Check the spelling in mail.url and this machine's network."
    } else if says(&["refused", "unreachable", "timed out", "no answer", "timeout"]) {
        "The mail server does not answer. Check host and port in mail.url: 587 for smtp://, 465 for smtps://. Some networks block mail."
    } else if says(&["spf", "dkim", "dmarc", "5.7.26", "not permitted", "relay"]) {
        "The mail server may not send for this sender. Check mail.from and the domain's SPF and DKIM records."
    } else if says(&["5.1.1", "5.1.2", "no such", "unknown user", "550"]) {
        "The mail server does not take mail for this address. Check the address of your account."
    } else {
        "The mail server said no. Its words are beside this; your provider knows what they mean."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_failures_are_told_in_plain_words() {
        for (reply, says) in [
            ("535 5.7.8 Authentication failed", "user name or password"),
            ("mail.example.org:587: invalid peer certificate: UnknownIssuer", "could not be made safe"),
            ("mail.example.orgg:587: failed to lookup address information", "name was not found"),
            ("127.0.0.1:2525: connection refused", "does not answer"),
            ("550 5.7.26 SPF check failed", "SPF and DKIM"),
            ("550 5.1.1 no such user", "Check the address"),
            ("451 greylisted", "said no"),
        ] {
            assert!(explain(reply).contains(says), "{reply}: {}", explain(reply));
        }
    }
}
