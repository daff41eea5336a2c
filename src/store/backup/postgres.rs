//! The copy of a PostgreSQL database by `pg_dump`, and the way back by `pg_restore` and `psql`: the old
//! tables go, the new ones come and sending is put on hold in one transaction.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use jiff::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{ChildStdin, ChildStdout};

use super::tools::{Tools, did_not_start, ended, words};
use super::{NOT_OURS, Problem, Result, Step, cannot_write, dump, folder_of, no_backup, part_in, put_in_place};
use crate::seal::Seal;
use crate::store::{Store, hold};

/// Dumps the database into this file. Writers go on meanwhile; the dump is of one moment.
pub(super) async fn copy(url: &str, into: &Path) -> Result<()> {
    let mut conn = connect(url).await?;
    let ours: bool = sqlx::query_scalar(OURS).fetch_one(&mut conn).await?;
    conn.close().await?;
    if !ours {
        return Err(Problem::Wrong(format!("database.url: is no database of Aftercare ({NOT_OURS})")));
    }
    dump_into(url, into).await
}

async fn dump_into(url: &str, into: &Path) -> Result<()> {
    let mut command = Tools::of(url)?.command("pg_dump");
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--no-password", "--file"]).arg(into);
    let mut child = command.spawn().map_err(|error| did_not_start("pg_dump", &error))?;
    let said = words(child.stderr.take()).await;
    ended("pg_dump", child.wait().await, &said)
}

/// What a dump holds: its schema's steps, and the keys its sealed text needs.
pub(super) async fn look(copy: &Path, name: &Path) -> Result<(Vec<Step>, BTreeSet<String>)> {
    let mut command = Tools::offline().command("pg_restore");
    command.args(["--data-only", "--file=-"]).arg(copy).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| did_not_start("pg_restore", &error))?;
    let (rows, said) = (child.stdout.take(), child.stderr.take());
    let reading = async {
        match rows {
            Some(rows) => dump::read(rows).await,
            None => Ok(dump::Found::default()),
        }
    };
    let (found, said) = tokio::join!(reading, words(said));
    ended("pg_restore", child.wait().await, &said).map_err(|problem| no_backup(name, &problem.to_string()))?;
    let found = found.map_err(|error| no_backup(name, &error.to_string()))?;
    if found.tables.contains("clinic") { Ok((found.steps, found.keys)) } else { Err(no_backup(name, NOT_OURS)) }
}

/// Puts the dump in the place of what the database holds. Returns where that is kept.
pub(super) async fn put_back(
    url: &str,
    file: &Path,
    seal: Seal,
    replace: bool,
    at: Timestamp,
) -> Result<Option<PathBuf>> {
    let mut conn = connect(url).await?;
    let place = stand(&mut conn).await;
    conn.close().await?;
    let place = place?;
    if place.data && !replace {
        return Err(Problem::Wrong(
            "database.url: this database holds data already; add --replace to put the backup in its place".into(),
        ));
    }
    let before = if place.data { Some(keep_before(url, file, at).await?) } else { None };
    pour(url, file, &place, at).await?;
    let store = Store::open(url, seal).await?;
    let ready = async {
        store.migrate().await?;
        let mut db = store.write().await?;
        hold::settle(&mut db, at).await?;
        db.commit().await
    };
    let ready = ready.await;
    store.close().await;
    ready.map_err(|error| {
        Problem::Failed(format!(
            "the backup is in place and sending is on hold, but it could not be brought up to date ({error}); run \"aftercare restore\" with --replace again"
        ))
    })?;
    Ok(before)
}

async fn connect(url: &str) -> Result<PgConnection> {
    let options: PgConnectOptions =
        url.parse().map_err(|error| Problem::Wrong(format!("database.url: is not understood: {error}")))?;
    let (host, port) = (options.get_host().to_owned(), options.get_port());
    options.connect().await.map_err(|error| {
        Problem::Failed(format!(
            "database.url: PostgreSQL at {host}:{port} cannot be reached ({error}); is it running, and are user and password right?"
        ))
    })
}

/// Whether the tables of ours are there.
const OURS: &str = "select to_regclass('_sqlx_migrations') is not null and to_regclass('clinic') is not null";

/// Everybody else who is at it: each of our connections tells its name.
const OTHERS: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and application_name = 'aftercare' and pid <> pg_backend_pid()";

/// What has to go before the tables of the backup can come, and of what nothing else is made.
const GOES: &str = "select format('drop table %s cascade;', c.oid::regclass) from pg_class c
        where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
            and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    union all
    select format('drop function %s cascade;', p.oid::regprocedure) from pg_proc p
        where p.pronamespace = current_schema()::regnamespace
            and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')";

