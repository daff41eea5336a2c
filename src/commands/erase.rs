//! `erase client ID`: everything about one person goes, after somebody was shown what that is.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::Subcommand;
use serde_json::json;

use super::export::find;
use super::setup::{by_operator, ready};
use super::{Common, Stop, print, print_json};
use crate::clinic::person::PersonName;
use crate::store::audit;
use crate::store::person::{self, Erasure, Notes, Toll};

#[derive(Debug, Subcommand)]
pub(super) enum Erase {
    /// Erase one client with all that is kept about them. This cannot be undone.
    ///
    /// Visits, intakes, notes, check-ins, alerts, consents and the text of every email go; what waits to be
    /// sent is called off. What stays is the audit, which holds ids and no word about anyone, and links that
    /// lead to the clinic's telephone. The law may want signed notes kept for some years: --keep-notes keeps them.
    /// Backups made before still hold all of it.
    Client(EraseClient),
}

#[derive(Debug, clap::Args)]
pub(super) struct EraseClient {
    /// The client's id: it stands in the address of the client's page.
    id: String,
    /// Keep signed notes, with their visits and the name and date of birth that say whose they are.
    #[arg(long)]
    keep_notes: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    common: Common,
}

/// `aftercare erase …`.
pub(super) async fn erase(command: &Erase) -> Result<(), Stop> {
    let Erase::Client(args) = command;
    let (store, now) = ready(&args.common).await?;
    let mut db = store.read().await.map_err(Stop::failed)?;
    let (clinic, _, client) = find(&mut db, &args.id).await?;
    let toll = person::toll(&mut db, clinic, client.id).await.map_err(Stop::failed)?;
    drop(db);
    let notes = if args.keep_notes { Notes::Stay } else { Notes::Go };
    let asked = question(&client.client.first_name, &toll, notes);
    if !args.yes && !agreed(&asked)? {
        return Err(Stop::wrong(format!("nothing was erased, since nobody said yes; add --yes. {asked}")));
    }
    let mut db = store.write().await.map_err(Stop::failed)?;
    let erased = match person::erase(&mut db, clinic, client.id, (notes, &toll.mark()), now).await {
        Ok(Erasure::Done(erased)) => erased,
        Ok(refused) => return Err(Stop::failed(why_not(refused, &args.id))),
        Err(problem) => return Err(Stop::failed(problem)),
    };
    let deed = if erased.keeps { "client.erased:all_but_notes" } else { "client.erased" };
    let entry = by_operator(clinic, now, deed, "client", client.id.to_string());
    audit::record(&mut db, &entry).await.map_err(Stop::failed)?;
    db.commit().await.map_err(Stop::failed)?;
    store.empty_journal().await.map_err(Stop::failed)?;
    if args.common.json {
        let toll = erased.toll;
        return print_json(&json!({
            "client": client.id.to_string(), "clinic": clinic.to_string(), "erased": true,
            "visits": toll.visits, "intakes": toll.intakes, "signed_notes": toll.signed_notes, "drafts": toll.drafts,
            "emails": toll.emails, "called_off": toll.waiting, "check_ins": toll.check_ins, "alerts": toll.alerts,
            "links": erased.links, "kept_notes": erased.keeps,
        }));
    }
    print(&format!(
        "Erased client {}: {}.\nKeep this id: after a restore of an older backup they are there again, and have to be erased again.\n",
        client.id,
        words(&erased.toll)
    ))
}

fn why_not(refused: Erasure, id: &str) -> String {
    match refused {
        Erasure::Held => format!("client {id} is on legal hold; an admin ends the hold on the client's page first"),
        Erasure::Changed => format!("client {id}: something was added meanwhile, so nothing was erased; run it again"),
        Erasure::Unknown | Erasure::Done(_) => format!("client {id} was erased a moment ago"),
    }
}

/// Asks whoever sits there, and takes an answer. Nobody there to answer is no.
fn agreed(asked: &str) -> Result<bool, Stop> {
    if std::io::stdin().is_terminal() {
        let mut out = std::io::stderr().lock();
        write!(out, "{asked} Type \"yes\" to erase: ").and_then(|()| out.flush()).map_err(Stop::failed)?;
    }
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(Stop::failed)?;
    Ok(answer.trim() == "yes")
}

/// What goes, and what the law may say about it.
fn question(name: &PersonName, toll: &Toll, notes: Notes) -> String {
    let kept = match (toll.signed_notes, notes) {
        (0, _) => "",
        (_, Notes::Stay) => " Signed notes stay, with their visits, the name and the date of birth.",
        (_, Notes::Go) => " The law may want signed notes kept: --keep-notes keeps them.",
    };
    format!("{name} and all that is kept about them go for good: {}.{kept}", words(toll))
}

fn words(toll: &Toll) -> String {
    format!(
        "{} visits, {} intakes, {} signed notes and {} drafts, {} sent emails with their text, {} emails that wait, {} check-ins, {} alerts",
        toll.visits,
        toll.intakes,
        toll.signed_notes,
        toll.drafts,
        toll.emails,
        toll.waiting,
        toll.check_ins,
        toll.alerts
    )
}
