//! A copy of the whole database by the database's own means, taken while the program runs, and the way
//! back. Never the file itself: half of it may still stand in the journal.
//!
//! A copy holds everything but the key file, so whoever finds a copy reads no clinical text. It is
//! looked through before it is called done, and once more before it takes the place of anything.

mod dump;
mod postgres;
mod sqlite;
mod tools;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::migrate::Migrator;
use tempfile::{NamedTempFile, TempPath};

use super::engine::{POSTGRES, SQLITE, sqlite_file};
use crate::seal::Seal;

/// Why a copy was not made or not put back.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file, the address of the database or the key do not fit; nothing was done.
    #[error("{0}")]
    Wrong(String),
    /// The work failed.
    #[error("{0}")]
    Failed(String),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] super::Error),
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

type Result<T, E = Problem> = std::result::Result<T, E>;

/// What was found in a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// "SQLite" or "PostgreSQL".
    pub engine: &'static str,
    /// The last step of its schema.
    pub schema: i64,
    /// The keys it needs, by their ids in hexadecimal.
    pub keys: BTreeSet<String>,
    /// How long the file is, in bytes.
    pub bytes: u64,
}

impl Seen {
    /// The keys it needs and this seal does not hold.
    #[must_use]
    pub fn missing_keys(&self, seal: &Seal) -> Vec<String> {
        self.keys.iter().filter(|id| !seal.holds(id)).cloned().collect()
    }
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What was put in place.
    pub seen: Seen,
    /// Where the database is kept that was there before, if there was one.
    pub before: Option<PathBuf>,
}

/// Which database a file or an address is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    fn of_url(url: &str) -> Self {
        if sqlite_file(url).is_some() { Self::Sqlite } else { Self::Postgres }
    }

    fn of_file(file: &Path) -> Result<Self> {
        let mut head = [0; 16];
        let read = fs::File::open(file).and_then(|mut open| {
            let mut got = 0;
            while got < head.len() {
                match open.read(&mut head[got..])? {
                    0 => break,
                    more => got += more,
                }
            }
            Ok(())
        });
        read.map_err(|error| {
            Problem::Wrong(format!(
                "{}: cannot be read ({error}); name a file that \"aftercare backup\" made",
                file.display()
            ))
        })?;
        if head.starts_with(b"SQLite format 3\0") {
            Ok(Self::Sqlite)
        } else if head.starts_with(b"PGDMP") {
            Ok(Self::Postgres)
        } else {
            Err(no_backup(file, "it begins like no database"))
        }
    }

    fn steps(self) -> &'static Migrator {
        match self {
            Self::Sqlite => &SQLITE,
            Self::Postgres => &POSTGRES,
        }
    }
}

/// Makes a copy of the database at this address, whatever is going on there. The file is there once the
/// copy was looked through, and not before.
///
/// # Errors
/// When there is no such database, the file is there already and may not be replaced, or the work fails;
/// then no file is left.
pub async fn take(url: &str, file: &Path, replace: bool) -> Result<Seen> {
    let kind = Kind::of_url(url);
    let folder = folder_of(file)?;
    if let Ok(there) = fs::metadata(file) {
        if !there.is_file() {
            return Err(Problem::Wrong(format!("{}: is no file; name a file for the backup", file.display())));
        }
        if !replace {
            return Err(there_already(file));
        }
        may_be_replaced(url, file)?;
    }
    let part = part_in(folder)?;
    match kind {
        Kind::Sqlite => sqlite::copy(sqlite_file(url).unwrap_or_default(), part.path()).await?,
        Kind::Postgres => postgres::copy(url, part.path()).await?,
    }
    part.as_file().sync_all().map_err(|error| cannot_write(file, &error))?;
    // A copy is a copy, also of a schema that this program does not know.
    let seen = look(kind, part.path(), file).await?.0;
    put_in_place(part.into_temp_path(), file, replace)?;
    Ok(seen)
}

/// Puts a copy in the place of the database at this address, brought up to this program's schema, with
/// sending on hold from its first moment on. `replace` allows it where somebody's data is.
///
/// # Errors
/// When the file is no copy of a schema this program knows, the key does not open it, the database is in
/// use or holds data that may not be replaced, or the work fails; then the database is as it was.
pub async fn restore(url: &str, file: &Path, key_file: &Path, replace: bool, at: Timestamp) -> Result<Restored> {
    let (kind, place) = (Kind::of_file(file)?, Kind::of_url(url));
    if kind != place {
        return Err(Problem::Wrong(format!(
            "{}: is a backup of {}, and database.url names {}; name a database of the same kind",
            file.display(),
            kind.name(),
            place.name()
        )));
    }
    let part = match kind {
        Kind::Sqlite => Some(sqlite::bring_beside(sqlite_file(url).unwrap_or_default(), file)?),
        Kind::Postgres => None,
    };
    let (seen, steps) = look(kind, part.as_deref().unwrap_or(file), file).await?;
    known(kind.steps(), &steps, file)?;
    let seal = key_for(&seen, file, key_file)?;
    let before = match part {
        Some(part) => sqlite::put_back(sqlite_file(url).unwrap_or_default(), part, seal, replace, at).await?,
        None => postgres::put_back(url, file, seal, replace, at).await?,
    };
    Ok(Restored { seen, before })
}

