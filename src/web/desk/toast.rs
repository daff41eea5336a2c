//! What was just done at the desk, said on the board, with the way back while there is one. It is
//! read from the visit as it is, so an old or made-up address can say nothing that is not so.

use super::headline;
use crate::clinic::ids::VisitId;
use crate::clinic::visit::{Act, VisitState};
use crate::store::{self, Db};
use crate::web::Here;
use crate::web::client::full_name;
use crate::web::error::Error;

use super::call_off::moment;

/// The line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What happened.
    pub text: String,
    /// Where to send the form that takes it back, if it can be.
    pub undo: Option<String>,
    /// The version that would be taken back.
    pub version: u32,
}

/// The line about a visit; nothing when there is none of this id here.
///
/// # Errors
/// When the database does not answer.
pub(in crate::web) async fn of(db: &mut Db, here: &Here, visit: VisitId) -> Result<Option<Toast>, Error> {
    let Some(had) = store::visit::desk::find(db, here.id, visit).await? else { return Ok(None) };
    let Some(client) = store::client::find(db, here.id, had.visit.client).await? else { return Ok(None) };
    let what = headline(&full_name(&client), &had.visit, &here.now);
    let moment = moment(&here.profile.zone, here.now.timestamp(), &had);
    let back = |act: Act, path: &str| act.on(had.visit.state, &moment).ok().map(|_| format!("/visits/{visit}/{path}"));
    let (words, undo) = match had.visit.state {
        VisitState::Booked => ("Booked", None),
        VisitState::InProgress => ("In the room", back(Act::NotStarted, "start/undo")),
        VisitState::Completed => ("Completed", None),
        VisitState::Cancelled => ("Cancelled", back(Act::TakeBack, "return")),
        VisitState::NoShow => ("No-show", back(Act::TakeBack, "return")),
    };
    Ok(Some(Toast { text: format!("{words}: {what}."), undo, version: had.version }))
}
