//! `import clients FILE.csv`: the register of another program. All of the file or nothing: a file with a line
//! that cannot be taken changes nothing, and every such line is named.

use std::io::Read as _;
use std::path::PathBuf;

use clap::Subcommand;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::setup::{by_operator, ready, settings};
use super::user::clinic;
use super::{Common, Stop, print, print_json};
use crate::app::Rules;
use crate::clinic::case::Client;
use crate::clinic::client::alike::{Likeness, likeness};
use crate::clinic::client::{Field, Typed};
use crate::clinic::ids::{ClientId, ClinicId};
use crate::clinic::spreadsheet::meant;
use crate::store::client::Registered;
use crate::store::{self, Db, audit, fresh_uuid};

/// So many wrong lines are told on one line of stderr; `--json` tells all.
const MOST_TOLD: usize = 20;

#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Bring in clients from another program: a line each, all of them or none.
    ///
    /// The first line names the columns, in any order: first_name and last_name; and, where you have them, born
    /// (1980-02-01 or 1 Feb 1980), phone, email, aftercare (email or paper; left empty, email where there is an
    /// address) and locale (such as en). The file is UTF-8, with commas or semicolons. Consents do not come
    /// along: nothing is sent until somebody records them.
    Clients(Clients),
}

#[derive(Debug, clap::Args)]
pub(super) struct Clients {
    /// A CSV file; "-" reads it from standard input.
    file: PathBuf,
    /// At which clinic, by its id; may be left out while there is one.
    #[arg(long, value_name = "ID")]
    clinic: Option<String>,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Leave out lines that may be somebody who is registered already.
    #[arg(long, conflicts_with = "take_alike")]
    skip_alike: bool,
    /// Register lines that may be somebody who is registered already: they are somebody else.
    #[arg(long)]
    take_alike: bool,
    #[command(flatten)]
    common: Common,
}

/// A line that can be taken.
struct Line {
    number: u64,
    client: Client,
    phone: String,
}

/// Something about a line that cannot be taken.
struct Trouble {
    line: u64,
    column: &'static str,
    value: String,
    says: String,
}

impl Trouble {
    fn words(&self) -> String {
        format!("line {}, {}: \"{}\": {}", self.line, self.column, self.value, self.says)
    }

    fn document(&self) -> Value {
        json!({ "line": self.line, "column": self.column, "value": self.value, "says": self.says })
    }
}

/// `aftercare import …`.
pub(super) async fn import(command: &Import) -> Result<(), Stop> {
    let Import::Clients(args) = command;
    let name = args.file.display().to_string();
    let rules = Rules::of(&settings(&args.common)?).map_err(Stop::wrong)?;
    let letters = rules.letters.letters();
    let languages: Vec<&str> = letters.languages().map(|(locale, _)| locale).collect();
    let text = read(args)?;
    let (store, now) = ready(&args.common).await?;
    let mut db = store.write().await.map_err(Stop::failed)?;
    let (clinic, clinic_name) = clinic(&mut db, args.clinic.as_deref()).await?;
    let profile = store::clinic::find(&mut db, clinic).await.map_err(Stop::failed)?.unwrap_or_default();
    let today = now.to_zoned(profile.zone.rules().clone()).date();
    let (lines, troubles) = lines(&name, &text, &languages, today)?;
    if !troubles.is_empty() {
        return Err(refused(args, &name, &troubles)?);
    }
    let (new, alike) = register(&mut db, clinic, lines, args.take_alike, now).await?;
    if !alike.is_empty() && !args.skip_alike {
        return Err(refused(args, &name, &alike)?);
    }
    if !args.dry_run {
        db.commit().await.map_err(Stop::failed)?;
    }
    if args.common.json {
        return print_json(&json!({
            "clinic": clinic.to_string(), "new": new, "left_out": alike.iter().map(Trouble::document).collect::<Vec<_>>(),
            "dry_run": args.dry_run,
        }));
    }
    let done = if args.dry_run { "would be registered" } else { "are registered" };
    print(&format!("{clinic_name}: {new} clients {done}; {} lines were left out.\n", alike.len()))
}

/// Registers these clients one after the other; those who may be somebody known come back, lines of this file
/// among the known.
async fn register(
    db: &mut Db,
    clinic: ClinicId,
    lines: Vec<Line>,
    take_alike: bool,
    now: Timestamp,
) -> Result<(usize, Vec<Trouble>), Stop> {
    let (mut new, mut alike) = (0, Vec::new());
    store::client::one_registers(db, clinic).await.map_err(Stop::failed)?;
    for line in lines {
        let known = store::client::resembling(db, clinic, &line.client, &line.phone).await.map_err(Stop::failed)?;
        if let Some(trouble) = known.iter().find_map(|one| like(&line, one)).filter(|_| !take_alike) {
            alike.push(trouble);
            continue;
        }
        let id = ClientId::from_uuid(fresh_uuid(now));
        let client = Registered { id, client: line.client, phone: line.phone, synthetic: false, version: 1 };
        let keep = async {
            store::client::insert(db, clinic, &client, now).await?;
            audit::record(db, &by_operator(clinic, now, "client.registered", "client", id.to_string())).await
        };
        keep.await.map_err(|problem: store::Error| Stop::failed(problem))?;
        new += 1;
    }
    Ok((new, alike))
}

