//! `aftercare suppress import FILE.csv`: addresses that another system has learnt not to write to.

use std::io::Read as _;

use serde_json::json;

use super::setup::{by_operator, ready};
use super::user::clinic;
use super::{Stop, SuppressCommand, SuppressImport, print, print_json};
use crate::clinic::person::EmailAddress;
use crate::seal::token;
use crate::store;

/// A longer reason is no reason but a letter.
const LONGEST_REASON: usize = 200;

/// One line of the file.
struct Line {
    address: EmailAddress,
    reason: String,
}

/// `aftercare suppress …`. All of it or nothing: a file with a line that is wrong changes nothing.
pub(super) async fn suppress(command: &SuppressCommand) -> Result<(), Stop> {
    let SuppressCommand::Import(args) = command;
    let lines = read(args)?;
    let (store, now) = ready(&args.common).await?;
    let mut db = store.write().await.map_err(Stop::failed)?;
    let (clinic, clinic_name) = clinic(&mut db, args.clinic.as_deref()).await?;
    let (mut new, mut known) = (0_usize, 0_usize);
    for line in &lines {
        if store::suppression::find(&mut db, clinic, &line.address).await.map_err(Stop::failed)?.is_some() {
            known += 1;
            continue;
        }
        new += 1;
        let keep = async {
            store::suppression::insert(&mut db, clinic, &line.address, &line.reason, now).await?;
            // The audit names records, never an address.
            let named = token::digest(&line.address.normalised());
            store::audit::record(&mut db, &by_operator(clinic, now, "address.stopped", "address", named)).await
        };
        keep.await.map_err(|problem: store::Error| Stop::failed(problem))?;
    }
    if !args.dry_run {
        db.commit().await.map_err(Stop::failed)?;
    }
    if args.common.json {
        return print_json(&json!({
            "clinic": clinic.to_string(), "new": new, "known": known, "dry_run": args.dry_run,
        }));
    }
    let done = if args.dry_run { "would get no more mail" } else { "get no more mail" };
    print(&format!("{clinic_name}: {new} addresses {done}; {known} were stopped already.\n"))
}

/// The lines of the file, each checked.
fn read(args: &SuppressImport) -> Result<Vec<Line>, Stop> {
    let name = args.file.display();
    let mut text = Vec::new();
    let read = match args.file.to_str() {
        Some("-") => std::io::stdin().read_to_end(&mut text),
        _ => std::fs::File::open(&args.file).and_then(|mut file| file.read_to_end(&mut text)),
    };
    read.map_err(|error| Stop::wrong(format!("{name}: cannot be read ({error}); name a CSV file")))?;
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(&*text);
    let mut lines = Vec::new();
    for row in rows.records() {
        let row = row.map_err(|error| Stop::wrong(format!("{name}: is not CSV in UTF-8 ({error})")))?;
        let number = row.position().map_or(0, csv::Position::line);
        let first = row.get(0).unwrap_or_default().trim_start_matches('\u{feff}');
        // A first line without an @ names the columns.
        if first.is_empty() || (number == 1 && !first.contains('@')) {
            continue;
        }
        let address =
            first.parse().map_err(|problem| Stop::wrong(format!("{name}: line {number}: \"{first}\" is {problem}")))?;
        let reason = row.get(1).filter(|reason| !reason.is_empty()).unwrap_or(&args.reason);
        if reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
            let right = format!("at most {LONGEST_REASON} characters on one line");
            return Err(Stop::wrong(format!("{name}: line {number}: the reason does not fit; give {right}")));
        }
        lines.push(Line { address, reason: reason.to_owned() });
    }
    if lines.is_empty() {
        return Err(Stop::wrong(format!("{name}: holds no address; write one a line, and why behind a comma")));
    }
    Ok(lines)
}
