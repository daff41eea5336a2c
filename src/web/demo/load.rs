//! Loads the demo's first page: the staff, the visits around today, and how the mail stands. It is
//! open to whoever sits at this machine, who may come in as anyone on it.

use axum::extract::{Request, State};
use axum::response::Response;
use jiff::ToSpan as _;

use super::{DemoFacts, DemoPage};
use crate::clinic::account::{Action, Role};
use crate::clinic::outbox::State as MailState;
use crate::store::{self, Db};
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::outside;
use crate::web::shell::Room;
use crate::web::{Web, day, session};

/// How many emails are counted.
const MOST: u32 = 500;

/// `GET /demo`.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, request: Request) -> Result<Response, Error> {
    let (parts, _) = request.into_parts();
    if !session::is_this_machine(&parts) {
        return Err(Error::NotFound);
    }
    let known = session::who(&web, &parts).await?;
    let mut db = web.store.read().await?;
    let who = match &known {
        Some(who) => who.clone(),
        None => admin(&mut db).await?,
    };
    let here = web.here(&mut db, &who).await?;
    let today = here.now.date();
    let visits =
        day::load::visits(&web, &mut db, &here, today.saturating_sub(3.days()), today.saturating_add(7.days())).await?;
    let mut staff = store::account::all(&mut db, here.id).await?;
    // In the order of a visit: the desk, the room, the office.
    staff.sort_by_key(|account| account.role);
    let mails = store::email::newest(&mut db, here.id, MOST).await?;
    let newest = mails.first().filter(|_| who.may(Action::SeeHealth)).map(|email| (email.id, mails.len()));
    let waiting = store::email::in_state(&mut db, here.id, MailState::Scheduled, 1).await?;
    let next = waiting.first().map(|email| email.due_at.to_zoned(here.profile.zone.rules().clone()));
    let facts = DemoFacts { staff, visits, newest, next, rate: web.clock.rate() };
    let mut shell = here.shell(Room::Start);
    if known.is_none() {
        shell = shell.for_nobody();
    }
    Ok(outside::shown(&DemoPage::of(shell, &facts, &here.now)))
}

/// Before anyone came in, the page tells what the admin would see.
async fn admin(db: &mut Db) -> Result<Who, Error> {
    let (clinic, _) = store::clinic::all(db).await?.into_iter().next().ok_or(Error::NotFound)?;
    let staff = store::account::all(db, clinic).await?;
    let admin = staff.into_iter().find(|account| account.role == Role::Admin).ok_or(Error::NotFound)?;
    let login = store::login::of_account(db, clinic, admin.id).await?.ok_or(Error::NotFound)?;
    Ok(Who {
        account: admin.id,
        clinic,
        name: admin.name,
        role: admin.role,
        login,
        session: String::new(),
        csrf: String::new(),
        clinics: 1,
        from_where: String::new(),
    })
}
