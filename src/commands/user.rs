//! `user add`, `user list`, `user reset`: accounts without a browser. A link for the password goes
//! to stdout and nowhere else.

use jiff::Timestamp;
use serde_json::json;

use super::setup::{by_operator, ready, settings};
use super::{Common, Stop, UserAdd, UserCommand, UserReset, print, print_json};
use crate::clinic::account::Role;
use crate::clinic::ids::{AccountId, ClinicId, LoginId};
use crate::clinic::person::{EmailAddress, PersonName};
use crate::clinic::signin::LINK;
use crate::config::Settings;
use crate::seal::token;
use crate::store::account::Account;
use crate::store::{self, Db, fresh_uuid};

/// `aftercare user …`.
pub(super) async fn user(command: &UserCommand) -> Result<(), Stop> {
    match command {
        UserCommand::Add(args) => add(args).await,
        UserCommand::List(common) => list(common).await,
        UserCommand::Reset(args) => reset(args).await,
    }
}

async fn add(args: &UserAdd) -> Result<(), Stop> {
    let email: EmailAddress =
        args.email.parse().map_err(|problem| Stop::wrong(format!("EMAIL: \"{}\" is {problem}", args.email)))?;
    let name: PersonName = match &args.name {
        Some(name) => name.parse().map_err(|problem| Stop::wrong(format!("--name: {problem}")))?,
        None => name_of(&email).map_err(Stop::wrong)?,
    };
    let (store, now) = ready(&args.common).await?;
    let mut db = store.write().await.map_err(Stop::failed)?;
    let (clinic, clinic_name) = clinic(&mut db, args.clinic.as_deref()).await?;
    let mut staff = store::account::all(&mut db, clinic).await.map_err(Stop::failed)?;
    staff.extend(store::account::gone(&mut db, clinic).await.map_err(Stop::failed)?);
    if staff.iter().any(|account| account.email.normalised() == email.normalised()) {
        return Err(Stop::wrong(format!(
            "EMAIL: {email} works at {clinic_name} already; \"aftercare user reset {email}\" makes a new link"
        )));
    }
    let account = Account { id: AccountId::from_uuid(fresh_uuid(now)), name, email, role: args.role.into() };
    let work = async {
        store::account::insert(&mut db, clinic, &account, now).await?;
        let entry = by_operator(clinic, now, "account.added", "account", account.id.to_string());
        store::audit::record(&mut db, &entry).await?;
        let login = store::login::by_email(&mut db, &account.email).await?;
        let secret = match login.filter(|login| login.password.is_none()) {
            Some(login) => Some(link(&mut db, login.id, now).await?),
            None => None,
        };
        db.commit().await?;
        Ok::<_, store::Error>(secret)
    };
    let secret = work.await.map_err(Stop::failed)?;
    let settings = settings(&args.common)?;
    let link = secret.map(|secret| address(&settings, &secret));
    if args.common.json {
        return print_json(&json!({
            "id": account.id.to_string(), "email": account.email, "name": account.name,
            "role": account.role.id(), "clinic": clinic.to_string(), "link": link,
        }));
    }
    let (name, role) = (&account.name, account.role.id());
    print(&match link {
        Some(link) => {
            format!("Added {name} ({role}) to {clinic_name}.\nFirst password, once and within 24 hours:\n{link}\n")
        }
        None => {
            format!("Added {name} ({role}) to {clinic_name}. The password is the one for {} so far.\n", account.email)
        }
    })
}

async fn list(common: &Common) -> Result<(), Stop> {
    let (store, _) = ready(common).await?;
    let read = async {
        let mut db = store.read().await?;
        let mut all = Vec::new();
        for (clinic, profile) in store::clinic::all(&mut db).await? {
            for account in store::account::all(&mut db, clinic).await? {
                let login = store::login::by_email(&mut db, &account.email).await?;
                let has_password = login.is_some_and(|login| login.password.is_some());
                all.push((clinic, profile.name.clone(), account, has_password));
            }
        }
        Ok::<_, store::Error>(all)
    };
    let all = read.await.map_err(Stop::failed)?;
    if common.json {
        let rows = all.iter().map(|(clinic, clinic_name, account, has_password)| {
            json!({
                "id": account.id.to_string(), "email": account.email, "name": account.name,
                "role": account.role.id(), "clinic": clinic.to_string(), "clinic_name": clinic_name,
                "has_password": has_password,
            })
        });
        return print_json(&rows.collect::<Vec<_>>());
    }
    if all.is_empty() {
        return print("Nobody yet. Add someone with: aftercare user add EMAIL --role admin\n");
    }
    let line = |(_, clinic, account, has_password): &(ClinicId, String, Account, bool)| {
        let waits = if *has_password { "" } else { "  (no password yet)" };
        format!("{}  {}  {}  {clinic}{waits}\n", account.email, account.role.id(), account.name)
    };
    print(&all.iter().map(line).collect::<String>())
}