/// Twins and others of one surname are not asked about: they are more often somebody else.
fn like(line: &Line, known: &Registered) -> Option<Trouble> {
    let why = likeness((&line.client, &line.phone), (&known.client, &known.phone));
    let why: Vec<&str> = why.iter().filter(|one| !one.is_soft()).map(|one| Likeness::words(*one)).collect();
    let last = line.client.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    (!why.is_empty()).then(|| Trouble {
        line: line.number,
        column: Field::FirstName.id(),
        value: format!("{}{last}", line.client.first_name),
        says: format!("may be client {} ({}); add --skip-alike or --take-alike", known.id, why.join(", ")),
    })
}

/// Nothing was written: every line that is in the way is named.
fn refused(args: &Clients, name: &str, troubles: &[Trouble]) -> Result<Stop, Stop> {
    if args.common.json {
        print_json(&json!({ "new": 0, "errors": troubles.iter().map(Trouble::document).collect::<Vec<_>>() }))?;
    }
    let told: Vec<String> = troubles.iter().take(MOST_TOLD).map(Trouble::words).collect();
    let more = match troubles.len().saturating_sub(MOST_TOLD) {
        0 => String::new(),
        more => format!("; and {more} more, which --json lists"),
    };
    Ok(Stop::wrong(format!("{name}: nothing was taken: {}{more}", told.join("; "))))
}

fn read(args: &Clients) -> Result<String, Stop> {
    let name = args.file.display();
    let mut bytes = Vec::new();
    let read = match args.file.to_str() {
        Some("-") => std::io::stdin().read_to_end(&mut bytes),
        _ => std::fs::File::open(&args.file).and_then(|mut file| file.read_to_end(&mut bytes)),
    };
    read.map_err(|error| Stop::wrong(format!("{name}: cannot be read ({error}); name a CSV file")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Stop::wrong(format!("{name}: is not UTF-8 text; save it as \"CSV UTF-8\"")))?;
    // One way to end a line: of the other the reader of lines counts half of one too few.
    Ok(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
}

/// The lines of the file, each checked by the rules of the form.
fn lines(name: &str, text: &str, languages: &[&str], today: Date) -> Result<(Vec<Line>, Vec<Trouble>), Stop> {
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.contains(';') && !first.contains(',') { b';' } else { b',' };
    let mut rows =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let broken = |error: csv::Error| Stop::wrong(format!("{name}: is not CSV ({error}); name a CSV file"));
    let columns = columns(name, rows.headers().map_err(broken)?)?;
    let (mut lines, mut troubles) = (Vec::new(), Vec::new());
    for row in rows.records() {
        let row = row.map_err(broken)?;
        let number = row.position().map_or(0, csv::Position::line);
        if row.iter().all(str::is_empty) {
            continue;
        }
        if row.len() != columns.len() {
            troubles.push(Trouble {
                line: number,
                column: "line",
                value: row.iter().take(3).collect::<Vec<_>>().join(","),
                says: format!("has {} cells, and the first line names {}", row.len(), columns.len()),
            });
            continue;
        }
        let cell = |field: Field| {
            let at = columns.iter().position(|column| *column == field);
            at.and_then(|at| row.get(at)).map(meant).unwrap_or_default()
        };
        let typed = Typed::read(|field| match (field, cell(field)) {
            (Field::Aftercare, "") => if cell(Field::Email).is_empty() { "paper" } else { "email" }.to_owned(),
            (_, cell) => cell.to_owned(),
        });
        match typed.check(languages, today) {
            Ok((client, phone)) => lines.push(Line { number, client, phone }),
            Err(errors) => troubles.extend(errors.iter().map(|(column, says)| Trouble {
                line: number,
                column: Field::of(column).map_or("line", Field::id),
                value: Field::of(column).map(|field| cell(field).to_owned()).unwrap_or_default(),
                says: says.to_owned(),
            })),
        }
    }
    if lines.is_empty() && troubles.is_empty() {
        return Err(Stop::wrong(format!("{name}: holds no client; write one a line, below the names of the columns")));
    }
    Ok((lines, troubles))
}

/// What each column is.
fn columns(name: &str, header: &csv::StringRecord) -> Result<Vec<Field>, Stop> {
    let known = || Field::ALL.map(Field::id).join(", ");
    let mut columns = Vec::new();
    for text in header {
        let field = Field::of(&text.to_lowercase()).ok_or_else(|| {
            Stop::wrong(format!("{name}: line 1: \"{text}\" is no column that is known; the columns are {}", known()))
        })?;
        if columns.contains(&field) {
            return Err(Stop::wrong(format!("{name}: line 1: \"{text}\" is there twice; name each column once")));
        }
        columns.push(field);
    }
    for needed in [Field::FirstName, Field::LastName] {
        if !columns.contains(&needed) {
            let needed = needed.id();
            return Err(Stop::wrong(format!(
                "{name}: line 1: the column {needed} is missing; the columns are {}",
                known()
            )));
        }
    }
    Ok(columns)
}
