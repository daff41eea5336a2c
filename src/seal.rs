//! Encryption at rest for clinical text: whoever steals the database file reads no health fact.
//!
//! A sealed value is bound to its row by a context (`visit/treatment/<id>`), so that a value
//! copied to another row does not open. Keys live in a file beside the settings, never in the
//! database. This room stores nothing and knows no table.

pub mod link;
pub mod password;
pub mod second_factor;
pub mod token;
pub mod webhook;

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// The first byte of every sealed value. A new cipher gets a new number.
const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const NONCE: usize = 24;
const HEAD: usize = 1 + KEY_ID + NONCE;

/// Bytes of a signature: 80 bits, for what can be tried only by mail.
pub const TAG: usize = 10;

/// Bytes of a whole signature.
pub const MARK: usize = 32;

/// Seals with the newest key and opens with any it holds.
pub struct Seal {
    newest: Key,
    older: Vec<Key>,
}

struct Key {
    id: [u8; KEY_ID],
    cipher: XChaCha20Poly1305,
    signer: Hmac<Sha256>,
}

/// Why a sealed value or a key file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Too short, or of a version this program does not know.
    #[error("this is not a sealed value that this version can read")]
    Unknown,
    /// Sealed with a key that the key file does not hold.
    #[error("sealed with key {0}, which is not in the key file; add that key below the newest one")]
    MissingKey(String),
    /// Changed, or taken from another row.
    #[error("the sealed value was changed or belongs to another row")]
    Broken,
    /// The key file could not be read or made.
    #[error("the key file {} cannot be used: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The key file has a line that is no key, or no key at all.
    #[error("the key file {} {problem}", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// What is wrong, in words.
        problem: String,
    },
}

impl Seal {
    /// A seal with this one key.
    #[must_use]
    pub fn from_key(key: &[u8; 32]) -> Self {
        Self { newest: Key::new(key), older: Vec::new() }
    }

    /// A seal with these keys, the newest first.
    #[must_use]
    pub fn from_keys(newest: &[u8; 32], older: &[[u8; 32]]) -> Self {
        Self { newest: Key::new(newest), older: older.iter().map(Key::new).collect() }
    }

    /// The keys of this file, one per line in hexadecimal, the newest first. A file that is not
    /// there is made with a fresh key that only its owner can read.
    ///
    /// # Errors
    /// A sentence that names the file, when it cannot be read, made or understood.
    pub fn open_or_create(path: &Path) -> Result<Self, SealError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                create(path).map_err(|source| SealError::File { path: path.to_owned(), source })?;
                // Read back rather than kept: when two processes start at once, the file decides.
                let text =
                    fs::read_to_string(path).map_err(|source| SealError::File { path: path.to_owned(), source })?;
                Self::parse(path, &text)
            }
            Err(source) => Err(SealError::File { path: path.to_owned(), source }),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self, SealError> {
        let wrong = |problem: String| SealError::Format { path: path.to_owned(), problem };
        let mut keys = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = from_hex(line)
                .ok_or_else(|| wrong(format!("has no key on line {}; a key is 64 hexadecimal digits", number + 1)))?;
            keys.push(Key::new(&key));
        }
        if keys.is_empty() {
            return Err(wrong("holds no key; restore it from your backup, since sealed data needs it".into()));
        }
        let older = keys.split_off(1);
        let newest = keys.pop().ok_or_else(|| wrong("holds no key".into()))?;
        Ok(Self { newest, older })
    }

    /// Seals `plain` for the row that `context` names.
    #[must_use]
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        // 192 random bits never repeat in practice, so no counter has to survive a restart.
        let nonce: [u8; NONCE] = random();
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let sealed = self
            .newest
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a value in memory is far below the cipher's limit of 256 GiB");
        let mut out = Vec::with_capacity(HEAD + sealed.len());
        out.push(VERSION);
        out.extend_from_slice(&self.newest.id);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        out
    }

    /// Opens what [`Seal::seal`] made for the same context.
    ///
    /// # Errors
    /// When it was changed, belongs to another row, or needs a key that is not here.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (head, body) = sealed.split_at_checked(HEAD).ok_or(SealError::Unknown)?;
        let (version, rest) = head.split_at(1);
        if version != [VERSION] {
            return Err(SealError::Unknown);
        }
        let (id, nonce) = rest.split_at(KEY_ID);
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| SealError::Unknown)?;
        let key = std::iter::once(&self.newest)
            .chain(&self.older)
            .find(|key| key.id == id)
            .ok_or_else(|| SealError::MissingKey(hex(id)))?;
        let payload = Payload { msg: body, aad: context.as_bytes() };
        key.cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Broken)
    }

    /// Whether the key of this id (8 hexadecimal digits) is among ours.
    #[must_use]
    pub fn holds(&self, id: &str) -> bool {
        std::iter::once(&self.newest).chain(&self.older).any(|key| hex(&key.id) == id)
    }

    /// A whole signature of bytes for one purpose, with the newest key: for what others can try as often as they like.
    #[must_use]
    pub fn mark(&self, purpose: &str, bytes: &[u8]) -> [u8; MARK] {
        self.newest.mark(purpose, bytes)
    }

    /// Whether one of our keys made this mark.
    #[must_use]
    pub fn is_mark(&self, purpose: &str, bytes: &[u8], mark: &[u8]) -> bool {
        std::iter::once(&self.newest)
            .chain(&self.older)
            .any(|key| key.mark(purpose, bytes).as_slice().ct_eq(mark).into())
    }

    /// Signs bytes for one purpose, with the newest key.
    #[must_use]
    pub fn tag(&self, purpose: &str, bytes: &[u8]) -> [u8; TAG] {
        self.newest.tag(purpose, bytes)
    }

    /// Whether one of our keys signed these bytes for this purpose. Takes as long when it is nearly right.
    #[must_use]
    pub fn is_tag(&self, purpose: &str, bytes: &[u8], tag: &[u8]) -> bool {
        std::iter::once(&self.newest).chain(&self.older).any(|key| key.tag(purpose, bytes).as_slice().ct_eq(tag).into())
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({} keys)", 1 + self.older.len())
    }
}

