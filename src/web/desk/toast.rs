//! What was just done at the desk, said on the board, with the way back while there is one. It is
//! read from the visit as it is, so an old or made-up address can say nothing that is not so.

use super::{headline, name_of};
use crate::clinic::ids::VisitId;
use crate::clinic::visit::{Act, Moment, VisitState};
use crate::store::{self, Db};
use crate::web::Here;
use crate::web::error::Error;

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
    let what = headline(&name_of(&client), &had.visit, &here.now);
    let moment = Moment {
        zone: &here.profile.zone,
        starts_at: had.visit.starts_at,
        called_off_at: had.called_off_at,
        now: here.now.timestamp(),
    };
    let back = |act: Act, path: &str| act.on(had.visit.state, &moment).ok().map(|_| format!("/visits/{visit}/{path}"));
    let (words, undo) = match had.visit.state {
        VisitState::Booked => ("is booked", None),
        VisitState::InProgress => ("is in the room", back(Act::NotStarted, "start/undo")),
        VisitState::Completed => ("is completed", None),
        VisitState::Cancelled => ("is cancelled", back(Act::TakeBack, "return")),
        VisitState::NoShow => ("is noted as a no-show", back(Act::TakeBack, "return")),
    };
    Ok(Some(Toast { text: format!("{what}: {words}."), undo, version: had.version }))
}
