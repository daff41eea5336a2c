//! A folder instead of a relay: one `.eml` a mail, for trying things out and for the demo. The
//! name comes from the Message-ID, so a retry replaces the file instead of adding one.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Writes the message and returns where it lies.
///
/// The file appears whole or not at all: written beside its place, synced, then renamed; the
/// folder is synced too, since a rename alone may be lost with the power.
///
/// # Errors
/// When the folder cannot be made or written.
pub fn write(folder: &Path, message_id: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(file_name(message_id));
    let mut draft = tempfile::Builder::new().prefix(".draft-").tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    draft.persist(&path).map_err(|why| why.error)?;
    File::open(folder)?.sync_all()?;
    Ok(path)
}

/// A file name that tells the Message-ID apart from every other. What a file system may not like
/// is replaced, and then a digest keeps two ids from meeting in one name.
fn file_name(message_id: &str) -> String {
    let id = message_id.trim().trim_start_matches('<').trim_end_matches('>');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '@' | '.');
    let mut name: String = id.chars().take(120).map(|c| if plain(c) { c } else { '_' }).collect();
    if name != id || name.starts_with('.') || name.is_empty() {
        name.insert(0, '_');
        for byte in Sha256::digest(id.as_bytes()).iter().take(8) {
            // Writing to a String cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
    }
    name.push_str(".eml");
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_replaces_its_file_and_leaves_no_draft() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("out");
        let first = write(&inner, "<a@clinic.example>", b"one").expect("written");
        let again = write(&inner, "<a@clinic.example>", b"two").expect("written");
        assert_eq!(first, again);
        assert_eq!(fs::read(&again).expect("read"), b"two");
        let names: Vec<_> =
            fs::read_dir(&inner).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
        assert_eq!(names, ["a@clinic.example.eml"]);
    }

    #[test]
    fn a_strange_id_stays_in_the_folder_and_keeps_its_own_name() {
        for id in ["../../etc/passwd", ".hidden", "", "a/b", "x".repeat(500).as_str(), "a\0b"] {
            let name = file_name(id);
            assert!(name.starts_with('_') && !name.contains(['/', '\0']) && name.len() < 160, "{name}");
        }
        assert_ne!(file_name("a/b"), file_name("a:b"));
    }
}
