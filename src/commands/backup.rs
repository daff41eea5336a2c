//! `backup FILE` and `restore FILE`: a copy of the running system, and the way back.

use std::path::PathBuf;

use serde_json::json;

use super::setup::{by_operator, settings};
use super::{Common, Stop, print, print_json};
use crate::app;
use crate::clock::Clock;
use crate::config::Settings;
use crate::seal::Seal;
use crate::store::backup::{self, Problem};
use crate::store::{self, audit};

#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// Where the copy goes; its folder must be there.
    file: PathBuf,
    /// Put it in the place of a backup that is there already.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// A file that "aftercare backup" made.
    file: PathBuf,
    /// Put it in the place of a database that holds data. What was there is kept beside it.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    common: Common,
}

/// `aftercare backup`.
pub(super) async fn backup(args: &Backup) -> Result<(), Stop> {
    let settings = settings(&args.common)?;
    let key_file = &settings.secrets.key_file;
    // Looked at first: opening it would make one, and a key that nothing was sealed with helps nobody.
    if !key_file.is_file() {
        let name = key_file.display();
        return Err(Stop::wrong(format!(
            "secrets.key_file: {name} is not there; name the key file of this system, since its backup is of no use without it"
        )));
    }
    let seal = Seal::open_or_create(key_file).map_err(|error| Stop::wrong(format!("secrets.key_file: {error}")))?;
    let seen = backup::take(settings.database.url.expose(), &args.file, args.replace).await?;
    if let Err(problem) = write_down(&settings).await {
        // The copy is there, and a full disk is one reason to make it: no reason to call it failed.
        tracing::warn!(%problem, "the backup was made, and could not be noted in the audit");
    }
    let missing = seen.missing_keys(&seal);
    if args.common.json {
        return print_json(&json!({
            "file": args.file.display().to_string(), "engine": seen.engine, "schema": seen.schema, "bytes": seen.bytes,
            "key_file": key_file.display().to_string(), "keys": seen.keys, "missing_keys": missing,
        }));
    }
    let (file, key_file) = (args.file.display(), key_file.display());
    print(&format!(
        "{file}: the whole database ({}, {} bytes), looked through.\nIt holds no key. Keep a copy of {key_file} somewhere else: without it nobody reads the clinical text.\n",
        seen.engine, seen.bytes
    ))?;
    if missing.is_empty() {
        return Ok(());
    }
    print(&format!(
        "Look for your older keys: some of its text was sealed with the key {}, which is not in {key_file}.\n",
        missing.join(", ")
    ))
}

/// A copy of everything is an export of everything.
async fn write_down(settings: &Settings) -> Result<(), String> {
    let store = app::store(settings).await?;
    let now = Clock::system().now();
    let work = async {
        let mut db = store.write().await?;
        for (clinic, _) in store::clinic::all(&mut db).await? {
            let entry = by_operator(clinic, now, "backup.made", "clinic", clinic.to_string());
            audit::record(&mut db, &entry).await?;
        }
        db.commit().await
    };
    let done = work.await.map_err(|error: store::Error| error.to_string());
    store.close().await;
    done
}

/// `aftercare restore`.
pub(super) async fn restore(args: &Restore) -> Result<(), Stop> {
    let settings = settings(&args.common)?;
    let (url, key_file) = (settings.database.url.expose(), &settings.secrets.key_file);
    let now = Clock::system().now();
    let restored = backup::restore(url, &args.file, key_file, args.replace, now).await?;
    if args.common.json {
        return print_json(&json!({
            "file": args.file.display().to_string(), "engine": restored.seen.engine, "schema": restored.seen.schema,
            "kept_before": restored.before.map(|before| before.display().to_string()), "sending": "on hold",
        }));
    }
    let mut text = format!("The database ({}) is the one of {}.\n", restored.seen.engine, args.file.display());
    if let Some(before) = &restored.before {
        let before = before.display();
        text.push_str(&format!("What was there before is kept in {before}; remove it once all is well.\n"));
    }
    text.push_str(
        "Sending is on hold. Start \"aftercare serve\", look at what would go out (\"aftercare sending list\"), and let it go with \"aftercare sending release\".\nWho stopped their emails or was erased after the backup was made is not known any more: do that again first.\n",
    );
    print(&text)
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Wrong(says) => Self::Wrong(says),
            other => Self::failed(other),
        }
    }
}
