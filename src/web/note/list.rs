//! Visits without a signed note, one's own first.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Zoned};

use crate::clinic::ids::AccountId;
use crate::store;
use crate::store::note::Unsigned;
use crate::web::Web;
use crate::web::badge::Badge;
use crate::web::error::Error;
use crate::web::guard::Who;
use crate::web::headers::page;
use crate::web::say;
use crate::web::shell::{Room, Shell};

/// How far back the list looks: an older visit without a note is a matter for the records.
const BACK: SignedDuration = SignedDuration::from_hours(24 * 365);

/// `GET /notes`.
#[derive(Debug, Template)]
#[template(path = "note/list.html")]
pub struct ListPage {
    shell: Shell,
    groups: Vec<(&'static str, Vec<Row>)>,
}

/// One visit.
#[derive(Debug)]
pub struct Row {
    /// Where its note is written.
    pub href: String,
    /// The client's name.
    pub client: String,
    /// "yesterday 15:00".
    pub when: String,
    /// Who treated.
    pub therapist: String,
    /// Not begun, or since when there is a draft.
    pub state: Badge,
}

impl ListPage {
    /// The page for this member of staff.
    #[must_use]
    pub fn of(shell: Shell, unsigned: &[Unsigned], me: AccountId, now: &Zoned) -> Self {
        let (own, others): (Vec<&Unsigned>, Vec<&Unsigned>) =
            unsigned.iter().partition(|visit| visit.therapist == Some(me));
        let rows = |list: Vec<&Unsigned>| list.into_iter().map(|visit| Row::of(visit, now)).collect::<Vec<_>>();
        let groups = [("Yours", rows(own)), ("Of others", rows(others))];
        Self { shell, groups: groups.into_iter().filter(|(_, rows)| !rows.is_empty()).collect() }
    }
}

impl Row {
    fn of(visit: &Unsigned, now: &Zoned) -> Self {
        let zone = now.time_zone();
        let last = visit.last_name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        let state = match visit.begun_at {
            Some(at) => {
                let at = say::moment(&at.to_zoned(zone.clone()), now);
                Badge::new("outline", "pencil", format!("Draft, saved {at}"))
            }
            None => Badge::new("amber", "dashed", "Not begun"),
        };
        Self {
            href: format!("/visits/{}#note", visit.visit),
            client: format!("{}{last}", visit.first_name),
            when: say::capital(&say::moment(&visit.starts_at.to_zoned(zone.clone()), now)),
            therapist: visit.therapist_name.as_ref().map_or_else(|| "Nobody named".into(), ToString::to_string),
            state,
        }
    }
}

/// Shows the list.
///
/// # Errors
/// When the database does not answer.
pub async fn show(State(web): State<Web>, who: Who) -> Result<Response, Error> {
    let mut db = web.store.read().await?;
    let here = web.here(&mut db, &who).await?;
    let since = here.now.timestamp().saturating_sub(BACK).unwrap_or(here.now.timestamp());
    let unsigned = store::note::unsigned(&mut db, here.id, since).await?;
    drop(db);
    web.saw(&who, "notes", here.id).await?;
    Ok(page(&ListPage::of(here.shell(Room::Notes), &unsigned, who.account, &here.now)))
}
