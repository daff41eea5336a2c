//! The second factor: six digits that a phone reckons from a shared secret and the time (RFC 6238), and codes
//! on paper for when the phone is lost.

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use totp_rs::{Builder, Totp};

use super::{random, token};

/// So many codes on paper.
pub const CODES: usize = 10;

/// What stands before the address in the person's app.
const ISSUER: &str = "Aftercare";

/// A fresh secret of 160 bits, as people type it into an app.
#[must_use]
pub fn fresh() -> String {
    BASE32_NOPAD.encode(&random::<20>())
}

/// Which 30 seconds a code belongs to, when it is one of now, the half minute before or the one after: clocks
/// of phones go a little wrong.
#[must_use]
pub fn step_of(secret: &str, code: &str, now: Timestamp) -> Option<u64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    totp(secret, None)?.check(&digits, u64::try_from(now.as_second()).ok()?)
}

/// The address that an app reads from the code on screen.
#[must_use]
pub fn address(secret: &str, email: &str) -> Option<String> {
    totp(secret, Some(email))?.to_url().ok()
}

/// The digits of this moment, as the person's phone shows them.
#[must_use]
pub fn digits(secret: &str, now: Timestamp) -> Option<String> {
    Some(totp(secret, None)?.generate(u64::try_from(now.as_second()).ok()?).to_string())
}

fn totp(secret: &str, email: Option<&str>) -> Option<Totp> {
    let bytes = BASE32_NOPAD.decode(secret.as_bytes()).ok()?;
    let builder = Builder::new().with_secret(bytes).with_issuer(Some(ISSUER));
    let builder = match email {
        Some(email) => builder.with_account_name(email),
        None => builder,
    };
    builder.build().ok()
}

/// Fresh codes for paper, of 60 random bits each: "k3f7-x2ma-q5tz".
#[must_use]
pub fn fresh_codes() -> Vec<String> {
    let code = || {
        let letters = BASE32_NOPAD.encode(&random::<8>()).to_lowercase();
        format!("{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..12])
    };
    (0..CODES).map(|_| code()).collect()
}

/// What is kept of a code on paper, however it was typed.
#[must_use]
pub fn digest(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    token::digest(&format!("recovery code {}", plain.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B: the last six of its eight digits.
        let secret = BASE32_NOPAD.encode(b"12345678901234567890");
        for (second, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")] {
            assert_eq!(digits(&secret, at(second)).as_deref(), Some(code));
            assert_eq!(step_of(&secret, code, at(second)), u64::try_from(second / 30).ok());
        }
    }

    #[test]
    fn a_code_of_the_half_minute_beside_counts_and_no_other() {
        let secret = fresh();
        let code = digits(&secret, at(1_000_000)).expect("digits");
        let spaced = format!(" {} {} ", &code[..3], &code[3..]);
        assert_eq!(step_of(&secret, &spaced, at(1_000_000)), Some(33_333));
        for beside in [-30, 30] {
            assert_eq!(step_of(&secret, &code, at(1_000_000 + beside)), Some(33_333));
        }
        for (typed, second) in
            [(code.as_str(), 1_000_090), (code.as_str(), 999_910), ("", 1_000_000), ("12345", 1_000_000)]
        {
            assert_eq!(step_of(&secret, typed, at(second)), None, "{typed} {second}");
        }
        assert_eq!(step_of(&secret, "١٢٣٤٥٦", at(1_000_000)), None);
        assert!(fresh() != secret && secret.len() == 32);
    }

    #[test]
    fn an_app_reads_whose_it_is() {
        let address = address(&fresh(), "ada@example.org").expect("an address");
        assert!(address.starts_with("otpauth://totp/Aftercare") && address.contains("ada"), "{address}");
    }

    #[test]
    fn a_code_on_paper_is_the_same_however_it_is_typed() {
        let codes = fresh_codes();
        assert!(codes.len() == CODES && codes.iter().all(|code| code.len() == 14));
        assert_ne!(codes[0], codes[1]);
        assert_eq!(digest(&codes[0]), digest(&codes[0].to_uppercase().replace('-', " ")));
        assert_ne!(digest(&codes[0]), digest(&codes[1]));
    }
}