impl Key {
    fn new(key: &[u8; 32]) -> Self {
        // The id is made from the key, so a file of keys cannot name one wrongly.
        let digest = Sha256::new().chain_update(b"aftercare key id").chain_update(key).finalize();
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&digest[..KEY_ID]);
        // A key of its own, so that signing tells nothing about sealing.
        let signing = Sha256::new().chain_update(b"aftercare signing key").chain_update(key).finalize();
        let signer = Hmac::<Sha256>::new_from_slice(&signing).expect("HMAC takes a key of any length");
        Self { id, cipher: XChaCha20Poly1305::new(&(*key).into()), signer }
    }

    fn mark(&self, purpose: &str, bytes: &[u8]) -> [u8; MARK] {
        let mut signer = self.signer.clone();
        signer.update(purpose.as_bytes());
        signer.update(&[0]);
        signer.update(bytes);
        signer.finalize().into_bytes().into()
    }

    fn tag(&self, purpose: &str, bytes: &[u8]) -> [u8; TAG] {
        let mut tag = [0; TAG];
        tag.copy_from_slice(&self.mark(purpose, bytes)[..TAG]);
        tag
    }
}

/// Writes a whole file under another name first, so that nobody ever reads half a key, and never
/// replaces one that appeared meanwhile.
fn create(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let key: [u8; 32] = random();
    writeln!(file, "# Opens the clinical text of this installation. Keep a copy apart from the database backup.")?;
    writeln!(file, "{}", hex(&key))?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => fs::File::open(folder)?.sync_all(),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in key.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_unchanged_and_in_its_own_row() {
        let seal = Seal::from_key(&[7; 32]);
        let sealed = seal.seal("visit/treatment/1", b"lower back");
        assert_eq!(seal.open("visit/treatment/1", &sealed).expect("opens"), b"lower back");
        assert!(matches!(seal.open("visit/treatment/2", &sealed), Err(SealError::Broken)));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seal.open("visit/treatment/1", &changed).is_err(), "byte {at}");
            assert!(seal.open("visit/treatment/1", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        let seal = Seal::from_key(&[7; 32]);
        assert_ne!(seal.seal("a", b"x"), seal.seal("a", b"x"));
        assert_eq!(seal.open("a", &seal.seal("a", b"")).expect("opens"), b"");
    }

    #[test]
    fn an_older_key_still_opens_and_a_missing_one_is_named() {
        let old = Seal::from_key(&[1; 32]);
        let both = Seal::from_keys(&[2; 32], &[[1; 32]]);
        let sealed = old.seal("row", b"text");
        assert_eq!(both.open("row", &sealed).expect("opens"), b"text");
        let error = old.open("row", &both.seal("row", b"text")).expect_err("unknown key");
        assert!(error.to_string().contains("not in the key file"), "{error}");
        assert_eq!(format!("{both:?}"), "Seal(2 keys)");
    }

    #[test]
    fn a_key_file_is_made_once_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seal.key");
        let sealed = Seal::open_or_create(&path).expect("made").seal("row", b"text");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(Seal::open_or_create(&path).expect("read").open("row", &sealed).expect("opens"), b"text");

        let text = fs::read_to_string(&path).expect("text");
        fs::write(&path, format!("{}\n{text}", "ab".repeat(32))).expect("rotated");
        let rotated = Seal::open_or_create(&path).expect("read");
        assert_eq!(rotated.open("row", &sealed).expect("opens"), b"text");
        assert!(Seal::from_key(&[0xab; 32]).open("row", &rotated.seal("row", b"new")).is_ok());
    }

    #[test]
    fn a_bad_key_file_says_what_is_wrong() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seal.key");
        for (text, words) in [("# nothing\n", "holds no key"), ("xyz\n", "line 1"), ("\n+f\n", "line 2")] {
            fs::write(&path, text).expect("written");
            let error = Seal::open_or_create(&path).expect_err("refused").to_string();
            assert!(error.contains(words) && error.contains("seal.key"), "{error}");
        }
        let error = Seal::open_or_create(&folder.path().join("no/such/key")).expect_err("refused").to_string();
        assert!(error.contains("no/such/key"), "{error}");
    }
}
