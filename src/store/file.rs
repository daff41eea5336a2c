//! Where a SQLite database lies: in a folder that takes new files, in a file that is its owner's alone.

use std::path::Path;

use super::{Error, Result};

/// SQLite's own words for a missing or locked folder are "unable to open database file".
pub(super) fn check_folder(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    if !folder.is_dir() {
        return Err(Error::Unusable(format!(
            "the folder {} for the database is not there; make it, or change the database address",
            folder.display()
        )));
    }
    // Beside the file SQLite keeps a journal, so it is the folder that must take new files.
    tempfile::tempfile_in(folder).map(drop).map_err(|error| {
        Error::Unusable(format!(
            "the folder {} for the database takes no new files ({error}); give this program's user the right to write there",
            folder.display()
        ))
    })
}

/// Makes the file of a database that is not there yet, readable by this program's user alone: names and addresses
/// in it are not sealed. SQLite gives the journals beside it the same rights. One that is there stays as it is.
pub(super) fn make_private(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    // A temporary file is its owner's alone from the start; nobody can open it in between.
    let made = tempfile::NamedTempFile::new_in(folder_of(path))
        .and_then(|file| file.persist_noclobber(path).map_err(|error| error.error));
    match made {
        Err(error) if !path.exists() => {
            Err(Error::Unusable(format!("the file {} for the database cannot be made ({error})", path.display())))
        }
        // Made by us, or by another process that came first.
        _ => Ok(()),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_new_file_is_its_owners_alone_and_one_that_is_there_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("aftercare.db");
        make_private(&path).expect("made");
        let rights = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(rights(&path), 0o600);
        fs::write(&path, "rows").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("shared with a group");
        make_private(&path).expect("left alone");
        assert_eq!((rights(&path), fs::read(&path).expect("read")), (0o640, b"rows".to_vec()));
        assert!(make_private(&folder.path().join("nowhere").join("aftercare.db")).is_err());
    }
}