/// The seal that opens a copy. A house without sealed text may have no key yet.
fn key_for(seen: &Seen, file: &Path, key_file: &Path) -> Result<Seal> {
    if !key_file.exists() && !seen.keys.is_empty() {
        return Err(Problem::Wrong(format!(
            "secrets.key_file: {} is not there; bring back the key file that belongs to {}, since a backup holds no key",
            key_file.display(),
            file.display()
        )));
    }
    let seal = Seal::open_or_create(key_file).map_err(|error| Problem::Wrong(format!("secrets.key_file: {error}")))?;
    let missing = seen.missing_keys(&seal);
    if missing.is_empty() {
        return Ok(seal);
    }
    Err(Problem::Wrong(format!(
        "secrets.key_file: {} does not hold the key {} that {} was sealed with; bring back the key file that belongs to it",
        key_file.display(),
        missing.join(", "),
        file.display()
    )))
}

/// Looks through a copy: whole, and ours. It is told of as `name`.
async fn look(kind: Kind, copy: &Path, name: &Path) -> Result<(Seen, Vec<Step>)> {
    let (steps, keys) = match kind {
        Kind::Sqlite => sqlite::look(copy, name).await?,
        Kind::Postgres => postgres::look(copy, name).await?,
    };
    let Some(schema) = steps.iter().map(|(version, _)| *version).max() else {
        return Err(no_backup(name, NOT_OURS));
    };
    let bytes = fs::metadata(copy).map_err(|error| cannot_write(name, &error))?.len();
    Ok((Seen { engine: kind.name(), schema, keys, bytes }, steps))
}

/// Why a database is none of ours.
const NOT_OURS: &str = "it has no tables of Aftercare";

/// One step of a schema, and the digest of its words.
type Step = (i64, Vec<u8>);

/// Whether this program knows all of these steps, so that it can bring the copy up to date.
fn known(program: &Migrator, steps: &[Step], name: &Path) -> Result<()> {
    let newest = program.iter().map(|step| step.version).max().unwrap_or(0);
    for (version, checksum) in steps {
        let ours = program.iter().find(|step| step.version == *version);
        if ours.is_some_and(|ours| *ours.checksum == **checksum) {
            continue;
        }
        let name = name.display();
        return Err(Problem::Wrong(if *version > newest {
            format!(
                "{name}: was made by a newer version of Aftercare (step {version} of the schema; this one knows {newest}); restore it with that version"
            )
        } else {
            format!(
                "{name}: step {version} of its schema is not the one this version knows; restore it with the version that made it"
            )
        }));
    }
    Ok(())
}

fn no_backup(file: &Path, why: &str) -> Problem {
    Problem::Wrong(format!(
        "{}: is no backup of Aftercare ({why}); name a file that \"aftercare backup\" made",
        file.display()
    ))
}

fn there_already(file: &Path) -> Problem {
    Problem::Wrong(format!("{}: is there already; name another file, or add --replace", file.display()))
}

fn cannot_write(file: &Path, error: &std::io::Error) -> Problem {
    Problem::Failed(format!("{}: cannot be written ({error}); nothing was left there", file.display()))
}

fn folder_of(file: &Path) -> Result<&Path> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(Problem::Wrong(format!("{}: the folder {} is not there; make it first", file.display(), folder.display())))
}

/// Only a backup is ever replaced by one, and never the database itself.
fn may_be_replaced(url: &str, file: &Path) -> Result<()> {
    Kind::of_file(file)?;
    let same = |other: &Path| match (file.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    };
    if sqlite_file(url).is_some_and(|database| same(Path::new(database))) {
        return Err(Problem::Wrong(format!(
            "{}: is the database itself; name another file for the backup",
            file.display()
        )));
    }
    Ok(())
}

/// A file under a name nobody looks for, for its owner alone; gone when it is dropped.
fn part_in(folder: &Path) -> Result<NamedTempFile> {
    let made = tempfile::Builder::new().prefix(".aftercare-").suffix(".part").tempfile_in(folder);
    made.map_err(|error| {
        Problem::Failed(format!(
            "{}: takes no new files ({error}); free some room or name another folder",
            folder.display()
        ))
    })
}

/// Gives a whole file its name, so that nobody ever sees half of it there.
fn put_in_place(part: TempPath, file: &Path, replace: bool) -> Result<()> {
    let put = if replace { part.persist(file) } else { part.persist_noclobber(file) };
    put.map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => there_already(file),
        _ => cannot_write(file, &error.error),
    })?;
    // The name, too, has to survive a power cut.
    let folder = folder_of(file)?;
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| cannot_write(file, &error))
}
