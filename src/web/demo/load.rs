//! Loads the demo's first page: the staff, the visits around today, and how the mail stands.

use axum::extract::State;
use axum::response::Response;
use jiff::ToSpan as _;

use super::{DemoFacts, DemoPage};
use crate::clinic::account::Role;
use crate::clinic::outbox::State as MailState;
use crate::store;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::shell::Room;
use crate::web::{Web, day};

/// How many emails are counted.
const MOST: u32 = 500;

/// `GET /demo`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let today = here.now.date();
    let visits =
        day::load::visits(&web, &mut db, &here, today.saturating_sub(3.days()), today.saturating_add(7.days())).await?;
    let accounts = store::account::all(&mut db, here.id).await?;
    let mut staff: Vec<(String, Role)> =
        accounts.into_iter().map(|account| (account.name.to_string(), account.role)).collect();
    // In the order of a visit: the desk, the room, the office.
    staff.sort_by_key(|(_, role)| match role {
        Role::Reception => 0,
        Role::Therapist => 1,
        Role::Admin => 2,
    });
    let mails = store::email::newest(&mut db, here.id, MOST).await?;
    let newest = mails.first().map(|email| (email.id, mails.len()));
    let waiting = store::email::in_state(&mut db, here.id, MailState::Scheduled, 1).await?;
    let next = waiting.first().map(|email| email.due_at.to_zoned(here.profile.zone.rules().clone()));
    let facts = DemoFacts { staff, visits, newest, next, rate: web.clock.rate() };
    Ok(page(&DemoPage::of(here.shell(Room::Start), &facts, &here.now)))
}
