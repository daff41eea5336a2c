//! After a restore: what would go out, perhaps once more, and the two ways to let mail go again.

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;

use super::{Going, HoldPage, OnHold};
use crate::clinic::account::Action;
use crate::store::{self, hold};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::{Web, say, see_other};

/// So much of the line is looked at.
const MOST: u32 = 1_000;

/// `GET /delivery/hold`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let say = |at: Timestamp| say::moment(&at.to_zoned(here.now.time_zone().clone()), &here.now);
    let on_hold = hold::of(&mut db, here.id).await?;
    let (mut emails, mut notices) = (Vec::new(), Vec::new());
    if let Some(on_hold) = on_hold {
        let now = here.now.timestamp();
        for email in hold::waiting(&mut db, here.id, now, MOST).await? {
            let last = email.last_name.map(|name| format!(" {name}")).unwrap_or_default();
            emails.push(Going {
                what: format!("{}{last}", email.first_name),
                client_id: Some(email.client.to_string()),
                letter: format!(
                    "{}, due {}, to {}",
                    crate::web::visit::plan::name(email.step),
                    say(email.due_at),
                    email.recipient
                ),
                before: email.due_at <= on_hold.restored_at,
            });
        }
        for (kind, to, due_at) in hold::notices(&mut db, here.id, now, MOST).await? {
            notices.push(Going {
                what: kind.name().into(),
                client_id: None,
                letter: format!("Due {}, to {to}", say(due_at)),
                before: due_at <= on_hold.restored_at,
            });
        }
    }
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    Ok(page(&HoldPage {
        shell: here.shell(Room::Nowhere),
        on_hold: on_hold.map(|on| OnHold { since: say(on.restored_at), known_until: say(on.known_until) }),
        more: emails.len() >= most || notices.len() >= most,
        emails,
        notices,
        releases: who.may(Action::ManageClinic),
    }))
}

/// `POST /delivery/hold/release`: everything goes out that is due and of use.
///
/// # Errors
/// When the database does not answer.
pub async fn release(State(web): State<Web>, who: Who, Form(_): Form) -> Result<Response, Error> {
    end(&web, &who, false).await
}

/// `POST /delivery/hold/call-off`: what was due before the restore does not go out, and the rest does.
///
/// # Errors
/// When the database does not answer.
pub async fn call_off(State(web): State<Web>, who: Who, Form(_): Form) -> Result<Response, Error> {
    end(&web, &who, true).await
}

async fn end(web: &Web, who: &Who, call_off: bool) -> Result<Response, Error> {
    let now = web.clock.now();
    let mut db = web.store.write().await?;
    // Pressed twice, it is one release.
    if hold::end(&mut db, who.clinic, call_off, now).await?.is_some() {
        store::audit::record(&mut db, &who.did(now, "sending.released", "clinic", who.clinic)).await?;
        db.commit().await?;
    }
    Ok(see_other("/delivery"))
}
