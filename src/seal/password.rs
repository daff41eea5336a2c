//! Passwords: argon2id with the parameters OWASP names (19 MiB, two passes, one lane). Both calls
//! take some 50 milliseconds of a processor, so they belong on a thread that may be kept.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A hash of no one's password, for addresses that have none: the same work, whoever asks.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash to keep, in PHC form, with a salt of its own.
///
/// # Errors
/// When the operating system has no memory for it or no random bytes.
pub fn hash(password: &str) -> Result<String, String> {
    hasher().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

/// Whether this is the password. Without a kept hash the answer is no, after the same work.
#[must_use]
pub fn fits(password: &str, kept: Option<&str>) -> bool {
    let known = kept.and_then(|kept| PasswordHash::new(kept).ok());
    let there = known.is_some();
    let Some(hash) = known.or_else(|| PasswordHash::new(NOBODY).ok()) else { return false };
    hasher().verify_password(password.as_bytes(), &hash).is_ok() && there
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_and_no_other() {
        let kept = hash("correct horse battery").expect("a hash");
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(fits("correct horse battery", Some(&kept)));
        assert!(!fits("correct horse batterz", Some(&kept)) && !fits("", Some(&kept)));
        assert!(!fits("correct horse battery", None) && !fits("x", Some("no hash at all")));
        assert_ne!(hash("correct horse battery").expect("a hash"), kept, "each hash has a salt of its own");
    }

    #[test]
    fn the_hash_of_nobody_can_be_read() {
        assert!(PasswordHash::new(NOBODY).is_ok(), "else an unknown address would be answered sooner");
    }
}
