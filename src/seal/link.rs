//! The tokens of links for clients. A token is the name of its row and a secret; the database keeps the name
//! and a digest of the secret, so that whoever reads the database can open no page.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::{random, token};

/// 96 random bits: no two rows ever share one.
const NAME: usize = 12;

/// 128 random bits: nobody guesses one.
const SECRET: usize = 16;

/// How many letters the name takes: it stands first, and 12 bytes fill 16 letters.
const NAME_LETTERS: usize = 16;

/// How many letters a token has.
const LETTERS: usize = 38;

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
    let name = BASE64_URL_SAFE_NO_PAD.encode(random::<NAME>());
    let secret = BASE64_URL_SAFE_NO_PAD.encode(random::<SECRET>());
    Fresh { token: format!("{name}{secret}"), digest: token::digest(&secret), name }
}

/// The name and the digest in a token; nothing when it is none of ours by its looks.
#[must_use]
pub fn parts(token: &str) -> Option<(&str, String)> {
    let ours = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if token.len() != LETTERS || !token.bytes().all(ours) {
        return None;
    }
    let (name, secret) = token.split_at(NAME_LETTERS);
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
        assert!(!one.digest.contains(&one.token[NAME_LETTERS..]) && !format!("{one:?}").contains(&one.token));
    }

    #[test]
    fn what_is_no_token_is_nothing() {
        let token = fresh().token;
        for wrong in ["", "x", &token[1..], &format!("{token}A"), &token.replacen(|_: char| true, "/", 1), "é"] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