/// What stands where the backup is to go.
struct Place {
    schema: String,
    /// The statements that take it away.
    goes: Vec<String>,
    /// Whether it is somebody's data.
    data: bool,
}

async fn stand(conn: &mut PgConnection) -> Result<Place> {
    let others: i64 = sqlx::query_scalar(OTHERS).fetch_one(&mut *conn).await?;
    if others > 0 {
        return Err(Problem::Failed(
            "the database is in use; stop \"aftercare serve\" and every \"aftercare worker\", and try again".into(),
        ));
    }
    let schema: Option<String> =
        sqlx::query_scalar("select quote_ident(current_schema())").fetch_one(&mut *conn).await?;
    let schema = schema.ok_or_else(|| Problem::Wrong("database.url: the database has no schema to write to".into()))?;
    let goes: Vec<String> = sqlx::query_scalar(GOES).fetch_all(&mut *conn).await?;
    let ours: bool = sqlx::query_scalar(OURS).fetch_one(&mut *conn).await?;
    if !goes.is_empty() && !ours {
        return Err(Problem::Wrong(
            "database.url: this database holds the tables of something else; name a database of its own".into(),
        ));
    }
    let data = ours && sqlx::query_scalar("select exists (select 1 from clinic)").fetch_one(&mut *conn).await?;
    Ok(Place { schema, goes, data })
}

/// A dump of what is there, beside the backup that takes its place.
async fn keep_before(url: &str, file: &Path, at: Timestamp) -> Result<PathBuf> {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".before-restore-{}", at.as_second()));
    let kept = PathBuf::from(name);
    let part = part_in(folder_of(&kept)?)?;
    dump_into(url, part.path()).await?;
    part.as_file().sync_all().map_err(|error| cannot_write(&kept, &error))?;
    put_in_place(part.into_temp_path(), &kept, false)?;
    Ok(kept)
}

/// Pours the dump into the database, between the end of what was there and the hold: all of it or nothing.
async fn pour(url: &str, file: &Path, place: &Place, at: Timestamp) -> Result<()> {
    let mut reader = Tools::offline().command("pg_restore");
    reader.args(["--no-owner", "--no-privileges", "--file=-"]).arg(file).stdout(Stdio::piped());
    let mut reader = reader.spawn().map_err(|error| did_not_start("pg_restore", &error))?;
    let mut writer = Tools::of(url)?.command("psql");
    writer.args(["--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--file=-"]).stdin(Stdio::piped());
    let mut writer = writer.spawn().map_err(|error| did_not_start("psql", &error))?;
    let (script, mut into) = (reader.stdout.take(), writer.stdin.take());
    let (read_said, written_said) = (reader.stderr.take(), writer.stderr.take());
    let pouring = async {
        let whole = match (script, &mut into) {
            (Some(script), Some(into)) => body(script, into, place).await.is_ok(),
            _ => false,
        };
        // Only a script that was read to its end is committed; without the word psql takes all of it back.
        let ended = match &mut into {
            Some(into) if whole && reader.wait().await.is_ok_and(|status| status.success()) => {
                into.write_all(end(place, at).as_bytes()).await.is_ok()
            }
            _ => false,
        };
        drop(into);
        ended
    };
    let (committed, read_said, written_said) = tokio::join!(pouring, words(read_said), words(written_said));
    let written = writer.wait().await;
    // What psql did not take is what pg_restore could not write: psql's words say more.
    ended("psql", written, &written_said)?;
    ended("pg_restore", reader.wait().await, &read_said)?;
    if committed {
        Ok(())
    } else {
        Err(Problem::Failed("psql did not take the whole backup; nothing was changed".into()))
    }
}

async fn body(mut script: ChildStdout, into: &mut ChildStdin, place: &Place) -> std::io::Result<()> {
    into.write_all(b"begin;\nset client_min_messages = warning;\n").await?;
    for statement in &place.goes {
        into.write_all(statement.as_bytes()).await?;
        into.write_all(b"\n").await?;
    }
    tokio::io::copy(&mut script, into).await.map(|_| ())
}

/// The hold is committed with the rows it is about.
fn end(place: &Place, at: Timestamp) -> String {
    let schema = place.schema.replace('\'', "''");
    format!(
        "\nselect pg_catalog.set_config('search_path', '{schema}', false);\n{};\ncommit;\n",
        hold::begin_all_statement(at)
    )
}
