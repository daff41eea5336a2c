//! A yes to a sign that needs help now: the client is told what to do at once, and the staff are told
//! that somebody has to call. Whatever the client answers next, that stays.

use super::walk::Walked;
use crate::store::{self, Db};
use crate::web::Web;
use crate::web::error::Error;

/// Tells the staff, in the transaction that keeps the answer.
pub(super) async fn tell(_web: &Web, db: &mut Db, walked: &Walked) -> Result<(), Error> {
    let entry = walked.opened.did("intake.danger", "visit", walked.visit.id.to_string());
    Ok(store::audit::record(db, &entry).await?)
}
