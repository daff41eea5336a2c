//! The copy of a SQLite file, by `vacuum into`, and the way back: the copy is made ready under another
//! name and takes the database's name in one move.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempPath;

use super::{NOT_OURS, Problem, Result, Step, cannot_write, folder_of, no_backup, part_in};
use crate::seal::Seal;
use crate::store::{Store, hold};

/// Somebody who still has the database open answers within this time, or is still at it.
const WAIT: Duration = Duration::from_secs(2);

/// How the name ends of the database that was there before; the second of the restore follows.
const BEFORE: &str = "before-restore";

/// Copies the database into this empty file. Writers go on meanwhile; the copy is of one moment.
pub(super) async fn copy(database: &str, into: &Path) -> Result<()> {
    if !Path::new(database).is_file() {
        return Err(Problem::Wrong(format!("database.url: {database} is not there; name the database to copy")));
    }
    let mut conn = open(Path::new(database)).connect().await?;
    let copied = async {
        let tables: i64 = sqlx::query_scalar(TABLES).fetch_one(&mut conn).await?;
        if tables == 2 {
            sqlx::query("vacuum into $1").bind(into.display().to_string()).execute(&mut conn).await?;
        }
        Ok(tables == 2)
    };
    let copied: sqlx::Result<bool> = copied.await;
    conn.close().await?;
    match copied {
        Ok(true) => Ok(()),
        Ok(false) => Err(Problem::Wrong(format!("database.url: {database} is no database of Aftercare ({NOT_OURS})"))),
        Err(error) => Err(Problem::Failed(format!("the copy of {database} could not be made: {error}"))),
    }
}

/// Two, in a database of ours.
const TABLES: &str =
    "select count(*) from sqlite_schema where type = 'table' and name in ('_sqlx_migrations', 'clinic')";

fn open(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(file).create_if_missing(false).busy_timeout(WAIT)
}

/// What a copy holds: its schema's steps, and the keys its sealed text needs.
pub(super) async fn look(copy: &Path, name: &Path) -> Result<(Vec<Step>, BTreeSet<String>)> {
    // Immutable: looking makes no journal beside it.
    let mut conn = open(copy).read_only(true).immutable(true).connect().await?;
    let seen = look_through(&mut conn, name).await;
    conn.close().await?;
    seen.map_err(|problem| match problem {
        Problem::Store(error) => no_backup(name, &error.to_string()),
        other => other,
    })
}

async fn look_through(conn: &mut SqliteConnection, name: &Path) -> Result<(Vec<Step>, BTreeSet<String>)> {
    let sound: String = sqlx::query_scalar("pragma integrity_check(1)").fetch_one(&mut *conn).await?;
    if sound != "ok" {
        return Err(Problem::Failed(format!("{}: is damaged ({sound}); take another backup", name.display())));
    }
    let loose = sqlx::query("pragma foreign_key_check").fetch_all(&mut *conn).await?;
    if !loose.is_empty() {
        return Err(Problem::Failed(format!(
            "{}: {} rows point at nothing; take another backup",
            name.display(),
            loose.len()
        )));
    }
    let tables: i64 = sqlx::query_scalar(TABLES).fetch_one(&mut *conn).await?;
    if tables < 2 {
        return Err(no_backup(name, NOT_OURS));
    }
    let steps = sqlx::query_as("select version, checksum from _sqlx_migrations where success = 1 order by version")
        .fetch_all(&mut *conn)
        .await?;
    Ok((steps, keys(conn).await?))
}

/// The ids of the keys behind every sealed column: a sealed value begins with 1 and its key's id.
async fn keys(conn: &mut SqliteConnection) -> Result<BTreeSet<String>> {
    let columns = "select t.name, c.name from sqlite_schema t, pragma_table_info(t.name) c
                   where t.type = 'table' and lower(c.type) = 'blob' and t.name <> '_sqlx_migrations'";
    let columns: Vec<(String, String)> = sqlx::query_as(columns).fetch_all(&mut *conn).await?;
    let mut keys = BTreeSet::new();
    for (table, column) in columns {
        let sql = format!(
            "select distinct lower(hex(substr(\"{column}\", 2, 4))) from \"{table}\" where substr(\"{column}\", 1, 1) = x'01'"
        );
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *conn).await?;
        keys.extend(found);
    }
    Ok(keys)
}

/// Copies the backup next to where the database is or will be, so that it can take its place in one move.
pub(super) fn bring_beside(database: &str, file: &Path) -> Result<TempPath> {
    let part = part_in(folder_of(Path::new(database))?)?;
    let copied = fs::File::open(file).and_then(|mut from| std::io::copy(&mut from, &mut part.as_file()));
    copied.map_err(|error| cannot_write(Path::new(database), &error))?;
    Ok(part.into_temp_path())
}

