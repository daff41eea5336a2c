//! Secrets that are handed out once: session cookies and links. The database keeps only a digest,
//! so that whoever reads it can use none of them. 256 random bits need no slow hash.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::clinic::api_token::PREFIX;

/// A fresh secret of 256 random bits, as 64 hexadecimal digits.
#[must_use]
pub fn fresh() -> String {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    hex(&bytes)
}

/// A fresh secret for a program, with a mark that tells what was found where it should not be.
#[must_use]
pub fn fresh_for_program() -> String {
    format!("{PREFIX}{}", fresh())
}

/// What the database keeps of a secret.
#[must_use]
pub fn digest(secret: &str) -> String {
    digest_of(secret.as_bytes())
}

/// The digest of any bytes.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// What a form of this session carries, so that no other site can post in its name. It follows
/// from the session's secret and says nothing about it.
#[must_use]
pub fn csrf(secret: &str) -> String {
    digest(&format!("form of session {secret}"))
}

/// Whether two texts are the same, in a time that tells nothing about where they differ.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes behind hexadecimal digits; nothing when there is anything else.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let half = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(half(*pair.first()?)? << 4 | half(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (a, b) = (fresh(), fresh());
        assert!(a.len() == 64 && a != b && digest(&a) != a && csrf(&a) != digest(&a));
        assert_eq!(unhex(&hex(&[0, 15, 16, 255])), Some(vec![0, 15, 16, 255]));
        assert_eq!((unhex("0"), unhex("0g"), unhex("é")), (None, None, None));
        assert!(same(&a, &a.clone()) && !same(&a, &b) && !same(&a, "") && !same("", &a));
    }
}
