//! How often one may try: by the address that is tried and by the place the tries come from. A try to sign in
//! is counted before its password is looked at, so that many at once gain nothing.

use jiff::{SignedDuration, Timestamp};

use super::Web;
use super::error::Error;
use crate::clinic::signin::{TRIES_PER_ADDRESS, TRIES_PER_PLACE, WINDOW, wait};
use crate::seal::token;
use crate::store::{self, Db};

/// Counts a try for this address from this place.
///
/// # Errors
/// How long to wait, when there were too many; such a try is not counted, or a stranger could keep
/// the door closed for good.
pub(super) async fn knock(web: &Web, address: &str, place: &str) -> Result<(), Error> {
    let now = web.clock.system_now();
    let since = now.saturating_sub(WINDOW).unwrap_or(now);
    let mut db = web.store.write().await?;
    let mut longest: Option<SignedDuration> = None;
    let counted = [(by_address(address), TRIES_PER_ADDRESS), (by_place(place), TRIES_PER_PLACE)];
    for (whose, most) in &counted {
        let tries = store::attempt::since(&mut db, whose, since, *most).await?;
        longest = longest.max(wait(&tries, *most, now));
    }
    if let Some(wait) = longest {
        return Err(too_many(wait));
    }
    for (whose, _) in counted.iter().filter(|(whose, _)| !whose.is_empty()) {
        store::attempt::note(&mut db, whose, now).await?;
    }
    store::attempt::forget(&mut db, since).await?;
    Ok(db.commit().await?)
}

/// Forgets the tries for an address whose person came in.
pub(super) async fn forgive(db: &mut Db, address: &str) -> Result<(), Error> {
    Ok(store::attempt::forgive(db, &by_address(address)).await?)
}

/// Opens a link of a secret for this place. A dead one is counted: nobody guesses 256 bits, and nobody
/// shall keep the house busy with trying.
///
/// # Errors
/// Those of the link; or how long to wait, when this place held too many dead ones.
pub(super) async fn link<T>(
    web: &Web,
    place: &str,
    opening: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let whose = by_links(place);
    let now = web.clock.system_now();
    may_try(web, &whose, now).await?;
    let opened = opening.await;
    if matches!(opened, Err(Error::DeadLink | Error::SetUp)) {
        count(web, &whose, now).await?;
    }
    opened
}

/// Counts a link that never was against this place. The link is looked up first: whoever holds a real one
/// comes in, however many others of the same house guessed before.
///
/// # Errors
/// How long to wait, when this place held too many; such a try is not counted.
pub(super) async fn missed(web: &Web, place: &str) -> Result<(), Error> {
    let whose = by_links(place);
    let now = web.clock.system_now();
    may_try(web, &whose, now).await?;
    count(web, &whose, now).await
}

async fn may_try(web: &Web, whose: &str, now: Timestamp) -> Result<(), Error> {
    let since = now.saturating_sub(WINDOW).unwrap_or(now);
    let mut db = web.store.read().await?;
    let tries = store::attempt::since(&mut db, whose, since, TRIES_PER_PLACE).await?;
    wait(&tries, TRIES_PER_PLACE, now).map_or(Ok(()), |wait| Err(too_many(wait)))
}

async fn count(web: &Web, whose: &str, now: Timestamp) -> Result<(), Error> {
    if whose.is_empty() {
        return Ok(());
    }
    let since = now.saturating_sub(WINDOW).unwrap_or(now);
    let mut db = web.store.write().await?;
    store::attempt::note(&mut db, whose, now).await?;
    store::attempt::forget(&mut db, since).await?;
    Ok(db.commit().await?)
}

fn by_links(place: &str) -> String {
    if place.is_empty() { String::new() } else { token::digest(&format!("links from {place}")) }
}

fn too_many(wait: SignedDuration) -> Error {
    Error::TooMany(u64::try_from(wait.as_secs()).unwrap_or(1).max(1))
}

fn by_address(address: &str) -> String {
    token::digest(&format!("address {}", address.trim().to_lowercase()))
}

/// Without a network there is no place to count for.
fn by_place(place: &str) -> String {
    if place.is_empty() { String::new() } else { token::digest(&format!("place {place}")) }
}