async fn reset(args: &UserReset) -> Result<(), Stop> {
    let email: EmailAddress =
        args.email.parse().map_err(|problem| Stop::wrong(format!("EMAIL: \"{}\" is {problem}", args.email)))?;
    let (store, now) = ready(&args.common).await?;
    let mut db = store.write().await.map_err(Stop::failed)?;
    let Some(login) = store::login::by_email(&mut db, &email).await.map_err(Stop::failed)? else {
        return Err(Stop::wrong(format!("EMAIL: nobody signs in as {email}; \"aftercare user list\" names everyone")));
    };
    if args.two_factor {
        return without_factor(args, db, login.id, now).await;
    }
    let work = async {
        let secret = link(&mut db, login.id, now).await?;
        for place in store::login::workplaces(&mut db, login.id).await? {
            let id = place.account.to_string();
            let entry = by_operator(place.clinic, now, "password.link_made", "account", id);
            store::audit::record(&mut db, &entry).await?;
        }
        db.commit().await?;
        Ok::<_, store::Error>(secret)
    };
    let secret = work.await.map_err(Stop::failed)?;
    let link = address(&settings(&args.common)?, &secret);
    if args.common.json {
        return print_json(&json!({ "email": email, "link": link }));
    }
    print(&format!("New password for {email}, once and within 24 hours:\n{link}\n"))
}

/// Takes the second factor of a login away, and ends its sessions.
async fn without_factor(args: &UserReset, mut db: Db, login: LoginId, now: Timestamp) -> Result<(), Stop> {
    let work = async {
        let had = store::second_factor::remove(&mut db, login).await?;
        if had {
            store::session::end_others(&mut db, login, "").await?;
            for place in store::login::workplaces(&mut db, login).await? {
                let id = place.account.to_string();
                let entry = by_operator(place.clinic, now, "two_factor.removed_by_operator", "account", id);
                store::audit::record(&mut db, &entry).await?;
            }
        }
        db.commit().await?;
        Ok::<_, store::Error>(had)
    };
    let had = work.await.map_err(Stop::failed)?;
    let email = &args.email;
    if args.common.json {
        return print_json(&json!({ "email": email, "two_factor_removed": had }));
    }
    print(&match had {
        true => format!("{email} signs in with the password alone from now on, and can set a new second factor up.\n"),
        false => format!("{email} has no second factor; nothing was changed.\n"),
    })
}

async fn link(db: &mut Db, login: LoginId, now: Timestamp) -> store::Result<String> {
    let secret = token::fresh();
    let ends_at = now.saturating_add(LINK).unwrap_or(now);
    store::password_link::make(db, &token::digest(&secret), login, now, ends_at).await?;
    Ok(secret)
}

fn address(settings: &Settings, secret: &str) -> String {
    format!("{}/password/{secret}", house(settings))
}

/// Where the pages are reached: the address clients see, or where the program listens.
pub(super) fn house(settings: &Settings) -> String {
    match &settings.web.base_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("http://{}", settings.web.listen),
    }
}

pub(super) async fn clinic(db: &mut Db, asked: Option<&str>) -> Result<(ClinicId, String), Stop> {
    let all = store::clinic::all(db).await.map_err(Stop::failed)?;
    let names = || all.iter().map(|(id, profile)| format!("{id} ({})", profile.name)).collect::<Vec<_>>().join(", ");
    if all.is_empty() {
        return Err(Stop::wrong("there is no clinic yet; add one with: aftercare clinic add NAME --zone ZONE"));
    }
    match asked {
        Some(asked) => {
            let found = all.iter().find(|(id, _)| id.to_string() == asked);
            let found = found.map(|(id, profile)| (*id, profile.name.clone()));
            found.ok_or_else(|| Stop::wrong(format!("--clinic: \"{asked}\" is none of {}", names())))
        }
        None => match all.as_slice() {
            [(id, profile)] => Ok((*id, profile.name.clone())),
            _ => Err(Stop::wrong(format!("--clinic is missing; give one of {}", names()))),
        },
    }
}

/// "Rosa Marin" from rosa.marin@example.org: a name to begin with.
fn name_of(email: &EmailAddress) -> Result<PersonName, String> {
    let local = email.as_str().split('@').next().unwrap_or_default();
    let words = local.split(['.', '_', '-', '+']).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
    };
    words.map(capital).collect::<Vec<_>>().join(" ").parse()
}

impl From<super::RoleArg> for Role {
    fn from(role: super::RoleArg) -> Self {
        match role {
            super::RoleArg::Reception => Self::Reception,
            super::RoleArg::Therapist => Self::Therapist,
            super::RoleArg::Admin => Self::Admin,
        }
    }
}
