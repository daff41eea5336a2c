//! First set-up without a browser: `migrate`, `clinic add`, `catalogue sign-off`.

use jiff::Timestamp;
use serde_json::json;

use crate::app::{self, Rules};
use crate::clinic::ids::ClinicId;
use crate::clinic::person::PersonName;
use crate::clinic::profile::{ClinicProfile, Zone};
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::audit::Entry;
use crate::store::catalogue::newest::Newest;
use crate::store::setting::SignOff;
use crate::store::{self, Store};

use super::{CatalogueCommand, ClinicCommand, Common, Stop, print, print_json};

/// The settings that a command names.
pub(super) fn settings(common: &Common) -> Result<Settings, Stop> {
    Settings::load(common.config.as_deref()).map_err(Stop::wrong)
}

/// `aftercare migrate`.
pub(super) async fn migrate(common: &Common) -> Result<(), Stop> {
    let settings = settings(common)?;
    let store = app::store(&settings).await.map_err(Stop::failed)?;
    store.migrate().await.map_err(Stop::failed)?;
    if common.json {
        return print_json(&json!({ "migrated": true, "engine": store.engine_name() }));
    }
    print(&format!("The database ({}) is up to date.\n", store.engine_name()))
}

/// `aftercare clinic add`.
pub(super) async fn clinic(command: &ClinicCommand) -> Result<(), Stop> {
    let ClinicCommand::Add(args) = command;
    let common = &args.common;
    let name: PersonName = args.name.parse().map_err(|problem| Stop::wrong(format!("NAME: {problem}")))?;
    let zone = Zone::named(&args.zone).map_err(|problem| Stop::wrong(format!("--zone: {problem}")))?;
    let usual = ClinicProfile::default();
    let profile = ClinicProfile {
        name: name.to_string(),
        zone,
        phone: args.phone.clone().unwrap_or_default(),
        emergency_number: args.emergency_number.clone().unwrap_or(usual.emergency_number),
        address: args.address.clone().unwrap_or_default(),
        ..usual
    };
    let (store, now) = ready(common).await?;
    let id = ClinicId::from_uuid(store::fresh_uuid(now));
    let add = async {
        let mut db = store.write().await?;
        store::clinic::insert(&mut db, id, &profile, now).await?;
        store::audit::record(&mut db, &by_operator(id, now, "clinic.added", "clinic", id.to_string())).await?;
        db.commit().await
    };
    add.await.map_err(|error: store::Error| Stop::failed(error))?;
    if common.json {
        return print_json(&json!({ "id": id.to_string(), "name": profile.name, "time_zone": profile.zone.name() }));
    }
    print(&format!("Added {} ({}), id {id}.\n", profile.name, profile.zone.name()))
}

/// `aftercare catalogue sign-off`.
pub(super) async fn catalogue(command: &CatalogueCommand) -> Result<(), Stop> {
    let CatalogueCommand::SignOff(args) = command;
    let common = &args.common;
    let name: PersonName = args.by.parse().map_err(|problem| Stop::wrong(format!("--by: {problem}")))?;
    let rules = Rules::of(&settings(common)?).map_err(Stop::wrong)?;
    let (store, now) = ready(common).await?;
    let newest = async { Newest::over(rules.catalogue).look(&mut store.read().await?).await };
    let version = newest.await.map_err(Stop::failed)?.version().to_owned();
    let signature = SignOff { version: version.clone(), signed_by: name.to_string(), signed_at: now };
    let sign = async {
        let mut db = store.write().await?;
        let first = store::setting::sign_off(&mut db, &signature).await?;
        if first {
            for (clinic, _) in store::clinic::all(&mut db).await? {
                let entry = by_operator(clinic, now, "catalogue.signed_off", "catalogue", version.clone());
                store::audit::record(&mut db, &entry).await?;
            }
        }
        let kept = store::setting::signed_off(&mut db, &version).await?;
        db.commit().await?;
        Ok::<_, store::Error>((first, kept.map_or_else(|| name.to_string(), |kept| kept.signed_by)))
    };
    let (first, signed_by) = sign.await.map_err(Stop::failed)?;
    if common.json {
        return print_json(&json!({ "version": version, "signed_by": signed_by, "new": first }));
    }
    print(&match first {
        true => format!("{signed_by} takes responsibility for catalogue {version}. Aftercare letters may leave now.\n"),
        false => format!("Catalogue {version} was signed off by {signed_by} already; nothing was changed.\n"),
    })
}

/// The database, up to date, and the time.
pub(super) async fn ready(common: &Common) -> Result<(Store, Timestamp), Stop> {
    let store = app::store(&settings(common)?).await.map_err(Stop::failed)?;
    store.migrate().await.map_err(Stop::failed)?;
    Ok((store, Clock::system().now()))
}

/// A deed of whoever may run commands on the machine.
pub(super) fn by_operator(clinic: ClinicId, at: Timestamp, action: &str, kind: &str, record_id: String) -> Entry {
    Entry { who: "operator".into(), role: "operator".into(), ..Entry::system(clinic, at, action, kind, record_id) }
}
