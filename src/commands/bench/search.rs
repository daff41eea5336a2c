//! `bench search`: what a search costs while somebody types, with a hundred thousand clients. Every
//! keystroke is a search of its own, as it is on the page.

use std::time::Instant;

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::json;

use super::super::{Stop, print, setup};
use super::Search;
use super::load::{Says, load};
use super::machine::Machine;
use crate::app::{self, Rules};
use crate::clinic::body::Region;
use crate::clinic::case::{BookedPressure, Client, LastReaction, Treatment};
use crate::clinic::client::words::terms;
use crate::clinic::ids::{ClientId, ClinicId, VisitId};
use crate::clinic::profile::ClinicProfile;
use crate::clock::Clock;
use crate::config::Secret;
use crate::store::client::Registered;
use crate::store::visit::{Appointment, VisitState};
use crate::store::{self, Db, Store, fresh_uuid};

/// What is typed, from the first letter to the last: names, a year alone, a letter and a year, letters that
/// fit thousands, and nobody.
const TYPED: [&str; 10] = [
    "oka 1980",
    "cleo 0794",
    "okafor cleo",
    "cleo.oka",
    "smith anna",
    "1980",
    "o 1980",
    "a b 19",
    "1.2.1980",
    "nobody here",
];

/// So many clients share a transaction while loading.
const PORTION: u32 = 2_000;

/// How often each keystroke is measured.
const TIMES: usize = 20;

const FIRST: [&str; 24] = [
    "Anna", "Cleo", "Omar", "Zoë", "Bram", "Ana", "Ewan", "Sina", "Mina", "Pia", "Tom", "Grace", "Ruth", "Jonas",
    "Lena", "Ida", "Samuel", "Nora", "Ali", "Bea", "Carlos", "Dana", "Emil", "Fatima",
];
const STARTS: [&str; 20] = [
    "Oka", "Smi", "Mül", "And", "Ber", "Car", "Dou", "Eri", "Fis", "Gar", "Hof", "Iva", "Jan", "Kim", "Lin", "Mar",
    "Nov", "Pet", "Ros", "Ste",
];
const ENDS: [&str; 16] = [
    "for", "th", "ler", "ersen", "nandez", "ova", "son", "ger", "mann", "ini", "ez", "kova", "berg", "aux", "der", "ić",
];

pub(super) async fn search(args: &Search) -> Result<(), Stop> {
    let mut settings = setup::settings(&args.common)?;
    let rules = Rules::of(&settings).map_err(Stop::wrong)?;
    let folder = tempfile::tempdir().map_err(Stop::failed)?;
    settings.secrets.key_file = folder.path().join("bench.key");
    if !settings.database.url.expose().starts_with("postgres") {
        settings.database.url = Secret::new(format!("sqlite://{}", folder.path().join("bench.db").display()));
    }
    let store = app::store(&settings).await.map_err(Stop::failed)?;
    // Refuses a database that holds real clients, as every measurement does.
    load(&store, &rules, (1, Says::Everything), Clock::system().now()).await.map_err(Stop::wrong)?;
    let clinic = fill(&store, args.count, Clock::system().now()).await.map_err(Stop::failed)?;
    let mut all = Vec::new();
    for typed in TYPED {
        let (mut costs, mut found) = (Vec::new(), 0);
        for end in typed.char_indices().map(|(at, letter)| at + letter.len_utf8()) {
            let asked = typed.get(..end).unwrap_or(typed);
            let (cost, hits) = keystroke(&store, clinic, asked).await.map_err(Stop::failed)?;
            costs.extend(cost);
            found = hits;
        }
        tell(&store, args.count, (typed, Some(found)), &mut costs)?;
        all.extend(costs);
    }
    tell(&store, args.count, ("all of it", None), &mut all)?;
    store.close().await;
    Ok(())
}

/// One line: how long the searches took while this was typed, and how many clients the last of them found.
fn tell(store: &Store, clients: u32, (typed, found): (&str, Option<usize>), costs: &mut [f64]) -> Result<(), Stop> {
    costs.sort_by(f64::total_cmp);
    let at = |share: usize| costs.get(costs.len() * share / 100).or(costs.last()).copied().unwrap_or_default();
    let figures = json!({
        "work": "search", "engine": store.engine_name(), "clients": clients, "typed": typed, "searches": costs.len(),
        "found": found, "milliseconds_median": at(50), "milliseconds_95": at(95), "milliseconds_slowest": at(100),
        "machine": Machine::here(),
    });
    print(&format!("{figures}\n"))
}

/// What several searches of this question cost, in milliseconds, and how many clients they found.
async fn keystroke(store: &Store, clinic: ClinicId, question: &str) -> store::Result<(Vec<f64>, usize)> {
    let (mut costs, mut hits) = (Vec::with_capacity(TIMES), 0);
    for _ in 0..TIMES {
        let started = Instant::now();
        let mut db = store.read().await?;
        let found = store::client::search(&mut db, clinic, &terms(question), 20).await?;
        costs.push(started.elapsed().as_secs_f64() * 1000.0);
        hits = found.hits.len();
    }
    Ok((costs, hits))
}

async fn fill(store: &Store, count: u32, now: Timestamp) -> store::Result<ClinicId> {
    let clinic = ClinicId::from_uuid(fresh_uuid(now));
    let mut db = store.write().await?;
    store::clinic::insert(&mut db, clinic, &ClinicProfile::default(), now).await?;
    db.commit().await?;
    for first in (0..count).step_by(usize::try_from(PORTION).unwrap_or(1)) {
        let mut db = store.write().await?;
        for number in first..count.min(first.saturating_add(PORTION)) {
            one(&mut db, clinic, number, now).await?;
        }
        db.commit().await?;
    }
    store.settle().await?;
    Ok(clinic)
}

/// One client of many, with one visit. The same number is the same person on every machine.
async fn one(db: &mut Db, clinic: ClinicId, number: u32, now: Timestamp) -> store::Result<()> {
    let pick = |list: &[&'static str], step: u32| {
        let place = usize::try_from(number / step).unwrap_or(0) % list.len();
        list.get(place).copied().unwrap_or_default()
    };
    let (first, last) = (pick(&FIRST, 1), format!("{}{}", pick(&STARTS, 24), pick(&ENDS, 480)));
    let bad = store::Error::Unusable;
    let client = Client {
        first_name: first.parse().map_err(bad)?,
        last_name: Some(last.parse().map_err(bad)?),
        email: format!("client-{number}@example.test").parse().ok(),
        locale: None,
        born: Some(date(1930, 1, 1).saturating_add(i64::from(number * 37 % 31_000).days())),
        on_paper: false,
    };
    let id = ClientId::from_uuid(fresh_uuid(now));
    let phone = format!("0794{} {:03} {:03}", number % 10, number / 1000 % 1000, number % 1000);
    let registered = Registered { id, client, phone, synthetic: true, version: 1 };
    store::client::insert(db, clinic, &registered, now).await?;
    let starts_at = now.saturating_sub(SignedDuration::from_mins(i64::from(number))).unwrap_or(now);
    let visit = Appointment {
        id: VisitId::from_uuid(fresh_uuid(now)),
        client: id,
        therapist: None,
        starts_at,
        ends_at: starts_at.saturating_add(SignedDuration::from_hours(1)).unwrap_or(now),
        state: VisitState::Booked,
        treatment: Treatment {
            technique: "swedish".into(),
            pressure: BookedPressure::Moderate,
            regions: vec![Region::LowerBack],
            last_reaction: LastReaction::None,
        },
        completed_at: None,
    };
    store::visit::insert(db, clinic, &visit, now).await
}
