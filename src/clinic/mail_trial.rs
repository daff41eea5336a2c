//! What the answer to a test mail means, in plain words: for whoever sets a clinic up and has never
//! read a mail server's reply.

/// What to do about a reply or a failure on the way.
#[must_use]
pub fn explain(reply: &str) -> &'static str {
    let reply = reply.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| reply.contains(word));
    if says(&["535", "534", "530", "authentication", "credentials", "sign-in", "auth"]) {
        "The mail server does not take the user name or password. Many providers want a password made for programs."
    } else if says(&["inside the network"]) {
        "The mail server's name leads to a machine inside your own network. Whoever runs this system can name it in the settings file."
    } else if says(&["certificate", "tls", "handshake"]) {
        "The connection could not be made safe. Check the server's name. If the server has a certificate of its own making, its authority belongs into mail.extra_ca_file."
    } else if says(&["lookup", "resolve", "not known", "no address", "dns"]) {
        "The mail server's name was not found. Check the spelling and this machine's network."
    } else if says(&["refused", "unreachable", "timed out", "no answer", "timeout"]) {
        "The mail server does not answer. Check server and port: 587 with STARTTLS, 465 with TLS from the start. Some networks block mail."
    } else if says(&["spf", "dkim", "dmarc", "5.7.26", "not permitted", "relay"]) {
        "The mail server may not send for this sender. Check the sender's address and the SPF and DKIM records of its domain."
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
            ("mail.example.org:587: its name leads to a machine inside the network", "inside your own network"),
            ("550 5.7.26 SPF check failed", "SPF and DKIM"),
            ("550 5.1.1 no such user", "Check the address"),
            ("451 greylisted", "said no"),
        ] {
            assert!(explain(reply).contains(says), "{reply}: {}", explain(reply));
        }
    }
}
