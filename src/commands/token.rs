//! `token add`, `token list`, `token revoke`: the programs that may come in, without a browser. A token goes to
//! stdout, once, and nowhere else.

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::setup::{by_operator, ready};
use super::user::clinic;
use super::{Common, Stop, print, print_json};
use crate::clinic::api_token::{self, Scopes};
use crate::clinic::ids::{ClinicId, TokenId};
use crate::seal::token;
use crate::store::api_token::{NewToken, Token as Kept};
use crate::store::{self, Db, fresh_uuid};

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token for a program and print it, once.
    Add(Add),
    /// Name the programs that may come in, and what each may do.
    List(List),
    /// End a token: the program stays out from its next request on.
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// What the program is called, such as "Online booking".
    name: String,
    /// What it may do, such as read:visits; may be given several times.
    #[arg(long, value_name = "SCOPE", required = true, num_args = 1..)]
    scope: Vec<String>,
    /// At which clinic, by its id; may be left out while there is one.
    #[arg(long, value_name = "ID")]
    clinic: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// At which clinic, by its id; without it, at all of them.
    #[arg(long, value_name = "ID")]
    clinic: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
pub(super) struct Revoke {
    /// What the program is called.
    name: String,
    /// At which clinic, by its id; may be left out while there is one.
    #[arg(long, value_name = "ID")]
    clinic: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// `aftercare token …`.
pub(super) async fn token(command: &Token) -> Result<(), Stop> {
    match command {
        Token::Add(args) => add(args).await,
        Token::List(args) => list(args).await,
        Token::Revoke(args) => revoke(args).await,
    }
}

async fn add(args: &Add) -> Result<(), Stop> {
    let name = api_token::name(&args.name).map_err(|problem| Stop::wrong(format!("NAME: {problem}")))?;
    let scopes = args.scope.iter().map(String::as_str);
    let scopes = api_token::scopes(scopes).map_err(|problem| Stop::wrong(format!("--scope: {problem}")))?;
    let (store, now) = ready(&args.common).await?;
    let mut db = store.write().await.map_err(Stop::failed)?;
    let (clinic, clinic_name) = clinic(&mut db, args.clinic.as_deref()).await?;
    let (id, secret) = (TokenId::from_uuid(fresh_uuid(now)), token::fresh_for_program());
    if !keep(&mut db, clinic, (id, name, &secret), &scopes, now).await.map_err(Stop::failed)? {
        return Err(Stop::wrong(format!(
            "NAME: “{name}” has a token at {clinic_name} already; end that one first: aftercare token revoke"
        )));
    }
    db.commit().await.map_err(Stop::failed)?;
    if args.common.json {
        let ids: Vec<&str> = scopes.iter().map(|scope| scope.id()).collect();
        return print_json(&json!({
            "id": id.to_string(), "name": name, "clinic": clinic.to_string(), "scopes": ids, "token": secret,
        }));
    }
    print(&format!("“{name}” may come in to {clinic_name} with this token. It is shown only now:\n{secret}\n"))
}

async fn keep(
    db: &mut Db,
    clinic: ClinicId,
    (id, name, secret): (TokenId, &str, &str),
    scopes: &Scopes,
    now: Timestamp,
) -> store::Result<bool> {
    let digest = token::digest(secret);
    let new = NewToken { id, name, digest: &digest, scopes, made_by: "operator", made_at: now };
    if !store::api_token::insert(db, clinic, &new).await? {
        return Ok(false);
    }
    store::audit::record(db, &by_operator(clinic, now, "token.added", "token", id.to_string())).await?;
    Ok(true)
}

async fn list(args: &List) -> Result<(), Stop> {
    let (store, _) = ready(&args.common).await?;
    let mut db = store.read().await.map_err(Stop::failed)?;
    let clinics = match &args.clinic {
        Some(id) => vec![clinic(&mut db, Some(id)).await?],
        None => {
            let all = store::clinic::all(&mut db).await.map_err(Stop::failed)?;
            all.into_iter().map(|(id, profile)| (id, profile.name)).collect()
        }
    };
    let mut all: Vec<(String, Kept)> = Vec::new();
    for (clinic, clinic_name) in clinics {
        let tokens = store::api_token::all(&mut db, clinic).await.map_err(Stop::failed)?;
        all.extend(tokens.into_iter().map(|token| (clinic_name.clone(), token)));
    }
    let scopes = |token: &Kept| token.scopes.iter().map(|scope| scope.id()).collect::<Vec<_>>();
    if args.common.json {
        let rows = all.iter().map(|(clinic_name, token)| {
            json!({
                "id": token.id.to_string(), "name": token.name, "clinic": token.clinic.to_string(),
                "clinic_name": clinic_name, "scopes": scopes(token), "made_at": token.made_at.to_string(),
                "used_at": token.used_at.map(|at| at.to_string()),
            })
        });
        return print_json(&rows.collect::<Vec<_>>());
    }
    if all.is_empty() {
        return print("No program may come in. Make a token with: aftercare token add NAME --scope SCOPE\n");
    }
    let line = |(clinic_name, token): &(String, Kept)| {
        let used = token.used_at.map_or_else(|| "not used yet".to_owned(), |at| format!("last used {at}"));
        format!("{}  {clinic_name}  {}  ({used})\n", token.name, scopes(token).join(" "))
    };
    print(&all.iter().map(line).collect::<String>())
}

async fn revoke(args: &Revoke) -> Result<(), Stop> {
    let (store, now) = ready(&args.common).await?;
    let mut db = store.write().await.map_err(Stop::failed)?;
    let (clinic, clinic_name) = clinic(&mut db, args.clinic.as_deref()).await?;
    let all = store::api_token::all(&mut db, clinic).await.map_err(Stop::failed)?;
    let Some(found) = all.into_iter().find(|token| token.name == args.name.trim()) else {
        return Err(Stop::wrong(format!(
            "NAME: “{}” has no token at {clinic_name}; \"aftercare token list\" names those that have",
            args.name
        )));
    };
    let work = async {
        store::api_token::revoke(&mut db, clinic, found.id, now).await?;
        store::audit::record(&mut db, &by_operator(clinic, now, "token.revoked", "token", found.id.to_string()))
            .await?;
        db.commit().await
    };
    work.await.map_err(|error: store::Error| Stop::failed(error))?;
    if args.common.json {
        return print_json(&json!({ "id": found.id.to_string(), "name": found.name, "revoked": true }));
    }
    print(&format!("“{}” stays out of {clinic_name} from its next request on.\n", found.name))
}
