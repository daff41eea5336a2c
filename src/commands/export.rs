//! `export client ID` and `export all DIR`: everything about one person, or about everybody, for people and
//! for other programs. `docs/export.md` says what stands in it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::setup::{by_operator, ready};
use super::user::clinic;
use super::{Common, Stop, print, print_json};
use crate::clinic::ids::{ClientId, ClinicId};
use crate::clinic::profile::ClinicProfile;
use crate::clinic::spreadsheet::neutral;
use crate::mail::frozen::Frozen;
use crate::store::person::{self, Kind};
use crate::store::{self, Db, audit};
use crate::web::letters::Letters;

/// The shape of what is exported; a program that reads it may rely on it.
const FORMAT: u32 = 1;

#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// Everything that is kept about one person, as one JSON document: answers, notes, emails as they were
    /// sent, check-ins, consents, alerts, and who looked.
    Client(OneClient),
    /// Everything about everybody: a table (CSV) for each kind of record, and clients.jsonl with a document
    /// a line. The folder must be new or empty.
    All(All),
}

#[derive(Debug, clap::Args)]
pub(super) struct OneClient {
    /// The client's id: it stands in the address of the client's page.
    id: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
pub(super) struct All {
    /// The folder for the files.
    dir: PathBuf,
    /// Of which clinic, by its id; without it, of all of them.
    #[arg(long, value_name = "ID")]
    clinic: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// `aftercare export …`.
pub(super) async fn export(command: &Export) -> Result<(), Stop> {
    match command {
        Export::Client(args) => one(args).await,
        Export::All(args) => all(args).await,
    }
}

/// The clinic of this client, whichever it is.
pub(super) async fn find(db: &mut Db, id: &str) -> Result<(ClinicId, ClinicProfile, store::client::Registered), Stop> {
    let unknown = || {
        Stop::wrong(format!(
            "ID: \"{id}\" is no client here; take the id from the address of the client's page, such as /clients/0198…"
        ))
    };
    let client: ClientId = id.parse().map_err(|_| unknown())?;
    for (clinic, profile) in store::clinic::all(db).await.map_err(Stop::failed)? {
        if let Some(found) = store::client::find(db, clinic, client).await.map_err(Stop::failed)? {
            return Ok((clinic, profile, found));
        }
    }
    Err(unknown())
}

async fn one(args: &OneClient) -> Result<(), Stop> {
    let (store, now) = ready(&args.common).await?;
    let mut db = store.write().await.map_err(Stop::failed)?;
    let (clinic, profile, client) = find(&mut db, &args.id).await?;
    // Written down before anything is handed out, and part of what is.
    let entry = by_operator(clinic, now, "client.exported", "client", client.id.to_string());
    audit::record(&mut db, &entry).await.map_err(Stop::failed)?;
    let document = document(&mut db, (clinic, &profile), client.id, now).await?;
    db.commit().await.map_err(Stop::failed)?;
    print_json(&document.0)
}

/// The document of one person, and the same by kinds.
async fn document(
    db: &mut Db,
    (clinic, profile): (ClinicId, &ClinicProfile),
    client: ClientId,
    now: Timestamp,
) -> Result<(Value, Vec<Kind>), Stop> {
    let kinds = person::everything(db, clinic, client).await.map_err(Stop::failed)?;
    let mut kinds = kinds.ok_or_else(|| Stop::failed(format!("client {client} was erased a moment ago")))?;
    for row in kinds.iter_mut().filter(|kind| kind.name == "emails").flat_map(|kind| &mut kind.rows) {
        if let Some(message) = message(db, clinic, row).await? {
            row.insert("message".into(), message);
        }
    }
    let mut document = json!({
        "format": FORMAT, "exported_at": now,
        "clinic": { "id": clinic.to_string(), "name": profile.name, "time_zone": profile.zone.name() },
    });
    if let Value::Object(document) = &mut document {
        for kind in &kinds {
            let rows = || kind.rows.iter().cloned().map(Value::Object);
            let value = if kind.name == "client" { rows().next().unwrap_or_default() } else { rows().collect() };
            document.insert(kind.name.into(), value);
        }
    }
    Ok((document, kinds))
}

/// An email as it left: its words, and what it was made of.
async fn message(db: &mut Db, clinic: ClinicId, row: &Map<String, Value>) -> Result<Option<Value>, Stop> {
    let id = row.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let Some(id) = id else { return Ok(None) };
    let Some(kept) = store::outbox::content(db, clinic, id).await.map_err(Stop::failed)? else { return Ok(None) };
    let unread = || Stop::failed(format!("the kept copy of email {id} cannot be read"));
    let made_of = Frozen::from_bytes(&kept).ok_or_else(unread)?.made_of;
    let words = Letters::opened(&kept).ok_or_else(unread)?;
    Ok(Some(json!({ "subject": words.subject, "text": words.text, "html": words.html, "made_of": made_of })))
}

async fn all(args: &All) -> Result<(), Stop> {
    let name = args.dir.display();
    let taken = match std::fs::read_dir(&args.dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => args.dir.exists(),
    };
    if taken {
        return Err(Stop::wrong(format!("{name}: is there already and not an empty folder; name a new folder")));
    }
    let parent = args.dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !parent.is_dir() {
        return Err(Stop::wrong(format!("{name}: the folder {} is not there; make it first", parent.display())));
    }
    let (store, now) = ready(&args.common).await?;
    let failed = |error: std::io::Error| Stop::failed(format!("{name}: cannot be written ({error})"));
    // Only its owner reads it, and nobody sees half of it under its name.
    let own = std::fs::Permissions::from_mode(0o700);
    let part = tempfile::Builder::new().prefix(".aftercare-").permissions(own).tempdir_in(parent).map_err(failed)?;
    let mut db = store.write().await.map_err(Stop::failed)?;
    let clinics = match &args.clinic {
        Some(asked) => vec![clinic(&mut db, Some(asked.as_str())).await?.0],
        None => store::clinic::all(&mut db).await.map_err(Stop::failed)?.into_iter().map(|(id, _)| id).collect(),
    };
    for clinic in &clinics {
        let entry = by_operator(*clinic, now, "clients.exported", "clinic", clinic.to_string());
        audit::record(&mut db, &entry).await.map_err(Stop::failed)?;
    }
    db.commit().await.map_err(Stop::failed)?;
    let mut files = Files::open(part.path()).map_err(failed)?;
    let mut db = store.read().await.map_err(Stop::failed)?;
    let mut clients = 0_u64;
    for clinic in clinics {
        let profile = store::clinic::find(&mut db, clinic).await.map_err(Stop::failed)?.unwrap_or_default();
        for client in person::all(&mut db, clinic).await.map_err(Stop::failed)? {
            let (document, kinds) = document(&mut db, (clinic, &profile), client, now).await?;
            files.add(&document, (clinic, client), &kinds).map_err(failed)?;
            clients += 1;
        }
    }
    let rows = files.close(part.path(), now).map_err(failed)?;
    std::fs::rename(part.path(), &args.dir).map_err(failed)?;
    // It has another name now, and stays.
    let _ = part.keep();
    if args.common.json {
        return print_json(
            &json!({ "dir": args.dir.display().to_string(), "format": FORMAT, "clients": clients, "rows": rows }),
        );
    }
    let count = rows.values().sum::<u64>();
    print(&format!("{name}: {clients} clients, {count} rows in {} tables, and clients.jsonl.\n", rows.len()))
}

/// The files of an export while they are written.
struct Files {
    tables: BTreeMap<&'static str, (csv::Writer<File>, Vec<&'static str>, u64)>,
    lines: BufWriter<File>,
}

/// What stands in every table before the kind's own columns.
const WHOSE: [&str; 2] = ["clinic_id", "client_id"];

impl Files {
    fn open(folder: &Path) -> std::io::Result<Self> {
        let mut tables = BTreeMap::new();
        for (name, fields) in person::kinds() {
            let file = File::create(folder.join(format!("{name}.csv")))?;
            // RFC 4180 ends lines this way.
            let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
            table.write_record(WHOSE.iter().chain(&fields))?;
            tables.insert(name, (table, fields, 0));
        }
        Ok(Self { tables, lines: BufWriter::new(File::create(folder.join("clients.jsonl"))?) })
    }

    fn add(&mut self, document: &Value, whose: (ClinicId, ClientId), kinds: &[Kind]) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.lines, document)?;
        self.lines.write_all(b"\n")?;
        for kind in kinds {
            let Some((table, fields, count)) = self.tables.get_mut(kind.name) else { continue };
            for row in &kind.rows {
                let cells = fields.iter().map(|field| cell(row.get(*field)));
                let whose = [whose.0.to_string(), whose.1.to_string()];
                table.write_record(whose.into_iter().chain(cells).map(|cell| neutral(&cell).into_owned()))?;
                *count += 1;
            }
        }
        Ok(())
    }

    /// Ends the files and says how many rows each table has.
    fn close(mut self, folder: &Path, now: Timestamp) -> std::io::Result<BTreeMap<&'static str, u64>> {
        self.lines.flush()?;
        let mut rows = BTreeMap::new();
        for (name, (mut table, _, count)) in self.tables {
            table.flush()?;
            rows.insert(name, count);
        }
        let index = json!({ "format": FORMAT, "exported_at": now, "rows": rows });
        std::fs::write(folder.join("index.json"), format!("{index:#}\n"))?;
        Ok(rows)
    }
}

/// A value in a cell; what is more than one value stands there as JSON.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
