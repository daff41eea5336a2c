//! Hashing beside the pages: on threads that may be kept, and few at a time, so that a crowd at
//! the door takes neither all processors nor all memory.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::Web;
use super::error::Error;
use crate::seal::password;

/// Each takes 19 MiB and a processor for some 50 milliseconds.
const AT_ONCE: usize = 2;

/// The places at the hashing table.
#[must_use]
pub fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE))
}

/// The hash to keep of a password.
///
/// # Errors
/// When the machine has no memory for it.
pub async fn hash(web: &Web, password: &str) -> Result<String, Error> {
    let password = password.to_owned();
    beside(web, move || password::hash(&password)).await?.map_err(|error| {
        tracing::error!(%error, "a password could not be hashed");
        Error::Broken
    })
}

/// Whether a password fits; without a kept hash it does not, after the same work.
///
/// # Errors
/// When the program is ending.
pub async fn fits(web: &Web, password: &str, kept: Option<String>) -> Result<bool, Error> {
    let password = password.to_owned();
    beside(web, move || password::fits(&password, kept.as_deref())).await
}

async fn beside<T: Send + 'static>(web: &Web, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let place = Arc::clone(&web.hashing).acquire_owned().await.map_err(|_| Error::Broken)?;
    let work = move || {
        let done = work();
        drop(place);
        done
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Broken)
}
