//! The tokens of links for clients. A token is a secret and the name of its row; the database keeps the name
//! and a digest of the secret, so that whoever reads the database can open no page.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::{random, token};

/// 96 random bits: no two rows ever share one.
const NAME: usize = 12;

/// 144 random bits: nobody guesses one.
const SECRET: usize = 18;

/// How many letters the name takes; it stands last.
const NAME_LETTERS: usize = 16;

/// How many letters a token has.
const LETTERS: usize = 40;

/// So many had one of an earlier version, with the name before the secret. Emails that carry them are read for
/// two years.
const LETTERS_BEFORE: usize = 38;

/// A new token, with what is kept of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Fresh {
    /// What stands in the address.
    pub token: String,
    /// The row's name.
    pub name: String,
    /// The digest of the secret.
    pub digest: String,
}

/// A token opens a client's pages, so it never reaches a log by accident.
impl std::fmt::Debug for Fresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fresh({})", self.name)
    }
}

/// A token nobody has.
#[must_use]
pub fn fresh() -> Fresh {
    fresh_secret(&fresh_name())
}

/// A name no row has.
#[must_use]
pub fn fresh_name() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random::<NAME>())
}

/// A token for the row of this name.
#[must_use]
pub fn fresh_secret(name: &str) -> Fresh {
    let secret = BASE64_URL_SAFE_NO_PAD.encode(random::<SECRET>());
    Fresh { token: format!("{secret}{name}"), digest: token::digest(&secret), name: name.to_owned() }
}

/// The name and the digest in a token; nothing when it is none of ours by its looks.
#[must_use]
pub fn parts(token: &str) -> Option<(&str, String)> {
    let ours = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !token.bytes().all(ours) {
        return None;
    }
    let (name, secret) = match token.len() {
        LETTERS => {
            let (secret, name) = token.split_at(LETTERS - NAME_LETTERS);
            (name, secret)
        }
        LETTERS_BEFORE => token.split_at(NAME_LETTERS),
        _ => return None,
    };
    Some((name, token::digest(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_its_name_and_a_secret_that_is_not_kept() {
        let (one, other) = (fresh(), fresh());
        assert!(one.token != other.token && one.name != other.name);
        assert_eq!(parts(&one.token), Some((one.name.as_str(), one.digest.clone())));
        assert!(!one.digest.contains(&one.token[..24]) && !format!("{one:?}").contains(&one.token));
    }

    #[test]
    fn tokens_of_one_row_share_its_name_alone() {
        let name = fresh_name();
        let (one, other) = (fresh_secret(&name), fresh_secret(&name));
        assert!(one.token[..24] != other.token[..24] && one.digest != other.digest);
        assert_eq!(parts(&one.token), Some((name.as_str(), one.digest)));
        assert_eq!(parts(&other.token), Some((name.as_str(), other.digest)));
    }

    #[test]
    fn a_token_of_an_earlier_version_is_still_read() {
        let (name, secret) = ("nameNAMEname-_16", "secretSECRETsecret-_22");
        assert_eq!(parts(&format!("{name}{secret}")), Some((name, token::digest(secret))));
    }

    #[test]
    fn what_is_no_token_is_nothing() {
        let token = fresh().token;
        for wrong in
            ["", "x", &token[1..], &format!("{token}A"), &token[3..], &token.replacen(|_: char| true, "/", 1), "é"]
        {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