/// Makes the copy ready and gives it the database's name. Returns where the database before it is kept.
pub(super) async fn put_back(
    database: &str,
    part: TempPath,
    seal: Seal,
    replace: bool,
    at: Timestamp,
) -> Result<Option<PathBuf>> {
    let database = Path::new(database);
    if stand(database).await? != Stand::Empty && !replace {
        return Err(Problem::Wrong(format!(
            "database.url: {} holds data already; add --replace to put the backup in its place",
            database.display()
        )));
    }
    make_ready(&part, seal, at).await?;
    let failed = |error: &std::io::Error| {
        Problem::Failed(format!("{}: the backup could not be put in place ({error})", database.display()))
    };
    fs::File::open(&part).and_then(|file| file.sync_all()).map_err(|error| failed(&error))?;
    // Asked once more: somebody may have started the program meanwhile.
    let before = match stand(database).await? {
        Stand::Empty => None,
        Stand::Data | Stand::Unreadable => Some(keep_before(database, at).map_err(|error| failed(&error))?),
    };
    // A journal of the old file must never meet the new one. It is gone since the old one was closed, unless
    // that could not be read.
    for end in ["-wal", "-shm"] {
        let journal = beside(database, end);
        let moved = match &before {
            _ if !journal.exists() => Ok(()),
            Some(before) => fs::rename(&journal, beside(before, end)),
            None => fs::remove_file(&journal),
        };
        moved.map_err(|error| failed(&error))?;
    }
    part.persist(database).map_err(|error| failed(&error.error))?;
    let folder = folder_of(database)?;
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(&error))?;
    Ok(before)
}

/// What stands where the backup is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    /// Nothing, or tables without a clinic.
    Empty,
    /// Somebody's data.
    Data,
    /// A file that is no sound database: it may be what the backup is wanted for.
    Unreadable,
}

async fn stand(database: &Path) -> Result<Stand> {
    match fs::metadata(database) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Stand::Empty),
        Ok(there) if there.is_file() && there.len() == 0 => return Ok(Stand::Empty),
        Ok(there) if there.is_file() => {}
        _ => return Err(Problem::Wrong(format!("database.url: {} is no file", database.display()))),
    }
    match alone_with(database).await {
        Ok(stand) => Ok(stand),
        Err(sqlx::Error::Database(error)) if error.message().contains("locked") => Err(Problem::Failed(format!(
            "{} is in use; stop \"aftercare serve\" and everything else that has it open, and try again",
            database.display()
        ))),
        Err(sqlx::Error::Database(_)) => Ok(Stand::Unreadable),
        Err(error) => Err(error.into()),
    }
}

/// Leaving the journal's mode takes everybody else's absence, and writes the journal into the file.
async fn alone_with(database: &Path) -> sqlx::Result<Stand> {
    let mut conn = open(database).connect().await?;
    let stand = async {
        let _: String = sqlx::query_scalar("pragma journal_mode = delete").fetch_one(&mut conn).await?;
        sqlx::query("begin exclusive").execute(&mut conn).await?;
        let ours: i64 =
            sqlx::query_scalar("select count(*) from sqlite_schema where name = 'clinic'").fetch_one(&mut conn).await?;
        let others: i64 = sqlx::query_scalar("select count(*) from sqlite_schema").fetch_one(&mut conn).await?;
        let clinics: i64 = match ours {
            0 => others,
            _ => sqlx::query_scalar("select count(*) from clinic").fetch_one(&mut conn).await?,
        };
        sqlx::query("commit").execute(&mut conn).await?;
        Ok(if clinics == 0 { Stand::Empty } else { Stand::Data })
    };
    let stand: sqlx::Result<Stand> = stand.await;
    conn.close().await?;
    stand
}

/// Brings the copy up to date, puts sending on hold and settles what was under way.
async fn make_ready(part: &Path, seal: Seal, at: Timestamp) -> Result<()> {
    let store = Store::open(&format!("sqlite:{}", part.display()), seal).await?;
    let ready = async {
        let mut db = store.write().await?;
        hold::begin_all(&mut db, at).await?;
        db.commit().await?;
        store.migrate().await?;
        let mut db = store.write().await?;
        hold::settle(&mut db, at).await?;
        db.commit().await
    };
    let ready = ready.await;
    // Writes the journal into the file and removes it.
    store.close().await;
    ready.map_err(Problem::Store)
}

/// Gives the old file a second name: at every moment there is a database in its place.
fn keep_before(database: &Path, at: Timestamp) -> std::io::Result<PathBuf> {
    let kept = beside(database, &format!(".{BEFORE}-{}", at.as_second()));
    fs::hard_link(database, &kept).or_else(|_| fs::copy(database, &kept).map(|_| ()))?;
    Ok(kept)
}

fn beside(database: &Path, end: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(end);
    name.into()
}
