//! `sending list` and `sending release`: what waits after a restore, and letting it go.

use clap::Subcommand;
use serde_json::{Value, json};

use super::setup::{by_operator, ready};
use super::user::clinic;
use super::{Common, Stop, print, print_json};
use crate::clinic::ids::ClinicId;
use crate::store::{self, Db, audit, hold};

/// So much of the line is listed.
const MOST: u32 = 10_000;

#[derive(Debug, Subcommand)]
pub(super) enum Sending {
    /// What goes out as soon as sending is released.
    List(Which),
    /// Let mail go again.
    Release(Release),
}

#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// At which clinic, by its id; without it, at all of them.
    #[arg(long, value_name = "ID")]
    clinic: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
pub(super) struct Release {
    /// Call off what was due before the restore: the system it came from has sent it.
    #[arg(long)]
    call_off_due: bool,
    #[command(flatten)]
    which: Which,
}

/// `aftercare sending …`.
pub(super) async fn sending(command: &Sending) -> Result<(), Stop> {
    match command {
        Sending::List(args) => list(args).await,
        Sending::Release(args) => release(args).await,
    }
}

/// The clinic that was named, or all.
async fn clinics(db: &mut Db, args: &Which) -> Result<Vec<(ClinicId, String)>, Stop> {
    if args.clinic.is_some() {
        return Ok(vec![clinic(db, args.clinic.as_deref()).await?]);
    }
    let all = store::clinic::all(db).await.map_err(Stop::failed)?;
    Ok(all.into_iter().map(|(id, profile)| (id, profile.name)).collect())
}

async fn list(args: &Which) -> Result<(), Stop> {
    let (store, now) = ready(&args.common).await?;
    let mut db = store.read().await.map_err(Stop::failed)?;
    let (mut text, mut documents) = (String::new(), Vec::new());
    for (id, name) in clinics(&mut db, args).await? {
        let Some(on_hold) = hold::of(&mut db, id).await.map_err(Stop::failed)? else {
            text.push_str(&format!("{name}: sending is not on hold.\n"));
            documents.push(json!({ "clinic": id.to_string(), "name": name, "on_hold": false }));
            continue;
        };
        let emails = hold::waiting(&mut db, id, now, MOST).await.map_err(Stop::failed)?;
        let notices = hold::notices(&mut db, id, now, MOST).await.map_err(Stop::failed)?;
        text.push_str(&format!(
            "{name}: on hold since {}; the backup knows what happened until {}. {} emails and {} notices go out as soon as sending is released{}\n",
            on_hold.restored_at,
            on_hold.known_until,
            emails.len(),
            notices.len(),
            if emails.is_empty() && notices.is_empty() { "." } else { ":" },
        ));
        for email in &emails {
            let again = if email.due_at <= on_hold.restored_at { "  (perhaps sent before)" } else { "" };
            text.push_str(&format!("{}  {}  {}{again}\n", email.due_at, email.step.id(), email.recipient));
        }
        for (kind, to, due_at) in &notices {
            text.push_str(&format!("{due_at}  {}  {to}\n", kind.id()));
        }
        let emails = emails.iter().map(|email| {
            json!({
                "id": email.id.to_string(), "client": email.client.to_string(), "step": email.step.id(),
                "to": email.recipient.as_str(), "due_at": email.due_at, "not_after": email.not_after,
                "perhaps_sent_before": email.due_at <= on_hold.restored_at,
            })
        });
        let notices =
            notices.iter().map(|(kind, to, due_at)| json!({ "kind": kind.id(), "to": to.as_str(), "due_at": due_at }));
        documents.push(json!({
            "clinic": id.to_string(), "name": name, "on_hold": true, "restored_at": on_hold.restored_at,
            "known_until": on_hold.known_until, "emails": emails.collect::<Vec<_>>(),
            "notices": notices.collect::<Vec<_>>(),
        }));
    }
    if args.common.json { print_json(&Value::from(documents)) } else { print(&text) }
}

async fn release(args: &Release) -> Result<(), Stop> {
    let (store, now) = ready(&args.which.common).await?;
    let mut db = store.write().await.map_err(Stop::failed)?;
    let (mut text, mut documents) = (String::new(), Vec::new());
    for (id, name) in clinics(&mut db, &args.which).await? {
        let ended = async {
            let ended = hold::end(&mut db, id, args.call_off_due, now).await?;
            if ended.is_some() {
                let entry = by_operator(id, now, "sending.released", "clinic", id.to_string());
                audit::record(&mut db, &entry).await?;
            }
            Ok::<_, store::Error>(ended)
        };
        let ended = ended.await.map_err(Stop::failed)?;
        text.push_str(&match ended {
            Some(count) => format!("{name}: sending goes on; {count} emails and notices were called off.\n"),
            None => format!("{name}: sending was not on hold.\n"),
        });
        documents.push(json!({
            "clinic": id.to_string(), "name": name, "was_on_hold": ended.is_some(), "called_off": ended.unwrap_or(0),
        }));
    }
    db.commit().await.map_err(Stop::failed)?;
    if args.which.common.json { print_json(&Value::from(documents)) } else { print(&text) }
}
